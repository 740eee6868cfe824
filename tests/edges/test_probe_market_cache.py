"""Public lists of markets: asked once for many connections, kept, and harmless where they fail."""

import asyncio
import contextlib
import json

import pytest
from aiohttp import web

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Listed
from bf_reconciler.probe import market_cache, market_fetch
from bf_reconciler.probe.transport import MAX_LIST, Answer
from bf_reconciler.simulator import Simulator
from edges.probing import SECRETS, clock, entry_of, prober, until, world_of

SPOT, HALTED, NO_SUCH = "BTC/USDT", "LUNA/USDT", "NOSUCH/USDT"
FUTURES = "BTC/USDT:USDT"
PATHS = {"kucoin": "/api/v2/symbols", "mexc": "/api/v3/exchangeInfo"}
TRADES, MISSING, PENDING = Listed.TRADES, Listed.MISSING, Listed.PENDING


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def sim():
    async with Simulator(world_of()) as running:
        yield running


@pytest.fixture
def soon(monkeypatch):
    """What is kept is asked again at once."""
    for name in ("FRESH", "AGAIN", "FIRST_RETRY"):
        monkeypatch.setattr(market_cache, name, getattr(market_cache, name) / 36000)


@contextlib.asynccontextmanager
async def serving(body, status=200):
    """An exchange that says this to everybody; gives its base and what it was asked."""
    asked = []

    async def answer(request):
        asked.append(request)
        response = web.StreamResponse(status=status, headers={"Content-Type": "application/json"})
        with contextlib.suppress(ConnectionError):
            await response.prepare(request)
            for part in body:
                await response.write(part)
        return response

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        await runner.cleanup()


def wanting(*wanted):
    return {entry.name: (entry, frozenset(pairs)) for entry, pairs in wanted}


async def told(opened, *wanted):
    """What is known of each venue, once nothing is being looked up any more."""
    wanted = wanting(*wanted)
    await until(lambda: not any(PENDING in v.values() for v in opened.markets(wanted).values()))
    return opened.markets(wanted)


async def told_of(entry, *pairs):
    async with prober() as opened:
        return (await told(opened, (entry, pairs)))[entry.venue]


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_every_exchange_says_which_pairs_trade(exchange, sim):
    row = EXCHANGES[exchange]
    entry = entry_of(exchange, sim.base(exchange))
    found = await told_of(entry, SPOT, HALTED, NO_SUCH, FUTURES, "NOSUCH/USDT:USDT")
    assert (found[SPOT], found[HALTED], found[NO_SUCH]) == (TRADES, Listed.HALTED, MISSING)
    if "futures" in row.markets.lists:
        assert (found[FUTURES], found["NOSUCH/USDT:USDT"]) == (TRADES, MISSING)
    else:
        assert FUTURES not in found
    assert sim.world.count(status=200) == sim.world.requests.total() == len(row.markets.lists)


async def test_one_load_serves_many_connections_and_nobody_s_key_goes_with_it(sim):
    base = sim.base("kucoin")
    entries = [entry_of("kucoin", base, name=f"kucoin-{n}", api_key=f"k{n}") for n in range(40)]
    async with prober() as opened:
        found = await told(opened, *((entry, [SPOT]) for entry in entries))
        assert found == {entries[0].venue: {SPOT: TRADES}}
        for _ in range(20):
            await told(opened, *((entry, [SPOT]) for entry in entries))
    assert sim.world.count(path=PATHS["kucoin"], key=None) == sim.world.requests.total() == 1


async def test_a_list_waits_for_none_of_the_probes_that_wait_for_their_turn(sim):
    base = sim.base("mexc")
    entries = [entry_of("mexc", base, name=f"mexc-{n}") for n in range(60)]
    async with prober() as opened:
        opened.probe(entries)
        await until(sim.world.requests.total)  # their turns are given out
        found = await told(opened, (entries[0], [SPOT]))
    assert found == {entries[0].venue: {SPOT: TRADES}}


async def test_a_new_pair_is_looked_up_and_what_is_known_stays_known_meanwhile(sim):
    entry = entry_of("mexc", sim.base("mexc"))
    async with prober() as opened:
        await told(opened, (entry, [SPOT]))
        now = opened.markets(wanting((entry, [SPOT, NO_SUCH])))
        assert now == {entry.venue: {SPOT: TRADES, NO_SUCH: PENDING}}
        now = await told(opened, (entry, [SPOT, NO_SUCH]))
        assert now == {entry.venue: {SPOT: TRADES, NO_SUCH: MISSING}}
    assert sim.world.count(path=PATHS["mexc"]) == 2


async def test_spot_and_futures_are_lists_of_their_own(sim):
    entry = entry_of("mexc", sim.base("mexc"))
    assert await told_of(entry, SPOT, FUTURES) == {SPOT: TRADES, FUTURES: TRADES}
    assert sim.world.count(path="/api/v1/contract/detail") == 1


async def test_pairs_that_no_list_covers_are_not_spoken_of(sim):
    entry = entry_of("binance", sim.base("binance"))
    assert await told_of(entry, SPOT, "BTC/USD:BTC", "BTC/USDT:USDT-261225") == {SPOT: TRADES}
    assert sim.world.count(path="/fapi/v1/exchangeInfo") == 0


async def test_currencies_have_the_names_that_ccxt_gives_them(sim):
    sim.world.put_markets("kucoin", {"KALT/USDT": True, "BTC/USD:BTC": True})
    entry = entry_of("kucoin", sim.base("kucoin"))
    found = await told_of(entry, "ALT/USDT", "KALT/USDT", "BTC/USD:BTC")
    assert found == {"ALT/USDT": TRADES, "KALT/USDT": MISSING, "BTC/USD:BTC": TRADES}


def test_a_name_that_no_file_can_hold_is_not_used():
    assert market_fetch.renamed("OMNI/USDT", {"OMNI": "OmniCat"}) == "OMNI/USDT"
    assert market_fetch.renamed("XBT/USD:XBT", {"XBT": "BTC"}) == "BTC/USD:BTC"


@pytest.mark.usefixtures("soon")
async def test_a_change_is_noticed_and_wakes(sim):
    entry = entry_of("kucoin", sim.base("kucoin"))
    async with prober() as opened:
        await told(opened, (entry, [SPOT]))
        woken = opened.woken.times
        sim.world.patch_markets("kucoin", {SPOT: False})
        wanted = wanting((entry, [SPOT]))
        await until(lambda: opened.markets(wanted)[entry.venue][SPOT] is Listed.HALTED)
        assert opened.woken.times > woken
        sim.world.patch_markets("kucoin", {SPOT: True})
        await until(lambda: opened.markets(wanted)[entry.venue][SPOT] is TRADES)


@pytest.mark.parametrize(
    "faults",
    [
        *({"garbage": True}, {"maintenance": True}, {"status": 500}, {"waf": True}),
        *({"reset": True}, {"rate_limit": True, "retry_after": 99}, {"region": True}),
    ],
)
async def test_while_a_list_fails_nothing_is_known_and_no_probe_is_held_back(faults, sim):
    sim.world.put_faults("kucoin", {**faults, "paths": [PATHS["kucoin"]]})
    entry = entry_of("kucoin", sim.base("kucoin"))
    async with prober() as opened:
        assert (await told(opened, (entry, [SPOT])))[entry.venue] == {}
        asked = sim.world.requests.total()
        await told(opened, (entry, [SPOT, NO_SUCH]))  # a new pair is no reason to ask sooner
        assert sim.world.requests.total() == asked
        opened.probe([entry])
        await until(lambda: opened.woken.times >= 2)
        (probed,) = opened.collect()
    assert {result for _, result in probed.results} == {"ok"}


@pytest.mark.usefixtures("soon")
async def test_what_was_known_outlives_a_failure(sim):
    entry = entry_of("kucoin", sim.base("kucoin"))
    async with prober() as opened:
        await told(opened, (entry, [SPOT]))
        sim.world.put_faults("kucoin", {"garbage": True})
        asked = sim.world.requests.total()
        await until(lambda: sim.world.requests.total() >= asked + 2)
        wanted = wanting((entry, [SPOT, NO_SUCH]))
        assert opened.markets(wanted)[entry.venue] == {SPOT: TRADES}
        sim.world.put_faults("kucoin", {})
        await until(lambda: opened.markets(wanted)[entry.venue].get(NO_SUCH) is MISSING)


@pytest.mark.usefixtures("soon")
async def test_but_not_for_ever(sim, monkeypatch):
    monkeypatch.setattr(market_cache, "STALE", market_cache.FRESH)
    entry = entry_of("kucoin", sim.base("kucoin"))
    async with prober() as opened:
        await told(opened, (entry, [SPOT]))
        sim.world.put_faults("kucoin", {"garbage": True})
        wanted = wanting((entry, [SPOT]))
        await until(lambda: opened.markets(wanted)[entry.venue] == {})


@pytest.mark.usefixtures("soon")
async def test_a_list_that_fails_is_asked_for_in_the_way_of_another_connection(sim):
    sim.world.put_faults("kucoin", {"reset": True, "remaining": 1})
    base = sim.base("kucoin")
    dead = entry_of("kucoin", base, name="a", proxy="http://127.0.0.1:1")
    good = entry_of("kucoin", base, name="b")
    async with prober() as opened:
        wanted = wanting(*((entry, [SPOT]) for entry in (dead, good)))
        await until(lambda: opened.markets(wanted).get(good.venue) == {SPOT: TRADES})


async def test_a_body_above_the_cap_is_refused_and_one_below_it_is_read():
    symbol = {"symbol": "BTC-USDT", "baseCurrency": "BTC", "quoteCurrency": "USDT"}
    listed = json.dumps({"code": "200000", "data": [symbol | {"enableTrading": True}]}).encode()
    blanks = b" " * (1 << 20)
    for count, expected in ((8, {SPOT: TRADES}), (MAX_LIST >> 20, {})):
        async with serving([listed, *[blanks] * count]) as (base, asked):
            assert await told_of(entry_of("kucoin", base), SPOT) == expected
            assert len(asked) == 1
            assert not any(secret in repr(asked[0].headers) for secret in SECRETS.values())


@pytest.mark.parametrize("body", [b"[]", b'{"code":"200000","data":[]}', b'{"code":"400003"}', b""])
async def test_an_empty_list_is_not_believed(body):
    async with serving([body]) as (base, _):
        assert await told_of(entry_of("kucoin", base), SPOT) == {}


async def test_one_that_never_ends_is_given_up(sim):
    sim.world.put_faults("kucoin", {"slow_body": True})
    assert await told_of(entry_of("kucoin", sim.base("kucoin"), timeout=0.2), SPOT) == {}


async def test_an_error_nobody_thought_of_is_a_failure(sim, monkeypatch):
    def broken(*_):
        raise RuntimeError(SECRETS["secret"])

    monkeypatch.setattr(market_fetch, "picked", broken)
    assert await told_of(entry_of("kucoin", sim.base("kucoin")), SPOT) == {}


async def test_it_waits_for_its_turn_but_not_for_long(sim):
    entry = entry_of("kucoin", sim.base("kucoin"), timeout=0.2)
    async with prober() as opened:
        budget = opened._budget(entry, EXCHANGES["kucoin"])  # noqa: SLF001 # as a ban leaves it
        budget.block(60, asyncio.get_running_loop().time())
        assert (await told(opened, (entry, [SPOT])))[entry.venue] == {}
    assert sim.world.requests.total() == 0


@pytest.mark.usefixtures("soon")
async def test_what_is_not_wanted_any_more_is_not_asked_for(sim):
    entry = entry_of("kucoin", sim.base("kucoin"))
    async with prober() as opened:
        await told(opened, (entry, [SPOT]))
        assert opened.markets({}) == {}
        tasks = [t for t in asyncio.all_tasks() if t.get_name().startswith("markets ")]
        await until(lambda: all(task.done() for task in tasks))


async def test_of_two_markets_of_one_name_the_one_that_trades_counts():
    row = EXCHANGES["mexc"]
    rows = [
        {"baseCoin": "BTC", "quoteCoin": "USDT", "settleCoin": "USDT", "state": state}
        for state in (3, 0, 4)
    ]
    got = Answer(200, {}, json.dumps({"success": True, "code": 0, "data": rows}).encode())
    wanted = frozenset({FUTURES})
    assert market_fetch.picked(row, "futures", got, wanted, {}, clock()) == {FUTURES: TRADES}
