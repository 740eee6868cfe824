"""Strategies as files: whole or not at all, touched only for a difference, never believed."""

import asyncio
import json
import os
import threading
from pathlib import Path

import pytest

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes import Runtimes
from bf_reconciler.runtimes.file import FileAdapter
from bf_reconciler.spec import FileRuntime
from bf_reconciler.status import Running
from bf_reconciler.verdict import Decision, Order, StrategyMemory
from build import NOW, SECOND, a_strategy

HERE = FileRuntime(name="local", type="file", path="strategies")
THERE = FileRuntime(name="other", type="file", path="elsewhere")


def an_order(*, on=True, runtime=HERE, reason=Reason.CONNECTED, **changes):
    fields = {
        "name": "btc-grid",
        "runtime": runtime,
        "on": on,
        "action": "pause",
        "reason": reason,
        "message": "Its connection complies.",
        "strategy": a_strategy(),
    }
    return Order(**fields | changes)


def a_decision(order, leave=None, runtime=None):
    memory = StrategyMemory(on=True, action="pause", runtime=runtime or order.runtime)
    return Decision("btc-grid", order, Reason.CONNECTED, "", memory, None, leave)


@pytest.fixture
async def runtimes(tmp_path):
    open_ones = Runtimes(tmp_path)
    yield open_ones
    await open_ones.close()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "strategies" / "btc-grid.json"


async def converge(runtimes, *orders, leave=None, now=NOW, **changes):
    decisions = [a_decision(order, leave, **changes) for order in orders]
    return (await runtimes.converge(decisions, 3, "r1", now))["btc-grid"]


async def becomes(runtimes, wanted):
    """Wait until news of the strategy are as wanted, as a turn would collect them."""
    async with asyncio.timeout(20):
        while True:
            news = runtimes.collect().get("btc-grid")
            if news is not None and wanted(news):
                return news
            await asyncio.sleep(0.01)


async def shown(path):
    """What the file says, as read."""
    folder = FileRuntime(name="local", type="file", path=path.parent.name)
    adapter = FileAdapter(folder, path.parent.parent)
    readings = await adapter.read(["btc-grid"])
    adapter.close()
    return readings["btc-grid"].running


def told(path):
    return json.loads(path.read_text())


def garble(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text)


async def test_an_order_is_a_document_that_a_bot_can_follow(runtimes, path):
    assert (await converge(runtimes, an_order())).state == "running"
    found = told(path)
    strategy = found.pop("strategy")
    assert found == {
        "version": 1,
        "name": "btc-grid",
        "enabled": True,
        "action": "run",
        "reason": "Connected",
        "message": "Its connection complies.",
        "generation": 3,
        "revision": "r1",
        "since": "2026-03-02T12:00:00.000Z",
    }
    assert strategy["pairs"] == ["BTC/USDT"]


@pytest.mark.parametrize(
    ("action", "state"), [("pause", "paused"), ("stop", "stopped"), ("close", "stopped")]
)
async def test_off_is_what_on_violation_says(runtimes, path, action, state):
    running = await converge(runtimes, an_order(on=False, action=action))
    assert (running.state, running.reason) == (state, None)
    assert (told(path)["enabled"], told(path)["action"]) == (False, action)


async def test_what_already_stands_there_is_left_alone(runtimes, path):
    await converge(runtimes, an_order())
    before = path.stat()
    for turn in range(3):
        await converge(runtimes, an_order(), now=NOW + turn * SECOND)
    again = Runtimes(path.parent.parent)
    await converge(again, an_order())
    await again.close()
    after = path.stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)


async def test_since_is_when_it_came_to_be_so_not_when_it_was_worded(runtimes, path):
    await converge(runtimes, an_order())
    await converge(runtimes, an_order(message="The same in other words."), now=NOW + SECOND)
    assert told(path)["since"] == "2026-03-02T12:00:00.000Z"
    await converge(runtimes, an_order(on=False), now=NOW + SECOND)
    assert told(path)["since"] == "2026-03-02T12:00:01.000Z"


@pytest.mark.slow
async def test_a_reader_never_sees_a_torn_file(runtimes, path):
    await converge(runtimes, an_order())
    done, found, torn = threading.Event(), set(), []

    def read():
        while not done.is_set():
            try:
                found.add(json.loads(path.read_bytes())["enabled"])
            except (OSError, ValueError) as error:
                torn.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for turn in range(100):
            padding = {"settings": {"padding": "x" * (turn * 997 % 50_000)}}
            await converge(runtimes, an_order(on=turn % 2 == 0, strategy=a_strategy(**padding)))
    finally:
        done.set()
        reader.join()
    assert (torn, found) == ([], {True, False})
    assert [each.name for each in path.parent.iterdir()] == ["btc-grid.json"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b'"enabled"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"enabled": true',
        b'{"enabled": true, "x": "' + b"y" * (5 << 20) + b'"}',
    ],
    ids=["empty", "prose", "list", "null", "text", "bytes", "deep", "torn", "endless"],
)
async def test_garbage_is_replaced(runtimes, path, garbage):
    garble(path, garbage)
    found = await shown(path)
    assert found.reason is Reason.RUNTIME_UNAVAILABLE
    assert found.message == "The file holds no object of JSON."
    assert (await converge(runtimes, an_order(on=False))).state == "paused"
    assert told(path)["enabled"] is False


async def test_a_pipe_in_its_place_is_not_waited_for(runtimes, path):
    path.parent.mkdir()
    os.mkfifo(path)
    assert (await converge(runtimes, an_order(on=False))).state == "paused"
    assert told(path)["enabled"] is False


def handles():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def test_a_folder_in_its_place_is_told_and_leaves_no_handle_open(runtimes, path):
    path.mkdir(parents=True)  # as Docker does for a file that it shall mount and does not find
    await converge(runtimes, an_order(on=False))
    before = handles()
    for turn in range(5):
        running = await converge(runtimes, an_order(on=False, message=f"{turn}"))
        assert (running.state, running.reason) == ("unknown", Reason.STILL_RUNNING)
        assert running.message == "The file cannot be written (Is a directory)."
    assert handles() <= before
    path.rmdir()
    await becomes(runtimes, lambda news: news.state == "paused")


async def test_a_file_that_may_not_be_read_is_turned_off_all_the_same(runtimes, path, monkeypatch):
    await converge(runtimes, an_order())
    locked, opened = path.stat().st_ino, os.open

    def refuse(name, *args, **kwargs):  # mode bits do not stop root
        if Path(name) == path and path.stat().st_ino == locked:
            raise PermissionError(13, "Permission denied")
        return opened(name, *args, **kwargs)

    monkeypatch.setattr(os, "open", refuse)
    found = await shown(path)
    assert found.state == "unknown"
    assert found.message == "The file cannot be read (Permission denied)."
    assert (await converge(runtimes, an_order(on=False))).state == "paused"
    assert told(path)["enabled"] is False


async def test_an_edit_by_hand_is_put_right(runtimes, path):
    await converge(runtimes, an_order(on=False))
    garble(path, json.dumps(told(path) | {"enabled": True, "action": "run"}).encode())
    async with asyncio.timeout(20):
        while True:
            await asyncio.sleep(0.01)
            if told(path)["enabled"] is False:
                break


async def test_a_folder_that_cannot_be_written_is_an_error_and_heals(runtimes, path):
    path.parent.write_bytes(b"a file where the folder should be")
    running = await converge(runtimes, an_order())
    assert (running.state, running.reason) == ("unknown", Reason.RUNTIME_UNAVAILABLE)
    path.parent.unlink()
    await becomes(runtimes, lambda news: news == Running("running"))


async def test_a_write_that_fails_leaves_no_half_file(runtimes, path, monkeypatch):
    await converge(runtimes, an_order())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    running = await converge(runtimes, an_order(on=False))
    assert (running.state, running.reason) == ("running", Reason.STILL_RUNNING)
    assert running.message == "The file cannot be written (No space left on device)."
    assert [each.name for each in path.parent.iterdir()] == ["btc-grid.json"]
    assert told(path)["enabled"] is True


async def test_a_strategy_that_left_keeps_its_last_form_and_is_off(runtimes, path):
    await converge(runtimes, an_order())
    await converge(runtimes, an_order(on=False, strategy=None, reason=Reason.REMOVED))
    assert told(path)["enabled"] is False
    assert told(path)["strategy"]["name"] == "btc-grid"


async def test_a_strategy_that_left_without_a_trace_gets_no_file(runtimes, path):
    gone = an_order(on=False, strategy=None, reason=Reason.REMOVED)
    assert (await converge(runtimes, gone)).state == "stopped"
    assert not path.exists()


async def test_a_strategy_that_moves_is_off_where_it_was(runtimes, path, tmp_path):
    await converge(runtimes, an_order())
    leave = an_order(on=False, strategy=None, reason=Reason.REMOVED)
    running = await converge(runtimes, an_order(runtime=THERE), leave=leave)
    assert running.state == "running"
    assert told(path)["enabled"] is False
    assert told(tmp_path / "elsewhere" / "btc-grid.json")["enabled"] is True


@pytest.mark.parametrize("where", ["strategies", "./strategies", "linked"])
async def test_a_runtime_of_another_name_is_the_same_folder_and_no_move(
    runtimes, path, tmp_path, monkeypatch, where
):
    await converge(runtimes, an_order())
    (tmp_path / "linked").symlink_to("strategies")
    written, write = [], FileAdapter._replace

    def seen(self, name, content, target):
        written.append(content["enabled"])
        write(self, name, content, target)

    monkeypatch.setattr(FileAdapter, "_replace", seen)
    there = FileRuntime(name="other", type="file", path=where)
    leave = an_order(on=False, action="close", strategy=None, reason=Reason.REMOVED)
    running = await converge(runtimes, an_order(runtime=there), leave=leave)
    assert (running.state, written) == ("running", [])
    assert told(path)["enabled"] is True


async def test_it_is_not_turned_on_elsewhere_while_it_cannot_be_turned_off(
    runtimes, path, tmp_path, monkeypatch
):
    await converge(runtimes, an_order())
    write = FileAdapter._replace  # what fails on a full disk

    def refuse(self, name, content, target):
        if self.folder == path.parent:
            raise PermissionError
        write(self, name, content, target)

    monkeypatch.setattr(FileAdapter, "_replace", refuse)
    leave = an_order(on=False, strategy=None, reason=Reason.REMOVED)
    running = await converge(runtimes, an_order(runtime=THERE), leave=leave)
    assert (running.state, running.reason) == ("running", Reason.STILL_RUNNING)
    assert not (tmp_path / "elsewhere").exists()


async def test_it_is_told_when_the_engine_does_not_do_as_it_was_told(runtimes, path, monkeypatch):
    async def nothing(*_):
        pass

    monkeypatch.setattr(FileAdapter, "apply", nothing)
    assert (await converge(runtimes, an_order())).reason is Reason.ENGINE_REFUSED
    garble(path, b'{"enabled": true}')
    assert (await converge(runtimes, an_order(on=False))).reason is Reason.STILL_RUNNING


async def test_a_credential_among_the_engine_s_settings_is_not_written_out(runtimes, path):
    settings = {"grid": {"levels": 5}, "deep": [{"token": "SENTINEL"}], "api_key": "SENTINEL"}
    await converge(runtimes, an_order(strategy=a_strategy(settings=settings)))
    assert told(path)["strategy"]["settings"] == {"grid": {"levels": 5}, "deep": [{}]}
    before = path.stat().st_mtime_ns
    again = Runtimes(path.parent.parent)
    await converge(again, an_order(strategy=a_strategy(settings=settings)))
    await again.close()
    assert path.stat().st_mtime_ns == before
