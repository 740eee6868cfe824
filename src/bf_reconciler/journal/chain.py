"""Chained rows: each has a hash over its content and the hash before it, so no edit goes unseen."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from struct import pack
from typing import Any, Final, Literal, NamedTuple

TABLES: Final = ("transitions", "declarations", "judgements")
"""Tables of the shape ``id, at, name, json, hash``, each a chain of its own."""
DIGEST: Final = 32
"""Bytes of a hash."""
SOUND: Final = "real text text blob"
COLUMNS: Final = (
    "id, at, CAST(name AS BLOB), CAST(json AS BLOB), hash,"
    " typeof(at) || ' ' || typeof(name) || ' ' || typeof(json) || ' ' || typeof(hash)"
)
Row = tuple[Any, ...]
"""The columns above: bytes, so that what is no text is compared as it is."""
FaultKind = Literal["changed", "inserted", "missing", "truncated", "unproven"]


class Head(NamedTuple):
    """A row of a chain, and its hash: it stands for everything up to it."""

    row: int
    digest: bytes


class State(NamedTuple):
    """Where a chain begins, after what was pruned, and where it ends."""

    pruned: Head
    last: Head


class Entry(NamedTuple):
    """What is appended: when in seconds, of whom, and what."""

    at: float
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Rows ``first`` to ``last`` of a table are not as they were written.

    ``unproven``: what stands before them is missing, so nothing can be said of them. Row 0 is the
    table that says where the chain ends, or the file that does.
    """

    table: str
    kind: FaultKind
    first: int
    last: int
    at: datetime | None = None
    name: str = ""


def genesis(table: str) -> Head:
    """Before the first row. Chains differ from it on, so no row fits into another table."""
    return Head(0, sha256(f"bf-reconciler {table}".encode()).digest())


def row_hash(before: bytes, row: int, at: float, name: bytes, text: bytes) -> bytes:
    """The hash of a row. Lengths go in, so that nothing can move from one field to the next."""
    fixed = pack(f">{DIGEST}sqdQ", before, row, at, len(name))
    return sha256(b"".join((fixed, name, text))).digest()


def begin(connection: sqlite3.Connection) -> None:
    """Chain what an older version wrote, which is in a table of its own, and drop that."""
    last = {table: genesis(table) for table in TABLES}
    moved = connection.execute(
        "SELECT at, CAST(name AS TEXT), CAST(json AS TEXT) FROM unchained ORDER BY id"
    )

    def chained() -> Iterator[tuple[int, float, str, str, bytes]]:
        before = last["transitions"]
        for row, (at, name, text) in enumerate(moved, 1):
            before = Head(row, row_hash(before.digest, row, at, name.encode(), text.encode()))
            yield row, at, name, text, before.digest
        last["transitions"] = before

    connection.executemany("INSERT INTO transitions VALUES (?, ?, ?, ?, ?)", chained())
    connection.execute("DROP TABLE unchained")
    for table, head in last.items():
        _put_state(connection, table, State(genesis(table), head))


def state(connection: sqlite3.Connection, table: str) -> State | None:
    """Where the chain begins and ends; None where that cannot be read."""
    query = "SELECT pruned_id, pruned_hash, last_id, last_hash FROM chains WHERE name = ?"
    found = connection.execute(query, (table,)).fetchone()
    if found is None or not all(map(isinstance, found, (int, bytes, int, bytes))):
        return None
    return State(Head(*found[:2]), Head(*found[2:]))


def append(connection: sqlite3.Connection, table: str, entries: Iterable[Entry]) -> State:
    """Add rows at the end. Whatever was done to the file, no number is used twice."""
    known = state(connection, table) or State(genesis(table), _newest(connection, table))
    row = max(known.last.row, _newest(connection, table).row)
    digest, values = known.last.digest, []
    for at, name, text in entries:
        row += 1
        digest = row_hash(digest, row, at, name.encode(), text.encode())
        values.append((row, at, name, text, digest))
    connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?)", values)  # nosec B608 # noqa: S608 # a name of ours
    known = State(known.pruned, Head(row, digest))
    _put_state(connection, table, known)
    return known


def prune(
    connection: sqlite3.Connection,
    table: str,
    known: State,
    most: int,
    oldest: float | None = None,
) -> None:
    """Forget the first rows: all but so many, and those before a time, up to one that is not."""
    until = known.last.row - most
    if oldest is not None:
        query = f"SELECT id FROM {table} NOT INDEXED WHERE at >= ? ORDER BY id LIMIT 1"  # nosec B608 # noqa: S608 # a name of ours
        kept = connection.execute(query, (oldest,)).fetchone()
        until = max(until, kept[0] - 1 if kept else known.last.row)
    query = f"SELECT id, hash FROM {table} WHERE id <= ? ORDER BY id DESC LIMIT 1"  # nosec B608 # noqa: S608 # likewise
    found = connection.execute(query, (until,)).fetchone()
    if found is not None:
        connection.execute(f"DELETE FROM {table} WHERE id <= ?", (until,))  # nosec B608 # noqa: S608 # likewise
        _put_state(connection, table, State(Head(*found), known.last))


def resume(connection: sqlite3.Connection, table: str, kept: Head) -> bool:
    """Go on after what another place keeps as the end; False where the chain does not hold that.

    Then a number is left out, which shows for as long as the rows around it are kept.
    """
    known = state(connection, table) or State(genesis(table), _newest(connection, table))
    if kept in known or kept.row < known.pruned.row:
        return True
    if holds(connection, table, kept):
        return True
    row = max(kept.row, known.last.row + 1)
    _put_state(connection, table, State(known.pruned, Head(row, known.last.digest)))
    return False


def holds(connection: sqlite3.Connection, table: str, end: Head) -> bool:
    """Whether the row that was once the end is still what it was."""
    query = f"SELECT hash FROM {table} WHERE id = ?"  # nosec B608 # noqa: S608 # a name of ours
    found = connection.execute(query, (end.row,)).fetchone()
    return found == (end.digest,) or end in (state(connection, table) or ())


def faults(connection: sqlite3.Connection, kept: "dict[str, Head] | None") -> Iterator[Fault]:
    """Everything that is not as it was written; ``kept`` are the ends that another place keeps.

    They may be behind, by what was saved when a crash came: what the rows say wins then. Where
    they are ahead, rows are missing.
    """
    for name in strangers(connection):
        yield Fault(name, "inserted", 0, 0)
    for table in TABLES:
        check = Check(table, *ends(connection, table), None if kept is None else kept.get(table))
        yield from check.begun()
        for found in connection.execute(f"SELECT {COLUMNS} FROM {table} ORDER BY id"):  # nosec B608 # noqa: S608 # names of ours
            yield from check.row(found)
        yield from check.ended()


def strangers(connection: sqlite3.Connection) -> list[str]:
    """Chains that no version of ours has."""
    known = {name for (name,) in connection.execute("SELECT name FROM chains")}
    return sorted(str(name) for name in known.difference(TABLES))


def ends(connection: sqlite3.Connection, table: str) -> tuple[State, bool]:
    """Where the chain begins and ends, and whether it says so, or the rows alone."""
    known = state(connection, table)
    if known is not None:
        return known, True
    return State(genesis(table), _newest(connection, table)), False


class Check:
    """The check of one chain, row by row in their order; each step yields what is wrong.

    ``told``: the chain says where it begins and ends.
    """

    def __init__(self, table: str, known: State, told: bool, kept: Head | None) -> None:  # noqa: FBT001 # as ``ends`` has it
        self._table, self._known, self._told, self._kept = table, known, told, kept
        self._following, self._at_kept = known.pruned.row + 1, kept
        self._right = {known.pruned.digest}
        """What the hash before may be: where a row is wrong, as it says and as it should."""
        self._proven = True
        self._named: set[int] = set()

    def begun(self) -> Iterator[Fault]:
        if not self._told:
            yield Fault(self._table, "missing", 0, 0)

    def row(self, found: Row) -> Iterator[Fault]:
        row = found[0]
        if not self._known.pruned.row < row <= self._known.last.row:
            yield self._fault("inserted", found)
            return
        if row > self._following:
            yield Fault(self._table, "missing", self._following, row - 1)
            self._proven = False
        self._following = row + 1
        if self._kept is not None and row == self._kept.row:
            self._at_kept = Head(row, found[4])
        yield from self._checked(found)

    def _checked(self, found: Row) -> Iterator[Fault]:
        row, at, name, text, digest, types = found
        right = (
            {row_hash(before, row, at, name, text) for before in self._right}
            if types == SOUND
            else set[bytes]()
        )
        if digest not in right:
            yield self._fault("changed" if self._proven else "unproven", found)
            right = right | {digest} if isinstance(digest, bytes) else right
        else:
            right = {digest}
        self._right, self._proven = right, types == SOUND

    def ended(self) -> Iterator[Fault]:
        """What the chain says of its end, and what the other place says."""
        last, kept, following = self._known.last, self._kept, self._following
        if following <= last.row:
            yield Fault(self._table, "truncated", following, last.row)
        elif last.digest not in self._right or following > last.row + 1:
            yield Fault(self._table, "changed", 0, 0, name="end")
        if kept is None or kept == last:
            return
        if kept.row > last.row:
            yield Fault(self._table, "truncated", last.row + 1, kept.row)
        elif self._at_kept != kept and kept.row not in self._named:
            yield Fault(self._table, "changed", kept.row, kept.row)

    def _fault(self, kind: FaultKind, found: Row) -> Fault:
        row, at, name = found[:3]
        self._named.add(row)
        text = bytes(name).decode(errors="replace") if name is not None else ""
        return Fault(self._table, kind, row, row, moment(at), text)


def moment(at: object) -> datetime | None:
    """The moment of a row; None where it holds none."""
    try:
        return datetime.fromtimestamp(at, UTC) if isinstance(at, float) else None
    except (ValueError, OverflowError, OSError):
        return None


def _newest(connection: sqlite3.Connection, table: str) -> Head:
    query = f"SELECT id, hash FROM {table} ORDER BY id DESC LIMIT 1"  # nosec B608 # noqa: S608 # a name of ours
    found = connection.execute(query).fetchone()
    if found is None:
        return genesis(table)
    row, digest = found
    return Head(row, digest if isinstance(digest, bytes) else genesis(table).digest)


def _put_state(connection: sqlite3.Connection, table: str, known: State) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO chains VALUES (?, ?, ?, ?, ?)", (table, *known.pruned, *known.last)
    )
