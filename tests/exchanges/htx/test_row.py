"""HTX: a code of success that nobody else checks, and the days a key has left."""

from datetime import UTC, datetime

import pytest

from bf_reconciler.exchanges import EXCHANGES, Refusal, Unexpected
from bf_reconciler.facts import Balance, Orders, Scope
from exchanges.bodies import odd_field
from exchanges.cases import CASES

ROW = EXCHANGES["htx"]
NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)
KEY = {"status": "normal", "permission": "readOnly,trade", "ipAddresses": "", "validDays": -1}


def ok(data):
    return {"code": 200, "message": "success", "data": data, "ok": True}


def key(**changes):
    return ok([{**KEY, **changes}])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "code"),
        ({"status": "ok", "data": [KEY]}, "code"),
        ({"code": True, "data": [KEY]}, "code"),
        ({"code": 1002, "data": [KEY]}, "code"),
        (ok(None), "data"),
        (ok([]), "data"),
        (ok([KEY, KEY]), "data"),
        (ok(KEY), "data"),
        (key(status="expired"), "status"),
        (key(status=None), "status"),
        (key(permission=None), "permission"),
        (key(permission=""), "permission"),
        (key(ipAddresses={}), "ipAddresses"),
        (key(ipAddresses="anywhere"), "ipAddresses"),
        (key(validDays=True), "validDays"),
        (key(validDays=-2), "validDays"),
        (key(validDays=10**9), "validDays"),
    ],
)
def test_another_shape_is_unexpected_and_names_the_field_alone(body, field):
    assert odd_field(ROW.calls.key.read, body, NOW) == field


MINE, OTHER = "160bb889-b7aaaabe-e0aaaaf5-ghxertfvbf", "160bb889-b7bbbbbe-e0bbbbf5-ghxertfvbf"
MASKED = "160bb889-b7XXXXbe-e0XXXXf5-ghxertfvbf"


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ((MINE, OTHER), 1),
        ((MASKED, "another-XXXX"), 1),
        ((MASKED, MASKED), 2),
        (("X" * len(MINE), OTHER), 0),
        ((None, OTHER), 0),
    ],
)
def test_of_several_keys_the_one_that_asks_is_read(shown, found):
    body = ok([{**KEY, "accessKey": each} for each in shown])
    own = ROW.calls.own(body, MINE)
    assert [key["accessKey"] for key in own["data"]] == list(shown[:found])
    assert (odd_field(ROW.calls.key.read, own, NOW) == "data") is (found != 1)


def test_a_key_alone_is_the_one_that_was_asked_for():
    assert ROW.calls.own(key(accessKey="masked"), MINE)["data"] == [{**KEY, "accessKey": "masked"}]


def test_one_right_to_trade_leaves_futures_margin_and_transfers_undecided():
    trades = ROW.calls.key.read(key(), NOW)
    reads = ROW.calls.key.read(key(permission="readOnly"), NOW)
    for scope in (Scope.FUTURES, Scope.MARGIN, Scope.TRANSFER):
        assert (trades.allows(scope), reads.allows(scope)) == (None, False)


def test_the_user_s_number_is_a_number_and_nothing_else():
    assert (ROW.calls.first.param, ROW.calls.first.read(ok(63628520))) == ("uid", "63628520")
    for body in (ok(None), ok(True), ok([1]), {"code": 1002, "data": 1}, []):
        with pytest.raises(Unexpected):
            ROW.calls.first.read(body)


@pytest.mark.parametrize("hour", [0, 7, 15, 23])
def test_an_expiry_that_is_told_in_days_stays_the_same_all_day(hour):
    facts = ROW.calls.key.read(key(validDays=3), NOW.replace(hour=hour))
    assert facts.expires_at == datetime(2026, 9, 26, tzinfo=UTC)


@pytest.mark.parametrize("days", [None, -1])
def test_a_key_without_a_count_of_days_has_no_known_end(days):
    assert ROW.calls.key.read(key(validDays=days), NOW).expires_at is None


def test_the_time_is_epoch_milliseconds():
    assert ROW.calls.time.read({"status": "ok", "data": 1637504261099}) == 1637504261099
    for body in ({"data": 1637504261099}, {"status": "ok", "data": "soon"}):
        with pytest.raises(Unexpected):
            ROW.calls.time.read(body)


@pytest.mark.parametrize(("worth", "empty"), [("0", True), ("0.00", True), ("34.75", False)])
def test_an_account_that_is_worth_nothing_is_empty(worth, empty):
    assert ROW.calls.balance.read(ok({"balance": worth, "timestamp": 1594901254363})) == Balance(
        empty
    )


@pytest.mark.parametrize(
    "body", [ok(None), ok([]), ok({}), ok({"balance": True}), {"data": {"balance": "1"}}]
)
def test_a_balance_of_another_form_is_unexpected(body):
    with pytest.raises(Unexpected):
        ROW.calls.balance.read(body)


def test_open_orders_are_read_whatever_they_are():
    for orders in ([], [{"id": 1}]):
        assert ROW.calls.orders.read({"status": "ok", "data": orders}) == Orders()
    with pytest.raises(Unexpected):
        ROW.calls.orders.read({"status": "ok", "data": None})


def test_an_answer_that_is_well_is_no_refusal():
    for body in (ok([]), {"code": "200"}, {"status": "ok", "data": []}):
        assert ROW.refusals.read(body) is None


def test_a_word_of_an_error_that_nobody_knows_is_not_passed_on():
    for code in ("SENTINEL", ["x"], None):
        assert ROW.refusals.read({"status": "error", "err-code": code, "err-msg": 7}) == Refusal(
            "", ""
        )


def test_a_pair_is_spelled_as_the_spot_market_spells_it():
    assert ROW.markets.spelling.symbol("ETH/BTC") == "ethbtc"
    assert ROW.markets.spelling.symbol("BTC/USDT:USDT") == "btcusdt"


@pytest.mark.parametrize("kind", ROW.markets.lists)
def test_an_error_is_no_list_of_markets(kind):
    body = CASES["htx"].market(kind)["body"] | {"status": "error"}
    with pytest.raises(Unexpected):
        ROW.markets.lists[kind].read(body)


def test_the_spot_account_is_found_among_others():
    other = ROW.calls.other_balance
    rows = [{"id": 1, "type": "margin"}, {"id": 63628520, "type": "spot"}]
    assert other.first.read({"status": "ok", "data": rows}) == "63628520"
    for body in ({"status": "ok", "data": []}, {"status": "ok", "data": rows[:1]}):
        with pytest.raises(Unexpected):
            other.first.read(body)


@pytest.mark.parametrize(("amount", "empty"), [("0", True), ("0.5", False)])
def test_the_amounts_of_an_account_are_what_trades_and_what_is_frozen(amount, empty):
    rows = [
        {"currency": "usdt", "type": t, "balance": b}
        for t, b in (("trade", "0"), ("frozen", amount))
    ]
    told = {"status": "ok", "data": {"id": 1, "type": "spot", "list": rows}}
    assert ROW.calls.other_balance.query.read(told) == Balance(empty=empty)
