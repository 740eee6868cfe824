"""Bybit v5, written from the sheet bybit.md (sections E1 to E8)."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from bf_reconciler.simulator import listing
from bf_reconciler.simulator.dialect import (
    READS,
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
from bf_reconciler.simulator.key import DAY_SECONDS, Credentials, Key

# E1: a permission is a word in the list of its category. Two words here show otherwise: ReadOnly is
# the field of that name; Read is no right of Bybit's, and lets a test refuse balance and orders.
WORDS: Mapping[str, Words] = {
    "read": Words(("Read",)),
    "trade": Words(("Spot.SpotTrade",)),
    "futures": Words(("ContractTrade.Order", "ContractTrade.Position")),
    "withdraw": Words(("Wallet.Withdraw",)),
}
READ_ONLY = "ReadOnly"
ANY: tuple[str, ...] = ()
READ = ("Read",)
SPOT = ("Spot.SpotTrade",)
ORDERS = (*SPOT, "ContractTrade.Order", "Options.OptionsTrade")
WITHDRAW = ("Wallet.Withdraw",)
TRANSFER = ("Wallet.AccountTransfer",)
REWRITE = (*TRANSFER, "Wallet.SubMemberTransfer", *WITHDRAW)
CATEGORIES = (
    *("ContractTrade", "Spot", "Wallet", "Options", "Derivatives", "CopyTrading", "BlockTrade"),
    *("Exchange", "NFT", "Affiliate", "Earn", "FiatP2P", "FiatConvertBroker", "FiatGlobalPay"),
    *("FiatBitPay", "BitCard", "ByXPost"),
)

# E2: computes what an order would need, and places none.
HARMLESS_WRITES = frozenset({("POST", "/v5/order/pre-check")})

EARLY_MS = 1_000  # E6: server - recv_window <= timestamp < server + 1000
KEY_INFO = "/v5/user/query-api"
SIGNED_HEADERS = ("X-BAPI-API-KEY", "X-BAPI-TIMESTAMP", "X-BAPI-RECV-WINDOW", "X-BAPI-SIGN")


def invent(name: str) -> Credentials:
    seed = digest("bybit", name)
    return Credentials(seed[:18], seed[18:54])


def claimed_key(request: Request) -> str | None:
    return request.headers.get("X-BAPI-API-KEY")


def answer(request: Request, key: Key | None) -> Answer:
    if request.method == "GET" and request.path in PUBLIC:
        return _ok(request, PUBLIC[request.path](request))
    call = find(SIGNED, request.method, request.path)
    if call is None:
        return as_page(404, "404 Not Found")
    caller = _authenticate(request, key)
    if isinstance(caller, Answer):
        return caller
    return _refuse_call(request, caller, call) or call.reply(request, caller)


def rate_limited(retry_after: float) -> Answer:  # noqa: ARG001 its headers say it by a clock time
    """E4, row "rate (UID)"."""
    said = "Too many visits. Exceeded the API Rate Limit."
    return as_json(_body(10006, said, {}, 0), headers={"X-Bapi-Limit-Status": "0"})


def banned(retry_after: float) -> Answer:  # noqa: ARG001 "wait 10 min", and no header
    """E4, row "rate (IP)"."""
    return Answer(403, "403, access too frequent", content_type="text/plain")


def maintenance(request: Request) -> Answer:
    """E3: the status call lists what goes on; the rest is E4, row "5xx html"."""
    if request.path == "/v5/system/status":
        item = {"title": "Maintenance", "state": "ongoing", "serviceTypes": [1, 2, 3]}
        times = {"begin": str(request.now_ms - 60_000), "end": str(request.now_ms + 600_000)}
        return _ok(request, {"list": [item | times]})
    return as_page(503, "503 Service Temporarily Unavailable")


def failing(status: int) -> Answer:
    """E4, row "5xx html"."""
    return as_page(status, f"{status} Server Error")


def region_refused(request: Request) -> Answer:
    """E4, row "region"."""
    said = "Service Restricted: Access is currently unavailable for your region."
    return _no(request, 10009, said)


def _authenticate(request: Request, key: Key | None) -> Key | Answer:
    """Who is asking? The rows of E4; no source tells their order. All come with HTTP 200."""
    headers = request.headers
    if key is None or key.revoked or not all(headers.get(name) for name in SIGNED_HEADERS):
        return _no(request, 10003, "API key is invalid.")
    if (refusal := _refuse_time(request)) is not None:
        return refusal
    signed = _payload(request)
    if not hmac.compare_digest(wire(headers["X-BAPI-SIGN"]), _mac(key.secret, signed).encode()):
        said = f"error sign! origin_string[{signed.decode(errors='replace')}]"
        return _no(request, 10004, said)
    if key.expired(request.now):
        return _no(request, 33004, "Your api key has expired.")
    return key


def _refuse_time(request: Request) -> Answer | None:
    stamp = _whole(request.headers["X-BAPI-TIMESTAMP"])
    window = _whole(request.headers["X-BAPI-RECV-WINDOW"])
    now = request.now_ms
    if stamp is not None and window is not None and now - window <= stamp < now + EARLY_MS:
        return None
    said = (
        "invalid request, please check your server timestamp or recv_window param."
        f" req_timestamp[{stamp}],server_timestamp[{now}],recv_window[{window}]"
    )
    return _no(request, 10002, said)


def _payload(request: Request) -> bytes:
    """E6: timestamp, key, window, and the query as sent or the body."""
    headers = request.headers
    said = headers["X-BAPI-TIMESTAMP"] + headers["X-BAPI-API-KEY"] + headers["X-BAPI-RECV-WINDOW"]
    return wire(said) + (wire(request.query) if request.method == "GET" else request.body)


def _mac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def _whole(value: str) -> int | None:
    return int(value[:20]) if value.isascii() and value.isdigit() else None


def _refuse_call(request: Request, key: Key, call: Signed) -> Answer | None:
    """May this key do this from here? E4: IP, banned, missing permission."""
    if not key.lets_in(request.client_ip):
        said = "Unmatched IP, please check your API key's bound IP addresses."
        return _no(request, 10010, said)
    if key.frozen:
        return _no(request, 10008, "User had been banned.")
    writes = request.method not in READS and READ_ONLY in key.permissions
    hidden = key.hide_key_info and request.path == KEY_INFO
    if writes or hidden or (call.any_of and not key.may(call.any_of)):
        orders = "Invalid API-key, IP, or permissions for action."
        others = "Permission denied, please check your API key permissions."
        return _no(request, 10005, orders if "/order/" in request.path else others)
    return None


def _body(code: int, message: str, result: object, now_ms: int) -> dict[str, object]:
    return {
        "retCode": code,
        "retMsg": message,
        "result": result,
        "retExtInfo": {},
        "time": now_ms,
    }


def _ok(request: Request, result: object) -> Answer:
    return as_json(_body(0, "", result, request.now_ms))


def _no(request: Request, code: int, message: str) -> Answer:
    return as_json(_body(code, message, {}, request.now_ms))


def _key_info(request: Request, key: Key) -> Answer:
    """E1. Only a key that is bound to no address ends; the others show 1970 and -2 days."""
    end = None if key.ips else key.expires_at
    left = -2 if end is None else int((end - request.now) / DAY_SECONDS)
    return _ok(
        request,
        {
            "id": str(int(digest("id", key.api_key)[:6], 16)),
            "note": key.name,
            "apiKey": key.api_key,
            "readOnly": int(READ_ONLY in key.permissions),
            "secret": "",
            "permissions": _permissions(key),
            "ips": list(key.ips) or ["*"],
            "type": 1,
            "deadlineDay": left,
            "expiredAt": _moment(end or 0),
            "createdAt": _moment(key.created_at),
            "unified": 0,
            "uta": 1,
            "isMaster": not key.is_sub,
            "parentUid": "88" if key.is_sub else "0",
            "rsaPublicKey": "",
        },
    )


def _permissions(key: Key) -> dict[str, list[str]]:
    shown: dict[str, list[str]] = {category: [] for category in CATEGORIES}
    for category, dot, word in (each.partition(".") for each in key.permissions):
        if dot:
            shown.setdefault(category, []).append(word)
    return shown


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")


def _wallet(request: Request, key: Key) -> Answer:
    """E3: the unified account; other kinds are no more."""
    if request.params().get("accountType") != "UNIFIED":
        return _no(request, 10001, "accountType only support UNIFIED.")
    coins = [
        {"coin": asset, "equity": amount, "walletBalance": amount, "locked": "0"}
        for asset, amount in key.balances.items()
    ]
    account = {"accountType": "UNIFIED", "totalEquity": "0", "coin": coins}
    return _ok(request, {"list": [account]})


def _orders(request: Request, _: Key) -> Answer:
    """E3: one of symbol, baseCoin and settleCoin is needed where it is not spot."""
    params = request.params()
    named = {"symbol", "baseCoin", "settleCoin"} & set(params)
    if not params.get("category") or (params["category"] == "linear" and not named):
        return _no(request, 10001, "Missing some parameters that must be filled in")
    return _ok(request, {"list": [], "nextPageCursor": "", "category": params["category"]})


def _done(request: Request, key: Key) -> Answer:
    return _ok(request, {"orderId": digest(key.name, "order")[:19], "orderLinkId": ""})


def _no_such_order(request: Request, _: Key) -> Answer:
    """E2."""
    return _no(request, 170213, "Order does not exist.")


def _time(request: Request) -> object:
    now = request.now_ms
    return {"timeSecond": str(now // 1000), "timeNano": str(now * 1_000_000)}


def _instruments(request: Request) -> object:
    """Public: every market of one category."""
    category = request.params().get("category", "")
    found = listing.spot if category == "spot" else listing.linear
    settled = {} if category == "spot" else {"contractType": "LinearPerpetual"}
    rows = [
        {
            "symbol": each.joined(""),
            "baseCoin": each.base,
            "quoteCoin": each.quote,
            "settleCoin": each.settle,
            "status": each.word("Trading", "Closed"),
            **settled,
        }
        for each in found(request.markets)
    ]
    return {"category": category, "list": rows, "nextPageCursor": ""}


# E3.
PUBLIC: Mapping[str, Callable[[Request], object]] = {
    "/v5/market/instruments-info": _instruments,
    "/v5/market/time": _time,
    "/v5/system/status": lambda _: {"list": []},
}

# E1, E2, E3.
SIGNED: Table = {
    ("GET", KEY_INFO): Signed(ANY, _key_info),
    ("GET", "/v5/account/wallet-balance"): Signed(READ, _wallet),
    ("GET", "/v5/order/realtime"): Signed(READ, _orders),
    ("POST", "/v5/order/pre-check"): Signed(ORDERS, _done),
    ("POST", "/v5/order/create"): Signed(ORDERS, _done),
    ("POST", "/v5/order/cancel"): Signed(ORDERS, _no_such_order),
    ("POST", "/v5/asset/transfer/inter-transfer"): Signed(TRANSFER, _done),
    ("POST", "/v5/asset/withdraw/create"): Signed(WITHDRAW, _done),
    ("POST", "/v5/user/update-api"): Signed(REWRITE, _done),
}
