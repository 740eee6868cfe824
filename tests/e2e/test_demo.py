"""The demo: the real daemon, git and sops, simulated exchanges; nothing stays behind."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import asyncio
import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from urllib.request import urlopen

import pytest
from aiohttp import ClientSession

from bf_reconciler.cli.narration import Narrator
from bf_reconciler.demo import STEPS, DemoError, child, play, playing, stage
from bf_reconciler.demo.stage import Stage
from bf_reconciler.facts import ConfigError, ConfigReason
from bf_reconciler.sops import find_binary
from commandline import clean, run_in
from ports import two_free_ports

SECONDS = 110


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch, tmp_path):
    """Whatever the demo leaves behind would be found here."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield
    assert not list(tmp_path.glob("bf-reconciler-demo-*"))


class Silent:
    """A narrator who keeps what was told."""

    def __init__(self):
        self.told = []

    def begin(self, page, simulator):
        self.told.append(("begin", page, simulator))

    def step(self, number, total, step):
        self.told.append(("step", number, total, step.says["en"]))

    def seen(self, rows, _config, _seconds):
        self.told.append(("seen", {row["name"] for row in rows}))

    def end(self, page):
        self.told.append(("end", page))

    def cut(self, played, total):
        self.told.append(("cut", played, total))


def start(tmp_path, *argv):
    return subprocess.Popen(
        [sys.executable, "-m", "bf_reconciler", "demo", *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**clean(), "TMPDIR": str(tmp_path)},
    )


def test_the_whole_demo_is_as_it_should_be(tmp_path):
    process = start(tmp_path, "--for", f"{SECONDS}s")
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("All steps passed."):
            with urlopen(line.split(" at ")[1].split()[0], timeout=10) as page:  # noqa: S310 # a loopback address of ours
                assert page.status == 200
            process.send_signal(signal.SIGINT)
    err = process.stderr.read()
    assert (process.wait(30), err) == (0, "")
    process.stdout.close()
    process.stderr.close()
    text = "".join(lines)
    for number, step in enumerate(STEPS, 1):
        assert f"{number}/{len(STEPS)}  {step.says['en']}" in text
    assert text.count("Detected after") == len(STEPS)
    assert "Turn the withdraw permission off" in text
    assert "IntegrityCheckFailed" in text
    assert "api_key" not in text
    assert not list(tmp_path.iterdir())


def test_the_demo_ends_by_itself(tmp_path):
    process = start(tmp_path, "--for", "3s", "--lang", "tr")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "adımın" in out
    assert not list(tmp_path.iterdir())


def test_nothing_stays_behind_where_the_terminal_is_closed(tmp_path):
    process = start(tmp_path)
    assert process.stdout.readline().startswith("Page:")
    process.send_signal(signal.SIGHUP)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert not list(tmp_path.iterdir())


def test_a_reader_who_leaves_early_ends_the_demo_quietly(tmp_path):
    process = start(tmp_path)
    assert process.stdout.readline().startswith("Page:")
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(60) == 1
    process.stderr.close()
    assert not list(tmp_path.iterdir())


def test_the_demo_plays_in_this_process_and_ends_with_ctrl_c(capsys, monkeypatch):
    """The command itself, its script cut to the steps that touch each kind of thing."""
    few = (STEPS[0], STEPS[6], *STEPS[7:])
    end = Narrator.end

    def interrupt(teller, page):
        end(teller, page)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Narrator, "end", interrupt)
    monkeypatch.setattr(playing, "STEPS", few)
    ran = run_in(capsys, "demo", "--lang", "tr")
    assert ran.code == 0, ran.err
    assert f"{len(few)}/{len(few)}  " in ran.out
    assert "Tüm adımlar başarılı." in ran.out


async def test_what_is_not_seen_is_told_with_what_was(monkeypatch):
    monkeypatch.setattr(playing, "STEP_SECONDS", 8.0)
    impossible = replace(STEPS[0], expects={"btc-grid": ("Disabled", "Connected")})
    narrator = Silent()
    with pytest.raises(DemoError) as told:
        await play(narrator, asyncio.Event(), steps=(impossible,))
    assert "btc-grid: Disabled Connected" in str(told.value)
    assert "  the file: loaded" in str(told.value)
    assert ("end", narrator.told[0][1]) not in narrator.told


async def test_a_daemon_that_dies_is_told(monkeypatch):
    monkeypatch.setattr(child, "PYTHON", "/bin/false")
    with pytest.raises(DemoError) as told:
        await play(Silent(), asyncio.Event(), steps=STEPS[:1])
    assert "the daemon exited with code 1" in str(told.value)


async def test_a_daemon_that_does_not_stop_is_killed(monkeypatch, tmp_path):
    stubborn = tmp_path / "stubborn"
    stubborn.write_text("#!/bin/sh\ntrap '' TERM\necho ready\nwhile :; do sleep 0.1; done\n")
    stubborn.chmod(0o755)
    monkeypatch.setattr(child, "PYTHON", str(stubborn))
    monkeypatch.setattr(child, "DRAIN_SECONDS", 0.3)
    (tmp_path / "folder").mkdir()
    built = Stage(tmp_path / "folder", find_binary(None, os.environ))
    async with child.daemon(built, "127.0.0.1:0") as process:
        async with asyncio.timeout(30):
            while not built.log.read_bytes():  # noqa: ASYNC110 # a file tells no event
                await asyncio.sleep(0.02)
    assert process.returncode == -signal.SIGKILL


async def test_stop_cuts_the_demo_short():
    stop, narrator = asyncio.Event(), Silent()
    stop.set()
    await play(narrator, stop, steps=STEPS[:1])
    assert narrator.told[-1] == ("cut", 0, 1)


async def test_the_ports_can_be_chosen():
    stop, narrator = asyncio.Event(), Silent()
    stop.set()
    base = two_free_ports()
    await play(narrator, stop, steps=(), port_base=base)
    assert narrator.told[0] == (
        "begin",
        f"http://127.0.0.1:{base}",
        f"http://127.0.0.1:{base + 1}",
    )


def test_a_port_that_is_taken_is_told(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = run_in(capsys, "demo", "--port-base", taken.getsockname()[1] - 1)
    assert ran.code == 1
    assert "cannot start the demo" in ran.err


async def test_a_missing_sops_is_told(monkeypatch):
    def none(*_):
        raise ConfigError(ConfigReason.DECRYPTION_TOOL_MISSING, "there is no sops binary on PATH")

    monkeypatch.setattr(playing, "find_binary", none)
    with pytest.raises(DemoError, match="no sops binary on PATH; install"):
        await play(Silent(), asyncio.Event())


def test_missing_programs_are_told(monkeypatch, tmp_path):
    built = Stage(tmp_path, find_binary(None, os.environ))
    with monkeypatch.context() as bare:
        bare.setitem(sys.modules, "pyrage", None)
        bare.setenv("PATH", str(tmp_path))
        with pytest.raises(DemoError, match=r"needs .age-keygen., or pyrage"):
            built.build("version: 1\n")
    with pytest.raises(DemoError, match="needs nonesuch"):
        built.run("nonesuch")
    with pytest.raises(DemoError, match="failed with exit code 1"):
        built.run("false")
    monkeypatch.setattr(stage, "SECONDS", 0.1)
    with pytest.raises(DemoError, match="sleep did not finish in time"):
        built.run("sleep", "5")
    built.file.write_text("version: 1\n")
    with pytest.raises(DemoError, match="does not contain"):
        built.tamper("nothing", "something", "A change")


async def test_a_connection_that_cannot_be_asked_is_left_to_its_interval():
    async with ClientSession() as session:
        theatre = playing.Theatre(None, None, None, session, "http://127.0.0.1:9")
        await theatre.ask("kucoin-main-grid")
        assert await theatre.status() is None
