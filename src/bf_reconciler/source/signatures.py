"""Whether the commit that holds the content was signed by somebody who is trusted."""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from bf_reconciler.facts.config import ConfigError, ConfigReason
from bf_reconciler.source.git import git
from bf_reconciler.source.revision import COMMIT, committed
from bf_reconciler.spec import Commit

MAX_NAME = 200
# The command line outweighs the configuration of the repository, which may name any program. A
# signature of another kind would be checked with that program, and with keys of this user.
SSH_ALONE = (
    *("-c", "gpg.format=ssh", "-c", "gpg.ssh.program=ssh-keygen", "-c", "gpg.minTrustLevel=fully"),
    *("-c", "gpg.program=false", "-c", "gpg.openpgp.program=false", "-c", "gpg.x509.program=false"),
)


def require_signed(real: str, data: bytes, signers: Path) -> None:
    """Take only content that HEAD holds, where one of the allowed signers has signed HEAD.

    Raises:
        ConfigError: SignatureNotTrusted. Transient, for a commit may come after its content.
    """
    directory = os.path.dirname(real)  # noqa: PTH120
    head, clean = committed(real, data, ident=False)
    if not head:
        raise _untrusted("the file is in no git repository, so no signature can be checked")
    if not clean:
        raise _untrusted("the content is not committed, so nobody has signed it")
    allowed = ("-c", f"gpg.ssh.allowedSignersFile={signers.absolute()}")
    if git(directory, *SSH_ALONE, *allowed, "verify-commit", head).code:
        raise _untrusted(f"commit {head[:12]} has no signature of a trusted signer")


def commit_of(real: str, revision: str, signers: Path | None) -> Commit | None:
    """Who made a commit and when; and who signed it, where there are allowed signers."""
    if COMMIT.fullmatch(revision) is None:
        return None
    checked = SSH_ALONE if signers is not None else ()
    allowed = ("-c", f"gpg.ssh.allowedSignersFile={signers.absolute()}") if signers else ()
    wanted = "%aI%n%an <%ae>%n%GS" if signers is not None else "%aI%n%an <%ae>"
    words = ("log", "-1", "--no-show-signature", f"--format={wanted}", revision)
    answer = git(os.path.dirname(real), *checked, *allowed, *words)  # noqa: PTH120
    at, author, signer, *_ = (*answer.text.split("\n"), "", "")
    if answer.code or not author:
        return None
    return Commit(_printable(author), _moment(at), _printable(signer))


def _printable(text: str) -> str:
    """What people call themselves, in one line without control characters."""
    return "".join(sign for sign in text if sign.isprintable())[:MAX_NAME]


def _moment(text: str) -> datetime | None:
    with suppress(ValueError):
        return datetime.fromisoformat(text)
    return None


def _untrusted(message: str) -> ConfigError:
    return ConfigError(ConfigReason.SIGNATURE_NOT_TRUSTED, message, transient=True)
