"""Runs sops on the bytes of a file, and turns its answer into a document or a reason."""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from bf_reconciler.facts.config import ConfigError, ConfigReason
from bf_reconciler.sops.child import Finished, Overflow, run
from bf_reconciler.sops.environment import environment, find_binary
from bf_reconciler.sops.failures import cannot_be_run, classify, explain, failed, refine
from bf_reconciler.sops.metadata import MAX_DEPTH, mac_only_encrypted
from bf_reconciler.sops.settings import SopsSettings
from bf_reconciler.sops.version import OLDEST, SUSPECT, require, version_of

NO_JSON = 4
"""How sops ends where it cannot write what it decrypted: JSON knows no infinity."""
UNWRITABLE = "json: unsupported value"


async def decrypt(committed: bytes, settings: SopsSettings) -> dict[str, Any]:
    """Decrypt exactly these bytes and return the document as plain values.

    It keeps nothing between calls: the caller decides by the content's digest whether to call
    at all, and may simply call again with the same bytes when ``error.transient``.

    Raises:
        ConfigError: with our own sentence; no word of sops, for a value can stand in it.
    """
    finished, output = await _decrypted(committed, settings, "json")
    read = READERS[output]
    return await asyncio.to_thread(understand, finished, committed, settings.environ, read)


async def decrypt_text(committed: bytes, settings: SopsSettings) -> bytes:
    """Decrypt exactly these bytes and return the text as `sops edit` shows it.

    Raises:
        ConfigError: as ``decrypt`` does.
    """
    finished, _ = await _decrypted(committed, settings, "yaml")
    if finished.returncode:
        raise await asyncio.to_thread(_failure, finished, committed, settings.environ)
    return finished.stdout


async def _decrypted(committed: bytes, settings: SopsSettings, output: str) -> tuple[Finished, str]:
    """How sops ended, and what it was to write: YAML where JSON could not say it."""
    refuse(committed)
    binary = find_binary(settings.binary, settings.environ)
    finished = await _decrypted_as(output, binary, committed, settings)
    if finished.returncode == NO_JSON and UNWRITABLE in finished.stderr:
        output = "yaml"
        finished = await _decrypted_as(output, binary, committed, settings)
    if finished.returncode and classify(finished.returncode, finished.stderr)[0] in SUSPECT:
        said = await run_sops([str(binary), "--disable-version-check", "--version"], b"", settings)
        require(version_of(said.stdout.decode(errors="replace")), OLDEST)
    return finished, output


async def _decrypted_as(
    output: str, binary: Path, committed: bytes, settings: SopsSettings
) -> Finished:
    words = ("decrypt", "--input-type", "yaml", "--output-type", output)
    return await run_sops([str(binary), *words], committed, settings)


async def run_sops(argv: list[str], content: bytes, settings: SopsSettings) -> Finished:
    """Run sops on these bytes; how it ended.

    Raises:
        ConfigError: it could not be run, did not end, or wrote too much.
    """
    try:
        return await run(
            argv,
            content,
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
        raise cannot_be_run(argv[0]) from None


def refuse(committed: bytes) -> None:
    """Refuse what sops would take and we do not."""
    if not committed.strip():
        raise ConfigError(ConfigReason.NOT_ENCRYPTED, "the file is empty")
    if mac_only_encrypted(committed):
        message = "mac_only_encrypted is set, so unencrypted values could be changed unnoticed"
        raise ConfigError(ConfigReason.MAC_ONLY_ENCRYPTED, message)


def understand(
    finished: Finished,
    committed: bytes,
    environ: Mapping[str, str],
    read: Callable[[bytes], object],
) -> dict[str, Any]:
    """Turn the end of sops into the document, or into the reason why there is none."""
    if finished.returncode:
        raise _failure(finished, committed, environ)
    document = read(finished.stdout)
    if not isinstance(document, dict):
        message = "the output of sops is not a document"
        raise ConfigError(ConfigReason.DECRYPTION_FAILED, message) from None
    return document


def _failure(finished: Finished, committed: bytes, environ: Mapping[str, str]) -> ConfigError:
    reason, transient = classify(finished.returncode, finished.stderr)
    reason = refine(reason, finished.stderr, committed)
    detail = explain(reason, finished.stderr, environ)
    return failed(reason, finished.returncode, finished.stderr, transient=transient, detail=detail)


def from_json(text: bytes) -> object:
    """What sops wrote; None where it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # its text quotes what it could not read
        return None


def from_yaml(text: bytes) -> object:
    """What sops wrote; None where it is no YAML, or nested too deep for PyYAML, which would crash.

    sops quotes what any version of YAML would not read as text, so that texts stay as they are.
    Nothing else is taken from it.
    """
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                return None
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except (ValueError, yaml.YAMLError):
        return None


READERS = {"json": from_json, "yaml": from_yaml}
