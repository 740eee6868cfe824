"""The whole status as people see it."""

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from bf_reconciler.cli import tables
from bf_reconciler.cli.maintenance_text import maintenance
from bf_reconciler.cli.words import heading, title
from bf_reconciler.facts import Language, Problem


def overview(status: dict[str, Any], language: Language) -> Group:
    """What holds for all, then connections, then strategies."""
    parts: list[RenderableType] = [*_notices(status, language)]
    parts.append(tables.connections(status["connections"], language))
    if status["strategies"]:
        parts += [Text(), tables.strategies(status["strategies"], language)]
    return Group(*parts)


def entries(found: list[dict[str, Any]], language: Language) -> Group:
    """Entries of one name, each with all its conditions."""
    parts: list[RenderableType] = []
    for row in found:
        parts += [Text(), tables.entry(row, language)] if parts else [tables.entry(row, language)]
    return Group(*parts)


def _notices(status: dict[str, Any], language: Language) -> list[Text]:
    found: list[Text] = []
    halted = status["halted"]
    if halted:
        text = f"{heading('Halted', language)}: {halted['reason']} ({halted['by']})"
        found.append(Text(text, style="bold red"))
    config = status["config"]
    if not config["last_reload_successful"] and config["reason"]:
        file = config.get("path") or heading("The file", language)
        text = f"{file}: {config['reason']}: {config['message']}. {config['remedy']}"
        found.append(Text(text, style="red"))
        found += [
            Text(f"  {_problem(p).render(file)}", style="red")
            for p in config["problems"]
            if p["severity"] == "error" and p["line"]
        ]
    found += [_incident(each, language) for each in status.get("incidents", ())]
    found += [Text(maintenance(each, language)) for each in status.get("maintenance", ())]
    return [*found, Text()] if found else []


def _incident(told: dict[str, Any], language: Language) -> Text:
    hit = f"{heading('Connections', language)}: {len(told['connections'])}"
    text = f"{title(told['reason'], language)}: {told['scope']}. {hit}. {told['remedy']}"
    return Text(text, style="magenta")


def _problem(told: dict[str, Any]) -> Problem:
    place = told["line"], told["column"]
    return Problem(*place, told["path"], told["message"], file=told.get("file", ""))
