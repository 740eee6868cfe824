"""KuCoin.

Sources: docs/sources/kucoin.md#time, docs/sources/kucoin.md#key, docs/sources/kucoin.md#balance,
docs/sources/kucoin.md#orders, docs/sources/kucoin.md#markets, docs/sources/kucoin.md#permissions,
docs/sources/kucoin.md#codes, docs/sources/kucoin.md#signing, docs/sources/kucoin.md#pace,
docs/sources/kucoin.md#environments
"""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping

from bf_reconciler.simulator import conditions, kucoin_trading, listing, trading
from bf_reconciler.simulator.dialect import (
    PUBLIC,
    Call,
    Dialect,
    Outages,
    Refusal,
    Route,
    Words,
    always,
    failing,
    require,
)
from bf_reconciler.simulator.documented import kucoin as documented
from bf_reconciler.simulator.faults import Faults
from bf_reconciler.simulator.key import Credentials, digest, number
from bf_reconciler.simulator.wire import Request, as_page, same, sent_bytes, waf_page, whole

# `Trade` is on old keys, `Withdrawal` in newer documents.
WORDS: Mapping[str, Words] = {
    "read": Words(("General",)),
    "trade": Words(("Spot",), ("Trade",)),
    "futures": Words(("Futures",)),
    "withdraw": Words(("Transfer",), ("Withdrawal",)),
}
GENERAL = ("General",)
UNIFIED = ("Unified",)
FUTURES = ("Futures",)
SPOT = ("Spot", "Trade")
WITHDRAW = ("Withdrawal", "Transfer")
FLEX_TRANSFERS = ("FlexTransfers", "InnerTransfer")

WINDOW_MS = 5_000
RATE_LIMIT = 2_000
STATUS = "/api/v1/status"
SIGNED_HEADERS = ("KC-API-KEY", "KC-API-SIGN", "KC-API-TIMESTAMP", "KC-API-PASSPHRASE")


def invent(name: str) -> Credentials:
    seed = digest("kucoin", name)
    return Credentials(seed[:24], str(uuid.UUID(seed[24:56])), f"phrase-{seed[56:]}")


def _in_window(call: Call) -> bool:
    """Less than 5 s either way."""
    stamp = whole(call.request.headers["KC-API-TIMESTAMP"])
    return stamp is not None and abs(stamp - call.request.now_ms) < WINDOW_MS


def _version_known(call: Call) -> bool:
    """The official client sends 3, ccxt 2. Unsure: what another version is told."""
    return call.request.headers.get("KC-API-KEY-VERSION") in {"2", "3"}


def _signed(call: Call) -> bool:
    """Timestamp, method, path with its query decoded, and body."""
    request = call.request
    stamp = request.headers["KC-API-TIMESTAMP"]
    message = sent_bytes(f"{stamp}{request.method}{request.decoded_target}") + request.body
    return same(request.headers["KC-API-SIGN"], _mac(call.key.secret, message))


def _passphrase_holds(call: Call) -> bool:
    due = _mac(call.key.secret, call.key.passphrase.encode())
    return same(call.request.headers["KC-API-PASSPHRASE"], due)


def _mac(secret: str, message: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), message, hashlib.sha256)).decode()


def _key_info(call: Call) -> object:
    """`ipWhitelist` is "" without a list; a sub-account's key adds `subName`."""
    key = call.key
    data: dict[str, object] = {
        "remark": key.name,
        "apiKey": key.api_key,
        "apiVersion": 3,
        "permission": ",".join(key.permissions),
        "ipWhitelist": ",".join(key.ips),
        "createdAt": int(key.created_at * 1000),
        "uid": 100_000_000 + number(7, "uid", key.api_key),
        "isMaster": not key.is_sub,
    }
    if key.is_sub:
        data["subName"] = f"{key.name}-sub"
    return data


def _unified(call: Call) -> object:
    """The unified account, of keys that may see one."""
    key = call.key
    if not key.may(UNIFIED):
        return Refusal(200, "112010", "Invalid Unified Account user.")
    rows = [
        {
            "currency": asset,
            "equity": amount,
            "hold": "0",
            "balance": amount,
            "available": amount,
            "liability": "0",
        }
        for asset, amount in key.balances.items()
    ]
    return {"accountType": "UNIFIED", "ts": call.request.now_ms, "accounts": [{"currencies": rows}]}


def _accounts(call: Call) -> object:
    """One entry per currency, all of them in the trade account. Unsure: none of a unified one."""
    key, params = call.key, call.request.params()
    if key.may(UNIFIED):
        return []
    trading.match(key, call.request.prices)
    return [
        {
            "id": str(number(10, key.name, asset)),
            "currency": asset,
            "type": "trade",
            "balance": amount,
            "available": trading.text(trading.available(key, asset)),
            "holds": trading.text(trading.held(key, asset)),
        }
        for asset, amount in key.balances.items()
        if params.get("currency", asset) == asset and params.get("type", "trade") == "trade"
    ]


def _futures_account(call: Call) -> object:
    """The amounts are those of the key's one balance sheet."""
    currency = call.request.params().get("currency", "XBT")
    amount = float(call.key.balances.get(currency, "0"))
    return {
        "accountEquity": amount,
        "unrealisedPNL": 0,
        "marginBalance": amount,
        "positionMargin": 0,
        "orderMargin": 0,
        "frozenFunds": 0,
        "availableBalance": amount,
        "currency": currency,
    }


def _active_orders(call: Call) -> object:
    if not call.request.params().get("symbol"):
        return Refusal(400, "400100", "symbol: must not be empty")
    return []


def _placed(call: Call) -> object:
    """What a test order answers, and a real one."""
    try:
        client_oid = json.loads(call.request.body)["clientOid"]
    except (ValueError, KeyError, TypeError):
        return Refusal(400, "400100", "validation.createOrder.clientOidIsRequired")
    return {"orderId": digest(call.key.name, "order")[:24], "clientOid": client_oid}


def _done(call: Call) -> object:
    return {"withdrawalId": digest(call.key.name, "withdrawal")[:24]}


def _symbols(call: Call) -> object:
    """Every spot market."""
    return [
        {
            **documented.SYMBOL,
            "symbol": each.joined("-"),
            "name": each.joined("-"),
            "baseCurrency": each.base,
            "quoteCurrency": each.quote,
            "feeCurrency": each.quote,
            "market": each.quote,
            "enableTrading": each.trades,
        }
        for each in listing.spot(call.request.markets)
    ]


def _contracts(call: Call) -> object:
    """Every perpetual; bitcoin is XBT there."""
    return [_contract(each) for each in listing.futures(call.request.markets)]


def _contract(market: listing.Market) -> object:
    base = "XBT" if market.base == "BTC" else market.base
    symbol = f"{base}{market.quote}M"
    return {
        **documented.CONTRACT,
        **documented.contract_names(base, market.quote, symbol),
        "symbol": symbol,
        "type": "FFWCSX",
        "baseCurrency": base,
        "quoteCurrency": market.quote,
        "settleCurrency": "XBT" if market.settle == "BTC" else market.settle,
        "status": market.word("Open", "Paused"),
    }


ROUTES = (
    Route("GET", "/api/v2/symbols", PUBLIC, _symbols),
    Route("GET", "/api/v1/contracts/active", PUBLIC, _contracts),
    Route("GET", "/api/v1/timestamp", PUBLIC, lambda call: call.request.now_ms),
    Route("GET", STATUS, PUBLIC, always({"status": "open", "msg": ""})),
    Route("GET", "/api/v1/user/api-key", GENERAL, _key_info, about_key=True),
    Route("GET", "/api/v1/accounts", GENERAL, _accounts),
    Route("GET", "/api/ua/v1/unified/account/balance", GENERAL, _unified),
    Route("GET", "/api/v1/account-overview", FUTURES, _futures_account),
    Route("GET", "/api/v1/hf/orders/active", GENERAL, _active_orders),
    Route("GET", "/api/v1/hf/orders/active/symbols", SPOT, always({"symbols": []})),
    Route("POST", "/api/v1/hf/orders/test", SPOT, _placed, harmless=True),
    Route("POST", "/api/v1/orders/test", SPOT, _placed, harmless=True),
    Route("POST", "/api/v1/hf/orders", SPOT, _placed),
    Route("DELETE", "/api/v1/hf/orders/{id}", SPOT, kucoin_trading.cancelled),
    Route("POST", "/api/v3/withdrawals", WITHDRAW, _done),
    Route("POST", "/api/v1/withdrawals", WITHDRAW, _done),
    Route("DELETE", "/api/v1/withdrawals/{id}", WITHDRAW, _done),
    Route("POST", "/api/v3/accounts/universal-transfer", FLEX_TRANSFERS, _done),
    Route("POST", "/api/v2/accounts/inner-transfer", SPOT, _done),
    *kucoin_trading.routes(GENERAL, SPOT),
)

NO_HEADER = f"Please check the header of your request for {', '.join(SIGNED_HEADERS)}"
# Unsure: this order; that deleted and expired keys answer like unknown ones; and the code of a
# wrong secret, which breaks the signature and the encrypted passphrase alike.
REQUIREMENTS = (
    require(conditions.headers(*SIGNED_HEADERS), otherwise=Refusal(401, "400001", NO_HEADER)),
    require(_in_window, otherwise=Refusal(400, "400002", "Invalid KC-API-TIMESTAMP")),
    require(
        conditions.valid,
        otherwise=Refusal(401, "400003", "KC-API-KEY not exists"),
    ),
    require(_version_known, otherwise=Refusal(403, "400007", "Invalid KC-API-KEY-VERSION")),
    require(_signed, otherwise=Refusal(401, "400005", "Invalid KC-API-SIGN")),
    require(_passphrase_holds, otherwise=Refusal(401, "400004", "Invalid KC-API-PASSPHRASE")),
    require(
        conditions.address_allowed,
        otherwise=lambda call: Refusal(
            403,
            "400006",
            f"Invalid request ip, the current clientIp is:{call.request.client_ip}",
        ),
    ),
    require(conditions.not_frozen, otherwise=Refusal(403, "411100", "User are frozen")),
    require(
        conditions.disclosed,
        conditions.permitted,
        otherwise=Refusal(403, "400007", "Access denied, require more permission."),
    ),
)


def _rate_limited(_: Request, faults: Faults) -> Refusal:
    """The reset header counts milliseconds."""
    limits = {
        "gw-ratelimit-limit": str(RATE_LIMIT),
        "gw-ratelimit-remaining": "0",
        "gw-ratelimit-reset": str(round(faults.retry_after * 1000)),
    }
    return Refusal(429, "429000", "Too Many Requests", limits)


def _maintenance(request: Request, _: Faults) -> object:
    """The status call still answers."""
    if request.path == STATUS:
        return {"status": "close", "msg": "system upgrading"}
    return as_page(503, "503 Service Temporarily Unavailable")


def _region(request: Request, _: Faults) -> Refusal:
    """Unsure: the HTTP status."""
    message = (
        "Our services are currently unavailable in the U.S. To ensure a seamless experience, please"
        " access the platform from a non-restricted country/region using a supported IP address."
        " For more details, please refer to our Terms of Use."
        f" (current ip: {request.client_ip} and current area: US)"
    )
    return Refusal(403, "400302", message)


# KuCoin names no ban of its own; the firewall in front of it bans.
OUTAGES = Outages(
    rate_limited=_rate_limited,
    banned=waf_page(),
    maintenance=_maintenance,
    failing=failing(
        "Service Temporarily Unavailable", Refusal(500, "500000", "Internal Server Error")
    ),
    region=_region,
)

DIALECT = Dialect(
    words=WORDS,
    invent=invent,
    claimed_key=lambda request: request.headers.get("KC-API-KEY"),
    routes=ROUTES,
    requirements=REQUIREMENTS,
    unknown_call=Refusal(404, "404000", "Url Not Found"),
    success=lambda _, data: {"code": "200000", "data": data},
    refusal=lambda _, refusal: {"code": refusal.code, "msg": refusal.message},
    outages=OUTAGES,
)
