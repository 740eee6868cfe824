"""Judges canaries: connections that are good while they are bad in exactly the declared way."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile

from bf_reconciler.facts import Drill, Reason, earliest
from bf_reconciler.policy import ConditionType, Finding
from bf_reconciler.spec import Expect
from bf_reconciler.verdict.values import ConnectionState, ConnectionVerdict

READY = ConditionType.READY


@dataclass(frozen=True, slots=True)
class Look:
    """What a run of probes alone says of a canary, and when the first of them was."""

    since: datetime
    verdict: ConnectionVerdict


def as_canary(
    expect: Expect, looks: Sequence[Look], now: datetime, grace: timedelta
) -> ConnectionVerdict:
    """Turn what was seen, newest first, into what that means for a canary.

    It never complies: no strategy may use it. What is not known keeps it as it was for ``grace``.
    """
    newest = looks[0].verdict
    row = list(takewhile(lambda look: _unknown(expect, look.verdict), looks))
    if not row:
        return _told(expect, newest, newest)
    ends = row[-1].since + grace
    if now >= ends:
        return _failed(expect, newest, "Its status has been unknown for longer than policy.grace.")
    until = earliest((newest.until, ends))
    if len(row) == len(looks):  # nothing is known yet
        return replace(newest, until=until)
    return replace(_told(expect, looks[len(row)].verdict, newest), until=until)


def drilled(verdict: ConnectionVerdict, drill: Drill | None, now: datetime) -> ConnectionVerdict:
    """During a drill, what is as expected counts as failed, so that the alarm rings."""
    if drill is None or now >= drill.until:
        return verdict
    until = earliest((verdict.until, drill.until))
    if verdict.ready.reason is not Reason.AS_EXPECTED:
        return replace(verdict, until=until)
    message = f"Drill by {drill.by} until {drill.until:%H:%M:%S %Z}. {verdict.ready.message}"
    ready = Finding(READY, "False", Reason.CANARY_FAILED, message)
    return replace(verdict, state=ConnectionState.BLOCKED, ready=ready, until=until)


def _unknown(expect: Expect, verdict: ConnectionVerdict) -> bool:
    return verdict.compliant is None and not expected(expect, verdict)


def expected(expect: Expect, verdict: ConnectionVerdict) -> bool:
    """Whether a verdict is the one that is expected. A key that may withdraw never is."""
    return (
        verdict.state == expect.status
        and (expect.reason is None or verdict.ready.reason == expect.reason)
        and not _may_withdraw(verdict.findings)
    )


def _may_withdraw(findings: Iterable[Finding]) -> bool:
    return any(f.type is ConditionType.WITHDRAW_DISABLED and f.status == "False" for f in findings)


def _told(expect: Expect, known: ConnectionVerdict, newest: ConnectionVerdict) -> ConnectionVerdict:
    word, reason = known.state, known.ready.reason
    if not expected(expect, known):
        return _failed(expect, newest, f"It is {word} ({reason}).")
    late = "" if known is newest else " There is no newer result."
    ready = Finding(READY, "True", Reason.AS_EXPECTED, f"{word} ({reason}), as expected.{late}")
    return replace(newest, compliant=False, state=ConnectionState.ONLINE, ready=ready)


def _failed(expect: Expect, newest: ConnectionVerdict, what: str) -> ConnectionVerdict:
    wanted = f"{expect.status} ({expect.reason})" if expect.reason else f"{expect.status}"
    message = f"Expected {wanted}. {what}"
    ready = Finding(READY, "False", Reason.CANARY_FAILED, message)
    return replace(newest, compliant=False, state=ConnectionState.BLOCKED, ready=ready)
