"""The files of a folder with each other; what is known of one is not worked out again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, TypeVar

from bf_reconciler.document.derived import Derived, derive
from bf_reconciler.document.file_entries import (
    Common,
    FileConnections,
    FileStrategies,
    connections_of,
    strategies_of,
    together_of,
)
from bf_reconciler.document.file_values import Claims, FileValues, Outside, values_of
from bf_reconciler.document.folder_rules import (
    Foreign,
    Standing,
    Visible,
    claims_on,
    engine_rivals,
)
from bf_reconciler.document.limits import Together
from bf_reconciler.document.outline import Outline, outline_of
from bf_reconciler.document.reading import Document

T = TypeVar("T")
ByPlace = Mapping[int, Together]


@dataclass(frozen=True, slots=True, eq=False)
class Files:
    """What was worked out of each file of a folder, in the order in which one rests on another."""

    common: Common | None = None
    outlines: Mapping[str, Derived[Outline]] = field(default_factory=dict)
    connections: Mapping[str, Derived[FileConnections]] = field(default_factory=dict)
    strategies: Mapping[str, Derived[FileStrategies]] = field(default_factory=dict)
    together: Mapping[str, Derived[Mapping[str, ByPlace]]] = field(default_factory=dict)
    values: Mapping[str, Derived[FileValues]] = field(default_factory=dict)


NO_FILES: Final = Files()


def worked_out(
    documents: Mapping[str, Document], common: Common, standing: Standing, before: Files
) -> Files:
    """Each file, with what it sees of the others: names, then connections, then strategies."""
    if before.common is not None and before.common == common:
        common = before.common  # what is the same object is compared at once
    outlined = derive(outline_of, {f: (d,) for f, d in documents.items()}, before.outlines)
    outlines = _values(outlined)
    claims = _claims(outlines, standing)
    connected = derive(
        connections_of,
        {f: (f, d, common, claims[f]["connections"]) for f, d in documents.items()},
        before.connections,
    )
    connections = _values(connected)
    owners = {name: file for file, found in connections.items() for name in found.own}
    foreign = _foreign(outlines, connections, owners, standing)
    engines = _engines(outlines, common, standing)
    planned = derive(
        strategies_of,
        {
            f: (
                f,
                d,
                common,
                claims[f]["strategies"],
                engines.get(f, {}),
                connections[f],
                foreign[f],
            )
            for f, d in documents.items()
        },
        before.strategies,
    )
    strategies = _values(planned)
    users = _users(connections, strategies, owners) if common.file is not None else {}
    together = derive(together_of, users, before.together)
    outside = _outside(outlines, connections, owners, _values(together))
    values = derive(
        values_of,
        {
            f: (f, d, common, claims[f], connections[f], strategies[f], outside[f])
            for f, d in documents.items()
        },
        before.values,
    )
    return Files(common, outlined, connected, planned, together, values)


def _values(derived: Mapping[str, Derived[T]]) -> dict[str, T]:
    return {file: found.value for file, found in derived.items()}


def _claims(outlines: Mapping[str, Outline], standing: Standing) -> dict[str, Claims]:
    connections = claims_on("connections", outlines, standing)
    strategies = claims_on("strategies", outlines, standing)
    return {
        file: {"connections": connections.get(file, {}), "strategies": strategies.get(file, {})}
        for file in outlines
    }


def _foreign(
    outlines: Mapping[str, Outline],
    connections: Mapping[str, FileConnections],
    owners: Mapping[str, str],
    standing: Standing,
) -> dict[str, Foreign]:
    shared = chain.from_iterable(found.shared for found in connections.values())
    visible = Visible(owners, shared, standing)
    return {
        file: visible.of(file, outline.used, connections[file].own.keys())
        for file, outline in outlines.items()
    }


def _engines(
    outlines: Mapping[str, Outline], common: Common, standing: Standing
) -> Mapping[str, Mapping[int, str]]:
    runtimes = common.file.runtimes if common.file is not None else ()
    return engine_rivals(outlines, {each.name: each for each in runtimes}, standing)


def _users(
    connections: Mapping[str, FileConnections],
    strategies: Mapping[str, FileStrategies],
    owners: Mapping[str, str],
) -> dict[str, tuple[FileConnections | FileStrategies, ...]]:
    """The connections of each file, and the strategies of all files that have some on them."""
    users: dict[str, list[FileConnections | FileStrategies]] = {
        file: [found] for file, found in connections.items()
    }
    for file, found in strategies.items():
        elsewhere = found.good.keys() - connections[file].own.keys()
        for owner in {file, *(owners[name] for name in elsewhere)}:
            users[owner].append(found)
    return {file: tuple(found) for file, found in users.items()}


def _outside(
    outlines: Mapping[str, Outline],
    connections: Mapping[str, FileConnections],
    owners: Mapping[str, str],
    together: Mapping[str, Mapping[str, ByPlace]],
) -> dict[str, Outside]:
    excess: dict[str, dict[int, Together]] = {file: {} for file in outlines}
    for of_file in together.values():
        for file, places in of_file.items():
            excess[file].update(places)
    exchanges = {
        file: {
            name: exchange
            for name in outline.used - connections[file].own.keys()
            if name in owners
            and (exchange := connections[owners[name]].exchanges.get(name)) is not None
        }
        for file, outline in outlines.items()
    }
    return {file: Outside(excess[file], exchanges[file]) for file in outlines}
