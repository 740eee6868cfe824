"""The daemon as a process: signals, the service manager, exit codes, Prometheus."""

import asyncio
import contextlib
import json
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import aiohttp
import pytest

from bf_reconciler.daemon.start import serve
from bf_reconciler.daemon.start_error import StartError
from bf_reconciler.settings import Listen
from e2e.fleet import DEADLINE, SOPS, a_fleet, a_strategy, until
from e2e.programs import a_prometheus

pytestmark = pytest.mark.slow
DEAF = {"latency": 600.0}


@pytest.fixture
async def fleet(tmp_path):
    async with a_fleet(tmp_path) as running:
        yield running


async def ended(child, seconds):
    return await asyncio.wait_for(child.wait(), seconds)


async def first_event(fleet):
    """Open a stream of events and leave it open once it speaks; the response, for closing."""
    answer = await fleet.session.get(f"http://127.0.0.1:{fleet.port}/api/v1/events")
    assert (await answer.content.readline()).startswith(b"event: status")
    return answer


async def test_sigterm_drains_and_exits_0_and_leaves_strategies_as_they_are(fleet):
    connections = [fleet.connection(), fleet.connection("mexc-main", "mexc")]
    fleet.declare(connections, defaults={"interval": "1s", "timeout": "60s"})
    fleet.world.put_faults("mexc", DEAF)  # a probe will be in flight
    async with fleet.process() as child:
        await fleet.strategy_is("Enabled")
        written = (fleet.strategies / "btc-grid.json").stat().st_mtime_ns
        stream = await first_event(fleet)
        asked = asyncio.create_task(fleet.post("/api/v1/connections/mexc-main/test"))
        await until(lambda: fleet.world.count(exchange="mexc"))
        child.send_signal(signal.SIGTERM)
        assert await ended(child, 30) == 0
        stream.close()
        with contextlib.suppress(aiohttp.ClientError, AssertionError):
            await asyncio.wait_for(asked, 30)
    assert fleet.told()["enabled"] is True
    assert (fleet.strategies / "btc-grid.json").stat().st_mtime_ns == written
    assert fleet.logged("stopped")
    assert "Traceback" not in fleet.log.getvalue()


async def test_sighup_reloads_and_the_log_says_how_it_ended(fleet):
    good = fleet.sealed(fleet.document())
    fleet.commit(good)
    async with fleet.process() as child:
        await fleet.strategy_is("Enabled")
        child.send_signal(signal.SIGHUP)  # the same content: it is told all the same
        await until(lambda: fleet.logged("reload requested: the file is in force"))
        fleet.commit("connections: [\n")
        child.send_signal(signal.SIGHUP)
        (line,) = await until(lambda: fleet.logged("reload requested: the file was rejected"))
        assert (line["level"], line["reason"]) == ("error", "InvalidYAML")
        assert line["message"].endswith("the last good version stays in force")
        await fleet.config_is("InvalidYAML")
        child.send_signal(signal.SIGINT)
        assert await ended(child, 30) == 0


@pytest.fixture
def slow_sops(tmp_path):
    """A sops that says that it was begun, and waits for a word."""
    spy, begun, go = (tmp_path / name for name in ("slow-sops", "begun", "go"))
    spy.write_text(
        f'#!/bin/sh\necho $$ > "{begun}.tmp"; mv "{begun}.tmp" "{begun}"\n'
        f'while [ ! -e "{go}" ]; do sleep 0.05; done\nexec "{SOPS}" "$@"\n'
    )
    spy.chmod(0o755)
    return spy, begun, go


@pytest.mark.parametrize("word", [signal.SIGTERM, signal.SIGINT])
async def test_told_to_stop_while_it_starts_it_ends_well_and_sops_with_it(fleet, slow_sops, word):
    spy, begun, _ = slow_sops
    fleet.declare()
    async with fleet.process("--sops-binary", str(spy)) as child:
        await until(begun.exists, 60)
        child.send_signal(word)
        assert await ended(child, 30) == 0
    process = Path("/proc") / begun.read_text().strip()
    await until(lambda: not process.exists())
    assert fleet.logged("stopped")
    assert not fleet.logged("file taken")
    assert "Traceback" not in fleet.log.getvalue()


async def test_it_listens_before_the_file_is_read(fleet, slow_sops):
    spy, begun, go = slow_sops
    fleet.declare()
    async with fleet.process("--sops-binary", str(spy)):
        await until(begun.exists, 60)
        assert await fleet.until(lambda: fleet.api("/healthz"), lambda text: text) == "ok\n"
        assert "no valid file is loaded" in await fleet.api("/readyz")
        go.touch()
        await fleet.strategy_is("Enabled")


async def test_a_sighup_while_it_starts_is_answered_when_it_has_started(fleet, slow_sops):
    spy, begun, go = slow_sops
    fleet.declare()
    async with fleet.process("--sops-binary", str(spy)) as child:
        await until(begun.exists, 60)
        child.send_signal(signal.SIGHUP)
        go.touch()
        await until(lambda: fleet.logged("reload requested: the file is in force"), 60)
        child.send_signal(signal.SIGTERM)
        assert await ended(child, 30) == 0


async def test_the_service_manager_is_told_how_it_goes(fleet, tmp_path):
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.setblocking(False)  # the socket's own
        loop = asyncio.get_running_loop()
        told = []

        async def heard(word):
            async with asyncio.timeout(DEADLINE):
                while word not in told:
                    told.append((await loop.sock_recv(manager, 4096)).decode())

        fleet.declare()
        environ = {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "300000"}
        async with fleet.process(**environ) as child:
            await heard("READY=1")
            assert await fleet.api("/healthz") == "ok\n"  # ready means that it can be asked
            await heard("WATCHDOG=1")
            child.send_signal(signal.SIGTERM)
            await heard("STOPPING=1")
            assert await ended(child, 30) == 0
    assert told[0] == "READY=1"
    assert told[-1] == "STOPPING=1"


async def ran_once(fleet, *options):
    child = await asyncio.create_subprocess_exec(
        *fleet.command("--once", *options),
        env=fleet.environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(child.communicate(), DEADLINE)
    return child.returncode, out.decode(), err.decode()


async def test_once_is_one_whole_pass_with_json_alone_on_standard_output(fleet):
    connections = [fleet.connection(), fleet.connection("mexc-main", "mexc")]
    strategies = [a_strategy("btc-grid", "kucoin-main"), a_strategy("btc-dca", "mexc-main")]
    fleet.declare(connections, strategies)
    fleet.world.patch_key("mexc", {"revoked": True})  # it is confirmed within the pass
    code, out, err = await ran_once(fleet, "-o", "json")
    found = {c["name"]: c["status"] for c in json.loads(out)["connections"]}
    assert (code, found) == (0, {"kucoin-main": "Online", "mexc-main": "Blocked"})
    assert fleet.told()["enabled"] is True
    assert not (fleet.told("btc-dca") or {}).get("enabled")
    assert all(line.startswith("{") for line in err.splitlines())
    fleet.world.patch_key("kucoin", {"withdraw": True})
    code, out, _ = await ran_once(fleet)
    assert (code, fleet.told()["enabled"]) == (0, False)
    assert "kucoin-main" in out


async def test_once_on_a_file_that_is_refused_exits_1_with_one_sentence(fleet):
    fleet.commit("connections: [\n")
    code, out, err = await ran_once(fleet, "-o", "json", "--log-level", "error")
    assert (code, out) == (1, "")
    assert "Traceback" not in err


async def refused(fleet, *options):
    """Exit code and the sentence of a daemon that cannot start."""
    child = await asyncio.create_subprocess_exec(
        *fleet.command(*options),
        env=fleet.environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(child.communicate(), DEADLINE)
    plain = [line for line in err.decode().splitlines() if not line.startswith("{")]
    return child.returncode, out.decode(), "\n".join(plain)


async def test_what_keeps_it_from_starting_is_told_in_one_sentence(fleet, tmp_path):
    fleet.declare()
    async with fleet.daemon():
        code, out, err = await refused(fleet, "--state-dir", str(tmp_path / "another"))
        assert (code, out) == (1, "")
        said = (
            r"Error: cannot listen on [0-9.:]+: Address already in use;"
            r" choose another address with --listen"
        )
        assert re.fullmatch(said, err)
        code, out, err = await refused(fleet, "--listen", "127.0.0.1:0")
        assert (code, out, err.count("\n")) == (1, "", 0)
        assert err.startswith("Error: ")
        assert "Traceback" not in err
    code, out, err = await refused(fleet, "--token-file", str(tmp_path / "nosuch"))
    assert (code, out) == (1, "")
    assert "token file" in err
    assert "Traceback" not in err


async def test_an_address_that_cannot_be_resolved_is_told(fleet):
    fleet.declare()
    listen = Listen("nosuchhost.invalid", 9877)
    with pytest.raises(StartError, match=r"cannot listen on nosuchhost.invalid:9877: [A-Z]"):
        await serve(fleet.settings(listen=listen), asyncio.Event())


async def test_promtool_has_nothing_to_say_about_the_daemon_s_metrics(fleet):
    promtool = shutil.which("promtool")
    assert promtool, "the Debian package prometheus is needed"
    fleet.declare([fleet.connection(), fleet.connection("mexc-main", "mexc")])
    fleet.world.patch_key("mexc", {"withdraw": True})
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        await fleet.connection_is("Blocked", name="mexc-main")
        text = await fleet.api("/metrics")
    found = subprocess.run(  # noqa: ASYNC221 # a program of the system, and nothing else runs
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


async def test_a_real_prometheus_finds_the_connection_that_is_down(fleet):
    fleet.declare([fleet.connection(), fleet.connection("mexc-main", "mexc")])
    fleet.world.patch_key("mexc", {"withdraw": True})
    targets = {"targets": [f"127.0.0.1:{fleet.port}"]}
    job = {"job_name": "bf", "scrape_interval": "1s", "scrape_timeout": "1s"}
    config = {"scrape_configs": [job | {"static_configs": [targets]}]}

    async with fleet.daemon(), a_prometheus(fleet, config) as address:

        async def asked(query):
            url = f"http://{address}/api/v1/query"
            async with fleet.session.get(url, params={"query": query}) as answer:
                return (await answer.json())["data"]["result"]

        await fleet.connection_is("Blocked", name="mexc-main")
        (down,) = await until(lambda: asked("bf_connection_up == 0"), 60)
        assert down["metric"]["connection"] == "mexc-main"
        reasons = await until(lambda: asked("bf_connection_problem == 1"), 60)
        assert {r["metric"]["reason"] for r in reasons} == {"WithdrawEnabled"}
