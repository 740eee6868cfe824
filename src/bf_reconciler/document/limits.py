"""Limits of strategies, and the sum of those that share a connection."""

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Final

from bf_reconciler.document.entries import Entry, Finding
from bf_reconciler.facts import ConfigReason
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


def check_limits(
    connections: Collection[Entry[Connection]],
    strategies: Collection[Entry[Strategy]],
    policy: Policy,
    *,
    policy_sealed: bool,
) -> None:
    """Add what exceeds a limit, with the arithmetic where nothing of it is encrypted."""
    for entry in strategies:
        shown = not policy_sealed and _open(entry)
        for check, fields in ((too_many, COUNTS), (too_much_capital, CAPITAL)):
            told = partial(_told, check, policy, shown=shown)
            entry.accept(told, fields, REASON)
    groups: dict[str, list[Entry[Strategy]]] = {}
    for entry in strategies:
        if entry.good is not None:
            groups.setdefault(entry.good.connection, []).append(entry)
    for connection in connections:
        if connection.good is not None:
            _together(connection, connection.good, groups.get(connection.good.name, []))


def _told(check: Check, policy: Policy, strategy: Strategy, *, shown: bool) -> Iterator[Finding]:
    for excess in check(strategy, policy):
        yield excess.place, _words(excess.message, excess.arithmetic if shown else "")


def _together(
    connection: Entry[Connection],
    declared: Connection,
    entries: Collection[Entry[Strategy]],
) -> None:
    """All of them are told, since nobody can say which one is too much."""
    strategies = [entry.good for entry in entries if entry.good is not None]
    shown = _open(connection) and all(_open(entry) for entry in entries)
    if declared.margin_limit is None:
        arithmetic = overcommitted(strategies)
        message = "the strategies of its connection may take more than its balance"
        for entry in entries if arithmetic else ():
            words = _words(message, arithmetic if shown else "")
            entry.add_problem((MARGIN, words), "warning", REASON)
        return
    excess = overdrawn(declared.margin_limit, strategies)
    if excess is None:
        return
    words = _words(excess.message, excess.arithmetic if shown else "")
    for entry in entries:
        entry.add_problem((MARGIN, words), reason=REASON)


def _open(entry: Entry[Strategy] | Entry[Connection]) -> bool:
    """Whether nothing that limits are about is encrypted in it."""
    return CAPITAL.isdisjoint(path[0] for path in entry.sealed if path)


def _words(message: str, arithmetic: str) -> str:
    return f"{message}: {arithmetic}" if arithmetic else message
