"""Swap only if valid: the Spec that is in force after a file was read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain

from bf_reconciler.document.in_force import (
    KnownFiles,
    Names,
    connections_in_force,
    strategies_in_force,
)
from bf_reconciler.document.parsed import Kind, Parsed
from bf_reconciler.facts import ConfigReason, Problem
from bf_reconciler.spec import ConnectionEntry, Spec, StrategyEntry, too_many


def adopt(
    previous: Spec | None,
    parsed: Parsed,
    *,
    revision: str,
    digest: str,
    pepper: bytes,
    last: Parsed | None = None,
) -> tuple[Spec, tuple[Problem, ...]]:
    """The Spec in force from now on, and what of the file was not followed.

    A broken entry keeps its last good form. Entries that vanished are let go, unless they are more
    than ``policy.max_removals`` of the new file allows, or a broken entry without a readable name
    may be one of them. A refused file changes nothing. ``last`` is what ``previous`` was made of:
    files that are the same in it are not looked at again.
    """
    if parsed.refused and previous is not None:
        return previous, ()
    before = previous or _nothing(parsed)
    held, problems = _held(before, parsed)
    known = KnownFiles(before, last, parsed)
    strategies = strategies_in_force(known, held["strategies"])
    spec = Spec(
        generation=before.generation + (digest != before.digest or previous is None),
        revision=revision,
        digest=digest,
        policy=parsed.policy,
        halt=parsed.halt,
        runtimes={runtime.name: runtime for runtime in parsed.runtimes},
        connections=connections_in_force(known, held["connections"], strategies, pepper),
        strategies=strategies,
        broken_connections=parsed.broken_connections,
        broken_strategies=parsed.broken_strategies,
        nameless_strategies=parsed.nameless.get("strategies", 0),
        plaintext_secrets=parsed.plaintext_secrets,
        unshared_strategies=parsed.unshared,
        base=parsed.base,
        policy_sealed=parsed.policy_sealed,
        allow=parsed.allow,
    )
    return spec, problems


def _nothing(parsed: Parsed) -> Spec:
    return Spec(0, "", "", parsed.policy, None, {}, {}, {})


def _held(before: Spec, parsed: Parsed) -> tuple[Mapping[Kind, Names], tuple[Problem, ...]]:
    """Which vanished entries stay in force, and why."""
    connections = _names(parsed, "connections") | parsed.broken_connections.keys()
    strategies = _names(parsed, "strategies") | parsed.broken_strategies.keys()
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


def _names(parsed: Parsed, kind: Kind) -> set[str]:
    return set(chain.from_iterable(part.names[kind] for part in parsed.parts))


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
    if not parsed.paths or not any(vanished.values()):
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
