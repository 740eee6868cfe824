"""What is shown of connections while no file is in force: nothing is known of them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bf_reconciler.facts import Reason
from bf_reconciler.policy import ConditionType
from bf_reconciler.status.model import Condition, ConnectionStatus
from bf_reconciler.verdict import ConnectionState

MESSAGE = "No file is in force, so it is not tested."


def unwatched(
    connections: Mapping[str, ConnectionStatus], now: datetime
) -> Mapping[str, ConnectionStatus]:
    """What was known once of each, and that nothing is now."""
    return {name: _unknown(connection, now) for name, connection in connections.items()}


def _unknown(connection: ConnectionStatus, now: datetime) -> ConnectionStatus:
    return replace(
        connection,
        status=ConnectionState.PENDING,
        conditions=tuple(_condition(each, now) for each in connection.conditions),
        next_probe=None,
    )


def _condition(before: Condition, now: datetime) -> Condition:
    same = (before.status, before.reason) == ("Unknown", Reason.NOT_PROBED)
    message = MESSAGE if before.type is ConditionType.READY else ""
    since = before.since if same else now
    return replace(before, status="Unknown", reason=Reason.NOT_PROBED, message=message, since=since)
