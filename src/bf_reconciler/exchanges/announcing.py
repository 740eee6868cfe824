"""Readers of what exchanges tell of their maintenance: an odd item is no announcement."""

from collections.abc import Iterator, Mapping
from typing import Final

from bf_reconciler.exchanges import shape
from bf_reconciler.facts import Announcement, Announcements, Json, printable

MOST: Final = 10
"""Announcements of one answer that are kept."""
MAX_TITLE: Final = 120
AHEAD: Final = frozenset({"scheduled"})
GOES_ON: Final = frozenset({"ongoing", "pre_open"})


def by_state(items: Json, environments: Mapping[str, str]) -> Announcements:
    """A list with ``state``, ``begin`` and ``end``, as OKX and Bybit have it.

    Args:
        items: The list.
        environments: The value of ``env`` to our name of the environment; another is all of them.

    Raises:
        Unexpected: It is no list.
    """
    return Announcements(tuple(_by_state(shape.rows(items, "list"), environments))[:MOST])


def _by_state(
    items: list[Mapping[str, Json]], environments: Mapping[str, str]
) -> Iterator[Announcement]:
    for item in items:
        begins, goes_on = shape.maybe_moment(item, "begin"), item.get("state") in GOES_ON
        if not goes_on and (item.get("state") not in AHEAD or begins is None):
            continue
        ends = shape.maybe_moment(item, "end")
        only = environments.get(shape.maybe_text(item, "env") or "", "")
        yield Announcement(title(item, "title"), begins, ends, only)


def title(item: Mapping[str, Json], *fields: str) -> str:
    """Its text for people, cut."""
    return printable(shape.maybe_text(item, *fields) or "")[:MAX_TITLE]


def going_on(*, on: bool) -> Announcements:
    """Of an exchange that tells the state of now alone."""
    return Announcements((Announcement("", None),) if on else ())
