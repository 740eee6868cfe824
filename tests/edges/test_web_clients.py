"""How many clients may be connected, and how long one may say nothing."""

import asyncio
import contextlib
import errno
import socket

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.web.http import clients as module
from bf_reconciler.web.http import listener as accepting
from bf_reconciler.web.http.app import make_app
from bf_reconciler.web.http.clients import Clients, Limits, limits, network
from bf_reconciler.web.http.listener import listening
from bf_reconciler.web.http.starting import make_starting_app
from edges.web_client import ScriptedBackend, until


@pytest.fixture
def anyio_backend():
    return "asyncio"


ROOM = Limits(8, 8)


@contextlib.asynccontextmanager
async def serving(bounds=ROOM, backend=None):
    """Its clients, what was reported, and a way to connect."""
    cuts, writers = [], []
    clients = Clients(bounds, cuts.append)
    app = make_app(backend or ScriptedBackend())
    async with listening(app, "127.0.0.1", 0, clients, 0.1) as listener:
        port = listener.address[1]

        async def connect():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writers.append(writer)
            return reader, writer

        try:
            yield clients, cuts, connect
        finally:
            for writer in writers:
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()


def ipv6():
    """Whether this machine has an address of IPv6 at all."""
    with contextlib.closing(socket.socket(socket.AF_INET6)) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
        return True


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_all_of_ipv6_is_all_of_ipv4_too(address):
    if address == "::1" and not ipv6():
        return
    app, clients = make_app(ScriptedBackend()), Clients(ROOM, lambda _: None)
    async with listening(app, "::", 0, clients, 0.1) as listener:
        port = listener.address[1]
        reader, writer = await asyncio.open_connection(address, port)
        ask(writer)
        assert await answered(reader)
        writer.close()


@pytest.mark.parametrize("line", ["GET /healthz HTTP/1.0", "HEAD /readyz HTTP/1.0"])
async def test_a_health_check_by_http_1_0_needs_no_host(line):
    async with serving() as (_, _, connect):
        reader, writer = await connect()
        writer.write(f"{line}\r\n\r\n".encode())
        assert (await reader.readline()) == b"HTTP/1.0 200 OK\r\n"


async def test_what_says_more_than_health_needs_a_host():
    async with serving() as (_, _, connect):
        reader, writer = await connect()
        writer.write(b"GET /api/v1/status HTTP/1.0\r\n\r\n")
        assert (await reader.readline()) == b"HTTP/1.0 403 Forbidden\r\n"


def ask(writer, path="/healthz"):
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())


async def answered(reader):
    return (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")


async def closed(reader):
    """The rest of what is sent, once the other side has closed."""
    with contextlib.suppress(ConnectionError):
        return await reader.read()


@given(st.integers(0, 1 << 20))
def test_most_descriptors_are_kept_for_the_guard(descriptors):
    clients, per_address = limits(descriptors)
    assert clients <= max(4, descriptors // 8)
    assert 0 < per_address < clients <= 512


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_a_machine_counts_once_whatever_addresses_it_has(address, expected):
    assert network(address) == expected


async def test_a_newcomer_takes_the_place_of_whoever_was_silent_for_longest():
    async with serving(Limits(3, 3)) as (clients, cuts, connect):
        first, second, third = [await connect() for _ in range(3)]
        await until(lambda: len(clients) == 3)
        reader, writer = await connect()
        ask(writer)
        assert await answered(reader)
        await closed(first[0])
        assert cuts == ["crowded"]
        for reader, writer in (second, third):
            ask(writer)
            assert await answered(reader)


async def test_one_address_cannot_take_the_places_of_others():
    cuts = []
    clients = Clients(Limits(4, 2), cuts.append)
    other = clients.admit("203.0.113.9", asyncio.Protocol)
    for _ in range(5):
        assert clients.admit("203.0.113.7", asyncio.Protocol)
    assert other.idle_since is not None
    assert (len(clients), cuts) == (3, ["crowded"] * 3)


async def test_where_all_are_served_a_newcomer_is_refused():
    backend = ScriptedBackend()
    async with serving(Limits(2, 2), backend) as (_, cuts, connect):
        streams = [await connect() for _ in range(2)]
        for reader, writer in streams:
            ask(writer, "/api/v1/events")
            assert await answered(reader)
        reader, _ = await connect()
        assert not await closed(reader)
        assert cuts == ["refused"]


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: loc"])
async def test_who_sends_no_request_is_cut_off(monkeypatch, sent):
    monkeypatch.setattr(module, "HEAD_SECONDS", 0.05)
    async with serving() as (clients, cuts, connect):
        reader, writer = await connect()
        writer.write(sent)
        await closed(reader)
        assert (cuts, len(clients)) == (["silent"], 0)


async def test_who_sends_no_further_request_is_cut_off(monkeypatch):
    monkeypatch.setattr("bf_reconciler.web.http.app.IDLE_SECONDS", 0.05)
    async with serving() as (_, cuts, connect):
        reader, writer = await connect()
        ask(writer)
        assert await answered(reader)
        await closed(reader)
        assert cuts == ["silent"]


async def test_who_is_served_is_not_silent(monkeypatch):
    monkeypatch.setattr(module, "HEAD_SECONDS", 0.05)
    backend = ScriptedBackend()
    async with serving(backend=backend) as (_, cuts, connect):
        served, writer = await connect()
        ask(writer, "/api/v1/events")
        assert await answered(served)
        silent, _ = await connect()
        await closed(silent)
        assert cuts == ["silent"]
        backend.publish()
        assert await served.readuntil(b"event: status")


class Transport(asyncio.Transport):
    """A connection with so much left to send."""

    def __init__(self, *unsent):
        super().__init__()
        self.unsent = list(unsent)
        self.aborted = False

    def get_write_buffer_size(self):
        return self.unsent.pop(0)

    def abort(self):
        self.aborted = True


async def test_a_slow_reader_is_left_alone_while_it_reads(monkeypatch):
    monkeypatch.setattr(module, "HEAD_SECONDS", 0.01)
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.01)
    transport = Transport(300, 200, 100, 100)
    cuts = []
    client = Clients(Limits(2, 2), cuts.append).admit("203.0.113.9", asyncio.Protocol)
    client.connection_made(transport)
    await until(lambda: transport.aborted)
    assert (cuts, transport.unsent) == (["silent"], [])


async def test_who_is_cut_off_before_the_connection_stands_is_not_served():
    clients = Clients(Limits(1, 1), lambda _: None)
    early, late = Transport(), Transport()
    first = clients.admit("203.0.113.9", asyncio.Protocol)
    second = clients.admit("203.0.113.8", asyncio.Protocol)
    first.connection_made(early)
    second.connection_made(late)
    assert (early.aborted, late.aborted) == (True, False)
    assert (clients.of(early), clients.of(late)) == (None, second)
    second.connection_lost(None)
    assert (clients.of(late), clients.of(None), len(clients)) == (None, None, 0)


async def test_when_descriptors_run_out_whoever_is_silent_gives_one_back(monkeypatch):
    monkeypatch.setattr(accepting, "RETRY_SECONDS", 0.01)
    full = True
    accept = socket.socket.accept

    def scarce(self):
        if full:
            raise OSError(errno.EMFILE, "no descriptor is left")
        return accept(self)

    async with serving() as (clients, cuts, connect):
        silent, _ = await connect()
        await until(lambda: len(clients) == 1)
        monkeypatch.setattr(socket.socket, "accept", scarce)
        reader, writer = await connect()
        ask(writer)
        await closed(silent)
        assert cuts[0] == "descriptors"
        full = False
        assert await answered(reader)


async def test_an_address_in_use_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = listening(make_app(ScriptedBackend()), "127.0.0.1", port, Clients(ROOM, print), 1)
        with pytest.raises(OSError, match="address already in use"):
            await server.__aenter__()


async def test_the_application_that_follows_answers_whoever_connects_from_then_on():
    clients = Clients(ROOM, lambda _: None)
    async with listening(make_starting_app(), "127.0.0.1", 0, clients, 0.1) as listener:
        session = aiohttp.ClientSession(f"http://127.0.0.1:{listener.address[1]}")
        async with session:
            asked = [
                await session.get(path) for path in ("/healthz", "/readyz", "/api/v1/status", "/")
            ]
            halt = await session.post("/api/v1/halt", json={"reason": "fire", "by": "ada"})
            assert [each.status for each in (*asked, halt)] == [200, 503, 503, 503, 503]
            assert await asked[0].text() == "the daemon is starting\n"
            assert await halt.json() == {"error": "the daemon is starting"}
            assert {each.headers["X-Frame-Options"] for each in (*asked, halt)} == {"DENY"}
            async with listener.serving(make_app(ScriptedBackend())):
                assert (await session.get("/api/v1/status")).status == 200
            with pytest.raises(aiohttp.ClientConnectionError):
                await session.get("/healthz")
