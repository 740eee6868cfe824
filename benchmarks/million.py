"""A million keys, without a socket: what they would need, and how soon a change would be seen.

    python benchmarks/million.py [--keys 1000000] [--interval 60] [--cpu-ms 3.5] [--fill 0.8]
                                 [--core-month 20] [--address-month 4]

Discrete events: time jumps from one to the next. When a key is due is decided by the scheduler of
the daemon (``next_probe``, with its back-off and spread), who goes next by its lanes, and when by
its budget of each egress address. An exchange answers after ``--latency``. Each key gets a wrong
right at a random moment; seen is it when the probe after it is answered. How many addresses an
exchange needs follows from its documented limits, and how many shards from the CPU of a probe as
`benchmarks/whole.py` measured it.
"""

import argparse
import math
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Balance, Clock, KeyFacts, Observation, Orders, Scope, Seen, remember
from bf_reconciler.probe.budget import Budget
from bf_reconciler.probe.lanes import Lanes
from bf_reconciler.schedule import LONGEST_REST, next_probe
from bf_reconciler.spec import Connection, ConnectionEntry, Credentials, Policy
from bf_reconciler.spec.budget import Asked, budgets
from bf_reconciler.spec.shards import owner

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MIX: Mapping[str, int] = {
    "kucoin": 25,
    "mexc": 15,
    "binance": 20,
    "okx": 10,
    "bybit": 10,
    "bitget": 5,
    "gate": 5,
    "htx": 3,
    "bingx": 3,
    "coinbase": 2,
    "kraken": 2,
}
"""Percent of the keys; an assumption."""
WARM, LENGTH = 2, 4
"""Intervals until all are spread, and in all."""
POLICY = Policy()
KEY = KeyFacts(
    frozenset({Scope.READ, Scope.SPOT}), frozenset(set(Scope) - {Scope.READ, Scope.SPOT})
)


class Need(NamedTuple):
    """What the keys of one exchange need."""

    keys: int
    requests: int
    """Of one probe, less the time, which all keys of an address share."""
    rate: float
    addresses: int


@dataclass(frozen=True, slots=True)
class Found:
    """Of the keys of one exchange, in seconds."""

    gaps: list[float]
    detected: list[float]
    probes: int


def connection(exchange: str, index: int) -> Connection:
    names = EXCHANGES[exchange].signing.credentials
    given = {name: f"{name}-{index:08}-of-a-benchmark" for name in names}
    return Connection(
        name=f"{exchange}-{index}", exchange=exchange, credentials=Credentials(**given)
    )


def need(exchange: str, keys: int, interval: timedelta, fill: float) -> Need:
    """Addresses so that each is used up to ``fill`` of what it may be."""
    row, sample = EXCHANGES[exchange], 200
    fleet = [
        Asked(connection(exchange, index), interval, timedelta(seconds=10))
        for index in range(sample)
    ]
    (budget,) = budgets(fleet)
    per_key = max(budget.demand / budget.rate, budget.documented) / sample
    requests = row.calls.requests - bool(row.calls.instead) - (not row.pace.by_weight)
    return Need(keys, requests, row.pace.rate, max(1, math.ceil(keys * per_key / fill)))


def entry(exchange: str, index: int, interval: timedelta, like: Connection) -> ConnectionEntry:
    """Pydantic would take a minute for a million: they share the declaration of the first."""
    name = f"{exchange}-{index}"
    return ConnectionEntry(
        like.model_copy(update={"name": name}),
        fingerprint=name,
        line=index,
        origin="current",
        interval=interval,
        timeout=timedelta(seconds=10),
        pair="BTC/USDT",
    )


def one_address(
    entries: list[ConnectionEntry],
    needed: Need,
    options: argparse.Namespace,
    dice: random.Random,
) -> Iterator[tuple[float, float, int]]:
    """Gap at the flip, time to detect, and probes, of each key of one egress address."""
    ends = LENGTH * options.interval
    budget, lanes = Budget(needed.rate), Lanes[int]()
    seen: list[Seen | None] = [None] * len(entries)
    read: list[float] = [0.0] * len(entries)
    flips = [(WARM + dice.random()) * options.interval for _ in entries]
    told: dict[int, tuple[float, float]] = {}
    probes = 0
    due = [(dice.random() * 0.001, index) for index in range(len(entries))]
    heapify(due)
    now = 0.0
    while due and now < ends:
        while due and due[0][0] <= now:
            lanes.add(heappop(due)[1], soon=False, trades=True)
        first = lanes.first(lambda _: False)
        wait = budget.due(needed.requests, now) if first is not None else math.inf
        if wait > 0:
            now = min(now + wait, max(due[0][0] if due else math.inf, now))
            if math.isinf(now):
                break
            continue
        index = lanes.take()
        budget.take(needed.requests, now)
        at, probes = now + options.latency, probes + 1
        if now >= flips[index] and index not in told:
            told[index] = at - read[index], at - flips[index]
        read[index] = at
        each, moment = entries[index], START + timedelta(seconds=at)
        answer = Observation(
            moment, each.fingerprint, Clock(0.0, 0.3), KEY, Balance(False), Orders()
        )
        seen[index] = memory = remember(seen[index], answer)
        again = next_probe(each, memory, POLICY)
        heappush(due, ((again - START).total_seconds(), index))
    for index in range(len(entries)):
        gap, detected = told.get(index, (math.inf, math.inf))
        yield gap, detected, probes if index == 0 else 0


def simulate(exchange: str, needed: Need, options: argparse.Namespace) -> Found:
    dice = random.Random(exchange)  # noqa: S311 # no secret hangs on it
    like, interval = connection(exchange, 0), timedelta(seconds=options.interval)
    gaps: list[float] = []
    detected: list[float] = []
    probes = 0
    for address in range(needed.addresses):
        mine = range(address, needed.keys, needed.addresses)
        entries = [entry(exchange, index, interval, like) for index in mine]
        for gap, seconds, count in one_address(entries, needed, options, dice):
            gaps.append(gap)
            detected.append(seconds + LONGEST_REST.total_seconds())
            probes += count
    return Found(gaps, detected, probes)


def at(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def shards_of(keys: int, options: argparse.Namespace) -> tuple[int, int, int]:
    """How many, and the least and the most that one of them has, by the hash of the daemon."""
    each = options.fill * options.interval / (options.cpu_ms / 1000)
    count = math.ceil(keys / each)
    sample = Counter(owner(f"key-{index}", count) for index in range(min(keys, 200 * count)))
    scale = keys / sum(sample.values())
    return count, round(min(sample.values()) * scale), round(max(sample.values()) * scale)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--interval", type=float, default=60.0)
    parser.add_argument("--latency", type=float, default=0.3)
    parser.add_argument("--cpu-ms", type=float, default=3.5, help="CPU of a probe, all in")
    parser.add_argument("--fill", type=float, default=0.8, help="share of limits and cores in use")
    parser.add_argument("--core-month", type=float, default=20.0, help="price of a core and 2 GiB")
    parser.add_argument("--address-month", type=float, default=4.0, help="price of an address")
    options = parser.parse_args()
    print(f"{options.keys} keys, each asked every {options.interval:g} s")
    print(f"{'exchange':<10}{'keys':>9}{'addresses':>11}{'gap p99':>9}{'detect p50':>12}{'p99':>7}")
    addresses, detected = 0, []
    for exchange, percent in MIX.items():
        keys = options.keys * percent // 100
        needed = need(exchange, keys, timedelta(seconds=options.interval), options.fill)
        found = simulate(exchange, needed, options)
        addresses += needed.addresses
        detected += found.detected
        row = (at(found.gaps, 0.99), at(found.detected, 0.5), at(found.detected, 0.99))
        print(
            f"{exchange:<10}{keys:>9}{needed.addresses:>11}{row[0]:>8.1f}s{row[1]:>11.1f}s"
            f"{row[2]:>6.1f}s",
            flush=True,
        )
    count, least, most = shards_of(options.keys, options)
    cost = count * options.core_month + addresses * options.address_month
    print(f"all: p50 {at(detected, 0.5):.1f} s, p99 {at(detected, 0.99):.1f} s to detect")
    print(f"{count} shards of {least} to {most} keys, {addresses} egress addresses")
    print(f"a month: {cost:.0f}, that is {100 * cost / options.keys:.2f} per 100 keys")


if __name__ == "__main__":
    sys.exit(main())
