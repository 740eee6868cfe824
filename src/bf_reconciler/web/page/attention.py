"""What needs attention: one item per reason, with what to do, and which entries have it."""

from dataclasses import dataclass, field
from typing import Final

from markupsafe import Markup

from bf_reconciler.facts import TRANSIENT, Reason, remedy
from bf_reconciler.status import ConnectionStatus, Status
from bf_reconciler.web.page.banners import has_banner
from bf_reconciler.web.page.html import (
    Entry,
    Reader,
    head_of,
    link,
    paragraph,
    section,
    title_of,
    tone,
)
from bf_reconciler.web.page.markup import NOTHING, fill, join

SHOWN: Final = 6
CONSEQUENCE: Final = frozenset({Reason.CONNECTION_NOT_READY, Reason.SUSPENDED, Reason.HALTED})
NEEDY: Final = frozenset({"Degraded", "Blocked", "Invalid", "Error"})


@dataclass(slots=True)
class Need:
    """One reason, and the entries whose status it explains."""

    reason: Reason
    tone: str = "warn"
    entries: list[Entry] = field(default_factory=list)


def attention(status: Status, reader: Reader) -> Markup:
    words = reader.words
    items = join(_item(need, reader) for need in needs(status))
    if items:
        listed = fill("<ul>%s</ul>", items)
    elif (status.connections or status.strategies) and not has_banner(status):
        listed = fill('<p class="state good disc">%s</p>', words["no_action"])
    else:
        return Markup('<section id="attention" hidden></section>')
    return section("attention", words["attention"], listed)


def needs(status: Status) -> list[Need]:
    """Worst first, then by the number of entries. What passes by itself is not among them."""
    by_reason: dict[Reason, Need] = {}
    entries: tuple[Entry, ...] = (*status.connections.values(), *status.strategies.values())
    for entry in entries:
        condition = head_of(entry.conditions)
        if condition is None or str(entry.status) not in NEEDY:
            continue
        reason = condition.reason
        if reason in TRANSIENT or reason in CONSEQUENCE or _follows(entry, reason, status):
            continue
        need = by_reason.setdefault(reason, Need(reason))
        need.entries.append(entry)
        if tone(str(entry.status)) == "bad":
            need.tone = "bad"
    return sorted(by_reason.values(), key=lambda need: (need.tone != "bad", -len(need.entries)))


def _follows(entry: Entry, reason: Reason, status: Status) -> bool:
    """A strategy that is off for the reason of its connection is not a second need."""
    if isinstance(entry, ConnectionStatus):
        return False
    connection = status.connections.get(entry.connection)
    above = head_of(connection.conditions) if connection else None
    return above is not None and above.reason is reason


def _item(need: Need, reader: Reader) -> Markup:
    count = len(need.entries)
    return fill(
        '<li class="%(tone)s"><h3 class="state %(tone)s %(shape)s">%(title)s%(count)s</h3>'
        '<p class="todo">%(todo)s</p>%(names)s</li>',
        tone=need.tone,
        shape="cross" if need.tone == "bad" else "triangle",
        title=title_of(need.reason, reader.language),
        count=fill(" <b>%s</b>", str(count)) if count > 1 else NOTHING,
        todo=remedy(need.reason, reader.language),
        names=paragraph(_names(need, reader)),
    )


def _names(need: Need, reader: Reader) -> Markup:
    """The first entries, and a link to all of them."""
    names = join([_link(entry, reader) for entry in need.entries[:SHOWN]], Markup(", "))
    more = len(need.entries) - SHOWN
    if more <= 0:
        return names
    every = link(reader.href("/", q=str(need.reason)), reader.words["more"].format(more))
    return fill("%s %s", names, every)


def _link(entry: Entry, reader: Reader) -> Markup:
    address = reader.connection if isinstance(entry, ConnectionStatus) else reader.strategy
    return link(address(entry.name), entry.name)
