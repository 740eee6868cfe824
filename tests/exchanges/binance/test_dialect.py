"""Binance as binance.md has it, asked by a client of our own and by ccxt."""

import hashlib
import hmac
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import ccxt.async_support as ccxt
import pytest
from aiohttp import ClientSession
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bf_reconciler.simulator import Key, Simulator, World
from bf_reconciler.simulator.binance import invent, signature_holds
from bf_reconciler.simulator.tokens import es256_secret
from simulator.signing import send

EC_PEM = es256_secret(b"7" * 32)
KEY_INFO = "/sapi/v1/account/apiRestrictions"
REJECTED = {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}


@dataclass(frozen=True)
class Client:
    sim: Simulator
    session: ClientSession
    api_key: str
    secret: str
    ahead_ms: int = 0
    window: str = "5000"

    def but(self, **changes):
        return replace(self, **changes)

    def signed(self, params):
        stamp = str(time.time_ns() // 1_000_000 + self.ahead_ms)
        text = urlencode({**params, "timestamp": stamp, "recvWindow": self.window})
        mac = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return f"{text}&signature={mac}"

    async def call(self, method, path, **params):
        url, signed = f"{self.sim.base('binance')}{path}", self.signed(params)
        headers = {"X-MBX-APIKEY": self.api_key}
        if method in {"GET", "DELETE"}:
            return await send(self.session, method, f"{url}?{signed}", headers=headers)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return await send(self.session, method, url, headers=headers, body=signed)

    async def get(self, path, **params):
        return await self.call("GET", path, **params)


@pytest.fixture
def world():
    good = {"read": True, "trade": True, "ips": ["127.0.0.1"], "created_at": 1_698_645_219}
    balances = {"USDT": "26.5", "BNB": "0"}
    return World.from_dict({"keys": {"bi": {"exchange": "binance", **good, "balances": balances}}})


@pytest.fixture
def key(world) -> Key:
    return world.keys["bi"]


@pytest.fixture
def binance(sim, session, key):
    return Client(sim, session, key.api_key, key.secret)


@asynccontextmanager
async def ccxt_of(sim, key, **changes):
    client = ccxt.binance({"apiKey": key.api_key, "secret": key.secret} | changes)
    base = sim.base("binance")
    client.urls["api"] |= {
        **dict.fromkeys(("public", "private"), f"{base}/api/v3"),
        "sapi": f"{base}/sapi/v1",
        "fapiPrivateV3": f"{base}/fapi/v3",
    }
    try:
        yield client
    finally:
        await client.close()


def test_the_documented_signature_is_accepted_and_another_is_not():
    secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
    payload = (
        "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
        "&recvWindow=5000&timestamp=1499827319559"
    )
    signature = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"

    assert signature_holds(f"{payload}&signature={signature}".encode(), secret)
    assert signature_holds(f"{payload}&signature={signature.upper()}".encode(), secret)
    assert not signature_holds(f"{payload}&more=1&signature={signature}".encode(), secret)
    assert not signature_holds(payload.encode(), secret)


def rsa_secret():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, *form).decode()


@pytest.mark.parametrize("secret", [invent("an-ed25519").secret, rsa_secret()], ids=["ed", "rsa"])
async def test_a_private_key_signs_as_ccxt_signs_with_it(sim, key, secret):
    key.secret = secret
    async with ccxt_of(sim, key) as client:
        assert (await client.sapi_get_account_apirestrictions())["enableReading"] is True
    async with ccxt_of(sim, key, secret=invent("another-ed25519").secret) as client:
        with pytest.raises(ccxt.AuthenticationError, match="-1022"):
            await client.sapi_get_account_apirestrictions()


@pytest.mark.parametrize("secret", ["-----BEGIN PRIVATE KEY-----\nAA==", EC_PEM])
def test_a_private_key_that_is_none_of_theirs_signs_nothing(secret):
    assert not signature_holds(b"timestamp=1&signature=AA%3D%3D", secret)


def test_a_signature_of_a_private_key_must_be_base64():
    assert not signature_holds(b"timestamp=1&signature=%F0", invent("an-ed25519").secret)


async def test_time_ping_and_status_need_no_key(sim, session):
    base = sim.base("binance")
    stamp = await send(session, "GET", f"{base}/api/v3/time")

    assert abs(stamp.body["serverTime"] - time.time() * 1000) < 5_000
    assert (await send(session, "GET", f"{base}/api/v3/ping")).body == {}
    status = await send(session, "GET", f"{base}/sapi/v1/system/status")
    assert status.body == {"status": 0, "msg": "normal"}


async def test_a_key_describes_itself(binance):
    reply = await binance.get(KEY_INFO)

    assert reply.status == 200
    assert reply.body == {
        "ipRestrict": True,
        "createTime": 1698645219000,
        "enableReading": True,
        "enableWithdrawals": False,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": False,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
        "enableSpotAndMarginTrading": True,
        "enablePortfolioMarginTrading": False,
    }


async def test_a_flag_of_tomorrow_is_told(binance, key):
    key.permissions.append("enablePayouts")
    assert (await binance.get(KEY_INFO)).body["enablePayouts"] is True


async def test_the_right_to_trade_ends_silently(binance, world):
    world.patch_key("bi", {"ips": [], "expires_at": 1_700_000_000})

    info = await binance.get(KEY_INFO)

    assert info.body["tradingAuthorityExpirationTime"] == 1_700_000_000_000
    assert info.body["ipRestrict"] is info.body["enableSpotAndMarginTrading"] is False
    assert (await binance.call("POST", "/api/v3/order/test")).body == REJECTED
    assert (await binance.get("/api/v3/account")).status == 200


@pytest.mark.parametrize("api_key", ["", "no key at all!"])
async def test_a_malformed_key_is_told_so(binance, api_key):
    reply = await binance.but(api_key=api_key).get("/api/v3/account")

    assert (reply.status, reply.code) == (401, -2014)


async def test_an_unknown_key_has_a_code_of_its_own(binance):
    reply = await binance.but(api_key="0" * 64).get("/api/v3/account")

    assert (reply.status, reply.body) == (401, {"code": -2008, "msg": "Invalid Api-Key ID."})


@pytest.mark.parametrize(
    "change",
    [{"revoked": True}, {"ips": ["203.0.113.7"]}, {"read": False}, {"hide_key_info": True}],
)
async def test_one_code_has_three_causes(binance, world, change):
    world.patch_key("bi", change)

    reply = await binance.get(KEY_INFO)

    assert (reply.status, reply.body) == (401, REJECTED)


async def test_futures_add_the_address_they_saw(binance, world):
    world.patch_key("bi", {"ips": ["203.0.113.7"]})

    reply = await binance.get("/fapi/v3/account")

    assert reply.body["msg"].endswith("for action, request ip: 127.0.0.1")


async def test_a_hidden_key_info_refuses_that_call_alone(binance, key):
    key.hide_key_info = True
    assert (await binance.get("/api/v3/account")).status == 200


async def test_a_frozen_account_is_not_authorized(binance, key):
    key.frozen = True
    assert (await binance.get("/api/v3/account")).code == -1002


async def test_a_wrong_secret_is_a_wrong_signature(binance):
    reply = await binance.but(secret="wrong").get(KEY_INFO)

    assert (reply.status, reply.code) == (400, -1022)


@pytest.mark.parametrize(
    ("ahead_ms", "words"),
    [(-60_000, "outside"), (-6_000, "outside"), (4_000, "ahead"), (60_000, "ahead")],
)
async def test_a_timestamp_outside_of_the_window_is_refused(binance, ahead_ms, words):
    reply = await binance.but(ahead_ms=ahead_ms).get(KEY_INFO)

    assert (reply.status, reply.code) == (400, -1021)
    assert words in reply.body["msg"]


async def test_a_wider_window_takes_an_older_timestamp_and_has_a_limit(binance):
    late = binance.but(ahead_ms=-20_000)

    assert (await late.but(window="60000").get(KEY_INFO)).status == 200
    assert (await late.but(window="60001").get(KEY_INFO)).code == -1131


async def test_a_missing_timestamp_is_refused(binance, sim, session):
    url = f"{sim.base('binance')}{KEY_INFO}?signature=00"
    reply = await send(session, "GET", url, headers={"X-MBX-APIKEY": binance.api_key})

    assert (reply.status, reply.code) == (400, -1102)


@pytest.mark.parametrize(
    ("method", "path", "word"),
    [
        ("GET", KEY_INFO, "enableReading"),
        ("GET", "/api/v3/account", "enableReading"),
        ("GET", "/api/v3/openOrders", "enableReading"),
        ("GET", "/sapi/v1/account/status", "enableReading"),
        ("POST", "/api/v3/order/test", "enableSpotAndMarginTrading"),
    ],
)
async def test_each_call_needs_its_own_permission(binance, key, world, method, path, word):
    key.permissions = [word]
    granted = await binance.call(method, path)
    key.permissions = ["enableFixReadOnly"]
    refused = await binance.call(method, path)

    assert granted.status == 200
    assert (refused.status, refused.body) == (401, REJECTED)
    assert world.violations == []


@pytest.mark.parametrize(
    ("method", "path", "word"),
    [
        ("POST", "/api/v3/order", "enableSpotAndMarginTrading"),
        ("DELETE", "/api/v3/openOrders", "enableSpotAndMarginTrading"),
        ("POST", "/sapi/v1/capital/withdraw/apply", "enableWithdrawals"),
        ("POST", "/sapi/v1/asset/transfer", "permitsUniversalTransfer"),
    ],
)
async def test_orders_and_withdrawals_are_answered_and_are_violations(
    binance, key, world, method, path, word
):
    key.permissions = [word]

    assert (await binance.call(method, path)).status == 200
    assert world.violations == [("binance", method, path, "bi")]


async def test_the_account_says_can_withdraw_whatever_the_key_may(binance):
    body = (await binance.get("/api/v3/account")).body
    sparse = (await binance.get("/api/v3/account", omitZeroBalances="true")).body

    assert body["canWithdraw"] is True
    assert [row["asset"] for row in body["balances"]] == ["USDT", "BNB"]
    assert [row["asset"] for row in sparse["balances"]] == ["USDT"]


async def test_a_key_of_a_test_network_finds_no_wallet_calls(binance, world):
    world.patch_key("bi", {"environment": "testnet"})

    assert (await binance.get(KEY_INFO)).status == 404
    assert (await binance.get("/api/v3/account")).status == 200


async def test_an_unknown_path_is_not_found(binance):
    assert (await binance.get("/api/v3/nothing")).status == 404


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"rate_limit": True}, 429, -1003),
        ({"ban": True}, 418, -1003),
        ({"region": True}, 451, 0),
        ({"maintenance": True}, 503, 1),
        ({"status": 500}, 500, -1000),
    ],
)
async def test_faults_are_worded_as_the_sheet_has_them(binance, world, fault, status, code):
    world.put_faults("binance", fault)

    reply = await binance.get(KEY_INFO)

    assert (reply.status, reply.code) == (status, code)


async def test_other_failures_are_pages_and_the_status_call_outlives_maintenance(binance, world):
    world.put_faults("binance", {"status": 502})
    assert (await binance.get(KEY_INFO)).body is None
    world.put_faults("binance", {"maintenance": True})
    assert (await binance.get("/sapi/v1/system/status")).body["status"] == 1


async def test_ccxt_s_calls_are_all_accepted(sim, world, key):
    async with ccxt_of(sim, key) as client:
        assert (await client.fetch_time()) > 0
        assert (await client.fetch_status())["status"] == "ok"
        info = await client.sapiGetAccountApiRestrictions()
        account = await client.privateGetAccount({"omitZeroBalances": "true"})
        orders = await client.privateGetOpenOrders({"symbol": "BTCUSDT"})
        futures = await client.fapiPrivateV3GetAccount()
        test = await client.privatePostOrderTest({"symbol": "BTCUSDT", "side": "BUY"})

    assert info["enableReading"] is True
    assert account["balances"][0]["free"] == "26.5"
    assert (orders, test) == ([], {})
    assert futures["assets"][0]["walletBalance"] == "26.5"
    assert world.violations == []
    assert world.count(exchange="binance", status=200) == world.requests.total() == 7


@pytest.mark.parametrize(
    ("change", "raised", "code"),
    [
        ({"apiKey": "0" * 64}, ccxt.ExchangeError, "-2008"),
        ({"secret": "wrong"}, ccxt.AuthenticationError, "-1022"),
        ({"options": {"timeDifference": 60_000}}, ccxt.InvalidNonce, "-1021"),
    ],
)
async def test_ccxt_raises_as_the_sheet_says(sim, key, change, raised, code):
    async with ccxt_of(sim, key, **change) as client:
        with pytest.raises(raised, match=code):
            await client.privateGetAccount()


async def test_a_revoked_key_is_a_network_error_to_ccxt_once_it_has_worked(sim, key):
    async with ccxt_of(sim, key) as client:
        await client.privateGetAccount()
        key.revoked = True
        with pytest.raises(ccxt.DDoSProtection, match="-2015"):
            await client.privateGetAccount()


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ({"rate_limit": True}, ccxt.DDoSProtection),
        ({"ban": True}, ccxt.DDoSProtection),
        ({"region": True}, ccxt.ExchangeNotAvailable),
        ({"maintenance": True}, ccxt.OnMaintenance),
        ({"waf": True}, ccxt.ExchangeNotAvailable),
    ],
)
async def test_faults_raise_what_they_raise_on_the_real_exchange(sim, world, key, fault, raised):
    world.put_faults("binance", fault)
    async with ccxt_of(sim, key) as client:
        with pytest.raises(raised):
            await client.privateGetAccount()
