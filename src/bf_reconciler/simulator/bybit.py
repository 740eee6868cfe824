"""Bybit v5.

Sources: docs/sources/bybit.md#time, docs/sources/bybit.md#key, docs/sources/bybit.md#balance,
docs/sources/bybit.md#orders, docs/sources/bybit.md#markets, docs/sources/bybit.md#permissions,
docs/sources/bybit.md#codes, docs/sources/bybit.md#signing, docs/sources/bybit.md#expiry
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime

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
from bf_reconciler.simulator.documented import bybit as documented
from bf_reconciler.simulator.faults import Faults
from bf_reconciler.simulator.key import DAY_SECONDS, Credentials, Key, digest, number
from bf_reconciler.simulator.wire import (
    READS,
    Request,
    as_json,
    as_page,
    as_text,
    same,
    sent_bytes,
    whole,
)

# A permission is a word in the list of its category. Two words here are shown otherwise: ReadOnly
# is the field of that name; Read is no right of Bybit's, and lets a test refuse balance and orders.
WORDS: Mapping[str, Words] = {
    "read": Words(("Read",)),
    "trade": Words(("Spot.SpotTrade",)),
    "futures": Words(("ContractTrade.Order", "ContractTrade.Position")),
    "withdraw": Words(("Wallet.Withdraw",)),
}
READ_ONLY = "ReadOnly"
READ = ("Read",)
SPOT = ("Spot.SpotTrade",)
CONTRACTS, OPTIONS = ("ContractTrade.Order",), ("Options.OptionsTrade",)
ORDERS = (*SPOT, *CONTRACTS, *OPTIONS)
OF_CATEGORY: Mapping[str, tuple[str, ...]] = {
    "spot": SPOT,
    "linear": CONTRACTS,
    "inverse": CONTRACTS,
    "option": OPTIONS,
}
WITHDRAW = ("Wallet.Withdraw",)
TRANSFER = ("Wallet.AccountTransfer",)
REWRITE = (*TRANSFER, "Wallet.SubMemberTransfer", *WITHDRAW)
CATEGORIES = (
    *("ContractTrade", "Spot", "Wallet", "Options", "Derivatives", "CopyTrading", "BlockTrade"),
    *("Exchange", "NFT", "Affiliate", "Earn", "FiatP2P", "FiatConvertBroker", "FiatGlobalPay"),
    *("FiatBitPay", "BitCard", "ByXPost"),
)

EARLY_MS = 1_000
STATUS = "/v5/system/status"
SIGNED_HEADERS = ("X-BAPI-API-KEY", "X-BAPI-TIMESTAMP", "X-BAPI-RECV-WINDOW", "X-BAPI-SIGN")


def invent(name: str) -> Credentials:
    seed = digest("bybit", name)
    return Credentials(seed[:18], seed[18:54])


def _times(call: Call) -> tuple[int | None, int, int | None]:
    """The time of the request, ours, and the window."""
    headers = call.request.headers
    stamp, window = whole(headers["X-BAPI-TIMESTAMP"]), whole(headers["X-BAPI-RECV-WINDOW"])
    return stamp, call.request.now_ms, window


def _in_window(call: Call) -> bool:
    """Ours - window <= theirs < ours + 1 s."""
    stamp, now, window = _times(call)
    if stamp is None or window is None:
        return False
    return now - window <= stamp < now + EARLY_MS


def _message(request: Request) -> bytes:
    """Timestamp, key, window, and the query as sent or the body."""
    names = ("X-BAPI-TIMESTAMP", "X-BAPI-API-KEY", "X-BAPI-RECV-WINDOW")
    start = sent_bytes("".join(request.headers[name] for name in names))
    return start + (sent_bytes(request.query) if request.method == "GET" else request.body)


def _signed(call: Call) -> bool:
    mac = hmac.new(call.key.secret.encode(), _message(call.request), hashlib.sha256).hexdigest()
    return same(call.request.headers["X-BAPI-SIGN"], mac)


def _may_write(call: Call) -> bool:
    return call.request.method in READS or READ_ONLY not in call.key.permissions


def _body(code: int | str, message: str, result: object, now_ms: int) -> dict[str, object]:
    return {
        "retCode": code,
        "retMsg": message,
        "result": result,
        "retExtInfo": {},
        "time": now_ms,
    }


def _error(code: int, message: str) -> Refusal:
    """All come with HTTP 200."""
    return Refusal(200, code, message)


def _key_info(call: Call) -> object:
    """Only a key that is bound to no address expires; the others show 1970 and -2 days."""
    key = call.key
    end = None if key.ips else key.expires_at
    return {
        **documented.KEY,
        "id": str(number(6, "id", key.api_key)),
        "userID": 100_000_000 + number(6, "user", key.api_key),
        "note": key.name,
        "apiKey": key.api_key,
        "readOnly": int(READ_ONLY in key.permissions),
        "secret": "",
        "permissions": _permissions(key),
        "ips": list(key.ips) or ["*"],
        "type": 1,
        "deadlineDay": -2 if end is None else int((end - call.request.now) / DAY_SECONDS),
        "expiredAt": _moment(end or 0),
        "createdAt": _moment(key.created_at),
        "unified": 0,
        "uta": 1,
        "isMaster": not key.is_sub,
        "parentUid": "88" if key.is_sub else "0",
        "rsaPublicKey": "",
    }


def _permissions(key: Key) -> dict[str, list[str]]:
    shown: dict[str, list[str]] = {category: [] for category in CATEGORIES}
    for category, dot, word in (each.partition(".") for each in key.permissions):
        if dot:
            shown.setdefault(category, []).append(word)
    return shown


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")


def _wallet(call: Call) -> object:
    """The unified account; there are no other kinds any more."""
    if call.request.params().get("accountType") != "UNIFIED":
        return _error(10001, "accountType only support UNIFIED.")
    coins = [
        {**documented.COIN, "coin": asset, "equity": amount, "walletBalance": amount}
        for asset, amount in call.key.balances.items()
    ]
    return {"list": [{**documented.WALLET, "accountType": "UNIFIED", "coin": coins}]}


OPEN_ORDERS = open_orders(lambda symbol: {"symbol": symbol, "side": "Sell", "orderStatus": "New"})


def _orders(call: Call) -> object:
    """One of symbol, baseCoin and settleCoin is needed where it is not spot."""
    params = call.request.params()
    named = {"symbol", "baseCoin", "settleCoin"} & set(params)
    if not params.get("category") or (params["category"] == "linear" and not named):
        return _error(10001, "Missing some parameters that must be filled in")
    listed = OPEN_ORDERS(call) if params["category"] == "spot" else []
    return {"list": listed, "nextPageCursor": "", "category": params["category"]}


def _done(call: Call) -> object:
    return {"orderId": digest(call.key.name, "order")[:19], "orderLinkId": ""}


def _placed(call: Call) -> object:
    """Each category has a right of its own; an order that names none is one of spot."""
    try:
        category = json.loads(call.request.body or b"{}").get("category", "spot")
    except (ValueError, AttributeError):
        return _error(10001, "Missing some parameters that must be filled in")
    if not call.key.may(OF_CATEGORY.get(category, ())):
        return _denied(call)
    return _done(call)


def _announced(call: Call) -> object:
    """What is ahead, goes on, or is over: all of it stands in the list."""
    if call.request.announced is None:
        return {"list": []}
    begins, ends = call.request.announced
    now = call.request.now
    state = "scheduled" if now < begins else "ongoing" if now < ends else "completed"
    item = {"title": "Maintenance", "state": state, "serviceTypes": [2], "env": 1}
    return {"list": [item | {"begin": str(int(begins * 1000)), "end": str(int(ends * 1000))}]}


def _time(call: Call) -> object:
    now = call.request.now_ms
    return {"timeSecond": str(now // 1000), "timeNano": str(now * 1_000_000)}


def _instruments(call: Call) -> object:
    """Every market of one category; spot has no pages."""
    category = call.request.params().get("category", "")
    spot = category == "spot"
    markets = (listing.spot if spot else listing.linear)(call.request.markets)
    rows = [
        {
            **(documented.SPOT if spot else documented.LINEAR),
            **({} if spot else {"contractType": "LinearPerpetual", "settleCoin": each.settle}),
            "symbol": each.joined(""),
            "symbolId": place,
            "baseCoin": each.base,
            "quoteCoin": each.quote,
            "status": each.word("Trading", "Closed"),
        }
        for place, each in enumerate(markets, 1)
    ]
    pages = {} if spot else {"nextPageCursor": ""}
    return {"category": category, "list": rows, **pages}


# A pre-check computes what an order would need, and places none.
ROUTES = (
    Route("GET", "/v5/market/instruments-info", PUBLIC, _instruments),
    Route("GET", "/v5/market/time", PUBLIC, _time),
    Route("GET", STATUS, PUBLIC, _announced),
    Route("GET", "/v5/user/query-api", ANY_KEY, _key_info, about_key=True),
    Route("GET", "/v5/account/wallet-balance", READ, _wallet),
    Route("GET", "/v5/order/realtime", READ, _orders),
    Route("POST", "/v5/order/pre-check", ORDERS, _done, harmless=True),
    Route("POST", "/v5/order/create", ORDERS, _placed),
    Route("POST", "/v5/order/cancel", ORDERS, always(_error(170213, "Order does not exist."))),
    Route("POST", "/v5/asset/transfer/inter-transfer", TRANSFER, _done),
    Route("POST", "/v5/asset/withdraw/create", WITHDRAW, _done),
    Route("POST", "/v5/user/update-api", REWRITE, _done),
)

INVALID_KEY = _error(10003, "API key is invalid.")
WRONG_IP = "Unmatched IP, please check your API key's bound IP addresses."


def _out_of_window(call: Call) -> Refusal:
    stamp, now, window = _times(call)
    message = (
        "invalid request, please check your server timestamp or recv_window param."
        f" req_timestamp[{stamp}],server_timestamp[{now}],recv_window[{window}]"
    )
    return _error(10002, message)


def _wrong_signature(call: Call) -> Refusal:
    signed = _message(call.request).decode(errors="replace")
    return _error(10004, f"error sign! origin_string[{signed}]")


def _denied(call: Call) -> Refusal:
    """Calls of orders have a text of their own."""
    if "/order/" in call.request.path:
        return _error(10005, "Invalid API-key, IP, or permissions for action.")
    return _error(10005, "Permission denied, please check your API key permissions.")


# Unsure: this order.
REQUIREMENTS = (
    require(
        conditions.exists,
        conditions.not_revoked,
        conditions.headers(*SIGNED_HEADERS),
        otherwise=INVALID_KEY,
    ),
    require(_in_window, otherwise=_out_of_window),
    require(_signed, otherwise=_wrong_signature),
    require(conditions.not_expired, otherwise=_error(33004, "Your api key has expired.")),
    require(conditions.address_allowed, otherwise=_error(10010, WRONG_IP)),
    require(conditions.not_frozen, otherwise=_error(10008, "User had been banned.")),
    require(_may_write, conditions.disclosed, conditions.permitted, otherwise=_denied),
)


def _maintenance(request: Request, _: Faults) -> object:
    """The status call lists what goes on."""
    if request.path == STATUS:
        item = {"title": "Maintenance", "state": "ongoing", "serviceTypes": [1, 2, 3]}
        times = {"begin": str(request.now_ms - 60_000), "end": str(request.now_ms + 600_000)}
        return {"list": [item | times]}
    return as_page(503, "503 Service Temporarily Unavailable")


RATE_LIMITED = _body(10006, "Too many visits. Exceeded the API Rate Limit.", {}, 0)
# A ban is of an address, and no header says when it ends.
OUTAGES = Outages(
    rate_limited=as_json(RATE_LIMITED, headers={"X-Bapi-Limit-Status": "0"}),
    banned=as_text(403, "403, access too frequent"),
    maintenance=_maintenance,
    failing=failing("Server Error"),
    region=_error(10009, "Service Restricted: Access is currently unavailable for your region."),
)

DIALECT = Dialect(
    words=WORDS,
    invent=invent,
    claimed_key=lambda request: request.headers.get("X-BAPI-API-KEY"),
    routes=ROUTES,
    requirements=REQUIREMENTS,
    unknown_call=as_page(404, "404 Not Found"),
    success=lambda request, result: _body(0, "", result, request.now_ms),
    refusal=lambda request, refusal: _body(refusal.code, refusal.message, {}, request.now_ms),
    outages=OUTAGES,
)
