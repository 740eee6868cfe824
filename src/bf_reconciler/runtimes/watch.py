"""Hints that files of a folder changed: by a watch where that works, and by the time."""

import asyncio
import threading
from contextlib import suppress
from pathlib import Path

from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

QUIET_MS = 200
"""A burst has ended when nothing came for so long; also how soon a watch ends when told to."""
BURST_MS = 1600
POLL_SECONDS = 60.0
"""After so long the whole folder is looked at, whatever the watch says."""
BLIND_POLL_SECONDS = 2.0
"""The same where there is no watch: no such folder yet, or inotify is exhausted."""


class FolderWatch:
    """Names of files that may have changed. It has a thread, for a dead mount may hold it up."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stop = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._hints: asyncio.Queue[frozenset[str] | None] = asyncio.Queue()
        name = f"watch {folder.name}"
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    async def hint(self) -> frozenset[str] | None:
        """Wait for names of files that may have changed, or None for any of them."""
        if self._thread.ident is None:
            self._thread.start()
        return await self._hints.get()

    def close(self) -> None:
        self._stop.set()

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                # not recursive, not polling, and a folder that may not be read is an error
                notify = RustNotify([str(self._folder)], False, False, 0, False, False)
            except (OSError, WatchfilesRustInternalError):
                self._stop.wait(BLIND_POLL_SECONDS)
                self._say(None)
                continue
            self._say(None)  # what changed while there was no watch
            with notify, suppress(WatchfilesRustInternalError):
                self._watch(notify)

    def _watch(self, notify: RustNotify) -> None:
        """Pass on what changes, until it is time to look at everything."""
        while True:
            changes = notify.watch(BURST_MS, QUIET_MS, int(POLL_SECONDS * 1000), self._stop)
            if not isinstance(changes, set):
                return
            names = frozenset(Path(path).name for _, path in changes)
            self._say(names)
            if self._folder.name in names:  # perhaps the folder itself, and its watch with it
                return

    def _say(self, names: frozenset[str] | None) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._hints.put_nowait, names)
