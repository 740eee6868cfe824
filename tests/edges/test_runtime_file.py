"""Strategies as files: whole or not at all, touched only for a difference, never believed."""

import asyncio
import errno
import json
import os
import socket
import stat
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes import Bounds, Owner, Runtimes
from bf_reconciler.runtimes import file as file_adapter
from bf_reconciler.runtimes.adapter import Stamp, Target, UnavailableError
from bf_reconciler.runtimes.file import FileAdapter, rest
from bf_reconciler.runtimes.file_document import around_end, encoded, parsed
from bf_reconciler.runtimes.folder import Files
from bf_reconciler.spec import FileRuntime
from bf_reconciler.status import Running
from bf_reconciler.verdict import Decision, Holding, Order, StrategyMemory
from build import CONNECTION, NOW, SECOND, a_strategy

HERE = FileRuntime(name="local", type="file", path="strategies")
THERE = FileRuntime(name="other", type="file", path="elsewhere")


ON, OFF = Running("unknown", told="run"), Running("unknown", told="pause")


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
    return Decision(
        "btc-grid", order, Reason.CONNECTED, "", memory, None, () if leave is None else (leave,)
    )


@pytest.fixture
async def runtimes(tmp_path):
    open_ones = Runtimes(Bounds(tmp_path))
    yield open_ones
    await open_ones.close()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "strategies" / "btc-grid.json"


async def converge(runtimes, *orders, leave=None, now=NOW, **changes):
    decisions = [a_decision(order, leave, **changes) for order in orders]
    return as_read((await runtimes.converge(decisions, 3, "r1", now))["btc-grid"])


def as_read(running):
    """Without what is remembered of it."""
    return replace(running, confirmed=None)


async def becomes(runtimes, wanted):
    """Wait until news of the strategy are as wanted, as a turn would collect them."""
    async with asyncio.timeout(20):
        while True:
            news = runtimes.collect().get("btc-grid")
            if news is not None and wanted(as_read(news)):
                return as_read(news)
            await asyncio.sleep(0.01)


async def shown(path):
    """What the file says, as read."""
    folder = FileRuntime(name="local", type="file", path=path.parent.name)
    adapter = FileAdapter(folder, Bounds(path.parent.parent))
    readings = await adapter.read(["btc-grid"])
    await adapter.close()
    return readings["btc-grid"].running


def minutes_left(valid_until):
    return (datetime.fromisoformat(valid_until) - datetime.now(UTC)).total_seconds() / 60


def told(path):
    return json.loads(path.read_text())


def garble(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text)


async def test_an_order_is_a_document_that_a_bot_can_follow(runtimes, path):
    assert await converge(runtimes, an_order()) == ON
    found = told(path)
    strategy, valid_until = found.pop("strategy"), found.pop("valid_until")
    assert minutes_left(valid_until) == pytest.approx(2, abs=0.5)
    assert found == {
        "version": 1,
        "by": "bf-reconciler",
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


@pytest.mark.parametrize("action", ["pause", "stop", "close"])
async def test_off_is_what_when_off_says(runtimes, path, action):
    running = await converge(runtimes, an_order(on=False, action=action))
    assert running == Running("unknown", told=action)
    assert (told(path)["enabled"], told(path)["action"]) == (False, action)


async def test_what_already_stands_there_is_left_alone(runtimes, path):
    await converge(runtimes, an_order())
    before = path.stat()
    for turn in range(3):
        await converge(runtimes, an_order(), now=NOW + turn * SECOND)
    again = Runtimes(Bounds(path.parent.parent))
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
    assert found.message == "The file does not contain a JSON object."
    assert await converge(runtimes, an_order(on=False)) == OFF
    assert told(path)["enabled"] is False


async def test_a_pipe_in_its_place_is_not_waited_for(runtimes, path):
    path.parent.mkdir()
    os.mkfifo(path)
    assert await converge(runtimes, an_order(on=False)) == OFF
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
    await becomes(runtimes, lambda news: news == OFF)


async def test_a_file_that_may_not_be_read_is_turned_off_all_the_same(runtimes, path, monkeypatch):
    await converge(runtimes, an_order())
    locked, opened = path.stat().st_ino, os.open

    def refuse(name, *args, **kwargs):  # mode bits do not stop root
        if name == path.name and path.stat().st_ino == locked:
            raise PermissionError(13, "Permission denied")
        return opened(name, *args, **kwargs)

    monkeypatch.setattr(os, "open", refuse)
    found = await shown(path)
    assert found.state == "unknown"
    assert found.message == "The file cannot be read (Permission denied)."
    assert await converge(runtimes, an_order(on=False)) == OFF
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
    await becomes(runtimes, lambda news: news == ON)


@pytest.fixture
def full(monkeypatch):
    """A disk on which no file can be made; what is there can be written over."""

    def fill(number=errno.ENOSPC):
        opened = os.open

        def refuse(name, flags, *rest, **options):
            if flags & os.O_CREAT:
                raise OSError(number, os.strerror(number))
            return opened(name, flags, *rest, **options)

        monkeypatch.setattr(os, "open", refuse)

    return fill


async def test_a_write_that_fails_leaves_no_half_file(runtimes, path, monkeypatch):
    await converge(runtimes, an_order(on=False))

    def broken(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    running = await converge(runtimes, an_order())
    assert (running.state, running.reason) == ("unknown", Reason.RUNTIME_UNAVAILABLE)
    assert running.message == "The file cannot be written (Input/output error)."
    assert [each.name for each in path.parent.iterdir()] == ["btc-grid.json"]
    assert told(path)["enabled"] is False


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
async def test_on_a_full_disk_it_is_turned_off_in_place(runtimes, path, full, number):
    await converge(runtimes, an_order())
    before = path.stat()
    full(number)
    assert await converge(runtimes, an_order(on=False)) == OFF
    assert (told(path)["enabled"], told(path)["action"]) == (False, "pause")
    after = path.stat()
    assert (after.st_ino, after.st_size) == (before.st_ino, before.st_size)
    running = await converge(runtimes, an_order())  # what turns on is never written over another
    assert (running.state, running.reason) == ("unknown", Reason.RUNTIME_UNAVAILABLE)


async def test_what_turns_off_in_place_leaves_out_the_strategy_rather_than_take_more_room(
    runtimes, path, full
):
    await converge(runtimes, an_order())
    size = path.stat().st_size
    full()
    order = an_order(on=False, message="x" * 300)
    assert await converge(runtimes, order) == OFF
    assert (told(path)["strategy"], path.stat().st_size) == (None, size)
    before = path.stat().st_mtime_ns
    again = Runtimes(Bounds(path.parent.parent))
    assert await converge(again, order) == OFF
    await again.close()
    assert path.stat().st_mtime_ns == before


async def test_a_file_of_another_name_elsewhere_is_not_written_over(runtimes, path, full, tmp_path):
    await converge(runtimes, an_order())
    os.link(path, tmp_path / "theirs")
    full()
    running = await converge(runtimes, an_order(on=False))
    assert (running.state, running.reason) == ("unknown", Reason.STILL_RUNNING)
    assert told(tmp_path / "theirs")["enabled"] is True


async def test_a_folder_that_cannot_be_synced_is_no_error(runtimes, monkeypatch):
    fsync = os.fsync

    def refuse(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", refuse)
    assert await converge(runtimes, an_order()) == ON


async def test_a_folder_whose_sync_fails_is_one(runtimes, monkeypatch):
    fsync = os.fsync

    def refuse(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", refuse)
    assert (await converge(runtimes, an_order())).reason is Reason.RUNTIME_UNAVAILABLE


async def test_a_strategy_that_left_keeps_its_last_form_and_is_off(runtimes, path):
    await converge(runtimes, an_order())
    await converge(runtimes, an_order(on=False, strategy=None, reason=Reason.REMOVED))
    assert told(path)["enabled"] is False
    assert told(path)["strategy"]["name"] == "btc-grid"


async def test_a_strategy_that_left_without_a_trace_gets_no_file(runtimes, path):
    gone = an_order(on=False, strategy=None, reason=Reason.REMOVED)
    assert (await converge(runtimes, gone)).absent
    assert not path.exists()


async def test_a_strategy_that_moves_is_off_where_it_was(runtimes, path, tmp_path):
    await converge(runtimes, an_order())
    leave = an_order(on=False, strategy=None, reason=Reason.REMOVED)
    running = await converge(runtimes, an_order(runtime=THERE), leave=leave)
    assert running == ON
    assert told(path)["enabled"] is False
    assert told(tmp_path / "elsewhere" / "btc-grid.json")["enabled"] is True


@pytest.mark.parametrize("where", ["strategies", "./strategies", "linked"])
async def test_a_runtime_of_another_name_is_the_same_folder_and_no_move(
    runtimes, path, tmp_path, monkeypatch, where
):
    await converge(runtimes, an_order())
    (tmp_path / "linked").symlink_to("strategies")
    written, replace = [], Files.replace

    def seen(self, name, data, check):
        written.append(name)
        replace(self, name, data, check)

    monkeypatch.setattr(Files, "replace", seen)
    there = FileRuntime(name="other", type="file", path=where)
    leave = an_order(on=False, action="close", strategy=None, reason=Reason.REMOVED)
    running = await converge(runtimes, an_order(runtime=there), leave=leave)
    assert (running, written) == (ON, [])
    assert told(path)["enabled"] is True


async def test_it_is_not_turned_on_elsewhere_while_it_cannot_be_turned_off(
    runtimes, tmp_path, monkeypatch
):
    await converge(runtimes, an_order())
    apply = FileAdapter.apply

    async def refuse(self, order, reading, target):
        if order.runtime == HERE:
            raise UnavailableError("It cannot be written.")
        await apply(self, order, reading, target)

    monkeypatch.setattr(FileAdapter, "apply", refuse)
    leave = an_order(on=False, strategy=None, reason=Reason.REMOVED)
    running = await converge(runtimes, an_order(runtime=THERE), leave=leave)
    assert (running.state, running.reason) == ("unknown", Reason.STILL_RUNNING)
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
    again = Runtimes(Bounds(path.parent.parent))
    await converge(again, an_order(strategy=a_strategy(settings=settings)))
    await again.close()
    assert path.stat().st_mtime_ns == before


# --- a folder that others write to, too


def tree(folder):
    return sorted(each.name for each in folder.iterdir())


@pytest.mark.parametrize("kind", ["pipe", "link", "broken-link", "socket"])
async def test_what_is_no_file_is_neither_followed_nor_waited_for(runtimes, path, tmp_path, kind):
    path.parent.mkdir()
    target = tmp_path / "target"
    target.write_text("precious")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to(target)
    elif kind == "broken-link":
        path.symlink_to(tmp_path / "nowhere")
    else:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(path))
        listening.close()
    assert await converge(runtimes, an_order(on=False)) == OFF
    assert path.is_file()
    assert not path.is_symlink()
    assert target.read_text() == "precious"
    assert not (tmp_path / "nowhere").exists()


async def test_nothing_waits_at_a_temporary_name(runtimes, path, tmp_path):
    path.parent.mkdir()
    os.mkfifo(path.parent / ".btc-grid.json.tmp")  # the name that an earlier version used
    (tmp_path / "target").write_text("precious")
    names = set()
    created = os.open

    def seen(name, flags, *rest, **options):
        if flags & os.O_CREAT:
            names.add(name)
            assert flags & os.O_EXCL
            assert flags & os.O_NOFOLLOW
        return created(name, flags, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", seen)
        for turn in range(3):
            await converge(runtimes, an_order(message=f"{turn}"))
    assert len(names) == 3  # nobody can tell the next one
    assert tree(path.parent) == [".btc-grid.json.tmp", "btc-grid.json"]


async def test_temporary_files_of_a_killed_process_are_swept_up(runtimes, path):
    path.parent.mkdir()
    old = path.parent / f".btc-grid.json.{'0' * 16}.tmp"
    young = path.parent / f".btc-grid.json.{'1' * 16}.tmp"
    other = path.parent / ".other.tmp"
    for each in (old, young, other):
        each.write_text("")
    for each in (old, other):
        os.utime(each, (0, 0))
    await converge(runtimes, an_order())
    async with asyncio.timeout(20):
        while True:
            if not old.exists():
                break
            await asyncio.sleep(0.01)
    assert tree(path.parent) == [young.name, ".other.tmp", "btc-grid.json"]


@pytest.mark.parametrize("on", [True, False])
async def test_somebody_else_s_file_is_never_overwritten(runtimes, path, on):
    theirs = json.dumps({"name": "btc-grid", "version": 1, "exchange": "kucoin"}).encode()
    garble(path, theirs)
    running = await converge(runtimes, an_order(on=on))
    assert running.reason is Reason.RUNTIME_UNAVAILABLE
    assert running.message == (
        "The file cannot be written (it is there already, and not by bf-reconciler)."
    )
    assert path.read_bytes() == theirs
    path.unlink()
    await becomes(runtimes, lambda news: news == ON if on else OFF)


async def test_a_file_of_an_earlier_version_is_ours(runtimes, path):
    await converge(runtimes, an_order())
    old = told(path)
    del old["by"]
    garble(path, json.dumps(old).encode())
    again = Runtimes(Bounds(path.parent.parent))
    assert await converge(again, an_order(on=False)) == OFF
    await again.close()
    assert told(path)["by"] == "bf-reconciler"


@pytest.mark.parametrize("where", ["../outside", "deep/../../outside", "linked/outside", "."])
async def test_no_path_leads_out_of_the_state_folder(tmp_path, where):
    state = tmp_path / "state"
    state.mkdir()
    (state / "linked").symlink_to(tmp_path)
    runtimes = Runtimes(Bounds(state))
    there = FileRuntime(name="there", type="file", path=where)
    running = await converge(runtimes, an_order(runtime=there))
    await runtimes.close()
    assert (running.state, running.reason) == ("unknown", Reason.RUNTIME_UNAVAILABLE)
    assert "a folder may lie only in the state folder or in --runtime-root" in running.message
    assert (tree(tmp_path), tree(state)) == (["state"], ["linked"])


async def test_an_absolute_path_lies_in_the_runtime_root(tmp_path):
    for root, reason in ((None, Reason.RUNTIME_UNAVAILABLE), (tmp_path / "root", None)):
        runtimes = Runtimes(Bounds(tmp_path / "state", root))
        there = FileRuntime(name="there", type="file", path=str(tmp_path / "root" / "bots"))
        running = await converge(runtimes, an_order(runtime=there))
        await runtimes.close()
        assert running.reason is reason
        assert (tmp_path / "root" / "bots" / "btc-grid.json").exists() is (reason is None)


async def test_a_strategy_that_is_too_large_to_be_read_is_refused_and_never_written(runtimes, path):
    large = a_strategy(settings={"padding": "x" * (5 << 20)})
    running = await converge(runtimes, an_order(strategy=large))
    assert (running.state, running.reason) == ("unknown", Reason.RUNTIME_UNAVAILABLE)
    assert running.message == "The file cannot be written (it would be larger than 4 MiB)."
    assert not path.exists()
    await converge(runtimes, an_order())
    assert await converge(runtimes, an_order(on=False, strategy=large)) == OFF
    assert told(path)["strategy"] is None


async def test_half_a_character_is_read_back_as_it_was_written(runtimes, path):
    half = an_order(strategy=a_strategy(settings={"word": "\ud800"}))
    await converge(runtimes, half)
    before = path.stat().st_mtime_ns
    again = Runtimes(Bounds(path.parent.parent))
    assert await converge(again, half) == ON
    await again.close()
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("mode", "file", "folder"),
    [
        ("0600", 0o600, 0o700),
        ("0640", 0o640, 0o750),
        ("0644", 0o644, 0o755),
        ("0660", 0o660, 0o770),
    ],
)
async def test_who_may_read_is_declared(runtimes, tmp_path, mode, file, folder):
    shared = FileRuntime(name="shared", type="file", path="shared", mode=mode)
    (tmp_path / "shared").mkdir(mode=0o700)
    await converge(runtimes, an_order(runtime=shared))
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == folder
    assert stat.S_IMODE((tmp_path / "shared" / "btc-grid.json").stat().st_mode) == file


async def test_an_order_that_is_no_longer_wanted_is_not_written(tmp_path, path):
    adapter = FileAdapter(HERE, Bounds(tmp_path))
    target = Target(an_order(), Stamp(3, "r1", NOW), superseded=True)
    (reading,) = (await adapter.read(["btc-grid"])).values()
    with pytest.raises(UnavailableError, match="a newer order took its place"):
        await adapter.apply(an_order(), reading, target)
    await adapter.close()
    assert tree(path.parent) == []


# --- what nobody declares


async def holdings(runtimes, wanted):
    async with asyncio.timeout(20):
        while True:
            held = runtimes.held([HERE]).get(HERE, {})
            if wanted(held):
                return dict(held)
            await asyncio.sleep(0.01)


async def test_a_folder_tells_what_is_on_without_an_order(runtimes, path):
    await converge(runtimes, an_order())
    text = told(path)
    stray = text | {"name": "stray", "strategy": text["strategy"] | {"when_off": "close"}}
    garble(path.with_name("stray.json"), json.dumps(stray).encode())
    old = text | {"name": "gone", "enabled": False, "reason": "Removed"}
    garble(path.with_name("gone.json"), json.dumps(old).encode())
    for foreign in ("theirs.json", "NOT-OURS.json", "stray.ack.json"):
        garble(path.with_name(foreign), b'{"enabled": true}')
    held = await holdings(runtimes, bool)
    assert held == {"stray": Holding(True, "close", "Connected", CONNECTION)}
    path.with_name("stray.json").unlink()
    await holdings(runtimes, lambda held: not held)


async def test_a_strange_form_of_a_strategy_is_an_orphan_all_the_same(tmp_path, path):
    text = {"by": "bf-reconciler", "enabled": True, "strategy": "none"}
    garble(path, json.dumps(text).encode())
    runtimes = Runtimes(Bounds(tmp_path))
    held = await holdings(runtimes, bool)
    await runtimes.close()
    assert held == {"btc-grid": Holding(True, "pause", "None", "")}


async def test_what_has_left_is_no_stranger_under_another_name_of_its_folder(runtimes):
    there = FileRuntime(name="other", type="file", path="./strategies")
    await converge(runtimes, an_order())
    async with asyncio.timeout(20):
        while True:  # the other one looks into the folder, and sees a stranger
            if runtimes.held([HERE, there])[there]:
                break
            await asyncio.sleep(0.01)
    gone = an_order(on=False, strategy=None, reason=Reason.REMOVED)
    memory = StrategyMemory(on=False, action="pause", runtime=HERE)
    await runtimes.converge(
        [Decision("btc-grid", gone, Reason.REMOVED, "", memory, None)], 3, "r1", NOW
    )
    assert runtimes.held([HERE, there]) == {HERE: {}, there: {}}


async def test_a_runtime_that_left_the_file_is_looked_at_no_more(runtimes):
    await converge(runtimes, an_order(runtime=THERE))
    assert runtimes.held([HERE]).keys() == {HERE}
    gone = an_order(on=False, strategy=None, reason=Reason.REMOVED, runtime=THERE)
    memory = StrategyMemory(on=False, action="pause", runtime=THERE)
    await runtimes.converge(
        [Decision("btc-grid", gone, Reason.REMOVED, "", memory, None)], 3, "r1", NOW
    )
    assert runtimes.held([HERE]).keys() == {HERE}
    assert runtimes.held([]) == {}


# --- a lease, and the bot's word


def acknowledge(path, action="run", generation=3, ago=timedelta(0), **changes):
    at = (datetime.now(UTC) - ago).isoformat()
    word = {"version": 1, "generation": generation, "action": action, "at": at} | changes
    path.with_name("btc-grid.ack.json").write_text(json.dumps(word))


@pytest.mark.parametrize(
    ("action", "state"),
    [("run", "running"), ("pause", "paused"), ("stop", "stopped"), ("close", "stopped")],
)
async def test_what_a_bot_acknowledges_is_confirmed(runtimes, path, action, state):
    on = action == "run"
    order = an_order(on=on, action="pause" if on else action)
    assert (await converge(runtimes, order)).state == "unknown"
    acknowledge(path, action)
    assert await becomes(runtimes, lambda news: news.state != "unknown") == (
        Running(state, told=action)
    )
    path.with_name("btc-grid.ack.json").unlink()
    await becomes(runtimes, lambda news: news.state == "unknown")


@pytest.mark.parametrize(
    "word",
    [
        {"generation": 2},
        {"version": 2},
        {"action": "fly"},
        {"at": "yesterday"},
        {"at": "2026-11-28T22:00:00"},
        {"ago": timedelta(minutes=3)},
        {"ago": timedelta(minutes=-3)},
    ],
)
async def test_another_word_confirms_nothing(runtimes, path, word):
    await converge(runtimes, an_order())
    acknowledge(path, **word)
    assert (await shown(path)).state == "unknown"
    path.with_name("btc-grid.ack.json").write_text("[]")
    assert (await shown(path)).state == "unknown"


async def test_a_bot_that_says_that_it_runs_on_is_still_running(runtimes, path):
    await converge(runtimes, an_order())
    await converge(runtimes, an_order(on=False))
    acknowledge(path, "run")
    news = await becomes(runtimes, lambda news: news.state == "running")
    assert (news.reason, news.told) == (Reason.STILL_RUNNING, "pause")


async def test_a_bot_that_paused_though_it_was_told_to_run_refused(runtimes, path):
    await converge(runtimes, an_order())
    acknowledge(path, "pause")
    news = await becomes(runtimes, lambda news: news.state == "paused")
    assert (news.reason, news.told) == (Reason.ENGINE_REFUSED, "run")


async def test_what_was_acknowledged_before_the_order_counts_for_nothing(runtimes, path):
    now = datetime.now(UTC)
    await converge(runtimes, an_order(on=False), now=now)
    acknowledge(path, "run", at=(now - timedelta(seconds=1)).isoformat())
    assert (await shown(path)).state == "unknown"


def until(path):
    return datetime.fromisoformat(told(path)["valid_until"])


async def a_renewal(adapter, path, left, order=None):
    """Renew a lease of which so much is left."""
    end = datetime.now(UTC) + left
    garble(path, json.dumps(told(path) | {"valid_until": end.isoformat()}).encode())
    await adapter.read(["btc-grid"])
    return await adapter.renew({"btc-grid": Target(order, Stamp(3, "r1", NOW))})


async def test_a_lease_is_renewed_well_before_it_ends(tmp_path, runtimes, path):
    await converge(runtimes, an_order())
    adapter = FileAdapter(HERE, Bounds(tmp_path))
    for left, renewed in ((110, False), (65, False), (35, True), (1, True)):
        order = an_order()
        assert await a_renewal(adapter, path, timedelta(seconds=left), order) == (set(), False)
        assert (until(path) > datetime.now(UTC) + timedelta(seconds=115)) is renewed
    assert await adapter.changed(["btc-grid"]) == []  # what it wrote itself is no news
    await adapter.close()


async def test_a_lease_that_ended_is_renewed_by_an_order_alone(tmp_path, runtimes, path):
    await converge(runtimes, an_order())
    adapter = FileAdapter(HERE, Bounds(tmp_path))
    await a_renewal(adapter, path, timedelta(seconds=-1))
    assert until(path) < datetime.now(UTC)
    await a_renewal(adapter, path, timedelta(seconds=30))
    assert until(path) > datetime.now(UTC) + timedelta(seconds=100)
    await a_renewal(adapter, path, timedelta(seconds=-1), an_order())
    assert until(path) > datetime.now(UTC)
    await adapter.close()


async def test_an_order_whose_lease_ended_is_given_again(tmp_path, runtimes, path):
    await converge(runtimes, an_order())
    for old in ("2026-01-01T00:00:00Z", "never"):
        garble(path, json.dumps(told(path) | {"valid_until": old}).encode())
        again = Runtimes(Bounds(tmp_path))
        await converge(again, an_order())
        await again.close()
        assert until(path) > datetime.now(UTC)


async def test_a_file_that_was_changed_by_hand_is_not_renewed_but_read(tmp_path, runtimes, path):
    await converge(runtimes, an_order())
    adapter = FileAdapter(HERE, Bounds(tmp_path))
    end = datetime.now(UTC) + timedelta(seconds=5)
    text = told(path) | {"valid_until": end.isoformat()}
    garble(path, json.dumps(text).encode())
    await adapter.read(["btc-grid"])
    garble(path, json.dumps(text | {"enabled": False}).encode())
    target = Target(None, Stamp(3, "r1", NOW))
    assert await adapter.renew({"btc-grid": target}) == ({"btc-grid"}, False)
    assert until(path) == end
    await adapter.close()


async def test_the_lease_is_the_declared_one(tmp_path, path):
    short = FileRuntime(name="local", type="file", path="strategies", lease="10s")
    runtimes = Runtimes(Bounds(tmp_path))
    await converge(runtimes, an_order(runtime=short, lease=timedelta(hours=1)))
    await runtimes.close()
    assert until(path) < datetime.now(UTC) + timedelta(seconds=11)
    runtimes = Runtimes(Bounds(tmp_path))
    await converge(runtimes, an_order(message="other", lease=timedelta(hours=1)))
    await runtimes.close()
    assert minutes_left(told(path)["valid_until"]) == pytest.approx(60, abs=1)


async def test_a_word_that_is_too_old_is_looked_at_again(tmp_path, runtimes, path):
    await converge(runtimes, an_order())
    adapter = FileAdapter(HERE, Bounds(tmp_path))
    acknowledge(path, ago=timedelta(seconds=120 - 0.01))
    readings = await adapter.read(["btc-grid"])
    assert readings["btc-grid"].running.state in {"running", "unknown"}
    async with asyncio.timeout(20):
        while True:
            names, _ = await adapter.renew({})
            if names or readings["btc-grid"].running.state == "unknown":
                break
            await asyncio.sleep(0.01)
    assert (await adapter.read(["btc-grid"]))["btc-grid"].running.state == "unknown"
    await adapter.close()


async def test_a_folder_that_was_deleted_or_replaced_is_counted_and_filled_again(tmp_path, path):
    replaced = []
    runtimes = Runtimes(Bounds(tmp_path, replaced=lambda: replaced.append(1)))
    try:
        await converge(runtimes, an_order())
        assert replaced == []
        path.parent.rename(tmp_path / "aside")
        await converge(runtimes, an_order(on=False))
        assert told(path)["enabled"] is False
        assert replaced == [1]
        path.parent.rename(tmp_path / "aside too")
        (tmp_path / "aside").rename(path.parent)
        await converge(runtimes, an_order())
        assert told(path)["enabled"] is True
        assert replaced == [1, 1]
    finally:
        await runtimes.close()


# --- several daemons on one folder

EARLY, LATE = (Owner(shard, NOW + timedelta(minutes=n)) for n, shard in enumerate(("0/2", "1/3")))


def owned(tmp_path, owner):
    return FileAdapter(HERE, Bounds(tmp_path, owner=owner))


async def give(adapter, order=None):
    """Read, and write the order where it makes a difference; whether it did."""
    order = order or an_order()
    reading = (await adapter.read([order.name]))[order.name]
    differs = adapter.differs(order, reading)
    if differs:
        await adapter.apply(order, reading, Target(order, Stamp(3, "r1", NOW)))
    return differs


async def test_who_takes_over_signs_first_and_turns_nothing_off_and_on(tmp_path, path):
    early, late = owned(tmp_path, EARLY), owned(tmp_path, LATE)
    assert await give(early)
    before = told(path)
    assert before["owner"] == {"shard": "0/2", "since": EARLY.since.isoformat()}
    assert not await give(early)
    assert await give(late)
    after = told(path)
    assert after["owner"]["shard"] == "1/3"
    assert {**after, "owner": 0, "valid_until": 0} == {**before, "owner": 0, "valid_until": 0}
    for adapter in (early, late):
        await adapter.close()


async def test_who_was_started_earlier_neither_writes_nor_renews_nor_overwrites(
    tmp_path, path, monkeypatch
):
    early, late = owned(tmp_path, EARLY), owned(tmp_path, LATE)
    await give(late)
    written = path.read_bytes()
    for order in (an_order(), an_order(on=False)):
        with pytest.raises(UnavailableError, match="started later looks after it"):
            await give(early, order)
    changed, _ = await a_renewal(early, path, timedelta(seconds=1), an_order())
    assert changed == {"btc-grid"}
    monkeypatch.setattr(
        Files, "replace", lambda *_, **__: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full"))
    )
    written = path.read_bytes()
    with pytest.raises(UnavailableError, match="started later"):
        await give(early, an_order(on=False))
    assert path.read_bytes() == written
    for adapter in (early, late):
        await adapter.close()


@pytest.mark.parametrize("owner", [None, "x", {}, {"since": 5}, {"since": "2026-01-01"}])
def test_an_owner_that_cannot_be_read_is_nobody(owner):
    assert not EARLY.yields_to(owner)
    assert not EARLY.wrote(owner)


# --- leases of thousands

TIMES = st.sampled_from(["2026-03-02T12:00:00Z", "2026-03-02T12:03:00Z", 'x"y'])
PLAIN = st.none() | st.integers() | TIMES
OWNERS = st.dictionaries(st.sampled_from(["valid_until", "owner", "a", "b"]), PLAIN)
DOCUMENTS = st.dictionaries(
    st.sampled_from(["valid_until", "owner", "strategy", "message"]), PLAIN | OWNERS
)


@given(DOCUMENTS, st.sampled_from([None, 1, 2]), st.booleans())
def test_only_the_end_of_a_lease_stands_between_its_two_sides(content, indent, escaped):
    later = {**content, "valid_until": "2026-01-01T00:00:00Z"}
    head, tail = around_end(encoded(content), content)
    assert head + b"2026-01-01T00:00:00Z" + tail == encoded(later)
    text = json.dumps(content, indent=indent, ensure_ascii=escaped).encode()
    head, tail = around_end(text, content)
    assert parsed(head + b"2026-01-01T00:00:00Z" + tail) == later


async def test_a_file_that_is_known_is_not_read_again_to_be_renewed(
    tmp_path, runtimes, path, monkeypatch
):
    await converge(runtimes, an_order())
    adapter = FileAdapter(HERE, Bounds(tmp_path))
    await a_renewal(adapter, path, timedelta(seconds=1), an_order(lease=timedelta(seconds=30)))
    first, opened, read = told(path), [], Files.read
    monkeypatch.setattr(Files, "read", lambda *given: opened.append(given) or read(*given))
    now = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=25)
    monkeypatch.setattr(file_adapter, "utcnow", lambda: now)
    target = Target(an_order(lease=timedelta(seconds=30)), Stamp(3, "r1", NOW))
    assert await adapter.renew({"btc-grid": target}) == (set(), False)
    assert until(path) == now + timedelta(seconds=30)
    assert told(path) | {"valid_until": first["valid_until"]} == first
    assert opened == []
    await adapter.close()


def test_first_renewals_of_orders_that_came_at_once_are_spread():
    lease = timedelta(seconds=120)
    rests = [rest(f"s-{n}", lease, first=True).total_seconds() for n in range(1000)]
    for low in range(40, 120, 20):
        assert 150 < sum(low <= each < low + 20 for each in rests) < 350
    assert rest("s-1", lease, first=False) == timedelta(seconds=40)


@pytest.mark.parametrize(
    ("seconds", "most", "passes"),
    [(0.0, 64, [True, True, True, True, False]), (9.0, 2, [True, True, False])],
)
async def test_leases_are_renewed_a_few_at_a_time(
    tmp_path, runtimes, path, monkeypatch, seconds, most, passes
):
    await converge(runtimes, an_order())
    adapter = FileAdapter(HERE, Bounds(tmp_path))
    names = [f"s-{n}" for n in range(5)]
    for name in names:
        end = datetime.now(UTC) + timedelta(seconds=1)
        text = told(path) | {"name": name, "valid_until": end.isoformat()}
        garble(path.with_name(f"{name}.json"), json.dumps(text).encode())
    await adapter.read(names)
    monkeypatch.setattr(file_adapter, "RENEWED_SECONDS", seconds)
    monkeypatch.setattr(file_adapter, "MOST", most)
    targets = {name: Target(an_order(name=name), Stamp(3, "r1", NOW)) for name in names}
    more = [(await adapter.renew(targets))[1] for _ in range(len(passes) + 1)]
    assert more == [*passes, False]
    assert all(until(path.with_name(f"{n}.json")) > end + timedelta(seconds=60) for n in names)
    await adapter.close()


async def test_where_many_leases_end_they_are_looked_at_more_often(
    tmp_path, runtimes, path, monkeypatch
):
    await converge(runtimes, an_order())
    adapter = FileAdapter(HERE, Bounds(tmp_path))
    monkeypatch.setattr(file_adapter, "FEW", 2)
    longest, found = adapter.rhythm, []
    order = an_order()
    names = [f"s-{n}" for n in range(5)]
    targets = {name: Target(replace(order, name=name), Stamp(3, "r1", NOW)) for name in names}
    assert longest <= order.lease / 6
    for count in (5, 2, 5, 5, 1, 0, 0, 0):
        for name in names[:count]:
            end = datetime.now(UTC) + timedelta(seconds=1)
            text = told(path) | {"name": name, "valid_until": end.isoformat()}
            garble(path.with_name(f"{name}.json"), json.dumps(text).encode())
        await adapter.read(names[:count])
        await adapter.renew(targets)
        found.append(round(longest / adapter.rhythm, 2))
    assert found == [2.5, 2.5, 6.0, 6.0, 3.0, 1.5, 1.0, 1.0]
    await adapter.close()


async def test_what_a_bot_writes_while_its_lease_is_renewed_is_read(tmp_path, runtimes, path):
    await converge(runtimes, an_order())
    adapter = FileAdapter(HERE, Bounds(tmp_path))
    end = datetime.now(UTC) + timedelta(seconds=5)
    garble(path, json.dumps(told(path) | {"valid_until": end.isoformat()}).encode())
    await adapter.read(["btc-grid"])
    acknowledge(path)
    await adapter.renew({"btc-grid": Target(an_order(), Stamp(3, "r1", NOW))})
    assert until(path) > end
    assert await adapter.changed(["btc-grid"]) == ["btc-grid"]
    await adapter.close()
