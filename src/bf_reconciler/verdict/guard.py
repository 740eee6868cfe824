"""Turn verdicts into orders: patience for what is not known, latches, and the removal guard."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bf_reconciler.facts import Reason
from bf_reconciler.spec import Spec, too_many
from bf_reconciler.verdict.values import Decision, Memory, Order, StrategyVerdict, Verdicts


def guard(
    spec: Spec, verdicts: Verdicts, memories: Mapping[str, Memory], now: datetime
) -> tuple[Decision, ...]:
    """Decide for every strategy that is declared, and for every one that left the file."""
    decided = [
        decide(spec, verdict, memories.get(name), now)
        for name, verdict in verdicts.strategies.items()
    ]
    gone = [
        name
        for name in memories
        if name not in spec.strategies and name not in spec.broken_strategies
    ]
    held = too_many(len(memories), len(gone), spec.policy.max_removals)
    decided += [_removed(name, memories[name], verdicts, held=held) for name in gone]
    decided += [
        _absent(
            name,
            memories[name],
            verdicts,
            Reason.ENTRY_INVALID,
            "Its entry in the file is wrong; left as it is.",
        )
        for name in spec.broken_strategies
        if name in memories and name not in spec.strategies
    ]
    return tuple(decided)


def decide(spec: Spec, verdict: StrategyVerdict, before: Memory | None, now: datetime) -> Decision:
    """Decide for one declared strategy.

    On at once when it may be; off at once when a rule is broken or somebody said so; left as it
    is for ``grace`` when nothing is known, and then off. Never on by what is not known, nor by
    what only an earlier life of this process saw.
    """
    strategy = verdict.strategy
    runtime = spec.runtimes[strategy.runtime]
    was_on = before is not None and before.on is True
    latched = before is not None and before.latched
    if verdict.violation and was_on and strategy.resume == "manual":
        latched = True

    on, reason, message = verdict.on, verdict.reason, verdict.message
    since = None
    if on and latched:
        on, reason = False, Reason.AWAITING_MANUAL_RESUME
        message = f"Good again; run `resume {strategy.name}` to turn it on."
    elif on and verdict.restored:
        on = None
        if before is not None and before.on is False:
            on, reason = False, before.reason
            message = "Off until a probe of this process finds its connection good."
    elif on is None:
        known = (verdict.unknown_since, before.unknown_since if before else None)
        since = min((moment for moment in known if moment is not None), default=now)
        if before is not None and before.on is False:
            on = False
            if before.reason is Reason.GRACE_EXPIRED:
                reason = before.reason
                message = f"Off since its connection was unknown for too long. {message}"
        elif now - since >= spec.policy.grace:
            on, reason = False, Reason.GRACE_EXPIRED
            message = f"Unknown for {_words(spec.policy.grace)}: {message}"

    memory = Memory(
        on=on if on is not None else (before.on if before else None),
        action=strategy.on_violation,
        runtime=runtime,
        latched=latched,
        unknown_since=since,
        reason=reason,
        connection=strategy.connection,
    )
    order = None
    if on is not None:
        action = strategy.on_violation
        order = Order(
            strategy.name,
            runtime,
            on=on,
            action=action,
            reason=reason,
            message=message,
            strategy=strategy,
        )
    leave = None
    if before is not None and before.runtime != runtime and order is not None:
        leave = Order(
            strategy.name,
            before.runtime,
            on=False,
            action=before.action,
            reason=Reason.REMOVED,
            message="It moved to another runtime.",
            strategy=None,
        )
    elif before is not None and before.runtime != runtime:
        memory = replace(memory, runtime=before.runtime)
    return Decision(strategy.name, order, reason, message, memory, verdict, leave)


def _removed(name: str, before: Memory, verdicts: Verdicts, *, held: bool) -> Decision:
    if held:
        message = "Too many entries vanished at once; left as it is."
        decision = _absent(name, before, verdicts, Reason.MASS_REMOVAL_HELD, message)
        return replace(decision, held=True)
    return _off(name, before, Reason.REMOVED, "It is no longer in the file.")


def _absent(
    name: str, before: Memory, verdicts: Verdicts, reason: Reason, message: str
) -> Decision:
    """No good form of it is known: left as it is, unless it must not run."""
    if verdicts.halted is not None:
        halted = verdicts.halted
        return _off(name, before, Reason.HALTED, f"Halted by {halted.by}: {halted.reason}")
    connection = verdicts.connections.get(before.connection)
    if connection is not None and connection.compliant is False:
        return _off(name, before, connection.ready.reason, connection.ready.message)
    return Decision(name, None, reason, message, before, None)


def _off(name: str, before: Memory, reason: Reason, message: str) -> Decision:
    order = Order(
        name,
        before.runtime,
        on=False,
        action=before.action,
        reason=reason,
        message=message,
        strategy=None,
    )
    memory = replace(before, on=False, reason=reason, unknown_since=None)
    return Decision(name, order, reason, message, memory, None)


def _words(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
