"""Who is probed, who of them fails, and who could share a cause; kept from turn to turn."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from bf_reconciler.facts import Seen, earliest
from bf_reconciler.policy.anomalies import Anomaly, anomaly_of
from bf_reconciler.policy.streaks import Streak, streak_of
from bf_reconciler.spec import ConnectionEntry, Names, Spec, differing, updated, whole, without


class Watched(NamedTuple):
    """One connection that is probed: when it was last asked, how it failed, what was anomalous."""

    asked: datetime
    well: bool
    streak: Streak | None
    anomaly: Anomaly | None = None

    def until(self, now: datetime) -> datetime | None:
        """When a streak or an anomaly that is over may be looked at no more."""
        both = (self.streak, self.anomaly)
        ends = (each.over + each.window for each in both if each is not None and each.over)
        return earliest(end for end in ends if end > now)


class Seat(NamedTuple):
    """Where a connection stands in the file, and the places that it belongs to."""

    position: int
    places: tuple[int, ...]


class Place(NamedTuple):
    """Connections that could share a cause. ``exchanges``: how many must be among those hit."""

    scope: str
    exchanges: int
    members: tuple[str, ...]
    """As declared, in the order of the file."""


class Group(NamedTuple):
    """Those of a place that are watched: how many, and when those who are well were asked."""

    size: int
    asked: Sequence[datetime]
    """In order of time, less those who have a streak that is over."""


@dataclass(frozen=True, slots=True)
class Watch:
    """All connections that are probed, kept so that one probe costs no look at all the others.

    ``changes`` counts what could change the common causes. A good key that is asked again does
    not, once it was asked since the last failure began.
    """

    declared: Mapping[str, ConnectionEntry] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    of: Mapping[str, Seat] = field(default_factory=dict)
    connections: Mapping[str, Watched] = field(default_factory=dict)
    streaks: Mapping[str, Streak] = field(default_factory=dict)
    anomalies: Mapping[str, Anomaly] = field(default_factory=dict)
    changes: int = 0
    latest: datetime | None = None
    """No streak began after this; None while there is none."""

    def order(self, name: str) -> int:
        """Its position in the file."""
        return self.of[name].position

    def group(self, index: int) -> Group:
        """Those of a place. That looks at all of them, so it is for when one of them fails."""
        connections = whole(self.connections)
        found = [connections[name] for name in self.places[index].members if name in connections]
        well = sorted(each.asked for each in found if each.well and each.streak is None)
        return Group(len(found), well)


def watch(
    spec: Spec,
    seen: Mapping[str, Seen],
    now: datetime,
    before: Watch | None = None,
    names: Names | None = None,
) -> Watch:
    """Look at these connections again; None is all of them."""
    if before is None or before.declared is not spec.connections:
        before = _moved(before or Watch(changes=-1), spec.connections)
    wanted = spec.connections if names is None else names.connections
    connections = updated(before.connections, wanted, lambda name: _watched(spec, seen, name, now))
    moved = {
        name: (before.connections.get(name), connections.get(name))
        for name in wanted
        if before.connections.get(name) is not connections.get(name)
    }
    if not moved:
        return before
    streaks = updated(before.streaks, moved, lambda name: _failing(connections.get(name)))
    began = [streak.began for name in moved if (streak := streaks.get(name)) is not None]
    latest = max(began + ([before.latest] if before.latest is not None else []), default=None)
    matters = any(
        _is_news(*pair, now) or (latest is not None and _matters(*pair, latest))
        for pair in moved.values()
    )
    return replace(
        before,
        connections=connections,
        streaks=streaks,
        anomalies=updated(before.anomalies, moved, lambda name: _anomaly(connections.get(name))),
        changes=before.changes + matters,
        latest=latest if streaks else None,
    )


def _moved(before: Watch, declared: Mapping[str, ConnectionEntry]) -> Watch:
    """The same of another file: what was seen of an entry that stands there as before holds."""
    old = before.declared
    others = differing(old, declared)
    if [*old] == [*declared] and all(_stands(old[n]) == _stands(declared[n]) for n in others):
        places, of = before.places, before.of
    else:
        places = _places(declared)
        of = _of(declared, places)
    return Watch(
        declared,
        places,
        of,
        without(before.connections, others),
        without(before.streaks, others),
        without(before.anomalies, others),
        before.changes + 1,
        before.latest,
    )


def _stands(entry: ConnectionEntry) -> tuple[str | None, str, str]:
    """Its way out, and its exchange and environment: what it may share with others."""
    connection = entry.connection
    proxy = connection.proxy.get_secret_value() if connection.proxy else None
    return proxy, connection.exchange, connection.environment


def watch_each(
    spec: Spec, seen: Mapping[str, Seen], now: datetime, names: Iterable[str]
) -> Mapping[str, Watched]:
    """These connections by themselves, as a watch has them."""
    found = {name: _watched(spec, seen, name, now) for name in names}
    return {name: watched for name, watched in found.items() if watched is not None}


def _watched(spec: Spec, seen: Mapping[str, Seen], name: str, now: datetime) -> Watched | None:
    entry, memory = spec.connections.get(name), seen.get(name)
    if entry is None or memory is None or memory.entry != entry.fingerprint or not memory.runs:
        return None
    if entry.suspended(now):
        return None
    latest = memory.runs[0].latest
    streak = streak_of(entry, memory.runs, spec.policy, now)
    return Watched(latest.at, not latest.failures, streak, anomaly_of(entry, memory.runs, now))


def _failing(watched: Watched | None) -> Streak | None:
    return watched.streak if watched is not None else None


def _anomaly(watched: Watched | None) -> Anomaly | None:
    return watched.anomaly if watched is not None else None


def _is_news(was: Watched | None, now: Watched | None, at: datetime) -> bool:
    """Whether another anomaly counts, or one counts that did not.

    One that goes on alike is none, however often its connection is probed.
    """
    if was is None or now is None or was.anomaly is None or was.anomaly != now.anomaly:
        return _anomaly(was) != _anomaly(now)
    return now.asked < was.asked or not was.anomaly.counts(was.asked, at)


def _matters(was: Watched | None, now: Watched | None, latest: datetime) -> bool:
    """Whether a change can change a common cause; ``latest``: when the last streak began."""
    if was is None or now is None or (was.well, was.streak) != (now.well, now.streak):
        return True
    return now.well and min(was.asked, now.asked) < latest


def _places(declared: Mapping[str, ConnectionEntry]) -> tuple[Place, ...]:
    """By way out first: it explains more."""
    ways: dict[str | None, list[str]] = {}
    exchanges: dict[tuple[str, str], list[str]] = {}
    for name, entry in declared.items():
        proxy, exchange, environment = _stands(entry)
        ways.setdefault(proxy, []).append(name)
        exchanges.setdefault((exchange, environment), []).append(name)
    found = [
        Place("direct" if proxy is None else f"proxy of {members[0]}", 2, tuple(members))
        for proxy, members in ways.items()
    ]
    for (exchange, environment), members in exchanges.items():
        scope = exchange if environment == "live" else f"{exchange} {environment}"
        found.append(Place(scope, 1, tuple(members)))
    return tuple(found)


def _of(declared: Iterable[str], places: tuple[Place, ...]) -> Mapping[str, Seat]:
    found: dict[str, list[int]] = {name: [] for name in declared}
    for index, place in enumerate(places):
        for name in place.members:
            found[name].append(index)
    return {name: Seat(at, tuple(mine)) for at, (name, mine) in enumerate(found.items())}
