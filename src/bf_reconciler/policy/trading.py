"""Rules of what an account holds and trades: a thief who cannot withdraw buys strange coins."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

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


class _Words(NamedTuple):
    """What is said of one kind of names. ``them``: what the exchange may not tell."""

    kind: Type
    reason: Reason
    strange: str
    waits: str
    fine: str
    them: str


ASSETS: Final = _Words(
    Type.ASSETS_EXPECTED,
    Reason.UNEXPECTED_ASSET,
    "The account holds assets that no strategy declares: {}.",
    "The last test saw assets that are expected no more: {}. The next test decides.",
    "The account holds no asset that is not expected.",
    "which assets an account holds",
)
ORDERS: Final = _Words(
    Type.ORDERS_EXPECTED,
    Reason.UNEXPECTED_ORDER,
    "The account has open orders in pairs that no strategy declares: {}.",
    "The last test saw orders in pairs that are expected no more: {}. The next test decides.",
    "The account has no open order in a pair that is not expected.",
    "in which pairs orders are open",
)


def assets_expected(case: Case) -> Finding | None:
    """Whether all that is held is of a coin that somebody declared, or comes along with it."""
    names = case.names
    if names is None:
        return None
    if names.expected is None or names.unread:
        return _not_compared(ASSETS.kind, names)
    if names.assets is None:
        return _while(names.expected, _untold(case, ASSETS))
    strange = names.expected.strange_assets
    return _while(names.expected, _compared(case, ASSETS, names.assets, names.held, strange))


def orders_expected(case: Case) -> Finding | None:
    """Whether all open orders are in pairs that somebody declared, or between kinds of money."""
    names = case.names
    if names is None:
        return None
    if names.expected is None or names.unread:
        return _not_compared(ORDERS.kind, names)
    if names.pairs is None:
        return _while(names.expected, _untold(case, ORDERS))
    strange = names.expected.strange_pairs
    return _while(names.expected, _compared(case, ORDERS, names.pairs, names.ordered, strange))


def _compared(
    case: Case,
    words: _Words,
    marked: Mapping[str, int],
    last: frozenset[str],
    strange: Callable[[frozenset[str]], frozenset[str]],
) -> Finding:
    """What was strange when it was seen, unless it was declared since.

    What is strange now, and was expected when it was seen or could not be compared, may be gone by
    now: the next answer decides.
    """
    said = case.entry.connection.unexpected_trading or case.policy.unexpected_trading
    if marked and (found := strange(_lately(case, marked))):
        message = words.strange.format(_named(found))
        if said == "ignore":
            return holds(words.kind, f"{message} The policy ignores it.")
        effect = Effect.BLOCK if said == "block" else Effect.WARN
        return broken(words.kind, words.reason, message, effect)
    found = strange(last)
    if not found or said == "ignore":
        return holds(words.kind, words.fine)
    effect = Effect.HOLD if said == "block" else Effect.NONE
    return unknown(words.kind, Reason.NOT_PROBED, words.waits.format(_named(found)), effect)


def _lately(case: Case, marked: Mapping[str, int]) -> frozenset[str]:
    """Those of one of the last answers that a recovery asks for."""
    lately = case.policy.recover_after
    return frozenset(name for name, ago in marked.items() if ago < lately)


def _named(strange: frozenset[str]) -> str:
    found = sorted(strange)
    more = f" and {len(found) - MAX_NAMED} more" if len(found) > MAX_NAMED else ""
    return ", ".join(found[:MAX_NAMED]) + more


def _while(expected: Expected, finding: Finding) -> Finding:
    """The same, until what a removed strategy declared is expected no more."""
    return finding if expected.until is None else replace(finding, until=expected.until)


def _not_compared(kind: Type, names: AccountNames) -> Finding:
    if names.unread:
        message = "A strategy of the connection is invalid in the file."
        return unknown(kind, Reason.ENTRY_INVALID, message, Effect.NONE)
    message = "No strategy and no `expect` declares what the account may hold and trade."
    return unknown(kind, Reason.UNVERIFIABLE, message, Effect.NONE)


def _untold(case: Case, words: _Words) -> Finding:
    """Nothing was ever told: for want of an answer, or because the exchange does not."""
    seen = case.observation
    answer = seen.balance if words is ASSETS else seen.orders
    if answer is None or isinstance(answer, Failure):
        return replace(unanswered(case, words.kind), effect=Effect.NONE)
    title = EXCHANGES[case.entry.connection.exchange].title
    return unknown(
        words.kind, Reason.UNVERIFIABLE, f"{title} does not report {words.them}.", Effect.NONE
    )
