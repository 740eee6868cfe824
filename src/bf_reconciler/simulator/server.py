"""The simulator as a server: every exchange under its own prefix on one loopback port."""

import asyncio
from collections.abc import Callable
from ipaddress import ip_address
from types import TracebackType
from typing import Self

from aiohttp import web

from bf_reconciler.simulator.checks import RefusedError
from bf_reconciler.simulator.control import Control, refusals
from bf_reconciler.simulator.handler import Handler
from bf_reconciler.simulator.registry import DIALECTS
from bf_reconciler.simulator.world import World, known_exchange

DRAIN_SECONDS = 0.2  # aiohttp waits this long twice: for handlers to end, then to be cancelled


def application(world: World, only: str | None = None) -> web.Application:
    """The web application of one world. `only` one exchange has no prefix."""
    app = web.Application(middlewares=[refusals])
    app.add_routes(Control(world).routes())
    prefixes = {only: ""} if only else {exchange: f"/{exchange}" for exchange in DIALECTS}
    for exchange, prefix in prefixes.items():
        handler = Handler(world, exchange, prefix)
        app.router.add_route("*", f"{prefix}/{{rest:.*}}", handler.handle)
    return app


class Simulator:
    """A running simulator: `async with Simulator(world) as sim: sim.base("kucoin")`.

    Args:
        world: what it simulates; may be changed at any time from the same event loop.
        port: 0 takes a free one.
        host: a loopback address; these are not exchanges to be reached by others.
        only: one exchange, at the root: for clients whose signature covers the whole path.

    Raises:
        ValueError: the host is no loopback address, or there is no such exchange.
    """

    def __init__(
        self, world: World, port: int = 0, host: str = "127.0.0.1", only: str | None = None
    ) -> None:
        _refuse_open_host(host)
        self.world = world
        self._only = None if only is None else known_exchange(only)
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The base URL; known once the simulator runs."""
        if self._runner is None or not self._runner.addresses:
            raise RuntimeError("the simulator does not run")
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._runner.addresses[0][1]}"

    @property
    def exchanges(self) -> tuple[str, ...]:
        """The exchanges that it is."""
        return tuple(DIALECTS) if self._only is None else (self._only,)

    def base(self, exchange: str) -> str:
        """What a client of this exchange takes for its base URL."""
        if self._only is None:
            return f"{self.url}/{known_exchange(exchange)}"
        if exchange != self._only:
            raise RefusedError(f"only {self._only} is simulated here")
        return self.url

    async def __aenter__(self) -> Self:
        runner = web.AppRunner(
            application(self.world, self._only),
            access_log=None,  # request lines hold signatures
            handler_cancellation=True,
            shutdown_timeout=DRAIN_SECONDS,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()


async def serve(
    world: World,
    host: str,
    port: int,
    stop: asyncio.Event,
    started: Callable[[Simulator], None] = lambda _: None,
    *,
    only: str | None = None,
) -> None:
    """Run a simulator until `stop` is set; `started` is told once it listens.

    Raises:
        ValueError: the host is no loopback address.
        OSError: the port is taken.
    """
    async with Simulator(world, port, host, only) as simulator:
        started(simulator)
        await stop.wait()


def _refuse_open_host(host: str) -> None:
    try:
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError("the simulator listens on loopback addresses only")
