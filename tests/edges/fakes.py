"""Builders of a Status and its parts: every default complies, override one thing."""

from datetime import UTC, datetime, timedelta

from bf_reconciler.facts import (
    Balance,
    Clock,
    ConfigReason,
    KeyFacts,
    Observation,
    Orders,
    Problem,
    Reason,
    Run,
    Scope,
    Seen,
)
from bf_reconciler.policy import ConditionType
from bf_reconciler.spec import FileRuntime
from bf_reconciler.status import (
    Condition,
    ConfigStatus,
    ConnectionStatus,
    Key,
    Maintenance,
    Record,
    Status,
    StrategyState,
    StrategyStatus,
    Transition,
)
from bf_reconciler.verdict import ConnectionState, StrategyMemory

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
CONNECTION_CONDITIONS = (
    ConditionType.READY,
    ConditionType.REACHABLE,
    ConditionType.CLOCK_IN_SYNC,
    ConditionType.WITHDRAW_DISABLED,
    ConditionType.EGRESS_ALLOWED,
    ConditionType.AUTHENTICATED,
    ConditionType.READ_PERMITTED,
    ConditionType.TRADE_PERMITTED,
    ConditionType.IP_RESTRICTED,
    ConditionType.BALANCE_READABLE,
    ConditionType.ORDERS_READABLE,
    ConditionType.KEY_FRESH,
    ConditionType.LEAST_PRIVILEGE,
)


def a_condition(
    kind=ConditionType.READY, status="True", reason=Reason.CONNECTED, message="All rules pass."
):
    return Condition(kind, status, reason, message, NOW - timedelta(hours=1), 3)


def a_connection(name="kucoin-main-grid", state=ConnectionState.ONLINE, reason=None, **changes):
    """``reason``: why it is not Ready."""
    status = "True" if state.up else "False"
    ready = a_condition(status=status, reason=reason or Reason.CONNECTED)
    rest = tuple(a_condition(kind) for kind in CONNECTION_CONDITIONS[1:])
    fields = {
        "exchange": "kucoin",
        "account": "main",
        "environment": "live",
        "api_key": "••••3eb",
        "conditions": (ready, *rest),
        "key": Key(
            scopes=("read", "spot"),
            denied=("withdraw", "futures"),
            ip_bound=True,
            created_at=NOW - timedelta(days=100),
        ),
        "line": 4,
        "labels": {"team": "grid"},
        "last_probe": NOW,
        "last_success": NOW,
        "next_probe": NOW + timedelta(seconds=60),
        "latency_seconds": 0.05,
        "clock_skew_seconds": 0.002,
    }
    return ConnectionStatus(name=name, status=state, **(fields | changes))


def a_memory(**changes):
    fields = {
        "on": True,
        "action": "pause",
        "runtime": FileRuntime(name="local", type="file"),
        "connection": "kucoin-main-grid",
        "reason": Reason.CONNECTED,
    }
    return StrategyMemory(**(fields | changes))


def a_strategy(name="btc-grid", state=StrategyState.ENABLED, reason=None, **changes):
    status = "True" if state is StrategyState.ENABLED else "False"
    fields = {
        "connection": "kucoin-main-grid",
        "runtime": "local",
        "desired": True,
        "running": "running" if state is StrategyState.ENABLED else "paused",
        "conditions": (
            a_condition(status=status, reason=reason or Reason.CONNECTED),
            a_condition(ConditionType.CONNECTION_READY),
            a_condition(ConditionType.MARKET_PERMITTED),
            a_condition(ConditionType.RUNNING),
        ),
        "memory": a_memory(),
        "line": 20,
    }
    return StrategyStatus(name=name, status=state, **(fields | changes))


def a_config(**changes):
    fields = {
        "last_reload_successful": True,
        "last_reload_success": NOW - timedelta(hours=2),
        "path": "connections.yaml",
    }
    return ConfigStatus(**(fields | changes))


def a_refused_config(**changes):
    fields = {
        "last_reload_successful": False,
        "problems": (Problem(7, 5, "connections.1.exchange", "unknown exchange"),),
        "reason": ConfigReason.INVALID_DOCUMENT,
        "message": "1 problem in the file; the last good version stays in force",
    }
    return a_config(**(fields | changes))


def a_maintenance(phase="announced", **changes):
    fields = {"exchange": "kucoin", "environment": "live", "title": "Upgrade"}
    fields |= {"begins": NOW, "ends": NOW + timedelta(hours=1), "phase": phase}
    return Maintenance(**(fields | changes))


def a_status(connections=None, strategies=None, **changes):
    connections = [a_connection()] if connections is None else connections
    strategies = [a_strategy()] if strategies is None else strategies
    fields = {
        "generation": 3,
        "revision": "4e0b6d1",
        "digest": "sha256:9f2c",
        "config": a_config(),
        "connections": {connection.name: connection for connection in connections},
        "strategies": {strategy.name: strategy for strategy in strategies},
    }
    return Status(**(fields | changes))


def a_transition(name="btc-grid", kind="strategy", **changes):
    fields = {
        "at": NOW,
        "before": "Enabled",
        "after": "Blocked",
        "reason": Reason.WITHDRAW_ENABLED,
        "message": "The key can withdraw. A trading key must never have this permission.",
        "generation": 3,
        "revision": "4e0b6d1",
        "lasted": 3600.0,
    }
    return Transition(kind=kind, name=name, **(fields | changes))


def an_observation(**changes):
    fields = {
        "at": NOW,
        "entry": "fingerprint",
        "time": Clock(0.002, 0.05),
        "key": KeyFacts(
            granted=frozenset({Scope.READ, Scope.SPOT}), denied=frozenset({Scope.WITHDRAW})
        ),
        "balance": Balance(empty=False),
        "orders": Orders(),
    }
    return Observation(**(fields | changes))


def a_seen(**changes):
    observation = an_observation(**changes)
    return Seen(observation.entry, (Run(observation, 2, NOW - timedelta(minutes=1)),))


def a_record(status=None, seen=None):
    return Record(status or a_status(), {"kucoin-main-grid": a_seen()} if seen is None else seen)
