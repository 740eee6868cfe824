"""One worker per runtime: it has the latest order of each strategy and its own pace.

A worker that hangs delays nobody else. What it is given meanwhile replaces what it has not done.
"""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import timedelta
from heapq import nsmallest

import structlog

from bf_reconciler.runtimes.adapter import Adapter, Stamp, Target
from bf_reconciler.runtimes.settle import settle, unanswered
from bf_reconciler.schedule import backoff
from bf_reconciler.spec import Runtime
from bf_reconciler.status import Confirmed, Running
from bf_reconciler.verdict import Holding, Order

BATCH = 64
"""So many strategies are settled at once; then the most urgent ones are looked for again."""
FIRST_RETRY, LAST_RETRY = timedelta(seconds=0.5), timedelta(seconds=5)
"""Waits before what failed is tried again."""
LOG = structlog.get_logger("bf_reconciler")


class Worker:
    """The orders of one runtime.

    ``report`` is called whenever another thing is known of a strategy, and ``wake`` when
    something is on there without an order. While nobody is ``alive`` to guard them, engines are
    not told to go on.
    """

    def __init__(
        self,
        adapter: Adapter,
        report: Callable[[str, Running], None],
        wake: Callable[[], None],
        alive: Callable[[], bool],
    ) -> None:
        self.adapter = adapter
        self.place: str | None = None
        """The place of the adapter; None while it is not known."""
        self.known: dict[str, Running] = {}
        """What each strategy was last read to do, or why that is not known."""
        self.held: dict[str, Holding] = {}
        """What it holds for us without an order."""
        self._report = report
        self._tell = wake
        self._alive = alive
        self._renew_at = 0.0
        self._targets: dict[str, Target] = {}
        self._confirmed: dict[str, Confirmed] = {}
        """What each engine showed last under its order."""
        self._due: set[str] = set()
        self._busy: Collection[str] = ()
        self._wrong: set[str] = set()
        self._look: set[str] | None = None
        """Strategies that may have changed outside; None for any."""
        self._overdue = False
        self._failures = 0
        self._retry_at: float | None = None
        self._wake = asyncio.Event()
        self._progress = asyncio.Event()
        self._tasks = [asyncio.create_task(self._work()), asyncio.create_task(self._listen())]

    def give(
        self, name: str, order: Order | None, stamp: Stamp, shown: Confirmed | None = None
    ) -> None:
        """Have an order carried out, unless it is the one that is looked after already.

        ``shown`` is what the engine showed last, as far as an earlier life of ours knew.
        """
        before = self._targets.get(name)
        if before is not None:
            if before.order == order:
                return
            before.superseded = True
        elif shown is not None:
            self._confirmed[name] = shown
        if _turns(before.order if before is not None else None, order, self._confirmed.get(name)):
            self._confirmed.pop(name, None)
        self._targets[name] = target = Target(order, stamp)
        self.held.pop(name, None)
        self._due.add(name)
        self._wake.set()
        if self._overdue:
            self._learn(name, self._silent(name, target))

    def adopt(self, declared: Runtime) -> None:
        """Its credentials were rotated: what was refused may work now."""
        self.adapter.adopt(declared)
        self._due |= self._wrong
        self._wake.set()

    def forget(self, name: str) -> None:
        """The strategy is no longer ours to look after."""
        target = self._targets.pop(name, None)
        if target is not None:
            target.superseded = True
        self._due.discard(name)
        self._wrong.discard(name)
        self.known.pop(name, None)
        self._confirmed.pop(name, None)

    @property
    def empty(self) -> bool:
        """Whether it has no strategy to look after."""
        return not self._targets

    def settled(self, name: str) -> bool:
        """Whether what is known of it is what will be known for a while."""
        return self._overdue or not (name in self._due or name in self._busy)

    @property
    def idle(self) -> bool:
        """Whether nothing is under way, or nothing that is waited for."""
        return self._overdue or not (self._due or self._busy or self._look is None or self._look)

    async def rest(self) -> None:
        """Wait until it is idle."""
        while not self.idle:
            await self._progress.wait()

    async def wait(self, names: Collection[str]) -> None:
        """Wait until these are settled."""
        while not all(self.settled(name) for name in names):
            await self._progress.wait()

    async def placed(self) -> str:
        """Wait for the place of the adapter to be known."""
        while self.place is None:
            await self._progress.wait()
        return self.place

    async def close(self) -> None:
        """Stop; a call that hangs is left behind."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.adapter.close()

    async def _listen(self) -> None:
        while True:
            names = await self.adapter.hint()
            self._look = None if names is None or self._look is None else {*self._look, *names}
            self._wake.set()

    async def _work(self) -> None:
        while True:
            await self._rest()
            one = asyncio.create_task(self._pass())
            try:
                done, _ = await asyncio.wait({one}, timeout=self.adapter.deadline.total_seconds())
                if not done:
                    self._miss_deadline()
                    await asyncio.wait({one})
            finally:
                one.cancel()
            if self._end(one) is not None:
                await asyncio.sleep(FIRST_RETRY.total_seconds())

    async def _rest(self) -> None:
        """Wait for something to do. What failed is tried again after a while."""
        clock = asyncio.get_running_loop().time
        while True:
            left = None if self._retry_at is None else self._retry_at - clock()
            if left is not None and left <= 0:
                self._due |= self._wrong
                self._retry_at = None
            rest = self._renew_at - clock()
            if self._due or self._look is None or self._look or rest <= 0:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(rest if left is None else min(rest, left)):
                    await self._wake.wait()
            self._wake.clear()

    async def _pass(self) -> None:
        """Look at what may have changed, and settle the most urgent strategies."""
        look, self._look = self._look, set()
        if self.place is None:
            self.place = await self.adapter.place()
            self._pulse()
        if look is None or look:
            changed = set(await self.adapter.changed(look))
            self._due |= changed & self._targets.keys()
            await self._survey(changed - self._targets.keys())
        await self._settle_next()
        await self._renew()

    async def _settle_next(self) -> None:
        """Settle the most urgent strategies."""
        self._busy = self._next()
        self._due.difference_update(self._busy)
        targets = {name: self._targets[name] for name in self._busy}
        if not targets:
            return
        for name, running in (await settle(self.adapter, targets, self._confirmed)).items():
            if self._targets.get(name) is targets[name]:
                if running.confirmed is not None:
                    self._confirmed[name] = running.confirmed
                else:
                    self._confirmed.pop(name, None)
                self._learn(name, running)
        self._busy = ()
        self._pulse()

    def _next(self) -> list[str]:
        """The most urgent strategies. One engine cannot be turned off and on at once."""
        if self.adapter.exclusive:
            self._due -= self._replaced()
            first = min(map(self._urgency, self._due), default=0)
            return [name for name in self._due if self._urgency(name) == first]
        return nsmallest(BATCH, self._due, key=self._urgency)

    def _replaced(self) -> set[str]:
        """Those that left an engine which carries another strategy now: that one's order counts."""
        gone = {
            name
            for name, shown in self._confirmed.items()
            if not shown.on and (order := self._targets[name].order) and order.strategy is None
        }
        return gone if gone < self._targets.keys() else set()

    async def _renew(self) -> None:
        """Have the engines go on for a while, where it is time for that."""
        clock = asyncio.get_running_loop().time
        if clock() < self._renew_at:
            return
        more = False
        if self._alive():
            names, more = await self.adapter.renew(self._targets)
            self._due.update(name for name in names if name in self._targets)
        self._renew_at = clock() + (0.0 if more else self.adapter.rhythm.total_seconds())

    async def _survey(self, names: Collection[str]) -> None:
        """Learn what the runtime holds of strategies without an order."""
        for name, reading in (await self.adapter.read(names)).items() if names else ():
            if name in self._targets:  # it was given one meanwhile
                continue
            if reading.holding is None or not reading.holding.stray:
                self.held.pop(name, None)
            elif self.held.get(name) != reading.holding:
                self.held[name] = reading.holding
                self._tell()

    def _urgency(self, name: str) -> int:
        """Turning off goes first, then turning on, then a mere look."""
        order = self._targets[name].order
        return 2 if order is None else 1 if order.on else 0

    def _miss_deadline(self) -> None:
        """Nobody waits for it any more; what it does is not known until it answers."""
        self._overdue = True
        for name, target in self._targets.items():
            self._learn(name, self._silent(name, target))
        self._pulse()

    def _silent(self, name: str, target: Target) -> Running:
        words = f"The runtime has not answered for {self.adapter.deadline.total_seconds():g} s."
        return unanswered(target.order, self._confirmed.get(name), words)

    def _end(self, one: "asyncio.Task[None]") -> BaseException | None:
        """Draw the conclusions of a pass that has ended; return what it broke on."""
        error = None if one.cancelled() else one.exception()
        if error is not None:
            LOG.error("runtime failed", place=self.place, exc_info=error)
            words = f"It failed in a way that was not foreseen ({type(error).__name__})."
            self._look = None
            for name in self._busy:
                if name in self._targets:
                    order, confirmed = self._targets[name].order, self._confirmed.get(name)
                    self._learn(name, unanswered(order, confirmed, words))
        self._busy = ()
        if self._overdue:
            self._overdue, self._look = False, None
            self._due |= self._targets.keys()
        if not self._wrong:
            self._failures, self._retry_at = 0, None
        elif self._retry_at is None:
            self._failures += 1
            wait = backoff(self._failures, FIRST_RETRY, LAST_RETRY).total_seconds()
            self._retry_at = asyncio.get_running_loop().time() + wait
        self._pulse()
        return error

    def _learn(self, name: str, running: Running) -> None:
        self._wrong.discard(name)
        if running.reason is not None:
            self._wrong.add(name)
        if self.known.get(name) != running:
            self.known[name] = running
            self._report(name, running)

    def _pulse(self) -> None:
        """Wake everybody who waits for progress."""
        self._progress.set()
        self._progress = asyncio.Event()


def _turns(old: Order | None, new: Order | None, shown: Confirmed | None) -> bool:
    """Whether what was shown says nothing about the new order."""
    if new is None or shown is None:
        return False
    return new.on is not shown.on or (old is not None and old.action != new.action)
