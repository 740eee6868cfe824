"""Binance spot v3 and its wallet, written from the sheet binance.md (sections C1 to C8)."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from math import ceil

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
    wire,
)
from bf_reconciler.simulator.key import Credentials, Key

# C1: the flags of apiRestrictions; a word of a key is a flag that is true.
WORDS: Mapping[str, Words] = {
    "read": Words(("enableReading",)),
    "trade": Words(("enableSpotAndMarginTrading",)),
    "futures": Words(("enableFutures",)),
    "withdraw": Words(("enableWithdrawals",)),
}
READ = ("enableReading",)
TRADE = ("enableSpotAndMarginTrading",)
WITHDRAW = ("enableWithdrawals",)
TRANSFER = ("permitsUniversalTransfer",)
FLAGS = (
    *("enableReading", "enableWithdrawals", "enableInternalTransfer", "enableMargin"),
    *("enableFutures", "permitsUniversalTransfer", "enableVanillaOptions", "enableFixApiTrade"),
    *("enableFixReadOnly", "enableSpotAndMarginTrading", "enablePortfolioMarginTrading"),
)

# C2: "does not send it into the matching engine".
HARMLESS_WRITES = frozenset({("POST", "/api/v3/order/test")})

EARLY_MS = 1_000  # C6: timestamp < server + 1 s
RECV_WINDOW_MS = 5_000
MAX_RECV_WINDOW_MS = 60_000
KEY_INFO = "/sapi/v1/account/apiRestrictions"
KEY_SHAPE = re.compile(r"[A-Za-z0-9]{6,64}")
SIGNATURE_AT_END = re.compile(rb"(?:^|&)signature=([^&]*)$")
REJECTED = "Invalid API-key, IP, or permissions for action."


def invent(name: str) -> Credentials:
    return Credentials(digest("binance", "key", name), digest("binance", "secret", name))


def claimed_key(request: Request) -> str | None:
    return request.headers.get("X-MBX-APIKEY")


def answer(request: Request, key: Key | None) -> Answer:
    if request.method == "GET" and request.path in PUBLIC:
        return as_json(PUBLIC[request.path](request))
    call = find(SIGNED, request.method, request.path)
    elsewhere = key is not None and key.environment != "live"
    if call is None or (elsewhere and request.path.startswith("/sapi/")):  # C8: no sapi there
        return as_page(404, "404 Not Found")
    caller = _authenticate(request, key)
    if isinstance(caller, Answer):
        return caller
    return _refuse_call(request, caller, call) or call.reply(request, caller)


def rate_limited(retry_after: float) -> Answer:
    """C4, row "rate limit"."""
    message = (
        "Too much request weight used; current limit is 6000 request weight per 1 MINUTE."
        " Please use WebSocket Streams for live updates to avoid polling the API."
    )
    return _no(429, -1003, message, {"Retry-After": str(ceil(retry_after))})


def banned(retry_after: float) -> Answer:
    """C4, row "rate limit"; the time until which it holds is that of the sheet."""
    message = "Way too much request weight used; IP banned until 1659146400000."
    return _no(418, -1003, message, {"Retry-After": str(ceil(retry_after))})


def maintenance(request: Request) -> Answer:
    """C4, row "maintenance": the status call says 1; code and status of the rest are [unsure]."""
    if request.path == "/sapi/v1/system/status":
        return as_json({"status": 1, "msg": "system_maintenance"})
    return _no(503, 1, "System is under maintenance.")


def failing(status: int) -> Answer:
    """C4, row "5xx"."""
    if status == 500:  # noqa: PLR2004 the HTTP status of the sheet's row
        return _no(500, -1000, "An unknown error occurred while processing the request.")
    return as_page(status, f"{status} Server Error")


def region_refused(request: Request) -> Answer:  # noqa: ARG001 the body names no address
    """C4, row "region"."""
    message = (
        "Service unavailable from a restricted location according to 'b. Eligibility' in"
        " https://www.binance.com/en/terms. Please contact customer service if you believe you"
        " received this message in error."
    )
    return _no(451, 0, message)


def _authenticate(request: Request, key: Key | None) -> Key | Answer:
    """Who is asking? The rows of C4; no source tells their order."""
    if not KEY_SHAPE.fullmatch(claimed_key(request) or ""):
        return _no(401, -2014, "API-key format invalid.")
    if key is None:
        return _no(401, -2008, "Invalid Api-Key ID.")
    if (refusal := _refuse_time(request)) is not None:
        return refusal
    if not signature_holds(wire(request.query) + request.body, key.secret):
        return _no(400, -1022, "Signature for this request is not valid.")
    return _rejected(request) if key.revoked else key


def _refuse_time(request: Request) -> Answer | None:
    """C6: timestamp < server + 1 s and server - timestamp <= recvWindow (at most 60000)."""
    params = request.params() | dict(_pairs(request.body))
    stamp = _whole(params.get("timestamp"))
    window = _whole(params.get("recvWindow", str(RECV_WINDOW_MS)))
    if window is None or window > MAX_RECV_WINDOW_MS:
        return _no(400, -1131, "recvWindow must be less than 60000")
    if stamp is None:
        text = "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed."
        return _no(400, -1102, text)
    if stamp >= request.now_ms + EARLY_MS:
        text = "Timestamp for this request was 1000ms ahead of the server's time."
        return _no(400, -1021, text)
    if request.now_ms - stamp > window:
        return _no(400, -1021, "Timestamp for this request is outside of the recvWindow.")
    return None


def _pairs(body: bytes) -> list[tuple[str, str]]:
    """Parameters of a form; the values that are looked at need no decoding."""
    parts = [pair.partition("=") for pair in body.decode(errors="replace").split("&")]
    return [(name, value) for name, _, value in parts]


def _refuse_call(request: Request, key: Key, call: Signed) -> Answer | None:
    """May this key do this from here? C4: address and permission have one code, -2015."""
    if key.frozen:
        return _no(401, -1002, "You are not authorized to execute this request.")
    hidden = key.hide_key_info and request.path == KEY_INFO
    held = _held(request, key)
    if hidden or not key.lets_in(request.client_ip) or held.isdisjoint(call.any_of):
        return _rejected(request)
    return None


def _rejected(request: Request) -> Answer:
    """C4: futures add the address they saw."""
    told = f", request ip: {request.client_ip}" if request.path.startswith("/fapi/") else ""
    return _no(401, -2015, REJECTED.removesuffix(".") + told if told else REJECTED)


def _held(request: Request, key: Key) -> set[str]:
    """C4, "key expired": no code of its own, the right to trade is silently off."""
    return set(key.permissions) - (set(TRADE) if key.expired(request.now) else set())


def signature_holds(sent: bytes, secret: str) -> bool:
    """C6: hex over query and body as they were sent, `signature` last and left out."""
    found = SIGNATURE_AT_END.search(sent)
    if found is None:
        return False
    due = hmac.new(secret.encode(), sent[: found.start()], hashlib.sha256).hexdigest()
    return hmac.compare_digest(found.group(1).lower(), due.encode())


def _whole(value: str | None) -> int | None:
    return int(value[:20]) if value and value.isascii() and value.isdigit() else None


def _no(status: int, code: int, msg: str, headers: Mapping[str, str] | None = None) -> Answer:
    return as_json({"code": code, "msg": msg}, status, headers)


def _key_info(request: Request, key: Key) -> Answer:
    """C1. The time at which trading ends is there only where it ends."""
    held = _held(request, key)
    body: dict[str, object] = {
        "ipRestrict": bool(key.ips),
        "createTime": int(key.created_at * 1000),
    }
    body |= {flag: flag in held for flag in FLAGS}
    body |= dict.fromkeys(held - set(FLAGS), True)  # a flag of tomorrow
    if key.expires_at is not None:
        body["tradingAuthorityExpirationTime"] = int(key.expires_at * 1000)
    return as_json(body)


def _account(request: Request, key: Key) -> Answer:
    """C1: canTrade, canWithdraw and permissions are the account's, never the key's: a trap."""
    sparse = request.params().get("omitZeroBalances") == "true"
    return as_json(
        {
            "canTrade": True,
            "canWithdraw": True,
            "canDeposit": True,
            "accountType": "SPOT",
            "balances": [
                {"asset": asset, "free": amount, "locked": "0.00000000"}
                for asset, amount in key.balances.items()
                if not sparse or Decimal(amount)
            ],
            "permissions": ["SPOT"],
            "uid": int(digest("uid", key.api_key)[:7], 16),
        }
    )


def _futures_account(_: Request, key: Key) -> Answer:
    assets = [{"asset": each, "walletBalance": much} for each, much in key.balances.items()]
    return as_json({"assets": assets, "positions": []})


def _status(_: Request, __: Key) -> Answer:
    return as_json({"data": "Normal"})


def _empty_list(_: Request, __: Key) -> Answer:
    return as_json([])


def _empty_object(_: Request, __: Key) -> Answer:
    """C2: what a test order answers."""
    return as_json({})


def _done(_: Request, key: Key) -> Answer:
    return as_json({"id": digest(key.name, "done")[:32]})


def _exchange_info(request: Request) -> object:
    """Public: every spot market."""
    symbols = [
        {
            "symbol": each.joined(""),
            "status": each.word("TRADING", "BREAK"),
            "baseAsset": each.base,
            "quoteAsset": each.quote,
            "isSpotTradingAllowed": True,
        }
        for each in listing.spot(request.markets)
    ]
    return {"timezone": "UTC", "serverTime": request.now_ms, "symbols": symbols}


def _futures_info(request: Request) -> object:
    """Public: every perpetual that is settled in its quote, and a contract with a date."""
    contracts = [
        {
            "symbol": each.joined(""),
            "contractType": "PERPETUAL",
            "deliveryDate": 4133404800000,
            "status": each.word("TRADING", "SETTLING"),
            "baseAsset": each.base,
            "quoteAsset": each.quote,
            "marginAsset": each.settle,
        }
        for each in listing.linear(request.markets)
    ]
    dated = {"contractType": "CURRENT_QUARTER", "deliveryDate": 1798185600000}
    return {"symbols": [*contracts, {**contracts[0], **dated}] if contracts else []}


# C3.
PUBLIC: Mapping[str, Callable[[Request], object]] = {
    "/api/v3/exchangeInfo": _exchange_info,
    "/fapi/v1/exchangeInfo": _futures_info,
    "/api/v3/time": lambda request: {"serverTime": request.now_ms},
    "/api/v3/ping": lambda _: {},
    "/sapi/v1/system/status": lambda _: {"status": 0, "msg": "normal"},
}

# C1, C2, C3; what each flag lets a key do.
SIGNED: Table = {
    ("GET", KEY_INFO): Signed(READ, _key_info),
    ("GET", "/sapi/v1/account/status"): Signed(READ, _status),
    ("GET", "/sapi/v1/capital/config/getall"): Signed(READ, _empty_list),
    ("GET", "/api/v3/account"): Signed(READ, _account),
    ("GET", "/api/v3/openOrders"): Signed(READ, _empty_list),
    ("GET", "/fapi/v3/account"): Signed(READ, _futures_account),
    ("POST", "/api/v3/order/test"): Signed(TRADE, _empty_object),
    ("POST", "/api/v3/order"): Signed(TRADE, _done),
    ("DELETE", "/api/v3/order"): Signed(TRADE, _done),
    ("DELETE", "/api/v3/openOrders"): Signed(TRADE, _empty_list),
    ("POST", "/sapi/v1/capital/withdraw/apply"): Signed(WITHDRAW, _done),
    ("POST", "/sapi/v1/asset/transfer"): Signed(TRANSFER, _done),
}
