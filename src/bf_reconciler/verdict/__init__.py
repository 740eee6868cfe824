"""Judges (compliant? True, False, Unknown) and guards (what to do about it)."""

from bf_reconciler.verdict.guard import decide, guard, unsettled
from bf_reconciler.verdict.judge import (
    Account,
    account_of,
    judge,
    judge_connection,
    judge_strategy,
    leaving,
)
from bf_reconciler.verdict.orphans import Holdings, orphans
from bf_reconciler.verdict.values import (
    LEAST_LEASE,
    ConnectionState,
    ConnectionVerdict,
    Decision,
    Halted,
    HasTraded,
    Holding,
    Order,
    StrategyMemory,
    StrategyVerdict,
    Verdicts,
)

__all__ = [
    "LEAST_LEASE",
    "Account",
    "ConnectionState",
    "ConnectionVerdict",
    "Decision",
    "Halted",
    "HasTraded",
    "Holding",
    "Holdings",
    "Order",
    "StrategyMemory",
    "StrategyVerdict",
    "Verdicts",
    "account_of",
    "decide",
    "guard",
    "judge",
    "judge_connection",
    "judge_strategy",
    "leaving",
    "orphans",
    "unsettled",
]
