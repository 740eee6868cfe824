"""What other files look at in a file, whatever is wrong with its entries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bf_reconciler.document.entries import Entry
from bf_reconciler.document.parsed import Kind
from bf_reconciler.document.reading import Document
from bf_reconciler.spec import Strategy


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """``lines``: where each name stands first. ``used``: connections that its strategies name.

    ``engines``: its strategies on each runtime.
    """

    lines: Mapping[Kind, Mapping[str, int]]
    used: frozenset[str]
    engines: Mapping[str, tuple[Entry[Strategy], ...]]


def outline_of(document: Document) -> Outline:
    """The outline of a document."""
    engines: dict[str, tuple[Entry[Strategy], ...]] = {}
    for entry in document.strategies:
        if (model := entry.model or entry.draft) is not None:
            engines[model.runtime] = (*engines.get(model.runtime, ()), entry)
    return Outline(
        {"connections": _lines(document.connections), "strategies": _lines(document.strategies)},
        frozenset(name for e in document.strategies if (name := e.label("connection"))),
        engines,
    )


def _lines(entries: Iterable[Entry[Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for entry in entries:
        if entry.name is not None:
            found.setdefault(entry.name, entry.node.line)
    return found
