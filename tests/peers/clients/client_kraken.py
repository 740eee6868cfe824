"""Kraken: the client most used, and one whose answers are typed."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from harness import Ask, Client, first_match, run, typed
from kraken.spot import Market, SpotClient, User
from typed_kraken.core.auth import resolve_credentials
from typed_kraken.core.auth import sign as typed_sign
from typed_kraken.core.transport.http import HttpRpcClient
from typed_kraken.spot import Spot
from typed_kraken.spot.account.api_key_info import ApiKeyInfo
from typed_kraken.spot.account.balance import AccountBalance
from typed_kraken.spot.account.balance_ex import ExtendedBalances
from typed_kraken.spot.account.open_orders import OpenOrders
from typed_kraken.spot.market_data.asset_pairs import Response as Pairs
from typed_kraken.spot.market_data.time import ServerTime

PRIVATE = "/0/private"


def connect(base, key):
    return {
        kind: kind(key["api_key"], key["secret"], url=base) for kind in (User, Market, SpotClient)
    }


class Typed:
    """The spot part alone: the client's root has no way to name another address."""

    def __init__(self, base, key):
        credentials = resolve_credentials(key["api_key"], key["secret"], public=False)
        self.transport = HttpRpcClient(base_url=base, credentials=credentials)
        self.spot = Spot(client=self.transport)

    async def __aenter__(self):
        return await self.transport.__aenter__()

    async def __aexit__(self, *error):
        await self.transport.__aexit__(*error)


def key(clients):
    got = clients[SpotClient].request("POST", f"{PRIVATE}/GetApiKeyInfo")
    return {"rights": got["permissions"], "ips": got["ipAllowlist"], "key": got["apiKey"]}


def sign(request, key):
    """Path, nonce and body as sent."""
    path, body = urlsplit(request["url"]).path, request["body"]
    nonce = parse_qs(body)["nonce"][0]
    client = connect(request["url"], key)[SpotClient]
    made = client._get_kraken_signature(url_path=path, data=body, nonce=nonce)  # noqa: SLF001
    sent = request["headers"]
    return [
        (sent["API-Key"], key["api_key"]),
        (sent["API-Sign"], made),
        (sent["API-Sign"], typed_sign(path, nonce, body, key["secret"])),
    ]


def ask(path, call, model):
    """With a key of its own: the two clients count in units of their own."""
    return replace(typed(path, call, model, Typed, "result"), key="second")


run(
    Client(
        packages=("python-kraken-sdk", "typed-kraken"),
        connect=connect,
        asks={
            "time": Ask(
                "/0/public/Time",
                lambda c: c[SpotClient].request("GET", "/0/public/Time", auth=False)["unixtime"],
            ),
            "key": Ask(f"{PRIVATE}/GetApiKeyInfo", key),
            "balance": Ask(f"{PRIVATE}/Balance", lambda c: c[User].get_account_balance()),
            "orders": Ask(
                f"{PRIVATE}/OpenOrders", lambda c: len(c[User].get_open_orders()["open"])
            ),
            "spot": Ask(
                "/0/public/AssetPairs",
                lambda c: [each["wsname"] for each in c[Market].get_asset_pairs().values()],
            ),
            "time, typed": ask("/0/public/Time", lambda c: c.spot.market_data.time(), ServerTime),
            "key, typed": ask(
                f"{PRIVATE}/GetApiKeyInfo", lambda c: c.spot.account.api_key_info(), ApiKeyInfo
            ),
            "balance, typed": ask(
                f"{PRIVATE}/Balance", lambda c: c.spot.account.balance(), AccountBalance
            ),
            "extended balance, typed": ask(
                f"{PRIVATE}/BalanceEx", lambda c: c.spot.account.balance_ex(), ExtendedBalances
            ),
            "orders, typed": ask(
                f"{PRIVATE}/OpenOrders", lambda c: c.spot.account.open_orders(), OpenOrders
            ),
            "spot, typed": ask(
                "/0/public/AssetPairs", lambda c: c.spot.market_data.asset_pairs(), Pairs
            ),
        },
        code=first_match(r"'(E\w+:[^']+)'"),
        sign=sign,
    )
)
