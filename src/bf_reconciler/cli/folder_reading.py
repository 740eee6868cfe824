"""How a verb reads a folder: each file by itself, then all of them together."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bf_reconciler.cli import reading
from bf_reconciler.cli.file_options import FileOptions
from bf_reconciler.cli.output import fail

if TYPE_CHECKING:
    from bf_reconciler.document import Document, Parsed
    from bf_reconciler.facts import ConfigError, Problem
    from bf_reconciler.source import FolderSnapshot


def is_folder(path: Path) -> bool:
    """Whether FILE is a folder of files."""
    return path.is_dir()


def parse(folder: Path, chosen: FileOptions, *, decrypt: bool) -> "Parsed":
    """What the files of a folder declare together, with whatever is wrong with each of them."""
    from dataclasses import replace  # noqa: PLC0415 # as below

    from bf_reconciler import document  # noqa: PLC0415 # help needs no models

    snapshot = _snapshot(folder, chosen)
    documents: dict[str, Document] = {}
    lost: dict[str, Document | None] = dict.fromkeys(snapshot.refused)
    told = [_problem(error, name) for name, error in snapshot.refused.items()]
    read = asyncio.run(_read(snapshot, chosen, decrypt=decrypt))
    for name, (good, readable, problems) in read.items():
        told += [replace(problem, file=name) for problem in problems]
        if good is not None:
            documents[name] = good
        else:
            lost[name] = readable
    parsed = document.merge(documents, lost, document.Standing())
    return replace(parsed, problems=document.ordered((*parsed.problems, *told)))


def files(folder: Path) -> Iterator[Path]:
    """The files of a folder, in order."""
    for name in _snapshot(folder, FileOptions()).files:
        yield folder / name


def _snapshot(folder: Path, chosen: FileOptions) -> "FolderSnapshot":
    from bf_reconciler.facts import ConfigError  # noqa: PLC0415 # help needs no source
    from bf_reconciler.source import FolderSource  # noqa: PLC0415

    try:
        return FolderSource(folder, signers=chosen.trusted_signers).read_folder()
    except ConfigError as error:
        fail(error.message if str(folder) in error.message else f"{folder}: {error.message}")


_Read = "tuple[Document | None, Document | None, tuple[Problem, ...]]"


async def _read(
    snapshot: "FolderSnapshot", chosen: FileOptions, *, decrypt: bool
) -> "dict[str, tuple[Document | None, Document | None, tuple[Problem, ...]]]":
    """Of each file what can be taken, what can be told of it, and what is wrong."""
    from bf_reconciler.loader import load_document, processors  # noqa: PLC0415 # as above

    settings, cores = reading.sops_settings(chosen), asyncio.Semaphore(processors())

    async def one(
        committed: bytes,
    ) -> "tuple[Document | None, Document | None, tuple[Problem, ...]]":
        offline = _offline(committed, chosen)
        if not decrypt or offline[0] is None or not offline[0].encrypted:
            return offline
        async with cores:
            plain = chosen.allow_plaintext
            found = await load_document(committed, settings, chosen.rules, allow_plaintext=plain)
        return found.document, found.readable, found.problems

    contents = snapshot.files
    found = await asyncio.gather(*(one(content.data) for content in contents.values()))
    return dict(zip(contents, found, strict=True))


def _offline(
    committed: bytes, chosen: FileOptions
) -> "tuple[Document | None, Document | None, tuple[Problem, ...]]":
    from bf_reconciler.document import read_document  # noqa: PLC0415 # help needs no models
    from bf_reconciler.facts import ConfigError  # noqa: PLC0415

    plain = chosen.allow_plaintext
    found = read_document(committed, None, chosen.rules, allow_plaintext=plain, in_folder=True)
    if isinstance(found, tuple):
        return None, None, found
    try:
        reading.require_encrypted(committed, allow_plaintext=plain)
    except ConfigError as error:
        return None, found, (_problem(error), *found.problems)
    return (None, found, found.problems) if found.refused else (found, found, ())


def _problem(error: "ConfigError", file: str = "") -> "Problem":
    from bf_reconciler.loader import problem_of  # noqa: PLC0415 # help needs no models

    return problem_of(error, file)
