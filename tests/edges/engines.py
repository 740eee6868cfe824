"""Engines that runtimes drive in tests: each can lie, hang, fail, refuse, and stop by itself."""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from bf_reconciler.runtimes.adapter import Bounds
from bf_reconciler.runtimes.file import FileAdapter
from bf_reconciler.runtimes.freqtrade import FreqtradeAdapter
from bf_reconciler.runtimes.hummingbot import HummingbotAdapter
from bf_reconciler.runtimes.kubernetes import Access, KubernetesAdapter
from bf_reconciler.runtimes.process import ProcessAdapter
from bf_reconciler.runtimes.webhook import WebhookAdapter
from bf_reconciler.spec import (
    FileRuntime,
    FreqtradeRuntime,
    HummingbotRuntime,
    KubernetesRuntime,
    ProcessRuntime,
    WebhookRuntime,
)
from build import STRATEGY

SECRET = "a-secret-that-must-not-be-seen"
DOES: Mapping[str, str] = {"run": "running", "pause": "paused", "stop": "stopped"}
REFUSALS: Mapping[str, int] = {"denies": 401, "forbids": 403, "rejects": 422}
BOT = "import signal,sys,time\nfor s in (10,12): signal.signal(s, lambda *_: None)\ntime.sleep(600)"


class HttpEngine:
    """What all engines behind HTTP have in common."""

    state = "stopped"

    def __init__(self):
        self.commands, self.mode = [], "obeys"
        self.never = asyncio.Event()

    async def start(self):
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        self.site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await self.site.start()
        self.url = f"http://127.0.0.1:{self.site._server.sockets[0].getsockname()[1]}"  # noqa: SLF001

    async def stop(self):
        self.never.set()
        await self.runner.cleanup()

    async def answer(self, request):
        if self.mode == "hangs":
            await self.never.wait()
        if request.method in {"POST", "PATCH"}:
            self.commands.append((request.path, await request.read(), dict(request.headers)))
        if self.mode == "fails":
            return web.json_response({"error": SECRET}, status=500)
        if self.mode in REFUSALS:
            return web.json_response({"detail": SECRET}, status=REFUSALS[self.mode])
        if self.mode == "redirects":
            raise web.HTTPTemporaryRedirect("http://127.0.0.1:9/elsewhere")
        if self.mode == "babbles":
            return web.Response(text="<html>")
        if request.method == "PATCH":
            return self.patch(request, json.loads(self.commands[-1][1]))
        return self.obey(request) if request.method == "POST" else self.tell(request)


class Webhook(HttpEngine):
    off = "pause"

    def adapter(self, folder):
        url = {"url": f"{self.url}/hook", "status_url": f"{self.url}/state"}
        declared = WebhookRuntime(name="hook", type="webhook", secret=SECRET, timeout="1s", **url)
        return WebhookAdapter(declared, Bounds(folder))

    def obey(self, _request):
        if self.mode == "obeys":
            self.state = DOES[json.loads(self.commands[-1][1])["action"]]
        return web.json_response({"status": "success"})

    def tell(self, _request):
        return web.json_response({"running": self.state})


class Hummingbot(HttpEngine):
    """As its source has it: outer success always, a stop clears reports, no bot is no error."""

    off = "close"
    known, connected = True, True

    def adapter(self, folder):
        words = {"username": "bf", "password": SECRET, "bot": "grid-1", "timeout": "1s"}
        declared = HummingbotRuntime(name="bird", type="hummingbot-api", url=self.url, **words)
        return HummingbotAdapter(declared, Bounds(folder))

    def obey(self, request):
        if not self.known:
            inner = {"success": False, "message": "Bot grid-1 not found"}
            return web.json_response({"status": "success", "response": inner})
        if self.mode == "obeys":
            self.state = "running" if request.path.endswith("start-bot") else "stopped"
        return web.json_response({"status": "success", "response": {"success": True}})

    def tell(self, request):
        if request.path.endswith("/mqtt"):
            data = {"mqtt_connected": self.connected}
        else:
            status = self.state if self.known else "not_found"
            data = {"status": status, "recently_active": status == "running"}
        return web.json_response({"status": "success", "data": data})


class Freqtrade(HttpEngine):
    """Its API alone; edges.fake_freqtrade has its traps."""

    off = "pause"

    def adapter(self, folder):
        words = {"username": "bf", "password": SECRET, "timeout": "1s"}
        declared = FreqtradeRuntime(name="ft", type="freqtrade", url=self.url, **words)
        return FreqtradeAdapter(declared, Bounds(folder))

    def obey(self, request):
        if self.mode == "obeys":
            self.state = DOES["run" if request.path.endswith("/start") else "pause"]
        return web.json_response({"status": "paused, no more entries will occur from now."})

    def tell(self, request):
        if request.path.endswith("/health"):
            return web.json_response({"bot_startup_ts": 1, "last_process_ts": 1})
        return web.json_response({"state": self.state, "trading_mode": "spot"})


class Kubernetes(HttpEngine):
    """The part of an API server that the scale of a Deployment needs, as its reference has it.

    ``state`` is what its one pod does; a controller takes up the scale at once.
    """

    off = "stop"
    kind, name = "deployments", "grid"

    def __init__(self):
        super().__init__()
        self.replicas, self.generation, self.observed = 0, 1, 1
        self.pods = []
        self.selector = {"matchLabels": {"app": "grid", "tier": "bots"}}

    def adapter(self, folder, **fields):
        (folder / "token").write_text(f"{SECRET}\n")
        fields = fields or {"deployment": "grid"}
        declared = KubernetesRuntime(
            name="k8s", type="kubernetes", namespace="bots", timeout="1s", **fields
        )
        return KubernetesAdapter(declared, Bounds(folder), Access(self.url, folder))

    @property
    def state(self):
        return "running" if self.replicas else "stopped"

    @state.setter
    def state(self, state):
        """As a person would scale it."""
        self.replicas = 1 if state == "running" else 0
        self.pods = ["Running"] * self.replicas

    def obey(self, _request):
        raise AssertionError("nothing is posted")

    def patch(self, request, body):
        assert request.path == f"/apis/apps/v1/namespaces/bots/{self.kind}/{self.name}/scale"
        assert request.content_type == "application/merge-patch+json"
        (wanted,) = body["spec"].values()
        if self.mode == "obeys":
            self.state = "running" if wanted else "stopped"
            self.generation = self.observed = self.generation + 1
        return web.json_response({"kind": "Scale", "spec": {"replicas": wanted}})

    def tell(self, request):
        if request.headers["Authorization"] != f"Bearer {SECRET}":
            return web.json_response({"kind": "Status", "code": 401}, status=401)
        if request.path == "/api/v1/namespaces/bots/pods":
            assert request.query["labelSelector"] == "app=grid,tier=bots"
            phases = None if self.pods is None else [{"status": {"phase": p}} for p in self.pods]
            return web.json_response({"items": phases})
        if request.path != f"/apis/apps/v1/namespaces/bots/{self.kind}/{self.name}":
            return web.json_response({"kind": "Status", "code": 404}, status=404)
        status = {"observedGeneration": self.observed}
        if "Running" in (self.pods or ()):  # what is 0 is left out
            status["readyReplicas"] = self.pods.count("Running")
        return web.json_response(
            {
                "metadata": {"uid": "u-1", "generation": self.generation},
                "spec": {"replicas": self.replicas, "selector": self.selector},
                "status": status,
            }
        )


class Process:
    """A real process."""

    off = "stop"

    async def start(self):
        self.made = []

    def adapter(self, folder, **fields):
        command = {
            "command": [sys.executable, "-c", BOT, "{name}"],
            "directory": "/",
            "restarts": 0,
        }
        declared = ProcessRuntime(name="own", type="process", **command | fields)
        self.made.append(ProcessAdapter(declared, Bounds(folder, process_root=Path("/"))))
        return self.made[-1]

    async def stop(self):
        for adapter in self.made:
            await adapter.close()


class File:
    """A bot that follows its file, and says so."""

    off = "pause"

    async def start(self):
        self.task = None

    def adapter(self, folder):
        self.folder = folder / "bots"
        declared = FileRuntime(name="here", type="file", path="bots")
        self.task = asyncio.create_task(self.follow())
        return FileAdapter(declared, Bounds(folder))

    async def follow(self):
        while True:
            with suppress(FileNotFoundError, ValueError):
                said = json.loads((self.folder / f"{STRATEGY}.json").read_text())
                ack = {"version": 1, "generation": said["generation"], "action": said["action"]}
                ack["at"] = datetime.now(UTC).isoformat()
                beside = self.folder / "ack.tmp"
                beside.write_text(json.dumps(ack))
                beside.rename(self.folder / f"{STRATEGY}.ack.json")
            await asyncio.sleep(0.05)

    async def stop(self):
        self.task.cancel()


ENGINES = {
    "file": File,
    "freqtrade": Freqtrade,
    "hummingbot": Hummingbot,
    "kubernetes": Kubernetes,
    "process": Process,
    "webhook": Webhook,
}
