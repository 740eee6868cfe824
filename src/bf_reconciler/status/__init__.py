"""Folds everything into one Status, names its transitions, and gives it the shape of the API."""

from bf_reconciler.status.activity import Activity, activity
from bf_reconciler.status.changes import transitions
from bf_reconciler.status.evidence import evidence
from bf_reconciler.status.fold import conditions, everything, fold, in_order, mask
from bf_reconciler.status.halts import file_halts, halt_event, resume_event
from bf_reconciler.status.key_events import key_events
from bf_reconciler.status.model import (
    OFF,
    Condition,
    ConfigStatus,
    Confirmed,
    ConnectionStatus,
    FileStatus,
    Key,
    Kind,
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
    "FileStatus",
    "Key",
    "Kind",
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
    "evidence",
    "field_handling",
    "file_halts",
    "fold",
    "halt_event",
    "in_order",
    "key_events",
    "mask",
    "present",
    "present_connection",
    "present_strategy",
    "present_transition",
    "resume_event",
    "transitions",
    "unwatched",
]
