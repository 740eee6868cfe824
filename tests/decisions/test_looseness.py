"""Which of two policies lets more pass: no setting is without an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.preview.widening import LIMITS as SENTENCES
from bf_reconciler.preview.widening import RULES
from bf_reconciler.spec import Policy, is_looser, policy_changes
from bf_reconciler.spec.looseness import (
    LESS_IS_LOOSER,
    LIMITS,
    LOOSENESS,
    MORE_IS_LOOSER,
    _leaves,
)


def test_every_field_of_a_policy_is_known_to_be_looser_or_not_and_has_words():
    fields = {path.rpartition(".")[2] for path in _leaves(Policy())}
    assert fields == {*LOOSENESS, *MORE_IS_LOOSER, *LESS_IS_LOOSER, *LIMITS}
    assert fields == {*RULES, *SENTENCES}
    for field, order in LOOSENESS.items():
        assert set(RULES[field]) == set(order[1:])


@pytest.mark.parametrize(
    ("before", "after", "looser"),
    [
        (None, {"amount": 1.0, "currency": "USDT"}, False),
        ({"amount": 1.0, "currency": "USDT"}, None, True),
        ({"amount": 1.0, "currency": "USDT"}, {"amount": 2.0, "currency": "USDT"}, True),
        ({"amount": 2.0, "currency": "USDT"}, {"amount": 1.0, "currency": "USDT"}, False),
        ({"amount": 2.0, "currency": "USDT"}, {"amount": 1.0, "currency": "BTC"}, True),
        ({"amount": 2.0, "currency": "USDT"}, {"balance_ratio": 0.1}, True),
        ({"balance_ratio": 0.2}, {"balance_ratio": 0.1}, False),
        ({"balance_ratio": 0.1}, {"balance_ratio": 0.1}, False),
    ],
)
def test_a_cap_is_looser_where_it_is_higher_gone_or_of_another_kind(before, after, looser):
    assert is_looser("max_margin", after, before) is looser


POLICIES = st.builds(
    Policy,
    ip_allowlist=st.sampled_from(LOOSENESS["ip_allowlist"]),
    unexpected_trading=st.sampled_from(LOOSENESS["unexpected_trading"]),
    recover_after=st.integers(1, 20),
    confirm_after=st.integers(1, 20),
    max_key_age=st.none() | st.timedeltas(min_value=Policy().grace),
)


@given(POLICIES, POLICIES)
def test_what_is_looser_one_way_is_not_looser_the_other(before, after):
    there, back = (
        {each.path: each for each in policy_changes(*pair)}
        for pair in ((before, after), (after, before))
    )
    assert there.keys() == back.keys()
    assert bool(there) == (before != after)
    for path, change in there.items():
        assert (change.before, change.after) == (back[path].after, back[path].before)
        never_set = None in {change.before, change.after}
        assert change.looser != back[path].looser or (never_set and path not in LIMITS)
