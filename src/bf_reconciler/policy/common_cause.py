"""One cause behind many failures: an exchange in trouble, or a changed address of ours."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Literal

from bf_reconciler.facts import Reason, Run, Seen
from bf_reconciler.policy.streaks import LEAST, Group, Streak, Tally, Watched
from bf_reconciler.spec import ConnectionEntry, Policy, Spec

REFUSED = frozenset(
    {
        Reason.INVALID_KEY,
        Reason.KEY_OR_IP_REJECTED,
        Reason.IP_NOT_ALLOWED,
        Reason.REGION_RESTRICTED,
    }
)
"""Refusals that another address of ours, or an exchange in trouble, can bring on good keys."""
OF_ADDRESSES = frozenset({Reason.IP_NOT_ALLOWED, Reason.REGION_RESTRICTED})
PASSES = 2
"""Failures that began within so many intervals began together."""
ASKING = "Other connections are tested first, to tell a bad key from a common cause."

Kind = Literal["outage", "egress"]


@dataclass(frozen=True, slots=True)
class Incident:
    """Many connections that fail alike, reported as one.

    ``scope`` is an exchange, or the way out that connections share: "direct", or "proxy of NAME".
    """

    kind: Kind
    scope: str
    reason: Reason
    connections: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """Refusals of one connection that are not believed, because its key is not what they tell of.

    They are those since ``since``. What a key's own description says is never among them.
    """

    reasons: frozenset[Reason]
    since: datetime
    message: str
    asking: bool = False
    """Not known to share a cause yet: others are asked first."""


@dataclass(frozen=True, slots=True)
class Causes:
    """What the failures of all connections have in common."""

    incidents: tuple[Incident, ...] = ()
    holds: Mapping[str, Hold] = field(default_factory=dict)
    witnesses: frozenset[str] = frozenset()
    """Connections to ask at once, to tell one bad key from a common cause."""


def common_causes(spec: Spec, seen: Mapping[str, Seen], now: datetime) -> Causes:
    """Find causes that many connections share; pure, from what is remembered of each.

    Refused keys count only where they were let in just before. A majority is one of those that
    were asked since, so the first to fail waits for others to be asked (``witnesses``).
    """
    watched = list(_watched(spec, seen, now))
    if not any(w.streak for w in watched):
        return Causes()
    incidents: list[Incident] = []
    holds: dict[str, Hold] = {}
    witnesses: set[str] = set()
    for refused in (True, False):
        covered: frozenset[str] = frozenset()
        for group in _groups(watched):
            found = _look(group, refused=refused, now=now)
            for name, hold in found.holds.items():
                if name not in holds or holds[name].asking:
                    holds[name] = hold
            witnesses |= found.witnesses
            for incident in found.incidents:
                if not covered.issuperset(incident.connections):
                    incidents.append(incident)
                    covered |= frozenset(incident.connections)
    return Causes(tuple(incidents), holds, frozenset(witnesses))


def _watched(spec: Spec, seen: Mapping[str, Seen], now: datetime) -> Iterator[Watched]:
    for name, entry in spec.connections.items():
        memory = seen.get(name)
        if memory is None or memory.entry != entry.fingerprint or not memory.runs:
            continue
        if not entry.suspended(now):
            latest = memory.runs[0].latest
            streak = _streak(entry, memory.runs, spec.policy, now)
            yield Watched(entry, latest.at, not latest.failures, streak)


def _streak(
    entry: ConnectionEntry, runs: tuple[Run, ...], policy: Policy, now: datetime
) -> Streak | None:
    """The latest failures, unless they are over for so long that nothing looks at them."""
    ahead = list(takewhile(lambda run: not run.latest.failures, runs))
    failing = list(takewhile(lambda run: run.latest.failures, runs[len(ahead) :]))
    if not failing:
        return None
    window, over = PASSES * entry.interval, ahead[-1].since if ahead else None
    if over and now - over >= window and sum(run.count for run in ahead) >= policy.recover_after:
        return None
    turned_away = [run for run in failing if run.latest.refusals & REFUSED]
    if turned_away:
        if len(runs) == len(ahead) + len(failing):
            return None  # never known to be good: nothing speaks for the key
        reasons = frozenset(r for run in turned_away for r in run.latest.refusals & REFUSED)
        began = turned_away[-1].since
    elif any(run.latest.refusals for run in failing):
        return None
    else:
        reasons = frozenset(f.reason for f in failing[0].latest.failures)
        began = failing[-1].since
    key, exchange = entry.key_fingerprint or entry.name, entry.connection.exchange
    return Streak(entry.name, key, exchange, reasons, bool(turned_away), began, over, window)


def _groups(watched: list[Watched]) -> Iterator[Group]:
    """By way out first: it explains more."""
    ways: dict[str | None, list[Watched]] = {}
    exchanges: dict[tuple[str, str], list[Watched]] = {}
    for one in watched:
        connection = one.entry.connection
        proxy = connection.proxy.get_secret_value() if connection.proxy else None
        ways.setdefault(proxy, []).append(one)
        exchanges.setdefault((connection.exchange, connection.environment), []).append(one)
    for proxy, members in ways.items():
        scope = "direct" if proxy is None else f"proxy of {members[0].entry.name}"
        yield Group(scope, 2, members)
    for (exchange, environment), members in exchanges.items():
        scope = exchange if environment == "live" else f"{exchange} {environment}"
        yield Group(scope, 1, members)


def _look(group: Group, *, refused: bool, now: datetime) -> Causes:
    """What the connections of one group have in common."""
    streaks = [w.streak for w in group.members if w.streak and w.streak.refused is refused]
    if len(group.members) < LEAST or not streaks:
        return Causes()
    tally = Tally(group, streaks, now)
    alike = [s for s in streaks if tally.common(s)]
    if refused and len({s.key for s in alike}) < LEAST:
        alike = []  # a bad key is bad under each of its names
    holds = {s.name: Hold(s.reasons, s.began, _words(group, s)) for s in alike if refused}
    waiting = [s for s in streaks if refused and s.name not in holds and tally.undecided(s)]
    holds |= {s.name: Hold(s.reasons, s.began, ASKING, asking=True) for s in waiting}
    witnesses = frozenset(name for s in waiting for name in tally.witnesses(s))
    hit = [s for s in alike if s.over is None]
    incidents = (_incident(group, hit, refused=refused),) if hit else ()
    return Causes(incidents, holds, witnesses)


def _words(group: Group, streak: Streak) -> str:
    where = "with this egress address" if group.exchanges > 1 else "on this exchange"
    return (
        f"Most connections {where} started to fail alike around {streak.began:%H:%M %Z}, so one"
        " common cause is assumed."
    )


def _incident(group: Group, hit: list[Streak], *, refused: bool) -> Incident:
    found = Counter(reason for streak in hit for reason in streak.reasons)
    reason = max(sorted(found), key=lambda r: found[r])
    egress = group.exchanges > 1 or (refused and reason in OF_ADDRESSES)
    return Incident(
        kind="egress" if egress else "outage",
        scope=group.scope,
        reason=reason,
        connections=tuple(streak.name for streak in hit),
        since=min(streak.began for streak in hit),
    )
