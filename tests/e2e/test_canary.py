"""A canary at a simulated exchange: fine while it is bad, an alarm when it is not, and a drill."""

import asyncio
import json
from pathlib import Path

import pytest

from e2e.fleet import a_fleet, a_world, credentials_of, until
from e2e.programs import EXAMPLE, a_prometheus, an_alertmanager
from ports import free_port

pytestmark = pytest.mark.slow
CANARY = "kucoin-canary"
SECRETS = credentials_of("kucoin", api_key="KEY-OF-canary")


@pytest.fixture
async def fleet(tmp_path):
    world = a_world(canary={"exchange": "kucoin", **SECRETS, "trade": False})
    async with a_fleet(tmp_path, world) as running:
        canary = running.connection(CANARY, credentials=SECRETS) | {
            "expect": {"status": "Blocked", "reason": "NoTradePermission"}
        }
        running.declare([running.connection(), canary])
        yield running


async def test_a_canary_is_fine_while_it_is_bad_and_an_alarm_when_it_is_not(fleet):
    async with fleet.daemon():
        await fleet.connection_is("Online", "AsExpected", CANARY)
        assert await fleet.metric("bf_connection_up", connection=CANARY) == 1
        assert await fleet.metric("bf_connection_problem", connection=CANARY) is None
        assert "No action needed." in await fleet.api("/")
        fleet.world.patch_key("canary", {"trade": True})
        await fleet.connection_is("Blocked", "CanaryFailed", CANARY)
        assert "The alarm cannot be relied on" in await fleet.api("/")
        (newest, *_) = (await fleet.api(f"/api/v1/history?name={CANARY}"))["transitions"]
        assert newest["reason"] == "CanaryFailed"
        assert newest["message"] == (
            "Expected Blocked (NoTradePermission). It is Online (Connected)."
        )
        fleet.world.patch_key("canary", {"trade": False})
        await fleet.connection_is("Online", "AsExpected", CANARY)
        found = await fleet.metric("bf_detect_seconds_count", exchange="kucoin")
        assert found > 2


async def test_a_drill_measures_the_way_to_alertmanager_and_to_the_message(fleet):
    port = free_port()
    async with (
        an_alertmanager(fleet, f"http://127.0.0.1:{port}") as (alertmanager, _),
        fleet.daemon(),
        a_prometheus(fleet, scraping(fleet, alertmanager)) as prometheus,
    ):
        await fleet.connection_is("Online", "AsExpected", CANARY)
        await until(lambda: scraped(fleet, prometheus))
        words = ("--alertmanager", f"http://{alertmanager}", "--listen", f"127.0.0.1:{port}")
        child = await asyncio.create_subprocess_exec(
            *(*fleet.command()[:3], "drill", CANARY, "--url", f"http://127.0.0.1:{fleet.port}"),
            *words,
            env=fleet.environ(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(child.communicate(), 300)
        assert child.returncode == 0, err.decode()
        assert [line.partition(" s  ")[2] for line in out.decode().splitlines()] == [
            "the daemon says CanaryFailed",
            "Alertmanager has the alert",
            "the message is here",
            "",
        ]
        await fleet.connection_is("Online", "AsExpected", CANARY)


def scraping(fleet, alertmanager):
    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(Path(EXAMPLE).with_name("bf-reconciler.rules.yaml"))],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [
            {
                "job_name": "bf-reconciler",
                "static_configs": [{"targets": [f"127.0.0.1:{fleet.port}"]}],
            }
        ],
    }


async def scraped(fleet, prometheus):
    url = f"http://{prometheus}/api/v1/query"
    query = {"query": f'bf_connection_up{{connection="{CANARY}"}} == 1'}
    async with fleet.session.get(url, params=query) as answer:
        return json.loads(await answer.text())["data"]["result"]
