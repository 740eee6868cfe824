"""The whole file as a model, and the Spec that is in force after it was adopted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Place as ExchangePlace
from bf_reconciler.facts import Venue
from bf_reconciler.spec.allow import Grant
from bf_reconciler.spec.budget import Asked, budgets, ratios
from bf_reconciler.spec.connection import Connection
from bf_reconciler.spec.credentials import Place, without_places
from bf_reconciler.spec.policy import Defaults, Halt, Policy
from bf_reconciler.spec.runtime import LOCAL, Runtime
from bf_reconciler.spec.strategy import Strategy
from bf_reconciler.spec.types import Declared, Suspend

ALLOW = "allow"
Origin = Literal["current", "last_good", "held"]
"""current: as the file says now; last_good: its entry is wrong; held: it vanished, but is kept."""


class File(Declared):
    """Connections and strategies of bf-reconciler. Secrets in it are encrypted with SOPS."""

    model_config = ConfigDict(title="bf-reconciler")

    version: Literal[1]
    """Version of this format."""
    halt: Halt | None = None
    """Every strategy off at once, whatever else the file says."""
    policy: Policy = Policy()
    """Rules and limits."""
    defaults: Defaults = Defaults()
    """What connections use where they say nothing."""
    runtimes: Annotated[tuple[Runtime, ...], Field(strict=False)] = (LOCAL,)
    """Where strategies run."""
    connections: Annotated[tuple[Connection, ...], Field(strict=False)]
    """Keys on exchanges."""
    strategies: Annotated[tuple[Strategy, ...], Field(strict=False)] = ()
    """What should run."""
    allow: Annotated[tuple[Grant, ...], Field(strict=False)] | None = None
    """In a folder: what the other files may declare; not set: everything."""
    seal: str | None = None
    """Written by `bf-reconciler seal`: an encrypted digest over the whole file."""


@dataclass(frozen=True, slots=True)
class Commit:
    """Who made the commit that a file is of: the last one that changed it.

    ``signer``: who signed the revision, which vouches for all that stands in it. ``revision`` is
    the commit itself, and ``signed_by`` who signed that one. Signers are trusted ones, where they
    were checked.
    """

    author: str
    at: datetime | None = None
    signer: str = ""
    revision: str = ""
    signed_by: str = ""


@dataclass(frozen=True, slots=True)
class ConnectionEntry:
    """A connection in force. ``line`` is where it stands in the committed file."""

    connection: Connection
    fingerprint: str
    line: int
    origin: Origin
    interval: timedelta
    timeout: timedelta
    pair: str
    """One of its strategies' pairs, for questions that must name a market."""
    key_fingerprint: str = ""
    """Of the API key alone; empty is not known."""
    credentials_fingerprint: str = ""
    """Of the whole key; empty is not known."""
    egress: str = ""
    """A digest of its proxy; empty where it has none."""
    trades: bool = False
    """Whether a strategy of it is wanted: its tests come before those of others."""
    declared: Mapping[str, Any] = field(default_factory=dict)
    """What stands in plain text in the file and is no default, as JSON; never a credential."""
    file: str = ""
    """Of which file of a folder it is; empty where the source is one file."""

    @property
    def name(self) -> str:
        return self.connection.name

    @property
    def venue(self) -> Venue:
        """Where its pairs are listed."""
        at = self.connection
        return Venue(at.exchange, at.environment, at.endpoint, at.region)

    def suspended(self, now: datetime) -> Suspend | None:
        """The suspension in force."""
        return self.connection.suspended(now)

    def under(self, policy: Policy) -> Policy:
        """The policy as it holds here: some exchanges refuse good keys now and then."""
        least = EXCHANGES[self.connection.exchange].refusals.confirm
        if policy.confirm_after >= least:
            return policy
        return policy.model_copy(update={"confirm_after": least})


@dataclass(frozen=True, slots=True)
class StrategyEntry:
    """A strategy in force."""

    strategy: Strategy
    line: int
    origin: Origin
    declared: Mapping[str, Any] = field(default_factory=dict)
    """What stands in plain text in the file and is no default, as JSON; never a credential."""
    file: str = ""
    """Of which file of a folder it is; empty where the source is one file."""

    @property
    def name(self) -> str:
        return self.strategy.name

    def suspended(self, now: datetime) -> Suspend | None:
        """Its own suspension in force; its connection may have another."""
        return self.strategy.suspended(now)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What other shards look after: it is not ours to touch, and not gone."""

    connections: frozenset[str] = frozenset()
    strategies: frozenset[str] = frozenset()
    keys: Mapping[str, str] = field(default_factory=dict)
    """The fingerprint of the API key of each of the connections."""
    pairs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What strategies declare there of connections whose key stands under several names."""
    unread: frozenset[str] = frozenset()
    """Those of them whose account has a strategy that is wrong in the file."""


NOTHING_ELSEWHERE = Elsewhere()


@dataclass(frozen=True)
class Spec:
    """What should be. Generation counts accepted revisions.

    ``base`` is the file of a folder that policy, defaults, runtimes and halt stand in.
    ``broken_connections`` and ``broken_strategies`` name the entries that are wrong in the file,
    with the exchange (where it could be read) or the connection they name; an entry may be
    broken and in force in its last good form. ``nameless_strategies`` counts wrong entries whose
    name could not be read: any strategy that vanished may be one of them. ``unshared_strategies``
    are broken and may not go on: their connection is of a file that does not share it. What many
    decisions need of the whole is worked out once, when it is first asked for.
    """

    generation: int
    revision: str
    digest: str
    policy: Policy
    halt: Halt | None
    runtimes: Mapping[str, Runtime]
    connections: Mapping[str, ConnectionEntry]
    strategies: Mapping[str, StrategyEntry]
    broken_connections: Mapping[str, str] = field(default_factory=dict)
    broken_strategies: Mapping[str, str] = field(default_factory=dict)
    nameless_strategies: int = 0
    plaintext_secrets: int = 0
    unshared_strategies: frozenset[str] = frozenset()
    base: str = ""
    elsewhere: Elsewhere = NOTHING_ELSEWHERE
    policy_sealed: frozenset[Place] = frozenset()
    """Where encrypted values stand in the policy; ``("allow",)``: in that."""
    allow: tuple[Grant, ...] | None = None
    """What the other files of a folder may declare; None is everything."""

    @cached_property
    def declared_policy(self) -> Mapping[str, Any]:
        """What of the policy stands in plain text in the file and is no default, as JSON."""
        shown = self.policy.model_dump(mode="json", exclude_defaults=True)
        return without_places(shown, self.policy_sealed)

    @cached_property
    def declared_allow(self) -> tuple[Mapping[str, Any], ...] | None:
        """What other files may declare, likewise; None where that is everything, or encrypted."""
        if self.allow is None or (ALLOW,) in self.policy_sealed:
            return None
        return tuple(grant.model_dump(mode="json", exclude_defaults=True) for grant in self.allow)

    @cached_property
    def by_connection(self) -> Mapping[str, tuple[Strategy, ...]]:
        """The strategies of each connection that has any."""
        found: dict[str, list[Strategy]] = {}
        for entry in self.strategies.values():
            found.setdefault(entry.strategy.connection, []).append(entry.strategy)
        return {name: tuple(strategies) for name, strategies in found.items()}

    @cached_property
    def by_venue(self) -> Mapping[Venue, tuple[str, ...]]:
        """The connections on each venue whose pairs are listed together."""
        found: dict[Venue, list[str]] = {}
        for name, entry in self.connections.items():
            found.setdefault(entry.venue, []).append(name)
        return {venue: tuple(names) for venue, names in found.items()}

    @cached_property
    def pairs(self) -> Mapping[str, frozenset[str]]:
        """The pairs that strategies of each connection declare, enabled or not.

        What trades by another connection with the same key trades on the same account.
        """
        own = {name: pairs_of(strategies) for name, strategies in self.by_connection.items()}
        every = {**self.elsewhere.pairs, **own}
        shared = {
            names: frozenset[str]().union(*(every.get(name, frozenset()) for name in names))
            for names in set(self.twins.values())
        }
        return own | {name: shared[names] for names in shared for name in names}

    @cached_property
    def unread(self) -> frozenset[str]:
        """Connections with a strategy whose entry is wrong and has no good form to fall back on.

        It trades on the account of every connection with the same key.
        """
        broken = self.broken_strategies.items()
        own = {name for strategy, name in broken if strategy not in self.strategies}
        own |= self.elsewhere.unread
        return frozenset(own).union(*(self.twins.get(name, ()) for name in own))

    @cached_property
    def twins(self) -> Mapping[str, tuple[str, ...]]:
        """For each connection whose API key stands under other names, too: all its names."""
        found: dict[str, list[str]] = {}
        keys = {name: entry.key_fingerprint for name, entry in self.connections.items()}
        for name, key in (*keys.items(), *self.elsewhere.keys.items()):
            if key:
                found.setdefault(key, []).append(name)
        shared = [tuple(names) for names in found.values() if len(names) > 1]
        return {name: names for names in shared for name in names}

    @cached_property
    def exchange_places(self) -> frozenset[ExchangePlace]:
        """The environments of exchanges in which there are connections."""
        declared = (entry.connection for entry in self.connections.values())
        return frozenset(ExchangePlace(each.exchange, each.environment) for each in declared)

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """Where each connection stands in the file."""
        return {name: index for index, name in enumerate(self.connections)}

    @cached_property
    def strategy_positions(self) -> Mapping[str, int]:
        """Where each strategy stands in the file."""
        return {name: index for index, name in enumerate(self.strategies)}

    @cached_property
    def policies(self) -> Mapping[str, Policy]:
        """The policy as it holds for each exchange: some refuse good keys now and then."""
        return {
            name: self.policy.model_copy(update={"confirm_after": row.refusals.confirm})
            for name, row in EXCHANGES.items()
            if row.refusals.confirm > self.policy.confirm_after
        }

    @cached_property
    def request_ratios(self) -> Mapping[tuple[str, str], float]:
        """What is asked, as a share of what may be, by exchange and egress."""
        declared = self.connections.values()
        fleet = [Asked(e.connection, e.interval, e.timeout) for e in declared if _counts(e)]
        return ratios(budgets(fleet))

    def policy_of(self, entry: ConnectionEntry) -> Policy:
        """The policy as it holds for a connection."""
        return self.policies.get(entry.connection.exchange, self.policy)


def pairs_of(strategies: Iterable[Strategy]) -> frozenset[str]:
    """All that these declare."""
    return frozenset(chain.from_iterable(each.pairs for each in strategies))


def _counts(entry: ConnectionEntry) -> bool:
    """Whether it is asked as a rule: no pause of it is declared, over or not."""
    return entry.connection.suspend is None
