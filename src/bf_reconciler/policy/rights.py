"""Rules of rights: what the key must be able to do, and what it must not."""

from dataclasses import replace

from bf_reconciler.exchanges import EXCHANGES, Exchange
from bf_reconciler.facts import (
    Balance,
    Failure,
    KeyFacts,
    Orders,
    Reason,
    Scope,
    another_day,
)
from bf_reconciler.policy.findings import (
    Case,
    Effect,
    Finding,
    Type,
    broken,
    holds,
    not_understood,
    unanswered,
    unknown,
)
from bf_reconciler.spec.connection import Attestation

MAX_NAMED = 3
MAX_WORDS = 5


def read_permitted(case: Case) -> Finding:
    key, *reads = case.signed
    said = key.allows(Scope.READ) if isinstance(key, KeyFacts) else None
    closed = [isinstance(a, Failure) and a.reason is Reason.NO_READ_PERMISSION for a in reads]
    message = "The key cannot read."
    if said is False:
        return broken(Type.READ_PERMITTED, Reason.NO_READ_PERMISSION, message)
    if said is None and all(closed):  # only refusals say so: they must be confirmed
        waits = Reason.NO_READ_PERMISSION in case.unconfirmed
        worded = unknown if waits else broken
        return worded(Type.READ_PERMITTED, Reason.NO_READ_PERMISSION, message)
    if said or all(isinstance(a, Balance | Orders) for a in reads):
        return holds(Type.READ_PERMITTED, "The key can read.")
    return unanswered(case, Type.READ_PERMITTED)


def _granted(case: Case, kind: Type, scope: Scope, reason: Reason, what: str) -> Finding:
    key = case.observation.key
    if not isinstance(key, KeyFacts):
        if isinstance(key, Failure) and key.reason is Reason.NO_READ_PERMISSION:
            message = (
                f"The key cannot read its own permissions, so whether it can {what} is unknown."
            )
            return _trade_attested(case, kind, message)
        return unanswered(case, kind)
    said = key.allows(scope)
    if said:
        return holds(kind, f"The key can {what}.")
    if said is False:
        return broken(kind, reason, f"The key cannot {what}.")
    field = key.not_understood("rights")
    if field is not None:
        return not_understood(case, kind, field)
    row = EXCHANGES[case.entry.connection.exchange]
    there = (
        f"; the permission there is: {row.people.needs[scope].en}"
        if scope in row.people.needs
        else ""
    )
    message = f"{row.title} does not report whether the key can {what}{there}."
    return _trade_attested(case, kind, message)


def _trade_attested(case: Case, kind: Type, message: str) -> Finding:
    attest = case.entry.connection.attest
    word = attest.trade_permitted if attest is not None else None
    return _attested(case, kind, Reason.UNVERIFIABLE, message, word)


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
                "The key can withdraw. A trading key must never have this permission.",
            )
        if said is False:
            return holds(Type.WITHDRAW_DISABLED, "The key cannot withdraw.")
        field = key.not_understood("rights")
        if field is not None:  # it did say: nobody's word counts instead
            return not_understood(case, Type.WITHDRAW_DISABLED, field)
    elif not (
        isinstance(key, Failure)
        and key.reason is Reason.NO_READ_PERMISSION
        and key.reason not in case.unconfirmed
    ):
        return unanswered(case, Type.WITHDRAW_DISABLED)
    attest = case.entry.connection.attest
    message = "The exchange does not report whether the key can withdraw."
    word = attest.withdraw_disabled if attest is not None else None
    return _attested(case, Type.WITHDRAW_DISABLED, Reason.WITHDRAW_UNVERIFIABLE, message, word)


def _attested(
    case: Case, kind: Type, reason: Reason, message: str, word: Attestation | None
) -> Finding:
    """The exchange does not say: a person may have, for as long as their word counts."""
    if word is None:
        return unknown(kind, reason, message)
    who, day = f"{word.by} on {word.at:%Y-%m-%d}", f"{word.until:%Y-%m-%d}"
    if not word.holds(case.now):
        ended = word.at <= case.now
        state = f"expired on {day}" if ended else "is dated in the future"
        message = f"{message} The attestation by {who} {state}."
        silent = unknown(kind, reason, message)
        return replace(silent, until=None if ended else word.at)
    left = word.until - case.now
    message = f"The exchange does not report it; attested by {who}, valid until {day}."
    warned = case.policy.key_expiry_warning
    if left <= warned:
        message = f"{message} Check again: {left.days} days are left."
    attested = holds(kind, message, reason)
    if left <= warned:
        return replace(attested, effect=Effect.WARN, until=another_day(word.until, left))
    return replace(attested, until=word.until - warned)


def least_privilege(case: Case) -> Finding:
    """One key, one purpose: no right beyond it, and no second connection with the same key."""
    key = case.observation.key
    rights = _excess(case, key) if isinstance(key, KeyFacts) else None
    if not case.twins:
        return rights or unanswered(case, Type.LEAST_PRIVILEGE)
    others = [name for name in case.twins[: MAX_NAMED + 1] if name != case.entry.name][:MAX_NAMED]
    left = len(case.twins) - 1 - len(others)
    named, more = ", ".join(others), f" and {left} more" if left else ""
    message = f"The same key is also used by {named}{more}."
    if rights is not None and rights.effect and rights.reason is not Reason.DUPLICATE_KEY:
        return replace(rights, message=f"{rights.message} {message}")
    return broken(Type.LEAST_PRIVILEGE, Reason.DUPLICATE_KEY, message, Effect.WARN)


def _excess(case: Case, key: KeyFacts) -> Finding:
    """The gravest of: rights that move value, rights not needed, and rights nobody knows."""
    row = EXCHANGES[case.entry.connection.exchange]
    markets = case.entry.connection.markets  # what strategies may use; each needs its right
    needed = {Scope.READ, Scope.WITHDRAW} | {Scope(market) for market in markets}
    excess = sorted(key.granted - needed)
    found = [
        each
        for each in (_not_needed(case, row, excess), _strange(case, key.unknown_words))
        if each is not None
    ]
    if found:
        worst = max(found, key=lambda finding: finding.effect)
        return replace(worst, message=" ".join(finding.message for finding in found))
    field = key.not_understood("rights")
    if field is not None:
        return not_understood(case, Type.LEAST_PRIVILEGE, field)
    unsaid = sorted(row.people.needs.keys() - key.granted - key.denied - needed)
    if unsaid:
        message = f"No unneeded permission is known; not reported: {', '.join(unsaid)}."
        return unknown(Type.LEAST_PRIVILEGE, Reason.UNVERIFIABLE, message, Effect.NONE)
    return holds(Type.LEAST_PRIVILEGE, "No unneeded permissions.")


def _not_needed(case: Case, row: Exchange, excess: list[Scope]) -> Finding | None:
    if not excess:
        return None
    effect = {"warn": Effect.WARN, "block": Effect.BLOCK, "ignore": Effect.NONE}[
        case.policy.excess_permissions
    ]
    named = ", ".join(row.people.right(scope) for scope in excess)
    message = f"Permissions that no declared market needs: {named}."
    movers = [scope for scope in excess if scope in row.moves_value]
    if movers:
        rights = ", ".join(row.people.right(scope) for scope in movers)
        sources = ", ".join(sorted({row.moves_value[scope] for scope in movers}))
        message = f"{message} These can move value out without a withdrawal: {rights} ({sources})."
        strict = case.policy.value_permissions == "block"
        effect = max(effect, Effect.BLOCK if strict else Effect.WARN)
    return broken(Type.LEAST_PRIVILEGE, Reason.EXCESS_PERMISSION, message, effect)


def _strange(case: Case, words: tuple[str, ...]) -> Finding | None:
    if not words:
        return None
    more = f" and {len(words) - MAX_WORDS} more" if len(words) > MAX_WORDS else ""
    message = f"Undocumented permissions: {', '.join(words[:MAX_WORDS])}{more}."
    if case.policy.unknown_permissions == "block":
        return broken(Type.LEAST_PRIVILEGE, Reason.UNKNOWN_PERMISSION, message)
    return unknown(Type.LEAST_PRIVILEGE, Reason.UNKNOWN_PERMISSION, message, Effect.WARN)
