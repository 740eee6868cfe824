"""MEXC as mexc.md has it, asked by a client of our own."""

import re
import time
from contextlib import asynccontextmanager

import ccxt.async_support as ccxt
import pytest

from bf_reconciler.simulator import demo_world
from simulator.signing import send

KEY_INFO = "/api/v3/apiKeyInfo"


async def test_time_and_ping_need_no_key(sim, session):
    stamp = await send(session, "GET", sim.base("mexc") + "/api/v3/time")
    ping = await send(session, "GET", sim.base("mexc") + "/api/v3/ping")

    assert abs(stamp.body["serverTime"] - time.time() * 1000) < 5_000
    assert ping.body == {}


async def test_a_key_describes_itself(mexc, world):
    world.patch_key("mx", {"remaining_validity": 82.5})

    reply = await mexc.key_info()

    assert reply.status == 200
    assert reply.body == {
        "note": "mx",
        "accessKey": world.keys["mx"].api_key,
        "createTime": "2024-10-09T03:17:23.000+00:00",
        "permissions": "SPOT_ACCOUNT_READ,SPOT_DEAL_READ,SPOT_DEAL_WRITE",
        "remainingValidity": 82,
        "ipWhiteList": "127.0.0.1",
        "status": "VALID",
    }


async def test_a_key_that_never_expires_and_is_not_bound_says_so(mexc, world):
    world.keys["mx"].ips = []

    body = (await mexc.key_info()).body

    assert (body["remainingValidity"], body["ipWhiteList"]) == (None, "")


async def test_key_info_needs_the_key_to_describe(mexc):
    missing = await mexc.get(KEY_INFO)
    other = await mexc.get(KEY_INFO, accessKey="mx0vglsomebodyelse")

    assert (missing.status, missing.code) == (400, 730707)
    assert (other.status, other.code) == (400, 730706)


async def test_a_call_without_a_key_is_refused(sim, session):
    reply = await send(session, "GET", sim.base("mexc") + "/api/v3/account")

    assert reply.status == 400
    assert reply.body == {"code": 400, "msg": "api key required"}


@pytest.mark.parametrize(
    ("api_key", "code"), [("mx0vgl000000000000", 10072), ("no key at all!", 700001)]
)
async def test_unknown_and_malformed_keys_are_told_apart(mexc, api_key, code):
    reply = await mexc.but(api_key=api_key).get("/api/v3/account")

    assert (reply.status, reply.code) == (400, code)


async def test_a_revoked_key_is_unknown(mexc, world):
    world.keys["mx"].revoked = True

    assert (await mexc.get("/api/v3/account")).body == {
        "code": 10072,
        "msg": "Api key info invalid",
    }


async def test_an_expired_key_looks_like_a_wrong_signature(mexc, world):
    world.patch_key("mx", {"remaining_validity": -0.1})

    assert (await mexc.get("/api/v3/account")).code == 700002


async def test_a_wrong_secret_is_a_wrong_signature(mexc):
    reply = await mexc.but(secret="wrong").get("/api/v3/account")

    assert (reply.status, reply.code) == (400, 700002)


@pytest.mark.parametrize("cut", ["signature=", "&signature="])
async def test_a_call_without_a_signature_is_not_valid(mexc, sim, session, cut):
    query = mexc.query({}).partition(cut)[0]

    reply = await send(
        session,
        "GET",
        f"{sim.base('mexc')}/api/v3/account?{query}",
        headers={"X-MEXC-APIKEY": mexc.api_key},
    )

    assert reply.code == 700002


async def test_parameters_behind_the_signature_are_not_taken(mexc, sim, session):
    reply = await send(
        session,
        "GET",
        f"{sim.base('mexc')}/api/v3/account?{mexc.query({})}&more=1",
        headers={"X-MEXC-APIKEY": mexc.api_key},
    )

    assert reply.code == 700002


async def test_the_signature_covers_the_query_as_it_was_sent(mexc):
    assert (await mexc.get("/api/v3/openOrders", symbol="A,B C")).status == 200


@pytest.mark.parametrize("ahead_ms", [-60_000, -5_500, 3_000, 60_000])
async def test_a_timestamp_outside_of_the_window_is_refused(mexc, ahead_ms):
    reply = await mexc.but(ahead_ms=ahead_ms).get("/api/v3/account")

    assert (reply.status, reply.code) == (400, 700003)


async def test_a_wider_window_takes_an_older_timestamp(mexc):
    assert (await mexc.but(ahead_ms=-20_000, window="60000").get("/api/v3/account")).status == 200


@pytest.mark.parametrize("window", ["60001", "wide"])
async def test_the_window_has_a_limit(mexc, window):
    assert (await mexc.but(window=window).get("/api/v3/account")).code == 700005


async def test_a_missing_timestamp_is_refused(mexc, sim, session):
    reply = await send(
        session,
        "GET",
        f"{sim.base('mexc')}/api/v3/account?signature=00",
        headers={"X-MEXC-APIKEY": mexc.api_key},
    )

    assert reply.code == 700003


async def test_an_address_off_the_allowlist_is_refused_and_named(mexc, world):
    world.keys["mx"].ips = ["203.0.113.7"]

    reply = await mexc.key_info()

    assert (reply.status, reply.code) == (400, 700006)
    assert reply.body["msg"] == "IP [127.0.0.1] not in the ip white list"


async def test_a_frozen_account_is_abnormal(mexc, world):
    world.keys["mx"].frozen = True

    assert (await mexc.key_info()).code == 60005


@pytest.mark.parametrize(
    ("method", "path", "word"),
    [
        ("GET", "/api/v3/account", "SPOT_ACCOUNT_READ"),
        ("GET", "/api/v3/account", "SPOT_ACCOUNT_R"),
        ("GET", "/api/v3/uid", "SPOT_ACCOUNT_READ"),
        ("GET", "/api/v3/selfSymbols", "SPOT_ACCOUNT_READ"),
        ("GET", "/api/v3/openOrders", "SPOT_DEAL_READ"),
        ("GET", "/api/v3/capital/config/getall", "SPOT_WITHDRAW_READ"),
        ("POST", "/api/v3/order/test", "SPOT_DEAL_WRITE"),
    ],
)
async def test_each_call_needs_its_own_permission(mexc, world, method, path, word):
    world.keys["mx"].permissions = [word]
    granted = await mexc.call(method, path)
    world.keys["mx"].permissions = ["SPOT_DEPOSIT_READ"]
    refused = await mexc.call(method, path)

    assert granted.status == 200
    assert refused.status == 400
    assert refused.body == {"code": 700007, "msg": "No permission to access the endpoint."}
    assert world.violations == []


async def test_a_key_that_may_read_its_account_may_ask_for_its_rights(mexc, world):
    world.keys["mx"].permissions = ["SPOT_DEAL_READ"]
    assert (await mexc.key_info()).code == 700007

    world.keys["mx"].permissions = ["SPOT_ACCOUNT_READ"]
    assert (await mexc.key_info()).body["permissions"] == "SPOT_ACCOUNT_READ"


async def test_a_hidden_key_info_refuses_that_call_alone(mexc, world):
    world.keys["mx"].hide_key_info = True

    assert (await mexc.key_info()).code == 700007
    assert (await mexc.get("/api/v3/account")).status == 200


async def test_the_account_says_can_withdraw_whatever_the_key_may(mexc):
    body = (await mexc.get("/api/v3/account")).body

    assert body["canWithdraw"] is True
    assert body["balances"] == [{"asset": "USDT", "free": "26.5", "locked": "0"}]


async def test_an_unknown_path_is_not_found(mexc):
    assert (await mexc.get("/api/v3/nothing")).status == 404


@pytest.mark.parametrize(
    ("method", "path", "word"),
    [
        ("POST", KEY_INFO, "SPOT_ACCOUNT_WRITE"),
        ("POST", "/api/v3/order", "SPOT_DEAL_WRITE"),
        ("POST", "/api/v3/batchOrders", "SPOT_DEAL_WRITE"),
        ("POST", "/api/v3/capital/withdraw", "SPOT_WITHDRAW_WRITE"),
        ("POST", "/api/v3/capital/transfer", "SPOT_TRANSFER_WRITE"),
    ],
)
async def test_orders_and_withdrawals_are_answered_and_are_violations(
    mexc, world, method, path, word
):
    world.keys["mx"].permissions = [word]

    assert (await mexc.call(method, path)).status == 200
    assert world.violations == [("mexc", method, path, "mx")]


async def test_cancelling_a_withdrawal_that_is_not_there_tells_permission_from_none(mexc, world):
    path = "/api/v3/capital/withdraw"
    refused = await mexc.call("DELETE", path, id="0" * 32)
    world.patch_key("mx", {"withdraw": True})
    absent = await mexc.call("DELETE", path, id="0" * 32)

    assert (refused.code, absent.code) == (700007, 22222)
    assert len(world.violations) == 2


@asynccontextmanager
async def ccxt_of(sim, key, **changes):
    client = ccxt.mexc({"apiKey": key.api_key, "secret": key.secret} | changes)
    client.urls["api"]["spot"] = dict.fromkeys(("public", "private"), sim.base("mexc"))
    try:
        yield client
    finally:
        await client.close()


async def test_ccxt_s_calls_are_all_accepted(sim, world):
    world.patch_key("mx", {"permissions": [*world.keys["mx"].permissions, "SPOT_WITHDRAW_READ"]})
    async with ccxt_of(sim, world.keys["mx"]) as client:
        assert (await client.fetch_time()) > 0
        assert (await client.fetch_status())["status"] == "ok"
        info = await client.spotPrivateGetApiKeyInfo({"accessKey": client.apiKey})
        account = await client.spotPrivateGetAccount()
        orders = await client.spotPrivateGetOpenOrders({"symbol": "BTCUSDT"})
        coins = await client.spotPrivateGetCapitalConfigGetall()
        uid = await client.spotPrivateGetUid()
        symbols = await client.spotPrivateGetSelfSymbols()
        test = await client.spotPrivatePostOrderTest({"symbol": "BTCUSDT", "side": "BUY"})

    assert info["status"] == "VALID"
    assert account["balances"][0]["free"] == "26.5"
    assert (orders, test) == ([], {})
    assert coins[0]["coin"] == "USDT"
    assert uid["uid"].isdigit()
    assert "BTCUSDT" in symbols["data"]
    assert world.violations == []
    assert world.count(exchange="mexc", status=200) == world.requests.total() == 9


@pytest.mark.parametrize(
    ("change", "raised", "code"),
    [
        ({"apiKey": "mx0vgl0"}, ccxt.BadRequest, "10072"),
        ({"secret": "wrong"}, ccxt.AuthenticationError, "700002"),
        ({"options": {"timeDifference": 60_000}}, ccxt.InvalidNonce, "700003"),
    ],
)
async def test_ccxt_is_refused_as_the_sheet_says(sim, world, change, raised, code):
    async with ccxt_of(sim, world.keys["mx"], **change) as client:
        with pytest.raises(raised, match=code):
            await client.spotPrivateGetAccount()


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ({"rate_limit": True}, ccxt.RateLimitExceeded),
        ({"ban": True}, ccxt.RateLimitExceeded),
        ({"waf": True}, ccxt.ExchangeNotAvailable),
        ({"maintenance": True}, ccxt.OnMaintenance),
        ({"status": 500}, ccxt.ExchangeNotAvailable),
        ({"region": True}, ccxt.PermissionDenied),
        ({"reset": True}, ccxt.NetworkError),
    ],
)
async def test_faults_raise_in_ccxt_what_they_raise_on_the_real_exchange(sim, world, fault, raised):
    world.put_faults("mexc", fault)
    async with ccxt_of(sim, world.keys["mx"]) as client:
        with pytest.raises(raised):
            await client.spotPrivateGetAccount()


def test_invented_credentials_have_the_shape_of_the_exchange_s():
    keys = [key for key in demo_world().keys.values() if key.exchange == "mexc"]
    assert keys
    for key in keys:
        assert re.fullmatch(r"mx0vgl[0-9a-f]{12}", key.api_key)
        assert re.fullmatch(r"[0-9a-f]{32}", key.secret)
        assert not key.passphrase
