"""What a rule sees and says: the case, the finding, and how findings are worded."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Literal

from bf_reconciler.facts import Balance, Failure, KeyFacts, Observation, Orders, Reason
from bf_reconciler.spec import Allowlist, ConnectionEntry, Policy, Strategy

Truth = Literal["True", "False", "Unknown"]


class ConditionType(StrEnum):
    """What a condition is about. The first thirteen are of connections, in order of weight."""

    REACHABLE = "Reachable"
    CLOCK_IN_SYNC = "ClockInSync"
    WITHDRAW_DISABLED = "WithdrawDisabled"
    EGRESS_ALLOWED = "EgressAllowed"
    AUTHENTICATED = "Authenticated"
    READ_PERMITTED = "ReadPermitted"
    TRADE_PERMITTED = "TradePermitted"
    FUTURES_PERMITTED = "FuturesPermitted"
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
    """What one rule says. ``derived``: not known only because another answer is missing."""

    type: ConditionType
    status: Truth
    reason: Reason
    message: str
    effect: Effect = Effect.NONE
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """All that a rule may look at. ``unconfirmed``: terminal reasons not seen often enough yet."""

    entry: ConnectionEntry
    strategies: tuple[Strategy, ...]
    policy: Policy
    observation: Observation
    unconfirmed: frozenset[Reason]
    now: datetime

    @property
    def signed(self) -> tuple[KeyFacts | Balance | Orders | Failure | None, ...]:
        seen = self.observation
        return (seen.key, seen.balance, seen.orders)

    @property
    def allowlist(self) -> Allowlist:
        return self.entry.connection.ip_allowlist or self.policy.ip_allowlist


Type = ConditionType
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


def holds(kind: Type, message: str, reason: Reason = Reason.CONNECTED) -> Finding:
    return Finding(kind, "True", reason, message)


def broken(kind: Type, reason: Reason, message: str, effect: Effect = Effect.BLOCK) -> Finding:
    return Finding(kind, "False", reason, message, effect)


def unknown(kind: Type, reason: Reason, message: str, effect: Effect = Effect.HOLD) -> Finding:
    return Finding(kind, "Unknown", reason, message, effect)


def refused(case: Case, kind: Type, failure: Failure) -> Finding:
    """A terminal answer: believed only when it was seen often enough."""
    if failure.reason in case.unconfirmed:
        message = f"{failure.message} It is asked again before this is believed."
        return unknown(kind, failure.reason, message)
    return broken(kind, failure.reason, failure.message)


def unanswered(case: Case, kind: Type) -> Finding:
    """Unknown, for the reason that kept the answer away."""
    seen = case.observation
    failure = next((f for f in (seen.time, *case.signed) if isinstance(f, Failure)), None)
    if failure is None:
        return unknown(kind, Reason.NOT_PROBED, "This was not asked.")
    message = f"Not known: {failure.message}"
    return Finding(kind, "Unknown", failure.reason, message, Effect.HOLD, derived=True)
