"""Rules of what an account holds and trades: a thief who cannot withdraw buys strange coins."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Failure, Reason
from bf_reconciler.policy.expected import Expected
from bf_reconciler.policy.findings import (
    AccountNames,
    Case,
    Effect,
    Finding,
    Type,
    broken,
    holds,
    unanswered,
    unknown,
)

MAX_NAMED: Final = 5


def assets_expected(case: Case) -> Finding | None:
    """Whether all that is held is of a coin that somebody declared, or comes along with it."""
    kind, names = Type.ASSETS_EXPECTED, case.names
    if names is None:
        return None
    if names.expected is None or names.unread:
        return _not_compared(kind, names)
    if names.assets is None:
        return _untold(case, kind, "which assets an account holds")
    strange = _strange(case, names.assets, names.expected.asset)
    if not strange:
        good = holds(kind, "The account holds no asset that is not expected.")
        return _while(names.expected, good)
    message = f"The account holds assets that no strategy declares: {strange}."
    return _while(names.expected, _unexpected(case, kind, Reason.UNEXPECTED_ASSET, message))


def orders_expected(case: Case) -> Finding | None:
    """Whether all open orders are in pairs that somebody declared, or between kinds of money."""
    kind, names = Type.ORDERS_EXPECTED, case.names
    if names is None:
        return None
    if names.expected is None or names.unread:
        return _not_compared(kind, names)
    if names.pairs is None:
        return _untold(case, kind, "in which pairs orders are open")
    strange = _strange(case, names.pairs, names.expected.pair)
    if not strange:
        good = holds(kind, "The account has no open order in a pair that is not expected.")
        return _while(names.expected, good)
    message = f"The account has open orders in pairs that no strategy declares: {strange}."
    return _while(names.expected, _unexpected(case, kind, Reason.UNEXPECTED_ORDER, message))


def _strange(case: Case, seen: Mapping[str, int], known: Callable[[str], bool]) -> str:
    """Names that are not expected, seen in one of the last answers that a recovery asks for."""
    lately = case.policy.recover_after
    found = sorted(name for name, ago in seen.items() if not known(name) and ago < lately)
    more = f" and {len(found) - MAX_NAMED} more" if len(found) > MAX_NAMED else ""
    return ", ".join(found[:MAX_NAMED]) + more


def _unexpected(case: Case, kind: Type, reason: Reason, message: str) -> Finding:
    own = case.entry.connection.unexpected_trading
    said = own or case.policy.unexpected_trading
    if said == "ignore":
        return holds(kind, f"{message} The policy ignores it.")
    return broken(kind, reason, message, Effect.BLOCK if said == "block" else Effect.WARN)


def _while(expected: Expected, finding: Finding) -> Finding:
    """The same, until what a removed strategy declared is expected no more."""
    return finding if expected.until is None else replace(finding, until=expected.until)


def _not_compared(kind: Type, names: AccountNames) -> Finding:
    if names.unread:
        message = "A strategy of the connection is invalid in the file."
        return unknown(kind, Reason.ENTRY_INVALID, message, Effect.NONE)
    message = "No strategy and no `expect` declares what the account may hold and trade."
    return unknown(kind, Reason.UNVERIFIABLE, message, Effect.NONE)


def _untold(case: Case, kind: Type, what: str) -> Finding:
    """Nothing was ever told: for want of an answer, or because the exchange does not."""
    seen = case.observation
    answer = seen.balance if kind is Type.ASSETS_EXPECTED else seen.orders
    if answer is None or isinstance(answer, Failure):
        return replace(unanswered(case, kind), effect=Effect.NONE)
    title = EXCHANGES[case.entry.connection.exchange].title
    message = f"{title} does not report {what}."
    return unknown(kind, Reason.UNVERIFIABLE, message, Effect.NONE)
