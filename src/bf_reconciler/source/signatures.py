"""Whether the commit that holds the content was signed by somebody who is trusted."""

import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from bf_reconciler.facts.config import ConfigError, ConfigReason
from bf_reconciler.source.git import git
from bf_reconciler.source.revision import COMMIT, committed
from bf_reconciler.spec import Commit

MAX_NAME = 200
MOST_SIGNED = 32
"""Each check of a signature is a process of its own."""
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
    if head and not clean:
        raise untrusted("the content is not committed, so nobody has signed it")
    require_signed_commit(directory, head, signers)


def require_signed_commit(directory: str, head: str, signers: Path) -> None:
    """Take only a commit that one of the allowed signers has signed.

    Raises:
        ConfigError: SignatureNotTrusted. Transient, for another one may come.
    """
    if not head:
        raise untrusted("the file is in no git repository, so no signature can be checked")
    allowed = ("-c", f"gpg.ssh.allowedSignersFile={signers.absolute()}")
    if git(directory, *SSH_ALONE, *allowed, "verify-commit", head).code:
        raise untrusted(f"commit {head[:12]} has no signature of a trusted signer")


def commit_of(real: str, revision: str, signers: Path | None) -> Commit | None:
    """Who last changed the file, or folder, in this revision, and when; and who signed that.

    A signature of the revision vouches for the whole tree; signatures are read where there are
    allowed signers alone.
    """
    if COMMIT.fullmatch(revision) is None:
        return None
    # A folder may be the whole repository: what is above it is none.
    directory, name = (real, "") if os.path.isdir(real) else os.path.split(real)  # noqa: PTH112
    told = ("--no-show-signature", "--format=%H%n%aI%n%an <%ae>")
    changed = git(directory, "log", "-1", *told, revision, "--", f":(literal)./{name}")
    commit, at, author = (*changed.text.split("\n"), "", "", "")[:3]
    if changed.code or not author:
        return None
    signed = signers_of(directory, [revision, commit], signers)
    return Commit(
        printable(author),
        moment(at),
        signed.get(revision, ""),
        commit,
        signed.get(commit, ""),
    )


def signers_of(directory: str, commits: Collection[str], signers: Path | None) -> Mapping[str, str]:
    """Which of the allowed signers has signed which of these commits; of the first of them."""
    if signers is None:
        return {}
    allowed = ("-c", f"gpg.ssh.allowedSignersFile={signers.absolute()}")
    words = ("log", "--no-walk=unsorted", "--no-show-signature", "--format=%G? %H %GS")
    some = list(dict.fromkeys(commits))[:MOST_SIGNED]
    told = git(directory, *SSH_ALONE, *allowed, *words, *some, "--").text
    lines = ((*line.split(" ", 2), "", "")[:3] for line in told.splitlines())
    return {commit: printable(signer) for good, commit, signer in lines if good == "G"}


def printable(text: str) -> str:
    """What people call themselves, in one line without control characters."""
    return "".join(sign for sign in text if sign.isprintable())[:MAX_NAME]


def moment(text: str) -> datetime | None:
    with suppress(ValueError):
        return datetime.fromisoformat(text)
    return None


def untrusted(message: str) -> ConfigError:
    return ConfigError(ConfigReason.SIGNATURE_NOT_TRUSTED, message, transient=True)
