"""Every query of every dashboard, put to a real Prometheus that scraped a fleet in trouble."""

import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from e2e.fleet import a_fleet, a_strategy, a_world, until
from e2e.programs import a_prometheus

pytestmark = pytest.mark.slow
FOLDER = Path(__file__).parents[2] / "deploy" / "grafana"
RULES = FOLDER.parent / "prometheus" / "bf-reconciler.rules.yaml"
CHOSEN = {
    "$__rate_interval": "5s",
    "$connection": "mexc-bold",
}
NOW = datetime.now(UTC)
KUCOIN = ("kucoin-a", "kucoin-b", "kucoin-c")


def a_troubled_world():
    """KuCoin is about to be down; at MEXC a key that may too little, and one that is not there."""
    times = {
        "created_at": (NOW - timedelta(days=80)).timestamp(),
        "expires_at": (NOW + timedelta(days=10)).timestamp(),
    }
    keys = {name: {"exchange": "kucoin", "passphrase": "a phrase"} for name in KUCOIN}
    keys |= {name: {"exchange": "mexc", **times} for name in ("mexc-good", "mexc-bold")}
    return a_world(**{name: {"secret": f"SECRET-OF-{name}", **key} for name, key in keys.items()})


def declare(fleet):
    def one(name):
        exchange = name.partition("-")[0]
        found = {"api_key": f"KEY-OF-{name}", "secret": f"SECRET-OF-{name}"}
        if exchange == "kucoin":
            found["passphrase"] = "a phrase"
        return fleet.connection(name, exchange, credentials=found)

    names = (*KUCOIN, "mexc-good", "mexc-bold", "mexc-lost")
    strategies = [a_strategy(f"grid-{name}", name) for name in names]
    fleet.declare([one(name) for name in names], strategies)


def scraping_prometheus(fleet):
    """It scrapes the fleet each second; its address."""
    target = {"targets": [f"127.0.0.1:{fleet.port}"]}
    config = {
        "global": {
            "scrape_interval": "1s",
            "scrape_timeout": "1s",
            "evaluation_interval": "1s",
        },
        "rule_files": [str(RULES)],
        "scrape_configs": [
            {"job_name": "bf-reconciler", "static_configs": [target]},
            {"job_name": "elsewhere", "static_configs": [{"targets": ["127.0.0.1:1"]}]},  # is down
        ],
    }
    return a_prometheus(fleet, config)


def chosen(fleet):
    """What Grafana puts in for "All": the word for it, or else all values that it found."""
    found = {"job": "bf-reconciler", "instance": re.escape(f"127.0.0.1:{fleet.port}")}
    board = json.loads((FOLDER / "bf-reconciler-overview.json").read_text())
    variables = {each["name"]: each for each in board["templating"]["list"]}
    every = {
        f"${name}": variables[name].get("allValue") or found[name]
        for name in ("job", "instance", "exchange")
    }
    return every | CHOSEN


def questions():
    """``(where, how, what)`` of everything that the dashboards ask."""
    for path in sorted(FOLDER.glob("*.json")):
        board = json.loads(path.read_text())
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                how = "query" if target["instant"] else "query_range"
                yield f"{path.stem}: {panel['title']} {target['refId']}", how, target["expr"]
        for mark in board["annotations"]["list"]:
            yield f"{path.stem}: {mark['name']}", "query_range", mark["expr"]
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                yield f"{path.stem}: ${variable['name']}", "label", variable["query"]["query"]


async def answer(fleet, prometheus, how, what):
    """What Prometheus has on it; variables are as they would be chosen."""
    for name, value in chosen(fleet).items():
        what = what.replace(name, value.replace("\\", "\\\\"))
    assert "$" not in what, what
    if how == "label" and what.startswith("query_result("):
        how, query = "query", {"query": what.removeprefix("query_result(").removesuffix(")")}
    elif how == "label":
        series, label = re.fullmatch(r"label_values\((.+), (\w+)\)", what).groups()
        how, query = f"label/{label}/values", {"match[]": series}
    elif how == "query_range":
        start, end = NOW.timestamp(), time.time()
        query = {"query": what, "start": f"{start}", "end": f"{end}", "step": "1"}
    else:
        query = {"query": what}
    async with fleet.session.get(f"{prometheus}/{how}", params=query) as told:
        found = await told.json()
    assert found["status"] == "success", f"{what}: {found}"
    data = found["data"]
    return data if isinstance(data, list) else [one for one in data["result"] if counts(one)]


def counts(series):
    """Does it hold a number? Shares and quantiles of nothing are none."""
    values = series["values"] if "values" in series else [series["value"]]
    return any(value != "NaN" for _, value in values)


async def trouble(fleet):
    """All is well for a moment; then a right too many at MEXC, and no KuCoin."""
    for name in (*KUCOIN, "mexc-good", "mexc-bold"):
        await fleet.strategy_is("Enabled", name=f"grid-{name}")
    await fleet.connection_is("Blocked", "InvalidKey", "mexc-lost")
    fleet.world.patch_key("mexc-bold", {"withdraw": True})
    fleet.world.put_faults("kucoin", {"status": 503})
    await fleet.connection_is("Blocked", "WithdrawEnabled", "mexc-bold")
    await fleet.until(fleet.api, lambda status: status["incidents"])


async def test_every_panel_annotation_and_variable_has_data(tmp_path):
    asked = list(questions())
    assert len(asked) > 60
    async with a_fleet(tmp_path, a_troubled_world()) as fleet:
        declare(fleet)
        async with fleet.daemon(), scraping_prometheus(fleet) as address:
            prometheus = f"http://{address}/api/v1"
            await until(lambda: answer(fleet, prometheus, "query", "bf_build_info"))
            await trouble(fleet)
            missing = {}

            async def look():
                found = [await answer(fleet, prometheus, how, what) for _, how, what in asked]
                missing.clear()
                missing.update(
                    {
                        where: what
                        for (where, _, what), data in zip(asked, found, strict=True)
                        if not data
                    }
                )
                return not missing

            await until(look, shown=lambda: json.dumps(missing, indent=1))
            # The numbers are those of this fleet, not just some.
            blocked = 'sum(bf_connection_status{status="Blocked"})'
            (one,) = await answer(fleet, prometheus, "query", blocked)
            assert one["value"][1] == "2"
            # All of ours is not all that this Prometheus scrapes.
            (up,) = [what for where, _, what in asked if ": Up " in where]
            (one,) = await answer(fleet, prometheus, "query", up)
            assert one["value"][1] == "1"
