"""BingX.

Sources: docs/sources/bingx.md#time, docs/sources/bingx.md#key, docs/sources/bingx.md#balance,
docs/sources/bingx.md#orders, docs/sources/bingx.md#markets, docs/sources/bingx.md#permissions,
docs/sources/bingx.md#codes, docs/sources/bingx.md#signing
"""

import hashlib
import hmac
from collections.abc import Mapping

from bf_reconciler.simulator import conditions, listing
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
    open_orders,
    require,
)
from bf_reconciler.simulator.documented import bingx as documented
from bf_reconciler.simulator.key import Credentials, Key, digest, number
from bf_reconciler.simulator.wire import Request, as_json, as_page, same, sent_bytes, whole

# Rights are numbers. There is one more, 7: internal transfer of a sub-account.
SPOT, READ, FUTURES, TRANSFER, WITHDRAW = ("1",), ("2",), ("3",), ("4",), ("5",)
WORDS: Mapping[str, Words] = {
    "read": Words(READ),
    "trade": Words(SPOT),
    "futures": Words(FUTURES),
    "withdraw": Words(WITHDRAW),
}
SPELLED: Mapping[tuple[str, ...], str] = {
    SPOT: "Spot Trading",
    READ: "Read",
    FUTURES: "Perpetual Futures Trading",
}

COMMA = "\N{FULLWIDTH COMMA}"  # as it is in the text
RECV_WINDOW_MS = 5_000  # default and maximum


def invent(name: str) -> Credentials:
    seed, more = digest("bingx", name), digest("bingx", name, "secret")
    return Credentials(seed + seed[:16], more + more[:16])


def _in_window(call: Call) -> bool:
    params = call.request.params()
    stamp = whole(params.get("timestamp"))
    window = whole(params.get("recvWindow", str(RECV_WINDOW_MS)))
    if stamp is None or window is None:
        return False
    return abs(stamp - call.request.now_ms) <= min(window, RECV_WINDOW_MS)


def _signed(call: Call) -> bool:
    """Hex over all parameters but the signature, sorted by name, not URL-encoded."""
    params = call.request.params()
    sent = params.pop("signature")
    message = sent_bytes("&".join(f"{name}={value}" for name, value in sorted(params.items())))
    return same(sent, hmac.new(call.key.secret.encode(), message, hashlib.sha256).hexdigest())


def _success(request: Request, data: object) -> object:
    """Calls differ in what they put around the data; here, each has it all."""
    return {"code": 0, "msg": "", "debugMsg": "", "timestamp": request.now_ms, "data": data}


def _refusal(request: Request, refusal: Refusal) -> object:
    return {"code": refusal.code, "msg": refusal.message, "timestamp": request.now_ms}


def _error(code: int, message: str) -> Refusal:
    """Every error comes with HTTP 200."""
    return Refusal(200, code, message)


def _permissions(call: Call) -> object:
    """As it was recorded: numbers, and no envelope around them."""
    key = call.key
    return as_json(
        {
            "apiKey": key.api_key,
            "permissions": _numbers(key),
            "ipAddresses": list(key.ips),
            "note": key.name,
        }
    )


def _key_query(call: Call) -> object:
    """The key is masked, and [""] is no allowlist."""
    key = call.key
    entry = {
        "apiKey": f"{key.api_key[:2]}*******{key.api_key[-2:]}",
        "note": key.name,
        "permissions": _numbers(key),
        "ipAddresses": list(key.ips) or [""],
        "status": 0,
        "createTime": int(key.created_at * 1000),
        "updateTime": int(key.created_at * 1000),
    }
    return {"apiInfos": [entry]}


def _numbers(key: Key) -> list[int | str]:
    return [int(word) if word.isdecimal() else word for word in key.permissions]


def _uid(call: Call) -> object:
    return {"uid": 300_000_000 + number(7, "uid", call.key.api_key)}


def _balance(call: Call) -> object:
    rows = [{"asset": a, "free": n, "locked": "0"} for a, n in call.key.balances.items()]
    return {"balances": rows}


OPEN_ORDERS = open_orders(lambda symbol: {"symbol": symbol, "side": "SELL", "status": "NEW"}, "-")


def _orders(call: Call) -> object:
    return {"orders": OPEN_ORDERS(call)}


def _swap_balance(call: Call) -> object:
    """The amounts are those of the key's one balance sheet."""
    return [{"asset": a, "balance": n, "equity": n} for a, n in call.key.balances.items()]


def _order(call: Call) -> object:
    """What a test order answers, and a real one."""
    return {"order": {"symbol": call.request.params().get("symbol", ""), "orderId": 1}}


def _done(call: Call) -> object:
    return {"id": digest(call.key.name, "done")[:16]}


def _symbols(call: Call) -> object:
    """Every spot market."""
    symbols = [
        {
            **documented.SYMBOL,
            "symbol": each.joined("-"),
            "status": 1 if each.trades else 0,
            "apiStateBuy": each.trades,
            "apiStateSell": True,
        }
        for each in listing.spot(call.request.markets)
    ]
    return {"symbols": symbols}


def _contracts(call: Call) -> object:
    """Every perpetual that is settled in its quote. Its flags are texts."""
    return [
        {
            **documented.CONTRACT,
            "symbol": each.joined("-"),
            "displayName": each.joined("-"),
            "asset": each.base,
            "currency": each.settle,
            "status": 1,
            "apiStateOpen": each.word("true", "false"),
            "apiStateClose": "true",
        }
        for each in listing.linear(call.request.markets)
    ]


def _time(call: Call) -> object:
    return {"serverTime": call.request.now_ms}


# To other people, a key sends with its right to withdraw.
ROUTES = (
    Route("GET", "/openApi/spot/v1/common/symbols", PUBLIC, _symbols),
    Route("GET", "/openApi/swap/v2/quote/contracts", PUBLIC, _contracts),
    Route("GET", "/openApi/swap/v2/server/time", PUBLIC, _time),
    Route("GET", "/openApi/spot/v1/server/time", PUBLIC, _time),
    Route("GET", "/openApi/v1/account/apiPermissions", READ, _permissions, about_key=True),
    Route("GET", "/openApi/account/v1/apiKey/query", READ, _key_query),
    Route("GET", "/openApi/account/v1/uid", READ, _uid),
    Route("GET", "/openApi/spot/v1/account/balance", READ, _balance),
    Route("GET", "/openApi/swap/v3/user/balance", READ, _swap_balance),
    Route("GET", "/openApi/spot/v1/trade/openOrders", READ, _orders),
    Route("POST", "/openApi/swap/v2/trade/order/test", FUTURES, _order, harmless=True),
    Route("POST", "/openApi/swap/v2/trade/order", FUTURES, _order),
    Route("POST", "/openApi/spot/v1/trade/order", SPOT, _order),
    Route("POST", "/openApi/spot/v1/trade/cancel", SPOT, always(_error(100404, "order not exist"))),
    Route("POST", "/openApi/wallets/v1/capital/withdraw/apply", WITHDRAW, _done),
    Route("POST", "/openApi/wallets/v1/capital/innerTransfer/apply", WITHDRAW, _done),
    Route("POST", "/openApi/api/asset/v1/transfer", TRANSFER, _done),
)


def _wrong_address(call: Call) -> Refusal:
    message = (
        f"your current request IP is {call.request.client_ip} does not match IP whitelist ,"
        " please go to https://bingx.com/en/account/api/ to verify the ip you have set"
    )
    return _error(100419, message)


def _denied(call: Call) -> Refusal:
    needed = SPELLED.get(call.route.rights or (), "more")
    message = (
        f"Permission denied as the API key was created without the permission{COMMA}"
        f"this api need {needed} permission{COMMA} please config it in https://bingx.com/en/account/api"
    )
    return _error(100004, message)


# Unsure: this order, and that deleted and expired keys answer like unknown ones.
REQUIREMENTS = (
    require(conditions.valid, otherwise=_error(100413, "Incorrect apiKey")),
    require(
        lambda call: bool(call.request.params().get("signature")),
        otherwise=_error(100412, "Null signature"),
    ),
    require(_in_window, otherwise=_error(100421, "Null timestamp or timestamp mismatch")),
    require(
        _signed,
        otherwise=_error(100001, "Signature verification failed due to signature mismatch"),
    ),
    require(conditions.address_allowed, otherwise=_wrong_address),
    require(
        conditions.not_frozen,
        otherwise=_error(100414, "Code: 100414, Msg: risk control check fail,code(1)"),
    ),
    require(conditions.disclosed, conditions.permitted, otherwise=_denied),
)

BANNED = "code:100410:The endpoint trigger frequency limit rule is currently in the disabled period"
# A ban has the code of the rate limit. Unsure: the body of a maintenance, for which a gateway's
# page stands, and the text of a region's refusal.
OUTAGES = Outages(
    rate_limited=as_json({"code": 100410, "msg": "rate limited"}),
    banned=as_json({"code": 100410, "msg": BANNED}),
    maintenance=as_page(503, "503 System Maintenance"),
    failing=failing(
        "Server Error", as_json({"code": 100500, "msg": "The current system is busy"}, 500)
    ),
    region=_error(101210, ""),
)

DIALECT = Dialect(
    words=WORDS,
    invent=invent,
    claimed_key=lambda request: request.headers.get("X-BX-APIKEY"),
    routes=ROUTES,
    requirements=REQUIREMENTS,
    unknown_call=_error(100400, "this api is not exist"),
    success=_success,
    refusal=_refusal,
    outages=OUTAGES,
)
