"""What needs attention: one item per cause, with what to do, who has it, and what follows of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from markupsafe import Markup

from bf_reconciler.facts import TRANSIENT, Language, Reason, message_in, remedy
from bf_reconciler.status import (
    ConnectionStatus,
    Status,
    StrategyState,
    StrategyStatus,
    follows,
)
from bf_reconciler.web.page.banners import failed_canaries, has_banner
from bf_reconciler.web.page.consequences import consequences, folded
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
GRAVEST: Final = (
    Reason.WITHDRAW_ENABLED,
    Reason.UNEXPECTED_ASSET,
    Reason.UNEXPECTED_ORDER,
    Reason.STILL_RUNNING,
    Reason.ENGINE_MISMATCH,
    Reason.ENGINE_STOPPED_ITSELF,
    Reason.RUNTIME_UNAVAILABLE,
)
"""Funds that can leave or are traded away, then what runs and should not, or cannot be seen."""
NEEDY: Final = frozenset({"Degraded", "Blocked", "Invalid", "Error"})


@dataclass(slots=True)
class Need:
    """One reason, the entries whose status it explains, and the strategies that it turned off."""

    reason: Reason
    tone: str = "warn"
    entries: list[Entry] = field(default_factory=list)
    follow: list[StrategyStatus] = field(default_factory=list)

    @property
    def gravity(self) -> tuple[int, bool, bool, int]:
        """Sorts the gravest first; how many have it decides only between equals."""
        rank = GRAVEST.index(self.reason) if self.reason in GRAVEST else len(GRAVEST)
        return rank, self.tone != "bad", not self.follow, -len(self.entries)


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
    """The gravest first. What passes by itself is among them once it turned a strategy off."""
    by_reason: dict[Reason, Need] = {}
    off = consequences(status, StrategyState.BLOCKED)
    told = {name for incident in status.incidents for name in incident.connections}
    told.update(canary.name for canary in failed_canaries(status))
    for connection in status.connections.values():
        follow = off.get(connection.name, ())
        if connection.name not in told and _needy(connection, follow):
            _add(by_reason, connection, follow)
    for strategy in status.strategies.values():
        if _needy(strategy) and not follows(strategy, status):
            _add(by_reason, strategy)
    return sorted(by_reason.values(), key=lambda need: need.gravity)


def _needy(entry: Entry, follow: Sequence[StrategyStatus] = ()) -> bool:
    head = head_of(entry.conditions)
    if head is None:
        return False
    if head.reason in TRANSIENT:
        return bool(follow)
    return str(entry.status) in NEEDY


def _add(
    by_reason: dict[Reason, Need], entry: Entry, follow: Sequence[StrategyStatus] = ()
) -> None:
    reason = entry.conditions[0].reason
    need = by_reason.setdefault(reason, Need(reason))
    need.entries.append(entry)
    need.follow.extend(follow)
    if tone(str(entry.status)) == "bad":
        need.tone = "bad"


def _item(need: Need, reader: Reader) -> Markup:
    count = len(need.entries)
    return fill(
        '<li class="%(tone)s"><h3 class="state %(tone)s %(shape)s">%(title)s%(count)s</h3>'
        '%(message)s<p class="todo">%(todo)s</p>%(names)s%(follow)s</li>',
        tone=need.tone,
        shape="cross" if need.tone == "bad" else "triangle",
        title=title_of(need.reason, reader.language),
        count=fill(" <b>%s</b>", str(count)) if count > 1 else NOTHING,
        message=_message(need.entries, reader.language),
        todo=remedy(need.reason, reader.language),
        names=paragraph(_names(need, reader)),
        follow=folded(need.follow, "follow_off", reader),
    )


def _message(entries: Sequence[Entry], language: Language) -> Markup:
    """The evidence, where it is the same of all."""
    messages = {entry.conditions[0].message for entry in entries}
    message = message_in(messages.pop(), language) if len(messages) == 1 else ""
    return fill('<p class="evidence">%s</p>', message) if message else NOTHING


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


def repeated(entries: Mapping[str, Entry]) -> frozenset[tuple[Reason, str]]:
    """What several entries say word for word: it is said once, above their rows."""
    seen: dict[tuple[Reason, str], int] = {}
    for entry in entries.values():
        head = head_of(entry.conditions)
        if head is not None and head.message:
            key = (head.reason, head.message)
            seen[key] = seen.get(key, 0) + 1
    return frozenset(key for key, count in seen.items() if count > 1)
