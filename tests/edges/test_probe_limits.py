"""Limits end tasks exactly as asyncio.timeout does: the same tasks, at the same moments."""

import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.probe.limits import Limits

MOMENTS = st.integers(0, 12)  # quarters of a second: many things happen in the same moment
JOBS = st.fixed_dictionaries(
    {
        "begins": MOMENTS,
        "takes": MOMENTS,
        "limit": st.sampled_from([0.5, 1.0, 1.5]),
        "inner": st.none() | st.sampled_from([0.5, 1.0]),
        "cancelled": st.none() | MOMENTS,
        "hides": st.booleans(),
    }
)


class Warped(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer: nothing waits, and no moment is missed."""

    def __init__(self):
        super().__init__()
        self.now, select = 0.0, self._selector.select

        def jump(wait):
            found = select(0)
            if not found and wait:
                self.now = max(min(each.when() for each in self._scheduled), self.now)
            return found

        self._selector.select = jump

    def time(self):
        return self.now


def lived(jobs, within):
    """What became of each job, and when."""
    loop = Warped()

    async def work(job, told):
        loop = asyncio.get_running_loop()
        await asyncio.sleep(job["begins"] / 4)
        try:
            async with within(job["limit"]):
                inner = within(job["inner"]) if job["inner"] else contextlib.nullcontext()
                async with inner:
                    try:
                        await asyncio.sleep(job["takes"] / 4)
                    except asyncio.CancelledError:
                        told.append("woken")
                        if not job["hides"]:
                            raise
            told.append("done")
        except TimeoutError:
            told.append("late")
        except asyncio.CancelledError:
            told.append("cancelled")
            raise
        finally:
            told.append(loop.time())
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3)
            told.append("goes on")

    async def everything():
        found = [[] for _ in jobs]
        tasks = [asyncio.create_task(work(*each)) for each in zip(jobs, found, strict=True)]
        for job, task in zip(jobs, tasks, strict=True):
            if job["cancelled"] is not None:
                asyncio.get_running_loop().call_at(job["cancelled"] / 4 + 0.01, task.cancel)
        await asyncio.gather(*tasks, return_exceptions=True)
        return found

    with contextlib.closing(loop):
        return loop.run_until_complete(everything())


class Wrapped:
    def __init__(self, limit):
        self.limit = limit

    async def __aenter__(self):
        self.limit.__enter__()

    async def __aexit__(self, *given):
        self.limit.__exit__(*given)


@given(jobs=st.lists(JOBS, min_size=1, max_size=8))
def test_what_ends_and_when_is_what_asyncio_would_end(jobs):
    limits = Limits()
    ours = lived(jobs, lambda seconds: Wrapped(limits.within(seconds)))
    assert ours == lived(jobs, asyncio.timeout)


def test_one_timer_serves_all_and_none_is_left_behind():
    loop, limits = Warped(), Limits()

    async def brief():
        with limits.within(5.0):
            await asyncio.sleep(0.001)

    async def many():
        most = 0
        for _ in range(50):
            await asyncio.gather(*(brief() for _ in range(20)))
            most = max(most, len(loop._scheduled))  # noqa: SLF001 # the timers of asyncio
        await asyncio.sleep(11.0)
        return most, len(loop._scheduled)  # noqa: SLF001 # likewise

    with contextlib.closing(loop):
        most, left = loop.run_until_complete(many())
    assert most == 1
    assert left == 0


def test_outside_of_a_task_there_is_nothing_to_end():
    loop, limits = asyncio.new_event_loop(), Limits()

    def enter():
        with limits.within(1.0):
            pass

    async def called_back():
        failed = asyncio.get_running_loop().create_future()

        def call():
            try:
                enter()
            except RuntimeError as error:
                failed.set_result(str(error))

        asyncio.get_running_loop().call_soon(call)
        return await failed

    with contextlib.closing(loop):
        assert loop.run_until_complete(called_back()) == "no task is running"
    with pytest.raises(RuntimeError):
        enter()
