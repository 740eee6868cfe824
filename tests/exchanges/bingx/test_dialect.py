"""BingX as bingx.md has it, asked by a client of our own and by ccxt."""

import hashlib
import hmac
import time
from contextlib import asynccontextmanager
from urllib.parse import quote

import ccxt.async_support as ccxt
import pytest

from bf_reconciler.simulator import World
from simulator.signing import send

KEY_INFO = "/openApi/v1/account/apiPermissions"
BALANCE = "/openApi/spot/v1/account/balance"
CREATED = 1_728_443_843


@pytest.fixture
def world():
    good = {"read": True, "trade": True, "ips": ["127.0.0.1"], "created_at": CREATED}
    key = {"exchange": "bingx", **good, "balances": {"USDT": "26.5", "BTC": "0.1"}}
    return World.from_dict({"keys": {"bx": key}})


@pytest.fixture
def ask(sim, session, world):
    """One signed call. `leave` drops parameters after signing, `add` adds some."""

    async def call(path=KEY_INFO, method="GET", *, secret=None, api_key=None, ahead=0, **params):
        leave, add = params.pop("leave", ()), params.pop("add", {})
        key = world.keys["bx"]
        stamp = str(time.time_ns() // 1_000_000 + ahead)
        signed = {"timestamp": stamp} | params
        raw = "&".join(f"{name}={signed[name]}" for name in sorted(signed))
        mac = hmac.new((secret or key.secret).encode(), raw.encode(), hashlib.sha256).hexdigest()
        sent = {n: v for n, v in signed.items() if n not in leave} | {"signature": mac} | add
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in sent.items())
        headers = {"X-BX-APIKEY": api_key or key.api_key}
        return await send(session, method, f"{sim.base('bingx')}{path}?{query}", headers=headers)

    return call


@pytest.mark.parametrize("path", ["/openApi/swap/v2/server/time", "/openApi/spot/v1/server/time"])
async def test_the_time_needs_no_key(sim, session, path):
    reply = await send(session, "GET", sim.base("bingx") + path)

    assert reply.code == 0
    assert abs(reply.body["data"]["serverTime"] - time.time() * 1000) < 5_000


async def test_a_key_describes_itself_in_numbers_without_an_envelope(ask, world):
    assert (await ask()).body == {
        "apiKey": world.keys["bx"].api_key,
        "permissions": [2, 1],
        "ipAddresses": ["127.0.0.1"],
        "note": "bx",
    }


async def test_the_list_of_keys_has_an_envelope_and_a_time(ask, world):
    world.keys["bx"].ips = []

    entry = (await ask("/openApi/account/v1/apiKey/query")).body["data"]["apiInfos"][0]

    assert (entry["ipAddresses"], entry["createTime"]) == ([""], CREATED * 1000)
    assert world.keys["bx"].api_key not in str(entry)


async def test_balances_are_text(ask):
    balances = (await ask(BALANCE)).body["data"]["balances"]

    assert balances[0] == {"asset": "USDT", "free": "26.5", "locked": "0"}


async def test_the_signature_covers_sorted_parameters_as_they_were_before_encoding(ask):
    assert (await ask(BALANCE, zeta="a b,c", Alpha="/")).code == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"api_key": "nobody"}, 100413),
        ({"secret": "wrong"}, 100001),
        ({"add": {"signature": ""}}, 100412),
        ({"add": {"more": "1"}}, 100001),
        ({"leave": ("timestamp",)}, 100421),
        ({"ahead": -6_000}, 100421),
        ({"ahead": 60_000}, 100421),
        ({"ahead": -2_000, "recvWindow": "1000"}, 100421),
        ({"ahead": -9_000, "recvWindow": "60000"}, 100421),
        ({"recvWindow": "wide"}, 100421),
        ({"ahead": -2_000}, 0),
    ],
)
async def test_who_asks_is_looked_at_first(ask, changes, code):
    reply = await ask(BALANCE, **changes)

    assert (reply.status, reply.code) == (200, code)


async def test_a_call_without_a_key_is_refused(sim, session):
    assert (await send(session, "GET", sim.base("bingx") + KEY_INFO)).code == 100413


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"revoked": True}, 100413),
        ({"remaining_validity": -1}, 100413),
        ({"frozen": True}, 100414),
        ({"hide_key_info": True}, 100004),
        ({"read": False}, 100004),
    ],
)
async def test_what_is_wrong_with_a_key_has_its_code(ask, world, change, code):
    world.patch_key("bx", change)

    assert (await ask()).code == code


async def test_an_address_off_the_allowlist_is_refused_and_named(ask, world):
    world.keys["bx"].ips = ["203.0.113.7"]

    reply = await ask()

    assert reply.code == 100419
    assert "your current request IP is 127.0.0.1 does not match IP whitelist" in reply.body["msg"]


@pytest.mark.parametrize(
    ("method", "path", "word"),
    [
        ("GET", KEY_INFO, "2"),
        ("GET", "/openApi/account/v1/uid", "2"),
        ("GET", "/openApi/swap/v3/user/balance", "2"),
        ("GET", "/openApi/spot/v1/trade/openOrders", "2"),
        ("POST", "/openApi/swap/v2/trade/order/test", "3"),
    ],
)
async def test_each_call_needs_its_own_permission(ask, world, method, path, word):
    world.keys["bx"].permissions = [word]
    granted = await ask(path, method)
    world.keys["bx"].permissions = ["7"]
    refused = await ask(path, method)

    assert granted.body.get("code", 0) == 0
    assert refused.code == 100004
    assert "created without the permission" in refused.body["msg"]
    assert world.violations == []


@pytest.mark.parametrize(
    ("path", "word", "code"),
    [
        ("/openApi/swap/v2/trade/order", "3", 0),
        ("/openApi/spot/v1/trade/order", "1", 0),
        ("/openApi/spot/v1/trade/cancel", "1", 100404),
        ("/openApi/wallets/v1/capital/withdraw/apply", "5", 0),
        ("/openApi/wallets/v1/capital/innerTransfer/apply", "5", 0),
        ("/openApi/api/asset/v1/transfer", "4", 0),
    ],
)
async def test_orders_and_withdrawals_are_answered_and_are_violations(ask, world, path, word, code):
    world.keys["bx"].permissions = [word]

    assert (await ask(path, "POST")).code == code
    assert world.violations == [("bingx", "POST", path, "bx")]


async def test_an_unknown_path_is_none(ask):
    assert (await ask("/openApi/nothing")).code == 100400


async def test_everyday_rights_are_numbers(world):
    world.patch_key("bx", {"futures": True, "withdraw": True, "trade": False})

    assert world.keys["bx"].permissions == ["2", "3", "5"]


@asynccontextmanager
async def client_of(sim, key, **changes):
    client = ccxt.bingx({"apiKey": key.api_key, "secret": key.secret} | changes)
    api = client.urls["api"]
    client.urls["api"] = dict.fromkeys(api, sim.base("bingx") + "/openApi")
    try:
        yield client
    finally:
        await client.close()


async def test_ccxt_s_calls_are_all_accepted(sim, world):
    world.patch_key("bx", {"futures": True})
    async with client_of(sim, world.keys["bx"]) as client:
        assert (await client.fetch_time()) > 0
        info = await client.accountV1PrivateGetAccountApiPermissions()
        keys = await client.accountV1PrivateGetApiKeyQuery()
        uid = await client.accountV1PrivateGetUid()
        spot = await client.spotV1PrivateGetAccountBalance()
        swap = await client.swapV3PrivateGetUserBalance()
        orders = await client.spotV1PrivateGetTradeOpenOrders({"symbol": "BTC-USDT"})
        test = await client.swapV2PrivatePostTradeOrderTest({"symbol": "BTC-USDT", "side": "BUY"})

    assert info["permissions"] == [2, 1, 3]
    assert keys["data"]["apiInfos"][0]["note"] == "bx"
    assert uid["data"]["uid"]
    assert spot["data"]["balances"][0]["free"] == "26.5"
    assert swap["data"][0]["balance"] == "26.5"
    assert orders["data"]["orders"] == []
    assert test["data"]["order"]["symbol"] == "BTC-USDT"
    assert world.violations == []
    assert world.count(exchange="bingx", status=200) == world.requests.total() == 8


@pytest.mark.parametrize(
    ("change", "patch", "raised", "code"),
    [
        ({"apiKey": "nobody"}, {}, ccxt.AuthenticationError, "100413"),
        ({"secret": "wrong"}, {}, ccxt.AuthenticationError, "100001"),
        ({}, {"ips": ["203.0.113.7"]}, ccxt.PermissionDenied, "100419"),
        ({}, {"read": False}, ccxt.PermissionDenied, "100004"),
    ],
)
async def test_ccxt_is_refused_as_the_sheet_says(sim, world, change, patch, raised, code):
    world.patch_key("bx", patch)
    async with client_of(sim, world.keys["bx"], **change) as client:
        with pytest.raises(raised, match=code):
            await client.spotV1PrivateGetAccountBalance()


async def test_ccxt_takes_a_wrong_clock_for_a_wrong_pair(sim, world):
    world.put_faults("bingx", {"clock_skew_seconds": 60})
    async with client_of(sim, world.keys["bx"]) as client:
        with pytest.raises(ccxt.BadSymbol, match="100421"):
            await client.spotV1PrivateGetAccountBalance()


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ({"rate_limit": True}, ccxt.OperationFailed),
        ({"ban": True}, ccxt.OperationFailed),
        ({"waf": True}, ccxt.ExchangeNotAvailable),
        ({"maintenance": True}, ccxt.ExchangeNotAvailable),
        ({"status": 500}, ccxt.OperationFailed),
        ({"status": 502}, ccxt.ExchangeNotAvailable),
        ({"region": True}, ccxt.ExchangeError),
        ({"reset": True}, ccxt.NetworkError),
    ],
)
async def test_faults_raise_what_they_raise_on_the_real_exchange(sim, world, fault, raised):
    world.put_faults("bingx", fault)
    async with client_of(sim, world.keys["bx"]) as client:
        with pytest.raises(raised):
            await client.accountV1PrivateGetAccountApiPermissions()
