"""The page: one Status as HTML, without a script. Every text is escaped where it is put in."""

from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Final

from bf_reconciler.facts import ADVICE, CONFIG_ADVICE, Language, Reason, remedy
from bf_reconciler.status import (
    Condition,
    ConfigStatus,
    ConnectionStatus,
    Status,
    StrategyStatus,
)
from bf_reconciler.web.words import WORDS, Words

REFRESH_SECONDS: Final = 15
SHOWN_PROBLEMS: Final = 50


def render_page(status: Status, language: Language = "en") -> str:
    """The whole page, in English or Turkish."""
    words = WORDS[language]
    body = "\n".join(
        [
            _halted(status, words),
            _config(status.config, words, language),
            _table(
                words["connections"],
                [words[w] for w in ("name", "status", "reason", "todo", "probed", "key")],
                (_connection(c, words, language) for c in status.connections.values()),
                words,
            ),
            _table(
                words["strategies"],
                [words[w] for w in ("name", "status", "reason", "todo", "runs", "connection")],
                (_strategy(s, words, language) for s in status.strategies.values()),
                words,
            ),
        ]
    )
    other = "en" if language == "tr" else "tr"
    revision = f"{words['revision']} {escape(status.revision[:12] or '?')}"
    return f"""\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{REFRESH_SECONDS}">
<title>{escape(_title(status, words))}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header>
<h1>bf-reconciler</h1>
<p>{revision} · {words["generation"]} {status.generation} ·
<a href="/?lang={other}" lang="{other}">{words["other"]}</a> ·
<a href="/metrics">metrics</a> · <a href="/api/v1/status">JSON</a></p>
</header>
<main>
{body}
</main>
</body>
</html>
"""


def _title(status: Status, words: Words) -> str:
    states: list[str] = [str(c.status) for c in status.connections.values()]
    states += [str(s.status) for s in status.strategies.values()]
    wrong = sum(_tone(state) == "bad" for state in states)
    return f"({wrong}) bf-reconciler" if wrong else f"bf-reconciler · {words['well']}"


def _halted(status: Status, words: Words) -> str:
    halted = status.halt
    if halted is None:
        return ""
    since = f" · {_time(halted.since)}" if halted.since else ""
    return (
        f'<section class="banner bad"><h2>{words["halted"]}</h2>'
        f"<p>{escape(halted.reason)} — {escape(halted.by)}{since}</p></section>"
    )


def _config(config: ConfigStatus, words: Words, language: Language) -> str:
    if config.last_reload_successful and not config.problems:
        return ""
    lines = [
        f"<li><code>{escape(problem.render(config.path))}</code></li>"
        for problem in config.problems[:SHOWN_PROBLEMS]
    ]
    more = len(config.problems) - len(lines)
    if more > 0:
        lines.append(f"<li>+ {more}</li>")
    listed = f"<ul>{''.join(lines)}</ul>" if lines else ""
    if config.last_reload_successful:
        heading = words["warnings"]
        return f'<section class="banner warn"><h2>{heading}</h2>{listed}</section>'
    advice = CONFIG_ADVICE[config.reason][language] if config.reason else None
    title = f"{words['refused']}: {advice.title}" if advice else words["refused"]
    told = f"<p>{escape(config.message)}</p>" if config.message else ""
    todo = f'<p class="todo">{escape(advice.remedy)}</p>' if advice else ""
    good = _time(config.last_reload_success) if config.last_reload_success else words["never"]
    return (
        f'<section class="banner bad"><h2>{escape(title)}</h2>{told}{todo}{listed}'
        f"<p>{words['last_good']}: {good}</p></section>"
    )


def _table(heading: str, columns: list[str], rows: Iterable[str], words: Words) -> str:
    body = "\n".join(rows)
    if not body:
        return f"<section><h2>{heading}</h2><p>{words['none']}</p></section>"
    heads = "".join(f'<th scope="col">{column}</th>' for column in columns)
    return (
        f'<section><h2>{heading}</h2><div class="scroll"><table>'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div></section>"
    )


def _connection(connection: ConnectionStatus, words: Words, language: Language) -> str:
    where = " · ".join(
        word for word in (connection.exchange, connection.account, connection.environment) if word
    )
    probed = _time(connection.last_probe) if connection.last_probe else words["never"]
    return _row(
        connection.name,
        where,
        str(connection.status),
        _condition(connection.conditions),
        [probed, f"<code>{escape(connection.api_key)}</code>"],
        language,
    )


def _strategy(strategy: StrategyStatus, words: Words, language: Language) -> str:
    return _row(
        strategy.name,
        strategy.runtime,
        str(strategy.status),
        _condition(strategy.conditions),
        [words[strategy.running], escape(strategy.connection)],
        language,
    )


def _row(
    name: str,
    below: str,
    state: str,
    condition: Condition | None,
    rest: list[str],
    language: Language,
) -> str:
    reason, message, todo = "", "", ""
    if condition is not None:
        reason = f"<strong>{escape(ADVICE[condition.reason][language].title)}</strong>"
        message = escape(condition.message)
        todo = escape(_remedy(condition.reason, state, language))
    cells = "".join(f"<td>{cell}</td>" for cell in rest)
    return (
        f'<tr><th scope="row">{escape(name)}<small>{escape(below)}</small></th>'
        f'<td><span class="state {_tone(state)}">{escape(state)}</span></td>'
        f"<td>{reason}<small>{message}</small></td>"
        f'<td class="todo">{todo}</td>{cells}</tr>'
    )


def _condition(conditions: tuple[Condition, ...]) -> Condition | None:
    """The summary stands first."""
    return conditions[0] if conditions else None


def _remedy(reason: Reason, state: str, language: Language) -> str:
    return remedy(reason, language) if state not in {"Online", "Enabled"} else ""


def _tone(state: str) -> str:
    if state in {"Online", "Enabled"}:
        return "good"
    if state in {"Blocked", "Invalid", "Error"}:
        return "bad"
    return "warn" if state in {"Degraded", "Unreachable", "Holding", "Halted"} else "calm"


def _time(moment: datetime) -> str:
    return f'<time datetime="{moment.isoformat()}">{moment:%Y-%m-%d %H:%M:%S %Z}</time>'
