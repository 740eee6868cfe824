"""Which documents lie below a folder: every ``*.yaml`` and ``*.yml``, and what may be none."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bf_reconciler.facts.config import ConfigError, ConfigReason
from bf_reconciler.source.pinned import refusal

ENDINGS = (".yaml", ".yml")
FILE_ENDINGS = (*ENDINGS, ".json")
PASSED_OVER = frozenset({"kustomization.yaml", "kustomization.yml"})
"""Of kustomize, which reads the same folder; hidden files and folders are passed over, too."""
MAX_FILES = 10_000
MAX_FOLDERS = 20_000


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells one state of a file from another, and where it really lies."""

    real: str
    device: int
    inode: int
    size: int
    modified: int
    changed: int


@dataclass(slots=True)
class Tree:
    """The documents of a folder by name, and what cannot be read of it.

    Names are relative to it. ``refused``: by the name of a file, or of a folder with a slash at
    its end. ``changed`` is when anything last changed, Unix seconds.
    """

    real: str
    files: dict[str, Mark] = field(default_factory=dict)
    refused: dict[str, ConfigError] = field(default_factory=dict)
    folders: dict[str, int] = field(default_factory=dict)
    """Every folder, by its real path, and when it last changed."""

    @property
    def changed(self) -> float:
        moments = [*self.folders.values(), *(mark.changed for mark in self.files.values())]
        return max(moments, default=0) / 1e9

    def same(self, other: "Tree") -> bool:
        """Whether nothing was changed between the two looks, as far as marks can tell."""
        return (
            (self.real, self.files, self.folders) == (other.real, other.files, other.folders)
        ) and self.refused.keys() == other.refused.keys()


def look(place: str) -> Tree:
    """Walk the folder. Links are followed within it, and each file counts once.

    Raises:
        ConfigError: FileTooLarge: there are too many.
        OSError: It is not there, or no folder.
    """
    real = os.path.realpath(place, strict=True)
    walk = _Walk(Tree(real))
    walk.folder(real, "")
    walk.follow_links()
    return walk.tree


def is_folder(path: Path) -> bool:
    """Whether this is a folder of documents; one that is not there yet has no name of a file."""
    return path.is_dir() or (not path.exists() and path.suffix not in FILE_ENDINGS)


def is_document(name: str) -> bool:
    """Whether a file of this name is read."""
    base = name.rpartition("/")[2]
    return name.endswith(ENDINGS) and base not in PASSED_OVER and not _hidden(name)


def _hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


class _Walk:
    """One walk: what lies there first, and then what links lead to, unless it was seen."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._seen: set[tuple[int, int]] = set()
        self._links: list[tuple[str, str]] = []

    def folder(self, real: str, name: str) -> None:
        """Walk one folder; ``name`` is empty, or ends with a slash."""
        here = os.stat(real)  # noqa: PTH116
        if not self._is_new(here):
            return
        self.tree.folders[real] = max(here.st_ctime_ns, here.st_mtime_ns)
        if len(self.tree.folders) > MAX_FOLDERS:
            raise _too_many(MAX_FOLDERS, "folders")
        try:
            entries = sorted(_visible(real), key=lambda entry: entry.name)
        except OSError as error:
            if not name:
                raise
            self.tree.refused[name] = refusal(name, error.errno or 0)
            return
        for entry in entries:
            below = name + entry.name
            if entry.is_symlink():
                self._links.append((entry.path, below))
            elif entry.is_dir(follow_symlinks=False):
                self.folder(entry.path, below + "/")
            elif is_document(below):
                self._file(entry.path, below, entry.stat(follow_symlinks=False))

    def follow_links(self) -> None:
        """Follow every link that was met, and those behind it."""
        while self._links:
            links, self._links = self._links, []
            for path, name in links:
                self._link(path, name)

    def _link(self, path: str, name: str) -> None:
        try:
            target = os.path.realpath(path, strict=True)
            status = os.stat(target)  # noqa: PTH116
        except OSError as error:
            if is_document(name):
                self.tree.refused[name] = refusal(name, error.errno or 0)
            return
        inside = target.startswith(self.tree.real.rstrip("/") + "/")
        if stat.S_ISDIR(status.st_mode):
            if inside:
                self.folder(target, name + "/")
        elif is_document(name) and inside:
            self._file(target, name, status)
        elif is_document(name):
            message = f"{name}: a link that leads out of the folder"
            self.tree.refused[name] = ConfigError(ConfigReason.FILE_UNREADABLE, message)

    def _file(self, real: str, name: str, status: os.stat_result) -> None:
        if not self._is_new(status):
            return
        if not name.isprintable():
            message = "the name of the file has characters that cannot be shown"
            self.tree.refused[ascii(name)[1:-1]] = ConfigError(
                ConfigReason.FILE_UNREADABLE, message
            )
            return
        changed = max(status.st_ctime_ns, status.st_mtime_ns)
        self.tree.files[name] = Mark(
            real, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, changed
        )
        if len(self.tree.files) > MAX_FILES:
            raise _too_many(MAX_FILES, "files")

    def _is_new(self, status: os.stat_result) -> bool:
        key = status.st_dev, status.st_ino
        if key in self._seen:
            return False
        self._seen.add(key)
        return True


def _visible(real: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(real) as entries:
        for entry in entries:
            if not entry.name.startswith("."):
                yield entry


def _too_many(limit: int, what: str) -> ConfigError:
    message = f"the folder has more than {limit:,} {what}"
    return ConfigError(ConfigReason.FILE_TOO_LARGE, message)
