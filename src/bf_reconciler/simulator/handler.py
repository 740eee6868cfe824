"""From the wire to a simulated exchange and back: request, faults, answer."""

import asyncio
import contextlib
import socket
import struct
import time

from aiohttp import web

from bf_reconciler.simulator.dialect import Dialect
from bf_reconciler.simulator.faults import Faults
from bf_reconciler.simulator.key import Key
from bf_reconciler.simulator.registry import DIALECTS
from bf_reconciler.simulator.wire import Answer, Request, waf_page
from bf_reconciler.simulator.world import Seen, Violation, World

TRICKLE_SECONDS = 0.5
GARBAGE = Answer(200, "\x00\x17not json at all <<<", content_type="application/json")
RESET = 0


class Handler:
    """Handles the requests to one exchange of a world, under a prefix ("" is the root)."""

    def __init__(self, world: World, exchange: str, prefix: str) -> None:
        self._world = world
        self._exchange = exchange
        self._prefix = prefix

    async def handle(self, wire: web.Request) -> web.StreamResponse:
        """Answer one request to `PREFIX/...`."""
        exchange = self._exchange
        dialect, faults = DIALECTS[exchange], self._world.faults[exchange]
        request = self._read(wire, await wire.read(), faults)
        key = self._world.find(exchange, dialect.claimed_key(request))
        name = key.name if key else None
        if dialect.changes(request):
            self._world.violations.append(
                Violation(exchange, request.method, request.path, name),
            )
        hit = faults.take(request.path)
        reset, slow = hit and faults.reset, hit and faults.slow_body
        answer = _answer(dialect, request, key, faults if hit else None)
        status = RESET if reset else answer.status
        # Recorded on arrival: a client that does not wait for the answer has asked all the same.
        self._world.record(Seen(exchange, request.method, request.path, name, status))
        if hit and faults.latency:
            await asyncio.sleep(faults.latency)
        if reset:
            return _reset(wire)
        return await _trickle(wire, answer) if slow else _whole(answer)

    def _read(self, wire: web.Request, body: bytes, faults: Faults) -> Request:
        """Cut the prefix off as the wire spelled it: signatures cover the undecoded rest."""
        path, _, query = wire.raw_path.partition("?")
        if not path.startswith(f"{self._prefix}/"):  # an escaped prefix, or a request to a proxy
            raise web.HTTPNotFound
        return Request(
            method=wire.method,
            path=path.removeprefix(self._prefix),
            query=query,
            headers=wire.headers,
            body=body,
            client_ip=faults.client_ip or wire.remote or "",
            now=time.time() + faults.clock_skew_seconds,
            markets=self._world.markets[self._exchange],
            prices=self._world.prices,
            announced=_announced(faults),
        )


def _announced(faults: Faults) -> tuple[float, float] | None:
    begins, ends = faults.announced_from, faults.announced_until
    return None if begins is None or ends is None else (begins, ends)


def _answer(dialect: Dialect, request: Request, key: Key | None, faults: Faults | None) -> Answer:
    """The exchange's answer, or what is in its way; the outermost layer speaks first."""
    if faults is None:
        return dialect.answer(request, key)
    outages = dialect.outages
    layers = (
        (faults.waf, waf_page()),
        (faults.ban, outages.banned),
        (faults.rate_limit, outages.rate_limited),
        (faults.region, outages.region),
        (faults.maintenance, outages.maintenance),
        (faults.status is not None, outages.failing),
        (faults.garbage, GARBAGE),
    )
    for active, outage in layers:
        if active:
            return dialect.render(request, outage(request, faults) if callable(outage) else outage)
    return dialect.answer(request, key)


def _whole(answer: Answer) -> web.Response:
    return web.Response(
        status=answer.status,
        text=answer.body,
        headers=answer.headers,
        content_type=answer.content_type,
    )


async def _trickle(wire: web.Request, answer: Answer) -> web.StreamResponse:
    """Headers at once, then a byte at a time: slower than any client should wait."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_type = answer.content_type
    body = answer.body.encode()
    response.content_length = len(body)
    with contextlib.suppress(ConnectionError):  # the client has had enough; that is the point
        await response.prepare(wire)
        for at in range(len(body)):
            await asyncio.sleep(TRICKLE_SECONDS)
            await response.write(body[at : at + 1])
    return response


def _reset(wire: web.Request) -> web.Response:
    """Drop the connection with a TCP reset: lingering for 0 s is what sends one."""
    transport = wire.transport
    if transport is not None:
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
    return web.Response()
