"""Bitget as bitget.md has it, asked by a client of our own and by ccxt."""

import base64
import hashlib
import hmac
import json
import time
from contextlib import asynccontextmanager
from urllib.parse import quote

import ccxt.async_support as ccxt
import pytest

from bf_reconciler.simulator import World
from bf_reconciler.simulator.bitget import UNDERSCORED
from simulator.signing import send

KEY_INFO = "/api/v2/spot/account/info"
ASSETS = "/api/v2/spot/account/assets"
UNIFIED_INFO = "/api/v3/account/info"


@pytest.fixture
def world():
    good = {"read": True, "trade": True, "ips": ["127.0.0.1"]}
    balances = {"USDT": "26.5", "BTC": "0.1"}
    key = {"exchange": "bitget", **good, "balances": balances}
    return World.from_dict({"keys": {"bg": key}})


@pytest.fixture
def key(world):
    return world.keys["bg"]


@pytest.fixture
def ask(sim, session, key):
    """One signed call. `headers` replace what was signed, `ahead` is in milliseconds."""

    async def call(path=KEY_INFO, method="GET", body="", *, secret=None, ahead=0, **headers):
        stamp = str(time.time_ns() // 1_000_000 + ahead)
        text = f"{stamp}{method}{path}{body}"
        mac = hmac.new((secret or key.secret).encode(), text.encode(), hashlib.sha256).digest()
        signed = {
            "ACCESS-KEY": key.api_key,
            "ACCESS-SIGN": base64.b64encode(mac).decode(),
            "ACCESS-TIMESTAMP": stamp,
            "ACCESS-PASSPHRASE": key.passphrase,
        }
        replaced = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in (signed | replaced).items() if value is not None}
        url = sim.base("bitget") + quote(path, safe="/?=&")
        return await send(session, method, url, headers=sent, body=body)

    return call


@pytest.fixture
def unified(world):
    world.patch_key("bg", {"permissions": ["account=unified", "stor", "stow"]})


async def test_the_time_needs_no_key_and_is_text(sim, session):
    reply = await send(session, "GET", sim.base("bitget") + "/api/v2/public/time")

    assert reply.code == "00000"
    assert abs(int(reply.body["data"]["serverTime"]) - time.time() * 1000) < 5_000


async def test_a_key_of_a_classic_account_describes_itself(ask):
    data = (await ask()).body["data"]

    assert (data["ips"], data["authorities"]) == ("127.0.0.1", ["stor", "stow"])
    assert data["userId"] == str(data["parentId"])


@pytest.mark.usefixtures("unified")
async def test_a_key_of_a_unified_account_describes_itself_in_other_words(ask, world):
    data = (await ask(UNIFIED_INFO)).body["data"]
    world.patch_key("bg", {"withdraw": True, "trade": False, "is_sub": True, "ips": []})
    withdrawing = (await ask(UNIFIED_INFO)).body["data"]
    world.patch_key("bg", {"withdraw": False})
    reading = (await ask(UNIFIED_INFO)).body["data"]

    world.keys["bg"].permissions += [UNDERSCORED]
    seen = (await ask(UNIFIED_INFO)).body["data"]

    assert (seen["permType"], seen["permissions"]) == ("read_only", ["uta_mgt"])
    assert (data["permType"], data["permissions"]) == ("read-and-write", ["uta_mgt", "uta_trade"])
    assert (data["parentId"], data["ips"]) == ("", "127.0.0.1")
    assert withdrawing["permissions"] == ["uta_mgt", "withdraw"]
    assert withdrawing["parentId"].isdigit()
    assert (reading["permType"], reading["permissions"]) == ("read-only", ["uta_mgt"])


async def test_a_classic_account_is_refused_on_the_unified_calls(ask):
    assert (await ask(UNIFIED_INFO)).code == "40084"


@pytest.mark.usefixtures("unified")
@pytest.mark.parametrize("path", [KEY_INFO, ASSETS, "/api/v2/spot/trade/unfilled-orders"])
async def test_a_unified_account_is_refused_on_the_classic_calls(ask, path):
    reply = await ask(path)

    assert (reply.status, reply.code) == (400, "40085")


async def test_the_signature_covers_the_decoded_query(ask):
    assert (await ask(f"{ASSETS}?coin=USDT&note=a,b é")).code == "00000"


async def test_balances_are_text(ask):
    assert (await ask(ASSETS)).body["data"][0]["available"] == "26.5"
    assert len((await ask(f"{ASSETS}?coin=BTC")).body["data"]) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ACCESS_KEY": None}, "40001"),
        ({"ACCESS_SIGN": None}, "40002"),
        ({"ACCESS_TIMESTAMP": None}, "40003"),
        ({"ACCESS_PASSPHRASE": None}, "40011"),
        ({"ACCESS_TIMESTAMP": "soon"}, "40005"),
        ({"ahead": 31_000}, "40008"),
        ({"ahead": -31_000}, "40008"),
        ({"ACCESS_KEY": "nobody"}, "40037"),
        ({"PAPTRADING": "1"}, "40099"),
        ({"ACCESS_PASSPHRASE": "wrong"}, "40012"),
        ({"secret": "wrong"}, "40009"),
        ({"ACCESS_SIGN": "é"}, "40009"),
        ({"ahead": 20_000}, "00000"),
    ],
)
async def test_who_asks_is_looked_at_first(ask, changes, code):
    reply = await ask(**changes)

    assert (reply.status, reply.code) == (200 if code == "00000" else 400, code)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"revoked": True}, "40037"),
        ({"remaining_validity": -1}, "40037"),
        ({"environment": "demo"}, "40099"),
        ({"ips": ["203.0.113.7"]}, "40018"),
        ({"frozen": True}, "40024"),
        ({"hide_key_info": True}, "40014"),
        ({"read": False, "trade": False}, "40014"),
    ],
)
async def test_what_is_wrong_with_a_key_has_its_code(ask, world, change, code):
    world.patch_key("bg", change)

    assert (await ask()).code == code


async def test_a_demo_key_works_in_the_demo(ask, key):
    key.environment = "demo"

    assert (await ask(PAPTRADING="1")).code == "00000"


@pytest.mark.parametrize(
    ("path", "word"),
    [
        (KEY_INFO, "stow"),
        (KEY_INFO, "readonly"),
        (ASSETS, "stor"),
        ("/api/v2/spot/trade/unfilled-orders", "stor"),
        ("/api/v2/mix/account/accounts", "coor"),
        ("/api/v2/mix/order/orders-pending", "coow"),
    ],
)
async def test_each_call_needs_its_own_permission(ask, key, path, word):
    key.permissions = [word]
    granted = await ask(path)
    key.permissions = ["taxr"]
    refused = await ask(path)

    assert granted.code == "00000"
    assert refused.code == "40014"
    assert "Incorrect permissions" in refused.body["msg"]


@pytest.mark.parametrize(
    ("path", "words", "code"),
    [
        ("/api/v2/spot/trade/place-order", ["stow"], "00000"),
        ("/api/v2/spot/trade/place-order", ["stor"], "40014"),
        ("/api/v2/spot/trade/cancel-order", ["stow"], "43001"),
        ("/api/v2/mix/order/place-order", ["coow"], "00000"),
        ("/api/v2/spot/wallet/transfer", ["wtow"], "00000"),
        ("/api/v2/spot/wallet/withdrawal", ["wwow"], "00000"),
        ("/api/v2/spot/wallet/withdrawal", ["stow"], "40014"),
        ("/api/v3/trade/cancel-order", ["account=unified", "stow"], "25204"),
        ("/api/v3/account/withdrawal", ["account=unified", "withdraw"], "00000"),
    ],
)
async def test_orders_and_withdrawals_are_answered_and_are_violations(
    ask, world, key, path, words, code
):
    key.permissions = words

    assert (await ask(path, "POST", json.dumps({"symbol": "BTCUSDT"}))).code == code
    assert world.violations == [("bitget", "POST", path, "bg")]


async def test_an_unknown_path_is_none(ask):
    assert (await ask("/api/v2/nothing")).status == 404


def test_everyday_rights_are_words(world, key):
    world.patch_key("bg", {"futures": True, "withdraw": True, "trade": False})

    assert key.permissions == ["stor", "coow", "cpow", "wwow"]


@asynccontextmanager
async def client_of(sim, key, **changes):
    config = {"apiKey": key.api_key, "secret": key.secret, "password": key.passphrase}
    client = ccxt.bitget(config | {"options": {"uta": False}} | changes)
    client.urls["api"] = dict.fromkeys(client.urls["api"], sim.base("bitget"))
    try:
        yield client
    finally:
        await client.close()


async def test_ccxt_s_calls_are_all_accepted(sim, world, key):
    world.patch_key("bg", {"futures": True})
    async with client_of(sim, key) as client:
        assert (await client.fetch_time()) > 0
        info = await client.privateSpotGetV2SpotAccountInfo()
        assets = await client.privateSpotGetV2SpotAccountAssets({"coin": "USDT"})
        orders = await client.privateSpotGetV2SpotTradeUnfilledOrders()
        futures = await client.privateMixGetV2MixAccountAccounts({"productType": "USDT-FUTURES"})
        pending = await client.privateMixGetV2MixOrderOrdersPending({"productType": "a b,c"})
        key.permissions = ["account=unified", "stor", "stow"]
        unified = await client.privateUtaGetV3AccountInfo()
        settings = await client.privateUtaGetV3AccountSettings()
        held = await client.privateUtaGetV3AccountAssets()
        open_orders = await client.privateUtaGetV3TradeUnfilledOrders({"category": "SPOT"})

    assert "coow" in info["data"]["authorities"]
    assert assets["data"][0]["available"] == "26.5"
    assert orders["data"] == open_orders["data"]["list"] == []
    assert futures["data"][0]["marginCoin"] == "USDT"
    assert pending["data"]["entrustedList"] is None
    assert unified["data"]["permissions"] == ["uta_mgt", "uta_trade"]
    assert settings["data"]["accountMode"] == "unified"
    assert held["data"]["assets"][0]["balance"] == "26.5"
    assert world.violations == []
    assert world.count(exchange="bitget", status=200) == world.requests.total() == 10


@pytest.mark.parametrize(
    ("change", "patch", "raised", "code"),
    [
        ({"apiKey": "nobody"}, {}, ccxt.AuthenticationError, "40037"),
        ({"secret": "wrong"}, {}, ccxt.AuthenticationError, "40009"),
        ({"password": "wrong"}, {}, ccxt.AuthenticationError, "40012"),
        ({"options": {"timeDifference": 60_000}}, {}, ccxt.InvalidNonce, "40008"),
        ({}, {"ips": ["203.0.113.7"]}, ccxt.PermissionDenied, "40018"),
        ({}, {"read": False, "trade": False}, ccxt.PermissionDenied, "40014"),
        ({}, {"environment": "demo"}, ccxt.ExchangeError, "40099"),
        ({}, {"permissions": ["account=unified"]}, ccxt.PermissionDenied, "40085"),
    ],
)
async def test_ccxt_is_refused_as_the_sheet_says(sim, world, key, change, patch, raised, code):
    world.patch_key("bg", patch)
    async with client_of(sim, key, **change) as client:
        with pytest.raises(raised, match=code):
            await client.privateSpotGetV2SpotAccountInfo()


async def test_ccxt_in_its_sandbox_reaches_the_demo(sim, key):
    key.environment = "demo"
    async with client_of(sim, key) as client:
        client.set_sandbox_mode(True)
        client.urls["api"] = dict.fromkeys(client.urls["api"], sim.base("bitget"))
        assert (await client.privateSpotGetV2SpotAccountInfo())["code"] == "00000"


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ({"rate_limit": True}, ccxt.DDoSProtection),
        ({"ban": True}, ccxt.ExchangeNotAvailable),
        ({"waf": True}, ccxt.ExchangeNotAvailable),
        ({"maintenance": True}, ccxt.OnMaintenance),
        ({"status": 503}, ccxt.ExchangeNotAvailable),
        ({"region": True}, ccxt.BadRequest),
        ({"reset": True}, ccxt.NetworkError),
    ],
)
async def test_faults_raise_what_they_raise_on_the_real_exchange(sim, world, key, fault, raised):
    world.put_faults("bitget", fault)
    async with client_of(sim, key) as client:
        with pytest.raises(raised):
            await client.privateSpotGetV2SpotAccountInfo()
