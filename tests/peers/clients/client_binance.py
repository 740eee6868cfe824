"""Binance's own clients: of spot, of the wallet, and of futures."""

from urllib.parse import unquote, urlsplit

from binance_common.configuration import ConfigurationRestAPI
from binance_common.signature import Signers
from binance_common.utils import get_signature
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import (
    DerivativesTradingUsdsFutures,
)
from binance_sdk_derivatives_trading_usds_futures.rest_api.models import ExchangeInformationResponse
from binance_sdk_spot.rest_api.models import (
    ExchangeInfoResponse,
    GetAccountResponse,
    GetOpenOrdersResponse,
    TimeResponse,
)
from binance_sdk_spot.spot import Spot
from binance_sdk_wallet.rest_api.models import GetApiKeyPermissionResponse
from binance_sdk_wallet.wallet import Wallet
from harness import Ask, Client, fields_of, run

PRIVATE = "PRIVATE KEY"


def configured(base, key):
    secret = {"private_key" if PRIVATE in key["secret"] else "api_secret": key["secret"]}
    return ConfigurationRestAPI(key["api_key"], base_path=base, retries=0, timeout=30_000, **secret)


def connect(base, key):
    configuration = configured(base, key)
    kinds = (Spot, Wallet, DerivativesTradingUsdsFutures)
    return [kind(config_rest_api=configuration).rest_api for kind in kinds]


def key(clients):
    got = clients[1].get_api_key_permission().data()
    held = [
        field.alias
        for name, field in type(got).model_fields.items()
        if field.alias and field.alias.startswith("enable") and getattr(got, name)
    ]
    return {"rights": held, "bound": got.ip_restrict}


def balance(clients):
    got = clients[0].get_account(omit_zero_balances=True).data()
    return {each.asset: each.free for each in got.balances}


def symbols(answer):
    return [each.symbol for each in answer.data().symbols]


def sign(request, key):
    """The query as sent; a private key signs it, where the secret is one."""
    query, _, sent = urlsplit(request["url"]).query.rpartition("&signature=")
    configuration = configured(request["url"], key)
    signer = Signers.get_signer(key["secret"]) if PRIVATE in key["secret"] else None
    made = get_signature(configuration, query, signer)
    return [
        (request["headers"]["X-MBX-APIKEY"], configuration.base_headers["X-MBX-APIKEY"]),
        (unquote(sent), made),
    ]


run(
    Client(
        packages=(
            "binance-sdk-spot",
            "binance-sdk-wallet",
            "binance-sdk-derivatives-trading-usds-futures",
        ),
        connect=connect,
        asks={
            "time": Ask(
                "/api/v3/time", lambda c: c[0].time().data().server_time, fields_of(TimeResponse)
            ),
            "key": Ask(
                "/sapi/v1/account/apiRestrictions", key, fields_of(GetApiKeyPermissionResponse)
            ),
            "balance": Ask("/api/v3/account", balance, fields_of(GetAccountResponse)),
            "orders": Ask(
                "/api/v3/openOrders",
                lambda c: len(c[0].get_open_orders(symbol="BTCUSDT").data()),
                fields_of(GetOpenOrdersResponse),
            ),
            "spot": Ask(
                "/api/v3/exchangeInfo",
                lambda c: symbols(c[0].exchange_info()),
                fields_of(ExchangeInfoResponse),
            ),
            "futures": Ask(
                "/fapi/v1/exchangeInfo",
                lambda c: symbols(c[2].exchange_information()),
                fields_of(ExchangeInformationResponse),
            ),
        },
        code=lambda error: error.status_code,
        sign=sign,
    )
)
