"""The page of one connection or strategy: every condition, its evidence, and what happened."""

from collections.abc import Iterable, Sequence
from html import escape

from bf_reconciler.facts import ADVICE, remedy
from bf_reconciler.status import (
    Condition,
    Status,
    Transition,
)
from bf_reconciler.web.page.control import curl
from bf_reconciler.web.page.facts import connection_facts, strategy_facts
from bf_reconciler.web.page.html import (
    FINE,
    Entry,
    Reader,
    head_of,
    moment,
    span,
    state_mark,
    table,
    title_of,
)
from bf_reconciler.web.page.latency import KEPT, Points, sparkline, spoken
from bf_reconciler.web.page.page_parts import PageParts
from bf_reconciler.web.page.rows import STRATEGY_COLUMNS, Rows, test_button


def connection_page(
    status: Status, name: str, reader: Reader, history: Sequence[Transition], rows: Rows
) -> PageParts:
    words, connection = reader.words, status.connections.get(name)
    if connection is None:
        return gone(name, reader)
    path = f"/api/v1/connections/{escape(name)}/test"
    doing = f"{test_button(name, reader)}{curl(path, '', reader)}"
    used = {n: s for n, s in status.strategies.items() if s.connection == name}
    lists = {
        "conditions": _conditions(connection.conditions, reader),
        "strategies": rows.strategies(used, reader),
        "history": _history(history, reader),
    }
    blocks = {
        "head": _head(connection, "connection", doing, reader),
        "facts": connection_facts(connection, reader),
        "strategies-shown": f'<p id="strategies-shown" class="count">{len(used)}</p>',
        "latency": _latency(reader.latencies.of(name), reader),
    }
    columns = [words[column] for column in STRATEGY_COLUMNS]
    inner = table("strategies", columns, lists["strategies"])
    tables = _conditions_table(lists["conditions"], reader)
    tables += _section("strategies", blocks["strategies-shown"] + inner, reader)
    body = (
        f'{blocks["head"]}<div class="beside">{blocks["facts"]}{blocks["latency"]}</div>'
        f"{tables}{_history_table(lists['history'], reader)}"
    )
    return PageParts(f"{name} · bf-reconciler", body, blocks, lists)


def strategy_page(
    status: Status, name: str, reader: Reader, history: Sequence[Transition]
) -> PageParts:
    strategy = status.strategies.get(name)
    if strategy is None:
        return gone(name, reader)
    doing = ""
    if strategy.memory is not None and strategy.memory.latched:
        value = f'{{"name": "{name}"}}'
        doing = (
            f'<form class="act" data-post="/api/v1/resume"><input type="hidden" name="name" '
            f'value="{escape(name)}"><button class="main">{reader.words["resume"]}</button></form>'
            f"{curl('/api/v1/resume', value, reader)}"
        )
    lists = {
        "conditions": _conditions(strategy.conditions, reader),
        "history": _history(history, reader),
    }
    blocks = {
        "head": _head(strategy, "strategy", doing, reader),
        "facts": strategy_facts(strategy, reader),
    }
    body = (
        f"{blocks['head']}{blocks['facts']}{_conditions_table(lists['conditions'], reader)}"
        f"{_history_table(lists['history'], reader)}"
    )
    return PageParts(f"{name} · bf-reconciler", body, blocks, lists)


def gone(name: str, reader: Reader) -> PageParts:
    words = reader.words
    head = (
        f'<section id="head"><h1>{escape(name)}</h1><p><strong>{words["gone"]}</strong></p>'
        f'<p>{words["gone_why"]} <a href="{reader.href("/")}">{words["overview"]}</a></p></section>'
    )
    return PageParts(f"{name} · bf-reconciler", head, {"head": head})


def _head(entry: Entry, kind: str, doing: str, reader: Reader) -> str:
    words, condition = reader.words, head_of(entry.conditions)
    told = ""
    if condition is not None:
        advice = ADVICE[condition.reason][reader.language]
        told = f"<p><strong>{escape(advice.title)}</strong> {escape(condition.message)}</p>"
        if str(entry.status) not in FINE and advice.remedy:
            told += (
                f"<dl><dt>{words['cause']}</dt><dd>{escape(advice.cause)}</dd>"
                f'<dt>{words["todo"]}</dt><dd class="todo">{escape(advice.remedy)}</dd></dl>'
            )
    return (
        f'<section id="head"><p class="kind">{words[kind]}</p>'
        f"<h1>{escape(entry.name)} {state_mark(str(entry.status), words)}</h1>{told}{doing}"
        "</section>"
    )


def _latency(points: Points, reader: Reader) -> str:
    words = reader.words
    picture = sparkline(points, words, KEPT)
    shown = (
        f"{picture}<p>{spoken(points, words)}</p>" if picture else f"<p>{words['spark_none']}</p>"
    )
    return (
        '<section id="latency" aria-labelledby="latency-heading">'
        f'<h2 id="latency-heading">{words["latency"]}</h2>{shown}</section>'
    )


def _section(name: str, inner: str, reader: Reader) -> str:
    return (
        f'<section aria-labelledby="{name}-heading">'
        f'<h2 id="{name}-heading">{reader.words[name]}</h2>{inner}</section>'
    )


TRUTHS = {"True": ("good", "disc"), "False": ("bad", "cross"), "Unknown": ("calm", "ring")}


def _conditions(conditions: Iterable[Condition], reader: Reader) -> dict[str, str]:
    return {f"k-{c.type}": _condition(c, reader) for c in conditions}


def _condition(condition: Condition, reader: Reader) -> str:
    tone, shape = TRUTHS[condition.status]
    todo = remedy(condition.reason, reader.language) if condition.status != "True" else ""
    done = f'<span class="todo">{escape(todo)}</span>' if todo else ""
    return (
        f'<tr id="k-{condition.type}"><th scope="row">{condition.type}</th>'
        f'<td><span class="state {tone} {shape}">{condition.status}</span></td>'
        f"<td><strong>{title_of(condition.reason, reader.language)}</strong> "
        f"<code>{condition.reason}</code><small>{escape(condition.message)}</small>{done}</td>"
        f"<td>{moment(condition.since, reader.words)}<small>{reader.words['generation']} "
        f"{condition.observed_generation}</small></td></tr>"
    )


def _conditions_table(rows: dict[str, str], reader: Reader) -> str:
    columns = [reader.words[w] for w in ("condition", "status", "evidence", "since")]
    inner = table("conditions", columns, rows)
    return _section("conditions", inner, reader)


def _history(history: Sequence[Transition], reader: Reader) -> dict[str, str]:
    """The id of a row is its time: what is newest comes first, and older rows stay."""
    rows: dict[str, str] = {}
    for change in history:
        key = f"t-{change.at.timestamp():.6f}-{escape(change.after)}"
        rows[key] = (
            f'<tr id="{key}"><td>{moment(change.at, reader.words)}</td>'
            f"<td>{_change(change, reader)}</td>"
            f"<td><strong>{title_of(change.reason, reader.language)}</strong>"
            f"<small>{escape(change.message)}</small></td>"
            f"<td>{span(change.lasted)}</td>"
            f"<td><code>{escape(change.revision[:12])}</code></td></tr>"
        )
    return rows


def _change(change: Transition, reader: Reader) -> str:
    words = reader.words
    before = escape(words.get(change.before, change.before)) or "-"
    after = state_mark(change.after, words) if change.after else "-"
    return f"{before} → {after}"


def _history_table(rows: dict[str, str], reader: Reader) -> str:
    columns = [reader.words[w] for w in ("when", "change", "reason", "lasted", "revision")]
    inner = table("history", columns, rows)
    return _section("history", inner, reader)
