"""What the user declares, as frozen types, and the Spec that is in force."""

from bf_reconciler.spec.affected import affected
from bf_reconciler.spec.allow import Grant, connection_excess, fits, is_within, strategy_excess
from bf_reconciler.spec.connection import Connection, Credentials, Market, misfits
from bf_reconciler.spec.credentials import CREDENTIAL, without_credentials, without_places
from bf_reconciler.spec.engines import (
    FreqtradeRuntime,
    HummingbotRuntime,
    KubernetesRuntime,
    ProcessRuntime,
    WebhookRuntime,
)
from bf_reconciler.spec.expect import Expect
from bf_reconciler.spec.handling import (
    ALL_PASSED_ON,
    IGNORED,
    PASSED_ON,
    Handled,
    Handling,
    enforced,
    handled,
)
from bf_reconciler.spec.hosts import foreign_urls, unknown_hosts
from bf_reconciler.spec.looseness import PolicyChange, is_looser, policy_changes
from bf_reconciler.spec.names import Names, differing, unequal, updated, without
from bf_reconciler.spec.pairs import Wanted, wanted_pairs
from bf_reconciler.spec.persistent import PersistentMap, altered, whole
from bf_reconciler.spec.policy import Allowlist, Defaults, Halt, Limits, MaxRemovals, Policy
from bf_reconciler.spec.prepared import prepare
from bf_reconciler.spec.references import inconsistencies
from bf_reconciler.spec.removals import too_many
from bf_reconciler.spec.runtime import LOCAL, FileRuntime, Runtime
from bf_reconciler.spec.shards import owner, share
from bf_reconciler.spec.spec import (
    ALLOW,
    NOTHING_ELSEWHERE,
    Commit,
    ConnectionEntry,
    Elsewhere,
    File,
    Origin,
    Spec,
    StrategyEntry,
)
from bf_reconciler.spec.strategy import OLD_NAMES, Action, Strategy
from bf_reconciler.spec.types import Declared, Suspend, is_loopback, is_overheard

__all__ = [
    "ALLOW",
    "ALL_PASSED_ON",
    "CREDENTIAL",
    "IGNORED",
    "LOCAL",
    "NOTHING_ELSEWHERE",
    "OLD_NAMES",
    "PASSED_ON",
    "Action",
    "Allowlist",
    "Commit",
    "Connection",
    "ConnectionEntry",
    "Credentials",
    "Declared",
    "Defaults",
    "Elsewhere",
    "Expect",
    "File",
    "FileRuntime",
    "FreqtradeRuntime",
    "Grant",
    "Halt",
    "Handled",
    "Handling",
    "HummingbotRuntime",
    "KubernetesRuntime",
    "Limits",
    "Market",
    "MaxRemovals",
    "Names",
    "Origin",
    "PersistentMap",
    "Policy",
    "PolicyChange",
    "ProcessRuntime",
    "Runtime",
    "Spec",
    "Strategy",
    "StrategyEntry",
    "Suspend",
    "Wanted",
    "WebhookRuntime",
    "affected",
    "altered",
    "connection_excess",
    "differing",
    "enforced",
    "fits",
    "foreign_urls",
    "handled",
    "inconsistencies",
    "is_loopback",
    "is_looser",
    "is_overheard",
    "is_within",
    "misfits",
    "owner",
    "policy_changes",
    "prepare",
    "share",
    "strategy_excess",
    "too_many",
    "unequal",
    "unknown_hosts",
    "updated",
    "wanted_pairs",
    "whole",
    "without",
    "without_credentials",
    "without_places",
]
