"""What exchanges tell of maintenance: asked once for all keys of a host, and harmless."""

import asyncio
from datetime import UTC, datetime

import pytest

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Announcements, Place
from bf_reconciler.probe import Prober, announcements
from bf_reconciler.simulator import Simulator
from edges.probing import Woken, clock, entry_of, prober, until, world_of

TELLING = ("binance", "bybit", "kraken", "okx")
PATHS = {
    "binance": "/sapi/v1/system/status",
    "bybit": "/v5/system/status",
    "kraken": "/0/public/SystemStatus",
    "okx": "/api/v5/system/status",
}
BEGINS, ENDS = 4_000_000_000, 4_000_003_600


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def sim():
    async with Simulator(world_of(*EXCHANGES)) as running:
        yield running


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """A host is asked at once, and again soon."""
    monkeypatch.setattr(announcements, "FIRST", 0.0)
    for name in ("PERIOD", "LONGEST"):
        monkeypatch.setattr(announcements, name, getattr(announcements, name) / 6000)


def entries_of(*entries):
    return {entry.name: entry for entry in entries}


def moment(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def test_those_that_tell_it_are_these():
    assert {name for name, row in EXCHANGES.items() if row.calls.announced} == set(TELLING)


@pytest.mark.parametrize("exchange", ["bybit", "kraken", "okx"])
async def test_a_maintenance_ahead_is_known_with_its_begin_and_end(exchange, sim):
    sim.world.put_faults(exchange, {"announced_from": BEGINS, "announced_until": ENDS})
    entry, place = entry_of(exchange, sim.base(exchange)), Place(exchange, "live")
    async with prober() as opened:
        entries = entries_of(entry)
        await until(lambda: opened.announced(entries).get(place))
        (item,) = opened.announced(entries)[place].items
    assert (item.begins, item.ends) == (moment(BEGINS), moment(ENDS))
    assert sim.world.count(path=PATHS[exchange]) == sim.world.requests.total()


async def test_an_exchange_that_tells_the_state_of_now_tells_that(sim):
    sim.world.put_faults("binance", {"announced_from": 1, "announced_until": ENDS})
    entries, place = entries_of(entry_of("binance", sim.base("binance"))), Place("binance", "live")
    async with prober() as opened:
        await until(lambda: opened.announced(entries).get(place))
        (item,) = opened.announced(entries)[place].items
        assert item.begins is None
        sim.world.put_faults("binance", {})
        await until(lambda: opened.announced(entries)[place] == Announcements())


async def test_one_host_is_asked_once_for_all_of_its_keys_and_without_them(sim, monkeypatch):
    monkeypatch.setattr(announcements, "PERIOD", announcements.PERIOD * 6000)
    base = sim.base("okx")
    names = [f"okx-{n}" for n in range(40)]
    entries = entries_of(*(entry_of("okx", base, name=name, api_key=name) for name in names))
    async with prober() as opened:
        await until(lambda: opened.announced(entries))
        for _ in range(20):
            opened.announced(entries_of(*entries.values()))
            await asyncio.sleep(0)
    assert sim.world.count(path=PATHS["okx"], key=None) == sim.world.requests.total() == 1


async def test_exchanges_that_tell_nothing_are_not_asked(sim):
    silent = [name for name in EXCHANGES if name not in TELLING]
    entries = entries_of(
        *(entry_of(name, sim.base(name)) for name in silent), entry_of("okx", sim.base("okx"))
    )
    async with prober() as opened:
        await until(lambda: opened.announced(entries))
    assert sim.world.count(path=PATHS["okx"]) == sim.world.requests.total()


@pytest.mark.parametrize("fault", [{"garbage": True}, {"status": 500}, {"reset": True}])
async def test_who_cannot_be_asked_is_not_known_until_it_answers(fault, sim):
    sim.world.put_faults("okx", fault)
    entries = entries_of(entry_of("okx", sim.base("okx")))
    async with prober() as opened:
        await until(lambda: opened.announced(entries) == {} and sim.world.requests.total() > 1)
        sim.world.put_faults("okx", {})
        await until(lambda: opened.announced(entries))


async def test_what_nobody_expected_breaks_nothing(sim, monkeypatch):
    async def broken(*_):
        raise ValueError

    monkeypatch.setattr(announcements.AnnouncementFetch, "load", broken)
    entries = entries_of(entry_of("okx", sim.base("okx")))
    async with prober() as opened:
        for _ in range(20):
            assert opened.announced(entries) == {}
            await asyncio.sleep(0)


async def test_a_host_that_is_silent_is_given_up_in_time(sim):
    sim.world.put_faults("okx", {"latency": 30.0})
    entries = entries_of(entry_of("okx", sim.base("okx"), timeout=0.05))
    async with prober() as opened:
        await until(lambda: opened.announced(entries) == {} and sim.world.requests.total() > 1)


async def test_a_host_that_nobody_uses_any_more_is_not_asked(sim):
    entries = entries_of(entry_of("okx", sim.base("okx")))
    async with prober() as opened:
        await until(lambda: opened.announced(entries))
        assert opened.announced({}) == {}
        await asyncio.sleep(0)
        asked = sim.world.requests.total()
        bybit = entries_of(entry_of("bybit", sim.base("bybit")))
        await until(lambda: opened.announced(bybit))
        assert sim.world.count(path=PATHS["okx"]) <= asked + 1


async def test_a_prober_that_is_not_open_knows_nothing():
    with pytest.raises(RuntimeError, match="not open"):
        Prober(clock, Woken()).announced({})
