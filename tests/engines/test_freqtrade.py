"""A real freqtrade that trades on the simulator, and a daemon that turns it on and off."""

import asyncio
import contextlib

import aiohttp
import pytest

from e2e.fleet import a_fleet, a_strategy, a_world, until
from engines.bot import PASSWORD, USERNAME, Bot

pytestmark = pytest.mark.freqtrade
MODES = [
    pytest.param("kucoin", True, id="kucoin-dry"),
    pytest.param("kucoin", False, id="kucoin-live"),
    pytest.param("mexc", True, id="mexc-dry"),
]


@pytest.fixture
async def fleet(tmp_path):
    world = a_world()
    for key in world.keys.values():
        key.balances = {"USDT": "1000"}
    for exchange in ("kucoin", "mexc"):
        world.put_markets(exchange, {"BTC/USDT": True})
    async with a_fleet(tmp_path / "fleet", world) as running:
        yield running


@contextlib.asynccontextmanager
async def a_bot(fleet, exchange="kucoin", **config):
    bot = Bot(fleet.folder / "bot", fleet.session, exchange, fleet.sim.base(exchange), **config)
    await bot.start()
    try:
        yield bot
    finally:
        await bot.kill()


def declare(fleet, bot, exchange="kucoin", expect=None, **strategy):
    expect = {"dry_run": bot.config["dry_run"], "strategy": "Always"} | (expect or {})
    runtime = {"name": "ft", "type": "freqtrade", "url": bot.url, "username": USERNAME}
    runtime |= {"password": PASSWORD, "expect": expect}
    limits = {"max_open_trades": 1, "base_order": {"size": 50, "currency": "USDT"}}
    fleet.declare(
        [fleet.connection("main", exchange)],
        [a_strategy("btc-grid", "main", runtime="ft", **limits | strategy)],
        runtimes=[runtime],
    )


async def shown(fleet, running, status, reason=None):
    """Wait until the daemon shows this of the strategy."""

    def holds(found):
        why = found["conditions"][0]["reason"]
        return (found["running"], found["status"]) == (running, status) and reason in {None, why}

    await fleet.until(lambda: fleet.api("/api/v1/strategies/btc-grid"), holds)


def rise(world):
    world.patch_prices({"BTC": str(float(world.prices["BTC"]) * 1.1)})


@pytest.mark.parametrize(("exchange", "dry_run"), MODES)
async def test_a_bot_trades_while_its_key_complies_and_not_a_moment_longer(
    fleet, exchange, dry_run
):
    key = fleet.world.keys[exchange]
    async with a_bot(fleet, exchange, dry_run=dry_run) as bot:
        declare(fleet, bot, exchange)
        async with fleet.daemon():
            await shown(fleet, "running", "Enabled", "Connected")
            opened = await until(bot.trades)

            fleet.world.patch_key(exchange, {"withdraw": True})
            await shown(fleet, "paused", "Blocked", "WithdrawEnabled")
            assert await bot.state() == "paused"
            assert (await bot.trades()).keys() == opened.keys()
            rise(fleet.world)  # the open trade is still managed: it takes its profit
            await until(lambda: is_flat(bot))
            await asyncio.sleep(3)  # three loops of the bot
            assert not await bot.trades()

            fleet.world.patch_key(exchange, {"withdraw": False})
            await shown(fleet, "running", "Enabled", "Connected")
            await until(bot.trades)

            fleet.world.patch_key(exchange, {"revoked": True})
            await shown(fleet, "paused", "Blocked")
            assert await bot.state() == "paused"
            assert await fleet.metric("bf_connection_up", connection="main") == 0
            assert await fleet.metric("bf_strategy_running", strategy="btc-grid") == 0

            fleet.world.patch_key(exchange, {"revoked": False})
            await shown(fleet, "running", "Enabled", "Connected")
            assert await bot.state() == "running"

            await bot.kill()
            await shown(fleet, "unknown", "Error", "RuntimeUnavailable")
            await bot.start()  # it comes up as its initial_state says: stopped
            await shown(fleet, "running", "Enabled", "Connected")
            assert await bot.state() == "running"
            assert await until(bot.trades)
        assert await bot.state() == "running"  # the end of the daemon changes nothing
    asked = {(each.method, each.path) for each in fleet.world.violations}
    assert asked == (set() if dry_run else {("POST", "/api/v1/orders")})
    assert PASSWORD not in fleet.log.getvalue()
    if not dry_run:
        assert float(key.balances["USDT"]) != 1000


async def is_flat(bot):
    return not await bot.trades()


async def test_what_a_bot_does_on_its_own_is_seen_and_told_apart(fleet):
    async with a_bot(fleet) as bot:
        declare(fleet, bot, expect={"bot_name": "another"})
        async with fleet.daemon():
            await shown(fleet, "stopped", "Error", "EngineMismatch")
            declare(fleet, bot)
            await shown(fleet, "running", "Enabled", "Connected")
            await until(bot.trades)

            await bot.ask("stop", "POST")  # a person, or an error of its own
            await shown(fleet, "stopped", "Error", "EngineStoppedItself")
            await asyncio.sleep(6)  # longer than it is asked anew
            assert await bot.state() == "stopped"
            declare(fleet, bot, enabled=False)
            await shown(fleet, "stopped", "Disabled")
            declare(fleet, bot)
            await shown(fleet, "running", "Enabled", "Connected")

            await bot.ask("reload_config", "POST")  # it comes back as its initial_state says
            await until(lambda: is_not(bot, "running"))
            await until(lambda: bot.state_is("running"))
            await shown(fleet, "running", "Enabled", "Connected")

            declare(fleet, bot, when_off="close", enabled=False)
            await shown(fleet, "stopped", "Disabled")
            assert await bot.state() == "stopped"
            assert not await bot.trades()


async def is_not(bot, state):
    return await bot.state() != state


async def test_its_traps_are_as_they_are_written_down(fleet):
    """What docs/freqtrade.md says of it, and the fake of the other tests does, too."""
    async with a_bot(fleet) as bot:
        await bot.is_in("stopped")
        await bot.ask("pause", "POST")
        await bot.is_in("paused")  # a pause starts one that is stopped

        for _ in range(5):  # a slow machine may reload before it is asked to pause
            await bot.ask("start", "POST")
            await bot.is_in("running")
            await bot.ask("reload_config", "POST")
            with contextlib.suppress(OSError, aiohttp.ClientError):
                answer = await bot.ask("pause", "POST")
                assert "paused" in answer["status"]  # and yet it is lost:
            await bot.is_in("stopped", "paused")
            if await bot.state_is("stopped"):
                break
        assert await bot.state() == "stopped"

        await bot.ask("start", "POST")
        fleet.world.put_faults("kucoin", {"status": 503})
        await asyncio.sleep(3)
        assert await bot.state() == "running"  # its health says nothing of its connection
        fleet.world.put_faults("kucoin", {})

        await bot.kill()
        await bot.start()
        await bot.is_in("stopped")  # it forgot what it was told


async def test_one_that_is_wrong_ends_well(fleet):
    async with a_bot(fleet, protections=[{"method": "CooldownPeriod"}]) as bot:
        async with asyncio.timeout(60):
            assert await bot.child.wait() == 0
