"""Reads the committed file, and watches it."""

import os
from dataclasses import dataclass, field

from bf_reconciler.source.links import follow
from bf_reconciler.source.pinned import Content, settled
from bf_reconciler.source.revision import DIRTY, last_change, precedes, revision
from bf_reconciler.source.signatures import commit_of, require_signed
from bf_reconciler.source.watched_path import WatchedPath
from bf_reconciler.spec import Commit


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One whole content of the file. ``revision`` is a commit, or "" where none is known.

    ``commit`` is who made it, where git knows.
    """

    data: bytes = field(repr=False)
    digest: str
    revision: str
    path: str
    commit: Commit | None = None


class Source(WatchedPath[Content]):
    """The file at a path."""

    def read(self) -> Snapshot:
        """Read the file, whole and at rest, and find its revision. Blocks: call it in a thread.

        It takes up to 0.8 seconds while the file is being written, and up to 10 more where git
        does not answer. What it returns or raises, ``watch`` does not announce again.

        Raises:
            ConfigError: FileNotFound, FileUnreadable, FileTooLarge, FileChanging; with ``signers``
                SignatureNotTrusted.
        """
        content = self._look()
        if self._signers is not None:
            require_signed(content.real, content.data, self._signers)
        targets = follow(self._place).targets
        found = revision(targets, content.real, content.data)
        self._commit = found.removesuffix(DIRTY)
        commit = commit_of(content.real, found, self._signers)
        return Snapshot(content.data, content.digest, found, self.path, commit)

    def last_change(self, data: bytes) -> str:
        """Which commit last changed the file, in words, or "". Blocks."""
        return last_change(os.path.realpath(self._place), data)

    def precedes(self, first: str, second: str) -> bool:
        """Whether one commit is an ancestor of another. Blocks; False where that is not known."""
        return precedes(os.path.realpath(self._place), first, second)

    def _looked(self) -> Content:
        return settled(self._place, self._quiet)
