"""Runs a child program once: bytes passed in memory, bounded in time and in size."""

import asyncio
import os
import signal
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

MAX_STDERR = 64 * 1024  # what goes beyond is read and dropped
REAP_SECONDS = 5.0
NICER = 10
"""So much lower is the priority of a child: a strategy is turned off before a file is decrypted."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How the child ended. Both outputs may hold secrets, so neither stands in the repr."""

    returncode: int
    stdout: bytes = field(repr=False)
    stderr: str = field(repr=False)


class Overflow(Exception):  # noqa: N818  it is the name of what happened
    """The child wrote more than it may."""


class Capture(asyncio.SubprocessProtocol):
    """Collects what the child writes, up to the limits.

    ``gone`` when child and pipes are; ``ended`` then, or when it has written too much.
    """

    def __init__(self, max_output: int) -> None:
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.ended = asyncio.Event()
        self.gone = asyncio.Event()
        self.overflow = False
        self.max_output = max_output

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 2:  # noqa: PLR2004  standard error
            self.stderr += data[: MAX_STDERR - len(self.stderr)]
        elif not self.overflow:
            self.stdout += data
            if len(self.stdout) > self.max_output:
                self.overflow = True
                self.ended.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        self.gone.set()
        self.ended.set()


Child = tuple[asyncio.SubprocessTransport, Capture]


async def run(
    argv: list[str],
    content: bytes,
    *,
    environ: Mapping[str, str],
    timeout: float,  # noqa: ASYNC109  it bounds the child, which is killed, not just the wait
    max_output: int,
) -> Finished:
    """Run ``argv`` plus the path of a file that holds ``content`` and lies on no disk.

    The child leads a process group of its own; whenever this is left early (timeout, overflow,
    cancelled) the whole group is killed.

    Raises:
        TimeoutError: after ``timeout`` seconds.
        Overflow: when it writes more than ``max_output`` bytes.
        OSError: when it cannot be started.
    """
    loop = asyncio.get_running_loop()
    with handed_over(content) as (fd, path):
        transport, capture = await _started(
            loop.subprocess_exec(
                lambda: Capture(max_output),
                *argv,
                path,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=dict(environ),
                pass_fds=(fd,),
                start_new_session=True,
            )
        )
        _step_back(transport.get_pid())
        try:
            async with asyncio.timeout(timeout):
                await capture.ended.wait()
        finally:
            if not capture.gone.is_set():
                await _kill(transport, capture)
            transport.close()
    if capture.overflow:
        raise Overflow
    returncode = transport.get_returncode()
    assert returncode is not None  # noqa: S101  the connection is lost only after the exit
    return Finished(returncode, bytes(capture.stdout), capture.stderr.decode(errors="replace"))


def _step_back(group: int) -> None:
    """Have a process group take the CPU that others leave.

    Linux may weigh sessions against each other, and processes only within theirs.
    """
    with suppress(OSError):
        ours = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PGRP, group, min(ours + NICER, 19))
    with suppress(OSError):
        session = os.open(f"/proc/{group}/autogroup", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(session, str(NICER).encode())
        finally:
            os.close(session)


async def _started(starting: Coroutine[Any, Any, Child]) -> Child:
    """Wait for the start. Cancelled meanwhile, it is still ended with all that it started.

    asyncio would kill the child alone, and wait for as long as another holds its pipes.
    """
    start = asyncio.ensure_future(starting)
    try:
        return await asyncio.shield(start)
    except asyncio.CancelledError:
        with suppress(OSError):
            await _kill(*await start)
        raise


async def _kill(transport: asyncio.SubprocessTransport, capture: Capture) -> None:
    """Kill the child with all that it started, and wait until it is reaped."""
    with suppress(ProcessLookupError):
        os.killpg(transport.get_pid(), signal.SIGKILL)
    transport.close()  # a grandchild in a session of its own may still hold the pipes
    with suppress(TimeoutError):
        async with asyncio.timeout(REAP_SECONDS):
            await capture.gone.wait()


@contextmanager
def handed_over(content: bytes) -> Iterator[tuple[int, str]]:
    """Yield a descriptor for the child to inherit, and the path under which it opens the bytes."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("committed")
        try:
            with open(fd, "wb", closefd=False) as file:
                file.write(content)
            yield fd, f"/proc/self/fd/{fd}"
        finally:
            os.close(fd)
        return
    fd, end = os.pipe()
    writer = Thread(target=_feed, args=(end, content), name="sops-feed", daemon=True)
    writer.start()
    try:
        yield fd, f"/dev/fd/{fd}"
    finally:
        os.close(fd)  # the last reader is gone, so the writer ends
        writer.join()


def _feed(fd: int, content: bytes) -> None:
    with suppress(BrokenPipeError), open(fd, "wb") as pipe:
        pipe.write(content)
