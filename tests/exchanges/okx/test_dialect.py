"""OKX as okx.md has it, asked by a client of our own and by ccxt."""

import base64
import hashlib
import hmac
import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ccxt.async_support as ccxt
import pytest
from aiohttp import ClientSession

from bf_reconciler.simulator import Key, Simulator, World
from simulator.signing import send

CONFIG = "/api/v5/account/config"


@dataclass(frozen=True)
class Client:
    sim: Simulator
    session: ClientSession
    api_key: str
    secret: str
    passphrase: str
    ahead: float = 0
    demo: bool = False
    stamp: str = ""

    def but(self, **changes):
        return replace(self, **changes)

    def headers(self, method, target, body):
        now = datetime.now(UTC) + timedelta(seconds=self.ahead)
        stamp = self.stamp or now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        text = f"{stamp}{method}{target}{body}"
        mac = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).digest()
        simulated = {"x-simulated-trading": "1"} if self.demo else {}
        return simulated | {
            "OK-ACCESS-KEY": self.api_key,
            "OK-ACCESS-PASSPHRASE": self.passphrase,
            "OK-ACCESS-TIMESTAMP": stamp,
            "OK-ACCESS-SIGN": base64.b64encode(mac).decode(),
        }

    async def call(self, method, target, body=None, *, on_wire=None):
        sent = "" if body is None else json.dumps(body)
        headers = self.headers(method, target, sent)
        url = f"{self.sim.base('okx')}{on_wire or target}"
        return await send(self.session, method, url, headers=headers, body=sent)

    async def get(self, target):
        return await self.call("GET", target)


@pytest.fixture
def world():
    good = {"read": True, "trade": True, "ips": ["127.0.0.1"]}
    balances = {"USDT": "26.5", "BTC": "0.1"}
    return World.from_dict({"keys": {"ok": {"exchange": "okx", **good, "balances": balances}}})


@pytest.fixture
def key(world) -> Key:
    return world.keys["ok"]


@pytest.fixture
def okx(sim, session, key):
    return Client(sim, session, key.api_key, key.secret, key.passphrase)


@asynccontextmanager
async def ccxt_of(sim, key, **changes):
    config = {"apiKey": key.api_key, "secret": key.secret, "password": key.passphrase}
    client = ccxt.okx(config | changes)
    client.urls["api"]["rest"] = sim.base("okx")
    try:
        yield client
    finally:
        await client.close()


async def test_time_and_status_need_no_key(sim, session):
    base = f"{sim.base('okx')}/api/v5"
    stamp = await send(session, "GET", f"{base}/public/time")

    assert abs(int(stamp.body["data"][0]["ts"]) - time.time() * 1000) < 5_000
    assert (await send(session, "GET", f"{base}/system/status")).body["data"] == []


async def test_a_key_describes_itself(okx):
    reply = await okx.get(CONFIG)

    (config,) = reply.body["data"]
    assert (reply.status, reply.code) == (200, "0")
    assert config["perm"] == "read_only,trade"
    assert (config["ip"], config["acctLv"], config["label"]) == ("127.0.0.1", "1", "ok")
    assert config["uid"] == config["mainUid"]


async def test_a_sub_account_s_key_and_an_unbound_one_say_so(okx, world):
    world.patch_key("ok", {"is_sub": True, "ips": []})

    (config,) = (await okx.get(CONFIG)).body["data"]

    assert config["uid"] != config["mainUid"]
    assert config["ip"] == ""


async def test_futures_are_a_mode_of_the_account(okx, world):
    world.patch_key("ok", {"futures": True})
    (config,) = (await okx.get(CONFIG)).body["data"]
    world.patch_key("ok", {"futures": False})
    (spot,) = (await okx.get(CONFIG)).body["data"]

    assert (config["acctLv"], config["perm"]) == ("2", "read_only,trade")
    assert spot["acctLv"] == "1"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"api_key": ""}, "50103"),
        ({"api_key": "8f1ab5c2"}, "50119"),
        ({"passphrase": "wrong"}, "50105"),
        ({"secret": "wrong"}, "50113"),
        ({"ahead": -40}, "50102"),
        ({"ahead": 40}, "50102"),
        ({"stamp": "1597026383085"}, "50112"),
        ({"stamp": "2026-11-22T09:48:56"}, "50112"),
        ({"demo": True}, "50101"),
    ],
)
async def test_a_call_that_proves_nothing_is_refused(okx, change, code):
    reply = await okx.but(**change).get(CONFIG)

    assert (reply.status, reply.code) == (401, code)


@pytest.mark.parametrize("ahead", [-20, 20])
async def test_the_window_is_half_a_minute_both_ways(okx, ahead):
    assert (await okx.but(ahead=ahead).get(CONFIG)).status == 200


@pytest.mark.parametrize("change", [{"revoked": True}, {"expires_at": 1_700_000_000}])
async def test_a_key_that_is_gone_does_not_exist(okx, world, change):
    world.patch_key("ok", change)

    assert (await okx.get(CONFIG)).body == {"msg": "API key doesn't exist", "code": "50119"}


async def test_a_demo_key_works_in_the_demo_alone(okx, world):
    world.patch_key("ok", {"environment": "demo"})

    assert (await okx.get(CONFIG)).code == "50101"
    assert (await okx.but(demo=True).get(CONFIG)).code == "0"


async def test_an_address_off_the_allowlist_is_refused_and_named(okx, world, key):
    world.patch_key("ok", {"ips": ["203.0.113.7"]})

    reply = await okx.get(CONFIG)

    assert (reply.status, reply.code) == (401, "50110")
    assert reply.body["msg"] == (
        f"Your IP 127.0.0.1 is not included in your API key's {key.api_key} IP whitelist."
    )


async def test_an_allowlist_may_hold_networks(okx, key):
    key.ips = ["203.0.113.7", "127.0.0.0/8"]
    assert (await okx.get(CONFIG)).body["data"][0]["ip"] == "203.0.113.7,127.0.0.0/8"
    key.ips = ["198.51.100.0/24"]
    assert (await okx.get(CONFIG)).code == "50110"


async def test_a_blocked_user_is_told_so(okx, key):
    key.frozen = True
    assert (await okx.get(CONFIG)).code == "50007"


async def test_the_signature_covers_the_query_as_it_was_sent(okx):
    target = "/api/v5/account/balance?ccy=BTC%2CUSDT"
    reply = await okx.get(target)
    other = await okx.call("GET", target, on_wire="/api/v5/account/balance?ccy=BTC,USDT")

    assert [row["ccy"] for row in reply.body["data"][0]["details"]] == ["USDT", "BTC"]
    assert other.code == "50113"


@pytest.mark.parametrize(
    ("method", "path", "word"),
    [
        ("GET", CONFIG, "read_only"),
        ("GET", "/api/v5/account/balance", "read_only"),
        ("GET", "/api/v5/asset/balances", "read_only"),
        ("GET", "/api/v5/trade/orders-pending", "read_only"),
        ("POST", "/api/v5/trade/order-precheck", "trade"),
    ],
)
async def test_each_call_needs_its_own_permission(okx, key, world, method, path, word):
    key.permissions = [word]
    granted = await okx.call(method, path, {} if method == "POST" else None)
    key.permissions = ["other"]
    refused = await okx.call(method, path, {} if method == "POST" else None)

    assert granted.status == 200
    assert granted.code in {"0", "51010"}
    assert (refused.status, refused.code) == (401, "50120")
    assert world.violations == []


async def test_orders_are_checked_in_two_modes_only(okx, key):
    key.permissions = ["trade", "acctLv=3"]
    assert (await okx.call("POST", "/api/v5/trade/order-precheck", {})).code == "0"


async def test_a_hidden_key_info_refuses_that_call_alone(okx, key):
    key.hide_key_info = True
    assert (await okx.get(CONFIG)).code == "50120"
    assert (await okx.get("/api/v5/account/balance")).code == "0"


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/api/v5/trade/order", "trade"),
        ("/api/v5/asset/transfer", "trade"),
        ("/api/v5/asset/withdrawal", "withdraw"),
    ],
)
async def test_orders_and_withdrawals_are_answered_and_are_violations(okx, key, world, path, word):
    key.permissions = [word]

    assert (await okx.call("POST", path, {"ccy": "USDT"})).code == "0"
    assert world.violations == [("okx", "POST", path, "ok")]


async def test_cancelling_needs_an_order(okx):
    path = "/api/v5/trade/cancel-order"
    absent = await okx.call("POST", path, {"instId": "BTC-USDT", "ordId": "1"})

    assert absent.body["data"][0]["sCode"] == "51400"
    assert (await okx.call("POST", path, {})).code == "50014"


async def test_an_unknown_path_is_not_found(okx):
    assert (await okx.get("/api/v5/nothing")).status == 404


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"rate_limit": True}, 429, "50011"),
        ({"maintenance": True}, 503, "50001"),
        ({"status": 500}, 500, "50026"),
        ({"region": True}, 200, "50051"),
    ],
)
async def test_faults_are_worded_as_the_sheet_has_them(okx, world, fault, status, code):
    world.put_faults("okx", fault)

    reply = await okx.get(CONFIG)

    assert (reply.status, reply.code) == (status, code)


async def test_other_failures_are_pages_and_the_status_call_outlives_maintenance(okx, world):
    world.put_faults("okx", {"status": 502})
    assert (await okx.get(CONFIG)).body is None
    world.put_faults("okx", {"maintenance": True})
    assert (await okx.get("/api/v5/system/status")).body["data"][0]["state"] == "ongoing"


async def test_ccxt_s_calls_are_all_accepted(sim, world, key):
    async with ccxt_of(sim, key) as client:
        assert (await client.fetch_time()) > 0
        assert (await client.fetch_status())["status"] == "ok"
        config = await client.privateGetAccountConfig()
        balance = await client.privateGetAccountBalance({"ccy": "BTC,USDT"})
        orders = await client.privateGetTradeOrdersPending({"instType": "SPOT"})
        funding = await client.privateGetAssetBalances()
        key.permissions.append("acctLv=4")
        test = await client.privatePostTradeOrderPrecheck({"instId": "BTC-USDT", "sz": "1"})

    assert config["data"][0]["perm"] == "read_only,trade"
    assert balance["data"][0]["details"][0]["cashBal"] == "26.5"
    assert (orders["data"], len(funding["data"]), test["code"]) == ([], 2, "0")
    assert world.violations == []
    assert world.count(exchange="okx", status=200) == world.requests.total() == 7


async def test_ccxt_s_sandbox_is_the_demo(sim, world, key):
    world.patch_key("ok", {"environment": "demo"})
    async with ccxt_of(sim, key) as client:
        with pytest.raises(ccxt.AuthenticationError, match="50101"):
            await client.privateGetAccountConfig()
        client.set_sandbox_mode(True)
        client.urls["api"]["rest"] = sim.base("okx")
        assert (await client.privateGetAccountConfig())["code"] == "0"


@pytest.mark.parametrize(
    ("change", "raised", "code"),
    [
        ({"apiKey": "8f1ab5c2"}, ccxt.ExchangeError, "50119"),
        ({"secret": "wrong"}, ccxt.AuthenticationError, "50113"),
        ({"password": "wrong"}, ccxt.AuthenticationError, "50105"),
        ({"options": {"timeDifference": 60_000}}, ccxt.InvalidNonce, "50102"),
    ],
)
async def test_ccxt_raises_as_the_sheet_says(sim, key, change, raised, code):
    async with ccxt_of(sim, key, **change) as client:
        with pytest.raises(raised, match=code):
            await client.privateGetAccountConfig()


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ({"rate_limit": True}, ccxt.RateLimitExceeded),
        ({"ban": True}, ccxt.ExchangeNotAvailable),
        ({"region": True}, ccxt.ExchangeError),
        ({"maintenance": True}, ccxt.OnMaintenance),
        ({"status": 500}, ccxt.ExchangeNotAvailable),
    ],
)
async def test_faults_raise_what_they_raise_on_the_real_exchange(sim, world, key, fault, raised):
    world.put_faults("okx", fault)
    async with ccxt_of(sim, key) as client:
        with pytest.raises(raised):
            await client.privateGetAccountConfig()


async def test_a_key_has_every_field_of_the_documented_example(okx):
    documented = json.loads((Path(__file__).parent / "key-documented.json").read_text())

    reply = await okx.get(CONFIG)

    [shown], [example] = reply.body["data"], documented["body"]["data"]
    assert shown.keys() >= example.keys()
