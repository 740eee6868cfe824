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
        "Number of connections that fail for one common cause: an exchange outage (outage), or a"
        " change of our egress address (egress).",
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
        "Versions of bf-reconciler, Python and ccxt; always 1.",
        ("version", "python", "ccxt"),
        [(build, 1)],
    )
    yield Family(
        "bf_watch_mode",
        "How changes of the file are detected: 1 for the mode in use.",
        ("mode",),
        [((mode,), float(mode == extras.watch_mode)) for mode in WATCH_MODES],
    )
    yield _single(
        "bf_halted", "1 while all strategies are halted, by the file or by a person.", status.halt
    )
    yield Family(
        "bf_reconcile_last_completed_timestamp_seconds",
        "When a reconcile cycle last completed.",
        (),
        moment((), extras.last_completed),
    )


def _config(status: Status) -> Iterator[Family]:
    config = status.config
    yield _single(
        "bf_config_last_reload_successful",
        "1 if the last reload of the file was successful; 0 while an older version is in force.",
        config.last_reload_successful,
    )
    yield Family(
        "bf_config_last_reload_success_timestamp_seconds",
        "When the file was last reloaded successfully.",
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
        "bf_config_generation",
        "Number of the revision in force; each accepted revision increases it.",
        status.generation,
    )
    errors = [problem for problem in config.problems if problem.severity == "error"]
    yield _single(
        "bf_config_problems",
        "Errors in the last reload of the file, without warnings.",
        len(errors),
    )
    yield _single(
        "bf_config_plaintext_secrets",
        "Unencrypted credentials in the file.",
        config.plaintext_secrets,
    )
    yield _single(
        "bf_config_last_good_in_force",
        "1 while the file is refused and the last good one from the state folder is used.",
        config.last_good_in_force,
    )


def _connections(connections: list[ConnectionStatus]) -> Iterator[Family]:
    pair = ("connection", "exchange")
    named = [((c.name, c.exchange), c) for c in connections]
    info = [((*at, c.account, c.environment), 1.0) for at, c in named]
    yield Family(
        "bf_connection_info",
        "Declared properties of the connection; always 1.",
        (*pair, "account", "environment"),
        info,
    )
    yield Family(
        "bf_connection_up",
        "1 if the connection was Online or Degraded at its last probe. Probes run in the"
        " background, not during the scrape.",
        pair,
        [(at, float(c.status.up)) for at, c in named],
    )
    yield Family(
        "bf_connection_status",
        "State set: 1 for the current status of the connection.",
        (*pair, "status"),
        (
            ((*at, word), float(state is c.status))
            for at, c in named
            for state, word in CONNECTION_STATES
        ),
    )
    moments = {
        "key_expiry": (
            "When the key expires, as reported by the exchange or computed from its rule.",
            "expires_at",
        ),
        "key_created": ("When the key was created, if the exchange reports it.", "created_at"),
    }
    for word, (text, field) in moments.items():
        samples = [sample for at, c in named for sample in moment(at, getattr(c.key, field))]
        yield Family(f"bf_connection_{word}_timestamp_seconds", text, pair, samples)
    yield Family(
        "bf_connection_clock_skew_seconds",
        "Local clock minus the exchange's clock, at the last probe.",
        pair,
        [(at, c.clock_skew_seconds) for at, c in named if c.clock_skew_seconds is not None],
    )
    moments = {
        "last_probe": ("When the connection was last probed, successfully or not.", "last_probe"),
        "last_success": (
            "When the connection last answered all requests of a probe.",
            "last_success",
        ),
    }
    for word, (text, field) in moments.items():
        samples = [sample for at, c in named for sample in moment(at, getattr(c, field))]
        yield Family(f"bf_connection_{word}_timestamp_seconds", text, pair, samples)


def _conditions(connections: list[ConnectionStatus]) -> Iterator[Family]:
    pair = ("connection", "exchange")
    named = [((c.name, c.exchange), c) for c in connections]
    yield Family(
        "bf_connection_condition",
        "State set: 1 for the current status (true, false, unknown) of the condition.",
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
        "1 for each current problem of the connection, by reason.",
        (*pair, "reason"),
        [((*at, reason), 1.0) for at, c in named for reason in _problems(c)],
    )
    yield Family(
        "bf_connection_permission",
        "State set: 1 for the state (granted, denied, unknown) of the permission, as last reported"
        " by the exchange.",
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
        "1 if the file says that the strategy should run.",
        three,
        [(at, float(s.desired)) for at, s in named],
    )
    yield Family(
        "bf_strategy_running",
        "1 only if the runtime confirms that the strategy is running.",
        three,
        [(at, float(s.running == "running")) for at, s in named],
    )
    yield Family(
        "bf_strategy_status",
        "State set: 1 for the current status of the strategy.",
        (*three, "status"),
        [((*at, state), float(state is s.status)) for at, s in named for state in StrategyState],
    )


def _single(name: str, text: str, value: object) -> Family:
    number = value if isinstance(value, int) else value is not None
    return Family(name, text, (), [((), float(number))])
