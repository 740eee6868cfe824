"""Folds what was declared, seen, judged and done into one Status."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from bf_reconciler.facts import Clock, KeyFacts, KnownKey, Reason, Run, Seen, known_key
from bf_reconciler.policy import ConditionType, Finding, Truth, end
from bf_reconciler.schedule import next_probe
from bf_reconciler.spec import Connection, ConnectionEntry, Names, Spec, Suspend, updated, whole
from bf_reconciler.status.model import (
    Condition,
    Confirmed,
    ConnectionStatus,
    Key,
    Running,
    RunningState,
    Status,
    StrategyState,
    StrategyStatus,
    Told,
)
from bf_reconciler.status.traded import inherited, traded
from bf_reconciler.verdict import ConnectionState, Decision, Order, StrategyMemory, Verdicts

NOTHING = Running("unknown")
UNHEARD = "It is to run; its runtime has not answered yet."
T = TypeVar("T")


def fold(  # noqa: PLR0913 # the inputs of the line, and whose part of it changed
    spec: Spec,
    seen: Mapping[str, Seen],
    verdicts: Verdicts,
    decisions: Mapping[str, Decision],
    running: Mapping[str, Running],
    now: datetime,
    before: Status,
    *,
    names: Names | None = None,
) -> Status:
    """Make the next Status, of these names; None is all, and the others stay as they are.

    It keeps ``since`` unless a condition's status or reason changed. What comes out the same is
    the same object as before.
    """
    whole = names is None
    if names is None:
        names = everything(before, spec) | Names(strategies=frozenset(decisions))

    def connection(name: str) -> ConnectionStatus | None:
        entry = spec.connections.get(name)
        if entry is not None:
            return _connection(before, spec, entry, verdicts, seen.get(name), now)
        exchange = spec.broken_connections.get(name)
        return _unreadable(before, spec, name, exchange, now) if exchange is not None else None

    def strategy(name: str) -> StrategyStatus | None:
        decision, wrong = decisions.get(name), spec.broken_strategies.get(name)
        if decision is not None:
            folded = _strategy(before, spec, decision, running.get(name, NOTHING), now)
            if folded is not None:
                return folded
        return _nameless(before, spec, name, wrong, now) if wrong is not None else None

    connections = updated(before.connections, names.connections, connection)
    strategies = updated(before.strategies, names.strategies, strategy)
    status = replace(
        before,
        generation=spec.generation,
        revision=spec.revision,
        digest=spec.digest,
        file_halt=verdicts.halted if spec.halt is not None else None,
        connections=connections,
        strategies=strategies,
        incidents=verdicts.causes.incidents,
        policy=spec.declared_policy,
        allow=spec.declared_allow,
    )
    if whole:
        return in_order(status, spec)
    same = connections is before.connections and strategies is before.strategies
    return before if same and status == before else status


def everything(status: Status, spec: Spec) -> Names:
    """All that stands in the file, and all that is known beside it."""
    connections = frozenset().union(spec.connections, spec.broken_connections, status.connections)
    strategies = frozenset().union(spec.strategies, spec.broken_strategies, status.strategies)
    return Names(connections, strategies)


def in_order(status: Status, spec: Spec) -> Status:
    """The same in the order of the file: what is in force, what left it, what is wrong in it."""
    return replace(
        status,
        connections=_sorted(status.connections, spec.connections, spec.broken_connections),
        strategies=_sorted(status.strategies, spec.strategies, spec.broken_strategies),
    )


def _sorted(
    found: Mapping[str, T], declared: Iterable[str], broken: Mapping[str, str]
) -> Mapping[str, T]:
    found = whole(found)
    first = {name: found[name] for name in declared if name in found}
    left = {name: value for name, value in found.items() if name not in broken}
    last = {name: found[name] for name in broken if name in found}
    return first | left | last


def conditions(
    before: tuple[Condition, ...], findings: Iterable[Finding], generation: int, now: datetime
) -> tuple[Condition, ...]:
    """Findings with the time since when they stand."""
    old = {condition.type: condition for condition in before}

    def condition(finding: Finding) -> Condition:
        kind, status, reason, message = (
            finding.type,
            finding.status,
            finding.reason,
            finding.message,
        )
        was = old.get(kind)
        if was is None or was.reason != reason or was.status != status:
            return Condition(kind, status, reason, message, now, generation)
        if was.message == message:
            return was
        return Condition(kind, status, reason, message, was.since, generation)

    return tuple([condition(finding) for finding in findings])


def _connection(
    before: Status,
    spec: Spec,
    entry: ConnectionEntry,
    verdicts: Verdicts,
    seen: Seen | None,
    now: datetime,
) -> ConnectionStatus:
    was, verdict = before.connections.get(entry.name), verdicts.connections[entry.name]
    connection = entry.connection
    state = verdict.state or _former(was)
    if entry.name in spec.broken_connections:
        state = ConnectionState.INVALID
    known = seen if seen is not None and seen.entry == entry.fingerprint else None
    observation = known.latest if known else None
    clock = observation.time if observation else None
    measured = clock if isinstance(clock, Clock) else None
    succeeded = observation is not None and not observation.failures
    facts = _facts(known.runs if known else ())
    return ConnectionStatus(
        name=entry.name,
        exchange=connection.exchange,
        account=connection.account,
        environment=connection.environment,
        status=state,
        api_key=mask(connection.credentials.api_key.get_secret_value()),
        conditions=conditions(
            was.conditions if was else (),
            (_ready(verdict.ready, state), *verdict.findings),
            spec.generation,
            now,
        ),
        key=_key(connection, facts),
        line=entry.line,
        file=entry.file,
        origin=entry.origin,
        labels=connection.labels,
        last_probe=observation.at if observation else None,
        last_success=observation.at
        if observation and succeeded
        else (was.last_success if was else None),
        next_probe=next_probe(
            entry, seen, spec.policy_of(entry), held=entry.name in verdicts.causes.holds
        ),
        latency_seconds=measured.latency if measured else None,
        clock_skew_seconds=measured.skew if measured else None,
        suspended_until=_end(entry.suspended(now)),
        attested_until=connection.attest.withdraw_disabled.until if connection.attest else None,
        declared=entry.declared,
        known=_known(was, entry, facts),
        key_fingerprint=entry.key_fingerprint,
        egress=entry.egress,
        next_api_key=_next_key(connection),
        traded=traded(
            was.traded if was is not None else inherited(before, spec, entry, now),
            spec,
            entry.name,
            now,
        ),
    )


def _next_key(connection: Connection) -> str:
    waits = connection.next
    return mask(waits.api_key.get_secret_value()) if waits is not None else ""


def _ready(ready: Finding, state: ConnectionState) -> Finding:
    """What is good works on; where its entry is wrong, that is what there is to say and to do."""
    if state is not ConnectionState.INVALID or ready.status != "True":
        return ready
    message = "Its entry in the file is invalid; its last good version stays in force."
    return replace(ready, reason=Reason.ENTRY_INVALID, message=message)


def _former(was: ConnectionStatus | None) -> ConnectionState:
    """The word while a refusal is not confirmed: what was usable still is, with a warning."""
    if was is None or was.status in {ConnectionState.SUSPENDED, ConnectionState.INVALID}:
        return ConnectionState.PENDING
    return ConnectionState.DEGRADED if was.status.up else was.status


def _facts(runs: tuple[Run, ...]) -> KeyFacts | None:
    """The facts of the last answer; while none comes, the last that were known."""
    answers = (run.latest.key for run in runs)
    return next((answer for answer in answers if isinstance(answer, KeyFacts)), None)


def _known(
    was: ConnectionStatus | None, entry: ConnectionEntry, facts: KeyFacts | None
) -> KnownKey | None:
    """What was known of the key, with the last answer."""
    before = was.known if was is not None else None
    if facts is None:
        return before
    place = f"{entry.connection.exchange}/{entry.connection.environment}"
    found = known_key(before, facts, entry.credentials_fingerprint, place)
    return before if found == before else found


def _key(connection: Connection, answer: KeyFacts | None) -> Key:
    if answer is None:
        return Key()
    ends = end(connection, answer)
    return Key(
        scopes=tuple(sorted(answer.granted)),
        denied=tuple(sorted(answer.denied)),
        unknown_words=answer.unknown_words,
        ip_bound=answer.ip_bound,
        expires_at=ends.at if ends else None,
        expiry_source=ends.source if ends else None,
        created_at=answer.created_at,
    )


def _unreadable(
    before: Status, spec: Spec, name: str, exchange: str, now: datetime
) -> ConnectionStatus:
    """An entry that is wrong in the file and has no good form to fall back on."""
    was = before.connections.get(name)
    message = "Its entry in the file is invalid."
    finding = Finding(ConditionType.READY, "False", Reason.ENTRY_INVALID, message)
    old = was.conditions if was else ()
    found = conditions(old, (finding,), spec.generation, now)
    state = ConnectionState.INVALID
    return ConnectionStatus(
        name=name,
        exchange=exchange,
        account="",
        environment="",
        status=state,
        api_key="",
        conditions=found,
        key=Key(),
        origin="none",
        known=was.known if was else None,
        traded=traded(was.traded if was is not None else None, spec, name, now),
    )


def _strategy(
    before: Status, spec: Spec, decision: Decision, running: Running, now: datetime
) -> StrategyStatus | None:
    was = before.strategies.get(decision.name)
    entry = spec.strategies.get(decision.name)
    if _is_gone(decision, running):
        return None
    state, reason, message = _state(decision, running, was)
    ready = Finding(
        ConditionType.READY,
        "True" if state is StrategyState.ENABLED else "Unknown" if _waits(state) else "False",
        reason,
        message,
    )
    findings = [ready]
    if decision.verdict is not None:
        findings += [decision.verdict.connection_ready, decision.verdict.market_permitted]
    findings.append(_running(decision, running))
    return StrategyStatus(
        name=decision.name,
        connection=decision.memory.connection,
        runtime=decision.memory.runtime.name,
        status=state,
        desired=entry.strategy.enabled
        if entry
        else was is not None and was.desired and decision.reason is not Reason.REMOVED,
        running=running.state,
        told=_told(was, running),
        confirmed=_confirmed(was, running, decision),
        conditions=conditions(was.conditions if was else (), findings, spec.generation, now),
        memory=_remembered(decision.memory, running),
        line=entry.line if entry else 0,
        file=entry.file if entry else "",
        origin=entry.origin if entry else ("held" if decision.held else "none"),
        suspended_until=_end(entry.suspended(now)) if entry else None,
        declared=entry.declared if entry else was.declared if was else {},
    )


def _remembered(memory: StrategyMemory, running: Running) -> StrategyMemory:
    """Where the journal was lost, the runtime may still show that it was told to run."""
    if running.told != "run" or memory.ever_on:
        return memory
    return replace(memory, ever_on=True)


def _is_gone(decision: Decision, running: Running) -> bool:
    """Whether one that left the file is off, or one that nobody declares has left the runtime."""
    if decision.reason is Reason.ORPHAN_STOPPED:
        return running.absent
    return decision.reason is Reason.REMOVED and running.off


def _told(was: StrategyStatus | None, running: Running) -> Told | None:
    """What it was told as the runtime has it; where that cannot be read, what it was before."""
    if running.told is not None or running.absent:
        return running.told
    return was.told if was is not None else None


def _confirmed(
    was: StrategyStatus | None, running: Running, decision: Decision
) -> Confirmed | None:
    """What the engine showed last, unless the order is another now."""
    shown = running.confirmed
    if running == NOTHING and was is not None:
        shown = was.confirmed
    order = decision.order
    return None if shown is None or (order is not None and order.on is not shown.on) else shown


def _end(suspend: Suspend | None) -> datetime | None:
    return suspend.until if suspend is not None else None


def _waits(state: StrategyState) -> bool:
    return state in {StrategyState.PENDING, StrategyState.HOLDING, StrategyState.SUSPENDED}


def _state(
    decision: Decision, running: Running, was: StrategyStatus | None
) -> tuple[StrategyState, Reason, str]:
    order = decision.order
    if running.reason is not None:
        return StrategyState.ERROR, running.reason, running.message
    if order is None:
        if decision.reason is Reason.CONNECTED:  # by what was seen before a restart
            if running.on:
                return StrategyState.ENABLED, decision.reason, decision.message
            return StrategyState.PENDING, Reason.NOT_PROBED, "Not probed yet."
        if running.on:
            return StrategyState.HOLDING, decision.reason, decision.message
        if decision.reason is Reason.NOT_PROBED:
            return StrategyState.PENDING, decision.reason, decision.message
        return StrategyState.BLOCKED, decision.reason, decision.message
    if order.on:
        return _ordered(order, running, was)
    word = {
        Reason.DISABLED: StrategyState.DISABLED,
        Reason.REMOVED: StrategyState.DISABLED,
        Reason.SUSPENDED: StrategyState.SUSPENDED,
        Reason.HALTED: StrategyState.HALTED,
        Reason.NOT_PROBED: StrategyState.PENDING,
    }.get(order.reason, StrategyState.BLOCKED)
    return word, order.reason, order.message


def _ordered(
    order: Order, running: Running, was: StrategyStatus | None
) -> tuple[StrategyState, Reason, str]:
    """Of one that is to run. Until its runtime speaks, it is not called better than before."""
    if running != NOTHING or (was is not None and was.status is StrategyState.ENABLED):
        return StrategyState.ENABLED, order.reason, order.message
    if was is not None and was.status is StrategyState.ERROR:
        ready = was.conditions[0]
        if ready.reason is not Reason.STILL_RUNNING:  # that is of the order before
            return StrategyState.ERROR, ready.reason, ready.message
    return StrategyState.PENDING, Reason.NOT_CONFIRMED, UNHEARD


def _running(decision: Decision, running: Running) -> Finding:
    kind = ConditionType.RUNNING
    if running.state == "unknown" and running.reason is None and (running.told or running.absent):
        words = (
            f"Told to {running.told}; not confirmed." if running.told else "Never told anything."
        )
        return Finding(kind, "Unknown", Reason.NOT_CONFIRMED, words)
    if running.state == "unknown":
        reason = running.reason or Reason.RUNTIME_UNAVAILABLE
        return Finding(kind, "Unknown", reason, running.message or "The runtime did not report it.")
    says: dict[RunningState, str] = {
        "running": "It is running.",
        "paused": "It is paused.",
        "stopped": "It is stopped.",
    }
    truth: Truth = "True" if running.state == "running" else "False"
    why = Reason.NOT_PROBED if decision.reason is Reason.CONNECTED else decision.reason
    reason = running.reason or (Reason.CONNECTED if truth == "True" else why)
    return Finding(kind, truth, reason, running.message or says[running.state])


def _nameless(
    before: Status, spec: Spec, name: str, connection: str, now: datetime
) -> StrategyStatus:
    """A strategy whose entry is wrong and that was never known: shown, and nothing is done."""
    was = before.strategies.get(name)
    message = "Its entry in the file is invalid."
    finding = Finding(ConditionType.READY, "False", Reason.ENTRY_INVALID, message)
    return StrategyStatus(
        name=name,
        connection=connection,
        runtime="",
        status=StrategyState.BLOCKED,
        desired=False,
        running="unknown",
        conditions=conditions(was.conditions if was else (), (finding,), spec.generation, now),
        memory=None,
        origin="none",
    )


def mask(api_key: str) -> str:
    """The last three characters of a key long enough to spare them."""
    return "••••" + (api_key[-3:] if len(api_key) >= 12 else "")  # noqa: PLR2004 # a quarter at most
