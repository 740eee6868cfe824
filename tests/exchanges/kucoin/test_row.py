"""KuCoin: words of a key with commas between, and two words for one right."""

from datetime import UTC, datetime

import pytest

from bf_reconciler.exchanges import EXCHANGES, Refusal, Unexpected
from bf_reconciler.facts import Balance, Orders, Scope
from exchanges.bodies import odd_field
from exchanges.cases import CASES

ROW = EXCHANGES["kucoin"]
NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)


def ok(data):
    return {"code": "200000", "data": data}


def key(**data):
    good = {"permission": "General,Spot", "ipWhitelist": "203.0.113.7", "createdAt": 1728443843000}
    return ok({**good, **data})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "code"),
        ({"code": "200000"}, "data"),
        ({"code": "200000", "data": []}, "data"),
        ({"code": "200000", "data": {}}, "permission"),
        (key(permission=""), "permission"),
        (key(permission="General,<b>"), "permission"),
        (key(permission="A" * 65), "permission"),
        (key(ipWhitelist="none at all"), "ipWhitelist"),
    ],
)
def test_another_shape_is_unexpected_and_names_the_field_alone(body, field):
    assert odd_field(ROW.calls.key.read, body, NOW) == field


@pytest.mark.parametrize("word", ["Transfer", "Withdrawal"])
def test_two_words_for_withdrawal_both_grant_it(word):
    facts = ROW.calls.key.read(key(permission=f"General,{word}"), NOW)
    assert facts.allows(Scope.WITHDRAW) is True


def test_an_unknown_word_takes_no_granted_right_back():
    facts = ROW.calls.key.read(key(permission="General,Payout,Withdrawal"), NOW)
    assert facts.allows(Scope.WITHDRAW) is True
    assert facts.allows(Scope.SPOT) is None


def test_the_time_is_epoch_milliseconds():
    assert ROW.calls.time.read(ok(1729100692873)) == 1729100692873


@pytest.mark.parametrize("value", ["soon", 1.5, True, None, 0, -1, 10**20])
def test_a_time_of_another_form_is_unexpected(value):
    with pytest.raises(Unexpected):
        ROW.calls.time.read(ok(value))


@pytest.mark.parametrize(
    ("amounts", "empty"), [([], True), (["0", "0.000"], True), (["0", "0.1"], False)]
)
def test_an_empty_balance_is_a_balance(amounts, empty):
    rows = [{"currency": "USDT", "balance": amount} for amount in amounts]
    assert ROW.calls.balance.read(ok(rows)) == Balance(empty)


@pytest.mark.parametrize("amount", [True, [], "much", "NaN", "Infinity"])
def test_an_amount_that_is_none_is_unexpected(amount):
    with pytest.raises(Unexpected):
        ROW.calls.balance.read(ok([{"balance": amount}]))


def test_open_orders_are_read_whatever_they_are():
    assert (
        ROW.calls.orders.read(ok([])) == ROW.calls.orders.read(ok([{"orderId": "1"}])) == Orders()
    )


def test_orders_of_another_form_are_unexpected():
    with pytest.raises(Unexpected):
        ROW.calls.orders.read(ok({}))


@pytest.mark.parametrize(
    ("pair", "symbol"),
    [
        ("BTC/USDT", "BTC-USDT"),
        ("ETH/BTC", "ETH-BTC"),
        ("1000BONK/USDT:USDT", "BTC-USDT"),
    ],
)
def test_a_pair_is_spelled_as_the_spot_market_spells_it(pair, symbol):
    assert ROW.markets.spelling.symbol(pair) == symbol


@pytest.mark.parametrize("body", [body for body, *_ in CASES["kucoin"].errors])
def test_an_error_gives_its_code_and_its_text(body):
    assert ROW.refusals.read(body) == Refusal(body["code"], body["msg"])


def test_an_answer_that_is_well_is_no_refusal():
    assert ROW.refusals.read(ok({})) is None


@pytest.mark.parametrize(("amount", "empty"), [("0.0000", True), ("97.99", False)])
def test_the_unified_account_lists_its_currencies(amount, empty):
    read = ROW.calls.other_balance.query.read
    accounts = [{"currencies": []}, {"currencies": [{"currency": "USDT", "balance": amount}]}]
    told = {"code": "200000", "data": {"accountType": "UNIFIED", "accounts": accounts}}
    assert read(told) == Balance(empty=empty)
    with pytest.raises(Unexpected):
        read({"code": "200000", "data": {"accounts": [{"currencies": None}]}})
