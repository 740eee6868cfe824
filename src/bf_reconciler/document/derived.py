"""Values of files, made again only where something that they are made of is another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Derived(Generic[T]):
    """A value, and all the arguments that it was made of."""

    arguments: tuple[object, ...]
    value: T


def derive(
    make: Callable[..., T],
    arguments: Mapping[str, tuple[object, ...]],
    before: Mapping[str, Derived[T]],
) -> dict[str, Derived[T]]:
    """The value of each file. ``make`` is pure: of equal arguments the value ``before`` stays."""
    found: dict[str, Derived[T]] = {}
    for file, given in arguments.items():
        old = before.get(file)
        known = old is not None and old.arguments == given
        found[file] = old if old is not None and known else Derived(given, make(*given))
    return found
