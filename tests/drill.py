"""Kills the daemon, Prometheus, Alertmanager or the network: does an outside receiver know?

``drill.py ROUNDS``, run by `make drill`. Each round has a simulated exchange, and the real daemon,
Prometheus and Alertmanager, set as the documentation says, and a dead man's switch that is told by
the heartbeat of the one and by the watchdog of the others. Something is killed at a random moment;
the switch must raise the alarm within LIMIT seconds of it, and none before.
"""
# ruff: noqa: T201, S311  (a script that prints figures; dice of its own)

import argparse
import asyncio
import contextlib
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

sys.path.insert(0, str(Path(__file__).parent))

from e2e.fleet import a_fleet, until
from e2e.programs import EXAMPLE, an_alertmanager, prometheus_process

LIMIT = 180.0
"""Seconds within which the outside must know."""
SILENCE = 90.0
"""Seconds without a sign after which the switch raises the alarm."""
START_SECONDS = 150.0
"""How long a round may take until both signs come: the machine may be a slow one."""
SPREAD = 15.0
"""The moment of a kill is anywhere in so many seconds."""
SIGNS = ("heartbeat", "watchdog")
RULES = EXAMPLE.with_name("bf-reconciler.rules.yaml")


class Switch:
    """A dead man's switch, as another system runs it: it knows only when it was told what."""

    def __init__(self):
        self.told, self.alarms = {}, {}
        self.port = 0

    async def _take(self, request):
        sign = {"dead-mans-switch": "watchdog"}.get(request.match_info["sign"])
        sign = sign or request.match_info["sign"]
        await request.read()
        if sign in SIGNS:
            self.told[sign] = time.monotonic()
        return web.Response(text="OK")

    async def _watch(self):
        """Raise the alarm for each sign that was given once, and is missing now."""
        while True:
            now = time.monotonic()
            for sign, at in self.told.items():
                if now - at > SILENCE:
                    self.alarms.setdefault(sign, now)
            await asyncio.sleep(0.5)

    @contextlib.asynccontextmanager
    async def running(self):
        app = web.Application()
        app.router.add_route("*", "/{sign}", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        watching = asyncio.create_task(self._watch())
        try:
            yield self
        finally:
            watching.cancel()
            await runner.cleanup()


class Network:
    """The way out to the switch. Cut, it takes what is sent and never answers."""

    def __init__(self, port):
        self._port = port
        self._whole = asyncio.Event()
        self._whole.set()
        self._tasks = set()

    def cut(self):
        self._whole.clear()

    @contextlib.asynccontextmanager
    async def running(self):
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            for task in self._tasks:
                task.cancel()
            server.close()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        out = None
        try:
            await self._whole.wait()
            there, out = await asyncio.open_connection("127.0.0.1", self._port)
            await asyncio.gather(self._pump(reader, out), self._pump(there, writer))
        except (OSError, asyncio.CancelledError):
            return
        finally:
            for stream in filter(None, (writer, out)):
                stream.close()

    async def _pump(self, source, target):
        while data := await source.read(65536):
            await self._whole.wait()
            target.write(data)
            await target.drain()
        target.close()


@dataclass
class Stage:
    """All that runs in a round."""

    daemon: object
    prometheus: object
    alertmanager: object
    network: Network


KILLS = {
    "daemon killed": (lambda stage: stage.daemon.kill(), {"heartbeat"}),
    "Prometheus killed": (lambda stage: stage.prometheus.kill(), {"watchdog"}),
    "Alertmanager killed": (lambda stage: stage.alertmanager.kill(), {"watchdog"}),
    "network cut": (lambda stage: stage.network.cut(), set(SIGNS)),
    "daemon frozen": (lambda stage: stage.daemon.send_signal(signal.SIGSTOP), {"heartbeat"}),
}
"""What is killed, and the signs that stop."""


@dataclass
class Round:
    """One round, and how it ended."""

    number: int
    what: str
    seconds: dict = field(default_factory=dict)
    trouble: str = ""

    def __str__(self):
        told = ", ".join(f"{sign} {seconds:.0f} s" for sign, seconds in self.seconds.items())
        return f"{self.number}: {self.what}: {self.trouble or 'known by ' + told}"


def scraping(fleet, alertmanager):
    """As the documentation has it."""
    return {
        "global": {"scrape_interval": "15s", "evaluation_interval": "15s"},
        "rule_files": [str(RULES)],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [
            {
                "job_name": "bf-reconciler",
                "static_configs": [{"targets": [f"127.0.0.1:{fleet.port}"]}],
            }
        ],
    }


@contextlib.asynccontextmanager
async def a_stage(fleet, switch):
    """Everything at work, and both signs given."""
    network = Network(switch.port)
    async with network.running() as way:
        beat = {"BF_HEARTBEAT_URL": f"{way}/heartbeat"}
        async with (
            an_alertmanager(fleet, way) as (address, alertmanager),
            fleet.process(**beat) as daemon,
            prometheus_process(
                fleet, scraping(fleet, address), "--rules.alert.resend-delay=15s"
            ) as (_, prometheus),
        ):
            await until(
                lambda: len(switch.told) == len(SIGNS),
                START_SECONDS,
                lambda: f"{switch.told} {fleet.log.getvalue()[-2000:]}",
            )
            stage = Stage(daemon, prometheus, alertmanager, network)
            try:
                yield stage
            finally:
                with contextlib.suppress(ProcessLookupError):
                    daemon.send_signal(signal.SIGCONT)


async def play(played, folder, dice):
    """Play one round."""
    kill, wanted = KILLS[played.what]
    async with a_fleet(folder) as fleet, Switch().running() as switch:
        fleet.declare(defaults={"interval": "10s", "timeout": "10s"})
        async with a_stage(fleet, switch) as stage:
            await asyncio.sleep(dice.uniform(0, SPREAD))
            early = set(switch.alarms)
            kill(stage)
            killed = time.monotonic()
            with contextlib.suppress(AssertionError):
                await until(lambda: wanted <= switch.alarms.keys(), LIMIT)
            played.seconds = {sign: at - killed for sign, at in switch.alarms.items()}
            if early or not set(switch.alarms) <= wanted:
                played.trouble = f"a false alarm: {sorted(early | (set(switch.alarms) - wanted))}"
            elif not wanted <= switch.alarms.keys():
                played.trouble = f"not known within {LIMIT:.0f} s: {played.seconds}"


async def guarded(played, dice, seats):
    async with seats:
        with tempfile.TemporaryDirectory(prefix="drill") as folder:
            try:
                await play(played, Path(folder), dice)
            except (AssertionError, OSError) as error:
                played.trouble = f"{type(error).__name__}: {error}"
        print(played, flush=True)


async def drill(rounds, side_by_side, seed):
    """Play them; those that did not end well."""
    kinds, seats = list(KILLS), asyncio.Semaphore(side_by_side)
    every = [Round(index + 1, kinds[index % len(kinds)]) for index in range(rounds)]
    await asyncio.gather(
        *(guarded(each, random.Random(f"{seed} {each.number}"), seats) for each in every)
    )
    return every


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("rounds", type=int)
    parser.add_argument("--side-by-side", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = parser.parse_args()
    print(f"seed {given.seed}")
    every = asyncio.run(drill(given.rounds, given.side_by_side, given.seed))
    known = [each for each in every if not each.trouble]
    slowest = max((max(each.seconds.values()) for each in known), default=0.0)
    print(
        f"an outside receiver knew within {LIMIT:.0f} s: {len(known)} of {len(every)},"
        f" after {slowest:.0f} s at the latest"
    )
    sys.exit(len(known) != len(every))


if __name__ == "__main__":
    main()
