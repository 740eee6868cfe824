"""Who goes next of those who wait for one exchange: in turn, and nobody waits for ever."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

T = TypeVar("T")
IN_A_ROW: Final = 3
"""So many that trade go before one that does not, where both wait."""


@dataclass(slots=True)
class Lanes(Generic[T]):
    """Three lines, each in order of coming.

    Who has something to find out soon does not stand behind everybody's routine: where both wait,
    every other turn is theirs. Of the other turns, those whose strategies trade have three in
    four: there, money waits for what a test finds. So none can keep another waiting for ever.
    """

    soon: deque[T] = field(default_factory=deque)
    trading: deque[T] = field(default_factory=deque)
    idle: deque[T] = field(default_factory=deque)
    _was_soon: bool = False
    _in_a_row: int = 0

    def add(self, item: T, *, soon: bool, trades: bool) -> None:
        """Stand at the end of one's line."""
        (self.soon if soon else self.trading if trades else self.idle).append(item)

    def __iter__(self) -> Iterator[T]:
        """All who wait."""
        for lane in (self.soon, self.trading, self.idle):
            yield from lane

    def first(self, has_left: Callable[[T], bool]) -> T | None:
        """Whose turn it is; who has left meanwhile is gone."""
        for lane in (self.soon, self.trading, self.idle):
            while lane and has_left(lane[0]):
                lane.popleft()
        lane = self._next()
        return lane[0] if lane else None

    def take(self) -> T:
        """Let out whose turn it is. To be called right after ``first`` found somebody."""
        lane = self._next()
        self._was_soon = lane is self.soon
        if lane is not self.soon:
            self._in_a_row = self._in_a_row + 1 if lane is self.trading else 0
        return lane.popleft()

    def _next(self) -> deque[T]:
        routine = self._routine()
        return self.soon if self.soon and not (self._was_soon and routine) else routine

    def _routine(self) -> deque[T]:
        if self.idle and (not self.trading or self._in_a_row >= IN_A_ROW):
            return self.idle
        return self.trading
