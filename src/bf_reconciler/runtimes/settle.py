"""Carries orders out, the same way on every runtime: on a difference only, and read back."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

import structlog

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes.adapter import Adapter, Reading, Target, UnavailableError
from bf_reconciler.schedule import backoff
from bf_reconciler.status import OFF, Confirmed, Running, Told
from bf_reconciler.verdict import Order

FIRST_READ, LAST_READ = timedelta(seconds=0.1), timedelta(seconds=1)
"""Waits between two looks at an engine that does not show an order yet."""
MOST_GIVEN = 3
"""So often an order is given in one pass: an engine that reloads loses it."""
NOTHING: Mapping[str, Confirmed] = MappingProxyType({})
LOG = structlog.get_logger("bf_reconciler")


@dataclass(slots=True)
class _Case:
    """One strategy while it is settled: what it was, and what was done about it."""

    target: Target
    before: Confirmed | None
    reading: Reading
    failure: UnavailableError | None = None
    given: int = 0
    was_busy: bool = False
    was_on: bool = False
    """Whether it was seen to run, and was told to be off."""


async def settle(
    adapter: Adapter,
    targets: Mapping[str, Target],
    confirmed: Mapping[str, Confirmed] = NOTHING,
) -> Mapping[str, Running]:
    """Give each order that makes a difference, and say what every strategy does then.

    ``confirmed`` is what each engine showed last under its order.
    """
    readings = await adapter.read(targets.keys())
    cases = {
        name: _Case(target, confirmed.get(name), readings[name]) for name, target in targets.items()
    }
    await _act_on(adapter, cases.values())
    await _read_back(adapter, cases)
    return {name: _outcome(adapter, case) for name, case in cases.items()}


async def _act_on(adapter: Adapter, cases: Iterable[_Case]) -> None:
    """Give the orders that are due: at once to an adapter that queues them, else in turn."""
    if adapter.queues:
        await asyncio.gather(*(_act(adapter, case) for case in cases))
        return
    for case in cases:
        await _act(adapter, case)


async def _act(adapter: Adapter, case: _Case) -> None:
    """Give the order where it is due, and was not given yet, or was lost in a reload."""
    order, reading = case.target.order, case.reading
    lost = case.was_busy and not reading.busy and case.given < MOST_GIVEN
    case.was_busy = reading.busy
    if (
        order is None
        or (case.given and not lost)
        or not is_due(adapter, order, reading, case.before)
    ):
        return
    case.given += 1
    case.was_on = case.was_on or (not order.on and reading.running.on)
    try:
        await adapter.apply(order, reading, case.target)
    except UnavailableError as error:
        case.failure = error
    except Exception as error:  # one strategy must not stop the others
        LOG.exception("order failed", strategy=order.name, error=type(error).__name__)
        words = f"It failed in a way that was not foreseen ({type(error).__name__})."
        case.failure = UnavailableError(words)


async def _read_back(adapter: Adapter, cases: Mapping[str, _Case]) -> None:
    """Read until every order that was taken is shown, or until the engine's time is over."""
    clock = asyncio.get_running_loop().time
    pending = {name: case for name, case in cases.items() if case.given or case.reading.busy}
    ends = clock() + adapter.settle_time.total_seconds()
    reads = 0
    while pending:
        given = sum(case.given for case in pending.values())
        if reads or not given:
            left = ends - clock()
            if left <= 0:
                return
            await asyncio.sleep(
                min(left, backoff(reads or 1, FIRST_READ, LAST_READ).total_seconds())
            )
        readings, reads = await adapter.read(pending.keys()), reads + 1
        for name, case in pending.items():
            case.reading = readings[name]
        await _act_on(adapter, pending.values())
        pending = {name: case for name, case in pending.items() if _is_open(case)}
        if sum(case.given for case in pending.values()) > given:  # given anew, with time of its own
            ends, reads = clock() + adapter.settle_time.total_seconds(), 0


def _is_open(case: _Case) -> bool:
    """Whether it may show soon what it does not show yet."""
    if case.failure is not None:
        return False
    return case.reading.busy or (
        case.given > 0 and concluded(case.target.order, case.reading, {}).reason is not None
    )


def _outcome(adapter: Adapter, case: _Case) -> Running:
    order, before = case.target.order, case.before
    if case.was_on:
        before = None  # what it showed before says nothing any more
    expect = adapter.expect(order) if order is not None else {}
    running = concluded(order, case.reading, expect, case.failure, before)
    if running.reason is Reason.ENGINE_REFUSED and gave_up(adapter, case.reading, before):
        words = f"It ran as it was told, and is {running.state} now without having been told."
        running = replace(running, reason=Reason.ENGINE_STOPPED_ITSELF, message=words)
    shown = _confirmed(order, running, case.reading, before)
    return replace(running, confirmed=shown, told=running.told or _told(case, running))


def _told(case: _Case, running: Running) -> Told | None:
    """What an engine was told that does not say so itself; None where nothing new is known."""
    order = case.target.order
    taken = running.reason is None or (case.given > 0 and case.failure is None)
    if order is None or running.state == "unknown" or not taken:
        return None
    return "run" if order.on else order.action


def _confirmed(
    order: Order | None, running: Running, reading: Reading, before: Confirmed | None
) -> Confirmed | None:
    """What is known to have been shown; where nothing is, what was before.

    An engine that has no lives, and could not be read meanwhile, may have been started anew.
    """
    unread = reading.running.state == "unknown" and reading.running.reason is not None
    silent = unread or running.reason is Reason.RUNTIME_UNAVAILABLE
    if order is not None and order.on and silent:
        return before if before is not None and before.life else None
    if order is None or running.reason is not None:
        return before
    if order.on and running.state == "running":
        return Confirmed(on=True, life=reading.life)
    if not order.on and running.off:
        return Confirmed(on=False, life=reading.life)
    return before


def is_due(
    adapter: Adapter, order: Order, reading: Reading, before: Confirmed | None = None
) -> bool:
    """Whether to give an order.

    It makes a difference, the engine can take it now, and none is turned on that is not the
    declared one, or that ran and stopped by itself.
    """
    if reading.busy:
        return False
    if order.on and (
        mismatch(adapter.expect(order), reading.identity) or gave_up(adapter, reading, before)
    ):
        return False
    return adapter.differs(order, reading)


def gave_up(adapter: Adapter, reading: Reading, before: Confirmed | None) -> bool:
    """Whether an engine is off that ran as it was told, and was not started anew meanwhile."""
    if before is None or not before.on or reading.running.state not in OFF:
        return False
    return not adapter.restarted(before, reading)


def mismatch(expect: Mapping[str, str], identity: Mapping[str, str]) -> str:
    """How an engine differs from what is declared of it, as a sentence; "" where it does not."""
    wrong = [
        f"{key} is {identity.get(key, 'not known')}, not {value}"
        for key, value in expect.items()
        if identity.get(key) != value
    ]
    return f"It is another engine: {'; '.join(wrong)}." if wrong else ""


def concluded(
    order: Order | None,
    reading: Reading,
    expect: Mapping[str, str],
    failure: UnavailableError | None = None,
    before: Confirmed | None = None,
) -> Running:
    """What was read back, with a reason where it is not what was ordered."""
    seen = reading.running
    if order is None:
        return seen
    if not order.on:
        return _shut(order, seen, failure, before)
    if failure is not None:
        return replace(seen, reason=failure.reason, message=str(failure))
    if seen.reason is not None:
        return seen
    other = mismatch(expect, reading.identity)
    if other:
        return replace(seen, reason=Reason.ENGINE_MISMATCH, message=other)
    if seen.on:
        return seen
    words = seen.message or "It was told to run, but is not running."
    return replace(seen, reason=Reason.ENGINE_REFUSED, message=words)


def _shut(
    order: Order, seen: Running, failure: UnavailableError | None, before: Confirmed | None
) -> Running:
    """Of one that must be off.

    What is not shown to be off is still running, whatever the cause; but what was shown to be off
    under this order, and says nothing now, is only unavailable.
    """
    words = str(failure) if failure is not None else seen.message
    if not seen.off:
        if seen.state == "unknown" and before is not None and not before.on:
            return replace(seen, reason=seen.reason or Reason.RUNTIME_UNAVAILABLE)
        words = words or "It was told to stop, but is still running."
        return replace(seen, reason=Reason.STILL_RUNNING, message=words)
    if failure is not None:
        return replace(seen, reason=failure.reason, message=words)
    if seen.state == "paused" and order.action != "pause":
        words = words or f"It was told to {order.action}, but is only paused."
        return replace(seen, reason=Reason.ENGINE_REFUSED, message=words)
    return seen


def unanswered(order: Order | None, confirmed: Confirmed | None, words: str) -> Running:
    """What is known of a strategy whose runtime says nothing.

    What was shown to be off under the same order is not called running for that.
    """
    shown_off = confirmed is not None and not confirmed.on
    must_be_off = order is not None and not order.on
    reason = Reason.STILL_RUNNING if must_be_off and not shown_off else Reason.RUNTIME_UNAVAILABLE
    return Running("unknown", reason, words, confirmed=confirmed)
