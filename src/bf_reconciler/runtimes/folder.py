"""A folder that others write to, too: nothing in it is followed, waited for or trusted."""

import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from errno import EBADF, EINVAL, ENOTSUP, EPERM
from pathlib import Path
from secrets import token_hex

MAX_BYTES = 4 * 1024 * 1024
"""No file that is larger is read, so none is written."""
TEMPORARY = re.compile(r"\.[^/]+\.[0-9a-f]{16}\.tmp")
ABANDONED_SECONDS = 60.0
"""A temporary file that is older is of a process that was killed."""
NOT_SYNCED = {EINVAL, EBADF, ENOTSUP}
"""What file systems say whose folders cannot be synced."""
READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
WRITE = os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

Signature = tuple[int, int, int, int] | None
"""What a file is recognised by without opening it; None where there is none."""


class IrregularError(OSError):
    """A pipe, link, device or folder, where a file should be."""


class Folder:
    """The folder at a path, where that is allowed. ``mode`` is that of its files.

    ``replaced`` is called when it was deleted or another one took its place since it was opened.
    """

    def __init__(
        self,
        path: Path,
        allowed: Callable[[Path], bool],
        mode: int | None = None,
        replaced: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = path
        self._allowed = allowed
        self._mode = mode
        self._replaced = replaced
        self._identity: tuple[int, int] | None = None
        """Which folder was opened last."""

    def place(self) -> str:
        """Where it lies, links resolved."""
        return os.path.realpath(self._path)

    @contextmanager
    def opened(self, *, create: bool = False) -> Iterator["Files"]:
        """Its files, reached by a handle, so that no other folder can take its place meanwhile.

        Raises:
            OSError: There is none, it may not lie there, or it cannot be opened.
        """
        real = self.place()
        if not self._allowed(Path(real)):
            raise PermissionError(
                EPERM, "a folder may lie only in the state folder or in --runtime-root"
            )
        if create:
            Path(real).mkdir(parents=True, exist_ok=True)
        handle = os.open(real, FOLDER)
        try:
            self._recognise(os.fstat(handle))
            if create and self._mode is not None:
                _open_to(
                    handle, self._mode | (self._mode & 0o444) >> 2
                )  # who reads may look into it
            yield Files(handle, self._mode)
        finally:
            os.close(handle)

    def _recognise(self, status: os.stat_result) -> None:
        before, self._identity = self._identity, (status.st_dev, status.st_ino)
        if before not in {None, self._identity}:
            self._replaced()


class Files:
    """The files of an open folder."""

    def __init__(self, handle: int, mode: int | None) -> None:
        self._handle = handle
        self._mode = mode

    def names(self) -> list[str]:
        """Everything in the folder."""
        with os.scandir(self._handle) as entries:
            return [entry.name for entry in entries]

    def signature(self, name: str) -> Signature:
        """What it is recognised by. It is not opened."""
        try:
            status = os.stat(name, dir_fd=self._handle, follow_symlinks=False)
        except FileNotFoundError:
            return None
        return _signature(status)

    def read(self, name: str) -> bytes:
        """The content, of at most a byte more than there may be.

        Raises:
            OSError: It cannot be read; IrregularError: it is no regular file.
        """
        _regular(os.stat(name, dir_fd=self._handle, follow_symlinks=False))
        handle = os.open(name, READ, dir_fd=self._handle)
        try:
            status = os.fstat(handle)
            _regular(status)
            return _content(handle, status.st_size)
        finally:
            os.close(handle)

    def replace(
        self, name: str, data: bytes, check: Callable[[], None], *, sync: bool = True
    ) -> Signature:
        """Write beside, sync, rename, sync the folder: a reader sees the old or the new, whole.

        ``check`` is called last of all before the new one takes its place; it may raise. What may
        be lost in a crash of the machine need not be synced. Returns what the new one is
        recognised by, which is no other that took its place since.

        Raises:
            OSError: It cannot be written; the old one is as it was.
        """
        temporary = f".{name}.{token_hex(8)}.tmp"
        handle = os.open(temporary, CREATE, 0o666, dir_fd=self._handle)
        try:
            if self._mode is not None:
                os.fchmod(handle, self._mode)
            left = memoryview(data)
            while left:
                left = left[os.write(handle, left) :]
            if sync:
                os.fsync(handle)
            check()
            os.rename(temporary, name, src_dir_fd=self._handle, dst_dir_fd=self._handle)
            signature = _signature(os.fstat(handle))
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=self._handle)
            raise
        finally:
            os.close(handle)
        if sync:
            self._sync()
        return signature

    def overwrite(self, name: str, make: Callable[[int], bytes]) -> None:
        """Write over a file where it is, for a disk that has no room for another one.

        ``make`` is given the size of the file. What it makes is written at once, and filled up
        with blanks to that size, so that nobody reads a mixture.

        Raises:
            OSError: There is none, or it cannot be written, or it has another name elsewhere.
        """
        handle = os.open(name, WRITE, dir_fd=self._handle)
        try:
            status = os.fstat(handle)
            _regular(status)
            if status.st_nlink > 1:
                raise IrregularError(EPERM, "it has another name elsewhere")
            data = make(status.st_size)
            os.pwrite(handle, data.ljust(status.st_size), 0)
            os.fsync(handle)
        finally:
            os.close(handle)

    def sweep(self) -> None:
        """Delete temporary files of processes that were killed."""
        for name in self.names():
            if not TEMPORARY.fullmatch(name):
                continue
            status = os.stat(name, dir_fd=self._handle, follow_symlinks=False)
            if time.time() - status.st_mtime > ABANDONED_SECONDS:
                os.unlink(name, dir_fd=self._handle)

    def _sync(self) -> None:
        try:
            os.fsync(self._handle)
        except OSError as error:
            if error.errno not in NOT_SYNCED:
                raise


def _signature(status: os.stat_result) -> Signature:
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size


def _content(handle: int, size: int) -> bytes:
    """What it holds, read at once where it has this size; at most a byte more than there may be."""
    parts: list[bytes] = []
    left = MAX_BYTES + 1
    while left > 0:
        wanted = min(size + 1, left)
        part = os.read(handle, wanted)
        parts.append(part)
        left -= len(part)
        if len(part) < wanted:
            break
    return b"".join(parts)


def _regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise IrregularError(EINVAL, "it is no regular file")


def _open_to(handle: int, mode: int) -> None:
    """Give the folder its declared mode, where it is ours to give."""
    status = os.fstat(handle)
    if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) != mode:
        os.fchmod(handle, mode)
