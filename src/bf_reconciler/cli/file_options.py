"""The options of every verb that reads FILE: what is demanded of it, and how it opens."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any

from bf_reconciler.cli import options
from bf_reconciler.facts import Rules


@dataclass(frozen=True, slots=True)
class FileOptions:
    """What was given, one field per option."""

    allow_plaintext: bool = False
    require_seal: bool = False
    sops_binary: Path | None = None

    @property
    def rules(self) -> Rules:
        return Rules(require_seal=self.require_seal)


def file_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options, and hand them over together as ``chosen``."""

    @wraps(function)
    def command(**given: Any) -> None:  # noqa: ANN401 # whatever click read
        chosen = FileOptions(**{field.name: given.pop(field.name) for field in fields(FileOptions)})
        function(chosen=chosen, **given)

    added: Callable[..., None] = command
    for add in (options.sops_option, _require_seal, options.plaintext_option):
        added = add(added)
    return added


def _require_seal(function: Callable[..., None]) -> Callable[..., None]:
    return options.option(
        "--require-seal", is_flag=True, help="Refuse a file without a seal, not just warn of it."
    )(function)
