"""Server-sent events: every new status, every transition, until either side leaves."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from aiohttp import web

from bf_reconciler.status import Status, Transition
from bf_reconciler.web.http.app_keys import BACKEND, STOPPING
from bf_reconciler.web.http.event_payload import Payload, payload_for
from bf_reconciler.web.http.responses import WRITE_SECONDS

KEEPALIVE_SECONDS = 15.0
MAX_STREAMS = 64
Change = tuple[Status, Sequence[Transition]]


async def stream(request: web.Request) -> web.StreamResponse:
    """``status`` with the whole status now, then with what changed; ``transition`` for each.

    With ``?page=PATH``: ``patch`` with what changed on the page at this path.
    """
    backend, stopping = request.app[BACKEND], request.app[STOPPING]
    payload = payload_for(request)
    if stopping.streams >= MAX_STREAMS:
        raise web.HTTPServiceUnavailable(text="too many event streams are open")
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
    )
    stopping.streams += 1
    changes = backend.subscribe()
    waits: list[asyncio.Future[Any]] = [
        asyncio.ensure_future(stopping.wait()),
        asyncio.ensure_future(_next(changes)),
    ]
    try:
        await asyncio.sleep(0)  # subscribe first, then read the status: no change is missed
        await response.prepare(request)
        await _send(response, await asyncio.to_thread(payload.events, backend.status(), ()))
        await _follow(response, changes, waits, payload)
    except (TimeoutError, ConnectionError):
        pass  # the reader left
    finally:
        stopping.streams -= 1
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    return response


async def _follow(
    response: web.StreamResponse,
    changes: AsyncIterator[Change],
    waits: list[asyncio.Future[Any]],
    payload: Payload,
) -> None:
    """Send until the first of ``waits`` is done; the second is the change that comes next."""
    loop = asyncio.get_running_loop()
    sent_at = loop.time()
    while True:
        await asyncio.wait(waits, timeout=KEEPALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        stop, change = waits
        if stop.done():
            return
        if not change.done():
            await _send(response, payload.alive())
            continue
        try:
            if (left := sent_at + payload.pause - loop.time()) > 0:
                await asyncio.wait(waits[:1], timeout=left)
            status, moved = await _gathered(changes, waits, payload.pause)
        except StopAsyncIteration:
            return
        sent_at = loop.time()
        await _send(response, await asyncio.to_thread(payload.events, status, moved))


async def _gathered(
    changes: AsyncIterator[Change], waits: list[asyncio.Future[Any]], pause: float
) -> tuple[Status, list[Transition]]:
    """The change that came, and with a pause those that came meanwhile, as one."""
    every: list[Transition] = []
    while True:
        status, moved = waits[1].result()
        every += moved
        waits[1] = asyncio.ensure_future(_next(changes))
        await asyncio.sleep(0)  # let a change that is queued already arrive
        if not pause or not waits[1].done():
            return status, every


async def _next(changes: AsyncIterator[Change]) -> Change:
    return await anext(changes)


async def _send(response: web.StreamResponse, data: bytes) -> None:
    if not data:
        return
    async with asyncio.timeout(WRITE_SECONDS):
        await response.write(data)
