"""Which commit last made each file of a folder what it is: who declared what stands in it."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from bf_reconciler.source.git import answer_of
from bf_reconciler.source.pinned import Content
from bf_reconciler.source.revision import COMMIT, blob
from bf_reconciler.source.signatures import moment, printable, signers_of
from bf_reconciler.spec import Commit

SECONDS: Final = 2.0
"""How long the history is searched; what is not found by then is of nobody in particular."""
FEW: Final = 100
"""So many files are named to git, which passes over commits of others; of more, all are read."""
CHUNK: Final = 1 << 16
BEGIN: Final = "\x01"
"""Before what is told of a commit."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A commit, and a file that it made so. ``blob``: what git calls the content."""

    commit: str
    at: str
    author: str
    path: str
    blob: str


def last_commits(
    real: str, revision: str, files: Mapping[str, Content], signers: Path | None
) -> dict[str, Commit]:
    """Of each of these files, the newest commit that made it what it is; left out if not known.

    ``real``: the folder. The history is read once, from the revision back, until all are found.
    A file that a merge alone made so, or that is not committed as it is, is not found.
    """
    if COMMIT.fullmatch(revision) is None or not files:
        return {}
    wanted = {
        os.path.relpath(content.real, real): (name, blob(content.data, revision))
        for name, content in files.items()
    }
    found: dict[str, _Made] = {}
    for made in _history(real, revision, list(wanted)):
        name, named = wanted.get(made.path, ("", ""))
        if name and named == made.blob:
            found.setdefault(name, made)
        if len(found) == len(wanted):
            break
    commits = {made.commit for made in found.values()}
    signed = signers_of(real, [revision, *sorted(commits - {revision})], signers)
    return {
        name: Commit(
            printable(made.author),
            moment(made.at),
            signed.get(revision, ""),
            made.commit,
            signed.get(made.commit, ""),
        )
        for name, made in found.items()
    }


def _history(real: str, revision: str, paths: list[str]) -> Iterator[_Made]:
    """What each commit made of each file, the newest first."""
    named = [f":(literal){path}" for path in paths] if len(paths) <= FEW else ["."]
    words = (
        *("log", "-z", "--raw", "--no-abbrev", "--no-renames", "--relative"),
        *("--no-show-signature", "--format=%x01%H%n%aI%n%an <%ae>"),
    )
    with answer_of(real, *words, revision, "--", *named, seconds=SECONDS) as answer:
        about = ["", "", ""]
        entry = ""
        for part in _parts(answer):
            told = part.lstrip("\n")
            if entry:
                yield _Made(about[0], about[1], about[2], part, entry)
                entry = ""
            elif told.startswith(BEGIN):
                about = [*told.removeprefix(BEGIN).split("\n"), "", ""][:3]
            else:  # modes, content before and after, and what was done
                entry = told.split(" ")[3] if told.startswith(":") else ""


def _parts(answer: IO[bytes]) -> Iterator[str]:
    """What stands between the NULs."""
    rest = b""
    while chunk := answer.read(CHUNK):
        *whole, rest = (rest + chunk).split(b"\0")
        yield from map(os.fsdecode, whole)
