"""Reads the committed folder, and watches all of it; each file by itself, all at one moment."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bf_reconciler.facts.config import ConfigError
from bf_reconciler.source import revision as git
from bf_reconciler.source.authors import last_commits
from bf_reconciler.source.folder_content import FolderContent, FolderReader
from bf_reconciler.source.links import follow, watchable
from bf_reconciler.source.pinned import Content
from bf_reconciler.source.revision import DIRTY
from bf_reconciler.source.signatures import commit_of, require_signed_commit, untrusted
from bf_reconciler.source.tree import is_document
from bf_reconciler.source.watched_path import WatchedPath
from bf_reconciler.spec import Commit


@dataclass(frozen=True, slots=True)
class FolderSnapshot:
    """All documents of a folder at one moment.

    ``refused``: why some cannot be read; the name of a folder ends with a slash, and stands for
    all that is below it. ``revision`` is a commit, or "" where none is known.
    """

    files: Mapping[str, Content] = field(repr=False)
    refused: Mapping[str, ConfigError]
    digest: str
    revision: str
    path: str
    commit: Commit | None = None


class FolderSource(WatchedPath[FolderContent]):
    """The documents below a folder, links and all."""

    def __init__(self, path: str | os.PathLike[str], **options: Any) -> None:  # noqa: ANN401 # those of a file
        super().__init__(path, **options)
        self._reader = FolderReader(self._place)
        self._folders: tuple[str, ...] = ()

    def read_folder(self) -> FolderSnapshot:
        """Read the folder at rest, and find its revision. Blocks: call it in a thread.

        Raises:
            ConfigError: FileNotFound, FileUnreadable, FileTooLarge, FileChanging; with ``signers``
                SignatureNotTrusted, where the commit has no trusted signature.
        """
        found = self._look()
        targets = follow(self._place).targets
        linked = git.linked(targets)
        if linked and self._signers is None:
            self._commit = linked
            return self._snapshot(found, linked)
        head, held = git.held_by_head(found.real)
        changed = set(_changed(found, held, ident=self._signers is None)) if head else set()
        if self._signers is not None:
            require_signed_commit(found.real, head, self._signers)
            found = _without(found, changed)
        self._commit = linked or head
        dirty = bool(changed) and not linked
        return self._snapshot(found, f"{head}{DIRTY}" if dirty else self._commit)

    def last_change_of(self, name: str, content: Content) -> str:
        """Which commit last changed a file, in words, or "". Blocks."""
        return git.last_change(os.path.join(os.path.realpath(self._place), name), content.data)  # noqa: PTH118

    def commits_of(self, files: Mapping[str, Content], revision: str) -> Mapping[str, Commit]:
        """Which commit made each of these files what it is, where that is known. Blocks."""
        real = os.path.realpath(self._place) + os.sep
        return last_commits(real, revision, files, self._signers)

    def precedes(self, first: str, second: str) -> bool:
        """Whether one commit is an ancestor of another. Blocks; False where that is not known."""
        return git.precedes(os.path.realpath(self._place) + os.sep, first, second)

    def _snapshot(self, found: FolderContent, revision: str) -> FolderSnapshot:
        commit = commit_of(found.real, revision, self._signers)
        return FolderSnapshot(found.files, found.refused, found.digest, revision, self.path, commit)

    def _directories(self) -> list[str]:
        there = [folder for folder in self._folders if os.path.isdir(folder)]  # noqa: PTH112
        return list(dict.fromkeys((*watchable(self._place), *there)))

    def _looked(self) -> FolderContent:
        found = self._reader.settled(self._quiet)
        self._folders = found.folders
        return found


def _changed(found: FolderContent, held: Mapping[str, str], *, ident: bool) -> Iterator[str]:
    """The documents that are not as HEAD holds them, those it has beyond these among them."""
    seen = set()
    for name, content in found.files.items():
        path = os.path.relpath(content.real, found.real)
        seen.add(path)
        if not git.is_held(found.real, path, content.data, held.get(path), ident=ident):
            yield name
    yield from (path for path in held if is_document(path) and path not in seen)


def _without(found: FolderContent, changed: set[str]) -> FolderContent:
    """The same without files that no trusted commit holds."""
    refused = {
        name: untrusted("the content is not committed, so nobody has signed it")
        for name in changed
        if name not in found.refused
    }
    files = {name: content for name, content in found.files.items() if name not in changed}
    return replace(found, files=files, refused={**found.refused, **refused})
