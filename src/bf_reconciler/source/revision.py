"""Which commit the content is of: git-sync's link target, else the repository it lies in."""

import os
import re
from collections.abc import Sequence
from hashlib import sha1, sha256

from bf_reconciler.source.git import git
from bf_reconciler.source.worktree import stored_forms

COMMIT = re.compile(r"(?:^|/)(?:rev-)?([0-9a-f]{40}(?:[0-9a-f]{24})?)(?=/|$)")
SHA256_DIGITS = 64
DIRTY = "-dirty"


def revision(targets: Sequence[str], real: str, data: bytes) -> str:
    """Return the commit, with ``-dirty`` where the content is not what it holds, or ""."""
    if commit := linked(targets):
        return commit
    head, clean = committed(real, data)
    return head if clean else f"{head}{DIRTY}"


def position(targets: Sequence[str], real: str) -> str:
    """Return the commit alone, whatever the content is, or ""."""
    return linked(targets) or _name(os.path.dirname(real), "HEAD^{commit}")  # noqa: PTH120


def linked(targets: Sequence[str]) -> str:
    """The commit that the links name, the last of them first, or ""."""
    for target in reversed(targets):
        found = COMMIT.findall(target)
        if found:
            return str(found[-1])
    return ""


def committed(real: str, data: bytes, *, ident: bool = True) -> tuple[str, bool]:
    """The commit at HEAD of the repository that the file lies in, and whether it holds this.

    It does where git would see no change: line ends count as the attributes say, and with
    ``ident`` so does an expanded ``$Id$``.
    """
    directory, name = os.path.split(real)
    head = _name(directory, "HEAD^{commit}")
    if not head:
        return "", True
    held = _name(directory, f"HEAD:./{name}")
    if not held or held == blob(data, head):
        return head, bool(held)
    forms = stored_forms(directory, name, data, ident=ident)
    return head, any(held == blob(form, head) for form in forms)


def held_by_head(real: str) -> tuple[str, dict[str, str]]:
    """The commit at HEAD, and the names of the content that it holds below a folder, by path."""
    head = _name(real, "HEAD^{commit}")
    listed = git(real, "ls-tree", "-r", "-z", head, "--", ".") if head else None
    held: dict[str, str] = {}
    for line in listed.text.split("\0") if listed is not None and listed.code == 0 else ():
        about, tab, path = line.partition("\t")
        if tab:
            held[path] = about.rpartition(" ")[2]
    return head, held


def is_held(real: str, path: str, data: bytes, named: str | None, *, ident: bool = True) -> bool:
    """Whether the content of a path below a folder is the one of this name to git."""
    if named is None:
        return False
    if named == blob(data, named):
        return True
    directory, name = os.path.split(os.path.join(real, path))  # noqa: PTH118
    return any(
        named == blob(form, named) for form in stored_forms(directory, name, data, ident=ident)
    )


def last_change(real: str, data: bytes) -> str:
    """Which commit last changed the file, in words: ``commit 1a2b3c``, ``not committed``, or ""."""
    directory, name = os.path.split(real)
    head, clean = committed(real, data)
    if not clean:
        return "not committed"
    found = git(directory, "rev-list", "-1", head, "--", f":(literal)./{name}") if head else None
    known = found is not None and found.code == 0 and COMMIT.fullmatch(found.text)
    return f"commit {found.text[:12]}" if found is not None and known else ""


def precedes(real: str, first: str, second: str) -> bool:
    """Whether one commit is an ancestor of another. False where that is not known."""
    first, second = first.removesuffix(DIRTY), second.removesuffix(DIRTY)
    if first == second or not (COMMIT.fullmatch(first) and COMMIT.fullmatch(second)):
        return False
    directory = os.path.dirname(real)  # noqa: PTH120
    return git(directory, "merge-base", "--is-ancestor", first, second).code == 0


def blob(data: bytes, like: str) -> str:
    """Name the content as git does, in the kind of hash that the repository uses."""
    named = b"blob %d\0%b" % (len(data), data)
    if len(like) == SHA256_DIGITS:
        return sha256(named).hexdigest()
    return sha1(named, usedforsecurity=False).hexdigest()


def _name(directory: str, of: str) -> str:
    answer = git(directory, "rev-parse", "--verify", "--quiet", of)
    return answer.text if answer.code == 0 and COMMIT.fullmatch(answer.text) else ""
