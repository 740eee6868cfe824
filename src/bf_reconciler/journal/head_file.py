"""The ends of the chains for a second time: a small synced file, so that none can be cut unseen."""

import json
from pathlib import Path

from pydantic import TypeAdapter

from bf_reconciler.journal import synced
from bf_reconciler.journal.chain import Head

NAME = "journal-head.json"
ROOM = 1024
"""Bytes: the file is never shorter, so that it can be written over where the disk is full."""
ENDS: TypeAdapter[dict[str, tuple[int, str]]] = TypeAdapter(dict[str, tuple[int, str]])


class HeadFile:
    """The file in one state folder. Whoever writes holds the lock of the folder."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME

    def read(self) -> dict[str, Head] | None:
        """The ends; None where the file does not exist or cannot be read."""
        try:
            found = ENDS.validate_json(synced.read(self._path, ROOM), strict=True)
            return {name: Head(row, bytes.fromhex(text)) for name, (row, text) in found.items()}
        except (OSError, ValueError):
            return None

    def write(self, heads: dict[str, Head]) -> None:
        """Write and sync. Raises OSError."""
        text = json.dumps({name: (head.row, head.digest.hex()) for name, head in heads.items()})
        synced.keep(self._path, text, ROOM)
