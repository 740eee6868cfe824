"""Encrypts a new document by the rules of a .sops.yaml: bytes in, bytes out."""

from pathlib import Path

from bf_reconciler.facts.config import ConfigError, ConfigReason
from bf_reconciler.sops.child import Overflow, run
from bf_reconciler.sops.environment import environment
from bf_reconciler.sops.settings import SopsSettings


async def encrypt(plain: bytes, rules: Path, name: str, settings: SopsSettings) -> bytes:
    """Encrypt these bytes as the rules say for a file of this name. Nothing is on disk.

    Raises:
        ConfigError: with our own sentence; no word of sops, for a value can stand in it.
    """
    argv = [str(settings.binary), "--config", str(rules), "encrypt", "--filename-override", name]
    try:
        finished = await run(
            [*argv, "--input-type", "yaml", "--output-type", "yaml"],
            plain,
            environ=environment(settings),
            timeout=settings.timeout,
            max_output=settings.max_output,
        )
    except TimeoutError:
        message = f"sops did not finish within {settings.timeout:g} seconds"
        raise ConfigError(ConfigReason.DECRYPTION_TIMEOUT, message, transient=True) from None
    except (Overflow, OSError):
        message = "the sops binary cannot be run"
        raise ConfigError(ConfigReason.DECRYPTION_TOOL_MISSING, message) from None
    if finished.returncode:
        message = f"sops could not encrypt: exit code {finished.returncode}"
        raise ConfigError(ConfigReason.NOT_ENCRYPTED, message)
    return finished.stdout
