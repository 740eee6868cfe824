"""Small pieces of HTML that every page shares, and who reads them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Final
from urllib.parse import quote, urlencode

from markupsafe import Markup, escape

from bf_reconciler.facts import ADVICE, Language, Reason, message_in, remedy
from bf_reconciler.policy import ConditionType
from bf_reconciler.status import Condition, ConnectionStatus, StrategyStatus, Transition
from bf_reconciler.web.page.latency import Latencies
from bf_reconciler.web.page.markup import LINE_BREAK, NOTHING, fill, join
from bf_reconciler.web.page.words import WORDS, Words

Entry = ConnectionStatus | StrategyStatus
Repeated = frozenset[tuple[Reason, str]]
"""Reasons with their evidence that several rows share: there, the reason is enough."""

MARKS: Final[Mapping[str, tuple[str, str]]] = {
    "Online": ("good", "disc"),
    "Enabled": ("good", "disc"),
    "Degraded": ("warn", "triangle"),
    "Unreachable": ("warn", "diamond"),
    "Holding": ("warn", "half"),
    "Halted": ("warn", "square"),
    "Blocked": ("bad", "cross"),
    "Invalid": ("bad", "square"),
    "Error": ("bad", "wedge"),
    "Pending": ("calm", "ring"),
    "Suspended": ("calm", "bars"),
    "Disabled": ("calm", "dash"),
}
"""The tone and the shape of each status word: no two of a kind share a shape."""
MANY: Final = 200
"""More rows than this are a long table, which is laid out as it comes into view."""
TABLE_END: Final = Markup("\n</tbody></table></div></section>")
FINE: Final = frozenset({"Online", "Enabled"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and when: what a page depends on besides the Status."""

    now: datetime
    language: Language = "en"
    chosen: bool = False
    """The language was chosen in the address; every link keeps it."""
    token: bool = False
    """Writes need the token of --token-file."""
    base: str = "http://127.0.0.1:9877"
    latencies: Latencies = field(default_factory=Latencies)

    @property
    def words(self) -> Words:
        return WORDS[self.language]

    def href(self, path: str, **query: str) -> str:
        """An address that keeps a chosen language."""
        if self.chosen:
            query["lang"] = self.language
        return f"{path}?{urlencode(query)}" if query else path

    def entry(self, kind: str, name: str) -> str:
        return self.href(f"/{kind}/{quote(name, safe='')}")

    def connection(self, name: str) -> str:
        return self.entry("connections", name)

    def strategy(self, name: str) -> str:
        return self.entry("strategies", name)


def tone(state: str) -> str:
    return MARKS.get(state, ("calm", "ring"))[0]


@lru_cache(maxsize=64)
def state_mark(state: str, language: Language) -> Markup:
    """A status: a shape, a colour, and the word."""
    colour, shape = MARKS.get(state, ("calm", "ring"))
    word = WORDS[language].get(state, state)
    return fill('<span class="state %s %s">%s</span>', colour, shape, word)


def halt_mark(change: Transition, reader: Reader) -> Markup:
    """What a person did: halted, or resumed."""
    if change.after:
        return state_mark(change.after, reader.language)
    return fill('<span class="state good disc">%s</span>', reader.words["resumed"])


def head_of(conditions: tuple[Condition, ...]) -> Condition | None:
    """The summary is the first one."""
    return conditions[0] if conditions else None


@cache
def title_of(reason: Reason, language: Language) -> Markup:
    return escape(ADVICE[reason][language].title)


def why(entry: Entry, language: Language, repeated: Repeated = frozenset()) -> Markup:
    """The reason and the evidence. What to do stands above, once for all who have the reason."""
    condition = head_of(entry.conditions)
    if condition is None:
        return NOTHING
    title, fine = title_of(condition.reason, language), str(entry.status) in FINE
    if fine and condition.reason is Reason.CONNECTED:
        return title
    if _as_connection(entry, condition):
        return fill("<strong>%s</strong><small>%s</small>", title, WORDS[language]["as_connection"])
    if not condition.message or (condition.reason, condition.message) in repeated:
        return fill("<strong>%s</strong>", title)
    return fill(
        "<strong>%s</strong><small>%s</small>", title, message_in(condition.message, language)
    )


def _as_connection(entry: Entry, head: Condition) -> bool:
    """Whether a strategy says only what its connection says."""
    return any(
        each.type is ConditionType.CONNECTION_READY
        and each.status != "True"
        and (each.reason is head.reason or head.reason is Reason.GRACE_EXPIRED)
        for each in entry.conditions
    )


@cache
def todo_of(reason: Reason, language: Language) -> Markup:
    """What to do, inside a line; nothing where nothing needs doing."""
    todo = remedy(reason, language)
    return fill('<span class="todo">%s</span>', todo) if todo else NOTHING


def moment(at: datetime | None, words: Words) -> Markup:
    if at is None:
        return escape(words["never"])
    return _time(at.isoformat(), f"{at:%Y-%m-%d %H:%M:%S %Z}")


def hour(at: datetime | None, reader: Reader) -> Markup:
    """The time of the day in UTC, with the date where it was another day."""
    if at is None:
        return escape(reader.words["never"])
    exact, today = at.isoformat(timespec="seconds"), at.date() == reader.now.date()
    return _time(exact, f"{exact[11:19]}Z" if today else f"{at.date()} {exact[11:16]}Z")


def _time(exact: str, shown: str) -> Markup:
    return fill('<time datetime="%s">%s</time>', exact, shown)


def days_left(until: datetime, reader: Reader) -> str:
    left = (until - reader.now) // timedelta(days=1)
    if left < 0:
        return reader.words["expired"]
    return reader.words["day" if left == 1 else "days"].format(left)


def span(seconds: float | None) -> str:
    """A length of time in its two largest units."""
    if seconds is None:
        return ""
    whole, parts = int(seconds), []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if whole >= size:
            parts.append(f"{whole // size} {unit}")
            whole %= size
    return " ".join(parts[:2]) or "< 1 s"


def milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:.0f} ms"


def section(name: str, heading: str, inner: Markup) -> Markup:
    """A landmark that is named by its heading, and patched as a whole."""
    return fill(
        '<section id="%(name)s" aria-labelledby="%(name)s-heading">'
        '<h2 id="%(name)s-heading">%(heading)s</h2>%(inner)s</section>',
        name=name,
        heading=heading,
        inner=inner,
    )


def table(
    name: str,
    columns: Iterable[str],
    rows: Mapping[str, Markup],
    words: Words,
    count: Markup = NOTHING,
    head: Markup = NOTHING,
) -> Markup:
    """A table under its heading, patched row by row. ``name`` is the id of its body.

    ``head``: the row of the columns, where they are more than names.
    """
    names = join(fill('<th scope="col">%s</th>', words[column]) for column in columns)
    start = fill(
        '<section aria-labelledby="%(name)s-heading"><h2 id="%(name)s-heading">%(heading)s</h2>'
        '%(count)s<div class="scroll%(long)s">'
        '<table class="%(name)s" aria-labelledby="%(name)s-heading">'
        '<thead>%(columns)s</thead>\n<tbody id="%(name)s">\n',
        name=name,
        heading=words[name],
        count=count,
        long=" long" if len(rows) > MANY else "",
        columns=head or fill("<tr>%s</tr>", names),
    )
    # The rows may be a megabyte: joined, they are copied less often than filled in.
    return join((start, join(rows.values(), LINE_BREAK), TABLE_END))


def paragraph(text: str) -> Markup:
    return fill("<p>%s</p>", text)


def link(address: str, text: str | Markup) -> Markup:
    return fill('<a href="%s">%s</a>', address, text)
