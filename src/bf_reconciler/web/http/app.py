"""The application: which handler serves which path."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from bf_reconciler.web.backend import Backend
from bf_reconciler.web.http import access, events, pages, reads, responses, writes
from bf_reconciler.web.http.app_keys import (
    BACKEND,
    LATENCIES,
    RENDERERS,
    STOPPING,
    Stopping,
)
from bf_reconciler.web.http.clients import IDLE_SECONDS
from bf_reconciler.web.http.headers import secured
from bf_reconciler.web.http.listener import CLIENTS
from bf_reconciler.web.http.renderer_store import RendererStore
from bf_reconciler.web.page.latency import Latencies

MAX_BODY = 64 * 1024
SAMPLE_SECONDS = 0.5
"""How often latencies are taken from the status; an unchanged status costs nothing."""


def make_app(backend: Backend) -> web.Application:
    """All routes over one backend. When the application shuts down, its event streams end."""
    middlewares = [_timing, responses.errors, _admission]
    app = web.Application(middlewares=middlewares, client_max_size=MAX_BODY)
    app[BACKEND] = backend
    app[STOPPING] = Stopping()
    app[LATENCIES] = Latencies()
    app[RENDERERS] = RendererStore()
    app.cleanup_ctx.append(_sample_latencies)
    app.on_response_prepare.append(secured)
    app.on_shutdown.append(_stop)
    app.add_routes(
        [
            web.get("/", pages.first),
            web.get("/connections/{name}", pages.connection),
            web.get("/strategies/{name}", pages.strategy),
            *(web.get(f"/{name}", pages.asset) for name in pages.ASSETS),
            web.get("/metrics", reads.metrics),
            web.get("/healthz", reads.health),
            web.get("/readyz", reads.ready),
            web.get("/api/v1/openapi.json", reads.openapi),
            web.get("/api/v1/status", reads.status),
            web.get("/api/v1/connections/{name}", reads.connection),
            web.get("/api/v1/connections/{name}/evidence", reads.evidence),
            web.get("/api/v1/connections/{name}/stolen", reads.stolen),
            web.get("/api/v1/strategies/{name}", reads.strategy),
            web.get("/api/v1/history", reads.history),
            web.get("/api/v1/journal/{table}", reads.journal),
            web.get("/api/v1/events", events.stream, allow_head=False),
            web.post("/-/reload", writes.reload),
            web.post("/api/v1/connections/{name}/test", writes.test),
            web.post("/api/v1/connections/{name}/drill", writes.drill),
            web.post("/api/v1/halt", writes.halt),
            web.post("/api/v1/resume", writes.resume),
        ]
    )
    return app


@web.middleware
async def _timing(request: web.Request, handler: responses.Handler) -> web.StreamResponse:
    """Who is served is not silent; afterwards, the client's time runs again."""
    clients = request.app.get(CLIENTS)
    client = clients.of(request.transport) if clients is not None else None
    if client is None:
        return await handler(request)
    client.busy()
    try:
        return await handler(request)
    finally:
        client.wait(IDLE_SECONDS)


@web.middleware
async def _admission(request: web.Request, handler: responses.Handler) -> web.StreamResponse:
    access.admit(request, request.app[BACKEND])
    return await handler(request)


async def _stop(app: web.Application) -> None:
    app[STOPPING].set()


async def _sample_latencies(app: web.Application) -> AsyncIterator[None]:
    """Keep the latencies while no page is open."""

    async def sample() -> None:
        while True:
            app[LATENCIES].take(app[BACKEND].status())
            await asyncio.sleep(SAMPLE_SECONDS)

    task = asyncio.create_task(sample(), name="latencies")
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
