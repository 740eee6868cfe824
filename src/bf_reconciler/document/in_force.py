"""The entries in force: those of a reading, and what is kept of those before."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain
from typing import Final, TypeVar

from bf_reconciler.document.declared import declared
from bf_reconciler.document.parsed import Kind, Parsed, Part
from bf_reconciler.spec import (
    Connection,
    ConnectionEntry,
    Defaults,
    Origin,
    Spec,
    Strategy,
    StrategyEntry,
)
from bf_reconciler.spec.budget import least_interval

PAIR: Final = "BTC/USDT"
Names = tuple[str, ...]
E = TypeVar("E", ConnectionEntry, StrategyEntry)


class KnownFiles:
    """What was in force ``before``, and which files it was made of are the same as in ``last``."""

    def __init__(self, before: Spec, last: Parsed | None, parsed: Parsed) -> None:
        self.before = before
        self.parsed = parsed
        alike = last is not None and last.defaults == parsed.defaults
        self._same = frozenset(last.parts) if last is not None and alike else frozenset[Part]()

    def split(self) -> Iterable[tuple[Part, bool]]:
        """Each file, and whether nothing of it changed."""
        return ((part, part in self._same) for part in self.parsed.parts)

    @property
    def none(self) -> bool:
        """Whether nothing is known to be as it was."""
        return not self._same


def strategies_in_force(known: KnownFiles, held: Names) -> Mapping[str, StrategyEntry]:
    """The strategies in force; one of a connection that it may not use is let go."""
    before, parsed = known.before, known.parsed
    entries: dict[str, StrategyEntry] = {}
    for part, same in known.split():
        if same:
            entries |= {name: before.strategies[name] for name in part.names["strategies"]}
        else:
            entries |= {s.name: _strategy(before, parsed, s, line) for s, line in part.strategies}
    for name, line, origin in _kept(parsed, "strategies", held):
        if name in before.strategies and not _is_foreign(before, parsed, name):
            entries[name] = _placed(before.strategies[name], line, origin)
    return entries


def connections_in_force(
    known: KnownFiles, held: Names, strategies: Mapping[str, StrategyEntry], pepper: bytes
) -> Mapping[str, ConnectionEntry]:
    """The connections in force; how often one is asked, and about which pair, rests on others."""
    before, parsed = known.before, known.parsed
    entries: dict[str, ConnectionEntry] = {}
    for part, same in known.split():
        if same:
            entries |= {name: before.connections[name] for name in part.names["connections"]}
        else:
            entries |= {
                c.name: _entry(before, parsed, c, line, pepper) for c, line in part.connections
            }
    for name, line, origin in _kept(parsed, "connections", held):
        if name in before.connections:
            entries[name] = _placed(before.connections[name], line, origin)
    changed = _changed(before.strategies, strategies)
    affected = entries.keys() if known.none else _affected(before, entries, changed)
    trading = strategies if known.none else _on(affected, before, strategies, changed)
    keys = Counter([entry.key_fingerprint for entry in entries.values()])
    pairs, wanted = _traded(trading.values())
    for name in affected:
        entry = entries[name]
        made = _asked(entry, parsed.defaults, keys[entry.key_fingerprint])
        pair, trades = pairs.get(name, PAIR), name in wanted
        if (made.pair, made.trades) != (pair, trades):
            made = replace(made, pair=pair, trades=trades)
        old = before.connections.get(name)
        entries[name] = old if old is not None and made is not old and made == old else made
    return entries


def _changed(old: Mapping[str, E], new: Mapping[str, E]) -> dict[str, tuple[E, ...]]:
    """Names whose entries are not the same objects, with what they were and are."""
    names = [name for name, entry in new.items() if old.get(name) is not entry]
    names += old.keys() - new.keys()
    return {
        name: tuple(each for each in (old.get(name), new.get(name)) if each is not None)
        for name in names
    }


def _affected(
    before: Spec,
    entries: Mapping[str, ConnectionEntry],
    strategies: Mapping[str, tuple[StrategyEntry, ...]],
) -> set[str]:
    """Connections that are not as before, share a key with such a one, or have such strategies."""
    changed = _changed(before.connections, entries)
    keys = {each.key_fingerprint for found in changed.values() for each in found}
    sharing = {name for name, entry in entries.items() if entry.key_fingerprint in keys}
    traded = {each.strategy.connection for found in strategies.values() for each in found}
    return (sharing | traded) & entries.keys()


def _on(
    connections: Iterable[str],
    before: Spec,
    strategies: Mapping[str, StrategyEntry],
    changed: Iterable[str],
) -> Mapping[str, StrategyEntry]:
    """The strategies on these connections in their order, and maybe some on others."""
    known = (s.name for name in connections for s in before.by_connection.get(name, ()))
    names = set(chain(known, changed))
    return {name: strategies[name] for name in strategies if name in names}


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


def _traded(strategies: Iterable[StrategyEntry]) -> tuple[Mapping[str, str], set[str]]:
    """A pair per connection: of its first strategy that trades spot, else of its first.

    And the connections with a strategy that is wanted.
    """
    spot: dict[str, str] = {}
    other: dict[str, str] = {}
    trading: set[str] = set()
    for entry in strategies:
        strategy = entry.strategy
        connection = strategy.connection
        for pair in strategy.pairs[:1]:
            (other if ":" in pair else spot).setdefault(connection, pair)
        if strategy.enabled:
            trading.add(connection)
    return {**other, **spot}, trading
