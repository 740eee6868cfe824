"""The daemon of the demo, as a process of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bf_reconciler.demo.stage import Stage

DRAIN_SECONDS = 12.0
PYTHON = sys.executable


@asynccontextmanager
async def daemon(stage: Stage, listen: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `bf-reconciler run` on the file of the stage; end it at the end."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BF_")}
    environ["SOPS_AGE_KEY_FILE"] = str(stage.key_file)
    argv = ["-m", "bf_reconciler", "run", str(stage.file), "--listen", listen]
    argv += ["--state-dir", str(stage.state_dir), "--log-level", "warning"]
    with stage.log.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            PYTHON,
            *argv,
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is ours to answer
        )
    try:
        yield process
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
