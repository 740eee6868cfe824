"""The server around the exchanges: where it listens, how it ends."""

import ast
import asyncio
from pathlib import Path

import aiohttp
import pytest

import bf_reconciler.simulator
from bf_reconciler.simulator import RefusedError, Simulator, World, serve
from simulator.signing import send

HOME = Path(bf_reconciler.simulator.__file__).parent
SOURCES = sorted(HOME.rglob("*.py"))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])  # noqa: S104 these must be refused
def test_only_loopback_addresses_are_taken(host):
    with pytest.raises(ValueError, match="loopback"):
        Simulator(World(), host=host)


async def test_it_listens_on_a_free_port_and_says_where(session):
    async with Simulator(World(), host="localhost") as one, Simulator(World()) as other:
        assert one.url.startswith("http://localhost:")
        assert one.url.rpartition(":")[2] != other.url.rpartition(":")[2]
        assert other.base("mexc") == other.url + "/mexc"
        assert (await send(session, "GET", other.base("mexc") + "/api/v3/ping")).status == 200


async def test_an_unknown_exchange_has_no_base():
    async with Simulator(World()) as sim:
        with pytest.raises(RefusedError):
            sim.base("nasdaq")


async def test_one_exchange_alone_needs_no_prefix(session):
    async with Simulator(World(), only="mexc") as sim:
        assert (sim.base("mexc"), sim.exchanges) == (sim.url, ("mexc",))
        assert (await send(session, "GET", f"{sim.url}/api/v3/ping")).status == 200
        assert (await send(session, "GET", f"{sim.url}/_sim/requests")).status == 200
        with pytest.raises(RefusedError, match="only mexc"):
            sim.base("kucoin")
    with pytest.raises(RefusedError):
        Simulator(World(), only="nasdaq")


async def test_nobody_knows_the_address_of_a_stopped_simulator():
    sim = Simulator(World())
    with pytest.raises(RuntimeError):
        _ = sim.url
    async with sim:
        assert sim.url
    with pytest.raises(RuntimeError):
        _ = sim.url


async def test_a_taken_port_is_told_and_leaves_nothing_behind():
    async with Simulator(World()) as sim:
        port = int(sim.url.rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"):
            async with Simulator(World(), port):
                pass


async def test_an_ipv6_address_is_written_in_brackets(monkeypatch):
    sim = Simulator(World(), host="::1")

    class Runner:
        addresses = (("::1", 8080, 0, 0),)

    monkeypatch.setattr(sim, "_runner", Runner())
    assert sim.url == "http://[::1]:8080"


async def test_serving_lasts_until_it_is_stopped(session):
    stop, heard = asyncio.Event(), asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(World(), "127.0.0.1", 0, stop, heard.set_result))
    async with asyncio.timeout(60):
        base = (await heard).base("kucoin")
        reply = await send(session, "GET", base + "/api/v1/timestamp")
        stop.set()
        await task

    assert reply.code == "200000"
    with pytest.raises(aiohttp.ClientConnectionError):
        await send(session, "GET", base + "/api/v1/timestamp")


async def test_serving_tells_nobody_unless_asked():
    stop = asyncio.Event()
    stop.set()

    await serve(World(), "127.0.0.1", 0, stop)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(HOME)))
def test_the_simulator_knows_no_other_room(path):
    allowed = ("bf_reconciler.simulator", "aiohttp")
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module]
        for name in names:
            ours = name.startswith("bf_reconciler")
            assert name.startswith(allowed) or (not ours and name.split(".")[0] != "ccxt")
