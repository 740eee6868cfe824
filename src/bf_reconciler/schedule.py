"""What to probe now, what to forget, when to wake, and what has been answered."""

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import takewhile

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import (
    Listed,
    Markets,
    Observation,
    Run,
    Seen,
    confirming,
    unconfirmed,
)
from bf_reconciler.policy import Causes, common_causes, watch
from bf_reconciler.spec import ConnectionEntry, Names, Policy, Spec, altered, differing

CONFIRM = timedelta(seconds=2)
"""A first terminal answer is asked again after this."""
FIRST_RETRY = timedelta(seconds=1)
"""A transient failure is asked again after this, then after twice this, and so on."""
SLOWER, SLOWEST = 5, timedelta(minutes=10)
"""A believed terminal answer is asked again after 5 intervals, at most 10 minutes."""
JITTER = 0.1
"""Share of a delay by which it is spread, so that many connections do not move in step."""
ON_TIME = 0.001
"""Seconds: so little before its moment, a connection was asked at it."""
HEARTBEAT = timedelta(seconds=5)
"""A cycle runs at least this often: it reads back what runs, and proves that it lives."""
PROBE_TIMEOUTS = 6
"""A probe awaits at most so many answers one after another; each has the timeout."""
DETECTED = timedelta(seconds=10)
"""A change is to be acted on so soon after the probe that finds it was due."""
LOST = timedelta(minutes=1)
"""A probe that is not answered for so long is asked for again: who waits in a queue stays there."""
SHORTEST_REST, LONGEST_REST = timedelta(seconds=0.1), timedelta(seconds=0.5)
"""Bounds of the rest after a cycle: for so long, an answer may wait to be acted on."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A probe that was given to the prober: when, of which entry, and what was known then."""

    at: datetime
    entry: str
    soon: bool
    known: Observation | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """What to do about the world's answers: probe (some of them soon), and forget."""

    probe: tuple[ConnectionEntry, ...] = ()
    soon: frozenset[str] = frozenset()
    forget: frozenset[str] = frozenset()
    asked: Mapping[str, Asked] = field(default_factory=dict)
    """Probes that have not been answered."""
    next: Mapping[str, datetime] = field(default_factory=dict)
    """When to look again at those that were looked at."""

    def kept(self) -> "Schedule":
        """What of it the next turn begins with."""
        return Schedule(asked=self.asked)


def schedule(
    spec: Spec,
    seen: Mapping[str, Seen],
    now: datetime,
    causes: Causes | None = None,
    before: Schedule | None = None,
    names: Names | None = None,
) -> Schedule:
    """Schedule these connections; None is all of them.

    A suspended or removed connection is never probed and is forgotten: what was seen of it
    before proves nothing when it comes back. Where a cause may be common to many, others are
    asked at once, and those it hit are asked as often as any. Where more are due than the pace of
    an exchange allows, those with something to find out do not wait for everybody's routine. Who
    was asked is not asked again until there is an answer, its entry has changed, or it is urgent.
    """
    causes = common_causes(watch(spec, seen, now), now) if causes is None else causes
    before = Schedule() if before is None else before
    wanted = spec.connections.keys() | seen.keys() if names is None else names.connections
    active = {n: e for n in wanted if (e := _probed(spec, n, now)) is not None}
    asked = {**before.asked}
    for name in wanted - active.keys():
        asked.pop(name, None)
    due: list[ConnectionEntry] = []
    soon, later = set(before.soon), dict(before.next)
    for name in sorted(active, key=spec.positions.__getitem__):
        entry, memory = active[name], seen.get(name)
        at = _resting(entry, memory, spec, causes, now)
        if at is not None:
            asked.pop(name, None)
            later[name] = at
            continue
        hurry = name in causes.witnesses or _open(entry, memory, spec)
        latest, wait = memory.latest if memory else None, asked.get(name)
        if wait is None or _again(wait, entry, latest, now, soon=hurry):
            wait = asked[name] = Asked(now, entry.fingerprint, hurry, latest)
            due.append(entry)
            soon |= {name} if hurry else set()
        later[name] = wait.at + LOST
    forget = {name for name in wanted if name in seen and name not in active}
    return Schedule((*before.probe, *due), frozenset(soon), before.forget | forget, asked, later)


def _resting(
    entry: ConnectionEntry, seen: Seen | None, spec: Spec, causes: Causes, now: datetime
) -> datetime | None:
    """Until when a connection is left alone; None where it is due."""
    at = next_probe(entry, seen, spec.policy_of(entry), held=entry.name in causes.holds)
    if seen is None or at is None or entry.name in causes.witnesses or _ahead(seen, now):
        return None
    return at if at > now else None


def _probed(spec: Spec, name: str, now: datetime) -> ConnectionEntry | None:
    entry = spec.connections.get(name)
    return entry if entry is not None and not entry.suspended(now) else None


def _again(
    asked: Asked, entry: ConnectionEntry, latest: Observation | None, now: datetime, *, soon: bool
) -> bool:
    """Whether to ask though it was asked: that was answered, is out of date, or took too long."""
    current = asked.entry == entry.fingerprint and asked.known is latest
    lost = not asked.at <= now < asked.at + LOST
    return not current or lost or (soon and not asked.soon)


def _open(entry: ConnectionEntry, seen: Seen | None, spec: Spec) -> bool:
    """Whether something is to be found out: a person asks, its entry changed, or it just failed."""
    if seen is None or not seen.runs:
        return False
    if seen.asked or seen.entry != entry.fingerprint:
        return True
    latest = seen.runs[0].latest
    return bool(
        confirming(seen.runs, spec.policy_of(entry).confirm_after)
        if latest.refusals
        else latest.failures
    )


def next_probe(
    entry: ConnectionEntry, seen: Seen | None, policy: Policy, *, held: bool = False
) -> datetime | None:
    """When a connection is due; None for at once (never seen, changed, or a person asked)."""
    if seen is None or seen.entry != entry.fingerprint or seen.asked or not seen.runs:
        return None
    latest = seen.runs[0].latest
    if not latest.failures:
        return latest.at + to_slot(entry.interval, entry.name, latest.at)
    wait = delay(seen.runs, entry.interval, entry.under(policy), held=held)
    rest = jittered(wait, entry.name, latest.at, most=_most(seen.runs[0], entry.interval))
    return latest.at + max(rest, _asked(latest))


def _ahead(seen: Seen, now: datetime) -> bool:
    """Its last probe was in the future: our clock was set back, and says nothing of its age."""
    return seen.latest is not None and seen.latest.at > now + HEARTBEAT


def delay(
    runs: tuple[Run, ...], interval: timedelta, policy: Policy, *, held: bool = False
) -> timedelta:
    """How long to wait after these runs, newest first.

    The calls succeeded: the interval, whether or not a rule is broken. A transient failure: from
    1 s, doubling, up to the interval, and never sooner than the exchange asked for. A terminal
    one: 2 s until it is believed, then slowly; where it is ``held`` for a common cause, or is
    another one each time, at the interval, for that may pass by itself.
    """
    latest = runs[0].latest
    if not latest.failures:
        return interval
    if latest.refusals:
        open_ended = held or bool(unconfirmed(runs, policy.confirm_after))
        usual = interval if open_ended else _slow(interval)
        wait = CONFIRM if confirming(runs, policy.confirm_after) else usual
    else:
        row = takewhile(lambda run: run.latest.failures, runs)  # refusals between do not end it
        times = sum(run.count for run in row if not run.latest.refusals)
        wait = backoff(times, FIRST_RETRY, interval)
    return max(wait, _asked(latest))


def _asked(latest: Observation) -> timedelta:
    """How long the exchange asked us to stay away."""
    asked = max((failure.retry_after or 0.0 for failure in latest.failures), default=0.0)
    return timedelta(seconds=min(asked, 86400.0))


def backoff(failures: int, first: timedelta, last: timedelta) -> timedelta:
    """How long to wait after so many failures in a row: ``first``, doubling, up to ``last``."""
    factor: int = 2 ** min(max(failures, 1) - 1, 20)  # a year of failures must not overflow
    return min(first * factor, last)


def _slow(interval: timedelta) -> timedelta:
    return max(interval, min(SLOWER * interval, SLOWEST))


def to_slot(interval: timedelta, name: str, at: datetime) -> timedelta:
    """How long it is to the next moment of a connection: each has its own within the interval.

    So however many were asked at once, after three probes they are spread over all of it, and stay
    so. It is never longer than the interval, so that a right that appears is found within it, and
    never shorter than half of it: who is nearer to his moment comes to it by steps.
    """
    whole = interval.total_seconds()
    share = int.from_bytes(blake2b(name.encode(), digest_size=4).digest()) / 2**32
    left = (share * whole - at.timestamp()) % whole
    if left < ON_TIME:
        return interval
    return timedelta(seconds=left if left >= whole / 2 else (left + whole) / 2)


def _most(latest: Run, interval: timedelta) -> timedelta:
    """What nothing is rested for beyond, unless the exchange or the interval says so."""
    return max(interval, SLOWEST) if latest.latest.refusals else interval


def jittered(wait: timedelta, name: str, at: datetime, most: timedelta | None = None) -> timedelta:
    """Lengthen a wait by up to a tenth; the same inputs give the same result.

    A wait that would so come to lie beyond ``most`` is spread over the tenth before it: nobody is
    asked later than his interval, so a right that appears is found within it.
    """
    share = zlib.crc32(f"{name} {at.timestamp()}".encode()) / 0xFFFFFFFF
    spread = wait * JITTER
    start = wait if most is None or wait > most else min(wait, most - spread)
    return start + spread * share


def is_probed(spec: Spec, name: str, now: datetime) -> bool:
    """Whether a connection is probed at all: it is in force and not suspended."""
    return _probed(spec, name, now) is not None


def settled(spec: Spec, name: str, seen: Seen | None, now: datetime) -> bool:
    """Whether a connection was probed when it was due, and nothing waits to be confirmed.

    What an earlier process has seen counts until its next probe is due: a restart asks no
    exchange sooner for it. A connection that is not probed is settled.
    """
    if not is_probed(spec, name, now):
        return True
    entry = spec.connections[name]
    if seen is None or seen.entry != entry.fingerprint:
        return False
    if confirming(seen.runs, spec.policy_of(entry).confirm_after):
        return False
    if not seen.restored:
        return True
    due = next_probe(entry, seen, spec.policy)
    return due is not None and due > now


def complete(spec: Spec, seen: Mapping[str, Seen], markets: Markets, now: datetime) -> bool:
    """Whether the first pass is done: no connection waits for a probe, and no pair for its list."""
    if any(Listed.PENDING in listed.values() for listed in markets.values()):
        return False
    return all(settled(spec, name, seen.get(name), now) for name in spec.connections)


@dataclass(frozen=True, slots=True)
class Detection:
    """What a probe found could have been so since ``since``; by ``due`` it was to be acted on."""

    since: datetime
    due: datetime


def detection(entry: ConnectionEntry, old: Seen, new: Seen, policy: Policy) -> Detection | None:
    """How late a change can be that the newest probe found; ``old``: what was known before it.

    It may have come right after the last probe that saw it otherwise, which is the one before, or
    the one before a refusal that had to be confirmed. What nobody watched for, before a restart
    or under another key, counts for nothing.
    """
    known, run = old.runs, new.runs[0]
    if not known or old.restored or old.entry != new.entry or run.latest is known[0].latest:
        return None
    extra = timedelta(0)
    if 1 < run.count <= policy.confirm_after and len(new.runs) > 1 and run.latest.refusals:
        known, extra = new.runs[1:], CONFIRM * (run.count - 1)
    latest, wait = known[0].latest, entry.interval
    if latest.failures:  # after a good probe it is never longer
        rest = delay(known, entry.interval, policy)
        wait = max(wait, jittered(rest, entry.name, latest.at, _most(known[0], entry.interval)))
    return Detection(latest.at, latest.at + wait + extra + DETECTED)


def overdue(
    spec: Spec, seen: Mapping[str, Seen], since: datetime, now: datetime
) -> tuple[str, ...]:
    """Connections that should have been probed by now, and were not: nothing is on record of it.

    ``since``: when this spec came into force here; what was due before is due then. A probe may
    take its deadlines, and at the pace of its exchange each waits for all the others.
    """
    crowds = Counter(entry.connection.exchange for entry in spec.connections.values())
    late = {name: LOST + _queued(name, count) for name, count in crowds.items()}
    found: list[str] = []
    for name, entry in spec.connections.items():
        patience = late[entry.connection.exchange] + PROBE_TIMEOUTS * entry.timeout
        memory = seen.get(name)
        known = memory is not None and memory.entry == entry.fingerprint and memory.latest
        if known and known.at + patience + entry.interval >= now:
            continue
        if now - patience >= max(_due(entry, memory, spec), since) and is_probed(spec, name, now):
            found.append(name)
    return tuple(found)


def _due(entry: ConnectionEntry, seen: Seen | None, spec: Spec) -> datetime:
    """When it was or is due, whoever asks for it now; always, where it was never probed."""
    memory = replace(seen, asked=False) if seen is not None else None
    return next_probe(entry, memory, spec.policy_of(entry)) or datetime.min.replace(tzinfo=UTC)


def _queued(exchange: str, count: int) -> timedelta:
    """How long the last of so many waits for its turn."""
    row = EXCHANGES[exchange]
    return timedelta(seconds=count * row.calls.requests / row.pace.rate)


def answered(spec: Spec, name: str, seen: Seen | None, asked_at: datetime, now: datetime) -> bool:
    """Whether a test that a person asked for has its answer, or will never have one."""
    if not is_probed(spec, name, now):
        return True
    latest = seen.latest if seen is not None else None
    return latest is not None and latest.at >= asked_at and settled(spec, name, seen, now)


def request(seen: Mapping[str, Seen], names: Iterable[str]) -> Mapping[str, Seen]:
    """Have these connections probed at once. What was never seen is probed anyway."""
    asked = {name: replace(m, asked=True) for name in names if (m := seen.get(name)) is not None}
    return altered(seen, asked)


def request_changed(
    old: Spec | None, new: Spec | None, seen: Mapping[str, Seen]
) -> Mapping[str, Seen]:
    """Have every connection probed at once whose entry, or whose strategies, changed."""
    if old is None or new is None:
        return seen
    bots = differing(old.strategies, new.strategies)
    named = (each.strategies[name] for each in (old, new) for name in bots & each.strategies.keys())
    names = differing(old.connections, new.connections) | {e.strategy.connection for e in named}
    were, are = old.by_connection, new.by_connection
    changed = {
        name
        for name in names & new.connections.keys()
        if name not in old.connections
        or old.connections[name].connection != new.connections[name].connection
        or were.get(name) != are.get(name)
    }
    return request(seen, changed)


def rest_after(took: timedelta) -> timedelta:
    """How long to rest after a cycle, so that news come together and others get their CPU."""
    return min(max(SHORTEST_REST, 4 * took), LONGEST_REST)
