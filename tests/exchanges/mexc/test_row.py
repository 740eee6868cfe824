"""MEXC: words of a key, times in text, and an expiry that is told in days."""

import copy
from datetime import UTC, datetime

import pytest

from bf_reconciler.exchanges import EXCHANGES, Refusal, Unexpected
from bf_reconciler.facts import Balance, Orders, Scope
from exchanges.bodies import odd_field
from exchanges.cases import CASES

ROW = EXCHANGES["mexc"]
NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)


def key(**data):
    good = {
        "permissions": "SPOT_ACCOUNT_READ",
        "createTime": "2026-09-14T18:53:36.000+00:00",
        "remainingValidity": 82,
        "ipWhiteList": "",
        "status": "VALID",
    }
    return {**good, **data}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "permissions"),
        (key(status="EXPIRED"), "status"),
        (key(status=None), "status"),
        (key(permissions=None), "permissions"),
        (key(permissions=""), "permissions"),
        (key(remainingValidity=True), "remainingValidity"),
        (key(remainingValidity=10**9), "remainingValidity"),
    ],
)
def test_another_shape_is_unexpected_and_names_the_field_alone(body, field):
    assert odd_field(ROW.calls.key.read, body, NOW) == field


@pytest.mark.parametrize("word", ["SPOT_WITHDRAW_WRITE", "SPOT_WITHDRAW_W"])
def test_two_spellings_of_withdrawal_both_grant_it(word):
    facts = ROW.calls.key.read(key(permissions=f"SPOT_DEAL_READ,{word}"), NOW)
    assert facts.allows(Scope.WITHDRAW) is True


def test_an_unknown_word_takes_no_granted_right_back():
    facts = ROW.calls.key.read(key(permissions="SPOT_PAYOUT_W,SPOT_WITHDRAW_W"), NOW)
    assert facts.allows(Scope.WITHDRAW) is True
    assert facts.allows(Scope.SPOT) is None


@pytest.mark.parametrize("hour", [0, 7, 15, 23])
def test_an_expiry_that_is_told_in_days_stays_the_same_all_day(hour):
    body = key(createTime=None, remainingValidity=3)
    facts = ROW.calls.key.read(body, NOW.replace(hour=hour))
    assert facts.expires_at == datetime(2026, 9, 26, tzinfo=UTC)


def test_the_time_is_epoch_milliseconds():
    assert ROW.calls.time.read({"serverTime": 1645539742000}) == 1645539742000


@pytest.mark.parametrize("value", ["soon", 1.5, True, None, 0, -1, 10**20])
def test_a_time_of_another_form_is_unexpected(value):
    with pytest.raises(Unexpected):
        ROW.calls.time.read({"serverTime": value})


@pytest.mark.parametrize(
    ("amounts", "empty"), [([], True), (["0", "0.000"], True), (["0", "0.1"], False)]
)
def test_an_empty_balance_is_a_balance(amounts, empty):
    assets = [{"asset": "USDT", "free": "0", "locked": amount} for amount in amounts]
    assert ROW.calls.balance.read({"balances": assets}) == Balance(empty)


@pytest.mark.parametrize("amount", [True, [], "much", "NaN", "Infinity"])
def test_an_amount_that_is_none_is_unexpected(amount):
    with pytest.raises(Unexpected):
        ROW.calls.balance.read({"balances": [{"free": "1", "locked": amount}]})


def test_what_is_said_of_the_account_is_not_held_against_the_key():
    account = {"canTrade": False, "canWithdraw": True, "permissions": ["SPOT"], "balances": []}
    assert ROW.calls.balance.read(account) == Balance(empty=True)


def test_open_orders_are_read_whatever_they_are():
    assert ROW.calls.orders.read([]) == ROW.calls.orders.read([{"orderId": "1"}]) == Orders()


@pytest.mark.parametrize(
    ("pair", "symbol"),
    [
        ("BTC/USDT", "BTCUSDT"),
        ("ETH/BTC", "ETHBTC"),
        ("1000BONK/USDT:USDT", "BTCUSDT"),
    ],
)
def test_a_pair_is_spelled_as_the_spot_market_spells_it(pair, symbol):
    assert ROW.markets.spelling.symbol(pair) == symbol


@pytest.mark.parametrize("body", [body for body, *_ in CASES["mexc"].errors])
def test_an_error_gives_its_code_and_its_text(body):
    assert ROW.refusals.read(body) == Refusal(str(body["code"]), body["msg"])


def test_an_answer_that_is_well_is_no_refusal():
    for code in (0, 200, "0", "200"):
        assert ROW.refusals.read({"code": code}) is None


def test_the_maintenance_body_calls_its_text_message():
    body = {"code": 500, "message": "Under maintenance", "announcement": "https://www.mexc.com"}
    assert ROW.refusals.read(body) == Refusal("500", "Under maintenance")


@pytest.mark.parametrize(
    ("kind", "field", "value", "trades"),
    [
        ("spot", "tradeSideType", 1, True),
        ("spot", "tradeSideType", "1", True),
        ("spot", "tradeSideType", 2, False),
        ("spot", "tradeSideType", "4", False),
        ("futures", "apiAllowed", True, True),
        ("futures", "apiAllowed", False, False),
        ("futures", "apiAllowed", "false", False),
    ],
    ids=repr,
)
def test_a_market_that_is_closed_to_the_api_or_to_one_side_does_not_trade(
    kind, field, value, trades
):
    known = CASES["mexc"].market(kind)
    body = copy.deepcopy(known["body"])
    rows = body["symbols"] if kind == "spot" else body["data"]
    pair = next(pair for pair, on in known["pairs"].items() if on)
    for row in rows:
        row[field] = value
    assert ROW.markets.lists[kind].read(body)[pair] is trades
