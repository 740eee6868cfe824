"""Where a turn ended, and at whom the next one has to look again."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from bf_reconciler.agenda import Agenda
from bf_reconciler.facts import Markets, Seen, earliest
from bf_reconciler.policy import Causes, Watch
from bf_reconciler.schedule import HEARTBEAT, Schedule
from bf_reconciler.spec import Names, Spec, Wanted, affected, differing, unequal, without
from bf_reconciler.status import Running, Status, everything
from bf_reconciler.verdict import Decision, Verdicts

LONGEST = timedelta(minutes=1)
"""No two turns are further apart, or time has jumped."""
RETRY = timedelta(seconds=1)
"""A move that is not over goes on after this."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a turn ended: what was in force and known, and everything that was decided on it."""

    at: datetime
    spec: Spec
    status: Status
    seen: Mapping[str, Seen]
    wanted: Wanted = field(default_factory=dict)
    markets: Markets = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)
    todo: Schedule = field(default_factory=Schedule)
    verdicts: Verdicts = field(default_factory=lambda: Verdicts({}, {}, None))
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    running: Mapping[str, Running] = field(default_factory=dict)
    agenda: Agenda = field(default_factory=Agenda)
    changed: Names = field(default_factory=Names)
    """Whose status, or what was seen of whom, is another than before."""
    again: Names = field(default_factory=Names)
    """Who is decided once more, though nothing new is known: a decision changed its own memory."""
    absent: frozenset[str] = frozenset()
    """Strategies that are known and in force no more."""

    @property
    def wake_at(self) -> datetime:
        """When the next turn is due at the latest."""
        latest = self.at + HEARTBEAT
        return min(self.agenda.first() or latest, latest)

    def judged(self, causes: Causes) -> Verdicts:
        """What was judged, with the common causes of now."""
        return replace(self.verdicts, causes=causes)

    def stands(self, before: Status, now: datetime) -> bool:
        """Whether what was decided still holds, but for single names."""
        return self.at <= now <= self.at + LONGEST and before.halted == self.status.halted


class Start(NamedTuple):
    """What a turn begins with: the last one, and at whom to look.

    ``due`` are only to be asked. ``declared`` are declared otherwise than then. ``whole``: it looks
    at everything.
    """

    old: Turn
    names: Names
    due: Names
    declared: Names
    whole: bool


def begin(
    last: Turn | None, spec: Spec, before: Status, seen: Mapping[str, Seen], now: datetime
) -> Start:
    """Find whose inputs people changed since the last turn, and whose moment came."""
    declared = affected(last.spec, spec) if last is not None and last.stands(before, now) else None
    if last is None or declared is None:
        last = replace(last or Turn(now, spec, before, seen), agenda=Agenda())
        names = everything(before, spec) | Names(frozenset(seen), frozenset(last.decisions))
        return Start(last, names, Names(), names, whole=True)
    due = list(last.agenda.due(now))
    probes, connections, strategies = (
        frozenset(item.name for item in due if item.kind == kind)
        for kind in ("probe", "connection", "strategy")
    )
    edited = Names(differing(last.seen, seen), differing(last.status.strategies, before.strategies))
    names = declared | edited | Names(connections, strategies) | last.again
    return Start(last, names, Names(probes), declared, whole=False)


def concerned(last: Turn, spec: Spec, names: Names, causes: Causes) -> Names:
    """These, those whose common cause changed, and the strategies of them all.

    Whether a strategy that left the file may go depends on all that did.
    """
    old = last.verdicts.causes
    connections = names.connections
    if causes is not old:
        held = causes.holds.keys() | old.holds.keys()
        connections |= {name for name in held if causes.holds.get(name) != old.holds.get(name)}
        connections |= causes.witnesses
    mine = {s.name for name in connections for s in spec.by_connection.get(name, ())}
    found = Names(connections, names.strategies | mine)
    return found | Names(strategies=last.absent) if found else found


def relisted(spec: Spec, old: Markets, new: Markets) -> Names:
    """Strategies of whose pairs another thing is known than before, or nothing any more."""
    changed = {venue: unequal(old.get(venue, {}), new.get(venue, {})) for venue in {*old, *new}}
    found = [
        bot.name
        for venue, pairs in changed.items()
        for name in (spec.by_venue.get(venue, ()) if pairs else ())
        for bot in spec.by_connection.get(name, ())
        if not pairs.isdisjoint(bot.pairs)
    ]
    return Names(strategies=frozenset(found))


def listing(old: Turn, spec: Spec, names: Names) -> Names:
    """Connections that may need other lists than before: declared otherwise, or with a pause."""
    moved = differing(old.spec.strategies, spec.strategies, names.strategies)
    bots = (of.strategies.get(name) for name in moved for of in (old.spec, spec))
    theirs = {bot.strategy.connection for bot in bots if bot is not None}

    def other(name: str) -> bool:
        entry, was = spec.connections.get(name), old.wanted.get(name)
        if entry is None or was is None or was[0] is not entry:
            return True
        return entry.connection.suspend is not None

    return Names(frozenset(theirs | {name for name in names.connections if other(name)}))


def ended(old: Turn, turn: Turn, names: Names, due: Names, *, whole: bool) -> Turn:
    """The turn, with whom the next one has to look at, and when."""
    memories, status = old.status.memories, turn.status
    kept = names.strategies if whole else names.strategies | old.absent
    told = {name: turn.decisions.get(name) for name in names.strategies}
    again = {n for n, d in told.items() if d is not None and d.memory != memories.get(n)}
    absent = {n for n in kept if n not in turn.spec.strategies and n in status.strategies}
    changed = Names(
        differing(old.status.connections, status.connections, names.connections)
        | differing(old.seen, turn.seen, names.connections),
        differing(old.status.strategies, status.strategies, names.strategies),
    )
    gone = frozenset(n for n in names.strategies if n not in status.strategies)
    decisions = without(turn.decisions, gone)
    idle = frozenset(n for n in names.strategies if n not in decisions)
    turn = replace(turn, decisions=decisions, running=without(turn.running, idle))
    _note(turn, old.agenda, names, names.connections | due.connections)
    return replace(
        turn,
        agenda=old.agenda,
        changed=names if whole else changed,
        again=Names(strategies=frozenset(again)),
        absent=frozenset(absent),
    )


def _note(turn: Turn, agenda: Agenda, names: Names, planned: frozenset[str]) -> None:
    """Put down when to look at these again."""
    causes = turn.verdicts.causes
    agenda.put("probe", {name: turn.todo.next.get(name) for name in planned})
    agenda.put("connection", {name: _of_connection(turn, name) for name in names.connections})
    agenda.put("strategy", {name: _of_strategy(turn, name) for name in names.strategies})
    agenda.put("causes", {"": causes.until})


def _of_connection(turn: Turn, name: str) -> datetime | None:
    verdict, watched = turn.verdicts.connections.get(name), turn.watch.connections.get(name)
    over = watched.until(turn.at) if watched is not None else None
    return earliest((verdict.until if verdict is not None else None, over))


def _of_strategy(turn: Turn, name: str) -> datetime | None:
    verdict, decision = turn.verdicts.strategies.get(name), turn.decisions.get(name)
    moments = [verdict.until] if verdict is not None else []
    if decision is not None:
        moments.append(decision.until)
        if decision.leaves:
            moments.append(turn.at + RETRY)
    return earliest(moments)
