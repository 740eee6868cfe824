"""What cannot be known: what runs keeps running for its grace, and nothing is turned on."""

import pytest

from e2e.fleet import a_fleet, a_strategy, until

pytestmark = pytest.mark.slow


@pytest.fixture
async def fleet(tmp_path):
    async with a_fleet(tmp_path) as running:
        yield running


OUTAGES = [
    ({"status": 503}, "ExchangeUnavailable"),
    ({"reset": True}, "NetworkError"),
    ({"latency": 30.0}, "Timeout"),
]


@pytest.mark.parametrize(("fault", "reason"), OUTAGES, ids=[reason for _, reason in OUTAGES])
async def test_what_runs_has_its_grace_and_what_is_off_stays_off(fleet, fault, reason):
    connections = [fleet.connection()]
    strategies = [a_strategy("btc-grid", "kucoin-main"), a_strategy("late", "kucoin-main")]
    strategies[1]["enabled"] = False
    changes = {"policy": {"grace": "8s"}, "defaults": {"interval": "1s", "timeout": "2s"}}
    fleet.declare(connections, strategies, **changes)
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        await fleet.strategy_is("Disabled", name="late")
        fleet.world.put_faults("kucoin", fault)
        await fleet.connection_is("Unreachable", reason)
        holding = await fleet.strategy_is("Holding", reason)
        assert (holding["told"], fleet.told()["enabled"]) == ("run", True)
        strategies[1]["enabled"] = True  # somebody wants it on, while nothing is known
        fleet.declare(connections, strategies, **changes)
        await fleet.strategy_is("Blocked", reason, "late")
        await fleet.strategy_is("Blocked", "GraceExpired")
        assert fleet.told()["enabled"] is False
        assert fleet.told("late")["enabled"] is False
        assert await fleet.metric("bf_connection_up", connection="kucoin-main") == 0

        fleet.world.put_faults("kucoin", {})
        await fleet.strategy_is("Enabled")
        await fleet.strategy_is("Enabled", name="late")
        assert fleet.told()["enabled"] is True
        history = await fleet.history("late")
        assert [to for _, to, _ in history].count("Enabled") == 1


async def test_an_outage_shorter_than_grace_never_turns_anything_off(fleet):
    fleet.declare(policy={"grace": "5m"})
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        written = (fleet.strategies / "btc-grid.json").stat().st_mtime_ns
        fleet.world.put_faults("kucoin", {"waf": True})
        await fleet.strategy_is("Holding", "ExchangeUnavailable")
        fleet.world.put_faults("kucoin", {})
        await fleet.strategy_is("Enabled")
        assert (fleet.strategies / "btc-grid.json").stat().st_mtime_ns == written


async def test_one_slow_exchange_delays_nobody_else(fleet):
    connections = [fleet.connection(), fleet.connection("mexc-main", "mexc")]
    fleet.declare(
        connections,
        [a_strategy("btc-grid", "kucoin-main"), a_strategy("btc-dca", "mexc-main")],
        defaults={"interval": "1s", "timeout": "60s"},
        policy={"grace": "5m"},
    )
    fleet.world.put_faults("mexc", {"latency": 60.0})
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        fleet.world.patch_key("kucoin", {"withdraw": True})
        await fleet.strategy_is("Blocked", "WithdrawEnabled")
        await fleet.connection_is("Pending", name="mexc-main")


async def test_the_clock_of_this_machine_is_no_fault_of_the_key(fleet):
    fleet.declare(policy={"grace": "5m"})
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        fleet.world.put_faults("kucoin", {"clock_skew_seconds": 90})
        await fleet.strategy_is("Holding", "ClockSkew")
        assert fleet.told()["enabled"] is True


async def test_a_person_s_test_waits_for_the_answer(fleet):
    fleet.declare(defaults={"interval": "1h", "timeout": "2s"})
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        fleet.world.patch_key("kucoin", {"revoked": True})
        found = await fleet.probe()
        assert found["status"] == "Blocked"
        assert (await fleet.api("/api/v1/strategies/btc-grid"))["status"] == "Blocked"
        assert (await fleet.post("/api/v1/connections/nobody/test"))[0] == 404
        await until(lambda: fleet.told()["enabled"] is False)
