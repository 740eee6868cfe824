"""Keepers of processes: started, told, watched, and let go."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from bf_reconciler.runtimes import keeper
from bf_reconciler.runtimes.process_records import Records

KILLED_AFTER: Final = 5.0
"""Seconds beyond the stop time after which the keeper itself is killed."""
INHERITED: Final = ("HOME", "TZ", "LANG", "LC_ALL", "USER", "LOGNAME")
"""All that a process has of the daemon's environment."""
PATH: Final = "/usr/local/bin:/usr/bin:/bin"


class Keepers:
    """The keepers of one runtime. ``ended`` is called with the name of one that ended.

    ``watch`` and ``close`` belong to the event loop, the others to one thread.
    """

    def __init__(self, records: Records, ended: Callable[[str], None]) -> None:
        self._records = records
        self._ended = ended
        self._watched: dict[str, tuple[int, int]] = {}
        """By name: the keeper whose end is watched, and the handle that tells of it."""
        self._lifelines: dict[str, int] = {}
        self._spawned: set[int] = set()
        self._stopping: dict[str, float] = {}
        """Since when a process is asked to end, monotonic."""

    def start(
        self, name: str, command: list[str], directory: Path, stop_time: timedelta, *, survive: bool
    ) -> None:
        """Start a keeper, and by it the command.

        Raises:
            OSError: It cannot be started.
        """
        folder = self._records.folder
        lifeline, ours = (None, None) if survive else os.pipe()
        try:
            self._spawned.add(
                spawn(
                    [
                        str(folder),
                        name,
                        str(stop_time.total_seconds()),
                        "-" if lifeline is None else str(lifeline),
                        str(directory),
                        *command,
                    ],
                    environment(name, folder),
                    lifeline,
                )
            )
        except BaseException:
            if ours is not None:
                os.close(ours)
            raise
        finally:
            if lifeline is not None:
                os.close(lifeline)
        former = self._lifelines.pop(name, None)
        if former is not None:
            os.close(former)
        if ours is not None:
            self._lifelines[name] = ours

    def stop(self, name: str, stop_time: timedelta) -> None:
        """Have the keeper end it; a keeper that does not is killed, and its process with it."""
        since = self._stopping.setdefault(name, time.monotonic())
        patience = stop_time.total_seconds() + KILLED_AFTER
        if time.monotonic() - since < patience:
            self.send(name, signal.SIGTERM)
            return
        pid = self._records.keeper(name)
        left = keeper.children(pid) if pid is not None else []
        self.send(name, signal.SIGKILL)
        for child in left:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child, signal.SIGKILL)

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to the keeper of this name, and to nobody who has its number by now."""
        pid = self._records.keeper(name)
        if pid is None:
            return
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            try:
                if self._records.keeper(name) == pid:
                    signal.pidfd_send_signal(handle, number)
            finally:
                os.close(handle)

    def reap(self) -> None:
        """Take note of those that ended: none stays a zombie."""
        for pid in list(self._spawned):
            with suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG)[0] == 0:
                    continue
            self._spawned.discard(pid)

    def watch(self, name: str, pid: int | None) -> None:
        """Have the kernel announce the end of a keeper."""
        watched = self._watched.get(name)
        if watched is not None and watched[0] == pid:
            return
        self._unwatch(name)
        if pid is None:
            self._stopping.pop(name, None)
            return
        with suppress(OSError, AttributeError):  # it has ended, or this system has no such handle
            handle = os.pidfd_open(pid)
            self._watched[name] = pid, handle
            asyncio.get_running_loop().add_reader(handle, self._announce, name)

    def close(self) -> None:
        """Let go of all of them; what does not survive us ends by that."""
        for name in list(self._watched):
            self._unwatch(name)
        for lifeline in self._lifelines.values():
            os.close(lifeline)
        self._lifelines.clear()

    def _unwatch(self, name: str) -> None:
        watched = self._watched.pop(name, None)
        if watched is not None:
            with suppress(RuntimeError):  # the loop has ended
                asyncio.get_running_loop().remove_reader(watched[1])
            os.close(watched[1])

    def _announce(self, name: str) -> None:
        self._unwatch(name)
        self._ended(name)


def spawn(arguments: list[str], environ: Mapping[str, str], lifeline: int | None) -> int:
    """Start a keeper, which leads a session of its own.

    Raises:
        OSError: It cannot be started.
    """
    started = subprocess.Popen(  # noqa: S603 # our own program
        [sys.executable, "-I", "-S", keeper.__file__, *arguments],
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=() if lifeline is None else (lifeline,),
        start_new_session=True,
        cwd="/",
    )
    started.returncode = 0  # it is reaped by its number, for it may outlive this object
    return started.pid


def environment(name: str, folder: Path) -> dict[str, str]:
    """All that a process is told by its environment: no key, no token, nothing of ours."""
    kept = {key: os.environ[key] for key in INHERITED if key in os.environ}
    return {
        "LANG": "C.UTF-8",
        **kept,
        "PATH": PATH,
        "BF_STRATEGY": name,
        "BF_STRATEGY_FILE": str(folder / f"{name}.strategy"),
    }
