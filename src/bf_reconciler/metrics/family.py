"""One metric family as a value: its name, help text, labels and samples."""

from collections.abc import Iterable, Iterator
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


def escape(value: str) -> str:
    """A label's value as it stands between quotes. NUL is no text that a scraper could show."""
    if value.isalnum():
        return value
    escaped = value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
    return escaped.replace("\0", "\N{REPLACEMENT CHARACTER}")


def labelled(names: Labels, values: Labels) -> Iterator[str]:
    for name, value in zip(names, values, strict=True):
        yield f'{name}="{escape(value)}"'
