"""Binance: what its flags say, what they do not, and where they cannot be asked for."""

from datetime import UTC, datetime

import pytest

from bf_reconciler.exchanges import EXCHANGES, Unexpected
from bf_reconciler.facts import Balance, KeyFacts, Orders, Scope

ROW = EXCHANGES["binance"]
NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)
ACCOUNT = {
    "canTrade": True,
    "canWithdraw": True,
    "permissions": ["SPOT"],
    "balances": [{"asset": "USDT", "free": "1.5", "locked": "0.00000000"}],
}


def flags(**changes):
    return {"ipRestrict": True, "enableReading": True, "enableWithdrawals": False} | changes


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "enableReading"),
        ({"enableReading": True}, "ipRestrict"),
        ({"ipRestrict": True}, "enableReading"),
        (ACCOUNT, "enableReading"),
        (flags(enableReading="true"), "enableReading"),
        (flags(enableWithdrawals=0), "enableWithdrawals"),
        (flags(ipRestrict="203.0.113.7"), "ipRestrict"),
        (flags(createTime="1698645219000"), "createTime"),
        (flags(createTime=0), "createTime"),
        (flags(tradingAuthorityExpirationTime=-1), "tradingAuthorityExpirationTime"),
        (flags(**{"<b>": True}), "body"),
    ],
)
def test_another_shape_is_unexpected_and_names_the_field_alone(body, field):
    with pytest.raises(Unexpected) as caught:
        ROW.read_key(body, NOW)
    assert str(caught.value) == field


@pytest.mark.parametrize("value", [True, "yes", 1, None, []])
def test_a_right_that_nobody_knows_denies_nothing(value):
    facts = ROW.read_key(flags(enablePayouts=value), NOW)
    assert facts.unknown_words == ("enablePayouts",)
    assert facts.denied == frozenset()


@pytest.mark.parametrize("more", [{"enablePayouts": False}, {"uid": 7}, {"label": "bot"}])
def test_a_field_that_grants_nothing_changes_nothing(more):
    assert ROW.read_key(flags(**more), NOW) == ROW.read_key(flags(), NOW)


@pytest.mark.parametrize("value", [None, "missing"])
def test_a_flag_that_is_not_there_says_nothing(value):
    body = flags() | {"enableWithdrawals": value}
    if value == "missing":
        del body["enableWithdrawals"]
    assert ROW.read_key(body, NOW).allows(Scope.WITHDRAW) is None


@pytest.mark.parametrize("one", ["permitsUniversalTransfer", "enableInternalTransfer"])
def test_transfers_are_denied_by_both_flags_and_granted_by_either(one):
    both = {"permitsUniversalTransfer": False, "enableInternalTransfer": False}
    assert ROW.read_key(flags(**both), NOW).allows(Scope.TRANSFER) is False
    assert ROW.read_key(flags(**{one: False}), NOW).allows(Scope.TRANSFER) is None
    assert ROW.read_key(flags(**both | {one: True}), NOW).allows(Scope.TRANSFER) is True


@pytest.mark.parametrize("futures", [True, False])
def test_portfolio_margin_leaves_a_futures_flag_that_is_off_undecided(futures):
    body = flags(enableFutures=futures, enablePortfolioMarginTrading=True)
    assert ROW.read_key(body, NOW).allows(Scope.FUTURES) is (True if futures else None)


@pytest.mark.parametrize(
    ("spot", "margin", "transfer"), [(True, True, None), (False, False, True), (None, None, None)]
)
def test_what_loans_are_good_for_is_said_by_the_flag_of_spot(spot, margin, transfer):
    facts = ROW.read_key(flags(enableMargin=True, enableSpotAndMarginTrading=spot), NOW)
    assert (facts.allows(Scope.MARGIN), facts.allows(Scope.TRANSFER)) == (margin, transfer)


def test_the_list_of_addresses_is_never_known():
    assert ROW.read_key(flags(), NOW).ips is None
    assert ROW.read_key(flags(ipRestrict=False), NOW).ips is None


@pytest.mark.parametrize("environment", ["testnet", "demo"])
def test_a_test_network_tells_no_right_to_trade(environment):
    there = ROW.within(environment)
    assert there.key == there.balance == ROW.balance
    assert there.read_key(ACCOUNT, NOW) == KeyFacts(
        frozenset({Scope.READ}), frozenset({Scope.WITHDRAW})
    )
    for body in (None, {}, [], flags(), {"balances": {}}):
        with pytest.raises(Unexpected):
            there.read_key(body, NOW)


def test_a_test_network_lists_no_futures_for_they_have_hosts_of_their_own():
    assert {name: set(ROW.within(name).markets) for name in ROW.environments} == {
        "live": {"spot", "futures"},
        "testnet": {"spot"},
        "demo": {"spot"},
    }


def test_time_balance_and_orders_are_read():
    assert ROW.read_time({"serverTime": 1499827319559}) == 1499827319559
    assert ROW.read_balance(ACCOUNT) == Balance(empty=False)
    assert ROW.read_balance({"balances": []}) == Balance(empty=True)
    assert ROW.read_orders([]) == ROW.read_orders([{"orderId": 1}]) == Orders()


@pytest.mark.parametrize("amount", [None, 1, "", "NaN"])
def test_an_amount_that_is_none_is_unexpected(amount):
    with pytest.raises(Unexpected):
        ROW.read_balance({"balances": [{"free": "0", "locked": amount}]})


def test_a_futures_pair_asks_for_a_spot_pair_that_exists():
    assert [ROW.symbol(pair) for pair in ("ETH/BTC", "1000BONK/USDT:USDT")] == ["ETHBTC", "BTCUSDT"]
