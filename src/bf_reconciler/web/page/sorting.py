"""Tables in the order that a reader chose: it is part of the address, so it works unscripted."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from markupsafe import Markup

from bf_reconciler.status import ConnectionStatus, StrategyStatus
from bf_reconciler.web.page.html import Entry, Reader, head_of, tone
from bf_reconciler.web.page.markup import NOTHING, fill, join
from bf_reconciler.web.page.query import Query

E = TypeVar("E", bound=Entry)
WORST_FIRST: Final = ("bad", "warn", "calm", "good")
Key = Callable[[Any], Any]


def gravity(entry: Entry) -> int:
    """The worse, the smaller."""
    return WORST_FIRST.index(tone(str(entry.status)))


def _reason(entry: Entry) -> str | None:
    head = head_of(entry.conditions)
    return str(head.reason) if head else None


def _expiry(connection: ConnectionStatus) -> datetime | None:
    return connection.key.expires_at


def _runs(strategy: StrategyStatus) -> str:
    return strategy.running


CONNECTIONS: Final[Mapping[str, Key]] = {
    "name": lambda each: each.name,
    "status": lambda each: (gravity(each), str(each.status)),
    "why": _reason,
    "key": _expiry,
    "latency": lambda each: each.latency_seconds,
    "probed": lambda each: each.last_probe,
}
STRATEGIES: Final[Mapping[str, Key]] = {
    "name": lambda each: each.name,
    "status": lambda each: (gravity(each), str(each.status)),
    "why": _reason,
    "connection": lambda each: each.connection,
    "runs": _runs,
}
KEYS: Final = {"connections": CONNECTIONS, "strategies": STRATEGIES}
"""By what the columns sort: ``key`` by its expiry, ``status`` with the worst first."""


def ordered(kind: str, entries: Mapping[str, E], by: str) -> Mapping[str, E]:
    """In this order; a minus before the column reverses it. What is not known comes last."""
    key = KEYS[kind].get(by.removeprefix("-"))
    if key is None:
        return entries
    known = [(name, each) for name, each in entries.items() if key(each) is not None]
    unknown = [(name, each) for name, each in entries.items() if key(each) is None]
    known.sort(key=lambda named: key(named[1]), reverse=by.startswith("-"))
    return dict([*known, *unknown])


def head_row(kind: str, columns: Iterable[str], query: Query, reader: Reader) -> Markup:
    """The names of the columns; those that sort are links, and again for the other direction."""
    cells = join(_cell(kind, column, query, reader) for column in columns)
    return fill('<tr id="%s-columns">%s</tr>', kind, cells)


def _cell(kind: str, column: str, query: Query, reader: Reader) -> Markup:
    word = reader.words[column]
    if column not in KEYS[kind]:
        return fill('<th scope="col">%s</th>', word)
    chosen = query.sort(kind)
    direction = {column: "ascending", f"-{column}": "descending"}.get(chosen)
    return fill(
        '<th scope="col"%(sorted)s><a href="%(href)s">%(word)s</a></th>',
        sorted=fill(' aria-sort="%s"', direction) if direction else NOTHING,
        href=query.sorted_by(reader, kind, f"-{column}" if chosen == column else column),
        word=word,
    )
