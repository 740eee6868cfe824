"""Who was asked again and said what was said before: nothing but times is another."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Final

from bf_reconciler.facts import Seen
from bf_reconciler.status.model import ConnectionStatus, Status

TIMES: Final = frozenset(
    {"last_probe", "last_success", "next_probe", "latency_seconds", "clock_skew_seconds"}
)
ASIDE: Final = TIMES | {"conditions"}
_said = attrgetter(*[field.name for field in fields(ConnectionStatus) if field.name not in ASIDE])
_found = attrgetter("type", "status", "reason", "since", "observed_generation")
_remembered = attrgetter("entry", "assets", "pairs", "drill")


def repeated(
    before: Status,
    after: Status,
    was: Mapping[str, Seen],
    seen: Mapping[str, Seen],
    names: Iterable[str],
) -> frozenset[str]:
    """Connections among these that are shown as before, and seen in the same runs.

    Times may be others, and the words of a condition, which tell some: "Answered in 57 ms".
    """
    return frozenset(
        name
        for name in names
        if _same_but_times(before.connections.get(name), after.connections.get(name))
        and _in_same_runs(was.get(name), seen.get(name))
    )


def _same_but_times(before: ConnectionStatus | None, after: ConnectionStatus | None) -> bool:
    if before is None or after is None:
        return False
    found = [*map(_found, before.conditions)] == [*map(_found, after.conditions)]
    return found and bool(_said(before) == _said(after))


def _in_same_runs(before: Seen | None, after: Seen | None) -> bool:
    """Whether the last answer only made the newest run longer."""
    if before is None or after is None or len(before.runs) != len(after.runs) or not after.runs:
        return False
    same = before.runs[1:] == after.runs[1:] and before.runs[0].since == after.runs[0].since
    return same and bool(_remembered(before) == _remembered(after))
