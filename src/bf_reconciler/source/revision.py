"""Which commit the content belongs to: git-sync's link target, else the repository it lies in."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from hashlib import sha1, sha256

TIMEOUT_SECONDS = 5.0
COMMIT = re.compile(r"(?:^|/)(?:rev-)?([0-9a-f]{40}(?:[0-9a-f]{24})?)(?=/|$)")
SHA256_DIGITS = 64
# Nothing of the user's configuration or environment (GIT_DIR for one) may lead git elsewhere, and
# a repository of another owner is only asked for two names: no hook, no filter, no network.
ENVIRONMENT = {
    "HOME": os.devnull,
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}
OPTIONS = ("-c", "safe.directory=*", "-c", "core.fsmonitor=false")


def revision(targets: Sequence[str], real: str, data: bytes) -> str:
    """Return the commit, with ``-dirty`` where the content is not what it holds, or ""."""
    for target in reversed(targets):
        found = COMMIT.findall(target)
        if found:
            return str(found[-1])
    directory, name = os.path.split(real)
    head = _git(directory, "HEAD^{commit}")
    if not head:
        return ""
    clean = _git(directory, f"HEAD:./{name}") == blob(data, head)
    return head if clean else f"{head}-dirty"


def blob(data: bytes, like: str) -> str:
    """Name the content as git does, in the kind of hash that the repository uses."""
    named = b"blob %d\0%b" % (len(data), data)
    if len(like) == SHA256_DIGITS:
        return sha256(named).hexdigest()
    return sha1(named, usedforsecurity=False).hexdigest()


def _git(directory: str, name: str) -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603  no shell, and a program found on our own PATH
            [git, "-C", directory, *OPTIONS, "rev-parse", "--verify", "--quiet", name],
            env=ENVIRONMENT | {"PATH": os.environ.get("PATH", os.defpath)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    answer = done.stdout.decode(errors="replace").strip()
    return answer if done.returncode == 0 and COMMIT.fullmatch(answer) else ""
