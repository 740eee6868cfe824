"""What holds between the files of a folder: one base, names, what is shared, what is allowed."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from bf_reconciler.document.entries import Entry
from bf_reconciler.document.outline import Outline
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


class Claim(NamedTuple):
    """What is wrong with a name that several files have; ``taken``: it belongs to another one."""

    message: str
    taken: bool


class Foreign(NamedTuple):
    """Connections of other files that the strategies of a file name.

    ``shared``: those it may use; None is one that is wrong. ``unshared``: those it may not, with
    their file. ``known``: all it may use, where one that it names is not to be found.
    """

    shared: Mapping[str, Connection | None]
    unshared: Mapping[str, str]
    known: frozenset[str]


class Shared(NamedTuple):
    """A connection that other files may use; ``good`` is None where it is wrong.

    ``patterns`` say which ones; None is as they were in force, since they cannot be read.
    """

    name: str
    patterns: tuple[str, ...] | None
    good: Connection | None
    file: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What is in force of a folder; before anything is, the ``base`` of an earlier life alone."""

    base: str = ""
    spec: Spec | None = None

    @property
    def nothing(self) -> bool:
        """Whether none is in force yet, whatever an earlier life says of the base."""
        return self.spec is None

    def file_of(self, kind: Kind, name: str) -> str:
        """The file that has a name; "" is none."""
        if self.spec is None:
            return ""
        found = (self.spec.connections if kind == "connections" else self.spec.strategies).get(name)
        return found.file if found is not None else ""

    def patterns_of(self, name: str) -> tuple[str, ...]:
        """Which files may use a connection."""
        entry = self.spec.connections.get(name) if self.spec is not None else None
        return entry.connection.shared_with if entry is not None else ()

    def has_engine(self, name: str, runtime: str) -> bool:
        """Whether a strategy is on a runtime."""
        entry = self.spec.strategies.get(name) if self.spec is not None else None
        return entry is not None and entry.strategy.runtime == runtime


def standing(spec: Spec | None, base: str = "") -> Standing:
    """What is in force, or the ``base`` of an earlier life."""
    return Standing(base if spec is None else spec.base, spec)


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


def claims_on(
    kind: Kind, outlines: Mapping[str, Outline], standing: Standing
) -> Mapping[str, Mapping[str, Claim]]:
    """Names that several files have, by file. Who stands in force keeps its name."""
    seen: set[str] = set()
    contested: set[str] = set()
    for outline in outlines.values():
        names = outline.lines[kind]
        contested.update(seen.intersection(names))
        seen.update(names)
    found: dict[str, dict[str, Claim]] = {}
    for name in contested:
        claiming = {f: o.lines[kind][name] for f, o in outlines.items() if name in o.lines[kind]}
        holder = standing.file_of(kind, name)
        for file in claiming.keys() - {holder}:
            if holder in claiming:
                claim = Claim(f"duplicate name; {holder} has it, and keeps it", taken=True)
            else:
                others = (f"{other}:{line}" for other, line in claiming.items() if other != file)
                claim = Claim(f"duplicate name; also in {', '.join(others)}", taken=False)
            found.setdefault(file, {})[name] = claim
    return found


class Visible:
    """Which connections of other files the strategies of a file may name.

    ``owners``: the file that has a connection, whoever may use it.
    """

    def __init__(
        self, owners: Mapping[str, str], shared: Iterable[Shared], standing: Standing
    ) -> None:
        self._owners = owners
        self._standing = standing
        self._shared: dict[str, list[Shared]] = {}
        for each in shared:
            self._shared.setdefault(each.name, []).append(each)

    def of(self, file: str, used: frozenset[str], own: Collection[str]) -> Foreign:
        """What a file sees of those that it uses and that are not its own."""
        shared: dict[str, Connection | None] = {}
        unshared: dict[str, str] = {}
        unknown = False
        for name in sorted(used.difference(own)):
            fitting = [each for each in self._shared.get(name, ()) if self._fits(each, file)]
            if fitting:
                shared[name] = fitting[-1].good
            elif name in self._owners:
                unshared[name] = self._owners[name]
            else:
                unknown = True
        return Foreign(shared, unshared, self._known(file) if unknown else frozenset())

    def _known(self, file: str) -> frozenset[str]:
        shared = (each for found in self._shared.values() for each in found)
        return frozenset(each.name for each in shared if self._fits(each, file))

    def _fits(self, shared: Shared, file: str) -> bool:
        patterns = shared.patterns
        if patterns is None:
            patterns = self._standing.patterns_of(shared.name)
        return file != shared.file and fits(patterns, file)


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


def engine_rivals(
    outlines: Mapping[str, Outline], runtimes: Mapping[str, Runtime], standing: Standing
) -> Mapping[str, Mapping[int, str]]:
    """One engine carries one strategy: two would be told off and on in turn.

    In one file it is the first; among several, the one in force, or none. What is wrong, by file
    and place in its list.
    """
    exclusive = {name for name, runtime in runtimes.items() if runtime.exclusive}
    users: dict[str, list[_User]] = {}
    for file, outline in outlines.items():
        for name in outline.engines.keys() & exclusive:
            users.setdefault(name, []).extend(_User(file, e) for e in outline.engines[name])
    found: dict[str, dict[int, str]] = {}
    for name, rivals in users.items():
        holder = _holder(rivals, name, standing)
        for user in rivals:
            if user is not holder:
                other = holder or next(each for each in rivals if each is not user)
                message = f"its engine carries one strategy; it has another {other.seen_by(user)}"
                found.setdefault(user.file, {})[user.entry.index] = message
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _User:
    """A strategy on an engine."""

    file: str
    entry: Entry[Strategy]

    def seen_by(self, other: "_User") -> str:
        place = f"on line {self.entry.node.line}"
        return place if self.file == other.file else f"{place} of {self.file}"


def _holder(rivals: Sequence[_User], runtime: str, standing: Standing) -> _User | None:
    if len({user.file for user in rivals}) == 1:
        return rivals[0]
    return next((u for u in rivals if standing.has_engine(u.entry.name or "", runtime)), None)
