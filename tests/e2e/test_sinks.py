"""Nothing that the daemon writes to may keep it from turning a strategy off."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess

import pytest

from e2e.fleet import a_fleet, a_strategy, head, until

pytestmark = pytest.mark.slow


@pytest.fixture
async def fleet(tmp_path):
    async with a_fleet(tmp_path) as running:
        yield running


@pytest.fixture
def full_pipe():
    """The end that is written to of a pipe that is full and that nobody reads."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 65536)
    os.set_blocking(writer, True)
    yield writer
    os.close(reader)
    os.close(writer)


async def test_a_standard_error_that_nobody_reads_freezes_nothing(fleet, full_pipe):
    fleet.declare()
    child = await asyncio.create_subprocess_exec(
        *fleet.command(),
        env=fleet.environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=full_pipe,
    )
    try:
        await fleet.strategy_is("Enabled")
        fleet.world.patch_key("kucoin", {"withdraw": True})
        await fleet.strategy_is("Blocked", "WithdrawEnabled")
        assert fleet.told()["enabled"] is False
        child.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(child.wait(), 30) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


@contextlib.contextmanager
def locked_journal(fleet):
    """Another program keeps it for itself."""
    other = sqlite3.connect(fleet.state_dir / "journal.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.close()


async def test_nothing_is_turned_on_while_the_journal_is_locked(fleet):
    strategy = a_strategy("btc-grid", "kucoin-main", enabled=False)
    fleet.declare(strategies=[strategy])
    async with fleet.process():
        await fleet.connection_is("Online")
        await fleet.strategy_is("Disabled")
        with locked_journal(fleet):
            fleet.declare(strategies=[strategy | {"enabled": True}])
            withheld = await fleet.strategy_is("Error", "RuntimeUnavailable")
            assert "journal" in head(withheld)["message"]
            assert fleet.told()["enabled"] is False
        await fleet.strategy_is("Enabled")


async def test_a_journal_that_another_program_locks_delays_no_turning_off(fleet):
    fleet.declare()
    async with fleet.process():
        await fleet.strategy_is("Enabled")
        with locked_journal(fleet):
            fleet.world.patch_key("kucoin", {"withdraw": True})
            await until(lambda: fleet.told()["enabled"] is False, 60)
            assert fleet.told()["reason"] == "WithdrawEnabled"
            code, answer = await fleet.post("/api/v1/halt", {"reason": "fire", "by": "ada"})
            assert (code, "in force" in answer["error"]) == (503, True)
        await until(lambda: fleet.logged("journal can be written again"))
        assert (await fleet.post("/api/v1/halt", {"reason": "fire", "by": "ada"}))[0] == 200
