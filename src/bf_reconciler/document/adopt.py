"""Swap only if valid: the Spec that is in force after a file was read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bf_reconciler.document.declared import declared
from bf_reconciler.document.parsed import Kind, Parsed
from bf_reconciler.facts import ConfigReason, Problem
from bf_reconciler.spec import Connection, ConnectionEntry, Origin, Spec, StrategyEntry, too_many
from bf_reconciler.spec.budget import least_interval

PAIR: Final = "BTC/USDT"
Names = tuple[str, ...]


def adopt(
    previous: Spec | None, parsed: Parsed, *, revision: str, digest: str, pepper: bytes
) -> tuple[Spec, tuple[Problem, ...]]:
    """The Spec in force from now on, and what of the file was not followed.

    A broken entry keeps its last good form. Entries that vanished are let go, unless they are more
    than ``policy.max_removals`` of the new file allows, or a broken entry without a readable name
    may be one of them. A refused file changes nothing.
    """
    if parsed.refused and previous is not None:
        return previous, ()
    before = previous or _nothing(parsed)
    held, problems = _held(before, parsed)
    strategies = _strategies(before, parsed, held["strategies"])
    spec = Spec(
        generation=before.generation + (digest != before.digest or previous is None),
        revision=revision,
        digest=digest,
        policy=parsed.policy,
        halt=parsed.halt,
        runtimes={runtime.name: runtime for runtime in parsed.runtimes},
        connections=_connections(before, parsed, held["connections"], strategies, pepper),
        strategies=strategies,
        broken_connections=parsed.broken_connections,
        broken_strategies=parsed.broken_strategies,
        nameless_strategies=parsed.nameless.get("strategies", 0),
        plaintext_secrets=parsed.plaintext_secrets,
        unshared_strategies=parsed.unshared,
        base=parsed.base,
        policy_sealed=parsed.policy_sealed,
    )
    return spec, problems


def _nothing(parsed: Parsed) -> Spec:
    return Spec(0, "", "", parsed.policy, None, {}, {}, {})


def _held(before: Spec, parsed: Parsed) -> tuple[Mapping[Kind, Names], tuple[Problem, ...]]:
    """Which vanished entries stay in force, and why."""
    connections = {c.name for c, _ in parsed.connections} | parsed.broken_connections.keys()
    strategies = {s.name for s, _ in parsed.strategies} | parsed.broken_strategies.keys()
    vanished: dict[Kind, Names] = {
        "connections": tuple(name for name in before.connections if name not in connections),
        "strategies": tuple(name for name in before.strategies if name not in strategies),
    }
    totals: dict[Kind, int] = {
        "connections": len(before.connections),
        "strategies": len(before.strategies),
    }
    limit = parsed.policy.max_removals
    if any(too_many(totals[kind], len(names), limit) for kind, names in vanished.items()):
        where = f" ({parsed.base})" if parsed.base else ""
        return vanished, (_problem("", _mass_removal(vanished, totals, "this file" + where)),)
    held: dict[Kind, Names] = {}
    problems = []
    for kind, names in vanished.items():
        held[kind] = tuple(name for name in names if _may_be_nameless(parsed, kind, name, before))
        if held[kind]:
            message = (
                f"{len(held[kind])} missing while an entry has no readable name; "
                "they stay in force until that is corrected"
            )
            problems.append(_problem(kind, message))
    return _with_emptied(before, parsed, vanished, held, problems)


def _mass_removal(vanished: Mapping[Kind, Names], totals: Mapping[Kind, int], where: str) -> str:
    lost = " and ".join(
        f"{len(names)} of {totals[kind]} {kind}" for kind, names in vanished.items() if names
    )
    return (
        f"{lost} removed in one revision; they stay in force. "
        f"If this is intended, raise policy.max_removals in {where}"
    )


def _may_be_nameless(parsed: Parsed, kind: Kind, name: str, before: Spec) -> bool:
    """Whether an entry that vanished may be one without a readable name.

    Of a folder, it is looked for in its own file, and in all of them where that one is gone.
    """
    if not parsed.paths:
        return bool(parsed.nameless.get(kind))
    file = _entries_of(before, kind)[name].file
    nameless = parsed.nameless_in.get(kind, frozenset())
    return file in nameless or (file not in parsed.paths and bool(nameless))


def _entries_of(spec: Spec, kind: Kind) -> Mapping[str, ConnectionEntry | StrategyEntry]:
    return spec.connections if kind == "connections" else spec.strategies


def _with_emptied(
    before: Spec,
    parsed: Parsed,
    vanished: Mapping[Kind, Names],
    held: dict[Kind, Names],
    problems: list[Problem],
) -> tuple[Mapping[Kind, Names], tuple[Problem, ...]]:
    """Hold likewise what single files of a folder lost, as if each were the whole source."""
    if not parsed.paths:
        return held, tuple(problems)
    lost: dict[str, dict[Kind, Names]] = {}
    for kind, names in vanished.items():
        for name in names:
            file = _entries_of(before, kind)[name].file
            of_file = lost.setdefault(file, {"connections": (), "strategies": ()})
            of_file[kind] = (*of_file[kind], name)
    sizes = {
        kind: Counter(entry.file for entry in _entries_of(before, kind).values())
        for kind in vanished
    }
    limit = parsed.policy.max_removals
    for file, found in lost.items():
        totals = {kind: sizes[kind][file] for kind in found}
        if any(too_many(totals[kind], len(names), limit) for kind, names in found.items()):
            where = parsed.base or "the file with policy"
            told = _problem("", _mass_removal(found, totals, where))
            problems.append(replace(told, file=file))
            held = {kind: (*held[kind], *found[kind]) for kind in held}
    return {kind: tuple(dict.fromkeys(held[kind])) for kind in held}, tuple(problems)


def _problem(path: str, message: str) -> Problem:
    return Problem(0, 0, path, message, reason=ConfigReason.MASS_REMOVAL_HELD)


def _strategies(before: Spec, parsed: Parsed, held: Names) -> Mapping[str, StrategyEntry]:
    entries: dict[str, StrategyEntry] = {}
    for strategy, line in parsed.strategies:
        key: tuple[Kind, str] = "strategies", strategy.name
        old = before.strategies.get(strategy.name)
        if old is not None and old.strategy is strategy:  # of a file that was not read again
            shown = old.declared
        else:
            shown = declared(strategy, parsed.sealed.get(key, ()))
        made = StrategyEntry(strategy, line, "current", shown, parsed.files.get(key, ""))
        entries[strategy.name] = _same(old, made)
    for name, line, origin in _kept(parsed, "strategies", held):
        if name in before.strategies and not _is_foreign(before, parsed, name):
            entries[name] = replace(before.strategies[name], line=line, origin=origin)
    return entries


def _is_foreign(before: Spec, parsed: Parsed, name: str) -> bool:
    """Whether the connection of a strategy is no longer one that it may use.

    It is not shared any more, or its name is now that of a connection in another file.
    """
    connection = before.strategies[name].strategy.connection
    was, now = before.connections.get(connection), parsed.files.get(("connections", connection))
    moved = was is not None and now is not None and now != was.file
    return name in parsed.unshared or (moved and now != before.strategies[name].file)


def _same(old: StrategyEntry | None, new: StrategyEntry) -> StrategyEntry:
    return old if old is not None and old == new else new


def _kept(parsed: Parsed, kind: Kind, held: Names) -> list[tuple[str, int, Origin]]:
    """Names that stay in force without a good entry in the file; 0 is no line."""
    broken = parsed.broken_connections if kind == "connections" else parsed.broken_strategies
    kept: list[tuple[str, int, Origin]] = [
        (name, parsed.broken_lines.get((kind, name), 0), "last_good") for name in broken
    ]
    return kept + [(name, 0, "held") for name in held]


@dataclass(frozen=True, slots=True)
class _Frame:
    """What every entry is made with."""

    before: Spec
    parsed: Parsed
    pairs: Mapping[str, str]
    trading: frozenset[str]
    pepper: bytes
    keys: Counter[str] = field(default_factory=Counter)
    """How many connections have a key, by its fingerprint."""

    def entry(
        self,
        connection: Connection,
        line: int,
        origin: Origin,
        kept: ConnectionEntry | None = None,
    ) -> ConnectionEntry:
        defaults = self.parsed.defaults
        place: tuple[Kind, str] = "connections", connection.name
        old = self.before.connections.get(connection.name)
        known = old if old is not None and old.connection is connection else None
        same = known or ConnectionEntry(
            connection=connection,
            fingerprint=connection.fingerprint(self.pepper),
            line=line,
            origin=origin,
            interval=defaults.interval,
            timeout=defaults.timeout,
            pair=PAIR,
            key_fingerprint=connection.key_fingerprint(self.pepper),
            credentials_fingerprint=connection.credentials_fingerprint(self.pepper),
            egress=connection.egress_fingerprint(self.pepper),
            declared=declared(connection, self.parsed.sealed.get(place, ())),
        )
        least = least_interval(connection) * self.keys[same.key_fingerprint]
        made = replace(
            same,
            line=line,
            origin=origin,
            interval=max(connection.interval or defaults.interval, least),
            timeout=connection.timeout or defaults.timeout,
            pair=self.pairs.get(connection.name, PAIR),
            trades=connection.name in self.trading,
            file=self.parsed.files.get(place, "") if kept is None else kept.file,
        )
        return old if old is not None and old == made else made


def _connections(
    before: Spec,
    parsed: Parsed,
    held: Names,
    strategies: Mapping[str, StrategyEntry],
    pepper: bytes,
) -> Mapping[str, ConnectionEntry]:
    trading = frozenset(e.strategy.connection for e in strategies.values() if e.strategy.enabled)
    frame = _Frame(before, parsed, _pairs(strategies), trading, pepper)
    kept = [row for row in _kept(parsed, "connections", held) if row[0] in before.connections]
    every = [connection for connection, _ in parsed.connections]
    every += [before.connections[name].connection for name, _, _ in kept]
    frame.keys.update(_key(before, connection, pepper) for connection in every)
    entries = {c.name: frame.entry(c, line, "current") for c, line in parsed.connections}
    for name, line, origin in kept:
        old = before.connections[name]
        entries[name] = frame.entry(old.connection, line, origin, old)
    return entries


def _key(before: Spec, connection: Connection, pepper: bytes) -> str:
    """The fingerprint of its key; it is known where the same connection is in force already."""
    old = before.connections.get(connection.name)
    if old is not None and old.connection is connection:
        return old.key_fingerprint
    return connection.key_fingerprint(pepper)


def _pairs(strategies: Mapping[str, StrategyEntry]) -> Mapping[str, str]:
    """A pair per connection: of its first strategy that trades spot, else of its first."""
    spot: dict[str, str] = {}
    other: dict[str, str] = {}
    for entry in strategies.values():
        for pair in entry.strategy.pairs[:1]:
            found = other if ":" in pair else spot
            found.setdefault(entry.strategy.connection, pair)
    return {**other, **spot}
