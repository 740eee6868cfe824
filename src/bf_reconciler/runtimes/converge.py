"""Hands every decision to the worker of its runtime, and says what is known of it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes.adapter import Bounds, Stamp
from bf_reconciler.runtimes.settle import NOTHING
from bf_reconciler.runtimes.table import RUNTIMES
from bf_reconciler.runtimes.worker import Worker
from bf_reconciler.spec import Runtime
from bf_reconciler.status import Confirmed, Running
from bf_reconciler.verdict import Decision, Holdings, Order

ALIVE_SECONDS = 60.0
"""Without a turn for so long, nobody guards the strategies, and none is told to go on."""
PATIENCE = timedelta(seconds=1)
"""How long a turn waits for what it ordered to be read back; then it comes with a later one."""


def _nothing() -> None:
    """Nobody waits for news."""


class Runtimes:
    """All declared runtimes.

    ``wake`` is called when something came that ``collect`` returns. ``shown`` is what engines
    showed last, as an earlier life of ours wrote it down.
    """

    def __init__(
        self,
        bounds: Bounds,
        wake: Callable[[], None] = _nothing,
        shown: Mapping[str, Confirmed] = NOTHING,
    ) -> None:
        self._bounds = bounds
        self._shown = dict(shown)
        self._declared: dict[Runtime, Runtime] = {}
        """Each runtime as it was last declared, with the credentials of now."""
        self._wake = wake
        self._workers: dict[Runtime, Worker] = {}
        self._given: dict[str, Runtime] = {}
        """Where each strategy was last given to."""
        self._news: dict[str, Running] = {}
        self._awaited: frozenset[str] = frozenset()
        self._turned = 0.0
        self._closing: list[asyncio.Task[None]] = []

    async def converge(
        self, decisions: Iterable[Decision], generation: int, revision: str, now: datetime
    ) -> Mapping[str, Running]:
        """Have these decisions carried out; return what is known of them after a short while.

        A strategy that moves is first turned off where it was: until that is confirmed, it is not
        turned on elsewhere, and nothing is returned of it unless that fails.
        """
        self._turned = asyncio.get_running_loop().time()
        decisions, stamp = tuple(decisions), Stamp(generation, revision, now)
        self._awaited = frozenset(decision.name for decision in decisions)
        staying: dict[Runtime, list[str]] = {}
        moves: dict[str, asyncio.Task[Running | None]] = {}
        for decision in decisions:
            leaves = self._leaves(decision)
            if leaves:
                moves[decision.name] = asyncio.create_task(self._move(decision, leaves, stamp))
                continue
            self._give(decision, stamp)
            staying.setdefault(_place(decision), []).append(decision.name)
        await _patiently(
            (*moves.values(), *(self._worker(place).wait(staying[place]) for place in staying))
        )
        self._awaited = frozenset()
        return dict(self._results(decisions, moves))

    def collect(self) -> Mapping[str, Running]:
        """What is newly known of strategies since it was last returned. Waits for nothing."""
        self._turned = asyncio.get_running_loop().time()
        news, self._news = self._news, {}
        return news

    def held(self, declared: Collection[Runtime]) -> Holdings:
        """What these runtimes hold for us without an order, as far as it is known now.

        A runtime that is not among them, and has no strategy, is looked at no more.
        """
        for runtime in [each for each in self._workers if each not in declared]:
            if self._workers[runtime].empty:
                self._closing.append(asyncio.create_task(self._workers.pop(runtime).close()))
        for runtime in declared:
            if self._declared.get(runtime) is not runtime:  # they are equal, less credentials
                self._declared.pop(runtime, None)
                self._declared[runtime] = runtime
                if runtime in self._workers:
                    self._workers[runtime].adopt(runtime)
        return {runtime: self._worker(runtime).held for runtime in declared}

    def let_go(self, names: Collection[str]) -> None:
        """Leave these as they are: another daemon looks after them."""
        for name in names:
            self._shown.pop(name, None)
            self._news.pop(name, None)
            runtime = self._given.pop(name, None)
            if runtime is not None and runtime in self._workers:
                self._workers[runtime].forget(name)

    @property
    def idle(self) -> bool:
        """Whether nothing is under way, and nothing waits to be collected."""
        return not self._news and all(worker.idle for worker in self._workers.values())

    @property
    def busy(self) -> frozenset[str]:
        """Names of the runtimes that have not answered what they were last asked, nor failed to."""
        return frozenset(each.name for each, worker in self._workers.items() if not worker.idle)

    async def close(self) -> None:
        """End the workers when they have done what they were given, or soon."""
        await _patiently([worker.rest() for worker in self._workers.values()])
        await asyncio.gather(*(worker.close() for worker in self._workers.values()), *self._closing)

    def _leaves(self, decision: Decision) -> list[Order]:
        """Orders to the places where it may be on, and is not to be."""
        place, leaves = _place(decision), [*decision.leaves]
        former = self._given.get(decision.name, place)
        if former not in (place, *(leave.runtime for leave in leaves)):
            leaves.append(_left(decision, former))  # a move that was taken back half-way
        return leaves

    async def _move(
        self, decision: Decision, leaves: Iterable[Order], stamp: Stamp
    ) -> Running | None:
        name, worker = decision.name, self._worker(_place(decision))
        self._shown.pop(name, None)  # it is of the place that is left
        for leave in leaves:
            old = self._worker(leave.runtime)
            if decision.order is None or await old.placed() != await worker.placed():
                old.give(name, leave, stamp)
                await old.wait([name])
                left = old.known.get(name)
                if left is None or left.reason is not None:
                    return left
            old.forget(name)
        self._give(decision, stamp)
        await worker.wait([name])
        return worker.known.get(name)

    def _give(self, decision: Decision, stamp: Stamp) -> None:
        place = _place(decision)
        self._given[decision.name] = place
        shown = self._shown.pop(decision.name, None)
        self._worker(place).give(decision.name, decision.order, stamp, shown)

    def _results(
        self, decisions: Iterable[Decision], moves: Mapping[str, "asyncio.Task[Running | None]"]
    ) -> Iterator[tuple[str, Running]]:
        for decision in decisions:
            name = decision.name
            running = _result(moves[name]) if name in moves else self._known(decision)
            if running is None:
                continue
            self._news.pop(name, None)
            yield name, running
            if decision.reason is Reason.REMOVED and running.off:
                self._forget(name, self._worker(self._given.pop(name)))

    def _forget(self, name: str, worker: Worker) -> None:
        """It left, and it is off: also for those who saw it as a stranger in the same place."""
        worker.forget(name)
        for other in self._workers.values():
            if other.place == worker.place:
                other.held.pop(name, None)

    def _known(self, decision: Decision) -> Running | None:
        """What is known of one that stays."""
        worker, name = self._worker(_place(decision)), decision.name
        running = worker.known.get(name)
        on = decision.order is not None and decision.order.on
        if running is not None and on and not running.on and not worker.settled(name):
            return _under_way(running)
        return running

    def _worker(self, runtime: Runtime) -> Worker:
        if runtime not in self._workers:
            runtime = self._declared.get(runtime, runtime)
            adapter = RUNTIMES[runtime.type](runtime, self._bounds)
            self._workers[runtime] = Worker(adapter, self._report, self._wake, self._alive)
        return self._workers[runtime]

    def _alive(self) -> bool:
        return asyncio.get_running_loop().time() - self._turned < ALIVE_SECONDS

    def _report(self, name: str, running: Running) -> None:
        self._news[name] = running
        if name not in self._awaited:
            self._wake()


async def _patiently(waits: Iterable[Awaitable[object]]) -> None:
    """Wait for all of these for a short while; then they are cancelled."""
    tasks = [asyncio.ensure_future(each) for each in waits]
    if not tasks:
        return
    try:
        await asyncio.wait(tasks, timeout=PATIENCE.total_seconds())
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _result(task: "asyncio.Task[Running | None]") -> Running | None:
    return None if task.cancelled() else task.result()


def _under_way(running: Running) -> Running | None:
    """What is known while an order to run is carried out, of one that does not run yet.

    That it is off says nothing about the order; what was wrong is wrong until it is read again.
    """
    if running.reason is Reason.STILL_RUNNING:  # by the order before
        return replace(running, reason=Reason.RUNTIME_UNAVAILABLE)
    return running if running.reason is not None else None


def _place(decision: Decision) -> Runtime:
    """Where it is to be."""
    return decision.memory.runtime if decision.order is None else decision.order.runtime


def _left(decision: Decision, runtime: Runtime) -> Order:
    message = "It moved to another runtime."
    action = decision.memory.off_action
    return Order(decision.name, runtime, False, action, Reason.REMOVED, message, None)
