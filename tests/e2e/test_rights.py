"""The main job: rights change at the exchange, and strategies go off and on."""

import pytest

from e2e.fleet import a_fleet, a_strategy, head

pytestmark = pytest.mark.slow


@pytest.fixture
async def fleet(tmp_path):
    async with a_fleet(tmp_path) as running:
        yield running


async def test_a_withdraw_right_turns_a_strategy_off_until_it_was_good_twice(fleet):
    commit = fleet.declare()
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        told = fleet.told()
        assert (told["enabled"], told["action"], told["reason"]) == (True, "run", "Connected")
        assert told["revision"] == commit

        fleet.world.patch_key("kucoin", {"withdraw": True})
        strategy = await fleet.strategy_is("Blocked", "WithdrawEnabled")
        told = fleet.told()
        assert (told["enabled"], told["action"]) == (False, "pause")
        assert told["reason"] == "WithdrawEnabled"
        assert strategy["told"] == "pause"
        assert "withdraw" in head(strategy)["remedy"].lower()
        named = {"connection": "kucoin-main", "exchange": "kucoin"}
        problem = await fleet.metric("bf_connection_problem", **named, reason="WithdrawEnabled")
        assert problem == 1
        assert await fleet.metric("bf_connection_up", **named) == 0
        assert await fleet.metric("bf_strategy_running", strategy="btc-grid") == 0

        fleet.world.forget()
        fleet.world.patch_key("kucoin", {"withdraw": False})
        await fleet.strategy_is("Enabled")
        assert fleet.world.count(path="/api/v1/user/api-key") >= 2
        assert fleet.told()["enabled"] is True
        assert await fleet.metric("bf_strategy_told", strategy="btc-grid") == 1
        assert await fleet.metric("bf_connection_problem", reason="WithdrawEnabled") is None
        assert await fleet.history("btc-grid") == [
            ("", "Pending", "NotProbed"),
            ("Pending", "Enabled", "Connected"),
            ("Enabled", "Blocked", "WithdrawEnabled"),
            ("Blocked", "Enabled", "Connected"),
        ]
        (warning,) = [
            line
            for line in fleet.logged("strategy changed")
            if (line["name"], line["reason"]) == ("btc-grid", "WithdrawEnabled")
        ]
        assert (warning["level"], bool(warning["remedy"])) == ("warning", True)
    assert not fleet.world.violations


async def test_one_good_probe_is_enough(fleet):
    fleet.declare(defaults={"interval": "1h", "timeout": "30s"})  # no second one while this runs
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        assert fleet.world.count(path="/api/v1/user/api-key") == 1


async def test_two_exchanges_are_judged_apart(fleet):
    connections = [fleet.connection(), fleet.connection("mexc-main", "mexc")]
    strategies = [a_strategy("btc-grid", "kucoin-main"), a_strategy("btc-dca", "mexc-main")]
    fleet.declare(connections, strategies)
    fleet.world.patch_key("mexc", {"withdraw": True})
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        await fleet.strategy_is("Blocked", "WithdrawEnabled", "btc-dca")
        assert fleet.told()["enabled"] is True
        assert fleet.told("btc-dca")["enabled"] is False


async def test_a_revoked_key_is_believed_when_it_was_refused_twice(fleet):
    fleet.declare()
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        fleet.world.patch_key("kucoin", {"revoked": True})
        holding = await fleet.strategy_is("Holding", "InvalidKey")
        assert holding["told"] == "run"
        blocked = await fleet.strategy_is("Blocked", "InvalidKey")
        assert (blocked["told"], fleet.told()["enabled"]) == ("pause", False)


async def test_a_strategy_with_manual_resume_waits_for_a_person(fleet):
    fleet.declare(strategies=[a_strategy("btc-grid", "kucoin-main", resume="manual")])
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        assert await fleet.post("/api/v1/resume", {"name": "btc-grid"}) == (200, {"resumed": False})
        fleet.world.patch_key("kucoin", {"withdraw": True})
        await fleet.strategy_is("Blocked", "WithdrawEnabled")
        fleet.world.patch_key("kucoin", {"withdraw": False})
        await fleet.strategy_is("Blocked", "AwaitingManualResume")
    async with fleet.daemon():  # it waits beyond a restart
        await fleet.probe()
        await fleet.strategy_is("Blocked", "AwaitingManualResume")
        assert fleet.told()["enabled"] is False
        assert await fleet.post("/api/v1/resume", {"name": "btc-grid"}) == (200, {"resumed": True})
        await fleet.strategy_is("Enabled")
        assert fleet.told()["enabled"] is True
