"""Rules of what can be read: balance, orders, and the date the key expires."""

from dataclasses import replace
from datetime import timedelta

from bf_reconciler.facts import Balance, Failure, KeyFacts, Orders, Reason, another_day
from bf_reconciler.policy import expiry
from bf_reconciler.policy.findings import (
    REJECTED,
    Case,
    Effect,
    Finding,
    Type,
    broken,
    holds,
    not_understood,
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
            return broken(kind, closed, "The key cannot read this.")
        case Failure(reason=reason) if reason in REJECTED or reason is Reason.IP_NOT_ALLOWED:
            return unanswered(case, kind)
        case Failure() as failure if failure.terminal:
            return refused(case, kind, failure)
        case Failure(reason=reason, message=message):
            return unknown(kind, reason, message)
        case None:
            return unanswered(case, kind)
        case Balance(empty=True):
            return holds(kind, "Readable and empty.", Reason.BALANCE_EMPTY)
        case _:
            return holds(kind, "Readable.")


def balance_readable(case: Case) -> Finding:
    answer = case.observation.balance
    return _readable(case, Type.BALANCE_READABLE, answer, Reason.BALANCE_UNREADABLE)


def orders_readable(case: Case) -> Finding:
    answer = case.observation.orders
    return _readable(case, Type.ORDERS_READABLE, answer, Reason.ORDERS_UNREADABLE)


def key_fresh(case: Case) -> Finding:
    """Whether the key lives on, and is young enough where the policy sets an age."""
    key = case.observation.key
    if not isinstance(key, KeyFacts):
        return unanswered(case, Type.KEY_FRESH)
    finding, most = _unexpired(case, key), case.policy.max_key_age
    if most is None or key.created_at is None or finding.effect is not Effect.NONE:
        return finding
    due, age = key.created_at + most, case.now - key.created_at
    if age < most:
        return replace(finding, until=min(finding.until or due, due))
    message = f"The key was created on {key.created_at:%Y-%m-%d}, {age.days} days ago."
    old = broken(Type.KEY_FRESH, Reason.KEY_TOO_OLD, message, Effect.WARN)
    return replace(old, until=key.created_at + timedelta(days=age.days + 1))


def _unexpired(case: Case, key: KeyFacts) -> Finding:
    """A date that only a rule gives warns, and never blocks: the calls say if the key has ended."""
    field = key.not_understood("expiry")
    if field is not None:
        return not_understood(case, Type.KEY_FRESH, field, Effect.WARN)
    connection = case.entry.connection
    end = expiry.end(connection, key)
    if end is None:
        message = expiry.explained(connection, key)
        return unknown(Type.KEY_FRESH, Reason.UNVERIFIABLE, message, Effect.NONE)
    day, left = f"{end.at:%Y-%m-%d}", end.at - case.now
    rule = expiry.rule(connection)
    by = f" by its published rule ({rule.source})" if rule and end.source == "computed" else ""
    warned = case.policy.key_expiry_warning
    if left > warned:
        fresh = holds(Type.KEY_FRESH, f"The key expires on {day}{by}.")
        return replace(fresh, until=end.at - warned)
    if left > timedelta(0):
        message = f"The key expires on {day}{by}, in {left.days} days."
        expiring = broken(Type.KEY_FRESH, Reason.KEY_EXPIRING, message, Effect.WARN)
        return replace(expiring, until=another_day(end.at, left))
    if by:
        message = f"The key should have expired on {day}{by}, but is still accepted."
        return unknown(Type.KEY_FRESH, Reason.UNVERIFIABLE, message, Effect.NONE)
    return broken(Type.KEY_FRESH, Reason.KEY_EXPIRED, f"The key expired on {day}.")
