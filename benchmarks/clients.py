"""What others pay for the same requests: bare aiohttp, and plain scripts with ccxt.

    python benchmarks/clients.py {bare,ccxt,ccxt-anew} PORT KEYS SECONDS INTERVAL [--core N]

Each asks KuCoin's four reads for every key once per interval and prints JSON: CPU seconds, and how
many keys were asked. ``ccxt`` keeps one instance per key, ``ccxt-anew`` makes one per pass.
"""

import argparse
import asyncio
import base64
import hmac
import json
import os
import resource
import time
from collections.abc import Awaitable, Callable

import aiohttp
import yarl

SECRET, PASSPHRASE = "5d8f1d57-77a2-4e2f-9a67-2e5f2f0d6b01", "benchmark-passphrase"  # a stand-in's
PATHS = (
    "/api/v1/user/api-key",
    "/api/v1/accounts",
    "/api/v1/hf/orders/active?symbol=BTC-USDT",
)
Ask = Callable[[str, str], Awaitable[None]]


def host(index: int, hosts: int) -> str:
    number = index % hosts
    return f"127.0.1.{number}" if number else "127.0.0.1"


def api_key(index: int) -> str:
    return f"6705f5c311545b00{index:08x}"


def _mac(text: str) -> str:
    return base64.b64encode(hmac.new(SECRET.encode(), text.encode(), "sha256").digest()).decode()


def signed(path: str, key: str) -> dict[str, str]:
    at = str(int(time.time() * 1000))
    return {
        "KC-API-KEY": key,
        "KC-API-TIMESTAMP": at,
        "KC-API-SIGN": _mac(f"{at}GET{path}"),
        "KC-API-PASSPHRASE": _mac(PASSPHRASE),
        "KC-API-KEY-VERSION": "2",
    }


async def bare(session: aiohttp.ClientSession) -> Ask:
    async def get(url: str, headers: dict[str, str]) -> None:
        async with session.get(yarl.URL(url, encoded=True), headers=headers) as response:
            json.loads(await response.read())

    async def ask(base: str, key: str) -> None:
        await get(f"{base}/api/v1/timestamp", {})
        await asyncio.gather(*(get(base + path, signed(path, key)) for path in PATHS))

    return ask


async def with_ccxt(session: aiohttp.ClientSession, *, anew: bool) -> Ask:
    import ccxt.async_support as ccxt  # noqa: PLC0415 # bare pays nothing for it

    kept: dict[str, ccxt.Exchange] = {}

    def made(base: str, key: str) -> ccxt.Exchange:
        client = ccxt.kucoin(
            {"apiKey": key, "secret": SECRET, "password": PASSPHRASE, "session": session}
        )
        client.enableRateLimit = False
        client.urls["api"] = dict.fromkeys(client.urls["api"], base)
        return client

    async def ask(base: str, key: str) -> None:
        client = made(base, key) if anew else kept.setdefault(key, kept.get(key) or made(base, key))
        await client.publicGetTimestamp()
        await asyncio.gather(
            client.privateGetUserApiKey(),
            client.privateGetAccounts(),
            client.privateGetHfOrdersActive({"symbol": "BTC-USDT"}),
        )

    return ask


async def main(options: argparse.Namespace) -> None:
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=75)
    async with aiohttp.ClientSession(connector=connector) as session:
        if options.client == "bare":
            ask = await bare(session)
        else:
            ask = await with_ccxt(session, anew=options.client == "ccxt-anew")
        done = 0

        async def each(index: int, until: float) -> None:
            nonlocal done
            base = f"http://{host(index, options.hosts)}:{options.port}"
            await asyncio.sleep(options.interval * index / options.keys)
            while time.monotonic() < until:
                begun = time.monotonic()
                await ask(base, api_key(index))
                done += 1
                await asyncio.sleep(max(0.0, options.interval - (time.monotonic() - begun)))

        # Long-lived instances are made before the clock runs; who makes them anew pays as it goes.
        warm = options.keys if options.client == "ccxt" else min(options.keys, 64)
        for first in range(0, warm, 64):
            await asyncio.gather(
                *(
                    ask(f"http://{host(n, options.hosts)}:{options.port}", api_key(n))
                    for n in range(first, min(first + 64, warm))
                )
            )
        before = resource.getrusage(resource.RUSAGE_SELF)
        tasks = [
            asyncio.create_task(each(n, time.monotonic() + options.seconds))
            for n in range(options.keys)
        ]
        await asyncio.sleep(options.seconds)
        after = resource.getrusage(resource.RUSAGE_SELF)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"cpu": cpu, "probes": done}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", choices=["bare", "ccxt", "ccxt-anew"])
    parser.add_argument("port", type=int)
    parser.add_argument("keys", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("interval", type=float)
    parser.add_argument("--hosts", type=int, default=64)
    parser.add_argument("--core", type=int)
    parser.add_argument("--uvloop", action="store_true")
    options = parser.parse_args()
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    if options.uvloop:
        import uvloop

        uvloop.install()
    asyncio.run(main(options))
