"""The queue before an exchange: in turn, the pressing ones every other time, nobody for ever."""

import asyncio

import pytest

from bf_reconciler.probe.budget import Budget
from bf_reconciler.probe.queue import Queue

FAST = 4_000.0
"""A thousand probes in a second."""


@pytest.fixture
def went():
    return []


@pytest.fixture
def stand(went):
    """Stand in line; who went out is told by name."""

    def stand(queue, name, *, soon=False, trades=False, patience=7_200.0):
        async def wait():
            ban = await queue.turn(4, patience, soon=soon, trades=trades)
            went.append((name, round(ban)) if ban else name)

        return asyncio.create_task(wait())

    return stand


async def all_of(*tasks):
    async with asyncio.timeout(60):
        await asyncio.gather(*tasks)


async def closed(queue):
    """Nobody goes out until it is opened: a ban."""
    queue.block(3_600)


def opened(queue):
    queue.budget.banned = 0.0
    queue._let_out()  # noqa: SLF001 # a ban cannot be lifted otherwise


async def test_who_comes_first_goes_first(stand, went):
    queue = Queue(Budget(FAST))
    await all_of(*(stand(queue, number) for number in range(50)))
    assert went == list(range(50))


async def test_who_is_pressed_has_every_other_turn(stand, went):
    queue = Queue(Budget(FAST))
    await closed(queue)
    tasks = [stand(queue, f"routine-{n}") for n in range(4)]
    tasks += [stand(queue, f"soon-{n}", soon=True) for n in range(6)]
    await asyncio.sleep(0)
    opened(queue)
    await all_of(*tasks)
    assert went == [
        *("soon-0", "routine-0", "soon-1", "routine-1"),
        *("soon-2", "routine-2", "soon-3", "routine-3", "soon-4", "soon-5"),
    ]


async def test_whose_strategies_trade_has_three_turns_of_four(stand, went):
    queue = Queue(Budget(FAST))
    await closed(queue)
    tasks = [stand(queue, f"idle-{n}") for n in range(2)]
    tasks += [stand(queue, f"trading-{n}", trades=True) for n in range(6)]
    await asyncio.sleep(0)
    opened(queue)
    await all_of(*tasks)
    assert went == [
        *(f"trading-{n}" for n in range(3)),
        "idle-0",
        *(f"trading-{n}" for n in range(3, 6)),
        "idle-1",
    ]


async def test_who_leaves_the_line_takes_no_turn(stand, went):
    queue = Queue(Budget(FAST))
    await closed(queue)
    tasks = [stand(queue, number, soon=number % 2 == 0) for number in range(6)]
    await asyncio.sleep(0)
    for task in tasks[:4]:
        task.cancel()
    await asyncio.gather(*tasks[:4], return_exceptions=True)
    paid = queue.budget.paid
    opened(queue)
    await all_of(*tasks[4:])
    assert went == [4, 5]
    assert queue.budget.paid >= paid
    assert list(queue._lanes) == []  # noqa: SLF001 # nothing is kept


async def test_a_turn_that_comes_as_one_leaves_is_given_back(stand, went):
    queue = Queue(Budget(FAST))
    await closed(queue)
    task = stand(queue, "gone")
    await asyncio.sleep(0)
    opened(queue)  # it has its turn, and does not know yet
    paid = queue.budget.paid
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert went == []
    assert queue.budget.paid == pytest.approx(paid - 4 / FAST)


async def test_a_ban_that_comes_while_they_wait_holds_them_or_is_told_to_them(stand, went):
    queue = Queue(Budget(4.0))
    tasks = [stand(queue, "first")]
    tasks += [stand(queue, f"patient-{n}") for n in range(2)]
    tasks += [stand(queue, f"pressed-{n}", soon=n == 0, patience=10.0) for n in range(2)]
    await asyncio.sleep(0)
    await closed(queue)
    tasks.append(stand(queue, "late", patience=10.0))
    async with asyncio.timeout(60):
        await asyncio.gather(*tasks[3:])
    assert set(went) == {"first", ("pressed-0", 3600), ("pressed-1", 3600), ("late", 3600)}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_the_pace_is_kept(stand):
    queue, loop = Queue(Budget(40.0)), asyncio.get_running_loop()
    begun = loop.time()
    await all_of(*(stand(queue, number) for number in range(15)))
    assert loop.time() - begun >= 0.45  # 60 requests at 40 a second, 40 of them at once
