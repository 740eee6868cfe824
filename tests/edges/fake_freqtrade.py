"""A freqtrade of 100 lines, with the traps of the real one (2026.9); see docs/freqtrade.md."""

import asyncio
import json
from base64 import b64encode

from aiohttp import web


class FakeFreqtrade:
    """One bot. It begins in ``initial_state``, and forgets commands while it reloads."""

    def __init__(self, *, initial_state="stopped", username="bf", password="a-password"):  # noqa: S107
        self.initial_state, self.state = initial_state, initial_state
        self.login = f"Basic {b64encode(f'{username}:{password}'.encode()).decode()}"
        self.config = {
            "exchange": "kucoin",
            "strategy": "Grid",
            "dry_run": True,
            "bot_name": "freqtrade",
            "trading_mode": "spot",
        }
        self.commands, self.paused = [], asyncio.Event()
        self.startup, self.last_process = None, None
        self.reloading = 0
        self.trades, self.exits = [], True
        self.clock = 1_000
        self.url = ""

    async def start(self, port=0):
        """Listen on loopback; the real one answers 5 s after it was executed."""
        app = web.Application()
        app.router.add_route("*", "/api/v1/{call}", self.answer)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", port, reuse_address=True)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # noqa: SLF001
        self.url = f"http://127.0.0.1:{self.port}"

    async def stop(self):
        await self.runner.cleanup()

    async def restart(self):
        """Another process on the same database: its state is gone, its last start time is not."""
        await self.stop()
        self.state, self.last_process = self.initial_state, None
        await self.start(self.port)

    def loop(self):
        """One iteration of the bot: what changes the state is only taken up here."""
        self.clock += 1
        if self.reloading:
            self.reloading -= 1
            if not self.reloading:
                self.state, self.last_process = self.initial_state, None
        elif self.state != "stopped":
            if self.startup is None or self.last_process is None:
                self.startup = self.clock
            self.last_process = self.clock

    def crash(self):
        """An OperationalException: it stops itself, and answers as ever."""
        self.state = "stopped"

    def reload(self, loops=2):
        """As POST /reload_config by a person."""
        self.state, self.reloading = "reload_config", loops

    async def answer(self, request):
        call = request.match_info["call"]
        if call == "ping":
            return web.json_response({"status": "pong"})
        if request.headers.get("Authorization") != self.login:
            return web.json_response({"detail": "Unauthorized"}, status=401)
        if request.method == "GET":
            return self.tell(call)
        body = await request.read()
        self.commands.append(call)
        return self.obey(call, json.loads(body) if body else {})

    def tell(self, call):
        if call == "show_config":
            self.loop()
            return web.json_response(self.config | {"state": self.state, "runmode": "dry_run"})
        if call == "health":
            return web.json_response(
                {"bot_startup_ts": self.startup, "last_process_ts": self.last_process}
            )
        if call == "status":
            return web.json_response(self.trades)
        raise web.HTTPNotFound

    def obey(self, call, body):
        if call == "start":
            self.state = self.state if self.reloading else "running"
            return web.json_response({"status": "starting trader ..."})
        if call == "stop":
            self.state = self.state if self.reloading else "stopped"
            return web.json_response({"status": "stopping trader ..."})
        if call == "pause":  # 200 in every state; it starts a bot that is stopped
            self.state = self.state if self.reloading else "paused"
            self.paused.set()
            return web.json_response({"status": "paused, no more entries will occur from now."})
        if call == "forceexit":
            if self.state == "stopped" or body != {"tradeid": "all", "ordertype": "market"}:
                words = {"error": "Error querying /api/v1/forceexit: trader is not running"}
                return web.json_response(words, status=502)
            self.trades = [] if self.exits else self.trades
            return web.json_response({"result": "Created exit orders for all open trades."})
        raise web.HTTPNotFound


async def fleet(count):
    """Many bots in one process."""
    bots = [FakeFreqtrade(initial_state="stopped") for _ in range(count)]
    await asyncio.gather(*(bot.start() for bot in bots))
    return bots
