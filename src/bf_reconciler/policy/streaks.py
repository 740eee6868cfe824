"""Failures in a row, and how many of a group began together."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NamedTuple

from bf_reconciler.facts import Reason, Run
from bf_reconciler.spec import ConnectionEntry, Policy

LEAST = 3
"""Fewer connections than this are never taken for a common cause."""
WITNESSES = 5
"""So many are heard before a refusal is taken for the fault of one key."""
REFUSED = frozenset(
    {
        Reason.INVALID_KEY,
        Reason.KEY_OR_IP_REJECTED,
        Reason.IP_NOT_ALLOWED,
        Reason.REGION_RESTRICTED,
    }
)
"""Refusals that another address of ours, or an exchange in trouble, can bring on good keys."""
PASSES = 2
"""Failures that began within so many intervals began together."""


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


def streak_of(
    entry: ConnectionEntry, runs: tuple[Run, ...], policy: Policy, now: datetime
) -> Streak | None:
    """The latest failures, unless they are over for so long that nothing looks at them."""
    ahead = list(takewhile(lambda run: not run.latest.failures, runs))
    failing = list(takewhile(lambda run: run.latest.failures, runs[len(ahead) :]))
    if not failing:
        return None
    window, over = PASSES * entry.interval, ahead[-1].since if ahead else None
    if over and now - over >= window and sum(run.count for run in ahead) >= policy.recover_after:
        return None
    turned_away = [run for run in failing if run.latest.refusals & REFUSED]
    if turned_away:
        if len(runs) == len(ahead) + len(failing):
            return None  # never known to be good: nothing speaks for the key
        reasons = frozenset(r for run in turned_away for r in run.latest.refusals & REFUSED)
        began = turned_away[-1].since
    elif any(run.latest.refusals for run in failing):
        return None
    else:
        reasons = frozenset(f.reason for f in failing[0].latest.failures)
        began = failing[-1].since
    key, exchange = entry.key_fingerprint or entry.name, entry.connection.exchange
    return Streak(entry.name, key, exchange, reasons, bool(turned_away), began, over, window)


class Tally:
    """Counts in a group, by bisection: a fleet fails by the hundreds.

    Args:
        streaks: All that there are in the group.
        asked: When those who are well and have no streak were asked, in order of time.
        exchanges: How many must be among those hit.
        now: The time.
        refused: Which streaks are counted, those of refusals or the others.
    """

    def __init__(
        self,
        streaks: Sequence[Streak],
        asked: Sequence[datetime],
        exchanges: int,
        now: datetime,
        *,
        refused: bool,
    ) -> None:
        mine = [s for s in streaks if s.refused is refused]
        self._asked, self._exchanges, self._now = asked, exchanges, now
        self._all = _Row(mine)
        self._live = _Row(s for s in mine if s.over is None or now - s.over < s.window)
        self._others = sorted(s.began for s in streaks if s.refused is not refused and not s.over)
        self._over = sum(s.over is not None for s in streaks)
        """Who is well again counts as asked just now: in the row, too, and taken out there."""

    def _not_asked(self, streak: Streak) -> int:
        """How many who are well were not asked since it began to fail."""
        older = bisect_left(self._asked, streak.began)
        return older + (self._over if streak.began > self._now else 0)

    def _counted(self, streak: Streak) -> tuple[int, int, bool]:
        """How many began with this one, of how many asked since, and on exchanges enough."""
        row = self._all if streak.over else self._live
        low, high = streak.began - streak.window, streak.began + streak.window
        first, last = row.between(low, high)
        others = bisect_right(self._others, high) - bisect_left(self._others, low)
        well = len(self._asked) + self._over - self._not_asked(streak) - row.well(first, last)
        spread = self._exchanges == 1 or row.mixed(first, last)
        return last - first, last - first + others + well, spread

    def common(self, streak: Streak) -> bool:
        alike, asked, spread = self._counted(streak)
        return alike >= LEAST and 2 * alike > asked and spread

    def missing(self, streak: Streak) -> int:
        """How many others to ask, as too few were since it began to fail, and asking may tell."""
        if streak.over is not None or self._now - streak.began >= streak.window:
            return 0
        _, asked, _ = self._counted(streak)
        to_ask = self._not_asked(streak)
        if asked + to_ask < LEAST or to_ask <= 0:
            return 0
        return max(WITNESSES - asked, 0)


class _Row:
    """Streaks in the order in which they began."""

    def __init__(self, streaks: Iterable[Streak]) -> None:
        row = sorted(streaks, key=lambda s: s.began)
        self._began = [s.began for s in row]
        # Of the streaks before each: how many are over, how often the exchange is another.
        self._well, self._turns = [0], [0]
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
