"""A table page by page: a fleet of thousands must not make a page of kilometres."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from markupsafe import Markup

from bf_reconciler.web.page.html import Entry, Reader, link, tone
from bf_reconciler.web.page.markup import NOTHING, fill
from bf_reconciler.web.page.query import Query

E = TypeVar("E", bound=Entry)
ROWS: Final = 100
"""More rows than this are shown on several pages."""
WORST_FIRST: Final = ("bad", "warn", "calm", "good")


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


def page_of(entries: Mapping[str, E], number: int) -> Page[E]:
    """One page of a table; where there are several, what is not well stands on the first."""
    if len(entries) <= ROWS:
        return Page(dict(entries))
    ordered = sorted(
        entries.items(), key=lambda named: WORST_FIRST.index(tone(str(named[1].status)))
    )
    last = -(-len(ordered) // ROWS)
    number = min(number, last)
    return Page(dict(ordered[(number - 1) * ROWS : number * ROWS]), number, last)
