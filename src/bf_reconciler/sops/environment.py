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
        "SOPS_GPG_EXEC",
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
    "gcp_kms": ("GOOGLE_", "CLOUDSDK_", "SOPS_GCP_", "SOPS_GOOGLE_", "GCE_METADATA_HOST"),
    "azure_kv": ("AZURE_", "SOPS_AZURE_", "IDENTITY_", "IMDS_ENDPOINT", "MSI_"),
    "hc_vault": ("VAULT_", "SOPS_VAULT_", "SOPS_HC_VAULT_"),
    "hckms": ("HUAWEICLOUD_", "SOPS_HUAWEICLOUD_"),
}
"""How the variables of each kind of key service begin."""
FIXED = {
    "LANG": "C",  # gpg's sentences are matched on, so they must be English
    "LC_ALL": "C",
    "SOPS_DISABLE_VERSION_CHECK": "1",
    "SOPS_CONFIG": os.devnull,  # else a broken .sops.yaml in the working directory stops it
}


def minimal(environ: Mapping[str, str], services: Collection[str] = ()) -> dict[str, str]:
    """Pick what sops and gpg need, and what belongs to these key services.

    Our own variables are never among it, nor are those of a service that is not allowed. Those
    that name a program to run are: who sets them here may run programs here anyway.
    """
    prefixes = PREFIXES + tuple(prefix for kind in services for prefix in SERVICES[kind])
    chosen = {n: v for n, v in environ.items() if n in NAMES or n.startswith(prefixes)}
    return chosen | FIXED


def environment(settings: SopsSettings) -> dict[str, str]:
    """The whole environment of sops."""
    return minimal(settings.environ, settings.services)


def find_binary(explicit: str | os.PathLike[str] | None, environ: Mapping[str, str]) -> Path:
    """Find sops, as an absolute path: the one named, else on PATH, else beside Python.

    Raises:
        ConfigError: DecryptionToolMissing; transient, for it may be installed at any time.
    """
    path = environ.get("PATH", os.defpath)
    beside = os.path.join(os.path.dirname(sys.executable), "sops")  # noqa: PTH118, PTH120  no links followed: a venv's Python is one
    for candidate in (explicit,) if explicit else ("sops", beside):
        found = shutil.which(candidate, path=path)
        if found:
            return Path(found).absolute()
    where = f"at {os.fspath(explicit)!r}" if explicit else "on PATH"
    message = f"there is no sops binary {where}"
    raise ConfigError(ConfigReason.DECRYPTION_TOOL_MISSING, message, transient=True)
