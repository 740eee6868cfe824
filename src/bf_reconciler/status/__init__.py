"""Folds everything into one Status, names its transitions, and gives it the shape of the API."""

from bf_reconciler.status.activity import Activity, activity
from bf_reconciler.status.changes import transitions
from bf_reconciler.status.declarations import (
    GONE,
    POLICY,
    Commits,
    Declaration,
    DeclaredEntry,
    declarations,
    declared,
    rules_of,
)
from bf_reconciler.status.evidence import evidence
from bf_reconciler.status.fold import conditions, everything, fold, in_order, mask
from bf_reconciler.status.following import follows
from bf_reconciler.status.halts import file_halts, halt_event, resume_event, unconfirmed
from bf_reconciler.status.judgements import (
    NO_VERDICTS,
    Judgement,
    Outcome,
    differences,
    judged_again,
    judgements,
)
from bf_reconciler.status.key_events import key_events
from bf_reconciler.status.maintenance import OUTAGES, concerning, end_of, maintained
from bf_reconciler.status.model import (
    OFF,
    Condition,
    ConfigStatus,
    Confirmed,
    ConnectionStatus,
    FileStatus,
    Key,
    Kind,
    Maintenance,
    Phase,
    Record,
    Running,
    RunningState,
    Status,
    StrategyState,
    StrategyStatus,
    Told,
    Transition,
)
from bf_reconciler.status.moments import written
from bf_reconciler.status.present import (
    field_handling,
    present,
    present_connection,
    present_strategy,
    present_transition,
    said_of,
)
from bf_reconciler.status.repeated import repeated
from bf_reconciler.status.stolen import Can, Step, StolenReport, WorksFrom, present_stolen, stolen
from bf_reconciler.status.traded import parted
from bf_reconciler.status.unwatched import unwatched
from bf_reconciler.status.words import KEY_WORDS, STATE_WORDS

Recorded = Transition | Declaration | Judgement
"""What the journal keeps as long as it is told to."""

__all__ = [
    "GONE",
    "KEY_WORDS",
    "NO_VERDICTS",
    "OFF",
    "OUTAGES",
    "POLICY",
    "STATE_WORDS",
    "Activity",
    "Can",
    "Commits",
    "Condition",
    "ConfigStatus",
    "Confirmed",
    "ConnectionStatus",
    "Declaration",
    "DeclaredEntry",
    "FileStatus",
    "Judgement",
    "Key",
    "Kind",
    "Maintenance",
    "Outcome",
    "Phase",
    "Record",
    "Recorded",
    "Running",
    "RunningState",
    "Status",
    "Step",
    "StolenReport",
    "StrategyState",
    "StrategyStatus",
    "Told",
    "Transition",
    "WorksFrom",
    "activity",
    "concerning",
    "conditions",
    "declarations",
    "declared",
    "differences",
    "end_of",
    "everything",
    "evidence",
    "field_handling",
    "file_halts",
    "fold",
    "follows",
    "halt_event",
    "in_order",
    "judged_again",
    "judgements",
    "key_events",
    "maintained",
    "mask",
    "parted",
    "present",
    "present_connection",
    "present_stolen",
    "present_strategy",
    "present_transition",
    "repeated",
    "resume_event",
    "rules_of",
    "said_of",
    "stolen",
    "transitions",
    "unconfirmed",
    "unwatched",
    "written",
]
