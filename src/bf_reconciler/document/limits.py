"""Limits of strategies, and the sum of those that share a connection."""

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Final, NamedTuple

from bf_reconciler.document.entries import Entry, Finding
from bf_reconciler.facts import ConfigReason, Severity
from bf_reconciler.spec import Connection, Policy, Strategy
from bf_reconciler.spec.limits import (
    CAPITAL,
    COUNTS,
    Excess,
    overcommitted,
    overdrawn,
    too_many,
    too_much_capital,
)

REASON: Final = ConfigReason.LIMIT_EXCEEDED
MARGIN: Final = ("margin_limit",)
Check = Callable[[Strategy, Policy], Iterator[Excess]]


class Together(NamedTuple):
    """What is wrong with a strategy, as one of several on a connection."""

    message: str
    severity: Severity


def check_limits(
    strategies: Collection[Entry[Strategy]], policy: Policy, *, policy_sealed: bool
) -> None:
    """Add what exceeds a limit, with the arithmetic where nothing of it is encrypted."""
    for entry in strategies:
        shown = not policy_sealed and _open(entry)
        for check, fields in ((too_many, COUNTS), (too_much_capital, CAPITAL)):
            told = partial(_told, check, policy, shown=shown)
            entry.accept(told, fields, REASON)


def _told(check: Check, policy: Policy, strategy: Strategy, *, shown: bool) -> Iterator[Finding]:
    for excess in check(strategy, policy):
        yield excess.place, _words(excess.message, excess.arithmetic if shown else "")


def together(
    connection: Entry[Connection], entries: Collection[Entry[Strategy]]
) -> Together | None:
    """What the strategies on a connection may take, where that is too much.

    All of them are told, since nobody can say which one is too much.
    """
    strategies = [entry.good for entry in entries if entry.good is not None]
    limit = connection.good.margin_limit if connection.good is not None else None
    shown = _open(connection) and all(_open(entry) for entry in entries)
    if limit is None:
        arithmetic = overcommitted(strategies)
        message = "the strategies of its connection may take more than its balance"
        words = _words(message, arithmetic if shown else "")
        return Together(words, "warning") if arithmetic else None
    excess = overdrawn(limit, strategies)
    if excess is None:
        return None
    return Together(_words(excess.message, excess.arithmetic if shown else ""), "error")


def add_together(entry: Entry[Strategy], found: Together) -> None:
    """Tell it of one of them."""
    entry.add_problem((MARGIN, found.message), found.severity, REASON)


def _open(entry: Entry[Strategy] | Entry[Connection]) -> bool:
    """Whether nothing that limits are about is encrypted in it."""
    return CAPITAL.isdisjoint(path[0] for path in entry.sealed if path)


def _words(message: str, arithmetic: str) -> str:
    return f"{message}: {arithmetic}" if arithmetic else message
