"""Documents to what they declare together: entries against each other, over all files."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, NamedTuple, get_args

from bf_reconciler.document import name_advice
from bf_reconciler.document.budgets import check_budgets
from bf_reconciler.document.dead_ends import check_dead_ends
from bf_reconciler.document.entries import Entry, M, duplicates
from bf_reconciler.document.folder_rules import (
    Claim,
    Standing,
    Visible,
    base_of,
    report_claims,
    report_engines,
    report_excess,
    report_unshared,
    rival_sections,
)
from bf_reconciler.document.head import VERSION
from bf_reconciler.document.limits import check_limits
from bf_reconciler.document.nodes import Path
from bf_reconciler.document.parsed import Kind, Parsed, ordered, refusal
from bf_reconciler.document.reading import KINDS, Document
from bf_reconciler.document.seal import SealState
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Problem
from bf_reconciler.spec import OLD_NAMES, Connection, File, Strategy, inconsistencies

CONSISTENT: Final = frozenset(
    {"connection", "market", "runtime", "leverage", "direction", "safety_orders", "pairs"}
    | {"exclude_pairs", "take_profit_pct", "trailing", "max_daily_loss_pct", "max_drawdown_pct"}
    | {"grid", "start_condition", "settings", "when_off"}
)
"""Fields that the second pass looks at; where one could not be read, it would guess."""
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
class _Part:
    """The entries of one file, copied: what is told of them depends on the others."""

    file: str
    document: Document
    connections: tuple[Entry[Connection], ...]
    strategies: tuple[Entry[Strategy], ...]

    @property
    def entries(self) -> tuple[Entry[Any], ...]:
        return (*self.connections, *self.strategies)


class _Foreign(NamedTuple):
    """Names that belong to another file, and strategies on a connection that does."""

    taken: frozenset[Claim]
    unshared: frozenset[str]


def _part(file: str, document: Document) -> _Part:
    connections = tuple(_copied(entry, file) for entry in document.connections)
    strategies = tuple(_copied(entry, file) for entry in document.strategies)
    return _Part(file, document, connections, strategies)


def _copied(entry: Entry[M], file: str) -> Entry[M]:
    copied = copy(entry)
    copied.problems, copied.file = list(entry.problems), file
    return copied


def parsed_alone(document: Document) -> Parsed:
    """What one file declares that is the whole source."""
    part = _part("", document)
    head = document.head
    file = None if head.unchecked else head.file
    _second_pass([part], file, "", Standing())
    return replace(
        refusal(*_told(part)) if document.refused else _parsed([part], head.file or NO_BASE, ()),
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
    documents = {file: documents[file] for file in sorted(documents)}
    if standing.base in lost:
        return refusal(Problem(0, 0, "", LOST_BASE, file=standing.base))
    base = base_of(documents, standing.base)
    if base is None:
        return refusal(*rival_sections(documents, ""))
    known = base and base == standing.base
    if standing.nothing and not known and (doubtful := _maybe_base(lost, base)):
        return refusal(*doubtful)
    head = documents[base].head if base else None
    file = NO_BASE if head is None else None if head.unchecked else head.file
    parts = [_part(name, document) for name, document in documents.items()]
    foreign = _second_pass(parts, file, base, standing)
    rivals = rival_sections(documents, base)
    parsed = _parsed(parts, file or NO_BASE, rivals, foreign.taken)
    return replace(
        _with_lost(parsed, lost),
        encrypted=any(part.document.encrypted for part in parts),
        seal=_weakest({part.document.seal for part in parts}),
        base=base,
        policy_sealed=_policy_sealed(parts, base),
        policy_known=head is None or not head.unchecked,
        paths=frozenset((*documents, *lost)),
        unshared=foreign.unshared,
    )


def _weakest(seals: Collection[SealState]) -> SealState:
    """How it is with the seals of all files together."""
    return next((seal for seal in get_args(SealState) if seal in seals), "none")


def _maybe_base(lost: Mapping[str, Document | None], base: str) -> list[Problem]:
    """Files that cannot be taken and have sections for all, or may have where no other has any."""
    return [
        Problem(0, 0, "", UNKNOWN_BASE, file=file)
        for file, document in lost.items()
        if (not base if document is None else document.sections)
    ]


def _second_pass(
    parts: Sequence[_Part], file: File | None, base: str, standing: Standing
) -> _Foreign:
    """What no entry can tell of itself alone: the other entries, its runtime, its name."""
    connections = [entry for part in parts for entry in part.connections]
    strategies = [entry for part in parts for entry in part.strategies]
    for part in parts:
        _report_duplicates(part.connections)
    taken = report_claims("connections", connections, standing.connections)
    visible = Visible(connections, taken, standing.shared)
    unshared: set[str] = set()
    if file is not None:
        runtimes = {runtime.name: runtime for runtime in file.runtimes}
        for part in parts:
            by_name = visible.of(part.file)
            unshared |= set(report_unshared(part.strategies, by_name, visible))
            everything = by_name | _named_elsewhere(part.strategies, by_name, visible)
            check = partial(inconsistencies, connections=everything, runtimes=runtimes)
            for strategy in part.strategies:
                strategy.accept(check, CONSISTENT)
            if file.allow is not None and part.file != base:
                grants = [grant for grant in file.allow if grant.covers(part.file)]
                report_excess(part.connections, part.strategies, grants)
        report_engines(strategies, runtimes, standing.engines)
    for part in parts:
        _report_duplicates(part.strategies)
    taken |= report_claims("strategies", strategies, standing.strategies)
    if file is not None:
        sealed = _policy_sealed(parts, base)
        check_limits(connections, strategies, file.policy, policy_sealed=bool(sealed))
        check_dead_ends(connections, strategies, file.policy)
        check_budgets(connections, file.defaults)
    _advise(connections, strategies)
    return _Foreign(frozenset(taken), frozenset(unshared))


def _policy_sealed(parts: Iterable[_Part], base: str) -> frozenset[Path]:
    """Where encrypted values stand in the policy."""
    places = (part.document.policy_sealed for part in parts if part.file == base)
    return next(places, frozenset())


def _named_elsewhere(
    strategies: Iterable[Entry[Strategy]],
    visible: Mapping[str, Connection | None],
    everywhere: Visible,
) -> dict[str, None]:
    """Connections of other files that are told of already; that they are unknown is not."""
    names = {entry.label("connection") for entry in strategies}
    return {
        name: None
        for name in names
        if name is not None and name not in visible and everywhere.owner(name) is not None
    }


def _advise(
    connections: Iterable[Entry[Connection]], strategies: Iterable[Entry[Strategy]]
) -> None:
    for connection in connections:
        if connection.good is not None:
            connection.advise(name_advice.of_connection(connection.good))
    for strategy in strategies:
        strategy.warn_of(OLD_NAMES)
        if strategy.good is not None:
            strategy.advise(name_advice.of_strategy(strategy.good))


def _report_duplicates(entries: Collection[Entry[M]]) -> None:
    for entry, first in duplicates(entries):
        entry.add_problem((("name",), f"duplicate name; first used on line {first.node.line}"))
        first.eclipsed = True


def _parsed(
    parts: Sequence[_Part], file: File, more: Iterable[Problem], taken: Collection[Claim] = ()
) -> Parsed:
    """The values of what was read. Names that belong to another file are ``taken``."""
    both = [
        entry
        for part in parts
        for entry in part.entries
        if (entry.kind, entry.file, entry.name) not in taken
    ]
    wrong = [entry for entry in both if entry.broken and entry.name is not None]
    lines: dict[tuple[Kind, str], int] = {}
    for entry in wrong:
        lines.setdefault((entry.kind, str(entry.name)), entry.node.line)
    nameless = [entry for entry in both if entry.name is None]
    connections = [entry for part in parts for entry in part.connections]
    strategies = [entry for part in parts for entry in part.strategies]
    names = frozenset(connection.name for connection in connections)
    told = [problem for part in parts for problem in _told(part)]
    return Parsed(
        problems=ordered((*told, *more)),
        policy=file.policy,
        defaults=file.defaults,
        halt=file.halt,
        runtimes=file.runtimes,
        connections=tuple((c.good, c.node.line) for c in connections if c.good is not None),
        strategies=tuple((s.good, s.node.line) for s in strategies if s.good is not None),
        broken_connections=_broken(wrong, "connections", "exchange", frozenset(EXCHANGES)),
        broken_strategies=_broken(wrong, "strategies", "connection", names),
        broken_lines=lines,
        nameless={kind: sum(e.kind == kind for e in nameless) for kind in KINDS},
        nameless_in={kind: frozenset(e.file for e in nameless if e.kind == kind) for kind in KINDS},
        plaintext_secrets=sum(part.document.plaintext_secrets for part in parts),
        sealed=_sealed(both),
        files={(e.kind, e.name): e.file for e in reversed(both) if e.name is not None and e.file},
    )


def _told(part: _Part) -> list[Problem]:
    told = [*part.document.head.problems, *part.document.plaintext]
    for entry in part.entries:
        told += entry.problems
    return [replace(problem, file=part.file) for problem in told] if part.file else told


def _sealed(entries: Iterable[Entry[Any]]) -> dict[tuple[Kind, str], frozenset[Path]]:
    found: dict[tuple[Kind, str], frozenset[Path]] = {}
    for entry in entries:
        if entry.name is not None and entry.sealed:
            key = (entry.kind, entry.name)
            found[key] = found.get(key, frozenset()) | entry.sealed
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
    parts = [_part(file, document) for file, document in lost.items() if document is not None]
    entries = [
        entry
        for part in parts
        for entry in part.entries
        if entry.name is not None and (entry.kind, entry.name) not in parsed.files
    ]
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
