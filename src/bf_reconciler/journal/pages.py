"""The rows of the journal over HTTP, with their hashes: whoever reads them checks the chain."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from math import isfinite
from sqlite3 import Connection
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bf_reconciler.facts import Json
from bf_reconciler.journal import chain
from bf_reconciler.journal.chain import COLUMNS, SOUND, TABLES, Check, Fault, Head, Row
from bf_reconciler.journal.verified import Verified

MOST: Final = 1000
"""Rows of a page."""
ROOM: Final = 512 * 1024
"""Letters of a page, and a row more: it is written in one go, and nobody else has a turn then."""
LONGEST: Final = 256
"""Bytes of what stands for a hash; what is longer is none."""
Noted = tuple[str, int, bytes]
"""The end of a chain, as somebody wrote it down: table, row and hash."""


def page(
    connection: Connection, table: str, after: int | None, limit: int, kept: dict[str, Head] | None
) -> dict[str, Any]:
    """The rows after this one, or the first, as the API gives them, and where the chain ends.

    ``kept``: the ends that another place keeps. The caller holds a snapshot.
    """
    known, told = chain.ends(connection, table)
    rows: list[dict[str, Any]] = []
    room, more = ROOM, False
    query = f"SELECT {COLUMNS} FROM {table} WHERE id > ? OR ?1 IS NULL ORDER BY id LIMIT ?"  # nosec B608 # noqa: S608 # names of ours
    for found in connection.execute(query, (after, limit + 1)):
        more = len(rows) == limit or room <= 0
        if more:
            break
        rows.append(_written(found))
        room -= len(rows[-1]["json"])
    filed = None if kept is None else kept.get(table)
    return {
        "table": table,
        "told": told,
        "pruned": _end(known.pruned),
        "last": _end(known.last),
        "filed": _end(filed) if filed is not None else None,
        "file_readable": kept is not None,
        "strangers": chain.strangers(connection),
        "rows": rows,
        "continue": rows[-1]["row"] if more else None,
    }


def _end(head: Head) -> dict[str, Any]:
    return {"row": head.row, "hash": head.digest[:LONGEST].hex()}


def _written(found: Row) -> dict[str, Any]:
    """A row as JSON. ``sound``: it is of the types that every row has, and of text that is text."""
    row, at, name, text, digest, types = found
    finite = isinstance(at, float) and isfinite(at)
    texts = [_text(each) for each in (name, text)]
    return {
        "row": row,
        "at": at if finite else None,
        "name": texts[0],
        "json": texts[1],
        "hash": digest[:LONGEST].hex() if isinstance(digest, bytes) else "",
        "sound": types == SOUND and finite and [*map(str.encode, texts)] == [name, text],
    }


def _text(stored: bytes | None) -> str:
    return (stored or b"").decode(errors="replace")


class _Form(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


Number = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Hash = Annotated[str, Field(pattern=r"^([0-9a-f]{2}){0,256}$")]


class _End(_Form):
    row: Number
    hash: Hash

    @property
    def head(self) -> Head:
        return Head(self.row, bytes.fromhex(self.hash))


class PageRow(_Form):
    """A row as it was given."""

    row: Number
    at: float | None
    name: str
    text: str = Field(alias="json")
    hash: Hash
    sound: bool

    @property
    def columns(self) -> Row:
        """As the table has it."""
        name, text = (each.encode(errors="replace") for each in (self.name, self.text))
        types = SOUND if self.sound and self.at is not None else "null null null null"
        return self.row, self.at, name, text, bytes.fromhex(self.hash), types


class _Page(_Form):
    told: bool
    pruned: _End
    last: _End
    filed: _End | None
    file_readable: bool
    strangers: tuple[str, ...]
    rows: tuple[PageRow, ...]
    following: Number | None = Field(alias="continue")


class PageError(Exception):
    """What was answered is no page of a journal, or one of another time; the text says which."""


class Reading:
    """Reads the chains page by page, and checks them while they are read.

    ``ask``: gives the page of a table that begins after a row. ``noted``: ends that must still be
    there. Nothing is taken on trust but that the rows are all there are; an end that was noted
    elsewhere shows a chain that was written anew.
    """

    def __init__(
        self, ask: Callable[[str, int | None], Json], noted: Collection[Noted] = ()
    ) -> None:
        self._ask, self._noted = ask, noted
        self._first: dict[str, _Page] = {}
        self._faults: list[Fault] = []
        self._oldest: list[datetime] = []
        self._held: set[Noted] = set()

    def rows(self, table: str) -> Iterator[PageRow]:
        """Each row of this table, oldest first; to the end, or nothing is checked.

        Raises:
            PageError: what is answered is no page.
        """
        first = page = self._page(table, None)
        if not self._first:
            self._faults += [Fault(name, "inserted", 0, 0) for name in first.strangers]
        self._first[table] = first
        begin, last = first.pruned.head, first.last.head
        kept = first.filed.head if first.filed is not None else None
        check = Check(table, chain.State(begin, last), first.told, kept)
        self._faults += check.begun()
        self._hold(table, begin, last)
        while True:
            for each in page.rows:
                if last.row < each.row <= page.last.row:  # written since
                    continue
                self._faults += check.row(each.columns)
                self._hold(table, Head(each.row, bytes.fromhex(each.hash)))
                self._begin(table, each, pruned=begin.row > 0)
                yield each
            if page.following is None:
                break
            page = self._page(table, page.following)
        self._faults += check.ended()

    def chain_of(self, table: str) -> chain.State:
        """Where the chain begins and ends of a table whose rows were asked for."""
        first = self._first[table]
        return chain.State(first.pruned.head, first.last.head)

    def _page(self, table: str, after: int | None) -> _Page:
        try:
            found = _Page.model_validate(self._ask(table, after), strict=False)
        except ValidationError:
            raise PageError(
                "this version does not know the format of the daemon's journal"
            ) from None
        numbers = [] if after is None else [after]
        numbers += [each.row for each in found.rows]
        if numbers != sorted(set(numbers)):
            raise PageError("the daemon's journal is not in the order of its rows")
        last = found.rows[-1].row if found.rows else None
        if found.following is not None and found.following != last:
            raise PageError("the daemon's journal does not go on")
        if after is not None and found.pruned.row > max(after, self._first[table].pruned.row):
            raise PageError("rows were removed by age while they were read; try again")
        return found

    def _hold(self, table: str, *heads: Head) -> None:
        self._held |= {(table, *head) for head in heads}.intersection(self._noted)

    def _begin(self, table: str, row: PageRow, *, pruned: bool) -> None:
        """Since when nothing is missing: recording had begun, and nothing was pruned."""
        if row.row == self._first[table].rows[0].row and (pruned or table == "declarations"):
            at = chain.moment(row.at)
            self._oldest += [at] if at is not None else []

    @property
    def began(self) -> datetime | None:
        return max(self._oldest, default=None)

    @property
    def lost(self) -> list[Noted]:
        """Noted ends that were not found."""
        return [each for each in self._noted if each not in self._held]

    def verified(self) -> Verified:
        """What the check found. Tables that nobody read are read now."""
        for table in TABLES:
            if table not in self._first:
                for _ in self.rows(table):
                    pass
        told = {table: self._first[table] for table in TABLES if self._first[table].told}
        heads = {table: page.last.head for table, page in told.items()}
        rows = {table: page.last.row - page.pruned.row for table, page in told.items()}
        filed = all(page.file_readable for page in self._first.values())
        return Verified(rows, heads, tuple(self._faults), filed)
