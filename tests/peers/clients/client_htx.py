"""HTX's own client, of 2020."""

import json
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

from harness import Ask, Client, first_match, run
from huobi.client.account import AccountClient
from huobi.client.generic import GenericClient
from huobi.client.subuser import SubuserClient
from huobi.client.trade import TradeClient
from huobi.connection.impl import restapi_invoker
from huobi.connection.restapi_sync_client import RestApiSyncClient
from huobi.constant.system import HttpMethod
from huobi.model.account.account_asset_valuation import AccountAssetValuationResult
from huobi.model.generic.symbol import Symbol
from huobi.model.subuser.user_apikey_info import UserApikeyInfo
from huobi.utils import api_signature

read_json = json.loads


def connect(base, key):
    return {"api_key": key["api_key"], "secret_key": key["secret"], "url": base}


def without_encoding(text, **_):
    """Python dropped an argument, that of the encoding, which this client still gives."""
    return read_json(text)


restapi_invoker.json = mock.Mock(loads=without_encoding)


def names(model):
    return dict.fromkeys(name.replace("_", "-") for name in vars(model()))


def raw(client, path, params):
    """A call that this client has no method for, through its own transport."""
    transport = RestApiSyncClient(**client)
    answer = transport.request_process(HttpMethod.GET_SIGN, path, params, lambda body: body)
    return answer["data"]


def key(client):
    uid = raw(client, "/v2/user/uid", {})
    [got] = SubuserClient(**client).get_user_apikey_info(str(uid), client["api_key"])
    return {"rights": got.permission, "ips": got.ipAddresses, "key": got.accessKey}


def sign(request, key):
    parts = urlsplit(request["url"])
    params = dict(parse_qsl(parts.query))
    sent, stamp = params.pop("Signature"), params["Timestamp"]
    builder = mock.Mock(param_map={})
    builder.put_url = builder.param_map.__setitem__
    for name, value in params.items():
        if name not in {"AccessKeyId", "SignatureVersion", "SignatureMethod", "Timestamp"}:
            builder.put_url(name, value)
    with mock.patch.object(api_signature, "utc_now", return_value=stamp):
        address = f"https://{parts.netloc}{parts.path}"
        api_signature.create_signature(key["api_key"], key["secret"], "GET", address, builder)
    return [(sent, builder.param_map["Signature"]), (params["AccessKeyId"], key["api_key"])]


def orders(client):
    account = AccountClient(**client).get_accounts()[0].id
    return len(TradeClient(**client).get_open_orders("btcusdt", account))


run(
    Client(
        packages=("huobi-client-sdk",),
        connect=connect,
        asks={
            "time": Ask(
                "/v1/common/timestamp", lambda c: GenericClient(**c).get_exchange_timestamp()
            ),
            "key": Ask("/v2/user/api-key", key, dict.fromkeys(vars(UserApikeyInfo())), "data"),
            "balance": Ask(
                "/v2/account/asset-valuation",
                lambda c: AccountClient(**c).get_account_asset_valuation("spot", "usd").balance,
                names(AccountAssetValuationResult),
                "data",
            ),
            "orders": Ask("/v1/order/openOrders", orders),
            "spot": Ask(
                "/v1/common/symbols",
                lambda c: [each.symbol for each in GenericClient(**c).get_exchange_symbols()],
                names(Symbol),
                "data",
            ),
        },
        code=first_match(r"\[Executing\] ([\w-]+):"),
        sign=sign,
    )
)
