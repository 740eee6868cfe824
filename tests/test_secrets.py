"""No secret leaves the memory of the process, whatever goes wrong, by whatever way there is."""

import asyncio
import base64
import contextlib
import io
import json
import logging
import os
import re
import subprocess
import sys
import time
from dataclasses import replace

import click
import pytest
from aiohttp import web

from bf_reconciler import cli, document, logs
from bf_reconciler.cli import schema
from bf_reconciler.daemon.check import RefusedError, check
from bf_reconciler.status import fold
from bf_reconciler.web.page import banners
from e2e.fleet import (
    DEADLINE,
    GOOD,
    SECRETS,
    a_fleet,
    a_strategy,
    a_world,
    credentials_of,
    kept_loggers,
    until,
)

pytestmark = pytest.mark.slow
TOKEN = "SENTINELTOKEN0d91c4e7ab"
UNLEARNT = "SENTINELUNLEARNT77aa01"
"""Stands in files that are refused: the log never comes to know it."""
NAMES = {"name", "key", "twice"}
"""Files whose names and keys are the secret: no program can tell that they are."""
FAULTS = [
    {"waf": True},
    {"status": 500},
    {"maintenance": True},
    {"region": True},
    {"reset": True},
    {"garbage": True},
    {"slow_body": True},
    {"clock_skew_seconds": 60.0},
    {"client_ip": "198.51.100.9"},
]
KEYS = [
    {"secret": "another"},
    {"revoked": True},
    {"frozen": True},
    {"trade": False},
    {"withdraw": True},
]
ECHOES = [(200, "200000"), (400, "400001"), (401, "400003"), (403, "400006"), (500, "500000")]


@pytest.fixture
async def fleet(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    world = a_world(echoed={"exchange": "kucoin", "secret": SECRETS["secret"]})
    (tmp_path / "fleet").mkdir()
    async with a_fleet(tmp_path / "fleet", world) as running:
        yield running


def sentinels(fleet):
    """Every secret, as it is and as other programs write it."""
    secrets = [*SECRETS.values(), TOKEN, UNLEARNT, fleet.age_key]
    encoded = [base64.b64encode(s.encode()).decode().rstrip("=") for s in secrets]
    return [*secrets, *encoded, *(s.encode().hex() for s in secrets)]


def leaks(fleet, text):
    return [each for each in sentinels(fleet) if each in text]


class Echo:
    """An exchange that tells the time, and for the rest repeats what it was sent, and more."""

    def __init__(self):
        self.status, self.code = ECHOES[0]
        self.asked = 0

    async def answer(self, request):
        if request.path.endswith("timestamp"):
            return web.json_response({"code": "200000", "data": int(time.time() * 1000)})
        self.asked += 1
        sent = f"{request.raw_path} {dict(request.headers)} {' '.join(SECRETS.values())}"
        headers = {"Retry-After": "0", "X-Echo": sent}
        body = {"code": self.code, "msg": sent, "data": {sent: sent}, sent: sent}
        return web.json_response(body, status=self.status, headers=headers)

    @contextlib.asynccontextmanager
    async def running(self):
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self.answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


def odd_files(fleet):
    """Files with a secret where none belongs."""
    good = fleet.document()
    sealed = fleet.sealed(good)
    first = fleet.connection()
    yield "broken", f"connections: [{UNLEARNT}\n"
    yield "anchor", f"version: 1\nconnections: *{UNLEARNT}\n"
    yield "tag", f"version: !{UNLEARNT} 1\nconnections: []\n"
    yield "prose", UNLEARNT
    yield "plain", good.replace(SECRETS["secret"], UNLEARNT)
    yield "key", fleet.sealed(good + f"{UNLEARNT}: 1\n")
    yield "twice", fleet.sealed(good) + f"{UNLEARNT}: 1\n{UNLEARNT}: 2\n"
    yield "name", fleet.sealed(fleet.document([first | {"name": UNLEARNT}]))
    yield "exchange", fleet.sealed(fleet.document([first | {"exchange": UNLEARNT}]))
    yield "interval", fleet.sealed(fleet.document([first | {"interval": UNLEARNT}]))
    wrong = credentials_of("kucoin", secret=UNLEARNT) | {"password": UNLEARNT}
    yield "credential", fleet.sealed(fleet.document([first | {"credentials": wrong}]))
    yield "list", fleet.sealed(fleet.document([first | {"credentials": [UNLEARNT]}]))
    yield "endpoint", fleet.sealed(fleet.document([first | {"endpoint": f"ftp://{UNLEARNT}"}]))
    yield "unsealed", re.sub(r"secret: ENC\[[^]]*\]", f"secret: {UNLEARNT}", sealed, count=1)
    yield "number", re.sub(r"secret: ENC\[[^]]*\]", "secret: 12345678", sealed, count=1)
    yield "mac", sealed.replace("BTC/USDT", UNLEARNT)
    yield "torn", sealed[: len(sealed) // 2]


async def shown(fleet):
    """Everything that can be asked for."""
    paths = ["/", "/?lang=tr", "/metrics", "/healthz", "/readyz", "/api/v1/status"]
    paths += ["/api/v1/history?limit=1000", "/api/v1/strategies/btc-grid"]
    paths += [f"/api/v1/connections/{name}" for name in ("kucoin-main", "mexc-main", "echo")]
    paths += [f"/api/v1/connections/{name}/stolen" for name in ("kucoin-main", "echo")]
    told = []
    for path in paths:
        found = await fleet.api(path)
        told.append(found if isinstance(found, str) else json.dumps(found, ensure_ascii=False))
    assert "••••xyz" in told[0]  # the tail that is meant to be seen
    return "\n".join(told)


async def streamed(fleet, into):
    """Follow the events for as long as the daemon lives."""
    url = f"http://127.0.0.1:{fleet.port}/api/v1/events"
    with contextlib.suppress(OSError):
        async with fleet.session.get(url) as answer:
            async for line in answer.content:
                into.append(line.decode())


def written(*folders):
    """Every byte in these folders, as text."""
    return "\n".join(
        path.read_bytes().decode(errors="replace")
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    )


async def every_failure(fleet, echo, monkeypatch, faults, keys):
    """Whatever can go wrong, one after another."""
    for change in faults:
        for exchange in ("kucoin", "mexc"):
            fleet.world.put_faults(exchange, change)
        await asyncio.gather(fleet.probe(), fleet.probe("mexc-main"))
    for change in keys:
        for exchange in ("kucoin", "mexc"):
            fleet.world.put_faults(exchange, {})
            fleet.world.put_key(
                exchange, {"exchange": exchange, **credentials_of(exchange), **GOOD, **change}
            )
        await asyncio.gather(fleet.probe(), fleet.probe("mexc-main"))
    for echo.status, echo.code in ECHOES:
        await fleet.probe("echo")
    for body in ({"reason": 1}, {"reason": "fire", "by": "ada"}):
        await fleet.post("/api/v1/halt", body, TOKEN)
        await fleet.post("/api/v1/halt", body, TOKEN[:-1])
    await fleet.post("/api/v1/resume", {}, TOKEN)

    def broken(*_, **__):
        raise ZeroDivisionError(" ".join([*SECRETS.values(), SECRETS["secret"] * 2]))

    def unlearnt(*_, **__):
        raise ZeroDivisionError(UNLEARNT)

    with monkeypatch.context() as patched:
        patched.setattr(sys.modules["bf_reconciler.verdict.judge"], "assess", broken)
        reloading = asyncio.create_task(fleet.post("/-/reload"))  # it wakes the line
        await fleet.until(
            lambda: fleet.metric("bf_reconcile_errors_total"), lambda n: n is not None and n >= 1
        )
    assert (await reloading)[0] == 200
    with monkeypatch.context() as patched:
        patched.setattr(banners, "_halted", broken)
        assert "internal error" in str(await fleet.api("/"))
    with monkeypatch.context() as patched:
        patched.setattr(document, "parse", unlearnt)
        fleet.commit(fleet.file.read_text() + "\n")
        status, body = await fleet.post("/-/reload", token=TOKEN)
        assert (status, "unexpected error" in body["error"]) == (422, True)
        assert not leaks(fleet, json.dumps(body))
    fleet.world.put_faults("mexc", {"rate_limit": True})  # the last: it has us wait
    await fleet.probe("mexc-main")


FORMS = {
    "json": (FAULTS, KEYS, slice(0, None, 2)),
    "console": ([{"reset": True}], KEYS[:1], slice(1, None, 2)),
}
"""The form of the log, and what goes wrong meanwhile; each kind of file with one of them."""


@pytest.mark.parametrize("form", FORMS)
async def test_no_secret_shows_whatever_goes_wrong(fleet, tmp_path, monkeypatch, form):
    faults, keys, files = FORMS[form]
    echo, events, printed = Echo(), [], io.StringIO()
    token = tmp_path / "token"
    token.write_text(TOKEN)
    async with echo.running() as url:
        connections = [
            fleet.connection(),
            fleet.connection("mexc-main", "mexc"),
            fleet.connection("echo", endpoint=url),
        ]
        settings = {"deep": {"api_key": SECRETS["api_key"], "token": TOKEN}}
        strategies = [a_strategy("btc-grid", "kucoin-main", settings=settings)]
        good = fleet.sealed(
            fleet.document(
                connections, strategies, defaults={"interval": "10m", "timeout": "500ms"}
            )
        )
        fleet.commit(good)
        with contextlib.redirect_stdout(printed):
            async with fleet.daemon(token_file=token, log_format=form):
                following = asyncio.create_task(streamed(fleet, events))
                await until((fleet.strategies / "btc-grid.json").exists)
                real, fleet.post = fleet.post, _with_token(fleet.post)
                await every_failure(fleet, echo, monkeypatch, faults, keys)
                for name, text in tuple(odd_files(fleet))[files]:
                    fleet.commit(text)
                    _, body = await real("/-/reload", token=TOKEN)
                    assert not leaks(fleet, json.dumps(body)) or name in NAMES
                fleet.commit(good)
                assert (await real("/-/reload", token=TOKEN))[0] == 200
                asked = await shown(fleet)
            await asyncio.wait_for(following, DEADLINE)
    ways = {
        "log": fleet.log.getvalue(),
        "asked": asked,
        "events": "".join(events),
        "printed": printed.getvalue(),
        "state": written(fleet.state_dir),
        "temporary": written(tmp_path / "tmp"),
    }
    assert echo.asked >= len(ECHOES)
    assert logs.MASK in ways["log"]  # there was something to mask
    assert {way: found for way, text in ways.items() if (found := leaks(fleet, text))} == {}
    assert all(len(ways[way]) > 1000 for way in ("log", "asked", "events", "state"))
    assert ways["temporary"] == ways["printed"] == ""


def _with_token(post):
    async def posted(path, body=None, token=TOKEN):
        return await post(path, body, token)

    return posted


async def said_of(fleet, path):
    settings = replace(fleet.settings(), file=str(path))
    try:
        status = await check(settings, (), lambda *_: None)
    except RefusedError as error:
        return repr(error) + str(error) + repr(error.config) + repr(error.__context__)
    return repr(status)


async def test_no_secret_stands_in_the_words_of_a_refusal(fleet):
    files = {fleet.folder / f"{name}.yaml": text for name, text in odd_files(fleet)}
    for path, text in files.items():
        path.write_text(text)
    told = io.StringIO()
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(told), kept_loggers():
        said = await asyncio.gather(*(said_of(fleet, path) for path in files))
    for path, words in zip(files, said, strict=True):
        assert leaks(fleet, words) == [] or path.stem in NAMES, path.stem
    assert leaks(fleet, told.getvalue()) == []


async def verb(fleet, *words):
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bf_reconciler", *words),
        env=fleet.environ(COLUMNS="200", TMPDIR=os.environ["TMPDIR"]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(child.communicate(), DEADLINE)
    return out.decode()


async def test_no_secret_is_printed_by_a_verb(fleet, tmp_path):
    file, state = str(fleet.file), ("--state-dir", str(fleet.state_dir))
    url = f"http://127.0.0.1:{fleet.port}"
    said = {}
    files = {name: text for name, text in odd_files(fleet) if name not in NAMES}
    for name in ("plain", "credential", "endpoint", "mac"):
        fleet.file.write_text(files[name])
        said["validate", name] = await verb(fleet, "validate", file, "--decrypt")
    fleet.file.write_text(files["unsealed"])
    said["refused"] = await verb(fleet, "run", file, *state, "--listen", "127.0.0.1:0", "--once")
    fleet.declare()
    fleet.world.patch_key("kucoin", {"secret": "another"})
    said["test"] = await verb(fleet, "test", file)
    async with fleet.process() as child:
        await fleet.strategy_is("Blocked", "InvalidSignature")
        arguments = (await asyncio.to_thread(_cmdline, child.pid)).split("\0")
        said["process"] = " ".join(arguments)
        for words in (("status",), ("history",), ("status", "-o", "json")):
            said[words] = await verb(fleet, *words, "--url", url)
        child.kill()
    said["log"] = fleet.log.getvalue()
    assert "kucoin-main" in said["status",]
    assert "InvalidSignature" in said["status", "-o", "json"]
    assert {way: found for way, text in said.items() if (found := leaks(fleet, text))} == {}
    assert leaks(fleet, written(fleet.state_dir, tmp_path / "tmp")) == []


async def test_the_log_of_a_test_knows_the_secrets(fleet, monkeypatch):
    fleet.declare()
    told = io.StringIO()

    def talking(*arguments):
        logging.getLogger("asyncio").error("lost: %s", " ".join(SECRETS.values()))
        return fold(*arguments)

    monkeypatch.setattr("bf_reconciler.daemon.check.fold", talking)
    for name, value in fleet.environ().items():
        monkeypatch.setenv(name, value)
    with contextlib.redirect_stderr(told), kept_loggers():
        await check(fleet.settings(), (), lambda *_: None)
    assert "lost" in told.getvalue()
    assert leaks(fleet, told.getvalue()) == []


def test_an_error_that_nobody_foresaw_is_told_without_its_text(monkeypatch, capsys):
    def broken():
        error = ZeroDivisionError(UNLEARNT)
        error.add_note(UNLEARNT)
        raise error from KeyError(UNLEARNT)

    monkeypatch.setattr(schema, "command", click.Command("schema", callback=broken))
    with pytest.raises(SystemExit) as ended:
        cli.main(["schema"])
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (1, "")
    assert err.endswith("hold no value of yours\n")
    assert "Error: unexpected error, a fault of this program." in err
    assert "ZeroDivisionError" not in err
    assert "in broken" in err
    assert UNLEARNT not in err


def _cmdline(pid):
    with open(f"/proc/{pid}/cmdline") as file:  # noqa: PTH123 # no file of ours
        return file.read()


async def test_sops_is_handed_no_secret_but_its_own(fleet, tmp_path):
    spy, seen = tmp_path / "sops", tmp_path / "seen"
    real = fleet.settings().sops_binary
    spy.write_text(
        f'#!/bin/sh\n{{ tr "\\0" " " < /proc/$$/cmdline; env; }} >> "{seen}"\nexec "{real}" "$@"\n'
    )
    spy.chmod(0o755)
    token = tmp_path / "token"
    token.write_text(TOKEN)
    os.environ["BF_TOKEN_FILE"] = TOKEN  # a variable of ours is none of its business
    try:
        fleet.declare()
        async with fleet.daemon(sops_binary=str(spy), token_file=token):
            await fleet.strategy_is("Enabled")
    finally:
        os.environ.pop("BF_TOKEN_FILE", None)
    text = seen.read_text()
    assert "SOPS_AGE_KEY_FILE" in text
    assert "BF_" not in text
    assert leaks(fleet, text) == []
