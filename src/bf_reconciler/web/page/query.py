"""What a reader filters by: it is part of the address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from markupsafe import Markup

from bf_reconciler.facts import ADVICE, Reason
from bf_reconciler.status import ConnectionStatus, Status, StrategyState, StrategyStatus
from bf_reconciler.verdict import ConnectionState
from bf_reconciler.web.page.html import Entry, Reader
from bf_reconciler.web.page.markup import NOTHING, fill, join

LONGEST = 100
KINDS = ("connections", "strategies")
STATES = tuple(dict.fromkeys([*map(str, ConnectionState), *map(str, StrategyState)]))


@dataclass(frozen=True, slots=True)
class Query:
    """A status, an exchange, a runtime, and text; what is empty matches everything."""

    text: str = ""
    status: str = ""
    exchange: str = ""
    runtime: str = ""
    pages: tuple[int, int] = (1, 1)
    """Which page of the connections, and of the strategies."""
    sorts: tuple[str, str] = ("", "")
    """By which column they are sorted, with a minus for the other direction; empty: as declared."""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        names = ("q", "status", "exchange", "runtime")
        text, status, exchange, runtime = (query.get(n, "").strip()[:LONGEST] for n in names)
        pages = _page(query.get("connections", "")), _page(query.get("strategies", ""))
        sorts = tuple(query.get(f"{kind}_sort", "")[:LONGEST] for kind in KINDS)
        return cls(text, status, exchange, runtime, pages, (sorts[0], sorts[1]))

    def sort(self, kind: str) -> str:
        """The column that sorts this table."""
        return self.sorts[KINDS.index(kind)]

    def sorted_by(self, reader: Reader, kind: str, column: str) -> str:
        """The address of the first page of a table in another order, filtered as it is."""
        return f"{self._address(reader, {kind: '', f'{kind}_sort': column})}#{kind}-heading"

    def turned(self, reader: Reader, kind: str, page: int) -> str:
        """The address of another page of one table, filtered and sorted as it is."""
        return f"{self._address(reader, {kind: str(page)})}#{kind}-heading"

    def _address(self, reader: Reader, changes: Mapping[str, str]) -> str:
        pages = dict(zip(KINDS, map(str, self.pages), strict=True))
        query = {
            "q": self.text,
            "status": self.status,
            "exchange": self.exchange,
            "runtime": self.runtime,
            **{name: number for name, number in pages.items() if number != "1"},
            **self._sorts(),
            **changes,
        }
        return reader.href("/", **{name: value for name, value in query.items() if value})

    def _sorts(self) -> dict[str, str]:
        return {f"{kind}_sort": self.sort(kind) for kind in KINDS if self.sort(kind)}

    def connections(self, status: Status) -> dict[str, ConnectionStatus]:
        """With a runtime: those that one of its strategies uses."""
        used = {s.connection for s in status.strategies.values() if s.runtime == self.runtime}
        return {
            name: each
            for name, each in status.connections.items()
            if (not self.runtime or name in used)
            and (not self.exchange or each.exchange == self.exchange)
            and self._fits(each, each.exchange, each.account, each.environment, *_labels(each))
        }

    def strategies(self, status: Status) -> dict[str, StrategyStatus]:
        """With an exchange: those whose connection is to it."""
        matching = {}
        for name, each in status.strategies.items():
            connection = status.connections.get(each.connection)
            exchange = connection.exchange if connection else ""
            if (
                (not self.runtime or each.runtime == self.runtime)
                and (not self.exchange or exchange == self.exchange)
                and self._fits(each, each.connection, each.runtime, exchange)
            ):
                matching[name] = each
        return matching

    def _fits(self, entry: Entry, *texts: str) -> bool:
        if self.status and str(entry.status) != self.status:
            return False
        if not self.text:
            return True
        reasons = [r for c in entry.conditions[:1] for r in (c.reason, *_titles(c.reason))]
        whole = _plain("\n".join([entry.name, *texts, str(entry.status), *reasons]))
        return all(word in whole for word in _plain(self.text).split())

    def _kept(self, reader: Reader) -> Markup:
        """What another filter does not change: the order, and the language."""
        kept = self._sorts() | ({"lang": reader.language} if reader.chosen else {})
        return join(_hidden(name, value) for name, value in kept.items())

    def form(self, status: Status, reader: Reader) -> Markup:
        """Works without JavaScript: it loads another address."""
        words = reader.words
        exchanges = sorted({c.exchange for c in status.connections.values()} | {self.exchange})
        runtimes = sorted({s.runtime for s in status.strategies.values()} | {self.runtime})
        return fill(
            '<form id="find" role="search" aria-label="%(find)s" action="/">'
            '<label class="wide">%(search)s<input type="search" name="q" value="%(text)s" '
            'maxlength="%(longest)s" placeholder="%(hint)s"></label>%(selects)s%(kept)s'
            '<button>%(filter)s</button> <a href="%(home)s">%(clear)s</a></form>',
            find=words["find"],
            search=words["search"],
            text=self.text,
            longest=str(LONGEST),
            hint=words["search_hint"],
            selects=_select("status", STATES, self.status, reader)
            + _select("exchange", exchanges, self.exchange, reader)
            + _select("runtime", runtimes, self.runtime, reader),
            kept=self._kept(reader),
            filter=words["filter"],
            home=reader.href("/"),
            clear=words["clear"],
        )


def _hidden(name: str, value: str) -> Markup:
    return fill('<input type="hidden" name="%s" value="%s">', name, value)


def _select(name: str, values: Iterable[str], chosen: str, reader: Reader) -> Markup:
    words = reader.words
    return fill(
        '<label>%(label)s<select name="%(name)s"><option value="">%(any)s</option>'
        "%(options)s</select></label>",
        label=words[name],
        name=name,
        any=words["any"],
        options=join(
            fill(
                '<option value="%(value)s"%(selected)s>%(text)s</option>',
                value=value,
                selected=Markup(" selected") if value == chosen else NOTHING,
                text=words.get(value, value) if name == "status" else value,
            )
            for value in values
            if value
        ),
    )


def _page(text: str) -> int:
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < LONGEST else 1


def _plain(text: str) -> str:
    """Without case; the two letters i of Turkish are one, as not every keyboard has both."""
    return text.replace("\u0130", "i").replace("\u0131", "i").casefold()


def _labels(connection: ConnectionStatus) -> list[str]:
    return [f"{name}={value}" for name, value in connection.labels.items()]


def _titles(reason: Reason) -> tuple[str, str]:
    return ADVICE[reason]["en"].title, ADVICE[reason]["tr"].title
