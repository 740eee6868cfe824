"""Strategies that are as they are because of their connection."""

from typing import Final

from bf_reconciler.facts import Reason
from bf_reconciler.status.model import Status, StrategyStatus
from bf_reconciler.verdict import ConnectionState

FOLLOWING: Final = frozenset({Reason.CONNECTION_NOT_READY, Reason.GRACE_EXPIRED})
"""Reasons that always mean the connection."""


def follows(strategy: StrategyStatus, status: Status) -> bool:
    """Whether its connection is the reason, so that it is no need of its own."""
    connection = status.connections.get(strategy.connection)
    if not strategy.conditions or connection is None or not connection.conditions:
        return False
    if connection.status is ConnectionState.ONLINE:
        return False
    reason = strategy.conditions[0].reason
    return reason in FOLLOWING or reason is connection.conditions[0].reason
