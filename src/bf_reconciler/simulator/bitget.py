"""Bitget v2 for classic accounts, v3 for unified ones.

Sources: docs/sources/bitget.md#time, docs/sources/bitget.md#key, docs/sources/bitget.md#balance,
docs/sources/bitget.md#orders, docs/sources/bitget.md#markets, docs/sources/bitget.md#permissions,
docs/sources/bitget.md#codes, docs/sources/bitget.md#signing, docs/sources/bitget.md#environments
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from bf_reconciler.simulator import conditions, listing
from bf_reconciler.simulator.dialect import (
    ANY_KEY,
    PUBLIC,
    Call,
    Dialect,
    Outages,
    Refusal,
    Route,
    Words,
    always,
    failing,
    open_orders,
    require,
)
from bf_reconciler.simulator.documented import bitget as documented
from bf_reconciler.simulator.key import Credentials, Key, digest, number
from bf_reconciler.simulator.wire import Request, as_json, same, sent_bytes, waf_page, whole

# The words of a classic account. The word UNIFIED among a key's rights makes its account a unified
# one, whose own words follow from these.
WORDS: Mapping[str, Words] = {
    "read": Words(("stor",), ("readonly",)),
    "trade": Words(("stow",), ("trade",)),
    "futures": Words(("coow", "cpow")),
    "withdraw": Words(("wwow",), ("withdraw",)),
}
UNIFIED = "account=unified"
# With this word, a unified account's kind of key is spelled with underscores, as answers that were
# seen have it; the document has hyphens.
UNDERSCORED = "spelling=underscored"
SPOT = ("stow", "trade")
SPOT_READ = ("stor", "readonly", *SPOT)
FUTURES = ("coow", "cpow")
FUTURES_READ = ("coor", "cpor", *FUTURES)
READ = (*SPOT_READ, *FUTURES_READ)
TRADE = (*SPOT, *FUTURES, "smow")
WITHDRAW = ("wwow", "withdraw")
TRANSFER = ("wtow",)

WINDOW_MS = 30_000
REGISTERED_MS = "1704067200000"  # the account's, not the key's


def invent(name: str) -> Credentials:
    seed = digest("bitget", name)
    return Credentials(f"bg_{seed[:32]}", digest("bitget-secret", name), f"phrase{seed[54:]}")


def _stamp(call: Call) -> int | None:
    return whole(call.request.headers["ACCESS-TIMESTAMP"])


def _in_window(call: Call) -> bool:
    return abs((_stamp(call) or 0) - call.request.now_ms) <= WINDOW_MS


def _environment_fits(call: Call) -> bool:
    demo = call.request.headers.get("PAPTRADING") == "1"
    return demo == (call.key.environment == "demo")


def _passphrase_holds(call: Call) -> bool:
    return same(call.request.headers["ACCESS-PASSPHRASE"], call.key.passphrase)


def _signed(call: Call) -> bool:
    """Time, method, path with its query decoded, body."""
    request = call.request
    stamp = request.headers["ACCESS-TIMESTAMP"]
    message = sent_bytes(f"{stamp}{request.method}{request.decoded_target}") + request.body
    mac = hmac.digest(call.key.secret.encode(), message, hashlib.sha256)
    return same(request.headers["ACCESS-SIGN"], base64.b64encode(mac).decode())


def _classic_fits(call: Call) -> bool:
    return UNIFIED not in call.key.permissions or not call.request.path.startswith("/api/v2/")


def _unified_fits(call: Call) -> bool:
    return UNIFIED in call.key.permissions or not call.request.path.startswith("/api/v3/")


def _success(request: Request, data: object) -> object:
    return {"code": "00000", "msg": "success", "requestTime": request.now_ms, "data": data}


def _refusal(request: Request, refusal: Refusal) -> object:
    now = request.now_ms
    return {"code": refusal.code, "msg": refusal.message, "requestTime": now, "data": None}


def _key_info(call: Call) -> object:
    """Of a classic account. Unsure: how an empty allowlist looks; here it is ""."""
    key = call.key
    return {
        "userId": _uid(key.name),
        "inviterId": "",
        "ips": ",".join(key.ips),
        "authorities": key.permissions,
        "parentId": int(_uid(f"{key.name}-main" if key.is_sub else key.name)),
        "traderType": "not_trader",
        "channelCode": "",
        "channel": "",
        "regisTime": REGISTERED_MS,
    }


def _unified_key_info(call: Call) -> object:
    key = call.key
    kind = "read-and-write" if key.may((*TRADE, *WITHDRAW, *TRANSFER)) else "read-only"
    return {
        "userId": _uid(key.name),
        "inviterId": "",
        "parentId": _uid(f"{key.name}-main") if key.is_sub else "",
        "channelCode": "",
        "channel": "",
        "ips": ",".join(key.ips),
        "permType": kind.replace("-", "_") if UNDERSCORED in key.permissions else kind,
        "permissions": _unified_words(key),
        "regisTime": REGISTERED_MS,
    }


def _unified_words(key: Key) -> list[str]:
    """Trading is one word; a word that no classic account has is shown as it is."""
    words = ["uta_mgt"]
    words += ["uta_trade"] if key.may(TRADE) else []
    words += ["withdraw"] if key.may(WITHDRAW) else []
    classic = {UNIFIED, UNDERSCORED, *READ, *TRADE, *WITHDRAW, *TRANSFER}
    return words + [word for word in key.permissions if word not in classic]


def _assets(call: Call) -> object:
    wanted = call.request.params().get("coin")
    return [
        {
            "coin": asset,
            "available": amount,
            "frozen": "0",
            "locked": "0",
            "limitAvailable": "0",
            "uTime": REGISTERED_MS,
        }
        for asset, amount in call.key.balances.items()
        if wanted in {None, asset}
    ]


def _unified_assets(call: Call) -> object:
    rows = [
        {
            **documented.UNIFIED_COIN,
            "coin": asset,
            "equity": amount,
            "usdValue": amount,
            "balance": amount,
            "available": amount,
        }
        for asset, amount in call.key.balances.items()
    ]
    return {**documented.UNIFIED_ASSETS, "assets": rows}


def _futures_accounts(call: Call) -> object:
    return [
        {"marginCoin": asset, "available": amount, "locked": "0", "accountEquity": amount}
        for asset, amount in call.key.balances.items()
    ]


def _settings(call: Call) -> object:
    uid = _uid(call.key.name)
    return {**documented.SETTINGS, "uid": uid, "accountMode": "unified"}


def _placed(call: Call) -> object:
    name = call.key.name
    return {"orderId": str(number(15, name, "order")), "clientOid": digest(name, "client")[:32]}


def _uid(name: str) -> str:
    return str(10**9 + number(7, "uid", name))


def _symbols(call: Call) -> object:
    """Every spot market."""
    return [
        {
            **documented.SYMBOL,
            "symbol": each.joined(""),
            "baseCoin": each.base,
            "quoteCoin": each.quote,
            "status": each.word("online", "halt"),
        }
        for each in listing.spot(call.request.markets)
    ]


def _contracts(call: Call) -> object:
    """Every contract of one product type; here, those that are settled in USDT."""
    return [
        {
            **documented.CONTRACT,
            "symbol": each.joined(""),
            "baseCoin": each.base,
            "quoteCoin": each.quote,
            "symbolType": "perpetual",
            "symbolStatus": each.word("normal", "off"),
        }
        for each in listing.linear(call.request.markets)
        if each.settle == "USDT"
    ]


def _time(call: Call) -> object:
    return {"serverTime": str(call.request.now_ms)}


# What a key that may trade is told of an order that is not there.
NO_ORDER = always(Refusal(400, "43001", "The order does not exist"))
NO_UNIFIED_ORDER = always(Refusal(400, "25204", "Order does not exist"))

NO_FUTURES_ORDERS = always({"entrustedList": None, "endId": None})
OPEN_ORDERS = open_orders(lambda symbol: {"symbol": symbol, "side": "sell", "status": "live"})


def _unified_orders(call: Call) -> object:
    return {"list": OPEN_ORDERS(call), "cursor": None}


# There is no test order.
ROUTES = (
    Route("GET", "/api/v2/spot/public/symbols", PUBLIC, _symbols),
    Route("GET", "/api/v2/mix/market/contracts", PUBLIC, _contracts),
    Route("GET", "/api/v2/public/time", PUBLIC, _time),
    Route("GET", "/api/v2/public/annoucements", PUBLIC, always([])),
    Route("GET", "/api/v2/spot/account/info", SPOT_READ, _key_info, about_key=True),
    Route("GET", "/api/v2/spot/account/assets", SPOT_READ, _assets),
    Route("GET", "/api/v2/spot/trade/unfilled-orders", SPOT_READ, OPEN_ORDERS),
    Route("GET", "/api/v2/mix/account/accounts", FUTURES_READ, _futures_accounts),
    Route("GET", "/api/v2/mix/order/orders-pending", FUTURES_READ, NO_FUTURES_ORDERS),
    Route("POST", "/api/v2/spot/trade/place-order", SPOT, _placed),
    Route("POST", "/api/v2/spot/trade/cancel-order", SPOT, NO_ORDER),
    Route("POST", "/api/v2/mix/order/place-order", FUTURES, _placed),
    Route("POST", "/api/v2/spot/wallet/transfer", TRANSFER, _placed),
    Route("POST", "/api/v2/spot/wallet/withdrawal", WITHDRAW, _placed),
    Route("GET", "/api/v3/account/info", ANY_KEY, _unified_key_info, about_key=True),
    Route("GET", "/api/v3/account/settings", ANY_KEY, _settings),
    Route("GET", "/api/v3/account/assets", READ, _unified_assets),
    Route("GET", "/api/v3/trade/unfilled-orders", READ, _unified_orders),
    Route("POST", "/api/v3/trade/place-order", TRADE, _placed),
    Route("POST", "/api/v3/trade/cancel-order", TRADE, NO_UNIFIED_ORDER),
    Route("POST", "/api/v3/account/withdrawal", WITHDRAW, _placed),
)

HEADERS: Mapping[str, str] = {
    "40001": "ACCESS-KEY",
    "40002": "ACCESS-SIGN",
    "40003": "ACCESS-TIMESTAMP",
    "40011": "ACCESS-PASSPHRASE",
}
NO_CLASSIC = (
    "You are in Unified Account mode, and the Classic Account API is not supported at this time"
)
NO_UNIFIED = (
    "You are in Classic Account mode, and the Unified Account API is not supported at this time"
)
DENIED = "Incorrect permissions, need spot order read or spot order write permissions"


def _error(code: str, message: str) -> Refusal:
    return Refusal(400, code, message)


# Unsure: the text of 40084.
REQUIREMENTS = (
    *(
        require(
            conditions.headers(name),
            otherwise=_error(code, f"{name.replace('-', '_')} cannot be empty"),
        )
        for code, name in HEADERS.items()
    ),
    require(
        lambda call: _stamp(call) is not None,
        otherwise=_error("40005", "Invalid ACCESS_TIMESTAMP"),
    ),
    require(_in_window, otherwise=_error("40008", "Request timestamp expired")),
    require(conditions.valid, otherwise=_error("40037", "Apikey does not exist")),
    require(_environment_fits, otherwise=_error("40099", "exchange environment is incorrect")),
    require(_passphrase_holds, otherwise=_error("40012", "apikey/password is incorrect")),
    require(_signed, otherwise=_error("40009", "sign signature error")),
    require(conditions.address_allowed, otherwise=_error("40018", "Invalid IP")),
    require(conditions.not_frozen, otherwise=_error("40024", "Account has been frozen")),
    require(_classic_fits, otherwise=_error("40085", NO_CLASSIC)),
    require(_unified_fits, otherwise=_error("40084", NO_UNIFIED)),
    require(conditions.disclosed, conditions.permitted, otherwise=_error("40014", DENIED)),
)

REGION = (
    "Sorry, based on your IP address, it appears that you are located in a country or region "
    "where we are currently unable to provide services"
)
# Bitget names no ban of its own.
OUTAGES = Outages(
    rate_limited=as_json({"code": "429", "msg": "Too Many Requests"}, 429),
    banned=waf_page(),
    maintenance=_error("40200", "Server upgrade, please try again later"),
    failing=failing("Service Temporarily Unavailable"),
    region=_error("40103", REGION),
)

DIALECT = Dialect(
    words=WORDS,
    invent=invent,
    claimed_key=lambda request: request.headers.get("ACCESS-KEY"),
    routes=ROUTES,
    requirements=REQUIREMENTS,
    unknown_call=Refusal(404, "40404", "Request URL NOT FOUND"),
    success=_success,
    refusal=_refusal,
    outages=OUTAGES,
)
