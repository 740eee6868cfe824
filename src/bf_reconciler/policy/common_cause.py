"""One cause behind many findings: an exchange in trouble or changed, or our own address."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bf_reconciler.facts import Reason, earliest
from bf_reconciler.policy.anomalies import Anomaly, of_two_keys
from bf_reconciler.policy.streaks import LEAST, Streak, Tally
from bf_reconciler.policy.watch import Place, Watch

OF_ADDRESSES = frozenset({Reason.IP_NOT_ALLOWED, Reason.REGION_RESTRICTED})
ASKING = "Other connections are tested first, to tell a bad key from a common cause."

Kind = Literal["outage", "egress", "change"]


@dataclass(frozen=True, slots=True)
class Incident:
    """Many connections that fail alike, or answers that no document has; reported as one.

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
    until: datetime | None = field(default=None, compare=False)
    """When time alone may change them, while the same connections fail."""
    changes: int = field(default=0, compare=False)
    """Of the watch that they were found in."""
    at: datetime | None = field(default=None, compare=False)
    """When they were found; our clock may be set back since."""

    def stand(self, watch: Watch, now: datetime) -> bool:
        """Whether nothing they rest on has changed."""
        begun = self.at is not None and self.at <= now
        return begun and self.changes == watch.changes and (self.until is None or now < self.until)


def common_causes(watch: Watch, now: datetime, before: Causes | None = None) -> Causes:
    """Find causes that many connections share; pure, from what is remembered of each.

    Refused keys count only where they were let in just before. A majority is one of those that
    were asked since, so the first to fail waits for others to be asked (``witnesses``). What was
    found ``before`` stands until something changes that it rests on.
    """
    if before is not None and before.stand(watch, now):
        return before
    streaks = list(_by_place(watch))
    incidents: list[Incident] = []
    holds: dict[str, Hold] = {}
    witnesses: set[str] = set()
    for refused in (True, False):
        covered: frozenset[str] = frozenset()
        for index, failing in streaks:
            found = _look(watch, index, failing, refused=refused, now=now)
            for name, hold in found.holds.items():
                if name not in holds or holds[name].asking:
                    holds[name] = hold
            witnesses |= found.witnesses
            for incident in found.incidents:
                if not covered.issuperset(incident.connections):
                    incidents.append(incident)
                    covered |= frozenset(incident.connections)
    return Causes(
        _each_once(incidents, _changes(watch, now)),
        holds,
        frozenset(witnesses),
        earliest(at for at in _moments(watch) if at > now),
        watch.changes,
        now,
    )


def _changes(watch: Watch, now: datetime) -> list[Incident]:
    """Exchanges of which two keys were lately given answers that no document has."""
    places: dict[int, list[Anomaly]] = {}
    for name in sorted(watch.anomalies, key=watch.order):
        anomaly, asked = watch.anomalies[name], watch.connections[name].asked
        for index in watch.of[name].places if anomaly.counts(asked, now) else ():
            if watch.places[index].exchanges == 1:
                places.setdefault(index, []).append(anomaly)
    return [
        Incident(
            kind="change",
            scope=watch.places[index].scope,
            reason=Reason.EXCHANGE_CHANGED,
            connections=tuple(anomaly.name for anomaly in hit),
            since=min(anomaly.began for anomaly in hit),
        )
        for index, found in sorted(places.items())
        if (hit := of_two_keys(found))
    ]


def _each_once(causes: list[Incident], changes: list[Incident]) -> tuple[Incident, ...]:
    """Answers that cannot be read are reported once: of a way out as its failure, else as a change.

    A gateway that garbles the answers of two exchanges is no change of either.
    """
    unread = [each for each in causes if each.reason is Reason.UNEXPECTED_RESPONSE]
    ways = [each for each in unread if each.kind == "egress"]
    kept = [each for each in changes if not _covered(each, ways)]
    doubles = [each for each in unread if each.kind == "outage" and _covered(each, kept)]
    return (*(each for each in causes if each not in doubles), *kept)


def _covered(incident: Incident, others: list[Incident]) -> bool:
    return any(set(incident.connections) <= set(other.connections) for other in others)


def _moments(watch: Watch) -> Iterator[datetime]:
    """When time alone changes what counts."""
    for streak in watch.streaks.values():
        yield from _turns(streak)
    for name, anomaly in watch.anomalies.items():
        yield (anomaly.over or watch.connections[name].asked) + anomaly.window


def _by_place(watch: Watch) -> Iterator[tuple[int, Sequence[Streak]]]:
    """The streaks of each place that has any, both in the order of the file."""
    found: dict[int, list[Streak]] = {}
    for name in sorted(watch.streaks, key=watch.order):
        for index in watch.of[name].places:
            found.setdefault(index, []).append(watch.streaks[name])
    return iter(sorted(found.items()))


def _turns(streak: Streak) -> Iterator[datetime]:
    """When a streak counts differently, though nothing new was seen."""
    yield streak.began
    yield streak.began + streak.window
    if streak.over is not None:
        yield streak.over + streak.window


def _look(
    watch: Watch, index: int, failing: Sequence[Streak], *, refused: bool, now: datetime
) -> Causes:
    """What the connections of one place have in common."""
    streaks = [streak for streak in failing if streak.refused is refused]
    if not streaks:
        return Causes()
    group, place = watch.group(index), watch.places[index]
    if group.size < LEAST:
        return Causes()
    tally = Tally(failing, group.asked, place.exchanges, now, refused=refused)
    alike = [s for s in streaks if tally.common(s)]
    if refused and len({s.key for s in alike}) < LEAST:
        alike = []  # a bad key is bad under each of its names
    holds = {s.name: Hold(s.reasons, s.began, _words(place, s)) for s in alike if refused}
    asked = [s for s in streaks if refused and s.name not in holds]
    waiting = [(s, missing) for s in asked if (missing := tally.missing(s))]
    holds |= {s.name: Hold(s.reasons, s.began, ASKING, asking=True) for s, _ in waiting}
    witnesses = frozenset(name for s, m in waiting for name in _witnesses(watch, place, s)[:m])
    hit = [s for s in alike if s.over is None]
    incidents = (_incident(place, hit, refused=refused),) if hit else ()
    return Causes(incidents, holds, witnesses)


def _witnesses(watch: Watch, place: Place, streak: Streak) -> list[str]:
    """Whom to ask: where several exchanges count, those of another one first."""
    watched = ((name, watch.connections.get(name)) for name in place.members)
    older = [n for n, w in watched if w is not None and w.well and w.asked < streak.began]
    if place.exchanges > 1:
        older.sort(key=lambda name: watch.declared[name].connection.exchange == streak.exchange)
    return older


def _words(place: Place, streak: Streak) -> str:
    where = "with this egress address" if place.exchanges > 1 else "on this exchange"
    return (
        f"Most connections {where} started to fail alike around {streak.began:%H:%M %Z}, so one"
        " common cause is assumed."
    )


def _incident(place: Place, hit: list[Streak], *, refused: bool) -> Incident:
    found = Counter(reason for streak in hit for reason in streak.reasons)
    reason = max(sorted(found), key=lambda r: found[r])
    egress = place.exchanges > 1 or (refused and reason in OF_ADDRESSES)
    return Incident(
        kind="egress" if egress else "outage",
        scope=place.scope,
        reason=reason,
        connections=tuple(streak.name for streak in hit),
        since=min(streak.began for streak in hit),
    )
