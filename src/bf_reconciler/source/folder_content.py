"""Reads the documents of a folder at one moment: read between two equal looks at all of it."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from bf_reconciler.facts.config import ConfigError, ConfigReason
from bf_reconciler.source.pinned import GONE, Content, Moved, pinned, refusal
from bf_reconciler.source.tree import Mark, Tree, look

LONGEST_SECONDS = 3.0  # a folder that never rests is taken as it is: it must not starve the reader
RETRY_SECONDS = 0.02
YOUNG_SECONDS = 2.0  # a mark is coarse: a file so young may change and keep it
WHOLE_SECONDS = 60.0  # between two readings that trust no mark
MAX_BYTES = 64 * 1024 * 1024
NO_DOCUMENT = "there is no *.yaml and no *.yml in the folder"


@dataclass(frozen=True, slots=True)
class FolderContent:
    """What was read of a folder. ``refused``: what could not be; a folder ends with a slash."""

    files: Mapping[str, Content] = field(repr=False)
    refused: Mapping[str, ConfigError]
    digest: str
    real: str
    """The folder, with a slash at its end."""
    folders: tuple[str, ...]


class FolderReader:
    """Reads a folder again and again, and each file only when its mark is another one."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._known: dict[str, tuple[Mark, Content]] = {}
        self._whole_due = 0.0

    def settled(self, quiet: float) -> FolderContent:
        """Read until all of it has been at rest for ``quiet`` seconds, at most 3 seconds.

        Raises:
            ConfigError: FileNotFound, FileUnreadable, FileTooLarge, or FileChanging.
        """
        deadline = time.monotonic() + LONGEST_SECONDS
        while True:
            try:
                found = self._read_between(quiet, deadline)
            except (Moved, OSError) as error:
                number = error.errno if isinstance(error, OSError) else None
                again = number is None or number in GONE
                if not again or time.monotonic() > deadline:
                    raise refusal(self._place, number) from None
            else:
                if found is not None:
                    return found
            time.sleep(RETRY_SECONDS)

    def _read_between(self, quiet: float, deadline: float) -> FolderContent | None:
        before = look(self._place)
        age = time.time() - before.changed
        if age < quiet:  # a clock behind the file's server: the age is of no use, equal looks are
            time.sleep(quiet - max(age, 0.0))
        found = self._read(before)
        if before.same(look(self._place)) or time.monotonic() > deadline:
            return found
        return None

    def _read(self, tree: Tree) -> FolderContent:
        begun = time.time()
        if time.monotonic() >= self._whole_due:
            self._known = {}
            self._whole_due = time.monotonic() + WHOLE_SECONDS
        refused = dict(tree.refused)
        known: dict[str, tuple[Mark, Content]] = {}
        size = 0
        for name, mark in tree.files.items():
            try:
                content = self._content(name, mark)
            except ConfigError as error:
                message = error.message.replace(mark.real, name)
                refused[name] = ConfigError(error.reason, message, transient=error.transient)
                continue
            except OSError as error:
                if error.errno in GONE:
                    raise
                refused[name] = refusal(name, error.errno or 0)
                continue
            known[name] = mark, content
            size += content.size
            if size > MAX_BYTES:
                message = f"the files of the folder are larger than {MAX_BYTES // 1024**2} MiB"
                raise ConfigError(ConfigReason.FILE_TOO_LARGE, message)
        self._known = {
            name: (mark, content)
            for name, (mark, content) in known.items()
            if mark.changed / 1e9 < begun - YOUNG_SECONDS
        }
        if not known and not refused:
            raise ConfigError(ConfigReason.FILE_NOT_FOUND, f"{self._place}: {NO_DOCUMENT}")
        files = {name: known[name][1] for name in sorted(known)}
        return FolderContent(
            files, refused, _digest(files, refused), tree.real + os.sep, tuple(tree.folders)
        )

    def _content(self, name: str, mark: Mark) -> Content:
        before = self._known.get(name)
        if before is not None and before[0] == mark:
            return before[1]
        content = pinned(mark.real)
        if content.real != mark.real:
            raise Moved
        return content


def _digest(files: Mapping[str, Content], refused: Mapping[str, ConfigError]) -> str:
    """One digest over all names and contents, and over what cannot be read."""
    told = [f"{name}\0{content.digest}" for name, content in files.items()]
    told += [f"{name}\0{refused[name].reason}" for name in sorted(refused)]
    return "sha256:" + sha256("\n".join(told).encode(errors="surrogateescape")).hexdigest()
