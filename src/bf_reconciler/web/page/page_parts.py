"""A page in parts that can be patched: named blocks, and tables row by row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypedDict

from markupsafe import Markup

from bf_reconciler.facts import ADVICE
from bf_reconciler.status import Status, transitions
from bf_reconciler.web.page.html import Reader
from bf_reconciler.web.page.markup import LINE_BREAK, join

ANNOUNCED: Final = 3
Blocks = Mapping[str, Markup]


@dataclass(frozen=True, slots=True)
class PageParts:
    """``blocks`` are whole elements by id; ``lists`` are rows by id, by the id of their table."""

    title: str
    body: Markup
    blocks: Blocks
    lists: Mapping[str, Blocks] = field(default_factory=dict)


class Patch(TypedDict, total=False):
    """What the script puts in: texts, elements by id, and whole tables by id."""

    title: str
    say: str
    parts: Blocks
    lists: Blocks


def patch(before: PageParts, after: PageParts) -> Patch:
    """What leads from one to the next: changed blocks and rows, whole lists where rows moved."""
    changed: Patch = {}
    if after.title != before.title:
        changed["title"] = after.title
    parts = {n: html for n, html in after.blocks.items() if before.blocks.get(n) != html}
    lists = {}
    for name, rows in after.lists.items():
        known = before.lists.get(name, {})
        if list(known) != list(rows):
            lists[name] = join(rows.values(), LINE_BREAK)
        else:
            parts |= {row: html for row, html in rows.items() if known[row] != html}
    if parts:
        changed["parts"] = parts
    if lists:
        changed["lists"] = lists
    return changed


def _halts(before: Status, after: Status, reader: Reader) -> list[str]:
    if (before.halt is None) == (after.halt is None):
        return []
    return [reader.words["halted" if after.halt else "resumed"] + "."]


def announcement(before: Status, after: Status, reader: Reader) -> str:
    """What a screen reader says of a change."""
    words, changes = reader.words, list(transitions(before, after, reader.now))
    sentences = _halts(before, after, reader) + [
        f"{t.name}: {words.get(t.after, t.after)}, {ADVICE[t.reason][reader.language].title}."
        for t in changes[:ANNOUNCED]
    ]
    if len(changes) > ANNOUNCED:
        sentences.append(words["more"].format(len(changes) - ANNOUNCED))
    return " ".join(sentences)
