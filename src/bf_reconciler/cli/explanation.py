"""Why an entry is as it is: one chain from the file to the remedy, in the shape of JSON.

Made of what the daemon or its journal tells, so it is the same for both.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

from bf_reconciler.spec.types import DURATION, UNITS

Row = dict[str, Any]
Kind = Literal["connection", "strategy"]
KINDS: tuple[Kind, ...] = ("connection", "strategy")


def rows(status: Row, kind: Kind) -> list[Row]:
    """All entries of a kind."""
    found: list[Row] = status["connections" if kind == "connection" else "strategies"]
    return found


def of(status: Row, kind: Kind, name: str) -> Row | None:
    """The entry of this name, in any case."""
    folded = name.casefold()
    return next((row for row in rows(status, kind) if row["name"].casefold() == folded), None)


def explain(status: Row, evidence: Row | None, kind: Kind, row: Row) -> Row:
    """The chain of one entry. ``evidence`` is that of its connection, where it is known."""
    known = evidence or {"tested": None, "before": None, "policy": None}
    on = row if kind == "connection" else of(status, "connection", row["connection"])
    found: Row = {
        "kind": kind,
        "name": row["name"],
        "status": row["status"],
        **_head(row),
        "halted": status["halted"],
        "file": _file(status, kind, row),
        "declared": {k: v for k, v in (row.get("declared") or {}).items() if k != "name"},
    }
    if kind == "strategy":
        found["connection"] = _connection(status, on) if on is not None else None
    found |= {
        "maintenance": _maintenance(status, on),
        "tested": known["tested"],
        "before": known["before"],
        "next_test": on["next_probe"] if on is not None else None,
        "conditions": row["conditions"],
        "policy": _policy(known["policy"], on),
    }
    if kind == "strategy":
        found["engine"] = _engine(row, known["policy"])
    else:
        found["next_key"] = row.get("next_api_key")
        mine = [each for each in status["strategies"] if each["connection"] == row["name"]]
        found["strategies"] = [
            {key: each.get(key) for key in ("name", "status", "told", "running")} for each in mine
        ]
    causes = [*row["conditions"], *(on["conditions"] if on is not None and on is not row else ())]
    found["remedies"] = _remedies(causes)
    return found


def _head(row: Row) -> Row:
    ready: Row = next(iter(row["conditions"]), {})
    return {key: ready.get(key) for key in ("reason", "message", "since")}


def _file(status: Row, kind: Kind, row: Row) -> Row:
    config = status["config"]
    refused = None
    if not config["last_reload_successful"]:
        refused = {key: config[key] for key in ("reason", "message", "remedy")}
    return {
        "path": _path(status, row),
        "line": row.get("line") or None,
        "revision": status["revision"],
        "generation": status["generation"],
        "loaded": config["last_reload_success"],
        "origin": row["origin"],
        "refused": refused,
        "problems": _problems(status, kind, row) if row["origin"] != "current" else [],
    }


def _path(status: Row, row: Row) -> str:
    """The file that an entry stands in; of a folder, within it."""
    path, file = status["config"].get("path") or "", row.get("file")
    return f"{path.rstrip('/')}/{file}" if file else str(path)


def _problems(status: Row, kind: Kind, row: Row) -> list[Row]:
    """What is wrong in the text of the entry: its line is known, and where the next one begins."""
    group = "connections" if kind == "connection" else "strategies"
    errors = [
        problem
        for problem in status["config"]["problems"]
        if problem["severity"] == "error" and problem["path"].split(".")[0] == group
    ]
    line = row.get("line")
    if not line:  # of an entry that never was good no line is known
        return errors
    file = row.get("file") or ""
    others = [each for each in rows(status, kind) if (each.get("file") or "") == file]
    later = [each["line"] for each in others if (each.get("line") or 0) > line]
    end = min(later, default=None)
    return [
        problem
        for problem in errors
        if problem.get("file", "") == file
        and problem["line"] >= line
        and (end is None or problem["line"] < end)
    ]


def _connection(status: Row, row: Row) -> Row:
    return {
        "name": row["name"],
        "exchange": row["exchange"],
        "environment": row["environment"],
        "status": row["status"],
        **_head(row),
        "path": _path(status, row),
        "line": row.get("line") or None,
        "conditions": row["conditions"],
        "problems": _problems(status, "connection", row) if row["origin"] != "current" else [],
    }


def _maintenance(status: Row, connection: Row | None) -> list[Row]:
    """What its exchange announced. A daemon of an older version tells none."""
    place = {key: (connection or {}).get(key) for key in ("exchange", "environment")}
    told: list[Row] = status.get("maintenance", [])
    return [each for each in told if place.items() <= each.items()]


def _policy(policy: Row | None, connection: Row | None) -> Row | None:
    """The policy of the file, less what the connection says itself."""
    if policy is None:
        return None
    own = ((connection or {}).get("declared") or {}).get("ip_allowlist")
    return {**policy, "ip_allowlist": own} if own else dict(policy)


def _engine(row: Row, policy: Row | None) -> Row:
    since, grace = row.get("unknown_since"), _seconds((policy or {}).get("grace"))
    ends = None
    if since and grace is not None and row["status"] == "Holding":
        moment = datetime.fromisoformat(since) + timedelta(seconds=grace)
        ends = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "runtime": row["runtime"],
        "desired": row["desired"],
        "told": row.get("told"),
        "running": row["running"],
        "unknown_since": since,
        "grace_ends": ends,
        "handling": row.get("handling") or {},
    }


def _seconds(duration: str | None) -> float | None:
    """Of a duration as the file has it: 30s, 5m, 14d."""
    found = DURATION.fullmatch(duration or "")
    return int(found[1]) * UNITS[found[2]] / 1000 if found else None


def _remedies(conditions: Iterable[Row]) -> list[Row]:
    """What to do, once for each reason, and the conditions that ask for it; the summary first."""
    found: dict[str, Row] = {}
    for condition in conditions:
        if condition["status"] == "True" or not condition["remedy"]:
            continue
        reason, kind = condition["reason"], condition["type"]
        asked = {"reason": reason, "remedy": condition["remedy"], "conditions": []}
        types: list[str] = found.setdefault(reason, asked)["conditions"]
        if kind not in types:
            types.append(kind)
    return list(found.values())
