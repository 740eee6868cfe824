"""What was seen of a connection: facts of its key, failures, and the short memory of both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import takewhile
from typing import Final, Literal, NamedTuple, Protocol, TypedDict, TypeVar

from bf_reconciler.facts.allowlist import admits_everybody
from bf_reconciler.facts.reasons import TRANSIENT, Reason


class Scope(StrEnum):
    """What a key may do, in one vocabulary for all exchanges."""

    READ = "read"
    SPOT = "spot"
    MARGIN = "margin"
    FUTURES = "futures"
    EARN = "earn"
    TRANSFER = "transfer"  # between accounts of the same owner
    DEPOSIT = "deposit"
    ACCOUNT = "account"  # changes the account or the key itself, its allowlist for one
    PAY = "pay"  # value can leave otherwise: fiat, P2P, cards, payments
    OTHER = "other"  # acts where nothing of ours does: options, conversions, copy trading
    WITHDRAW = "withdraw"  # value leaves the owner's accounts


Question = Literal["time", "key", "balance", "orders"]
QUESTIONS: tuple[Question, ...] = ("time", "key", "balance", "orders")


@dataclass(frozen=True, slots=True)
class Clock:
    """The exchange's answer to the time question; ``skew`` is our clock minus theirs, seconds."""

    skew: float
    latency: float


Part = Literal["rights", "allowlist", "expiry", "state"]
"""A part of the description of a key that decides."""


class Unread(NamedTuple):
    """A deciding part that was told in a form no document has, and the name of its field."""

    part: Part
    field: str


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What the exchange says of a key. What it does not say is None, or in no scope set.

    Attributes:
        granted, denied: Rights it has, and rights it is said not to have.
        unknown_words: Rights that no document explains.
        ip_bound: Whether it is bound to addresses; a list that admits everybody binds nobody.
        ips: The list.
        created_at, expires_at: When it began, and when it ends.
        account: Main or sub-account, for people.
        unread: What was told and not understood; the conditions that need it are unknown.
        unified: Whether its account is told to keep all of its money in one place.
        undecided: Rights that what it has may cover. Not compared, for it follows from the others.
    """

    granted: frozenset[Scope]
    denied: frozenset[Scope]
    unknown_words: tuple[str, ...] = ()
    ip_bound: bool | None = None
    ips: tuple[str, ...] | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    account: str | None = None
    unread: tuple[Unread, ...] = ()
    unified: bool = False
    undecided: frozenset[Scope] = field(default=frozenset(), compare=False)

    def __post_init__(self) -> None:
        if self.ip_bound and self.ips and admits_everybody(self.ips):
            object.__setattr__(self, "ip_bound", False)

    def allows(self, scope: Scope) -> bool | None:
        """True, False, or None where the exchange did not say."""
        if scope in self.granted:
            return True
        return False if scope in self.denied else None

    def not_understood(self, part: Part) -> str | None:
        """The field of a part that was told in a form no document has."""
        return next((each.field for each in self.unread if each.part == part), None)


@dataclass(frozen=True, slots=True)
class Balance:
    """The balance could be read; amounts are nobody's business but the owner's.

    ``assets``: what is held beyond dust, by name alone; None where the answer does not tell.
    """

    empty: bool
    assets: frozenset[str] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Orders:
    """The open orders could be read.

    ``pairs``: in which pairs, ``BASE/QUOTE``; None where the answer does not tell.
    """

    pairs: frozenset[str] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """A question that got no good answer. Terminal: only a person can help.

    ``message`` is our own sentence; nothing of the exchange's text goes in. ``retry_after`` is in
    seconds; ``client_ip`` is our egress address where the exchange told it.
    """

    reason: Reason
    message: str
    http_status: int | None = None
    code: str | None = None
    retry_after: float | None = None
    client_ip: str | None = None

    @property
    def terminal(self) -> bool:
        return self.reason not in TRANSIENT


@dataclass(frozen=True, slots=True)
class Observation:
    """One probe of one connection: at most one answer to each of the four questions.

    A question that was not asked is None: nothing signed is asked while the time is unanswered.
    """

    at: datetime
    entry: str
    time: Clock | Failure
    key: KeyFacts | Failure | None = None
    balance: Balance | Failure | None = None
    orders: Orders | Failure | None = None

    @property
    def answers(self) -> Mapping[Question, Clock | KeyFacts | Balance | Orders | Failure | None]:
        """Each question and what came of it."""
        return {"time": self.time, "key": self.key, "balance": self.balance, "orders": self.orders}

    @property
    def failures(self) -> tuple[Failure, ...]:
        answers = (self.time, self.key, self.balance, self.orders)
        return tuple([answer for answer in answers if isinstance(answer, Failure)])

    @property
    def refusals(self) -> frozenset[Reason]:
        """Why a person is needed, where the calls fail."""
        return frozenset([failure.reason for failure in self.failures if failure.terminal])

    @property
    def accepted(self) -> bool:
        """Whether the key was let in for a signed question."""
        answers = (self.key, self.balance, self.orders)
        return any(a is not None and not isinstance(a, Failure) for a in answers)

    def alike(self, other: "Observation") -> bool:
        """Whether both say the same: the facts, whether the key has ended, the terminal failures.

        Transient failures are all one, and times do not count: an outage that shows itself as a
        timeout now and a reset then is one outage, and has one beginning. So has one that leaves
        the clock unread now and answers nothing but that then.
        """
        return (
            _alike(self.key, other.key)
            and _alike(self.balance, other.balance)
            and _alike(self.orders, other.orders)
            and _alike(self.time, other.time)
            and _ended(self) == _ended(other)
        )


def _ended(observation: Observation) -> bool:
    key = observation.key
    end = key.expires_at if isinstance(key, KeyFacts) else None
    return end is not None and end <= observation.at


Answer = Clock | KeyFacts | Balance | Orders | Failure | None


def _alike(one: Answer, other: Answer) -> bool:
    """Equal answers, as nearly all are, need no closer look."""
    return one == other or _kind(one) == _kind(other)


def _kind(answer: Answer) -> object:
    match answer:
        case Failure():
            return answer.reason if answer.terminal else None
        case KeyFacts():
            return answer if answer.expires_at is None else replace(answer, expires_at=None)
        case Balance() | Orders():
            return answer
        case _:  # the clock tells nothing of a connection
            return None


@dataclass(frozen=True, slots=True)
class Run:
    """Probes in a row with one outcome: the latest, how many, and when the first was."""

    latest: Observation
    count: int
    since: datetime


LATELY = 20
"""A name is remembered for so many answers without it, as many as a policy may want to see."""
MAX_RUNS = 32
"""Runs remembered per connection; more changes than this within one recovery are forgotten."""
NO_NAMES: Final = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Drill:
    """A person tries the alarm: until then, a canary counts as failed."""

    until: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The memory of one connection entry, newest run first. It holds no credential."""

    entry: str
    runs: tuple[Run, ...] = ()
    asked: bool = field(default=False, compare=False)
    """A person wants it probed now."""
    assets: Mapping[str, int] | None = None
    """Assets held lately that were not expected when they were seen last, and how many answers ago.

    None was never told. Where nobody said what is expected, all of them.
    """
    pairs: Mapping[str, int] | None = None
    """Likewise, pairs with open orders."""
    restored: bool = field(default=False, compare=False)
    """Seen by an earlier life of this process: enough to stay as things are, not to turn on."""
    drill: Drill | None = None
    """Of a canary alone. It ends with this life of the process, if not before."""

    @property
    def latest(self) -> Observation | None:
        return self.runs[0].latest if self.runs else None

    @property
    def held(self) -> frozenset[str]:
        """Assets of the last answer that told them."""
        for run in self.runs if self.assets is not None else ():
            names = _assets(run.latest)
            if names is not None:
                return names
        return NO_NAMES

    @property
    def ordered(self) -> frozenset[str]:
        """Pairs with open orders, likewise."""
        for run in self.runs if self.pairs is not None else ():
            names = _pairs(run.latest)
            if names is not None:
                return names
        return NO_NAMES


def resolved(observation: Observation) -> Observation:
    """Read a code of several causes by what the other questions of the same probe met.

    Where the exchange let the key in for one signed question, key and address are in order: what
    it refused to the others is a permission. A right that is missing is such a sign, too: it is
    looked for last.
    """
    refusals = observation.refusals
    if Reason.KEY_OR_IP_REJECTED not in refusals:
        return observation
    if not observation.accepted and Reason.NO_READ_PERMISSION not in refusals:
        return observation
    return replace(
        observation,
        key=_settled(observation.key),
        balance=_settled(observation.balance),
        orders=_settled(observation.orders),
    )


A = TypeVar("A")


def _settled(answer: A) -> A | Failure:
    if not isinstance(answer, Failure) or answer.reason is not Reason.KEY_OR_IP_REJECTED:
        return answer
    words = "Other requests of the same test were accepted, so a permission is missing."
    message = f"{answer.message} {words}"
    return replace(answer, reason=Reason.NO_READ_PERMISSION, message=message)


class Expects(Protocol):
    """What is expected of an account at the time of an answer.

    Each gives those of the names that are not expected, and None where nothing is compared.
    """

    def strange_assets(self, names: frozenset[str]) -> frozenset[str] | None: ...

    def strange_pairs(self, names: frozenset[str]) -> frozenset[str] | None: ...


class _Everything:
    """Nobody said what is expected: every name is kept, to be compared later."""

    def strange_assets(self, names: frozenset[str]) -> frozenset[str]:
        return names

    strange_pairs = strange_assets


KEEP_ALL: Final = _Everything()


def remember(seen: Seen | None, observation: Observation, expects: Expects = KEEP_ALL) -> Seen:
    """Add a probe to the memory. A changed entry (new key, new endpoint) starts a new memory.

    Names are compared once, now: what is expected never becomes strange by itself.
    """
    observation = resolved(observation)
    if seen is None or seen.entry != observation.entry:
        return Seen(
            observation.entry,
            (Run(observation, 1, observation.at),),
            **_names(None, observation, expects),
        )
    names = _names(seen, observation, expects)
    if seen.runs and seen.runs[0].latest.alike(observation):
        run = seen.runs[0]
        since = min(run.since, observation.at)  # our clock may have been set back
        newest = Run(observation, run.count + 1, since)
        return Seen(seen.entry, (newest, *seen.runs[1:]), **names, drill=seen.drill)
    runs = (Run(observation, 1, observation.at), *seen.runs)
    return Seen(seen.entry, runs[:MAX_RUNS], **names, drill=seen.drill)


class _Names(TypedDict):
    assets: Mapping[str, int] | None
    pairs: Mapping[str, int] | None


def _names(seen: Seen | None, observation: Observation, expects: Expects) -> _Names:
    assets, pairs = _assets(observation), _pairs(observation)
    old_assets, old_pairs = (seen.assets, seen.pairs) if seen is not None else (None, None)
    return {
        "assets": _lately(old_assets, assets, expects.strange_assets),
        "pairs": _lately(old_pairs, pairs, expects.strange_pairs),
    }


def _assets(observation: Observation) -> frozenset[str] | None:
    """None where they were not told."""
    answer = observation.balance
    return answer.assets if isinstance(answer, Balance) else None


def _pairs(observation: Observation) -> frozenset[str] | None:
    answer = observation.orders
    return answer.pairs if isinstance(answer, Orders) else None


def _lately(
    before: Mapping[str, int] | None,
    told: frozenset[str] | None,
    strange: Callable[[frozenset[str]], frozenset[str] | None],
) -> Mapping[str, int] | None:
    """Strange names of this answer, and those of the ones before that are not in it.

    What is not compared now is as strange as it was.
    """
    if told is None:
        return before
    old = before or {}
    found = strange(told)
    if found is None:
        found = told.intersection(old)
    if before is not None and before.keys() == found and not any(before.values()):
        return before
    gone = {name: ago + 1 for name, ago in old.items() if name not in told and ago + 1 < LATELY}
    return {**dict.fromkeys(sorted(found), 0), **gone}


def unconfirmed(runs: tuple[Run, ...], confirm_after: int) -> frozenset[Reason]:
    """Terminal failures of the newest run that were not seen often enough in a row."""
    refusals = runs[0].latest.refusals
    if not refusals:
        return refusals

    def times(reason: Reason) -> int:
        row = takewhile(lambda run: reason in run.latest.refusals, runs)
        return sum(run.count for run in row)

    return frozenset(r for r in refusals if times(r) < confirm_after)


def confirming(runs: tuple[Run, ...], confirm_after: int) -> bool:
    """Whether asking again at once may confirm what was refused.

    It may not for ever: an exchange that gives another reason each time is asked as often as any.
    """
    row, most = 0, min(2 * confirm_after, MAX_RUNS)
    for index, run in enumerate(runs):
        if row >= most or not unconfirmed(runs[index:], confirm_after):
            break
        row += run.count
    return 0 < row < most


SeenByConnection = Mapping[str, Seen]
