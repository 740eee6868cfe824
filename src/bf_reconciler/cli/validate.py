"""`validate`: check a file offline."""

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from bf_reconciler.cli import options
from bf_reconciler.cli.output import fail, leave, print_json, say

if TYPE_CHECKING:
    from bf_reconciler.facts import Problem


@click.command("validate")
@options.file_argument
@click.option("--decrypt", is_flag=True, help="Also decrypt, to check the MAC and every value.")
@options.plaintext_option
@options.sops_option
@options.output_option
def command(
    *,
    file: Path,
    decrypt: bool,
    allow_plaintext: bool,
    sops_binary: Path | None,
    output: Literal["table", "json"],
) -> None:
    """Check FILE offline: schema, references, encryption and names.

    Decrypts nothing without --decrypt and contacts no exchange. Prints each problem as
    FILE:LINE:COLUMN: path: message. Exits with code 1 if there are errors; warnings do not count.
    """
    try:
        committed = file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror or type(error).__name__}")
    problems = _problems(committed, sops_binary, decrypt=decrypt, allow_plaintext=allow_plaintext)
    errors = [problem for problem in problems if problem.severity == "error"]
    if output == "json":
        print_json({"file": str(file), "valid": not errors, "problems": shown(problems)})
    else:
        for problem in problems:
            say(problem.render(str(file)))
        if not errors:
            say(f"{file}: valid")
    leave(1 if errors else 0)


def _problems(
    committed: bytes, sops_binary: Path | None, *, decrypt: bool, allow_plaintext: bool
) -> list["Problem"]:
    from bf_reconciler import document  # noqa: PLC0415 # help needs no models
    from bf_reconciler.facts import ConfigError, Problem  # noqa: PLC0415

    found: list[Problem] = []
    decrypted: dict[str, Any] | None = None
    try:
        decrypted = clear(committed, sops_binary, decrypt=decrypt, allow_plaintext=allow_plaintext)
    except ConfigError as error:
        place = (error.line or 0, error.column or 0)
        found.append(Problem(*place, "", error.message, "error", error.reason))
    parsed = document.parse(committed, decrypted, allow_plaintext=allow_plaintext)
    return [*found, *parsed.problems]


def clear(
    committed: bytes, sops_binary: Path | None, *, decrypt: bool, allow_plaintext: bool
) -> dict[str, Any] | None:
    """The decrypted file where that was asked for.

    Raises:
        ConfigError: it is not encrypted as it must be, or cannot be decrypted.
    """
    from bf_reconciler import sops  # noqa: PLC0415 # help needs no sops
    from bf_reconciler.facts import ConfigError, ConfigReason  # noqa: PLC0415

    if not sops.is_encrypted(committed):
        if allow_plaintext:
            return None
        message = "the file is not encrypted with sops; run `sops encrypt -i FILE`"
        raise ConfigError(ConfigReason.NOT_ENCRYPTED, message)
    if sops.mac_only_encrypted(committed):
        message = "mac_only_encrypted is set, so unencrypted values could be changed unnoticed"
        raise ConfigError(ConfigReason.MAC_ONLY_ENCRYPTED, message)
    if not decrypt:
        return None
    binary = sops.find_binary(sops_binary, os.environ)
    return asyncio.run(sops.decrypt(committed, sops.SopsSettings(binary, os.environ)))


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
