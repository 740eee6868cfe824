"""Which environment variables sops gets, and where its binary is."""

import os
import shutil
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from bf_reconciler.facts.config import ConfigError, ConfigReason
from bf_reconciler.sops.settings import SopsSettings

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
PREFIXES = ("SOPS_AGE_",)
SERVICES: Mapping[str, tuple[str, ...]] = {
    "kms": ("AWS_", "SOPS_KMS_"),
    "gcp_kms": ("GOOGLE_", "CLOUDSDK_", "SOPS_GCP_", "GCE_METADATA_HOST"),
    "azure_kv": ("AZURE_", "SOPS_AZURE_", "IDENTITY_", "IMDS_ENDPOINT", "MSI_"),
    "hc_vault": ("VAULT_", "SOPS_VAULT_"),
    "hckms": ("HUAWEICLOUD_", "SOPS_HUAWEICLOUD_"),
}
"""How the variables of each kind of key service begin."""
COMMANDS = frozenset({"SOPS_AGE_KEY_CMD", "SOPS_AGE_SSH_PRIVATE_KEY_CMD", "SOPS_GPG_EXEC"})
"""Variables that name a program for sops to run: never handed on unless the user asks for it."""

FIXED = {
    "LANG": "C",  # gpg's sentences are matched on, so they must be English
    "LC_ALL": "C",
    "SOPS_DISABLE_VERSION_CHECK": "1",
    "SOPS_CONFIG": os.devnull,  # else a broken .sops.yaml in the working directory stops it
}


def minimal(
    environ: Mapping[str, str],
    *,
    commands: bool = False,
    services: Collection[str] = (),
) -> dict[str, str]:
    """Pick what sops and gpg need, and what belongs to these key services.

    Our own variables are never among it, nor are those of a service that is not allowed.
    """
    prefixes = PREFIXES + tuple(prefix for kind in services for prefix in SERVICES[kind])
    chosen = {
        name: value
        for name, value in environ.items()
        if (name in NAMES or name.startswith(prefixes)) and name not in COMMANDS
    }
    if commands:
        chosen |= {name: environ[name] for name in COMMANDS if name in environ}
    return chosen | FIXED


def environment(settings: SopsSettings) -> dict[str, str]:
    """The whole environment of sops."""
    return minimal(settings.environ, commands=settings.commands, services=settings.services)


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
