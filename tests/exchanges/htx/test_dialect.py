"""HTX as htx.md has it, asked by a client of our own and by ccxt."""

import base64
import hashlib
import hmac
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import ccxt.async_support as ccxt
import pytest

from bf_reconciler.simulator import World
from simulator.signing import send

KEY_INFO = "/v2/user/api-key"
USER = "/v2/user/uid"
ACCOUNTS = "/v1/account/accounts"
VALUATION = "/v2/account/asset-valuation"
CREATED = 1_728_443_843


@pytest.fixture
def world():
    good = {"read": True, "trade": True, "ips": ["127.0.0.1"], "created_at": CREATED}
    key = {"exchange": "htx", **good, "balances": {"USDT": "26.5", "BTC": "0.1"}}
    return World.from_dict({"keys": {"hx": key}})


@pytest.fixture
def ask(sim, session, world):
    """One signed call. `leave` drops parameters after signing, `add` adds some."""

    async def call(path=ACCOUNTS, method="GET", *, host="api.huobi.pro", secret=None, **params):
        leave, add = params.pop("leave", ()), params.pop("add", {})
        key = world.keys["hx"]
        ahead = timedelta(seconds=params.pop("ahead", 0))
        signed = {
            "AccessKeyId": key.api_key,
            "SignatureMethod": "HmacSHA256",
            "SignatureVersion": "2",
            "Timestamp": f"{datetime.now(UTC) + ahead:%Y-%m-%dT%H:%M:%S}",
        } | params
        lines = [f"{name}={quote(value, safe='')}" for name, value in sorted(signed.items())]
        message = f"{method}\n{host}\n{path}\n{'&'.join(lines)}"
        mac = hmac.new((secret or key.secret).encode(), message.encode(), hashlib.sha256)
        signed["Signature"] = base64.b64encode(mac.digest()).decode()
        sent = {n: v for n, v in signed.items() if n not in leave} | add
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in sent.items())
        return await send(session, method, f"{sim.base('htx')}{path}?{query}")

    return call


async def test_time_and_status_need_no_key(sim, session):
    stamp = await send(session, "GET", sim.base("htx") + "/v1/common/timestamp")
    status = await send(session, "GET", sim.base("htx") + "/v2/market-status")

    assert stamp.body["status"] == "ok"
    assert abs(stamp.body["data"] - time.time() * 1000) < 5_000
    assert status.body["data"] == {"marketStatus": 1}


async def test_a_key_describes_itself(ask, world):
    world.patch_key("hx", {"remaining_validity": 7.5})

    uid = str((await ask(USER)).body["data"])
    assert (await ask(KEY_INFO, uid=uid, accessKey=world.keys["hx"].api_key)).body == {
        "code": 200,
        "message": "success",
        "data": [
            {
                "accessKey": world.keys["hx"].api_key,
                "status": "normal",
                "note": "hx",
                "permission": "readOnly,trade",
                "ipAddresses": "127.0.0.1",
                "validDays": 7,
                "createTime": CREATED * 1000,
                "updateTime": CREATED * 1000,
            }
        ],
        "ok": True,
    }


async def test_a_key_that_never_ends_says_so_and_another_one_is_not_found(ask):
    uid = str((await ask(USER)).body["data"])
    assert (await ask(KEY_INFO, uid=uid)).body["data"][0]["validDays"] == -1
    assert (await ask(KEY_INFO, uid=uid, accessKey="another")).body["data"] == []


async def test_who_does_not_name_the_user_learns_nothing_of_a_key(ask):
    for uid in ({}, {"uid": "1"}):
        answer = await ask(KEY_INFO, **uid)
        assert (answer.status, answer.code) == (200, 2002)


async def test_what_an_account_is_worth_needs_its_type(ask):
    assert (await ask(VALUATION, accountType="spot")).body["data"]["balance"] == "26.60000000"
    assert (await ask(VALUATION)).code == 2002


async def test_a_balance_has_two_entries_per_currency(ask):
    account = (await ask()).body["data"][0]
    balance = (await ask(f"{ACCOUNTS}/{account['id']}/balance")).body["data"]

    assert account["type"] == "spot"
    assert balance["list"][0] == {"currency": "usdt", "type": "trade", "balance": "26.5"}
    assert len(balance["list"]) == 4


async def test_the_signature_covers_host_path_and_encoded_parameters(ask, sim):
    called = sim.url.removeprefix("http://")

    for host in ("api.huobi.pro", "api-aws.huobi.pro", called, f"{called}/htx"):
        assert (await ask(host=host, zeta="a b,c", Alpha="/")).body["status"] == "ok"


PROOF = "Verification failure [校验失败]"
TIME = "Invalid submission time"


@pytest.mark.parametrize(
    ("changes", "words", "number"),
    [
        ({"host": "api.example.com"}, PROOF, 1003),
        ({"secret": "wrong"}, PROOF, 1003),
        ({"add": {"more": "1"}}, PROOF, 1003),
        ({"leave": ("Signature",)}, PROOF, 1003),
        ({"SignatureVersion": "1"}, PROOF, 1003),
        ({"leave": ("SignatureMethod",)}, PROOF, 1003),
        ({"AccessKeyId": "nobody"}, "Incorrect Access key [Access key错误]", 1002),
        ({"leave": ("AccessKeyId",)}, "Incorrect Access key [Access key错误]", 1002),
        ({"ahead": -400}, TIME, 1003),
        ({"ahead": 400}, TIME, 1003),
        ({"Timestamp": "now"}, TIME, 1003),
        ({"leave": ("Timestamp",)}, TIME, 1003),
    ],
)
async def test_who_asks_is_looked_at_first(ask, changes, words, number):
    first, second = await ask(**changes), await ask(KEY_INFO, **changes)

    assert (first.status, first.body["err-code"]) == (200, "api-signature-not-valid")
    assert first.body["err-msg"].startswith(f"Signature not valid: {words}")
    assert (second.status, second.code) == (200, number)


@pytest.mark.parametrize(
    ("change", "words", "number"),
    [
        ({"revoked": True}, "Incorrect Access key [Access key错误]", 1002),
        ({"remaining_validity": -1}, "API key has expired [API Key已经过期]", 1002),
        ({"ips": ["203.0.113.7"]}, "Incorrect IP address [IP地址错误]:127.0.0.1", 401),
        ({"read": False}, "API key has no permission [API Key没有权限]", 1002),
    ],
)
async def test_what_is_wrong_with_a_key_has_one_code_and_its_own_text(
    ask, world, change, words, number
):
    world.patch_key("hx", change)

    first, second = await ask(), await ask(KEY_INFO)

    assert first.body == {
        "status": "error",
        "err-code": "api-signature-not-valid",
        "err-msg": f"Signature not valid: {words}",
        "data": None,
    }
    assert (second.status, second.code, second.body["data"]) == (200, number, None)


@pytest.mark.parametrize("change", [{"hide_key_info": True}, {"is_sub": True}])
async def test_a_key_that_may_not_describe_itself_reads_all_the_same(ask, world, change):
    world.patch_key("hx", change)

    assert (await ask(KEY_INFO)).body["message"] == "forbidden"
    assert (await ask()).body["status"] == "ok"


async def test_a_frozen_account_must_log_in(ask, world):
    world.keys["hx"].frozen = True

    assert (await ask()).body["err-code"] == "login-required"


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/v1/order/orders/place", "trade"),
        ("/v1/order/orders/1/submitcancel", "trade"),
        ("/v2/account/transfer", "trade"),
        ("/v1/dw/withdraw/api/create", "withdraw"),
    ],
)
async def test_orders_and_withdrawals_need_their_right_and_are_violations(ask, world, path, word):
    world.keys["hx"].permissions = [word]
    granted = await ask(path, "POST")
    world.keys["hx"].permissions = ["readOnly"]
    refused = await ask(path, "POST")

    assert "no permission" not in str(granted.body)
    assert "forbidden" not in str(granted.body)
    assert "no permission" in str(refused.body) or refused.body["message"] == "forbidden"
    assert world.violations == [("htx", "POST", path, "hx")] * 2


async def test_an_unknown_path_is_not_found(ask):
    assert (await ask("/v1/nothing")).status == 404


async def test_the_status_call_tells_of_a_halt(sim, session, world):
    world.put_faults("htx", {"maintenance": True})

    status = await send(session, "GET", sim.base("htx") + "/v2/market-status")

    assert status.body["data"] == {"marketStatus": 2}


@asynccontextmanager
async def client_of(sim, key, hosts=True, **changes):  # noqa: FBT002 # a test's switch
    """`hosts`: ccxt signs the simulator's host; else that of HTX, as behind a gateway."""
    client = ccxt.htx({"apiKey": key.api_key, "secret": key.secret} | changes)
    client.urls["api"] = dict.fromkeys(client.urls["api"], sim.base("htx"))
    if hosts:
        called = sim.url.removeprefix("http://")
        client.urls["hostnames"] = {"spot": called, "contract": called}
    try:
        yield client
    finally:
        await client.close()


@pytest.mark.parametrize("hosts", [True, False])
async def test_ccxt_s_calls_are_all_accepted(sim, world, hosts):
    async with client_of(sim, world.keys["hx"], hosts) as client:
        assert (await client.fetch_time()) > 0
        assert (await client.fetch_status())["status"] == "ok"
        uid = await client.spotPrivateGetV2UserUid()
        asked = {"accessKey": client.apiKey, "uid": uid["data"]}
        info = await client.spotPrivateGetV2UserApiKey(asked)
        worth = await client.spotPrivateGetV2AccountAssetValuation({"accountType": "spot"})
        accounts = await client.spotPrivateGetV1AccountAccounts()
        balance = await client.spotPrivateGetV1AccountAccountsAccountIdBalance(
            {"account-id": accounts["data"][0]["id"]}
        )
        orders = await client.spotPrivateGetV1OrderOpenOrders()

    assert info["data"][0]["permission"] == "readOnly,trade"
    assert worth["data"]["balance"] == "26.60000000"
    assert balance["data"]["list"][0]["balance"] == "26.5"
    assert orders["data"] == []
    assert world.violations == []
    assert world.count(exchange="htx", status=200) == world.requests.total() == 8


@pytest.mark.parametrize(
    ("change", "patch", "raised", "words"),
    [
        ({"apiKey": "nobody"}, {}, ccxt.AuthenticationError, "Incorrect Access key"),
        ({"secret": "wrong"}, {}, ccxt.AuthenticationError, "Verification failure"),
        ({}, {"ips": ["203.0.113.7"]}, ccxt.AuthenticationError, "Incorrect IP address"),
        ({}, {"read": False}, ccxt.PermissionDenied, "API key has no permission"),
    ],
)
async def test_ccxt_is_refused_as_the_sheet_says(sim, world, change, patch, raised, words):
    world.patch_key("hx", patch)
    async with client_of(sim, world.keys["hx"], **change) as client:
        with pytest.raises(raised, match=words):
            await client.spotPrivateGetV1AccountAccounts()


async def test_ccxt_takes_a_refused_address_for_success_in_version_two(sim, world):
    world.keys["hx"].ips = ["203.0.113.7"]
    async with client_of(sim, world.keys["hx"]) as client:
        answer = await client.spotPrivateGetV2UserApiKey()

    assert (answer["code"], answer["data"]) == (401, None)


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ({"rate_limit": True}, ccxt.RateLimitExceeded),
        ({"ban": True}, ccxt.RateLimitExceeded),
        ({"waf": True}, ccxt.ExchangeNotAvailable),
        ({"maintenance": True}, ccxt.OnMaintenance),
        ({"status": 500}, ccxt.ExchangeNotAvailable),
        ({"status": 502}, ccxt.ExchangeNotAvailable),
        ({"region": True}, ccxt.ExchangeNotAvailable),
        ({"reset": True}, ccxt.NetworkError),
        ({"clock_skew_seconds": 400}, ccxt.AuthenticationError),
    ],
)
async def test_faults_raise_what_they_raise_on_the_real_exchange(sim, world, fault, raised):
    world.put_faults("htx", fault)
    async with client_of(sim, world.keys["hx"]) as client:
        with pytest.raises(raised):
            await client.spotPrivateGetV1AccountAccounts()
