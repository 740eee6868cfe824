"""Strategies as files: one NAME.json each, replaced atomically; a bot watches its file."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from bf_reconciler.facts import Reason
from bf_reconciler.spec import without_credentials
from bf_reconciler.status import Running
from bf_reconciler.verdict import Order

MAX_BYTES = 4 * 1024 * 1024
STATE = ("enabled", "action", "reason")
"""What ``since`` is the time of; a message may say the same in other words."""


class Garbage(Exception):  # noqa: N818 # it is the name of what was found
    """The file does not hold an object of JSON."""


class FileRuntime:
    """The folder of one declared runtime of type ``file``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> Running:
        """What the bot of this strategy was last told, as its file says."""
        try:
            document = self._document(name)
        except Garbage:
            message = "The file does not contain a JSON object."
            return Running("unknown", Reason.RUNTIME_UNAVAILABLE, message)
        except OSError as error:
            message = f"The file cannot be read ({error.strerror or type(error).__name__})."
            return Running("unknown", Reason.RUNTIME_UNAVAILABLE, message)
        if document is None:
            return Running("stopped")
        if document.get("enabled") is True:
            return Running("running")
        return Running("paused" if document.get("action") == "pause" else "stopped")

    def apply(self, order: Order, generation: int, revision: str, now: datetime) -> None:
        """Write the order where it differs from what the file says; else leave it alone.

        Raises:
            OSError: The folder cannot be written.
        """
        try:
            old = self._document(order.name)
        except (OSError, Garbage):  # what cannot be read must be turned off all the same
            old = {}
        if old is None and order.strategy is None:
            return
        new = document(order, old or {})
        if old is not None and all(old.get(key) == value for key, value in new.items()):
            return
        same = old is not None and all(old.get(key) == new[key] for key in STATE)
        since = old.get("since") if old and same else None
        stamp = {
            "generation": generation,
            "revision": revision,
            "since": since or now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        self._replace(order.name, new | stamp)

    def _document(self, name: str) -> dict[str, Any] | None:
        path = self._folder / f"{name}.json"
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

    def _replace(self, name: str, content: Mapping[str, Any]) -> None:
        """Write beside, sync, rename, sync the folder: a reader sees the old or the new, whole."""
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._folder / f".{name}.json.tmp"
        text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
        try:
            with temporary.open("wb") as file:
                file.write(text.encode(errors="replace"))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._folder / f"{name}.json")
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


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
