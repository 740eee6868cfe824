"""What needs a hand now: one item per reason, with what to do, and whom it hits."""

from dataclasses import dataclass, field
from html import escape
from typing import Final

from bf_reconciler.facts import TRANSIENT, Reason, remedy
from bf_reconciler.status import ConnectionStatus, Status
from bf_reconciler.web.page.html import Entry, Reader, head_of, title_of, tone

SHOWN: Final = 6
CONSEQUENCE: Final = frozenset({Reason.CONNECTION_NOT_READY, Reason.SUSPENDED, Reason.HALTED})
NEEDY: Final = frozenset({"Degraded", "Blocked", "Invalid", "Error"})


@dataclass(slots=True)
class Need:
    """One reason, and the entries that stand as they do because of it."""

    reason: Reason
    tone: str = "warn"
    entries: list[Entry] = field(default_factory=list)


def attention(status: Status, reader: Reader) -> str:
    words = reader.words
    items = "".join(_item(need, reader) for need in needs(status))
    listed = f"<ul>{items}</ul>" if items else f'<p class="state good disc">{words["no_hand"]}</p>'
    if not status.connections and not status.strategies:
        return '<section id="attention" hidden></section>'
    return (
        '<section id="attention" aria-labelledby="attention-heading">'
        f'<h2 id="attention-heading">{words["hand"]}</h2>{listed}</section>'
    )


def needs(status: Status) -> list[Need]:
    """Worst first, then by how many it hits. What passes by itself is not among them."""
    found: dict[Reason, Need] = {}
    entries: tuple[Entry, ...] = (*status.connections.values(), *status.strategies.values())
    for entry in entries:
        condition = head_of(entry.conditions)
        if condition is None or str(entry.status) not in NEEDY:
            continue
        reason = condition.reason
        if reason in TRANSIENT or reason in CONSEQUENCE or _follows(entry, reason, status):
            continue
        need = found.setdefault(reason, Need(reason))
        need.entries.append(entry)
        if tone(str(entry.status)) == "bad":
            need.tone = "bad"
    return sorted(found.values(), key=lambda need: (need.tone != "bad", -len(need.entries)))


def _follows(entry: Entry, reason: Reason, status: Status) -> bool:
    """A strategy that is off for the reason of its connection is not a second need."""
    if isinstance(entry, ConnectionStatus):
        return False
    connection = status.connections.get(entry.connection)
    above = head_of(connection.conditions) if connection else None
    return above is not None and above.reason is reason


def _item(need: Need, reader: Reader) -> str:
    names = ", ".join(_link(entry, reader) for entry in need.entries[:SHOWN])
    more = len(need.entries) - SHOWN
    if more > 0:
        rest = reader.words["more"].format(more)
        names += f' <a href="{reader.href("/", q=str(need.reason))}">{rest}</a>'
    shape = "cross" if need.tone == "bad" else "triangle"
    count = f" <b>{len(need.entries)}</b>" if len(need.entries) > 1 else ""
    todo = escape(remedy(need.reason, reader.language))
    return (
        f'<li class="{need.tone}"><h3 class="state {need.tone} {shape}">'
        f"{title_of(need.reason, reader.language)}{count}</h3>"
        f'<p class="todo">{todo}</p><p>{names}</p></li>'
    )


def _link(entry: Entry, reader: Reader) -> str:
    link = reader.connection if isinstance(entry, ConnectionStatus) else reader.strategy
    return f'<a href="{link(entry.name)}">{escape(entry.name)}</a>'
