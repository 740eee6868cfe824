"""Server-sent events: every new status, every transition, until one of both sides leaves."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from aiohttp import web

from bf_reconciler.facts import Language
from bf_reconciler.status import Status, Transition, present, present_transition
from bf_reconciler.web.answers import dumps, language
from bf_reconciler.web.keys import STOPPING, VIEW

KEEPALIVE_SECONDS = 15.0
WRITE_SECONDS = 30.0
"""A reader that takes nothing for so long is let go."""
MAX_STREAMS = 64
Change = tuple[Status, Sequence[Transition]]


async def stream(request: web.Request) -> web.StreamResponse:
    """``status`` with the whole status, now and at every change; ``transition`` for each."""
    view, stopping = request.app[VIEW], request.app[STOPPING]
    if stopping.streams >= MAX_STREAMS:
        raise web.HTTPServiceUnavailable(text="too many event streams are open")
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
    )
    stopping.streams += 1
    changes = view.subscribe()
    waits: list[asyncio.Future[Any]] = [
        asyncio.ensure_future(stopping.wait()),
        asyncio.ensure_future(_next(changes)),
    ]
    try:
        await asyncio.sleep(0)  # the subscription stands before the status is read
        await response.prepare(request)
        words = language(request)
        await _send(response, await asyncio.to_thread(_events, (view.status(), ()), words))
        await _follow(response, changes, waits, words)
    except (TimeoutError, ConnectionError):
        pass  # the reader left; nobody is there to be told
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
    words: Language,
) -> None:
    """Send until the first of ``waits`` is done; the second is the change that comes next."""
    while True:
        await asyncio.wait(waits, timeout=KEEPALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        stop, change = waits
        if stop.done():
            return
        if not change.done():
            await _send(response, b": still here\n\n")
            continue
        try:
            news: Change = change.result()
        except StopAsyncIteration:
            return
        waits[1] = asyncio.ensure_future(_next(changes))
        await _send(response, await asyncio.to_thread(_events, news, words))


async def _next(changes: AsyncIterator[Change]) -> Change:
    return await anext(changes)


async def _send(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(WRITE_SECONDS):
        await response.write(data)


def _events(change: Change, words: Language) -> bytes:
    status, transitions = change
    moved = [_event("transition", present_transition(t, words)) for t in transitions]
    return "".join([*moved, _event("status", present(status, words))]).encode()


def _event(kind: str, body: object) -> str:
    return f"event: {kind}\ndata: {dumps(body)}\n\n"
