"""Probes in the background: one per connection, none delays another, none is lost."""

import asyncio
import gc
import threading
import time
import warnings
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Failure, Observation, Reason
from bf_reconciler.probe import Prober, questions
from bf_reconciler.probe.budget import Budget
from bf_reconciler.probe.ccxt_import import exchange_class
from bf_reconciler.probe.client import Clients
from bf_reconciler.probe.queue import Queue
from bf_reconciler.probe.transport import Transport
from bf_reconciler.simulator import Simulator
from edges.probing import (
    DEADLINE,
    IDS,
    Woken,
    clock,
    entry_of,
    finished,
    probed,
    prober,
    reasons,
    until,
    world_of,
)

EACH = pytest.mark.parametrize("exchange", IDS)


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def world():
    return world_of()


@pytest.fixture
async def opened():
    async with prober() as running:
        yield running


def sessions():
    """The client sessions that are open now."""
    gc.collect()
    found = [each for each in gc.get_objects() if isinstance(each, aiohttp.ClientSession)]
    return [id(each) for each in found if not each.closed]


def probes():
    return {task for task in asyncio.all_tasks() if task.get_name().startswith("probe ")}


async def test_a_finished_probe_wakes_and_is_collected_once(sim, opened):
    entries = [entry_of(each, sim.base(each)) for each in IDS]
    opened.probe(entries)
    assert opened.in_flight == {"kucoin-main", "mexc-main"}
    found = await finished(opened, 2)

    assert opened.woken.times == 2
    assert opened.collect() == ()
    assert opened.in_flight == frozenset()
    for entry in entries:
        result = found[entry.name]
        assert result.observation.entry == entry.fingerprint
        assert 0 < result.seconds < DEADLINE
        assert result.results == tuple((q, "ok") for q in ("time", "key", "balance", "orders"))


async def test_the_results_name_the_questions_that_were_asked(sim, world, opened):
    world.patch_key("mexc", {"revoked": True})
    world.patch_faults("kucoin", {"waf": True})
    found = await probed(opened, *(entry_of(each, sim.base(each)) for each in IDS))
    assert found["kucoin-main"].results == (("time", "ExchangeUnavailable"),)
    assert found["mexc-main"].results == (
        ("time", "ok"),
        ("key", "InvalidKey"),
        ("balance", "InvalidKey"),
        ("orders", "InvalidKey"),
    )


async def test_a_connection_in_flight_is_not_probed_twice(sim, world, opened):
    world.patch_faults("kucoin", {"latency": 0.3})
    entry = entry_of("kucoin", sim.base("kucoin"))
    opened.probe([entry, entry])
    opened.probe([entry])
    await finished(opened, 1)
    assert world.requests.total() == 4


async def test_a_changed_entry_takes_the_place_of_its_probe_in_flight(sim, world, opened):
    world.patch_faults("kucoin", {"latency": 60.0, "remaining": 1})
    old = entry_of("kucoin", sim.base("kucoin"), api_key="older", timeout=60.0)
    new = entry_of("kucoin", sim.base("kucoin"))
    opened.probe([old])
    await until(lambda: world.requests.total() == 1)
    opened.probe([new])
    found = await finished(opened, 1)
    assert found["kucoin-main"].observation.entry == new.fingerprint
    assert opened.collect() == ()


async def test_what_an_older_entry_brought_is_dropped_by_the_newer_one(sim, opened):
    old = entry_of("kucoin", sim.base("kucoin"), api_key="older")
    opened.probe([old])
    await opened.woken.event.wait()
    opened.probe([entry_of("kucoin", sim.base("kucoin"))])
    assert opened.collect() == ()


async def test_a_second_probe_of_the_same_entry_keeps_what_the_first_brought(sim, opened):
    entry = entry_of("kucoin", sim.base("kucoin"))
    opened.probe([entry])
    await opened.woken.event.wait()
    opened.probe([entry])
    assert len(opened.collect()) == 1


async def test_a_forgotten_connection_is_cancelled_and_brings_nothing(sim, world, opened):
    world.patch_faults("kucoin", {"latency": 60.0})
    opened.probe([entry_of("kucoin", sim.base("kucoin"), timeout=60.0)])
    opened.probe([entry_of("mexc", sim.base("mexc"))])
    await opened.woken.event.wait()
    opened.forget(["kucoin-main", "mexc-main", "never-heard-of"])
    assert opened.in_flight == frozenset()
    assert opened.collect() == ()


async def test_a_connection_forgotten_as_its_probe_ends_brings_nothing(opened, monkeypatch):
    async def observe(self):
        opened.forget([self.entry.name])
        return Observation(clock(), self.entry.fingerprint, Failure(Reason.TIMEOUT, "too late."))

    monkeypatch.setattr(questions.Questions, "observe", observe)
    opened.probe([entry_of("kucoin", "http://127.0.0.1:1")])
    await asyncio.wait(probes(), timeout=DEADLINE)
    assert opened.collect() == ()
    assert opened.woken.times == 0


async def test_a_slow_exchange_delays_nobody_else(sim, world, opened):
    world.patch_faults("kucoin", {"latency": 60.0})
    opened.probe([entry_of("kucoin", sim.base("kucoin"), timeout=60.0)])
    opened.probe([entry_of("mexc", sim.base("mexc"))])
    found = await finished(opened, 1)
    assert set(found) == {"mexc-main"}
    assert opened.in_flight == {"kucoin-main"}


async def test_the_signed_questions_go_out_side_by_side(opened):
    waiting, together = 0, asyncio.Event()

    async def handler(request):
        nonlocal waiting
        if request.path.endswith("/timestamp"):
            now = int(clock().timestamp() * 1000)
            return web.json_response({"code": "200000", "data": now})
        waiting += 1
        if waiting == 3:
            together.set()
        await together.wait()
        return web.json_response({"code": "200000", "data": []})

    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        found = await probed(opened, entry_of("kucoin", url))
    finally:
        await runner.cleanup()
    assert reasons(found["kucoin-main"].observation) == ("ok", "UnexpectedResponse", "ok", "ok")


@EACH
async def test_a_rate_limit_holds_all_connections_of_that_egress_back(exchange, sim, world, opened):
    world.patch_faults(exchange, {"rate_limit": True, "retry_after": 30.0, "remaining": 1})
    first = entry_of(exchange, sim.base(exchange), timeout=10.0)
    second = entry_of(exchange, sim.base(exchange), name="second", api_key="k2", timeout=10.0)
    found = await probed(opened, first)
    limited = found[first.name].observation.time
    assert (limited.reason, limited.retry_after) == (Reason.RATE_LIMITED, 30.0)
    asked = world.requests.total()

    held = (await probed(opened, second))["second"].observation
    assert reasons(held) == ("RateLimited", None, None, None)
    assert 20 < held.time.retry_after <= 30
    assert held.time.http_status is None
    assert world.requests.total() == asked

    other = next(each for each in IDS if each != exchange)
    free = await probed(opened, entry_of(other, sim.base(other)))
    assert reasons(free[f"{other}-main"].observation) == ("ok", "ok", "ok", "ok")


async def test_environments_of_one_host_are_held_back_together(opened):
    world = world_of("okx")
    async with Simulator(world) as sim:
        world.patch_faults("okx", {"status": 418, "remaining": 1})  # a ban of two minutes
        live = entry_of("okx", sim.base("okx"), timeout=10.0)
        demo = entry_of("okx", sim.base("okx"), name="demo", environment="demo", timeout=1.0)
        await probed(opened, live)
        held = (await probed(opened, demo))["demo"].observation
    assert reasons(held) == ("RateLimited", None, None, None)
    assert world.requests.total() == 1


@pytest.mark.parametrize(
    ("exchange", "environments", "budgets"),
    [("okx", ("live", "demo"), 1), ("binance", ("live", "testnet", "demo"), 3)],
)
async def test_a_pace_is_of_a_host_and_not_of_an_environment(
    exchange, environments, budgets, opened
):
    entries = [entry_of(exchange, None, environment=each) for each in environments]
    rows = [EXCHANGES[exchange].within(each) for each in environments]
    found = {id(opened._budget(*each)) for each in zip(entries, rows, strict=True)}  # noqa: SLF001 # whose pace it is shows nowhere else
    assert len(found) == budgets


async def test_a_short_rate_limit_is_waited_out(sim, world, opened):
    world.patch_faults("mexc", {"rate_limit": True, "retry_after": 1.0, "remaining": 1})
    entry = entry_of("mexc", sim.base("mexc"))
    await probed(opened, entry)
    again = (await probed(opened, entry))["mexc-main"]
    assert reasons(again.observation) == ("ok", "ok", "ok", "ok")
    assert again.seconds > 0.5


async def test_a_rate_limit_amid_a_probe_holds_what_was_not_asked_yet(sim, world):
    entry = entry_of("kucoin", sim.base("kucoin"), timeout=5.0)
    budget = Budget(20.0)
    transport = Transport()
    clients = Clients(transport)
    await clients.load(EXCHANGES["kucoin"])
    asking = questions.Questions(entry, EXCHANGES["kucoin"], clients, Queue(budget), clock)
    world.patch_faults("kucoin", {"latency": 0.2})
    task = asyncio.create_task(asking.observe())
    await until(lambda: world.count(path="/api/v1/timestamp") == 1)
    budget.block(0.4, time.monotonic())  # ends before the deadlines of the rest
    assert reasons(await task) == ("ok", "ok", "ok", "ok")

    task = asyncio.create_task(asking.observe())
    await until(lambda: world.count(path="/api/v1/timestamp") == 2)
    budget.block(30.0, time.monotonic())
    held = await task
    await transport.aclose()
    assert reasons(held) == ("ok", "RateLimited", "RateLimited", "RateLimited")
    assert world.requests.total() == 5


@pytest.mark.parametrize(("soon", "trades"), [(True, False), (False, True), (False, False)])
async def test_the_line_is_told_who_hurries_and_whose_strategies_trade(soon, trades):
    class Full:
        async def turn(self, requests, patience, **line):
            self.asked = requests, patience, line
            return 30.0

    full = Full()
    entry = replace(entry_of("kucoin", None, timeout=5.0), trades=trades)
    asking = questions.Questions(entry, EXCHANGES["kucoin"], None, full, clock, soon=soon)
    assert reasons(await asking.observe()) == ("RateLimited", None, None, None)
    assert full.asked == (4, 5.0, {"soon": soon, "trades": trades})


async def test_connections_take_turns_at_the_exchange_s_pace(sim, world, opened):
    entries = [entry_of("mexc", sim.base("mexc"), name=f"c{n}") for n in range(4)]
    found = await probed(opened, *entries)
    assert all(reasons(each.observation) == ("ok",) * 4 for each in found.values())
    assert found["c3"].seconds > 1.0
    assert world.count(path="/api/v3/apiKeyInfo") + world.count(path="/api/v3/account") == 8


async def test_our_own_pace_is_no_failure_however_long_the_wait(sim, opened):
    entries = [
        entry_of("mexc", sim.base("mexc"), name=f"c{n}", timeout=20.0, interval=1.0)
        for n in range(12)
    ]
    found = await probed(opened, *entries)
    assert all(reasons(each.observation) == ("ok",) * 4 for each in found.values())
    assert found["c11"].seconds > 1.0


async def test_turns_that_are_not_taken_are_given_back(sim, opened):
    queue = [
        entry_of("mexc", sim.base("mexc"), name=f"c{n}") for n in range(400)
    ]  # over four minutes
    await probed(opened, queue[0])  # ccxt is there now: all take their turns at once
    opened.probe(queue)
    await opened.woken.event.wait()
    opened.forget(each.name for each in queue)
    late = entry_of("mexc", sim.base("mexc"), name="late", timeout=20.0, interval=20.0)
    found = await probed(opened, late)
    assert reasons(found["late"].observation) == ("ok", "ok", "ok", "ok")


@pytest.mark.parametrize("name", ["late", "c79"], ids=["new in the line", "the last in it"])
async def test_what_is_to_be_found_out_does_not_wait_for_everybody_s_routine(name, sim, opened):
    queue = [entry_of("mexc", sim.base("mexc"), name=f"c{n}") for n in range(80)]
    await probed(opened, queue[0])  # ccxt is there now: all stand in line at once
    opened.probe(queue)
    pressed = entry_of("mexc", sim.base("mexc"), name=name)
    opened.probe([pressed], {name})
    begun = opened._flights[name].task  # noqa: SLF001 # whether it begins anew shows nowhere else
    opened.probe([pressed], {name})
    assert opened._flights[name].task is begun  # noqa: SLF001
    told = set()
    async with asyncio.timeout(DEADLINE):
        while name not in told:
            await opened.woken.event.wait()
            opened.woken.event.clear()
            told |= {each.name for each in opened.collect()}
    assert len(told) < 40
    opened.forget(each.name for each in queue)


async def test_all_connections_share_one_session(sim, opened):
    before = sessions()
    entries = [entry_of("kucoin", sim.base("kucoin"), name=f"c{n}") for n in range(5)]
    await probed(opened, *entries)
    assert len(before) == 1
    assert sessions() == before


async def test_an_error_nobody_thought_of_is_an_answer(opened, monkeypatch):
    async def broken(_):
        raise ZeroDivisionError

    monkeypatch.setattr(questions.Questions, "observe", broken)
    found = await probed(opened, entry_of("kucoin", "http://127.0.0.1:1"))
    failure = found["kucoin-main"].observation.time
    assert failure.reason is Reason.UNEXPECTED_RESPONSE
    assert "unexpected error (asked for: time)" in failure.message
    assert "ZeroDivisionError" not in failure.message


async def test_a_prober_that_is_not_open_answers_that_the_test_failed():
    woken = Woken()
    closed = Prober(clock, woken)
    closed.woken = woken
    found = await probed(closed, entry_of("kucoin", "http://127.0.0.1:1"))
    assert reasons(found["kucoin-main"].observation) == ("UnexpectedResponse", None, None, None)
    await closed.aclose()


async def test_closing_ends_what_is_in_flight_and_leaves_nothing_behind(sim, world):
    world.patch_faults("kucoin", {"latency": 60.0})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        async with prober() as opened:
            opened.probe(
                entry_of("kucoin", sim.base("kucoin"), name=f"c{n}", timeout=60.0) for n in range(5)
            )
            await until(lambda: world.requests.total() > 0)
            begun = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - begun < 30
        gc.collect()
    assert opened.in_flight == frozenset()
    assert opened.collect() == ()
    assert sessions() == []
    assert probes() == set()


async def test_a_probe_whose_part_of_ccxt_cannot_be_imported_is_not_lost(sim, monkeypatch):
    def broken(_):
        raise ImportError

    monkeypatch.setattr("bf_reconciler.probe.client.exchange_class", broken)
    async with prober() as opened:
        found = await probed(opened, entry_of("mexc", sim.base("mexc")))
    assert reasons(found["mexc-main"].observation)[0] == "UnexpectedResponse"
    assert sessions() == []


async def test_the_loop_lives_while_ccxt_is_imported(sim, monkeypatch):
    threads = []

    def recorded(name):
        threads.append(threading.current_thread())
        return exchange_class(name)

    monkeypatch.setattr("bf_reconciler.probe.client.exchange_class", recorded)
    async with prober() as opened:
        entry = entry_of("mexc", sim.base("mexc"))
        await probed(opened, entry)
        await probed(opened, entry)
    assert len(threads) == 1
    assert threads != [threading.main_thread()]


async def test_the_time_of_an_observation_is_the_clock_s(sim):
    async with prober(lambda: clock() + timedelta(days=1)) as opened:
        found = await probed(opened, entry_of("mexc", sim.base("mexc")))
    observation = found["mexc-main"].observation
    assert observation.at - clock() > timedelta(hours=23)
    assert observation.time.skew == pytest.approx(86400, abs=5)
    assert reasons(observation) == ("ok", "ok", "ok", "ok")  # ccxt signs with the real time
