"""Which environment variables sops gets, and where its binary is."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from bf_reconciler.facts.config import ConfigError, ConfigReason

NAMES = frozenset(
    {
        "PATH",
        "HOME",
        "XDG_CONFIG_HOME",  # sops/age/keys.txt is looked up there, then under HOME
        "GNUPGHOME",
        "TZ",
        "SOPS_DECRYPTION_ORDER",
        "SOPS_KEYSERVICE",
        "SOPS_ENABLE_LOCAL_KEYSERVICE",
        "GCE_METADATA_HOST",
        "IDENTITY_ENDPOINT",  # Azure's managed identity
        "IDENTITY_HEADER",
        "IMDS_ENDPOINT",
        "MSI_ENDPOINT",
        "MSI_SECRET",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
    }
)
PREFIXES = (
    "SOPS_AGE_",
    "SOPS_KMS_",
    "SOPS_GCP_",
    "SOPS_AZURE_",
    "SOPS_VAULT_",
    "SOPS_HUAWEICLOUD_",
    "AWS_",
    "GOOGLE_",
    "CLOUDSDK_",
    "AZURE_",
    "VAULT_",
    "HUAWEICLOUD_",
)
COMMANDS = frozenset({"SOPS_AGE_KEY_CMD", "SOPS_AGE_SSH_PRIVATE_KEY_CMD", "SOPS_GPG_EXEC"})
"""Variables that name a program for sops to run: never handed on unless the user asks for it."""

FIXED = {
    "LANG": "C",  # gpg's sentences are matched on, so they must be English
    "LC_ALL": "C",
    "SOPS_DISABLE_VERSION_CHECK": "1",
    "SOPS_CONFIG": os.devnull,  # else a broken .sops.yaml in the working directory stops it
}


def minimal(environ: Mapping[str, str], *, commands: bool = False) -> dict[str, str]:
    """Pick what sops, gpg and the key services need; our own variables are never among it."""
    chosen = {
        name: value
        for name, value in environ.items()
        if (name in NAMES or name.startswith(PREFIXES)) and name not in COMMANDS
    }
    if commands:
        chosen |= {name: environ[name] for name in COMMANDS if name in environ}
    return chosen | FIXED


def find_binary(explicit: str | os.PathLike[str] | None, environ: Mapping[str, str]) -> Path:
    """Find sops once, as an absolute path: the one named, else on PATH, else beside Python.

    Raises:
        ConfigError: DecryptionToolMissing.
    """
    path = environ.get("PATH", os.defpath)
    beside = os.path.join(os.path.dirname(sys.executable), "sops")  # noqa: PTH118, PTH120  no links followed: a venv's Python is one
    for candidate in (explicit,) if explicit else ("sops", beside):
        found = shutil.which(candidate, path=path)
        if found:
            return Path(found).absolute()
    where = "at the path given" if explicit else "on PATH"
    raise ConfigError(ConfigReason.DECRYPTION_TOOL_MISSING, f"there is no sops binary {where}")
