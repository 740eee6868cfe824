"""Answers that no document has: of one key a curiosity, of two keys the exchange has changed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NamedTuple

from bf_reconciler.facts import KeyFacts, Observation, Reason, Run
from bf_reconciler.spec import ConnectionEntry

HOUR = timedelta(hours=1)
"""Within this two keys must have shown it."""
PASSES = 2
"""A key that is probed more rarely than that has so many intervals."""
LEAST = 2


class Anomaly(NamedTuple):
    """A connection whose exchange gives, or lately gave, answers that no document has.

    Attributes:
        name: The connection.
        key: The same where connections share a key.
        began: When it was first answered so.
        over: When it was last, where it is answered well again.
        window: How long it counts after that.
    """

    name: str
    key: str
    began: datetime
    over: datetime | None
    window: timedelta

    def counts(self, asked: datetime, now: datetime) -> bool:
        """Whether it was seen lately. ``asked``: when the connection was last probed."""
        return now - (self.over or asked) < self.window


def undocumented(seen: Observation) -> bool:
    """An answer that could not be read, a part of one, or a right that nobody knows."""
    key = seen.key
    if isinstance(key, KeyFacts) and (key.unknown_words or key.unread):
        return True
    return any(failure.reason is Reason.UNEXPECTED_RESPONSE for failure in seen.failures)


def anomaly_of(entry: ConnectionEntry, runs: tuple[Run, ...], now: datetime) -> Anomaly | None:
    """The latest such answers, unless they are over for so long that they count no more."""
    ahead = list(takewhile(lambda run: not undocumented(run.latest), runs))
    row = list(takewhile(lambda run: undocumented(run.latest), runs[len(ahead) :]))
    if not row:
        return None
    over, window = row[0].latest.at if ahead else None, max(HOUR, PASSES * entry.interval)
    if over is not None and now - over >= window:
        return None
    return Anomaly(entry.name, entry.key_fingerprint or entry.name, row[-1].since, over, window)


def of_two_keys(found: Iterable[Anomaly]) -> tuple[Anomaly, ...]:
    """All of them where they are of two keys at least; else none."""
    found = tuple(found)
    return found if len({anomaly.key for anomaly in found}) >= LEAST else ()
