"""What exchanges tell of their maintenance: public data, of no key. It judges nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Place(NamedTuple):
    """One environment of an exchange."""

    exchange: str
    environment: str


@dataclass(frozen=True, slots=True)
class Announcement:
    """One maintenance, as the exchange tells it.

    ``begins`` None: it goes on now, and since when is not told. ``environment`` "": of all.
    """

    title: str
    begins: datetime | None
    ends: datetime | None = None
    environment: str = ""


@dataclass(frozen=True, slots=True)
class Announcements:
    """All that one answer tells. ``whole``: what has begun and is not over stands in it, too."""

    items: tuple[Announcement, ...] = ()
    whole: bool = True


Announced = Mapping[Place, Announcements]
"""What is known now. A place that could not be asked is not in it."""
