"""Text to declared entries, or every problem with its line and column."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from bf_reconciler.document import key_services, name_advice, seal, text
from bf_reconciler.document.budgets import check_budgets
from bf_reconciler.document.compose import Stop, compose
from bf_reconciler.document.dead_ends import check_dead_ends
from bf_reconciler.document.entries import MAX_ENTRIES, Entry, M, duplicates, read
from bf_reconciler.document.head import Head, read_head
from bf_reconciler.document.key_services import BLOCK
from bf_reconciler.document.limits import check_limits
from bf_reconciler.document.nodes import Node, Path
from bf_reconciler.document.parsed import Kind, Parsed, ordered, refusal
from bf_reconciler.document.sealed import OPAQUE, Unsealing, is_sealed
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import DEFAULT_RULES, ConfigReason, Problem, Rules
from bf_reconciler.spec import (
    OLD_NAMES,
    Connection,
    File,
    Runtime,
    Strategy,
    inconsistencies,
    misfits,
    unknown_hosts,
)

KINDS: Final = ("connections", "strategies")
FITTING: Final = frozenset({"exchange", "environment", "markets", "credentials", "next"})
HOSTED: Final = frozenset({"exchange", "endpoint", "proxy"})
HOST_NOT_ALLOWED: Final = ConfigReason.HOST_NOT_ALLOWED
CONSISTENT: Final = frozenset(
    {"connection", "market", "runtime", "leverage", "direction", "safety_orders", "pairs"}
    | {"exclude_pairs", "take_profit_pct", "trailing", "max_daily_loss_pct", "max_drawdown_pct"}
    | {"grid", "start_condition", "settings", "when_off"}
)
"""Fields that the second pass looks at; where one could not be read, it would guess."""


def parse(
    committed: bytes,
    decrypted: Mapping[str, Any] | None,
    rules: Rules = DEFAULT_RULES,
    *,
    allow_plaintext: bool = False,
) -> Parsed:
    """Read a file, with every problem at its place in the committed text. It never raises.

    ``decrypted`` is what sops gave, in the same layout; None where nothing was decrypted.
    """
    source = text.read(committed)
    if isinstance(source, Problem):
        return refusal(source)
    try:
        root, shape = compose(source)
    except Stop as stop:
        return refusal(stop.problem)
    if not isinstance(root.value, dict):
        message = "the file must be a mapping with version and connections"
        return refusal(Problem(*root.spot, "", message))
    if (crowd := _crowd(root)) is not None:
        return refusal(crowd)
    if (wrapper := _binary_wrapper(root)) is not None:
        return refusal(wrapper)
    block = root.value.pop(BLOCK, None)
    foreign = list(key_services.check(block, rules)) if block is not None else []
    if foreign:
        return refusal(*foreign)
    unsealing = Unsealing(allow_plaintext=allow_plaintext)
    data = unsealing.plain(root, OPAQUE if decrypted is None else decrypted)
    flaws = _Flaws([*shape, *unsealing.problems])
    opaque = decrypted is None
    head = read_head(root, data, rules, opaque=opaque)
    if head.foreign:
        return refusal(*head.problems)
    state, broken_seal = seal.check(root, data, rules, encrypted=block is not None, opaque=opaque)
    head.problems += [*broken_seal, *flaws.head]
    head.flawed = any(node.flawed for key, node in root.value.items() if key not in KINDS)
    connections = _entries("connections", Connection, root, data, flaws, opaque=opaque)
    strategies = _entries("strategies", Strategy, root, data, flaws, opaque=opaque)
    for connection in connections:
        connection.accept(
            lambda subject: unknown_hosts(subject, rules.hosts), HOSTED, HOST_NOT_ALLOWED
        )
    file = None if head.unchecked else head.file
    _second_pass(connections, strategies, file, unsealing.sealed)
    parsed = _parsed(head, connections, strategies, unsealing)
    return replace(
        parsed,
        encrypted=block is not None and isinstance(block.value, dict),
        last_modified=_last_modified(block),
        seal=state,
        digest="" if opaque else seal.digest(data),
    )


def _crowd(root: Node) -> Problem | None:
    """A list with more entries than are ever validated."""
    for kind in KINDS:
        node = root.child(kind)
        if node is not None and isinstance(node.value, list) and len(node.value) > MAX_ENTRIES:
            message = f"more than {MAX_ENTRIES:,} entries; split the file"
            return Problem(*node.spot, kind, message)
    return None


def _binary_wrapper(root: Node) -> Problem | None:
    """A file whose name told sops nothing: it is encrypted whole, as one value."""
    data = root.child("data")
    if data is None or not is_sealed(data.value) or root.keys.keys() != {"data", BLOCK}:
        return None
    message = (
        "sops encrypted the whole file as one binary value, because of its name; decrypt it with"
        " `sops decrypt --input-type binary`, name it *.yaml, and encrypt it again"
    )
    return Problem(*data.spot, "data", message)


def _last_modified(block: Node | None) -> datetime | None:
    """When SOPS last wrote the file. The MAC is bound to it, so nobody can change it alone."""
    node = block.child("lastmodified") if block is not None else None
    try:
        moment = datetime.fromisoformat(str(node.value)) if node is not None else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


class _Flaws:
    """What is wrong with the shape, by where it belongs."""

    def __init__(self, flaws: list[tuple[Path, Problem]]) -> None:
        self.head: list[Problem] = []
        self.entries: dict[Path, list[Problem]] = {}
        for path, problem in flaws:
            if len(path) > 1 and path[0] in KINDS:
                self.entries.setdefault(path[:2], []).append(problem)
            else:
                self.head.append(problem)


def _entries(  # one call per kind, all of it needed
    kind: Kind, model: type[M], root: Node, data: dict[str, Any], flaws: _Flaws, *, opaque: bool
) -> list[Entry[M]]:
    entries = read(kind, model, root.child(kind), data.get(kind), opaque=opaque)
    for entry in entries:
        if entry.path in flaws.entries:
            entry.flaw(flaws.entries[entry.path])
    return entries


def _second_pass(
    connections: list[Entry[Connection]],
    strategies: list[Entry[Strategy]],
    file: File | None,
    sealed: list[Path],
) -> None:
    """What no entry can tell of itself alone: its exchange, the other entries, its name."""
    for connection in connections:
        connection.accept(misfits, FITTING)
    _report_duplicates(connections)
    if file is not None:
        by_name = {c.name: c.good for c in connections if c.name is not None}
        runtimes = {runtime.name: runtime for runtime in file.runtimes}
        for strategy in strategies:
            strategy.accept(
                lambda subject: inconsistencies(subject, by_name, runtimes),
                CONSISTENT,
            )
        _report_shared(strategies, runtimes)
    _report_duplicates(strategies)
    if file is not None:
        check_limits(connections, strategies, file.policy, sealed)
        check_dead_ends(connections, strategies, file.policy)
        check_budgets(connections, file.defaults)
    for connection in connections:
        if connection.good is not None:
            connection.advise(name_advice.of_connection(connection.good))
    for strategy in strategies:
        strategy.warn_of(OLD_NAMES)
        if strategy.good is not None:
            strategy.advise(name_advice.of_strategy(strategy.good))


def _report_shared(strategies: list[Entry[Strategy]], runtimes: Mapping[str, Runtime]) -> None:
    """One engine carries one strategy: two would be told off and on in turn."""
    first: dict[str, Entry[Strategy]] = {}
    for strategy in strategies:
        model = strategy.model or strategy.draft
        runtime = runtimes.get(model.runtime) if model is not None else None
        if model is None or runtime is None or not runtime.exclusive:
            continue
        other = first.setdefault(model.runtime, strategy)
        if other is not strategy:
            message = f"its engine carries one strategy; it has another on line {other.node.line}"
            strategy.add_problem((("runtime",), message))


def _report_duplicates(entries: list[Entry[M]]) -> None:
    for entry, first in duplicates(entries):
        entry.add_problem((("name",), f"duplicate name; first used on line {first.node.line}"))
        first.eclipsed = True


def _parsed(
    head: Head,
    connections: list[Entry[Connection]],
    strategies: list[Entry[Strategy]],
    unsealing: Unsealing,
) -> Parsed:
    both: list[Entry[Any]] = [*connections, *strategies]
    told = [*head.problems, *unsealing.plaintext]
    refused = head.flawed or any(problem.severity == "error" for problem in told)
    for entry in both:
        told += entry.problems
    if refused or head.file is None:
        return refusal(*told)
    names = {c.name for c in connections}
    lines: dict[tuple[Kind, str], int] = {}
    for entry in both:
        if entry.broken and entry.name is not None:
            lines.setdefault((entry.kind, entry.name), entry.node.line)
    return Parsed(
        problems=ordered(told),
        policy=head.file.policy,
        defaults=head.file.defaults,
        halt=head.file.halt,
        runtimes=head.file.runtimes,
        connections=tuple((c.good, c.node.line) for c in connections if c.good is not None),
        strategies=tuple((s.good, s.node.line) for s in strategies if s.good is not None),
        broken_connections=_broken(connections, "exchange", frozenset(EXCHANGES)),
        broken_strategies=_broken(strategies, "connection", names),
        broken_lines=lines,
        nameless={
            "connections": sum(c.name is None for c in connections),
            "strategies": sum(s.name is None for s in strategies),
        },
        plaintext_secrets=unsealing.plaintext_count,
        sealed=_sealed(both, unsealing.sealed),
    )


def _sealed(
    entries: list[Entry[Any]], places: list[Path]
) -> dict[tuple[Kind, str], frozenset[Path]]:
    within: dict[Path, set[Path]] = {}
    for place in places:
        within.setdefault(place[:2], set()).add(place[2:])
    found: dict[tuple[Kind, str], frozenset[Path]] = {}
    for entry in entries:
        if entry.name is not None and entry.path in within:
            key = (entry.kind, entry.name)
            found[key] = found.get(key, frozenset()) | within[entry.path]
    return found


def _broken(
    entries: list[Entry[M]], key: str, known: frozenset[str] | set[str | None]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in entries:
        if entry.broken and entry.name is not None:
            label = entry.label(key)
            found.setdefault(entry.name, label if label is not None and label in known else "")
    return found
