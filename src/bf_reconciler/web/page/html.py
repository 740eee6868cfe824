"""Small pieces of HTML. Every text is escaped where it is put in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from typing import Final
from urllib.parse import quote, urlencode

from bf_reconciler.facts import ADVICE, Language, Reason, remedy
from bf_reconciler.status import Condition, ConnectionStatus, StrategyStatus
from bf_reconciler.web.page.latency import Latencies
from bf_reconciler.web.page.words import WORDS, Words

Entry = ConnectionStatus | StrategyStatus

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
FINE: Final = frozenset({"Online", "Enabled"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and when: what a picture of a Status depends on besides the Status."""

    now: datetime
    language: Language = "en"
    chosen: bool = False
    """The language stands in the address, and goes on to every link."""
    token: bool = False
    """Writes need a token."""
    base: str = "http://127.0.0.1:9877"
    latencies: Latencies = field(default_factory=Latencies)

    @property
    def words(self) -> Words:
        return WORDS[self.language]

    def href(self, path: str, **query: str) -> str:
        """A link, escaped, that keeps a chosen language."""
        if self.chosen:
            query["lang"] = self.language
        return escape(f"{path}?{urlencode(query)}" if query else path)

    def entry(self, kind: str, name: str) -> str:
        return self.href(f"/{kind}/{quote(name, safe='')}")

    def connection(self, name: str) -> str:
        return self.entry("connections", name)

    def strategy(self, name: str) -> str:
        return self.entry("strategies", name)


def tone(state: str) -> str:
    return MARKS.get(state, ("calm", "ring"))[0]


def state_mark(state: str, words: Words) -> str:
    """A status: a shape, a colour, and the word."""
    colour, shape = MARKS.get(state, ("calm", "ring"))
    return f'<span class="state {colour} {shape}">{escape(words.get(state, state))}</span>'


def head_of(conditions: tuple[Condition, ...]) -> Condition | None:
    """The summary stands first."""
    return conditions[0] if conditions else None


def title_of(reason: Reason, language: Language) -> str:
    return escape(ADVICE[reason][language].title)


def why(entry: Entry, language: Language) -> str:
    """The reason, the evidence and what to do; where all is well, one word."""
    condition = head_of(entry.conditions)
    if condition is None:
        return ""
    title = title_of(condition.reason, language)
    if str(entry.status) in FINE and condition.reason is Reason.CONNECTED:
        return title
    told = f"<small>{escape(condition.message)}</small>" if condition.message else ""
    todo = "" if str(entry.status) in FINE else escape(remedy(condition.reason, language))
    done = f'<span class="todo">{todo}</span>' if todo else ""
    return f"<strong>{title}</strong>{told}{done}"


def moment(at: datetime | None, words: Words) -> str:
    if at is None:
        return words["never"]
    return f'<time datetime="{at.isoformat()}">{at:%Y-%m-%d %H:%M:%S %Z}</time>'


def hour(at: datetime | None, reader: Reader) -> str:
    """The time of the day in UTC, with the date where it was another day."""
    if at is None:
        return reader.words["never"]
    form = "%H:%M:%SZ" if at.date() == reader.now.date() else "%Y-%m-%d %H:%MZ"
    return f'<time datetime="{at.isoformat(timespec="seconds")}">{at.strftime(form)}</time>'


def days_left(until: datetime, reader: Reader) -> str:
    left = (until - reader.now) // timedelta(days=1)
    return reader.words["ended"] if left < 0 else reader.words["days"].format(left)


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


def table(name: str, columns: Iterable[str], rows: Mapping[str, str]) -> str:
    """A table whose body is patched row by row. ``name`` is the id of the body."""
    heads = "".join(f'<th scope="col">{column}</th>' for column in columns)
    body = "\n".join(rows.values())
    long = " long" if len(rows) > MANY else ""
    return (
        f'<div class="scroll{long}"><table class="{name}" aria-labelledby="{name}-heading">'
        f'<thead><tr>{heads}</tr></thead>\n<tbody id="{name}">\n{body}\n</tbody></table></div>'
    )
