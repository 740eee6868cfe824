"""What ccxt is let do: sign the calls of the rows, send reads through us, and nothing else."""

import base64
import copy
import gc
import json
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import ccxt.async_support as ccxt
import pytest

from bf_reconciler.exchanges import EXCHANGES, Call, Environment
from bf_reconciler.probe.client import Clients, NotARead, instance, moved, prototype
from bf_reconciler.probe.transport import Answer
from bf_reconciler.simulator import DIALECTS
from bf_reconciler.spec import Credentials
from build import a_connection
from edges.probing import IDS, SECRETS, entry_of, loaded

EACH = pytest.mark.parametrize("row", [EXCHANGES[each] for each in IDS], ids=IDS)
BASE = "http://127.0.0.1:9/base"


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Recorder:
    """A transport that goes nowhere."""

    def __init__(self):
        self.sent = []

    async def get(self, url, headers, proxy, **_):
        self.sent.append(SimpleNamespace(url=url, headers=headers, proxy=proxy))
        return Answer(200, {}, b"{}")


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
async def clients(recorder):
    return await loaded(recorder)


@EACH
async def test_the_time_call_carries_no_credentials(row, clients, recorder):
    await clients.ask(entry_of(row.id, BASE), row, row.calls.time.call)
    assert not any(secret in repr(recorder.sent) for secret in SECRETS.values())
    assert recorder.sent[0].url.startswith(f"{BASE}/api/")


@EACH
async def test_a_signed_call_carries_the_key_and_never_the_secrets(row, clients, recorder):
    for call in (row.calls.key.call, row.calls.balance.call, row.calls.orders.call):
        await clients.ask(entry_of(row.id, BASE), row, call)
    for sent in recorder.sent:
        assert SECRETS["api_key"] in repr(sent.headers)
        assert SECRETS["secret"] not in repr(sent)
        assert SECRETS["passphrase"] not in repr(sent)
        assert sent.url.startswith(f"{BASE}/api/")


@EACH
async def test_the_orders_question_names_the_entry_s_market(row, clients, recorder):
    await clients.ask(entry_of(row.id, BASE, pair="ETH/BTC"), row, row.calls.orders.call)
    assert f"symbol={row.markets.spelling.symbol('ETH/BTC')}" in recorder.sent[0].url


@EACH
async def test_without_an_endpoint_the_exchange_itself_is_asked_over_tls(row, clients, recorder):
    await clients.ask(entry_of(row.id, None), row, row.calls.time.call)
    assert recorder.sent[0].url.startswith(f"https://api.{row.id}.com/api/")


@EACH
async def test_an_environment_has_its_own_base_and_headers(row, clients, recorder):
    there = Environment(base="http://127.0.0.1:9/demo", headers={"X-Demo": "1"})
    demo = replace(row, environments={"demo": there}).within("demo")
    await clients.ask(entry_of(row.id, None), demo, demo.calls.key.call)
    await clients.ask(entry_of(row.id, BASE), demo, demo.calls.key.call)
    await clients.ask(entry_of(row.id, BASE), row, row.calls.key.call)
    assert recorder.sent[0].url.startswith("http://127.0.0.1:9/demo/api/")
    assert recorder.sent[1].url.startswith(f"{BASE}/api/")  # what the file says comes first
    assert [sent.headers.get("X-Demo") for sent in recorder.sent] == ["1", "1", None]


@pytest.mark.parametrize(
    ("endpoint", "futures"),
    [
        (None, "https://api-futures.kucoin.com/api/v1/contracts/active"),
        ("https://api.kucoin.com", "https://api-futures.kucoin.com/api/v1/contracts/active"),
        ("https://api.kucoin.eu", "https://api-futures.kucoin.eu/api/v1/contracts/active"),
        (BASE, f"{BASE}/api/v1/contracts/active"),
    ],
)
async def test_a_list_goes_to_the_host_that_serves_it(clients, recorder, endpoint, futures):
    row = EXCHANGES["kucoin"].within("live", None, endpoint)
    entry = entry_of(row.id, endpoint)
    await clients.look(entry, row, row.markets.lists["futures"].call)
    await clients.look(entry, row, row.markets.lists["spot"].call)
    assert recorder.sent[0].url == futures
    assert recorder.sent[1].url == f"{endpoint or 'https://api.kucoin.com'}/api/v2/symbols"


@EACH
async def test_a_proxy_goes_to_the_transport_unseen(row, clients, recorder):
    proxy = "http://user:SENTINELPROXY@proxy.example:3128"
    await clients.ask(entry_of(row.id, BASE, proxy=proxy), row, row.calls.time.call)
    assert recorder.sent[0].proxy.get_secret_value() == proxy
    assert "SENTINEL" not in repr(recorder.sent)


@EACH
async def test_one_question_leaves_no_trace_in_the_next(row, clients, recorder):
    before = copy.deepcopy(
        {n: v for n, v in vars(clients.prototypes[row.id]).items() if n in ("options", "urls")}
    )
    await clients.ask(entry_of(row.id, BASE), row, row.calls.key.call)
    left = clients.prototypes[row.id]
    assert {"options": left.options, "urls": left.urls} == before
    assert not any(secret in repr(vars(left)) for secret in SECRETS.values())
    await clients.ask(entry_of(row.id, None, api_key="another"), row, row.calls.key.call)
    assert SECRETS["api_key"] not in repr(recorder.sent[1])


@EACH
def test_an_instance_is_what_ccxt_s_own_is(row):
    own = getattr(ccxt, row.ccxt)()
    made = instance(prototype(getattr(ccxt, row.ccxt)))
    for name, value in vars(own).items():
        if name not in {"origin", "enableRateLimit"}:
            same = getattr(made, name)
            assert type(same) is type(value), name
            assert not isinstance(value, dict | list | str | int) or same == value, name


@EACH
async def test_no_instance_outlives_its_question(row, clients):
    kind = clients.prototypes[row.id]
    entry = entry_of(row.id, BASE)
    for _ in range(50):
        await clients.ask(entry, row, row.calls.key.call)
    gc.collect()
    assert sum(type(each) is kind for each in gc.get_objects()) == 0


@EACH
@pytest.mark.parametrize(
    "method",
    [
        "privatePostHfOrders",
        "privateDeleteHfOrders",
        "privatePostAccountsUniversalTransfer",
        "spotPrivatePostApiKeyInfo",
        "spotPrivatePostCapitalWithdraw",
        "spotPrivateDeleteOpenOrders",
    ],
)
async def test_a_call_that_changes_something_cannot_go_out(row, method, clients, recorder):
    if not hasattr(getattr(ccxt, row.ccxt), method):
        method = {"kucoin": "privatePostWithdrawals", "mexc": "spotPrivatePostOrder"}[row.id]
    with pytest.raises(NotARead):
        await clients.ask(entry_of(row.id, BASE), row, Call(method))
    assert recorder.sent == []


async def test_a_get_with_a_body_cannot_go_out(recorder):
    made = instance(prototype(ccxt.kucoin))
    made.send = recorder.get
    made.sign = lambda *_: {"url": BASE, "method": "GET", "headers": {}, "body": "body"}
    with pytest.raises(NotARead):
        await made.publicGetTimestamp()
    assert recorder.sent == []


async def test_nothing_of_ccxt_goes_out_past_us():
    made = instance(prototype(ccxt.kucoin))
    with pytest.raises(NotARead):
        await made.fetch(BASE)


def test_a_prototype_that_goes_away_says_nothing(caplog):
    made = instance(prototype(ccxt.mexc))
    made.session = object()
    del made
    gc.collect()
    assert caplog.records == []


def test_a_signed_address_moves_whole_and_keeps_its_path_and_query():
    assert moved("https://x.com/_api/v1?b=%2F&a=x.com", BASE) == f"{BASE}/_api/v1?b=%2F&a=x.com"


def test_a_base_that_ends_in_the_path_of_the_api_has_it_once():
    url = "https://api.binance.com/api/v3/time?a=1"
    for base in ("https://x.com/gate/api/v3", "https://x.com/gate/api/v3/"):
        assert moved(url, base) == "https://x.com/gate/api/v3/time?a=1"
    assert moved(url, "https://x.com/ap") == "https://x.com/ap/api/v3/time?a=1"


def test_importing_the_room_does_not_import_ccxt():
    asked = "import sys, bf_reconciler.probe; sys.exit('ccxt' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", asked], check=False, timeout=60).returncode == 0
    )  # our own interpreter


@pytest.mark.parametrize("name", ["coinbase-a", "coinbase-ed25519"])
async def test_a_token_for_coinbase_claims_what_its_official_client_does(name, recorder):
    row, key = EXCHANGES["coinbase"], DIALECTS["coinbase"].invent(name)
    clients = Clients(recorder)
    await clients.load(row)
    entry = a_connection(
        exchange="coinbase", credentials=Credentials(api_key=key.api_key, secret=key.secret)
    )
    for call in (row.calls.key.call, row.calls.balance.call, row.calls.orders.call):
        await clients.ask(entry, row, call)
        sent = recorder.sent.pop()
        header, payload = (
            json.loads(base64.urlsafe_b64decode(part + "==="))
            for part in sent.headers["Authorization"].removeprefix("Bearer ").split(".")[:2]
        )
        assert header["alg"] == ("EdDSA" if "ed25519" in name else "ES256")
        called = sent.url.removeprefix("https://").partition("?")[0]
        assert payload == {
            "sub": key.api_key,
            "iss": "cdp",
            "uri": f"GET {called}",
            "nbf": payload["nbf"],
            "exp": payload["nbf"] + 120,
        }


async def test_the_time_of_coinbase_is_asked_past_its_cache(recorder):
    row = EXCHANGES["coinbase"]
    clients = Clients(recorder)
    await clients.load(row)
    await clients.ask(a_connection(exchange="coinbase"), row, row.calls.time.call)
    assert recorder.sent[0].headers["cache-control"] == "no-cache"
    assert "Authorization" not in recorder.sent[0].headers
