"""One function per benchmark; each takes one measurement and returns a number."""

import asyncio
import base64
import hmac
import json
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import yarl
from first_day import first_online
from pages import load_seconds, page_kilobytes, paint_seconds, scrape_seconds

PROGRAM = [sys.executable, "-m", "bf_reconciler"]
PROBES, BLOCKS = 300, 30


@dataclass(frozen=True)
class Figure:
    """A benchmark: its name, how it is measured, and its limit (or None)."""

    name: str
    unit: str
    limit: float | None
    how: str
    take: Callable[[Path], float]
    most: int = 100


class Exchange:
    """The simulator in a separate process, so that its work is not measured as ours."""

    def __init__(self, url: str) -> None:
        self.url = url

    def file(self, folder: Path, connections: int, interval: str = "60s") -> Path:
        """Write a plain-text file with this many connections, all with the same good keys."""
        keys = self.keys()
        lines = ["version: 1", f"defaults: {{interval: {interval}, timeout: 5s}}", "connections:"]
        for index in range(connections):
            exchange = ("kucoin", "mexc")[index % 2]
            given = ", ".join(f'{name}: "{value}"' for name, value in keys[exchange].items())
            lines += [
                f"  - name: {exchange}-main-{index}",
                f"    exchange: {exchange}",
                f"    endpoint: {self.url}/{exchange}",
                f"    credentials: {{{given}}}",
            ]
        lines.append("strategies:")
        for index in range(connections):
            name = ("kucoin", "mexc")[index % 2]
            lines.append(
                f"  - {{name: grid-{index}, connection: {name}-main-{index}, pairs: [BTC/USDT]}}"
            )
        path = folder / "connections.yaml"
        path.write_text("\n".join(lines) + "\n")
        return path

    def keys(self) -> dict[str, dict[str, str]]:
        from bf_reconciler.simulator import demo_world  # noqa: PLC0415 # keeps the parent small

        world = demo_world()
        found = {}
        for exchange in ("kucoin", "mexc"):
            key = world.keys[f"{exchange}-main"]
            found[exchange] = {"api_key": key.api_key, "secret": key.secret}
            if exchange == "kucoin":
                found[exchange]["passphrase"] = key.passphrase
        return found


SIMULATOR = """
import asyncio
from bf_reconciler.simulator import Simulator, demo_world
async def main():
    async with Simulator(demo_world()) as simulator:
        print(simulator.url, flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


@contextmanager
def exchange() -> Iterator[Exchange]:
    child = subprocess.Popen([sys.executable, "-c", SIMULATOR], stdout=subprocess.PIPE, text=True)
    try:
        yield Exchange(child.stdout.readline().strip())
    finally:
        child.terminate()
        child.wait()
        child.stdout.close()


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


@contextmanager
def daemon(file: Path, state: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(
        [
            *PROGRAM,
            *("run", str(file), "--allow-plaintext", "--state-dir", str(state)),
            *("--listen", f"127.0.0.1:{port}", "--log-level", "error"),
        ],
    )
    try:
        wait_for(lambda: answer(port, "/readyz") is not None, 60)
        yield child
    finally:
        child.terminate()
        child.wait()


def answer(port: int, path: str) -> bytes | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
            return response.read()
    except OSError:
        return None


def wait_for(what: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.005)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def seconds_of(command: list[str], **options: object) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, **options)
    return time.perf_counter() - begun


def help_seconds(_: Path) -> float:
    return seconds_of([*PROGRAM, "--help"])


def validate_seconds(repository: Path) -> float:
    return seconds_of([*PROGRAM, "validate", str(repository / "connections.example.yaml")])


def test_seconds(_: Path) -> float:
    with folder() as made, exchange() as served:
        file = served.file(made, 1)
        return seconds_of([*PROGRAM, "test", str(file), "--allow-plaintext"])


def idle_mebibytes(_: Path) -> float:
    with folder() as made, exchange() as served:
        file = served.file(made, 2, "1s")
        with daemon(file, made / "state", free_port()) as child:
            time.sleep(15)
            return rss(child.pid)


def rss(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def change_seconds(_: Path) -> float:
    port = free_port()
    with folder() as made, exchange() as served:
        file = served.file(made, 2)
        with daemon(file, made / "state", port):
            time.sleep(2)
            changed = made / "new.yaml"
            changed.write_text(file.read_text().replace("interval: 60s", "interval: 61s"))
            begun = time.perf_counter()
            changed.replace(file)
            wait_for(lambda: json.loads(answer(port, "/api/v1/status"))["generation"] == 2, 30)
            return time.perf_counter() - begun


def probe_ratio(_: Path) -> float:
    """CPU time of this process for probes, relative to the same requests with plain aiohttp."""
    with folder() as made, exchange() as served:
        return asyncio.run(_ratio(served, made))


async def _ratio(served: Exchange, made: Path) -> float:
    from bf_reconciler import document  # noqa: PLC0415 # only this benchmark needs the packages
    from bf_reconciler.exchanges import EXCHANGES  # noqa: PLC0415
    from bf_reconciler.probe import Prober  # noqa: PLC0415

    for name, row in EXCHANGES.items():  # our own pace would only add waiting
        EXCHANGES[name] = replace(row, pace=replace(row.pace, rate=1e6))
    data = served.file(made, 2).read_bytes()
    parsed = document.parse(data, None, allow_plaintext=True)
    spec, _ = document.adopt(None, parsed, revision="", digest="", pepper=b"0" * 32)
    news = asyncio.Event()
    async with Prober(lambda: datetime.now(UTC), news.set) as prober:

        async def once() -> None:
            prober.probe(spec.connections.values())
            done = 0
            while done < len(spec.connections):
                await news.wait()
                news.clear()
                done += len(prober.collect())

        keys = served.keys()
        async with aiohttp.ClientSession() as session:

            async def bare() -> None:
                await asyncio.gather(
                    *(_four(session, served.url, name, key) for name, key in keys.items())
                )

            ours = theirs = 0.0
            await _cpu(once), await _cpu(bare)  # warm up both
            for _ in range(BLOCKS):  # alternating, so that the machine is equally fast for both
                ours += await _cpu(once)
                theirs += await _cpu(bare)
    return ours / theirs


async def _cpu(once: Callable[[], Awaitable[None]]) -> float:
    begun = time.process_time()
    for _ in range(PROBES // BLOCKS):
        await once()
    return time.process_time() - begun


async def _four(
    session: aiohttp.ClientSession, base: str, exchange: str, key: dict[str, str]
) -> None:
    """Send the four requests of a probe, signed by hand, in the order of the prober."""
    signed = {"kucoin": _kucoin, "mexc": _mexc}[exchange]
    time_path, *paths = PATHS[exchange]
    await _get(session, f"{base}/{exchange}{time_path}", {})
    await asyncio.gather(
        *(_get(session, *signed(f"{base}/{exchange}", path, key)) for path in paths)
    )


async def _get(session: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> None:
    async with session.get(yarl.URL(url, encoded=True), headers=headers) as response:
        body = json.loads(await response.read())
        if response.status != 200:
            raise RuntimeError(response.status, body.get("code"))


def _kucoin(base: str, path: str, key: dict[str, str]) -> tuple[str, dict[str, str]]:
    def mac(text: str) -> str:
        made = hmac.new(key["secret"].encode(), text.encode(), "sha256").digest()
        return base64.b64encode(made).decode()

    at = str(int(time.time() * 1000))
    return base + path, {
        "KC-API-KEY": key["api_key"],
        "KC-API-TIMESTAMP": at,
        "KC-API-SIGN": mac(f"{at}GET{path}"),
        "KC-API-PASSPHRASE": mac(key["passphrase"]),
        "KC-API-KEY-VERSION": "2",
    }


def _mexc(base: str, path: str, key: dict[str, str]) -> tuple[str, dict[str, str]]:
    path, _, query = path.format(api_key=key["api_key"]).partition("?")
    query = f"{query}&" if query else ""
    query += f"timestamp={int(time.time() * 1000)}&recvWindow=5000"
    made = hmac.new(key["secret"].encode(), query.encode(), "sha256").hexdigest()
    return f"{base}{path}?{query}&signature={made}", {"X-MEXC-APIKEY": key["api_key"]}


PATHS = {
    "kucoin": (
        "/api/v1/timestamp",
        "/api/v1/user/api-key",
        "/api/v1/accounts",
        "/api/v1/hf/orders/active?symbol=BTC-USDT",
    ),
    "mexc": (
        "/api/v3/time",
        "/api/v3/apiKeyInfo?accessKey={api_key}",
        "/api/v3/account",
        "/api/v3/openOrders?symbol=BTCUSDT",
    ),
}

ALL = (
    Figure("help", "s", 0.35, "wall time of `--help` in a new process", help_seconds),
    Figure("validate", "s", 0.35, "wall time of `validate` of the example file", validate_seconds),
    Figure("test", "s", 3.0, "wall time of `test` of one simulated connection", test_seconds),
    Figure(
        "first online",
        "s",
        30.0,
        "from `init` to the first Online: init, add, git add, git commit, run; simulated exchange",
        lambda _: first_online(),
        3,
    ),
    Figure("idle", "MiB", 130.0, "RSS of the daemon, 2 connections, after 15 s", idle_mebibytes, 3),
    Figure(
        "change",
        "s",
        1.0,
        "from a file renamed into place to its generation in the API",
        change_seconds,
    ),
    Figure(
        "probe", "x", 1.1, f"CPU time of {PROBES} x 2 probes / same with plain aiohttp", probe_ratio
    ),
    Figure(
        "scrape",
        "s",
        0.25,
        "/metrics with 1,000 connections and strategies, over HTTP",
        scrape_seconds,
    ),
    Figure("page", "kB", 200.0, "HTML with 1,000 connections and strategies, gzip", page_kilobytes),
    Figure("paint", "s", 1.0, "first contentful paint of that page in Chromium", paint_seconds),
    Figure("loaded", "s", None, "that page fully loaded and laid out", load_seconds),
)
"""All benchmarks, in the order of the README."""
