"""`test`: each connection once, with what to do about it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

import click

from bf_reconciler.cli import options, reading, suggest
from bf_reconciler.cli.captures import keeping
from bf_reconciler.cli.file_options import FileOptions, file_options
from bf_reconciler.cli.output import fail, leave, note, print_json
from bf_reconciler.cli.run_settings import refusal, settings
from bf_reconciler.facts import Language

if TYPE_CHECKING:
    from rich.console import RenderableType

    from bf_reconciler.cli.captures import Captures
    from bf_reconciler.settings import Settings
    from bf_reconciler.status import Status

WATCH_SECONDS: Final = 10.0
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
@click.option("--watch", is_flag=True, help="Test again every 10 seconds until Ctrl-C.")
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
    watch: bool,
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
    if watch:
        if output == "json" or capture is not None:
            raise click.UsageError("--watch cannot be combined with -o json or --capture")
        _watch(configured, names, verbose=verbose)
    with keeping(capture) as captured, progress() as tell:
        status = _checked(configured, names, tell, captured)
    from bf_reconciler.status import present  # noqa: PLC0415 # help needs no models

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


def _checked(
    configured: "Settings", names: tuple[str, ...], tell: Progress, captured: "Captures | None"
) -> "Status":
    """The status after one test, or the end of the verb."""
    from bf_reconciler.daemon.check import RefusedError, UnknownNameError, check  # noqa: PLC0415 # only when it tests
    from bf_reconciler.daemon.start_error import StartError  # noqa: PLC0415

    try:
        return asyncio.run(check(configured, names, tell, captured))
    except RefusedError as error:
        fail(refusal(error.config, Path(configured.file), configured.language))
    except UnknownNameError as error:
        fail(suggest.unknown("connection", error.name, error.known))
    except StartError as error:
        fail(str(error))


def _watch(configured: "Settings", names: tuple[str, ...], *, verbose: bool) -> NoReturn:
    """Test again and again; what cannot be tested now is shown, and tried again."""
    from bf_reconciler.cli import refresh  # noqa: PLC0415 # help needs no rich
    from bf_reconciler.status import present  # noqa: PLC0415

    language = configured.language

    def picture() -> "RenderableType":
        status = _checked(configured, names, lambda *_: None, None)
        return _table(present(status, language)["connections"], language, verbose=verbose)

    refresh.watch(picture, WATCH_SECONDS)


def _show(rows: list[dict[str, Any]], lang: Language, *, verbose: bool) -> None:
    from bf_reconciler.cli import tables  # noqa: PLC0415 # JSON needs no rich

    tables.show(_table(rows, lang, verbose=verbose))


def _table(rows: list[dict[str, Any]], lang: Language, *, verbose: bool) -> "RenderableType":
    from bf_reconciler.cli import status_tables, tables  # noqa: PLC0415 # JSON needs no rich

    return status_tables.entries(rows, lang) if verbose else tables.connections(rows, lang)


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
