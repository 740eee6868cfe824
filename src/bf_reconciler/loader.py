"""Committed bytes to entries: checked without a key, decrypted, and checked again."""

import asyncio

from bf_reconciler import document, sops
from bf_reconciler.document import Parsed
from bf_reconciler.facts import ConfigError, ConfigReason, Rules
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
    if not offline.encrypted:
        if allow_plaintext:
            return offline
        raise ConfigError(ConfigReason.NOT_ENCRYPTED, "the file is not encrypted with sops")
    decrypted = await sops.decrypt(committed, settings)
    return await _parse(committed, decrypted, rules, allow_plaintext=allow_plaintext)


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
