"""What people say: halt, resume, suspend, enabled: false."""

import errno
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from bf_reconciler.journal import Journal, JournalError
from e2e.fleet import a_fleet, a_strategy, head, until

pytestmark = pytest.mark.slow
TOKEN = "SENTINELTOKEN0d91c4e7ab"


@pytest.fixture
async def fleet(tmp_path):
    async with a_fleet(tmp_path) as running:
        yield running


async def test_halt_needs_the_token_and_lasts_until_somebody_resumes(fleet, tmp_path):
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    fleet.declare()
    body = {"reason": "fire", "by": "ada"}
    async with fleet.daemon(token_file=token):
        await fleet.strategy_is("Enabled")
        assert (await fleet.post("/api/v1/halt", body))[0] == 401
        assert (await fleet.post("/api/v1/halt", body, "x" * 20))[0] == 401
        assert (await fleet.post("/api/v1/halt", {}, TOKEN))[0] == 400
        status, answer = await fleet.post("/api/v1/halt", body, TOKEN)
        assert (status, answer["halted"]["by"]) == (200, "ada")
        found = await fleet.api("/api/v1/strategies/btc-grid")  # it is in force with the answer
        assert (found["status"], found["told"]) == ("Halted", "pause")
        assert fleet.told()["enabled"] is False
        assert await fleet.metric("bf_halted") == 1
        await fleet.connection_is("Online")  # connections are tested all the same
    async with fleet.daemon(token_file=token):
        await fleet.ready()
        assert (await fleet.api())["halted"]["reason"] == "fire"
        assert fleet.told()["enabled"] is False
        assert (await fleet.post("/api/v1/resume"))[0] == 401
        assert await fleet.post("/api/v1/resume", {}, TOKEN) == (200, {"resumed": True})
        await fleet.strategy_is("Enabled")
        assert await fleet.metric("bf_halted") == 0
        assert await fleet.post("/api/v1/resume", {}, TOKEN) == (200, {"resumed": False})


@pytest.mark.parametrize("lost", ["journal.db", "halted.json"])
async def test_a_halt_outlives_the_loss_of_either_place(fleet, lost):
    fleet.declare()
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        assert (await fleet.post("/api/v1/halt", {"reason": "fire", "by": "ada"}))[0] == 200
    (fleet.state_dir / lost).unlink()
    async with fleet.daemon():
        await fleet.connection_is("Online")
        await fleet.strategy_is("Halted")
        assert fleet.told()["enabled"] is False
        assert (await fleet.api())["halted"]["reason"] == "fire"
        assert await fleet.post("/api/v1/resume") == (200, {"resumed": True})
        await fleet.strategy_is("Enabled")


async def test_a_halt_is_found_in_the_strategy_files_where_all_state_is_lost(fleet, tmp_path):
    bots = tmp_path / "bots"
    fleet.declare(runtimes=[{"name": "local", "type": "file", "path": str(bots)}])
    async with fleet.daemon(runtime_root=tmp_path):
        await fleet.strategy_is("Enabled")
        assert (await fleet.post("/api/v1/halt", {"reason": "fire", "by": "ada"}))[0] == 200
    shutil.rmtree(fleet.state_dir)
    async with fleet.daemon(runtime_root=tmp_path):
        await fleet.connection_is("Online")
        await fleet.strategy_is("Halted")
        await until(lambda: fleet.told(folder=bots)["enabled"] is False)
        assert "btc-grid" in (await fleet.api())["halted"]["reason"]
        await fleet.post("/api/v1/resume")
        await fleet.strategy_is("Enabled")
    shutil.rmtree(fleet.state_dir)  # nothing says halted now
    async with fleet.daemon(runtime_root=tmp_path):
        await fleet.strategy_is("Enabled")


async def test_a_halt_on_a_full_disk_is_in_force_and_not_called_kept(fleet, monkeypatch):
    save = Journal.save

    def full(*_):
        raise JournalError("the disk is full") from OSError(errno.ENOSPC, "full")

    fleet.declare()
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        monkeypatch.setattr(Journal, "save", full)
        code, answer = await fleet.post("/api/v1/halt", {"reason": "fire", "by": "ada"})
        assert (code, "in force" in answer["error"]) == (507, True)
        assert fleet.told()["enabled"] is False
        monkeypatch.setattr(Journal, "save", save)
        assert (await fleet.post("/api/v1/halt", {"reason": "fire", "by": "ada"}))[0] == 200


async def test_the_state_folder_may_go_while_a_halt_is_in_force(fleet):
    fleet.declare()
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        assert (await fleet.post("/api/v1/halt", {"reason": "fire", "by": "ada"}))[0] == 200
        shutil.rmtree(fleet.state_dir)
        await fleet.until(fleet.api, lambda _: (fleet.state_dir / "journal.db").exists())
        await until(lambda: fleet.logged("state folder was deleted or replaced, started a new one"))
        await fleet.strategy_is("Halted")
    async with fleet.daemon():
        await fleet.connection_is("Online")
        await fleet.strategy_is("Halted")
        await until(lambda: (fleet.told() or {}).get("enabled") is False)


async def test_a_halt_in_the_file_is_ended_there(fleet):
    fleet.declare()
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        fleet.declare(halt={"reason": "storm", "by": "bob"})
        halted = await fleet.strategy_is("Halted")
        assert "storm" in head(halted)["message"]
        assert (await fleet.post("/api/v1/resume"))[0] == 409
        fleet.declare()
        await fleet.strategy_is("Enabled")


async def test_enabled_false_turns_it_off_as_when_off_says(fleet):
    strategy = a_strategy("btc-grid", "kucoin-main", when_off="close")
    fleet.declare(strategies=[strategy])
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        fleet.declare(strategies=[strategy | {"enabled": False}])
        disabled = await fleet.strategy_is("Disabled", "Disabled")
        assert (disabled["desired"], disabled["told"]) == (False, "close")
        assert (fleet.told()["enabled"], fleet.told()["action"]) == (False, "close")
        assert await fleet.metric("bf_strategy_desired", strategy="btc-grid") == 0
        fleet.declare(strategies=[strategy])
        await fleet.strategy_is("Enabled")


async def test_a_suspension_ends_by_itself_when_its_time_has_come(fleet):
    strategy = a_strategy("btc-grid", "kucoin-main")
    fleet.declare(strategies=[strategy])
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        until = (datetime.now(UTC) + timedelta(seconds=10)).isoformat(timespec="seconds")
        pause = {"reason": "moving house", "owner": "ada", "until": until}
        fleet.declare(strategies=[strategy | {"suspend": pause}])
        suspended = await fleet.strategy_is("Suspended")
        assert "ada" in head(suspended)["message"]
        assert fleet.told()["enabled"] is False
        await fleet.strategy_is("Enabled")
        assert fleet.told()["enabled"] is True


async def test_a_suspended_connection_is_not_asked_and_its_strategies_are_off(fleet):
    fleet.declare()
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        pause = {"reason": "key change", "owner": "ada", "until": None}
        fleet.declare([fleet.connection(suspend=pause)])
        await fleet.connection_is("Suspended")
        await fleet.strategy_is("Suspended")
        assert fleet.told()["enabled"] is False
        fleet.world.forget()
        await fleet.post("/-/reload")
        assert fleet.world.count() == 0
        fleet.declare()
        await fleet.strategy_is("Enabled")


async def test_a_strategy_edited_by_hand_is_put_right(fleet):
    fleet.declare(strategies=[a_strategy("btc-grid", "kucoin-main", enabled=False)])
    async with fleet.daemon():
        await fleet.strategy_is("Disabled")
        path = fleet.strategies / "btc-grid.json"
        path.write_text(path.read_text().replace('"enabled": false', '"enabled": true'))
        await fleet.until(fleet.api, lambda _: fleet.told()["enabled"] is False)


async def test_a_folder_that_cannot_be_written_is_shown_and_healed(fleet):
    runtimes = [{"name": "local", "type": "file", "path": "./bots"}]
    (fleet.state_dir).mkdir()
    (fleet.state_dir / "bots").write_text("a file where the folder should be")
    fleet.declare(runtimes=runtimes)
    async with fleet.daemon():
        wrong = await fleet.strategy_is("Error", "RuntimeUnavailable")
        assert wrong["running"] == "unknown"
        assert await fleet.metric("bf_strategy_running", strategy="btc-grid") == 0
        (fleet.state_dir / "bots").unlink()
        await fleet.strategy_is("Enabled")
        assert fleet.told(folder=fleet.state_dir / "bots")["enabled"] is True


async def test_a_strategy_moves_from_one_runtime_to_another(fleet):
    runtimes = [{"name": name, "type": "file", "path": f"./{name}"} for name in ("one", "two")]
    fleet.declare(
        strategies=[a_strategy("btc-grid", "kucoin-main", runtime="one")], runtimes=runtimes
    )
    one, two = fleet.state_dir / "one", fleet.state_dir / "two"
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        assert fleet.told(folder=one)["enabled"] is True
        fleet.declare(
            strategies=[a_strategy("btc-grid", "kucoin-main", runtime="two")], runtimes=runtimes
        )
        await fleet.until(fleet.api, lambda _: (fleet.told(folder=two) or {}).get("enabled"))
        assert fleet.told(folder=one)["enabled"] is False
        await fleet.strategy_is("Enabled")
