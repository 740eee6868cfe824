"""The thread for calls that may block."""

import asyncio
import threading

import pytest

from bf_reconciler.daemon.worker import Worker


async def test_calls_are_made_one_after_another_in_a_thread_of_its_own():
    worker, made = Worker("one"), []
    calls = [
        worker.call(lambda number=n: made.append((number, threading.get_ident()))) for n in (1, 2)
    ]
    await asyncio.wait_for(asyncio.gather(*calls), 60)
    assert [number for number, _ in made] == [1, 2]
    assert {thread for _, thread in made} != {threading.get_ident()}


async def test_what_a_call_raises_is_for_who_asked_and_the_next_is_made():
    worker = Worker("two")
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(worker.call(lambda: 1 / 0), 60)
    assert await asyncio.wait_for(worker.call(int, "3"), 60) == 3


async def test_who_has_left_is_not_answered():
    worker, go = Worker("three"), threading.Event()
    left = worker.call(go.wait, 60)
    left.cancel()
    go.set()
    assert await asyncio.wait_for(worker.call(int, "3"), 60) == 3


def test_an_answer_is_waited_for_from_another_thread():
    worker, go = Worker("five"), threading.Event()
    assert worker.ask(60, int, "3") == 3
    with pytest.raises(ZeroDivisionError):
        worker.ask(60, lambda: 1 / 0)
    with pytest.raises(TimeoutError):
        worker.ask(0.01, go.wait, 60)
    with pytest.raises(TimeoutError):
        worker.ask(0.01, pytest.fail)  # it waits behind the other, and is not called any more
    go.set()
    assert worker.ask(60, int, "3") == 3


def test_a_loop_that_has_ended_is_not_answered():
    worker, go = Worker("four"), threading.Event()

    async def ask():
        worker.call(go.wait, 60)

    asyncio.run(ask())
    go.set()

    async def ask_again():
        return await asyncio.wait_for(worker.call(int, "3"), 60)

    assert asyncio.run(ask_again()) == 3


async def test_its_thread_waits_for_the_next_call_and_ends_when_none_comes(monkeypatch):
    worker = Worker("six")

    async def thread():
        return await asyncio.wait_for(worker.call(threading.current_thread), 60)

    first = await thread()
    await asyncio.sleep(0.01)
    assert await thread() is first
    monkeypatch.setattr("bf_reconciler.daemon.worker.IDLE_SECONDS", 0.0)
    assert await thread() is first
    await asyncio.to_thread(first.join, 60)
    assert not first.is_alive()
    assert await thread() is not first  # another one is started
