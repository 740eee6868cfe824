"""Which troubles and changes a receiver is told of; pure."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from pydantic import Field

from bf_reconciler.notify.values import (
    RANK,
    Change,
    Failure,
    Memory,
    Notice,
    Severity,
    Sight,
    Trouble,
)
from bf_reconciler.spec.types import Declared, Name


class Match(Declared):
    """What a route is for; what is left out matches everything."""

    severity: Severity | None = None
    """This one, and what is graver."""
    exchange: Name | None = None
    environment: Name | None = None
    kind: Literal["connection", "strategy", "config", "halt", "key", "maintenance"] | None = None
    labels: dict[Name, str] = Field(default_factory=dict)


def seen_by(matches: Iterable[Match], sight: Sight) -> Sight:
    """What is wrong for this receiver.

    What passes by itself and is not told it still hides how its connection is.
    """
    wanted = tuple(matches)
    troubles = {
        key: trouble
        for key, trouble in sight.troubles.items()
        if any(_wants(match, trouble.subject, trouble) for match in wanted)
    }
    hidden = {
        key for key, trouble in sight.troubles.items() if trouble.passing and key not in troubles
    }
    notices = tuple(
        each
        for each in sight.notices
        if any(_wants(match, "maintenance", each) for match in wanted)
    )
    return replace(sight, troubles=troubles, unknown=sight.unknown | hidden, notices=notices)


def changes_for(matches: Iterable[Match], changes: Iterable[Change]) -> tuple[Change, ...]:
    wanted = tuple(matches)
    return tuple(each for each in changes if any(_wants(match, "key", each) for match in wanted))


def still_wanted(memory: Memory, matches: Iterable[Match]) -> Memory:
    """Without what the receiver is not told of any more: that is no end, so none is told."""
    wanted = tuple(matches)
    failures: dict[str, Failure] = {}
    for key, failure in memory.failures.items():
        members = {
            name: member
            for name, member in failure.members.items()
            if any(_wants(match, member.trouble.subject, member.trouble) for match in wanted)
        }
        if members:
            same = len(members) == len(failure.members)
            failures[key] = failure if same else replace(failure, members=members)
    waiting = {name: changes_for(wanted, found) for name, found in memory.changes.items()}
    return replace(memory, failures=failures, changes={n: c for n, c in waiting.items() if c})


def _wants(match: Match, kind: str, what: Trouble | Change | Notice) -> bool:
    """What concerns no exchange, such as the file, matches a route that names none."""
    least: Severity = match.severity or "info"
    return (
        RANK[what.severity] >= RANK[least]
        and match.kind in {None, kind}
        and match.exchange in {None, what.exchange}
        and match.environment in {None, what.environment}
        and all(what.labels.get(name) == value for name, value in match.labels.items())
    )
