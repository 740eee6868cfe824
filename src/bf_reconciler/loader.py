"""Committed bytes to entries: checked without a key, decrypted, and checked again."""

import asyncio
import os
from dataclasses import dataclass, replace

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
    """Read one file of a folder by itself. It never raises for what stands in it.

    Its text becomes a tree once, and its entries are checked once: with the key, or without where
    it cannot be decrypted.
    """
    composed = await asyncio.to_thread(document.compose_text, committed, rules)
    if isinstance(composed, tuple):
        return Loaded(None, composed)

    async def read(
        decrypted: dict[str, object] | None, *, head_alone: bool = False
    ) -> Document | tuple[Problem, ...]:
        return await asyncio.to_thread(
            document.read_composed,
            composed,
            decrypted,
            rules,
            allow_plaintext=allow_plaintext,
            in_folder=True,
            head_alone=head_alone,
        )

    head = await read(None, head_alone=True)
    if isinstance(head, tuple):
        return Loaded(None, head)
    if head.refused or (not head.encrypted and allow_plaintext):
        return _loaded(await read(None))
    try:
        _require_encrypted(encrypted=head.encrypted)
        decrypted = await sops.decrypt(committed, settings)
    except ConfigError as error:
        offline = _loaded(await read(None)).readable
        return Loaded(None, (problem_of(error),), offline, error)
    found = _loaded(await read(decrypted))
    if found.document is None:
        return replace(found, readable=_loaded(await read(None)).readable)
    return found


def _loaded(read: Document | tuple[Problem, ...]) -> Loaded:
    if isinstance(read, tuple):
        return Loaded(None, read)
    if read.refused:
        return Loaded(None, read.problems, read)
    return Loaded(read, readable=read)


def processors() -> int:
    """How many files are decrypted at once: as many as there are cores."""
    return os.cpu_count() or 1


def problem_of(error: ConfigError, file: str = "") -> Problem:
    """An error as a problem of the file."""
    place = error.line or 0, error.column or 0
    return Problem(*place, "", error.message, "error", error.reason, file)


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
