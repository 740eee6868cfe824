"""A halt and its end, as transitions of their own: who, and why."""

from collections.abc import Iterator
from datetime import datetime

from bf_reconciler.facts import Reason
from bf_reconciler.status.model import OFF, Status, StrategyStatus, Transition
from bf_reconciler.verdict import Halted

HALTED_WORD = "Halted"
IN_FILE = "the file"


def halt_event(status: Status, halt: Halted, now: datetime) -> Transition:
    """A person halted every strategy."""
    return _halt(status, now, before="", after=HALTED_WORD, message=halt.reason, by=halt.by)


def resume_event(
    status: Status, now: datetime, *, reason: str = "", by: str = "", strategy: str = ""
) -> Transition:
    """A person ended the halt, or let one strategy run again."""
    if not strategy:
        return _halt(status, now, before=HALTED_WORD, after="", message=reason, by=by)
    known = status.strategies.get(strategy)
    return Transition(
        at=now,
        kind="halt",
        name=strategy,
        before=str(known.status) if known else "",
        after="",
        reason=Reason.AWAITING_MANUAL_RESUME,
        message=reason,
        generation=status.generation,
        revision=status.revision,
        by=by,
    )


def file_halts(before: Status, after: Status, now: datetime) -> Iterator[Transition]:
    """The file began to halt, gave another reason, or no longer halts."""
    was, halt = before.file_halt, after.file_halt
    if halt is not None and (was is None or (was.reason, was.by) != (halt.reason, halt.by)):
        by = f"{halt.by} ({IN_FILE})"
        yield _halt(after, now, before="", after=HALTED_WORD, message=halt.reason, by=by)
    elif halt is None and was is not None:
        yield _halt(after, now, before=HALTED_WORD, after="", message="", by=IN_FILE)


def unconfirmed(status: Status) -> list[str]:
    """Strategies that were told to run once, and are not shown to be off."""
    return [
        each.name
        for each in status.strategies.values()
        if each.running not in OFF and (each.running == "running" or _was_on(each))
    ]


def _was_on(strategy: StrategyStatus) -> bool:
    memory = strategy.memory
    return strategy.told == "run" or (memory is not None and memory.ever_on)


def _halt(
    status: Status, now: datetime, *, before: str, after: str, message: str, by: str
) -> Transition:
    return Transition(
        at=now,
        kind="halt",
        name="",
        before=before,
        after=after,
        reason=Reason.HALTED,
        message=message,
        generation=status.generation,
        revision=status.revision,
        by=by,
    )
