"""The first page: a summary, what needs attention, then every connection and strategy."""

import posixpath
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from shlex import quote
from typing import Final

from markupsafe import Markup, escape

from bf_reconciler.facts import ConfigReason, Reason
from bf_reconciler.status import Status, Transition
from bf_reconciler.web.page.attention import attention, repeated
from bf_reconciler.web.page.banners import banners, has_banner, problems_of
from bf_reconciler.web.page.control import control
from bf_reconciler.web.page.html import (
    MARKS,
    Reader,
    halt_mark,
    hour,
    link,
    paragraph,
    section,
    state_mark,
    table,
    title_of,
    tone,
)
from bf_reconciler.web.page.markup import NOTHING, fill, join
from bf_reconciler.web.page.page_parts import PageParts
from bf_reconciler.web.page.pages import page_of
from bf_reconciler.web.page.query import Query
from bf_reconciler.web.page.rows import CONNECTION_COLUMNS, STRATEGY_COLUMNS, Rows
from bf_reconciler.web.page.sorting import head_row, ordered

ALWAYS: Final[Mapping[str, frozenset[str]]] = {
    "connections": frozenset({"Online", "Blocked", "Unreachable"}),
    "strategies": frozenset({"Enabled", "Blocked"}),
}
"""Their number is shown even where it is zero."""
CHANGES_SHOWN: Final = 8
OK: Final = frozenset({"Online", "Enabled", "Disabled", "Suspended"})
"""All is well, or as somebody declared it. What is not known is not among them."""
COLUMNS: Final = {"connections": CONNECTION_COLUMNS, "strategies": STRATEGY_COLUMNS}


def overview(
    status: Status, reader: Reader, query: Query, changes: Sequence[Transition], rows: Rows
) -> PageParts:
    """The page for this query. ``rows`` remembers those that were made before."""
    words = reader.words
    connections = ordered("connections", query.connections(status), query.sort("connections"))
    strategies = ordered("strategies", query.strategies(status), query.sort("strategies"))
    some = page_of(connections, query.pages[0], chosen=bool(query.sort("connections")))
    bots = page_of(strategies, query.pages[1], chosen=bool(query.sort("strategies")))
    lists = {
        "connections": rows.connections(some.rows, reader, repeated(status.connections)),
        "strategies": rows.strategies(bots.rows, reader, repeated(status.strategies)),
    }
    turning = {
        "connections": some.turning("connections", query, reader),
        "strategies": bots.turning("strategies", query, reader),
    }
    blocks = {
        "banners": banners(status, reader),
        "glance": glance(status, reader, query),
        "attention": attention(status, reader),
        "problems": problems_of(status.config, reader),
        "news": _changes(status, changes, reader),
        "connections-shown": _shown(
            "connections", connections, status.connections, reader, turning["connections"]
        ),
        "strategies-shown": _shown(
            "strategies", strategies, status.strategies, reader, turning["strategies"]
        ),
        "begin": begin(status, reader),
        "control": control(status, reader),
        **{f"{kind}-columns": head_row(kind, COLUMNS[kind], query, reader) for kind in COLUMNS},
    }
    body = join(
        (
            fill('<h1 class="unseen">%s</h1>', words["overview"]),
            *(blocks[name] for name in ("banners", "begin", "glance", "attention", "problems")),
            query.form(status, reader),
            *(
                table(
                    name,
                    COLUMNS[name],
                    rows_of,
                    words,
                    blocks[f"{name}-shown"],
                    blocks[f"{name}-columns"],
                )
                for name, rows_of in lists.items()
            ),
            blocks["news"],
            blocks["control"],
        )
    )
    return PageParts(_title(status, reader), body, blocks, lists)


def begin(status: Status, reader: Reader) -> Markup:
    """Where nothing is declared yet: what to do next. Empty afterwards."""
    words, config, path = reader.words, status.config, status.config.path or "connections.yaml"
    if status.connections or status.strategies:
        return Markup('<section id="begin" hidden></section>')
    if config.last_reload_success is None and config.reason is None and not config.problems:
        return section("begin", words["begin"], paragraph(words["begin_reading"]))
    if config.reason is ConfigReason.FILE_NOT_FOUND:
        steps = [("begin_init", f"bf-reconciler init {quote(posixpath.dirname(path) or '.')}")]
    elif not config.last_reload_successful:
        steps = [("begin_fix", f"bf-reconciler validate {quote(path)}")]
    else:
        steps = [
            ("begin_key", "bf-reconciler exchanges kucoin"),
            ("begin_add", f"bf-reconciler add kucoin --file {quote(path)}"),
            ("begin_commit", ""),
        ]
    items = join(
        fill("<li>%s%s</li>", words[step], fill(" <code>%s</code>", code) if code else NOTHING)
        for step, code in steps
    )
    return section("begin", words["begin"], fill("<ol>%s</ol>", items))


def _title(status: Status, reader: Reader) -> str:
    states: list[str] = [str(c.status) for c in status.connections.values()]
    states += [str(s.status) for s in status.strategies.values()]
    wrong = sum(tone(state) == "bad" for state in states)
    if wrong:
        return f"({wrong}) bf-reconciler"
    if states and OK.issuperset(states) and not has_banner(status):
        return f"bf-reconciler · {reader.words['all_ok']}"
    return "bf-reconciler"


def glance(status: Status, reader: Reader, query: Query) -> Markup:
    """How many entries have which status."""
    words = reader.words
    kinds = join(
        fill("<div><h2>%s</h2><ul>%s</ul></div>", words[kind], _tiles(kind, states, reader, query))
        for kind, states in (
            ("connections", [str(c.status) for c in status.connections.values()]),
            ("strategies", [str(s.status) for s in status.strategies.values()]),
        )
        if states
    )
    return fill('<section id="glance" aria-label="%s">%s</section>', words["summary"], kinds)


def _tiles(kind: str, states: Iterable[str], reader: Reader, query: Query) -> Markup:
    counts = Counter(states)
    return join(
        _tile(state, counts[state], reader, current=query.status == state)
        for state in MARKS
        if counts[state] or state in ALWAYS[kind]
    )


def _tile(state: str, count: int, reader: Reader, *, current: bool) -> Markup:
    return fill(
        '<li><a class="tile %(tone)s" href="%(href)s"%(current)s><b>%(count)s</b>%(mark)s</a></li>',
        tone=tone(state) if count else "calm",
        href=reader.href("/", status=state),
        current=Markup(' aria-current="true"') if current else NOTHING,
        count=str(count),
        mark=state_mark(state, reader.language),
    )


def _shown(
    name: str,
    matching: Mapping[str, object],
    every: Mapping[str, object],
    reader: Reader,
    turning: Markup,
) -> Markup:
    words = reader.words
    if not every:
        text = words["none_declared"]
    elif not matching:
        text = words["no_match"]
    elif len(matching) == len(every):
        text = str(len(every))
    else:
        text = words["shown"].format(len(matching), len(every))
    return fill('<p id="%s-shown" class="count">%s%s</p>', name, text, turning)


def _changes(status: Status, changes: Sequence[Transition], reader: Reader) -> Markup:
    words = reader.words
    items = join(
        fill("<li>%s</li>", _change(status, each, reader)) for each in changes[:CHANGES_SHOWN]
    )
    listed = fill("<ol>%s</ol>", items) if items else paragraph(words["no_changes"])
    return section("news", words["changes"], listed)


def halt_change(status: Status, change: Transition, reader: Reader) -> Markup:
    """Who halted or resumed, and why."""
    name = escape(change.name or reader.words["every_strategy"])
    if change.name in status.strategies:
        name = link(reader.strategy(change.name), name)
    why = " — ".join(text for text in (change.message, change.by) if text)
    return fill(
        "%s %s %s <span>%s</span>", hour(change.at, reader), name, halt_mark(change, reader), why
    )


def _key_change(status: Status, change: Transition, reader: Reader) -> Markup:
    """What changed of a key."""
    name = escape(change.name)
    if change.name in status.connections:
        name = link(reader.connection(change.name), name)
    what = fill(
        "%s: %s → %s",
        title_of(change.reason, reader.language),
        change.before or "-",
        change.after or "-",
    )
    return fill("%s %s <span>%s</span>", hour(change.at, reader), name, what)


def _change(status: Status, change: Transition, reader: Reader) -> Markup:
    if change.kind == "halt":
        return halt_change(status, change, reader)
    if change.kind == "key":
        return _key_change(status, change, reader)
    here = status.connections if change.kind == "connection" else status.strategies
    name = escape(change.name)
    if change.name in here:
        address = reader.connection if change.kind == "connection" else reader.strategy
        name = link(address(change.name), name)
    after = state_mark(change.after, reader.language) if change.after else NOTHING
    fine = change.reason in {Reason.CONNECTED, Reason.AS_EXPECTED}
    reason = NOTHING if fine else title_of(change.reason, reader.language)
    return fill("%s %s %s <span>%s</span>", hour(change.at, reader), name, after, reason)
