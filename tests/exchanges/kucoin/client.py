"""A client of KuCoin, written with hashlib and hmac alone."""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass, replace

from aiohttp import ClientSession

from bf_reconciler.simulator import Key, Simulator
from simulator.signing import send

KEY = {
    "exchange": "kucoin",
    "read": True,
    "trade": True,
    "ips": ["127.0.0.1"],
    "created_at": 1_728_443_843,
    "balances": {"USDT": "26.5", "BTC": "0.1"},
}
"""As the tests of the simulator have it."""


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
