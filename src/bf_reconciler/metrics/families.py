"""A Status as metric families with their samples, as values."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from bf_reconciler import __version__
from bf_reconciler.facts import Reason, Scope
from bf_reconciler.metrics.family import Family, moment
from bf_reconciler.metrics.status_times import status_times
from bf_reconciler.policy import ConditionType
from bf_reconciler.status import Condition, ConnectionStatus, Status, StrategyState, StrategyStatus
from bf_reconciler.verdict import ConnectionState

WATCH_MODES = ("watch", "poll")
PERMISSION_STATES = ("granted", "denied", "unknown")
TRUTHS = (("True", "true"), ("False", "false"), ("Unknown", "unknown"))
# Plain texts, for the hash of an enum's member is worked out anew at each of 80,000 look-ups; and
# samples of large families come one by one, for so many tuples at once keep the collector busy.
CONNECTION_STATES = tuple((state, state.value) for state in ConnectionState)
SCOPES = tuple((scope, scope.value) for scope in Scope)
NO_PROBLEM = frozenset({Reason.CONNECTED, Reason.NOT_PROBED, Reason.SUSPENDED, Reason.UNVERIFIABLE})
"""Reasons that say that nothing is known, or meant to be; the status tells of them."""


@dataclass(frozen=True, slots=True)
class Extras:
    """What a scrape tells of the process, beside the Status."""

    watch_mode: str = "poll"
    last_completed: datetime | None = None
    """When the last cycle reached its end."""


def families(status: Status, extras: Extras) -> Iterator[Family]:
    """Everything a Status says in metrics. Nothing of an entry that left can be in it."""
    yield from _process(status, extras)
    yield from _config(status)
    yield Family(
        "bf_incident",
        "Connections that fail alike, by one cause of many: an exchange's trouble (outage), or"
        " another address of ours (egress).",
        ("kind", "scope", "reason"),
        [((i.kind, i.scope, i.reason), float(len(i.connections))) for i in status.incidents],
    )
    connections = list(status.connections.values())
    yield from _connections(connections)
    yield from _conditions(connections)
    strategies = list(status.strategies.values())
    yield from _strategies(strategies)
    yield from status_times(connections, strategies)


@cache
def _ccxt() -> str:
    try:
        return version("ccxt")
    except PackageNotFoundError:
        return "unknown"


def _process(status: Status, extras: Extras) -> Iterator[Family]:
    build = (__version__, platform.python_version(), _ccxt())
    yield Family(
        "bf_build_info",
        "Versions of this program, of Python and of ccxt; always 1.",
        ("version", "python", "ccxt"),
        [(build, 1)],
    )
    yield Family(
        "bf_watch_mode",
        "How changes of the file are learnt of: 1 for the mode that is in use.",
        ("mode",),
        [((mode,), float(mode == extras.watch_mode)) for mode in WATCH_MODES],
    )
    yield _single(
        "bf_halted", "1 while the kill switch is pulled, in the file or by a person.", status.halt
    )
    yield Family(
        "bf_reconcile_last_completed_timestamp_seconds",
        "When the last cycle reached its end. Written by a completed cycle alone.",
        (),
        moment((), extras.last_completed),
    )


def _config(status: Status) -> Iterator[Family]:
    config = status.config
    yield _single(
        "bf_config_last_reload_successful",
        "1 if the last reading of the file was taken; 0 while an older one stays in force.",
        config.last_reload_successful,
    )
    yield Family(
        "bf_config_last_reload_success_timestamp_seconds",
        "When the file was last taken.",
        (),
        moment((), config.last_reload_success),
    )
    told = [((status.revision, status.digest), 1.0)]
    yield Family(
        "bf_config_info",
        "Revision and digest of the file in force; always 1.",
        ("revision", "digest"),
        told if status.digest else [],
    )
    yield _single(
        "bf_config_generation", "Counts the revisions that were taken.", status.generation
    )
    errors = [problem for problem in config.problems if problem.severity == "error"]
    yield _single(
        "bf_config_problems",
        "Errors found in the last reading of the file; warnings do not count.",
        len(errors),
    )
    yield _single(
        "bf_config_plaintext_secrets",
        "Credentials that stand in the file unencrypted.",
        config.plaintext_secrets,
    )
    yield _single("bf_config_sealed", "1 if the seal of the file in force holds.", config.sealed)


def _connections(connections: list[ConnectionStatus]) -> Iterator[Family]:
    pair = ("connection", "exchange")
    named = [((c.name, c.exchange), c) for c in connections]
    info = [((*at, c.account, c.environment), 1.0) for at, c in named]
    yield Family(
        "bf_connection_info",
        "Declared facts of a connection; always 1.",
        (*pair, "account", "environment"),
        info,
    )
    yield Family(
        "bf_connection_up",
        "1 if the connection is Online or Degraded, by its last probe. Probes run in the"
        " background, not at the scrape.",
        pair,
        [(at, float(c.status.up)) for at, c in named],
    )
    yield Family(
        "bf_connection_status",
        "State set: 1 for the status that the connection has.",
        (*pair, "status"),
        (
            ((*at, word), float(state is c.status))
            for at, c in named
            for state, word in CONNECTION_STATES
        ),
    )
    moments = {
        "key_expiry": (
            "When the key expires, where the exchange says so or its published rule gives it.",
            "expires_at",
        ),
        "key_created": ("When the key was created, where the exchange says so.", "created_at"),
    }
    for word, (text, field) in moments.items():
        samples = [sample for at, c in named for sample in moment(at, getattr(c.key, field))]
        yield Family(f"bf_connection_{word}_timestamp_seconds", text, pair, samples)
    yield Family(
        "bf_connection_clock_skew_seconds",
        "Our clock minus the clock of the exchange, at the last probe.",
        pair,
        [(at, c.clock_skew_seconds) for at, c in named if c.clock_skew_seconds is not None],
    )
    moments = {
        "last_probe": ("When the last background probe was made, well or not.", "last_probe"),
        "last_success": ("When all questions of a probe were last answered.", "last_success"),
    }
    for word, (text, field) in moments.items():
        samples = [sample for at, c in named for sample in moment(at, getattr(c, field))]
        yield Family(f"bf_connection_{word}_timestamp_seconds", text, pair, samples)


def _conditions(connections: list[ConnectionStatus]) -> Iterator[Family]:
    pair = ("connection", "exchange")
    named = [((c.name, c.exchange), c) for c in connections]
    yield Family(
        "bf_connection_condition",
        "State set: 1 for the status (true, false, unknown) that the condition has.",
        (*pair, "condition", "status"),
        (
            ((*at, kind, word), float(condition.status == truth))
            for at, c in named
            for condition in c.conditions
            for kind in (condition.type.value,)
            for truth, word in TRUTHS
        ),
    )
    yield Family(
        "bf_connection_problem",
        "1 for every reason that stands against the connection, while it holds.",
        (*pair, "reason"),
        [((*at, reason), 1.0) for at, c in named for reason in _problems(c)],
    )
    yield Family(
        "bf_connection_permission",
        "State set: 1 for the state (granted, denied, unknown) that the permission has, as the"
        " exchange said at the last probe that it answered.",
        (*pair, "permission", "state"),
        (
            ((*at, word, state), float(state == held))
            for at, c in named
            for scope, word in SCOPES
            for held in (_permission(c, scope),)
            for state in PERMISSION_STATES
        ),
    )


def _problems(connection: ConnectionStatus) -> list[Reason]:
    against = {
        condition.reason
        for condition in connection.conditions
        if condition.reason not in NO_PROBLEM and _is_problem(condition)
    }
    return sorted(against)


def _is_problem(condition: Condition) -> bool:
    # A connection with mere warnings is Ready, for the reason of the first of them.
    return condition.status != "True" or condition.type is ConditionType.READY


def _permission(connection: ConnectionStatus, scope: Scope) -> str:
    if scope in (connection.key.scopes or ()):
        return "granted"
    return "denied" if scope in connection.key.denied else "unknown"


def _strategies(strategies: list[StrategyStatus]) -> Iterator[Family]:
    three = ("strategy", "connection", "runtime")
    named = [((s.name, s.connection, s.runtime), s) for s in strategies]
    yield Family(
        "bf_strategy_desired",
        "1 if the file says that the strategy shall run.",
        three,
        [(at, float(s.desired)) for at, s in named],
    )
    yield Family(
        "bf_strategy_running",
        "1 only where the runtime was read back as running the strategy.",
        three,
        [(at, float(s.running == "running")) for at, s in named],
    )
    yield Family(
        "bf_strategy_status",
        "State set: 1 for the status that the strategy has.",
        (*three, "status"),
        [((*at, state), float(state is s.status)) for at, s in named for state in StrategyState],
    )


def _single(name: str, text: str, value: object) -> Family:
    number = value if isinstance(value, int) else value is not None
    return Family(name, text, (), [((), float(number))])
