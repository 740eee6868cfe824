"""The budget is arithmetic: a pace that is kept, turns that are fair, bans that count for all."""

from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.probe.budget import LONGEST_BAN, Budget


def begun(budget, now, times, requests=4):
    """When so many who all come now go out, one after another."""
    found = []
    for _ in range(times):
        now += budget.due(requests, now)
        assert budget.due(requests, now) <= 1e-9
        budget.take(requests, now)
        found.append(now)
    return found


def test_a_burst_goes_out_at_once_and_the_rest_at_the_rate():
    assert begun(Budget(rate=4.0), 100.0, 4) == [100.0, 101.0, 102.0, 103.0]


def test_a_budget_that_rested_has_one_burst_and_no_more():
    budget = Budget(rate=4.0)
    begun(budget, 0.0, 1)
    assert begun(budget, 1_000.0, 2) == [1_000.0, 1_001.0]


def test_even_the_slowest_rate_lets_one_whole_probe_out():
    for requests in (4, 5):
        assert Budget(rate=0.5).due(requests, 0.0) == 0.0


def test_whoever_goes_ahead_waits_for_a_ban_alone_and_those_behind_pay_for_it():
    budget = Budget(rate=4.0)
    assert begun(budget, 0.0, 2) == [0.0, 1.0]
    assert budget.go_ahead(2, 1.0) == 0.0
    assert budget.due(4, 1.0) == 1.5
    budget.block(10.0, 0.0)
    assert budget.go_ahead(1, 4.0) == 6.0


def test_what_was_not_used_goes_back():
    budget = Budget(rate=4.0)
    budget.take(4, 0.0)
    assert budget.due(3, 0.0) == 0.75
    budget.refund(3)
    assert budget.due(3, 0.0) == 0.0


def test_a_ban_holds_everybody_back_until_it_ends():
    budget = Budget(rate=4.0)
    budget.block(10.0, 100.0)
    assert budget.ban(104.0) == 6.0
    assert budget.due(4, 104.0) == 6.0
    assert budget.ban(110.0) == budget.ban(999.0) == 0.0


def test_after_a_ban_the_pace_is_kept():
    budget = Budget(rate=4.0)
    budget.block(10.0, 0.0)
    assert begun(budget, 0.0, 3) == [10.0, 11.0, 12.0]


def test_a_shorter_ban_does_not_end_a_longer_one():
    budget = Budget(rate=4.0)
    budget.block(10.0, 0.0)
    budget.block(1.0, 0.0)
    assert budget.ban(0.0) == 10.0


def test_no_ban_is_believed_for_ever():
    budget = Budget(rate=4.0)
    budget.block(1e12, 0.0)
    assert budget.ban(0.0) == LONGEST_BAN


@given(
    rate=st.floats(0.5, 100),
    gaps=st.lists(st.floats(0, 5), min_size=1, max_size=40),
)
def test_no_window_ever_holds_more_than_burst_and_rate_allow(rate, gaps):
    budget, now, sent = Budget(rate), 50.0, []
    for gap in gaps:
        now += gap
        sent += begun(budget, max([now, *sent[-1:]]), 1)
    burst = max(4.0, rate)
    for first, one in enumerate(sent):
        for last, other in enumerate(sent[first:], first):
            allowed = burst + rate * (other - one)
            assert 4 * (last - first + 1) <= allowed + 1e-6 * rate
