"""What is known of a process that is kept: who holds its lock, what it was told, how it ended."""

import fcntl
import json
import os
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

FLOCK = "hhqqi"
"""The struct flock of 64-bit Linux: type, whence, start, length, pid."""
SUFFIXES = (".lock", ".told")


@dataclass(frozen=True, slots=True)
class Kept:
    """One process. ``pid`` is that of its keeper, None where there is none.

    ``told`` and ``exit`` are what stands in the records; empty where there are none.
    """

    pid: int | None
    told: Mapping[str, Any] = field(default_factory=dict)
    exit: Mapping[str, Any] = field(default_factory=dict)


class Records:
    """The folder of one declared runtime, in the state folder. All calls may block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> set[str]:
        """Everything that is kept, or was."""
        try:
            files = list(self.folder.iterdir())
        except FileNotFoundError:
            return set()
        return {file.stem for file in files if file.suffix in SUFFIXES}

    def signature(self, name: str) -> tuple[object, ...]:
        """What says whether anything of it is new; nothing is read."""
        return (
            self.keeper(name),
            *(_signature(self.folder / f"{name}{suffix}") for suffix in (".told", ".exit")),
        )

    def read(self, name: str) -> Kept:
        """All that is known of it.

        Raises:
            OSError: It cannot be read.
        """
        pid = self.keeper(name)  # first: who is gone has noted how it ended
        return Kept(pid, self._record(name, ".told"), self._record(name, ".exit"))

    def keeper(self, name: str) -> int | None:
        """Who holds the lock, as the kernel says: a process of another kind never does.

        Raises:
            OSError: It cannot be read.
            ProcessLookupError: It is held from another container.
        """
        try:
            handle = os.open(self.folder / f"{name}.lock", os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _, _, _, pid = struct.unpack(FLOCK, fcntl.fcntl(handle, fcntl.F_GETLK, asked))
        finally:
            os.close(handle)
        if kind == fcntl.F_UNLCK:
            return None
        if pid <= 0:
            raise ProcessLookupError("its keeper runs in another container")
        return int(pid)

    def write(self, name: str, suffix: str, content: Mapping[str, Any]) -> None:
        """Replace a record.

        Raises:
            OSError: It cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / f"{name}{suffix}"
        temporary = path.with_name(f".{path.name}.{token_hex(8)}.tmp")
        try:
            with temporary.open("x", encoding="utf-8") as file:
                temporary.chmod(0o600)
                json.dump(content, file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def forgive(self, name: str) -> None:
        """Forget how often it ended by itself."""
        (self.folder / f"{name}.exit").unlink(missing_ok=True)

    def _record(self, name: str, suffix: str) -> Mapping[str, Any]:
        with suppress(FileNotFoundError, ValueError, RecursionError):
            content = json.loads((self.folder / f"{name}{suffix}").read_bytes())
            if isinstance(content, dict):
                return content
        return {}


def _signature(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns
