"""What holds between the files of a folder: one base, names, what is shared, what is allowed."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bf_reconciler.document.entries import Entry, M
from bf_reconciler.document.parsed import Kind
from bf_reconciler.document.reading import Document
from bf_reconciler.facts import ConfigReason, Problem
from bf_reconciler.spec import (
    Connection,
    Grant,
    Runtime,
    Spec,
    Strategy,
    connection_excess,
    fits,
    strategy_excess,
)

NOT_ALLOWED: Final = ConfigReason.ENTRY_NOT_ALLOWED
OF_CONNECTION: Final = frozenset({"exchange", "account"})
OF_STRATEGY: Final = frozenset({"runtime", "risk_level"})


Claim = tuple[Kind, str, str]
"""A kind, a file, and the name of an entry in it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is in force of a folder: the file of each name, and who has what only one can have.

    ``shared``: of each connection, the files that may use it. ``engines``: of each runtime, the
    strategies on it. ``nothing``: none is in force yet, whatever an earlier life says of the base.
    """

    nothing: bool = True
    base: str = ""
    connections: Mapping[str, str] = field(default_factory=dict)
    strategies: Mapping[str, str] = field(default_factory=dict)
    shared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    engines: Mapping[str, frozenset[str]] = field(default_factory=dict)


def standing(spec: Spec | None, base: str = "") -> Standing:
    """What is in force; before anything is, the ``base`` of an earlier life alone."""
    if spec is None:
        return Standing(base=base)
    engines: dict[str, set[str]] = {}
    for name, entry in spec.strategies.items():
        engines.setdefault(entry.strategy.runtime, set()).add(name)
    return Standing(
        nothing=False,
        base=spec.base,
        connections={name: entry.file for name, entry in spec.connections.items()},
        strategies={name: entry.file for name, entry in spec.strategies.items()},
        shared={name: entry.connection.shared_with for name, entry in spec.connections.items()},
        engines={name: frozenset(users) for name, users in engines.items()},
    )


def base_of(documents: Mapping[str, Document], before: str) -> str | None:
    """The one file with sections that hold for all; "" where none has any, None where several do.

    The one in force stays it as long as it has any.
    """
    claiming = [file for file, document in documents.items() if document.sections]
    if before in claiming:
        return before
    if len(claiming) > 1:
        return None
    return claiming[0] if claiming else ""


def rival_sections(documents: Mapping[str, Document], base: str) -> Iterator[Problem]:
    """Sections of other files than the base. With no base, all of them."""
    claiming = [file for file, document in documents.items() if document.sections]
    for file in claiming:
        if file == base:
            continue
        others = base or ", ".join(other for other in claiming if other != file)
        for section, spot in documents[file].sections.items():
            message = f"only one file may have policy, defaults, runtimes, halt and allow: {others}"
            yield Problem(*spot, section, message, file=file)


def report_claims(
    kind: Kind, entries: Sequence[Entry[M]], standing: Mapping[str, str]
) -> set[Claim]:
    """Tell of names that several files have. Who stands in force keeps its name.

    Gives the claims to names that belong to another file.
    """
    by_name: dict[str, dict[str, Entry[M]]] = {}
    for entry in entries:
        if entry.name is not None:
            by_name.setdefault(entry.name, {}).setdefault(entry.file, entry)
    taken: set[Claim] = set()
    contested = {name: first for name, first in by_name.items() if len(first) > 1}
    for entry in entries:
        claims = contested.get(entry.name or "", {})
        holder = standing.get(entry.name or "", "")
        if not claims or entry.file == holder:
            continue
        if holder in claims:
            message = f"duplicate name; {holder} has it, and keeps it"
            taken.add((kind, entry.file, str(entry.name)))
        else:
            others = (f"{f}:{e.node.line}" for f, e in claims.items() if f != entry.file)
            message = f"duplicate name; also in {', '.join(others)}"
        entry.add_problem((("name",), message))
    return taken


class Visible:
    """Which connections the strategies of a file may name."""

    def __init__(
        self,
        connections: Iterable[Entry[Connection]],
        taken: Collection[Claim],
        shared: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._own: dict[str, dict[str, Connection | None]] = {}
        self._shared: list[tuple[str, tuple[str, ...], Connection | None, str]] = []
        self._elsewhere: dict[str, str] = {}
        for entry in connections:
            name = entry.name
            if name is None or ("connections", entry.file, name) in taken:
                continue
            self._own.setdefault(entry.file, {})[name] = entry.good
            self._elsewhere[name] = entry.file
            declared = entry.model or entry.draft
            patterns = shared.get(name, ()) if declared is None else declared.shared_with
            if patterns:
                self._shared.append((name, patterns, entry.good, entry.file))

    def of(self, file: str) -> dict[str, Connection | None]:
        """Its own, and what other files share with it; None is one that is wrong."""
        found = {
            name: good
            for name, patterns, good, owner in self._shared
            if owner != file and fits(patterns, file)
        }
        return found | self._own.get(file, {})

    def owner(self, name: str) -> str | None:
        """The file that has this connection, whoever may use it."""
        return self._elsewhere.get(name)


def report_unshared(
    strategies: Iterable[Entry[Strategy]],
    visible: Mapping[str, Connection | None],
    everywhere: Visible,
) -> Iterator[str]:
    """Tell of strategies on a connection of another file that does not share it; their names."""
    for entry in strategies:
        name = entry.label("connection")
        owner = everywhere.owner(name) if name is not None and name not in visible else None
        if owner is None:
            continue
        message = f"is a connection of {owner}, which does not share it with this file"
        entry.add_problem((("connection",), message), reason=NOT_ALLOWED)
        if entry.name is not None:
            yield entry.name


def report_excess(
    connections: Iterable[Entry[Connection]],
    strategies: Iterable[Entry[Strategy]],
    grants: Sequence[Grant],
) -> None:
    """Tell what a file declares beyond what it was given."""
    for connection in connections:
        connection.accept(lambda c: connection_excess(c, grants), OF_CONNECTION, NOT_ALLOWED)
    for strategy in strategies:
        strategy.accept(lambda s: strategy_excess(s, grants), OF_STRATEGY, NOT_ALLOWED)


def report_engines(
    strategies: Iterable[Entry[Strategy]],
    runtimes: Mapping[str, Runtime],
    in_force: Mapping[str, frozenset[str]],
) -> None:
    """One engine carries one strategy: two would be told off and on in turn.

    In one file it is the first; among several, the one in force, or none.
    """
    users: dict[str, list[Entry[Strategy]]] = {}
    for strategy in strategies:
        model = strategy.model or strategy.draft
        runtime = runtimes.get(model.runtime) if model is not None else None
        if model is not None and runtime is not None and runtime.exclusive:
            users.setdefault(model.runtime, []).append(strategy)
    for name, entries in users.items():
        holder = _holder(entries, in_force.get(name, frozenset()))
        for entry in entries:
            if entry is not holder:
                other = holder or next(e for e in entries if e is not entry)
                place = f"on line {other.node.line}" + _in_file(other, entry)
                message = f"its engine carries one strategy; it has another {place}"
                entry.add_problem((("runtime",), message))


def _holder(entries: Sequence[Entry[Any]], in_force: frozenset[str]) -> Entry[Any] | None:
    if len({entry.file for entry in entries}) == 1:
        return entries[0]
    return next((entry for entry in entries if entry.name in in_force), None)


def _in_file(other: Entry[Any], entry: Entry[Any]) -> str:
    return "" if other.file == entry.file else f" of {other.file}"
