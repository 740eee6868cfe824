"""Whether the commit that holds the content was signed by somebody who is trusted."""

import os
from pathlib import Path

from bf_reconciler.facts.config import ConfigError, ConfigReason
from bf_reconciler.source.git import git
from bf_reconciler.source.revision import committed

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


def untrusted(message: str) -> ConfigError:
    return ConfigError(ConfigReason.SIGNATURE_NOT_TRUSTED, message, transient=True)
