"""What a large fleet costs beside its turns: scrapes, the audit, leases, slices of the event loop.

    python benchmarks/faces.py [KEYS ...]

No socket is opened. All figures are of CPU.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import turns

from bf_reconciler.daemon import cycle
from bf_reconciler.daemon.audit import PASS, Audit
from bf_reconciler.daemon.garbage import collected_rarely
from bf_reconciler.facts import Reason
from bf_reconciler.metrics import Exposition, Extras, Tallies
from bf_reconciler.reload import Reload
from bf_reconciler.runtimes import Bounds
from bf_reconciler.runtimes.adapter import Stamp, Target
from bf_reconciler.runtimes.file import FileAdapter
from bf_reconciler.schedule import HEARTBEAT
from bf_reconciler.spec import FileRuntime, Names, Strategy
from bf_reconciler.status import ConfigStatus, Record, Status
from bf_reconciler.turn import Turn
from bf_reconciler.verdict import Order

LEASE = timedelta(minutes=3)
SHARE = 4
"""One in so many keys was answered between two scrapes: every 60 s, scraped every 15 s."""


class Slices:
    """Takes the place of what lets others have the event loop, and notes how seldom it does."""

    longest = 0.0
    since = 0.0

    def __init__(self, _: Callable[[], bool] = bool) -> None:
        """Whether people wait makes no slice longer here."""

    async def __call__(self) -> None:
        self.note()

    @classmethod
    def note(cls) -> None:
        now = time.thread_time()
        cls.longest, cls.since = max(cls.longest, now - cls.since), now

    @classmethod
    def begin(cls) -> None:
        cls.longest, cls.since = 0.0, time.thread_time()


class Fleet:
    """So many keys that are well, at rest."""

    def __init__(self, count: int) -> None:
        self.count, self.now, self.memory = count, turns.START, turns.Memory()
        cycle.Breath = Slices  # in the place of the real one
        self.cycle = cycle.Cycle(
            self.memory,
            turns.Engine(),
            self.memory,
            Record(Status(), {}),
            lambda *_: None,
            asyncio.Event(),
            self._keep,
        )
        good = ConfigStatus(last_reload_successful=True)
        self.cycle.take(Reload(turns.fleet(count), good))

    async def _keep(self, turn: Turn) -> Turn:
        self.last = turn
        return turn

    async def turn(self, answers: int) -> None:
        self.now += turns.INTERVAL / 20
        self.memory.answer(answers, self.now)
        Slices.begin()
        await self.cycle.turn(self.now)
        Slices.note()

    async def settled(self) -> Turn:
        """Take turns until all are well; returns the last one."""
        await self.turn(0)
        for _ in range(40):
            await self.turn(self.count // 20)
        await self.turn(0)
        return replace(self.last, changed=Names())


@contextmanager
def timed(what: str, times: int = 1, unit: str = "ms", factor: float = 1e3) -> Iterator[None]:
    begun = time.process_time()
    yield
    print(f"  {what:<64} {(time.process_time() - begun) * factor / times:8.2f} {unit}", flush=True)


def answered(status: Status, now: datetime, dice: Random) -> Status:
    """One in so many of its connections, anywhere among them, was answered since."""
    connections = dict(status.connections)
    for name in dice.sample([*connections], len(connections) // SHARE):
        at = now + dice.random() * timedelta(seconds=15)
        connections[name] = replace(
            connections[name],
            last_probe=at,
            last_success=at,
            next_probe=at + turns.INTERVAL,
            clock_skew_seconds=dice.random() / 100,
        )
    return replace(status, connections=connections)


def scrapes(status: Status, now: datetime) -> None:
    exposition, tallies, dice, sizes = Exposition(), Tallies(), Random(1), {}  # noqa: S311 # no secret

    def scrape(*, gzip: bool) -> None:
        pieces, _ = exposition.render(status, Extras(), tallies, gzip=gzip)
        sizes[gzip] = sum(map(len, pieces))

    with timed("the first scrape"):
        scrape(gzip=True)
    with timed("a scrape in which nothing is another"):
        scrape(gzip=True)
    for gzip in (True, False):
        status = answered(status, now, dice)
        with timed(f"a quarter answered since, {'compressed' if gzip else 'as plain text'}"):
            scrape(gzip=gzip)
    print(f"  {sizes[True] / 1e6:.1f} MB compressed, {sizes[False] / 1e6:.1f} MB of text")


async def audits(turn: Turn) -> None:
    told: list[Names] = []
    look = Audit(told.append, Slices())
    beats, count = PASS // HEARTBEAT, len(turn.spec.connections)
    for index, what in enumerate(("decided again", "found to be the same")):
        with timed(f"audited, per connection: {what}", count, "us", 1e6):
            for beat in range(beats):
                passed = timedelta(microseconds=index * beats + beat)
                await look(replace(turn, at=turn.at + passed))
                look._done = 0.0  # noqa: SLF001 # as if a heartbeat had passed, and no time
    if told:
        sys.exit(f"drifted: {told}")


async def leases(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        runtime = FileRuntime(name="local", type="file", path="strategies")
        adapter = FileAdapter(runtime, Bounds(Path(folder)))
        stamp = Stamp(1, "r1", datetime.now(UTC))
        targets = {}
        for index in range(count):
            bot = Strategy(name=f"grid-{index}", connection="kucoin-main", pairs=("BTC/USDT",))
            words = (Reason.CONNECTED, "All rules pass.", bot)
            order = Order(bot.name, runtime, True, "pause", *words, lease=LEASE / 1000)
            targets[bot.name] = Target(order, stamp)
            await adapter.apply(
                order, (await adapter.read([bot.name]))[bot.name], targets[bot.name]
            )
        await adapter.read(targets.keys())
        await asyncio.sleep(LEASE.total_seconds() / 1000)
        longer = {n: Target(replace(t.order, lease=LEASE), stamp) for n, t in targets.items()}
        with timed("a lease renewed, disk included", count, "us", 1e6):
            while (await adapter.renew(longer))[1]:
                pass
        await adapter.close()


async def report(count: int) -> None:
    print(f"{count} keys")
    fleet = Fleet(count)
    turn = await fleet.settled()
    scrapes(turn.status, fleet.now)
    await audits(turn)
    for answers in (count // 100, count // 10):
        await fleet.turn(answers)
        print(
            f"  the longest slice of a turn with {answers} answers: {Slices.longest * 1e3:.1f} ms"
        )
    await leases(min(count, 1000))


if __name__ == "__main__":
    for size in [int(word) for word in sys.argv[1:]] or [1000, 10000]:
        with collected_rarely():
            asyncio.run(report(size))
