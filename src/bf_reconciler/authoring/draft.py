"""An encrypted file as text for an editor, and back: checked, sealed, never lost."""

import asyncio
import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bf_reconciler import document, sops
from bf_reconciler.facts import ConfigError, ConfigReason, Problem, Rules
from bf_reconciler.seals import sealed
from bf_reconciler.sops import SopsSettings

SEAL_LINE: Final = re.compile(rb"^seal:.*\n?", re.MULTILINE)
ABOUT_PLAIN_TEXT: Final = frozenset({ConfigReason.PLAINTEXT_SECRET, ConfigReason.NOT_SEALED})
"""What is said of every text that is not encrypted yet."""
HOLDERS: Final = ("secret", "seal", "token", "password")
"""Names one of which the rules of a file encrypt."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong with a text. ``usable``: if only entries are wrong, it may be saved."""

    problems: tuple[Problem, ...]
    usable: bool

    @property
    def errors(self) -> Sequence[Problem]:
        return [problem for problem in self.problems if problem.severity == "error"]


async def opened(content: bytes, settings: SopsSettings) -> bytes:
    """The decrypted text without its seal, which is written anew.

    Raises:
        ConfigError: it cannot be decrypted.
    """
    return SEAL_LINE.sub(b"", await sops.decrypt_text(content, settings))


def check(text: bytes, rules: Rules) -> Checked:
    """What `validate` would say of it, at the lines of this text."""
    parsed = document.parse(text, {}, rules, allow_plaintext=True)
    problems = tuple(p for p in parsed.problems if p.reason not in ABOUT_PLAIN_TEXT)
    return Checked(problems, usable=not parsed.refused)


async def saved(content: bytes, text: bytes, settings: SopsSettings, rules: Rules) -> bytes:
    """The encrypted file with this text, sealed. What did not change is not encrypted anew.

    Raises:
        ConfigError: it cannot be encrypted or sealed.
    """
    changed = await asyncio.to_thread(sops.replace_text, content, text, settings)
    return await sealed(changed, settings, rules)


async def kept(content: bytes, text: bytes, settings: SopsSettings) -> bytes:
    """The text as it is, right or wrong, encrypted for those who can read the file.

    Raises:
        ConfigError: it cannot be encrypted.
    """
    for name in HOLDERS:
        holder = f"{name}: {base64.b64encode(text).decode()}\n".encode()
        found = await asyncio.to_thread(sops.replace_text, content, holder, settings)
        if found.startswith(f"{name}: ENC[".encode()):
            return found
    message = "the rules of the file do not encrypt what would be kept"
    raise ConfigError(ConfigReason.NOT_ENCRYPTED, message)


async def restored(content: bytes, settings: SopsSettings) -> bytes:
    """The text that was kept.

    Raises:
        ConfigError: it cannot be decrypted, or is something else.
    """
    found = await sops.decrypt(content, settings)
    try:
        (held,) = (found[name] for name in HOLDERS if name in found)
        return base64.b64decode(held, validate=True)
    except (ValueError, TypeError, binascii.Error):
        message = "it was not written by `bf-reconciler edit`"
        raise ConfigError(ConfigReason.INVALID_DOCUMENT, message) from None
