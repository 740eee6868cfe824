"""The page of one connection or strategy: every condition, its evidence, and what happened."""

from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote
from zlib import crc32

from markupsafe import Markup, escape

from bf_reconciler.facts import ADVICE, message_in
from bf_reconciler.status import KEY_WORDS, Condition, Status, Transition, said_of
from bf_reconciler.web.page.control import RESUME_PATH, curl, resume_form, test_button
from bf_reconciler.web.page.facts import connection_facts, strategy_facts
from bf_reconciler.web.page.html import (
    FINE,
    Entry,
    Reader,
    halt_mark,
    head_of,
    moment,
    paragraph,
    section,
    span,
    state_mark,
    table,
    title_of,
    todo_of,
)
from bf_reconciler.web.page.latency import KEPT, Points, sparkline, summary
from bf_reconciler.web.page.markup import NOTHING, fill, join
from bf_reconciler.web.page.page_parts import PageParts
from bf_reconciler.web.page.rows import STRATEGY_COLUMNS, Rows
from bf_reconciler.web.page.trades import trades

CONDITION_COLUMNS: Final = ("condition", "status", "evidence", "since")
KEY_COLUMNS: Final = ("when", "change", "revision")
WIDER: Final = frozenset({"right_granted", "address_added", "unbound"})
"""Changes by which a key may do more, or be used from elsewhere."""
HISTORY_COLUMNS: Final = ("when", "change", "why", "lasted", "revision")
TRUTHS: Final = {"True": ("good", "disc"), "False": ("bad", "cross"), "Unknown": ("calm", "ring")}


def connection_page(
    status: Status,
    name: str,
    reader: Reader,
    history: Sequence[Transition],
    rows: Rows,
    keys: Sequence[Transition] = (),
) -> PageParts:
    """``keys``: what changed of its key."""
    connection = status.connections.get(name)
    if connection is None:
        return not_found(name, reader)
    path = f"/api/v1/connections/{quote(name, safe='')}/test"
    action = test_button(name, reader) + curl(path, None, reader)
    used = {n: s for n, s in status.strategies.items() if s.connection == name}
    lists = {
        "conditions": _conditions(connection.conditions, status.generation, reader),
        "strategies": rows.strategies(used, reader),
        "key-changes": _key_changes(keys, reader),
        "history": _history(history, reader),
    }
    none = "" if keys else reader.words["no_changes"]
    blocks = {
        "head": _head(connection, "connection", action, reader),
        "facts": connection_facts(connection, reader),
        "strategies-shown": fill('<p id="strategies-shown" class="count">%s</p>', str(len(used))),
        "key-changes-shown": fill('<p id="key-changes-shown" class="count">%s</p>', none),
        "latency": _latency(reader.latencies.of(name), reader),
    }
    words, shown = reader.words, blocks["strategies-shown"]
    body = join(
        (
            blocks["head"],
            fill('<div class="beside">%s%s</div>', blocks["facts"], blocks["latency"]),
            table("conditions", CONDITION_COLUMNS, lists["conditions"], words),
            table("strategies", STRATEGY_COLUMNS, lists["strategies"], words, shown),
            table(
                "key-changes",
                KEY_COLUMNS,
                lists["key-changes"],
                words,
                blocks["key-changes-shown"],
            ),
            table("history", HISTORY_COLUMNS, lists["history"], words),
        )
    )
    return PageParts(_title(name), body, blocks, lists)


def strategy_page(
    status: Status, name: str, reader: Reader, history: Sequence[Transition]
) -> PageParts:
    strategy = status.strategies.get(name)
    if strategy is None:
        return not_found(name, reader)
    action = NOTHING
    if strategy.memory is not None and strategy.memory.latched:
        action = resume_form(reader, name) + curl(RESUME_PATH, {"name": name}, reader)
    traded, rows = trades(strategy, reader)
    lists = {
        "conditions": _conditions(strategy.conditions, status.generation, reader),
        "trades": rows,
        "history": _history(history, reader),
    }
    blocks = {
        "head": _head(strategy, "strategy", action, reader),
        "facts": strategy_facts(strategy, reader),
    }
    body = join(
        (
            *blocks.values(),
            traded,
            table("conditions", CONDITION_COLUMNS, lists["conditions"], reader.words),
            table("history", HISTORY_COLUMNS, lists["history"], reader.words),
        )
    )
    return PageParts(_title(name), body, blocks, lists)


def not_found(name: str, reader: Reader) -> PageParts:
    words = reader.words
    head = fill(
        '<section id="head"><h1>%(name)s</h1><p><strong>%(gone)s</strong></p>'
        '<p>%(why)s <a href="%(home)s">%(overview)s</a></p></section>',
        name=name,
        gone=words["not_found"],
        why=words["not_found_why"],
        home=reader.href("/"),
        overview=words["overview"],
    )
    return PageParts(_title(name), head, {"head": head})


def _title(name: str) -> str:
    return f"{name} · bf-reconciler"


def _head(entry: Entry, kind: str, action: Markup, reader: Reader) -> Markup:
    return fill(
        '<section id="head"><p class="kind">%(kind)s</p><h1>%(name)s %(state)s</h1>'
        "%(reason)s%(action)s</section>",
        kind=reader.words[kind],
        name=entry.name,
        state=state_mark(str(entry.status), reader.language),
        reason=_reason(entry, reader),
        action=action,
    )


def _reason(entry: Entry, reader: Reader) -> Markup:
    """Why the status is what it is, with cause and remedy where something is wrong."""
    words, condition = reader.words, head_of(entry.conditions)
    if condition is None:
        return NOTHING
    advice = ADVICE[condition.reason][reader.language]
    message = message_in(condition.message, reader.language)
    reason = fill("<p><strong>%s</strong> %s</p>", advice.title, message)
    if str(entry.status) in FINE or not advice.remedy:
        return reason
    return fill(
        "%(reason)s<dl><dt>%(cause)s</dt><dd>%(why)s</dd>"
        '<dt>%(todo)s</dt><dd class="todo">%(remedy)s</dd></dl>',
        reason=reason,
        cause=words["cause"],
        why=advice.cause,
        todo=words["todo"],
        remedy=advice.remedy,
    )


def _latency(points: Points, reader: Reader) -> Markup:
    words = reader.words
    line = sparkline(points, words, KEPT)
    text = summary(points, words) if line else words["spark_none"]
    return section("latency", words["latency"], line + paragraph(text))


def _conditions(
    conditions: Iterable[Condition], generation: int, reader: Reader
) -> dict[str, Markup]:
    return {f"k-{c.type}": _condition(c, generation, reader) for c in conditions}


def _condition(condition: Condition, generation: int, reader: Reader) -> Markup:
    tone, shape = TRUTHS[condition.status]
    language, holds = reader.language, condition.status == "True"
    return fill(
        '<tr id="k-%(type)s"><th scope="row">%(type)s</th>'
        '<td><span class="state %(tone)s %(shape)s">%(status)s</span></td>'
        "<td><strong>%(title)s</strong> <code>%(reason)s</code>"
        "<small>%(message)s</small>%(todo)s</td>"
        "<td>%(since)s<small>%(generation)s %(number)s</small></td></tr>",
        type=condition.type,
        tone=tone,
        shape=shape,
        status=condition.status,
        title=title_of(condition.reason, language),
        reason=condition.reason,
        message=message_in(condition.message, language),
        todo=NOTHING if holds else todo_of(condition.reason, language),
        since=moment(condition.since, reader.words),
        generation=reader.words["generation"],
        number=str(generation),
    )


def _key_changes(keys: Sequence[Transition], reader: Reader) -> dict[str, Markup]:
    """What changed of a key, the newest first; what lets it do more is marked."""
    rows: dict[str, Markup] = {}
    for change in keys:
        if change.what is None:
            continue
        value = crc32(f"{change.before}\n{change.after}".encode(errors="replace"))
        key = f"c-{change.at.timestamp():.6f}-{change.what}-{value}"
        words = KEY_WORDS[reader.language][change.what].format(change.after or change.before)
        mark = "state warn triangle" if change.what in WIDER else "state calm ring"
        rows[key] = fill(
            '<tr id="%(key)s"><td>%(at)s</td><td><span class="%(mark)s">%(words)s</span></td>'
            "<td><code>%(revision)s</code></td></tr>",
            key=key,
            at=moment(change.at, reader.words),
            mark=mark,
            words=words,
            revision=change.revision[:12],
        )
    return rows


def _history(history: Sequence[Transition], reader: Reader) -> dict[str, Markup]:
    """The id of a row is its time: what is newest comes first, and older rows stay."""
    rows: dict[str, Markup] = {}
    for change in history:
        key = f"t-{change.at.timestamp():.6f}-{change.after}"
        rows[key] = fill(
            '<tr id="%(key)s"><td>%(at)s</td><td>%(change)s</td>'
            "<td><strong>%(title)s</strong><small>%(message)s</small></td>"
            "<td>%(lasted)s</td><td><code>%(revision)s</code></td></tr>",
            key=key,
            at=moment(change.at, reader.words),
            change=_change(change, reader),
            title=title_of(change.reason, reader.language),
            message=" — ".join(t for t in (said_of(change, reader.language), change.by) if t),
            lasted=span(change.lasted),
            revision=change.revision[:12],
        )
    return rows


def _change(change: Transition, reader: Reader) -> Markup:
    if change.kind == "halt":
        return halt_mark(change, reader)
    before = reader.words.get(change.before, change.before) or "-"
    after = state_mark(change.after, reader.language) if change.after else escape("-")
    return fill("%s → %s", before, after)
