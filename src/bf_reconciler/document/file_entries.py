"""What one file of a folder declares, given what it sees of the others."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from bf_reconciler.document import name_advice
from bf_reconciler.document.budgets import Demand, demand_of
from bf_reconciler.document.dead_ends import check_connections
from bf_reconciler.document.entries import Entry, M, duplicates
from bf_reconciler.document.folder_rules import NOT_ALLOWED, Claim, Foreign, Shared, report_excess
from bf_reconciler.document.limits import Together, check_limits, together
from bf_reconciler.document.reading import Document
from bf_reconciler.spec import Connection, File, Grant, Strategy, inconsistencies

CONSISTENT: Final = frozenset(
    {"connection", "market", "runtime", "leverage", "direction", "safety_orders", "pairs"}
    | {"exclude_pairs", "take_profit_pct", "trailing", "max_daily_loss_pct", "max_drawdown_pct"}
    | {"grid", "start_condition", "settings", "when_off"}
)
"""Fields that the second pass looks at; where one could not be read, it would guess."""


@dataclass(frozen=True, slots=True)
class Common:
    """What holds for the entries of all files. ``file`` is the base; None where it is unknown."""

    base: str
    file: File | None
    policy_sealed: bool

    def grants(self, file: str) -> list[Grant] | None:
        """What a file was given; None is everything."""
        allow = self.file.allow if self.file is not None and file != self.base else None
        return None if allow is None else [grant for grant in allow if grant.covers(file)]


@dataclass(frozen=True, slots=True, eq=False)
class FileConnections:
    """The connections of one file, and what is wrong with them.

    ``own``: those that its strategies may use, None where they are wrong; names that belong to
    another file are not among them. ``shared``: those of them that other files may use. ``good``:
    those that can be taken, and ``exchanges`` theirs.
    """

    entries: tuple[Entry[Connection], ...]
    own: Mapping[str, Connection | None]
    shared: tuple[Shared, ...]
    good: Mapping[str, Entry[Connection]]
    exchanges: Mapping[str, str]
    demand: Demand


@dataclass(frozen=True, slots=True, eq=False)
class FileStrategies:
    """The strategies of one file, and what is wrong with each.

    ``good``: by connection, those of which nothing else is known to be wrong than what they may
    take together. ``unshared``: on a connection of a file that does not share it.
    """

    entries: tuple[Entry[Strategy], ...]
    good: Mapping[str, tuple[Entry[Strategy], ...]]
    unshared: frozenset[str]


def connections_of(
    file: str, document: Document, common: Common, claims: Mapping[str, Claim]
) -> FileConnections:
    """The connections of a file; ``claims`` are on names that others have, too."""
    entries = copies(document.connections, file)
    _report_duplicates(entries)
    _report_claims(entries, claims)
    mine = [
        (entry.name, entry)
        for entry in entries
        if entry.name is not None and not is_taken(entry.name, claims)
    ]
    own = {name: entry.good for name, entry in mine}
    shared = tuple(
        Shared(name, patterns, entry.good, file)
        for name, entry in mine
        if (patterns := _patterns(entry)) != ()
    )
    grants = common.grants(file)
    if grants is not None:
        report_excess(entries, (), grants)
    declared = [(entry, good) for entry in entries if (good := entry.good) is not None]
    if common.file is not None:
        check_connections(declared, common.file.policy)
    for entry, good in declared:
        entry.advise(name_advice.of_connection(good))
    demand = Demand() if common.file is None else demand_of(declared, common.file.defaults)
    by_name = {good.name: entry for entry, good in declared}
    exchanges = {good.name: good.exchange for _, good in declared}
    return FileConnections(entries, own, shared, by_name, exchanges, demand)


def strategies_of(
    file: str,
    document: Document,
    common: Common,
    claims: Mapping[str, Claim],
    engines: Mapping[int, str],
    own: FileConnections,
    foreign: Foreign,
) -> FileStrategies:
    """The strategies of a file. ``engines``: whose engine carries another one, by place."""
    entries = copies(document.strategies, file)
    _report_duplicates(entries)
    _report_claims(entries, claims)
    unshared = frozenset[str]()
    if common.file is not None:
        unshared = _report_unshared(entries, foreign.unshared)
        everything: dict[str, Connection | None] = dict.fromkeys(foreign.known)
        everything |= {**foreign.shared, **own.own, **dict.fromkeys(foreign.unshared)}
        runtimes = {runtime.name: runtime for runtime in common.file.runtimes}
        check = partial(inconsistencies, connections=everything, runtimes=runtimes)
        for entry in entries:
            entry.accept(check, CONSISTENT)
        grants = common.grants(file)
        if grants is not None:
            report_excess((), entries, grants)
        for index, message in engines.items():
            entries[index].add_problem((("runtime",), message))
        check_limits(entries, common.file.policy, policy_sealed=common.policy_sealed)
    good: dict[str, tuple[Entry[Strategy], ...]] = {}
    for entry in entries:
        if (strategy := entry.good) is not None:
            good[strategy.connection] = (*good.get(strategy.connection, ()), entry)
    return FileStrategies(entries, good, unshared)


def together_of(
    own: FileConnections, *strategies: FileStrategies
) -> Mapping[str, Mapping[int, Together]]:
    """What strategies on the connections of a file may not take together, by file and place.

    ``strategies`` are of all files that have some on them.
    """
    groups: dict[str, list[Entry[Strategy]]] = {}
    for each in strategies:
        for name in each.good.keys() & own.good.keys():
            groups.setdefault(name, []).extend(each.good[name])
    found: dict[str, dict[int, Together]] = {}
    for name, entries in groups.items():
        excess = together(own.good[name], entries)
        if excess is not None:
            for entry in entries:
                found.setdefault(entry.file, {})[entry.index] = excess
    return found


def copies(entries: Iterable[Entry[M]], file: str) -> tuple[Entry[M], ...]:
    """What is told of entries depends on other files: a document stays as it is."""
    return tuple(replace(entry, problems=list(entry.problems), file=file) for entry in entries)


def _patterns(entry: Entry[Connection]) -> tuple[str, ...] | None:
    declared = entry.model or entry.draft
    return declared.shared_with if declared is not None else None


def is_taken(name: str | None, claims: Mapping[str, Claim]) -> bool:
    """Whether a name belongs to another file."""
    return name is not None and name in claims and claims[name].taken


def _report_duplicates(entries: Collection[Entry[M]]) -> None:
    for entry, first in duplicates(entries):
        entry.add_problem((("name",), f"duplicate name; first used on line {first.node.line}"))
        first.eclipsed = True


def _report_claims(entries: Iterable[Entry[M]], claims: Mapping[str, Claim]) -> None:
    if claims:
        for entry in entries:
            if entry.name is not None and entry.name in claims:
                entry.add_problem((("name",), claims[entry.name].message))


def _report_unshared(
    entries: Iterable[Entry[Strategy]], unshared: Mapping[str, str]
) -> frozenset[str]:
    """Tell of strategies on a connection of a file that does not share it; their names."""
    found: set[str] = set()
    for entry in entries if unshared else ():
        owner = unshared.get(entry.label("connection") or "")
        if owner is not None:
            message = f"is a connection of {owner}, which does not share it with this file"
            entry.add_problem((("connection",), message), reason=NOT_ALLOWED)
            if entry.name is not None:
                found.add(entry.name)
    return frozenset(found)
