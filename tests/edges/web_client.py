"""A daemon of no more than the answers that the web asks for."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from gzip import compress
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp.test_utils import TestClient, TestServer

from bf_reconciler.journal import Journal
from bf_reconciler.spec import Policy
from bf_reconciler.status import evidence, present_stolen, stolen
from bf_reconciler.verdict import Halted
from bf_reconciler.web.http.app import make_app
from edges.fakes import NOW, a_record, a_refused_config, a_seen, a_status, a_transition

TOKEN = "a-token-of-some-length"
LOGIN = {"Authorization": f"Bearer {TOKEN}"}


class ScriptedBackend:
    def __init__(self, status=None, token=None, host="127.0.0.1", read_token=None):
        self.now = a_status() if status is None else status
        self.token = token
        self.read_token = read_token
        self.host = host
        self.refused = False
        self.healthy = (True, "ok")
        self.prepared = (True, "ok")
        self.asked = []
        self.refusals = []
        self.readers = set()

    @property
    def tokens(self):
        return {} if self.token is None else {"ops": self.token}

    @property
    def read_tokens(self):
        return {} if self.read_token is None else {"": self.read_token}

    def report_refusal(self, why, client, request):
        self.refusals.append((why, client, request))

    def status(self):
        return self.now

    def health(self):
        return self.healthy

    def ready(self):
        return self.prepared

    def metrics(self, accept, *, summary, gzip):
        pieces = (f"# {accept}\n".encode(), b"", b"# summary\n" if summary else b"# full\n")
        if gzip:
            pieces = (compress(b"".join(pieces)),)
        return iter(pieces), "text/plain; version=0.0.4; charset=utf-8"

    def history(self, name, limit, before, kind=None):
        self.asked.append(("history", name, limit, before, *([kind] if kind else [])))
        return [a_transition()]

    def journal(self, table, after, limit):
        self.asked.append(("journal", table, after, limit))
        with TemporaryDirectory() as folder, Journal(Path(folder)) as journal:
            journal.save(a_record(), [a_transition()])
            return journal.page(table, after, limit)

    def evidence(self, name, language):
        known = self.now.connections.get(name)
        return None if known is None else evidence(known, a_seen(), Policy(), language)

    def stolen(self, name, language):
        found = stolen(self.now, a_seen(), name)
        return None if found is None else present_stolen(found, language)

    async def subscribe(self):
        queue = asyncio.Queue()
        self.readers.add(queue)
        try:
            while (change := await queue.get()) is not None:
                yield change
        finally:
            self.readers.discard(queue)

    def publish(self, *transitions):
        for reader in self.readers:
            reader.put_nowait((self.now, transitions))

    async def reload(self):
        if self.refused:
            self.now = replace(self.now, config=a_refused_config())
        self.asked.append(("reload",))
        return self.now

    async def test(self, name):
        self.asked.append(("test", name))
        return self.now.connections.get(name)

    async def drill(self, name, seconds, by, token=""):
        if name not in self.now.connections:
            raise LookupError(name)
        if name == "mexc-sub":
            raise ValueError("it is no canary")
        self.asked.append(("drill", name, seconds, by, token))
        return NOW + timedelta(seconds=seconds)

    async def halt(self, reason, by, token=""):
        self.asked.append(("halt", reason, by, token))
        self.now = replace(self.now, halted=Halted(reason, by, NOW))
        return self.now

    async def resume(self, name, reason="", by="", token=""):
        self.asked.append(("resume", name, reason, by, token))
        held = self.now.halted is not None
        self.now = replace(self.now, halted=None)
        return held


@asynccontextmanager
async def a_client(backend):
    async with TestServer(make_app(backend)) as server, TestClient(server) as client:
        yield client


async def until(condition, seconds=60):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 # no event is given for it
            await asyncio.sleep(0.01)
