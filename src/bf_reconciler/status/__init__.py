"""Folds everything into one Status, names its transitions, and gives it the shape of the API."""

from bf_reconciler.status.activity import Activity, activity
from bf_reconciler.status.changes import transitions
from bf_reconciler.status.fold import conditions, everything, fold, in_order, mask
from bf_reconciler.status.model import (
    OFF,
    Condition,
    ConfigStatus,
    Confirmed,
    ConnectionStatus,
    Key,
    Record,
    Running,
    RunningState,
    Status,
    StrategyState,
    StrategyStatus,
    Told,
    Transition,
)
from bf_reconciler.status.present import (
    field_handling,
    present,
    present_connection,
    present_strategy,
    present_transition,
)
from bf_reconciler.status.unwatched import unwatched

__all__ = [
    "OFF",
    "Activity",
    "Condition",
    "ConfigStatus",
    "Confirmed",
    "ConnectionStatus",
    "Key",
    "Record",
    "Running",
    "RunningState",
    "Status",
    "StrategyState",
    "StrategyStatus",
    "Told",
    "Transition",
    "activity",
    "conditions",
    "everything",
    "field_handling",
    "fold",
    "in_order",
    "mask",
    "present",
    "present_connection",
    "present_strategy",
    "present_transition",
    "transitions",
    "unwatched",
]
