"""A client of both exchanges, written with hashlib and hmac alone."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from aiohttp import ClientSession
from yarl import URL

from bf_reconciler.simulator import Key, Simulator


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


@dataclass(frozen=True)
class KucoinClient:
    sim: Simulator
    session: ClientSession
    api_key: str
    secret: str
    passphrase: str
    version: str = "2"
    ahead_ms: int = 0

    @classmethod
    def of(cls, sim: Simulator, session: ClientSession, key: Key):
        return cls(sim, session, key.api_key, key.secret, key.passphrase)

    def but(self, **changes):
        return replace(self, **changes)

    def headers(self, method, endpoint, body=""):
        stamp = str(time.time_ns() // 1_000_000 + self.ahead_ms)
        return {
            "KC-API-KEY": self.api_key,
            "KC-API-SIGN": self._mac(stamp + method + endpoint + body),
            "KC-API-TIMESTAMP": stamp,
            "KC-API-PASSPHRASE": self._mac(self.passphrase),
            "KC-API-KEY-VERSION": self.version,
        }

    async def call(self, method, endpoint, body="", on_wire=None):
        url = self.sim.base("kucoin") + (on_wire or endpoint)
        headers = self.headers(method, endpoint, body)
        return await send(self.session, method, url, headers=headers, body=body)

    async def get(self, endpoint, on_wire=None):
        return await self.call("GET", endpoint, on_wire=on_wire)

    def _mac(self, text):
        mac = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256)
        return base64.b64encode(mac.digest()).decode()


@dataclass(frozen=True)
class MexcClient:
    sim: Simulator
    session: ClientSession
    api_key: str
    secret: str
    ahead_ms: int = 0
    window: str = "5000"

    @classmethod
    def of(cls, sim: Simulator, session: ClientSession, key: Key):
        return cls(sim, session, key.api_key, key.secret)

    def but(self, **changes):
        return replace(self, **changes)

    def query(self, params):
        stamp = str(time.time_ns() // 1_000_000 + self.ahead_ms)
        signed = urlencode({**params, "timestamp": stamp, "recvWindow": self.window})
        mac = hmac.new(self.secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
        return f"{signed}&signature={mac}"

    async def call(self, method, path, **params):
        url = f"{self.sim.base('mexc')}{path}?{self.query(params)}"
        return await send(self.session, method, url, headers={"X-MEXC-APIKEY": self.api_key})

    async def get(self, path, **params):
        return await self.call("GET", path, **params)

    async def key_info(self):
        return await self.get("/api/v3/apiKeyInfo", accessKey=self.api_key)
