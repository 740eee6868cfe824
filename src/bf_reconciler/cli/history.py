"""`history`: what changed, and when."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from bf_reconciler.cli import options, suggest
from bf_reconciler.cli.api import Api
from bf_reconciler.cli.journals import checked
from bf_reconciler.cli.output import fail, print_json
from bf_reconciler.cli.status_source import read_history, read_status
from bf_reconciler.facts import Language

if TYPE_CHECKING:
    from bf_reconciler.status import Kind


@click.command("history")
@options.name_argument
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="Maximum number of changes, newest first.",
)
@click.option(
    "--rights",
    is_flag=True,
    help="Only what changed of keys: permissions, allowed IPs, expiry, account.",
)
@click.option(
    "--verify",
    is_flag=True,
    help="Check the journal: changed, missing or inserted rows; exit code 1 if any.",
)
@click.option(
    "--export",
    is_flag=True,
    help="Print every row of the journal as a line of JSON, with its hash; exit code as --verify.",
)
@click.option(
    "--head",
    "heads",
    metavar="TABLE:ROW:HASH",
    multiple=True,
    help="With --verify, repeatable: an end printed earlier, which must still be in the journal.",
)
@options.url_option
@options.token_option
@options.state_option
@options.output_option
@options.lang_option
def command(  # noqa: PLR0913 # one argument per option
    *,
    name: str | None,
    limit: int,
    rights: bool,
    verify: bool,
    export: bool,
    heads: tuple[str, ...],
    url: str | None,
    token_file: Path | None,
    state_dir: Path | None,
    output: Literal["table", "json"],
    lang: Language,
) -> None:
    """Show what changed of NAME, or of everything, newest first.

    With --rights, shows only what changed of keys. Reads from the daemon at --url. If none
    answers, reads its journal in --state-dir. With --verify, checks the journal in --state-dir, or
    that of the daemon at --url, whose rows are checked here; --export prints all of them. Exits
    with code 1 if nothing ever had this name.
    """
    if verify:
        from bf_reconciler.cli import verification  # noqa: PLC0415 # its own option

        verification.show(checked(url, token_file, state_dir), heads, output, lang)
        return
    if export:
        from bf_reconciler.cli import exporting  # noqa: PLC0415 # likewise

        exporting.show(checked(url, token_file, state_dir), name)
        return
    kind: Kind | None = "key" if rights else None
    rows = _rows(Api.of(url, token_file), state_dir, lang, name, limit, kind)
    if output == "json":
        print_json({"transitions": rows})
        return
    from bf_reconciler.cli import tables  # noqa: PLC0415 # JSON needs no rich

    tables.show(tables.transitions(rows, lang))


def _rows(  # where from, of whom, how many, and which
    api: Api,
    state_dir: Path | None,
    lang: Language,
    name: str | None,
    limit: int,
    kind: "Kind | None",
) -> list[dict[str, Any]]:
    """The changes; of a name in any case. One that left the file may still have a history."""
    rows = read_history(api, state_dir, lang, name, limit, kind=kind)
    if rows or name is None:
        return rows
    status = read_status(api, state_dir, lang, quiet=True)
    known = [entry["name"] for entry in (*status["connections"], *status["strategies"])]
    if name in known:
        return rows
    meant = next((each for each in known if each.casefold() == name.casefold()), None)
    if meant is None:
        fail(suggest.unknown("connection or strategy", name, known))
    return read_history(api, state_dir, lang, meant, limit, kind=kind, quiet=True)
