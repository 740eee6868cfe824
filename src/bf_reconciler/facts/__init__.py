"""The vocabulary: reasons and their advice, scopes, facts, failures, observations."""

from bf_reconciler.facts.advice import ADVICE, Advice, Language, remedy
from bf_reconciler.facts.allowlist import Network, network
from bf_reconciler.facts.announcements import Announced, Announcement, Announcements, Place
from bf_reconciler.facts.config import CONFIG_ADVICE, ConfigError, ConfigReason
from bf_reconciler.facts.json import Json
from bf_reconciler.facts.key_changes import (
    KeyChange,
    KeyFact,
    KnownKey,
    key_changes,
    known_key,
)
from bf_reconciler.facts.markets import Listed, Markets, Venue
from bf_reconciler.facts.messages import message_in
from bf_reconciler.facts.moments import TICK, another_day, earliest
from bf_reconciler.facts.observations import (
    QUESTIONS,
    Balance,
    Clock,
    Drill,
    Expects,
    Failure,
    KeyFacts,
    Observation,
    Orders,
    Part,
    Question,
    Run,
    Scope,
    Seen,
    SeenByConnection,
    Unread,
    confirming,
    remember,
    unconfirmed,
)
from bf_reconciler.facts.problems import Problem, Severity, errors_first
from bf_reconciler.facts.reasons import TRANSIENT, Reason
from bf_reconciler.facts.rules import DEFAULT_RULES, KEY_SERVICES, Rules
from bf_reconciler.facts.said import Said
from bf_reconciler.facts.shards import ALONE, MAX_SHARDS, SHARD_MARK, Shard, ordinal
from bf_reconciler.facts.text import printable, system_words
from bf_reconciler.facts.traded import Traded

__all__ = [
    "ADVICE",
    "ALONE",
    "CONFIG_ADVICE",
    "DEFAULT_RULES",
    "KEY_SERVICES",
    "MAX_SHARDS",
    "QUESTIONS",
    "SHARD_MARK",
    "TICK",
    "TRANSIENT",
    "Advice",
    "Announced",
    "Announcement",
    "Announcements",
    "Balance",
    "Clock",
    "ConfigError",
    "ConfigReason",
    "Drill",
    "Expects",
    "Failure",
    "Json",
    "KeyChange",
    "KeyFact",
    "KeyFacts",
    "KnownKey",
    "Language",
    "Listed",
    "Markets",
    "Network",
    "Observation",
    "Orders",
    "Part",
    "Place",
    "Problem",
    "Question",
    "Reason",
    "Rules",
    "Run",
    "Said",
    "Scope",
    "Seen",
    "SeenByConnection",
    "Severity",
    "Shard",
    "Traded",
    "Unread",
    "Venue",
    "another_day",
    "confirming",
    "earliest",
    "errors_first",
    "key_changes",
    "known_key",
    "message_in",
    "network",
    "ordinal",
    "printable",
    "remedy",
    "remember",
    "system_words",
    "unconfirmed",
]
