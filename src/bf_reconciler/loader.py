"""Committed bytes to entries: checked without a key, decrypted, and checked again."""

import asyncio
import os
from dataclasses import dataclass

from bf_reconciler import document, sops
from bf_reconciler.document import Document, Parsed
from bf_reconciler.facts import ConfigError, ConfigReason, Problem, Rules
from bf_reconciler.sops import SopsSettings


async def load(
    committed: bytes, settings: SopsSettings, rules: Rules, *, allow_plaintext: bool
) -> Parsed:
    """Read a file as the daemon does. What is refused without a key never reaches sops.

    Raises:
        ConfigError: It is not encrypted, or cannot be decrypted.
    """
    offline = await _parse(committed, None, rules, allow_plaintext=allow_plaintext)
    if offline.refused:
        return offline
    if not offline.encrypted and allow_plaintext:
        return offline
    _require_encrypted(encrypted=offline.encrypted)
    decrypted = await sops.decrypt(committed, settings)
    return await _parse(committed, decrypted, rules, allow_plaintext=allow_plaintext)


def _require_encrypted(*, encrypted: bool) -> None:
    if not encrypted:
        raise ConfigError(ConfigReason.NOT_ENCRYPTED, "the file is not encrypted with sops")


@dataclass(frozen=True, slots=True)
class Loaded:
    """One file of a folder. ``document`` is what can be taken; None is nothing.

    ``readable``: what can be told of it without its key, whatever is wrong. ``error``: why it was
    not decrypted.
    """

    document: Document | None
    problems: tuple[Problem, ...] = ()
    readable: Document | None = None
    error: ConfigError | None = None


async def load_document(
    committed: bytes, settings: SopsSettings, rules: Rules, *, allow_plaintext: bool
) -> Loaded:
    """Read one file of a folder by itself. It never raises for what stands in it."""
    offline = await _read(committed, None, rules, allow_plaintext=allow_plaintext)
    if isinstance(offline, tuple):
        return Loaded(None, offline)
    if offline.refused:
        return Loaded(None, offline.problems, offline)
    if not offline.encrypted and allow_plaintext:
        return Loaded(offline, readable=offline)
    try:
        _require_encrypted(encrypted=offline.encrypted)
        decrypted = await sops.decrypt(committed, settings)
    except ConfigError as error:
        return Loaded(None, (problem_of(error),), offline, error)
    found = await _read(committed, decrypted, rules, allow_plaintext=allow_plaintext)
    if isinstance(found, tuple) or found.refused:
        return Loaded(None, found if isinstance(found, tuple) else found.problems, offline)
    return Loaded(found, readable=found)


def processors() -> int:
    """How many files are decrypted at once: as many as there are cores."""
    return os.cpu_count() or 1


def problem_of(error: ConfigError, file: str = "") -> Problem:
    """An error as a problem of the file."""
    place = error.line or 0, error.column or 0
    return Problem(*place, "", error.message, "error", error.reason, file)


async def _read(
    committed: bytes,
    decrypted: dict[str, object] | None,
    rules: Rules,
    *,
    allow_plaintext: bool,
) -> Document | tuple[Problem, ...]:
    return await asyncio.to_thread(
        document.read_document,
        committed,
        decrypted,
        rules,
        allow_plaintext=allow_plaintext,
        in_folder=True,
    )


async def _parse(
    committed: bytes,
    decrypted: dict[str, object] | None,
    rules: Rules,
    *,
    allow_plaintext: bool,
) -> Parsed:
    return await asyncio.to_thread(
        document.parse, committed, decrypted, rules, allow_plaintext=allow_plaintext
    )
