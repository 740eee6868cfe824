"""Strategies as files: one NAME.json each, replaced atomically; a bot watches its file."""

import json
import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from errno import EINTR
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes.adapter import Reading, Stamp, Target, UnavailableError
from bf_reconciler.runtimes.thread import OwnThread
from bf_reconciler.runtimes.watch import FolderWatch
from bf_reconciler.spec import FileRuntime, without_credentials
from bf_reconciler.status import Running
from bf_reconciler.verdict import Order

MAX_BYTES = 4 * 1024 * 1024
STATE = ("enabled", "action", "reason")
"""What ``since`` is the time of; a message may say the same in other words."""


Signature = tuple[int, int, int, int] | None
"""What a file is recognised by without opening it; None where there is none."""


class Garbage(Exception):  # noqa: N818 # it is the name of what was found
    """The file does not hold an object of JSON."""


class FileAdapter:
    """The folder of one declared runtime of type ``file``; relative ones lie under ``base``."""

    expect: Mapping[str, str] = MappingProxyType({})
    settle_time = timedelta(0)  # a file shows an order as soon as it is written
    deadline = timedelta(seconds=5)

    def __init__(self, declared: FileRuntime, base: Path) -> None:
        self.folder = base / declared.path
        self._thread = OwnThread(f"files of {declared.name}")
        self._watch: FolderWatch | None = None
        self._read_as: dict[str, Signature] = {}
        """The signature of each file when it was read."""

    async def place(self) -> str:
        """The folder: a bot must not be told off and on again for another name of it."""
        return await self._thread.call(os.path.realpath, self.folder)

    async def changed(self, names: Collection[str] | None) -> Collection[str]:
        """Which files are others than when they were read; none is opened."""
        looked_at = self._read_as.keys() if names is None else self._read_as.keys() & set(names)
        return await self._thread.call(self._changed, tuple(looked_at))

    async def read(self, names: Collection[str]) -> Mapping[str, Reading]:
        """What the bots of these strategies were last told, as their files say."""
        return await self._thread.call(lambda: {name: self._read(name) for name in names})

    async def hint(self) -> Collection[str] | None:
        """Wait for files to change, or for the time to look at all of them."""
        self._watch = self._watch or FolderWatch(self.folder)
        files = await self._watch.hint()
        return None if files is None else {file.removesuffix(".json") for file in files}

    def close(self) -> None:
        self._thread.close()
        if self._watch is not None:
            self._watch.close()

    def differs(self, order: Order, reading: Reading) -> bool:
        """Whether the file says something else, be it only in other words."""
        old = reading.content
        if old is None:
            return order.strategy is not None  # one that left without a trace gets no file
        return any(old.get(key) != value for key, value in document(order, old).items())

    async def apply(self, order: Order, reading: Reading, target: Target) -> None:
        """Write the order.

        Raises:
            UnavailableError: The folder cannot be written.
        """
        content = stamped(order, reading.content or {}, target.stamp)
        try:
            await self._thread.call(self._replace, order.name, content, target)
        except OSError as error:
            raise UnavailableError(f"The file cannot be written ({_why(error)}).") from error

    def _changed(self, names: Collection[str]) -> Collection[str]:
        return [name for name in names if self._signature(name) != self._read_as.get(name)]

    def _signature(self, name: str) -> Signature:
        with suppress(OSError):
            return signature(os.lstat(self.folder / f"{name}.json"))
        return None

    def _read(self, name: str) -> Reading:
        self._read_as[name] = self._signature(name)  # before it is read: a change is seen again
        try:
            document = self._document(name)
        except Garbage:
            return _unreadable("The file holds no object of JSON.")
        except OSError as error:
            return _unreadable(f"The file cannot be read ({_why(error)}).")
        if document is None:
            return Reading(Running("stopped"))
        if document.get("enabled") is True:
            return Reading(Running("running"), content=document)
        paused = document.get("action") == "pause"
        return Reading(Running("paused" if paused else "stopped"), content=document)

    def _document(self, name: str) -> dict[str, Any] | None:
        path = self.folder / f"{name}.json"
        try:
            with open(path, "rb", opener=_at_once) as file:
                text = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise Garbage from None
        if not isinstance(found, dict):
            raise Garbage
        return found

    def _replace(self, name: str, content: Mapping[str, Any], target: Target) -> None:
        """Write beside, sync, rename, sync the folder: a reader sees the old or the new, whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f".{name}.json.tmp"
        text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
        try:
            with temporary.open("wb") as file:
                file.write(text.encode(errors="replace"))
                file.flush()
                os.fsync(file.fileno())
            if target.superseded:
                raise InterruptedError(EINTR, "a newer order took its place")
            temporary.replace(self.folder / f"{name}.json")
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def signature(status: os.stat_result) -> Signature:
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size


def _unreadable(message: str) -> Reading:
    """What cannot be read must be turned off all the same: it differs from every order."""
    return Reading(Running("unknown", Reason.RUNTIME_UNAVAILABLE, message), content={})


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _at_once(path: str, flags: int) -> int:
    """A pipe that somebody put there must not be waited for."""
    return os.open(path, flags | os.O_NONBLOCK)


def document(order: Order, old: Mapping[str, Any]) -> dict[str, Any]:
    """The document of an order, less its stamp. A strategy that left keeps its last form."""
    strategy = (
        without_credentials(order.strategy.model_dump(mode="json", exclude={"suspend"}))
        if order.strategy
        else old.get("strategy")
    )
    return {
        "version": 1,
        "name": order.name,
        "enabled": order.on,
        "action": "run" if order.on else order.action,
        "reason": str(order.reason),
        "message": order.message,
        "strategy": strategy,
    }


def stamped(order: Order, old: Mapping[str, Any], stamp: Stamp) -> dict[str, Any]:
    """The whole document. ``since`` stays as it is while only words change."""
    new = document(order, old)
    since = old.get("since") if all(old.get(key) == new[key] for key in STATE) else None
    now = stamp.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return new | {
        "generation": stamp.generation,
        "revision": stamp.revision,
        "since": since or now,
    }
