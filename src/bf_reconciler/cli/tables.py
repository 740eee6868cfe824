"""Tables for people. They fit the terminal; in a pipe they are as wide as they need."""

import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from bf_reconciler.cli.responsive_table import ResponsiveTable
from bf_reconciler.cli.words import heading, title
from bf_reconciler.facts import Language, printable
from bf_reconciler.status import Activity, activity

COLOURS = {
    "Online": "green",
    "Enabled": "green",
    "True": "green",
    "running": "green",
    "çalışıyor": "green",  # noqa: RUF001 # Turkish has a dotless i
    "Degraded": "yellow",
    "Holding": "yellow",
    "Unknown": "yellow",
    "Blocked": "red",
    "Invalid": "red",
    "Error": "red",
    "Halted": "red",
    "False": "red",
    "Unreachable": "magenta",
    "Pending": "cyan",
    "Suspended": "dim",
    "Disabled": "dim",
}
WIDE = 10_000
FOLDING = frozenset({"What to do", "Message", "Reason", "Expiry", "IP list", "Permissions"})
Row = dict[str, Any]


class PlainConsole(Console):
    """A console on which the text of others changes nothing but what can be read."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(printable(text, "\n"), style)


def console(*, error: bool = False) -> Console:
    """A console. Colour only on a terminal, and not under NO_COLOR."""
    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() or os.environ.get("COLUMNS") else WIDE
    return PlainConsole(file=stream, width=width, highlight=False, soft_wrap=False, emoji=False)


def show(*parts: RenderableType) -> None:
    """Print to standard output; no blanks at line ends where it is no terminal."""
    out = console()
    if out.is_terminal:
        out.print(*parts, sep="\n")
        return
    with out.capture() as capture:
        out.print(*parts, sep="\n")
    lines = (line.rstrip() for line in capture.get().splitlines())
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def cell(value: object) -> Text:
    """A cell. Words of a status have their colour; nothing in it is taken for markup."""
    text = "" if value is None else str(value)
    plain = printable(text, "\n")
    return Text(plain, style=COLOURS.get(plain, ""))


def table(
    columns: Iterable[str], rows: Iterable[Iterable[object]], language: Language
) -> RenderableType:
    """A row per entry; the first cell names it."""
    columns = tuple(columns)
    return ResponsiveTable(
        [Text(heading(column, language)) for column in columns],
        [[cell(value) for value in row] for row in rows],
        [column in FOLDING for column in columns],
    )


def moment(value: str | None) -> str:
    """A moment of the API, to the second, UTC."""
    return datetime.fromisoformat(value).strftime("%Y-%m-%d %H:%M:%SZ") if value else ""


def ago(value: str, language: Language) -> str:
    """How long something has lasted, in its largest unit."""
    seconds = max((datetime.now(UTC) - datetime.fromisoformat(value)).total_seconds(), 0)
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {heading(unit, language)}"
    return f"{seconds:.0f} {heading('s', language)}"


def connections(rows: Iterable[Row], language: Language) -> RenderableType:
    """One line per connection: what its Ready condition says."""
    return table(
        ("Connection", "Exchange", "Status", "Reason", "What to do"),
        ((row["name"], row["exchange"], row["status"], *_ready(row, language)) for row in rows),
        language,
    )


def strategies(rows: Iterable[Row], language: Language) -> RenderableType:
    return table(
        ("Strategy", "Connection", "Status", "Running", "Reason", "What to do"),
        (
            (
                row["name"],
                row["connection"],
                row["status"],
                _activity(row, language).words,
                *_ready(row, language),
            )
            for row in rows
        ),
        language,
    )


def conditions(row: Row, language: Language) -> RenderableType:
    """Every condition of one entry; what to do stands below what is not as it should be."""
    return table(
        ("Condition", "Status", "Reason", "Since", "Message"),
        (
            (
                found["type"],
                found["status"],
                found["reason"],
                ago(found["since"], language),
                _message(found),
            )
            for found in row["conditions"]
        ),
        language,
    )


def _message(condition: Row) -> str:
    remedy = condition["remedy"] if condition["status"] != "True" else ""
    return f"{condition['message']}\n→ {remedy}" if remedy else str(condition["message"])


def entry(row: Row, language: Language) -> Group:
    """One connection or strategy with all that is known of it."""
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    for name, value in _facts(row, language):
        if value not in {None, ""}:
            facts.add_row(Text(heading(name, language)), cell(value))
    return Group(facts, Text(), conditions(row, language))


def _ready(row: Row, language: Language) -> tuple[str, str]:
    """The reason of the summary, which comes first, and what to do about it."""
    ready = next(iter(row["conditions"]), None)
    return (title(ready["reason"], language), ready["remedy"]) if ready else ("", "")


def _activity(row: Row, language: Language) -> Activity:
    return activity(row.get("told"), row["running"], language)


def _facts(row: Row, language: Language) -> Iterable[tuple[str, object]]:
    yield "Name", row["name"]
    yield "Status", row["status"]
    yield "Line", row.get("line") or None
    if "key" not in row:
        yield "Connection", row["connection"]
        yield "Runtime", row["runtime"]
        yield "Desired", heading("on" if row["desired"] else "off", language)
        yield "Running", _activity(row, language)
        return
    key = row["key"]
    yield "Exchange", row["exchange"]
    yield "Account", row["account"]
    yield "Environment", row["environment"]
    yield "API key", row["api_key"]
    yield "Next key", row.get("next_api_key")
    scopes = key["scopes"]
    yield "Permissions", heading("unknown", language) if scopes is None else ", ".join(scopes)
    bound = key["ip_bound"]
    yield "IP restricted", heading({None: "unknown", True: "yes", False: "no"}[bound], language)
    yield "Created", moment(key["created_at"])
    yield "Expires", moment(key["expires_at"])
    yield "Last test", moment(row["last_probe"])
    yield "Next test", moment(row["next_probe"])
    latency, skew = row["latency_seconds"], row["clock_skew_seconds"]
    yield "Latency", None if latency is None else f"{latency * 1000:.0f} ms"
    yield "Clock skew", None if skew is None else f"{skew * 1000:+.0f} ms"


def transitions(rows: Iterable[Row], language: Language) -> RenderableType:
    return table(
        ("Time", "Name", "From", "To", "Reason", "Message"),
        (
            (
                moment(row["at"]),
                row["name"] or "-",
                row["from"],
                row["to"],
                title(row["reason"], language),
                " — ".join(text for text in (row["message"], row.get("by")) if text),
            )
            for row in rows
        ),
        language,
    )
