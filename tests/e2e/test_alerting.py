"""From an exchange to a person: real Prometheus and Alertmanager, and a webhook that is told."""

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from bf_reconciler.facts import Reason, remedy
from e2e.fleet import a_fleet, until
from e2e.programs import a_prometheus, an_alertmanager

pytestmark = pytest.mark.slow
FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"


@pytest.fixture
async def fleet(tmp_path):
    async with a_fleet(tmp_path) as running:
        yield running


@contextlib.asynccontextmanager
async def a_webhook():
    """Whoever is to be told: its address, and the messages it was given so far, by path."""
    told = []

    async def take(request):
        if request.path != "/dead-mans-switch":
            told.append((request.path, await request.json()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/{path}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", told
    finally:
        await runner.cleanup()


def alerting_prometheus(fleet, alertmanager, pace="1s"):
    """With the rules as they are committed, by default at a faster pace; its address."""
    config = {
        "global": {"scrape_interval": pace, "scrape_timeout": "1s", "evaluation_interval": pace},
        "rule_files": [str(FOLDER / "bf-reconciler.rules.yaml")],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [
            {
                "job_name": "bf-reconciler",
                "static_configs": [{"targets": [f"127.0.0.1:{fleet.port}"]}],
            }
        ],
    }
    return a_prometheus(fleet, config)


async def asked(fleet, url, **query):
    async with fleet.session.get(url, params=query) as answer:
        return await answer.json()


async def scraped(fleet, prometheus, query):
    url = f"http://{prometheus}/api/v1/query"
    await until(lambda: found(fleet, url, query))


async def found(fleet, url, query):
    return (await asked(fleet, url, query=query))["data"]["result"]


async def test_who_is_on_call_is_told_of_a_withdraw_right_and_what_to_do(fleet):
    fleet.declare()
    async with (
        a_webhook() as (webhook, told),
        an_alertmanager(fleet, webhook, group_wait="1s") as (alertmanager, _),
        fleet.daemon(),
        alerting_prometheus(fleet, alertmanager) as prometheus,
    ):
        await fleet.strategy_is("Enabled")
        await scraped(fleet, prometheus, 'bf_connection_up{connection="kucoin-main"} == 1')
        assert told == []

        fleet.world.patch_key("kucoin", {"withdraw": True})
        await until(lambda: told, shown=lambda: json.dumps(fleet.status))
        ((path, message), *_) = told
        assert path == "/on-call"
        (alert,) = message["alerts"]
        assert alert["status"] == "firing"
        assert alert["labels"] == {
            "alertname": "BFReconcilerConnectionWithdrawEnabled",
            "severity": "critical",
            "connection": "kucoin-main",
            "exchange": "kucoin",
            "reason": "WithdrawEnabled",
            "job": "bf-reconciler",
        }
        description = alert["annotations"]["description"]
        assert "connection kucoin-main at kucoin" in description
        assert remedy(Reason.WITHDRAW_ENABLED, "en") in description
        url = "docs/operations.md#bfreconcilerconnectionwithdrawenabled"
        assert alert["annotations"]["runbook_url"] == url
        await fleet.strategy_is("Blocked", "WithdrawEnabled")
        await scraped(fleet, prometheus, 'bf_strategy_running{strategy="btc-grid"} == 0')
        rules = await asked(fleet, f"http://{prometheus}/api/v1/rules")
        every = [rule for group in rules["data"]["groups"] for rule in group["rules"]]
        assert [rule["name"] for rule in every if rule["health"] == "err"] == []
        firing = [rule["name"] for rule in every if rule.get("state") == "firing"]
        assert firing == ["BFReconcilerConnectionWithdrawEnabled", "BFReconcilerWatchdog"]


async def test_the_outage_of_an_exchange_speaks_for_its_connections(fleet):
    def an_alert(name, **labels):
        labels |= {"alertname": name, "severity": "warning", "job": "bf-reconciler"}
        return {"labels": labels, "startsAt": datetime.now(UTC).isoformat()}

    outage = an_alert("BFReconcilerExchangeUnreachable", exchange="kucoin")
    singles = [
        an_alert("BFReconcilerConnectionUnreachable", exchange=exchange, connection=f"c-{number}")
        for number, exchange in enumerate(["kucoin"] * 40 + ["mexc"])
    ]
    async with (
        a_webhook() as (webhook, told),
        an_alertmanager(fleet, webhook, group_wait="1s") as (address, _),
    ):
        url = f"http://{address}/api/v2/alerts"
        async with fleet.session.post(url, json=[outage, *singles]) as answer:
            assert answer.status == 200, await answer.text()
        await until(lambda: len(told) >= 2)
        heads = sorted(
            (path, message["groupLabels"]["alertname"], message["groupLabels"]["exchange"])
            for path, message in told
        )
        assert heads == [
            ("/trading", "BFReconcilerConnectionUnreachable", "mexc"),
            ("/trading", "BFReconcilerExchangeUnreachable", "kucoin"),
        ]
        alerts = await asked(fleet, url)
        silent = [alert["labels"] for alert in alerts if alert["status"]["inhibitedBy"]]
        assert {labels["exchange"] for labels in silent} == {"kucoin"}
        assert len(silent) == 40
