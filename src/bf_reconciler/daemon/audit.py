"""The proof while it runs: a little of everything is decided again from scratch, all the time."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from operator import is_
from typing import NamedTuple

from bf_reconciler.facts import earliest
from bf_reconciler.reconcile import audit
from bf_reconciler.schedule import HEARTBEAT
from bf_reconciler.spec import Names, Spec
from bf_reconciler.turn import Turn

PASS = timedelta(minutes=5)
PART = 8
"""So many connections are looked at before others get their turn of the event loop."""


class Agreed(NamedTuple):
    """What was found right: on what it rested, what came of it, and how long it holds."""

    at: datetime
    until: datetime | None
    rests_on: tuple[object, ...]
    version: int
    """Of all that there is, when this was seen."""

    def stands(self, turn: Turn, name: str, version: int) -> bool:
        """Whether to decide again is to compute the same from the same, and compare it to itself.

        Decisions are pure, and each says until when it holds. That nobody put another object in
        the place of one of these is looked at, not believed; where nothing is another since, of
        nobody, that is known.
        """
        if self.at > turn.at or (self.until is not None and turn.at >= self.until):
            return False
        if self.version == version:
            return True
        now = rests_on(turn, name)
        return len(now) == len(self.rests_on) and all(map(is_, now, self.rests_on))


class Audit:
    """Compares what stands with what a turn about everything would say.

    Args:
        drifted: Called with the names that differ; they are decided again by the next turn.
        breathe: Lets others have the event loop.
        within: Everything is looked at within this time, however much it is.
    """

    def __init__(
        self,
        drifted: Callable[[Names], None],
        breathe: Callable[[], Awaitable[None]],
        within: timedelta = PASS,
    ) -> None:
        self._drifted = drifted
        self._breathe, self._within = breathe, within
        self._left: list[str] = []
        self._done = 0.0
        self._agreed: dict[str, Agreed] = {}
        """Connections, with their strategies, that were found right, and did not change since."""
        self._last: Turn | None = None
        self._version = 0
        """How many times anything was another than a turn before."""

    async def __call__(self, turn: Turn) -> Turn:
        """Look at the next few, once a heartbeat."""
        self._forget(turn)
        beat = turn.at.timestamp() // HEARTBEAT.total_seconds()
        if beat == self._done:
            return turn
        self._done = beat
        some, found = self._next(turn.spec), Names()
        for first in range(0, len(some), PART):
            found |= self._look(turn, some[first : first + PART])
            await self._breathe()
        if not found:
            return turn
        self._drifted(found)
        return replace(turn, again=turn.again | found)

    def _look(self, turn: Turn, some: Iterable[str]) -> Names:
        """Decide again on those of these that may have drifted."""
        asked = [
            name
            for name in some
            if (known := self._agreed.get(name)) is None
            or not known.stands(turn, name, self._version)
        ]
        if not asked:
            return Names()
        mine = {name: _strategies(turn, name) for name in asked}
        found = audit(turn, Names(frozenset(asked), frozenset().union(*mine.values())))
        for name in asked:
            wrong = name in found.connections or not found.strategies.isdisjoint(mine[name])
            if wrong or _moves(turn, mine[name]):
                self._agreed.pop(name, None)
            else:
                until, on = holds_until(turn, name), rests_on(turn, name)
                self._agreed[name] = Agreed(turn.at, until, on, self._version)
        return found

    def _forget(self, turn: Turn) -> None:
        """Keep nothing of what is another now: its old form would stay in memory."""
        last, self._last = self._last, turn
        if last is None or not all(map(is_, _all(last), _all(turn))):
            self._version += 1
        if last is None or not _alike(last, turn):
            self._agreed.clear()
        for name in turn.changed.connections:
            self._agreed.pop(name, None)

    def _next(self, spec: Spec) -> list[str]:
        if not self._left:
            self._left = list(dict.fromkeys((*spec.connections, *spec.by_connection)))
        count = -(-len(spec.connections) * HEARTBEAT // self._within) + 1
        some, self._left = self._left[:count], self._left[count:]
        return some


def rests_on(turn: Turn, name: str) -> tuple[object, ...]:
    """All that is known of a connection and its strategies, and all that was decided on them.

    What they have in common with all others is not in it.
    """
    return (
        *[known.get(name) for known in _of_connections(turn)],
        *[
            known.get(each.name)
            for each in turn.spec.by_connection.get(name, ())
            for known in _of_strategies(turn)
        ],
    )


def _all(turn: Turn) -> tuple[object, ...]:
    """Where the objects are on which anything rests."""
    return turn.spec, *_of_connections(turn), *_of_strategies(turn)


def _of_connections(turn: Turn) -> tuple[Mapping[str, object], ...]:
    """All that is known and decided by the name of a connection."""
    return (
        turn.verdicts.causes.holds,
        turn.seen,
        turn.watch.connections,
        turn.verdicts.connections,
        turn.status.connections,
    )


def _of_strategies(turn: Turn) -> tuple[Mapping[str, object], ...]:
    """Likewise, of a strategy."""
    return turn.verdicts.strategies, turn.decisions, turn.running, turn.status.strategies


def holds_until(turn: Turn, name: str) -> datetime | None:
    """When time alone changes something of these; None is never."""
    watched, verdict = turn.watch.connections.get(name), turn.verdicts.connections.get(name)
    moments = [watched.until(turn.at)] if watched is not None else []
    moments += [verdict.until] if verdict is not None else []
    for each in _strategies(turn, name):
        judged, decided = turn.verdicts.strategies.get(each), turn.decisions.get(each)
        moments += [judged.until] if judged is not None else []
        moments += [decided.until] if decided is not None else []
    return earliest(moments)


def _alike(last: Turn, turn: Turn) -> bool:
    """Whether all decisions rest on the same spec, halt and lists of pairs."""
    return (
        last.spec is turn.spec
        and last.verdicts.halted == turn.verdicts.halted
        and last.status.halted == turn.status.halted
        and last.markets == turn.markets
    )


def _strategies(turn: Turn, name: str) -> frozenset[str]:
    return frozenset([each.name for each in turn.spec.by_connection.get(name, ())])


def _moves(turn: Turn, strategies: Iterable[str]) -> bool:
    """Whether one of these is not at rest, and was not compared."""
    decided = ((name, turn.decisions.get(name)) for name in strategies)
    return any(
        name in turn.again.strategies or (each is not None and each.leaves)
        for name, each in decided
    )
