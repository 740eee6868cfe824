"""Small files that survive a loss of power: replaced whole, synced, for their owner alone."""

import errno
import os
from contextlib import suppress
from pathlib import Path

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read(path: Path, most: int) -> bytes:
    """At most so many bytes of a file. No link is followed, no pipe is waited for.

    Raises:
        OSError: It is not there, or cannot be read.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | FLAGS), "rb") as file:
        return file.read(most)


def replace(path: Path, data: bytes) -> None:
    """Write beside and rename: a reader sees the old or the new, whole. Raises OSError."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with suppress(FileNotFoundError):
            temporary.unlink()
        write(temporary, data, os.O_CREAT | os.O_EXCL)
        temporary.replace(path)
        sync(path.parent)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise


def write(path: Path, data: bytes, flags: int) -> None:
    """Write over a file, or into a new one, and sync it. Raises OSError."""
    with os.fdopen(os.open(path, os.O_WRONLY | FLAGS | flags, 0o600), "wb") as file:
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def keep(path: Path, text: str, room: int) -> None:
    """Replace a file, padded to so many bytes; where the disk is full, write over what is there.

    Raises:
        OSError: It could not be written.
    """
    data = text.encode(errors="replace").ljust(room - 1) + b"\n"
    try:
        replace(path, data)
    except OSError as error:
        if error.errno not in FULL:
            raise
        write(path, data, 0)


def sync(directory: Path) -> None:
    """Sync what names stand in a folder. Raises OSError."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.EBADF}:  # folders cannot be synced there
            raise
    finally:
        os.close(handle)
