"""Runs sops on the bytes of a file, and turns its answer into a document or a reason."""

import json
from typing import Any

from bf_reconciler.facts.config import ConfigError, ConfigReason
from bf_reconciler.sops.child import Finished, Overflow, run
from bf_reconciler.sops.environment import environment
from bf_reconciler.sops.failures import classify, failed, refine
from bf_reconciler.sops.metadata import mac_only_encrypted
from bf_reconciler.sops.settings import SopsSettings


async def decrypt(committed: bytes, settings: SopsSettings) -> dict[str, Any]:
    """Decrypt exactly these bytes and return the document as plain values.

    It keeps nothing between calls: the caller decides by the content's digest whether to call
    at all, and may simply call again with the same bytes when ``error.transient``.

    Raises:
        ConfigError: with our own sentence; no word of sops, for a value can stand in it.
    """
    return understand(await _decrypted(committed, "json", settings), committed)


async def decrypt_text(committed: bytes, settings: SopsSettings) -> bytes:
    """Decrypt exactly these bytes and return the text as `sops edit` shows it.

    Raises:
        ConfigError: as ``decrypt`` does.
    """
    finished = await _decrypted(committed, "yaml", settings)
    if finished.returncode:
        raise _failure(finished, committed)
    return finished.stdout


async def _decrypted(committed: bytes, form: str, settings: SopsSettings) -> Finished:
    refuse(committed)
    try:
        return await run(
            [str(settings.binary), "decrypt", "--input-type", "yaml", "--output-type", form],
            committed,
            environ=environment(settings),
            timeout=settings.timeout,
            max_output=settings.max_output,
        )
    except TimeoutError:
        message = f"sops did not finish within {settings.timeout:g} seconds"
        raise ConfigError(ConfigReason.DECRYPTION_TIMEOUT, message, transient=True) from None
    except Overflow:
        message = "the decrypted document is too large"
        raise ConfigError(ConfigReason.FILE_TOO_LARGE, message) from None
    except OSError:
        message = "the sops binary cannot be run"
        raise ConfigError(ConfigReason.DECRYPTION_TOOL_MISSING, message) from None


def refuse(committed: bytes) -> None:
    """Refuse what sops would take and we do not."""
    if not committed.strip():
        raise ConfigError(ConfigReason.NOT_ENCRYPTED, "the file is empty")
    if mac_only_encrypted(committed):
        message = "mac_only_encrypted is set, so unencrypted values could be changed unnoticed"
        raise ConfigError(ConfigReason.MAC_ONLY_ENCRYPTED, message)


def understand(finished: Finished, committed: bytes) -> dict[str, Any]:
    """Turn the end of sops into the document, or into the reason why there is none."""
    if finished.returncode:
        raise _failure(finished, committed)
    try:
        document = json.loads(finished.stdout)
    except (ValueError, RecursionError):  # its text quotes what it could not read
        document = None
    if not isinstance(document, dict):
        message = "the output of sops is not a document"
        raise ConfigError(ConfigReason.DECRYPTION_FAILED, message) from None
    return document


def _failure(finished: Finished, committed: bytes) -> ConfigError:
    reason, transient = classify(finished.returncode, finished.stderr)
    reason = refine(reason, finished.stderr, committed)
    return failed(reason, finished.returncode, finished.stderr, transient=transient)
