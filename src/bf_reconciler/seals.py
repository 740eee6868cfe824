"""Seals a file: the digest over its whole content, written through sops with its own data key."""

import asyncio
import os
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from bf_reconciler import sops
from bf_reconciler.document import SEAL, Parsed
from bf_reconciler.facts import DEFAULT_RULES, ConfigError, ConfigReason, Rules, system_words
from bf_reconciler.loader import load
from bf_reconciler.sops import SopsSettings
from bf_reconciler.source import present

OF_SEALS: Final = frozenset({ConfigReason.SEAL_MISMATCH, ConfigReason.NOT_SEALED})
PASSES: Final = 3
"""sops writes dates and numbers its own way, once: the second seal is over what it wrote."""
UNCOVERED: Final = (
    "the seal would not be encrypted: add `seal` to encrypted_regex in"
    " .sops.yaml, then run `sops decrypt FILE | sops encrypt --filename-override FILE > NEW`,"
    " put NEW in its place, and seal that"
)


async def seal_file(path: Path, settings: SopsSettings, rules: Rules = DEFAULT_RULES) -> bool:
    """Give a file the seal that belongs to it; returns whether it had another or none.

    Raises:
        ConfigError: It cannot be sealed, and is as it was.
    """
    content = await asyncio.to_thread(present, str(path))
    after = await sealed(content.data, settings, rules)
    if after == content.data:
        return False
    await asyncio.to_thread(replace_file, path, content.data, after)
    return True


async def sealed(content: bytes, settings: SopsSettings, rules: Rules = DEFAULT_RULES) -> bytes:
    """The same encrypted document, with the seal that belongs to it.

    Raises:
        ConfigError: It cannot be decrypted or taken, or its rules do not encrypt the seal.
    """
    written = False
    for _ in range(PASSES):
        parsed = await load(content, settings, rules, allow_plaintext=False)
        if parsed.seal == "good":
            return content
        _require_sealable(parsed)
        if written and any(p.reason is ConfigReason.NOT_SEALED for p in parsed.errors):
            raise ConfigError(ConfigReason.NOT_SEALED, UNCOVERED)
        content = await asyncio.to_thread(sops.set_value, content, (SEAL,), parsed.digest, settings)
        written = True
    raise ConfigError(ConfigReason.SEAL_MISMATCH, "the seal does not match after it was written")


def _require_sealable(parsed: Parsed) -> None:
    wrong = [problem for problem in parsed.errors if problem.reason not in OF_SEALS]
    if parsed.refused and wrong:
        first = wrong[0]
        message = f"{first.render('FILE')}; run `bf-reconciler validate FILE` to see all"
        raise ConfigError(first.reason, message)


def replace_file(path: Path, before: bytes, after: bytes) -> None:
    """Put the new content in place of the old, whole or not at all. Blocks.

    Raises:
        ConfigError: It cannot be written, or somebody else changed it meanwhile.
    """
    real = Path(os.path.realpath(path))
    try:
        handle, name = mkstemp(prefix=f".{real.name}.", dir=real.parent)
        try:
            with open(handle, "wb") as file:  # noqa: PTH123  a descriptor
                os.fchmod(handle, real.stat().st_mode & 0o777)
                file.write(after)
                file.flush()
                os.fsync(handle)
            _require_same(path, before)
            Path(name).replace(real)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        words = system_words(error)
        message = f"the file cannot be written: {words}"
        raise ConfigError(ConfigReason.FILE_UNREADABLE, message) from None


def _require_same(path: Path, before: bytes) -> None:
    if present(str(path)).data != before:
        message = "the file was changed meanwhile, and nothing was written; try again"
        raise ConfigError(ConfigReason.FILE_CHANGING, message)
