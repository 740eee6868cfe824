"""The queue of those who wait for their turn at one exchange."""

import asyncio
import time
from dataclasses import dataclass, field

from bf_reconciler.probe.budget import Budget
from bf_reconciler.probe.lanes import Lanes


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    requests: int
    patience: float
    turn: asyncio.Future[float]


@dataclass(slots=True)
class Queue:
    """Lets probes out one after another, as fast as the budget allows."""

    budget: Budget
    _lanes: Lanes[_Waiting] = field(default_factory=Lanes)
    _timer: asyncio.TimerHandle | None = None

    async def turn(
        self, requests: int, patience: float, *, soon: bool, trades: bool = False
    ) -> float:
        """Wait for one's turn; these requests are paid for then. Cancelled, it is given back.

        Returns 0, or the seconds of a ban that outlasts ``patience`` and leaves no turn to take. No
        pace ever does: that wait is as long as the queue.
        """
        turn: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._lanes.add(_Waiting(requests, patience, turn), soon=soon, trades=trades)
        self._let_out()
        try:
            return await turn
        except asyncio.CancelledError:
            if not turn.cancelled() and not turn.result():  # it came in the same moment
                self.budget.refund(requests)
            self._let_out()
            raise

    def refund(self, requests: int) -> None:
        """Give back what was paid for and not used; the next one may go sooner for it."""
        self.budget.refund(requests)
        self._let_out()

    def block(self, seconds: float) -> None:
        """The exchange asked for a pause. Whoever cannot wait that long is told so now."""
        self.budget.block(seconds, time.monotonic())
        self._let_out()

    def _let_out(self) -> None:
        """Let out all who may go now, and come back when the next one may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = time.monotonic()
        if ban := self.budget.ban(now):
            for waiting in self._lanes:
                if waiting.patience < ban and not waiting.turn.done():
                    waiting.turn.set_result(ban)
        while (first := self._lanes.first(_has_left)) is not None:
            wait = self.budget.due(first.requests, now)
            if wait > 0:
                self._timer = asyncio.get_running_loop().call_later(wait, self._let_out)
                return
            self._lanes.take()
            self.budget.take(first.requests, now)
            first.turn.set_result(0.0)


def _has_left(waiting: _Waiting) -> bool:
    return waiting.turn.done()
