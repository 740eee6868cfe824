"""The page with 1,000 connections and strategies: size and time to first paint."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import ClassVar

import aiohttp
from aiohttp import web
from playwright.async_api import Page, async_playwright

from bf_reconciler.facts import Reason
from bf_reconciler.metrics import Exposition, Extras, Tallies
from bf_reconciler.policy import ConditionType
from bf_reconciler.status import (
    Condition,
    ConfigStatus,
    ConnectionStatus,
    Key,
    Status,
    StrategyState,
    StrategyStatus,
)
from bf_reconciler.verdict import ConnectionState
from bf_reconciler.web.http.app import make_app
from bf_reconciler.web.http.app_keys import LATENCIES

MANY = 1000
PROBED = 40
EXCHANGES = ("kucoin", "mexc", "binance", "okx", "bitget", "gate", "htx", "bingx", "bybit")
ARGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
CONDITIONS = list(ConditionType)[:13]
"""Condition types of connections; a scrape contains all of them."""
WRONG = (
    (ConnectionState.BLOCKED, Reason.NO_TRADE_PERMISSION, "The key cannot trade spot."),
    (ConnectionState.DEGRADED, Reason.KEY_EXPIRING, "The key ends in 6 days."),
    (ConnectionState.UNREACHABLE, Reason.TIMEOUT, "No answer came within 10 s."),
)


class Still:
    """A daemon whose status never changes."""

    tokens: ClassVar[Mapping[str, str]] = {}
    read_tokens: ClassVar[Mapping[str, str]] = {}
    host = "127.0.0.1"

    def __init__(self, status: Status) -> None:
        self.now = status
        self._exposition = Exposition()

    def report_refusal(self, *_: str) -> None:
        pass

    def status(self) -> Status:
        return self.now

    def history(self, *_: object) -> list[object]:
        return []

    def metrics(self, accept: str, **options: bool) -> tuple[Iterator[bytes], str]:
        return self._exposition.render(self.now, Extras(), Tallies(), accept, **options)

    async def subscribe(self) -> AsyncIterator[object]:
        await asyncio.Event().wait()
        yield


def a_fleet(dice: Random, at: datetime) -> Status:
    """Build a fleet in which a tenth has problems and no two rows are equal."""
    connections, strategies = {}, {}
    for number in range(MANY):
        exchange = EXCHANGES[number % len(EXCHANGES)]
        name = f"{exchange}-sub{number}-grid"
        state, reason, told = (ConnectionState.ONLINE, Reason.CONNECTED, "All rules pass.")
        if number % 10 == 0:
            state, reason, told = WRONG[number // 10 % len(WRONG)]
        truth = "True" if state.up else "False"
        ready = Condition(ConditionType.READY, truth, reason, told, at, 3)
        connections[name] = ConnectionStatus(
            name=name,
            exchange=exchange,
            account=f"sub{number}",
            environment="live",
            status=state,
            api_key=f"••••{dice.randrange(4096):03x}",
            conditions=(ready, *(replace(ready, type=kind) for kind in CONDITIONS)),
            key=Key(("read", "spot"), ip_bound=True, expires_at=at + timedelta(days=number % 90)),
            last_probe=at + timedelta(seconds=dice.randrange(60)),
            latency_seconds=dice.uniform(0.03, 0.4),
        )
        word = StrategyState.ENABLED if state.up else StrategyState.BLOCKED
        strategies[f"grid-{number}"] = StrategyStatus(
            f"grid-{number}", name, "local", word, desired=True, running="running",
            conditions=(ready,), memory=None,
        )  # fmt: skip
    config = ConfigStatus(last_reload_successful=True)
    return Status(3, "4e0b6d1", "", config=config, connections=connections, strategies=strategies)


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    dice, at = Random(7), datetime.now(UTC)  # noqa: S311 # no secret
    view = Still(a_fleet(dice, at))
    app = make_app(view)
    for turn in range(PROBED):
        later = timedelta(minutes=turn)
        app[LATENCIES].take(
            replace(
                view.now,
                connections={
                    name: replace(c, last_probe=at + later, latency_seconds=dice.uniform(0.03, 0.4))
                    for name, c in view.now.connections.items()
                },
            )
        )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def _size() -> float:
    gzip = {"Accept-Encoding": "gzip"}
    async with served() as url, aiohttp.ClientSession(auto_decompress=False) as session:
        async with session.get(url, headers=gzip) as answer:
            return len(await answer.read()) / 1000


def page_kilobytes(_: Path) -> float:
    return asyncio.run(_size())


async def _scraped() -> float:
    """Measure the second scrape: the first one also fills caches."""
    begun = 0.0
    async with served() as url, aiohttp.ClientSession() as session:
        for _ in range(2):
            begun = time.perf_counter()
            async with session.get(f"{url}metrics") as answer:
                await answer.read()
        return time.perf_counter() - begun


def scrape_seconds(_: Path) -> float:
    return asyncio.run(_scraped())


async def _in_chromium(measure: Callable[[Page], Awaitable[float]]) -> float:
    with tempfile.TemporaryDirectory() as home:
        async with served() as url, async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=ARGS, env={"HOME": home}
            )
            page = await browser.new_page(viewport={"width": 1280, "height": 900})
            await page.goto("about:blank")
            await page.goto(url, wait_until="load")
            found = await measure(page)
            await browser.close()
            return found


async def _rendered(page: Page) -> float:
    script = """() => new Promise(done => new PerformanceObserver(list =>
      done(list.getEntriesByName('first-contentful-paint')[0].startTime / 1000)
    ).observe({type: 'paint', buffered: true}))"""
    return await page.evaluate(script)


async def _loaded(page: Page) -> float:
    await page.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    return await page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd / 1000")


def paint_seconds(_: Path) -> float:
    return asyncio.run(_in_chromium(_rendered))


def load_seconds(_: Path) -> float:
    return asyncio.run(_in_chromium(_loaded))
