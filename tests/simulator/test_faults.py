"""What goes wrong with an exchange, as it looks over the wire."""

import asyncio
import time

import aiohttp
import pytest

from bf_reconciler.simulator import Seen, Simulator
from exchanges.kucoin.client import KucoinClient
from simulator.signing import send

KEY_INFO = "/api/v1/user/api-key"


async def test_a_rate_limited_kucoin_names_its_reset_in_milliseconds(kucoin, world):
    world.put_faults("kucoin", {"rate_limit": True, "retry_after": 2.5})

    reply = await kucoin.get(KEY_INFO)

    assert (reply.status, reply.code) == (429, "429000")
    assert reply.headers["gw-ratelimit-reset"] == "2500"
    assert reply.headers["gw-ratelimit-remaining"] == "0"


async def test_a_rate_limited_mexc_says_when_to_come_back(mexc, world):
    world.put_faults("mexc", {"rate_limit": True, "retry_after": 2.5})

    reply = await mexc.key_info()

    assert (reply.status, reply.body) == (429, {"code": 429, "msg": "Too Many Requests"})
    assert reply.headers["Retry-After"] == "3"


async def test_a_ban_is_418_on_mexc_and_a_page_on_kucoin(mexc, kucoin, world):
    for exchange in ("mexc", "kucoin"):
        world.put_faults(exchange, {"ban": True, "retry_after": 120})

    banned = await mexc.key_info()

    assert (banned.status, banned.headers["Retry-After"]) == (418, "120")
    assert (await kucoin.get(KEY_INFO)).status == 403


async def test_maintenance_spares_kucoin_s_status_call_alone(kucoin, sim, session, world):
    world.put_faults("kucoin", {"maintenance": True})

    status = await send(session, "GET", sim.base("kucoin") + "/api/v1/status")
    refused = await kucoin.get(KEY_INFO)

    assert status.body["data"]["status"] == "close"
    assert (refused.status, refused.body) == (503, None)


async def test_maintenance_of_mexc_is_told_in_json(mexc, world):
    world.put_faults("mexc", {"maintenance": True})

    reply = await mexc.key_info()

    assert (reply.status, reply.code) == (500, 500)
    assert reply.body["message"] == "Under maintenance, please try again later"


async def test_a_firewall_page_is_html_with_403(kucoin, mexc, world):
    for exchange in ("kucoin", "mexc"):
        world.put_faults(exchange, {"waf": True})
    for reply in (await kucoin.get(KEY_INFO), await mexc.key_info()):
        assert reply.status == 403
        assert reply.headers["Content-Type"].startswith("text/html")


async def test_a_failing_exchange_answers_in_its_own_words(kucoin, mexc, world):
    world.put_faults("kucoin", {"status": 500})
    assert (await kucoin.get(KEY_INFO)).body == {"code": "500000", "msg": "Internal Server Error"}
    world.put_faults("kucoin", {"status": 502})
    assert (await kucoin.get(KEY_INFO)).status == 502
    world.put_faults("mexc", {"status": 503})
    assert (await mexc.key_info()).code == 503
    world.put_faults("mexc", {"status": 500})
    assert (await mexc.key_info()).body is None


async def test_a_refused_region_is_told_with_the_address(kucoin, mexc, world):
    for exchange in ("kucoin", "mexc"):
        world.put_faults(exchange, {"region": True, "client_ip": "198.51.100.9"})

    reply = await kucoin.get(KEY_INFO)

    assert reply.code == "400302"
    assert "current ip: 198.51.100.9" in reply.body["msg"]
    assert (await mexc.key_info()).status == 403


async def test_a_reset_drops_the_connection_and_is_counted(kucoin, world):
    world.put_faults("kucoin", {"reset": True})

    with pytest.raises(aiohttp.ClientConnectionError):
        await kucoin.get(KEY_INFO)

    # aiohttp's client asks once more of its own accord, so it is not counted here.
    assert set(world.requests) == {Seen("kucoin", "GET", KEY_INFO, "ku", 0)}


async def test_garbage_is_200_and_no_json(kucoin, world):
    world.put_faults("kucoin", {"garbage": True})

    with pytest.raises(ValueError, match="Expecting value"):
        await kucoin.get(KEY_INFO)

    assert world.count(status=200) == 1


async def test_latency_delays_the_answer(kucoin, world):
    world.put_faults("kucoin", {"latency": 0.3})

    begun = time.monotonic()
    reply = await kucoin.get(KEY_INFO)

    assert reply.status == 200
    assert time.monotonic() - begun >= 0.3


async def test_a_client_without_patience_has_asked_all_the_same(sim, session, world):
    world.put_faults("mexc", {"latency": 3_600})

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(3):
            await send(session, "GET", sim.base("mexc") + "/api/v3/ping")

    assert world.count(path="/api/v3/ping", status=200) == 1


async def test_a_slow_body_sends_its_headers_and_then_dawdles(sim, session, world):
    world.put_faults("mexc", {"slow_body": True})

    async with session.get(sim.base("mexc") + "/api/v3/time") as answer:
        assert answer.status == 200
        assert await answer.content.readexactly(1) == b"{"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await answer.read()


async def test_a_slow_body_comes_to_an_end(sim, session, world):
    world.put_faults("mexc", {"slow_body": True})

    reply = await send(session, "GET", sim.base("mexc") + "/api/v3/ping")

    assert reply.body == {}


async def test_a_skewed_clock_shows_in_the_time_and_refuses_signatures(
    kucoin, mexc, sim, session, world
):
    for exchange in ("kucoin", "mexc"):
        world.put_faults(exchange, {"clock_skew_seconds": -30})

    stamp = await send(session, "GET", sim.base("mexc") + "/api/v3/time")

    assert abs(stamp.body["serverTime"] / 1000 + 30 - time.time()) < 5
    assert (await kucoin.get(KEY_INFO)).code == "400002"
    assert (await mexc.key_info()).code == 700003


async def test_the_exchange_may_see_another_address(kucoin, world):
    world.put_faults("kucoin", {"client_ip": "203.0.113.9"})
    refused = await kucoin.get(KEY_INFO)
    world.patch_key("ku", {"ips": ["203.0.113.9"]})

    assert refused.body["msg"].endswith("clientIp is:203.0.113.9")
    assert (await kucoin.get(KEY_INFO)).status == 200


async def test_a_fault_may_hit_a_counted_number_of_requests(kucoin, world):
    world.put_faults("kucoin", {"status": 500, "remaining": 2})

    statuses = [(await kucoin.get(KEY_INFO)).status for _ in range(4)]

    assert statuses == [500, 500, 200, 200]
    assert world.faults["kucoin"].remaining == 0


async def test_a_fault_may_hit_some_paths_only_and_counts_those_alone(kucoin, world):
    world.put_faults("kucoin", {"status": 502, "remaining": 1, "paths": ["/api/v1/acc"]})

    assert (await kucoin.get(KEY_INFO)).status == 200
    assert (await kucoin.get("/api/v1/accounts")).status == 502
    assert (await kucoin.get("/api/v1/accounts")).status == 200


async def test_a_skewed_clock_alone_uses_up_no_count(kucoin, world):
    world.put_faults("kucoin", {"clock_skew_seconds": 1, "remaining": 1})

    await kucoin.get(KEY_INFO)

    assert world.faults["kucoin"].remaining == 1


async def test_faults_of_one_exchange_leave_the_other_alone(kucoin, mexc, world):
    world.put_faults("kucoin", {"status": 500})

    assert (await kucoin.get(KEY_INFO)).status == 500
    assert (await mexc.key_info()).status == 200


async def test_the_simulator_stops_while_slow_answers_are_on_their_way(world, session):
    world.put_faults("mexc", {"slow_body": True})
    world.put_faults("kucoin", {"latency": 3_600})
    async with Simulator(world) as sim:
        client = KucoinClient.of(sim, session, world.keys["ku"])
        waiting = asyncio.create_task(client.get(KEY_INFO))
        async with session.get(sim.base("mexc") + "/api/v3/time") as answer:
            await answer.content.readexactly(1)
            begun = time.monotonic()
            await sim.__aexit__(None, None, None)
            took = time.monotonic() - begun
        with pytest.raises(aiohttp.ClientError):
            await waiting

    assert took < 60  # the answers would take longer
