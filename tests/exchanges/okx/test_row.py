"""OKX: one word for all trading, and the account that decides what it covers."""

from datetime import UTC, datetime

import pytest

from bf_reconciler.exchanges import EXCHANGES, Unexpected
from bf_reconciler.facts import Balance, Orders, Scope
from exchanges.bodies import odd_field

ROW = EXCHANGES["okx"]
NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)


def ok(*data):
    return {"code": "0", "data": list(data), "msg": ""}


def config(**changes):
    return ok({"perm": "read_only,trade", "acctLv": "1", "ip": ""} | changes)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "code"),
        ({"code": "0"}, "data"),
        (ok(), "data"),
        (ok({}, {}), "data"),
        (ok({}), "perm"),
        (config(perm=""), "perm"),
        (config(perm="<b>"), "perm"),
        (config(ip="here, there"), "ip"),
    ],
)
def test_another_shape_is_unexpected_and_names_the_field_alone(body, field):
    assert odd_field(ROW.calls.key.read, body, NOW) == field


@pytest.mark.parametrize(
    ("mode", "futures", "margin"),
    [
        ("1", False, None),
        ("2", True, True),
        ("3", True, True),
        ("4", True, True),
        ("5", None, None),
        (None, None, None),
    ],
)
def test_the_mode_of_the_account_decides_what_trade_covers(mode, futures, margin):
    facts = ROW.calls.key.read(config(acctLv=mode), NOW)
    assert (facts.allows(Scope.FUTURES), facts.allows(Scope.MARGIN)) == (futures, margin)
    assert facts.allows(Scope.SPOT) is True
    assert facts.allows(Scope.TRANSFER) is None


@pytest.mark.parametrize("mode", ["1", "2", "5"])
def test_a_key_without_trade_trades_nothing_in_any_mode(mode):
    facts = ROW.calls.key.read(config(acctLv=mode, perm="read_only"), NOW)
    assert facts.denied == set(Scope) & {
        *(Scope.SPOT, Scope.MARGIN, Scope.FUTURES, Scope.TRANSFER, Scope.WITHDRAW)
    }


def test_dates_of_a_key_are_not_told():
    facts = ROW.calls.key.read(config(), NOW)
    assert (facts.created_at, facts.expires_at) == (None, None)


@pytest.mark.parametrize("value", ["", "1.5", "-1", "0", "soon", None, "9" * 15])
def test_a_time_of_another_form_is_unexpected(value):
    assert ROW.calls.time.read(ok({"ts": "1597026383085"})) == 1597026383085
    with pytest.raises(Unexpected):
        ROW.calls.time.read(ok({"ts": value}))


@pytest.mark.parametrize(
    ("amounts", "empty"), [([], True), (["0", "0.00"], True), (["0", "-0.1"], False)]
)
def test_an_empty_balance_is_a_balance(amounts, empty):
    details = [{"ccy": "USDT", "cashBal": amount} for amount in amounts]
    assert ROW.calls.balance.read(ok({"totalEq": "0", "details": details})) == Balance(empty)


@pytest.mark.parametrize("body", [ok(), ok({}), ok({"details": [{"cashBal": "x"}]})])
def test_a_balance_of_another_form_is_unexpected(body):
    with pytest.raises(Unexpected):
        ROW.calls.balance.read(body)


def test_open_orders_are_read_whatever_they_are():
    assert ROW.calls.orders.read(ok()) == ROW.calls.orders.read(ok({"ordId": "1"}, {})) == Orders()


def test_only_a_header_leads_to_the_demo():
    demo = ROW.within("demo")
    assert demo.environment.headers == {"x-simulated-trading": "1"}
    assert (demo.environment.base, demo.calls.key.call, demo.calls.key.read) == (
        None,
        ROW.calls.key.call,
        ROW.calls.key.read,
    )


def test_a_pair_is_spelled_with_a_dash():
    assert [ROW.markets.spelling.symbol(pair) for pair in ("ETH/BTC", "BTC/USDT:USDT")] == [
        "ETH-BTC",
        "BTC-USDT",
    ]


@pytest.mark.parametrize(
    ("mode", "borrows", "margin"),
    [
        *(("1", False, False), ("1", True, None), ("1", None, None), ("1", "odd", None)),
        ("2", False, True),
    ],
)
def test_an_account_in_spot_mode_that_may_not_borrow_has_no_margin(mode, borrows, margin):
    facts = ROW.calls.key.read(config(acctLv=mode, enableSpotBorrow=borrows), NOW)
    assert facts.allows(Scope.MARGIN) is margin
