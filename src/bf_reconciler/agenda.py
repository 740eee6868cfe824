"""When to look at what again: the moments of all decisions, and of all next probes."""

import heapq
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

Kind = Literal["probe", "connection", "strategy", "causes"]


class Item(NamedTuple):
    """What to look at."""

    kind: Kind
    name: str = ""


class Agenda:
    """Moments in a heap. One of them costs the same among ten thousand as among ten.

    It is the one thing that a turn changes in place; whoever breaks a turn off throws it away, and
    a turn about everything makes a new one.
    """

    def __init__(self) -> None:
        self._moments: dict[Item, datetime] = {}
        self._heap: list[tuple[datetime, Item]] = []
        self._placed: dict[Item, datetime] = {}
        """Where each item stands in the heap; what stands there otherwise is out of date."""

    def put(self, kind: Kind, moments: Mapping[str, datetime | None]) -> None:
        """Look at these again at their moment; None is never."""
        for name, moment in moments.items():
            item = Item(kind, name)
            if moment is None:
                self._moments.pop(item, None)
                continue
            self._moments[item] = moment
            placed = self._placed.get(item)
            if placed is None or moment < placed:  # one that is put off is moved when it comes up
                self._place(item, moment)

    def due(self, now: datetime) -> Iterable[Item]:
        """Take out what has come."""
        while (first := self.first()) is not None and first <= now:
            _, item = heapq.heappop(self._heap)
            del self._placed[item], self._moments[item]
            yield item

    def first(self) -> datetime | None:
        """The next moment."""
        while self._heap:
            placed, item = self._heap[0]
            moment = self._moments.get(item)
            if placed == self._placed.get(item) == moment:
                return placed
            heapq.heappop(self._heap)
            if placed == self._placed.get(item):
                del self._placed[item]
                if moment is not None:
                    self._place(item, moment)
        return None

    def _place(self, item: Item, moment: datetime) -> None:
        self._placed[item] = moment
        heapq.heappush(self._heap, (moment, item))
