"""Hints that something changed: a watch on directories, or the time for the next look."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

QUIET_MS = 100  # a burst has ended when nothing came for so long
BURST_MS = 300  # or it is cut here: commits without end must not keep anybody waiting


class Unwatchable(Exception):  # noqa: N818  it is the name of what happened
    """There is no watch to be had: inotify is exhausted, or not supported here."""


class Watch:
    """An armed watch. What changes after it was made is seen by the next ``wait``.

    watchfiles' own generator is not used: it does not tell when it is armed, so that a change
    between a look at the file and the watch would be lost.
    """

    def __init__(self, directories: Sequence[str], thread: ThreadPoolExecutor) -> None:
        try:
            # not recursive, not polling, and a directory that may not be read is an error
            self._notify = RustNotify(list(directories), False, False, 0, False, False)
        except FileNotFoundError:
            raise
        except (OSError, WatchfilesRustInternalError):
            raise Unwatchable from None
        self._thread = thread

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._notify.close()

    async def wait(self, seconds: float, stop: asyncio.Event) -> None:
        """Return after a burst of changes, after ``seconds``, or soon after ``stop`` is set."""
        left = threading.Event()

        class Either:
            def is_set(self) -> bool:
                return stop.is_set() or left.is_set()

        loop = asyncio.get_running_loop()
        waiting = loop.run_in_executor(
            self._thread,
            self._notify.watch,
            BURST_MS,
            QUIET_MS,
            max(1, int(seconds * 1000)),
            Either(),
        )
        try:
            await asyncio.shield(waiting)
        except WatchfilesRustInternalError:  # watchfiles' own, of the thread that waits
            raise Unwatchable from None
        finally:
            left.set()
            await asyncio.wait([waiting])  # at most one step of the loop inside, 100 ms
