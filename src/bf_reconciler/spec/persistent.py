"""A mapping of which the next version costs what changed, and not what exists."""

from collections.abc import ItemsView, Iterable, Iterator, Mapping, ValuesView
from itertools import chain
from typing import Final, NamedTuple, TypeVar, overload

T = TypeVar("T")
D = TypeVar("D")
MISSING: Final = object()
FEWEST: Final = 32
SHARE: Final = 20
"""Once more than a twentieth is otherwise, the next version is written out: until then each copies
what is otherwise."""


class _State(NamedTuple):
    """What versions share, what is otherwise in this one, and how many of that are new."""

    base: Mapping[str, object]
    changes: Mapping[str, object]
    added: int


class PersistentMap(Mapping[str, T]):
    """One version of a mapping. Nobody changes it; ``altered`` makes the next one.

    It keeps its order as a dict does: what is replaced stays in its place, what is new comes last.
    To copy a dict of 10,000 in each turn would cost more than what the turn decides, and drive
    other data out of the caches of the core.
    """

    __slots__ = ("_state",)

    def __init__(
        self, base: Mapping[str, T], changes: Mapping[str, T] | None = None, added: int = 0
    ) -> None:
        self._state = _State(base, changes or {}, added)

    def __getitem__(self, name: str) -> T:
        base, changes, _ = self._state
        found = changes.get(name, MISSING)
        return base[name] if found is MISSING else found  # type: ignore[return-value] # all are T

    @overload
    def get(self, name: str, /) -> T | None: ...
    @overload
    def get(self, name: str, /, default: T | D) -> T | D: ...
    def get(self, name: str, /, default: object = None) -> object:
        base, changes, _ = self._state
        found = changes.get(name, MISSING)
        return base.get(name, default) if found is MISSING else found

    def __contains__(self, name: object) -> bool:
        base, changes, _ = self._state
        return name in changes or name in base

    def __len__(self) -> int:
        return len(self._state.base) + self._state.added

    def __iter__(self) -> Iterator[str]:
        base, changes, added = self._state
        return chain(base, (name for name in changes if name not in base)) if added else iter(base)

    def items(self) -> ItemsView[str, T]:
        return self.whole().items()

    def values(self) -> ValuesView[T]:
        return self.whole().values()

    def __eq__(self, other: object) -> bool:
        return self.whole() == (whole(other) if isinstance(other, Mapping) else other)

    __hash__ = None  # type: ignore[assignment] # as of any mapping

    def __repr__(self) -> str:
        return f"PersistentMap({self.whole()!r})"

    def whole(self) -> Mapping[str, T]:
        """All of it as a dict, written out once; it must not be changed."""
        base, changes, _ = self._state
        if changes:
            base = {**base, **changes}
            self._state = _State(base, {}, 0)  # the same content; threads see one or the other
        return base  # type: ignore[return-value] # all are T

    def changed(self, changes: Mapping[str, T]) -> "PersistentMap[T]":
        """The next version, with these."""
        base, before, added = self._state
        added += sum(1 for name in changes if name not in self)
        made = {**before, **changes}
        if len(made) > max(FEWEST, len(base) // SHARE):
            return PersistentMap({**base, **made})  # type: ignore[dict-item] # all are T
        return PersistentMap(base, made, added)  # type: ignore[arg-type] # all are T

    def otherwise(self, other: "PersistentMap[T]") -> Iterable[str] | None:
        """Names that may stand for another value in another version; None: any may."""
        mine, theirs = self._state, other._state  # noqa: SLF001 # of its own kind
        return mine.changes.keys() | theirs.changes.keys() if mine.base is theirs.base else None


def altered(old: Mapping[str, T], changes: Mapping[str, T | None]) -> Mapping[str, T]:
    """The same with these; None is one that is no more."""
    if not changes:
        return old
    there = {name: value for name, value in changes.items() if value is not None}
    if len(there) < len(changes):
        made = {**whole(old), **there}
        for name in changes.keys() - there.keys():
            made.pop(name, None)
        return made
    return (old if isinstance(old, PersistentMap) else PersistentMap(old)).changed(there)


def otherwise(old: Mapping[str, T], new: Mapping[str, T]) -> Iterable[str] | None:
    """Names that may stand for another value in one of these; None: any may."""
    if isinstance(old, PersistentMap) and isinstance(new, PersistentMap):
        return old.otherwise(new)
    return None


def whole(values: Mapping[str, T]) -> Mapping[str, T]:
    """The same for who goes through all of it: in C, where it can be."""
    return values.whole() if isinstance(values, PersistentMap) else values
