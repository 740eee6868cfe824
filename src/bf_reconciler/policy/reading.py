"""Rules of what can be read: balance, orders, and the date the key ends."""

from datetime import timedelta

from bf_reconciler.facts import Balance, Failure, KeyFacts, Orders, Reason
from bf_reconciler.policy.findings import (
    REJECTED,
    Case,
    Effect,
    Finding,
    Type,
    broken,
    holds,
    refused,
    unanswered,
    unknown,
)


def _readable(
    case: Case, kind: Type, answer: Balance | Orders | Failure | None, closed: Reason
) -> Finding:
    waiting = case.unconfirmed
    match answer:
        case Failure(reason=reason) if reason in {Reason.NO_READ_PERMISSION, closed} - waiting:
            return broken(kind, closed, "The key may not read this.")
        case Failure(reason=reason) if reason in REJECTED or reason is Reason.IP_NOT_ALLOWED:
            return unanswered(case, kind)
        case Failure() as failure if failure.terminal:
            return refused(case, kind, failure)
        case Failure(reason=reason, message=message):
            return unknown(kind, reason, message)
        case None:
            return unanswered(case, kind)
        case Balance(empty=True):
            return holds(kind, "Readable, and empty.", Reason.BALANCE_EMPTY)
        case _:
            return holds(kind, "Readable.")


def balance_readable(case: Case) -> Finding:
    answer = case.observation.balance
    return _readable(case, Type.BALANCE_READABLE, answer, Reason.BALANCE_UNREADABLE)


def orders_readable(case: Case) -> Finding:
    answer = case.observation.orders
    return _readable(case, Type.ORDERS_READABLE, answer, Reason.ORDERS_UNREADABLE)


def key_fresh(case: Case) -> Finding:
    key = case.observation.key
    if not isinstance(key, KeyFacts):
        return unanswered(case, Type.KEY_FRESH)
    if key.expires_at is None:
        message = "The exchange tells no date of expiry."
        return unknown(Type.KEY_FRESH, Reason.UNVERIFIABLE, message, Effect.NONE)
    left = key.expires_at - case.now
    if left <= timedelta(0):
        message = f"The key expired on {key.expires_at:%Y-%m-%d}."
        return broken(Type.KEY_FRESH, Reason.KEY_EXPIRED, message)
    if left <= case.policy.key_expiry_warning:
        message = f"The key expires on {key.expires_at:%Y-%m-%d}, in {left.days} days."
        return broken(Type.KEY_FRESH, Reason.KEY_EXPIRING, message, Effect.WARN)
    return holds(Type.KEY_FRESH, f"The key expires on {key.expires_at:%Y-%m-%d}.")
