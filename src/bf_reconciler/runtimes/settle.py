"""Carries orders out, the same way on every runtime: on a difference only, and read back."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

import structlog

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes.adapter import Adapter, Reading, Target, UnavailableError
from bf_reconciler.schedule import backoff
from bf_reconciler.status import Running
from bf_reconciler.verdict import Order

FIRST_READ, LAST_READ = timedelta(seconds=0.1), timedelta(seconds=1)
"""Waits between two looks at an engine that does not show an order yet."""
LOG = structlog.get_logger("bf_reconciler")


async def settle(adapter: Adapter, targets: Mapping[str, Target]) -> Mapping[str, Running]:
    """Give each order that makes a difference, and say what every strategy does then."""
    readings = dict(await adapter.read(targets.keys()))
    given: dict[str, Order] = {}
    failures: dict[str, str] = {}
    for name, target in targets.items():
        if target.order is None or not is_due(adapter, target.order, readings[name]):
            continue
        given[name] = target.order
        try:
            await adapter.apply(target.order, readings[name], target)
        except UnavailableError as error:
            failures[name] = str(error)
        except Exception as error:  # one strategy must not stop the others
            LOG.exception("order failed", strategy=name, error=type(error).__name__)
            failures[name] = f"It failed in a way that was not foreseen ({type(error).__name__})."
    if given:
        readings |= await _read_back(adapter, given, failures)
    return {
        name: concluded(target.order, readings[name], adapter.expect, failures.get(name))
        for name, target in targets.items()
    }


async def _read_back(
    adapter: Adapter, orders: Mapping[str, Order], failures: Iterable[str]
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
    """What was read back, with a reason where it is not what was ordered.

    What must be off and is not shown to be off is still running, whatever the cause.
    """
    seen = reading.running
    if order is not None and not order.on and not seen.off:
        words = failure or seen.message or "It was told to stop, but is still running."
        return replace(seen, reason=Reason.STILL_RUNNING, message=words)
    if failure is not None:
        return replace(seen, reason=Reason.RUNTIME_UNAVAILABLE, message=failure)
    if order is None or not order.on or seen.reason is not None:
        return seen
    other = mismatch(expect, reading.identity)
    if other:
        return replace(seen, reason=Reason.ENGINE_MISMATCH, message=other)
    if not seen.on:
        words = "It was told to run, but is not running."
        return replace(seen, reason=Reason.ENGINE_REFUSED, message=words)
    return seen


def unanswered(order: Order | None, confirmed: Running | None, words: str) -> Running:
    """What is known of a strategy whose runtime says nothing.

    What was shown to be off under the same order is not called running for that.
    """
    shown_off = confirmed is not None and confirmed.off
    if order is not None and not order.on and not shown_off:
        return Running("unknown", Reason.STILL_RUNNING, words)
    return Running("unknown", Reason.RUNTIME_UNAVAILABLE, words)
