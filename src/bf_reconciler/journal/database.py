"""The database file of the journal: its lock, its schema, and what is done when it is damaged."""

import errno
import fcntl
import logging
import os
import socket
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from bf_reconciler.facts import system_words
from bf_reconciler.journal import chain

logger = logging.getLogger(__name__)

# Each item brings the schema one version further; what stands here is never edited.
MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE entries (
        kind TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (kind, name)
    ) WITHOUT ROWID;
    CREATE TABLE transitions (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, name TEXT NOT NULL,
        json TEXT NOT NULL
    );
    CREATE INDEX transitions_by_name ON transitions (name, id);
    CREATE INDEX transitions_by_time ON transitions (at)
    """,
    """
    DROP INDEX transitions_by_name;
    DROP INDEX transitions_by_time;
    ALTER TABLE transitions RENAME TO unchained;
    CREATE TABLE transitions (
        id INTEGER PRIMARY KEY, at REAL NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL,
        hash BLOB NOT NULL
    );
    CREATE INDEX transitions_by_name ON transitions (name, id);
    CREATE INDEX transitions_by_time ON transitions (at);
    CREATE INDEX transitions_by_kind ON transitions (
        CASE WHEN json_valid(json) THEN json_extract(json, '$[0].kind') END, id
    );
    CREATE TABLE declarations (
        id INTEGER PRIMARY KEY, at REAL NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL,
        hash BLOB NOT NULL
    );
    CREATE INDEX declarations_by_name ON declarations (name, id);
    CREATE TABLE judgements (
        id INTEGER PRIMARY KEY, at REAL NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL,
        hash BLOB NOT NULL
    );
    CREATE INDEX judgements_by_name ON judgements (name, id);
    CREATE TABLE chains (
        name TEXT PRIMARY KEY, pruned_id INTEGER NOT NULL, pruned_hash BLOB NOT NULL,
        last_id INTEGER NOT NULL, last_hash BLOB NOT NULL
    ) WITHOUT ROWID
    """,
)
AFTERWARDS: Mapping[int, Callable[[sqlite3.Connection], None]] = {1: chain.begin}
"""What no statement can do, after the migration at that place, in the same transaction."""
KIND = "CASE WHEN json_valid(json) THEN json_extract(json, '$[0].kind') END"
"""What kind a transition is of, as the index has it; of spoilt text, none."""
BUSY_SECONDS = 5.0
SIDES = ("-wal", "-shm")


class JournalError(Exception):
    """The journal cannot be used; the message says why, and what to do."""

    @property
    def full(self) -> bool:
        """Whether it is for want of room on the disk."""
        cause = self.__cause__
        if isinstance(cause, OSError):
            return cause.errno in {errno.ENOSPC, errno.EDQUOT}
        code = cause.sqlite_errorcode if isinstance(cause, sqlite3.Error) else 0
        return code == sqlite3.SQLITE_FULL


class NoJournalError(JournalError):
    """The folder holds none: no daemon has run here yet."""


@contextmanager
def journal_errors() -> Iterator[None]:
    """Turn what SQLite and the file system raise into a JournalError."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter of SQLite's own words
        raise JournalError(f"the journal cannot be used: {error}") from error
    except OSError as error:
        words = system_words(error)
        raise JournalError(f"the state folder cannot be used: {words}") from error


def claim(directory: Path) -> socket.socket | None:
    """Take the name of the folder for this process alone; this outlives the folder itself.

    The lock in the folder goes with the folder, and a second daemon could begin in a new one of
    the same name. The address lives in the kernel; it has the parent's identity, since the same
    path may be another folder in another container.

    Returns:
        The socket that holds it, or None where the system has none of its kind.

    Raises:
        JournalError: another process has it.
    """
    directory = Path(os.path.realpath(directory))
    above = directory.parent.stat()
    name = f"{above.st_dev}:{above.st_ino}:{directory.name}".encode(errors="surrogateescape")
    held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        held.bind(b"\0bf-reconciler:" + sha256(name).hexdigest().encode())
    except OSError as error:
        held.close()
        if error.errno != errno.EADDRINUSE:  # no such addresses here
            return None
        raise _taken(directory) from None
    return held


def _taken(directory: Path) -> JournalError:
    return JournalError(
        f"another bf-reconciler uses the state folder {directory}; stop it, use its API,"
        " or set another --state-dir"
    )


def lock(path: Path) -> int:
    """Take the folder for this process alone; the kernel gives it back when the process ends.

    Returns:
        The descriptor that holds the lock.

    Raises:
        JournalError: another process has it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if not isinstance(error, BlockingIOError):  # a file system without locks
            raise
        raise _taken(path.parent) from None
    return descriptor


def open_writable(path: Path) -> sqlite3.Connection:
    """Open the file, making or replacing it where needed. The caller holds the lock."""
    try:
        return _opened(path)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if isinstance(error, sqlite3.OperationalError):
            raise  # full, locked or not permitted: the content may well be good
        saved = _salvaged(path)
        aside = _set_aside(path)
        halt = "kept" if saved else "none"
        if saved is None:
            halt = "as the file beside it says"
        extra = {"kept_as": str(aside), "halt": halt}
        logger.exception("journal damaged, started a new one", extra=extra)
        connection = _opened(path)
        connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", saved or ())
        return connection


def open_readonly(path: Path) -> sqlite3.Connection:
    """Open the file for reading beside a daemon that writes.

    Raises:
        JournalError: there is none, or it is of another version.
    """
    if not path.exists():
        raise NoJournalError(f"there is no journal in {path.parent}")
    connection = _connect(path, "ro")
    try:
        _version(connection, least=len(MIGRATIONS))
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    # The daemon calls from worker threads; the Journal lets in one at a time.
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    # Bytes that a bad disk spoilt make a row of another format, not an error of the whole file.
    connection.text_factory = _text
    return connection


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


def _opened(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = _connect(path, "rw")
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        # Rows replaced by one statement can be put back until it ends: not on a disk beside ours.
        connection.execute("PRAGMA temp_store = MEMORY")
        _check(connection)
        for number in range(_version(connection), len(MIGRATIONS)):
            with transaction(connection):
                for statement in MIGRATIONS[number].split(";"):
                    connection.execute(statement)
                if number in AFTERWARDS:
                    AFTERWARDS[number](connection)
                connection.execute(f"PRAGMA user_version = {number + 1}")
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise sqlite3.DatabaseError("the check of the file failed")


def _version(connection: sqlite3.Connection, least: int = 0) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise JournalError(
            f"the journal is of format {version}, this version knows {len(MIGRATIONS)};"
            " install the newer version again, or give this one another --state-dir"
        )
    if version < least:
        raise JournalError("the journal was made by an older version; start the daemon once")
    return version


@contextmanager
def transaction(connection: sqlite3.Connection, *, durable: bool = False) -> Iterator[None]:
    """All or nothing. ``durable``: synced, so that it outlives a loss of power, too."""
    if durable:
        connection.execute("PRAGMA synchronous = FULL")
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
                connection.execute("ROLLBACK")
            raise
    finally:
        if durable:
            connection.execute("PRAGMA synchronous = NORMAL")


def identity(path: Path) -> tuple[int, int] | None:
    """Which file lies there; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _salvaged(path: Path) -> list[tuple[str, str]] | None:
    """What must not be lost with a damaged file: a halt. None where it cannot be read."""
    with suppress(sqlite3.Error, UnicodeDecodeError), closing(_connect(path, "ro")) as connection:
        query = "SELECT key, value FROM meta WHERE key = 'halted'"
        return [(str(key), str(value)) for key, value in connection.execute(query)]
    return None


def _set_aside(path: Path) -> Path:
    aside = path.with_name(f"{path.name}.corrupt-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
    path.rename(aside)
    for side in SIDES:
        with suppress(FileNotFoundError):
            path.with_name(path.name + side).rename(aside.with_name(aside.name + side))
    return aside
