"""Encrypts a new document by the rules of a .sops.yaml: bytes in, bytes out."""

from pathlib import Path

from bf_reconciler.facts.config import ConfigError, ConfigReason
from bf_reconciler.sops.decryption import run_sops
from bf_reconciler.sops.environment import find_binary
from bf_reconciler.sops.settings import SopsSettings


async def encrypt(plain: bytes, rules: Path, name: str, settings: SopsSettings) -> bytes:
    """Encrypt these bytes as the rules say for a file of this name. Nothing is on disk.

    Raises:
        ConfigError: with our own sentence; no word of sops, for a value can stand in it.
    """
    binary = find_binary(settings.binary, settings.environ)
    argv = [str(binary), "--config", str(rules), "encrypt", "--filename-override", name]
    types = ["--input-type", "yaml", "--output-type", "yaml"]
    finished = await run_sops([*argv, *types], plain, settings)
    if finished.returncode:
        message = f"sops could not encrypt: exit code {finished.returncode}"
        raise ConfigError(ConfigReason.NOT_ENCRYPTED, message)
    return finished.stdout
