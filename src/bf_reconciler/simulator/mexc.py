"""MEXC spot v3, written from the sheet mexc.md (sections B1 to B8)."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
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

# B1, "Permission tokens"; docs also write _R and _W.
WORDS: Mapping[str, Words] = {
    "read": Words(("SPOT_ACCOUNT_READ", "SPOT_DEAL_READ"), ("SPOT_ACCOUNT_R", "SPOT_DEAL_R")),
    "trade": Words(("SPOT_DEAL_WRITE",), ("SPOT_DEAL_W",)),
    "futures": Words(("CONTRACT_DEAL_WRITE",), ("CONTRACT_DEAL_W",)),
    "withdraw": Words(("SPOT_WITHDRAW_WRITE",), ("SPOT_WITHDRAW_W",)),
}
ACCOUNT_READ = ("SPOT_ACCOUNT_READ", "SPOT_ACCOUNT_R")
ACCOUNT_WRITE = ("SPOT_ACCOUNT_WRITE", "SPOT_ACCOUNT_W")
DEAL_READ = ("SPOT_DEAL_READ", "SPOT_DEAL_R")
DEAL_WRITE = ("SPOT_DEAL_WRITE", "SPOT_DEAL_W")
WITHDRAW_READ = ("SPOT_WITHDRAW_READ", "SPOT_WITHDRAW_R")
WITHDRAW_WRITE = ("SPOT_WITHDRAW_WRITE", "SPOT_WITHDRAW_W")
TRANSFER_WRITE = ("SPOT_TRANSFER_WRITE", "SPOT_TRANSFER_W")

# B2: "does not send it into the matching engine".
HARMLESS_WRITES = frozenset({("POST", "/api/v3/order/test")})

EARLY_MS = 1_000  # B6: timestamp < server + 1000
RECV_WINDOW_MS = 5_000
MAX_RECV_WINDOW_MS = 60_000
KEY_INFO = "/api/v3/apiKeyInfo"
KEY_SHAPE = re.compile(r"[A-Za-z0-9-]{6,64}")
SIGNATURE_AT_END = re.compile(r"(?:^|&)signature=([^&]*)$")


def invent(name: str) -> Credentials:
    seed = digest("mexc", name)
    return Credentials(f"mx0vgl{seed[:12]}", seed[12:44])


def claimed_key(request: Request) -> str | None:
    return request.headers.get("X-MEXC-APIKEY")


def answer(request: Request, key: Key | None) -> Answer:
    if request.method == "GET" and request.path in PUBLIC:
        return as_json(PUBLIC[request.path](request))
    call = find(SIGNED, request.method, request.path)
    if call is None:
        return _no(404, 404, "Not Found")
    caller = _authenticate(request, key)
    if isinstance(caller, Answer):
        return caller
    return _refuse_call(request, caller, call) or call.reply(request, caller)


def rate_limited(retry_after: float) -> Answer:
    """B4, row "rate limit"."""
    return _no(429, 429, "Too Many Requests", {"Retry-After": str(ceil(retry_after))})


def banned(retry_after: float) -> Answer:
    """B4, row "rate limit": a ban is 418; that its body is that of the 429 is [unsure]."""
    return _no(418, 429, "Too Many Requests", {"Retry-After": str(ceil(retry_after))})


def maintenance(request: Request) -> Answer:  # noqa: ARG001 no call is spared: there is no status call (B3)
    """B4, row "maintenance"."""
    body = {
        "code": 500,
        "message": "Under maintenance, please try again later",
        "announcement": "https://www.mexc.com/support/articles/17827791510263",
    }
    return as_json(body, 500)


def failing(status: int) -> Answer:
    """B4, row "503/504"; no body of another status is known, so a gateway's page stands for it."""
    if status in {503, 504}:
        return _no(status, status, "service not available, please try again")
    return as_page(status, f"{status} Server Error")


def region_refused(request: Request) -> Answer:  # noqa: ARG001 the body names no address
    """B4: no body of a region block is known; the row "WAF" is the nearest."""
    return _no(403, 403, "Access Denied")


def _authenticate(request: Request, key: Key | None) -> Key | Answer:
    """Who is asking? The rows of B4; no source tells their order."""
    claimed = claimed_key(request)
    if not claimed:
        return _no(400, 400, "api key required")
    if not KEY_SHAPE.fullmatch(claimed):
        return _no(400, 700001, "API-key format invalid.")
    if key is None or key.revoked:
        return _no(400, 10072, "Api key info invalid")
    if (refusal := _refuse_time(request)) is not None:
        return refusal
    # B4, row "wrong secret": "same message for expired API keys".
    if not _signature_holds(request, key) or key.expired(request.now):
        return _no(400, 700002, "Signature for this request is not valid.")
    return key


def _refuse_time(request: Request) -> Answer | None:
    """B6: timestamp < server + 1000 and server - timestamp <= recvWindow (at most 60000)."""
    params = request.params()
    stamp = _whole(params.get("timestamp"))
    window = _whole(params.get("recvWindow", str(RECV_WINDOW_MS)))
    if window is None or window > MAX_RECV_WINDOW_MS:
        return _no(400, 700005, "recvWindow must less than 60000")
    if stamp is None or stamp >= request.now_ms + EARLY_MS or request.now_ms - stamp > window:
        return _no(400, 700003, "Timestamp for this request is outside of the recvWindow.")
    return None


def _refuse_call(request: Request, key: Key, call: Signed) -> Answer | None:
    """May this key do this from here? B4: IP, account abnormal, missing permission."""
    if not key.lets_in(request.client_ip):
        return _no(400, 700006, f"IP [{request.client_ip}] not in the ip white list")
    if key.frozen:
        return _no(400, 60005, "your account is abnormal")
    hidden = key.hide_key_info and request.path == KEY_INFO
    if hidden or not key.may(call.any_of):
        return _no(400, 700007, "No permission to access the endpoint.")
    return None


def _signature_holds(request: Request, key: Key) -> bool:
    """B6: lower-case hex over the query string as it was sent, `signature` last and left out."""
    sent = SIGNATURE_AT_END.search(request.query)
    if sent is None:
        return False
    signed = wire(request.query[: sent.start()])
    due = hmac.new(key.secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wire(sent.group(1)), due.encode())


def _whole(value: str | None) -> int | None:
    return int(value[:20]) if value and value.isascii() and value.isdigit() else None


def _no(status: int, code: int, msg: str, headers: Mapping[str, str] | None = None) -> Answer:
    return as_json({"code": code, "msg": msg}, status, headers)


def _key_info(request: Request, key: Key) -> Answer:
    """B1. Days left are whole; without an expiry the field is null [unsure].

    Whether a key may describe another one of its account is [unsure]: here it may not.
    """
    asked = request.params().get("accessKey")
    if not asked:
        return _no(400, 730707, "accessKey cannot be null")
    if asked != key.api_key:
        return _no(400, 730706, "API KEY information does not exist")
    left = key.remaining_days(request.now)
    created = datetime.fromtimestamp(key.created_at, UTC)
    return as_json(
        {
            "note": key.name,
            "accessKey": key.api_key,
            "createTime": created.isoformat(timespec="milliseconds"),
            "permissions": ",".join(key.permissions),
            "remainingValidity": None if left is None else int(left),
            "ipWhiteList": ",".join(key.ips),
            "status": "VALID",
        }
    )


def _account(_: Request, key: Key) -> Answer:
    """B1: canTrade, canWithdraw and permissions are the account's, never the key's: a trap."""
    return as_json(
        {
            "canTrade": True,
            "canWithdraw": True,
            "canDeposit": True,
            "updateTime": None,
            "accountType": "SPOT",
            "balances": [
                {"asset": asset, "free": amount, "locked": "0"}
                for asset, amount in key.balances.items()
            ],
            "permissions": ["SPOT"],
        }
    )


def _uid(_: Request, key: Key) -> Answer:
    return as_json({"uid": str(200_000_000 + int(digest("uid", key.api_key)[:7], 16))})


def _self_symbols(_: Request, __: Key) -> Answer:
    """B1, "Other": pairs this key may trade; the shape of the list is [unsure]."""
    return as_json({"code": 200, "data": ["BTCUSDT", "ETHUSDT", "MXUSDT"], "msg": None})


def _coins(_: Request, key: Key) -> Answer:
    """B3: the signed call that load_markets makes; each coin with one network."""
    return as_json(
        [
            {
                "coin": asset,
                "name": asset,
                "networkList": [
                    {"coin": asset, "network": asset, "depositEnable": True, "withdrawEnable": True}
                ],
            }
            for asset in key.balances
        ]
    )


def _empty_list(_: Request, __: Key) -> Answer:
    return as_json([])


def _empty_object(_: Request, __: Key) -> Answer:
    """B2: what a test order answers."""
    return as_json({})


def _done(_: Request, key: Key) -> Answer:
    return as_json({"id": digest(key.name, "done")[:32]})


def _no_such_withdrawal(_: Request, __: Key) -> Answer:
    """B1, fallback table: some "record does not exist"; the exact body is unknown."""
    return _no(400, 22222, "record does not exist")


def _exchange_info(request: Request) -> object:
    """Public: every spot market; one that is halted trades on the site alone."""
    symbols = [
        {
            "symbol": each.joined(""),
            "status": "1",
            "baseAsset": each.base,
            "quoteAsset": each.quote,
            "isSpotTradingAllowed": each.trades,
        }
        for each in listing.spot(request.markets)
    ]
    return {"timezone": "CST", "serverTime": request.now_ms, "symbols": symbols}


def _contracts(request: Request) -> object:
    """Public: every perpetual. 0 is enabled, 4 is paused."""
    data = [
        {
            "symbol": each.joined("_"),
            "baseCoin": each.base,
            "quoteCoin": each.quote,
            "settleCoin": each.settle,
            "state": 0 if each.trades else 4,
        }
        for each in listing.futures(request.markets)
    ]
    return {"success": True, "code": 0, "data": data}


# B3; there is no status call.
PUBLIC: Mapping[str, Callable[[Request], object]] = {
    "/api/v3/exchangeInfo": _exchange_info,
    "/api/v1/contract/detail": _contracts,
    "/api/v3/time": lambda request: {"serverTime": request.now_ms},
    "/api/v3/ping": lambda _: {},
}

# B1, table "gates".
SIGNED: Table = {
    ("GET", KEY_INFO): Signed(ACCOUNT_READ, _key_info),
    ("GET", "/api/v3/account"): Signed(ACCOUNT_READ, _account),
    ("GET", "/api/v3/uid"): Signed(ACCOUNT_READ, _uid),
    ("GET", "/api/v3/selfSymbols"): Signed(ACCOUNT_READ, _self_symbols),
    ("GET", "/api/v3/openOrders"): Signed(DEAL_READ, _empty_list),
    ("GET", "/api/v3/capital/config/getall"): Signed(WITHDRAW_READ, _coins),
    ("GET", "/api/v3/capital/withdraw/history"): Signed(WITHDRAW_READ, _empty_list),
    ("POST", "/api/v3/order/test"): Signed(DEAL_WRITE, _empty_object),
    ("POST", "/api/v3/order"): Signed(DEAL_WRITE, _done),
    ("DELETE", "/api/v3/order"): Signed(DEAL_WRITE, _done),
    ("POST", "/api/v3/batchOrders"): Signed(DEAL_WRITE, _empty_list),
    ("DELETE", "/api/v3/openOrders"): Signed(DEAL_WRITE, _empty_list),
    ("POST", KEY_INFO): Signed(ACCOUNT_WRITE, _empty_object),
    ("POST", "/api/v3/capital/withdraw"): Signed(WITHDRAW_WRITE, _done),
    ("DELETE", "/api/v3/capital/withdraw"): Signed(WITHDRAW_WRITE, _no_such_withdrawal),
    ("POST", "/api/v3/capital/transfer/internal"): Signed(WITHDRAW_WRITE, _done),
    ("POST", "/api/v3/capital/deposit/address"): Signed(WITHDRAW_WRITE, _empty_list),
    ("POST", "/api/v3/capital/transfer"): Signed(TRANSFER_WRITE, _done),
}
