"""What is known of one connection or strategy, as a list of terms."""

from datetime import datetime
from html import escape

from bf_reconciler.status import ConnectionStatus, StrategyStatus
from bf_reconciler.web.page.html import Reader, days_left, milliseconds, moment


def connection_facts(connection: ConnectionStatus, reader: Reader) -> str:
    words, key = reader.words, connection.key
    facts = {
        "exchange": escape(connection.exchange),
        "account": escape(connection.account),
        "environment": escape(connection.environment),
        "key": f"<code>{escape(connection.api_key)}</code>",
        "may": words["not_told"] if key.scopes is None else _list(key.scopes),
        "may_not": _list(key.denied),
        "odd_words": _list(key.unknown_words),
        "bound": words["not_told" if key.ip_bound is None else "yes" if key.ip_bound else "no"],
        "created": moment(key.created_at, words) if key.created_at else "",
        "expires": _expiry(connection, reader),
        "probed": moment(connection.last_probe, words),
        "success": moment(connection.last_success, words),
        "next": moment(connection.next_probe, words) if connection.next_probe else "",
        "latency": milliseconds(connection.latency_seconds),
        "skew": milliseconds(connection.clock_skew_seconds),
        "suspended_until": _when(connection.suspended_until, reader),
        "attested_until": _when(connection.attested_until, reader),
        "labels": _list([f"{n}={v}" for n, v in connection.labels.items()]),
        "place": _place(connection.line, reader),
    }
    return _terms(facts, reader)


def strategy_facts(strategy: StrategyStatus, reader: Reader) -> str:
    words = reader.words
    link = reader.connection(strategy.connection)
    return _terms(
        {
            "connection": f'<a href="{link}">{escape(strategy.connection)}</a>',
            "runtime": escape(strategy.runtime),
            "wanted": words["on" if strategy.desired else "off"],
            "runs": words[strategy.running],
            "suspended_until": _when(strategy.suspended_until, reader),
            "place": _place(strategy.line, reader),
        },
        reader,
    )


def _terms(facts: dict[str, str], reader: Reader) -> str:
    items = "".join(
        f"<div><dt>{reader.words[name]}</dt><dd>{html}</dd></div>"
        for name, html in facts.items()
        if html
    )
    return (
        '<section id="facts" aria-labelledby="facts-heading">'
        f'<h2 id="facts-heading">{reader.words["facts"]}</h2><dl>{items}</dl></section>'
    )


def _list(words: tuple[str, ...] | list[str]) -> str:
    return " ".join(f'<span class="chip">{escape(word)}</span>' for word in words)


def _expiry(connection: ConnectionStatus, reader: Reader) -> str:
    at = connection.key.expires_at
    if at is None:
        return ""
    computed = connection.key.expiry_source == "computed"
    rule = f" · {reader.words['by_rule']}" if computed else ""
    return f"{moment(at, reader.words)} ({days_left(at, reader)}){rule}"


def _when(at: datetime | None, reader: Reader) -> str:
    return moment(at, reader.words) if at else ""


def _place(line: int, reader: Reader) -> str:
    return reader.words["line"].format(line) if line else ""
