"""`validate`: check a file offline."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from bf_reconciler.cli import options, reading
from bf_reconciler.cli.file_options import FileOptions, file_options
from bf_reconciler.cli.output import leave, print_json, say

if TYPE_CHECKING:
    from bf_reconciler.facts import Problem


@click.command("validate")
@options.file_argument
@click.option("--decrypt", is_flag=True, help="Also decrypt, to check the MAC and every value.")
@file_options
@options.output_option
def command(
    *,
    file: Path,
    decrypt: bool,
    chosen: FileOptions,
    output: Literal["table", "json"],
) -> None:
    """Check FILE offline: schema, references, encryption and names.

    Decrypts nothing without --decrypt and contacts no exchange. Prints each problem as
    FILE:LINE:COLUMN: path: message. Exits with code 1 if there are errors; warnings do not count.
    """
    problems = _problems(file, chosen, decrypt=decrypt)
    errors = [problem for problem in problems if problem.severity == "error"]
    if output == "json":
        print_json({"file": str(file), "valid": not errors, "problems": shown(problems)})
    else:
        for problem in problems:
            say(problem.render(str(file)))
        if not errors:
            say(f"{file}: valid")
    leave(1 if errors else 0)


def _problems(file: Path, chosen: FileOptions, *, decrypt: bool) -> list["Problem"]:
    from bf_reconciler.facts import ConfigReason, Problem  # noqa: PLC0415 # help needs no models
    from bf_reconciler.source import last_change  # noqa: PLC0415

    committed = reading.content(file, chosen)
    parsed, error = reading.parse(committed, chosen, decrypt=decrypt)
    if error is None:
        return [*parsed.problems]
    if error.reason is ConfigReason.INTEGRITY_CHECK_FAILED:
        error = error.at(last_change(os.path.realpath(file), committed))
    place = (error.line or 0, error.column or 0)
    return [Problem(*place, "", error.message, "error", error.reason), *parsed.problems]


def shown(problems: Iterable["Problem"]) -> list[dict[str, Any]]:
    """Problems as JSON."""
    return [
        {
            "line": problem.line,
            "column": problem.column,
            "path": problem.path,
            "message": problem.message,
            "severity": problem.severity,
            "reason": str(problem.reason),
        }
        for problem in problems
    ]
