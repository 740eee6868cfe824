"""What connections were judged by, so that it can be judged again: kept where anything is new."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from json import dumps
from types import MappingProxyType
from typing import Any, Final

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Reason, Seen
from bf_reconciler.policy import ConditionType, Hold, Truth
from bf_reconciler.spec import (
    Connection,
    ConnectionEntry,
    Names,
    Policy,
    Spec,
    Strategy,
    StrategyEntry,
)
from bf_reconciler.status.declarations import policy_fields
from bf_reconciler.verdict import (
    Account,
    ConnectionState,
    ConnectionVerdict,
    HasTraded,
    Verdicts,
    account_of,
    judge_connection,
)

UNKNOWN: Final = "not recorded"
"""Stands for every credential where a connection is judged again."""
OF_STRATEGIES: Final = frozenset(
    {"name", "connection", "enabled", "market", "pairs", "exclude_pairs", "direction"}
    | {"risk_level", "leverage", "suspend"}
)
"""Fields of strategies that are kept. Amounts are not."""
SECRET: Final = {"credentials", "next", "proxy"}
SeenByName = Mapping[str, Seen]
NO_VERDICTS: Final = Verdicts({}, {}, None)
NO_ACCOUNT: Final = Account()
NOBODY: Final[Mapping[str, HasTraded]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a connection was judged to be. Messages are prose and are not compared."""

    compliant: bool | None
    state: ConnectionState | None
    reason: Reason
    conditions: tuple[tuple[ConditionType, Truth, Reason], ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that a verdict on a connection rests on, and the verdict. No credential is in it.

    ``seen`` holds the fewest probes that give this verdict, newest first.
    """

    at: datetime
    name: str
    generation: int
    revision: str
    seen: Seen
    outcome: Outcome
    connection: Mapping[str, Any]
    interval: timedelta
    timeout: timedelta
    policy: Mapping[str, Any] = field(default_factory=dict)
    strategies: tuple[Mapping[str, Any], ...] = ()
    hold: Hold | None = None
    account: Account = NO_ACCOUNT
    withheld: bool = False
    """Fields of the connection are encrypted in the file, and so not in ``connection``."""


def outcome(verdict: ConnectionVerdict) -> Outcome:
    conditions = tuple((f.type, f.status, f.reason) for f in verdict.findings)
    return Outcome(verdict.compliant, verdict.state, verdict.ready.reason, conditions)


def judgements(
    spec: Spec,
    before: tuple[SeenByName, Verdicts],
    after: tuple[SeenByName, Verdicts],
    now: datetime,
    names: Names | None = None,
    *,
    known: Mapping[str, HasTraded] = NOBODY,
) -> Iterator[Judgement]:
    """Of each of these that was seen or judged otherwise than before; None is all.

    ``known`` is what the verdicts knew of what connections were declared to trade.
    """
    (was_seen, was), (seen, verdicts) = before, after
    wanted = spec.connections if names is None else sorted(names.connections)
    for name in wanted:
        verdict, memory = verdicts.connections.get(name), seen.get(name)
        entry = spec.connections.get(name)
        if verdict is None or memory is None or entry is None or not verdict.findings:
            continue  # nothing of it was judged by what was seen
        old = was.connections.get(name)
        if old is None and memory.restored:
            continue  # an earlier life of the process has recorded it
        same = old is not None and (old is verdict or outcome(old) == outcome(verdict))
        if not same or _begun(was_seen.get(name)) != _begun(memory):
            account = account_of(spec, entry, known.get(name), now)
            yield _judgement(
                spec, entry, memory, verdict, verdicts.causes.holds.get(name), account, now
            )


def _begun(seen: Seen | None) -> datetime | None:
    """When what is seen now began."""
    return seen.runs[0].since if seen is not None and seen.runs else None


def _judgement(
    spec: Spec,
    entry: ConnectionEntry,
    seen: Seen,
    verdict: ConnectionVerdict,
    hold: Hold | None,
    account: Account,
    now: datetime,
) -> Judgement:
    name = entry.name
    mine = [spec.strategies[s.name] for s in spec.by_connection.get(name, ())]
    judgement = Judgement(
        at=now,
        name=name,
        generation=spec.generation,
        revision=spec.revision,
        seen=replace(seen, asked=False, restored=False),
        outcome=outcome(verdict),
        connection=entry.declared,
        interval=entry.interval,
        timeout=entry.timeout,
        policy=policy_fields(spec.policy),
        strategies=tuple(map(_fields, mine)),
        hold=hold,
        account=account,
        withheld=_plain(entry.connection) != entry.declared,
    )
    again = partial(
        judge_connection,
        entry,
        spec.by_connection.get(name, ()),
        spec.policy_of(entry),
        now=now,
        hold=judgement.hold,
        account=judgement.account,
    )
    for count in range(1, len(seen.runs)):
        fewer = replace(judgement.seen, runs=seen.runs[:count])
        if outcome(again(fewer)) == judgement.outcome:
            return replace(judgement, seen=fewer)
    return judgement


def _plain(connection: Connection) -> Mapping[str, Any]:
    """What of it could be shown, were nothing but its credentials encrypted."""
    return connection.model_dump(mode="json", exclude_defaults=True, exclude=SECRET)


def _fields(entry: StrategyEntry) -> Mapping[str, Any]:
    return {key: value for key, value in entry.declared.items() if key in OF_STRATEGIES}


def judged_again(judgement: Judgement) -> Outcome:
    """What the rules of today make of what was recorded.

    Raises:
        ValueError: What was declared then is no declaration today.
    """
    declared = dict(judgement.connection)
    row = EXCHANGES.get(str(declared.get("exchange")))
    names = row.signing.credentials if row is not None else ("api_key", "secret")
    given = {"api_key": UNKNOWN, "secret": UNKNOWN} | dict.fromkeys(names, UNKNOWN)
    connection = Connection.model_validate_json(dumps({**declared, "credentials": given}))
    entry = ConnectionEntry(
        connection,
        fingerprint=judgement.seen.entry,
        line=0,
        origin="current",
        interval=judgement.interval,
        timeout=judgement.timeout,
        pair="",
        declared=judgement.connection,
    )
    strategies = tuple(Strategy.model_validate_json(dumps(each)) for each in judgement.strategies)
    policy = Policy.model_validate_json(dumps(judgement.policy))
    verdict = judge_connection(
        entry,
        strategies,
        policy,
        judgement.seen,
        judgement.at,
        judgement.hold,
        judgement.account,
    )
    return outcome(verdict)


def differences(then: Outcome, now: Outcome) -> Iterator[tuple[str, str, str]]:
    """What differs of two outcomes: what, as it was, and as it is."""
    pairs = (
        ("compliant", then.compliant, now.compliant),
        ("status", then.state, now.state),
        ("reason", then.reason, now.reason),
    )
    for what, was, is_now in pairs:
        if was != is_now:
            yield what, str(was), str(is_now)
    old = {kind: f"{status} {reason}" for kind, status, reason in then.conditions}
    new = {kind: f"{status} {reason}" for kind, status, reason in now.conditions}
    for kind in (*old, *(kind for kind in new if kind not in old)):
        if old.get(kind) != new.get(kind):
            yield kind, old.get(kind, ""), new.get(kind, "")
