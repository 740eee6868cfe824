"""Requests to a simulated exchange, and what comes back."""

import asyncio
import json
from dataclasses import dataclass

from aiohttp import ClientSession
from yarl import URL

from bf_reconciler.simulator import Simulator


@dataclass(frozen=True)
class Reply:
    status: int
    body: object
    headers: dict

    @property
    def code(self):
        return self.body["code"]


async def exchange_bytes(sim: Simulator, request: bytes) -> bytes:
    """Send bytes as they are and read until the end of the answer's first piece."""
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(sim.url).port)
    try:
        writer.write(request)
        await writer.drain()
        async with asyncio.timeout(60):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            return head + await reader.readexactly(length)
    finally:
        writer.close()
        await writer.wait_closed()


async def send(session: ClientSession, method, url, *, headers=None, body=""):
    wire = URL(url, encoded=True)
    async with session.request(method, wire, headers=headers, data=body) as answer:
        parsed = json.loads(await answer.text()) if "json" in answer.content_type else None
        return Reply(answer.status, parsed, dict(answer.headers))
