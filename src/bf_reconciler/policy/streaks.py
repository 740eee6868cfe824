"""Failures in a row, and how many of a group began together."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from bf_reconciler.facts import Reason
from bf_reconciler.spec import ConnectionEntry

LEAST = 3
"""Fewer connections than this are never taken for a common cause."""
WITNESSES = 5
"""So many are heard before a refusal is taken for the fault of one key."""


class Streak(NamedTuple):
    """The latest failures in a row of one connection."""

    name: str
    key: str
    """The same where connections share a key."""
    exchange: str
    reasons: frozenset[Reason]
    refused: bool
    began: datetime
    over: datetime | None
    """When its calls first succeeded again."""
    window: timedelta


class Watched(NamedTuple):
    """One connection that is probed: when it was last asked, and how it failed."""

    entry: ConnectionEntry
    asked: datetime
    well: bool
    streak: Streak | None


class Group(NamedTuple):
    """Connections that could share a cause. ``exchanges``: how many must be among those hit."""

    scope: str
    exchanges: int
    members: list[Watched]


class Tally:
    """Counts in a group, by bisection: a fleet fails by the hundreds."""

    def __init__(self, group: Group, streaks: list[Streak], now: datetime) -> None:
        self.group, self.now = group, now
        self._all = _Row(streaks)
        self._live = _Row(s for s in streaks if s.over is None or now - s.over < s.window)
        mine = {s.name for s in streaks}
        self._others = sorted(
            w.streak.began
            for w in group.members
            if w.streak and not w.well and w.entry.name not in mine
        )
        # Who is well again counts as asked just now: it is in the row, too, and is taken out there.
        self._well = sorted(now if w.streak else w.asked for w in group.members if w.well)

    def _counted(self, streak: Streak) -> tuple[int, int, bool]:
        """How many began with this one, of how many asked since, and on exchanges enough."""
        row = self._all if streak.over else self._live
        low, high = streak.began - streak.window, streak.began + streak.window
        first, last = row.between(low, high)
        others = bisect_right(self._others, high) - bisect_left(self._others, low)
        well = len(self._well) - bisect_left(self._well, streak.began) - row.well(first, last)
        spread = self.group.exchanges == 1 or row.mixed(first, last)
        return last - first, last - first + others + well, spread

    def common(self, streak: Streak) -> bool:
        alike, asked, spread = self._counted(streak)
        return alike >= LEAST and 2 * alike > asked and spread

    def undecided(self, streak: Streak) -> bool:
        """Whether too few others were asked since it began to fail, and asking may tell."""
        if streak.over is not None or self.now - streak.began >= streak.window:
            return False
        _, asked, _ = self._counted(streak)
        to_ask = bisect_left(self._well, streak.began)
        return asked < WITNESSES and asked + to_ask >= LEAST and to_ask > 0

    def witnesses(self, streak: Streak) -> list[str]:
        """Whom to ask: where several exchanges count, those of another one first."""
        _, asked, _ = self._counted(streak)
        older = [w.entry for w in self.group.members if w.well and w.asked < streak.began]
        if self.group.exchanges > 1:
            older.sort(key=lambda entry: entry.connection.exchange == streak.exchange)
        return [entry.name for entry in older[: WITNESSES - asked]]


class _Row:
    """Streaks in the order in which they began."""

    def __init__(self, streaks: Iterable[Streak]) -> None:
        row = sorted(streaks, key=lambda s: s.began)
        self._began = [s.began for s in row]
        self._well, self._turns = [0], [0]  # of the streaks before each: over; other exchange
        for index, streak in enumerate(row):
            self._well.append(self._well[-1] + (streak.over is not None))
            turned = index > 0 and streak.exchange != row[index - 1].exchange
            self._turns.append(self._turns[-1] + turned)

    def between(self, low: datetime, high: datetime) -> tuple[int, int]:
        return bisect_left(self._began, low), bisect_right(self._began, high)

    def well(self, first: int, last: int) -> int:
        return self._well[last] - self._well[first]

    def mixed(self, first: int, last: int) -> bool:
        return last > first and self._turns[last] > self._turns[first + 1]
