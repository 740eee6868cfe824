"""The proof while it runs: a little of everything is decided again from scratch, all the time."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from bf_reconciler.reconcile import audit
from bf_reconciler.schedule import HEARTBEAT
from bf_reconciler.spec import Names, Spec
from bf_reconciler.turn import Turn

PASS = timedelta(minutes=5)
"""Everything is decided again within this time, however much it is."""
PART = 8
"""So many connections are looked at before others get their turn of the event loop."""


class Audit:
    """Compares what stands with what a turn about everything would say.

    Args:
        drifted: Called with the names that differ; they are decided again by the next turn.
        breathe: Lets others have the event loop.
    """

    def __init__(
        self, drifted: Callable[[Names], None], breathe: Callable[[], Awaitable[None]]
    ) -> None:
        self._drifted = drifted
        self._breathe = breathe
        self._left: list[str] = []
        self._done = 0.0

    async def __call__(self, turn: Turn) -> Turn:
        """Look at the next few, once a heartbeat."""
        beat = turn.at.timestamp() // HEARTBEAT.total_seconds()
        if beat == self._done:
            return turn
        self._done = beat
        some, found = self._next(turn.spec), Names()
        for first in range(0, len(some), PART):
            part = frozenset(some[first : first + PART])
            strategies = (s.name for name in part for s in turn.spec.by_connection.get(name, ()))
            found |= audit(turn, Names(part, frozenset(strategies)))
            await self._breathe()
        if not found:
            return turn
        self._drifted(found)
        return replace(turn, again=turn.again | found)

    def _next(self, spec: Spec) -> list[str]:
        if not self._left:
            self._left = list(dict.fromkeys((*spec.connections, *spec.by_connection)))
        count = -(-len(spec.connections) * HEARTBEAT // PASS) + 1
        some, self._left = self._left[:count], self._left[count:]
        return some
