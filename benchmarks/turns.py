"""What a turn costs by itself: no socket, no file; exchanges and runtimes answer from memory."""

import asyncio
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from bf_reconciler.daemon.cycle import Cycle
from bf_reconciler.facts import Balance, Clock, KeyFacts, Observation, Orders, Scope
from bf_reconciler.reload import Reload
from bf_reconciler.spec import (
    LOCAL,
    Connection,
    ConnectionEntry,
    Credentials,
    Policy,
    Spec,
    Strategy,
    StrategyEntry,
)
from bf_reconciler.status import ConfigStatus, Record, Running, Status

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
INTERVAL = timedelta(seconds=60)
TURNS = 100
"""So many turns answer everybody once."""
KEY = KeyFacts(
    granted=frozenset({Scope.READ, Scope.SPOT}),
    denied=frozenset(set(Scope) - {Scope.READ, Scope.SPOT}),
    ip_bound=True,
    ips=("203.0.113.7",),
)
HELD, ORDERED = ("BTC", "USDT", "KCS"), ("BTC/USDT",)


def fleet(count: int) -> Spec:
    """So many connections with a key and a strategy each."""
    connections, strategies = {}, {}
    for index in range(count):
        name = f"kucoin-main-{index}"
        credentials = Credentials(api_key=f"key-{index:012}", secret="s", passphrase="p")  # noqa: S106
        connections[name] = ConnectionEntry(
            Connection(name=name, exchange="kucoin", credentials=credentials),
            fingerprint=name,
            line=index,
            origin="current",
            interval=INTERVAL,
            timeout=timedelta(seconds=10),
            pair="BTC/USDT",
            key_fingerprint=name,
        )
        bot = Strategy(name=f"grid-{index}", connection=name, pairs=("BTC/USDT",))
        strategies[bot.name] = StrategyEntry(bot, index, "current")
    runtimes = {LOCAL.name: LOCAL}
    return Spec(1, "r1", "sha256:1", Policy(), None, runtimes, connections, strategies)


class Memory:
    """Exchanges, runtimes and journal of a fleet in which all is well."""

    def __init__(self) -> None:
        self.asked: dict[str, ConnectionEntry] = {}
        self.finished: dict[str, Observation] = {}
        self.runs: dict[str, Running] = {}

    def answer(self, count: int, now: datetime) -> int:
        for name in list(islice(self.asked, count)):
            entry = self.asked.pop(name)
            self.finished[entry.name] = Observation(
                now,
                entry.fingerprint,
                Clock(0.01, 0.05 + now.microsecond / 1e8),
                replace(KEY),
                Balance(False, frozenset(HELD)),
                Orders(frozenset(ORDERED)),
            )
        return len(self.finished)

    def probe(self, due: Iterable[ConnectionEntry], *_: object) -> None:
        self.asked |= {entry.name: entry for entry in due}

    def markets(self, _: object) -> Mapping[Any, Any]:
        return {}

    def announced(self, _: object) -> Mapping[Any, Any]:
        return {}

    def collect(self) -> Mapping[str, Any]:
        finished, self.finished = self.finished, {}
        return finished

    async def keep(self, *_: object) -> None:
        pass

    save = keep

    def later(self, *_: object) -> None:
        pass


class Engine:
    """Runtimes that do as they are told."""

    async def converge(self, decisions: Iterable[Any], *_: object) -> Mapping[str, Running]:
        return {
            d.name: Running("running" if d.order is not None and d.order.on else "stopped")
            for d in decisions
        }

    def collect(self) -> Mapping[str, Running]:
        return {}

    def let_go(self, names: Iterable[str]) -> None:
        pass

    def held(self, declared: Iterable[Any]) -> Mapping[Any, Any]:
        return {runtime: {} for runtime in declared}


async def life(count: int) -> tuple[float, float, float]:
    """Seconds of CPU of the first turn, per answered probe, and of a quiet turn."""
    memory = Memory()
    cycle = Cycle(memory, Engine(), memory, Record(Status(), {}), lambda *_: None, asyncio.Event())
    config = ConfigStatus(last_reload_successful=True)
    cycle.take(Reload(fleet(count), config))
    now, step = START, INTERVAL / TURNS
    begun = time.process_time()
    await cycle.turn(now)
    first = time.process_time() - begun
    for _ in range(2 * TURNS):  # the first pass, and one more, to be in step
        now += step
        memory.answer(max(count // TURNS, 1), now)
        await cycle.turn(now)
    spent, answered = 0.0, 0
    for _ in range(TURNS):
        now += step
        answered += memory.answer(max(count // TURNS, 1), now)
        begun = time.process_time()
        await cycle.turn(now)
        spent += time.process_time() - begun
    quiet = []
    for _ in range(20):
        now += step / 1000
        begun = time.process_time()
        await cycle.turn(now)
        quiet.append(time.process_time() - begun)
    return first, spent / max(answered, 1), sorted(quiet)[len(quiet) // 2]


def probe_microseconds(_: Path, count: int = 3000) -> float:
    """CPU of judging, guarding, folding and scheduling, per answered probe."""
    return asyncio.run(life(count))[1] * 1e6


def quiet_milliseconds(_: Path, count: int = 10000) -> float:
    """CPU of a turn in which nothing happened."""
    return asyncio.run(life(count))[2] * 1e3


def growth(_: Path) -> float:
    """How much more a probe costs among 10,000 than among 300."""
    small = asyncio.run(life(300))[1]
    return asyncio.run(life(10000))[1] / small


if __name__ == "__main__":
    for size in [int(word) for word in sys.argv[1:]] or [300, 3000, 10000]:
        first, probe, quiet = asyncio.run(life(size))
        print(
            f"{size} connections: first turn {first:.2f} s, {probe * 1e6:.0f} us per probe,"
            f" quiet turn {quiet * 1e3:.3f} ms"
        )
