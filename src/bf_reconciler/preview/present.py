"""A foresight as JSON: its shape is public."""

from typing import Any

from bf_reconciler.preview.values import Change, Entry, Preview


def present(found: Preview) -> dict[str, Any]:
    """The foresight, as ``plan -o json`` prints it."""
    return {
        "version": 1,
        "changes": not found.empty,
        "halt": found.halt,
        "policy": None if found.policy is None else [_change(each) for each in found.policy],
        "connections": [_entry(e) for e in found.entries if e.kind == "connections"],
        "strategies": [_entry(e) for e in found.entries if e.kind == "strategies"],
        "switches": [
            {
                "strategy": switch.name,
                "before": switch.before,
                "after": switch.after,
                "reason": str(switch.reason),
                "message": switch.message,
            }
            for switch in found.switches
        ],
        "rights": [
            {
                "connection": right.connection,
                "scope": right.scope,
                "right": right.right,
                "held": right.held,
            }
            for right in found.rights
        ],
        "widened": [
            {
                "connection": each.connection or None,
                "field": each.field,
                "before": each.before,
                "after": each.after,
                "message": each.message,
            }
            for each in found.widened
        ],
        "removals": {
            "connections": found.removals.vanished["connections"],
            "of_connections": found.removals.total["connections"],
            "strategies": found.removals.vanished["strategies"],
            "of_strategies": found.removals.total["strategies"],
            "held": found.removals.held,
            "message": found.removals.message,
        },
        "uncompared_credentials": list(found.uncompared),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": entry.name, "action": entry.action, "line": entry.line}
    if entry.file:
        shown["file"] = entry.file
    shown["fields"] = [_change(change) for change in entry.changes]
    if entry.kind == "connections":
        shown["credentials"] = None if entry.credentials == "same" else entry.credentials
    return shown


def _change(change: Change) -> dict[str, Any]:
    return {
        "field": change.field,
        "before": change.before,
        "after": change.after,
        "known": change.known,
    }
