"""The halt for a second time: a small synced file beside the journal, which outlives the journal.

It always exists and is padded, so that a halt can be written over it where the disk is full. What
cannot be read is a halt: half a write must never lift one.
"""

import errno
import os
from contextlib import suppress
from pathlib import Path

from bf_reconciler.journal import rows
from bf_reconciler.verdict import Halted

NAME = "halted.json"
NONE = "[null]"
ROOM = 8192
"""Bytes: the file is never shorter. The text of a halt over HTTP is at most 500 + 500 signs."""
MAX_BYTES = 1024 * 1024
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
UNREADABLE_HALT = Halted("The halt that the journal holds cannot be read.", "journal")
FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


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
            with os.fdopen(os.open(self._path, os.O_RDONLY | FLAGS), "rb") as file:
                text = file.read(MAX_BYTES).decode().strip()
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
        data = text.encode(errors="replace").ljust(ROOM - 1) + b"\n"
        temporary = self._path.with_name(f".{NAME}.tmp")
        try:
            with suppress(FileNotFoundError):
                temporary.unlink()
            _write(temporary, data, os.O_CREAT | os.O_EXCL)
            temporary.replace(self._path)
            _sync(self._directory)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            if error.errno not in FULL:
                raise
            _write(self._path, data, 0)

    def _identity(self) -> tuple[int, int]:
        try:
            found = self._path.lstat()
        except FileNotFoundError:
            return 0, 0
        return found.st_dev, found.st_ino


def _write(path: Path, data: bytes, flags: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | FLAGS | flags, 0o600), "wb") as file:
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.EBADF}:  # folders cannot be synced there
            raise
    finally:
        os.close(handle)
