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
from typing import TYPE_CHECKING, Any, Self, TypeVar

from bf_reconciler.facts import system_words
from bf_reconciler.journal import chain, database, rows
from bf_reconciler.journal.chain import Head
from bf_reconciler.journal.database import JournalError, journal_errors
from bf_reconciler.journal.halt_file import UNREADABLE_HALT, HaltFile
from bf_reconciler.journal.head_file import HeadFile
from bf_reconciler.journal.pages import MOST, page
from bf_reconciler.journal.verified import Verified
from bf_reconciler.spec import Names, Runtime
from bf_reconciler.status import (
    GONE,
    POLICY,
    Declaration,
    DeclaredEntry,
    Judgement,
    Kind,
    Record,
    Recorded,
    Status,
    StrategyStatus,
    Transition,
    rules_of,
)
from bf_reconciler.verdict import Halted, StrategyMemory

if TYPE_CHECKING:
    import socket

logger = logging.getLogger(__name__)

PEPPER_BYTES = 32
T = TypeVar("T")
PAGE = 500
ROWS = 300
"""Entries written by one statement; SQLite takes 999 values and more."""
MAX_ROWS = 300_000
"""Of each chain."""
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


RECORDS: Mapping[type, tuple[str, rows.Form[Any]]] = {
    Transition: ("transitions", rows.TRANSITION),
    Declaration: ("declarations", rows.DECLARATION),
    Judgement: ("judgements", rows.JUDGEMENT),
}
"""The table of each kind of record."""


class Journal:
    """One state folder. Synchronous, and safe to call from any thread.

    A writer has the folder for itself until it is closed. A reader (``readonly``) needs no lock
    and sees the last save. ``retention``: how long rows are kept; None forgets none by age.

    Raises:
        JournalError: from every method, where the folder or the file cannot be used.
    """

    def __init__(
        self, directory: Path, *, readonly: bool = False, retention: timedelta | None = None
    ) -> None:
        self._retention = retention
        self._turn = threading.Lock()
        self._known: dict[Key, object] | None = None
        self._directory = directory
        self._halts = HaltFile(directory)
        self._head_file = HeadFile(directory)
        self._heads: dict[str, Head] = {}
        """The ends of the chains, as saved last."""
        self._head_trouble = False
        self._held: int | None = None
        self._claim: socket.socket | None = None
        self._opened: tuple[int, int] | None = None
        """Which database file is open, of a writer."""
        self._pepper: str | None = None
        self.altered: tuple[str, ...] = ()
        """Tables that did not end, when they were opened, where they were left."""
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
        self._resume()

    def _resume(self) -> None:
        """Go on after the ends that are known; what the chains do not hold of them, shows.

        They are those of this process, or those beside the journal.
        """
        kept = self._heads or self._head_file.read() or {}
        with database.transaction(self._connection, durable=True):
            broken = [
                table
                for table in chain.TABLES
                if table in kept and not chain.resume(self._connection, table, kept[table])
            ]
        self.altered = tuple(dict.fromkeys((*self.altered, *broken)))
        if broken:
            logger.error("journal is not as it was left", extra={"tables": broken})
        self._file_heads()

    def _file_heads(self) -> None:
        """Keep the ends beside the journal. What is missed there is kept with the next ones."""
        states = {table: chain.state(self._connection, table) for table in chain.TABLES}
        heads = {table: known.last for table, known in states.items() if known is not None}
        if heads == self._heads and not self._head_trouble:
            return
        self._heads = heads
        try:
            self._head_file.write(heads)
        except OSError as error:
            if not self._head_trouble:
                message = system_words(error)
                logger.error("journal-head.json cannot be written", extra={"problem": message})  # noqa: TRY400 # no fault of ours
            self._head_trouble = True
        else:
            self._head_trouble = False

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
        records: Iterable[Recorded] = (),
        names: Names | None = None,
    ) -> bool:
        """Write what changed since the last save, all of it or nothing; False: nothing changed.

        Only these names are looked at; None is all of them.
        """
        news = list(records)
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
                durable = HALTED in changed or bool(news)
                with database.transaction(connection, durable=durable):
                    _write(connection, changed)
                    self._append(connection, news)
                if news:
                    self._file_heads()
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
                _write(connection, {HALTED: halted})
                self._append(connection, [event] if event is not None else [])
            self._file_heads()
        if self.halt_trouble is not None:
            raise self.halt_trouble

    def intend(self, starting: Mapping[str, Runtime]) -> None:
        """Remember that these strategies are about to be turned on in these runtimes.

        A crash between that and the next save would otherwise have the next start turn them off,
        and a probe on again; or, if a move was taken back meanwhile, forget where it went.
        """
        turned: dict[Key, StrategyStatus] = {}
        with self._using() as connection:
            query = "SELECT json FROM entries WHERE kind = 'strategy' AND name = ?"
            with database.transaction(connection):
                for name, runtime in starting.items():
                    row = connection.execute(query, (name,)).fetchone()
                    found = rows.STRATEGY.read(row[0]) if row else None
                    if found is None or found.memory is None:
                        continue
                    started = replace(found, memory=_started(found.memory, runtime))
                    if started != found:
                        turned["strategy", name] = started
                _write(connection, turned)
            if self._known is not None:
                self._known.update(turned)

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
            with database.transaction(connection, durable=True):
                _write(connection, {("strategy", name): replace(found, memory=memory)})
                self._append(connection, [event] if event is not None else [])
            self._file_heads()
            return True

    def history(
        self,
        name: str | None = None,
        limit: int = 100,
        before: datetime | None = None,
        kind: Kind | None = None,
    ) -> list[Transition]:
        """Transitions, newest first, of one connection or strategy or of all; of a kind, or all."""
        earlier = before.timestamp() if before else None
        asked = {"name = ?": name, "at < ?": earlier, f"{database.KIND} = ?": kind}
        given = {each: value for each, value in asked.items() if value is not None}
        wanted = " AND ".join(given) or "true"
        query = f"SELECT json FROM transitions WHERE {wanted} ORDER BY id DESC LIMIT ?"  # nosec B608 # noqa: S608 # words of ours
        with self._using() as connection:
            found = connection.execute(query, (*given.values(), max(limit, 0))).fetchall()
        read = (rows.TRANSITION.read(text) for (text,) in found)
        return [transition for transition in read if transition is not None]

    def judgements(self) -> Iterator[tuple[int, Judgement | None]]:
        """Each that is kept, oldest first, with its row; None is of another format."""
        return self._read("judgements", rows.JUDGEMENT)

    def declarations(self) -> Iterator[tuple[int, Declaration | None]]:
        """Likewise."""
        return self._read("declarations", rows.DECLARATION)

    def transitions(self) -> Iterator[tuple[int, Transition | None]]:
        """Likewise."""
        return self._read("transitions", rows.TRANSITION)

    def began(self) -> datetime | None:
        """Since when nothing is missing in it: recording had begun, and nothing was pruned."""
        found = []
        with self._using() as connection, _snapshot(connection):
            for table in chain.TABLES:
                query = f"SELECT at FROM {table} ORDER BY id LIMIT 1"  # nosec B608 # noqa: S608 # a name of ours
                first = connection.execute(query).fetchone()
                known = chain.state(connection, table)
                pruned = known is not None and known.pruned.row > 0
                if first is not None and (pruned or table == "declarations"):
                    found.append(chain.moment(first[0]))
        return max((at for at in found if at is not None), default=None)

    def _read(self, table: str, form: rows.Form[T]) -> Iterator[tuple[int, T | None]]:
        """A page at a time, for all of it may be much."""
        last = 0
        query = f"SELECT id, json FROM {table} WHERE id > ? ORDER BY id LIMIT {PAGE}"  # nosec B608 # noqa: S608 # names of ours
        while True:
            with self._using() as connection:
                found = connection.execute(query, (last,)).fetchall()
            if not found:
                return
            for row, text in found:
                last = row
                yield row, form.read(text)

    def verify(self) -> Verified:
        """Whether every row is as it was written, and none is missing."""
        kept = self._head_file.read()  # before the rows: it is never ahead of them
        with self._using() as connection, _snapshot(connection):
            found = tuple(chain.faults(connection, kept))
            states = {table: chain.state(connection, table) for table in chain.TABLES}
        heads = {table: known.last for table, known in states.items() if known is not None}
        rows = {
            table: known.last.row - known.pruned.row
            for table, known in states.items()
            if known is not None
        }
        return Verified(rows, heads, found, filed=kept is not None)

    def page(self, table: str, after: int | None = None, limit: int = MOST) -> dict[str, Any]:
        """Rows of this chain with their hashes, as the API gives them."""
        kept = self._head_file.read()  # before the rows: it is never ahead of them
        with self._using() as connection, _snapshot(connection):
            return page(connection, table, after, limit, kept)

    def holds(self, table: str, row: int, digest: bytes) -> bool:
        """Whether a row of this number has this hash, as somebody noted it earlier."""
        if table not in chain.TABLES:
            return False
        with self._using() as connection, _snapshot(connection):
            return chain.holds(connection, table, Head(row, digest))

    def _append(self, connection: sqlite3.Connection, news: Iterable[Recorded]) -> None:
        of_table: dict[str, list[chain.Entry]] = {}
        for item in news:
            table, form = RECORDS[type(item)]
            entry = chain.Entry(item.at.timestamp(), item.name, form.write(item))
            of_table.setdefault(table, []).append(entry)
        for table, entries in of_table.items():
            known = chain.append(connection, table, entries)
            oldest = self._oldest(table, entries[-1].at)
            chain.prune(connection, table, known, MAX_ROWS, oldest)

    def _oldest(self, table: str, newest: float) -> float | None:
        """Before when rows are forgotten. Who declared a key is asked however long ago it was."""
        if self._retention is None or table == "declarations":
            return None
        return newest - self._retention.total_seconds()

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
            declared = _declared(connection)
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
        if POLICY in declared:
            policy, allow = rules_of(declared[POLICY].fields)
            whole = replace(whole, policy=policy, allow=None if allow is None else (*allow,))
        return Record(whole, found["seen"], declared)


def _declared(connection: sqlite3.Connection) -> dict[str, DeclaredEntry]:
    """What was last recorded as declared under each name."""
    newest = "SELECT max(id) FROM declarations GROUP BY name"
    texts = connection.execute(f"SELECT json FROM declarations WHERE id IN ({newest})")  # nosec B608 # noqa: S608 # a query of ours
    found = (rows.DECLARATION.read(text) for (text,) in texts)
    return {
        each.name: DeclaredEntry(each.declared, each.key, each.file)
        for each in found
        if each is not None and each.change not in GONE
    }


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
    """Without what other rows hold: the halt, the entries, and the policy, which is declared."""
    return replace(status, halted=None, connections={}, strategies={}, policy=None, allow=None)


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


def _write(connection: sqlite3.Connection, changed: Mapping[Key, object]) -> None:
    """Write these rows, those of entries by one statement; None is a row that goes.

    Each statement lets other threads run, and waits for them where the event loop is busy.
    """
    entries: list[str] = []
    for (kind, name), value in changed.items():
        if value is None:
            _delete(connection, (kind, name))
        elif kind == "meta":
            form: rows.Form[Any] = rows.HALTED if name == "halted" else rows.STATUS
            connection.execute(
                "INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, form.write(value))
            )
        else:
            entries += (kind, name, FORMS[kind].write(value))
    for at in range(0, len(entries), 3 * ROWS):
        some = entries[at : at + 3 * ROWS]
        places = ", ".join(["(?, ?, ?)"] * (len(some) // 3))
        connection.execute(f"INSERT OR REPLACE INTO entries VALUES {places}", some)  # noqa: S608 # nosec B608 # question marks


def _started(memory: StrategyMemory, runtime: Runtime) -> StrategyMemory:
    """What to remember of one that is about to be turned on in this runtime."""
    if memory.on is False:
        memory = replace(memory, on=True, ever_on=True)
    if runtime not in (memory.runtime, *memory.also):
        memory = replace(memory, also=(*memory.also, runtime))
    return memory


def _delete(connection: sqlite3.Connection, key: Key) -> None:
    kind, name = key
    if kind == "meta":
        connection.execute("DELETE FROM meta WHERE key = ?", (name,))
    else:
        connection.execute("DELETE FROM entries WHERE kind = ? AND name = ?", (kind, name))
