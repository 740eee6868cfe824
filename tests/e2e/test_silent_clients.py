"""Clients that connect and say nothing keep nobody from acting on a right to withdraw."""

import asyncio
import contextlib
import resource

import pytest

from e2e.fleet import a_fleet, until

pytestmark = pytest.mark.slow
DESCRIPTORS, SILENT = 1024, 1000
HALF_A_REQUEST = b"GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "


@pytest.fixture
async def fleet(tmp_path):
    async with a_fleet(tmp_path) as running:
        yield running


@pytest.fixture
def many_descriptors():
    """For the other end of the silent connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4 * SILENT)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def bounded(command):
    """The same command, with so few descriptors."""
    return ["sh", "-c", f'ulimit -n {DESCRIPTORS} && exec "$@"', "sh", *command]


async def silence(port, number):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    if number % 2:
        writer.write(HALF_A_REQUEST)
    return reader, writer


async def is_closed(reader):
    with contextlib.suppress(ConnectionError):
        await reader.read()


@pytest.mark.usefixtures("many_descriptors")
async def test_a_thousand_silent_clients_do_not_stop_the_guard(fleet):
    command = fleet.command
    fleet.command = lambda *options: bounded(command(*options))
    fleet.declare()
    async with fleet.process():
        await fleet.strategy_is("Enabled")
        silent = [await silence(fleet.port, number) for number in range(SILENT)]
        fleet.world.patch_key("kucoin", {"withdraw": True})
        await until(lambda: fleet.told()["enabled"] is False, 60)
        assert await fleet.api("/healthz") == "ok\n"
        async with asyncio.timeout(120):
            await asyncio.gather(*(is_closed(reader) for reader, _ in silent))
        dropped = [
            await fleet.metric("bf_http_clients_dropped_total", kind=kind) or 0
            for kind in ("crowded", "silent")
        ]
        assert sum(dropped) >= SILENT  # and perhaps our own, which was silent, too
    for _, writer in silent:
        writer.close()
    kinds = [line["kind"] for line in fleet.logged("clients cut off")]
    assert len(kinds) <= 6
    assert fleet.log.getvalue().count("\n") < 100
