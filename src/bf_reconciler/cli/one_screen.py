"""The whole status on one screen: where it does not fit, what is well is only counted."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

from bf_reconciler.cli import status_tables
from bf_reconciler.cli.words import heading
from bf_reconciler.facts import Language

WELL = frozenset({"Online", "Enabled"})
LATER = frozenset({"Degraded", "Pending", "Suspended", "Disabled"})
"""Warnings, and what is meant or passes: shown below what is worse."""
KINDS = ("Connections", "Strategies")
MORE = "More rows do not fit; use `status` without --watch."


@dataclass(frozen=True, slots=True)
class OneScreen:
    """A picture of the status that is no higher than the terminal, less the line of a clock."""

    status: dict[str, Any]
    language: Language

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = max(console.height - 1, 2)
        whole = status_tables.overview(self.status, self.language)
        if sum(len(self.status[kind.lower()]) for kind in KINDS) < room:  # a line each at least
            lines = console.render_lines(whole, options, pad=False)
            if len(lines) <= room:
                yield whole
                return
        lines = console.render_lines(self._brief(room), options, pad=False)
        for line in lines if len(lines) <= room else lines[: room - 1]:
            yield from line
            yield Segment.line()
        if len(lines) > room:
            yield Text(heading(MORE, self.language), style="dim")

    def _brief(self, most: int) -> Group:
        """How many stand how, and those that are not well: no more of them than there are lines."""
        parts: list[RenderableType] = []
        some = dict(self.status)
        for kind in KINDS:
            rows = self.status[kind.lower()]
            counts = Counter(str(row["status"]) for row in rows).most_common()
            told = ", ".join(f"{number} {word}" for word, number in counts)
            parts.append(Text(f"{heading(kind, self.language)}: {told}"))
            left = [row for row in rows if row["status"] not in WELL]
            some[kind.lower()] = sorted(left, key=lambda row: row["status"] in LATER)[:most]
        return Group(*parts, Text(), status_tables.overview(some, self.language))
