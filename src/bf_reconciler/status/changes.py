"""Names what changed from one Status to the next."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from bf_reconciler.facts import TRANSIENT, Reason
from bf_reconciler.spec import Names
from bf_reconciler.status.model import (
    ConnectionStatus,
    Status,
    StrategyState,
    StrategyStatus,
    Transition,
)


def transitions(
    before: Status, after: Status, now: datetime, names: Names | None = None
) -> Iterator[Transition]:
    """What changed of any status word or the reason it stands for. Nothing else is news.

    Only these names are looked at; None is all of them.
    """
    for kind in ("connection", "strategy"):
        old: Mapping[str, ConnectionStatus | StrategyStatus] = (
            before.connections if kind == "connection" else before.strategies
        )
        new: Mapping[str, ConnectionStatus | StrategyStatus] = (
            after.connections if kind == "connection" else after.strategies
        )
        wanted = None if names is None else _of(names, kind)
        for name in _renamed(old, new, wanted):
            was, now_is = old.get(name), new.get(name)
            head = now_is.conditions[0] if now_is else None
            yield Transition(
                at=now,
                kind=kind,
                name=name,
                before=str(was.status) if was else "",
                after=str(now_is.status) if now_is else "",
                reason=head.reason if head else Reason.REMOVED,
                message=head.message if head else "It was removed from the file.",
                generation=after.generation,
                revision=after.revision,
                lasted=max((now - was.conditions[0].since).total_seconds(), 0.0) if was else None,
            )


def _of(names: Names, kind: str) -> frozenset[str]:
    return names.connections if kind == "connection" else names.strategies


def _renamed(
    old: Mapping[str, ConnectionStatus | StrategyStatus],
    new: Mapping[str, ConnectionStatus | StrategyStatus],
    names: frozenset[str] | None,
) -> list[str]:
    """Those of another word: who is there first, in the order of the file where they are many."""
    wanted = [*new, *(name for name in old if name not in new)] if names is None else names
    found = [name for name in wanted if _word(old.get(name)) != _word(new.get(name))]
    return found if names is None else sorted(found, key=lambda n: (_place(new.get(n)), n))


def _place(status: ConnectionStatus | StrategyStatus | None) -> tuple[bool, str, int]:
    """Where it stands; what left the file comes last."""
    return (False, status.file, status.line) if status is not None else (True, "", 0)


def _word(status: ConnectionStatus | StrategyStatus | None) -> tuple[str, Reason]:
    """The word and its reason. What was told to leave and what has left are the same news.

    So are the ways in which one outage shows itself to a strategy that is held.
    """
    reason = status.conditions[0].reason if status else Reason.REMOVED
    if status and status.status is StrategyState.HOLDING and reason in TRANSIENT:
        reason = Reason.CONNECTION_NOT_READY
    word = str(status.status) if status and reason is not Reason.REMOVED else ""
    return word, reason
