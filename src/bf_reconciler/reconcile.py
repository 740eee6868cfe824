"""The line: what should be, what is, a verdict, an act, and a picture of it all."""

from collections.abc import Awaitable, Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from bf_reconciler.facts import Announced, Markets, Observation, Reason, Seen, remember
from bf_reconciler.policy import Causes, common_causes, watch, watch_each
from bf_reconciler.schedule import schedule
from bf_reconciler.spec import (
    ConnectionEntry,
    Names,
    Policy,
    Runtime,
    Spec,
    Wanted,
    altered,
    differing,
    unequal,
    updated,
    wanted_pairs,
    without,
)
from bf_reconciler.status import Running, Status, fold, in_order, maintained, parted
from bf_reconciler.turn import Turn, begin, concerned, ended, listing, relisted
from bf_reconciler.verdict import (
    Decision,
    Holdings,
    Verdicts,
    account_of,
    guard,
    judge,
    orphans,
    unsettled,
)

PART = 64
"""So many names are decided before others get their turn of the event loop."""
T = TypeVar("T")


class Prober(Protocol):
    """Asks exchanges in the background; gives what was answered since it was last collected."""

    def collect(self) -> Mapping[str, Observation]: ...

    def probe(
        self, due: Iterable[ConnectionEntry], soon: Container[str], forget: Iterable[str]
    ) -> None: ...

    def markets(self, wanted: Wanted) -> Markets: ...

    def announced(self, entries: Mapping[str, ConnectionEntry]) -> Announced: ...


class Runtimes(Protocol):
    """Carries orders out and reads back what runs, beside the turn.

    ``converge`` is given new decisions alone, and looks after each until another is given. It
    returns what is known after a short while, and nothing of a strategy of which nothing is known
    yet; ``collect`` what was read since, and ``held`` what is on there without an order. What is
    ``let_go`` is left as it is, for another shard. These wait for nothing.
    """

    async def converge(
        self, decisions: Iterable[Decision], generation: int, revision: str, now: datetime
    ) -> Mapping[str, Running]: ...

    def collect(self) -> Mapping[str, Running]: ...

    def held(self, declared: Collection[Runtime]) -> Holdings: ...

    def let_go(self, names: Collection[str]) -> None: ...


Save = Callable[[Names], Awaitable[None]]
Keep = Callable[[Status, Mapping[str, Seen]], Save]
"""Keeps what was seen, even if this turn breaks. What it returns saves it of these, so that nothing
is done on what a crash could take back."""


async def _straight_on() -> None:
    """Nobody else waits for the event loop."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything outside that a turn touches. ``breathe`` lets others have the event loop."""

    prober: Prober
    runtimes: Runtimes
    keep: Keep
    breathe: Callable[[], Awaitable[None]] = _straight_on


async def reconcile(
    spec: Spec,
    before: Status,
    seen: Mapping[str, Seen],
    outside: Outside,
    now: datetime,
    last: Turn | None = None,
) -> Turn:
    """One turn. Any prefix of it may be lost; the next one ends in the same place.

    Decided again are those whose inputs changed since the last turn, or whose moment came: what
    was decided on all others still holds. Without a last turn all are decided.
    """
    old, names, due, declared, whole = begin(last, spec, before, seen, now)
    again = partial(_in_parts, spec, outside.breathe)
    moved = whole or spec is not old.spec

    before = parted(before, spec, declared.connections, now)
    answers = _answers(spec, before, seen, outside.prober.collect())  # what the exchanges said
    reports = outside.runtimes.collect()  # what was seen to run
    stray = orphans(spec, before.memories, outside.runtimes.held(spec.runtimes.values()))
    seen = altered(seen, answers)
    names |= Names(frozenset(answers), frozenset((*reports, *stray)))
    watched = await again(partial(watch, spec, seen, now), before=old.watch, names=names)
    causes = common_causes(watched, now, old.verdicts.causes)  # what their failures have in common
    names = concerned(old, spec, names, causes)

    plan = partial(schedule, spec, seen, now, causes)  # what to ask them next
    todo = await again(plan, before=old.todo.kept(), names=names | due)
    outside.prober.probe(todo.probe, todo.soon, todo.forget)
    seen = without(seen, todo.forget)
    lists = partial(wanted_pairs, spec, now)  # of whose pairs to look up the lists
    wanted = await again(lists, before=old.wanted, names=listing(old, spec, names))
    markets = outside.prober.markets(wanted)  # what is listed in public
    names |= relisted(spec, old.markets, markets)
    save = outside.keep(before, seen)

    rules = partial(judge, spec, seen, before.halted, now, markets, known=before.connections)
    verdicts = await again(rules, before=old.judged(causes), names=names)  # True, False, Unknown
    care = partial(guard, spec, verdicts, altered(before.memories, stray), now)
    decisions = await again(care, before=old.decisions, names=names)
    orders = _orders(old, decisions, names)
    if orders:
        await save(_evidence(spec, old, causes, orders, names))  # it outlives a crash
    decisions, running, told = await _act(
        outside, spec, now, old, decisions, reports, orders
    )  # only here
    names |= Names(strategies=told)  # an order of an earlier turn may have waited
    picture = partial(fold, spec, seen, verdicts, decisions, running, now)
    shown = names if whole else declared | _shown(old, before, decisions, running, names)
    status = await again(picture, before=before, names=shown)
    status = in_order(status, spec) if moved or stray else status
    announced = outside.prober.announced(spec.connections)  # what is told of maintenance
    status = maintained(status, spec, announced, now)
    turn = Turn(
        now, spec, status, seen, wanted, markets, watched, todo, verdicts, decisions, running
    )
    return ended(old, turn, names, due, whole=whole)


def _orders(old: Turn, decisions: Mapping[str, Decision], names: Names) -> list[Decision]:
    """What is decided otherwise than before."""
    fresh = sorted(differing(old.decisions, decisions, names.strategies))
    return [decisions[name] for name in fresh if name in decisions]


def _evidence(
    spec: Spec, old: Turn, causes: Causes, orders: Collection[Decision], names: Names
) -> Names:
    """Of whom these orders were made; the others are saved when nobody waits for it.

    With another common cause, whoever was seen has a part in it.
    """
    before = old.verdicts.causes
    if (causes.holds, causes.witnesses) != (before.holds, before.witnesses):
        return names
    ordered = frozenset(order.name for order in orders)
    theirs = (_connection_of(spec, name) for name in ordered)
    return Names(frozenset(name for name in theirs if name is not None), ordered)


def _connection_of(spec: Spec, name: str) -> str | None:
    """The connection of a strategy, be its entry right or wrong; None where it left."""
    entry = spec.strategies.get(name)
    return spec.broken_strategies.get(name) if entry is None else entry.strategy.connection


async def _act(
    outside: Outside,
    spec: Spec,
    now: datetime,
    old: Turn,
    decisions: Mapping[str, Decision],
    reports: Mapping[str, Running],
    orders: Collection[Decision],
) -> tuple[Mapping[str, Decision], Mapping[str, Running], frozenset[str]]:
    """Give the orders that are new; returns the decisions, what is known to run, and news of whom.

    A move that is not confirmed is not over: it is left again next time.
    """
    told = await outside.runtimes.converge(orders, spec.generation, spec.revision, now)
    silent = frozenset(order.name for order in orders if order.name not in told)
    running = without(altered(old.running, {**reports, **told}), silent)

    memories = old.status.memories

    def stayed(name: str) -> Decision:
        decision, shown = decisions[name], running.get(name)
        if not decision.leaves or (shown is not None and shown.reason is None):
            return decision
        return replace(decision, memory=unsettled(decision, memories[name]))

    moving = [order.name for order in orders if order.leaves]
    return updated(decisions, moving, stayed), running, frozenset(told)


def _shown(
    old: Turn,
    before: Status,
    decisions: Mapping[str, Decision],
    running: Mapping[str, Running],
    names: Names,
) -> Names:
    """Whose status may be another: of strategies, where something else is decided, or runs."""
    return Names(
        names.connections,
        differing(old.decisions, decisions, names.strategies)
        | differing(old.running, running, names.strategies)
        | differing(old.status.strategies, before.strategies)
        | old.again.strategies,
    )


async def _in_parts(
    spec: Spec,
    breathe: Callable[[], Awaitable[None]],
    decide: Callable[..., T],
    *inputs: object,
    before: T,
    names: Names,
) -> T:
    """Decide on these names a part at a time, so that nothing else waits long."""
    for index, part in enumerate(names.parts(spec, PART)):
        if index:
            await breathe()
        before = decide(*inputs, before=before, names=part)
    return before


def _answers(
    spec: Spec,
    before: Status,
    seen: Mapping[str, Seen],
    collected: Mapping[str, Observation],
) -> Mapping[str, Seen]:
    """What is known now of those who were asked; an answer about another entry is dropped."""

    def known(name: str, answer: Observation) -> Seen:
        was = before.connections.get(name)
        account = account_of(spec, spec.connections[name], was, answer.at)
        return remember(seen.get(name), answer, account)

    return {
        name: known(name, answer)
        for name, answer in collected.items()
        if name in spec.connections and spec.connections[name].fingerprint == answer.entry
    }


async def halt(before: Status, outside: Outside, now: datetime) -> Status:
    """No file is in force: what is remembered goes off by a halt, or when its grace is over."""
    was = before.strategies
    spec = Spec(
        generation=before.generation,
        revision=before.revision,
        digest=before.digest,
        policy=Policy(),
        halt=None,
        runtimes={},
        connections={},
        strategies={},
        broken_strategies={name: status.connection for name, status in was.items()},
    )
    verdicts = judge(spec, {}, before.halted, now)
    guarded = guard(spec, verdicts, before.memories, now)
    decisions = {name: _unfiled(decision) for name, decision in guarded.items()}
    running = await outside.runtimes.converge(
        decisions.values(), spec.generation, spec.revision, now
    )
    status = fold(spec, {}, verdicts, decisions, running, now, before)
    return replace(status, connections=before.connections, incidents=before.incidents)


def _unfiled(decision: Decision) -> Decision:
    """Not its entry is wrong, but the whole file."""
    if decision.reason is not Reason.ENTRY_INVALID:
        return decision
    message = "No file is in force, so its connection is not tested; left as it is for its grace."
    return replace(decision, reason=Reason.CONNECTION_NOT_READY, message=message)


def audit(turn: Turn, names: Names) -> Names:
    """Decide on these once more, from what is in force and was seen: who comes out otherwise?"""
    spec, seen, before, now = turn.spec, turn.seen, turn.status, turn.at
    watched = watch_each(spec, seen, now, names.connections)
    blank = Verdicts({}, {}, None, turn.verdicts.causes)
    known = before.connections
    verdicts = judge(spec, seen, before.halted, now, turn.markets, blank, names, known=known)
    decisions = guard(spec, verdicts, before.memories, now, names=names)
    status = fold(spec, seen, verdicts, decisions, turn.running, now, before, names=names)
    moving = {n for n in names.strategies if (d := turn.decisions.get(n)) and d.leaves}
    settled = names.strategies - turn.again.strategies - moving  # the others are not at rest yet
    return Names(
        unequal(turn.watch.connections, watched, names.connections)
        | unequal(turn.verdicts.connections, verdicts.connections, names.connections)
        | unequal(before.connections, status.connections, names.connections),
        unequal(turn.verdicts.strategies, verdicts.strategies, names.strategies)
        | unequal(turn.decisions, decisions, settled)
        | unequal(before.strategies, status.strategies, settled),
    )
