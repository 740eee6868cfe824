"""What runtimes do with the fields of strategies, as lines of text."""

from collections.abc import Iterable, Iterator, Mapping

from bf_reconciler.cli.output import some
from bf_reconciler.facts import Language
from bf_reconciler.spec.handling import DEGREES

Row = Mapping[str, Mapping[str, str]]
"""Field to its degree, and what enforces it or where it goes."""


def of_fields(handling: Row, lang: Language) -> Iterator[str]:
    """A line for each degree, with its fields."""
    for degree, words in DEGREES.items():
        fields = [
            f"{name} ({what['by']})" if what["by"] else name
            for name, what in handling.items()
            if what["degree"] == degree
        ]
        if fields:
            yield f"{words.in_(lang)}: {', '.join(fields)}"


def of_strategies(found: Iterable[tuple[str, str, Row]], lang: Language) -> Iterator[str]:
    """A line for strategies whose fields are handled alike: (name, type of runtime, handling)."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name, runtime, handling in found:
        text = "; ".join(of_fields(handling, lang))
        groups.setdefault((runtime, text), []).append(name)
    for (runtime, text), names in groups.items():
        if text:
            yield f"{some(names, lang)} ({runtime}): {text}"
