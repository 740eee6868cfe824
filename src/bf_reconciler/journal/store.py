"""The journal: load, save what changed, read the history."""

import logging
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from bf_reconciler.journal import database, rows
from bf_reconciler.journal.database import JournalError, journal_errors
from bf_reconciler.journal.halt_file import UNREADABLE_HALT, HaltFile
from bf_reconciler.spec import Names, Runtime
from bf_reconciler.status import Kind, Record, Status, Transition
from bf_reconciler.verdict import Halted, StrategyMemory

if TYPE_CHECKING:
    import socket

logger = logging.getLogger(__name__)

PEPPER_BYTES = 32
MAX_TRANSITIONS = 100_000
MAX_AGE = timedelta(days=400)
UNREADABLE = object()
"""Stands for a row of another format: it is written again, or deleted."""
DATABASE = "journal.db"
Key = tuple[str, str]
"""Kind and name of a row."""
HALTED: Key = ("meta", "halted")
FORMS: Mapping[str, rows.Form[Any]] = {
    "connection": rows.CONNECTION,
    "strategy": rows.STRATEGY,
    "seen": rows.SEEN,
}


class Journal:
    """One state folder. Synchronous, and safe to call from any thread.

    A writer has the folder for itself until it is closed. A reader (``readonly``) needs no lock
    and sees the last save.

    Raises:
        JournalError: from every method, where the folder or the file cannot be used.
    """

    def __init__(self, directory: Path, *, readonly: bool = False) -> None:
        self._turn = threading.Lock()
        self._known: dict[Key, object] | None = None
        self._directory = directory
        self._halts = HaltFile(directory)
        self._held: int | None = None
        self._claim: socket.socket | None = None
        self._opened: tuple[int, int] | None = None
        """Which database file is open, of a writer."""
        self._pepper: str | None = None
        self.replacements = 0
        """How often the folder was begun anew because it went away or was replaced."""
        self.halt_trouble: JournalError | None = None
        """Why the file beside the journal does not hold the halt, or its end, that was saved."""
        with journal_errors():
            if readonly:
                self._connection = database.open_readonly(directory / DATABASE)
                return
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._claim = database.claim(directory)
            try:
                self._open()
            except BaseException:
                self._release()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._turn:
            self._connection.close()
            self._release()

    def _open(self) -> None:
        """Lock the folder and open the database in it, as a writer."""
        self._held = database.lock(self._directory / "journal.lock")
        path = self._directory / DATABASE
        self._connection = database.open_writable(path)
        self._opened = database.identity(path)

    def _release(self) -> None:
        self._unlock()
        if self._claim is not None:
            self._claim.close()
            self._claim = None

    def _unlock(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _begin_anew_where_replaced(self) -> None:
        """Somebody deleted or replaced the folder, or the database: what we know is written anew.

        A file that was deleted would take every save without a word, and give none back.
        """
        if self._opened == database.identity(self._directory / DATABASE):
            return
        self._opened = None
        self._connection.close()
        self._unlock()
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._open()
        self._known = None
        if self._pepper is not None:  # or every entry would look changed after the next start
            self._connection.execute(
                "INSERT OR REPLACE INTO meta VALUES ('pepper', ?)", (self._pepper,)
            )
        self.replacements += 1
        logger.error(
            "state folder was deleted or replaced, started a new one",
            extra={"folder": str(self._directory)},
        )

    def load(self) -> Record:
        """The last record saved; an empty one where there is none.

        A row of another format is left out, and it says so. A halt that cannot be read still
        halts.
        """
        with self._using() as connection:
            return self._loaded(connection)

    def save(
        self,
        record: Record,
        transitions: Iterable[Transition] = (),
        names: Names | None = None,
    ) -> bool:
        """Write what changed since the last save, all of it or nothing; False: nothing changed.

        Only these names are looked at; None is all of them.
        """
        news = list(transitions)
        with self._using():
            self._begin_anew_where_replaced()
        with self._using() as connection, self._filed(record.status.halted):
            if self._known is None:  # nobody can say what is saved
                self._loaded(connection)
                names = None
            known = {} if self._known is None else self._known
            wanted = _rows(record, names)
            if names is None:
                wanted = dict.fromkeys(known) | wanted
            changed = {key: value for key, value in wanted.items() if _differs(known, key, value)}
            if changed or news:
                halt_changed = HALTED in changed
                with database.transaction(connection, durable=halt_changed):
                    for key, value in changed.items():
                        _write(connection, key, value)
                    _append(connection, news)
            known.update(wanted)
            for key in [key for key, value in wanted.items() if value is None]:
                del known[key]
            return bool(changed or news)

    def pepper(self) -> bytes:
        """32 random bytes of this journal, made once."""
        with self._using() as connection:
            if self._held is not None:
                connection.execute(
                    "INSERT OR IGNORE INTO meta VALUES ('pepper', ?)",
                    (secrets.token_hex(PEPPER_BYTES),),
                )
            found = _meta(connection, "pepper")
        if found is None:
            raise JournalError("the journal holds no pepper yet; start the daemon once")
        try:
            pepper = bytes.fromhex(found)
        except ValueError:
            pepper = b""
        if len(pepper) != PEPPER_BYTES:
            raise JournalError(
                "the pepper of the journal is damaged; restore journal.db from a backup, or move it"
                " away: every key is then tested anew, and halted.json keeps a halt"
            )
        self._pepper = found
        return pepper

    def halt(self, halted: Halted | None, event: Transition | None = None) -> None:
        """Pull or release the kill switch while no daemon runs; ``event`` is for the history."""
        with self._using() as connection, self._filed(halted):
            self._known = None
            with database.transaction(connection, durable=True):
                if halted is None:
                    _delete(connection, HALTED)
                else:
                    _put(connection, HALTED, halted)
                _append(connection, [event] if event is not None else [])
        if self.halt_trouble is not None:
            raise self.halt_trouble

    def intend(self, starting: Mapping[str, Runtime]) -> None:
        """Remember that these strategies are about to be turned on in these runtimes.

        A crash between that and the next save would otherwise have the next start turn them off,
        and a probe on again; or, if a move was taken back meanwhile, forget where it went.
        """
        with self._using() as connection:
            query = "SELECT json FROM entries WHERE kind = 'strategy' AND name = ?"
            with database.transaction(connection):
                for name, runtime in starting.items():
                    row = connection.execute(query, (name,)).fetchone()
                    found = rows.STRATEGY.read(row[0]) if row else None
                    if found is None or found.memory is None:
                        continue
                    turned = replace(found, memory=_started(found.memory, runtime))
                    if turned == found:
                        continue
                    _put(connection, ("strategy", name), turned)
                    if self._known is not None:
                        self._known["strategy", name] = turned

    def release(self, name: str, event: Transition | None = None) -> bool:
        """Let a strategy that waits for a person run again; False where none of this name waits.

        ``event`` is for the history.
        """
        with self._using() as connection:
            self._known = None
            query = "SELECT json FROM entries WHERE kind = 'strategy' AND name = ?"
            row = connection.execute(query, (name,)).fetchone()
            found = rows.STRATEGY.read(row[0]) if row else None
            if found is None or found.memory is None or not found.memory.latched:
                return False
            memory = replace(found.memory, latched=False)
            with database.transaction(connection):
                _put(connection, ("strategy", name), replace(found, memory=memory))
                _append(connection, [event] if event is not None else [])
            return True

    def history(
        self,
        name: str | None = None,
        limit: int = 100,
        before: datetime | None = None,
        kind: Kind | None = None,
    ) -> list[Transition]:
        """Transitions, newest first, of one connection or strategy or of all; of a kind, or all."""
        query = (
            "SELECT json FROM transitions WHERE (?1 IS NULL OR name = ?1)"
            " AND (?2 IS NULL OR at < ?2)"
            " AND (?3 IS NULL OR (json_valid(json) AND json_extract(json, '$[0].kind') = ?3))"
            " ORDER BY id DESC LIMIT ?4"
        )
        earlier = before.timestamp() if before else None
        with self._using() as connection:
            found = connection.execute(query, (name, earlier, kind, max(limit, 0))).fetchall()
        read = (rows.TRANSITION.read(text) for (text,) in found)
        return [transition for transition in read if transition is not None]

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._turn, journal_errors():
            yield self._connection

    @contextmanager
    def _filed(self, halted: Halted | None) -> Iterator[None]:
        """Keep the file beside the journal in step: a halt first, its end last.

        A crash in between leaves a halt that can be lifted, never one that is forgotten.
        """
        if halted is not None:
            self._file(halted)
        yield
        if halted is None:
            self._file(None)

    def _file(self, halted: Halted | None) -> None:
        self.halt_trouble = None
        try:
            with journal_errors():
                self._halts.keep(halted)
        except JournalError as error:
            self.halt_trouble = error

    def _loaded(self, connection: sqlite3.Connection) -> Record:
        known: dict[Key, object] = {}
        found: dict[str, dict[str, Any]] = {kind: {} for kind in FORMS}
        with _snapshot(connection):
            texts = connection.execute("SELECT kind, name, json FROM entries").fetchall()
            bare, halt = _meta(connection, "status"), _meta(connection, "halted")
        for kind, name, text in texts:
            value = FORMS[kind].read(text) if kind in FORMS else None
            known[kind, name] = UNREADABLE if value is None else value
            if value is None:
                logger.warning("journal row left out", extra={"kind": kind, "name_of": name})
            else:
                found[kind][name] = value
        status = rows.STATUS.read(bare) if bare is not None else Status()
        if status is None:
            logger.warning("journal row left out", extra={"kind": "meta", "name_of": "status"})
        halted = (rows.HALTED.read(halt) or UNREADABLE_HALT) if halt is not None else None
        halted = halted or self._halts.read()
        if bare is not None:
            known["meta", "status"] = UNREADABLE if status is None else status
        if halt is not None:
            known[HALTED] = halted
        self._known = known
        whole = replace(
            status or Status(),
            halted=halted,
            connections=_by_line(found["connection"]),
            strategies=_by_line(found["strategy"]),
        )
        return Record(whole, found["seen"])


def _rows(record: Record, names: Names | None) -> dict[Key, object]:
    """What the rows of these names hold; None is a row that is not there."""
    status, seen = record.status, record.seen
    if names is None:
        names = Names(frozenset().union(status.connections, seen), frozenset(status.strategies))
    rows: dict[Key, object] = {
        ("meta", "status"): _bare(status),
        HALTED: status.halted,
    }
    for name in names.connections:
        rows["connection", name] = status.connections.get(name)
        rows["seen", name] = seen.get(name)
    for name in names.strategies:
        rows["strategy", name] = status.strategies.get(name)
    return rows


def _differs(known: Mapping[Key, object], key: Key, value: object) -> bool:
    """Most values are the very same objects as in the last save: comparing those costs nothing."""
    before = known.get(key)
    return before is not value and before != value


def _by_line(entries: dict[str, Any]) -> dict[str, Any]:
    """In the order of the files, and in each one's order."""
    return dict(sorted(entries.items(), key=lambda item: (item[1].file, item[1].line)))


def _bare(status: Status) -> Status:
    return replace(status, halted=None, connections={}, strategies={})


@contextmanager
def _snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Several queries that see one state, though a daemon may write in between."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def _meta(connection: sqlite3.Connection, key: str) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else None


def _write(connection: sqlite3.Connection, key: Key, value: object) -> None:
    if value is None:
        _delete(connection, key)
    else:
        _put(connection, key, value)


def _started(memory: StrategyMemory, runtime: Runtime) -> StrategyMemory:
    """What to remember of one that is about to be turned on in this runtime."""
    if memory.on is False:
        memory = replace(memory, on=True, ever_on=True)
    if runtime not in (memory.runtime, *memory.also):
        memory = replace(memory, also=(*memory.also, runtime))
    return memory


def _put(connection: sqlite3.Connection, key: Key, value: object) -> None:
    kind, name = key
    if kind == "meta":
        form: rows.Form[Any] = rows.HALTED if name == "halted" else rows.STATUS
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, form.write(value)))
    else:
        text = FORMS[kind].write(value)
        connection.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", (kind, name, text))


def _delete(connection: sqlite3.Connection, key: Key) -> None:
    kind, name = key
    if kind == "meta":
        connection.execute("DELETE FROM meta WHERE key = ?", (name,))
    else:
        connection.execute("DELETE FROM entries WHERE kind = ? AND name = ?", (kind, name))


def _append(connection: sqlite3.Connection, news: list[Transition]) -> None:
    if not news:
        return
    values = [(t.at.timestamp(), t.name, rows.TRANSITION.write(t)) for t in news]
    connection.executemany("INSERT INTO transitions (at, name, json) VALUES (?, ?, ?)", values)
    newest = "SELECT max(id) FROM transitions"
    connection.execute(
        f"DELETE FROM transitions WHERE id <= ({newest}) - ?",  # nosec B608 # noqa: S608 # a constant of ours
        (MAX_TRANSITIONS,),
    )
    oldest = (news[-1].at - MAX_AGE).timestamp()
    connection.execute("DELETE FROM transitions WHERE at < ?", (oldest,))
