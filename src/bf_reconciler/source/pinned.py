"""Reads one file whole: its directory is held open, and a write under way is waited for."""

import errno
import os
import stat
import time
from dataclasses import dataclass, field
from hashlib import sha256

from bf_reconciler.facts.config import ConfigError, ConfigReason

MAX_BYTES = 5 * 1024 * 1024
MISSING_SECONDS = 0.2  # a swap leaves the path empty for a moment
LONGEST_SECONDS = 0.8  # a file that never rests is taken as it is: it must not starve the reader
RETRY_SECONDS = 0.02
GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE})


@dataclass(frozen=True, slots=True)
class Content:
    """What was read in one go; ``changed`` is when the file's inode last changed, Unix seconds."""

    data: bytes = field(repr=False)
    digest: str
    size: int
    modified: int
    changed: float
    real: str
    renamed: bool = False
    """It was written before it got its name: it is whole."""


class Moved(Exception):  # noqa: N818  it is the name of what happened
    """The path led elsewhere while it was read."""


def settled(path: str, quiet: float) -> Content:
    """Read until the content has been at rest for ``quiet`` seconds.

    A file that last changed longer ago, or was renamed into place, is taken at once; a younger
    one is read twice. One that goes on changing is taken after 0.8 seconds.

    Raises:
        ConfigError: FileNotFound, FileUnreadable or FileTooLarge.
    """
    deadline = time.monotonic() + LONGEST_SECONDS
    before = present(path)
    while True:
        age = time.time() - before.changed
        if age >= quiet or before.renamed:
            return before
        # a clock behind the file's server: the age is of no use, two equal reads are
        time.sleep(quiet - max(age, 0.0))
        after = present(path)
        rests = (after.digest, after.size, after.modified) == (
            before.digest,
            before.size,
            before.modified,
        )
        if rests or time.monotonic() > deadline:
            return after
        before = after


def present(path: str) -> Content:
    """Read the file once, trying again while a swap leaves the path empty."""
    deadline = time.monotonic() + MISSING_SECONDS
    while True:
        try:
            return pinned(path)
        except (Moved, OSError) as error:
            number = error.errno if isinstance(error, OSError) else None
            again = number is None or number in GONE
            if not again or time.monotonic() > deadline:
                raise refusal(path, number) from None
        time.sleep(RETRY_SECONDS)


def refusal(path: str, number: int | None) -> ConfigError:
    if number is None:
        message = f"{path}: the path keeps changing"
        return ConfigError(ConfigReason.FILE_CHANGING, message, transient=True)
    if number in GONE:
        return ConfigError(ConfigReason.FILE_NOT_FOUND, f"{path}: there is no such file")
    word = errno.errorcode.get(number, str(number))
    return ConfigError(ConfigReason.FILE_UNREADABLE, f"{path}: the file cannot be read ({word})")


def pinned(path: str) -> Content:
    """Read the file through a handle of its real directory, and see that it still is the one."""
    real = os.path.realpath(path, strict=True)
    directory, name = os.path.split(real)
    pin = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        content = _read(path, pin, name, real)
        now = os.stat(os.path.dirname(os.path.realpath(path, strict=True)))  # noqa: PTH116, PTH120
        held = os.fstat(pin)
    finally:
        os.close(pin)
    if (now.st_dev, now.st_ino) != (held.st_dev, held.st_ino):
        raise Moved
    return content


def _read(path: str, pin: int, name: str, real: str) -> Content:
    require_regular(path, os.stat(name, dir_fd=pin, follow_symlinks=False))
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    with open(os.open(name, flags, dir_fd=pin), "rb", buffering=0) as file:  # noqa: PTH123  relative to the pin
        before = os.fstat(file.fileno())
        require_regular(path, before)
        data = bytearray()
        while len(data) <= MAX_BYTES and (chunk := file.read(MAX_BYTES + 1 - len(data))):
            data += chunk
        after = os.fstat(file.fileno())
    if len(data) > MAX_BYTES:
        message = f"{path}: the file is larger than {MAX_BYTES // 1024 // 1024} MiB"
        raise ConfigError(ConfigReason.FILE_TOO_LARGE, message)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise Moved
    digest = "sha256:" + sha256(data).hexdigest()
    changed = max(after.st_ctime, after.st_mtime)
    # A write sets both times, a change of the name the second alone.
    renamed = after.st_ctime_ns > after.st_mtime_ns
    return Content(bytes(data), digest, after.st_size, after.st_mtime_ns, changed, real, renamed)


def require_regular(path: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(ConfigReason.FILE_UNREADABLE, f"{path}: not a regular file")
