"""What each turn needs of a whole Spec, worked out ahead, and from the one before where it can be.

Ten thousand entries take long to walk through; a commit changes a few of them.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from bf_reconciler.spec.names import differing, updated
from bf_reconciler.spec.spec import ConnectionEntry, Spec, StrategyEntry, pairs_of
from bf_reconciler.spec.strategy import Strategy

E = TypeVar("E", ConnectionEntry, StrategyEntry)
NEEDED: Final = ("by_connection", "by_venue", "pairs", "unread", "positions", "strategy_positions")


def prepare(spec: Spec, before: Spec | None = None) -> None:
    """Work it out, in a thread: it would hold up the event loop."""
    if before is not None:
        vars(spec).update(_as_before(before, spec))
    for name in NEEDED:
        getattr(spec, name)


def _as_before(old: Spec, new: Spec) -> Mapping[str, Any]:
    """What holds of the old one, or of it with what changed."""
    found: dict[str, Any] = {}
    if [*old.connections] == [*new.connections]:
        found["positions"] = old.positions
        moved = differing(old.connections, new.connections)
        if _alike(old.connections, new.connections, moved, lambda entry: entry.venue):
            found["by_venue"] = old.by_venue
        keys = _alike(old.connections, new.connections, moved, lambda e: e.key_fingerprint)
        if keys and old.elsewhere.keys == new.elsewhere.keys:
            found["twins"] = old.twins
    if [*old.strategies] == [*new.strategies]:
        found["strategy_positions"] = old.strategy_positions
        moved = differing(old.strategies, new.strategies)
        if _alike(old.strategies, new.strategies, moved, lambda e: e.strategy.connection):
            theirs = {new.strategies[name].strategy.connection for name in moved}
            found["by_connection"] = updated(old.by_connection, theirs, _again(old, new))
            if not old.twins and "twins" in found:
                bots = found["by_connection"]
                found["pairs"] = updated(old.pairs, theirs, lambda name: pairs_of(bots[name]))
    return found


def _alike(
    old: Mapping[str, E], new: Mapping[str, E], names: Iterable[str], what: Callable[[E], object]
) -> bool:
    return all(what(old[name]) == what(new[name]) for name in names)


def _again(old: Spec, new: Spec) -> Callable[[str], tuple[Strategy, ...]]:
    def strategies(name: str) -> tuple[Strategy, ...]:
        return tuple(new.strategies[each.name].strategy for each in old.by_connection[name])

    return strategies
