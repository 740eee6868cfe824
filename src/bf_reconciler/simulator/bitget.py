"""Bitget v2 and v3, written from the sheet bitget.md (sections 1.1 to 1.8)."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping

from bf_reconciler.simulator import listing
from bf_reconciler.simulator.dialect import (
    Answer,
    Request,
    Signed,
    Table,
    Words,
    as_json,
    as_page,
    digest,
    find,
    waf_page,
    wire,
)
from bf_reconciler.simulator.key import Credentials, Key

# 1.1: words of a classic account. The word UNIFIED among a key's rights makes its account a unified
# one, whose own words follow from these.
WORDS: Mapping[str, Words] = {
    "read": Words(("stor",), ("readonly",)),
    "trade": Words(("stow",), ("trade",)),
    "futures": Words(("coow", "cpow")),
    "withdraw": Words(("wwow",), ("withdraw",)),
}
UNIFIED = "account=unified"
SPOT = ("stow", "trade")
SPOT_READ = ("stor", "readonly", *SPOT)
FUTURES = ("coow", "cpow")
FUTURES_READ = ("coor", "cpor", *FUTURES)
TRADE = (*SPOT, *FUTURES, "smow")
WITHDRAW = ("wwow", "withdraw")
TRANSFER = ("wtow",)
ANY: tuple[str, ...] = ()

# 1.2: there is no test of an order.
HARMLESS_WRITES: frozenset[tuple[str, str]] = frozenset()

WINDOW_MS = 30_000  # 1.6
KEY_INFO = "/api/v2/spot/account/info"
UNIFIED_KEY_INFO = "/api/v3/account/info"
REGISTERED_MS = "1704067200000"  # the account's, not the key's


def invent(name: str) -> Credentials:
    seed = digest("bitget", name)
    return Credentials(f"bg_{seed[:32]}", digest("bitget-secret", name), f"phrase{seed[54:]}")


def claimed_key(request: Request) -> str | None:
    return request.headers.get("ACCESS-KEY")


def answer(request: Request, key: Key | None) -> Answer:
    if request.method == "GET" and request.path in PUBLIC:
        return _ok(request, PUBLIC[request.path](request))
    call = find(SIGNED, request.method, request.path)
    if call is None:
        return _no(request, "40404", "Request URL NOT FOUND", 404)
    caller = _authenticate(request, key)
    if isinstance(caller, Answer):
        return caller
    return _refuse_call(request, caller, call) or call.reply(request, caller)


def rate_limited(retry_after: float) -> Answer:  # noqa: ARG001 it does not say when to come back
    """1.4, row "rate"."""
    return as_json({"code": "429", "msg": "Too Many Requests"}, 429)


def banned(retry_after: float) -> Answer:  # noqa: ARG001 the page does not say when it ends
    """1.4, row "403/503 html": Bitget names no ban of its own."""
    return waf_page()


def maintenance(request: Request) -> Answer:
    """1.4, row "maintenance"."""
    return _no(request, "40200", "Server upgrade, please try again later")


def failing(status: int) -> Answer:
    """1.4, row "403/503 html"."""
    return as_page(status, f"{status} Service Temporarily Unavailable")


def region_refused(request: Request) -> Answer:
    """1.4, row "region"."""
    message = (
        "Sorry, based on your IP address, it appears that you are located in a country or region "
        "where we are currently unable to provide services"
    )
    return _no(request, "40103", message)


def _authenticate(request: Request, key: Key | None) -> Key | Answer:
    """Who is asking? The rows of 1.4 in the order header, time, key, environment, proof."""
    headers = request.headers
    for code, name in HEADERS.items():
        if not headers.get(name):
            return _no(request, code, f"{name.replace('-', '_')} cannot be empty")
    stamp = headers["ACCESS-TIMESTAMP"]
    if not (stamp.isascii() and stamp.isdigit()):
        return _no(request, "40005", "Invalid ACCESS_TIMESTAMP")
    if abs(int(stamp[:20]) - request.now_ms) > WINDOW_MS:
        return _no(request, "40008", "Request timestamp expired")
    if key is None or key.revoked or key.expired(request.now):
        return _no(request, "40037", "Apikey does not exist")
    if (headers.get("PAPTRADING") == "1") != (key.environment == "demo"):
        return _no(request, "40099", "exchange environment is incorrect")
    if not _same(headers["ACCESS-PASSPHRASE"], key.passphrase):
        return _no(request, "40012", "apikey/password is incorrect")
    if not _same(headers["ACCESS-SIGN"], _signature(request, key.secret)):
        return _no(request, "40009", "sign signature error")
    return key


def _refuse_call(request: Request, key: Key, call: Signed) -> Answer | None:
    """May this key do this from here? 1.4: IP, account, kind of account, missing permission."""
    if not key.lets_in(request.client_ip):
        return _no(request, "40018", "Invalid IP")
    if key.frozen:
        return _no(request, "40024", "Account has been frozen")
    if (refusal := _refuse_mode(request, key)) is not None:
        return refusal
    hidden = key.hide_key_info and request.path in {KEY_INFO, UNIFIED_KEY_INFO}
    if hidden or (call.any_of and not key.may(call.any_of)):
        needed = "spot order read or spot order write"
        return _no(request, "40014", f"Incorrect permissions, need {needed} permissions")
    return None


def _refuse_mode(request: Request, key: Key) -> Answer | None:
    """1.1: v2 is for classic accounts, v3 for unified ones; the text of 40084 is [unsure]."""
    unified = UNIFIED in key.permissions
    if unified and request.path.startswith("/api/v2/"):
        message = (
            "You are in Unified Account mode, and the Classic Account API is not supported at this"
            " time"
        )
        return _no(request, "40085", message)
    if not unified and request.path.startswith("/api/v3/"):
        message = (
            "You are in Classic Account mode, and the Unified Account API is not supported at this"
            " time"
        )
        return _no(request, "40084", message)
    return None


def _signature(request: Request, secret: str) -> str:
    """1.6: time, method, path with its query decoded, body."""
    stamp = request.headers["ACCESS-TIMESTAMP"]
    signed = wire(f"{stamp}{request.method}{request.decoded_target}") + request.body
    return base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()


def _same(sent: str, due: str) -> bool:
    return hmac.compare_digest(wire(sent), due.encode())


def _ok(request: Request, data: object) -> Answer:
    answer = {"code": "00000", "msg": "success", "requestTime": request.now_ms, "data": data}
    return as_json(answer)


def _no(request: Request, code: str, msg: str, status: int = 400) -> Answer:
    answer = {"code": code, "msg": msg, "requestTime": request.now_ms, "data": None}
    return as_json(answer, status)


def _key_info(request: Request, key: Key) -> Answer:
    """1.1, classic. How an empty allowlist looks is [unsure]; here it is ""."""
    data = {
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
    return _ok(request, data)


def _unified_key_info(request: Request, key: Key) -> Answer:
    """1.1, UTA."""
    writes = not set(key.permissions).isdisjoint((*TRADE, *WITHDRAW, *TRANSFER))
    data = {
        "userId": _uid(key.name),
        "inviterId": "",
        "parentId": _uid(f"{key.name}-main") if key.is_sub else "",
        "channelCode": "",
        "channel": "",
        "ips": ",".join(key.ips),
        "permType": "read-and-write" if writes else "read-only",
        "permissions": _unified_words(key),
        "regisTime": REGISTERED_MS,
    }
    return _ok(request, data)


def _unified_words(key: Key) -> list[str]:
    """Trading is one word; a word that no classic account has stands as it is."""
    words = ["uta_mgt"]
    words += ["uta_trade"] if key.may(TRADE) else []
    words += ["withdraw"] if key.may(WITHDRAW) else []
    classic = {UNIFIED, *SPOT_READ, *FUTURES_READ, *TRADE, *WITHDRAW, *TRANSFER}
    return words + [word for word in key.permissions if word not in classic]


def _assets(request: Request, key: Key) -> Answer:
    """1.3, row "balance"."""
    wanted = request.params().get("coin")
    rows = [
        {
            "coin": asset,
            "available": amount,
            "frozen": "0",
            "locked": "0",
            "limitAvailable": "0",
            "uTime": REGISTERED_MS,
        }
        for asset, amount in key.balances.items()
        if wanted in {None, asset}
    ]
    return _ok(request, rows)


def _unified_assets(request: Request, key: Key) -> Answer:
    rows = [
        {
            "coin": asset,
            "equity": amount,
            "usdValue": amount,
            "balance": amount,
            "available": amount,
            "debt": "0",
            "locked": "0",
        }
        for asset, amount in key.balances.items()
    ]
    return _ok(request, {"accountEquity": "0", "usdtEquity": "0", "assets": rows})


def _futures_accounts(request: Request, key: Key) -> Answer:
    rows = [
        {"marginCoin": asset, "available": amount, "locked": "0", "accountEquity": amount}
        for asset, amount in key.balances.items()
    ]
    return _ok(request, rows)


def _orders(request: Request, _: Key) -> Answer:
    return _ok(request, [])


def _futures_orders(request: Request, _: Key) -> Answer:
    return _ok(request, {"entrustedList": None, "endId": None})


def _unified_orders(request: Request, _: Key) -> Answer:
    return _ok(request, {"list": [], "cursor": None})


def _settings(request: Request, key: Key) -> Answer:
    settings = {"uid": _uid(key.name), "accountMode": "unified", "holdMode": "one_way_mode"}
    return _ok(request, settings)


def _placed(request: Request, key: Key) -> Answer:
    order = str(int(digest(key.name, "order")[:15], 16))
    return _ok(request, {"orderId": order, "clientOid": digest(key.name, "client")[:32]})


def _no_such_order(request: Request, _: Key) -> Answer:
    """1.2: the answer of a key that may trade to an order nobody placed."""
    if request.path.startswith("/api/v3/"):
        return _no(request, "25204", "Order does not exist")
    return _no(request, "43001", "The order does not exist")


def _uid(name: str) -> str:
    return str(10**9 + int(digest("uid", name)[:7], 16))


# 1.4, row "missing headers".
HEADERS: Mapping[str, str] = {
    "40001": "ACCESS-KEY",
    "40002": "ACCESS-SIGN",
    "40003": "ACCESS-TIMESTAMP",
    "40011": "ACCESS-PASSPHRASE",
}


def _symbols(request: Request) -> object:
    """Public: every spot market."""
    return [
        {
            "symbol": each.joined(""),
            "baseCoin": each.base,
            "quoteCoin": each.quote,
            "status": each.word("online", "halt"),
        }
        for each in listing.spot(request.markets)
    ]


def _contracts(request: Request) -> object:
    """Public: every contract of one product type; here, those that are settled in USDT."""
    return [
        {
            "symbol": each.joined(""),
            "baseCoin": each.base,
            "quoteCoin": each.quote,
            "symbolType": "perpetual",
            "symbolStatus": each.word("normal", "off"),
        }
        for each in listing.linear(request.markets)
        if each.settle == "USDT"
    ]


# 1.3, rows "time" and "status".
PUBLIC: Mapping[str, Callable[[Request], object]] = {
    "/api/v2/spot/public/symbols": _symbols,
    "/api/v2/mix/market/contracts": _contracts,
    "/api/v2/public/time": lambda request: {"serverTime": str(request.now_ms)},
    "/api/v2/public/annoucements": lambda _: [],
}

# 1.1 and 1.3 for the reads; the rest is what a key must never be used for.
SIGNED: Table = {
    ("GET", KEY_INFO): Signed(SPOT_READ, _key_info),
    ("GET", "/api/v2/spot/account/assets"): Signed(SPOT_READ, _assets),
    ("GET", "/api/v2/spot/trade/unfilled-orders"): Signed(SPOT_READ, _orders),
    ("GET", "/api/v2/mix/account/accounts"): Signed(FUTURES_READ, _futures_accounts),
    ("GET", "/api/v2/mix/order/orders-pending"): Signed(FUTURES_READ, _futures_orders),
    ("POST", "/api/v2/spot/trade/place-order"): Signed(SPOT, _placed),
    ("POST", "/api/v2/spot/trade/cancel-order"): Signed(SPOT, _no_such_order),
    ("POST", "/api/v2/mix/order/place-order"): Signed(FUTURES, _placed),
    ("POST", "/api/v2/spot/wallet/transfer"): Signed(TRANSFER, _placed),
    ("POST", "/api/v2/spot/wallet/withdrawal"): Signed(WITHDRAW, _placed),
    ("GET", UNIFIED_KEY_INFO): Signed(ANY, _unified_key_info),
    ("GET", "/api/v3/account/settings"): Signed(ANY, _settings),
    ("GET", "/api/v3/account/assets"): Signed((*SPOT_READ, *FUTURES_READ), _unified_assets),
    ("GET", "/api/v3/trade/unfilled-orders"): Signed((*SPOT_READ, *FUTURES_READ), _unified_orders),
    ("POST", "/api/v3/trade/place-order"): Signed(TRADE, _placed),
    ("POST", "/api/v3/trade/cancel-order"): Signed(TRADE, _no_such_order),
    ("POST", "/api/v3/account/withdrawal"): Signed(WITHDRAW, _placed),
}
