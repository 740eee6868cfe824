"""KuCoin's four reads as canned answers, on many loopback addresses: a stand-in that costs little.

    python benchmarks/standin.py [--hosts 64] [--latency 0.05] [--core N]

It speaks HTTP/1.1 with keep-alive and checks nothing: it is for counting the CPU of those who ask.
``GET /-/withdraw?on=1&host=N`` gives every key of one host the right to withdraw. ``GET /-/gaps``
gives the seconds between two reads of each key since the last call, and for how long each key has
not been read; ``GET /-/forget`` begins anew. The first line that it prints is its port.
"""

import argparse
import asyncio
import json
import os
import time
from urllib.parse import parse_qs, urlsplit

LATENCY = 0.05
NAME = b"KC-API-KEY: "


def key_answer(withdraw: bool) -> bytes:  # noqa: FBT001 # one flag
    rights = "General,Spot" + (",Withdrawal" if withdraw else "")
    return _good(
        {
            "remark": "bot",
            "apiKey": "6705f5c311545b000157d3eb",
            "apiVersion": 3,
            "permission": rights,
            "ipWhitelist": "127.0.0.1",
            "createdAt": 1728443843000,
            "uid": 165111215,
            "isMaster": True,
        }
    )


def _good(data: object) -> bytes:
    return json.dumps({"code": "200000", "data": data}).encode()


BALANCE = _good(
    [{"id": "1", "currency": "USDT", "type": "trade", "balance": "26.5", "available": "26.5"}]
)
ORDERS = _good([])
SYMBOLS = _good(
    [
        {
            "symbol": f"{base}-USDT",
            "baseCurrency": base,
            "quoteCurrency": "USDT",
            "enableTrading": True,
        }
        for base in ("BTC", "ETH", "SOL")
    ]
)


class Connection(asyncio.Protocol):
    """One client; requests come one after the other."""

    withdraw: set[str] = set()  # noqa: RUF012 # shared by all on purpose
    read: dict[bytes, float] = {}  # noqa: RUF012 # when each key was last read
    gaps: list[float] = []  # noqa: RUF012 # likewise

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.host = transport.get_extra_info("sockname")[0]
        self.rest = b""

    def data_received(self, data: bytes) -> None:
        self.rest += data
        while (end := self.rest.find(b"\r\n\r\n")) >= 0:
            head, self.rest = self.rest[:end], self.rest[end + 4 :]
            path = head.split(b" ", 2)[1].decode()
            if path.startswith("/api/v1/user/api-key"):
                self.note(head)
            asyncio.get_running_loop().call_later(LATENCY, self.answer, path)

    def note(self, head: bytes) -> None:
        """Note how long ago this key was read before."""
        begin = head.index(NAME) + len(NAME)
        key, now = head[begin : head.index(b"\r\n", begin)], time.monotonic()
        if key in self.read:
            self.gaps.append(now - self.read[key])
        self.read[key] = now

    def answer(self, path: str) -> None:
        if self.transport.is_closing():
            return
        body = self.body(path)
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (len(body), body)
        )

    def body(self, path: str) -> bytes:
        if path.startswith("/api/v1/timestamp"):
            return _good(int(time.time() * 1000))
        if path.startswith("/api/v1/user/api-key"):
            return key_answer(self.host in self.withdraw)
        if path.startswith("/api/v1/accounts"):
            return BALANCE
        if path.startswith("/api/v1/hf/orders/active"):
            return ORDERS
        if path.startswith("/-/withdraw"):
            query = parse_qs(urlsplit(path).query)
            change = self.withdraw.add if query["on"] == ["1"] else self.withdraw.discard
            change(query["host"][0])
            return b"{}"
        if path.startswith("/-/forget"):
            self.read.clear()
            self.gaps.clear()
            return b"{}"
        if path.startswith("/-/gaps"):
            now = time.monotonic()
            told = {"gaps": self.gaps[:], "ages": [now - at for at in self.read.values()]}
            self.gaps.clear()
            return json.dumps(told).encode()
        return SYMBOLS


async def main(hosts: int) -> None:
    loop = asyncio.get_running_loop()
    first = await loop.create_server(Connection, "127.0.0.1", 0, backlog=4096)
    port = first.sockets[0].getsockname()[1]
    for number in range(1, hosts):
        await loop.create_server(Connection, f"127.0.1.{number}", port, backlog=4096)
    print(port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=64)
    parser.add_argument("--latency", type=float, default=LATENCY)
    parser.add_argument("--core", type=int)
    options = parser.parse_args()
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    LATENCY = options.latency
    asyncio.run(main(options.hosts))
