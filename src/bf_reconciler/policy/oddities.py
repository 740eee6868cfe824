"""Answers that no document has: of one key a curiosity, of two keys the exchange has changed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NamedTuple

from bf_reconciler.facts import Failure, KeyFacts, Observation, Reason, Run
from bf_reconciler.spec import ConnectionEntry

HOUR = timedelta(hours=1)
"""Within this two keys must have shown it."""
PASSES = 2
"""A key that is asked more rarely than that has so many intervals."""
LEAST = 2


class Oddity(NamedTuple):
    """A connection whose exchange answered, lately or at last, what no document has.

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


def is_odd(seen: Observation) -> bool:
    """An answer that could not be read, a part of one, or a right that nobody knows."""
    key = seen.key
    if isinstance(key, KeyFacts) and (key.unknown_words or key.unread):
        return True
    answers = (seen.time, key, seen.balance, seen.orders)
    return any(isinstance(a, Failure) and a.reason is Reason.UNEXPECTED_RESPONSE for a in answers)


def oddity_of(entry: ConnectionEntry, runs: tuple[Run, ...], now: datetime) -> Oddity | None:
    """The latest such answers, unless they are over for so long that they count no more."""
    ahead = list(takewhile(lambda run: not is_odd(run.latest), runs))
    odd = list(takewhile(lambda run: is_odd(run.latest), runs[len(ahead) :]))
    if not odd:
        return None
    over, window = odd[0].latest.at if ahead else None, max(HOUR, PASSES * entry.interval)
    if over is not None and now - over >= window:
        return None
    return Oddity(entry.name, entry.key_fingerprint or entry.name, odd[-1].since, over, window)


def matters(was: Oddity | None, asked: datetime, now: Oddity | None, again: datetime) -> bool:
    """Whether what two keys have in common may change by another answer to one of them.

    One that goes on alike does not, unless so much time is between that it may have ended.
    """
    if was != now or was is None:
        return was != now
    return not timedelta(0) <= again - asked < was.window / 2


def counting(found: Iterable[tuple[Oddity, datetime]], now: datetime) -> list[Oddity]:
    """Those that count now, where they are of two keys at least; else none.

    Args:
        found: Oddities, and when the connection was last asked.
        now: The time.
    """
    live = [odd for odd, asked in found if now - (odd.over or asked) < odd.window]
    return live if len({odd.key for odd in live}) >= LEAST else []
