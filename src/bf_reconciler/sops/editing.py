"""Writes one value into an encrypted document, with the document's own data key."""

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from bf_reconciler.facts.config import ConfigError, ConfigReason
from bf_reconciler.sops.environment import environment, find_binary
from bf_reconciler.sops.failures import cannot_be_run, classify, explain, failed
from bf_reconciler.sops.settings import SopsSettings
from bf_reconciler.sops.version import SEALING, require, version_of


def set_value(content: bytes, key: str, value: str, settings: SopsSettings) -> bytes:
    """The document with this text at a top-level key. Blocks: call it in a thread.

    Only encrypted bytes touch the disk, in a folder of their own; the value goes in by a pipe.

    Raises:
        ConfigError: sops could not be run, or failed; no word of it is in the message.
    """
    binary = find_binary(settings.binary, settings.environ)
    with TemporaryDirectory(prefix="bf-reconciler-") as folder:
        file = Path(folder, "document.yaml")
        file.write_bytes(content)
        try:
            done = subprocess.run(  # noqa: S603  no shell, and the binary the user chose
                [str(binary), "set", "--value-stdin", str(file), json.dumps([key])],
                input=json.dumps(value).encode(),
                env=environment(settings),
                capture_output=True,
                timeout=settings.timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            message = f"sops did not finish within {settings.timeout:g} seconds"
            raise ConfigError(ConfigReason.DECRYPTION_TIMEOUT, message, transient=True) from None
        except OSError:
            raise cannot_be_run(str(binary)) from None
        if done.returncode:
            said = done.stderr.decode(errors="replace")
            _require_sealing(binary, settings)
            reason, transient = classify(done.returncode, said)
            detail = explain(reason, said, settings.environ)
            raise failed(reason, done.returncode, said, transient=transient, detail=detail)
        return file.read_bytes()


def _require_sealing(binary: Path, settings: SopsSettings) -> None:
    """Say so where it failed because sops is too old."""
    try:
        asked = subprocess.run(  # noqa: S603  no shell, and the binary the user chose
            [str(binary), "--disable-version-check", "--version"],
            env=environment(settings),
            capture_output=True,
            timeout=settings.timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return  # why it failed is told all the same
    require(version_of(asked.stdout.decode(errors="replace")), SEALING)
