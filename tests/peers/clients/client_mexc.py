"""MEXC: the client most used, and one whose answers are typed."""

from urllib.parse import urlsplit

import pymexc.base
from harness import Ask, Client, first_match, run, typed
from pymexc import spot
from typed_mexc import MEXC
from typed_mexc.core.auth import sign as typed_sign
from typed_mexc.futures.http.market.contract_info import ContractInfoResponse
from typed_mexc.spot.http.account.info import SpotAccountInfo
from typed_mexc.spot.http.account.open_orders import Response as Orders
from typed_mexc.spot.http.market.exchange_info import ExchangeInfoResponse
from typed_mexc.spot.http.market.time import TimeResponse


def connect(base, key):
    pymexc.base.SPOT = pymexc.base.FUTURES = base
    return spot.HTTP(key["api_key"], key["secret"])


def connect_typed(base, key):
    bases = {"spot_base_url": base, "futures_base_url": base}
    return MEXC.new(key["api_key"], key["secret"], **bases)


def key(client):
    got = client.call("GET", "api/v3/apiKeyInfo", params={"accessKey": client.api_key})
    return {"rights": got["permissions"], "ips": got["ipWhiteList"], "key": got["accessKey"]}


def balance(client):
    return {each["asset"]: each["free"] for each in client.account_information()["balances"]}


def sign(request, key):
    """The query as sent, without the signature at its end."""
    query, _, sent = urlsplit(request["url"]).query.rpartition("&signature=")
    client = connect(request["url"], key)
    return [
        (request["headers"]["X-MEXC-APIKEY"], client.session.headers["X-MEXC-APIKEY"]),
        (sent, client.sign(query)),
        (sent, typed_sign(query, secret=key["secret"])),
    ]


SPOT = "/api/v3"
run(
    Client(
        packages=("pymexc", "typed-mexc"),
        connect=connect,
        asks={
            "time": Ask(f"{SPOT}/time", lambda client: client.time()["serverTime"]),
            "key": Ask(f"{SPOT}/apiKeyInfo", key),
            "balance": Ask(f"{SPOT}/account", balance),
            "orders": Ask(f"{SPOT}/openOrders", lambda c: len(c.current_open_orders("BTCUSDT"))),
            "spot": Ask(
                f"{SPOT}/exchangeInfo",
                lambda client: [each["symbol"] for each in client.exchange_info()["symbols"]],
            ),
            "time, typed": typed(
                f"{SPOT}/time", lambda c: c.spot.http.market.time(), TimeResponse, connect_typed
            ),
            "balance, typed": typed(
                f"{SPOT}/account",
                lambda c: c.spot.http.account.info(),
                SpotAccountInfo,
                connect_typed,
            ),
            "orders, typed": typed(
                f"{SPOT}/openOrders",
                lambda c: c.spot.http.account.open_orders("BTCUSDT"),
                Orders,
                connect_typed,
            ),
            "spot, typed": typed(
                f"{SPOT}/exchangeInfo",
                lambda c: c.spot.http.market.exchange_info(),
                ExchangeInfoResponse,
                connect_typed,
            ),
            "futures, typed": typed(
                "/api/v1/contract/detail",
                lambda c: c.futures.http.market.contract_info(),
                ContractInfoResponse,
                connect_typed,
            ),
        },
        code=first_match(r"code=(\d+)"),
        sign=sign,
    )
)
