"""`test`: each connection once, with what to do about it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import click

from bf_reconciler.cli import options, reading, suggest
from bf_reconciler.cli.captures import keeping
from bf_reconciler.cli.file_options import FileOptions, file_options
from bf_reconciler.cli.output import fail, leave, note, print_json
from bf_reconciler.cli.run_settings import refusal, settings
from bf_reconciler.facts import Language

Progress = Callable[[str, int, int], None]


@click.command("test")
@options.file_argument
@options.connections_argument
@click.option("-v", "--verbose", is_flag=True, help="Show all conditions.")
@click.option(
    "--capture",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Save each response to DIR, redacted, to attach to a report.",
)
@options.state_option
@file_options
@options.output_option
@options.lang_option
def command(  # noqa: PLR0913 # one argument per option
    *,
    file: Path,
    names: tuple[str, ...],
    verbose: bool,
    capture: Path | None,
    state_dir: Path | None,
    chosen: FileOptions,
    output: Literal["table", "json"],
    lang: Language,
) -> None:
    """Test the connections of FILE, or those named, and show how to fix them.

    No order is placed and no strategy is changed. If the journal in --state-dir shows that a sealed
    file was in force, an unsealed FILE is rejected, as by the daemon. Exit code 0: all Online or
    Degraded; 2: some Blocked; 3: some Unreachable and none Blocked; 1: an error, or any problem of
    FILE that is no mere warning.
    """
    if state_dir is not None and reading.sealed_before(state_dir):
        chosen = replace(chosen, require_seal=True)
    configured = settings(file, chosen=chosen, lang=lang)
    from bf_reconciler import daemon  # noqa: PLC0415 # ccxt takes a second: only when it tests
    from bf_reconciler.status import present  # noqa: PLC0415

    try:
        with keeping(capture) as captured, progress() as tell:
            status = asyncio.run(daemon.check(configured, names, tell, captured))
    except daemon.RefusedError as error:
        fail(refusal(error.config, file, lang))
    except daemon.UnknownNameError as error:
        fail(suggest.unknown("connection", error.name, error.known))
    except daemon.StartError as error:
        fail(str(error))
    for problem in status.config.problems:
        note(problem.render(str(file)))
    rows = present(status, lang)["connections"]
    if output == "json":
        print_json({"connections": rows})
    else:
        _show(rows, lang, verbose=verbose)
    wrong = any(problem.severity == "error" for problem in status.config.problems)
    leave(1 if wrong else verdict([row["status"] for row in rows]))


def verdict(states: list[str]) -> int:
    """The exit code of these status words."""
    if "Invalid" in states:
        return 1
    if "Blocked" in states:
        return 2
    return 3 if {"Unreachable", "Pending"} & set(states) else 0


def _show(rows: list[dict[str, Any]], lang: Language, *, verbose: bool) -> None:
    from bf_reconciler.cli import status_tables, tables  # noqa: PLC0415 # JSON needs no rich

    tables.show(status_tables.entries(rows, lang) if verbose else tables.connections(rows, lang))


@contextmanager
def progress() -> Iterator[Progress]:
    """A bar on standard error, where that is a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    from bf_reconciler.cli import tables  # noqa: PLC0415 # help needs no rich

    out = tables.console(error=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
        task = bar.add_task("Testing", total=None)

        def tell(name: str, done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, description=f"Tested {name}")

        yield tell
