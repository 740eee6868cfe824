"""What is known of one connection or strategy, as a list of terms."""

from collections.abc import Iterable
from datetime import datetime

from markupsafe import Markup

from bf_reconciler.status import ConnectionStatus, StrategyStatus, activity
from bf_reconciler.web.page.html import Reader, days_left, link, milliseconds, moment, section
from bf_reconciler.web.page.markup import NOTHING, fill, join


def connection_facts(connection: ConnectionStatus, reader: Reader) -> Markup:
    words, key = reader.words, connection.key
    facts: dict[str, str | Markup] = {
        "exchange": connection.exchange,
        "account": connection.account,
        "environment": connection.environment,
        "key": fill("<code>%s</code>", connection.api_key),
        "next_key": _waiting(connection, reader),
        "permissions": words["not_reported"] if key.scopes is None else _list(key.scopes),
        "denied": _list(key.denied),
        "unknown_permissions": _list(key.unknown_words),
        "ip_restricted": words[
            "not_reported" if key.ip_bound is None else "yes" if key.ip_bound else "no"
        ],
        "created": _when(key.created_at, reader),
        "expires": _expiry(connection, reader),
        "probed": moment(connection.last_probe, words),
        "success": moment(connection.last_success, words),
        "next": _when(connection.next_probe, reader),
        "latency": milliseconds(connection.latency_seconds),
        "skew": milliseconds(connection.clock_skew_seconds),
        "suspended_until": _when(connection.suspended_until, reader),
        "attested_until": _when(connection.attested_until, reader),
        "labels": _list(f"{n}={v}" for n, v in connection.labels.items()),
        "location": _location(connection, reader),
    }
    return _terms(facts, reader)


def strategy_facts(strategy: StrategyStatus, reader: Reader) -> Markup:
    words = reader.words
    facts: dict[str, str | Markup] = {
        "connection": link(reader.connection(strategy.connection), strategy.connection),
        "runtime": strategy.runtime,
        "desired": words["on" if strategy.desired else "off"],
        "runs": str(activity(strategy.told, strategy.running, reader.language)),
        "suspended_until": _when(strategy.suspended_until, reader),
        "location": _location(strategy, reader),
    }
    return _terms(facts, reader)


def _terms(facts: dict[str, str | Markup], reader: Reader) -> Markup:
    words = reader.words
    items = join(
        fill("<div><dt>%s</dt><dd>%s</dd></div>", words[name], fact)
        for name, fact in facts.items()
        if fact
    )
    return section("facts", words["facts"], fill("<dl>%s</dl>", items))


def _waiting(connection: ConnectionStatus, reader: Reader) -> Markup:
    """The key that is to take the place of this one, and the verb that does it."""
    if not connection.next_api_key:
        return NOTHING
    command = fill("<code>bf-reconciler rotate %s</code>", connection.name)
    key = fill("<code>%s</code>", connection.next_api_key)
    return fill("%s · %s %s", key, reader.words["waits_for"], command)


def _list(words: Iterable[str]) -> Markup:
    return join((fill('<span class="chip">%s</span>', word) for word in words), Markup(" "))


def _expiry(connection: ConnectionStatus, reader: Reader) -> Markup:
    at = connection.key.expires_at
    if at is None:
        return NOTHING
    computed = connection.key.expiry_source == "computed"
    rule = f" · {reader.words['by_rule']}" if computed else ""
    return fill("%s (%s)%s", moment(at, reader.words), days_left(at, reader), rule)


def _when(at: datetime | None, reader: Reader) -> Markup:
    return moment(at, reader.words) if at else NOTHING


def _location(entry: ConnectionStatus | StrategyStatus, reader: Reader) -> str:
    line = reader.words["line"].format(entry.line) if entry.line else ""
    return ", ".join(part for part in (entry.file, line) if part)
