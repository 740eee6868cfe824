"""The proof while it runs: a little of everything is decided again from scratch, all the time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from bf_reconciler.reconcile import audit
from bf_reconciler.schedule import HEARTBEAT
from bf_reconciler.spec import Names, Spec
from bf_reconciler.turn import Turn

PASS = timedelta(minutes=5)
"""Everything is decided again within this time,"""
MOST = 25
"""unless it is more than so many connections each heartbeat: a quiet second stays cheap."""


class Audit:
    """Compares what stands with what a turn about everything would say.

    Args:
        drifted: Called with the names that differ; they are decided again by the next turn.
    """

    def __init__(self, drifted: Callable[[Names], None]) -> None:
        self._drifted = drifted
        self._left: list[str] = []
        self._done = 0.0

    def __call__(self, turn: Turn) -> Turn:
        """Look at the next few, once a heartbeat."""
        beat = turn.at.timestamp() // HEARTBEAT.total_seconds()
        if beat == self._done:
            return turn
        self._done = beat
        found = audit(turn, self._next(turn.spec))
        if not found:
            return turn
        self._drifted(found)
        return replace(turn, again=turn.again | found)

    def _next(self, spec: Spec) -> Names:
        if not self._left:
            self._left = list(dict.fromkeys((*spec.connections, *spec.by_connection)))
        count = min(MOST, -(-len(spec.connections) * HEARTBEAT // PASS) + 1)
        some, self._left = self._left[:count], self._left[count:]
        strategies = (s.name for name in some for s in spec.by_connection.get(name, ()))
        return Names(frozenset(some), frozenset(strategies))
