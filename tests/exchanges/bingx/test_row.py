"""BingX: both forms of a key's description, and what must never be read into them."""

from datetime import UTC, datetime

import pytest

from bf_reconciler.exchanges import EXCHANGES, Unexpected
from bf_reconciler.facts import Balance, Orders, Scope
from bf_reconciler.probe.budget import Budget
from exchanges.bodies import odd_field
from exchanges.cases import CASES

ROW = EXCHANGES["bingx"]
NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)


def ok(data):
    return {"code": 0, "msg": "", "timestamp": 1675319535362, "data": data}


WRONG = [
    ([], "body"),
    ({}, "permissions"),
    ({"code": 0}, "data"),
    ({"code": 100413, "data": {"permissions": [2]}}, "code"),
    ({"code": 0, "data": [{"permissions": [2]}]}, "data"),
    ({"data": {"permissions": [2]}}, "code"),
    ({"permissions": []}, "permissions"),
    ({"permissions": None}, "permissions"),
    ({"permissions": [2, None]}, "permissions"),
    ({"permissions": [2, 1.0]}, "permissions"),
    ({"permissions": [""]}, "permissions"),
    ({"permissions": ["<b>"]}, "permissions"),
    ({"permissions": [2], "ipAddresses": [1]}, "ipAddresses"),
    ({"permissions": [2], "ipAddresses": ["anywhere"]}, "ipAddresses"),
    ({"permissions": [2], "ipAddresses": ["1.1.1.1"], "ipRestrict": False}, "ipRestrict"),
    (ok({"enableWithdrawals": 7}), "enableWithdrawals"),
    (ok({"enableReading": True, "enableWithdrawals": []}), "enableWithdrawals"),
    (ok({"permissions": [2], "enableWithdrawals": None}), "enableWithdrawals"),
    (ok({"enableWithdrawals": None}), "enableWithdrawals"),
    (ok({"enableReading": True, "ipRestrict": "soon"}), "ipRestrict"),
    (ok({"ipRestrict": True}), "permissions"),
    (ok({"permissions": [2]}) | {"permissions": [2, 5]}, "permissions"),
    (ok({"permissions": [2]}) | {"enableNewThing": True}, "enableNewThing"),
    (ok({"permissions": [2]}) | {"ipAddresses": []}, "ipAddresses"),
]


@pytest.mark.parametrize(("body", "field"), WRONG)
def test_another_shape_is_unexpected_and_names_the_field_alone(body, field):
    assert odd_field(ROW.calls.key.read, body, NOW) == field


@pytest.mark.parametrize("told", [None, 7, "soon"])
def test_a_flag_of_another_form_takes_back_what_the_numbers_deny(told):
    facts = ROW.calls.key.read({"permissions": [1, 2], "enableWithdrawals": told}, NOW)
    assert (facts.allows(Scope.WITHDRAW), facts.allows(Scope.FUTURES)) == (None, False)


def test_a_no_by_name_stands_beside_a_flag_that_nobody_knows():
    told = {"enableReading": 1, "enableWithdrawals": "false", "enablePayouts": True}
    facts = ROW.calls.key.read(ok(told), NOW)
    assert (facts.allows(Scope.WITHDRAW), facts.unknown_words) == (False, ("enablePayouts",))


@pytest.mark.parametrize(
    ("told", "end"),
    [
        ("will be unblocked after 1727193814249", 1727193814249),
        ("can retry after time: 1727193970155", 1727193970155),
        ("rate limited", None),
    ],
)
def test_the_end_of_a_ban_is_kept_to(told, end):
    assert ROW.refusals.ban_end(told) == end


ROWS = {"symbol": "BTC-USDT", "status": 1}


def test_a_market_that_does_not_say_whether_programs_may_trade_is_passed_over():
    others = [{"symbol": f"{name}-USDT", "status": 1} for name in ("ETH", "SOL")]
    said = [row | {"apiStateBuy": True, "apiStateSell": True} for row in others]
    found = ROW.markets.lists["spot"].read(ok({"symbols": [ROWS, *said]}))
    assert found == {"ETH/USDT": True, "SOL/USDT": True}


def test_where_no_market_says_so_its_status_decides():
    found = ROW.markets.lists["spot"].read(ok({"symbols": [ROWS, 7, ROWS | {"symbol": "A-B"}]}))
    assert found == {"BTC/USDT": True, "A/B": True}
    with pytest.raises(Unexpected):
        ROW.markets.lists["spot"].read(ok({"symbols": None}))


def test_true_is_no_number_of_a_right():
    facts = ROW.calls.key.read({"permissions": [2, True]}, NOW)
    assert facts.unknown_words == ("True",)
    assert facts.denied == frozenset()


@pytest.mark.parametrize("flag", ["permitsUniversalTransfer", "enableInternalTransfer"])
def test_a_transfer_is_denied_by_both_of_its_flags_only(flag):
    one = {"enableReading": True, "enableWithdrawals": False, flag: False}
    both = one | {"permitsUniversalTransfer": False, "enableInternalTransfer": False}
    assert ROW.calls.key.read(ok(one), NOW).allows(Scope.TRANSFER) is None
    assert ROW.calls.key.read(ok(both), NOW).allows(Scope.TRANSFER) is False


def test_the_time_is_epoch_milliseconds():
    assert ROW.calls.time.read(ok({"serverTime": 1675319535362})) == 1675319535362
    for body in (ok({"serverTime": "soon"}), ok({}), {"serverTime": 1675319535362}):
        with pytest.raises(Unexpected):
            ROW.calls.time.read(body)


@pytest.mark.parametrize(
    ("rows", "empty"),
    [(None, True), ([], True), ([("0", "0.00")], True), ([("0", "0"), ("0", "0.1")], False)],
)
def test_an_empty_balance_is_a_balance(rows, empty):
    listed = rows and [{"asset": "USDT", "free": free, "locked": held} for free, held in rows]
    assert ROW.calls.balance.read(ok({"balances": listed})) == Balance(empty)


@pytest.mark.parametrize("data", [{}, {"balances": {}}, {"balances": [{"free": "1"}]}, None])
def test_a_balance_of_another_form_is_unexpected(data):
    with pytest.raises(Unexpected):
        ROW.calls.balance.read(ok(data))


def test_open_orders_are_read_whatever_they_are():
    for orders in (None, [], [{"orderId": 1}]):
        assert ROW.calls.orders.read(ok({"orders": orders})) == Orders()


def test_an_answer_that_is_well_is_no_refusal():
    for body in (ok({}), {"permissions": [2]}, {"code": "0"}):
        assert ROW.refusals.read(body) is None


def test_a_pair_is_spelled_as_the_spot_market_spells_it():
    assert ROW.markets.spelling.symbol("ETH/BTC") == "ETH-BTC"
    assert ROW.markets.spelling.symbol("1000BONK/USDT:USDT") == "BTC-USDT"


def test_no_more_than_two_probes_begin_in_a_second_even_where_many_are_due_at_once():
    budget, now, begun = Budget(ROW.pace.rate), 0.0, []
    for _ in range(20):
        now += budget.due(ROW.calls.requests, now)
        budget.take(ROW.calls.requests, now)
        begun.append(now)
    assert max(sum(one <= other < one + 1 for other in begun) for one in begun) == 2


@pytest.mark.parametrize("kind", ROW.markets.lists)
def test_an_error_is_no_list_of_markets(kind):
    body = CASES["bingx"].market(kind)["body"] | {"code": 100500}
    with pytest.raises(Unexpected):
        ROW.markets.lists[kind].read(body)
