"""The way out, against small servers that behave badly."""

import asyncio
import contextlib
import gzip
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from bf_reconciler.probe.classify import SILENT
from bf_reconciler.probe.dns import Dns
from bf_reconciler.probe.transport import (
    CONNECTIONS,
    FEWEST_CONNECTIONS,
    MAX_BODY,
    PER_HOST,
    SILENCES,
    Answer,
    Silence,
    Transport,
    _tls,
    connections,
    silence_of,
)


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def transport():
    opened = Transport()
    yield opened
    await opened.aclose()


@contextlib.asynccontextmanager
async def web_server(handler):
    """An HTTP server with one handler for everything; gives its base URL."""
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def raw_server(said):
    """A server that says these bytes to whoever sends something, and hangs up."""

    async def talk(reader, writer):
        await reader.read(1)
        writer.write(said)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


async def test_an_answer_keeps_status_headers_and_body(transport):
    async def handler(request):
        assert request.headers["X-Asked"] == "yes"
        return web.Response(status=429, text="slow down", headers={"Retry-After": "3"})

    async with web_server(handler) as url:
        got = await transport.get(f"{url}/x?a=b%2Cc", {"X-Asked": "yes"}, None)
    assert (got.status, got.body, got.headers["retry-after"]) == (429, b"slow down", "3")
    assert 0 <= got.seconds < 60


async def test_the_url_goes_out_as_it_was_signed(transport):
    seen = []

    async def handler(request):
        seen.append(request.raw_path)
        return web.Response()

    async with web_server(handler) as url:
        await transport.get(f"{url}/x?a=b%2Cc&d=e f".replace(" ", "+"), {}, None)
    assert seen == ["/x?a=b%2Cc&d=e+f"]


async def test_what_an_answer_holds_stays_out_of_its_repr():
    assert "SENTINEL" not in repr(Answer(200, {"x": "SENTINEL"}, b"SENTINEL"))


@pytest.mark.parametrize("size", [MAX_BODY + 1, MAX_BODY * 8])
async def test_a_body_that_is_too_large_is_not_read_to_its_end(transport, size):
    async def handler(_):
        return web.Response(body=b"x" * size)

    async with web_server(handler) as url:
        assert await transport.get(url, {}, None) is Silence.TOO_LARGE


async def test_a_body_that_grows_when_unpacked_is_not_unpacked_to_its_end(transport):
    packed = gzip.compress(b"0" * (64 * MAX_BODY))

    async def handler(_):
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    async with web_server(handler) as url:
        assert await transport.get(url, {}, None) is Silence.TOO_LARGE


async def test_a_redirect_is_not_followed(transport):
    seen = []

    async def handler(request):
        seen.append(request.path)
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with web_server(handler) as url:
        got = await transport.get(f"{url}/asked", {"KEY": "secret"}, None)
    assert got.status == 302
    assert seen == ["/asked"]


async def test_cookies_are_not_kept(transport):
    seen = []

    async def handler(request):
        seen.append(dict(request.cookies))
        return web.Response(headers={"Set-Cookie": "who=you"})

    async with web_server(handler) as url:
        for _ in range(2):
            await transport.get(url, {}, None)
    assert seen == [{}, {}]


@pytest.mark.parametrize(
    ("said", "silence"),
    [
        (b"\x16\x03\x01 what is this\r\n\r\n", Silence.GARBLED),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", Silence.BROKEN),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain",
            Silence.BROKEN,
        ),
        (b"", Silence.BROKEN),
    ],
)
async def test_what_is_no_whole_answer_is_told_apart(transport, said, silence):
    async with raw_server(said) as url:
        assert await transport.get(url, {}, None) is silence


async def test_a_port_where_nobody_listens_cannot_be_connected_to(transport):
    url = f"http://127.0.0.1:{closed_port()}/"
    assert await transport.get(url, {}, None) is Silence.CONNECT


async def test_a_name_that_does_not_resolve_is_told_apart(transport, monkeypatch):
    def nowhere(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert await transport.get("https://exchange.invalid/", {}, None) is Silence.NAME


async def test_a_name_whose_look_up_hangs_holds_no_other_work_up(transport, monkeypatch):
    loop, asked, over = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def hang(*_args, **_kwargs):
        loop.call_soon_threadsafe(asked.set)
        over.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    loop.set_default_executor(ThreadPoolExecutor(1))
    waiting = asyncio.create_task(transport.get("https://exchange.invalid/", {}, None))
    try:
        async with asyncio.timeout(30):
            await asked.wait()
            assert await asyncio.to_thread(over.is_set) is False
    finally:
        over.set()
    assert await waiting is Silence.NAME


async def test_an_address_that_comes_when_nobody_waits_any_more_is_dropped(monkeypatch):
    loop, asked, over, threads = asyncio.get_running_loop(), asyncio.Event(), threading.Event(), []

    def late(*_args, **_kwargs):
        threads.append(threading.current_thread())
        loop.call_soon_threadsafe(asked.set)
        over.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", late)
    waiting = asyncio.create_task(Dns().resolve("exchange.invalid"))
    await asked.wait()
    waiting.cancel()
    assert isinstance(
        *await asyncio.gather(waiting, return_exceptions=True), asyncio.CancelledError
    )
    failed = []
    loop.set_exception_handler(lambda _loop, context: failed.append(context))
    over.set()
    await asyncio.to_thread(threads[0].join)
    assert failed == []


HANGING = """
import asyncio, socket, time
from bf_reconciler.probe.transport import Transport

async def main():
    loop, asked = asyncio.get_running_loop(), asyncio.Event()

    def hang(*_args, **_kwargs):
        loop.call_soon_threadsafe(asked.set)
        time.sleep(600)

    socket.getaddrinfo = hang
    transport = Transport()
    waiting = asyncio.create_task(transport.get("https://exchange.invalid/", {}, None))
    await asked.wait()
    waiting.cancel()
    await transport.aclose()

asyncio.run(main())
"""


def test_a_look_up_that_hangs_does_not_keep_the_process():
    subprocess.run([sys.executable, "-c", HANGING], check=True, timeout=60)


async def test_a_name_is_looked_up(transport, monkeypatch):
    real = socket.getaddrinfo

    def here(_host, *rest, **more):
        return real("127.0.0.1", *rest, **more)

    async def answer(request):
        return web.Response(text=request.host)

    monkeypatch.setattr(socket, "getaddrinfo", here)
    async with web_server(answer) as base:
        got = await transport.get(base.replace("127.0.0.1", "exchange.invalid"), {}, None)
    assert got.body.startswith(b"exchange.invalid:")


async def test_a_server_that_cannot_prove_who_it_is_is_told_apart(transport):
    async with raw_server(b"HTTP/1.1 200 OK\r\n\r\n") as url:
        assert await transport.get(url.replace("http:", "https:"), {}, None) is Silence.TLS


OUT = ("-nodes", "-keyout", "/dev/null", "-out")


def test_the_authorities_of_ssl_cert_file_count_and_those_of_certifi_too(tmp_path, monkeypatch):
    authority = tmp_path / "authority.pem"
    curve = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    name = ("-subj", "/CN=inspecting proxy")
    subprocess.run(
        ["openssl", "req", "-x509", *("-newkey", *curve), *OUT, authority, *name],
        check=True,
        capture_output=True,
        timeout=60,
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    known = [dict(*found["subject"][-1:]) for found in _tls().get_ca_certs()]
    assert {"commonName": "inspecting proxy"} in known
    assert len(known) > 50


def test_where_tls_fails_the_variables_are_named():
    assert SILENT[Silence.TLS][1] == (
        "could not be verified: TLS failed. A proxy that inspects TLS needs its authority in"
        " SSL_CERT_FILE; HTTPS_PROXY is not used, only proxy of the connection"
    )


async def test_a_proxy_is_asked_in_the_exchange_s_place(transport):
    seen = []

    async def handler(request):
        seen.append((request.raw_path, request.headers.get("Proxy-Authorization")))
        return web.Response(text="by proxy")

    async with web_server(handler) as url:
        proxy = SecretStr(url.replace("http://", "http://user:word@"))
        got = await transport.get("http://127.0.0.1:1/x", {}, proxy)
    assert got.body == b"by proxy"
    assert seen == [("http://127.0.0.1:1/x", "Basic dXNlcjp3b3Jk")]


async def test_a_proxy_that_is_away_or_refuses_is_told_apart(transport):
    away = SecretStr(f"http://127.0.0.1:{closed_port()}")
    assert await transport.get("http://127.0.0.1:1/", {}, away) is Silence.PROXY

    async def handler(_):
        return web.Response(status=407)

    async with web_server(handler) as url:
        got = await transport.get("https://127.0.0.1:1/", {}, SecretStr(url))
    assert got is Silence.PROXY


async def test_the_environment_s_proxies_are_not_used(transport, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")

    async def handler(_):
        return web.Response(text="straight")

    async with web_server(handler) as url:
        assert (await transport.get(url, {}, None)).body == b"straight"


def test_a_timeout_below_us_is_a_timeout():
    assert silence_of(aiohttp.ServerTimeoutError()) is Silence.TIMEOUT
    assert silence_of(ConnectionResetError()) is Silence.BROKEN
    told = {each for _, each in SILENCES}
    assert told | {Silence.UNSENT, Silence.TOO_LARGE} == set(Silence)


async def test_a_key_with_a_line_break_does_not_go_out(transport):
    seen = []

    async def handler(request):
        seen.append(request.path)
        return web.Response()

    async with web_server(handler) as url:
        assert await transport.get(url, {"KEY": "abc\nX-Other: d"}, None) is Silence.UNSENT
    assert seen == []


async def test_the_connection_used_last_is_used_again(transport):
    seen, both = [], asyncio.Barrier(2)

    async def handler(request):
        seen.append(request.transport)
        if request.path == "/both":
            await both.wait()
        return web.Response()

    async with web_server(handler) as url:
        await asyncio.gather(*(transport.get(f"{url}/both", {}, None) for _ in range(2)))
        assert len(set(seen)) == 2
        del seen[:]
        for _ in range(3):
            await transport.get(url, {}, None)
    assert len(set(seen)) == 1


async def test_a_host_that_hangs_leaves_room_for_the_others(transport):
    asked, full, over = 0, asyncio.Event(), asyncio.Event()

    async def hang(_):
        nonlocal asked
        asked += 1
        if asked == PER_HOST:
            full.set()
        await over.wait()
        return web.Response()

    async def answer(_):
        return web.Response(text="ok")

    async with web_server(hang) as slow, web_server(answer) as quick, asyncio.timeout(60):
        waiting = [asyncio.create_task(transport.get(slow, {}, None)) for _ in range(2 * PER_HOST)]
        await full.wait()
        assert (await transport.get(quick, {}, None)).body == b"ok"
        assert asked == PER_HOST
        over.set()
        await asyncio.gather(*waiting)


def test_of_few_descriptors_half_are_for_probes():
    assert [connections(most) for most in (-1, 65536, 1536, 1024, 256, 4)] == [
        *(CONNECTIONS, CONNECTIONS, CONNECTIONS),
        *(512, 128, FEWEST_CONNECTIONS),
    ]
