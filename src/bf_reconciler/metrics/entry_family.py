"""A family with series of every connection or strategy, and how their lines are written.

10,000 connections are 800,000 lines at every scrape, and few of them differ in more than whose they
are. So the lines of a state set are made once for each value that it may take, with a slot for the
labels of the entry; filling the slots is one replacement per entry.
"""

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Final, Generic, Protocol, TypeVar

from bf_reconciler.metrics.family import Labels, Sample, labelled

E_contra = TypeVar("E_contra", contravariant=True)
K = TypeVar("K", bound=Hashable)

SLOT: Final = "\0"
"""Where the labels of the entry go; escaping lets no such character into a label."""
KEPT: Final = 1024
"""Values of one family whose lines are kept; 10,000 entries take a few dozen."""


class EntryFamily(Protocol[E_contra]):
    """One gauge; ``labels`` are those beside the labels of the entry."""

    name: str
    text: str
    labels: Labels
    detail: bool
    """Left out of a summary: it has many series for every entry."""

    def samples(self, entry: E_contra) -> Iterable[Sample]:
        """The samples of an entry, without its own labels."""

    def lines(self, entry: E_contra, own: str) -> str:
        """The lines of an entry whose own labels are written like this."""


class StateFamily(Generic[E_contra, K]):
    """A family whose samples follow from a value that many entries share."""

    def __init__(
        self,
        name: str,
        text: str,
        labels: Labels,
        value: Callable[[E_contra], K],
        samples: Callable[[K], Iterable[Sample]],
        *,
        detail: bool = False,
    ) -> None:
        self.name, self.text, self.labels, self.detail = name, text, labels, detail
        self._value, self._samples = value, samples
        self._template = lru_cache(KEPT)(self._written)

    def samples(self, entry: E_contra) -> Iterable[Sample]:
        return self._samples(self._value(entry))

    def lines(self, entry: E_contra, own: str) -> str:
        return self._template(self._value(entry)).replace(SLOT, own)

    def _written(self, value: K) -> str:
        names = self.labels
        return "".join(
            [
                f"{self.name}{{{SLOT}{''.join([f',{x}' for x in labelled(names, at)])}}} {number}\n"
                for at, number in self._samples(value)
            ]
        )


class NumberFamily(Generic[E_contra]):
    """A family with at most one sample of an entry: a number of its own."""

    labels: Labels = ()
    detail = False

    def __init__(
        self, name: str, text: str, number: Callable[[E_contra], float | datetime | None]
    ) -> None:
        self.name, self.text = name, text
        self._number = number

    def samples(self, entry: E_contra) -> Iterable[Sample]:
        number = self._float(entry)
        return [] if number is None else [((), number)]

    def lines(self, entry: E_contra, own: str) -> str:
        number = self._float(entry)
        return "" if number is None else f"{self.name}{{{own}}} {number}\n"

    def _float(self, entry: E_contra) -> float | None:
        number = self._number(entry)
        return number.timestamp() if isinstance(number, datetime) else number


def own_labels(names: Labels, values: Labels) -> str:
    """The labels of an entry, as they stand in each of its lines."""
    return ",".join(labelled(names, values))
