"""A folder on a dead mount: its own strategies are said to be unknown, and nobody waits for it."""

import os
import threading

import pytest

from e2e.fleet import a_fleet, a_strategy

pytestmark = pytest.mark.slow


@pytest.fixture
async def fleet(tmp_path):
    async with a_fleet(tmp_path) as running:
        yield running


@pytest.fixture
def hang(monkeypatch):
    """Have every look into a folder hang, as on a mount whose server has gone."""
    hung, released, lstat = set(), threading.Event(), os.lstat

    def look(path, *rest, **options):
        if any(str(folder) in str(path) for folder in hung):
            released.wait()
        return lstat(path, *rest, **options)

    monkeypatch.setattr(os, "lstat", look)
    yield hung.add
    released.set()


async def test_a_folder_that_hangs_delays_no_other_and_no_end(fleet, hang):
    runtimes = [{"name": name, "type": "file", "path": f"./{name}"} for name in ("good", "dead")]
    strategies = [
        a_strategy("btc-grid", "kucoin-main", runtime="good"),
        a_strategy("eth-grid", "kucoin-main", runtime="dead"),
    ]
    fleet.declare(strategies=strategies, runtimes=runtimes)
    async with fleet.daemon() as task:
        await fleet.strategy_is("Enabled")
        await fleet.strategy_is("Enabled", name="eth-grid")
        hang(fleet.state_dir / "dead")
        fleet.world.patch_key("kucoin", {"withdraw": True})
        await fleet.strategy_is("Blocked", "WithdrawEnabled")
        assert fleet.told(folder=fleet.state_dir / "good")["enabled"] is False
        unknown = await fleet.strategy_is("Error", "StillRunning", name="eth-grid")
        assert unknown["running"] == "unknown"
        assert fleet.told("eth-grid", fleet.state_dir / "dead")["enabled"] is True
        await fleet.connection_is("Blocked")  # turns go on
    assert task.done()
