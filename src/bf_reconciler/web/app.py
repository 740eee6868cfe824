"""The application: which path leads where."""

from aiohttp import web

from bf_reconciler.web import access, answers, events, reads, writes
from bf_reconciler.web.keys import STOPPING, VIEW, Stopping
from bf_reconciler.web.view import View

MAX_BODY = 64 * 1024


def make_app(view: View) -> web.Application:
    """All routes over one view. When the application shuts down, its event streams end."""
    app = web.Application(middlewares=[answers.errors, _admission], client_max_size=MAX_BODY)
    app[VIEW] = view
    app[STOPPING] = Stopping()
    app.on_response_prepare.append(answers.secured)
    app.on_shutdown.append(_stop)
    app.add_routes(
        [
            web.get("/", reads.page),
            web.get("/style.css", reads.style),
            web.get("/metrics", reads.metrics),
            web.get("/healthz", reads.health),
            web.get("/readyz", reads.ready),
            web.get("/api/v1/status", reads.status),
            web.get("/api/v1/connections/{name}", reads.connection),
            web.get("/api/v1/strategies/{name}", reads.strategy),
            web.get("/api/v1/history", reads.history),
            web.get("/api/v1/events", events.stream, allow_head=False),
            web.post("/-/reload", writes.reload),
            web.post("/api/v1/connections/{name}/test", writes.test),
            web.post("/api/v1/halt", writes.halt),
            web.post("/api/v1/resume", writes.resume),
        ]
    )
    return app


@web.middleware
async def _admission(request: web.Request, handler: answers.Handler) -> web.StreamResponse:
    access.admit(request, request.app[VIEW])
    return await handler(request)


async def _stop(app: web.Application) -> None:
    app[STOPPING].set()
