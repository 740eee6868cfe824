"""Time, balance and orders of every row, and what is no answer of the kind."""

import pytest

from bf_reconciler.exchanges import EXCHANGES, Unexpected
from bf_reconciler.facts import Balance, Orders

KUCOIN, MEXC = EXCHANGES["kucoin"], EXCHANGES["mexc"]


def ku(data):
    return {"code": "200000", "data": data}


def test_the_time_is_epoch_milliseconds():
    assert KUCOIN.calls.time.read(ku(1729100692873)) == 1729100692873
    assert MEXC.calls.time.read({"serverTime": 1645539742000}) == 1645539742000


@pytest.mark.parametrize("value", ["1729100692873", 1.5, True, None, 0, -1, 10**20])
def test_a_time_of_another_form_is_unexpected(value):
    with pytest.raises(Unexpected):
        KUCOIN.calls.time.read(ku(value))
    with pytest.raises(Unexpected):
        MEXC.calls.time.read({"serverTime": value})


@pytest.mark.parametrize(
    ("amounts", "empty"), [([], True), (["0", "0.000"], True), (["0", "0.1"], False)]
)
def test_an_empty_balance_is_a_balance(amounts, empty):
    rows = [{"currency": "USDT", "balance": amount} for amount in amounts]
    assets = [{"asset": "USDT", "free": "0", "locked": amount} for amount in amounts]
    assert KUCOIN.calls.balance.read(ku(rows)) == Balance(empty)
    assert MEXC.calls.balance.read({"balances": assets}) == Balance(empty)


@pytest.mark.parametrize("amount", [None, 1, "", "much", "NaN", "Infinity"])
def test_an_amount_that_is_none_is_unexpected(amount):
    with pytest.raises(Unexpected):
        KUCOIN.calls.balance.read(ku([{"balance": amount}]))
    with pytest.raises(Unexpected):
        MEXC.calls.balance.read({"balances": [{"free": "1", "locked": amount}]})


def test_what_mexc_says_of_the_account_is_not_held_against_the_key():
    account = {"canTrade": False, "canWithdraw": True, "permissions": ["SPOT"], "balances": []}
    assert MEXC.calls.balance.read(account) == Balance(empty=True)


def test_open_orders_are_read_whatever_they_are():
    order = {"orderId": "1"}
    assert KUCOIN.calls.orders.read(ku([])) == KUCOIN.calls.orders.read(ku([order])) == Orders()
    assert MEXC.calls.orders.read([]) == MEXC.calls.orders.read([order]) == Orders()


@pytest.mark.parametrize("body", [None, {}, {"code": "200000", "data": {}}, [1], "text"])
def test_orders_of_another_form_are_unexpected(body):
    for row in EXCHANGES.values():
        with pytest.raises(Unexpected):
            row.calls.orders.read(body)


@pytest.mark.parametrize(
    ("pair", "kucoin", "mexc"),
    [
        ("BTC/USDT", "BTC-USDT", "BTCUSDT"),
        ("ETH/BTC", "ETH-BTC", "ETHBTC"),
        ("1000BONK/USDT:USDT", "BTC-USDT", "BTCUSDT"),
    ],
)
def test_a_pair_is_spelled_as_the_exchange_s_spot_market_spells_it(pair, kucoin, mexc):
    assert (KUCOIN.markets.spelling.symbol(pair), MEXC.markets.spelling.symbol(pair)) == (
        kucoin,
        mexc,
    )
