"""A table as wide as the terminal, or one entry below the other where it does not fit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

SENTENCE, WORD = 16, 28
"""Where there are sentences a column is never narrower: one word on a line is no help, and words
as long as those of reasons stay whole."""
GAP = 3
"""Between two columns of a table."""


@dataclass(frozen=True, slots=True)
class ResponsiveTable:
    """A table where it fits; else, as on a phone, one entry below the other."""

    names: Sequence[Text]
    cells: Sequence[Sequence[Text]]
    folding: Sequence[bool]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = self._widths(options.max_width)
        yield self._entries() if widths is None and self.cells else self._table(widths)

    def _widths(self, room: int) -> list[int] | None:
        """Of each column; None where there is not room for all. rich would cut what is left over.

        What is short and looked for is never folded; sentences are, and words are not.
        """
        columns = list(zip(self.names, *self.cells, strict=True))
        wholes = [max(text.cell_len for text in column) for column in columns]
        widths = [
            max(min(whole, SENTENCE), min(_longest_word(column), WORD)) if folds else whole
            for column, whole, folds in zip(columns, wholes, self.folding, strict=True)
        ]
        spare = room - GAP * (len(columns) - 1) - sum(widths)
        if spare < 0:
            return None
        by_want = sorted(range(len(columns)), key=lambda at: wholes[at] - widths[at])
        for before, at in enumerate(by_want):
            given = min(wholes[at] - widths[at], spare // (len(columns) - before))
            widths[at] += given
            spare -= given
        return widths

    def _table(self, widths: Sequence[int] | None) -> Table:
        found = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for index, (name, folds) in enumerate(zip(self.names, self.folding, strict=True)):
            width = widths[index] if widths is not None else None
            found.add_column(name, no_wrap=not folds, overflow="fold", width=width)
        for row in self.cells:
            found.add_row(*row)
        return found

    def _entries(self) -> Group:
        parts: list[RenderableType] = []
        for first, *rest in self.cells:
            entry = Table.grid(padding=(0, 2, 0, 0))
            entry.add_column(style="dim", no_wrap=True)
            entry.add_column(overflow="fold")
            for name, told in zip(self.names[1:], rest, strict=True):
                if told.plain:
                    entry.add_row(name, told)
            parts += [Text(), Text(first.plain, style="bold"), Padding(entry, (0, 0, 0, 2))]
        return Group(*parts[1:])


def _longest_word(texts: Iterable[Text]) -> int:
    return max(cell_len(word) for text in texts for word in text.plain.split())
