"""The client of bots: whatever is wrong ends in stop, and what is done is confirmed."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bf_reconciler import client
from bf_reconciler.client import Decision, Follower, anchored, follow, read

STRATEGY = {"name": "btc-grid", "pairs": ["BTC/USDT"]}
FAST = 0.01


def document(action="run", lease=120.0, **changes):
    until = datetime.now(UTC) + timedelta(seconds=lease)
    whole = {
        "version": 1,
        "by": "bf-reconciler",
        "name": "btc-grid",
        "enabled": action == "run",
        "action": action,
        "reason": "Connected",
        "message": "Its connection complies.",
        "generation": 3,
        "revision": "r1",
        "since": "2026-03-02T12:00:00.000Z",
        "valid_until": until.isoformat(),
        "strategy": STRATEGY,
    }
    return whole | changes


@pytest.fixture
def path(tmp_path):
    return tmp_path / "btc-grid.json"


def write(path, *args, **changes):
    other = path.with_name("new")
    other.write_text(json.dumps(document(*args, **changes)))
    other.replace(path)


def ack(path):
    return json.loads(path.with_name("btc-grid.ack.json").read_text())


def acked(path, action, generation=3):
    """Wait for a confirmation."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            word = ack(path)
        except FileNotFoundError:
            word = {}
        if (word.get("action"), word.get("generation")) == (action, generation):
            return word
        time.sleep(FAST)
    raise AssertionError(action)


@pytest.mark.parametrize("action", ["run", "pause", "stop", "close"])
def test_a_file_is_read_as_what_to_do(path, action):
    write(path, action)
    decision = read(path)
    assert (decision.action, decision.problem) == (action, "")
    assert decision.enabled is (action == "run")
    assert (decision.generation, decision.revision, decision.strategy) == (3, "r1", STRATEGY)
    assert 110 < decision.remaining < 120
    assert decision.is_valid()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"by": "another"}, "foreign"),
        ({"name": "eth-grid"}, "foreign"),
        ({"version": 2}, "version"),
        ({"version": True}, "version"),
        ({"version": "1"}, "version"),
        ({"action": "fly"}, "unreadable"),
        ({"action": ["run"]}, "unreadable"),
        ({"enabled": False}, "unreadable"),
        ({"action": "pause", "enabled": True}, "unreadable"),
        ({"valid_until": "tomorrow"}, "unreadable"),
        ({"valid_until": "2026-11-28T22:00:00"}, "unreadable"),
        ({"valid_until": None}, "unreadable"),
        ({"lease": -1}, "expired"),
        ({"lease": 0.0}, "expired"),
    ],
)
def test_what_may_not_be_followed_means_stop(path, changes, problem):
    write(path, **changes)
    decision = read(path)
    assert (decision.action, decision.problem) == ("stop", problem)
    assert not decision.is_valid()


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_garbage_means_stop(path, text):
    path.write_bytes(text)
    assert (read(path).action, read(path).problem) == ("stop", "unreadable")


def test_what_is_no_file_means_stop_and_is_not_waited_for(path, monkeypatch):
    assert read(path).problem == "missing"
    os.mkfifo(path)
    assert read(path).problem == "unreadable"
    path.unlink()
    path.mkdir()
    assert read(path).problem == "unreadable"
    path.rmdir()
    write(path)
    monkeypatch.setattr(client, "MAX_BYTES", 9)
    assert read(path).problem == "unreadable"


def test_a_strange_generation_or_strategy_is_not_passed_on(path):
    write(path, generation="3", strategy=None)
    assert (read(path).generation, read(path).strategy) == (None, {})


def test_a_clock_that_was_set_back_gives_one_lease_at_most(path):
    write(path, lease=7200)
    long_ago = time.time() + 7200 - 60  # the file is from the future, by a lease of a minute
    os.utime(path, (long_ago, long_ago))
    assert read(path).remaining < 61


def test_reading_the_same_lease_again_prolongs_nothing(path):
    write(path)
    first = read(path)
    later = replace(first, deadline=first.deadline + 50)
    assert anchored(later, first.until, first.deadline).deadline == first.deadline
    assert anchored(later, first.until - 1, first.deadline).deadline == later.deadline
    assert anchored(later, first.until, time.monotonic()).problem == "expired"
    missing = Decision("stop", problem="missing")
    assert anchored(missing, client.NEVER, client.NEVER) is missing


def test_the_loop_has_each_order_once_and_confirms_it(path):
    write(path)
    seen = []
    with Follower(path, poll=FAST) as bot:
        for decision in bot:
            seen.append(decision.action)
            if len(seen) == 1:
                write(path, "pause", reason="WithdrawEnabled")
            elif len(seen) == 2:
                write(path, "close", generation=4)
            else:
                bot.confirm()
                acked(path, "close", 4)
                break
    assert seen == ["run", "pause", "close"]
    assert not list(path.parent.glob(".*"))


def test_what_is_not_handled_is_not_confirmed(path):
    write(path)
    with Follower(path, poll=FAST) as bot:
        loop = iter(bot)
        assert next(loop).action == "run"
        time.sleep(20 * FAST)
        assert not path.with_name("btc-grid.ack.json").exists()
        write(path, "stop")
        assert next(loop).action == "stop"
        acked(path, "run")


def run_bot(path, seen, **options):
    bot = Follower(path, poll=FAST, **options)

    def loop():
        for decision in bot:
            seen.append(decision)

    thread = threading.Thread(target=loop)
    thread.start()
    return bot, thread


def test_a_new_generation_of_the_same_order_is_confirmed_without_another_turn(path):
    write(path)
    seen = []
    bot, thread = run_bot(path, seen)
    acked(path, "run")
    write(path, generation=4, revision="r2")
    acked(path, "run", 4)
    bot.close()
    thread.join()
    assert len(seen) == 1


def test_a_confirmation_is_renewed_within_the_lease(path):
    write(path, lease=3)
    bot, thread = run_bot(path, [])
    first = acked(path, "run")
    deadline = time.monotonic() + 30
    while ack(path)["at"] == first["at"] and time.monotonic() < deadline:
        write(path, lease=3)
        time.sleep(0.1)
    assert ack(path)["at"] > first["at"]
    bot.close()
    thread.join()


def test_a_bot_stops_by_itself_before_its_lease_ends(path):
    write(path, lease=2)
    until = read(path).until
    with follow(path) as bot:
        loop = iter(bot)
        assert next(loop).action == "run"
        stopped = next(loop)
        assert (stopped.action, stopped.problem) == ("stop", "expired")
        assert bot.current().problem == "expired"
        assert time.time() >= until
        write(path)
        assert next(loop).action == "run"  # somebody watches again
    assert ack(path)["generation"] == 3


def test_a_folder_that_hangs_does_not_keep_a_bot_from_stopping(path, monkeypatch):
    write(path, lease=2)
    hangs, real = threading.Event(), read
    calls = []

    def slow(where):
        calls.append(where)
        if len(calls) > 1:
            hangs.wait()
        return real(where)

    monkeypatch.setattr(client, "read", slow)
    with Follower(path, poll=FAST) as bot:
        loop = iter(bot)
        assert next(loop).action == "run"
        assert next(loop).problem == "expired"
        hangs.set()


def test_a_folder_that_never_answered_means_stop(path, monkeypatch):
    hangs = threading.Event()
    monkeypatch.setattr(client, "read", lambda _: hangs.wait() and Decision("stop"))
    with Follower(path, poll=FAST) as bot:
        assert bot.current().problem == "unanswered"
        assert next(iter(bot)).problem == "unanswered"
        hangs.set()


def test_a_bot_without_a_file_confirms_nothing(path):
    with Follower(path, poll=FAST) as bot:
        loop = iter(bot)
        assert next(loop).problem == "missing"
        write(path, "pause")
        assert next(loop).action == "pause"
        bot.confirm("stop")  # it does less than it may
        acked(path, "stop")


def test_a_tick_comes_without_news(path):
    write(path)
    with Follower(path, poll=FAST, tick=0.05) as bot:
        loop = iter(bot)
        assert [next(loop).action for _ in range(3)] == ["run"] * 3


def test_what_cannot_be_confirmed_is_told(path, monkeypatch):
    write(path)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with Follower(path, poll=FAST) as bot:
        loop = iter(bot)
        next(loop)
        bot.confirm()
        deadline = time.monotonic() + 30
        while not bot.confirm_error and time.monotonic() < deadline:
            time.sleep(FAST)
        assert bot.confirm_error == "No space left on device"


async def test_async_bots_do_the_same(path):
    write(path)
    seen = []
    bot = Follower(path, poll=FAST)
    async for decision in bot:
        seen.append(decision.action)
        if len(seen) == 1:
            await asyncio.to_thread(write, path, "stop")
        else:
            break
    assert seen == ["run", "stop"]
    acked(path, "run")
    again = [bot.current().action]
    bot.close()
    assert again == ["stop"]
    assert [each async for each in bot] == []


async def test_an_async_loop_waits_for_the_end_of_the_lease(path):
    write(path, lease=1.5)
    problems = []
    with Follower(path) as bot:
        async for decision in bot:
            problems.append(decision.problem)
            if decision.problem:
                break
    assert problems == ["", "expired"]


def test_it_loads_no_other_module_of_the_program():
    code = (
        "import sys, bf_reconciler.client\n"
        "mine = {name for name in sys.modules if name.startswith('bf_reconciler')}\n"
        "assert mine == {'bf_reconciler', 'bf_reconciler.client'}, mine\n"
        "outside = {m for m in sys.modules if m.split('.')[0] in {'pydantic', 'aiohttp', 'yaml'}}\n"
        "assert not outside, outside\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_bot_of_the_documentation_is_the_one_that_ships():
    root = Path(__file__).parents[1]
    bot = (root / "src/bf_reconciler/demo/bot.py").read_text()
    assert bot.partition("\n\n")[2] in (root / "docs/bots.md").read_text()
