"""Coinbase: flags of a key, and secrets that are told from damaged ones before they sign."""

import base64
import subprocess
import sys
from datetime import UTC, datetime

import ccxt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.exchanges import EXCHANGES, Unexpected, Unusable
from bf_reconciler.facts import Balance, Orders, Scope
from exchanges.bodies import odd_field

ROW = EXCHANGES["coinbase"]
NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)
NAME = "organizations/3b910e93-0000-4000-8000-000000000000/apiKeys/9d1b0e93-0000-4000-8000-1"
ID = "d2efa49a-369c-43d7-a60e-ae26e28853c2"
KEY = ec.derive_private_key(7**40, ec.SECP256R1())
SEED = bytes(range(32))
ED_KEY = ed25519.Ed25519PrivateKey.from_private_bytes(SEED)
PAIR = SEED + ED_KEY.public_key().public_bytes_raw()
ED25519 = base64.b64encode(PAIR).decode()


def pem(key, form=serialization.PrivateFormat.TraditionalOpenSSL, cipher=None):
    cipher = cipher or serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, cipher).decode()


PEM = pem(KEY)


def signs(api_key, secret):
    """Whether ccxt makes a token with it."""
    headers = ccxt.coinbase({"apiKey": api_key, "secret": secret}).sign(
        "brokerage/accounts", ["v3", "private"]
    )["headers"]
    return headers["Authorization"].startswith("Bearer ey")


@pytest.mark.parametrize(
    ("api_key", "secret"),
    [
        (NAME, PEM),
        (NAME, PEM.strip()),
        (NAME, PEM.replace("\n", "\\n")),
        (NAME, PEM.replace("\n", "\\r\\n")),
        (NAME, PEM.replace("\n", "\r\n")),
        (NAME, "  " + PEM),
        (NAME, PEM.replace("\n", " ")),
        (NAME, pem(KEY, serialization.PrivateFormat.PKCS8)),
        (ID, ED25519),
        (ID, ED25519 + "\n"),
        (NAME, ED25519),
        (ID, base64.b64encode(SEED).decode()),
        (ID, pem(ED_KEY, serialization.PrivateFormat.PKCS8)),
        (NAME, pem(ED_KEY, serialization.PrivateFormat.PKCS8).replace("\n", "\\n")),
    ],
)
def test_secrets_of_both_algorithms_are_made_such_that_ccxt_signs(api_key, secret):
    assert signs(api_key, ROW.signing.read_secret(api_key, secret))


@pytest.mark.parametrize(
    ("api_key", "secret", "words"),
    [
        (PEM, NAME, "stands where"),
        (NAME, "", "length"),
        (NAME, "a secret!", "no private key"),
        (NAME, "sécret", "no private key"),
        (NAME, "0123456789abcdefghijklmnopqrstuv", "legacy"),
        (NAME, ED25519[:-4], "no private key|length"),
        (ID, base64.b64encode(SEED + b"x").decode(), "length"),
        (ID, base64.b64encode(SEED + SEED).decode(), "halves"),
        (NAME, PEM[:60], "damaged"),
        (NAME, PEM[:80] + PEM[90:], "damaged"),
        (NAME, pem(KEY, cipher=serialization.BestAvailableEncryption(b"x")), "encrypted"),
        (NAME, pem(ec.derive_private_key(7, ec.SECP384R1())), "another algorithm"),
    ],
)
def test_a_secret_that_coinbase_never_gave_is_told_without_its_value(api_key, secret, words):
    with pytest.raises(Unusable, match=words) as caught:
        ROW.signing.read_secret(api_key, secret)
    assert caught.value.__cause__ is None
    assert not secret or secret.strip() not in str(caught.value)


@given(
    api_key=st.sampled_from([NAME, ID]) | st.text(max_size=20),
    secret=st.text() | st.text().map("-----BEGIN EC PRIVATE KEY-----\n{}".format),
)
def test_reading_a_secret_never_fails_otherwise(api_key, secret):
    with pytest.raises(Unusable):
        ROW.signing.read_secret(api_key, secret)


def test_every_form_of_an_ed25519_key_signs_with_the_same_key():
    forms = (
        ED25519,
        base64.b64encode(SEED).decode(),
        pem(ED_KEY, serialization.PrivateFormat.PKCS8),
    )
    assert {ROW.signing.read_secret(ID, each) for each in forms} == {ED25519}


@given(at=st.integers(0, len(PEM) - 1), letter=st.characters(max_codepoint=127))
def test_what_is_let_through_signs(at, letter):
    try:
        usable = ROW.signing.read_secret(NAME, PEM[:at] + letter + PEM[at + 1 :])
    except Unusable:
        return
    assert signs(NAME, usable)


def key(**changes):
    good = {"can_view": True, "can_trade": True, "can_transfer": False}
    return {name: value for name, value in {**good, **changes}.items() if value is not ...}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "can_view"),
        (key(can_view=...), "can_view"),
        (key(can_trade="soon"), "can_trade"),
        (key(can_transfer=...), "can_transfer"),
        (key(can_transfer=None), "can_transfer"),
        (key(can_transfer=[]), "can_transfer"),
        (key(can_receive="<b>"), "can_receive"),
        (key(can_receive=None), "can_receive"),
    ],
)
def test_another_shape_is_unexpected_and_names_the_field_alone(body, field):
    assert odd_field(ROW.calls.key.read, body, NOW) == field


@pytest.mark.parametrize("told", [..., None, "soon", 7])
def test_a_right_that_is_not_told_is_neither_there_nor_not(told):
    facts = ROW.calls.key.read(key(can_transfer=told), NOW)
    assert (facts.allows(Scope.WITHDRAW), facts.allows(Scope.SPOT)) == (None, True)


def test_a_portfolio_of_an_unknown_kind_is_none():
    for kind in ("<b>", None, ["INTX"], "UNDEFINED"):
        assert ROW.calls.key.read(key(portfolio_type=kind), NOW).account is None


def test_the_right_to_transfer_is_the_right_to_withdraw():
    facts = ROW.calls.key.read(key(can_transfer=True), NOW)
    assert facts.allows(Scope.WITHDRAW) is True


def test_nothing_is_said_of_addresses_futures_or_times():
    facts = ROW.calls.key.read(key(), NOW)
    assert facts.allows(Scope.FUTURES) is None
    assert (facts.ip_bound, facts.ips, facts.created_at, facts.expires_at) == (None,) * 4


def test_the_time_is_epoch_milliseconds():
    told = {"iso": "2024-02-27T03:37:14Z", "epochSeconds": "1709005034"}
    assert ROW.calls.time.read(told | {"epochMillis": "1709005034333"}) == 1709005034333


@pytest.mark.parametrize("millis", ["170900503433x", "", None, "17090050343331709"])
def test_a_time_of_another_form_is_unexpected(millis):
    with pytest.raises(Unexpected):
        ROW.calls.time.read({"epochMillis": millis})


def account(free, held):
    return {"available_balance": {"value": free}, "hold": {"value": held}}


@pytest.mark.parametrize(
    ("accounts", "more", "empty"),
    [
        ([], False, True),
        ([("0", "0.0")], False, True),
        ([("0", "0"), ("0", "0.1")], False, False),
        ([("0.1", "0")], True, False),
        ([("0", "0")], True, False),
    ],
)
def test_an_empty_balance_is_a_balance_that_has_no_next_page(accounts, more, empty):
    body = {"accounts": [account(*each) for each in accounts], "has_next": more}
    assert ROW.calls.balance.read(body) == Balance(empty)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"accounts": {}, "has_next": False},
        {"accounts": []},
        {"accounts": [], "has_next": "soon"},
        {"accounts": [{"available_balance": {"value": "1"}}], "has_next": False},
        {"accounts": [account("much", "0")], "has_next": False},
    ],
)
def test_a_balance_of_another_form_is_unexpected(body):
    with pytest.raises(Unexpected):
        ROW.calls.balance.read(body)


def test_open_orders_are_read_whatever_they_are():
    assert (
        ROW.calls.orders.read({"orders": []}) == ROW.calls.orders.read({"orders": [{}]}) == Orders()
    )


@pytest.mark.parametrize("body", ["<html>Unauthorized</html>", "", key(), {"errors": []}, {}])
def test_what_is_no_error_of_coinbase_is_no_refusal(body):
    assert ROW.refusals.read(body) is None


def test_a_name_of_an_error_that_nobody_knows_is_not_passed_on():
    assert ROW.refusals.read({"error": "SENTINEL", "message": 7}).code == ""
    assert ROW.refusals.read({"errors": [{"id": "SENTINEL"}]}).code == ""


def test_a_pair_is_spelled_as_the_spot_market_spells_it():
    assert ROW.markets.spelling.symbol("ETH/BTC") == "ETH-BTC"
    assert ROW.markets.spelling.symbol("BTC/USDC:USDC") == "BTC-USDC"


def test_the_table_of_exchanges_brings_no_cryptography():
    program = "import bf_reconciler.exchanges, sys; sys.exit('cryptography' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("called", [{"uri": "GET a/b"}, {"uris": ["GET a/b"]}])
def test_a_token_claims_what_the_official_client_s_does(called):
    made = {"sub": "k", "nbf": 1, "exp": 121, "iat": 1, "aud": ["x"], "iss": "coinbase-cloud"}
    told = ROW.signing.claims(made | called)
    assert told == {"sub": "k", "nbf": 1, "exp": 121, "iss": "cdp", "uri": "GET a/b"}
