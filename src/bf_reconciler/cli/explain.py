"""`explain`: why one connection or strategy is as it is, from the file to the remedy."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from bf_reconciler.cli import completions, options, suggest
from bf_reconciler.cli.api import Api
from bf_reconciler.cli.output import fail, print_json
from bf_reconciler.facts import Language

if TYPE_CHECKING:
    from bf_reconciler.cli.explanation import Kind

PLURALS = {"connections": "connection", "strategies": "strategy"}


@click.command("explain")
@click.argument("target", metavar="KIND/NAME", shell_complete=completions.of_entries)
@click.option("--stolen", is_flag=True, help="Show what a thief of its key has, and what to do.")
@options.url_option
@options.token_option
@options.state_option
@options.output_option
@options.lang_option
def command(
    *,
    target: str,
    stolen: bool,
    url: str | None,
    token_file: Path | None,
    state_dir: Path | None,
    output: Literal["table", "json"],
    lang: Language,
) -> None:
    """Explain why connection/NAME or strategy/NAME is as it is.

    Shows one chain: file, line and commit, declared fields, the last test and its answers, each
    condition, the policy, what the engine was told and confirmed, and what to do. A NAME alone
    will do where only one entry has it.

    With --stolen: if this key is stolen, what a thief can do with it and what not, from which
    addresses, with which capital, which keys are stolen with it, and what to do in which order.

    Reads from the daemon at --url. If none answers, reads its journal in --state-dir.
    """
    from bf_reconciler.cli import explanation  # noqa: PLC0415 # help needs no models
    from bf_reconciler.cli.status_source import read_evidence, read_status, read_stolen  # noqa: PLC0415

    kinds, name = _wanted(target)
    if stolen and "connection" in kinds:
        kinds = ["connection"]
    api = Api.of(url, token_file)
    status = read_status(api, state_dir, lang)
    kind, row = _entry(status, kinds, name)
    connection = row["name"] if kind == "connection" else row["connection"]
    if stolen:
        _stolen(read_stolen(api, state_dir, lang, connection), output, lang)
        return
    evidence = read_evidence(api, state_dir, lang, connection)
    found = explanation.explain(status, evidence, kind, row)
    if output == "json":
        print_json(found)
        return
    from bf_reconciler.cli import explain_text, tables  # noqa: PLC0415 # JSON needs no rich

    tables.show(explain_text.text(found, lang))


def _stolen(found: dict[str, Any], output: Literal["table", "json"], lang: Language) -> None:
    if output == "json":
        print_json(found)
        return
    from bf_reconciler.cli import stolen_text, tables  # noqa: PLC0415 # JSON needs no rich

    tables.show(stolen_text.text(found, lang))


def _wanted(target: str) -> tuple[list["Kind"], str]:
    """Of which kinds, and the name; or the end of the verb."""
    from bf_reconciler.cli.explanation import KINDS  # noqa: PLC0415 # help needs no models

    given, slash, name = target.rpartition("/")
    word = PLURALS.get(given.casefold(), given.casefold())
    kinds = [kind for kind in KINDS if not slash or kind == word]
    if not kinds or not name:
        near = suggest.meant(given, KINDS)
        more = f"; did you mean {near}/{name}?" if near and name else ""
        raise click.UsageError(f"connection/NAME or strategy/NAME is expected, not {target}{more}")
    return kinds, name


def _entry(status: dict[str, Any], kinds: list["Kind"], name: str) -> tuple["Kind", dict[str, Any]]:
    """The entry that is meant; or the end of the verb."""
    from bf_reconciler.cli.explanation import of, rows  # noqa: PLC0415 # help needs no models

    hits = [(kind, row) for kind in kinds if (row := of(status, kind, name))]
    if len(hits) > 1:
        fail(f"{name} is a connection and a strategy; write connection/{name} or strategy/{name}")
    if not hits:
        known = [row["name"] for kind in kinds for row in rows(status, kind)]
        fail(suggest.unknown(" or ".join(kinds), name, known))
    return hits[0]
