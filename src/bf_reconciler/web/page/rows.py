"""One connection or strategy as a row of its table: lean, for there may be a thousand."""

from html import escape

from bf_reconciler.status import ConnectionStatus, StrategyStatus
from bf_reconciler.web.page.html import (
    Entry,
    Reader,
    days_left,
    hour,
    milliseconds,
    state_mark,
    why,
)
from bf_reconciler.web.page.latency import sparkline

CONNECTION_COLUMNS = ("name", "status", "why", "key", "latency", "probed", "actions")
STRATEGY_COLUMNS = ("name", "status", "why", "connection", "runs")


class Rows:
    """Rows by id. Those whose entry is as it was are not made again."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._made: dict[str, tuple[Entry, str]] = {}

    def connections(self, found: dict[str, ConnectionStatus], reader: Reader) -> dict[str, str]:
        self._until(reader)
        return {f"c-{name}": self._row(f"c-{name}", each) for name, each in found.items()}

    def strategies(self, found: dict[str, StrategyStatus], reader: Reader) -> dict[str, str]:
        self._until(reader)
        return {f"s-{name}": self._row(f"s-{name}", each) for name, each in found.items()}

    def _until(self, reader: Reader) -> None:
        """Another day shows other times."""
        if reader.now.date() != self.reader.now.date():
            self._made.clear()
        self.reader = reader

    def _row(self, key: str, entry: Entry) -> str:
        made = self._made.get(key)
        if made is not None and made[0] == entry:
            return made[1]
        if isinstance(entry, ConnectionStatus):
            cells = connection_cells(entry, self.reader)
        else:
            cells = strategy_cells(entry, self.reader)
        html = f'<tr id="{escape(key)}">{cells}</tr>'
        self._made[key] = entry, html
        return html


def connection_cells(connection: ConnectionStatus, reader: Reader) -> str:
    words, name = reader.words, escape(connection.name)
    where = " · ".join(
        escape(word)
        for word in (connection.exchange, connection.account, connection.environment)
        if word
    )
    points = reader.latencies.of(connection.name)
    latency = sparkline(points, words) + milliseconds(connection.latency_seconds)
    return (
        f'<th scope="row"><a href="{reader.connection(connection.name)}">{name}</a>'
        f"<small>{where}</small></th><td>{state_mark(str(connection.status), words)}</td>"
        f"<td>{why(connection, reader.language)}</td>"
        f"<td><code>{escape(connection.api_key)}</code>{key_facts(connection, reader)}</td>"
        f"<td>{latency}</td><td>{hour(connection.last_probe, reader)}</td>"
        f"<td>{test_button(connection.name, reader)}</td>"
    )


def key_facts(connection: ConnectionStatus, reader: Reader) -> str:
    words, key = reader.words, connection.key
    facts = [escape(" ".join(key.scopes))] if key.scopes else []
    if key.ip_bound is not None:
        facts.append(words["bound_short" if key.ip_bound else "open_short"])
    if key.expires_at is not None:
        end = f"{key.expires_at:%Y-%m-%d} ({days_left(key.expires_at, reader)})"
        facts.append(words["ends_short"].format(end))
    return f"<small>{' · '.join(facts)}</small>" if facts else ""


def test_button(name: str, reader: Reader) -> str:
    """Shown where the script runs; the script knows by the name what to ask for."""
    label = reader.words["test"]
    return (
        f'<button class="act" data-test="{escape(name)}" '
        f'aria-label="{label}: {escape(name)}">{label}</button>'
    )


def strategy_cells(strategy: StrategyStatus, reader: Reader) -> str:
    words = reader.words
    return (
        f'<th scope="row"><a href="{reader.strategy(strategy.name)}">{escape(strategy.name)}</a>'
        f"<small>{escape(strategy.runtime)}</small></th>"
        f"<td>{state_mark(str(strategy.status), words)}</td>"
        f"<td>{why(strategy, reader.language)}</td>"
        f'<td><a href="{reader.connection(strategy.connection)}">{escape(strategy.connection)}</a>'
        f"</td><td>{words[strategy.running]}</td>"
    )
