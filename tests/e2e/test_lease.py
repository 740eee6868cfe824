"""Nobody guards a bot whose daemon is dead: it stops by itself, within its lease, every time.

`BF_KILLS=10 pytest tests/e2e/test_lease.py` kills ten daemons, and counts 50 bots.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from datetime import datetime
from subprocess import DEVNULL

import pytest

from e2e.fleet import a_fleet, a_strategy, until

pytestmark = pytest.mark.slow
BOTS, KILLS = 5, int(os.environ.get("BF_KILLS", "1"))
BOT = """
import sys, time
from bf_reconciler.client import follow

for decision in follow(sys.argv[1], tick=0.05):
    if decision.action == "run" and decision.is_valid():
        print("ordered", time.time(), flush=True)
    elif decision.action != "run":
        print(decision.action, decision.problem or "told", flush=True)
"""


class Bot:
    """A bot of the client, as a process; it orders as often as it may."""

    def __init__(self):
        self.ordered, self.said = 0.0, ""

    async def follow(self, path):
        self.child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", BOT, path), stdin=DEVNULL, stdout=asyncio.subprocess.PIPE
        )
        async for line in self.child.stdout:
            self.said, value = line.decode().split()
            if self.said == "ordered":
                self.ordered = float(value)
            else:
                self.said += f" {value}"


@contextlib.asynccontextmanager
async def bots(folder):
    """One for each strategy."""
    made = {f"bot-{n}": Bot() for n in range(BOTS)}
    reading = [
        asyncio.create_task(bot.follow(folder / f"{name}.json")) for name, bot in made.items()
    ]
    try:
        yield made
    finally:
        for bot in made.values():
            bot.child.kill()
            await bot.child.wait()
        await asyncio.gather(*reading)


def lease_ends(folder, name):
    text = json.loads((folder / f"{name}.json").read_text())["valid_until"]
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize("kill", range(KILLS))
async def test_a_bot_stops_within_its_lease_when_the_daemon_is_killed(tmp_path, kill):
    async with a_fleet(tmp_path) as fleet, bots(fleet.strategies) as running:
        fleet.declare(
            strategies=[a_strategy(name, "kucoin-main") for name in running],
            runtimes=[{"name": "local", "type": "file", "lease": f"{8 + kill % 5}s"}],
        )
        async with fleet.process() as child:
            await until(lambda: all(bot.said == "ordered" for bot in running.values()))
            began = {name: lease_ends(fleet.strategies, name) for name in running}
            await until(  # it is renewed while the daemon lives
                lambda: all(lease_ends(fleet.strategies, name) > began[name] for name in running)
            )
            child.send_signal(signal.SIGKILL)
            await child.wait()
        ends = {name: lease_ends(fleet.strategies, name) for name in running}
        await until(lambda: all(bot.said == "stop expired" for bot in running.values()))
        assert [name for name, bot in running.items() if bot.ordered > ends[name]] == []
