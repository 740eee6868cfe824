"""The time of a host is asked once for all who come the same way, and never used when stale."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Clock, Failure, Reason
from bf_reconciler.probe import shared_time
from bf_reconciler.probe.queue import Queue
from bf_reconciler.probe.shared_time import FRESH, FRESH_SOON, MAX_DRIFT, SharedTime
from bf_reconciler.simulator import Simulator
from edges.probing import entry_of, finished, probed, prober, reasons, until, world_of

TIME = {"kucoin": "/api/v1/timestamp", "mexc": "/api/v3/time"}
GOOD = Clock(0.25, 0.05)
DOWN = Failure(Reason.TIMEOUT, "No answer.")
BANNED = Failure(Reason.RATE_LIMITED, "Wait.", retry_after=30.0)
BEGUN = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Clocks:
    """Ours, and the monotonic one; each moves when it is told to."""

    def __init__(self, monkeypatch):
        self.wall = self.passed = 0.0
        mine = SimpleNamespace(monotonic=lambda: 1000.0 + self.passed)  # the loop keeps its own
        monkeypatch.setattr(shared_time, "time", mine)

    def __call__(self):
        return BEGUN + timedelta(seconds=self.wall)

    def move(self, seconds):
        self.wall += seconds
        self.passed += seconds


@pytest.fixture
def clocks(monkeypatch):
    return Clocks(monkeypatch)


class Host:
    """Answers the time question, and counts how often."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    async def __call__(self):
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def read(times, host, *, soon=False):
    return await times.read(host, soon=soon)


@pytest.mark.parametrize(
    ("answer", "soon", "lasts"),
    [
        (GOOD, False, FRESH),
        (GOOD, True, FRESH_SOON),
        (DOWN, False, FRESH_SOON),
        (DOWN, True, FRESH_SOON),
    ],
)
async def test_an_answer_serves_others_while_it_is_fresh(clocks, answer, soon, lasts):
    times, host = SharedTime(clocks), Host(answer)
    assert await read(times, host, soon=soon) == (answer, True)
    clocks.move(lasts - 0.01)
    assert await read(times, host, soon=soon) == (answer, False)
    assert host.asked == 1
    clocks.move(0.02)
    assert await read(times, host, soon=soon) == (answer, True)
    assert host.asked == 2


async def test_a_demand_to_wait_is_shared_with_nobody(clocks):
    times, host = SharedTime(clocks), Host(BANNED, GOOD)
    assert await read(times, host) == (BANNED, True)
    assert await read(times, host) == (GOOD, True)


@pytest.mark.parametrize("step", [-3600.0, -1.0, 1.0, 3600.0])
async def test_a_clock_that_was_set_meanwhile_is_measured_again(clocks, step):
    times, host = SharedTime(clocks), Host(GOOD)
    await read(times, host)
    clocks.wall += step
    assert await read(times, host) == (GOOD, True)


async def test_a_clock_that_is_slewed_a_little_is_not(clocks):
    times, host = SharedTime(clocks), Host(GOOD)
    await read(times, host)
    clocks.wall += MAX_DRIFT / 2
    assert await read(times, host) == (GOOD, False)


async def test_a_doubted_answer_is_asked_for_anew(clocks):
    times, host = SharedTime(clocks), Host(GOOD)
    await read(times, host)
    times.doubt()
    assert await read(times, host) == (GOOD, True)


async def test_who_comes_while_it_is_asked_waits_for_that_answer(clocks):
    times, over, asked = SharedTime(clocks), asyncio.Event(), []

    async def slow():
        asked.append(1)
        await over.wait()
        return GOOD

    waiting = [asyncio.create_task(read(times, slow, soon=n % 2 == 0)) for n in range(5)]
    await until(lambda: asked)
    waiting[0].cancel()  # the one it was asked for; the others wait on
    await asyncio.sleep(0)
    over.set()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert found[1:] == [(GOOD, False)] * 4
    assert len(asked) == 1


async def test_a_question_nobody_waits_for_any_more_is_cancelled(clocks):
    times, ended, asked = SharedTime(clocks), asyncio.Event(), asyncio.Event()

    async def hang():
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.create_task(read(times, hang))
    await asked.wait()
    waiting.cancel()
    await asyncio.wait([waiting])
    assert await read(times, Host(GOOD)) == (GOOD, True)
    async with asyncio.timeout(60):
        await ended.wait()


async def test_many_keys_of_a_host_ask_for_its_time_once():
    world = world_of("kucoin")
    async with Simulator(world) as sim, prober() as opened:
        entries = [entry_of("kucoin", sim.base("kucoin"), name=f"c{n}") for n in range(4)]
        found = await probed(opened, *entries)
    assert all(reasons(each.observation) == ("ok",) * 4 for each in found.values())
    asked = world.count(path=TIME["kucoin"])
    assert asked < 4
    assert world.requests.total() == asked + 3 * 4
    counted = [q for each in found.values() for q, _ in each.results]
    assert counted.count("time") == asked
    assert counted.count("key") == 4


async def test_a_host_that_is_down_is_not_asked_once_per_key():
    world = world_of("kucoin")
    world.patch_faults("kucoin", {"status": 503, "latency": 0.2})
    async with Simulator(world) as sim, prober() as opened:
        entries = [entry_of("kucoin", sim.base("kucoin"), name=f"c{n}") for n in range(5)]
        found = await probed(opened, *entries)
    assert {reasons(each.observation)[0] for each in found.values()} == {"ExchangeUnavailable"}
    assert world.requests.total() == 1


async def test_a_host_that_went_down_is_not_called_reachable_twice():
    world = world_of("kucoin")
    async with Simulator(world) as sim, prober() as opened:
        entry = entry_of("kucoin", sim.base("kucoin"))
        await probed(opened, entry)
        world.patch_faults("kucoin", {"status": 503})
        found = [(await probed(opened, entry))["kucoin-main"].observation for _ in range(2)]
    assert reasons(found[0])[1] in {"ExchangeUnavailable", None}
    assert reasons(found[-1]) == ("ExchangeUnavailable", None, None, None)


@pytest.mark.parametrize(
    "changes", [{"timeout": 9.0}, {"proxy": "http://127.0.0.1:1"}, {"endpoint": "/other"}]
)
async def test_who_comes_another_way_asks_for_himself(changes):
    world = world_of("kucoin")
    async with Simulator(world) as sim, prober() as opened:
        base = sim.base("kucoin")
        other = changes.pop("endpoint", None)
        endpoint = base.replace("127.0.0.1", "localhost") if other else base
        opened.probe([entry_of("kucoin", base), entry_of("kucoin", endpoint, name="b", **changes)])
        found = await finished(opened, 2)
    assert [each.results[0][0] for each in found.values()] == ["time", "time"]


@pytest.mark.parametrize("exchange", ["kucoin", "mexc"])
async def test_a_saved_call_makes_room_where_calls_are_counted_and_not_weighed(
    exchange, monkeypatch
):
    given_back = []
    monkeypatch.setattr(Queue, "refund", lambda _, requests: given_back.append(requests))
    async with Simulator(world_of(exchange)) as sim, prober() as opened:
        entries = [entry_of(exchange, sim.base(exchange), name=f"c{n}") for n in range(2)]
        found = await probed(opened, *entries)
    shared = sum("time" not in dict(each.results) for each in found.values())
    assert shared == 1
    assert given_back == [1] * (0 if EXCHANGES[exchange].pace.by_weight else shared)
