"""One connection or strategy as a row of its table: kept small, as there may be a thousand."""

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from bf_reconciler.status import ConnectionStatus, StrategyStatus, activity
from bf_reconciler.web.page.control import test_button
from bf_reconciler.web.page.html import (
    Entry,
    Reader,
    Repeated,
    days_left,
    head_of,
    hour,
    milliseconds,
    state_mark,
    why,
)
from bf_reconciler.web.page.latency import sparkline
from bf_reconciler.web.page.markup import NOTHING, fill

CONNECTION_COLUMNS: Final = ("name", "status", "why", "key", "latency", "probed", "actions")
STRATEGY_COLUMNS: Final = ("name", "status", "why", "connection", "runs")


class Rows:
    """Rows by id. Those whose entry is unchanged are not made again."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._made: dict[str, tuple[Entry, bool, Markup]] = {}
        self._repeated: Repeated = frozenset()

    def connections(
        self,
        shown: Mapping[str, ConnectionStatus],
        reader: Reader,
        repeated: Repeated = frozenset(),
    ) -> dict[str, Markup]:
        self._update(reader, repeated)
        return {f"c-{name}": self._row(f"c-{name}", each) for name, each in shown.items()}

    def strategies(
        self,
        shown: Mapping[str, StrategyStatus],
        reader: Reader,
        repeated: Repeated = frozenset(),
    ) -> dict[str, Markup]:
        self._update(reader, repeated)
        return {f"s-{name}": self._row(f"s-{name}", each) for name, each in shown.items()}

    def _update(self, reader: Reader, repeated: Repeated) -> None:
        """Another day shows other times."""
        if reader.now.date() != self.reader.now.date():
            self._made.clear()
        self.reader = reader
        self._repeated = repeated

    def _row(self, key: str, entry: Entry) -> Markup:
        head = head_of(entry.conditions)
        short = head is not None and (head.reason, head.message) in self._repeated
        made = self._made.get(key)
        if made is not None and made[:2] == (entry, short):
            return made[2]
        if isinstance(entry, ConnectionStatus):
            row = connection_row(key, entry, self.reader, self._repeated)
        else:
            row = strategy_row(key, entry, self.reader, self._repeated)
        self._made[key] = entry, short, row
        return row


def connection_row(
    key: str, connection: ConnectionStatus, reader: Reader, repeated: Repeated = frozenset()
) -> Markup:
    places = (connection.exchange, connection.account, connection.environment)
    latency = sparkline(reader.latencies.of(connection.name), reader.words)
    return fill(
        '<tr id="%(key)s"><th scope="row"><a href="%(href)s">%(name)s</a>'
        "<small>%(place)s</small></th>"
        "<td>%(state)s</td><td>%(why)s</td><td><code>%(api_key)s</code>%(key_facts)s</td>"
        "<td>%(line)s%(latency)s</td><td>%(probed)s</td><td>%(test)s</td></tr>",
        key=key,
        href=reader.connection(connection.name),
        name=connection.name,
        place=" · ".join(place for place in places if place),
        state=state_mark(str(connection.status), reader.language),
        why=why(connection, reader.language, repeated),
        api_key=connection.api_key,
        key_facts=key_facts(connection, reader),
        line=latency,
        latency=milliseconds(connection.latency_seconds),
        probed=hour(connection.last_probe, reader),
        test=test_button(connection.name, reader),
    )


def key_facts(connection: ConnectionStatus, reader: Reader) -> Markup:
    words, key = reader.words, connection.key
    facts = [" ".join(key.scopes)] if key.scopes else []
    if key.ip_bound is not None:
        facts.append(words["ip_restricted_short" if key.ip_bound else "any_ip_short"])
    if key.expires_at is not None:
        end = f"{key.expires_at.date()} ({days_left(key.expires_at, reader)})"
        facts.append(words["expires_short"].format(end))
    return fill("<small>%s</small>", " · ".join(facts)) if facts else NOTHING


def strategy_row(
    key: str, strategy: StrategyStatus, reader: Reader, repeated: Repeated = frozenset()
) -> Markup:
    words, note = activity(strategy.told, strategy.running, reader.language)
    return fill(
        '<tr id="%(key)s"><th scope="row"><a href="%(href)s">%(name)s</a>'
        "<small>%(runtime)s</small></th>"
        '<td>%(state)s</td><td>%(why)s</td><td><a href="%(above)s">%(connection)s</a></td>'
        "<td>%(running)s%(note)s</td></tr>",
        key=key,
        href=reader.strategy(strategy.name),
        name=strategy.name,
        runtime=strategy.runtime,
        state=state_mark(str(strategy.status), reader.language),
        why=why(strategy, reader.language, repeated),
        above=reader.connection(strategy.connection),
        connection=strategy.connection,
        running=words,
        note=fill("<small>%s</small>", note) if note else NOTHING,
    )
