"""Real processes: started, told, ended, restarted within limits, and never two of a name."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes import keepers, process
from bf_reconciler.runtimes.adapter import Bounds, Stamp, Target
from bf_reconciler.runtimes.process import ProcessAdapter, ending, recent
from bf_reconciler.runtimes.settle import settle
from bf_reconciler.spec import LOCAL, ProcessRuntime
from bf_reconciler.verdict import Order
from build import STRATEGY, a_strategy

BOT = """
import json, os, signal, subprocess, sys, time
out = open(sys.argv[1], "a")
def say(word): out.write(word + chr(10)); out.flush()
for name, word in (("SIGUSR1", "paused"), ("SIGUSR2", "resumed")):
    signal.signal(getattr(signal, name), lambda *_, word=word: say(word))
if "stubborn" in sys.argv: signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
say(json.dumps({"pid": os.getpid(), "child": child.pid, "env": dict(os.environ)}))
if "ends" in sys.argv: sys.exit(3)
while True: time.sleep(600)
"""


def an_order(*, on=True, action="stop", reason=Reason.CONNECTED):
    words = {"action": action, "reason": reason, "message": "Because."}
    return Order(STRATEGY, LOCAL, on=on, strategy=a_strategy(), **words)


class Bots:
    """A declared runtime, and what its bot wrote down."""

    def __init__(self, folder):
        self.folder, self.out, self.made = folder, folder / "out", []
        self.script = folder / "bot.py"
        self.script.write_text(BOT)

    def adapter(self, *words, root=Path("/"), **fields):
        program = [sys.executable, str(self.script), str(self.out), "{name}", *words]
        whole = {"command": program, "directory": "/", "stop_time": "1s", "restarts": 0} | fields
        declared = ProcessRuntime(name="own", type="process", **whole)
        bounds = Bounds(self.folder / "state", process_root=root)
        self.made.append(ProcessAdapter(declared, bounds))
        return self.made[-1]

    async def says(self, *words):
        async with asyncio.timeout(60):
            while True:
                with suppress(FileNotFoundError):
                    lines = self.out.read_text().splitlines()
                    if len(lines) > len(words) and lines[1:] == list(words):
                        return json.loads(lines[0])
                await asyncio.sleep(0.01)


@pytest.fixture
async def bots(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "FIRST_RESTART", timedelta(seconds=0.01))
    made = Bots(tmp_path)
    yield made
    for adapter in made.made:
        await settle(adapter, {STRATEGY: a_target(an_order(on=False))})
        await until(adapter, an_order(on=False), "stopped", None)
        await adapter.close()


def a_target(order):
    return Target(order, Stamp(3, "r1", datetime.now(UTC)))


async def until(adapter, order, state, reason):
    async with asyncio.timeout(60):
        while True:
            found = (await settle(adapter, {STRATEGY: a_target(order)}))[STRATEGY]
            if (found.state, found.reason) == (state, reason):
                return found
            if found.absent and not order.on:
                return found
            await asyncio.sleep(0.02)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def declared_pairs(path):
    return json.loads(Path(path).read_text())["pairs"]


async def gone(*pids):
    async with asyncio.timeout(60):
        while any(alive(pid) for pid in pids):  # noqa: ASYNC110 # the kernel sets no event
            await asyncio.sleep(0.02)


async def test_a_process_runs_and_ends_with_all_that_it_started(bots):
    adapter = bots.adapter()
    await until(adapter, an_order(), "running", None)
    said = await bots.says()
    assert alive(said["pid"])
    assert alive(said["child"])
    await until(adapter, an_order(on=False), "stopped", None)
    await gone(said["pid"], said["child"])


async def test_one_that_does_not_end_is_killed(bots):
    adapter = bots.adapter("stubborn")
    await until(adapter, an_order(), "running", None)
    said = await bots.says()
    await until(adapter, an_order(on=False), "stopped", None)
    await gone(said["pid"], said["child"])


async def test_a_pause_is_a_signal_and_is_told_but_not_confirmed(bots):
    adapter = bots.adapter(pause_signal="SIGUSR1", resume_signal="SIGUSR2")
    await until(adapter, an_order(), "running", None)
    await bots.says()
    paused = await until(adapter, an_order(on=False, action="pause"), "unknown", None)
    assert paused.told == "pause"
    await bots.says("paused")
    await until(adapter, an_order(), "running", None)
    await bots.says("paused", "resumed")


async def test_one_that_ends_by_itself_is_started_again_within_limits(bots):
    adapter = bots.adapter("ends", restarts=2)
    async with asyncio.timeout(60):
        words = ""
        while "not started again" not in words:
            found = await until(adapter, an_order(), "stopped", Reason.ENGINE_STOPPED_ITSELF)
            words = found.message
    assert "ended by itself with code 3" in words
    assert len(bots.out.read_text().splitlines()) == 3
    await until(adapter, an_order(), "stopped", Reason.ENGINE_STOPPED_ITSELF)
    assert len(bots.out.read_text().splitlines()) == 3


async def test_what_survives_is_found_again_and_not_started_twice(bots):
    first = bots.adapter(survive=True)
    await until(first, an_order(), "running", None)
    said = await bots.says()
    await first.close()
    bots.made.remove(first)
    second = bots.adapter(survive=True)
    await until(second, an_order(), "running", None)
    assert alive(said["pid"])
    assert len(bots.out.read_text().splitlines()) == 1
    holding = (await second.read([STRATEGY]))[STRATEGY].holding
    assert (holding.on, holding.action) == (True, "stop")


async def test_what_does_not_survive_ends_when_the_daemon_lets_go(bots):
    first = bots.adapter()
    await until(first, an_order(), "running", None)
    said = await bots.says()
    await first.close()
    bots.made.remove(first)
    await gone(said["pid"], said["child"])


DAEMON = """
import os, sys, time
from pathlib import Path
from bf_reconciler.runtimes.keepers import spawn
folder, command = sys.argv[1], sys.argv[2:]
Path(folder).mkdir()
end, ours = os.pipe()
spawn([folder, "btc-grid", "1", str(end), "/", *command], {}, end)
os.close(end)
print("up", flush=True)
time.sleep(600)
"""


async def test_kill_9_of_the_daemon_ends_the_process(tmp_path):
    out = tmp_path / "out"
    bot = [sys.executable, "-c", BOT, str(out)]
    daemon = subprocess.Popen(  # noqa: ASYNC220 # it is killed, not waited for
        [sys.executable, "-c", DAEMON, str(tmp_path / "kept"), *bot]
    )
    bots = Bots(tmp_path)
    said = await bots.says()
    daemon.send_signal(signal.SIGKILL)
    daemon.wait()
    await gone(said["pid"], said["child"])


async def test_nothing_is_started_outside_of_the_declared_folder(bots):
    for root in (None, bots.folder):
        adapter = bots.adapter(root=root)
        found = (await settle(adapter, {STRATEGY: a_target(an_order())}))[STRATEGY]
        assert found.reason is Reason.RUNTIME_UNAVAILABLE
        assert "--process-root" in found.message
        bots.made.remove(adapter)
        await adapter.close()
    assert not bots.out.exists()


async def test_a_process_knows_nothing_of_the_environment_of_the_daemon(bots, monkeypatch):
    monkeypatch.setenv("SOPS_AGE_KEY", "AGE-SECRET-KEY-1")
    await until(bots.adapter(), an_order(), "running", None)
    env = (await bots.says())["env"]
    assert env.keys() <= {
        *keepers.INHERITED,
        "PATH",
        "BF_STRATEGY",
        "BF_STRATEGY_FILE",
        "LC_CTYPE",
    }
    assert declared_pairs(env["BF_STRATEGY_FILE"]) == ["BTC/USDT"]


async def test_another_command_is_started_when_the_old_one_has_ended(bots):
    await until(bots.adapter(survive=True), an_order(), "running", None)
    said = await bots.says()
    await until(bots.made[0], an_order(), "running", None)
    changed = bots.adapter("other", survive=True)
    async with asyncio.timeout(60):
        while len(bots.out.read_text().splitlines()) < 2:
            await settle(changed, {STRATEGY: a_target(an_order())})
    await gone(said["pid"])
    await bots.made.pop(0).close()


async def test_a_number_that_another_process_has_by_now_is_never_signalled(bots):
    adapter = bots.adapter()
    folder = bots.folder / "state" / "processes" / "own"
    folder.mkdir(parents=True)
    (folder / f"{STRATEGY}.lock").write_text(str(os.getpid()))
    (folder / f"{STRATEGY}.told").write_text(json.dumps({"told": "run", "pid": os.getpid()}))
    await until(adapter, an_order(on=False), "stopped", None)


def test_only_recent_ends_count_and_a_clock_that_was_set_back_hides_none():
    noted = {"exits": [1.0, 95.0, 200.0, "x"]}
    assert recent(noted, timedelta(seconds=10), 100.0) == [95.0, 100.0]
    assert recent({"exits": 5}, timedelta(seconds=10), time.time()) == []


def test_how_a_process_ended_is_said():
    assert ending({"code": 3}) == "ended by itself with code 3"
    assert ending({"code": -9}) == "was ended by SIGKILL"
    assert ending({"error": "No such file or directory"}) == (
        "could not be started (No such file or directory)"
    )
