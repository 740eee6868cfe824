"""Reads that an exchange serves by POST: those few go out, in turn, and no other POST ever does."""

import asyncio
import json
import time
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import ccxt.async_support as ccxt
import pytest
from aiohttp import web

from bf_reconciler.exchanges import EXCHANGES, Call
from bf_reconciler.facts import Reason
from bf_reconciler.probe import classify, client
from bf_reconciler.probe.capture import redact
from bf_reconciler.probe.client import NotARead, instance, prototype
from bf_reconciler.probe.transport import MAX_BODY, Answer, Silence, Transport
from bf_reconciler.simulator import Simulator, World
from edges.probing import clock, entry_of, loaded, probed, prober, reasons
from edges.test_probe_transport import web_server
from exchanges.cases import CASES

KRAKEN = EXCHANGES["kraken"]
POSTED = (KRAKEN.calls.key.call, KRAKEN.calls.balance.call, KRAKEN.calls.orders.call)
EACH = pytest.mark.parametrize("row", EXCHANGES.values(), ids=EXCHANGES)
UNFORMED = [c.row for c in CASES.values() if not c.facts.secret_has_form or c.row is KRAKEN]
"""Rows that take our sentinels for secrets, and the one for which we have one of its form."""
BASE = "http://127.0.0.1:9/base"
SECRET = "U0VOVElORUw1ZThkNjBiNA=="


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Recorder:
    """A transport that goes nowhere, and takes its time."""

    def __init__(self):
        self.sent = []
        self.under_way = self.most = 0

    async def get(self, url, headers, proxy):
        return await self.post(url, headers, proxy, None)

    async def post(self, url, headers, proxy, body):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        self.sent.append(SimpleNamespace(url=url, headers=headers, proxy=proxy, body=body))
        return Answer(200, {}, b"{}")

    @property
    def numbers(self):
        return [int(parse_qs(sent.body)["nonce"][0]) for sent in self.sent]


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
async def clients(recorder):
    return await loaded(recorder)


def kraken(**changes):
    return entry_of("kraken", BASE, **{"secret": SECRET, **changes})


async def test_the_reads_of_the_row_are_posted_with_what_was_signed(clients, recorder):
    for call in POSTED:
        await clients.ask(kraken(), KRAKEN, call)
    for call, sent in zip(POSTED, recorder.sent, strict=True):
        assert sent.url == f"{BASE}{call.posts}"
        assert list(parse_qs(sent.body)) == ["nonce"]
        assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert sent.headers["API-Sign"]
        assert SECRET not in repr(sent)


async def test_the_time_is_a_get_without_a_key(clients, recorder):
    await clients.ask(kraken(), KRAKEN, KRAKEN.calls.time.call)
    (sent,) = recorder.sent
    assert sent.body is None
    assert "API-Key" not in sent.headers


POSTS = [name for name in dir(ccxt.kraken) if name.startswith("privatePost")]


async def test_no_other_post_of_kraken_can_go_out(clients, recorder):
    reads = {call.method: call.posts for call in POSTED}
    assert len(POSTS) > 40
    assert set(reads) <= set(POSTS)
    for name in POSTS:
        for path in {"", *reads.values()} - {reads.get(name)}:
            with pytest.raises(NotARead):
                await clients.ask(kraken(), KRAKEN, Call(name, posts=path))
    assert recorder.sent == []


@pytest.mark.parametrize("row", UNFORMED, ids=[row.id for row in UNFORMED])
async def test_a_call_that_posts_cannot_go_out_as_a_get(row, clients, recorder):
    entry = kraken() if row is KRAKEN else entry_of(row.id, BASE)
    with pytest.raises(NotARead):
        await clients.ask(entry, row, Call(row.calls.time.call.method, posts="/0/private/Balance"))
    assert recorder.sent == []


@pytest.mark.parametrize("path", ["", *(call.posts for call in POSTED)])
async def test_mexc_s_post_that_makes_a_key_stays_impossible(path, clients, recorder):
    mexc = EXCHANGES["mexc"]
    with pytest.raises(NotARead):
        await clients.ask(
            entry_of("mexc", BASE), mexc, Call("spotPrivatePostApiKeyInfo", posts=path)
        )
    assert recorder.sent == []


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://api.kraken.com/0/private/Withdraw"},
        {"url": "https://api.kraken.com/0/private/Balance/x"},
        {"method": "DELETE"},
        {"method": "GET"},
        {"body": None},
        {"body": ""},
    ],
)
async def test_what_ccxt_signs_otherwise_than_it_was_told_cannot_go_out(change, recorder):
    made = instance(prototype(ccxt.kraken))
    made.send = recorder.post
    made.posts = "/0/private/Balance"
    signed = {"url": "https://api.kraken.com/0/private/Balance", "method": "POST", "headers": {}}
    made.sign = lambda *_: signed | {"body": "nonce=1"} | change
    with pytest.raises(NotARead):
        await made.privatePostBalance()
    assert recorder.sent == []


async def test_a_public_list_is_never_posted_for(clients, recorder):
    with pytest.raises(NotARead):
        await clients.look(kraken(), KRAKEN, KRAKEN.calls.balance.call)
    assert recorder.sent == []


async def test_the_number_grows_from_call_to_call_even_where_the_clock_stands_or_goes_back(
    clients, recorder, monkeypatch
):
    times = iter([5_000_000_000, 5_000_000_000, 4_000_000_000, 9_000_000_000])
    monkeypatch.setattr(client, "time", SimpleNamespace(time_ns=lambda: next(times)))
    for _ in range(4):
        await clients.ask(kraken(), KRAKEN, KRAKEN.calls.balance.call)
    assert recorder.numbers == [5000, 5001, 5002, 9000]


async def test_the_number_is_the_time_in_milliseconds(clients, recorder):
    await clients.ask(kraken(), KRAKEN, KRAKEN.calls.balance.call)
    assert abs(recorder.numbers[0] - time.time() * 1000) < 60_000


async def test_one_key_has_one_call_under_way_and_another_key_does_not_wait(clients, recorder):
    one = [kraken(name="one"), kraken(name="two")]
    await asyncio.gather(*(clients.ask(each, KRAKEN, KRAKEN.calls.key.call) for each in one * 5))
    assert recorder.most == 1
    assert recorder.numbers == sorted(set(recorder.numbers))
    other = [kraken(api_key="k1"), kraken(api_key="k2")]
    await asyncio.gather(*(clients.ask(each, KRAKEN, KRAKEN.calls.key.call) for each in other))
    assert recorder.most == 2


async def test_a_call_that_fails_gives_the_turn_back(clients, recorder):
    with pytest.raises(NotARead):
        await clients.ask(
            kraken(), KRAKEN, Call("privatePostWithdraw", posts=KRAKEN.calls.key.call.posts)
        )
    async with asyncio.timeout(60):
        await clients.ask(kraken(), KRAKEN, KRAKEN.calls.key.call)
    assert len(recorder.sent) == 1


@EACH
def test_calls_go_in_turn_where_their_numbers_must_grow(row):
    assert row.calls.in_turn is CASES[row.id].facts.in_turn


@pytest.fixture
def world():
    made = World()
    good = {"read": True, "trade": True, "ips": ["127.0.0.1"], "balances": {"USD": "26.5"}}
    made.put_key("kr", {"exchange": "kraken", "api_key": "SENTINELKEY", "secret": SECRET, **good})
    return made


async def test_two_connections_with_one_key_do_not_refuse_each_other(world):
    async with Simulator(world) as sim, prober() as opened:
        base, key = sim.base("kraken"), {"api_key": "SENTINELKEY", "secret": SECRET}
        entries = [entry_of("kraken", base, name=f"c{n}", **key) for n in range(3)]
        found = await probed(opened, *entries)
    assert {reasons(each.observation) for each in found.values()} == {("ok",) * 4}
    assert world.violations == []


async def test_each_of_the_signed_questions_has_a_deadline_of_its_own(world):
    world.patch_faults("kraken", {"latency": 2.0})
    async with Simulator(world) as sim, prober() as opened:
        entry = entry_of(
            "kraken", sim.base("kraken"), api_key="SENTINELKEY", secret=SECRET, timeout=6.0
        )
        found = (await probed(opened, entry))["kraken-main"]
    assert reasons(found.observation) == ("ok",) * 4
    assert found.seconds > 6.0
    paths = [seen.path for seen in world.recent]
    assert paths == ["/0/public/Time", *(call.posts for call in POSTED)]


async def test_a_secret_that_kraken_never_gave_is_told_and_signs_nothing(world):
    async with Simulator(world) as sim, prober() as opened:
        entry = entry_of("kraken", sim.base("kraken"), secret="SENTINEL!")
        found = (await probed(opened, entry))["kraken-main"].observation
    assert reasons(found) == ("ok", *("InvalidSignature",) * 3)
    assert "SENTINEL" not in repr(found)
    assert world.requests.total() == 1


async def test_a_post_goes_out_once_with_its_body_and_its_answer_is_kept():
    seen = []

    async def handler(request):
        seen.append((request.method, request.raw_path, await request.text(), dict(request.headers)))
        return web.Response(status=200, text="told")

    transport = Transport()
    async with web_server(handler) as url:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        got = await transport.post(f"{url}/x%2F", headers, None, "nonce=1&a=%C3%A9")
    await transport.aclose()
    ((method, path, body, sent),) = seen
    assert (got.status, got.body) == (200, b"told")
    assert (method, path, body) == ("POST", "/x%2F", "nonce=1&a=%C3%A9")
    assert sent["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_post_follows_no_redirect(status):
    seen = []

    async def handler(request):
        seen.append(request.path)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    transport = Transport()
    async with web_server(handler) as url:
        got = await transport.post(f"{url}/asked", {}, None, "nonce=1")
    await transport.aclose()
    assert (got.status, seen) == (status, ["/asked"])


async def test_an_answer_to_a_post_is_bounded_like_any_other():
    async def handler(_):
        return web.Response(body=b"x" * (MAX_BODY + 1))

    transport = Transport()
    async with web_server(handler) as url:
        assert await transport.post(url, {}, None, "nonce=1") is Silence.TOO_LARGE
    await transport.aclose()


def failure(error, status=200, headers=None):
    body = json.dumps({"error": [error]}).encode()
    return classify.read_balance(KRAKEN, Answer(status, headers or {}, body), clock())


def test_a_lockout_is_waited_out_longer_than_a_limit_unless_the_answer_says_when():
    assert failure("EGeneral:Temporary lockout").retry_after == 300
    assert failure("EAPI:Rate limit exceeded").retry_after == 5
    assert failure("EGeneral:Temporary lockout", 429, {"retry-after": "7"}).retry_after == 7
    assert failure("EService:Busy").retry_after is None


@pytest.mark.parametrize("skew", [-3600.0, 0.0, 3600.0])
def test_no_clock_takes_the_blame_where_calls_carry_no_time(skew):
    refused = failure("EAPI:Invalid key")
    assert classify.skewed(KRAKEN, refused, skew) is refused
    assert refused.reason is Reason.KEY_OR_IP_REJECTED


def test_an_error_that_is_a_text_survives_redaction_and_what_is_behind_it_does_not():
    shown = redact({"error": ["EAPI:Invalid key", "EService:Throttled:1741500000"]})
    assert shown == {"error": ["EAPI:Invalid key", "EService:Throttled:<number>"]}


def test_a_posted_path_is_what_ccxt_signs():
    for call in POSTED:
        made = ccxt.kraken({"apiKey": "key", "secret": SECRET})
        signed = made.sign(call.posts.rpartition("/")[2], ["private"], "POST", {})
        assert urlsplit(signed["url"]).path == call.posts
