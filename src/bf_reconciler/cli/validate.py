"""`validate`: check a file offline."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import click

from bf_reconciler.cli import folder_reading, options, reading
from bf_reconciler.cli.file_options import FileOptions, file_options
from bf_reconciler.cli.output import leave, print_json, say
from bf_reconciler.facts import Language, Said

if TYPE_CHECKING:
    from bf_reconciler.cli.handling_text import Row
    from bf_reconciler.document import Parsed
    from bf_reconciler.facts import Problem


VALID = Said("valid", "geçerli")
NOT_CHECKED = Said("not decrypted, MAC not checked", "şifresi çözülmedi, MAC denetlenmedi")


@click.command("validate")
@options.file_argument
@click.option("--decrypt", is_flag=True, help="Also decrypt, to check the MAC and every value.")
@file_options
@options.output_option
@options.lang_option
def command(
    *,
    file: Path,
    decrypt: bool,
    chosen: FileOptions,
    output: Literal["table", "json"],
    lang: Language,
) -> None:
    """Check FILE, or all files of a folder, offline: schema, references, encryption and names.

    Decrypts nothing without --decrypt and contacts no exchange. Prints each problem as
    FILE:LINE:COLUMN: path: message, and what to do about each kind; then, for each strategy, which
    of its fields its runtime enforces, passes on or ignores. Exits with code 1 if there are
    errors; warnings do not count.
    """
    check = _checked_folder if folder_reading.is_folder(file) else _checked
    checked = check(file, chosen, decrypt=decrypt)
    problems = checked.problems
    errors = [problem for problem in problems if problem.severity == "error"]
    if output == "json":
        valid = {"valid": not errors, "decrypted": checked.decrypted}
        handling = {name: row for name, _, row in checked.handling}
        told = {"problems": shown(problems), "handling": handling}
        print_json({"file": str(file)} | valid | told)
    else:
        for problem in problems:
            say(problem.render(str(file)))
        for advice in _advice(problems, lang):
            say(f"→ {advice}")
        from bf_reconciler.cli.handling_text import of_strategies  # noqa: PLC0415 # as above

        for line in of_strategies(checked.handling, lang):
            say(line)
        if not errors:
            unchecked = checked.encrypted and not checked.decrypted
            more = f" ({NOT_CHECKED.in_(lang)})" if unchecked else ""
            say(f"{file}: {VALID.in_(lang)}{more}")
    leave(1 if errors else 0)


class _Checked(NamedTuple):
    problems: list["Problem"]
    encrypted: bool
    decrypted: bool
    handling: "tuple[tuple[str, str, Row], ...]" = ()
    """Of each good strategy: its name, the type of its runtime, what that does with its fields."""


def _checked(file: Path, chosen: FileOptions, *, decrypt: bool) -> _Checked:
    from bf_reconciler.facts import ConfigReason, Problem  # noqa: PLC0415 # help needs no models
    from bf_reconciler.source import last_change  # noqa: PLC0415

    committed = reading.content(file, chosen)
    parsed, error = reading.parse(committed, chosen, decrypt=decrypt)
    if error is None:
        return _Checked(
            [*parsed.problems],
            parsed.encrypted,
            parsed.encrypted and decrypt,
            tuple(_handling(parsed)),
        )
    if error.reason is ConfigReason.INTEGRITY_CHECK_FAILED:
        error = error.at(last_change(os.path.realpath(file), committed))
    place = (error.line or 0, error.column or 0)
    first = Problem(*place, "", error.message, "error", error.reason)
    return _Checked([first, *parsed.problems], parsed.encrypted, decrypted=False)


def _checked_folder(folder: Path, chosen: FileOptions, *, decrypt: bool) -> _Checked:
    parsed = folder_reading.parse(folder, chosen, decrypt=decrypt)
    decrypted = parsed.encrypted and decrypt
    return _Checked([*parsed.problems], parsed.encrypted, decrypted, tuple(_handling(parsed)))


def _handling(parsed: "Parsed") -> "Iterator[tuple[str, str, Row]]":
    from bf_reconciler.document import declared  # noqa: PLC0415 # help needs no models
    from bf_reconciler.spec import handled  # noqa: PLC0415

    runtimes = {runtime.name: runtime for runtime in parsed.runtimes}
    for strategy, _ in parsed.strategies:
        runtime = runtimes[strategy.runtime]
        shown = declared(strategy, parsed.sealed.get(("strategies", strategy.name), ()))
        fields = handled(shown, runtime.handling)
        row = {name: what._asdict() for name, what in fields.items()}
        yield strategy.name, runtime.type, row


def _advice(problems: Iterable["Problem"], lang: Language) -> Iterator[str]:
    """What to do, once for each reason. Wrong entries say so themselves."""
    from bf_reconciler.facts import CONFIG_ADVICE, ConfigReason  # noqa: PLC0415 # help needs none

    for reason in dict.fromkeys(problem.reason for problem in problems):
        if reason is not ConfigReason.INVALID_DOCUMENT:
            yield CONFIG_ADVICE[reason][lang].remedy


def shown(problems: Iterable["Problem"]) -> list[dict[str, Any]]:
    """Problems as JSON."""
    return [
        {
            "file": problem.file,
            "line": problem.line,
            "column": problem.column,
            "path": problem.path,
            "message": problem.message,
            "severity": problem.severity,
            "reason": str(problem.reason),
        }
        for problem in problems
    ]
