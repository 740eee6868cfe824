"""An order as a document: what a file holds, and what a webhook is sent."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bf_reconciler.runtimes.adapter import Stamp
from bf_reconciler.spec import without_credentials
from bf_reconciler.verdict import Order

STATE = ("enabled", "action", "reason")
"""What ``since`` is the time of; a message may say the same in other words."""
MARK = "bf-reconciler"
"""The value of ``by`` in what is ours."""


def document(order: Order, old: Mapping[str, Any]) -> dict[str, Any]:
    """The document of an order, less its stamp. A strategy that left keeps its last form."""
    strategy = (
        without_credentials(order.strategy.model_dump(mode="json", exclude={"suspend"}))
        if order.strategy
        else old.get("strategy")
    )
    return {
        "version": 1,
        "by": MARK,
        "name": order.name,
        "enabled": order.on,
        "action": "run" if order.on else order.action,
        "reason": str(order.reason),
        "message": order.message,
        "strategy": strategy,
    }


def stamped(order: Order, old: Mapping[str, Any], stamp: Stamp) -> dict[str, Any]:
    """The whole document. ``since`` stays as it is while only words change."""
    new = document(order, old)
    since = old.get("since") if all(old.get(key) == new[key] for key in STATE) else None
    now = stamp.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return new | {
        "generation": stamp.generation,
        "revision": stamp.revision,
        "since": since or now,
    }


def format_time(at: datetime) -> str:
    """A time as it is written, without fractions of a second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utcnow() -> datetime:
    return datetime.now(UTC)
