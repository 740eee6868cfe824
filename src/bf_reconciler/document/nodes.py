"""The tree of a document: plain values with the place where each stands."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from bf_reconciler.document.scalar import Scalar

Step = str | int
Path = tuple[Step, ...]
Spot = tuple[int, int]
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")
DIGITS: Final = 4
"""A key with as many digits may be a credential that slipped to the wrong side of the colon."""


NO_KEYS: Final[Mapping[str, Spot]] = MappingProxyType({})


def _no_keys() -> Mapping[str, Spot]:
    """One for all: most nodes are no mapping."""
    return NO_KEYS


@dataclass(slots=True)
class Node:
    """A value, where it stands (from 1), and where its keys stand if it is a mapping.

    ``flawed``: something in it has a wrong shape. ``height``: levels below it. ``size``: values and
    characters in it, with aliases expanded.
    """

    line: int
    column: int
    value: Scalar | list["Node"] | dict[str, "Node"]
    keys: Mapping[str, Spot] = field(default_factory=_no_keys)
    flawed: bool = False
    height: int = 0
    size: int = 0

    @property
    def spot(self) -> Spot:
        return self.line, self.column

    def child(self, step: Step) -> "Node | None":
        """What stands under a key or an index, if anything does."""
        if isinstance(self.value, dict):
            return self.value.get(step) if isinstance(step, str) else None
        if isinstance(self.value, list) and isinstance(step, int):
            return self.value[step] if step < len(self.value) else None
        return None


def walk(node: Node, steps: Sequence[Step]) -> tuple[Node, Path]:
    """The deepest node that the steps reach, and the steps that led there.

    Steps that lead nowhere, such as the tags of a union, are skipped.
    """
    trail: list[Step] = []
    for step in steps:
        child = node.child(step)
        if child is not None:
            node = child
            trail.append(step)
    return node, tuple(trail)


def printable(key: str) -> bool:
    """Whether a key may be shown: a word, and not something that could be a credential."""
    return WORD.fullmatch(key) is not None and sum(map(str.isdigit, key)) < DIGITS


def render(path: Path) -> str:
    """``connections.1.exchange``; the path ends before a key that may not be shown."""
    return ".".join(_shown(path))


def _shown(path: Path) -> Iterator[str]:
    for step in path:
        if isinstance(step, str) and not printable(step):
            return
        yield str(step)
