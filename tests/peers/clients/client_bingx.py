"""BingX: the client most used."""

from unittest import mock
from urllib.parse import parse_qsl, urlsplit

from bingx_py import BingXClient, http_client
from bingx_py.models import QueryApiKeyPermissionsResponse
from bingx_py.models.spot.account import QueryAssetsResponse
from bingx_py.models.spot.market import SpotTradingSymbolsResponse
from bingx_py.models.spot.trades import CurrentOpenOrdersResponse
from bingx_py.models.swap.market import UsdtMPerpFuturesSymbolsResponse
from harness import Ask, Client, fields_of, first_match, run

API = "/openApi"


def connect(base, key):
    client = BingXClient(key["api_key"], key["secret"])
    client.base_url = base
    client.connect()
    return client


def key(client):
    got = client.query_api_key_permissions()
    return {"rights": got.permissions, "ips": got.ip_addresses, "key": got.api_key}


def balance(client):
    return {each.asset: each.free for each in client.spot.query_assets().data.balances}


def sign(request, key):
    """Its signing function puts the time last; ours goes by the alphabet, as it does for ours."""
    query, _, sent = urlsplit(request["url"]).query.rpartition("&signature=")
    params = dict(parse_qsl(query))
    stamp = int(params.pop("timestamp"))
    client = BingXClient(key["api_key"], key["secret"])
    with mock.patch.object(http_client, "time") as clock:
        clock.time.return_value = stamp / 1000
        text = client._parse_params(params)  # noqa: SLF001 # its signing function
    return [
        (request["headers"]["X-BX-APIKEY"], key["api_key"]),
        (sent, client._sign_request(text)),  # noqa: SLF001
    ]


run(
    Client(
        packages=("bingx-py",),
        connect=connect,
        asks={
            "time": Ask(
                f"{API}/swap/v2/server/time",
                lambda c: c.get(f"{API}/swap/v2/server/time", params={})["data"]["serverTime"],
            ),
            "key": Ask(
                f"{API}/v1/account/apiPermissions", key, fields_of(QueryApiKeyPermissionsResponse)
            ),
            "balance": Ask(
                f"{API}/spot/v1/account/balance", balance, fields_of(QueryAssetsResponse)
            ),
            "orders": Ask(
                f"{API}/spot/v1/trade/openOrders",
                lambda c: len(c.spot.current_open_orders().data.orders),
                fields_of(CurrentOpenOrdersResponse),
            ),
            "spot": Ask(
                f"{API}/spot/v1/common/symbols",
                lambda c: [each.symbol for each in c.spot.get_spot_trading_symbols().data.symbols],
                fields_of(SpotTradingSymbolsResponse),
            ),
            "futures": Ask(
                f"{API}/swap/v2/quote/contracts",
                lambda c: [each.symbol for each in c.swap.get_symbols().data],
                fields_of(UsdtMPerpFuturesSymbolsResponse),
            ),
        },
        code=first_match(r"(\d{6})"),
        sign=sign,
    )
)
