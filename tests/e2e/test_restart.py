"""A restart is a no-op: whatever killed the daemon, nothing moves until a probe says something."""

import asyncio
import json
import random
import signal
import sys

import pytest

from bf_reconciler.journal import Journal
from e2e.fleet import DEADLINE, a_fleet, a_strategy

pytestmark = pytest.mark.slow
KILLED = """
import json, os, pathlib, signal, sys
from bf_reconciler.cli import main
from bf_reconciler.journal import Journal

file, save = pathlib.Path(sys.argv.pop(1)) / "btc-grid.json", Journal.save

def killed(*arguments):
    if json.loads(file.read_text())["enabled"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return save(*arguments)

Journal.save = killed
main()
"""
"""A daemon that is killed after it has turned a strategy on, and before it saves that."""
DEAF = {"latency": 600.0}
"""The exchange takes the question and never answers."""
PATIENT = {"interval": "1s", "timeout": "60s"}


@pytest.fixture
async def fleet(tmp_path):
    async with a_fleet(tmp_path) as running:
        yield running


def left(fleet):
    """What the last daemon left behind: transitions, oldest first, and the strategy files."""
    with Journal(fleet.state_dir, readonly=True) as journal:
        history = [(t.name, t.after, str(t.reason)) for t in reversed(journal.history(limit=1000))]
    files = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in fleet.strategies.iterdir()}
    return history, files


async def turned(fleet, times=3):
    """Wait until the daemon has taken some turns."""
    for _ in range(times):
        await fleet.post("/-/reload")
    await fleet.until(
        lambda: fleet.metric("bf_reconcile_duration_seconds_count"), lambda n: (n or 0) >= times
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_kill_9_around_a_change_of_rights_changes_nothing(fleet, seed):
    dice = random.Random(seed)  # noqa: S311 # a test's own
    fleet.declare(defaults=PATIENT, policy={"grace": "5m"})
    async with fleet.process() as child:
        await fleet.strategy_is("Enabled")
        fleet.world.patch_key("kucoin", {"withdraw": True})
        await asyncio.sleep(dice.uniform(0.0, 1.3))  # the moment of death
        child.kill()
    before, files = left(fleet)
    fleet.world.put_faults("kucoin", DEAF)
    async with fleet.process() as child:
        await fleet.until(fleet.api, lambda now: now["connections"])
        await turned(fleet)
        child.kill()
    after, files_after = left(fleet)
    # What was seen before the end may be carried through; nothing else may happen.
    news = after[len(before) :]
    assert after[: len(before)] == before
    assert news == [] or {(to, reason) for _, to, reason in news} == {
        ("Blocked", "WithdrawEnabled")
    }
    if not news:
        assert files_after == files
    fleet.world.put_faults("kucoin", {})
    async with fleet.process():
        await fleet.strategy_is("Blocked", "WithdrawEnabled")
        assert fleet.told()["enabled"] is False


async def test_kill_9_between_turning_on_and_saving_it_turns_nothing_off_and_on(fleet):
    off = [a_strategy("btc-grid", "kucoin-main", enabled=False)]
    fleet.declare(strategies=off, defaults=PATIENT)
    async with fleet.daemon():
        await fleet.strategy_is("Disabled")
    assert fleet.told()["enabled"] is False
    fleet.declare(defaults=PATIENT)
    command = fleet.command()[3:]
    fleet.command = lambda: [sys.executable, "-c", KILLED, str(fleet.strategies), *command]
    async with fleet.process() as child:
        assert await asyncio.wait_for(child.wait(), DEADLINE) == -signal.SIGKILL
    before, files = left(fleet)
    assert fleet.told()["enabled"] is True
    assert "Enabled" not in {to for _, to, _ in before}  # it was not saved
    del fleet.command
    fleet.world.put_faults("kucoin", DEAF)
    async with fleet.process():
        await fleet.until(fleet.api, lambda status: status["generation"] > 0)
        await turned(fleet)
        assert left(fleet)[1] == files
        fleet.world.put_faults("kucoin", {})
        await fleet.strategy_is("Enabled")
        assert fleet.told()["since"] == json.loads(files["btc-grid.json"][0])["since"]


async def test_an_orderly_restart_writes_and_says_nothing(fleet):
    fleet.declare()
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        before = await fleet.api()
    kept = left(fleet)
    fleet.log.truncate(0)
    async with fleet.daemon():
        await fleet.ready()
        await turned(fleet)
        after = await fleet.api()
        assert left(fleet) == kept
        assert fleet.logged("strategy changed") == fleet.logged("connection changed") == []
        for kind in ("connections", "strategies"):
            since = [[c["since"] for c in entry["conditions"]] for entry in before[kind]]
            assert [[c["since"] for c in entry["conditions"]] for entry in after[kind]] == since
        assert after["generation"] == before["generation"]


async def test_an_outage_that_is_known_outlives_a_restart_within_its_grace(fleet):
    fleet.declare(policy={"grace": "5m"})
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        fleet.world.put_faults("kucoin", {"status": 503})
        await fleet.strategy_is("Holding", "ExchangeUnavailable")
    kept = left(fleet)
    async with fleet.daemon():
        await turned(fleet)
        assert left(fleet) == kept
        assert fleet.told()["enabled"] is True
        fleet.world.put_faults("kucoin", {})
        await fleet.strategy_is("Enabled")


async def test_what_only_an_earlier_process_saw_turns_nothing_on(fleet):
    strategies = [
        a_strategy("btc-grid", "kucoin-main", enabled=False),
        a_strategy("new", "kucoin-main"),
    ]
    fleet.declare(strategies=strategies[:1], defaults=PATIENT)
    async with fleet.daemon():
        await fleet.connection_is("Online")
        await fleet.strategy_is("Disabled")
    strategies[0]["enabled"] = True
    fleet.declare(strategies=strategies, defaults=PATIENT)
    fleet.world.put_faults("kucoin", DEAF)
    async with fleet.daemon():
        await fleet.until(fleet.api, lambda now: len(now["strategies"]) == 2)
        await turned(fleet)
        assert fleet.told()["enabled"] is False
        assert fleet.told("new") is None
        statuses = {s["name"]: s["status"] for s in (await fleet.api())["strategies"]}
        assert "Enabled" not in statuses.values()
    fleet.world.put_faults("kucoin", {})
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        await fleet.strategy_is("Enabled", name="new")


async def test_a_file_that_went_bad_while_it_was_down_leaves_everything_guarded(fleet):
    fleet.declare()
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
    kept = left(fleet)
    fleet.commit("connections: [\n")
    async with fleet.daemon():
        await fleet.config_is("InvalidYAML")
        assert left(fleet) == kept
        assert [s["status"] for s in (await fleet.api())["strategies"]] == ["Enabled"]
        assert await fleet.metric("bf_config_last_good_in_force") == 1
        assert fleet.logged("last good file in force")
        fleet.world.patch_key("kucoin", {"withdraw": True})  # the last good file guards on
        await fleet.strategy_is("Blocked", "WithdrawEnabled")
        assert fleet.told()["enabled"] is False
    assert "SENTINEL" not in (fleet.state_dir / "last-good.yaml").read_text()


async def test_a_restart_on_a_bad_file_without_a_last_good_one_runs_nothing_unwatched(fleet):
    fleet.declare()
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
    (fleet.state_dir / "last-good.yaml").unlink()
    fleet.commit("connections: [\n")
    async with fleet.daemon():
        await fleet.config_is("InvalidYAML")
        await fleet.connection_is("Pending")
        await fleet.strategy_is("Holding", "ConnectionNotReady")
        assert await fleet.metric("bf_connection_up", connection="kucoin-main") == 0
        fleet.declare()
        await fleet.strategy_is("Enabled")


async def test_the_kill_switch_works_without_a_valid_file(fleet):
    fleet.declare()
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
    fleet.commit("connections: [\n")
    async with fleet.daemon():
        await fleet.config_is("InvalidYAML")
        await fleet.post("/api/v1/halt", {"reason": "fire", "by": "ada"})
        await fleet.strategy_is("Halted", "Halted")
        assert (fleet.told()["enabled"], fleet.told()["reason"]) == (False, "Halted")
        fleet.declare()
        await fleet.connection_is("Online")
        await fleet.strategy_is("Halted")
        assert fleet.told()["enabled"] is False
        await fleet.post("/api/v1/resume")
        await fleet.strategy_is("Enabled")


async def test_what_nobody_declares_after_the_state_was_lost_goes_off_and_is_shown(fleet):
    strategies = [a_strategy("btc-grid", "kucoin-main"), a_strategy("stray", "kucoin-main")]
    fleet.declare(strategies=strategies)
    async with fleet.daemon():
        await fleet.strategy_is("Enabled", name="stray")
    for each in fleet.state_dir.glob("journal*"):
        each.unlink()
    fleet.declare(strategies=strategies[:1])
    async with fleet.daemon():
        await fleet.strategy_is("Blocked", "OrphanStopped", name="stray")
        await fleet.until(fleet.api, lambda _: fleet.told("stray")["enabled"] is False)
        assert fleet.told("stray")["reason"] == "OrphanStopped"
        await fleet.strategy_is("Enabled")
        (fleet.strategies / "stray.json").unlink()
        await fleet.until(fleet.api, lambda now: len(now["strategies"]) == 1)
