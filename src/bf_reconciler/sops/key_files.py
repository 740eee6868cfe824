"""The files that decide whether sops can decrypt: its keys, and sops itself."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from bf_reconciler.facts.config import ConfigError
from bf_reconciler.sops.environment import find_binary
from bf_reconciler.sops.settings import SopsSettings

NAMED = ("SOPS_AGE_KEY_FILE", "SOPS_AGE_SSH_PRIVATE_KEY_FILE")
"""Variables that name a file with a private key."""
AT_HOME = (".ssh/id_ed25519", ".ssh/id_rsa", ".gnupg/private-keys-v1.d", ".gnupg/pubring.kbx")
IN_GNUPG = ("private-keys-v1.d", "pubring.kbx")
KEY = re.compile(r"secret-key|private key|age-plugin-|\n", re.IGNORECASE)
IDENTITY = re.compile(rb"^AGE-(?:SECRET-KEY|PLUGIN)-", re.MULTILINE)
RECIPIENT = re.compile(rb"^age1", re.MULTILINE)
LONGEST = 64 * 1024
Stamp = tuple[int, ...] | None


def fingerprint(settings: SopsSettings) -> tuple[Stamp, ...]:
    """Of each of these files a stamp that changes with it; None where it is not there. Blocks."""
    return tuple(_stamp(path) for path in (*_key_files(settings.environ), *_binary(settings)))


def wrong_key_file(environ: Mapping[str, str]) -> str:
    """What is wrong with a file that a variable names, in words; empty where nothing is."""
    for name in NAMED:
        value = environ.get(name)
        if value is None:
            continue
        if KEY.search(value):  # it is no path, and must not be shown
            return f"{name} contains a key where the path of one is expected"
        if problem := _problem(value, age=name == NAMED[0]):
            return f"{name} names {value!r}, {problem}"
    return ""


def _problem(path: str, *, age: bool) -> str:
    try:
        kind = os.stat(path).st_mode  # noqa: PTH116  an empty name is no path
        if stat.S_ISDIR(kind):
            return "which is a directory"
        if not stat.S_ISREG(kind):  # to open a pipe may take for ever
            return "which is no regular file"
        with open(path, "rb") as file:  # noqa: PTH123
            return _flaw(file.read(LONGEST), age=age)
    except FileNotFoundError:
        return "and there is no such file"
    except PermissionError:
        return "which this user may not read"
    except OSError:
        return "which cannot be read"


def _flaw(content: bytes, *, age: bool) -> str:
    """Why there is no key in a file, as far as that can be seen."""
    if not content.strip():
        return "which is empty"
    if content.startswith((b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE")):
        return "which is protected by a passphrase"
    if b"\0" in content:
        return "which is no UTF-8 text"
    if not age or IDENTITY.search(content):
        return ""
    return "which contains a public key only" if RECIPIENT.search(content) else ""


def _key_files(environ: Mapping[str, str]) -> Iterator[Path]:
    for name in NAMED:
        if environ.get(name):
            yield Path(environ[name])
    home = environ.get("HOME")
    configuration = environ.get("XDG_CONFIG_HOME") or (home and f"{home}/.config")
    if configuration:
        yield Path(configuration, "sops/age/keys.txt")
    if home:
        yield from (Path(home, name) for name in AT_HOME)
    if environ.get("GNUPGHOME"):
        yield from (Path(environ["GNUPGHOME"], name) for name in IN_GNUPG)


def _binary(settings: SopsSettings) -> Iterator[Path]:
    try:
        yield find_binary(settings.binary, settings.environ)
    except ConfigError:
        return


def _stamp(path: Path) -> Stamp:
    """The change time tells of a new mode and a new owner, too."""
    try:
        status = os.stat(path)  # noqa: PTH116  links are followed: a mounted secret is one
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
