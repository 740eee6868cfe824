"""What the application carries to its handlers."""

import asyncio

from aiohttp import web

from bf_reconciler.web.backend import Backend
from bf_reconciler.web.http.renderer_store import RendererStore
from bf_reconciler.web.page.latency import Latencies


class Stopping(asyncio.Event):
    """Set when the application shuts down; counts the open event streams."""

    streams = 0


BACKEND = web.AppKey("backend", Backend)
STOPPING = web.AppKey("stopping", Stopping)
LATENCIES = web.AppKey("latencies", Latencies)
RENDERERS = web.AppKey("renderers", RendererStore)
