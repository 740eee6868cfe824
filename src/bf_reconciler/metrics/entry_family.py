"""A family with series of every connection or strategy, and how their lines are written.

10,000 connections are 800,000 lines at every scrape, and few of them differ in more than whose they
are. So the lines of a state set are made once for each value that it may take, with a slot for the
labels of the entry; filling the slots is one replacement per entry.
"""

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Generic, Protocol, TypeVar

from bf_reconciler.metrics.family import Labels, Sample, labelled

E_contra = TypeVar("E_contra", contravariant=True)
S = TypeVar("S")
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

    def source(self, entry: E_contra, /) -> object:
        """What of an entry its samples follow from: equal sources, equal samples."""

    def samples(self, entry: E_contra) -> Iterable[Sample]:
        """The samples of an entry, without its own labels."""

    def lines(self, source: Any, own: str) -> str:  # noqa: ANN401 # its own kind of source
        """The lines of an entry with this source, whose own labels are written like this."""


class StateFamily(Generic[E_contra, S, K]):
    """A family whose samples follow from a value that many entries share.

    ``value`` makes that of the source.
    """

    def __init__(
        self,
        name: str,
        text: str,
        labels: Labels,
        source: Callable[[E_contra], S],
        value: Callable[[S], K],
        samples: Callable[[K], Iterable[Sample]],
        *,
        detail: bool = False,
    ) -> None:
        self.name, self.text, self.labels, self.detail = name, text, labels, detail
        self.source, self._value, self._samples = source, value, samples
        self._template = lru_cache(KEPT)(self._written)

    def samples(self, entry: E_contra) -> Iterable[Sample]:
        return self._samples(self._value(self.source(entry)))

    def lines(self, source: S, own: str) -> str:
        return self._template(self._value(source)).replace(SLOT, own)

    def _written(self, value: K) -> str:
        names = self.labels
        return "".join(
            [
                f"{self.name}{{{SLOT}{''.join([f',{x}' for x in labelled(names, at)])}}} {number}\n"
                for at, number in self._samples(value)
            ]
        )


class NumberFamily(Generic[E_contra, S]):
    """A family with at most one sample of an entry: a number of its own, or a time."""

    labels: Labels = ()
    detail = False

    def __init__(
        self,
        name: str,
        text: str,
        source: Callable[[E_contra], S],
        number: Callable[[S], float | datetime | None],
    ) -> None:
        self.name, self.text = name, text
        self.source, self._number = source, number

    def samples(self, entry: E_contra) -> Iterable[Sample]:
        number = self._float(self.source(entry))
        return [] if number is None else [((), number)]

    def lines(self, source: S, own: str) -> str:
        number = self._float(source)
        return "" if number is None else f"{self.name}{{{own}}} {number}\n"

    def _float(self, source: S) -> float | None:
        number = self._number(source)
        return number.timestamp() if isinstance(number, datetime) else number


def itself(source: S) -> S:
    """Where the source is the value."""
    return source


def own_labels(names: Labels, values: Labels) -> str:
    """The labels of an entry, as they stand in each of its lines."""
    return ",".join(labelled(names, values))
