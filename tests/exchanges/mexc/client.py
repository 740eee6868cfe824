"""A client of MEXC, written with hashlib and hmac alone."""

import hashlib
import hmac
import time
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from aiohttp import ClientSession

from bf_reconciler.simulator import Key, Simulator
from simulator.signing import send

KEY = {
    "exchange": "mexc",
    "read": True,
    "trade": True,
    "ips": ["127.0.0.1"],
    "created_at": 1_728_443_843,
    "balances": {"USDT": "26.5"},
}
"""As the tests of the simulator have it."""


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
