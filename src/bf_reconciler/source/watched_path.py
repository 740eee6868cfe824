"""Watches a path: by the directories where that works, else by polling."""

import asyncio
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Generic, Literal, Protocol, TypeVar

from bf_reconciler.facts.config import ConfigError
from bf_reconciler.source.links import follow, watchable
from bf_reconciler.source.revision import position
from bf_reconciler.source.watch import Unwatchable, Watch

QUIET_SECONDS = 0.4  # how long a file must be at rest before it is believed to be whole
BLIND_POLL_SECONDS = 1.0  # between two looks where there is no watch
REARM_SECONDS = 60.0
AGAIN_SECONDS = 0.05


class Looked(Protocol):
    """What was found at the path; ``real`` lies in the repository that it is of."""

    @property
    def digest(self) -> str: ...

    @property
    def real(self) -> str: ...


L = TypeVar("L", bound=Looked)


class WatchedPath(ABC, Generic[L]):
    """What stands at a path, links and all. ``mode`` says how its changes are learnt of."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        poll_seconds: float = 10.0,
        quiet_seconds: float = QUIET_SECONDS,
        rearm_seconds: float = REARM_SECONDS,
        watching: bool = True,
        signers: Path | None = None,
    ) -> None:
        self.path = os.fspath(path)
        self._place = os.path.abspath(path)  # noqa: PTH100  no link may be followed yet
        self.mode: Literal["watch", "poll"] = "poll"
        self.last_pass: float | None = None
        """When the file was last looked at, on the monotonic clock."""
        self._poll = poll_seconds
        self._quiet = quiet_seconds
        self._rearm = rearm_seconds
        self._watching = watching
        self._signers = signers
        self._commit = ""
        self._position_due = 0.0
        self._known: str | None = None  # the digest, or the reason why there is none

    async def watch(self, wake: Callable[[], None], stop: asyncio.Event) -> None:
        """Call ``wake`` whenever the content or its commit is another one, or it can(not) be read.

        The first look is compared with the last ``read``; without one it always wakes. A hash of
        the content, taken at least every ``poll_seconds``, is the truth; the watch only says when
        to look early. Returns soon after ``stop`` is set.
        """
        blind_until = 0.0 if self._watching else float("inf")
        with ThreadPoolExecutor(1, "source-watch") as thread:
            while not stop.is_set():
                if time.monotonic() >= blind_until:
                    try:
                        await self._watched(wake, stop, thread)
                        continue
                    except FileNotFoundError:  # a directory went away before it was watched
                        await asyncio.sleep(AGAIN_SECONDS)
                        continue
                    except Unwatchable:
                        blind_until = time.monotonic() + self._rearm
                await self._polled(wake, stop)

    async def _watched(
        self, wake: Callable[[], None], stop: asyncio.Event, thread: ThreadPoolExecutor
    ) -> None:
        """Arm, look, wait for a hint. Armed anew each time, for links and directories move.

        What the look finds may be watched elsewhere; then the hint is not waited for.
        """
        armed = await asyncio.to_thread(self._directories)
        with Watch(armed, thread) as watch:
            self.mode = "watch"
            await self._announce(wake)
            if await asyncio.to_thread(self._directories) == armed:
                await watch.wait(self._poll, stop)

    async def _polled(self, wake: Callable[[], None], stop: asyncio.Event) -> None:
        self.mode = "poll"
        await self._announce(wake)
        with suppress(TimeoutError):
            async with asyncio.timeout(min(self._poll, BLIND_POLL_SECONDS)):
                await stop.wait()

    async def _announce(self, wake: Callable[[], None]) -> None:
        changed = await asyncio.to_thread(self._changed)
        self.last_pass = time.monotonic()
        if changed:
            wake()

    def _changed(self) -> bool:
        """Whether the content is another one, or is of another commit."""
        before = self._known
        with suppress(ConfigError):  # noted by the look; whoever reads is told the reason
            real = self._look().real
            return self._known != before or self._moved(real)
        return self._known != before

    def _moved(self, real: str) -> bool:
        """Whether another commit is checked out, which may have changed other files alone."""
        if not self._commit or time.monotonic() < self._position_due:
            return False
        self._position_due = time.monotonic() + self._poll
        return position(follow(self._place).targets, real) not in {"", self._commit}

    def _directories(self) -> list[str]:
        """Where a change may lead the path elsewhere, or change what stands there."""
        return watchable(self._place)

    def _look(self) -> L:
        try:
            content = self._looked()
        except ConfigError as error:
            self._known = error.reason
            raise
        self._known = content.digest
        return content

    @abstractmethod
    def _looked(self) -> L:
        """What stands there, whole and at rest.

        Raises:
            ConfigError: it cannot be read.
        """
