"""The halt for a second time: a small synced file beside the journal, which outlives the journal.

It always exists and is padded, so that a halt can be written over it where the disk is full. What
cannot be read is a halt: half a write must never lift one.
"""

from pathlib import Path

from bf_reconciler.journal import rows, synced
from bf_reconciler.verdict import Halted

NAME = "halted.json"
NONE = "[null]"
ROOM = 8192
"""Bytes: the file is never shorter. The text of a halt over HTTP is at most 500 + 500 signs."""
MAX_BYTES = 1024 * 1024
UNREADABLE_HALT = Halted("The halt that the journal holds cannot be read.", "journal")


class HaltFile:
    """The file in one state folder. Whoever writes holds the lock of the folder."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / NAME
        self._kept: tuple[Halted | None, tuple[int, int]] | None = None
        """What was written last, and into which file."""

    def read(self) -> Halted | None:
        """The halt that the file holds; None where it holds none or does not exist."""
        try:
            text = synced.read(self._path, MAX_BYTES).decode().strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            return UNREADABLE_HALT
        return None if text == NONE else rows.HALTED.read(text) or UNREADABLE_HALT

    def keep(self, halted: Halted | None) -> None:
        """Have the file say so; nothing is written where it does. Raises as ``write`` does."""
        if self._kept is None or self._kept != (halted, self._identity()):
            self._kept = None
            self.write(halted)
            self._kept = (halted, self._identity())

    def write(self, halted: Halted | None) -> None:
        """Write and sync; where the disk is full, over what is there.

        Raises:
            OSError: It could not be written.
        """
        text = NONE if halted is None else rows.HALTED.write(halted)
        synced.keep(self._path, text, ROOM)

    def _identity(self) -> tuple[int, int]:
        try:
            found = self._path.lstat()
        except FileNotFoundError:
            return 0, 0
        return found.st_dev, found.st_ino
