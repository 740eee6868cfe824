"""Names of what is looked at again; whatever else there is stays as it was."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, compress, filterfalse
from operator import is_not, ne
from typing import TypeVar

from bf_reconciler.spec.persistent import altered, otherwise, whole
from bf_reconciler.spec.spec import Spec

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Names:
    """Connections and strategies."""

    connections: frozenset[str] = frozenset()
    strategies: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.connections or self.strategies)

    def __or__(self, other: "Names") -> "Names":
        return Names(self.connections | other.connections, self.strategies | other.strategies)

    def parts(self, spec: Spec, size: int) -> Iterator["Names"]:
        """The same in parts of this size, in the order of the file, connections first.

        A verdict on a strategy needs the one on its connection.
        """
        if len(self.connections) + len(self.strategies) <= size:
            yield self
            return
        for part in _chunks(self.connections, spec.positions, size):
            yield Names(connections=part)
        for part in _chunks(self.strategies, spec.strategy_positions, size):
            yield Names(strategies=part)


def _chunks(
    names: frozenset[str], positions: Mapping[str, int], size: int
) -> Iterator[frozenset[str]]:
    ordered = sorted((name for name in names if name in positions), key=positions.__getitem__)
    ordered += sorted(name for name in names if name not in positions)
    for start in range(0, len(ordered), size):
        yield frozenset(ordered[start : start + size])


def updated(
    old: Mapping[str, T], names: Iterable[str], make: Callable[[str], T | None]
) -> Mapping[str, T]:
    """The same with these made again; None is one that is no more.

    What comes out equal stays the same object, so that "is it another?" is asked by identity.
    """
    made = ((name, make(name)) for name in names)
    return altered(old, {name: value for name, value in made if value != old.get(name)})


def differing(
    old: Mapping[str, T], new: Mapping[str, T], names: Iterable[str] | None = None
) -> frozenset[str]:
    """Which of these names, or of all, are not the same object in both."""
    return _where(is_not, old, new, names)


def unequal(
    old: Mapping[str, object], new: Mapping[str, object], names: Iterable[str] | None = None
) -> frozenset[str]:
    """Of which of these names, or of all, the two say something else, or one says nothing."""
    return _where(ne, old, new, names)


def _where(
    other: Callable[[object, object], bool],
    old: Mapping[str, object],
    new: Mapping[str, object],
    names: Iterable[str] | None,
) -> frozenset[str]:
    """Commits compare thousands of entries a dozen times, so no line of ours runs for each."""
    if old is new:
        return frozenset()
    if names is None:
        names = otherwise(old, new)
    if names is not None:
        return frozenset(name for name in names if other(old.get(name), new.get(name)))
    old, new = whole(old), whole(new)
    moved = compress(new, map(other, map(old.get, new), new.values()))
    return frozenset(chain(moved, filterfalse(new.__contains__, old)))


def without(values: Mapping[str, T], names: frozenset[str]) -> Mapping[str, T]:
    """The same less these names."""
    return altered(values, {name: None for name in names if name in values})
