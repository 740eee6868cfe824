"""One metric family as a value: its name, help text, labels and samples."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

Labels = tuple[str, ...]
Sample = tuple[Labels, float]


class Family(NamedTuple):
    """One gauge: its name, what it says, the names of its labels, its samples (read them once)."""

    name: str
    text: str
    labels: Labels
    samples: Iterable[Sample]


def moment(labels: Labels, at: datetime | None) -> list[Sample]:
    """The sample of a time; none where there is no time."""
    return [(labels, at.timestamp())] if at is not None else []
