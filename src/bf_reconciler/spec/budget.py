"""What a fleet asks of each exchange, and how much of its limits that is, with the arithmetic."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from bf_reconciler.exchanges import EXCHANGES, Exchange, Limit
from bf_reconciler.spec.connection import Connection
from bf_reconciler.spec.limits import SUMMANDS, number
from bf_reconciler.spec.types import is_loopback

TIME_SERVES: Final = 5.0
"""Seconds for which one answer to the time question serves all keys of an egress."""
KEPT: Final = 256
"""Rows of places that are remembered: a fleet has few."""
DIRECT: Final = "direct"
"""The egress of those that declare no proxy."""
Place = tuple[str, str, str]
"""Where limits are shared: an exchange, and by which address or key."""


class Asked(NamedTuple):
    """A connection that is probed, how often, and with which timeout."""

    connection: Connection
    interval: timedelta
    timeout: timedelta


@dataclass(frozen=True, slots=True)
class Budget:
    """What the connections of one exchange ask by one egress.

    Attributes:
        egress: "direct", or "proxy of" the first connection that declares it.
        demand: Requests per second that their intervals need.
        rate: Requests per second that go out at most.
        documented: The largest share of a limit that the exchange documents for an address.
        arithmetic: How the demand came about.
    """

    exchange: str
    egress: str
    names: tuple[str, ...]
    demand: float
    rate: float
    documented: float
    arithmetic: str

    @property
    def ratio(self) -> float:
        """The demand as a share of what is there. Above 1, probes come later by this factor."""
        return max(self.demand / self.rate, self.documented)


@dataclass(frozen=True, slots=True)
class KeyBudget:
    """What the connections with one key ask of the limits that count by account.

    Attributes:
        least: The shortest interval that keeps within the limit.
        ratio: The demand as a share of it.
    """

    names: tuple[str, ...]
    limit: Limit
    cost: float
    least: timedelta
    ratio: float
    arithmetic: str


def budgets(fleet: Iterable[Asked]) -> tuple[Budget, ...]:
    """By exchange and egress, as first declared. Environments of one host share its limits."""
    return budgets_of([by_place(fleet)])


def by_place(fleet: Iterable[Asked]) -> Mapping[Place, Sequence[Asked]]:
    """Those who share limits of an address: by exchange, host and proxy."""
    groups: dict[Place, list[Asked]] = {}
    for asked in fleet:
        connection = asked.connection
        proxy = connection.proxy.get_secret_value() if connection.proxy else ""
        host = _host(*_where(connection))
        groups.setdefault((connection.exchange, host, proxy), []).append(asked)
    return groups


def budgets_of(parts: Iterable[Mapping[Place, Sequence[Asked]]]) -> tuple[Budget, ...]:
    """The budgets of several parts of a fleet together, in their order."""
    groups = joined(parts)
    egresses = {"": DIRECT}
    for (_, _, proxy), members in groups.items():
        egresses.setdefault(proxy, f"proxy of {members[0].connection.name}")
    return tuple(
        _budget(_within(*_where(members[0].connection)), egresses[proxy], members)
        for (_, _, proxy), members in groups.items()
    )


def joined(parts: Iterable[Mapping[Place, Sequence[Asked]]]) -> Mapping[Place, list[Asked]]:
    """The groups of several parts of a fleet, in their order."""
    groups: dict[Place, list[Asked]] = {}
    for part in parts:
        for place, members in part.items():
            groups.setdefault(place, []).extend(members)
    return groups


def key_budgets(fleet: Iterable[Asked]) -> tuple[KeyBudget, ...]:
    """Of each key, the limit that it uses most. An endpoint on this machine is no exchange."""
    return tuple(found for members in by_key(fleet).values() for found in budget_of_key(members))


def by_key(fleet: Iterable[Asked]) -> Mapping[Place, Sequence[Asked]]:
    """Those who share limits of an account: by exchange, environment and key."""
    groups: dict[Place, list[Asked]] = {}
    for asked in fleet:
        connection = asked.connection
        if not _is_local(connection.endpoint):
            key = connection.credentials.api_key.get_secret_value()
            groups.setdefault((connection.exchange, connection.environment, key), []).append(asked)
    return groups


def ratios(found: Iterable[Budget]) -> Mapping[tuple[str, str], float]:
    """The largest share, by exchange and egress."""
    shares: dict[tuple[str, str], float] = {}
    for budget in found:
        place = budget.exchange, budget.egress
        shares[place] = max(shares.get(place, 0.0), budget.ratio)
    return shares


def exceeds(ratio: float) -> bool:
    """Whether it is more by more than what adding up binary fractions may err."""
    return ratio > 1 + 1e-9


def least_interval(connection: Connection) -> timedelta:
    """The shortest interval of one key that keeps within the limits of its account."""
    return timedelta(0) if _is_local(connection.endpoint) else _least(*_where(connection))


@lru_cache(KEPT)
def _least(exchange: str, environment: str, region: str | None, endpoint: str | None) -> timedelta:
    row = _within(exchange, environment, region, endpoint)
    return timedelta(seconds=max(map(_seconds, _own(row)), default=0.0))


@lru_cache(KEPT)
def _is_local(endpoint: str | None) -> bool:
    """Whether a simulator or a gateway on this machine stands for the exchange."""
    return endpoint is not None and is_loopback(urlsplit(endpoint).hostname)


def _own(row: Exchange) -> list[Limit]:
    return [limit for limit in row.pace.limits if limit.per == "account"]


def _where(connection: Connection) -> tuple[str, str, str | None, str | None]:
    return (
        connection.exchange,
        connection.environment,
        connection.region,
        connection.endpoint,
    )


@lru_cache(KEPT)
def _within(exchange: str, environment: str, region: str | None, endpoint: str | None) -> Exchange:
    return EXCHANGES[exchange].within(environment, region, endpoint)


@lru_cache(KEPT)
def _host(exchange: str, environment: str, region: str | None, endpoint: str | None) -> str:
    base = _within(exchange, environment, region, endpoint).base(endpoint)
    return urlsplit(base or "").netloc


def _budget(row: Exchange, egress: str, members: Sequence[Asked]) -> Budget:
    counts = Counter([asked.interval for asked in members])
    probes = _rate(counts)
    times = min(probes, len({asked.timeout for asked in members}) / TIME_SERVES)
    signed = row.calls.requests - bool(row.calls.instead) - 1
    own = probes if row.pace.by_weight else times
    demand = probes * signed + own
    every = f"{signed + 1} requests" if row.pace.by_weight else f"{signed} requests + the time"
    return Budget(
        exchange=row.id,
        egress=egress,
        names=tuple(asked.connection.name for asked in members),
        demand=demand,
        rate=row.pace.rate,
        documented=max(
            (_share(limit, probes, times) for limit in row.pace.limits if limit.per == "address"),
            default=0.0,
        ),
        arithmetic=f"({_terms(counts)}) x {every} = {number(round(demand, 2))} a second",
    )


def _share(limit: Limit, probes: float, times: float) -> float:
    """What is asked of a limit in its window, as a share of it."""
    asked = sum(
        cost * (times if question == "time" else probes) for question, cost in limit.costs.items()
    )
    return asked * limit.seconds / limit.amount


def budget_of_key(members: Sequence[Asked]) -> Iterator[KeyBudget]:
    row = _within(*_where(members[0].connection))
    counts = Counter([asked.interval for asked in members])
    probes = _rate(counts)
    own = _own(row)
    if not own:
        return
    worst = max(own, key=_seconds)
    seconds = _seconds(worst) * len(members)
    yield KeyBudget(
        names=tuple(asked.connection.name for asked in members),
        limit=worst,
        cost=_cost(worst),
        least=timedelta(seconds=seconds),
        ratio=probes * _seconds(worst),
        arithmetic=(
            f"({_terms(counts)}) x {number(_cost(worst))} x {number(worst.seconds)} s = "
            f"{number(round(probes * _cost(worst) * worst.seconds, 2))}, "
            f"of {number(worst.amount)} in {number(worst.seconds)} s"
        ),
    )


def _cost(limit: Limit) -> float:
    """What one probe takes of it. The time is public: it counts for no account."""
    return sum(cost for question, cost in limit.costs.items() if question != "time")


def _seconds(limit: Limit) -> float:
    """The seconds of its window that one probe uses up."""
    return _cost(limit) * limit.seconds / limit.amount


def _rate(counts: Counter[timedelta]) -> float:
    """Probes per second, of so many by interval."""
    return sum(count / each.total_seconds() for each, count in counts.items())


def _terms(counts: Counter[timedelta]) -> str:
    """How many are asked how often; the most frequent first, and the rest summed up."""
    terms = sorted(counts.items(), key=lambda term: -term[1] / term[0].total_seconds())
    shown = [f"{count} / {number(each.total_seconds())} s" for each, count in terms[:SUMMANDS]]
    rest = sum(count for _, count in terms[SUMMANDS:])
    if rest:
        a_second = sum(count / each.total_seconds() for each, count in terms[SUMMANDS:])
        shown.append(f"{rest} more: {number(round(a_second, 2))}")
    return " + ".join(shown)
