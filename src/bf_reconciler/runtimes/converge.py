"""Carries orders out, the same way on every runtime: on a difference only, and read back."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes.adapter import Adapter, Reading, Stamp, UnavailableError
from bf_reconciler.runtimes.table import RUNTIMES
from bf_reconciler.schedule import backoff
from bf_reconciler.spec import Runtime
from bf_reconciler.status import Running
from bf_reconciler.verdict import Decision, Order

FIRST_READ, LAST_READ = timedelta(seconds=0.1), timedelta(seconds=1)
"""Waits between two looks at an engine that does not show an order yet."""


class Runtimes:
    """All declared runtimes; ``base`` is the folder that relative paths start from."""

    def __init__(self, base: Path) -> None:
        self._base = base

    async def converge(
        self, decisions: Iterable[Decision], generation: int, revision: str, now: datetime
    ) -> Mapping[str, Running]:
        """Carry out every decision and read back what runs.

        A strategy that moves is first turned off where it was: while that fails, it is not
        turned on elsewhere.
        """
        decisions, stamp = tuple(decisions), Stamp(generation, revision, now)
        leaving = [d.leave for d in decisions if d.leave is not None and await self._moves(d)]
        left = await self._settle(((each.runtime, each.name, each) for each in leaving), stamp)
        stuck = {name: running for name, running in left.items() if running.reason is not None}
        staying = (
            (d.order.runtime if d.order is not None else d.memory.runtime, d.name, d.order)
            for d in decisions
            if d.name not in stuck
        )
        return await self._settle(staying, stamp) | stuck

    async def _moves(self, decision: Decision) -> bool:
        """Whether it leaves for another place; two names of one place are none."""
        leave, order = decision.leave, decision.order
        if leave is None or order is None:
            return leave is not None
        return not await self._adapter(leave.runtime).same_place(self._adapter(order.runtime))

    async def _settle(
        self, wanted: Iterable[tuple[Runtime, str, Order | None]], stamp: Stamp
    ) -> dict[str, Running]:
        """Settle each runtime beside the others."""
        orders: dict[Runtime, dict[str, Order | None]] = {}
        for runtime, name, order in wanted:
            orders.setdefault(runtime, {})[name] = order
        parts = await asyncio.gather(
            *(settle(self._adapter(runtime), given, stamp) for runtime, given in orders.items())
        )
        return {name: running for part in parts for name, running in part.items()}

    def _adapter(self, runtime: Runtime) -> Adapter:
        return RUNTIMES[runtime.type](runtime, self._base)


async def settle(
    adapter: Adapter, orders: Mapping[str, Order | None], stamp: Stamp
) -> Mapping[str, Running]:
    """Give each order that makes a difference, and say what every strategy does then.

    An order of None only asks what runs.
    """
    readings = dict(await adapter.read(orders.keys()))
    given: dict[str, Order] = {}
    failures: dict[str, str] = {}
    for name, order in orders.items():
        if order is None or not is_due(adapter, order, readings[name]):
            continue
        given[name] = order
        try:
            await adapter.apply(order, readings[name], stamp)
        except UnavailableError as error:
            failures[name] = str(error)
    if given:
        readings |= await _read_back(adapter, given, failures)
    return {
        name: concluded(order, readings[name], adapter.expect, failures.get(name))
        for name, order in orders.items()
    }


async def _read_back(
    adapter: Adapter, orders: Mapping[str, Order], failures: Mapping[str, str]
) -> Mapping[str, Reading]:
    """Read until every order that was taken is shown, or until the engine's time is over."""
    clock = asyncio.get_running_loop().time
    ends = clock() + adapter.settle_time.total_seconds()
    reads = 0
    while True:
        readings, reads = await adapter.read(orders.keys()), reads + 1
        left = ends - clock()
        shown = (
            concluded(order, readings[name], {}).reason is None
            for name, order in orders.items()
            if name not in failures
        )
        if left <= 0 or all(shown):
            return readings
        await asyncio.sleep(min(left, backoff(reads, FIRST_READ, LAST_READ).total_seconds()))


def is_due(adapter: Adapter, order: Order, reading: Reading) -> bool:
    """Whether to give an order: it makes a difference, and turns on no engine but the declared."""
    if order.on and mismatch(adapter.expect, reading.identity):
        return False
    return adapter.differs(order, reading)


def mismatch(expect: Mapping[str, str], identity: Mapping[str, str]) -> str:
    """How an engine differs from what is declared of it, as a sentence; "" where it does not."""
    wrong = [
        f"{key} is {identity.get(key, 'not known')}, not {value}"
        for key, value in expect.items()
        if identity.get(key) != value
    ]
    return f"It is another engine: {'; '.join(wrong)}." if wrong else ""


def concluded(
    order: Order | None, reading: Reading, expect: Mapping[str, str], failure: str | None = None
) -> Running:
    """What was read back, with a reason where it is not what was ordered."""
    seen = reading.running
    if failure is not None:
        return Running(seen.state, Reason.RUNTIME_UNAVAILABLE, failure)
    if order is None or seen.reason is not None:
        return seen
    if not order.on:
        if seen.state != "running":
            return seen
        return Running(
            seen.state, Reason.STILL_RUNNING, "It was told to stop, but is still running."
        )
    other = mismatch(expect, reading.identity)
    if other:
        return Running(seen.state, Reason.ENGINE_MISMATCH, other)
    if seen.state != "running":
        return Running(seen.state, Reason.ENGINE_REFUSED, "It was told to run, but is not running.")
    return seen
