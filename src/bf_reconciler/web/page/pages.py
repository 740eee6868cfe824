"""A table page by page: a fleet of thousands must not make a page of kilometres."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from markupsafe import Markup

from bf_reconciler.web.page.html import Entry, Reader, link
from bf_reconciler.web.page.markup import NOTHING, fill
from bf_reconciler.web.page.query import Query
from bf_reconciler.web.page.sorting import gravity

E = TypeVar("E", bound=Entry)
ROWS: Final = 50
"""More rows than this are shown on several pages."""


@dataclass(frozen=True, slots=True)
class Page(Generic[E]):
    """The rows of one page; ``number`` counts from 1."""

    rows: dict[str, E]
    number: int = 1
    last: int = 1

    def turning(self, kind: str, query: Query, reader: Reader) -> Markup:
        """Links to the page before and the page after, where there is more than one."""
        if self.last == 1:
            return NOTHING
        words, number = reader.words, self.number
        before = number > 1 and link(query.turned(reader, kind, number - 1), words["page_before"])
        after = number < self.last and link(
            query.turned(reader, kind, number + 1), words["page_after"]
        )
        where = words["page_of"].format(number, self.last)
        return fill(" · %s %s %s", before or NOTHING, where, after or NOTHING)


def page_of(entries: Mapping[str, E], number: int, *, chosen: bool = False) -> Page[E]:
    """One page of a table. Where there are several, what is not well stands on the first.

    ``chosen``: the order is the reader's, and stays.
    """
    if len(entries) <= ROWS:
        return Page(dict(entries))
    named = list(entries.items())
    if not chosen:
        named.sort(key=lambda each: gravity(each[1]))
    last = -(-len(named) // ROWS)
    number = min(number, last)
    return Page(dict(named[(number - 1) * ROWS : number * ROWS]), number, last)
