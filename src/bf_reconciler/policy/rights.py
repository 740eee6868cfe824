"""Rules of rights: what the key must be able to do, and what it must not."""

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Balance, Failure, KeyFacts, Orders, Reason, Scope
from bf_reconciler.policy.findings import (
    Case,
    Effect,
    Finding,
    Type,
    broken,
    holds,
    unanswered,
    unknown,
)


def read_permitted(case: Case) -> Finding:
    key, *reads = case.signed
    said = key.allows(Scope.READ) if isinstance(key, KeyFacts) else None
    closed = [isinstance(a, Failure) and a.reason is Reason.NO_READ_PERMISSION for a in reads]
    message = "The key may not read."
    if said is False:
        return broken(Type.READ_PERMITTED, Reason.NO_READ_PERMISSION, message)
    if said is None and all(closed):  # only refusals say so: they must be confirmed
        waits = Reason.NO_READ_PERMISSION in case.unconfirmed
        worded = unknown if waits else broken
        return worded(Type.READ_PERMITTED, Reason.NO_READ_PERMISSION, message)
    if said or all(isinstance(a, Balance | Orders) for a in reads):
        return holds(Type.READ_PERMITTED, "The key may read.")
    return unanswered(case, Type.READ_PERMITTED)


def _granted(case: Case, kind: Type, scope: Scope, reason: Reason, what: str) -> Finding:
    key = case.observation.key
    if not isinstance(key, KeyFacts):
        if isinstance(key, Failure) and key.reason is Reason.NO_READ_PERMISSION:
            message = f"The key may not read its own rights: whether it may {what} is not known."
            return unknown(kind, Reason.UNVERIFIABLE, message)
        return unanswered(case, kind)
    said = key.allows(scope)
    if said:
        return holds(kind, f"The key may {what}.")
    if said is False:
        return broken(kind, reason, f"The key may not {what}.")
    return unknown(kind, Reason.UNVERIFIABLE, f"The exchange does not say if it may {what}.")


def trade_permitted(case: Case) -> Finding:
    """Of the declared markets other than futures, the first that is not granted decides."""
    declared = case.entry.connection.markets
    markets = [market for market in declared if market != "futures"] or declared
    findings = [
        _granted(case, Type.TRADE_PERMITTED, Scope(m), Reason.NO_TRADE_PERMISSION, f"trade {m}")
        for m in markets
    ]
    return max(findings, key=lambda finding: finding.effect)


def futures_permitted(case: Case) -> Finding | None:
    if "futures" not in case.entry.connection.markets:
        return None
    return _granted(
        case, Type.FUTURES_PERMITTED, Scope.FUTURES, Reason.NO_FUTURES_PERMISSION, "trade futures"
    )


def withdraw_disabled(case: Case) -> Finding:
    key = case.observation.key
    if isinstance(key, KeyFacts):
        said = key.allows(Scope.WITHDRAW)
        if said:
            return broken(
                Type.WITHDRAW_DISABLED,
                Reason.WITHDRAW_ENABLED,
                "The key may withdraw. A trading key must never.",
            )
        if said is False:
            return holds(Type.WITHDRAW_DISABLED, "The key may not withdraw.")
    elif not (
        isinstance(key, Failure)
        and key.reason is Reason.NO_READ_PERMISSION
        and key.reason not in case.unconfirmed
    ):
        return unanswered(case, Type.WITHDRAW_DISABLED)
    attest = case.entry.connection.attest
    if attest is not None and attest.withdraw_disabled.holds(case.now):
        word = attest.withdraw_disabled
        return holds(
            Type.WITHDRAW_DISABLED,
            f"The exchange does not say; attested by {word.by} on {word.at:%Y-%m-%d}.",
            Reason.WITHDRAW_UNVERIFIABLE,
        )
    return unknown(
        Type.WITHDRAW_DISABLED,
        Reason.WITHDRAW_UNVERIFIABLE,
        "The exchange does not say whether the key may withdraw.",
    )


def least_privilege(case: Case) -> Finding:
    key = case.observation.key
    if not isinstance(key, KeyFacts):
        return unanswered(case, Type.LEAST_PRIVILEGE)
    markets = case.entry.connection.markets  # what strategies may use; each needs its right
    needed = {Scope.READ, Scope.WITHDRAW} | {Scope(market) for market in markets}
    excess = sorted(key.granted - needed)
    effect = {"warn": Effect.WARN, "block": Effect.BLOCK, "ignore": Effect.NONE}[
        case.policy.excess_permissions
    ]
    if excess:
        words = EXCHANGES[case.entry.connection.exchange].needs
        named = ", ".join(words.get(scope, str(scope)) for scope in excess)
        message = f"Rights that no declared market needs: {named}."
        return broken(Type.LEAST_PRIVILEGE, Reason.EXCESS_PERMISSION, message, effect)
    if key.unknown_words:
        message = f"Rights no document explains: {', '.join(key.unknown_words[:5])}."
        return unknown(
            Type.LEAST_PRIVILEGE, Reason.EXCESS_PERMISSION, message, min(effect, Effect.WARN)
        )
    return holds(Type.LEAST_PRIVILEGE, "No right that is not needed.")
