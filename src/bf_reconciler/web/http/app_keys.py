"""What the application carries to its handlers."""

import asyncio

from aiohttp import web

from bf_reconciler.web.backend import Backend
from bf_reconciler.web.page.latency import Latencies
from bf_reconciler.web.page.renderer import Renderers


class Stopping(asyncio.Event):
    """Set when the application shuts down; counts the streams that wait for it."""

    streams = 0


BACKEND = web.AppKey("view", Backend)
STOPPING = web.AppKey("stopping", Stopping)
LATENCIES = web.AppKey("latencies", Latencies)
RENDERERS = web.AppKey("painters", Renderers)
