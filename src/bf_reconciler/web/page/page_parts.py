"""A page in parts that can be patched: named blocks, and tables row by row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bf_reconciler.facts import ADVICE
from bf_reconciler.status import Status, transitions
from bf_reconciler.web.page.html import Reader

SAID = 3


@dataclass(frozen=True, slots=True)
class PageParts:
    """``blocks`` are whole elements by id; ``lists`` are rows by id, by the id of their table."""

    title: str
    body: str
    blocks: Mapping[str, str]
    lists: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def patch(before: PageParts, after: PageParts) -> dict[str, Any]:
    """What leads from one to the next: changed blocks and rows, whole lists where rows moved."""
    changed: dict[str, Any] = {}
    if after.title != before.title:
        changed["title"] = after.title
    parts = {n: html for n, html in after.blocks.items() if before.blocks.get(n) != html}
    lists = {}
    for name, rows in after.lists.items():
        known = before.lists.get(name, {})
        if list(known) != list(rows):
            lists[name] = "\n".join(rows.values())
        else:
            parts |= {row: html for row, html in rows.items() if known[row] != html}
    if parts:
        changed["parts"] = parts
    if lists:
        changed["lists"] = lists
    return changed


def said(before: Status, after: Status, reader: Reader) -> str:
    """What a person who does not see the page is told of a change."""
    words, news = reader.words, list(transitions(before, after, reader.now))
    told = [
        f"{t.name}: {words.get(t.after, t.after)}, {ADVICE[t.reason][reader.language].title}."
        for t in news[:SAID]
    ]
    if len(news) > SAID:
        told.append(words["more"].format(len(news) - SAID))
    return " ".join(told)
