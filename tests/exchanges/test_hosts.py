"""Where calls and lists of markets go: by entity, by kind of market, by endpoint."""

import pytest

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.exchanges.model import host_of

PLACES = [
    (row, environment, region)
    for row in EXCHANGES.values()
    for environment, there in row.environments.items()
    for region in (None, *(row.regions if there.base is None else ()))
]
IDS = [f"{row.id}-{environment}-{region}" for row, environment, region in PLACES]
EACH = pytest.mark.parametrize(("row", "environment", "region"), PLACES, ids=IDS)
GATEWAYS = ("http://127.0.0.1:9/base", "https://gateway.example/api")


@EACH
def test_every_list_has_a_documented_base(row, environment, region):
    here = row.within(environment, region)
    for kind in here.markets.lists:
        base = here.base(None, kind)
        assert base is None or (base.startswith("https://") and host_of(base) in row.hosts)


@EACH
def test_a_host_of_the_exchange_is_not_asked_for_what_another_serves(row, environment, region):
    for host in row.hosts:
        endpoint = f"https://{host}"
        here = row.within(environment, region, endpoint)
        assert here.base(endpoint) == endpoint
        for kind in here.markets.lists:
            assert here.base(endpoint, kind) == here.environment.bases.get(kind, endpoint)


@EACH
@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_gateway_is_taken_for_every_host(row, environment, region, gateway):
    here = row.within(environment, region, gateway)
    assert here == row.within(environment, region)
    assert {here.base(gateway, kind) for kind in (None, *here.markets.lists)} == {gateway}


@pytest.mark.parametrize(
    ("exchange", "region"),
    [(row.id, name) for row in EXCHANGES.values() for name, at in row.regions.items() if at.base],
)
def test_the_base_of_a_region_as_endpoint_is_that_region(exchange, region):
    row = EXCHANGES[exchange]
    base = row.regions[region].base
    for endpoint in (base, f"{base}/", f"{base}/api/v4"):
        assert row.within("live", None, endpoint) == row.within("live", region)


@pytest.mark.parametrize(
    ("exchange", "region", "futures"),
    [
        ("kucoin", None, "https://api-futures.kucoin.com"),
        ("kucoin", "au", "https://api-futures.kucoin.com"),
        ("kucoin", "eu", "https://api-futures.kucoin.eu"),
        ("binance", None, "https://fapi.binance.com"),
        ("htx", None, "https://api.hbdm.com"),
        ("okx", "eea", "https://eea.okx.com"),
        ("bybit", "tr", "https://api.bybit.tr"),
    ],
)
def test_futures_are_listed_by_a_host_of_the_entity(exchange, region, futures):
    assert EXCHANGES[exchange].within("live", region).base(None, "futures") == futures


@pytest.mark.parametrize(
    ("exchange", "region"), [("gate", "eu"), ("gate", "us"), ("binance", "us")]
)
def test_an_entity_without_futures_lists_none(exchange, region):
    assert set(EXCHANGES[exchange].within("live", region).markets.lists) == {"spot"}


def test_an_endpoint_of_an_entity_is_no_region_where_the_environment_has_a_base_of_its_own():
    row = EXCHANGES["bybit"]
    assert row.within("testnet", None, "https://api.bybit.eu") == row.within("testnet")
