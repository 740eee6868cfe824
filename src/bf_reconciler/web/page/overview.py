"""The first page: how many are well, what needs a hand, then every connection and strategy."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from bf_reconciler.facts import Reason
from bf_reconciler.status import Status, Transition
from bf_reconciler.web.page.attention import attention
from bf_reconciler.web.page.banners import banners, problems_of
from bf_reconciler.web.page.control import control
from bf_reconciler.web.page.html import MARKS, Reader, hour, state_mark, table, title_of, tone
from bf_reconciler.web.page.page_parts import PageParts
from bf_reconciler.web.page.query import Query
from bf_reconciler.web.page.rows import CONNECTION_COLUMNS, STRATEGY_COLUMNS, Rows

ALWAYS: Final[Mapping[str, frozenset[str]]] = {
    "connections": frozenset({"Online", "Blocked", "Unreachable"}),
    "strategies": frozenset({"Enabled", "Blocked"}),
}
"""Their number is told even where it is nought."""
NEWS: Final = 8


def overview(
    status: Status, reader: Reader, query: Query, news: Sequence[Transition], rows: Rows
) -> PageParts:
    """The page for this query. ``rows`` remembers those that were made before."""
    words = reader.words
    connections, strategies = query.connections(status), query.strategies(status)
    lists = {
        "connections": rows.connections(connections, reader),
        "strategies": rows.strategies(strategies, reader),
    }
    blocks = {
        "banners": banners(status, reader),
        "glance": glance(status, reader, query),
        "attention": attention(status, reader),
        "problems": problems_of(status.config, reader),
        "news": _news(status, news, reader),
        "connections-shown": _shown("connections", connections, status.connections, reader),
        "strategies-shown": _shown("strategies", strategies, status.strategies, reader),
        "control": control(status, reader),
    }
    tables = "".join(
        f'<section aria-labelledby="{name}-heading"><h2 id="{name}-heading">{words[name]}</h2>'
        f"{blocks[f'{name}-shown']}"
        + table(name, [words[column] for column in columns], lists[name])
        + "</section>"
        for name, columns in (("connections", CONNECTION_COLUMNS), ("strategies", STRATEGY_COLUMNS))
    )
    body = (
        f'<h1 class="unseen">{words["overview"]}</h1>'
        f"{blocks['banners']}{blocks['glance']}{blocks['attention']}{blocks['problems']}"
        f"{query.form(status, reader)}{tables}{blocks['news']}{blocks['control']}"
    )
    return PageParts(_title(status, reader), body, blocks, lists)


def _title(status: Status, reader: Reader) -> str:
    states: list[str] = [str(c.status) for c in status.connections.values()]
    states += [str(s.status) for s in status.strategies.values()]
    wrong = sum(tone(state) == "bad" for state in states)
    return f"({wrong}) bf-reconciler" if wrong else f"bf-reconciler · {reader.words['well']}"


def glance(status: Status, reader: Reader, query: Query) -> str:
    words = reader.words
    rows = "".join(
        f"<div><h2>{words[kind]}</h2><ul>{_tiles(kind, states, reader, query)}</ul></div>"
        for kind, states in (
            ("connections", [str(c.status) for c in status.connections.values()]),
            ("strategies", [str(s.status) for s in status.strategies.values()]),
        )
        if states
    )
    return f'<section id="glance" aria-label="{words["glance"]}">{rows}</section>'


def _tiles(kind: str, states: Iterable[str], reader: Reader, query: Query) -> str:
    counts, current = Counter(states), ' aria-current="true"'
    shown = [state for state in MARKS if counts[state] or state in ALWAYS[kind]]
    return "".join(
        f'<li><a class="tile {tone(state) if counts[state] else "calm"}" '
        f'href="{reader.href("/", status=state)}"'
        f"{current if query.status == state else ''}>"
        f"<b>{counts[state]}</b>{state_mark(state, reader.words)}</a></li>"
        for state in shown
    )


def _shown(
    name: str, found: Mapping[str, object], every: Mapping[str, object], reader: Reader
) -> str:
    words = reader.words
    if not every:
        text = words["none_declared"]
    elif not found:
        text = words["nothing_fits"]
    elif len(found) == len(every):
        text = str(len(every))
    else:
        text = words["shown"].format(len(found), len(every))
    return f'<p id="{name}-shown" class="count">{text}</p>'


def _news(status: Status, news: Sequence[Transition], reader: Reader) -> str:
    words = reader.words
    items = "".join(f"<li>{_item(status, each, reader)}</li>" for each in news[:NEWS])
    listed = f"<ol>{items}</ol>" if items else f"<p>{words['no_news']}</p>"
    return (
        '<section id="news" aria-labelledby="news-heading">'
        f'<h2 id="news-heading">{words["news"]}</h2>{listed}</section>'
    )


def _item(status: Status, change: Transition, reader: Reader) -> str:
    here = status.connections if change.kind == "connection" else status.strategies
    name = escape(change.name)
    if change.name in here:
        link = reader.connection if change.kind == "connection" else reader.strategy
        name = f'<a href="{link(change.name)}">{name}</a>'
    after = state_mark(change.after, reader.words) if change.after else ""
    reason = "" if change.reason is Reason.CONNECTED else title_of(change.reason, reader.language)
    return f"{hour(change.at, reader)} {name} {after} <span>{reason}</span>"
