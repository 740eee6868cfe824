"""Coinbase as coinbase.md has it, asked by a client of our own and by ccxt."""

import base64
import json
import time
from contextlib import asynccontextmanager

import ccxt.async_support as ccxt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bf_reconciler.simulator import DIALECTS, World
from simulator.signing import send

KEY_INFO = "/api/v3/brokerage/key_permissions"
ACCOUNTS = "/api/v3/brokerage/accounts"
BOTH = pytest.mark.parametrize("name", ["cb", "cb-ed25519"])


@pytest.fixture
def world():
    good = {"exchange": "coinbase", "read": True, "trade": True, "ips": ["127.0.0.1"]}
    good["balances"] = {"USDC": "26.5", "BTC": "0.1"}
    return World.from_dict({"keys": {"cb": good, "cb-ed25519": good}})


def encoded(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signature(secret, signed):
    if not secret.startswith("-----BEGIN"):
        seed = base64.b64decode(secret)[:32]
        return ed25519.Ed25519PrivateKey.from_private_bytes(seed).sign(signed)
    der = load_pem_private_key(secret.encode(), None).sign(signed, ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(der)
    return r.to_bytes(32) + s.to_bytes(32)


def token(key, target, *, header=None, payload=None, secret=None):
    """A token as the sheet has it; parts can be changed, or dropped with None."""
    elliptic = key.secret.startswith("-----BEGIN")
    now = int(time.time())
    head = {"alg": "ES256" if elliptic else "EdDSA", "typ": "JWT", "kid": key.api_key}
    body = {"sub": key.api_key, "nbf": now, "iat": now, "exp": now + 120}
    body |= (
        {"aud": ["retail_rest_api_proxy"], "iss": "coinbase-cloud", "uri": target}
        if elliptic
        else {"aud": ["cdp_service"], "iss": "cdp", "uris": [target]}
    )
    head |= {"nonce": "0" * 32, **(header or {})}
    body |= payload or {}
    parts = [{n: v for n, v in part.items() if v is not None} for part in (head, body)]
    signed = ".".join(map(encoded, parts)).encode()
    return f"{signed.decode()}.{encoded(signature(secret or key.secret, signed))}"


@pytest.fixture
def ask(sim, session, world):
    async def call(path=KEY_INFO, method="GET", *, name="cb", host="api.coinbase.com", **changes):
        made = token(world.keys[name], f"{method} {host}{path.partition('?')[0]}", **changes)
        headers = {"Authorization": f"Bearer {made}"}
        return await send(session, method, sim.base("coinbase") + path, headers=headers)

    return call


async def test_the_time_needs_no_key(sim, session):
    third = await send(session, "GET", sim.base("coinbase") + "/api/v3/brokerage/time")
    second = await send(session, "GET", sim.base("coinbase") + "/v2/time")

    assert abs(int(third.body["epochMillis"]) - time.time() * 1000) < 5_000
    assert abs(second.body["data"]["epoch"] - time.time()) < 5


@BOTH
async def test_a_key_of_either_algorithm_describes_itself(ask, name):
    reply = await ask(name=name)

    assert reply.status == 200
    assert reply.body == {
        "can_view": True,
        "can_trade": True,
        "can_transfer": False,
        "portfolio_uuid": reply.body["portfolio_uuid"],
        "portfolio_type": "DEFAULT",
    }


async def test_accounts_say_what_is_free_and_what_is_held(ask):
    body = (await ask(ACCOUNTS)).body

    assert body["accounts"][0]["available_balance"] == {"value": "26.5", "currency": "USDC"}
    assert (body["accounts"][0]["hold"]["value"], body["has_next"]) == ("0", False)


@BOTH
async def test_a_token_names_the_call_without_its_query(ask, name):
    assert (await ask(ACCOUNTS + "?limit=1", name=name)).status == 200


async def test_a_token_may_name_the_simulator_that_was_called(ask, sim):
    assert (await ask(host=sim.base("coinbase"))).status == 200
    assert (await ask(host=sim.base("coinbase").removeprefix("http://"))).status == 200


@pytest.mark.parametrize("issuer", ["coinbase-cloud", "cdp"])
async def test_the_official_sdk_s_tokens_are_taken(ask, issuer):
    assert (await ask(payload={"iss": issuer, "aud": None})).status == 200


LATER, EARLIER = int(time.time()) + 86_400, int(time.time()) - 86_400


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "api.example.com"},
        {"host": ""},
        {"payload": {"uri": f"POST api.coinbase.com{KEY_INFO}"}},
        {"payload": {"uri": f"GET api.coinbase.com{ACCOUNTS}"}},
        {"payload": {"uri": None}},
        {"payload": {"uris": "everything"}},
        {"payload": {"uris": []}},
        {"payload": {"sub": "somebody"}},
        {"payload": {"iss": "me"}},
        {"payload": {"iss": []}},
        {"payload": {"aud": ["cdp_service"]}},
        {"payload": {"nbf": None}},
        {"payload": {"exp": "soon"}},
        {"payload": {"exp": LATER}},
        {"payload": {"nbf": LATER, "exp": LATER + 120}},
        {"payload": {"nbf": EARLIER, "exp": EARLIER + 120}},
        {"header": {"kid": "somebody"}},
        {"header": {"kid": None}},
        {"header": {"kid": 7}},
        {"header": {"nonce": None}},
        {"header": {"typ": None}},
        {"header": {"alg": "none"}},
        {"header": {"alg": "EdDSA"}},
        {"secret": DIALECTS["coinbase"].invent("other").secret},
        {"secret": DIALECTS["coinbase"].invent("other-ed25519").secret},
    ],
)
async def test_whatever_is_wrong_with_a_token_has_one_answer(ask, changes):
    reply = await ask(**changes)

    assert reply.status == 401
    assert (reply.body, reply.headers["Content-Type"]) == (None, "text/plain; charset=utf-8")


@pytest.mark.parametrize(
    "change",
    [{"revoked": True}, {"remaining_validity": -1}, {"ips": ["203.0.113.7"]}, {"secret": "void"}],
)
async def test_whatever_is_wrong_with_a_key_has_the_same_answer(ask, world, change):
    made = world.keys["cb"].secret
    world.patch_key("cb", change)

    assert (await ask(secret=made)).status == 401


@pytest.mark.parametrize(
    "authorization",
    [
        *("", "Bearer", "Bearer x", "Bearer a.b.c", "Basic e30.e30.e30", "Bearer e30.e30.e30"),
        *("Bearer W10.e30.e30", "Bearer e30.e30.*", "Bearer e30.e30.e30.e30"),
    ],
)
async def test_what_is_no_token_is_unauthorized(sim, session, authorization):
    headers = {"Authorization": authorization}

    assert (
        await send(session, "GET", sim.base("coinbase") + KEY_INFO, headers=headers)
    ).status == 401


async def test_a_signature_of_another_length_is_none(sim, session, world):
    made = token(world.keys["cb"], f"GET api.coinbase.com{KEY_INFO}")
    cut = made.rpartition(".")[0] + "." + encoded(b"\0" * 63)
    headers = {"Authorization": f"Bearer {cut}"}

    assert (
        await send(session, "GET", sim.base("coinbase") + KEY_INFO, headers=headers)
    ).status == 401


@pytest.mark.parametrize(
    "secret",
    ["-----BEGIN EC PRIVATE KEY-----\\nvoid", DIALECTS["coinbase"].invent("other").api_key],
)
async def test_a_key_whose_secret_is_none_proves_nothing(ask, world, secret):
    made = world.keys["cb"].secret
    world.patch_key("cb", {"secret": secret})

    assert (await ask(secret=made)).status == 401


async def test_a_secret_may_be_put_with_its_line_breaks_spelled_out(ask, world):
    made = world.keys["cb"].secret
    world.patch_key("cb", {"secret": made.replace("\n", "\\n")})

    assert (await ask(secret=made)).status == 200


@pytest.mark.parametrize(
    ("method", "path", "word"),
    [
        ("GET", KEY_INFO, "can_view"),
        ("GET", KEY_INFO, "can_receive"),
        ("GET", ACCOUNTS, "can_view"),
        ("GET", "/api/v3/brokerage/orders/historical/batch", "can_view"),
        ("POST", "/api/v3/brokerage/orders/preview", "can_trade"),
    ],
)
async def test_each_call_needs_its_own_scope(ask, world, method, path, word):
    world.keys["cb"].permissions = [word]
    granted = await ask(path, method)
    world.keys["cb"].permissions = ["can_sing"]
    refused = await ask(path, method)

    assert granted.status == 200
    assert refused.status == 403
    assert refused.body == {
        "error": "PERMISSION_DENIED",
        "error_details": "Missing required scopes",
        "message": "Missing required scopes",
    }
    assert world.violations == []


async def test_a_frozen_account_is_not_allowed(ask, world):
    world.keys["cb"].frozen = True

    assert (await ask()).body["message"] == "User is not allowed to convert crypto"


async def test_a_hidden_key_info_refuses_that_call_alone(ask, world):
    world.keys["cb"].hide_key_info = True

    assert (await ask()).status == 403
    assert (await ask(ACCOUNTS)).status == 200


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/api/v3/brokerage/orders", "can_trade"),
        ("/api/v3/brokerage/orders/batch_cancel", "can_trade"),
        ("/api/v3/brokerage/portfolios/move_funds", "can_transfer"),
        ("/v2/accounts/transactions", "can_transfer"),
    ],
)
async def test_orders_and_withdrawals_are_answered_and_are_violations(ask, world, path, word):
    world.keys["cb"].permissions = [word]

    assert (await ask(path, "POST")).status == 200
    assert world.violations == [("coinbase", "POST", path, "cb")]


async def test_an_unknown_path_is_not_found(ask):
    assert (await ask("/api/v3/nothing")).status == 404


async def test_the_right_to_withdraw_is_a_flag(ask, world):
    world.patch_key("cb", {"withdraw": True, "is_sub": True})

    body = (await ask()).body

    assert (body["can_transfer"], body["portfolio_type"]) == (True, "CONSUMER")


async def test_a_good_key_may_be_refused_once(ask, world):
    world.put_faults("coinbase", {"status": 401, "remaining": 1})

    assert [(await ask()).status, (await ask()).status] == [401, 200]


@asynccontextmanager
async def client_of(sim, key, **changes):
    client = ccxt.coinbase({"apiKey": key.api_key, "secret": key.secret} | changes)
    client.urls["api"] = {"rest": sim.base("coinbase")}
    try:
        yield client
    finally:
        await client.close()


@BOTH
async def test_ccxt_s_calls_are_all_accepted(sim, world, name):
    async with client_of(sim, world.keys[name]) as client:
        assert (await client.fetch_time()) > 0
        clock = await client.v3PublicGetBrokerageTime()
        info = await client.v3PrivateGetBrokerageKeyPermissions()
        accounts = await client.v3PrivateGetBrokerageAccounts()
        orders = await client.v3PrivateGetBrokerageOrdersHistoricalBatch({"order_status": "OPEN"})
        test = await client.v3PrivatePostBrokerageOrdersPreview({"product_id": "BTC-USDC"})

    assert clock["epochMillis"].isdecimal()
    assert (info["can_view"], info["can_transfer"]) == (True, False)
    assert accounts["accounts"][0]["available_balance"]["value"] == "26.5"
    assert (orders["orders"], test["errs"]) == ([], [])
    assert world.violations == []
    assert world.count(exchange="coinbase", status=200) == world.requests.total() == 6


async def test_ccxt_is_refused_as_the_sheet_says(sim, world):
    other = DIALECTS["coinbase"].invent("other")
    for change in ({"apiKey": other.api_key}, {"secret": other.secret}):
        async with client_of(sim, world.keys["cb"], **change) as client:
            with pytest.raises(ccxt.AuthenticationError, match="Unauthorized"):
                await client.v3PrivateGetBrokerageAccounts()
    world.patch_key("cb", {"read": False})
    async with client_of(sim, world.keys["cb"]) as client:
        with pytest.raises(ccxt.PermissionDenied, match="Missing required scopes"):
            await client.v3PrivateGetBrokerageAccounts()


async def test_a_legacy_signature_is_void(sim, world):
    async with client_of(sim, world.keys["cb"], apiKey="a" * 16, secret="b" * 32) as client:
        with pytest.raises(ccxt.AuthenticationError, match="Unauthorized"):
            await client.v3PrivateGetBrokerageAccounts()


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ({"rate_limit": True}, ccxt.RateLimitExceeded),
        ({"ban": True}, ccxt.RateLimitExceeded),
        ({"waf": True}, ccxt.ExchangeNotAvailable),
        ({"maintenance": True}, ccxt.ExchangeNotAvailable),
        ({"status": 500}, ccxt.ExchangeError),
        ({"status": 502}, ccxt.ExchangeNotAvailable),
        ({"region": True}, ccxt.ExchangeNotAvailable),
        ({"reset": True}, ccxt.NetworkError),
        ({"clock_skew_seconds": 200}, ccxt.AuthenticationError),
        ({"clock_skew_seconds": -60}, ccxt.AuthenticationError),
    ],
)
async def test_faults_raise_what_they_raise_on_the_real_exchange(sim, world, fault, raised):
    world.put_faults("coinbase", fault)
    async with client_of(sim, world.keys["cb"]) as client:
        with pytest.raises(raised):
            await client.v3PrivateGetBrokerageKeyPermissions()
