"""Swap only if valid: the Spec that is in force after a file was read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, TypeVar

from bf_reconciler.document.declared import declared
from bf_reconciler.document.parsed import Kind, Parsed
from bf_reconciler.facts import ConfigReason, Problem
from bf_reconciler.spec import (
    Connection,
    ConnectionEntry,
    Defaults,
    Origin,
    Spec,
    Strategy,
    StrategyEntry,
    too_many,
)
from bf_reconciler.spec.budget import least_interval

PAIR: Final = "BTC/USDT"
Names = tuple[str, ...]
E = TypeVar("E", ConnectionEntry, StrategyEntry)


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
    entries = {s.name: _strategy(before, parsed, s, line) for s, line in parsed.strategies}
    for name, line, origin in _kept(parsed, "strategies", held):
        if name in before.strategies and not _is_foreign(before, parsed, name):
            entries[name] = _placed(before.strategies[name], line, origin)
    return entries


def _strategy(before: Spec, parsed: Parsed, strategy: Strategy, line: int) -> StrategyEntry:
    place: tuple[Kind, str] = "strategies", strategy.name
    file, old = parsed.files.get(place, ""), before.strategies.get(strategy.name)
    if old is not None and old.strategy is strategy:  # of a file that was not read again
        placed = _placed(old, line, "current")
        return placed if placed.file == file else replace(placed, file=file)
    shown = declared(strategy, parsed.sealed.get(place, ()))
    made = StrategyEntry(strategy, line, "current", shown, file)
    return old if old is not None and old == made else made


def _is_foreign(before: Spec, parsed: Parsed, name: str) -> bool:
    """Whether the connection of a strategy is no longer one that it may use.

    It is not shared any more, or its name is now that of a connection in another file.
    """
    connection = before.strategies[name].strategy.connection
    was, now = before.connections.get(connection), parsed.files.get(("connections", connection))
    moved = was is not None and now is not None and now != was.file
    return name in parsed.unshared or (moved and now != before.strategies[name].file)


def _kept(parsed: Parsed, kind: Kind, held: Names) -> list[tuple[str, int, Origin]]:
    """Names that stay in force without a good entry in the file; 0 is no line."""
    broken = parsed.broken_connections if kind == "connections" else parsed.broken_strategies
    kept: list[tuple[str, int, Origin]] = [
        (name, parsed.broken_lines.get((kind, name), 0), "last_good") for name in broken
    ]
    return kept + [(name, 0, "held") for name in held]


def _connections(
    before: Spec,
    parsed: Parsed,
    held: Names,
    strategies: Mapping[str, StrategyEntry],
    pepper: bytes,
) -> Mapping[str, ConnectionEntry]:
    entries = {c.name: _entry(before, parsed, c, line, pepper) for c, line in parsed.connections}
    for name, line, origin in _kept(parsed, "connections", held):
        if name in before.connections:
            entries[name] = _placed(before.connections[name], line, origin)
    keys = Counter([entry.key_fingerprint for entry in entries.values()])
    pairs, trading = _traded(strategies)
    for name, entry in entries.items():
        made = _asked(entry, parsed.defaults, keys[entry.key_fingerprint])
        pair, trades = pairs.get(name, PAIR), name in trading
        if (made.pair, made.trades) != (pair, trades):
            made = replace(made, pair=pair, trades=trades)
        old = before.connections.get(name)
        entries[name] = old if old is not None and made is not old and made == old else made
    return entries


def _entry(
    before: Spec, parsed: Parsed, connection: Connection, line: int, pepper: bytes
) -> ConnectionEntry:
    """An entry but for what others have a say in; one of a file that was not read again stays."""
    place: tuple[Kind, str] = "connections", connection.name
    file, old = parsed.files.get(place, ""), before.connections.get(connection.name)
    if old is not None and old.connection is connection:
        placed = _placed(old, line, "current")
        return placed if placed.file == file else replace(placed, file=file)
    return ConnectionEntry(
        connection=connection,
        fingerprint=connection.fingerprint(pepper),
        line=line,
        origin="current",
        interval=parsed.defaults.interval,
        timeout=parsed.defaults.timeout,
        pair=PAIR,
        key_fingerprint=connection.key_fingerprint(pepper),
        credentials_fingerprint=connection.credentials_fingerprint(pepper),
        egress=connection.egress_fingerprint(pepper),
        declared=declared(connection, parsed.sealed.get(place, ())),
        file=file,
    )


def _placed(entry: E, line: int, origin: Origin) -> E:
    same = entry.line == line and entry.origin == origin
    return entry if same else replace(entry, line=line, origin=origin)


def _asked(entry: ConnectionEntry, defaults: Defaults, sharing: int) -> ConnectionEntry:
    """The same with how often it is asked, where so many have its key."""
    connection = entry.connection
    least = least_interval(connection) * sharing
    interval = max(connection.interval or defaults.interval, least)
    timeout = connection.timeout or defaults.timeout
    same = entry.interval == interval and entry.timeout == timeout
    return entry if same else replace(entry, interval=interval, timeout=timeout)


def _traded(strategies: Mapping[str, StrategyEntry]) -> tuple[Mapping[str, str], set[str]]:
    """A pair per connection: of its first strategy that trades spot, else of its first.

    And the connections with a strategy that is wanted.
    """
    spot: dict[str, str] = {}
    other: dict[str, str] = {}
    trading: set[str] = set()
    for entry in strategies.values():
        strategy = entry.strategy
        connection = strategy.connection
        for pair in strategy.pairs[:1]:
            (other if ":" in pair else spot).setdefault(connection, pair)
        if strategy.enabled:
            trading.add(connection)
    return {**other, **spot}, trading
