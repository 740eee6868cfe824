"""What a reader looks for: it stands in the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Self

from bf_reconciler.facts import ADVICE, Reason
from bf_reconciler.status import ConnectionStatus, Status, StrategyState, StrategyStatus
from bf_reconciler.verdict import ConnectionState
from bf_reconciler.web.page.html import Entry, Reader

LONGEST = 100
STATES = tuple(dict.fromkeys([*map(str, ConnectionState), *map(str, StrategyState)]))


@dataclass(frozen=True, slots=True)
class Query:
    """A status word, an exchange, a runtime, and text; what is empty lets all pass."""

    text: str = ""
    status: str = ""
    exchange: str = ""
    runtime: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        names = ("q", "status", "exchange", "runtime")
        return cls(*(query.get(name, "").strip()[:LONGEST] for name in names))

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
        found = {}
        for name, each in status.strategies.items():
            connection = status.connections.get(each.connection)
            exchange = connection.exchange if connection else ""
            if (
                (not self.runtime or each.runtime == self.runtime)
                and (not self.exchange or exchange == self.exchange)
                and self._fits(each, each.connection, each.runtime, exchange)
            ):
                found[name] = each
        return found

    def _fits(self, entry: Entry, *texts: str) -> bool:
        if self.status and str(entry.status) != self.status:
            return False
        if not self.text:
            return True
        reasons = [r for c in entry.conditions[:1] for r in (c.reason, *_titles(c.reason))]
        whole = _plain("\n".join([entry.name, *texts, str(entry.status), *reasons]))
        return all(word in whole for word in _plain(self.text).split())

    def form(self, status: Status, reader: Reader) -> str:
        """Works without a script: it asks for another address."""
        words = reader.words
        exchanges = sorted({c.exchange for c in status.connections.values()} | {self.exchange})
        runtimes = sorted({s.runtime for s in status.strategies.values()} | {self.runtime})
        chosen = f'<input type="hidden" name="lang" value="{reader.language}">'
        return (
            f'<form id="find" role="search" aria-label="{words["find"]}" action="/">'
            f'<label class="wide">{words["search"]}<input type="search" name="q" '
            f'value="{escape(self.text)}" maxlength="{LONGEST}" '
            f'placeholder="{words["search_hint"]}"></label>'
            + _select("status", STATES, self.status, reader)
            + _select("exchange", exchanges, self.exchange, reader)
            + _select("runtime", runtimes, self.runtime, reader)
            + (chosen if reader.chosen else "")
            + f'<button>{words["filter"]}</button> <a href="{reader.href("/")}">{words["clear"]}'
            "</a></form>"
        )


def _select(name: str, values: tuple[str, ...] | list[str], chosen: str, reader: Reader) -> str:
    words = reader.words
    options = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>'
        f"{escape(words.get(value, value) if name == 'status' else value)}</option>"
        for value in values
        if value
    )
    return (
        f'<label>{words[name]}<select name="{name}"><option value="">{words["any"]}</option>'
        f"{options}</select></label>"
    )


def _plain(text: str) -> str:
    """Without case; both letters i of Turkish are one, for not every keyboard has both."""
    return text.replace("\u0130", "i").replace("\u0131", "i").casefold()


def _labels(connection: ConnectionStatus) -> list[str]:
    return [f"{name}={value}" for name, value in connection.labels.items()]


def _titles(reason: Reason) -> tuple[str, str]:
    return ADVICE[reason]["en"].title, ADVICE[reason]["tr"].title
