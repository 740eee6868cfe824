"""Bybit: lists of words that count only where the key may write."""

from datetime import UTC, datetime

import pytest

from bf_reconciler.exchanges import EXCHANGES, Unexpected
from bf_reconciler.facts import Balance, Orders, Scope
from exchanges.bodies import odd_field
from exchanges.cases import CASES

ROW = EXCHANGES["bybit"]
NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)
CATEGORIES = ("Spot", "ContractTrade", "Wallet", "Earn", "Exchange", "FiatP2P")


def ok(result):
    return {"retCode": 0, "retMsg": "OK", "result": result, "time": 1688639403423}


def key(words=None, **changes):
    said = {category: [] for category in CATEGORIES} | (words or {})
    return ok({"readOnly": 0, "permissions": said, "ips": ["*"]} | changes)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "retCode"),
        ({"retCode": "0", "result": {}}, "permissions"),
        ({"retCode": 10003, "result": {}}, "retCode"),
        ({"retCode": 0}, "result"),
        (ok([]), "result"),
        (ok({}), "permissions"),
        (ok({"permissions": {}}), "readOnly"),
        (key(readOnly=2), "readOnly"),
        (key(permissions=["Spot"]), "permissions"),
        (key({"Wallet": None}), "permissions"),
        (key({"Wallet": [7]}), "permissions"),
        (key({"Wallet": ["<b>"]}), "permissions"),
        (key(ips=[7]), "ips"),
        (key(ips=["here"]), "ips"),
        (key(expiredAt="tomorrow"), "expiredAt"),
        (key(expiredAt="9999-12-31T00:00:00Z"), "expiredAt"),
    ],
)
def test_another_shape_is_unexpected_and_names_the_field_alone(body, field):
    assert odd_field(ROW.calls.key.read, body, NOW) == field


@pytest.mark.parametrize(
    ("category", "word", "scope"),
    [
        ("Spot", "SpotTrade", Scope.SPOT),
        ("ContractTrade", "Order", Scope.FUTURES),
        ("Wallet", "AccountTransfer", Scope.TRANSFER),
        ("Wallet", "SubMemberTransfer", Scope.TRANSFER),
        ("Wallet", "SubMemberTransferList", Scope.TRANSFER),
        ("Earn", "Earn", Scope.EARN),
        ("Exchange", "ExchangeHistory", Scope.OTHER),
        ("Options", "OptionsTrade", Scope.OTHER),
        ("CopyTrading", "CopyTrading", Scope.OTHER),
        ("BlockTrade", "BlockTrade", Scope.OTHER),
        ("FiatP2P", "FiatP2POrder", Scope.PAY),
        ("FiatP2P", "Advertising", Scope.PAY),
        ("FiatBitPay", "FaitPayOrder", Scope.PAY),
        ("FiatConvertBroker", "FiatConvertBrokerOrder", Scope.PAY),
        ("BitCard", "BitCard", Scope.PAY),
    ],
)
def test_a_word_counts_only_where_the_key_may_write(category, word, scope):
    assert ROW.calls.key.read(key({category: [word]}), NOW).allows(scope) is True
    assert ROW.calls.key.read(key({category: [word]}, readOnly=1), NOW).allows(scope) is False
    assert ROW.calls.key.read(key(), NOW).allows(scope) is False


@pytest.mark.parametrize("read_only", [0, 1])
def test_withdrawal_is_granted_wherever_its_word_stands(read_only):
    facts = ROW.calls.key.read(key({"Wallet": ["Withdraw"]}, readOnly=read_only), NOW)
    assert facts.allows(Scope.WITHDRAW) is True


@pytest.mark.parametrize(
    ("category", "word"),
    [
        ("Derivatives", "DerivativesTrade"),
        ("ContractTrade", "Position"),
        ("Options", "OptionsTrade"),
    ],
)
def test_words_that_do_not_decide_futures_leave_them_open(category, word):
    assert ROW.calls.key.read(key({category: [word]}), NOW).allows(Scope.FUTURES) is None
    assert (
        ROW.calls.key.read(key({category: [word]}, readOnly=1), NOW).allows(Scope.FUTURES) is False
    )


@pytest.mark.parametrize(("master", "rewrites"), [(True, True), (False, None), (None, None)])
def test_a_key_of_the_main_account_that_transfers_may_change_itself(master, rewrites):
    body = key({"Wallet": ["AccountTransfer"]}, isMaster=master)
    assert ROW.calls.key.read(body, NOW).allows(Scope.ACCOUNT) is rewrites
    assert ROW.calls.key.read(key(isMaster=master), NOW).allows(Scope.ACCOUNT) is False


@pytest.mark.parametrize(
    ("ips", "bound", "listed"),
    [
        (["*"], False, ()),
        ([], False, ()),
        (None, None, None),
        (["203.0.113.7", "2001:db8::7"], True, ("203.0.113.7", "2001:db8::7")),
    ],
)
def test_a_star_alone_is_no_allowlist(ips, bound, listed):
    facts = ROW.calls.key.read(key(ips=ips), NOW)
    assert (facts.ip_bound, facts.ips) == (bound, listed)


@pytest.mark.parametrize("end", [None, "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_an_end_long_ago_is_none(end):
    assert ROW.calls.key.read(key(expiredAt=end), NOW).expires_at is None


def test_time_balance_and_orders_are_read():
    times = {"timeSecond": "1688639403", "timeNano": "1688639403423213947"}
    assert ROW.calls.time.read(ok(times)) == 1688639403423
    assert ROW.calls.balance.read(ok({"list": []})) == Balance(empty=True)
    assert ROW.calls.balance.read(ok({"list": [{"coin": []}]})) == Balance(empty=True)
    coins = [{"coin": "USDT", "walletBalance": "0"}, {"coin": "BTC", "walletBalance": "-0.1"}]
    assert ROW.calls.balance.read(ok({"list": [{"coin": coins}]})) == Balance(empty=False)
    assert ROW.calls.orders.read(ok({"list": [{"orderId": "1"}]})) == Orders()


@pytest.mark.parametrize(
    "result", [{}, {"list": {}}, {"list": [{}]}, {"list": [{"coin": [{"walletBalance": "x"}]}]}]
)
def test_a_balance_of_another_form_is_unexpected(result):
    with pytest.raises(Unexpected):
        ROW.calls.balance.read(ok(result))


@pytest.mark.parametrize("body", ["<html>502</html>", "", {"retCode": 0}])
def test_a_page_or_body_that_says_nothing_known_is_no_refusal(body):
    assert ROW.refusals.read(body) is None


def test_our_address_is_never_told():
    assert ROW.refusals.address("Unmatched IP 203.0.113.7") is None


def test_each_environment_has_its_host():
    bases = [ROW.within(name).environment.base for name in ROW.environments]
    assert bases == [None, "https://api-testnet.bybit.com", "https://api-demo.bybit.com"]


def test_a_pair_is_spelled_without_a_dash():
    assert [ROW.markets.spelling.symbol(pair) for pair in ("ETH/BTC", "BTC/USDT:USDT")] == [
        "ETHBTC",
        "BTCUSDT",
    ]


@pytest.mark.parametrize("kind", ROW.markets.lists)
def test_an_error_is_no_list_of_markets(kind):
    body = CASES["bybit"].market(kind)["body"] | {"retCode": 10016}
    with pytest.raises(Unexpected):
        ROW.markets.lists[kind].read(body)


def test_a_list_that_has_more_pages_is_not_whole():
    body = CASES["bybit"].market("futures")["body"]
    body["result"]["nextPageCursor"] = "first%3D..."
    with pytest.raises(Unexpected, match="nextPageCursor"):
        ROW.markets.lists["futures"].read(body)
