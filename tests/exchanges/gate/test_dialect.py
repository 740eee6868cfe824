"""Gate.io as gate.md has it, asked by a client of our own and by ccxt."""

import hashlib
import hmac
import time
from contextlib import asynccontextmanager
from urllib.parse import quote

import ccxt.async_support as ccxt
import pytest

from bf_reconciler.simulator import World, gate
from bf_reconciler.simulator.dialect import Request
from simulator.signing import send

DETAIL = "/api/v4/account/detail"
KEYS = "/api/v4/account/main_keys"
SPOT = "/api/v4/spot/accounts"
CREATED = 1_753_030_929


@pytest.fixture
def world():
    good = {"read": True, "trade": True, "ips": ["127.0.0.1"], "created_at": CREATED}
    key = {"exchange": "gate", **good, "balances": {"USDT": "26.5", "BTC": "0.1"}}
    return World.from_dict({"keys": {"gt": key}})


@pytest.fixture
def key(world):
    return world.keys["gt"]


@pytest.fixture
def ask(sim, session, key):
    """One signed call; `headers` replace what was signed, `ahead` is in seconds."""

    async def call(target=DETAIL, method="GET", body="", *, secret=None, ahead=0, **headers):
        stamp = str(type(ahead)(time.time()) + ahead)
        path, _, query = target.partition("?")
        hashed = hashlib.sha512(body.encode()).hexdigest()
        text = f"{method}\n{path}\n{query}\n{hashed}\n{stamp}"
        mac = hmac.new((secret or key.secret).encode(), text.encode(), hashlib.sha512).hexdigest()
        signed = {"KEY": key.api_key, "Timestamp": stamp, "SIGN": mac} | headers
        sent = {name: value for name, value in signed.items() if value is not None}
        url = sim.base("gate") + quote(target, safe="/?=&")
        return await send(session, method, url, headers=sent, body=body)

    return call


def label(reply):
    return reply.body["label"] if isinstance(reply.body, dict) else None


def test_the_official_vector_of_the_signature_is_met():
    request = Request(
        method="GET",
        path="/api/v4/futures/orders",
        query="contract=BTC_USD&status=finished&limit=50",
        headers={"Timestamp": "1541993715"},
        body=b"",
        client_ip="127.0.0.1",
        now=1541993715.0,
    )
    assert gate.signature(request, "secret") == (
        "55f84ea195d6fe57ce62464daaa7c3c02fa9d1dde954e4c898289c9a2407a3d6"
        "fb3faf24deff16790d726b66ac9f74526668b13bd01029199cc4fcc522418b8a"
    )


async def test_a_time_with_a_fraction_is_taken_as_the_official_client_sends_it(ask):
    assert (await ask(ahead=0.25)).status == 200
    assert label(await ask(ahead=-61.5)) == "REQUEST_EXPIRED"


async def test_the_time_needs_no_key(sim, session):
    reply = await send(session, "GET", sim.base("gate") + "/api/v4/spot/time")

    assert abs(reply.body["server_time"] - time.time() * 1000) < 5_000


async def test_a_key_describes_itself_in_two_answers(ask, key):
    detail, keys = (await ask()).body, (await ask(KEYS)).body
    own = [entry for entry in keys if key.api_key.startswith(entry["key"].rstrip("*"))]

    assert detail["ip_whitelist"] == ["127.0.0.1"]
    assert "perms" not in detail
    assert (len(keys), len(own)) == (2, 1)
    assert own[0]["perms"] == [
        {"name": "account", "read_only": True},
        {"name": "spot", "read_only": False},
    ]
    assert own[0]["created_at"] == CREATED
    assert key.api_key not in str(keys)


async def test_a_key_of_a_sub_account_is_not_among_them(ask, key):
    key.is_sub = True

    assert [entry["name"] for entry in (await ask(KEYS)).body] == ["another"]


async def test_the_signature_covers_the_decoded_query(ask):
    assert (await ask(f"{SPOT}?currency=USDT&note=a,b é")).body[0]["available"] == "26.5"


@pytest.mark.parametrize(
    ("changes", "status", "told"),
    [
        ({"KEY": None}, 400, "MISSING_REQUIRED_HEADER"),
        ({"SIGN": None}, 400, "MISSING_REQUIRED_HEADER"),
        ({"Timestamp": None}, 400, "MISSING_REQUIRED_HEADER"),
        ({"Timestamp": "soon"}, 403, "REQUEST_EXPIRED"),
        ({"KEY": "nobody", "ahead": 70}, 403, "REQUEST_EXPIRED"),
        ({"ahead": -70}, 403, "REQUEST_EXPIRED"),
        ({"KEY": "nobody"}, 401, "INVALID_KEY"),
        ({"secret": "wrong"}, 401, "INVALID_SIGNATURE"),
        ({"SIGN": "é"}, 401, "INVALID_SIGNATURE"),
        ({"ahead": 50}, 200, None),
    ],
)
async def test_who_asks_is_looked_at_first(ask, changes, status, told):
    reply = await ask(**changes)

    assert (reply.status, reply.body.get("label")) == (status, told)


@pytest.mark.parametrize(
    ("change", "path", "status", "told"),
    [
        ({"revoked": True}, DETAIL, 401, "INVALID_KEY"),
        ({"remaining_validity": -1}, DETAIL, 401, "INVALID_KEY"),
        ({"frozen": True}, DETAIL, 403, "ACCOUNT_LOCKED"),
        ({"hide_key_info": True}, KEYS, 403, "FORBIDDEN"),
        ({"read": False}, DETAIL, 403, "FORBIDDEN"),
        ({"read": False, "trade": False}, SPOT, 403, "FORBIDDEN"),
    ],
)
async def test_what_is_wrong_with_a_key_has_its_label(ask, world, change, path, status, told):
    world.patch_key("gt", change)
    reply = await ask(path)

    assert (reply.status, label(reply)) == (status, told)


async def test_a_hidden_list_of_keys_hides_nothing_else(ask, world):
    world.patch_key("gt", {"hide_key_info": True})

    assert (await ask()).status == 200


async def test_an_address_off_the_allowlist_is_refused_and_named(ask, world):
    world.keys["gt"].ips = ["203.0.113.7"]
    reply = await ask()

    assert (reply.status, label(reply)) == (403, "FORBIDDEN")
    assert reply.body["message"] == "Request IP not in whitelist: 127.0.0.1"


@pytest.mark.parametrize(
    ("path", "word"),
    [
        (DETAIL, "account:r"),
        (KEYS, "account:rw"),
        (SPOT, "spot:r"),
        ("/api/v4/spot/open_orders", "spot:rw"),
        ("/api/v4/unified/accounts", "unified:r"),
        ("/api/v4/futures/usdt/accounts", "futures:r"),
        ("/api/v4/wallet/total_balance", "wallet:r"),
    ],
)
async def test_each_call_needs_its_own_permission(ask, key, path, word):
    key.permissions = [word]
    granted = await ask(path)
    key.permissions = ["earn:r"]
    refused = await ask(path)

    assert granted.status == 200
    name = word.partition(":")[0]
    assert refused.body["message"] == f"Request API key does not have {name} permission"


async def test_futures_need_an_account_of_their_own(ask, key):
    key.permissions, key.balances = ["futures:r"], {}

    assert label(await ask("/api/v4/futures/usdt/accounts")) == "USER_NOT_FOUND"


@pytest.mark.parametrize(
    ("method", "path", "word", "status"),
    [
        ("POST", "/api/v4/spot/orders", "spot:rw", 201),
        ("POST", "/api/v4/spot/orders", "spot:r", 403),
        ("DELETE", "/api/v4/spot/orders/1", "spot:rw", 404),
        ("POST", "/api/v4/futures/usdt/orders", "futures:rw", 201),
        ("POST", "/api/v4/wallet/transfers", "wallet:rw", 201),
        ("POST", "/api/v4/withdrawals", "withdrawal:rw", 201),
        ("DELETE", "/api/v4/withdrawals/w0", "spot:rw", 403),
    ],
)
async def test_orders_and_withdrawals_are_answered_and_are_violations(
    ask, world, key, method, path, word, status
):
    key.permissions = [word]

    assert (await ask(path, method, "{}")).status == status
    assert world.violations == [("gate", method, path, "gt")]


async def test_a_permission_to_read_does_not_write(ask, key):
    key.permissions = ["spot:r"]

    assert label(await ask("/api/v4/spot/orders", "POST")) == "READ_ONLY"


async def test_an_unknown_path_is_none(ask):
    assert (await ask("/api/v4/nothing")).status == 404


def test_everyday_rights_are_words(world, key):
    world.patch_key("gt", {"futures": True, "withdraw": True, "trade": False})

    assert key.permissions == ["account:r", "spot:r", "futures:rw", "withdrawal:rw"]


@asynccontextmanager
async def client_of(sim, key, **changes):
    config = {"apiKey": key.api_key, "secret": key.secret, "options": {"unifiedAccount": False}}
    client = ccxt.gate(config | changes)
    base = sim.base("gate") + "/api/v4"
    api = client.urls["api"]
    client.urls["api"] = {kind: dict.fromkeys(api[kind], base) for kind in ("public", "private")}
    try:
        yield client
    finally:
        await client.close()


async def test_ccxt_s_calls_are_all_accepted(sim, world, key):
    world.patch_key("gt", {"futures": True})
    async with client_of(sim, key) as client:
        assert (await client.fetch_time()) > 0
        detail = await client.privateAccountGetDetail()
        keys = await client.privateAccountGetMainKeys()
        spot = await client.privateSpotGetAccounts({"currency": "USDT", "note": "a b,c"})
        orders = await client.privateSpotGetOpenOrders({"account": "spot"})
        futures = await client.privateFuturesGetSettleAccounts({"settle": "usdt"})

    assert detail["ip_whitelist"] == ["127.0.0.1"]
    assert keys[1]["perms"][0] == {"name": "account", "read_only": True}
    assert spot[0]["available"] == "26.5"
    assert orders == []
    assert futures["total"] == "26.5"
    assert world.violations == []
    assert world.count(exchange="gate", status=200) == world.requests.total() == 6


@pytest.mark.parametrize(
    ("change", "patch", "raised", "told"),
    [
        ({"apiKey": "nobody"}, {}, ccxt.AuthenticationError, "INVALID_KEY"),
        ({"secret": "wrong"}, {}, ccxt.AuthenticationError, "INVALID_SIGNATURE"),
        ({}, {"ips": ["203.0.113.7"]}, ccxt.PermissionDenied, "IP not in whitelist"),
        ({}, {"read": False}, ccxt.PermissionDenied, "does not have account permission"),
        ({}, {"frozen": True}, ccxt.AccountSuspended, "ACCOUNT_LOCKED"),
    ],
)
async def test_ccxt_is_refused_as_the_sheet_says(sim, world, key, change, patch, raised, told):
    world.patch_key("gt", patch)
    async with client_of(sim, key, **change) as client:
        with pytest.raises(raised, match=told):
            await client.privateAccountGetDetail()


async def test_ccxt_takes_a_wrong_clock_for_a_wrong_key(sim, world, key):
    world.put_faults("gate", {"clock_skew_seconds": 90})
    async with client_of(sim, key) as client:
        with pytest.raises(ccxt.AuthenticationError, match="REQUEST_EXPIRED"):
            await client.privateAccountGetDetail()


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ({"rate_limit": True}, ccxt.RateLimitExceeded),
        ({"ban": True}, ccxt.ExchangeNotAvailable),
        ({"waf": True}, ccxt.ExchangeNotAvailable),
        ({"maintenance": True}, ccxt.ExchangeNotAvailable),
        ({"status": 500}, ccxt.ExchangeNotAvailable),
        ({"status": 404}, ccxt.ExchangeNotAvailable),
        ({"region": True}, ccxt.ExchangeNotAvailable),
        ({"reset": True}, ccxt.NetworkError),
    ],
)
async def test_faults_raise_what_they_raise_on_the_real_exchange(sim, world, key, fault, raised):
    world.put_faults("gate", fault)
    async with client_of(sim, key) as client:
        with pytest.raises(raised):
            await client.privateAccountGetDetail()
