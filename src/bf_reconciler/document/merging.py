"""Documents to what they declare together: entries against each other, over all files."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final, get_args

from bf_reconciler.document.budgets import check_budgets
from bf_reconciler.document.entries import Entry
from bf_reconciler.document.file_entries import Common, copies
from bf_reconciler.document.file_values import FileValues
from bf_reconciler.document.folder import NO_FILES, Files, worked_out
from bf_reconciler.document.folder_rules import Standing, base_of, rival_sections
from bf_reconciler.document.head import VERSION
from bf_reconciler.document.nodes import Path
from bf_reconciler.document.parsed import Kind, Parsed, by_place, refusal, shown
from bf_reconciler.document.reading import KINDS, Document
from bf_reconciler.document.seal import SealState
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Problem
from bf_reconciler.spec import File

NO_BASE: Final = File(version=VERSION, connections=())
LOST_BASE: Final = (
    "it is the file with policy and allow, and cannot be taken;"
    " nothing of the folder is taken without it"
)
UNKNOWN_BASE: Final = (
    "it cannot be taken, and it may be the file with policy and allow;"
    " nothing of the folder is taken without it"
)


@dataclass(frozen=True, slots=True)
class Merged:
    """What the files of a folder declare together, and what the next merge begins with."""

    parsed: Parsed
    files: Files = field(default=NO_FILES, repr=False, compare=False)


def parsed_alone(document: Document) -> Parsed:
    """What one file declares that is the whole source."""
    head = document.head
    common = Common("", None if head.unchecked else head.file, _hides(document.policy_sealed))
    files = worked_out({"": document}, common, Standing(), NO_FILES)
    parsed = _parsed([document], files, head.file or NO_BASE, ())
    return replace(
        refusal(*parsed.problems) if document.refused else parsed,
        encrypted=document.encrypted,
        last_modified=document.last_modified,
        seal=document.seal,
        digest=document.digest,
        policy_sealed=document.policy_sealed,
        policy_known=not head.unchecked,
    )


def merge(
    documents: Mapping[str, Document],
    lost: Mapping[str, Document | None],
    standing: Standing,
) -> Parsed:
    """What the files of a folder declare together; none of ``documents`` is refused.

    ``lost`` are files of which no version can be taken, with what can be told of them all the
    same; None is nothing. Where nothing is in force yet, one that may be the base voids the whole.
    The order of the files does not matter.
    """
    return merge_again(documents, lost, standing, NO_FILES).parsed


def merge_again(
    documents: Mapping[str, Document],
    lost: Mapping[str, Document | None],
    standing: Standing,
    before: Files,
) -> Merged:
    """The same; what was worked out ``before`` of the same is not worked out again."""
    documents = {file: documents[file] for file in sorted(documents)}
    base = base_of(documents, standing.base)
    if refused := _refusal(documents, lost, standing, base):
        return Merged(refusal(*refused))
    base = base or ""
    head = documents[base].head if base else None
    file = NO_BASE if head is None else None if head.unchecked else head.file
    sealed = documents[base].policy_sealed if base else frozenset()
    common = Common(base, file, _hides(sealed))
    files = worked_out(documents, common, standing, before)
    every = documents.values()
    seals = {document.seal for document in every}
    parsed = replace(
        _parsed(every, files, file or NO_BASE, rival_sections(documents, base)),
        encrypted=any(document.encrypted for document in every),
        seal=next((seal for seal in get_args(SealState) if seal in seals), "none"),
        base=base,
        policy_sealed=sealed,
        policy_known=head is None or not head.unchecked,
        paths=frozenset((*documents, *lost)),
    )
    return Merged(_with_lost(parsed, lost), files)


def _hides(sealed: Collection[Path]) -> bool:
    """Whether a value of the policy itself is encrypted, so that no arithmetic may show it."""
    return any(path != ("allow",) for path in sealed)


def _refusal(
    documents: Mapping[str, Document],
    lost: Mapping[str, Document | None],
    standing: Standing,
    base: str | None,
) -> list[Problem]:
    """Why nothing of the folder can be taken."""
    if standing.base in lost:
        return [Problem(0, 0, "", LOST_BASE, file=standing.base)]
    if base is None:
        return list(rival_sections(documents, ""))
    known = base and base == standing.base
    return _maybe_base(lost, base) if standing.nothing and not known else []


def _maybe_base(lost: Mapping[str, Document | None], base: str) -> list[Problem]:
    """Files that cannot be taken and have sections for all, or may have where no other has any."""
    return [
        Problem(0, 0, "", UNKNOWN_BASE, file=file)
        for file, document in lost.items()
        if (not base if document is None else document.sections)
    ]


def _parsed(
    documents: Collection[Document], files: Files, file: File, more: Iterable[Problem]
) -> Parsed:
    """The values of all files."""
    values = [found.value for found in files.values.values()]
    wrong = [entry for value in values for entry in value.wrong]
    lines: dict[tuple[Kind, str], int] = {}
    for entry in wrong:
        lines.setdefault((entry.kind, str(entry.name)), entry.node.line)
    names = frozenset[str]().union(*(value.names for value in values))
    nameless = [entry for value in values for entry in value.nameless]
    budgets = check_budgets([found.value.demand for found in files.connections.values()])
    told = list(chain.from_iterable(value.told for value in values))  # by place already
    if extra := [*budgets, *more]:
        told = by_place((*told, *extra))
    return Parsed(
        problems=shown(told),
        policy=file.policy,
        allow=file.allow,
        defaults=file.defaults,
        halt=file.halt,
        runtimes=file.runtimes,
        connections=tuple(chain.from_iterable(value.good.connections for value in values)),
        strategies=tuple(chain.from_iterable(value.good.strategies for value in values)),
        parts=tuple(value.good for value in values),
        broken_connections=_broken(wrong, "connections", "exchange", frozenset(EXCHANGES)),
        broken_strategies=_broken(wrong, "strategies", "connection", names),
        broken_lines=lines,
        nameless={kind: sum(e.kind == kind for e in nameless) for kind in KINDS},
        nameless_in={kind: frozenset(e.file for e in nameless if e.kind == kind) for kind in KINDS},
        plaintext_secrets=sum(document.plaintext_secrets for document in documents),
        sealed=_sealed(values),
        files=_files(values),
        unshared=frozenset[str]().union(*(f.value.unshared for f in files.strategies.values())),
    )


def _sealed(values: Iterable[FileValues]) -> dict[tuple[Kind, str], frozenset[Path]]:
    found: dict[tuple[Kind, str], frozenset[Path]] = {}
    for value in values:
        for key, places in value.sealed.items():
            found[key] = found[key] | places if key in found else places
    return found


def _files(values: Iterable[FileValues]) -> dict[tuple[Kind, str], str]:
    """The first file that has a name, of each."""
    found: dict[tuple[Kind, str], str] = {}
    for value in reversed([*values]):
        found.update(value.files)
    return found


def _broken(
    entries: Iterable[Entry[Any]], kind: Kind, key: str, known: Collection[str | None]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in entries:
        if entry.kind == kind:
            label = entry.label(key)
            found.setdefault(str(entry.name), label if label is not None and label in known else "")
    return found


def _with_lost(parsed: Parsed, lost: Mapping[str, Document | None]) -> Parsed:
    """The same with the names of files that cannot be taken: they are wrong, and not gone."""
    if not lost:
        return parsed
    read = [(file, document) for file, document in lost.items() if document is not None]
    every: chain[Entry[Any]] = chain.from_iterable(
        copies((*document.connections, *document.strategies), file) for file, document in read
    )
    entries = [e for e in every if e.name is not None and (e.kind, e.name) not in parsed.files]
    names = frozenset(entry.name for entry in entries if entry.kind == "connections")
    known = names | parsed.broken_connections.keys() | {c.name for c, _ in parsed.connections}
    unread = frozenset(file for file, document in lost.items() if document is None)
    exchanges = _broken(entries, "connections", "exchange", frozenset(EXCHANGES))
    return replace(
        parsed,
        broken_connections={**parsed.broken_connections, **exchanges},
        broken_strategies={
            **parsed.broken_strategies,
            **_broken(entries, "strategies", "connection", known),
        },
        broken_lines={
            **{(e.kind, str(e.name)): e.node.line for e in entries},
            **parsed.broken_lines,
        },
        nameless={kind: count + len(unread) for kind, count in parsed.nameless.items()},
        nameless_in={kind: found | unread for kind, found in parsed.nameless_in.items()},
        files={**{(e.kind, str(e.name)): e.file for e in entries}, **parsed.files},
    )
