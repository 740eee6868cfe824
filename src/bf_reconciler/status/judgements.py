"""What connections were judged by, so that it can be judged again: kept where anything is new."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from json import dumps
from types import MappingProxyType
from typing import Any, Final
from zlib import crc32

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Reason, Seen
from bf_reconciler.policy import ConditionType, Hold, Truth, expected
from bf_reconciler.spec import (
    Connection,
    ConnectionEntry,
    Names,
    Policy,
    Spec,
)
from bf_reconciler.status.model import ConnectionStatus
from bf_reconciler.verdict import (
    Account,
    ConnectionState,
    ConnectionVerdict,
    Verdicts,
    judge_connection,
    leaving,
)

UNKNOWN: Final = "not recorded"
"""Stands for every credential where a connection is judged again."""
GOOD: Final = f"True {Reason.CONNECTED}"
WEEK: Final = timedelta(days=7)
SECRET: Final = {"credentials", "next", "proxy"}
SeenByName = Mapping[str, Seen]
NO_VERDICTS: Final = Verdicts({}, {}, None)
NOTHING_KNOWN: Final[Mapping[str, ConnectionStatus]] = MappingProxyType({})
NOTHING_SEEN: Final = Seen("")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a connection was judged to be. Messages are prose and are not compared.

    ``conditions`` are those that are not simply True.
    """

    compliant: bool | None
    state: ConnectionState | None
    reason: Reason
    conditions: tuple[tuple[ConditionType, Truth, Reason], ...] = ()


NO_OUTCOME: Final = Outcome(None, None, Reason.NOT_PROBED)


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
    pairs: tuple[str, ...] = ()
    """What strategies of the connection are declared to trade."""
    leaving: Mapping[str, datetime] = field(default_factory=dict)
    """What they were until lately, and until when it counts."""
    unread: bool = False
    """A strategy of it is wrong in the file."""
    hold: Hold | None = None
    twins: tuple[str, ...] = ()
    withheld: bool = False
    """Fields that it rests on are encrypted in the file, and so not here."""


def outcome(verdict: ConnectionVerdict) -> Outcome:
    conditions = tuple(
        (finding.type, finding.status, finding.reason)
        for finding in verdict.findings
        if finding.status != "True" or finding.reason is not Reason.CONNECTED
    )
    return Outcome(verdict.compliant, verdict.state, verdict.ready.reason, conditions)


def judgements(
    spec: Spec,
    before: tuple[SeenByName, Verdicts],
    after: tuple[SeenByName, Verdicts],
    now: datetime,
    names: Names | None = None,
    known: Mapping[str, ConnectionStatus] = NOTHING_KNOWN,
) -> Iterator[Judgement]:
    """Of each of these that was seen or judged otherwise than before; None is all.

    ``known`` is what was shown before, by an earlier life of the process, too.
    What stays the same is recorded once a week, so that something is known of a time whose
    beginning is not kept any more.
    """
    (was_seen, was), (seen, verdicts) = before, after
    wanted = spec.connections if names is None else sorted(names.connections)
    for name in wanted:
        verdict, memory = verdicts.connections.get(name), seen.get(name)
        entry = spec.connections.get(name)
        if verdict is None or memory is None or entry is None or not verdict.findings:
            continue  # nothing of it was judged by what was seen
        old = was.connections.get(name)
        if old is None and memory.restored and _recorded(known.get(name), memory, verdict):
            continue
        if _stage(was_seen.get(name), name) != _stage(memory, name) or not _same(old, verdict):
            hold = verdicts.causes.holds.get(name)
            bare = _bare(spec, entry, leaving(spec, name, known.get(name), now), hold, now)
            yield _with_evidence(bare, spec, entry, memory, verdict)


def _same(old: ConnectionVerdict | None, new: ConnectionVerdict) -> bool:
    """Whether both have one outcome; nearly all findings are the very same."""
    return old is not None and (
        old is new or _whole(old) == _whole(new) or outcome(old) == outcome(new)
    )


def _recorded(shown: ConnectionStatus | None, seen: Seen, verdict: ConnectionVerdict) -> bool:
    """Whether an earlier life has recorded it: that is saved with what was shown of it.

    What was seen is saved before, where a strategy is told to stop or to run because of it; a
    crash may come in between.
    """
    if shown is None or shown.last_probe is None or shown.last_probe < seen.runs[0].since:
        return False
    found = [(c.type, c.status, c.reason) for c in shown.conditions[1:]]  # the first is of all
    return found == [(f.type, f.status, f.reason) for f in verdict.findings]


def _whole(verdict: ConnectionVerdict) -> tuple[object, ...]:
    return verdict.compliant, verdict.state, verdict.ready, verdict.findings


def _stage(seen: Seen | None, name: str) -> tuple[datetime, float] | None:
    """When what is seen now began, and in which week it was seen last; weeks begin anywhere."""
    if seen is None or not seen.runs:
        return None
    run, begin = seen.runs[0], crc32(name.encode())
    return run.since, (run.latest.at.timestamp() + begin) // WEEK.total_seconds()


def _bare(
    spec: Spec,
    entry: ConnectionEntry,
    ending: Mapping[str, datetime],
    hold: Hold | None,
    now: datetime,
) -> Judgement:
    """All but what was seen and how it was judged. What people encrypt is left out."""
    name = entry.name
    shown = all(
        "pairs" in spec.strategies[strategy.name].declared
        for strategy in spec.by_connection.get(name, ())
    )
    return Judgement(
        at=now,
        name=name,
        generation=spec.generation,
        revision=spec.revision,
        seen=NOTHING_SEEN,
        outcome=NO_OUTCOME,
        connection=entry.declared,
        interval=entry.interval,
        timeout=entry.timeout,
        policy=spec.declared_policy,
        pairs=tuple(sorted(spec.pairs.get(name, ()))) if shown else (),
        leaving=ending if shown else {},
        unread=name in spec.unread,
        hold=hold,
        twins=spec.twins.get(name, ()),
        withheld=bool(
            not shown
            or spec.policy_sealed - {("allow",)}
            or _plain(entry.connection) != entry.declared
        ),
    )


def _with_evidence(
    bare: Judgement, spec: Spec, entry: ConnectionEntry, seen: Seen, verdict: ConnectionVerdict
) -> Judgement:
    """With the fewest runs that give this verdict. Of what is withheld, nobody can tell which."""
    seen = replace(seen, asked=False, restored=False)
    whole = replace(bare, seen=seen, outcome=outcome(verdict))
    if bare.withheld:
        return whole
    for count in range(1, len(seen.runs)):
        fewer = replace(whole, seen=replace(seen, runs=seen.runs[:count]))
        if _judged(fewer, entry, spec.policy_of(entry)) == whole.outcome:
            return fewer
    return whole


def _judged(judgement: Judgement, entry: ConnectionEntry, policy: Policy) -> Outcome:
    may = expected(entry.connection, frozenset(judgement.pairs), judgement.leaving)
    account = Account(may, judgement.unread, judgement.twins)
    verdict = judge_connection(entry, policy, judgement.seen, judgement.at, judgement.hold, account)
    return outcome(verdict)


def _plain(connection: Connection) -> Mapping[str, Any]:
    """What of it could be shown, were nothing but its credentials encrypted."""
    return connection.model_dump(mode="json", exclude_defaults=True, exclude=SECRET)


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
    policy = Policy.model_validate_json(dumps(judgement.policy))
    return _judged(judgement, entry, policy)


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
    for kind in ConditionType:
        if old.get(kind) != new.get(kind):
            yield kind, old.get(kind, GOOD), new.get(kind, GOOD)
