"""Puts the `next` credentials of a connection in the place of its current ones."""

import asyncio
import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bf_reconciler import sops
from bf_reconciler.document import SEAL
from bf_reconciler.facts import ConfigError, ConfigReason, Rules
from bf_reconciler.loader import load
from bf_reconciler.seals import sealed
from bf_reconciler.sops import SopsSettings

CONNECTIONS: Final = "connections"
CREDENTIALS: Final = "credentials"
NEXT: Final = "next"


class RotationError(Exception):
    """There is nothing to rotate to; the text names no value."""


@dataclass(frozen=True, slots=True)
class Promoted:
    """The encrypted file after the rotation, and whether it is sealed."""

    content: bytes
    sealed: bool


async def promoted(content: bytes, name: str, settings: SopsSettings, rules: Rules) -> Promoted:
    """The same file in which a connection has its next credentials, and no next ones.

    Values go to sops by a pipe; only encrypted bytes touch the disk. The file is sealed anew where
    it was sealed. Whether anything else changed is looked at before it is given back.

    Raises:
        RotationError: The connection has no next credentials, or they are its current ones.
        ConfigError: The file cannot be taken, decrypted or written.
    """
    before = await load(content, settings, rules, allow_plaintext=False)
    if before.refused:
        problem = before.errors[0]
        raise ConfigError(problem.reason, problem.render("FILE"))
    clear = await sops.decrypt(content, settings)
    position, wanted = _wanted(clear, name)
    entry = clear[CONNECTIONS][position]
    changes = list(_changes(entry[CREDENTIALS], entry[NEXT]))
    # In lists sops counts comments as items, so the place is found by looking at what came out.
    for index in range(position, position + content.count(b"#") + 1):
        changed = await _changed(content, (CONNECTIONS, index), changes, settings)
        if changed is not None and _same(await sops.decrypt(changed, settings), wanted):
            good = before.seal == "good"
            after = await sealed(changed, settings, rules) if good else changed
            return Promoted(after, good)
    message = "sops did not put the credentials in their place; the file is as it was"
    raise ConfigError(ConfigReason.INVALID_DOCUMENT, message)


def _wanted(clear: Mapping[str, Any], name: str) -> tuple[int, dict[str, Any]]:
    """Where the connection stands, and the whole document as it is to be."""
    wanted = copy.deepcopy(dict(clear))
    names = [entry.get("name") for entry in wanted[CONNECTIONS]]
    position = names.index(name)
    entry = wanted[CONNECTIONS][position]
    new = entry.pop(NEXT, None)
    if not new:
        raise RotationError(f"{name} has no `next` credentials in the file")
    if new["api_key"] == entry[CREDENTIALS]["api_key"]:
        raise RotationError(f"the `next` credentials of {name} are those of its current key")
    entry[CREDENTIALS] = new
    return position, wanted


def _changes(
    old: Mapping[str, str | None], new: Mapping[str, str | None]
) -> Iterator[tuple[Sequence[str], str | None]]:
    """Each field to set, or None to remove: comments beside them stay."""
    yield from (((CREDENTIALS, field), value) for field, value in new.items())
    yield from (((CREDENTIALS, field), None) for field in old if field not in new)
    yield (NEXT,), None


async def _changed(
    content: bytes,
    entry: tuple[str, int],
    changes: Sequence[tuple[Sequence[str], str | None]],
    settings: SopsSettings,
) -> bytes | None:
    """The document with these changes to an entry; None where sops finds no such place."""
    try:
        for place, value in changes:
            path: tuple[str | int, ...] = (*entry, *place)
            if value is None:
                content = await asyncio.to_thread(sops.unset_value, content, path, settings)
            else:
                content = await asyncio.to_thread(sops.set_value, content, path, value, settings)
    except ConfigError as error:
        if error.transient or error.reason is not ConfigReason.DECRYPTION_FAILED:
            raise
        return None
    return content


def _same(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether both say the same, but for the seal, which is over the old content."""
    return {**found, SEAL: None} == {**wanted, SEAL: None}
