"""`status`: what the daemon says now."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from bf_reconciler.cli import options, suggest
from bf_reconciler.cli.api import Api
from bf_reconciler.cli.output import fail, leave, print_json
from bf_reconciler.cli.status_source import read_status
from bf_reconciler.facts import Language

if TYPE_CHECKING:
    from rich.console import RenderableType

BLOCKED = 2


@click.command("status")
@options.name_argument
@click.option("--watch", is_flag=True, help="Refresh every 2 seconds until Ctrl-C.")
@options.url_option
@options.token_option
@options.state_option
@options.output_option
@options.lang_option
def command(
    *,
    name: str | None,
    watch: bool,
    url: str | None,
    token_file: Path | None,
    state_dir: Path | None,
    output: Literal["table", "json"],
    lang: Language,
) -> None:
    """Show the current status, or NAME with all its conditions.

    Reads from the daemon at --url. If none answers, reads its journal in --state-dir. Exits with
    code 2 if something is Blocked.
    """
    api = Api.of(url, token_file)
    if output == "json":
        if watch:
            raise click.UsageError("--watch cannot be combined with -o json")
        status = read_status(api, state_dir, lang)
        found = _named(status, name)
        print_json(status if name is None else found[0] if len(found) == 1 else found)
        leave(_verdict(found))
    from bf_reconciler.cli import (  # noqa: PLC0415 # JSON needs no rich
        one_screen,
        refresh,
        status_tables,
        tables,
    )

    def draw(status: dict[str, Any]) -> "RenderableType":
        if name is None:
            return (
                one_screen.OneScreen(status, lang)
                if watch
                else status_tables.overview(status, lang)
            )
        return status_tables.entries(_named(status, name), lang)

    if watch:
        refresh.watch(lambda: draw(read_status(api, state_dir, lang, quiet=True)))
    status = read_status(api, state_dir, lang)
    tables.show(draw(status))
    leave(_verdict(_named(status, name)))


def _named(status: dict[str, Any], name: str | None) -> list[dict[str, Any]]:
    entries = [*status["connections"], *status["strategies"]]
    if name is None:
        return entries
    found = [entry for entry in entries if entry["name"].casefold() == name.casefold()]
    if not found:
        known = [entry["name"] for entry in entries]
        fail(suggest.unknown("connection or strategy", name, known))
    return found


def _verdict(entries: list[dict[str, Any]]) -> int:
    return BLOCKED if any(entry["status"] == "Blocked" for entry in entries) else 0
