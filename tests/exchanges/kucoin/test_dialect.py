"""KuCoin as kucoin.md has it, asked by a client of our own."""

import json
import re
import time
from contextlib import asynccontextmanager

import ccxt.async_support as ccxt
import pytest

from bf_reconciler.simulator import demo_world
from simulator.signing import exchange_bytes, send

KEY_INFO = "/api/v1/user/api-key"
ORDER = json.dumps({"clientOid": "abc", "side": "buy", "symbol": "BTC-USDT"})


async def test_time_and_status_need_no_key(sim, session):
    stamp = await send(session, "GET", sim.base("kucoin") + "/api/v1/timestamp")
    status = await send(session, "GET", sim.base("kucoin") + "/api/v1/status")

    assert stamp.code == "200000"
    assert abs(stamp.body["data"] - time.time() * 1000) < 5_000
    assert status.body == {"code": "200000", "data": {"status": "open", "msg": ""}}


async def test_a_key_describes_itself(kucoin, world):
    reply = await kucoin.get(KEY_INFO)

    assert reply.status == 200
    assert reply.code == "200000"
    assert reply.body["data"] == {
        "remark": "ku",
        "apiKey": world.keys["ku"].api_key,
        "apiVersion": 3,
        "permission": "General,Spot",
        "ipWhitelist": "127.0.0.1",
        "createdAt": 1_728_443_843_000,
        "uid": reply.body["data"]["uid"],
        "isMaster": True,
    }


async def test_a_key_without_an_allowlist_shows_an_empty_one(kucoin, world):
    world.keys["ku"].ips = []

    assert (await kucoin.get(KEY_INFO)).body["data"]["ipWhitelist"] == ""


async def test_a_sub_key_has_a_sub_name(kucoin, world):
    world.keys["ku"].is_sub = True

    data = (await kucoin.get(KEY_INFO)).body["data"]

    assert (data["isMaster"], data["subName"]) == (False, "ku-sub")


@pytest.mark.parametrize("version", ["2", "3"])
async def test_both_versions_of_the_key_header_are_taken(kucoin, version):
    assert (await kucoin.but(version=version).get(KEY_INFO)).status == 200


async def test_an_old_version_of_the_key_header_is_refused(kucoin):
    reply = await kucoin.but(version="1").get(KEY_INFO)

    assert (reply.status, reply.code) == (403, "400007")
    assert reply.body["msg"] == "Invalid KC-API-KEY-VERSION"


@pytest.mark.parametrize(
    "missing", ["KC-API-KEY", "KC-API-SIGN", "KC-API-TIMESTAMP", "KC-API-PASSPHRASE"]
)
async def test_every_header_of_the_signature_is_needed(kucoin, sim, session, missing):
    headers = kucoin.headers("GET", KEY_INFO)
    del headers[missing]

    reply = await send(session, "GET", sim.base("kucoin") + KEY_INFO, headers=headers)

    assert (reply.status, reply.code) == (401, "400001")
    assert missing in reply.body["msg"]


@pytest.mark.parametrize("ahead_ms", [-60_000, -5_500, 7_000, 60_000])
async def test_a_clock_off_by_five_seconds_is_refused(kucoin, ahead_ms):
    reply = await kucoin.but(ahead_ms=ahead_ms).get(KEY_INFO)

    assert (reply.status, reply.code) == (400, "400002")


@pytest.mark.parametrize("ahead_ms", [-2_000, 3_000])
async def test_a_clock_off_by_less_is_taken(kucoin, ahead_ms):
    assert (await kucoin.but(ahead_ms=ahead_ms).get(KEY_INFO)).status == 200


@pytest.mark.parametrize("stamp", ["soon", "-1", "²", "9" * 40])
async def test_a_timestamp_that_is_no_number_is_refused(kucoin, sim, session, stamp):
    headers = kucoin.headers("GET", KEY_INFO) | {"KC-API-TIMESTAMP": stamp}

    reply = await send(session, "GET", sim.base("kucoin") + KEY_INFO, headers=headers)

    assert reply.code == "400002"


async def test_an_unknown_key_does_not_exist(kucoin):
    reply = await kucoin.but(api_key="0" * 24).get(KEY_INFO)

    assert (reply.status, reply.code) == (401, "400003")
    assert reply.body["msg"] == "KC-API-KEY not exists"


@pytest.mark.parametrize("change", [{"revoked": True}, {"remaining_validity": -1}])
async def test_a_revoked_or_expired_key_does_not_exist(kucoin, world, change):
    world.patch_key("ku", change)

    assert (await kucoin.get(KEY_INFO)).code == "400003"


async def test_a_wrong_secret_is_a_wrong_signature(kucoin):
    reply = await kucoin.but(secret="wrong").get(KEY_INFO)

    assert (reply.status, reply.code) == (401, "400005")


async def test_a_wrong_passphrase_is_told_apart_from_a_wrong_secret(kucoin):
    reply = await kucoin.but(passphrase="wrong").get(KEY_INFO)

    assert (reply.status, reply.code) == (401, "400004")


async def test_a_passphrase_in_plain_text_is_refused(kucoin, sim, session, world):
    headers = kucoin.headers("GET", KEY_INFO)
    headers["KC-API-PASSPHRASE"] = world.keys["ku"].passphrase

    reply = await send(session, "GET", sim.base("kucoin") + KEY_INFO, headers=headers)

    assert reply.code == "400004"


async def test_the_signature_covers_the_path_without_the_prefix(kucoin, sim, session):
    headers = kucoin.headers("GET", "/kucoin" + KEY_INFO)

    reply = await send(session, "GET", sim.base("kucoin") + KEY_INFO, headers=headers)

    assert reply.code == "400005"


async def test_the_signature_covers_the_query(kucoin):
    assert (await kucoin.get("/api/v1/accounts?currency=BTC")).status == 200
    forged = await kucoin.get("/api/v1/accounts?currency=BTC", "/api/v1/accounts?currency=ETH")
    assert forged.code == "400005"


async def test_the_signature_covers_the_query_as_it_was_before_encoding(kucoin):
    plain, encoded = "/api/v1/accounts?currency=A,B", "/api/v1/accounts?currency=A%2CB"

    assert (await kucoin.get(plain, encoded)).status == 200
    assert (await kucoin.get(encoded, encoded)).code == "400005"


async def test_an_address_off_the_allowlist_is_refused_and_named(kucoin, world):
    world.keys["ku"].ips = ["203.0.113.7"]

    reply = await kucoin.get(KEY_INFO)

    assert (reply.status, reply.code) == (403, "400006")
    assert reply.body["msg"] == "Invalid request ip, the current clientIp is:127.0.0.1"


async def test_a_frozen_user_is_told_so(kucoin, world):
    world.keys["ku"].frozen = True

    assert (await kucoin.get(KEY_INFO)).body == {"code": "411100", "msg": "User are frozen"}


@pytest.mark.parametrize(
    ("endpoint", "word"),
    [
        (KEY_INFO, "General"),
        ("/api/v1/accounts", "General"),
        ("/api/v1/hf/orders/active?symbol=BTC-USDT", "General"),
        ("/api/v1/orders?status=active", "General"),
        ("/api/v1/hf/orders/active/symbols", "Spot"),
        ("/api/v1/hf/orders/active/symbols", "Trade"),
        ("/api/v1/account-overview?currency=USDT", "Futures"),
    ],
)
async def test_each_call_needs_its_own_permission(kucoin, world, endpoint, word):
    world.keys["ku"].permissions = [word]
    granted = await kucoin.get(endpoint)
    world.keys["ku"].permissions = ["Earn"]
    refused = await kucoin.get(endpoint)

    assert (granted.status, granted.code) == (200, "200000")
    assert (refused.status, refused.code) == (403, "400007")
    assert refused.body["msg"] == "Access denied, require more permission."


async def test_a_hidden_key_info_refuses_that_call_alone(kucoin, world):
    world.keys["ku"].hide_key_info = True

    assert (await kucoin.get(KEY_INFO)).code == "400007"
    assert (await kucoin.get("/api/v1/accounts")).code == "200000"


async def test_balances_are_listed_by_currency_and_type(kucoin):
    everything = (await kucoin.get("/api/v1/accounts")).body["data"]
    bitcoin = (await kucoin.get("/api/v1/accounts?currency=BTC")).body["data"]

    assert [(row["currency"], row["balance"]) for row in everything] == [
        ("USDT", "26.5"),
        ("BTC", "0.1"),
    ]
    assert [row["currency"] for row in bitcoin] == ["BTC"]
    assert set(bitcoin[0]) == {"id", "currency", "type", "balance", "available", "holds"}
    assert (await kucoin.get("/api/v1/accounts?type=main")).body["data"] == []


async def test_an_account_without_funds_is_an_empty_list(kucoin, world):
    world.keys["ku"].balances = {}

    assert (await kucoin.get("/api/v1/accounts")).body == {"code": "200000", "data": []}


async def test_the_futures_account_has_the_currency_asked_for(kucoin, world):
    world.keys["ku"].permissions.append("Futures")

    data = (await kucoin.get("/api/v1/account-overview?currency=USDT")).body["data"]

    assert (data["currency"], data["availableBalance"]) == ("USDT", 26.5)


@pytest.mark.parametrize("query", ["", "?symbol="])
async def test_open_orders_need_a_symbol(kucoin, query):
    reply = await kucoin.get(f"/api/v1/hf/orders/active{query}")

    assert (reply.status, reply.code) == (400, "400100")


async def test_an_unknown_path_is_not_found(kucoin):
    reply = await kucoin.get("/api/v1/nothing")

    assert (reply.status, reply.code) == (404, "404000")


async def test_a_test_order_is_no_violation(kucoin, world):
    reply = await kucoin.call("POST", "/api/v1/hf/orders/test", ORDER)

    assert reply.body["data"]["clientOid"] == "abc"
    assert world.violations == []


@pytest.mark.parametrize("body", ["", "{", "[]", "{}"])
async def test_an_order_needs_its_client_id(kucoin, body):
    reply = await kucoin.call("POST", "/api/v1/hf/orders/test", body)

    assert (reply.status, reply.code) == (400, "400100")


@pytest.mark.parametrize(
    ("method", "path", "word"),
    [
        ("POST", "/api/v1/hf/orders", "Spot"),
        ("DELETE", "/api/v1/hf/orders/5c52e11203aa677f33e493fb", "Spot"),
        ("POST", "/api/v3/withdrawals", "Withdrawal"),
        ("POST", "/api/v3/withdrawals", "Transfer"),
        ("DELETE", "/api/v1/withdrawals/5c52e11203aa677f33e493fb", "Transfer"),
        ("POST", "/api/v3/accounts/universal-transfer", "InnerTransfer"),
    ],
)
async def test_orders_and_withdrawals_are_answered_and_are_violations(
    kucoin, world, method, path, word
):
    world.keys["ku"].permissions = [word]

    reply = await kucoin.call(method, path, ORDER)

    assert reply.code == "200000"
    assert world.violations == [("kucoin", method, path, "ku")]


async def test_a_refused_withdrawal_is_a_violation_all_the_same(kucoin, world):
    assert (await kucoin.call("POST", "/api/v3/withdrawals", "{}")).code == "400007"
    assert (await kucoin.but(api_key="x").call("PUT", "/api/v9/anything")).status == 404
    assert world.violations == [
        ("kucoin", "POST", "/api/v3/withdrawals", "ku"),
        ("kucoin", "PUT", "/api/v9/anything", None),
    ]


async def test_headers_that_are_no_utf8_are_merely_wrong(kucoin, sim):
    headers = kucoin.headers("GET", KEY_INFO) | {"KC-API-SIGN": "\xff\xfe"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())

    answer = await exchange_bytes(
        sim, f"GET /kucoin{KEY_INFO} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode("latin-1")
    )

    assert answer.startswith(b"HTTP/1.1 401")
    assert b"400005" in answer


@asynccontextmanager
async def ccxt_of(sim, key, **changes):
    config = {"apiKey": key.api_key, "secret": key.secret, "password": key.passphrase}
    client = ccxt.kucoin(config | changes)
    client.urls["api"] = dict.fromkeys(client.urls["api"], sim.base("kucoin"))
    try:
        yield client
    finally:
        await client.close()


async def test_ccxt_s_calls_are_all_accepted(sim, world):
    world.patch_key("ku", {"futures": True})
    async with ccxt_of(sim, world.keys["ku"]) as client:
        assert (await client.publicGetTimestamp())["code"] == "200000"
        assert (await client.publicGetStatus())["data"]["status"] == "open"
        info = await client.privateGetUserApiKey()
        accounts = await client.privateGetAccounts({"currency": "USDT"})
        orders = await client.privateGetHfOrdersActive({"symbol": "BTC-USDT"})
        symbols = await client.privateGetHfOrdersActiveSymbols()
        legacy = await client.privateGetOrders({"status": "active"})
        futures = await client.futuresPrivateGetAccountOverview({"currency": "USDT"})
        test = await client.privatePostHfOrdersTest(
            {"clientOid": "a", "side": "buy", "symbol": "BTC-USDT", "type": "limit", "price": "1"}
        )

    assert info["data"]["permission"] == "General,Spot,Futures"
    assert accounts["data"][0]["balance"] == "26.5"
    assert orders["data"] == symbols["data"]["symbols"] == legacy["data"]["items"] == []
    assert futures["data"]["currency"] == "USDT"
    assert test["code"] == "200000"
    assert world.violations == []
    assert world.count(exchange="kucoin", status=200) == world.requests.total() == 9


async def test_key_version_three_is_accepted(sim, world):
    async with ccxt_of(sim, world.keys["ku"]) as client:
        client.headers = {"KC-API-KEY-VERSION": "3"}

        assert (await client.privateGetUserApiKey())["code"] == "200000"


@pytest.mark.parametrize(
    ("change", "raised", "code"),
    [
        ({"apiKey": "0" * 24}, ccxt.AuthenticationError, "400003"),
        ({"secret": "wrong"}, ccxt.AuthenticationError, "400005"),
        ({"password": "wrong"}, ccxt.AuthenticationError, "400004"),
        ({"options": {"timeDifference": 60_000}}, ccxt.InvalidNonce, "400002"),
    ],
)
async def test_ccxt_is_refused_as_the_sheet_says(sim, world, change, raised, code):
    async with ccxt_of(sim, world.keys["ku"], **change) as client:
        with pytest.raises(raised, match=code):
            await client.privateGetUserApiKey()


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ({"rate_limit": True}, ccxt.RateLimitExceeded),
        ({"ban": True}, ccxt.ExchangeNotAvailable),
        ({"waf": True}, ccxt.ExchangeNotAvailable),
        ({"maintenance": True}, ccxt.ExchangeNotAvailable),
        ({"status": 500}, ccxt.ExchangeNotAvailable),
        ({"region": True}, ccxt.ExchangeError),
        ({"reset": True}, ccxt.NetworkError),
    ],
)
async def test_faults_raise_in_ccxt_what_they_raise_on_the_real_exchange(sim, world, fault, raised):
    world.put_faults("kucoin", fault)
    async with ccxt_of(sim, world.keys["ku"]) as client:
        with pytest.raises(raised):
            await client.privateGetUserApiKey()


def test_invented_credentials_have_the_shape_of_the_exchange_s():
    keys = [key for key in demo_world().keys.values() if key.exchange == "kucoin"]
    assert keys
    for key in keys:
        assert re.fullmatch(r"[0-9a-f]{24}", key.api_key)
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", key.secret)
        assert key.passphrase


async def test_bitcoin_s_perpetual_is_named_as_kucoin_names_it(sim, session):
    reply = await send(session, "GET", sim.base("kucoin") + "/api/v1/contracts/active")

    first = reply.body["data"][0]
    assert (first["symbol"], first["baseCurrency"]) == ("XBTUSDTM", "XBT")
    assert first["fundingRateSymbol"] == ".XBTUSDTMFPI8H"
