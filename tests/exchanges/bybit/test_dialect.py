"""Bybit as bybit.md has it, asked by a client of our own and by ccxt."""

import hashlib
import hmac
import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import ccxt.async_support as ccxt
import pytest
from aiohttp import ClientSession

from bf_reconciler.simulator import Key, Simulator, World
from simulator.signing import send

KEY_INFO = "/v5/user/query-api"
WALLET = "/v5/account/wallet-balance?accountType=UNIFIED"
ORDERS = "/v5/order/realtime?category=spot"


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

    async def call(self, method, target, body=None, *, on_wire=None):
        stamp = str(time.time_ns() // 1_000_000 + self.ahead_ms)
        sent = "" if body is None else json.dumps(body)
        signed = target.partition("?")[2] if method == "GET" else sent
        text = stamp + self.api_key + self.window + signed
        headers = {
            "X-BAPI-API-KEY": self.api_key,
            "X-BAPI-TIMESTAMP": stamp,
            "X-BAPI-RECV-WINDOW": self.window,
            "X-BAPI-SIGN": hmac.new(
                self.secret.encode(), text.encode(), hashlib.sha256
            ).hexdigest(),
        }
        url = f"{self.sim.base('bybit')}{on_wire or target}"
        return await send(self.session, method, url, headers=headers, body=sent)

    async def code(self, method, target, body=None):
        return (await self.call(method, target, body)).body["retCode"]

    async def info(self):
        return (await self.call("GET", KEY_INFO)).body["result"]


@pytest.fixture
def world():
    good = {"read": True, "trade": True, "ips": ["127.0.0.1"], "created_at": 1_760_325_645}
    balances = {"USDT": "26.5"}
    return World.from_dict({"keys": {"by": {"exchange": "bybit", **good, "balances": balances}}})


@pytest.fixture
def key(world) -> Key:
    return world.keys["by"]


@pytest.fixture
def bybit(sim, session, key):
    return Client(sim, session, key.api_key, key.secret)


@asynccontextmanager
async def ccxt_of(sim, key, **changes):
    client = ccxt.bybit({"apiKey": key.api_key, "secret": key.secret} | changes)
    client.urls["api"] = dict.fromkeys(client.urls["api"], sim.base("bybit"))
    try:
        yield client
    finally:
        await client.close()


async def test_time_and_status_need_no_key(sim, session):
    stamp = await send(session, "GET", f"{sim.base('bybit')}/v5/market/time")
    status = await send(session, "GET", f"{sim.base('bybit')}/v5/system/status")

    assert abs(stamp.body["time"] - time.time() * 1000) < 5_000
    assert stamp.body["result"]["timeSecond"] == str(stamp.body["time"] // 1000)
    assert status.body["result"] == {"list": []}


async def test_a_key_that_is_bound_describes_itself_and_never_ends(bybit):
    told = await bybit.info()

    assert told["readOnly"] == 0
    assert told["permissions"]["Spot"] == ["SpotTrade"]
    assert told["permissions"]["Wallet"] == told["permissions"]["ContractTrade"] == []
    assert told["ips"] == ["127.0.0.1"]
    assert (told["deadlineDay"], told["expiredAt"]) == (-2, "1970-01-01T00:00:00Z")
    assert told["createdAt"] == "2025-10-13T03:20:45Z"
    assert (told["isMaster"], told["parentUid"]) == (True, "0")


async def test_a_key_that_is_bound_to_nothing_has_a_star_and_an_end(bybit, world, key):
    world.patch_key("by", {"ips": [], "remaining_validity": 88.5, "is_sub": True})

    told = await bybit.info()

    assert told["ips"] == ["*"]
    assert told["deadlineDay"] == 88
    assert told["expiredAt"].startswith(time.strftime("%Y-%m-%dT", time.gmtime(key.expires_at)))
    assert (told["isMaster"], told["parentUid"]) == (False, "88")


async def test_a_read_only_key_keeps_its_words_and_writes_nothing(bybit, world, key):
    key.permissions.append("ReadOnly")
    told = await bybit.info()

    assert (told["readOnly"], told["permissions"]["Spot"]) == (1, ["SpotTrade"])
    assert await bybit.code("GET", WALLET) == 0
    assert await bybit.code("POST", "/v5/order/pre-check", {}) == 10005
    assert world.violations == []


async def test_a_word_of_tomorrow_is_told(bybit, key):
    key.permissions.append("Payouts.Payout")
    assert (await bybit.info())["permissions"]["Payouts"] == ["Payout"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"api_key": "x" * 18}, 10003),
        ({"secret": "wrong"}, 10004),
        ({"ahead_ms": -6_000}, 10002),
        ({"ahead_ms": 4_000}, 10002),
        ({"window": "wide"}, 10002),
        ({"window": ""}, 10003),
    ],
)
async def test_a_call_that_proves_nothing_is_refused_with_http_200(bybit, change, code):
    reply = await bybit.but(**change).call("GET", KEY_INFO)

    assert (reply.status, reply.body["retCode"]) == (200, code)


async def test_a_wrong_signature_is_answered_with_the_text_that_was_signed(bybit):
    said = (await bybit.but(secret="wrong").call("GET", WALLET)).body["retMsg"]

    assert said.startswith("error sign! origin_string[")
    assert bybit.api_key in said


async def test_a_wider_window_takes_an_older_timestamp(bybit):
    assert await bybit.but(ahead_ms=-20_000, window="30000").code("GET", KEY_INFO) == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"revoked": True}, 10003),
        ({"expires_at": 1_700_000_000}, 33004),
        ({"ips": ["203.0.113.7"]}, 10010),
        ({"frozen": True}, 10008),
        ({"hide_key_info": True}, 10005),
    ],
)
async def test_each_state_of_a_key_has_its_code(bybit, world, change, code):
    world.patch_key("by", change)
    assert await bybit.code("GET", KEY_INFO) == code


async def test_the_signature_covers_the_query_as_it_was_sent(bybit):
    target = "/v5/order/realtime?category=spot&symbol=A%2CB"
    other = await bybit.call("GET", target, on_wire="/v5/order/realtime?category=spot&symbol=A,B")

    assert await bybit.code("GET", target) == 0
    assert other.body["retCode"] == 10004


async def test_any_key_may_ask_for_its_rights(bybit, key):
    key.permissions = []

    assert (await bybit.info())["permissions"]["Spot"] == []
    assert await bybit.code("GET", WALLET) == await bybit.code("GET", ORDERS) == 10005


async def test_reads_need_their_parameters(bybit):
    assert await bybit.code("GET", "/v5/account/wallet-balance") == 10001
    assert await bybit.code("GET", "/v5/order/realtime") == 10001
    assert await bybit.code("GET", "/v5/order/realtime?category=linear") == 10001
    assert await bybit.code("GET", "/v5/order/realtime?category=linear&settleCoin=USDT") == 0


@pytest.mark.parametrize(
    ("path", "word", "code"),
    [
        ("/v5/order/create", "Spot.SpotTrade", 0),
        ("/v5/order/cancel", "Spot.SpotTrade", 170213),
        ("/v5/asset/transfer/inter-transfer", "Wallet.AccountTransfer", 0),
        ("/v5/asset/withdraw/create", "Wallet.Withdraw", 0),
        ("/v5/user/update-api", "Wallet.SubMemberTransfer", 0),
    ],
)
async def test_writes_need_their_word_and_are_violations(bybit, key, world, path, word, code):
    key.permissions = ["Read"]
    refused = await bybit.code("POST", path, {})
    key.permissions = [word]

    assert (refused, await bybit.code("POST", path, {})) == (10005, code)
    assert world.violations == [("bybit", "POST", path, "by")] * 2


async def test_a_refused_order_is_worded_as_if_it_had_three_causes(bybit, key):
    key.permissions = ["Read"]
    order = await bybit.call("POST", "/v5/order/pre-check", {})

    assert order.body["retMsg"] == "Invalid API-key, IP, or permissions for action."


async def test_an_unknown_path_is_not_found(bybit):
    assert (await bybit.call("GET", "/v5/nothing")).status == 404


@pytest.mark.parametrize(
    ("fault", "code"), [({"rate_limit": True}, 10006), ({"region": True}, 10009)]
)
async def test_faults_come_with_http_200(bybit, world, fault, code):
    world.put_faults("bybit", fault)

    reply = await bybit.call("GET", KEY_INFO)

    assert (reply.status, reply.body["retCode"]) == (200, code)


@pytest.mark.parametrize(
    ("fault", "status"),
    [({"ban": True}, 403), ({"maintenance": True}, 503), ({"status": 500}, 500)],
)
async def test_other_faults_are_no_json(bybit, world, fault, status):
    world.put_faults("bybit", fault)

    reply = await bybit.call("GET", KEY_INFO)

    assert (reply.status, reply.body) == (status, None)


async def test_the_status_call_outlives_maintenance(bybit, world):
    world.put_faults("bybit", {"maintenance": True})
    (item,) = (await bybit.call("GET", "/v5/system/status")).body["result"]["list"]
    assert item["state"] == "ongoing"


async def test_ccxt_s_calls_are_all_accepted(sim, world, key):
    async with ccxt_of(sim, key) as client:
        assert (await client.fetch_time()) > 0
        info = await client.privateGetV5UserQueryApi()
        wallet = await client.privateGetV5AccountWalletBalance({"accountType": "UNIFIED"})
        orders = await client.privateGetV5OrderRealtime({"category": "spot"})
        check = await client.privatePostV5OrderPreCheck({"category": "spot", "symbol": "BTCUSDT"})

    assert info["result"]["permissions"]["Spot"] == ["SpotTrade"]
    assert wallet["result"]["list"][0]["coin"][0]["walletBalance"] == "26.5"
    assert (orders["result"]["list"], check["retCode"]) == ([], 0)
    assert world.violations == []
    assert world.count(exchange="bybit", status=200) == world.requests.total() == 5


@pytest.mark.parametrize(
    ("change", "raised", "code"),
    [
        ({"apiKey": "x" * 18}, ccxt.AuthenticationError, "10003"),
        ({"secret": "wrong"}, ccxt.AuthenticationError, "10004"),
        ({"options": {"timeDifference": 60_000}}, ccxt.InvalidNonce, "10002"),
    ],
)
async def test_ccxt_raises_as_the_sheet_says(sim, key, change, raised, code):
    async with ccxt_of(sim, key, **change) as client:
        with pytest.raises(raised, match=code):
            await client.privateGetV5UserQueryApi()


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ({"rate_limit": True}, ccxt.RateLimitExceeded),
        ({"ban": True}, ccxt.RateLimitExceeded),
        ({"region": True}, ccxt.AuthenticationError),
        ({"maintenance": True}, ccxt.ExchangeNotAvailable),
        ({"waf": True}, ccxt.RateLimitExceeded),
    ],
)
async def test_faults_raise_what_they_raise_on_the_real_exchange(sim, world, key, fault, raised):
    world.put_faults("bybit", fault)
    async with ccxt_of(sim, key) as client:
        with pytest.raises(raised):
            await client.privateGetV5UserQueryApi()
