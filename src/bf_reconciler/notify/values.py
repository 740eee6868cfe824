"""The values that notifications are made of: what is wrong, what was told of it, and messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bf_reconciler.facts import KeyFact

Severity = Literal["info", "warning", "critical"]
Subject = Literal["connection", "strategy", "config", "halt"]
Kind = Literal[
    "connection",
    "strategy",
    "outage",
    "egress",
    "change",
    "runtime",
    "config",
    "halt",
    "key",
    "maintenance",
]
Event = Literal["failure", "recovery", "change", "announcement"]
RANK: Mapping[Severity, int] = {"info": 0, "warning": 1, "critical": 2}
AT_ONCE: frozenset[Subject] = frozenset({"config", "halt"})
"""What a person does or must do: it is told at once, and its end, too."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong now. ``reason`` is a Reason, or a ConfigReason of the file.

    ``cause`` is what it shares with others: "outage/binance", "egress/direct", "runtime/bots".
    ``passing``: it heals by itself, and says nothing of a failure that does not.
    ``since`` None: since it is seen.
    """

    subject: Subject
    name: str
    state: str
    reason: str
    severity: Severity
    since: datetime | None
    cause: str = ""
    passing: bool = False
    exchange: str = ""
    environment: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    detail: str = ""
    by: str = ""
    strategies: tuple[str, ...] = ()
    """The strategies that follow this connection."""
    overran: datetime | None = None
    """When the announced maintenance was to end, after which this still fails."""

    @property
    def key(self) -> str:
        return f"{self.subject}/{self.name}"

    @property
    def rank(self) -> int:
        return RANK[self.severity]


@dataclass(frozen=True, slots=True)
class Notice:
    """A maintenance that an exchange announced. ``under_way``: it had begun when it was seen."""

    exchange: str
    environment: str
    title: str
    begins: datetime
    ends: datetime | None = None
    under_way: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.exchange}/{self.environment}/{self.begins.isoformat()}"

    @property
    def severity(self) -> Severity:
        return "info"


@dataclass(frozen=True, slots=True)
class Sight:
    """What is wrong by key; of whom nothing new is known; and the state of all the others."""

    troubles: Mapping[str, Trouble]
    unknown: frozenset[str] = frozenset()
    states: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """One subject of a failure, as it was last wrong; ``gone``: since when it is not any more."""

    trouble: Trouble
    gone: datetime | None = None
    state: str = ""
    """The state that it went to."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Troubles of one cause, and what was told of them.

    ``found``: since when something is to be told. ``told``: the gravest trouble as it was told.
    ``began``: when what was told began. ``quiet``: since when it is better than that.
    ``relapses``: how often it came back lately; each makes both waits twice as long.
    """

    key: str
    members: Mapping[str, Member]
    found: datetime | None
    told: Trouble | None = None
    began: datetime | None = None
    quiet: datetime | None = None
    relapses: int = 0
    before: Trouble | None = None
    """What was told of its only member under another cause."""

    @property
    def shared(self) -> bool:
        return self.key not in self.members

    @property
    def worst(self) -> Trouble | None:
        wrong = [member.trouble for member in self.members.values() if member.gone is None]
        return max(wrong, key=lambda trouble: trouble.rank, default=None)


@dataclass(frozen=True, slots=True)
class Change:
    """One fact of a key that changed."""

    at: datetime
    name: str
    what: KeyFact
    before: str = ""
    after: str = ""
    exchange: str = ""
    environment: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        if self.what == "right_granted" and self.after == "withdraw":
            return "critical"
        widens = self.what in {"right_granted", "address_added", "unbound"}
        return "warning" if widens else "info"


@dataclass(frozen=True, slots=True)
class Calm:
    """When something was last told of a key of failures, and how often lately."""

    at: datetime
    times: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """What one receiver was told. ``sent`` counts its messages."""

    failures: Mapping[str, Failure] = field(default_factory=dict)
    changes: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    """Changes of keys that are not told yet, by connection."""
    calm: Mapping[str, Calm] = field(default_factory=dict)
    sent: int = 0
    announced: Mapping[str, datetime] = field(default_factory=dict)
    """The maintenance that was told, by its key, and when it begins."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, without words: those come with the language of the receiver.

    ``name`` is what is concerned: one connection or strategy, an exchange, a runtime or a way out;
    empty where there are several of their own. ``previous`` is the state before; of a recovery
    that which ended, after ``lasted`` seconds. ``count`` is how many there are; the lists name at
    most so many as a person reads.
    """

    id: str
    at: datetime
    event: Event
    kind: Kind
    name: str
    severity: Severity
    state: str
    previous: str
    reason: str
    since: datetime
    lasted: float | None = None
    exchange: str = ""
    connections: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ()
    count: int = 1
    left: tuple[str, ...] = ()
    """Who fails on, though the rest has recovered."""
    detail: str = ""
    by: str = ""
    changes: tuple[Change, ...] = ()
    until: datetime | None = None
    """Of a maintenance: when it is to end; of a failure, when one was to end that overran."""


@dataclass(frozen=True, slots=True)
class Step:
    """What to remember, what to send, and when to look again at the latest."""

    memory: Memory
    messages: tuple[Message, ...] = ()
    until: datetime | None = None
