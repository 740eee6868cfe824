"""Plays the script: changes something, waits until the daemon shows it, tells what it saw."""

import asyncio
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from bf_reconciler.demo.child import bots, daemon
from bf_reconciler.demo.declared import STRATEGIES, declared
from bf_reconciler.demo.script import STEPS, Scene, Step, entries
from bf_reconciler.demo.stage import DemoError, Stage
from bf_reconciler.facts import ConfigError
from bf_reconciler.simulator import Simulator, demo_world
from bf_reconciler.sops import find_binary

STEP_SECONDS = 40.0
POLL_SECONDS = 0.1
ASK_SECONDS = 15.0
TAIL_BYTES = 2000
HOST = "127.0.0.1"


class Narrator(Protocol):
    """Tells people what happens. ``seconds`` is how long it took until it was seen."""

    def begin(self, page: str, simulator: str) -> None: ...

    def step(self, number: int, total: int, step: Step) -> None: ...

    def seen(
        self, rows: Sequence[Mapping[str, Any]], config: Mapping[str, Any], seconds: float
    ) -> None: ...

    def end(self, page: str) -> None: ...

    def cut(self, played: int, total: int) -> None: ...


async def play(
    narrator: Narrator,
    stop: asyncio.Event,
    *,
    seconds: float | None = None,
    port_base: int | None = None,
    steps: Sequence[Step] | None = None,
) -> None:
    """Play the steps, then stay until ``stop`` is set or ``seconds`` have passed.

    Whichever comes first cuts the steps short. Everything is removed at the end.

    Raises:
        DemoError: a step was not seen as it should be, or a program is missing.
    """
    steps = STEPS if steps is None else steps
    ending = asyncio.create_task(_ending(stop, seconds))
    try:
        async with _theatre(port_base) as theatre:
            narrator.begin(theatre.page, theatre.simulator.url)
            playing = asyncio.create_task(_play(theatre, narrator, steps))
            try:
                await asyncio.wait({playing, ending}, return_when="FIRST_COMPLETED")
                if playing.done():
                    playing.result()
                    narrator.end(theatre.page)
                    await ending
                else:
                    narrator.cut(theatre.played, len(steps))
            finally:
                playing.cancel()
                with suppress(asyncio.CancelledError, DemoError):
                    await playing
    finally:
        ending.cancel()


async def _ending(stop: asyncio.Event, seconds: float | None) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


@dataclass(slots=True)
class Theatre:
    """All that runs. ``page`` is the daemon's address."""

    simulator: Simulator
    stage: Stage
    process: asyncio.subprocess.Process
    session: aiohttp.ClientSession
    page: str
    played: int = 0

    async def status(self) -> dict[str, Any] | None:
        """What the daemon says; None while it does not answer."""
        try:
            async with self.session.get(f"{self.page}/api/v1/status") as answer:
                if answer.status != 200:  # noqa: PLR2004 # not ready yet
                    return None
                status: dict[str, Any] = await answer.json()
                return status
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None

    async def ask(self, connection: str) -> None:
        """Have a connection tested at once, as a person would."""
        url = f"{self.page}/api/v1/connections/{connection}/test"
        try:
            async with self.session.post(url) as answer:
                await answer.read()
        except (aiohttp.ClientError, TimeoutError):
            return  # it is tested soon anyway; what is not seen in time is told


@asynccontextmanager
async def _theatre(port_base: int | None) -> AsyncIterator[Theatre]:
    page_port, simulator_port = (port_base, port_base + 1) if port_base else (free_port(), 0)
    try:
        sops = find_binary(None, os.environ)
    except ConfigError as error:
        message = f"{error.message}; install bf-reconciler with its sops extra"
        raise DemoError(message) from None
    with tempfile.TemporaryDirectory(prefix="bf-reconciler-demo-") as folder:
        stage = Stage(Path(folder), sops)
        try:
            async with Simulator(demo_world(), simulator_port, HOST) as simulator:
                await asyncio.to_thread(stage.build, declared(simulator))
                timeout = aiohttp.ClientTimeout(total=ASK_SECONDS)
                async with (
                    daemon(stage, f"{HOST}:{page_port}") as process,
                    bots(stage, [name for name, *_ in STRATEGIES]),
                    aiohttp.ClientSession(timeout=timeout) as session,
                ):
                    page = f"http://{HOST}:{page_port}"
                    yield Theatre(simulator, stage, process, session, page)
        except BrokenPipeError:
            raise  # who read what is told has left
        except OSError as error:
            raise DemoError(f"cannot start the demo: {error.strerror}") from None


async def _play(theatre: Theatre, narrator: Narrator, steps: Sequence[Step]) -> None:
    scene = Scene(theatre.simulator.world, theatre.stage, theatre.ask)
    clock = asyncio.get_running_loop().time
    for number, step in enumerate(steps, 1):
        narrator.step(number, len(steps), step)
        begun = clock()
        await step.act(scene)
        status = await _until(theatre, step)
        rows = [entry for entry in entries(status) if entry["name"] in step.expects]
        narrator.seen(rows, status["config"], clock() - begun)
        theatre.played = number


async def _until(theatre: Theatre, step: Step) -> dict[str, Any]:
    """Wait until the daemon shows what the step expects."""
    status: dict[str, Any] | None = None
    with suppress(TimeoutError):
        async with asyncio.timeout(STEP_SECONDS):
            while theatre.process.returncode is None:
                status = await theatre.status()
                if status is not None and step.holds(status):
                    return status
                await asyncio.sleep(POLL_SECONDS)
    raise DemoError(_disappointment(theatre, step, status))


def _disappointment(theatre: Theatre, step: Step, status: dict[str, Any] | None) -> str:
    wanted = [f"  {name}: {state} {reason}" for name, (state, reason) in step.expects.items()]
    lines = ["expected:", *wanted, "but found:"]
    if status is None:
        code = theatre.process.returncode
        lines.append("  no answer" if code is None else f"  the daemon exited with code {code}")
    else:
        lines += [f"  {name}: {' '.join(seen)}" for name, seen in step.seen(status).items()]
        lines += [f"  the bot of {name} is {running}" for name, running in step.bots(status)]
        lines.append(f"  the file: {status['config']['reason'] or 'loaded'}")
    log = theatre.stage.log.read_bytes()[-TAIL_BYTES:].decode(errors="replace").strip()
    return "\n".join([*lines, *(["last lines of the daemon's log:", log] if log else [])])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
