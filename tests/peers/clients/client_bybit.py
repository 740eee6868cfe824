"""Bybit's own client, and one whose answers are typed."""

from urllib.parse import urlsplit

from harness import Ask, Client, run, typed
from pybit.unified_trading import HTTP
from typed_bybit import Bybit
from typed_bybit.account.wallet_balance import WalletBalanceResult
from typed_bybit.market.instruments import ContractInstrumentsInfo, SpotInstrumentsInfo
from typed_bybit.market.time import ServerTime
from typed_bybit.trade.open_orders import OpenOrdersResult
from typed_bybit.user.api_key_info import ApiKeyInfoResult


def connect(base, key):
    client = HTTP(api_key=key["api_key"], api_secret=key["secret"], retry_codes={"none"})
    client.endpoint = base
    return client


def connect_typed(base, key):
    return Bybit.new(api_key=key["api_key"], api_secret=key["secret"], base_url=base)


def key(client):
    got = client.get_api_key_information()["result"]
    rights = [f"{kind}.{word}" for kind, words in got["permissions"].items() for word in words]
    return {"rights": rights, "ips": got["ips"], "key": got["apiKey"]}


def balance(client):
    account = client.get_wallet_balance(accountType="UNIFIED")["result"]["list"][0]
    return {each["coin"]: each["walletBalance"] for each in account["coin"]}


def symbols(category):
    def ask(client):
        got = client.get_instruments_info(category=category)["result"]["list"]
        return [each["symbol"] for each in got]

    return ask


def sign(request, key):
    """Time, key, window and the query as sent."""
    sent, query = request["headers"], urlsplit(request["url"]).query
    names = ("X-BAPI-TIMESTAMP", "X-BAPI-API-KEY", "X-BAPI-RECV-WINDOW")
    stamp, api_key, window = (sent[name] for name in names)
    client = connect(request["url"], key)
    made = client._auth(query, window, stamp)  # noqa: SLF001 # its signing function
    return [(api_key, client.api_key), (sent["X-BAPI-SIGN"], made)]


MARKETS = "/v5/market/instruments-info"
run(
    Client(
        packages=("pybit", "typed-bybit"),
        connect=connect,
        asks={
            "time": Ask("/v5/market/time", lambda client: client.get_server_time()["time"]),
            "key": Ask("/v5/user/query-api", key),
            "balance": Ask("/v5/account/wallet-balance", balance),
            "orders": Ask(
                "/v5/order/realtime",
                lambda client: len(client.get_open_orders(category="spot")["result"]["list"]),
            ),
            "spot": Ask(MARKETS, symbols("spot")),
            "futures": Ask(MARKETS, symbols("linear")),
            "time, typed": typed(
                "/v5/market/time", lambda c: c.market.time(), ServerTime, connect_typed, "result"
            ),
            "key, typed": typed(
                "/v5/user/query-api",
                lambda c: c.user.api_key_info(),
                ApiKeyInfoResult,
                connect_typed,
                "result",
            ),
            "balance, typed": typed(
                "/v5/account/wallet-balance",
                lambda c: c.account.wallet_balance("UNIFIED"),
                WalletBalanceResult,
                connect_typed,
                "result",
            ),
            "orders, typed": typed(
                "/v5/order/realtime",
                lambda c: c.trade.open_orders("spot"),
                OpenOrdersResult,
                connect_typed,
                "result",
            ),
            "spot, typed": typed(
                f"{MARKETS}?category=spot",
                lambda c: c.market.instruments("spot"),
                SpotInstrumentsInfo,
                connect_typed,
                "result",
            ),
            "futures, typed": typed(
                f"{MARKETS}?category=linear",
                lambda c: c.market.instruments("linear"),
                ContractInstrumentsInfo,
                connect_typed,
                "result",
            ),
        },
        code=lambda error: error.status_code,
        sign=sign,
    )
)
