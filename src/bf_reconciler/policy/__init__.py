"""The rules: pure predicates over what was seen, each with its condition, effect and reason."""

from bf_reconciler.policy.access import on_list
from bf_reconciler.policy.common_cause import Causes, Hold, Incident, common_causes
from bf_reconciler.policy.expected import Expected, expected
from bf_reconciler.policy.expiry import ExpirySource, end
from bf_reconciler.policy.findings import AccountNames, Case, ConditionType, Effect, Finding, Truth
from bf_reconciler.policy.rules import RULES, Assessment, KeyFindings, assess
from bf_reconciler.policy.watch import Watch, watch, watch_each

__all__ = [
    "RULES",
    "AccountNames",
    "Assessment",
    "Case",
    "Causes",
    "ConditionType",
    "Effect",
    "Expected",
    "ExpirySource",
    "Finding",
    "Hold",
    "Incident",
    "KeyFindings",
    "Truth",
    "Watch",
    "assess",
    "common_causes",
    "end",
    "expected",
    "on_list",
    "watch",
    "watch_each",
]
