"""Makes an age key, and reads the public half of one: with pyrage, or else with age itself."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from bf_reconciler.facts import ConfigError
from bf_reconciler.source import present

RECIPIENT: Final = re.compile(r"age1[a-z0-9]{40,}")
IDENTITY: Final = re.compile(r"^AGE-SECRET-KEY-1[A-Z0-9]+$", re.MULTILINE)
SECONDS: Final = 30.0
MISSING: Final = (
    "making an age key needs `age-keygen`, or pyrage (pip install 'bf-reconciler[sops]')"
)


class AgeKeyError(Exception):
    """There is no key to work with; the message is for a person and holds no part of a key."""


def make_age_key(path: Path) -> str:
    """Write a new key to a file that nobody else may read; returns its public half.

    Raises:
        AgeKeyError: it cannot be made, or the file exists.
    """
    identity, recipient = _generated()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise AgeKeyError(f"{path}: {error.strerror}") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"# public key: {recipient}\n{identity}\n")
    return recipient


def recipient_of(path: Path) -> str:
    """The public half of the first key in a file.

    Raises:
        AgeKeyError: there is none.
    """
    try:
        text = present(str(path)).data.decode()
    except ConfigError as error:
        raise AgeKeyError(error.message) from None
    except UnicodeError:
        raise AgeKeyError(f"{path} contains no age key") from None
    found = IDENTITY.search(text)
    if found is None:
        raise AgeKeyError(f"{path} contains no age key")
    return _public(found[0])


def _generated() -> tuple[str, str]:
    try:
        from pyrage import x25519  # type: ignore[import-untyped] # noqa: PLC0415 # of the extra
    except ImportError:
        identity = IDENTITY.search(_age_keygen(()))
        if identity is None:
            raise AgeKeyError("age-keygen printed no key") from None
        return identity[0], _public(identity[0])
    made = x25519.Identity.generate()
    return str(made), str(made.to_public())


def _public(identity: str) -> str:
    try:
        from pyrage import IdentityError, x25519  # noqa: PLC0415 # of the extra
    except ImportError:
        found = RECIPIENT.search(_age_keygen(("-y",), identity))
        if found is None:
            raise AgeKeyError("the age key cannot be used") from None
        return found[0]
    try:
        return str(x25519.Identity.from_str(identity).to_public())
    except IdentityError:
        raise AgeKeyError("the age key cannot be used") from None


def _age_keygen(options: tuple[str, ...], given: str = "") -> str:
    """What age-keygen prints. A key goes in and out by pipes."""
    binary = shutil.which("age-keygen")
    if binary is None:
        raise AgeKeyError(MISSING)
    try:
        done = subprocess.run(  # noqa: S603 # age, with options of ours
            [binary, *options],
            input=given,
            capture_output=True,
            encoding="ascii",
            timeout=SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise AgeKeyError(f"age-keygen failed: {type(error).__name__}") from None
    return done.stdout
