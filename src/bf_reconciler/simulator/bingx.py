"""BingX, written from the sheet bingx.md (sections 4.1 to 4.8)."""

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
    wire,
)
from bf_reconciler.simulator.key import Credentials, Key

# 4.1, "Codes": 1 spot trading, 2 read, 3 perpetual futures, 4 universal transfer, 5 withdraw, 7
# sub-account internal transfer.
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

# 4.2: "validates without placing".
HARMLESS_WRITES = frozenset({("POST", "/openApi/swap/v2/trade/order/test")})

COMMA = "\N{FULLWIDTH COMMA}"  # 4.4, row "permission": it stands so in the text
RECV_WINDOW_MS = 5_000  # 4.6: default and maximum
PERMISSIONS = "/openApi/v1/account/apiPermissions"
NAMED = "please go to https://bingx.com/en/account/api/ to verify the ip you have set"


def invent(name: str) -> Credentials:
    seed, more = digest("bingx", name), digest("bingx", name, "secret")
    return Credentials(seed + seed[:16], more + more[:16])


def claimed_key(request: Request) -> str | None:
    return request.headers.get("X-BX-APIKEY")


def answer(request: Request, key: Key | None) -> Answer:
    if request.method == "GET" and request.path in PUBLIC:
        return _ok(request, PUBLIC[request.path](request))
    call = find(SIGNED, request.method, request.path)
    if call is None:
        return _no(request, 100400, "this api is not exist")
    caller = _authenticate(request, key)
    if isinstance(caller, Answer):
        return caller
    return _refuse_call(request, caller, call) or call.reply(request, caller)


def rate_limited(retry_after: float) -> Answer:  # noqa: ARG001 no header says when
    """4.4, row "rate": the official code, with HTTP 200."""
    return as_json({"code": 100410, "msg": "rate limited"})


def banned(retry_after: float) -> Answer:  # noqa: ARG001 the time is of a clock we do not have here
    """4.4, row "rate": a ban has the same code."""
    message = (
        "code:100410:The endpoint trigger frequency limit rule is currently in the disabled period"
    )
    return as_json({"code": 100410, "msg": message})


def maintenance(request: Request) -> Answer:  # noqa: ARG001 no call is spared: there is no status call
    """No body is known (4.3, 4.4): a gateway's page stands for it."""
    return as_page(503, "503 System Maintenance")


def failing(status: int) -> Answer:
    """4.4, row "busy"; no body of another status is known, so a gateway's page stands for it."""
    if status == 500:  # noqa: PLR2004 the nearest HTTP status of the sheet's row
        return as_json({"code": 100500, "msg": "The current system is busy"}, status)
    return as_page(status, f"{status} Server Error")


def region_refused(request: Request) -> Answer:
    """4.4, row "region/KYC": the code is known, its text is not."""
    return _no(request, 101210, "")


def _authenticate(request: Request, key: Key | None) -> Key | Answer:
    """Who is asking? The rows of 4.4; no source tells their order."""
    # That deleted and expired keys answer like unknown ones is presumed in 4.4.
    if key is None or key.revoked or key.expired(request.now):
        return _no(request, 100413, "Incorrect apiKey")
    params = request.params()
    if not params.get("signature"):
        return _no(request, 100412, "Null signature")
    if not _in_window(params, request.now_ms):
        return _no(request, 100421, "Null timestamp or timestamp mismatch")
    if not _signature_holds(params, key):
        message = "Signature verification failed due to signature mismatch"
        return _no(request, 100001, message)
    return key


def _refuse_call(request: Request, key: Key, call: Signed) -> Answer | None:
    """May this key do this from here? 4.4: IP, risk control, permission."""
    if not key.lets_in(request.client_ip):
        message = f"your current request IP is {request.client_ip} does not match IP whitelist"
        return _no(request, 100419, f"{message} , {NAMED}")
    if key.frozen:
        return _no(request, 100414, "Code: 100414, Msg: risk control check fail,code(1)")
    hidden = key.hide_key_info and request.path == PERMISSIONS
    if hidden or not key.may(call.any_of):
        needed = SPELLED.get(call.any_of, "more")
        message = (
            f"Permission denied as the API key was created without the permission{COMMA}"
            f"this api need {needed} permission{COMMA} please config it in https://bingx.com/en/account/api"
        )
        return _no(request, 100004, message)
    return None


def _in_window(params: Mapping[str, str], now_ms: int) -> bool:
    stamp = params.get("timestamp", "")
    window = params.get("recvWindow", str(RECV_WINDOW_MS))
    if not all(each.isascii() and each.isdigit() for each in (stamp, window)):
        return False
    return abs(int(stamp[:20]) - now_ms) <= min(int(window[:20]), RECV_WINDOW_MS)


def _signature_holds(params: Mapping[str, str], key: Key) -> bool:
    """4.6: hex over all parameters but the signature, sorted by name, not URL-encoded."""
    pairs = sorted((name, value) for name, value in params.items() if name != "signature")
    signed = wire("&".join(f"{name}={value}" for name, value in pairs))
    due = hmac.new(key.secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wire(params["signature"]), due.encode())


def _ok(request: Request, data: object) -> Answer:
    return as_json({"code": 0, "timestamp": request.now_ms, "data": data})


def _no(request: Request, code: int, msg: str) -> Answer:
    """4.4: every error comes with HTTP 200."""
    return as_json({"code": code, "msg": msg, "timestamp": request.now_ms})


def _permissions(_: Request, key: Key) -> Answer:
    """4.1 a) as it was seen: numbers, and no envelope around them."""
    return as_json(
        {
            "apiKey": key.api_key,
            "permissions": _numbers(key),
            "ipAddresses": list(key.ips),
            "note": key.name,
        }
    )


def _key_query(request: Request, key: Key) -> Answer:
    """4.1 b): the key is masked, and [""] is no allowlist."""
    entry = {
        "apiKey": f"{key.api_key[:2]}*******{key.api_key[-2:]}",
        "note": key.name,
        "permissions": _numbers(key),
        "ipAddresses": list(key.ips) or [""],
        "status": 0,
        "createTime": int(key.created_at * 1000),
        "updateTime": int(key.created_at * 1000),
    }
    return _ok(request, {"apiInfos": [entry]})


def _numbers(key: Key) -> list[int | str]:
    return [int(word) if word.isdecimal() else word for word in key.permissions]


def _uid(request: Request, key: Key) -> Answer:
    return _ok(request, {"uid": 300_000_000 + int(digest("uid", key.api_key)[:7], 16)})


def _balance(request: Request, key: Key) -> Answer:
    """4.3, balance of spot."""
    rows = [{"asset": a, "free": n, "locked": "0"} for a, n in key.balances.items()]
    return _ok(request, {"balances": rows})


def _swap_balance(request: Request, key: Key) -> Answer:
    """4.3, balance of swap; the amounts are those of the key's one balance sheet."""
    rows = [{"asset": a, "balance": n, "equity": n} for a, n in key.balances.items()]
    return _ok(request, rows)


def _no_orders(request: Request, _: Key) -> Answer:
    return _ok(request, {"orders": []})


def _order(request: Request, _: Key) -> Answer:
    """4.2: what a test order answers, and a real one."""
    return _ok(request, {"order": {"symbol": request.params().get("symbol", ""), "orderId": 1}})


def _no_such_order(request: Request, _: Key) -> Answer:
    """4.2: cancelling an order that is not there."""
    return _no(request, 100404, "order not exist")


def _done(request: Request, key: Key) -> Answer:
    return _ok(request, {"id": digest(key.name, "done")[:16]})


def _symbols(request: Request) -> object:
    """Public: every spot market."""
    symbols = [
        {
            "symbol": each.joined("-"),
            "status": 1 if each.trades else 0,
            "apiStateBuy": each.trades,
            "apiStateSell": True,
        }
        for each in listing.spot(request.markets)
    ]
    return {"symbols": symbols}


def _contracts(request: Request) -> object:
    """Public: every perpetual that is settled in its quote. Its flags are texts."""
    return [
        {
            "symbol": each.joined("-"),
            "asset": each.base,
            "currency": each.settle,
            "status": 1,
            "apiStateOpen": each.word("true", "false"),
            "apiStateClose": "true",
        }
        for each in listing.linear(request.markets)
    ]


# 4.3.
PUBLIC: Mapping[str, Callable[[Request], object]] = {
    "/openApi/spot/v1/common/symbols": _symbols,
    "/openApi/swap/v2/quote/contracts": _contracts,
    "/openApi/swap/v2/server/time": lambda request: {"serverTime": request.now_ms},
    "/openApi/spot/v1/server/time": lambda request: {"serverTime": request.now_ms},
}

# 4.1 to 4.3. To other people, a key sends with its right to withdraw.
SIGNED: Table = {
    ("GET", PERMISSIONS): Signed(READ, _permissions),
    ("GET", "/openApi/account/v1/apiKey/query"): Signed(READ, _key_query),
    ("GET", "/openApi/account/v1/uid"): Signed(READ, _uid),
    ("GET", "/openApi/spot/v1/account/balance"): Signed(READ, _balance),
    ("GET", "/openApi/swap/v3/user/balance"): Signed(READ, _swap_balance),
    ("GET", "/openApi/spot/v1/trade/openOrders"): Signed(READ, _no_orders),
    ("POST", "/openApi/swap/v2/trade/order/test"): Signed(FUTURES, _order),
    ("POST", "/openApi/swap/v2/trade/order"): Signed(FUTURES, _order),
    ("POST", "/openApi/spot/v1/trade/order"): Signed(SPOT, _order),
    ("POST", "/openApi/spot/v1/trade/cancel"): Signed(SPOT, _no_such_order),
    ("POST", "/openApi/wallets/v1/capital/withdraw/apply"): Signed(WITHDRAW, _done),
    ("POST", "/openApi/wallets/v1/capital/innerTransfer/apply"): Signed(WITHDRAW, _done),
    ("POST", "/openApi/api/asset/v1/transfer"): Signed(TRANSFER, _done),
}
