"""KuCoin's own client."""

from unittest import mock
from urllib.parse import unquote, urlsplit

from harness import Ask, Client, fields_of, first_match, run
from kucoin_universal_sdk.api import DefaultClient
from kucoin_universal_sdk.generate.account.account import (
    GetApikeyInfoResp,
    GetSpotAccountListReqBuilder,
    GetSpotAccountListResp,
)
from kucoin_universal_sdk.generate.futures.market import GetAllSymbolsResp as ContractsResp
from kucoin_universal_sdk.generate.spot.market import GetAllSymbolsReqBuilder, GetAllSymbolsResp
from kucoin_universal_sdk.generate.spot.order import GetOpenOrdersReqBuilder
from kucoin_universal_sdk.internal.infra import default_signer
from kucoin_universal_sdk.model import ClientOptionBuilder, TransportOptionBuilder


def connect(base, key):
    option = (
        ClientOptionBuilder()
        .set_key(key["api_key"])
        .set_secret(key["secret"])
        .set_passphrase(key["passphrase"])
        .set_spot_endpoint(base)
        .set_futures_endpoint(base)
        .set_broker_endpoint(base)
        .set_transport_option(TransportOptionBuilder().set_max_retries(0).build())
        .build()
    )
    return DefaultClient(option).rest_service()


def accounts(client):
    request = GetSpotAccountListReqBuilder().set_type("trade").build()
    got = client.get_account_service().get_account_api().get_spot_account_list(request)
    return {each.currency: each.available for each in got.data}


def key(client):
    got = client.get_account_service().get_account_api().get_apikey_info()
    return {"rights": got.permission, "ips": got.ip_whitelist, "key": got.api_key}


def orders(client):
    request = GetOpenOrdersReqBuilder().set_symbol("BTC-USDT").build()
    got = client.get_spot_service().get_order_api().get_open_orders(request)
    return len(got.data)


def symbols(client):
    request = GetAllSymbolsReqBuilder().build()
    got = client.get_spot_service().get_market_api().get_all_symbols(request)
    return [each.symbol for each in got.data]


def contracts(client):
    got = client.get_futures_service().get_market_api().get_all_symbols()
    return [each.symbol for each in got.data]


def sign(request, key):
    """Timestamp and secret in, headers out."""
    parts, sent = urlsplit(request["url"]), request["headers"]
    signer = default_signer.KcSigner(key["api_key"], key["secret"], key["passphrase"])
    query = f"?{unquote(parts.query)}" if parts.query else ""
    with mock.patch.object(default_signer, "time") as clock:
        clock.time.return_value = int(sent["KC-API-TIMESTAMP"]) / 1000
        made = signer.headers(f"{request['method']}{parts.path}{query}")
    names = ("KC-API-KEY", "KC-API-SIGN", "KC-API-TIMESTAMP", "KC-API-PASSPHRASE")
    return [(sent[name], made[name]) for name in names]


run(
    Client(
        packages=("kucoin-universal-sdk",),
        connect=connect,
        asks={
            "time": Ask(
                "/api/v1/timestamp",
                lambda client: client.get_spot_service().get_market_api().get_server_time().data,
            ),
            "key": Ask("/api/v1/user/api-key", key, fields_of(GetApikeyInfoResp), "data"),
            "balance": Ask("/api/v1/accounts", accounts, fields_of(GetSpotAccountListResp)),
            "orders": Ask("/api/v1/hf/orders/active", orders),
            "spot": Ask("/api/v2/symbols", symbols, fields_of(GetAllSymbolsResp)),
            "futures": Ask("/api/v1/contracts/active", contracts, fields_of(ContractsResp)),
        },
        code=first_match(r'"code":"(\d+)"'),
        sign=sign,
    )
)
