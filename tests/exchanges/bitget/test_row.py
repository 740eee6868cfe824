"""Bitget: two vocabularies of classic accounts, and the unified account."""

from datetime import UTC, datetime

import pytest

from bf_reconciler.exchanges import EXCHANGES, Unexpected
from bf_reconciler.facts import Balance, Orders, Reason, Scope
from exchanges.bodies import odd_field

ROW = EXCHANGES["bitget"]
OTHER = ROW.instead["40085"]
NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)


def ok(data):
    return {"code": "00000", "msg": "success", "requestTime": 1695808949356, "data": data}


def info(**changes):
    return ok({"ips": "203.0.113.7", "authorities": ["stow"]} | changes)


def unified(**changes):
    return ok({"ips": "", "permType": "read-and-write", "permissions": ["uta_trade"]} | changes)


@pytest.mark.parametrize(
    ("row", "body", "field"),
    [
        (ROW, [], "body"),
        (ROW, {}, "code"),
        (ROW, {"code": 0, "data": {}}, "code"),
        (ROW, {"code": "00000"}, "data"),
        (ROW, ok([]), "data"),
        (ROW, ok({}), "authorities"),
        (ROW, info(authorities=[]), "authorities"),
        (ROW, info(authorities=["stow", 7]), "authorities"),
        (ROW, info(authorities=["stow", "<b>"]), "authorities"),
        (ROW, info(ips=[7]), "ips"),
        (ROW, info(ips="here"), "ips"),
        (ROW, info(ips={}), "ips"),
        (ROW, unified(), "authorities"),
        (OTHER, info(), "permType"),
        (OTHER, unified(permType=None), "permType"),
        (OTHER, unified(permType="<b>"), "permType"),
        (OTHER, unified(permissions=None), "permissions"),
        (OTHER, unified(permissions=[]), "permissions"),
        (OTHER, unified(permissions={"uta_trade": True}), "permissions"),
        (OTHER, unified(ips=7), "ips"),
    ],
)
def test_another_shape_is_unexpected_and_names_the_field_alone(row, body, field):
    assert odd_field(row.calls.key.read, body, NOW) == field


@pytest.mark.parametrize("told", ["203.0.113.7", ["203.0.113.7"], "203.0.113.7,"])
@pytest.mark.parametrize(("row", "make"), [(ROW, info), (OTHER, unified)])
def test_an_allowlist_is_text_or_a_list(row, make, told):
    assert row.calls.key.read(make(ips=told), NOW).ips == ("203.0.113.7",)


@pytest.mark.parametrize("told", [None, "", []])
def test_an_allowlist_of_nothing_is_none(told):
    assert ROW.calls.key.read(info(ips=told), NOW).ip_bound is False


@pytest.mark.parametrize("kind", ["read-and-write", "read_and_write", "read_write"])
@pytest.mark.parametrize("word", ["uta_trade", "uta-trade"])
def test_hyphens_and_underscores_say_the_same(kind, word):
    facts = OTHER.calls.key.read(unified(permType=kind, permissions=[word]), NOW)
    assert (facts.allows(Scope.SPOT), facts.allows(Scope.WITHDRAW)) == (True, False)


@pytest.mark.parametrize(
    ("parent", "account"),
    [("", "main"), (None, "main"), ("7", "sub"), (98, "sub"), ([], None), ("odd", None)],
)
def test_a_parent_makes_a_sub_account(parent, account):
    assert OTHER.calls.key.read(unified(parentId=parent), NOW).account == account


@pytest.mark.parametrize(
    ("word", "scope"),
    [
        ("stow", Scope.SPOT),
        ("trade", Scope.SPOT),
        ("coow", Scope.FUTURES),
        ("cpow", Scope.FUTURES),
        ("smow", Scope.MARGIN),
        ("wtow", Scope.TRANSFER),
        ("chow", Scope.ACCOUNT),
        ("p2p", Scope.PAY),
        ("p2pw", Scope.PAY),
        ("ttow", Scope.OTHER),
        ("pllw", Scope.OTHER),
        ("wwow", Scope.WITHDRAW),
        ("withdraw", Scope.WITHDRAW),
        ("wallet_withdrawal", Scope.WITHDRAW),
        ("Withdraw", Scope.WITHDRAW),
    ],
)
def test_each_word_grants_its_right(word, scope):
    assert ROW.calls.key.read(info(authorities=[word, "stor"]), NOW).allows(scope) is True


def test_the_older_words_deny_nothing_that_they_do_not_name():
    facts = ROW.calls.key.read(info(authorities=["readonly"]), NOW)
    assert facts.denied == {Scope.SPOT}
    assert ROW.calls.key.read(info(authorities=["readonly", "trade"]), NOW).denied == frozenset()


def test_trading_is_one_right_in_a_unified_account():
    facts = OTHER.calls.key.read(unified(), NOW)
    assert {Scope.SPOT, Scope.MARGIN, Scope.FUTURES} <= facts.granted
    assert facts.allows(Scope.WITHDRAW) is False
    assert facts.allows(Scope.TRANSFER) is None


def test_a_withdrawal_counts_even_in_a_key_that_is_called_read_only():
    facts = OTHER.calls.key.read(unified(permType="read-only", permissions=["withdraw"]), NOW)
    assert facts.allows(Scope.WITHDRAW) is True


def test_a_unified_key_that_only_reads_may_list_nothing():
    facts = OTHER.calls.key.read(unified(permType="read-only", permissions=[]), NOW)
    assert facts.granted == {Scope.READ}
    assert facts.allows(Scope.WITHDRAW) is False


@pytest.mark.parametrize("kind", ["readonly", "full"])
def test_an_unknown_kind_of_key_denies_nothing(kind):
    facts = OTHER.calls.key.read(unified(permType=kind, permissions=["uta_mgt"]), NOW)
    assert (facts.granted, facts.denied, facts.unknown_words) == ({Scope.READ}, set(), (kind,))


def test_a_word_of_the_rights_is_no_known_kind_of_key():
    facts = OTHER.calls.key.read(unified(permType="uta_mgt", permissions=["uta_mgt"]), NOW)
    assert (facts.granted, facts.denied) == ({Scope.READ}, set())
    assert facts.unknown_words == ("permType uta_mgt",)


@pytest.mark.parametrize("row", [ROW, OTHER])
def test_an_allowlist_that_is_not_told_is_not_known(row):
    body = info() if row is ROW else unified()
    del body["data"]["ips"]
    facts = row.calls.key.read(body, NOW)
    assert (facts.ip_bound, facts.ips) == (None, None)


@pytest.mark.parametrize("value", ["", "1.5", "-1", "0", "soon", None, "9" * 15])
def test_a_time_of_another_form_is_unexpected(value):
    assert ROW.calls.time.read(ok({"serverTime": "1700111073740"})) == 1700111073740
    with pytest.raises(Unexpected):
        ROW.calls.time.read(ok({"serverTime": value}))


@pytest.mark.parametrize(("amount", "empty"), [("0", True), ("0.00000000", True), ("0.1", False)])
def test_an_empty_balance_is_a_balance(amount, empty):
    spot = {"coin": "USDT", "available": "0", "limitAvailable": "0", "frozen": amount}
    assert ROW.calls.balance.read(ok([spot | {"locked": "0"}])) == Balance(empty)
    asset = {"coin": "USDT", "balance": amount, "available": "0", "locked": "0"}
    assert OTHER.calls.balance.read(ok({"assets": [asset]})) == Balance(empty)
    assert (
        ROW.calls.balance.read(ok([]))
        == OTHER.calls.balance.read(ok({"assets": []}))
        == Balance(empty=True)
    )


@pytest.mark.parametrize("body", [ok({}), ok([{}]), ok({"assets": [{"balance": "0"}]})])
def test_a_balance_of_another_form_is_unexpected(body):
    for row in (ROW, OTHER):
        with pytest.raises(Unexpected):
            row.calls.balance.read(body)


def test_open_orders_are_read_whatever_they_are():
    assert (
        ROW.calls.orders.read(ok([])) == ROW.calls.orders.read(ok([{"orderId": "1"}])) == Orders()
    )
    for orders in ([], [{"orderId": "1"}], None):
        assert OTHER.calls.orders.read(ok({"list": orders, "cursor": None})) == Orders()
    with pytest.raises(Unexpected):
        OTHER.calls.orders.read(ok({}))


def test_the_code_of_a_unified_account_is_transient_and_leads_to_its_own_row():
    assert ROW.refusals.codes["40085"] is Reason.UNEXPECTED_RESPONSE
    assert set(ROW.instead) == {"40085"}
    assert OTHER.instead == {}


def test_only_a_header_leads_to_the_demo():
    for row in (ROW.within("demo"), ROW.within("demo").instead["40085"]):
        assert row.environment.headers == {"PAPTRADING": "1"}
        assert row.environment.base is None


def test_a_pair_is_spelled_without_a_mark():
    assert [ROW.markets.spelling.symbol(pair) for pair in ("ETH/BTC", "BTC/USDT:USDT")] == [
        "ETHBTC",
        "BTCUSDT",
    ]
