"""The budget is arithmetic: a pace that is kept, turns that are fair, bans that count for all."""

from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.probe.budget import LONGEST_BAN, Budget


def test_a_burst_goes_out_at_once_and_the_rest_at_the_rate():
    budget = Budget(rate=4.0)
    assert [budget.reserve(4, 100.0) for _ in range(4)] == [0.0, 1.0, 2.0, 3.0]


def test_a_budget_that_rested_has_one_burst_and_no_more():
    budget = Budget(rate=4.0)
    budget.reserve(4, 0.0)
    assert [budget.reserve(4, 1_000.0) for _ in range(2)] == [0.0, 1.0]


def test_even_the_slowest_rate_lets_one_whole_probe_out():
    assert Budget(rate=0.5).reserve(4, 0.0) == 0.0


def test_whoever_goes_ahead_waits_for_a_ban_alone_and_those_behind_pay_for_it():
    budget = Budget(rate=4.0)
    assert [budget.reserve(4, 0.0) for _ in range(2)] == [0.0, 1.0]
    assert budget.go_ahead(2, 0.0) == 0.0
    assert budget.reserve(4, 0.0) == 2.5
    budget.block(10.0, 0.0)
    assert budget.go_ahead(1, 4.0) == 6.0


def test_what_was_not_used_goes_back():
    budget = Budget(rate=4.0)
    budget.reserve(4, 0.0)
    budget.refund(3)
    assert budget.reserve(3, 0.0) == 0.0


def test_a_ban_holds_everybody_back_until_it_ends():
    budget = Budget(rate=4.0)
    budget.block(10.0, 100.0)
    assert budget.ban(104.0) == 6.0
    assert budget.reserve(4, 104.0) == 6.0
    assert budget.ban(110.0) == budget.ban(999.0) == 0.0


def test_after_a_ban_the_pace_is_kept():
    budget = Budget(rate=4.0)
    budget.block(10.0, 0.0)
    assert [budget.reserve(4, 0.0) for _ in range(3)] == [10.0, 11.0, 12.0]


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
        sent.append(now + budget.reserve(4, now))
    assert sent == sorted(sent)
    burst = max(4.0, rate)
    for first, begun in enumerate(sent):
        for last, ended in enumerate(sent[first:], first):
            allowed = burst + rate * (ended - begun)
            assert 4 * (last - first + 1) <= allowed + 1e-6 * rate
