"""Kraken as its documents have it, asked by a client of our own and by ccxt."""

import base64
import hashlib
import hmac
import time
from contextlib import asynccontextmanager
from itertools import count
from urllib.parse import urlencode

import ccxt.async_support as ccxt
import pytest

from bf_reconciler.simulator import DIALECTS, World
from bf_reconciler.simulator.dialect import Request
from bf_reconciler.simulator.key import Key
from simulator.signing import send

KEY_INFO, BALANCE = "/0/private/GetApiKeyInfo", "/0/private/Balance"
ORDERS = "/0/private/OpenOrders"
CREATED = 1_772_542_900


@pytest.fixture
def world():
    good = {"exchange": "kraken", "read": True, "trade": True, "ips": ["127.0.0.1"]}
    good |= {"balances": {"USD": "26.5", "BTC": "0.1"}, "created_at": CREATED}
    return World.from_dict({"keys": {"kr": good}})


def signature(secret, path, nonce, body):
    summed = hashlib.sha256((nonce + body).encode()).digest()
    mac = hmac.new(base64.b64decode(secret), path.encode() + summed, hashlib.sha512)
    return base64.b64encode(mac.digest()).decode()


@pytest.fixture
def ask(sim, session, world):
    numbers = count(time.time_ns() // 1_000_000)

    async def call(path=KEY_INFO, *, nonce=None, secret=None, api_key=None, sign=None, **fields):
        key = world.keys["kr"]
        nonce = str(next(numbers)) if nonce is None else nonce
        body = urlencode({"nonce": nonce, **fields})
        made = sign or signature(secret or key.secret, path, nonce, body)
        headers = {
            "API-Key": api_key or key.api_key,
            "API-Sign": made,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return await send(session, "POST", sim.base("kraken") + path, headers=headers, body=body)

    return call


def test_the_official_vector_of_the_signature_is_accepted():
    secret = (
        "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
    )
    body = b"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
    headers = {
        "API-Key": "key",
        "API-Sign": (
            "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
        ),
    }
    key = Key("kr", "kraken", "key", secret, permissions=["modify-trades"])
    request = Request("POST", "/0/private/AddOrder", "", headers, body, "127.0.0.1", 0.0)

    assert '"txid"' in DIALECTS["kraken"].answer(request, key).body
    assert key.nonce == 1616492376594


async def test_the_time_needs_no_key_and_is_told_in_seconds(sim, session):
    reply = await send(session, "GET", sim.base("kraken") + "/0/public/Time")

    assert reply.body["error"] == []
    assert abs(reply.body["result"]["unixtime"] - time.time()) < 5


async def test_a_key_describes_itself(ask, world):
    world.patch_key("kr", {"permissions": ["earn-funds"], "expires_at": 4_000_000_000})
    result = (await ask()).body["result"]

    assert result["permissions"] == ["earn-funds"]
    assert (result["createdTime"], result["validUntil"]) == (str(CREATED), "4000000000")
    assert (result["ipAllowlist"], result["queryFrom"]) == (["127.0.0.1"], "0")


async def test_balances_have_kraken_s_names_of_assets(ask):
    assert (await ask(BALANCE)).body["result"] == {"USD": "26.5", "XBT": "0.1"}
    held = (await ask("/0/private/BalanceEx")).body["result"]["XBT"]
    assert held == {"balance": "0.1", "hold_trade": "0"}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"api_key": "another"}, "EAPI:Invalid key"),
        ({"secret": "d3Jvbmc="}, "EAPI:Invalid signature"),
        ({"sign": "x"}, "EAPI:Invalid signature"),
        ({"nonce": ""}, "EAPI:Invalid nonce"),
        ({"nonce": "0"}, "EAPI:Invalid nonce"),
        ({"nonce": "-5"}, "EAPI:Invalid nonce"),
        ({"nonce": "1.5"}, "EAPI:Invalid nonce"),
        ({"path": "/0/private/Nothing"}, "EGeneral:Unknown method"),
    ],
)
async def test_what_is_wrong_is_told_in_a_text(ask, changes, error):
    reply = await ask(**changes)

    assert (reply.status, reply.body) == (200, {"error": [error]})


async def test_a_number_is_good_once_and_none_below_it_ever(ask, world):
    assert (await ask(nonce="100")).body["error"] == []
    for again in ("100", "99"):
        assert (await ask(nonce=again)).body["error"] == ["EAPI:Invalid nonce"]
    assert (await ask(nonce="101")).body["error"] == []
    assert world.keys["kr"].nonce == 101


async def test_a_call_that_is_not_proven_uses_up_no_number(ask, world):
    await ask(nonce="100", secret="d3Jvbmc=")
    assert world.keys["kr"].nonce == 0


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"revoked": True}, "EAPI:Invalid key"),
        ({"expires_at": 1.0}, "EAPI:Invalid key"),
        ({"ips": ["203.0.113.7"]}, "EAPI:Invalid key"),
        ({"frozen": True}, "ETrade:User Locked"),
        ({"hide_key_info": True}, "EGeneral:Permission denied"),
        ({"secret": "no base64"}, "EAPI:Invalid signature"),
    ],
)
async def test_a_key_that_is_not_good_is_refused(ask, world, change, error):
    secret = world.keys["kr"].secret
    world.patch_key("kr", change)

    assert (await ask(secret=secret)).body["error"] == [error]


@pytest.mark.parametrize(
    ("path", "word"),
    [
        (BALANCE, "query-funds"),
        (ORDERS, "query-open-trades"),
        ("/0/private/AddOrder", "modify-trades"),
        ("/0/private/CancelOrder", "close-trades"),
        ("/0/private/CancelAll", "close-trades"),
        ("/0/private/Withdraw", "withdraw-funds"),
    ],
)
async def test_each_call_needs_its_own_permission(ask, world, path, word):
    world.keys["kr"].permissions = ["export-data"]
    assert (await ask(path)).body["error"] == ["EGeneral:Permission denied"]
    world.keys["kr"].permissions = [word]
    assert (await ask(path)).body["error"] == []
    reads = {("POST", each) for each in (KEY_INFO, BALANCE, ORDERS)}
    expected = [] if ("POST", path) in reads else [("kraken", "POST", path, "kr")] * 2
    assert world.violations == expected


async def test_rights_are_words(world):
    assert world.keys["kr"].permissions == [
        *("query-funds", "query-open-trades", "modify-trades", "close-trades")
    ]
    world.patch_key("kr", {"withdraw": True, "trade": False, "futures": True})
    assert world.keys["kr"].permissions == ["query-funds", "query-open-trades", "withdraw-funds"]


async def test_system_status_is_public(sim, session):
    reply = await send(session, "GET", sim.base("kraken") + "/0/public/SystemStatus")
    assert reply.body["result"]["status"] == "online"


@asynccontextmanager
async def client_of(sim, key, **changes):
    client = ccxt.kraken({"apiKey": key.api_key, "secret": key.secret} | changes)
    client.urls["api"] = dict.fromkeys(("public", "private"), sim.base("kraken"))
    try:
        yield client
    finally:
        await client.close()


async def test_ccxt_s_calls_are_all_accepted(sim, world):
    async with client_of(sim, world.keys["kr"]) as client:
        assert (await client.fetch_time()) > 0
        info = await client.privatePostGetApiKeyInfo()
        balance = await client.privatePostBalance()
        orders = await client.privatePostOpenOrders()
        pairs = await client.publicGetAssetPairs()

    assert info["result"]["apiKey"] == world.keys["kr"].api_key
    assert (balance["result"]["XBT"], orders["result"]) == ("0.1", {"open": {}})
    assert pairs["result"]["XBTUSD"]["wsname"] == "XBT/USD"
    assert world.violations == []
    assert world.count(exchange="kraken", status=200) == world.requests.total() == 5


@pytest.mark.parametrize(
    ("change", "raised"),
    [({"apiKey": "another"}, "Invalid key"), ({"secret": "d3Jvbmc="}, "Invalid signature")],
)
async def test_ccxt_is_refused_in_the_same_words(sim, world, change, raised):
    async with client_of(sim, world.keys["kr"], **change) as client:
        with pytest.raises(ccxt.ExchangeError, match=raised):
            await client.privatePostBalance()


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ({"rate_limit": True}, ccxt.DDoSProtection),
        ({"ban": True}, ccxt.DDoSProtection),
        ({"maintenance": True}, ccxt.ExchangeNotAvailable),
        ({"status": 500}, ccxt.ExchangeNotAvailable),
        ({"status": 502}, ccxt.ExchangeNotAvailable),
        ({"region": True}, ccxt.ExchangeNotAvailable),
        ({"waf": True}, ccxt.ExchangeNotAvailable),
        ({"reset": True}, ccxt.NetworkError),
    ],
)
async def test_faults_raise_what_they_raise_on_the_real_exchange(sim, world, fault, raised):
    world.put_faults("kraken", fault)
    async with client_of(sim, world.keys["kr"]) as client:
        with pytest.raises(raised):
            await client.privatePostBalance()
