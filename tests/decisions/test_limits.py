"""Limits: worst cases, risk levels, and the sum on one connection, each with its arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.spec import Policy
from bf_reconciler.spec.limits import (
    number,
    overcommitted,
    overdrawn,
    too_many,
    too_much_capital,
    worst_case,
)
from bf_reconciler.spec.money import BalanceRatio, Money
from build import a_strategy

BASE = {"size": 50.0, "currency": "USDT"}
LADDER = {"max": 5, "size": 50.0, "volume_scale": 1.2, "step_pct": 1.5}
PERP = {"market": "futures", "pairs": ["BTC/USDT:USDT"]}


def usdt(amount):
    return {"amount": float(amount), "currency": "USDT"}


def ratio(share):
    return {"balance_ratio": share}


def found(level=None, **strategy):
    """Excesses under a risk level that says this."""
    policy = Policy(risk_levels={"moderate": {"max_leverage": 3.0} | (level or {})})
    declared = a_strategy(**strategy)
    both = (*too_many(declared, policy), *too_much_capital(declared, policy))
    return [tuple(excess) for excess in both]


def test_the_worst_case_is_every_trade_with_every_add_buy():
    worst = worst_case(a_strategy(base_order=BASE, safety_orders=LADDER, max_open_trades=2))
    assert worst.amount == pytest.approx(2 * (50 + 50 * (1 + 1.2 + 1.2**2 + 1.2**3 + 1.2**4)))
    assert worst.arithmetic == (
        "2 trades x (50 + 372.08 for 5 add-buys from 50 on, each x 1.2) = 844.16 USDT"
    )


def test_leverage_takes_less_capital_where_there_is_any():
    worst = worst_case(a_strategy(base_order=BASE, leverage=2.5, **PERP))
    assert (worst.amount, worst.arithmetic) == (20, "50 / leverage 2.5 = 20 USDT")
    assert worst_case(a_strategy(base_order=BASE, **PERP)).arithmetic == "50 = 50 USDT"


def test_what_is_not_declared_counts_for_nothing():
    assert worst_case(a_strategy(safety_orders=LADDER)) is None
    unsized = {"max": 5, "step_pct": 1.0}
    assert worst_case(a_strategy(base_order=BASE, safety_orders=unsized)).amount == 50
    assert worst_case(a_strategy(base_order=BASE, safety_orders={"max": 0})).amount == 50


@given(
    st.floats(1e-9, 1e300),
    st.integers(0, 200),
    st.floats(1e-9, 1e300),
    st.floats(0.1, 10),
    st.integers(1, 10000),
)
def test_no_numbers_make_it_raise_and_more_never_takes_less(base, count, size, scale, trades):
    ladder = {"max": count, "size": size, "volume_scale": scale, "step_pct": 1.0}
    declared = {"base_order": {"size": base, "currency": "USDT"}, "max_open_trades": trades}
    less = worst_case(a_strategy(**declared))
    more = worst_case(a_strategy(**declared, safety_orders=ladder))
    assert more.amount >= less.amount >= base


def test_orders_that_can_take_more_than_the_limit_are_told_with_the_arithmetic():
    ladder = {"base_order": BASE, "safety_orders": LADDER}
    assert found(**ladder, margin_limit=usdt(423)) == []
    ((place, message, arithmetic),) = found(**ladder, margin_limit=usdt(400))
    assert (place, message) == (("margin_limit",), "its orders can take more than margin_limit")
    assert arithmetic == (
        "(50 + 372.08 for 5 add-buys from 50 on, each x 1.2) = 422.08 USDT, more than 400"
    )


@pytest.mark.parametrize(
    "limit", [None, ratio(0.01), {"amount": 1.0, "currency": "BTC"}], ids=["none", "ratio", "coin"]
)
def test_what_cannot_be_compared_exceeds_nothing(limit):
    assert found(base_order=BASE, margin_limit=limit) == []


def test_binary_fractions_exceed_nothing():
    third = {"size": 0.1, "currency": "USDT"}
    assert found(base_order=third, max_open_trades=3, margin_limit=usdt(0.3)) == []


@pytest.mark.parametrize(
    ("level", "strategy", "place", "arithmetic"),
    [
        ({}, PERP | {"leverage": 3.5}, ("leverage",), "3.5, more than 3"),
        ({"max_open_trades": 2}, {"max_open_trades": 3}, ("max_open_trades",), "3, more than 2"),
        ({"max_open_trades": 2}, {}, ("max_open_trades",), ""),
        (
            {"max_safety_orders": 4},
            {"safety_orders": LADDER},
            ("safety_orders", "max"),
            "5, more than 4",
        ),
        (
            {"max_margin": usdt(400)},
            {"margin_limit": usdt(500)},
            ("margin_limit",),
            "500, more than 400 USDT",
        ),
        (
            {"max_margin": ratio(0.3)},
            {"margin_limit": ratio(0.5)},
            ("margin_limit",),
            "0.5, more than 0.3 of the balance",
        ),
        ({"max_margin": ratio(0.3)}, {"margin_limit": usdt(1)}, ("margin_limit",), ""),
        ({"max_margin": usdt(400)}, {}, ("margin_limit",), ""),
    ],
)
def test_a_risk_level_limits_more_than_leverage(level, strategy, place, arithmetic):
    ((where, message, words),) = found(level, **strategy)
    assert (where, words) == (place, arithmetic)
    assert "risk level" in message
    assert "policy.risk_levels.moderate." in message


@pytest.mark.parametrize(
    ("level", "strategy"),
    [
        ({"max_open_trades": 2}, {"max_open_trades": 2}),
        ({"max_safety_orders": 5}, {"safety_orders": LADDER}),
        ({"max_safety_orders": 0}, {}),
        ({"max_margin": usdt(400)}, {"margin_limit": usdt(400)}),
        ({"max_margin": ratio(0.3)}, {"margin_limit": ratio(0.3)}),
    ],
)
def test_what_is_within_its_risk_level_exceeds_nothing(level, strategy):
    assert found(level, **strategy) == []


def many(*limits, **strategy):
    return [
        a_strategy(f"s{index}", margin_limit=limit, **strategy)
        for index, limit in enumerate(limits)
    ]


def test_strategies_of_a_connection_share_its_limit():
    assert overdrawn(Money(**usdt(500)), many(usdt(200), usdt(300))) is None
    excess = overdrawn(Money(**usdt(500)), many(usdt(200), usdt(350)))
    assert excess.message == "the strategies of its connection exceed its margin_limit"
    assert excess.arithmetic == "s0 200 + s1 350 = 550, more than 500 USDT"
    excess = overdrawn(BalanceRatio(balance_ratio=0.5), many(ratio(0.3), ratio(0.3)))
    assert excess.arithmetic == "s0 0.3 + s1 0.3 = 0.6, more than 0.5 of the balance"


def test_a_strategy_that_is_off_takes_nothing():
    limit = Money(**usdt(500))
    assert overdrawn(limit, many(usdt(400), usdt(400), enabled=False)) is None


def test_a_strategy_without_a_limit_counts_with_its_worst_case_where_that_is_known():
    limit = Money(**usdt(100))
    known = a_strategy(base_order=BASE, max_open_trades=3)
    assert overdrawn(limit, [known]).arithmetic == "btc-grid 150 = 150, more than 100 USDT"
    for open_ended in (
        a_strategy(),
        a_strategy(base_order=BASE),
        a_strategy(base_order=BASE, max_open_trades=1, safety_orders={"max": 1, "step_pct": 1.0}),
        a_strategy(base_order={"size": 1.0, "currency": "BTC"}, max_open_trades=1),
        a_strategy(margin_limit=ratio(0.1)),
    ):
        excess = overdrawn(limit, [open_ended])
        assert "needs one like it" in excess.message
        assert excess.arithmetic == "without: btc-grid"


def test_a_long_sum_is_cut_short():
    excess = overdrawn(Money(**usdt(5)), many(*[usdt(1)] * 7))
    assert excess.arithmetic == (
        "s0 1 + s1 1 + s2 1 + s3 1 + s4 1 + 2 more 2 = 7, more than 5 USDT"
    )
    excess = overdrawn(Money(**usdt(5)), many(*[None] * 7))
    assert excess.arithmetic == "without: s0, s1, s2, s3, s4, 2 more"


def test_shares_of_more_than_the_whole_balance_are_told():
    assert overcommitted(many(ratio(0.5), ratio(0.5), usdt(9))) == ""
    assert overcommitted(many(ratio(0.7), ratio(0.5))) == "s0 0.7 + s1 0.5 = 1.2, more than 1"


@pytest.mark.parametrize(
    ("value", "text"),
    [(50.0, "50"), (0.1 + 0.2, "0.3"), (1e-5, "0.00001"), (1e20, "1e+20"), (100.0, "100")],
)
def test_a_number_is_written_as_people_do(value, text):
    assert number(value) == text
