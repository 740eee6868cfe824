"""Whose turn it is: fair, nobody waits for ever, and the pace is kept, in simulated time."""

from collections import Counter
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.probe.budget import Budget
from bf_reconciler.probe.lanes import IN_A_ROW, Lanes

ROUND = 2 * (IN_A_ROW + 1)
"""Turns within which each line has at least one."""


class Probe(NamedTuple):
    name: int
    soon: bool
    trades: bool

    @property
    def lane(self):
        return "soon" if self.soon else "trading" if self.trades else "idle"


def stays(_):
    return False


def lanes_of(*probes):
    lanes = Lanes()
    for probe in probes:
        lanes.add(probe, soon=probe.soon, trades=probe.trades)
    return lanes


def turns(lanes, many):
    found = []
    for _ in range(many):
        first = lanes.first(stays)
        assert lanes.take() is first
        found.append(first)
    return found


KINDS = st.tuples(st.booleans(), st.booleans())


def test_where_all_wait_each_has_its_share():
    rows = [Probe(n, *kind) for n in range(100) for kind in ((True, True), (False, True))]
    rows += [Probe(n, False, False) for n in range(100)]
    counts = Counter(probe.lane for probe in turns(lanes_of(*rows), 80))
    assert counts == {"soon": 40, "trading": 30, "idle": 10}


def test_who_comes_to_a_line_that_had_none_does_not_wait_for_a_round():
    lanes = lanes_of(*(Probe(n, False, True) for n in range(20)))
    turns(lanes, 10)
    lanes.add(Probe(99, False, False), soon=False, trades=False)
    assert turns(lanes, 1)[0].name == 99


def test_who_has_left_is_gone():
    lanes = lanes_of(Probe(1, True, False), Probe(2, False, True))
    assert lanes.first(lambda probe: probe.name == 1).name == 2
    assert lanes.first(lambda _: True) is None
    assert list(lanes) == []


@given(kinds=st.lists(KINDS, max_size=60))
def test_everybody_has_a_turn_and_each_line_is_in_order(kinds):
    probes = [Probe(n, *kind) for n, kind in enumerate(kinds)]
    lanes = lanes_of(*probes)
    assert set(lanes) == set(probes)
    out = turns(lanes, len(probes))
    assert lanes.first(stays) is None
    for lane in ("soon", "trading", "idle"):
        assert [p for p in out if p.lane == lane] == [p for p in probes if p.lane == lane]


@given(kinds=st.lists(KINDS, min_size=1, max_size=200))
def test_no_line_waits_longer_than_a_round(kinds):
    """While new ones come to the other lines all the time."""
    lanes, waits = Lanes(), Counter()
    for number, kind in enumerate(kinds):
        for probe in (Probe(number, *kind), Probe(number, True, True), Probe(number, False, True)):
            lanes.add(probe, soon=probe.soon, trades=probe.trades)
        out = lanes.first(stays)
        waiting = {probe.lane for probe in lanes}
        lanes.take()
        for lane in ("soon", "trading", "idle"):
            waits[lane] = waits[lane] + 1 if lane in waiting and lane != out.lane else 0
            assert waits[lane] < ROUND


@given(
    rate=st.sampled_from([1.0, 4.0, 20.0]),
    many=st.integers(2, 60),
    trading=st.integers(0, 60),
    interval=st.sampled_from([1.0, 5.0, 60.0]),
    pauses=st.lists(st.tuples(st.floats(0, 100), st.floats(0, 20)), max_size=3),
)
def test_a_fleet_over_the_limit_is_stretched_fairly_within_it(
    rate, many, trading, interval, pauses
):
    """Discrete events: whoever was let out comes back an interval later, for a while.

    In no window goes out more than a burst and the rate; during a pause nothing; and of the same
    line, nobody has two turns more than another.
    """
    requests, budget, lanes = 4, Budget(rate), Lanes()
    coming = [(0.0, Probe(n, False, n < trading)) for n in range(many)]
    blocks, times, had, now = sorted(pauses), [], Counter(), 0.0
    banned = []
    while len(times) < 4 * many:
        while blocks and blocks[0][0] <= now:
            _, seconds = blocks.pop(0)
            budget.block(seconds, now)
            banned.append((now, now + seconds))
        for at, probe in [pair for pair in coming if pair[0] <= now]:
            coming.remove((at, probe))
            lanes.add(probe, soon=False, trades=probe.trades)
        if lanes.first(stays) is None:
            now = min(at for at, _ in coming)
            continue
        if (wait := budget.due(requests, now)) > 0:
            arrivals = [at for at, _ in coming if at > now]
            now = min([now + wait, *arrivals, *(at for at, _ in blocks if at > now)])
            continue
        probe = lanes.take()
        budget.take(requests, now)
        times.append(now)
        had[probe] += 1
        coming.append((now + interval, probe))
    burst = max(requests, rate)
    for index, start in enumerate(times):
        for count, end in enumerate(times[index:], 1):
            assert count * requests <= burst + rate * (end - start) + 1e-6
    assert not any(start < at < end - 1e-6 for at in times for start, end in banned)
    for lane in ("trading", "idle"):
        counts = [
            had[p] for p in (Probe(n, False, n < trading) for n in range(many)) if p.lane == lane
        ]
        assert not counts or max(counts) - min(counts) <= 1
