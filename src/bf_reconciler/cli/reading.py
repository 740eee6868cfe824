"""How a verb reads FILE: as the daemon does, and without its key where that is not asked for."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bf_reconciler.cli.file_options import FileOptions
from bf_reconciler.cli.journals import NoJournal, journal
from bf_reconciler.cli.output import fail
from bf_reconciler.dumps import forbid_dumps

if TYPE_CHECKING:
    from bf_reconciler.document import Parsed
    from bf_reconciler.facts import ConfigError
    from bf_reconciler.sops import SopsSettings


def content(file: Path, chosen: FileOptions) -> bytes:
    """The whole content of a regular file of bearable size, or the end of the verb."""
    from bf_reconciler.facts import ConfigError  # noqa: PLC0415 # help needs no source
    from bf_reconciler.source import present, require_signed  # noqa: PLC0415

    forbid_dumps()
    try:
        found = present(str(file))
        if chosen.trusted_signers is not None:
            require_signed(found.real, found.data, chosen.trusted_signers)
    except ConfigError as error:
        fail(error.message if str(file) in error.message else f"{file}: {error.message}")
    return found.data


def parse(
    committed: bytes, chosen: FileOptions, *, decrypt: bool
) -> tuple["Parsed", "ConfigError | None"]:
    """What can be told of these bytes, and why they are not decrypted as they should be.

    What is refused without a key never reaches sops.
    """
    from bf_reconciler import document, sops  # noqa: PLC0415 # help needs neither
    from bf_reconciler.facts import ConfigError  # noqa: PLC0415

    rules, plain = chosen.rules, chosen.allow_plaintext
    parsed = document.parse(committed, None, rules, allow_plaintext=plain)
    try:
        encrypted = require_encrypted(committed, allow_plaintext=plain)
        if not encrypted or not decrypt or parsed.refused:
            return parsed, None
        decrypted = asyncio.run(sops.decrypt(committed, sops_settings(chosen)))
    except ConfigError as error:
        return parsed, error
    return document.parse(committed, decrypted, rules, allow_plaintext=plain), None


def sealed_before(state_dir: Path) -> bool:
    """Whether a sealed file was in force in this folder; or the end of the verb."""
    with suppress(NoJournal), journal(state_dir) as found:
        return found.load().status.config.sealed
    return False


def sops_settings(chosen: FileOptions) -> "SopsSettings":
    """How sops is run for these options."""
    from bf_reconciler.sops import SopsSettings  # noqa: PLC0415 # help needs no sops

    forbid_dumps()
    return SopsSettings(chosen.sops_binary, os.environ, services=chosen.rules.services)


def require_encrypted(committed: bytes, *, allow_plaintext: bool) -> bool:
    """Whether it is encrypted as it must be; False where it need not be.

    Raises:
        ConfigError: It must be, and is not, or its end is missing.
    """
    from bf_reconciler import sops  # noqa: PLC0415 # help needs no sops
    from bf_reconciler.facts import ConfigError, ConfigReason  # noqa: PLC0415

    encrypted = sops.is_encrypted(committed)
    if not encrypted and allow_plaintext:
        return False
    if (lost := sops.cut(committed)) is not None:
        message = f"the file is cut: {lost}; take the last whole commit"
        raise ConfigError(ConfigReason.TRUNCATED_FILE, message)
    if not encrypted:
        message = "the file is not encrypted with sops; run `sops encrypt -i FILE`"
        raise ConfigError(ConfigReason.NOT_ENCRYPTED, message)
    if sops.mac_only_encrypted(committed):
        message = "mac_only_encrypted is set, so unencrypted values could be changed unnoticed"
        raise ConfigError(ConfigReason.MAC_ONLY_ENCRYPTED, message)
    return True
