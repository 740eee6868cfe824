"""Which entries a file would add, change or remove, field by field."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Literal

from bf_reconciler.document import Kind, Parsed, declared
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Scope
from bf_reconciler.preview.in_force import EntryInForce, InForce
from bf_reconciler.preview.switches import Case, switches
from bf_reconciler.preview.values import Change, Compared, Entry, Preview, Removals, Right
from bf_reconciler.preview.widening import plain, widenings
from bf_reconciler.spec import (
    ALLOW,
    Connection,
    MaxRemovals,
    Policy,
    PolicyChange,
    Strategy,
    policy_changes,
    too_many,
)

Steps = tuple[str | int, ...]
HIDDEN: Final = ("credentials", "proxy")
ALL: Final = "all fields"


def preview(
    parsed: Parsed, standing: InForce, credentials: Mapping[str, Compared], now: datetime
) -> Preview:
    """What would change if this file were the committed one.

    ``credentials`` says of connections whether their credentials or proxy changed; unknown where
    it says nothing.
    """
    removals = _removals(parsed, standing)
    connections = [
        *_entries("connections", parsed.connections, parsed, standing.connections, credentials),
        *_absent("connections", parsed, standing.connections, removals),
    ]
    strategies = [
        *_entries("strategies", parsed.strategies, parsed, standing.strategies, {}),
        *_absent("strategies", parsed, standing.strategies, removals),
    ]
    rights = tuple(_rights(parsed, standing, connections))
    halt = _halt(parsed, standing)
    policy = None if standing.policy is None else _of_policy(standing.policy, parsed)
    case = Case(parsed, standing, connections, rights, now, halt_changes=halt is not None)
    return Preview(
        entries=tuple(
            _placed(e, parsed) for e in (*connections, *strategies) if e.action != "keep"
        ),
        switches=tuple(switches(case, strategies)),
        rights=rights,
        removals=removals,
        halt=halt,
        uncompared=tuple(
            e.name for e in connections if e.action == "keep" and e.credentials == "unknown"
        ),
        widened=tuple(
            widenings(parsed, standing, connections, policy, _added(parsed, connections))
        ),
        policy=None if policy is None else _shown(policy, parsed, standing),
    )


def _placed(entry: Entry, parsed: Parsed) -> Entry:
    file = parsed.files.get((entry.kind, entry.name), entry.file)
    return entry if file == entry.file else replace(entry, file=file)


def _of_policy(before: Policy, parsed: Parsed) -> tuple[PolicyChange, ...] | None:
    """What of the policy changes. What is encrypted on the way cannot be compared."""
    if not parsed.policy_known:
        return None
    opaque = {_field(place) for place in parsed.policy_sealed}

    def hidden(path: tuple[str, ...]) -> bool:
        return any(path[: len(place)] == place[: len(path)] for place in opaque)

    changes = policy_changes(before, parsed.policy)
    return tuple(change for change in changes if not hidden(tuple(change.path.split("."))))


def _shown(policy: Iterable[PolicyChange], parsed: Parsed, standing: InForce) -> tuple[Change, ...]:
    opaque = sorted({".".join(_field(place)) for place in parsed.policy_sealed})
    return (
        *(Change(field, known=False) for field in opaque),
        *(Change(change.path, change.before, change.after) for change in policy),
        *_of_grants(parsed, standing),
    )


def _of_grants(parsed: Parsed, standing: InForce) -> Iterator[Change]:
    """What other files may declare from now on, where that is something else."""
    if parsed.allow != standing.allow and (ALLOW,) not in parsed.policy_sealed:
        yield Change(ALLOW, plain(standing.allow), plain(parsed.allow))


def _halt(parsed: Parsed, standing: InForce) -> Literal["pulled", "released", "changed"] | None:
    was = standing.halted if standing.by_file else None
    if parsed.halt is None:
        return "released" if was else None
    if was is None:
        return "pulled"
    same = (was.reason, was.by) == (parsed.halt.reason, parsed.halt.by)
    return None if same else "changed"


def _entries(
    kind: Kind,
    good: Iterable[tuple[Connection | Strategy, int]],
    parsed: Parsed,
    before: Mapping[str, EntryInForce],
    credentials: Mapping[str, Compared],
) -> Iterator[Entry]:
    for entry, line in good:
        name, sealed = entry.name, parsed.sealed.get((kind, entry.name), frozenset())
        was = before.get(name)
        if was is None:
            yield Entry(kind, name, "add", line)
            continue
        compared: Compared = "same"
        if kind == "connections":
            compared = credentials.get(name, "unknown")
        changes = tuple(differences(was.declared, declared(entry, sealed), sealed))
        changed = compared == "changed" or any(change.known for change in changes)
        opaque = bool(changes) and not changed
        action: Literal["change", "unknown", "keep"] = (
            "change" if changed else "unknown" if opaque else "keep"
        )
        yield Entry(kind, name, action, line, changes, compared)


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any], sealed: Collection[Steps] = ()
) -> Iterator[Change]:
    """The fields that differ, by name. What is encrypted on the way cannot be compared."""
    if before is None:
        yield Change(ALL, known=False)
        return
    opaque = {_field(place) for place in sealed if place[:1] and place[0] not in HIDDEN}
    old, new = dict(_leaves(before)), dict(_leaves(after))
    for field in sorted(opaque):
        yield Change(".".join(field), known=False)
    for field in sorted(old.keys() | new.keys()):
        if any(field[: len(each)] == each for each in opaque):
            continue
        if old.get(field) != new.get(field):
            yield Change(".".join(field), old.get(field), new.get(field))


def _field(place: Steps) -> tuple[str, ...]:
    """The field up to a list, which is compared whole."""
    steps: list[str] = []
    for step in place:
        if isinstance(step, int):
            break
        steps.append(step)
    return tuple(steps)


def _leaves(
    value: Mapping[str, Any], at: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, child in value.items():
        if isinstance(child, Mapping) and child:
            yield from _leaves(child, (*at, str(key)))
        else:
            yield (*at, str(key)), child


def _readable(kind: Kind, parsed: Parsed) -> set[str]:
    """Names that stand in the file, right or wrong."""
    good: Iterable[tuple[Connection | Strategy, int]] = (
        parsed.connections if kind == "connections" else parsed.strategies
    )
    broken = parsed.broken_connections if kind == "connections" else parsed.broken_strategies
    sealed = {name for k, name in parsed.sealed if k == kind}
    return {entry.name for entry, _ in good} | broken.keys() | sealed


def _absent(
    kind: Kind, parsed: Parsed, before: Mapping[str, EntryInForce], removals: Removals
) -> Iterator[Entry]:
    """Entries without a good form: wrong, not to be read without the key, or gone."""
    good = (
        {e.name for e, _ in parsed.connections}
        if kind == "connections"
        else {e.name for e, _ in parsed.strategies}
    )
    broken = parsed.broken_connections if kind == "connections" else parsed.broken_strategies
    readable = _readable(kind, parsed)
    for name in sorted(readable - good):
        line = parsed.broken_lines.get((kind, name), 0)
        unread: Literal["unknown", "add"] = "unknown" if name in before else "add"
        yield Entry(kind, name, "invalid" if name in broken else unread, line)
    stays = removals.held or bool(parsed.nameless.get(kind))
    for name, entry in before.items():
        if name not in readable:
            held = stays or entry.file in removals.files
            yield Entry(kind, name, "hold" if held else "remove", file=entry.file)


def _removals(parsed: Parsed, standing: InForce) -> Removals:
    """The guard of the daemon, foreseen: the same counts, by the limit of the new file."""
    before: dict[Kind, Mapping[str, EntryInForce]] = {
        "connections": standing.connections,
        "strategies": standing.strategies,
    }
    total = {kind: len(names) for kind, names in before.items()}
    vanished = {kind: len(names.keys() - _readable(kind, parsed)) for kind, names in before.items()}
    limit = parsed.policy.max_removals
    held = any(too_many(total[kind], vanished[kind], limit) for kind in total)
    files = frozenset() if held or not parsed.paths else _emptied(parsed, before, limit)
    message = ""
    if held:
        message = (
            "more entries are removed than policy.max_removals allows; all of them stay in force. "
            "If this is intended, raise the limit in this file"
        )
    elif files:
        message = (
            f"more entries are removed from {', '.join(sorted(files))} than policy.max_removals"
            " allows; they stay in force. If this is intended, raise the limit"
        )
    elif any(parsed.nameless.get(kind) and vanished[kind] for kind in total):
        message = "an entry has no readable name; missing entries stay in force until it has one"
    return Removals(vanished, total, held, message, files)


def _emptied(
    parsed: Parsed, before: Mapping[Kind, Mapping[str, EntryInForce]], limit: MaxRemovals
) -> frozenset[str]:
    """Files of a folder that lose more than the limit allows, as if each were the whole source."""
    found = set()
    for kind, entries in before.items():
        readable = _readable(kind, parsed)
        total = Counter(entry.file for entry in entries.values())
        lost = Counter(entry.file for name, entry in entries.items() if name not in readable)
        found |= {file for file, count in lost.items() if too_many(total[file], count, limit)}
    return frozenset(found)


def _added(parsed: Parsed, connections: Iterable[Entry]) -> dict[str, tuple[Change, ...]]:
    """What new connections declare."""
    new = {entry.name for entry in connections if entry.action == "add"}
    found: dict[str, tuple[Change, ...]] = {}
    for connection, _ in parsed.connections:
        if connection.name in new:
            opaque = parsed.sealed.get(("connections", connection.name), frozenset())
            found[connection.name] = tuple(differences({}, declared(connection, opaque), opaque))
    return found


def _rights(parsed: Parsed, standing: InForce, connections: Iterable[Entry]) -> Iterator[Right]:
    """By market: what each key must be able to do from now on, in the exchange's own words."""
    actions = {entry.name: entry for entry in connections}
    for connection, _ in parsed.connections:
        was, row = standing.connections.get(connection.name), EXCHANGES[connection.exchange]
        wanted = [Scope.READ, *(Scope(market) for market in connection.markets)]
        known: frozenset[str] | None = None
        if was is not None and was.exchange == connection.exchange:
            if was.declared is None or actions[connection.name].action == "unknown":
                continue
            had = was.declared.get("markets", Connection.model_fields["markets"].default)
            wanted = [scope for scope in wanted if scope != Scope.READ and scope not in had]
            if actions[connection.name].credentials != "changed":
                known = was.scopes
        for scope in wanted:
            held = None if known is None else scope in known
            yield Right(connection.name, str(scope), row.people.right(scope), held)
