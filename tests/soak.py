"""A fleet of 300 connections under faults, changed rights and commits at random; nothing may grow.

``soak.py SECONDS``, run by `make soak`. Memory, descriptors, tasks, threads and children of the
daemon are sampled; their slopes (Theil-Sen) over the second part must be flat, and when all is well
again every strategy is as its key permits, and nothing that is held is more than before.
"""
# ruff: noqa: T201, S311  (a script that prints figures; dice of its own)

import argparse
import asyncio
import contextlib
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from e2e.fleet import GOOD as GOOD_KEY
from e2e.fleet import SECRETS, a_fleet, a_strategy, credentials_of, until

EXCHANGES = ("kucoin", "mexc", "bybit", "okx")
COUNTED = """
import asyncio, contextlib, pathlib, sys, threading, time
from bf_reconciler.cli import main

file = pathlib.Path(sys.argv.pop(1))

def count():
    while True:
        with contextlib.suppress(RuntimeError):
            tasks = list(asyncio.tasks._all_tasks)
            file.write_text(str(sum(not task.done() for task in tasks)))
        time.sleep(0.5)

threading.Thread(target=count, daemon=True).start()
main()
"""
"""The daemon, and beside it a thread that writes down how many tasks there are."""
FAULTS = (
    {"status": 503},
    {"status": 401},
    {"latency": 2.0},
    {"garbage": True},
    {"reset": True},
    {"rate_limit": True, "remaining": 20},
    {"maintenance": True},
    {"slow_body": True, "remaining": 20},
)
TURN_OFF_SECONDS = 120.0
"""How long a key that may withdraw may stay unseen here: the machine may be a slow one."""
TREND = 240.0
"""Seconds from which a slope is one: in a minute, one exchange that hangs is a slope, too."""
GROWTH = {"memory": 0.15, "descriptors": 0.15, "tasks": 0.15, "threads": 0.15, "children": 0.15}
"""Share of its median by which each may grow over the measured part,"""
SLACK = {"memory": 24.0, "descriptors": 64, "tasks": 64, "threads": 6, "children": 2}
"""or this much (MiB, and numbers), where that is more."""


@dataclass
class Soak:
    """The fleet, what was done to it, and what was seen of it."""

    fleet: object
    names: list[str]
    dice: random.Random
    counted: Path
    done: Counter = field(default_factory=Counter)
    withdraws: dict[str, float] = field(default_factory=dict)
    off: set[str] = field(default_factory=set)
    samples: list[dict[str, float]] = field(default_factory=list)
    slowest: float = 0.0

    # --- what happens

    async def rights(self):
        """A key may withdraw from now on, or no longer."""
        name = self.dice.choice(self.names)
        if self.withdraws.pop(name, None) is None:
            self.withdraws[name] = time.monotonic()
        self.fleet.world.patch_key(name, {"withdraw": name in self.withdraws})

    async def fault(self):
        exchange = self.dice.choice(EXCHANGES)
        self.fleet.world.put_faults(exchange, self.dice.choice([{}, *FAULTS]))

    async def commit(self):
        """Strategies are switched in the file; now and then the file is bad for a while."""
        if self.dice.random() < 0.2:
            await asyncio.to_thread(self.fleet.commit, "connections: [\n")
            await asyncio.sleep(self.dice.random())
        self.off ^= set(self.dice.sample(self.names, 5))
        await asyncio.to_thread(self.declare)

    async def crowd(self):
        """Clients of the page that come and go, some in the middle of an answer."""
        paths = ["/api/v1/status", "/metrics", "/", "/api/v1/history", "/api/v1/events"]
        for path in self.dice.sample(paths, 3):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await self.fleet.api(path)

    async def reload(self):
        await self.fleet.post("/-/reload")

    async def halt(self):
        await self.fleet.post("/api/v1/halt", {"reason": "soak", "by": "soak"})
        await self.fleet.post("/api/v1/resume")

    def declare(self):
        connections = [self.connection(name) for name in self.names]
        strategies = [
            a_strategy(f"bot-{name}", name, enabled=name not in self.off) for name in self.names
        ]
        policy = {"grace": "20s", "recover_after": 2, "confirm_after": 2}
        defaults = {"interval": "30s", "timeout": "10s"}
        self.fleet.declare(connections, strategies, policy=policy, defaults=defaults)

    def connection(self, name):
        exchange = exchange_of(name)
        own = credentials_of(exchange, api_key=f"KEY-OF-{name}")
        return self.fleet.connection(name, exchange, credentials=own)

    # --- what is seen

    def sample(self, process):
        """What the daemon holds now."""
        proc = Path("/proc") / str(process.pid)
        status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
        children = [(each / "children").read_text().split() for each in (proc / "task").iterdir()]
        return {
            "at": time.monotonic(),
            "memory": int(status["VmRSS"].split()[0]) / 1024,
            "descriptors": len(list((proc / "fd").iterdir())),
            "threads": int(status["Threads"]),
            "children": sum(map(len, children)),
            "tasks": int(self.counted.read_text() or 0),
        }

    def check_withdrawals(self):
        """No strategy runs for long on a key that may withdraw."""
        for name, since in self.withdraws.items():
            told = self.fleet.told(f"bot-{name}")
            if told is not None and told["enabled"]:
                seconds = time.monotonic() - since
                self.slowest = max(self.slowest, seconds)
                assert seconds < TURN_OFF_SECONDS, f"{name} still runs after {seconds:.0f} s"

    async def ends_well(self, seconds):
        """Everything is well again, and each strategy as it should be."""
        for exchange in EXCHANGES:
            self.fleet.world.put_faults(exchange, {})
        for name in self.withdraws:
            self.fleet.world.patch_key(name, {"withdraw": False})
        self.withdraws.clear()
        await asyncio.to_thread(self.declare)
        await self.fleet.post("/api/v1/resume")
        await until(self.is_right, seconds, self.shown)

    def wrong(self):
        told = {name: self.fleet.told(f"bot-{name}") for name in self.names}
        return [
            name
            for name, each in told.items()
            if each is None or each["enabled"] is not (name not in self.off)
        ]

    def shown(self):
        """What is not as it should be, for whoever reads that it is not."""
        return f"{self.wrong()[:5]} {self.fleet.log.getvalue()[-2000:]}"

    def is_right(self):
        return not self.wrong()


def exchange_of(name):
    return name.partition("-")[0]


def slope(samples, what):
    """Median of the slopes between all pairs of moments, per second (Theil-Sen)."""
    points = [(each["at"], each[what]) for each in samples]
    points = points[:: max(1, len(points) // 300)]
    slopes = [
        (y - b) / (x - a) for i, (a, b) in enumerate(points) for x, y in points[i + 1 :] if x > a
    ]
    return statistics.median(slopes) if slopes else 0.0


def report(samples, calm, after):
    """Print what each did; the names of those that grew."""
    grew = []
    tenth = max(1, len(samples) // 10)
    series = [
        statistics.median(x["memory"] for x in samples[n : n + tenth])
        for n in range(0, len(samples), tenth)
    ]
    print("memory in tenths of the time, MiB:", " ".join(f"{each:.0f}" for each in series))
    second = samples[len(samples) // 3 :]
    length = second[-1]["at"] - second[0]["at"]
    for what, slack in SLACK.items():
        middle = statistics.median(each[what] for each in second)
        growth = slope(second, what) * length
        most = max(slack, GROWTH[what] * middle)
        before = middle if what == "memory" else calm[what]  # the first turns load what is needed
        steep = growth > most and length >= TREND
        bad = steep or after[what] > before + most
        grew += [what] if bad else []
        print(
            f"{what}: median {middle:.0f}, slope {growth / length * 3600:+.1f} an hour"
            f" ({growth:+.1f} in {length:.0f} s, at most {most:.0f});"
            f" calm {calm[what]:.0f} before, {after[what]:.0f} after{' GREW' if bad else ''}"
        )
    return grew


async def chaos(soak, process, seconds):
    """Something happens every half second, until the time is over."""
    events = [soak.rights] * 4 + [soak.fault] * 3 + [soak.crowd] * 3
    events += [soak.commit, soak.reload, soak.halt]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        event = soak.dice.choice(events)
        await event()
        soak.done[event.__name__] += 1
        soak.samples.append(soak.sample(process))
        soak.check_withdrawals()
        assert process.returncode is None, "the daemon ended"
        await asyncio.sleep(soak.dice.random())


async def main(given):
    names = [f"{EXCHANGES[n % len(EXCHANGES)]}-{n}" for n in range(given.connections)]
    with tempfile.TemporaryDirectory() as folder:
        async with a_fleet(Path(folder)) as fleet:
            for name in names:
                exchange = exchange_of(name)
                own = credentials_of(exchange, api_key=f"KEY-OF-{name}")
                fleet.world.put_key(name, {"exchange": exchange, **own, **GOOD_KEY})
            soak = Soak(fleet, names, random.Random(given.seed), Path(folder) / "tasks")
            soak.counted.write_text("0")
            await asyncio.to_thread(soak.declare)
            command = fleet.command("--log-level", "error")[3:]
            fleet.command = lambda: [sys.executable, "-c", COUNTED, str(soak.counted), *command]
            async with fleet.process() as process:
                await until(soak.is_right, given.patience, soak.shown)
                calm = soak.sample(process)
                await chaos(soak, process, given.seconds)
                await soak.ends_well(given.patience)
                await asyncio.sleep(2)
                after = soak.sample(process)
    print(f"{given.connections} connections, {given.seconds} s: {dict(soak.done)}")
    print(f"longest that a key with withdrawals still ran: {soak.slowest:.1f} s")
    assert not any(secret in fleet.log.getvalue() for secret in SECRETS.values())
    return int(bool(report(soak.samples, calm, after)))


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("seconds", type=int)
    words.add_argument("--connections", type=int, default=300)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--patience", type=float, default=300.0, help="until all is well")
    sys.exit(asyncio.run(main(words.parse_args())))
