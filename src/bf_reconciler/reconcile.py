"""The line: what should be, what is, a verdict, an act, and a picture of it all."""

from collections.abc import Awaitable, Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bf_reconciler.facts import Markets, Observation, Reason, Seen, remember
from bf_reconciler.schedule import schedule
from bf_reconciler.spec import ConnectionEntry, Policy, Runtime, Spec, Wanted, wanted_pairs
from bf_reconciler.status import Running, Status, fold
from bf_reconciler.verdict import Decision, Holdings, guard, judge, orphans


class Prober(Protocol):
    """Asks exchanges in the background; gives what was answered since it was last collected."""

    def collect(self) -> Mapping[str, Observation]: ...

    def probe(
        self, due: Iterable[ConnectionEntry], soon: Container[str], forget: Iterable[str]
    ) -> None: ...

    def markets(self, wanted: Wanted) -> Markets: ...


class Runtimes(Protocol):
    """Carries orders out and reads back what runs, beside the turn.

    ``converge`` returns what is known after a short while, and nothing of a strategy of which
    nothing is known yet; ``collect`` what was read since, and ``held`` what is on there without
    an order. These wait for nothing.
    """

    async def converge(
        self, decisions: Iterable[Decision], generation: int, revision: str, now: datetime
    ) -> Mapping[str, Running]: ...

    def collect(self) -> Mapping[str, Running]: ...

    def held(self, declared: Collection[Runtime]) -> Holdings: ...


Keep = Callable[[Status, Mapping[str, Seen]], Awaitable[None]]
"""Saves what was seen, so that nothing is done on what a crash could take back."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything outside that a cycle touches."""

    prober: Prober
    runtimes: Runtimes
    keep: Keep


async def reconcile(
    spec: Spec, before: Status, seen: Mapping[str, Seen], outside: Outside, now: datetime
) -> tuple[Status, Mapping[str, Seen], datetime]:
    """One cycle. Any prefix of it may be lost; the next one ends in the same place."""
    seen = dict(seen)
    for name, answer in outside.prober.collect().items():  # what the exchanges said
        entry = spec.connections.get(name)
        if entry is not None and entry.fingerprint == answer.entry:
            seen[name] = remember(seen.get(name), answer)
    todo = schedule(spec, seen, now)  # what to ask them next
    outside.prober.probe(todo.probe, todo.soon, todo.forget)
    seen = {name: memory for name, memory in seen.items() if name not in todo.forget}
    markets = outside.prober.markets(wanted_pairs(spec, now))  # what is listed in public
    await outside.keep(before, seen)  # evidence outlives a crash

    verdicts = judge(spec, seen, before.halted, now, markets)  # compliant? True, False, Unknown
    stray = orphans(spec, before.memories, outside.runtimes.held(spec.runtimes.values()))
    decisions = guard(spec, verdicts, {**before.memories, **stray}, now)
    running = await outside.runtimes.converge(  # act, only here
        decisions, spec.generation, spec.revision, now
    )
    decisions = tuple(stayed(decision, running.get(decision.name)) for decision in decisions)
    status = fold(before, spec, seen, verdicts, decisions, running, now)
    return status, seen, todo.wake_at


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
    decisions = tuple(map(_unfiled, guard(spec, verdicts, before.memories, now)))
    running = await outside.runtimes.converge(decisions, spec.generation, spec.revision, now)
    status = fold(before, spec, {}, verdicts, decisions, running, now)
    return replace(status, connections=before.connections, incidents=before.incidents)


def _unfiled(decision: Decision) -> Decision:
    """Not its entry is wrong, but the whole file."""
    if decision.reason is not Reason.ENTRY_INVALID:
        return decision
    message = "No file is in force, so its connection is not tested; left as it is for its grace."
    return replace(decision, reason=Reason.CONNECTION_NOT_READY, message=message)


def stayed(decision: Decision, running: Running | None) -> Decision:
    """A move that is not confirmed is not over: it is left again next time."""
    if decision.leave is None or (running is not None and running.reason is None):
        return decision
    return replace(decision, memory=replace(decision.memory, runtime=decision.leave.runtime))
