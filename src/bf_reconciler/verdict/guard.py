"""Turns verdicts into orders: grace for what is not known, latches, and the removal guard."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from bf_reconciler.facts import Reason
from bf_reconciler.policy import Finding
from bf_reconciler.spec import ConnectionEntry, Names, Runtime, Spec, Strategy, too_many, updated
from bf_reconciler.verdict.orphans import farewell, leaves
from bf_reconciler.verdict.values import (
    LEAST_LEASE,
    ConnectionState,
    Decision,
    Order,
    StrategyMemory,
    StrategyVerdict,
    Verdicts,
)

LEASE_INTERVALS = 3
TOO_MANY = "Too many entries were removed at once; left unchanged."
NAMELESS = "It may be the entry without a readable name; left unchanged."


def guard(
    spec: Spec,
    verdicts: Verdicts,
    memories: Mapping[str, StrategyMemory],
    now: datetime,
    before: Mapping[str, Decision] = MappingProxyType({}),
    names: Names | None = None,
) -> Mapping[str, Decision]:
    """Decide for these strategies; None is all, and the others stay as ``before``.

    All are those that are declared, and those that left the file.
    """
    if names is None:
        wanted: Iterable[str] = dict.fromkeys((*verdicts.strategies, *memories))
    else:
        wanted = names.strategies
    absent = any(name not in spec.strategies for name in wanted)
    frame = _frame(spec, verdicts, memories, now) if absent else None

    def decision(name: str) -> Decision | None:
        verdict, memory = verdicts.strategies.get(name), memories.get(name)
        if verdict is not None:
            known = memory is not None or verdict.strategy.runtime in spec.runtimes
            return decide(spec, verdict, memory, now) if known else None
        if memory is None or frame is None:
            return None
        if name not in spec.broken_strategies or name in spec.unshared_strategies:
            return _removed(name, memory, frame)
        message = "Its entry in the file is invalid; left unchanged."
        return _absent(name, memory, frame, Reason.ENTRY_INVALID, message)

    return updated(before, wanted, decision)


def _frame(
    spec: Spec, verdicts: Verdicts, memories: Mapping[str, StrategyMemory], now: datetime
) -> "_Frame":
    """What those who left the file have in common: whether they may go."""
    gone = [
        name
        for name in memories
        if name not in spec.strategies
        and (name not in spec.broken_strategies or name in spec.unshared_strategies)
    ]
    leaving = sum(leaves(memories[name]) for name in gone)
    held = NAMELESS if spec.nameless_strategies else ""
    if too_many(len(memories) - leaving, len(gone) - leaving, spec.policy.max_removals):
        held = TOO_MANY
    return _Frame(verdicts, spec.policy.grace, now, held)


class _Frame(NamedTuple):
    """What is decided with about strategies of which no good form is known."""

    verdicts: Verdicts
    grace: timedelta
    now: datetime
    held: str
    """Why those who vanished are not let go; empty where they are."""


def decide(
    spec: Spec, verdict: StrategyVerdict, before: StrategyMemory | None, now: datetime
) -> Decision:
    """Decide for one declared strategy.

    On at once when it may be; off at once when a rule is broken or somebody said so; left as it
    is for ``grace`` when nothing is known, and then off. Never on by what is not known, nor by
    what only an earlier life of this process saw, or what was seen before time has jumped.
    """
    strategy = verdict.strategy
    was_on = before is not None and before.on is True
    violated = (verdict.violation and was_on) or (before is not None and before.latched)
    latched = violated and strategy.resume == "manual"
    if verdict.on is None:
        wish = _patience(verdict.reason, verdict.message, before, spec.policy.grace, now)
    else:
        wish = _word(verdict, before, latched=latched)
    memory = StrategyMemory(
        on=wish.on if wish.on is not None else (before.on if before else None),
        action=strategy.when_off,
        runtime=_place(spec, strategy, before),
        latched=latched,
        unknown_since=wish.since,
        reason=wish.reason,
        connection=strategy.connection,
        ever_on=wish.on is True or (before is not None and before.ever_on),
    )
    return _ordered(spec, verdict, wish, memory, before)


def _place(spec: Spec, strategy: Strategy, before: StrategyMemory | None) -> Runtime:
    """Where it is to run. A kept form may name a runtime that left the file: it stays there."""
    if before is not None and strategy.runtime not in spec.runtimes:
        return before.runtime
    return spec.runtimes[strategy.runtime]


class _Wish(NamedTuple):
    """On, off, or None: leave it as it is."""

    on: bool | None
    reason: Reason
    message: str
    since: datetime | None = None
    until: datetime | None = None


def _word(verdict: StrategyVerdict, before: StrategyMemory | None, *, latched: bool) -> _Wish:
    """The verdict is clear; a person or a restart may still stand before it."""
    if verdict.on and latched:
        message = (
            f"The connection complies again; run `resume {verdict.strategy.name}` to turn it on."
        )
        return _Wish(False, Reason.AWAITING_MANUAL_RESUME, message)
    if verdict.on and verdict.restored:
        if before is not None and before.on is False:
            message = "Off until a new probe finds that its connection complies."
            return _Wish(False, before.reason, message)
        return _Wish(None, verdict.reason, verdict.message)
    if verdict.on and verdict.barred is not None and not (before is not None and before.on):
        return _barred(verdict.barred, before)
    return _Wish(verdict.on, verdict.reason, verdict.message)


def _barred(bar: Finding, before: StrategyMemory | None) -> _Wish:
    """It is not turned on. While that is not known for sure, nothing it was told changes."""
    if bar.status == "False":
        return _Wish(False, bar.reason, bar.message)
    if before is None or before.on is None:
        return _Wish(None, bar.reason, bar.message)
    known = before.reason is Reason.PAIR_NOT_TRADABLE  # a restart is no news
    return _Wish(False, before.reason if known else bar.reason, bar.message)


def _patience(
    reason: Reason, message: str, before: StrategyMemory | None, grace: timedelta, now: datetime
) -> _Wish:
    """Nothing is known: what is off stays off, what runs has its grace.

    It begins when the strategy was first found unknown: a word of the file or of a person may have
    made unknown what was seen long ago. Where nothing was ever told or seen, nothing is done.
    """
    if reason is Reason.NOT_PROBED and (before is None or before.on is None):
        return _Wish(None, reason, message)
    remembered = before.unknown_since if before else None
    since = min(remembered or now, now)  # our clock may have been set back
    if before is not None and before.on is False:
        if before.reason is Reason.GRACE_EXPIRED:
            words = f"Off because its connection was unknown for too long. {message}"
            return _Wish(False, Reason.GRACE_EXPIRED, words, since)
        return _Wish(False, reason, message, since)
    if now - since >= grace:
        words = f"Unknown for {_words(grace)}: {message}"
        ran = before is not None and before.on is True
        # What nobody ever saw run lost nothing by the grace: the cause is its reason.
        return _Wish(False, Reason.GRACE_EXPIRED if ran else reason, words, since)
    return _Wish(None, reason, message, since, since + grace)


def _ordered(
    spec: Spec,
    verdict: StrategyVerdict,
    wish: _Wish,
    memory: StrategyMemory,
    before: StrategyMemory | None,
) -> Decision:
    """Put a wish into orders; a strategy that moved is first turned off where it was.

    An order holds for some tests of the connection, unless it is given again.
    """
    strategy = verdict.strategy
    if wish.on is None:
        if before is not None:
            memory = replace(memory, runtime=before.runtime, also=before.also)
        return Decision(
            strategy.name, None, wish.reason, wish.message, memory, verdict, until=wish.until
        )
    entry = spec.connections.get(strategy.connection)
    order = Order(
        strategy.name,
        memory.runtime,
        on=wish.on,
        action=memory.off_action,
        reason=wish.reason,
        message=wish.message,
        strategy=strategy,
        lease=_lease(entry) if entry is not None else LEAST_LEASE,
        exchange=entry.connection.exchange if entry is not None else "",
    )
    leaves = _leaves(strategy.name, memory.runtime, before)
    return Decision(strategy.name, order, wish.reason, wish.message, memory, verdict, leaves)


def _lease(entry: ConnectionEntry) -> timedelta:
    return max(LEASE_INTERVALS * entry.interval, LEAST_LEASE)


def _leaves(name: str, place: Runtime, before: StrategyMemory | None) -> tuple[Order, ...]:
    """Orders to everywhere else where it may be on."""
    if before is None or (before.runtime is place and not before.also):
        return ()
    return tuple(
        Order(
            name,
            runtime,
            on=False,
            action=before.off_action,
            reason=Reason.REMOVED,
            message="It moved to another runtime.",
            strategy=None,
        )
        for runtime in dict.fromkeys((before.runtime, *before.also))
        if runtime != place
    )


def unsettled(decision: Decision, before: StrategyMemory) -> StrategyMemory:
    """What to remember while it is not confirmed that it is off everywhere else.

    It stays where it was, and may be on wherever it was told to run.
    """
    places = list(before.also)
    if decision.order is not None and decision.order.on:
        places.append(decision.order.runtime)
    also = tuple(each for each in dict.fromkeys(places) if each != before.runtime)
    return replace(decision.memory, runtime=before.runtime, also=also)


def _removed(name: str, before: StrategyMemory, frame: _Frame) -> Decision:
    """It is let go, unless it is held; what goes already is held no more."""
    if frame.held and not leaves(before):
        decision = _absent(name, before, frame, Reason.MASS_REMOVAL_HELD, frame.held)
        return replace(decision, held=True)
    return _off(name, before, *farewell(before))


def _absent(
    name: str, before: StrategyMemory, frame: _Frame, reason: Reason, message: str
) -> Decision:
    """No good form of it is known: left as it is, unless it must not run.

    What is not known of its connection has the same grace as everywhere.
    """
    halted = frame.verdicts.halted
    if halted is not None:
        return _off(name, before, Reason.HALTED, f"Halted by {halted.by}: {halted.reason}")
    connection = frame.verdicts.connections.get(before.connection)
    if connection is not None and connection.compliant is False:
        off = _off(name, before, connection.ready.reason, connection.ready.message)
        latched = before.latched or before.on is True  # until its good form says who resumes it
        return replace(off, memory=replace(off.memory, latched=latched))
    if connection is not None and connection.state is ConnectionState.SUSPENDED:
        return _off(name, before, Reason.SUSPENDED, "Its connection is suspended.")
    if connection is not None and connection.compliant:
        return Decision(name, None, reason, message, replace(before, unknown_since=None), None)
    why, words = Reason.CONNECTION_NOT_READY, "Its connection is not in force."
    if connection is not None:
        why, words = connection.ready.reason, connection.ready.message
    wish = _patience(why, words, before, frame.grace, frame.now)
    if wish.reason is Reason.GRACE_EXPIRED or (wish.on is False and before.on is None):
        off = _off(name, before, wish.reason, wish.message)
        return replace(off, memory=replace(off.memory, unknown_since=wish.since))
    memory = replace(before, unknown_since=wish.since)
    return Decision(name, None, reason, message, memory, None, until=wish.until)


def _off(name: str, before: StrategyMemory, reason: Reason, message: str) -> Decision:
    order = Order(
        name,
        before.runtime,
        on=False,
        action=before.off_action,
        reason=reason,
        message=message,
        strategy=None,
    )
    memory = replace(before, on=False, reason=reason, unknown_since=None, also=())
    leaves = _leaves(name, before.runtime, before)
    return Decision(name, order, reason, message, memory, None, leaves)


def _words(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
