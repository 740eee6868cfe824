"""Pieces of an exposition that are kept from one scrape to the next."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Generic, TypeVar

from bf_reconciler.metrics.entry_family import EntryFamily
from bf_reconciler.metrics.gzip_pieces import NOTHING, Piece, compressed

E = TypeVar("E")
T = TypeVar("T")
BLOCK: Final = 200
"""Entries of one family in a piece: a few milliseconds of work at most."""


class EntryPieces(Generic[E]):
    """The families of all connections, or all strategies.

    A block of entries is written again for a family where the source of one of them is another.
    """

    def __init__(self, families: Sequence[EntryFamily[E]]) -> None:
        self._families = families
        self._kept: dict[tuple[str, int], tuple[object, Any]] = {}

    def pieces(
        self,
        entries: Iterable[E],
        source: Callable[[E], object],
        own: Callable[[E], str],
        *,
        summary: bool,
    ) -> Iterator[Piece]:
        """All of these; ``own`` makes the labels that stand in each line, from the source."""
        all_of_them = list(entries)
        blocks = [all_of_them[at : at + BLOCK] for at in range(0, len(all_of_them), BLOCK)]
        self._forget(len(blocks))
        labels = []
        for index, block in enumerate(blocks):
            labels.append(self._labels(index, block, source, own))
            yield NOTHING  # nothing to send yet, but others may have their turn
        for family in self._families:
            if summary and family.detail:
                continue
            yield compressed(head(family.name, family.text))
            for index, block in enumerate(blocks):
                yield self._lines(index, block, family, labels[index])

    def _labels(
        self,
        index: int,
        block: Sequence[E],
        source: Callable[[E], object],
        own: Callable[[E], str],
    ) -> list[str]:
        sources = [source(entry) for entry in block]
        return self._made("", index, sources, lambda: [own(entry) for entry in block])

    def _lines(
        self, index: int, block: Sequence[E], family: EntryFamily[E], labels: Sequence[str]
    ) -> Piece:
        sources = [family.source(entry) for entry in block]

        def written() -> Piece:
            lines = [family.lines(*each) for each in zip(sources, labels, strict=True)]
            return compressed("".join(lines))

        return self._made(family.name, index, (labels, sources), written)

    def _made(self, what: str, index: int, source: object, make: Callable[[], T]) -> T:
        """What was made of an equal source, or is now. What is the same object is not compared."""
        kept = self._kept.get((what, index))
        if kept is None or kept[0] != source:
            kept = self._kept[what, index] = (source, make())
        found: T = kept[1]
        return found

    def _forget(self, count: int) -> None:
        for key in [key for key in self._kept if key[1] >= count]:
            del self._kept[key]


def head(name: str, text: str, kind: str = "gauge") -> str:
    """The lines before those of a family."""
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"
