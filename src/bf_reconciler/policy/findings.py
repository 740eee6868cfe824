"""Input and output of a rule: the case, the finding, and how findings are worded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Literal

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Balance, Clock, Failure, KeyFacts, Observation, Orders, Reason
from bf_reconciler.policy.common_cause import Hold
from bf_reconciler.policy.expected import Expected
from bf_reconciler.spec import Allowlist, ConnectionEntry, Policy

Truth = Literal["True", "False", "Unknown"]


class ConditionType(StrEnum):
    """What a condition is about. The first fifteen are of connections, in order of weight."""

    REACHABLE = "Reachable"
    CLOCK_IN_SYNC = "ClockInSync"
    WITHDRAW_DISABLED = "WithdrawDisabled"
    EGRESS_ALLOWED = "EgressAllowed"
    AUTHENTICATED = "Authenticated"
    READ_PERMITTED = "ReadPermitted"
    TRADE_PERMITTED = "TradePermitted"
    FUTURES_PERMITTED = "FuturesPermitted"
    ASSETS_EXPECTED = "AssetsExpected"
    ORDERS_EXPECTED = "OrdersExpected"
    IP_RESTRICTED = "IPRestricted"
    BALANCE_READABLE = "BalanceReadable"
    ORDERS_READABLE = "OrdersReadable"
    KEY_FRESH = "KeyFresh"
    LEAST_PRIVILEGE = "LeastPrivilege"
    READY = "Ready"
    CONNECTION_READY = "ConnectionReady"
    MARKET_PERMITTED = "MarketPermitted"
    RUNNING = "Running"


class Effect(IntEnum):
    """What a finding does: nothing, a warning, compliance unknown, compliance broken."""

    NONE = 0
    WARN = 1
    HOLD = 2
    BLOCK = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says. ``derived``: not known only because another answer is missing.

    ``until``: when time alone will change it.
    """

    type: ConditionType
    status: Truth
    reason: Reason
    message: str
    effect: Effect = Effect.NONE
    derived: bool = False
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountNames:
    """What an account holds and trades, by name, against what is expected of it.

    Attributes:
        expected: None where nobody declared anything.
        assets, pairs: What was strange when it was seen lately, and how many answers ago; None was
            never told.
        held, ordered: All names of the last answer that told them.
        unread: A strategy of it is wrong in the file, and nobody knows what it declares.
    """

    expected: Expected | None
    assets: Mapping[str, int] | None
    pairs: Mapping[str, int] | None
    held: frozenset[str] = frozenset()
    ordered: frozenset[str] = frozenset()
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """All that a rule may look at.

    Attributes:
        unconfirmed: Terminal reasons not seen often enough yet.
        hold: Refusals that are not believed, since they have one cause with those of others.
        accepted: The last probe before this one in which the key was let in.
        twins: Names of all connections with the same API key, where there are others.
        names: Of the newest observation alone: what is expected of the account, and what was seen.
    """

    entry: ConnectionEntry
    policy: Policy
    observation: Observation
    unconfirmed: frozenset[Reason]
    now: datetime
    hold: Hold | None = None
    accepted: Observation | None = None
    twins: tuple[str, ...] = ()
    names: AccountNames | None = None

    @property
    def signed(self) -> tuple[KeyFacts | Balance | Orders | Failure | None, ...]:
        seen = self.observation
        return (seen.key, seen.balance, seen.orders)

    @property
    def subject(self) -> tuple[object, ...] | None:
        """All of it but the time and the clock; None where a question failed."""
        seen = self.observation
        if seen.failures:
            return None
        answers = (seen.key, seen.balance, seen.orders)
        return self.entry, self.policy, answers, self.twins, self.names

    @property
    def allowlist(self) -> Allowlist:
        return self.entry.connection.ip_allowlist or self.policy.ip_allowlist


Type = ConditionType
KEPT = 1024
"""Good findings that are shared: a fleet says the same of most of its keys."""
REJECTED = frozenset(
    {
        Reason.INVALID_KEY,
        Reason.INVALID_SIGNATURE,
        Reason.INVALID_PASSPHRASE,
        Reason.KEY_EXPIRED,
        Reason.KEY_OR_IP_REJECTED,
        Reason.WRONG_ENVIRONMENT,
        Reason.ACCOUNT_SUSPENDED,
        Reason.REGION_RESTRICTED,
    }
)
"""Failures by which the exchange turns the key, or whoever holds it, away."""
OF_VALUES = frozenset(
    {
        Reason.INVALID_KEY,
        Reason.INVALID_SIGNATURE,
        Reason.INVALID_PASSPHRASE,
        Reason.KEY_OR_IP_REJECTED,
    }
)
"""Failures that a value copied wrongly would bring, and other causes, too."""


@lru_cache(KEPT)
def holds(kind: Type, message: str, reason: Reason = Reason.CONNECTED) -> Finding:
    return Finding(kind, "True", reason, message)


def broken(kind: Type, reason: Reason, message: str, effect: Effect = Effect.BLOCK) -> Finding:
    return Finding(kind, "False", reason, message, effect)


def unknown(kind: Type, reason: Reason, message: str, effect: Effect = Effect.HOLD) -> Finding:
    return Finding(kind, "Unknown", reason, message, effect)


def not_understood(case: Case, kind: Type, field: str, effect: Effect = Effect.HOLD) -> Finding:
    """A part of an answer, told in a form no document has; the rest of it stands."""
    title = EXCHANGES[case.entry.connection.exchange].title
    message = f"{title} tells this in a form that is not known (field: {field})."
    return unknown(kind, Reason.UNEXPECTED_RESPONSE, message, effect)


def refused(case: Case, kind: Type, failure: Failure) -> Finding:
    """A terminal answer: believed when it was seen often enough, and is no common cause's."""
    message = diagnosed(case, failure)
    if failure.reason in case.unconfirmed:
        message = f"{message} It is re-tested before strategies are stopped."
        return unknown(kind, failure.reason, message)
    if case.hold is not None and failure.reason in case.hold.reasons:
        return unknown(kind, failure.reason, f"{message} {case.hold.message}")
    return broken(kind, failure.reason, message)


def diagnosed(case: Case, failure: Failure) -> str:
    """What a refusal says, what is ruled out, and from where the exchange saw us come."""
    words = [failure.message]
    time, before = case.observation.time, case.accepted
    if failure.reason in OF_VALUES and isinstance(time, Clock):
        off = abs(time.skew)
        right = off <= case.policy.max_clock_skew.total_seconds()
        clock = (
            "the local clock is right"
            if right
            else f"the local clock is {off:.1f} s off, which it accepts"
        )
        words.append(f"Not an outage or a clock error: it answers without a key, and {clock}.")
    if failure.reason in OF_VALUES and before is not None:
        words.append(
            f"The same values were accepted until {before.at:%Y-%m-%d %H:%M %Z}, so they were"
            " copied correctly."
        )
    ours = next((f.client_ip for f in case.observation.failures if f.client_ip), None)
    if ours is not None:
        words.append(f"The exchange saw our address as {ours}.")
    return " ".join(words)


def unanswered(case: Case, kind: Type) -> Finding:
    """Unknown, for the reason that kept the answer away."""
    seen = case.observation
    failure = next((f for f in (seen.time, *case.signed) if isinstance(f, Failure)), None)
    if failure is None:
        return unknown(kind, Reason.NOT_PROBED, "Not tested.")
    message = f"Unknown: {failure.message}"
    return Finding(kind, "Unknown", failure.reason, message, Effect.HOLD, derived=True)
