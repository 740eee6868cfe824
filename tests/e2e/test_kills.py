"""A hundred kill -9 at random moments, while rights and the kill switch change in between."""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from bf_reconciler.journal import Journal
from bf_reconciler.status import judged_again
from e2e.fleet import DEADLINE, a_fleet, end

pytestmark = pytest.mark.slow
LIVES = 100
FORKS = """
import os, sys
import ccxt.async_support
from bf_reconciler.cli import main

for _ in sys.stdin:
    child = os.fork()
    if not child:
        os.setsid()
        main()
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""
"""Starts a daemon for each line. What it imports is imported once: a start takes no time."""
PATIENT = {"interval": "1s", "timeout": "60s"}


@pytest.fixture
async def fleet(tmp_path):
    async with a_fleet(tmp_path) as running:
        yield running


@contextlib.asynccontextmanager
async def starter(fleet):
    """A program that starts the daemon of this fleet when asked to."""
    command = [sys.executable, "-c", FORKS, *fleet.command("--log-level", "error")[3:]]
    with (fleet.folder / "log").open("wb") as log:
        child = await asyncio.create_subprocess_exec(
            *command, env=fleet.environ(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
    try:
        yield child
    finally:
        await end(child)


@contextlib.asynccontextmanager
async def a_life(child, log):
    """A daemon that is killed when the block ends."""
    child.stdin.write(b"start\n")
    async with asyncio.timeout(DEADLINE):
        pid = int(await child.stdout.readline())
    try:
        yield
    finally:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pytest.fail(f"it ended by itself: {log.read_text()[-3000:]}")
        async with asyncio.timeout(DEADLINE):
            assert await child.stdout.readline() == b"ended\n"


def check(fleet):
    """What may never be, whenever it was killed: a torn file, or a journal that is lost."""
    for path in fleet.strategies.glob("*.json"):
        json.loads(path.read_text())
    with Journal(fleet.state_dir, readonly=True) as journal:
        assert journal.load() is not None
        assert journal.verify().intact
    assert list(fleet.state_dir.glob("*corrupt*")) == []
    text = (fleet.folder / "log").read_text()
    assert "rror" not in text, text[-3000:]
    return (fleet.told() or {"enabled": False})["enabled"]


async def probed(fleet, since):
    """The key has been asked since then, and what was seen is shown."""
    path = "/api/v1/connections/kucoin-main"
    await fleet.until(
        lambda: fleet.api(path), lambda found: datetime.fromisoformat(found["last_probe"]) > since
    )


async def changed(fleet, dice, halted):
    """In the middle of a life, the kill switch is used or taken back; what was answered counts."""
    await fleet.until(fleet.api, lambda status: status["generation"] > 0)
    await asyncio.sleep(dice.uniform(0.0, 0.2))
    if dice.random() < 0.3:
        path = "/api/v1/resume" if halted else "/api/v1/halt"
        status, _ = await fleet.post(path, {} if halted else {"reason": "fire", "by": "ada"})
        assert status == 200
        return not halted
    return halted


async def test_a_hundred_kills_turn_nothing_on_that_may_not_and_forget_no_halt(fleet):
    dice = random.Random(9)  # noqa: S311 # a test's own
    fleet.declare(defaults=PATIENT, policy={"grace": "5m"})
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
    bad = halted = False
    (fleet.folder / "log").touch()
    async with starter(fleet) as child:
        async with a_life(child, fleet.folder / "log"):
            begun, since = time.monotonic(), datetime.now(UTC)
            await probed(fleet, since)
            takes = time.monotonic() - begun  # here and now, until it decides
        for _ in range(LIVES):
            if dice.random() < 0.3:
                bad = not bad
                fleet.world.patch_key("kucoin", {"withdraw": bad})
            before, was_halted = check(fleet), halted
            async with a_life(child, fleet.folder / "log"):
                if dice.random() < 0.5:
                    halted = await changed(fleet, dice, halted)
                else:
                    await asyncio.sleep(dice.uniform(0.0, 1.2 * takes))  # the moment of death
            after = check(fleet)
            if bad or (was_halted and halted):
                assert after <= before, "turned on"
            elif not was_halted and not halted:
                assert after >= before, "turned off"
    since = datetime.now(UTC)
    async with fleet.daemon():
        await fleet.post("/api/v1/resume")
        await probed(fleet, since)
        await fleet.strategy_is("Blocked" if bad else "Enabled")
        assert fleet.told()["enabled"] is not bad
    with Journal(fleet.state_dir, readonly=True) as journal:  # of all of these lives
        found = [judgement for _, judgement in journal.judgements()]
        assert found[0].outcome.compliant
        assert found[-1].outcome.compliant is not bad
        assert all(judged_again(each) == each.outcome for each in found)
