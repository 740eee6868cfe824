"""Bitget: the client most used, whose calls are of an older version, and one that is typed."""

from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pybitget.client
from harness import Ask, Client, first_match, run, typed
from pybitget import utils
from typed_bitget.classic import Classic
from typed_bitget.classic.common.time import ServerTime
from typed_bitget.classic.mix.market.contracts import Response as Contracts
from typed_bitget.classic.spot.account.assets import Response as Assets
from typed_bitget.classic.spot.account.info import SpotAccountInfo
from typed_bitget.classic.spot.order.open import Response as Orders
from typed_bitget.classic.spot.symbols import Response as Symbols
from typed_bitget.core.auth import auth_headers, resolve_credentials
from typed_bitget.core.transport.http import HttpRpcClient
from typed_bitget.uta import Uta
from typed_bitget.uta.account.assets import AccountAssets
from typed_bitget.uta.account.info import AccountInfo
from typed_bitget.uta.account.settings import AccountSettings
from typed_bitget.uta.trade.order.unfilled import UnfilledOrders

SPOT = "/api/v2/spot"


def connect(base, key):
    pybitget.client.API_URL = base
    return pybitget.Client(key["api_key"], key["secret"], key["passphrase"])


class Typed:
    """Both kinds of account on one transport, which is told the address."""

    def __init__(self, base, key):
        credentials = resolve_credentials(
            key["api_key"], key["secret"], key["passphrase"], public=False
        )
        self.transport = HttpRpcClient(base_url=base, credentials=credentials)
        self.classic = Classic(client=self.transport)
        self.uta = Uta(client=self.transport)

    async def __aenter__(self):
        return await self.transport.__aenter__()

    async def __aexit__(self, *error):
        await self.transport.__aexit__(*error)


def got(path, **params):
    """A call of today's version through the older client's own transport."""
    return lambda client: client._request_with_params("GET", path, params)["data"]  # noqa: SLF001


def key(client):
    info = got(f"{SPOT}/account/info")(client)
    return {"rights": info["authorities"], "ips": info["ips"]}


def symbols(path, **params):
    return lambda client: [each["symbol"] for each in got(path, **params)(client)]


def sign(request, key):
    parts, sent = urlsplit(request["url"]), request["headers"]
    target = f"{parts.path}?{unquote(parts.query)}" if parts.query else parts.path
    stamp = sent["ACCESS-TIMESTAMP"]
    signed = utils.sign(utils.pre_hash(stamp, "GET", target, ""), key["secret"])
    older = utils.get_header(key["api_key"], signed.decode(), stamp, key["passphrase"])
    credentials = resolve_credentials(
        key["api_key"], key["secret"], key["passphrase"], public=False
    )
    newer = auth_headers(credentials, timestamp=stamp, method="GET", path=target, body=None)
    names = ("ACCESS-KEY", "ACCESS-SIGN", "ACCESS-TIMESTAMP", "ACCESS-PASSPHRASE")
    return [(sent[name], made[name]) for name in names for made in (older, newer)]


def ask(path, call, model):
    return typed(path, call, model, Typed, "data")


def unified(path, call, model):
    return replace(ask(path, call, model), key="unified")


run(
    Client(
        packages=("python-bitget", "typed-bitget"),
        connect=connect,
        asks={
            "time": Ask(
                "/api/v2/public/time", lambda c: got("/api/v2/public/time")(c)["serverTime"]
            ),
            "key": Ask(f"{SPOT}/account/info", key),
            "balance": Ask(
                f"{SPOT}/account/assets",
                lambda c: {
                    each["coin"]: each["available"] for each in got(f"{SPOT}/account/assets")(c)
                },
            ),
            "orders": Ask(
                f"{SPOT}/trade/unfilled-orders",
                lambda c: len(got(f"{SPOT}/trade/unfilled-orders")(c)),
            ),
            "spot": Ask(f"{SPOT}/public/symbols", symbols(f"{SPOT}/public/symbols")),
            "futures": Ask(
                "/api/v2/mix/market/contracts",
                symbols("/api/v2/mix/market/contracts", productType="USDT-FUTURES"),
            ),
            "time, typed": ask(
                "/api/v2/public/time", lambda c: c.classic.common.time(), ServerTime
            ),
            "key, typed": ask(
                f"{SPOT}/account/info", lambda c: c.classic.spot.account.info(), SpotAccountInfo
            ),
            "balance, typed": ask(
                f"{SPOT}/account/assets", lambda c: c.classic.spot.account.assets(), Assets
            ),
            "orders, typed": ask(
                f"{SPOT}/trade/unfilled-orders", lambda c: c.classic.spot.order.open(), Orders
            ),
            "spot, typed": ask(
                f"{SPOT}/public/symbols", lambda c: c.classic.spot.symbols(), Symbols
            ),
            "futures, typed": ask(
                "/api/v2/mix/market/contracts",
                lambda c: c.classic.mix.market.contracts("USDT-FUTURES"),
                Contracts,
            ),
            "unified key, typed": unified(
                "/api/v3/account/info", lambda c: c.uta.account.info(), AccountInfo
            ),
            "unified balance, typed": unified(
                "/api/v3/account/assets", lambda c: c.uta.account.assets(), AccountAssets
            ),
            "unified settings, typed": unified(
                "/api/v3/account/settings", lambda c: c.uta.account.settings(), AccountSettings
            ),
            "unified orders, typed": unified(
                "/api/v3/trade/unfilled-orders",
                lambda c: c.uta.trade.order.unfilled("SPOT"),
                UnfilledOrders,
            ),
        },
        code=first_match(r"code[=:]['\" ]*(\d+)"),
        sign=sign,
    )
)
