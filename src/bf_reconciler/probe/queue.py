"""The queue of those who wait for their turn at one exchange."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field

from bf_reconciler.probe.budget import Budget


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    requests: int
    patience: float
    turn: asyncio.Future[float]


@dataclass(slots=True)
class Queue:
    """Lets probes out one after another, as fast as the budget allows.

    Who has something to find out soon does not stand behind everybody's routine: where both wait,
    every other turn is theirs. So neither can keep the other waiting for ever.
    """

    budget: Budget
    _soon: deque[_Waiting] = field(default_factory=deque)
    _routine: deque[_Waiting] = field(default_factory=deque)
    _was_soon: bool = False
    _timer: asyncio.TimerHandle | None = None

    async def turn(self, requests: int, patience: float, *, soon: bool) -> float:
        """Wait for one's turn; these requests are paid for then. Cancelled, it is given back.

        Returns 0, or the seconds of a ban that outlasts ``patience`` and leaves no turn to take. No
        pace ever does: that wait is as long as the queue.
        """
        turn: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        queue = self._soon if soon else self._routine
        queue.append(_Waiting(requests, patience, turn))
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
            for waiting in (*self._soon, *self._routine):
                if waiting.patience < ban and not waiting.turn.done():
                    waiting.turn.set_result(ban)
        while (queue := self._next()) is not None:
            wait = self.budget.due(queue[0].requests, now)
            if wait > 0:
                self._timer = asyncio.get_running_loop().call_later(wait, self._let_out)
                return
            waiting = queue.popleft()
            self._was_soon = queue is self._soon
            self.budget.take(waiting.requests, now)
            waiting.turn.set_result(0.0)

    def _next(self) -> deque[_Waiting] | None:
        """Those whose turn it is; whoever has left meanwhile is gone."""
        for queue in (self._soon, self._routine):
            while queue and queue[0].turn.done():
                queue.popleft()
        if self._soon and not (self._was_soon and self._routine):
            return self._soon
        return self._routine or None
