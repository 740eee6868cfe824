"""Kraken: words of a key, errors as texts, whole seconds, and a secret that is base64."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.exchanges import EXCHANGES, SYMBOL, Refusal, Unexpected, Unusable
from bf_reconciler.facts import Balance, Orders, Scope
from exchanges.bodies import odd_field

ROW = EXCHANGES["kraken"]
NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)
DOCUMENTED = json.loads((Path(__file__).parent / "key-documented.json").read_text())["body"][
    "result"
]


def key(**changes):
    good = {name: value for name, value in (DOCUMENTED | changes).items() if value is not ...}
    return {"error": [], "result": good}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "error"),
        ({"result": DOCUMENTED}, "error"),
        ({"error": None, "result": DOCUMENTED}, "error"),
        ({"error": ["EAPI:Invalid key"], "result": DOCUMENTED}, "error"),
        ({"error": [7], "result": DOCUMENTED}, "error"),
        ({"error": []}, "result"),
        ({"error": [], "result": []}, "result"),
        (key(permissions=...), "permissions"),
        (key(permissions=[]), "permissions"),
        (key(permissions=["query-funds", 7]), "permissions"),
        (key(permissions=["<b>"]), "permissions"),
        (key(permissions={"funds_query": True}), "permissions"),
        (key(ipAllowlist=["none at all"]), "ipAllowlist"),
        (key(ipAllowlist=..., ip_allowlist=["none at all"]), "ip_allowlist"),
        (key(ipAllowlist={}), "ipAllowlist"),
        (key(ipAllowlist=["203.0.113.7"], ip_allowlist=[]), "ipAllowlist"),
        (key(validUntil="1893456000", valid_until="1893456001"), "validUntil"),
        (key(validUntil="soon"), "validUntil"),
        (key(validUntil="\u0661"), "validUntil"),
        (key(validUntil=..., valid_until=[]), "valid_until"),
    ],
)
def test_another_shape_is_unexpected_and_names_the_field_alone(body, field):
    assert odd_field(ROW.calls.key.read, body, NOW) == field


@pytest.mark.parametrize("listed", [[""], [], "", [" "]])
def test_a_list_of_nothing_is_no_allowlist(listed):
    facts = ROW.calls.key.read(key(ipAllowlist=..., ip_allowlist=listed), NOW)
    assert (facts.ip_bound, facts.ips) == (False, ())


def test_both_spellings_of_an_end_are_read():
    ends = ROW.calls.key.read(key(validUntil=..., valid_until="1772542900"), NOW).expires_at
    assert ends == datetime(2026, 3, 3, 13, 1, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "end"),
    [
        ("EService:Throttled:1741500000", 1741500000000),
        ("EService: Throttled: 1741500000", 1741500000000),
        ("EService:Throttled", None),
        ("EService:Throttled:soon", None),
        ("EService:Busy:1741500000", None),
    ],
)
def test_the_second_to_come_back_at_is_kept_to(told, end):
    refusal = ROW.refusals.read({"error": [told]})
    assert ROW.refusals.ban_end(refusal.text) == end


def test_a_warning_beside_the_answer_takes_nothing_from_it():
    facts = ROW.calls.key.read(key() | {"error": ["WGeneral:Something"]}, NOW)
    assert facts.allows(Scope.WITHDRAW) is True


@pytest.mark.parametrize("word", ["add-withdraw-address", "update-withdraw-address"])
def test_a_key_that_may_change_withdrawal_addresses_is_not_said_to_be_harmless(word):
    facts = ROW.calls.key.read(key(permissions=["query-funds", word]), NOW)
    assert facts.allows(Scope.WITHDRAW) is None
    assert facts.allows(Scope.ACCOUNT) is True


def test_nothing_is_said_of_futures_and_of_margin_only_that_no_order_can_be_made():
    trades = ROW.calls.key.read(key(), NOW)
    reads = ROW.calls.key.read(key(permissions=["query-funds", "close-trades"]), NOW)
    assert (trades.allows(Scope.FUTURES), reads.allows(Scope.FUTURES)) == (None, None)
    assert (trades.allows(Scope.MARGIN), reads.allows(Scope.MARGIN)) == (None, False)
    assert reads.allows(Scope.SPOT) is False


def test_the_time_is_the_middle_of_the_second_that_is_told():
    told = {"unixtime": 1688669448, "rfc1123": "Thu, 06 Jul 23 18:50:48 +0000"}
    assert ROW.calls.time.read({"error": [], "result": told}) == 1688669448500


@pytest.mark.parametrize("seconds", ["soon", None, 1688669448.5, True, -1, 10**12])
def test_a_time_of_another_form_is_unexpected(seconds):
    with pytest.raises(Unexpected):
        ROW.calls.time.read({"error": [], "result": {"unixtime": seconds}})


@pytest.mark.parametrize(
    ("amounts", "empty"),
    [
        ({}, True),
        ({"ZUSD": "0.0000", "XXBT": "0.0000000000"}, True),
        ({"ZUSD": "171288.6158", "ETH2.S": "0"}, False),
    ],
)
def test_an_empty_balance_is_one_whose_every_amount_is_zero(amounts, empty):
    assert ROW.calls.balance.read({"error": [], "result": amounts}) == Balance(empty)


@pytest.mark.parametrize("amounts", [None, [], {"ZUSD": True}, {"ZUSD": "much"}, {"ZUSD": "NaN"}])
def test_a_balance_of_another_form_is_unexpected_and_names_no_asset(amounts):
    with pytest.raises(Unexpected, match=r"^(result|balance)$"):
        ROW.calls.balance.read({"error": [], "result": amounts})


def test_open_orders_are_read_whatever_they_are():
    for told in ({}, {"O45M52-BFD5S-YXKQOU": {"status": "open"}}):
        assert ROW.calls.orders.read({"error": [], "result": {"open": told}}) == Orders()
    with pytest.raises(Unexpected, match="open"):
        ROW.calls.orders.read({"error": [], "result": {}})


@pytest.mark.parametrize("body", [{"error": []}, {"error": ["WGeneral:Something"]}])
def test_no_error_and_a_warning_are_no_refusal(body):
    assert ROW.refusals.read(body) is None


@pytest.mark.parametrize("told", ["ESENTINEL:Some thing", "EAPI:Invalid keyring", "EAPI", ":"])
def test_an_error_that_nobody_knows_is_not_passed_on(told):
    assert ROW.refusals.read({"error": [told]}) == Refusal("", "")


@given(st.binary(min_size=1, max_size=64))
def test_a_secret_is_base64_whatever_white_space_a_copy_has_put_in(raw):
    good = base64.b64encode(raw).decode()
    assert ROW.signing.read_secret("key", good) == good
    assert ROW.signing.read_secret("key", f" {good[:3]}\n{good[3:]}\r\n") == good


@pytest.mark.parametrize("secret", ["", "  ", "SENTINEL!", "c2V=jcmV0", "sécret", "abc"])
def test_a_secret_that_kraken_never_gave_is_told_without_its_value(secret):
    with pytest.raises(Unusable, match="base64") as caught:
        ROW.signing.read_secret("key", secret)
    assert not secret.strip() or secret.strip() not in str(caught.value)


def test_the_twin_of_a_market_at_another_venue_is_no_market_of_ours():
    rows = {
        "XXBTZUSD": {"wsname": "XBT/USD", "status": "cancel_only"},
        "XBTUSD:BTNL": {"wsname": "XBT/USD:BTNL", "status": "online"},
        "XBTUSD.d": {"altname": "XBTUSD.d", "status": "online"},
    }
    found = ROW.markets.lists["spot"].read({"error": [], "result": rows})
    assert found == {"XBT/USD": False}


def test_a_market_without_a_state_was_traded():
    found = ROW.markets.lists["spot"].read({"error": [], "result": {"A": {"wsname": "XBT/USD"}}})
    assert found == {"XBT/USD": True}


def test_no_call_names_a_market_so_a_pair_stays_as_it_is():
    calls = (ROW.calls.time.call, ROW.calls.key.call, ROW.calls.balance.call, ROW.calls.orders.call)
    assert not any(SYMBOL in call.params.values() for call in calls)
    assert ROW.markets.spelling.symbol("ETH/BTC") == "ETH/BTC"
