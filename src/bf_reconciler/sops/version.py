"""Which version of sops is needed, and said where an older one is found."""

import re

from bf_reconciler.facts.config import ConfigError, ConfigReason

Version = tuple[int, int]
OLDEST: Version = (3, 9)
"""The first that knows `sops decrypt`; the tests run it."""
SEALING: Version = (3, 11)
"""The first that takes a value from a pipe, where no other program can see it."""
SUSPECT = frozenset(
    {
        ConfigReason.DECRYPTION_FAILED,
        ConfigReason.FILE_NOT_FOUND,
        ConfigReason.FILE_UNREADABLE,
    }
)
"""How a sops that is too old fails: it takes the verb for the name of a file."""
SAID = re.compile(r"^sops (\d{1,4})\.(\d{1,4})", re.MULTILINE)


def version_of(said: str) -> Version | None:
    """The version in what `sops --version` said; None where it said none."""
    found = SAID.search(said)
    return (int(found[1]), int(found[2])) if found else None


def require(version: Version | None, least: Version) -> None:
    """Refuse a sops that is too old.

    Raises:
        ConfigError: DecryptionToolMissing; transient, for a newer one may be installed.
    """
    if version is not None and version < least:
        have, need = (".".join(map(str, each)) for each in (version, least))
        message = f"sops {have} is too old; {need} or newer is needed"
        raise ConfigError(ConfigReason.DECRYPTION_TOOL_MISSING, message, transient=True)
