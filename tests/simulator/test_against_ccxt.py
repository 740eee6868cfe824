"""ccxt itself is served: a second client that nobody here has written."""

from contextlib import asynccontextmanager

import ccxt.async_support as ccxt
import pytest


@asynccontextmanager
async def kucoin_of(sim, key, **changes):
    config = {"apiKey": key.api_key, "secret": key.secret, "password": key.passphrase}
    client = ccxt.kucoin(config | changes)
    client.urls["api"] = dict.fromkeys(client.urls["api"], sim.base("kucoin"))
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def mexc_of(sim, key, **changes):
    client = ccxt.mexc({"apiKey": key.api_key, "secret": key.secret} | changes)
    client.urls["api"]["spot"] = dict.fromkeys(("public", "private"), sim.base("mexc"))
    try:
        yield client
    finally:
        await client.close()


async def test_kucoin_s_calls_are_all_accepted(sim, world):
    world.patch_key("ku", {"futures": True})
    async with kucoin_of(sim, world.keys["ku"]) as client:
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


async def test_mexc_s_calls_are_all_accepted(sim, world):
    world.patch_key("mx", {"permissions": [*world.keys["mx"].permissions, "SPOT_WITHDRAW_READ"]})
    async with mexc_of(sim, world.keys["mx"]) as client:
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


async def test_key_version_three_is_accepted(sim, world):
    async with kucoin_of(sim, world.keys["ku"]) as client:
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
async def test_kucoin_refuses_as_the_sheet_says(sim, world, change, raised, code):
    async with kucoin_of(sim, world.keys["ku"], **change) as client:
        with pytest.raises(raised, match=code):
            await client.privateGetUserApiKey()


@pytest.mark.parametrize(
    ("change", "raised", "code"),
    [
        ({"apiKey": "mx0vgl0"}, ccxt.BadRequest, "10072"),
        ({"secret": "wrong"}, ccxt.AuthenticationError, "700002"),
        ({"options": {"timeDifference": 60_000}}, ccxt.InvalidNonce, "700003"),
    ],
)
async def test_mexc_refuses_as_the_sheet_says(sim, world, change, raised, code):
    async with mexc_of(sim, world.keys["mx"], **change) as client:
        with pytest.raises(raised, match=code):
            await client.spotPrivateGetAccount()


@pytest.mark.parametrize(
    ("fault", "kucoin_raises", "mexc_raises"),
    [
        ({"rate_limit": True}, ccxt.RateLimitExceeded, ccxt.RateLimitExceeded),
        ({"ban": True}, ccxt.ExchangeNotAvailable, ccxt.RateLimitExceeded),
        ({"waf": True}, ccxt.ExchangeNotAvailable, ccxt.ExchangeNotAvailable),
        ({"maintenance": True}, ccxt.ExchangeNotAvailable, ccxt.OnMaintenance),
        ({"status": 500}, ccxt.ExchangeNotAvailable, ccxt.ExchangeNotAvailable),
        ({"region": True}, ccxt.ExchangeError, ccxt.PermissionDenied),
        ({"reset": True}, ccxt.NetworkError, ccxt.NetworkError),
    ],
)
async def test_faults_raise_what_they_raise_on_the_real_exchange(
    sim, world, fault, kucoin_raises, mexc_raises
):
    for exchange in world.faults:
        world.put_faults(exchange, fault)
    async with kucoin_of(sim, world.keys["ku"]) as client:
        with pytest.raises(kucoin_raises):
            await client.privateGetUserApiKey()
    async with mexc_of(sim, world.keys["mx"]) as client:
        with pytest.raises(mexc_raises):
            await client.spotPrivateGetAccount()
