"""The daemon and the bots of the demo, as processes of their own."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bf_reconciler.demo.stage import Stage

DRAIN_SECONDS = 12.0
PYTHON = sys.executable
BOT = Path(__file__).with_name("bot.py")


@asynccontextmanager
async def daemon(stage: Stage, listen: str) -> AsyncIterator[Process]:
    """Run `bf-reconciler run` on the file of the stage; end it at the end."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BF_")}
    environ["SOPS_AGE_KEY_FILE"] = str(stage.key_file)
    argv = ["-m", "bf_reconciler", "run", str(stage.file), "--listen", listen]
    argv += ["--state-dir", str(stage.state_dir), "--log-level", "warning"]
    process = await _start(stage.log, argv, environ)
    try:
        yield process
    finally:
        await _end(process)


@asynccontextmanager
async def bots(stage: Stage, names: Iterable[str]) -> AsyncIterator[None]:
    """Run the example of a bot for each of these strategies; end them at the end."""
    processes = []
    try:
        for name in names:
            argv = [str(BOT), str(stage.state_dir / "strategies" / f"{name}.json")]
            processes.append(await _start(stage.bot_log, argv, dict(os.environ)))
        yield
    finally:
        await asyncio.gather(*(_end(process) for process in processes))


async def _start(log: Path, argv: Iterable[str], environ: dict[str, str]) -> Process:
    with log.open("ab") as written:
        return await asyncio.create_subprocess_exec(
            PYTHON,
            *argv,
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,  # Ctrl-C is ours to answer
        )


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
