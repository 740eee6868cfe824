"""Binance: what its flags say, what they do not, and where they cannot be asked for."""

import base64
from datetime import UTC, datetime
from urllib.parse import unquote

import ccxt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.exchanges import EXCHANGES, Call, Unexpected, Unusable
from bf_reconciler.facts import Balance, KeyFacts, Orders, Scope
from exchanges.bodies import odd_field

ROW = EXCHANGES["binance"]
NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)
ACCOUNT = {
    "canTrade": True,
    "canWithdraw": True,
    "permissions": ["SPOT"],
    "balances": [{"asset": "USDT", "free": "1.5", "locked": "0.00000000"}],
}


def pem(key, form=serialization.PrivateFormat.PKCS8, cipher=None):
    cipher = cipher or serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, cipher).decode()


EDWARDS = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RIVEST = rsa.generate_private_key(65537, 2048)
OLD = serialization.PrivateFormat.TraditionalOpenSSL


def flags(**changes):
    return {"ipRestrict": True, "enableReading": True, "enableWithdrawals": False} | changes


def verify(key, signature, signed):
    """Binance's part; raises where the signature is another's."""
    if key is EDWARDS:
        key.public_key().verify(signature, signed)
    else:
        key.public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\\n", "\\r\\n"])
@pytest.mark.parametrize(
    ("key", "secret"),
    [(EDWARDS, pem(EDWARDS)), (RIVEST, pem(RIVEST)), (RIVEST, pem(RIVEST, OLD))],
    ids=["ed25519", "rsa", "rsa of old"],
)
def test_a_secret_that_is_a_pem_signs_however_its_lines_end(key, secret, ends):
    usable = ROW.signing.read_secret("key", f" {secret.replace(chr(10), ends)}\n")
    client = ccxt.binance({"apiKey": "key", "secret": usable})
    url = client.sign("account/apiRestrictions", ["sapi"], "GET", {})["url"]
    signed, _, signature = url.partition("?")[2].partition("&signature=")
    verify(key, base64.b64decode(unquote(signature)), signed.encode())


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        (pem(EDWARDS)[:60], "damaged"),
        ("-----BEGIN PRIVATE KEY-----SENTINEL", "damaged"),
        ("PRIVATE KEY \ud800", "damaged"),
        (pem(EDWARDS, cipher=serialization.BestAvailableEncryption(b"x")), "encrypted"),
        (pem(ec.derive_private_key(7, ec.SECP256R1())), "another algorithm"),
    ],
)
def test_a_pem_that_cannot_sign_is_told_without_showing_it(secret, why):
    with pytest.raises(Unusable, match=why) as caught:
        ROW.signing.read_secret("key", secret)
    assert "SENTINEL" not in str(caught.value)


@given(secret=st.text())
def test_any_other_secret_is_taken_as_it_is(secret):
    assert ROW.signing.read_secret("key", secret) == secret


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "enableReading"),
        ({"enableReading": True}, "ipRestrict"),
        ({"ipRestrict": True}, "enableReading"),
        (flags(enableReading="maybe"), "enableReading"),
        (flags(enableWithdrawals=2), "enableWithdrawals"),
        (flags(tradingAuthorityExpirationTime="soon"), "tradingAuthorityExpirationTime"),
        (ACCOUNT, "enableReading"),
        (flags(ipRestrict="203.0.113.7"), "ipRestrict"),
        (flags(**{"<b>": True}), "body"),
    ],
)
def test_another_shape_is_unexpected_and_names_the_field_alone(body, field):
    assert odd_field(ROW.calls.key.read, body, NOW) == field


@pytest.mark.parametrize("value", [True, "yes", 1, []])
def test_a_right_that_nobody_knows_is_told_and_overrules_no_explicit_no(value):
    facts = ROW.calls.key.read(flags(enablePayouts=value), NOW)
    assert facts.unknown_words == ("enablePayouts",)
    assert facts.allows(Scope.WITHDRAW) is False


@pytest.mark.parametrize("value", [False, "false", 0, None, ""])
def test_a_right_that_nobody_knows_and_that_is_off_is_none(value):
    assert ROW.calls.key.read(flags(enablePayouts=value), NOW).unknown_words == ()


@pytest.mark.parametrize("more", [{"enablePayouts": False}, {"uid": 7}, {"label": "bot"}])
def test_a_field_that_grants_nothing_changes_nothing(more):
    assert ROW.calls.key.read(flags(**more), NOW) == ROW.calls.key.read(flags(), NOW)


@pytest.mark.parametrize("value", [None, "missing"])
def test_a_flag_that_is_not_there_says_nothing(value):
    body = flags() | {"enableWithdrawals": value}
    if value == "missing":
        del body["enableWithdrawals"]
    assert ROW.calls.key.read(body, NOW).allows(Scope.WITHDRAW) is None


@pytest.mark.parametrize("one", ["permitsUniversalTransfer", "enableInternalTransfer"])
def test_transfers_are_denied_by_both_flags_and_granted_by_either(one):
    both = {"permitsUniversalTransfer": False, "enableInternalTransfer": False}
    assert ROW.calls.key.read(flags(**both), NOW).allows(Scope.TRANSFER) is False
    assert ROW.calls.key.read(flags(**{one: False}), NOW).allows(Scope.TRANSFER) is None
    assert ROW.calls.key.read(flags(**both | {one: True}), NOW).allows(Scope.TRANSFER) is True


@pytest.mark.parametrize("futures", [True, False])
def test_portfolio_margin_leaves_a_futures_flag_that_is_off_undecided(futures):
    body = flags(enableFutures=futures, enablePortfolioMarginTrading=True)
    assert ROW.calls.key.read(body, NOW).allows(Scope.FUTURES) is (True if futures else None)


@pytest.mark.parametrize(
    ("spot", "margin", "transfer"), [(True, True, None), (False, False, True), (None, None, None)]
)
def test_what_loans_are_good_for_is_said_by_the_flag_of_spot(spot, margin, transfer):
    facts = ROW.calls.key.read(flags(enableMargin=True, enableSpotAndMarginTrading=spot), NOW)
    assert (facts.allows(Scope.MARGIN), facts.allows(Scope.TRANSFER)) == (margin, transfer)


def test_the_list_of_addresses_is_never_known():
    assert ROW.calls.key.read(flags(), NOW).ips is None
    assert ROW.calls.key.read(flags(ipRestrict=False), NOW).ips is None


@pytest.mark.parametrize("environment", ["testnet", "demo"])
def test_a_test_network_tells_no_right_to_trade(environment):
    there = ROW.within(environment)
    assert there.calls.key.call == there.calls.balance.call == ROW.calls.balance.call
    assert there.calls.key.read(ACCOUNT, NOW) == KeyFacts(
        frozenset({Scope.READ}), frozenset({Scope.WITHDRAW})
    )
    for body in (None, {}, [], flags(), {"balances": {}}):
        with pytest.raises(Unexpected):
            there.calls.key.read(body, NOW)


def test_the_american_entity_tells_that_a_key_reads_and_nothing_more():
    there = ROW.within("live", "us")
    assert there.calls.key.call == there.calls.balance.call == Call("privateGetAccount")
    assert there.calls.key.read(ACCOUNT, NOW) == KeyFacts(frozenset({Scope.READ}), frozenset())
    assert there.calls.balance.read(ACCOUNT) == ROW.calls.balance.read(ACCOUNT)
    assert there.calls.orders == ROW.calls.orders
    assert not there.markets.lists["spot"].call.params
    for body in (None, {}, [], flags(), {"balances": {}}):
        with pytest.raises(Unexpected):
            there.calls.key.read(body, NOW)


@pytest.mark.parametrize(
    ("environment", "region", "weight", "limit"),
    [("testnet", None, 47, 6000), ("demo", None, 47, 6000), ("live", "us", 24, 1200)],
)
def test_probes_stay_within_the_weight_of_each_place(environment, region, weight, limit):
    there = ROW.within(environment, region)
    assert there.pace.rate * 60 / there.calls.requests * weight <= limit
    assert there.pace.window == ROW.pace.window


def test_a_test_network_lists_no_futures_for_their_keys_are_others():
    assert {name: set(ROW.within(name).markets.lists) for name in ROW.environments} == {
        "live": {"spot", "futures"},
        "testnet": {"spot"},
        "demo": {"spot", "futures"},
    }


def test_time_balance_and_orders_are_read():
    assert ROW.calls.time.read({"serverTime": 1499827319559}) == 1499827319559
    assert ROW.calls.balance.read(ACCOUNT) == Balance(empty=False)
    assert ROW.calls.balance.read({"balances": []}) == Balance(empty=True)
    assert ROW.calls.orders.read([]) == ROW.calls.orders.read([{"orderId": 1}]) == Orders()


@pytest.mark.parametrize("amount", [True, [], "NaN"])
def test_an_amount_that_is_none_is_unexpected(amount):
    with pytest.raises(Unexpected):
        ROW.calls.balance.read({"balances": [{"free": "0", "locked": amount}]})


def test_a_futures_pair_asks_for_a_spot_pair_that_exists():
    assert [ROW.markets.spelling.symbol(pair) for pair in ("ETH/BTC", "1000BONK/USDT:USDT")] == [
        "ETHBTC",
        "BTCUSDT",
    ]
