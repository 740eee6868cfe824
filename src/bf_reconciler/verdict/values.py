"""The values a verdict is made of, and what it must remember of a strategy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bf_reconciler.facts import Reason, Traded
from bf_reconciler.policy import Causes, Finding, KeyFindings
from bf_reconciler.spec import Action, Runtime, Strategy


class ConnectionState(StrEnum):
    """The status word of a connection."""

    ONLINE = "Online"
    DEGRADED = "Degraded"
    BLOCKED = "Blocked"
    UNREACHABLE = "Unreachable"
    PENDING = "Pending"
    SUSPENDED = "Suspended"
    INVALID = "Invalid"

    @property
    def up(self) -> bool:
        return self in {ConnectionState.ONLINE, ConnectionState.DEGRADED}


LEAST_LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Halted:
    """The kill switch is pulled. ``since`` is None for a halt that stands in the file."""

    reason: str
    by: str
    since: datetime | None = None


class HasTraded(Protocol):
    """What is remembered of a connection: the pairs that it was declared to trade."""

    @property
    def traded(self) -> Traded | None: ...


@dataclass(frozen=True, slots=True)
class ConnectionVerdict:
    """Compliant: True, False, or None for not known.

    ``state`` is None while a first failure waits to be confirmed: what stood before still stands.
    ``restored``: nothing newer was seen than by an earlier life of this process, or before time
    has jumped. ``unbound``: a probe that is not forgotten yet found a key that is not restricted to
    addresses. ``exact``: whether it is bound to declared addresses alone, likewise. ``until``: when
    time alone will change any of it.
    """

    name: str
    compliant: bool | None
    state: ConnectionState | None
    ready: Finding
    findings: tuple[Finding, ...]
    restored: bool = False
    unbound: bool = False
    exact: Finding | None = None
    until: datetime | None = None
    of_key: KeyFindings | None = field(default=None, compare=False, repr=False)
    """What was found of the key, for the next one to begin with."""


@dataclass(frozen=True, slots=True)
class StrategyVerdict:
    """What should be of a strategy: on True, off False, or None for not known.

    ``violation``: off because a rule is broken, not because somebody said so. ``until``: when time
    alone will change it, while the verdict on its connection stays the same.
    """

    strategy: Strategy
    on: bool | None
    reason: Reason
    message: str
    violation: bool
    connection_ready: Finding
    market_permitted: Finding
    restored: bool = False
    barred: Finding | None = None
    """What keeps it from being turned on, though it may run on where it runs."""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The judgement of everything declared."""

    connections: Mapping[str, ConnectionVerdict]
    strategies: Mapping[str, StrategyVerdict]
    halted: Halted | None
    causes: Causes = Causes()  # noqa: RUF009 # frozen


@dataclass(frozen=True, slots=True)
class StrategyMemory:
    """What is remembered of a strategy between cycles, and over a restart.

    ``on``: what it was last told; None when it was never told anything. ``action``: what turning
    off means. ``latched``: it waits for a person. ``unknown_since``: since when its connection is
    not known. ``also``: where else it may be on, since it was to move there and that was not
    confirmed. ``ever_on``: whether it was ever told to run; True where that is not known.
    """

    on: bool | None
    action: Action
    runtime: Runtime
    latched: bool = False
    unknown_since: datetime | None = None
    reason: Reason = Reason.NOT_PROBED
    connection: str = ""
    also: tuple[Runtime, ...] = ()
    ever_on: bool = True

    @property
    def off_action(self) -> Action:
        """What turns it off. What never ran has nothing of ours to close."""
        return "pause" if self.action == "close" and not self.ever_on else self.action


@dataclass(frozen=True, slots=True)
class Holding:
    """What a runtime holds of a strategy under our mark. ``action`` turns it off."""

    on: bool
    action: Action
    reason: str
    connection: str = ""

    @property
    def stray(self) -> bool:
        """Whether somebody must declare it: it is on, or it was turned off for want of that."""
        return self.on or self.reason == Reason.ORPHAN_STOPPED


@dataclass(frozen=True, slots=True)
class Order:
    """What a runtime is told. ``strategy`` is None for one that left the file."""

    name: str
    runtime: Runtime
    on: bool
    action: Action
    reason: Reason
    message: str
    strategy: Strategy | None
    lease: timedelta = LEAST_LEASE
    """How long the engine may follow it without hearing from us again."""
    exchange: str = ""
    """The exchange of its connection; empty where that is not in force."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about one strategy in this cycle.

    ``order`` is None where it is left as it is. ``leaves`` are orders to the runtimes where it may
    be on and is not to be: where it was, and where a move went that was not confirmed.
    """

    name: str
    order: Order | None
    reason: Reason
    message: str
    memory: StrategyMemory
    verdict: StrategyVerdict | None
    leaves: tuple[Order, ...] = ()
    held: bool = False
    """It vanished from the file and the guard holds it."""
    until: datetime | None = None
    """When time alone will change it, while the verdict stays the same: the end of its grace."""
