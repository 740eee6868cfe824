"""What of one file goes into what the whole folder declares."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from bf_reconciler.document import name_advice
from bf_reconciler.document.dead_ends import check_strategies
from bf_reconciler.document.entries import Entry
from bf_reconciler.document.file_entries import (
    Common,
    FileConnections,
    FileStrategies,
    copies,
    is_taken,
)
from bf_reconciler.document.folder_rules import Claim
from bf_reconciler.document.limits import Together, add_together
from bf_reconciler.document.nodes import Path
from bf_reconciler.document.parsed import Kind, Part, by_place
from bf_reconciler.document.reading import Document
from bf_reconciler.facts import Problem
from bf_reconciler.spec import OLD_NAMES, Connection, Strategy

Key = tuple[Kind, str]
Claims = Mapping[Kind, Mapping[str, Claim]]


class Outside(NamedTuple):
    """What a file learns of others last.

    ``excess``: which of its strategies take too much together with others, by place.
    ``exchanges``: those of connections in other files that its strategies use.
    """

    excess: Mapping[int, Together]
    exchanges: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class FileValues:
    """As in ``Parsed``, of one file. ``names`` are of all its connections, right or wrong.

    ``wrong`` and ``nameless`` are broken entries, with and without a readable name. Names that
    belong to another file are only told of.
    """

    told: tuple[Problem, ...]
    good: Part
    names: frozenset[str]
    wrong: tuple[Entry[Any], ...]
    nameless: tuple[Entry[Any], ...]
    sealed: Mapping[Key, frozenset[Path]]
    files: Mapping[Key, str]


def values_of(
    file: str,
    document: Document,
    common: Common,
    claims: Claims,
    connections: FileConnections,
    strategies: FileStrategies,
    outside: Outside,
) -> FileValues:
    """The values of a file."""
    last = copies(strategies.entries, file)
    for index, found in outside.excess.items():
        add_together(last[index], found)
    declared = [(entry, good) for entry in last if (good := entry.good) is not None]
    if common.file is not None:
        known = {**outside.exchanges, **connections.exchanges}
        check_strategies(declared, known, common.file.policy)
    for entry in last:
        entry.warn_of(OLD_NAMES)
    for entry, good in declared:
        entry.advise(name_advice.of_strategy(good))
    every: tuple[Entry[Any], ...] = (*connections.entries, *last)
    mine = [entry for entry in every if not is_taken(entry.name, claims[entry.kind])]
    keys = [((entry.kind, entry.name), entry) for entry in mine if entry.name is not None]
    return FileValues(
        told=tuple(by_place(_told(file, document, every))),
        good=_part(connections.entries, last),
        names=frozenset(e.name for e in connections.entries if e.name is not None),
        wrong=tuple(entry for _, entry in keys if entry.broken),
        nameless=tuple(entry for entry in mine if entry.name is None),
        sealed=_sealed(keys),
        files={key: file for key, _ in keys if file},
    )


def _told(file: str, document: Document, entries: Iterable[Entry[Any]]) -> list[Problem]:
    told = [*document.head.problems, *document.plaintext]
    for entry in entries:
        told += entry.problems
    return [each if each.file == file else replace(each, file=file) for each in told]


def _part(connections: Iterable[Entry[Connection]], strategies: Iterable[Entry[Strategy]]) -> Part:
    keys = tuple((good, e.node.line) for e in connections if (good := e.good) is not None)
    bots = tuple((bot, e.node.line) for e in strategies if (bot := e.good) is not None)
    names: dict[Kind, tuple[str, ...]] = {
        "connections": tuple(connection.name for connection, _ in keys),
        "strategies": tuple(strategy.name for strategy, _ in bots),
    }
    return Part(keys, bots, names)


def _sealed(entries: Iterable[tuple[Key, Entry[Any]]]) -> dict[Key, frozenset[Path]]:
    found: dict[Key, frozenset[Path]] = {}
    for key, entry in entries:
        if entry.sealed:
            found[key] = found.get(key, frozenset()) | entry.sealed
    return found
