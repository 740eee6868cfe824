"""Runs sops on the bytes of a file, and turns its answer into a document or a reason."""

import json
from collections.abc import Mapping
from typing import Any

from bf_reconciler.facts.config import ConfigError, ConfigReason
from bf_reconciler.sops.child import Finished, Overflow, run
from bf_reconciler.sops.environment import environment, find_binary
from bf_reconciler.sops.failures import cannot_be_run, classify, explain, failed, refine
from bf_reconciler.sops.metadata import mac_only_encrypted
from bf_reconciler.sops.settings import SopsSettings


async def decrypt(committed: bytes, settings: SopsSettings) -> dict[str, Any]:
    """Decrypt exactly these bytes and return the document as plain values.

    It keeps nothing between calls: the caller decides by the content's digest whether to call
    at all, and may simply call again with the same bytes when ``error.transient``.

    Raises:
        ConfigError: with our own sentence; no word of sops, for a value can stand in it.
    """
    refuse(committed)
    binary = find_binary(settings.binary, settings.environ)
    try:
        finished = await run(
            [str(binary), "decrypt", "--input-type", "yaml", "--output-type", "json"],
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
        raise cannot_be_run(binary) from None
    return understand(finished, committed, settings.environ)


def refuse(committed: bytes) -> None:
    """Refuse what sops would take and we do not."""
    if not committed.strip():
        raise ConfigError(ConfigReason.NOT_ENCRYPTED, "the file is empty")
    if mac_only_encrypted(committed):
        message = "mac_only_encrypted is set, so unencrypted values could be changed unnoticed"
        raise ConfigError(ConfigReason.MAC_ONLY_ENCRYPTED, message)


def understand(finished: Finished, committed: bytes, environ: Mapping[str, str]) -> dict[str, Any]:
    """Turn the end of sops into the document, or into the reason why there is none."""
    if finished.returncode:
        reason, transient = classify(finished.returncode, finished.stderr)
        reason = refine(reason, finished.stderr, committed)
        detail = explain(reason, finished.stderr, environ)
        raise failed(
            reason, finished.returncode, finished.stderr, transient=transient, detail=detail
        )
    try:
        document = json.loads(finished.stdout)
    except (ValueError, RecursionError):  # its text quotes what it could not read
        document = None
    if not isinstance(document, dict):
        message = "the output of sops is not a document"
        raise ConfigError(ConfigReason.DECRYPTION_FAILED, message) from None
    return document
