"""What the application carries to its handlers."""

import asyncio

from aiohttp import web

from bf_reconciler.web.latency import Latencies
from bf_reconciler.web.painter import Painters
from bf_reconciler.web.view import View


class Stopping(asyncio.Event):
    """Set when the application shuts down; counts the streams that wait for it."""

    streams = 0


VIEW = web.AppKey("view", View)
STOPPING = web.AppKey("stopping", Stopping)
LATENCIES = web.AppKey("latencies", Latencies)
PAINTERS = web.AppKey("painters", Painters)
