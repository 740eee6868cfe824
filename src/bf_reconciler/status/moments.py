"""Moments as the API writes them."""

from datetime import datetime


def written(moment: datetime | None) -> str | None:
    """To the millisecond, UTC."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None
