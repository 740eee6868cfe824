"""A running fleet: simulated exchanges, a git repository with a sealed file, and a daemon."""

import asyncio
import contextlib
import io
import json
import logging
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import structlog
import yaml
from pyrage import x25519

from bf_reconciler import logs
from bf_reconciler.daemon.start import serve
from bf_reconciler.document.seal import digest
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.settings import Listen, Settings
from bf_reconciler.simulator import Simulator, World
from ports import free_port

DEADLINE = 90.0
SOPS = Path(sys.executable).parent / "sops"
REGEX = "^(api_key|secret|passphrase|password|private_key|token|seal)$"
GIT = ("git", "-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "gc.auto=0")
SECRETS = {
    "api_key": "SENTINELKEY7f3a91c2xyz",
    "secret": "SENTINELSECRET5e8d60b4",
    "passphrase": "SENTINELPHRASE2b9c77a1",
}
GOOD = {"read": True, "trade": True, "ips": ["127.0.0.1"], "balances": {"USDT": "26.5"}}
FAST = {"grace": "3s", "recover_after": 2, "confirm_after": 2}


def credentials_of(exchange, **changes):
    wanted = {name: SECRETS[name] for name in EXCHANGES[exchange].signing.credentials}
    return {name: value for name, value in (wanted | changes).items() if value}


def a_world(**keys):
    """One compliant key per exchange under its own name, and more: ``name={"exchange": ...}``."""
    world = World()
    for exchange in ("kucoin", "mexc"):
        world.put_key(exchange, {"exchange": exchange, **credentials_of(exchange), **GOOD})
    for name, changes in keys.items():
        world.put_key(name, {"api_key": f"KEY-OF-{name}", **GOOD, **changes})
    return world


def a_document(connections, strategies, **changes):
    """The file as text: JSON in YAML, an entry per line."""
    whole = {
        "version": 1,
        "policy": FAST,
        "defaults": {"interval": "1s", "timeout": "30s"},
    } | changes
    lines = [f"{key}: {json.dumps(value)}" for key, value in whole.items()]
    for kind, entries in (("connections", connections), ("strategies", strategies)):
        lines.append(f"{kind}:" + ("" if entries else " []"))
        lines += [f"- {json.dumps(entry)}" for entry in entries]
    return "\n".join(lines) + "\n"


def a_strategy(name, connection, **changes):
    return {"name": name, "connection": connection, "pairs": ["BTC/USDT"]} | changes


async def end(child):
    """Kill a process, unless it has ended by itself."""
    with contextlib.suppress(ProcessLookupError):
        child.kill()
    await child.wait()


async def until(holds, seconds=DEADLINE, shown=lambda: ""):
    """Poll until it holds, and give what it gave. ``holds`` may be async, and may not be ready."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = holds()
            if asyncio.iscoroutine(found):
                found = await found
        except (OSError, aiohttp.ClientError, KeyError, ValueError, StopIteration):
            found = None
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not come about within {seconds} s: {shown()}")
        await asyncio.sleep(0.03)


class Fleet:
    """Everything around one daemon. Start and stop it as often as a test needs."""

    def __init__(self, folder, sim):
        self.folder, self.sim, self.world = folder, sim, sim.world
        self.repository = folder / "repository"
        self.file = self.repository / "connections.yaml"
        self.state_dir = folder / "state"
        self.strategies = self.state_dir / "strategies"
        self.key_file = folder / "age.txt"
        self.log = io.StringIO()
        self.status = {}
        self.port = free_port()
        self.session = None
        self._tasks = []
        self.repository.mkdir(parents=True)
        identity = x25519.Identity.generate()
        self.age_key, self.recipient = str(identity), str(identity.to_public())
        self.key_file.write_text(f"{identity}\n")
        self._git("init", "--quiet")

    # --- the file

    def connection(self, name="kucoin-main", exchange="kucoin", **changes):
        return {
            "name": name,
            "exchange": exchange,
            "endpoint": self.sim.base(exchange),
            "egress_ips": ["127.0.0.1"],
            "credentials": credentials_of(exchange),
        } | changes

    def document(self, connections=None, strategies=None, **changes):
        """By default a connection to KuCoin, with one strategy."""
        connections = [self.connection()] if connections is None else connections
        strategies = [a_strategy("btc-grid", "kucoin-main")] if strategies is None else strategies
        return a_document(connections, strategies, **changes)

    def sealed(self, text, recipient=None, *, seal=True):
        """As sops writes it, and `bf-reconciler seal` after it."""
        if seal:
            text += f"seal: {digest(yaml.safe_load(text))}\n"
        command = [SOPS, "encrypt", "--input-type", "yaml", "--output-type", "yaml"]
        command += ["--encrypted-regex", REGEX, "--age", recipient or self.recipient, "/dev/stdin"]
        done = subprocess.run(
            command,
            input=text,
            env=self.environ(),
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def commit(self, text):
        """Commit this content as it is; returns the commit."""
        beside = self.repository / ".git" / "next"
        beside.write_text(text)
        beside.replace(self.file)
        self._git("add", "--all")
        self._git("commit", "--quiet", "--no-gpg-sign", "--allow-empty", "--message", "change")
        return self._git("rev-parse", "HEAD").strip()

    def declare(self, *args, **changes):
        """Seal and commit; returns the commit."""
        return self.commit(self.sealed(self.document(*args, **changes)))

    def environ(self, **more):
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "SOPS_AGE_KEY_FILE": str(self.key_file),
            **more,
        }

    def _git(self, *words):
        done = subprocess.run(
            [*GIT, *words],
            cwd=self.repository,
            env=self.environ(),
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=True,
        )
        return done.stdout

    # --- the daemon

    def settings(self, **changes):
        return Settings(
            file=str(self.file),
            state_dir=self.state_dir,
            **{
                "listen": Listen("127.0.0.1", self.port),
                "sops_binary": str(SOPS),
                "log_level": "debug",
                "log_format": "json",
            }
            | changes,
        )

    @contextlib.asynccontextmanager
    async def daemon(self, **changes):
        """A daemon in this process, until the block ends."""
        stop = asyncio.Event()
        before = dict(os.environ)
        os.environ.update(self.environ())
        task = asyncio.create_task(serve(self.settings(**changes), stop))
        try:
            with contextlib.redirect_stderr(self.log), kept_loggers():
                await until(lambda: task.done() or self.api())
                if task.done():
                    await task
                try:
                    yield task
                finally:
                    stop.set()
                    await asyncio.wait_for(asyncio.shield(task), DEADLINE)
        finally:
            stop.set()
            os.environ.clear()
            os.environ.update(before)

    def command(self, *options):
        return [
            *(sys.executable, "-m", "bf_reconciler", "run", str(self.file)),
            *("--state-dir", str(self.state_dir), "--listen", f"127.0.0.1:{self.port}"),
            *("--sops-binary", str(SOPS), "--log-level", "debug", "--log-format", "json"),
            *options,
        ]

    @contextlib.asynccontextmanager
    async def process(self, *options, **environ):
        """A daemon in a process of its own; killed at the end where it still runs."""
        child = await asyncio.create_subprocess_exec(
            *self.command(*options),
            env=self.environ(**environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            limit=1 << 24,
        )
        reading = [asyncio.create_task(self._keep(s)) for s in (child.stdout, child.stderr)]
        try:
            yield child
        finally:
            await end(child)
            await asyncio.gather(*reading)

    async def _keep(self, stream):
        async for line in stream:
            self.log.write(line.decode())

    # --- what it says

    async def api(self, path="/api/v1/status"):
        """The JSON at a path; the text where it is none."""
        async with self.session.get(f"http://127.0.0.1:{self.port}{path}") as answer:
            text = await answer.text()
        if "Retry-After" in answer.headers:  # it listens, and has not started yet
            raise ConnectionError(text)
        if path == "/api/v1/status" and answer.status == 200:
            self.status = json.loads(text)
        return json.loads(text) if answer.content_type == "application/json" else text

    async def post(self, path, body=None, token=None):
        """The HTTP status and the JSON."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self.session.post(url, json=body or {}, headers=headers) as answer:
            return answer.status, await answer.json()

    async def probe(self, name="kucoin-main"):
        """Have it probed now; its fresh status."""
        status, found = await self.post(f"/api/v1/connections/{name}/test")
        assert status == 200, found
        return found

    async def ready(self):
        """Wait until the first pass is done."""
        await self.until(lambda: self.api("/readyz"), lambda text: text == "ok\n")

    async def until(self, ask, holds, seconds=DEADLINE):
        """Poll what ``ask`` gives until it holds; gives it."""

        async def look():
            found = await ask()
            return found if holds(found) else None

        return await until(look, seconds, lambda: json.dumps(self.status) + self.log.getvalue())

    async def connection_is(self, state, reason=None, name="kucoin-main", seconds=DEADLINE):
        return await self.until(
            lambda: self.api(f"/api/v1/connections/{name}"),
            lambda found: _is(found, state, reason),
            seconds,
        )

    async def strategy_is(self, state, reason=None, name="btc-grid", seconds=DEADLINE):
        return await self.until(
            lambda: self.api(f"/api/v1/strategies/{name}"),
            lambda found: _is(found, state, reason),
            seconds,
        )

    async def config_is(self, reason, seconds=DEADLINE):
        """The file was refused for this reason; None: it was taken."""
        return await self.until(
            self.api,
            lambda found: (
                found["config"]["reason"] == reason
                and found["config"]["last_reload_successful"] is (reason is None)
            ),
            seconds,
        )

    def told(self, name="btc-grid", folder=None):
        """What the file of a strategy says; None where there is none."""
        path = (folder or self.strategies) / f"{name}.json"
        return json.loads(path.read_text()) if path.exists() else None

    async def metric(self, name, **labels):
        """The value of the series with these labels among its own; None where there is none."""
        text = await self.api("/metrics")
        for line in text.splitlines():
            if re.match(rf"{name}[ {{]", line):
                found = dict(re.findall(r'(\w+)="([^"]*)"', line))
                if labels.items() <= found.items():
                    return float(line.rpartition(" ")[2])
        return None

    async def history(self, name=None):
        """``(from, to, reason)``, oldest first."""
        query = f"?limit=1000&name={name}" if name else "?limit=1000"
        found = (await self.api(f"/api/v1/history{query}"))["transitions"]
        return [(t["from"], t["to"], t["reason"]) for t in reversed(found)]

    def logged(self, event):
        """The log lines of this event."""
        lines = [json.loads(x) for x in self.log.getvalue().splitlines() if x.startswith("{")]
        return [line for line in lines if line["event"] == event]


def _is(found, state, reason):
    head = found["conditions"][0]
    return found["status"] == state and reason in {None, head["reason"]}


def head(found):
    """The condition that sums it up."""
    return found["conditions"][0]


@contextlib.contextmanager
def kept_loggers():
    """What the daemon sets up for its process is as before afterwards."""
    names = (None, *logs.SILENT, *logs.QUIET)
    loggers = [logging.getLogger(name) for name in names]
    before = [(each, list(each.handlers), each.level, each.propagate) for each in loggers]
    try:
        yield
    finally:
        for each, handlers, level, propagate in before:
            each.handlers, each.propagate = handlers, propagate
            each.setLevel(level)
        structlog.reset_defaults()


@contextlib.asynccontextmanager
async def a_fleet(folder, world=None):
    """A fleet whose file is not committed yet."""
    async with Simulator(world or a_world()) as sim, aiohttp.ClientSession() as session:
        fleet = Fleet(folder, sim)
        fleet.session = session
        yield fleet
