"""Pairs, looked up in public: one that is made up keeps a strategy off, one delisted stops none."""

import pytest

from bf_reconciler.probe import market_cache
from e2e.fleet import a_fleet, a_strategy, head

pytestmark = pytest.mark.slow
LIST = "/api/v2/symbols"


@pytest.fixture
async def fleet(tmp_path):
    async with a_fleet(tmp_path) as running:
        yield running


@pytest.fixture
def soon(monkeypatch):
    """A list is asked for again every second or so."""
    for name in ("FRESH", "AGAIN", "FIRST_RETRY"):
        monkeypatch.setattr(market_cache, name, getattr(market_cache, name) / 3600)


def permitted(strategy):
    found = next(c for c in strategy["conditions"] if c["type"] == "MarketPermitted")
    return found["status"], found["reason"]


def two(*pairs):
    return [
        a_strategy("btc-grid", "kucoin-main"),
        a_strategy("odd-grid", "kucoin-main", pairs=list(pairs)),
    ]


async def test_a_made_up_pair_keeps_its_strategy_off_and_is_named(fleet):
    fleet.declare(strategies=two("BTC/USDT", "BITCOIN/USDT"))
    async with fleet.daemon():
        odd = await fleet.strategy_is("Blocked", "PairNotTradable", "odd-grid")
        assert head(odd)["message"] == "Not listed: BITCOIN/USDT."
        assert head(odd)["remedy"].startswith("Correct the pair in the file")
        assert permitted(odd) == ("False", "PairNotTradable")
        assert fleet.told("odd-grid")["enabled"] is False
        good = await fleet.strategy_is("Enabled")
        assert permitted(good) == ("True", "Connected")
        assert (await fleet.connection_is("Online"))["status"] == "Online"
        assert "Enabled" not in {after for _, after, _ in await fleet.history("odd-grid")}

        fleet.declare(strategies=two("BTC/USDT", "ETH/USDT"))
        await fleet.strategy_is("Enabled", name="odd-grid")
        assert fleet.told("odd-grid")["enabled"] is True
    assert fleet.world.count(path=LIST, key=None) == fleet.world.count(path=LIST)
    assert fleet.world.count(path=LIST) <= 3
    assert not fleet.world.violations


@pytest.mark.usefixtures("soon")
async def test_a_delisting_leaves_a_running_strategy_on_and_says_so(fleet):
    fleet.declare()
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        fleet.world.patch_markets("kucoin", {"BTC/USDT": False})
        found = await fleet.until(
            lambda: fleet.api("/api/v1/strategies/btc-grid"),
            lambda strategy: permitted(strategy) == ("False", "PairNotTradable"),
        )
        assert (found["status"], found["told"]) == ("Enabled", "run")
        assert fleet.told()["enabled"] is True

        fleet.world.patch_key("kucoin", {"withdraw": True})  # it does not delay an off
        await fleet.strategy_is("Blocked", "WithdrawEnabled")
        fleet.world.patch_key("kucoin", {"withdraw": False})
        await fleet.strategy_is("Blocked", "PairNotTradable")

        fleet.world.patch_markets("kucoin", {"BTC/USDT": True})
        await fleet.strategy_is("Enabled")
        assert fleet.told()["enabled"] is True


@pytest.mark.parametrize("faults", [{"garbage": True}, {"status": 500}, {"reset": True}])
async def test_a_list_that_fails_keeps_nothing_off(faults, fleet):
    fleet.world.put_faults("kucoin", {**faults, "paths": [LIST]})
    fleet.declare()
    async with fleet.daemon():
        found = await fleet.strategy_is("Enabled")
        assert permitted(found) == ("True", "Connected")
        await fleet.ready()


async def test_a_restart_with_a_bad_pair_is_no_news(fleet):
    fleet.declare(strategies=two("BITCOIN/USDT"))
    async with fleet.daemon():
        await fleet.strategy_is("Blocked", "PairNotTradable", "odd-grid")
        await fleet.strategy_is("Enabled")
        before = await fleet.history()
    async with fleet.daemon():
        await fleet.ready()
        await fleet.probe()
        await fleet.strategy_is("Blocked", "PairNotTradable", "odd-grid")
        await fleet.strategy_is("Enabled")
        assert await fleet.history() == before
