"""An exchange that means harm: no response costs more than a bound, or keeps others waiting."""

import asyncio
import contextlib
import json
import subprocess
import sys

import pytest
from aiohttp import web

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Failure, Reason
from bf_reconciler.probe import bodies
from bf_reconciler.probe.bodies import Unreadable
from bf_reconciler.probe.sanitizer import MASK
from bf_reconciler.probe.transport import MAX_BODY, MAX_HEAD, Answer, Silence, Transport
from edges.probing import SECRETS, entry_of, observed

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "interim": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "early hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"),
    "headers": (OK, b"X-More: yes\r\n"),
    "one header": (OK + b"X-More: ", b"y" * 1000),
    "status": (b"", b"HTTP/1.1 200 "),
    "chunks of one byte": (CHUNKED, b"1\r\nx\r\n"),
    "chunk extensions": (CHUNKED, b"1;" + b"a" * 5000 + b"\r\nx\r\n"),
    "one chunk extension": (CHUNKED + b"1;", b"a" * 1000),
    "trailers": (CHUNKED + b"1\r\nx\r\n0\r\n", b"X-More: yes\r\n"),
}


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def transport():
    opened = Transport()
    yield opened
    await opened.aclose()


@contextlib.asynccontextmanager
async def raw_server(talk):
    """A server that talks until its client has left."""

    async def serve(reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await talk(reader, writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        left.release()

    left = asyncio.Semaphore(0)
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await left.acquire()


@contextlib.asynccontextmanager
async def endless(first, rest):
    """A server that never comes to the end of its response."""

    async def talk(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(first)
        while True:
            writer.write(rest * (1 + 20_000 // len(rest)))
            await writer.drain()

    async with raw_server(talk) as url:
        yield url


@contextlib.asynccontextmanager
async def web_server(handler):
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("kind", ENDLESS)
async def test_a_response_without_an_end_is_given_up_and_a_neighbour_is_answered(transport, kind):
    async def answer(_):
        return web.Response(text="ok")

    async with (
        endless(*ENDLESS[kind]) as url,
        web_server(answer) as neighbour,
        asyncio.timeout(60),  # the deadline of a question is not what ends it
    ):
        bad = [asyncio.create_task(transport.get(url, {}, None)) for _ in range(4)]
        assert (await transport.get(neighbour, {}, None)).body == b"ok"
        ended = await asyncio.gather(*bad)
    assert set(ended) <= {Silence.GARBLED, Silence.BROKEN, Silence.TOO_LARGE}


async def test_a_head_that_trickles_ends_at_the_deadline():
    async def talk(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        while True:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with raw_server(talk) as url:
        seen = await observed(entry_of("kucoin", url, timeout=0.5))
    assert seen.time.reason is Reason.TIMEOUT


async def test_some_interim_responses_and_a_long_head_are_no_attack(transport):
    head = b"HTTP/1.1 100 Continue\r\n\r\n" * 20 + OK
    head += b"".join(b"X-%d: %s\r\n" % (n, b"y" * 400) for n in range(50))

    async def talk(reader, writer):
        for body in (b"first", b"second"):  # on one connection, each with a head of its own
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()

    async with raw_server(talk) as url:
        got = [(await transport.get(url, {}, None)).body for _ in range(2)]
    assert got == [b"first", b"second"]
    assert len(head) < MAX_HEAD


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"[" * 1_000_000, Unreadable.OVERSIZED),
        (b"[" * 50_000 + b"]" * 50_000, Unreadable.NOT_JSON),  # too deep for the parser
        (b'{"a":' * 50_000, Unreadable.NOT_JSON),
        (b"[" + b"[]," * 100_000 + b"[]]", Unreadable.OVERSIZED),
        (b"[" + b"0," * 100_000 + b"0]", Unreadable.OVERSIZED),
        (b'{"a": true, "a": false}', Unreadable.REPEATED),
        (b'[{"b": {"a": 1, "\\u0061": 1}}]', Unreadable.REPEATED),
        (b"<html>", Unreadable.NOT_JSON),
        (b'[{"a": 1}, {"a": 1}]', [{"a": 1}, {"a": 1}]),
    ],
    ids=range(9),
)
def test_what_a_body_may_hold_is_counted_before_it_is_parsed(body, expected):
    assert bodies.parse(body) == expected


def test_a_list_of_markets_may_repeat_fields():
    assert bodies.parse(b'{"a": 1, "a": 2}', unique=False) == {"a": 2}


PEAK = """
import resource
from bf_reconciler.probe import bodies
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for body in (b"[" + b"[]," * 11_000_000 + b"[]]", b"[" + b'{"":0},' * 499_000 + b"{}]"):
    bodies.parse(body, bodies.MAX_LIST_VALUES, unique=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_list_of_markets_takes_a_bounded_memory_whatever_it_holds():
    """Some 900 MB without a bound."""
    ran = subprocess.run(
        [sys.executable, "-c", PEAK], capture_output=True, text=True, check=True, timeout=120
    )
    assert int(ran.stdout) < 256 * 1024


WITHDRAWS = b'"permission": "General,Spot,Withdrawal"'
TRADES = b'"permission": "General,Spot"'


@pytest.mark.parametrize("fields", [(WITHDRAWS, TRADES), (TRADES, WITHDRAWS)])
async def test_a_right_that_is_told_twice_is_not_believed(fields):
    answers = {
        "/api/v1/timestamp": b'{"code": "200000", "data": 1790000000000}',
        "/api/v1/user/api-key": b'{"code": "200000", "data": {%s, %s}}' % fields,
    }

    async def handler(request):
        found = answers.get(request.path, b'{"code": "200000", "data": []}')
        return web.Response(body=found)

    async with web_server(handler) as url:
        seen = await observed(entry_of("kucoin", url))
    assert isinstance(seen.key, Failure)
    assert seen.key.reason is Reason.UNEXPECTED_RESPONSE
    assert "repeats a field" in seen.key.message


@pytest.mark.parametrize("name", [SECRETS["secret"][::-1], "n" * 500_000, "\x1b[2J"])
async def test_the_name_of_an_account_is_masked_bounded_and_printable(name):
    key = json.dumps({"permission": "General", "subName": name}).encode()

    async def handler(request):
        asked_key = request.path == "/api/v1/user/api-key"
        clock = b"1790000000000" if request.path == "/api/v1/timestamp" else b"[]"
        return web.Response(body=b'{"code": "200000", "data": %s}' % (key if asked_key else clock))

    async with web_server(handler) as url:
        seen = await observed(entry_of("kucoin", url))
    assert seen.key.account in {MASK, "n" * 63 + "…", "�[2J"}


async def test_a_body_of_too_many_values_is_a_failure_in_our_words(transport):
    body = b"[" + b"0," * (bodies.MAX_VALUES + 1) + b"0]"

    async def handler(_):
        return web.Response(body=body)

    assert len(body) < MAX_BODY
    async with web_server(handler) as url:
        seen = await observed(entry_of("kucoin", url))
        assert isinstance(await transport.get(url, {}, None), Answer)
    assert seen.time.reason is Reason.UNEXPECTED_RESPONSE
    assert "more JSON values" in seen.time.message


@pytest.mark.parametrize("row", EXCHANGES.values(), ids=EXCHANGES)
def test_no_row_fails_on_a_page_of_any_kind(row):
    for body in (b"\xff" * 1000, b"[" * 1000, json.dumps("x" * 100_000).encode()):
        value = bodies.parse(body)
        row.refusals.read(bodies.page(body) if isinstance(value, Unreadable) else value)
