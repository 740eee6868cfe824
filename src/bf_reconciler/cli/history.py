"""`history`: what changed, and when."""

from pathlib import Path
from typing import Literal

import click

from bf_reconciler.cli import options
from bf_reconciler.cli.api import Api
from bf_reconciler.cli.output import print_json
from bf_reconciler.cli.status_source import read_history
from bf_reconciler.facts import Language


@click.command("history")
@options.name_argument
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="Maximum number of changes, newest first.",
)
@options.url_option
@options.token_option
@options.state_option
@options.output_option
@options.lang_option
def command(
    *,
    name: str | None,
    limit: int,
    url: str | None,
    token_file: Path | None,
    state_dir: Path | None,
    output: Literal["table", "json"],
    lang: Language,
) -> None:
    """Show what changed of NAME, or of everything, newest first.

    Reads from the daemon at --url. If none answers, reads its journal in --state-dir.
    """
    rows = read_history(Api.of(url, token_file), state_dir, lang, name, limit)
    if output == "json":
        print_json({"transitions": rows})
        return
    from bf_reconciler.cli import tables  # noqa: PLC0415 # JSON needs no rich

    tables.show(tables.transitions(rows, lang))
