"""The one immutable Status that metrics, page, API and log are made of. Its shape is the API's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from bf_reconciler.facts import (
    ConfigReason,
    KeyFact,
    KnownKey,
    Place,
    Problem,
    Reason,
    Seen,
    Traded,
)
from bf_reconciler.policy import ConditionType, ExpirySource, Incident, Truth
from bf_reconciler.status.declarations import DeclaredEntry
from bf_reconciler.verdict import ConnectionState, Halted, StrategyMemory

RunningState = Literal["running", "paused", "stopped", "unknown"]
Kind = Literal["connection", "strategy", "halt", "key"]
Told = Literal["run", "pause", "stop", "close"]
OFF = frozenset({"paused", "stopped"})


class StrategyState(StrEnum):
    """The status word of a strategy."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"
    BLOCKED = "Blocked"
    HOLDING = "Holding"
    PENDING = "Pending"
    SUSPENDED = "Suspended"
    HALTED = "Halted"
    ERROR = "Error"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The last thing that an engine showed as it was ordered: that it runs, or that it does not.

    ``life`` is that of the engine then, where it tells one from the next. All of it is kept in the
    journal, so that a restart of ours does not forget what the engine had confirmed.
    """

    on: bool
    life: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """What an engine was read back to do; ``reason`` where it does not do as it was told.

    ``told``: the order that the engine can read, where it cannot confirm what it does at once.
    ``absent``: the runtime holds nothing of it. ``confirmed``: what the engine showed last under
    the order that stands.
    """

    state: RunningState
    reason: Reason | None = None
    message: str = ""
    absent: bool = False
    told: Told | None = None
    confirmed: Confirmed | None = None

    @property
    def on(self) -> bool:
        """It runs, or will do so as far as is known."""
        return self.state == "running" or (self.state == "unknown" and self.told == "run")

    @property
    def off(self) -> bool:
        """It does not run, or will not as far as is known."""
        if self.state == "unknown":
            return self.absent or self.told in {"pause", "stop", "close"}
        return self.state in OFF


@dataclass(frozen=True, slots=True)
class Condition:
    """One fact of a connection or strategy, in the shape of Kubernetes."""

    type: ConditionType
    status: Truth
    reason: Reason
    message: str
    since: datetime
    observed_generation: int
    """The generation that it was first said of. It still holds in each later one in force: a file
    that does not concern it leaves it as it is."""


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of the key. A list of None means that it was not told."""

    scopes: tuple[str, ...] | None = None
    denied: tuple[str, ...] = ()
    unknown_words: tuple[str, ...] = ()
    ip_bound: bool | None = None
    expires_at: datetime | None = None
    created_at: datetime | None = None
    expiry_source: ExpirySource | None = None
    """Whether the exchange told the date, or its published rule gives it."""


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """One connection. Latency and skew are in seconds; ``api_key`` is masked."""

    name: str
    exchange: str
    account: str
    environment: str
    status: ConnectionState
    api_key: str
    conditions: tuple[Condition, ...]
    key: Key
    line: int = 0
    file: str = ""
    """Which file of a folder it stands in; empty where the source is one file."""
    origin: str = "current"
    labels: Mapping[str, str] = field(default_factory=dict)
    last_probe: datetime | None = None
    last_success: datetime | None = None
    next_probe: datetime | None = None
    latency_seconds: float | None = None
    clock_skew_seconds: float | None = None
    suspended_until: datetime | None = None
    """When the suspension in force ends; None without one, or without an end."""
    attested_until: datetime | None = None
    """Until when a person's word on the right to withdraw counts, where one is declared."""
    declared: Mapping[str, Any] = field(default_factory=dict)
    """Its fields in the file that are no secret and no default."""
    known: KnownKey | None = None
    """What was told last of each fact of its key; what differs next is a change."""
    key_fingerprint: str = ""
    """A digest of the API key: the same where another connection has the same one."""
    egress: str = ""
    """A digest of its proxy; empty where it has none."""
    next_api_key: str = ""
    """The key under ``next``, masked, that waits for ``rotate``; empty where none does."""
    traded: Traded | None = None
    """What its strategies declare to trade, and what they declared until lately."""


@dataclass(frozen=True, slots=True)
class StrategyStatus:
    """One strategy: what is wanted, what is, and why."""

    name: str
    connection: str
    runtime: str
    status: StrategyState
    desired: bool
    running: RunningState
    """What the engine confirmed, never what it was told."""
    conditions: tuple[Condition, ...]
    memory: StrategyMemory | None
    line: int = 0
    file: str = ""
    """Which file of a folder it stands in; empty where the source is one file."""
    origin: str = "current"
    suspended_until: datetime | None = None
    """When its own suspension in force ends; None without one, or without an end."""
    declared: Mapping[str, Any] = field(default_factory=dict)
    """Its fields in the file that are no secret and no default."""
    told: Told | None = None
    """What its engine was told to do; None where it was never told anything."""
    confirmed: Confirmed | None = None
    """What its engine showed last under the order that stands."""


class Memories(Mapping[str, StrategyMemory]):
    """What is remembered of each strategy, as its status holds it; nothing is copied."""

    def __init__(self, strategies: Mapping[str, StrategyStatus]) -> None:
        self._strategies = strategies

    def __getitem__(self, name: str) -> StrategyMemory:
        memory = self._strategies[name].memory
        if memory is None:
            raise KeyError(name)
        return memory

    def __iter__(self) -> Iterator[str]:
        return (name for name, s in self._strategies.items() if s.memory is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True, slots=True)
class FileStatus:
    """How the last reading of one file of a folder ended. ``revision`` and ``digest`` are in force.

    ``last_modified`` and ``sealed`` are as in ``ConfigStatus``.
    """

    name: str
    last_reload_successful: bool
    last_reload_success: datetime | None = None
    reason: ConfigReason | None = None
    message: str = ""
    revision: str = ""
    digest: str = ""
    last_modified: datetime | None = None
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class ConfigStatus:
    """How the last reading of the source ended. ``path`` is the file as the daemon was given it.

    Of a folder, ``files`` has what became of each of its files, and ``base`` is the one with the
    sections that hold for all.
    """

    last_reload_successful: bool
    last_reload_success: datetime | None = None
    problems: tuple[Problem, ...] = ()
    reason: ConfigReason | None = None
    message: str = ""
    plaintext_secrets: int = 0
    path: str = ""
    last_modified: datetime | None = None
    """When SOPS wrote the file in force."""
    last_good_in_force: bool = False
    """The file was refused at the start, and the last good document of the state folder is used."""
    sealed: bool = False
    """Whether the seal of the file in force holds. From then on, one without a seal is refused."""
    files: tuple[FileStatus, ...] = ()
    base: str = ""
    shard: str = ""
    """Which part of the file this daemon looks after, as in 1/4; "" is all of it."""
    shard_url: str = ""
    """Where the page of each shard is; ``{shard}`` stands for its number."""


Phase = Literal["announced", "under_way", "overrun"]


@dataclass(frozen=True, slots=True)
class Maintenance:
    """One maintenance that an exchange has announced. ``ends`` None: that is not told."""

    exchange: str
    environment: str
    title: str
    begins: datetime
    ends: datetime | None
    phase: Phase

    @property
    def place(self) -> Place:
        return Place(self.exchange, self.environment)


@dataclass(frozen=True, slots=True)
class Status:
    """Everything there is to show."""

    generation: int = 0
    revision: str = ""
    digest: str = ""
    halted: Halted | None = None
    file_halt: Halted | None = None
    config: ConfigStatus = field(default_factory=lambda: ConfigStatus(last_reload_successful=False))
    connections: Mapping[str, ConnectionStatus] = field(default_factory=dict)
    strategies: Mapping[str, StrategyStatus] = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()
    policy: Mapping[str, Any] | None = None
    """What of the policy in force is no default and no secret, as JSON; None is not known."""
    allow: tuple[Mapping[str, Any], ...] | None = None
    """What the other files of a folder may declare; None is everything, or not known."""
    maintenance: tuple[Maintenance, ...] = ()
    """What exchanges announced. It changes no verdict."""
    parted: Mapping[str, Traded] = field(default_factory=dict)
    """What connections traded that left the file, by the fingerprint of their key."""

    @property
    def halt(self) -> Halted | None:
        """The halt in force: the file's, or a person's."""
        return self.file_halt or self.halted

    @property
    def memories(self) -> Mapping[str, StrategyMemory]:
        return Memories(self.strategies)

    @property
    def confirmed(self) -> Mapping[str, Confirmed]:
        """What engines showed last."""
        return {name: s.confirmed for name, s in self.strategies.items() if s.confirmed is not None}


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of a status word or its reason. ``lasted``: seconds in the state it left.

    Of kind ``halt``: a person or the file halted or resumed, with who in ``by`` and why in
    ``message``; ``name`` is the strategy that was resumed, or empty for all of them.
    Of kind ``key``: a fact of the key of the connection ``name`` changed, and ``what`` says which.
    """

    at: datetime
    kind: Kind
    name: str
    before: str
    after: str
    reason: Reason
    message: str
    generation: int
    revision: str
    lasted: float | None = None
    by: str = ""
    what: KeyFact | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What the journal keeps so that a restart is a no-op.

    ``declared`` is what was last recorded as declared; it is read and never saved with the rest.
    """

    status: Status
    seen: Mapping[str, Seen]
    declared: Mapping[str, DeclaredEntry] = field(default_factory=dict, compare=False)
