"""Gate.io: a key among masked keys, and a right to withdraw that has no name."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.exchanges import EXCHANGES, Unexpected
from bf_reconciler.facts import Balance, KeyFacts, Orders, Scope, Unread
from exchanges.bodies import odd_field
from exchanges.gate.nearly import KEYS, NEARLY

ROW = EXCHANGES["gate"]
NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)
KEY = "c5dcfbf1f3a7aaaabbbbccccddddeeee"
NOTHING = KeyFacts(frozenset(), frozenset())
UNBOUND = KeyFacts(frozenset(), frozenset(), ip_bound=False, ips=())


def entry(**changes):
    perms = [{"name": "spot", "read_only": False}]
    return {"state": 1, "key": "c5dcfbf1f3a7*****", "perms": perms} | changes


def rights(*perms):
    listed = [{"name": name, "read_only": only_reads} for name, only_reads in perms]
    return ROW.calls.more.read(NOTHING, [entry(perms=listed)], KEY)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (None, "body"),
        ("text", "body"),
        ([entry(), 7], "body"),
        ([entry(perms=None)], "perms"),
        ([entry(perms=[])], "perms"),
        ([entry(perms=["spot"])], "perms"),
        ([entry(perms=[{}])], "name"),
        ([entry(perms=[{"name": 7}])], "name"),
        ([entry(perms=[{"name": "<b>"}])], "name"),
        ([entry(perms=[{"name": "spot", "read_only": "soon"}])], "read_only"),
        ([entry(perms=[{"name": "payout", "read_only": 7}])], "read_only"),
        ([entry(state=2)], "state"),
        ([entry(state="3")], "state"),
        ([entry(state=True)], "state"),
    ],
)
def test_another_shape_of_the_second_answer_names_the_field_alone(body, field):
    assert odd_field(ROW.calls.more.read, NOTHING, body, KEY) == field


def test_an_unknown_form_of_the_rights_leaves_the_allowlist():
    facts = ROW.calls.more.read(UNBOUND, [entry(perms="all")], KEY)
    assert (facts.ip_bound, facts.unread) == (False, (Unread("rights", "perms"),))


@pytest.mark.parametrize("told", ["soon", 1.5, 0, 10**11, None, []])
def test_a_creation_of_another_form_is_not_known(told):
    facts = ROW.calls.more.read(UNBOUND, [entry(created_at=told)], KEY)
    assert (facts.created_at, facts.allows(Scope.SPOT)) == (None, True)


def test_the_one_key_of_the_schema_is_the_one_that_asks():
    facts = ROW.calls.more.read(UNBOUND, entry(key={"mode": 1}), KEY)
    assert facts.allows(Scope.SPOT) is True
    assert ROW.calls.more.read(UNBOUND, [entry(key={"mode": 1})], KEY) == UNBOUND


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "user_id"),
        ({"user_id": 1, "ip_whitelist": {}}, "ip_whitelist"),
        ({"user_id": 1, "ip_whitelist": [7]}, "ip_whitelist"),
        ({"user_id": 1, "ip_whitelist": ["here"]}, "ip_whitelist"),
    ],
)
def test_another_shape_of_the_first_answer_names_the_field_alone(body, field):
    assert odd_field(ROW.calls.key.read, body, NOW) == field


def test_the_first_answer_tells_no_right_at_all():
    facts = ROW.calls.key.read({"user_id": 1, "ip_whitelist": ["203.0.113.7"]}, NOW)
    assert (facts.granted, facts.denied) == (frozenset(), frozenset())
    assert (facts.ip_bound, facts.ips) == (True, ("203.0.113.7",))


def test_an_allowlist_that_is_not_told_is_not_known():
    assert ROW.calls.key.read({"user_id": 1}, NOW) == NOTHING
    assert ROW.calls.key.read({"user_id": 1, "ip_whitelist": None}, NOW) == NOTHING


def test_an_allowlist_is_a_list_or_text():
    facts = ROW.calls.key.read({"ip_whitelist": "203.0.113.7, 203.0.113.8,"}, NOW)
    assert facts.ips == ("203.0.113.7", "203.0.113.8")


@pytest.mark.parametrize(
    "shown",
    ["c5dcfbf1f3a7*****", "c5dcfbf1f3a7*", "c5dcfbf1***eeee", KEY],
)
def test_a_key_is_known_by_what_is_shown_of_it(shown):
    facts = ROW.calls.more.read(NOTHING, [entry(key=shown), entry(key="52fd0035f665*****")], KEY)
    assert facts.allows(Scope.SPOT) is True


@pytest.mark.parametrize(
    "shown",
    ["*****", "c5dcfbf*****", "c5dcfbf1f3a8*****", "c5dcfbf1***ffff", KEY[:12], "", None, {}, 7],
)
def test_a_key_that_may_be_another_is_not_ours(shown):
    assert ROW.calls.more.read(UNBOUND, [entry(key=shown)], KEY) == UNBOUND
    assert ROW.calls.more.read(UNBOUND, entry(key=shown), KEY) == UNBOUND


def test_of_two_keys_that_look_alike_neither_is_ours():
    assert ROW.calls.more.read(UNBOUND, [entry(), entry()], KEY) == UNBOUND
    assert ROW.calls.more.read(UNBOUND, [], KEY) == UNBOUND


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("spot", Scope.SPOT),
        ("margin", Scope.MARGIN),
        ("futures", Scope.FUTURES),
        ("delivery", Scope.OTHER),
        ("options", Scope.OTHER),
        ("earn", Scope.EARN),
        ("wallet", Scope.TRANSFER),
        ("account", Scope.ACCOUNT),
        ("otc", Scope.PAY),
        ("loan", Scope.OTHER),
    ],
)
def test_a_permission_grants_what_it_writes_to(name, scope):
    writes, reads, vague = rights((name, False)), rights((name, True)), rights((name, None))
    assert [facts.allows(scope) for facts in (writes, reads, vague)] == [True, False, None]
    assert all(facts.allows(Scope.READ) for facts in (writes, reads, vague))


@pytest.mark.parametrize("name", ["withdraw", "withdrawal", "Withdrawals", "wallet_withdraw"])
def test_a_right_that_is_named_so_is_one_to_withdraw(name):
    assert rights(("spot", False), (name, False)).allows(Scope.WITHDRAW) is True
    assert rights(("spot", False), (name, None)).allows(Scope.WITHDRAW) is True
    assert rights(("spot", False), (name, True)).allows(Scope.WITHDRAW) is None


def test_spot_leaves_margin_open_and_delivery_leaves_futures_open():
    assert rights(("spot", False)).allows(Scope.MARGIN) is None
    assert rights(("spot", True)).allows(Scope.MARGIN) is False
    assert rights(("delivery", False)).allows(Scope.FUTURES) is None
    assert rights(("delivery", False), ("futures", False)).allows(Scope.FUTURES) is True


def test_a_permission_that_stands_twice_grants_what_either_grants():
    assert rights(("spot", True), ("spot", False)).allows(Scope.SPOT) is True
    assert rights(("spot", False), ("spot", True)).allows(Scope.SPOT) is True


@given(first=NEARLY, second=KEYS, key=st.just(KEY) | st.text())
def test_no_pair_of_answers_ever_denies_a_withdrawal(first, second, key):
    try:
        facts = ROW.calls.more.read(ROW.calls.key.read(first, NOW), second, key)
    except Unexpected:
        return
    assert facts.allows(Scope.WITHDRAW) is not False
    assert not facts.granted & facts.denied


@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["key", "perms", "name", "state"]), inner)
        ),
    )
)
def test_the_second_reader_raises_unexpected_and_nothing_else(body):
    field = "body"
    try:
        ROW.calls.more.read(UNBOUND, body, KEY)
    except Unexpected as error:
        field = str(error)
    assert field in {"body", "perms", "name", "read_only", "state", "created_at"}


@pytest.mark.parametrize("ips", [["203.0.113.7"], []])
def test_the_creation_is_read_and_the_end_is_left_to_the_published_rule(ips):
    told = ROW.calls.key.read({"user_id": 1, "ip_whitelist": ips}, NOW)
    facts = ROW.calls.more.read(told, [entry(created_at=1753897991)], KEY)
    assert facts.created_at == datetime(2025, 7, 30, 17, 53, 11, tzinfo=UTC)
    assert facts.expires_at is None


def test_time_balance_and_orders_are_read():
    zero = {"currency": "USDT", "available": "0", "locked": "0.00"}
    assert ROW.calls.time.read({"server_time": 1597026383085}) == 1597026383085
    assert ROW.calls.balance.read([]) == ROW.calls.balance.read([zero]) == Balance(empty=True)
    assert ROW.calls.balance.read([zero, zero | {"locked": "1"}]) == Balance(empty=False)
    assert (
        ROW.calls.orders.read([])
        == ROW.calls.orders.read([{"currency_pair": "BTC_USDT"}])
        == Orders()
    )


@pytest.mark.parametrize(
    "body", [{}, [{}], [{"available": "0"}], [{"available": True, "locked": 0}]]
)
def test_a_balance_of_another_form_is_unexpected(body):
    with pytest.raises(Unexpected):
        ROW.calls.balance.read(body)


def test_the_testnet_is_a_place_of_its_own():
    assert ROW.within("testnet").environment.base == "https://api-testnet.gateapi.io"
    assert ROW.within("testnet").calls.more is ROW.calls.more


def test_a_pair_is_spelled_with_an_underscore():
    assert [ROW.markets.spelling.symbol(pair) for pair in ("ETH/BTC", "BTC/USDT:USDT")] == [
        "ETH_BTC",
        "BTC_USDT",
    ]


@pytest.mark.parametrize(
    ("held", "empty"),
    [
        ({}, True),
        ({"USDT": {"available": "0", "freeze": "0.00"}, "BTC": {"available": "0"}}, True),
        ({"USDT": {"available": "0", "freeze": "1"}}, False),
        ({"USDT": {"available": "0.1"}}, False),
    ],
)
def test_the_unified_account_holds_what_is_free_and_what_is_frozen(held, empty):
    read = ROW.calls.other_balance.query.read
    assert read({"balances": held}) == Balance(empty=empty)
    for body in ({}, {"balances": []}, {"balances": {"USDT": {"freeze": "0"}}}):
        with pytest.raises(Unexpected):
            read(body)
