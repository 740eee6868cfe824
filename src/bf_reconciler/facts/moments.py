"""Until when a decision holds without new input: None where time alone never changes it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

TICK = timedelta.resolution
"""The next moment there is."""
DAY = timedelta(days=1)


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    """The first of these moments; None where there is none."""
    return min((moment for moment in moments if moment is not None), default=None)


def another_day(end: datetime, left: timedelta) -> datetime:
    """When a text that counts the whole days ``left`` before ``end`` will read differently."""
    return end - left.days * DAY + TICK if left.days else end
