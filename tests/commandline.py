"""The command line in this process, and what it talks to: a daemon's API, simulated exchanges."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bf_reconciler.cli import main
from bf_reconciler.journal import Journal
from bf_reconciler.simulator import Simulator, demo_world
from bf_reconciler.spec import Policy
from bf_reconciler.status import Status, evidence, present_stolen, stolen
from bf_reconciler.verdict import Halted
from bf_reconciler.web.http.app import make_app

SECONDS = 60


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def run_in(capsys, *argv):
    """Run the command line in this process."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in argv])
    out, err = capsys.readouterr()
    return Ran(int(ended.value.code or 0), out, err)


def program(*argv, **environ):
    """The command line as a process of its own, its output in pipes."""
    return subprocess.Popen(
        [sys.executable, "-m", "bf_reconciler", *map(str, argv)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**clean(), **environ},
    )


def clean():
    """This environment without what would change the program."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BF_", "SOPS_", "COV_", "COVERAGE_"))
        and name not in {"NO_COLOR", "COLUMNS", "FORCE_COLOR"}
    }


@contextmanager
def in_thread(start):
    """Run an async context manager in an event loop of its own; yields what it yields."""
    ready, stop = threading.Event(), threading.Event()
    found = {}

    async def live():
        async with start() as value:
            found["value"] = value
            ready.set()
            await asyncio.to_thread(stop.wait)

    def work():
        try:
            asyncio.run(live())
        finally:
            ready.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert ready.wait(SECONDS)
        yield found["value"]
    finally:
        stop.set()
        thread.join(SECONDS)


@dataclass
class FakeView:
    """A daemon that does nothing but answer."""

    now: Status
    transitions: list = field(default_factory=list)
    seen: dict = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    token: str | None = None
    read_token: str | None = None
    host: str = "127.0.0.1"
    held: bool = True
    done: list = field(default_factory=list)
    folder: Path | None = None
    limit: int = 1000
    forged: Callable = field(default=lambda page: page)
    """What it makes of a page of its journal."""

    @property
    def tokens(self):
        return {} if self.token is None else {"": self.token}

    @property
    def read_tokens(self):
        return {} if self.read_token is None else {"": self.read_token}

    def report_refusal(self, *_):
        pass

    def status(self):
        return self.now

    def history(self, name, limit, _before, kind=None):
        found = [each for each in self.transitions if name in {None, each.name}]
        found = [each for each in found if kind in {None, each.kind}]
        return found[:limit]

    def journal(self, table, after, limit):
        with Journal(self.folder, readonly=True) as journal:
            return self.forged(journal.page(table, after, min(limit, self.limit)))

    def evidence(self, name, language):
        known = self.now.connections.get(name)
        found = self.seen.get(name)
        return None if known is None else evidence(known, found, self.policy, language)

    def stolen(self, name, language):
        found = stolen(self.now, self.seen.get(name), name)
        return None if found is None else present_stolen(found, language)

    async def halt(self, reason, by, _token=""):
        self.done.append(("halt", reason, by))
        return replace(self.now, halted=Halted(reason, by))

    async def resume(self, name, reason="", by="", _token=""):
        self.done.append(("resume", name, reason, by))
        return self.held


@contextmanager
def serving(view):
    """The API of a view; yields its address."""

    class Server:
        async def __aenter__(self):
            self.runner = web.AppRunner(make_app(view), access_log=None, shutdown_timeout=1)
            await self.runner.setup()
            await web.TCPSite(self.runner, "127.0.0.1", 0).start()
            return f"http://127.0.0.1:{self.runner.addresses[0][1]}"

        async def __aexit__(self, *_):
            await self.runner.cleanup()

    with in_thread(Server) as url:
        yield url


@contextmanager
def simulated():
    """Simulated exchanges with the keys of the demo."""
    with in_thread(lambda: Simulator(demo_world())) as simulator:
        yield simulator


def declare(simulator, *keys, endpoint=None, **credentials):
    """A file in plain text with one connection for each of these keys of the simulator."""
    lines = ["version: 1", "defaults: {interval: 1s, timeout: 30s}", "connections:"]
    for name in keys:
        key = simulator.world.keys[name]
        words = {"api_key": key.api_key, "secret": key.secret}
        if key.passphrase:
            words["passphrase"] = key.passphrase
        lines += [
            f"  - name: {name}-grid",
            f"    exchange: {key.exchange}",
            f"    endpoint: {endpoint or simulator.base(key.exchange)}",
            f"    credentials: {json.dumps(words | credentials)}",
        ]
    return "\n".join(lines) + "\n"
