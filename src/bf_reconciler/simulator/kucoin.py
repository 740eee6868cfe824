"""KuCoin, written from the sheet kucoin.md (sections A1 to A8)."""

import base64
import hashlib
import hmac
import json
import uuid
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

# A1: words of the api-key answer; `Trade` is on old keys, `Withdrawal` in newer documents.
WORDS: Mapping[str, Words] = {
    "read": Words(("General",)),
    "trade": Words(("Spot",), ("Trade",)),
    "futures": Words(("Futures",)),
    "withdraw": Words(("Transfer",), ("Withdrawal",)),
}
SPOT = ("Spot", "Trade")
WITHDRAW = ("Withdrawal", "Transfer")
FLEX_TRANSFERS = ("FlexTransfers", "InnerTransfer")

# A2: "the order will not enter the matching system".
HARMLESS_WRITES = frozenset(
    {
        ("POST", "/api/v1/hf/orders/test"),
        ("POST", "/api/v1/orders/test"),
    }
)

WINDOW_MS = 5_000  # A6: |delta| < 5 s both ways
RATE_LIMIT = 2_000  # A7: Management and Public pools
KEY_INFO = "/api/v1/user/api-key"
SIGNED_HEADERS = ("KC-API-KEY", "KC-API-SIGN", "KC-API-TIMESTAMP", "KC-API-PASSPHRASE")


def invent(name: str) -> Credentials:
    seed = digest("kucoin", name)
    return Credentials(seed[:24], str(uuid.UUID(seed[24:56])), f"phrase-{seed[56:]}")


def claimed_key(request: Request) -> str | None:
    return request.headers.get("KC-API-KEY")


def answer(request: Request, key: Key | None) -> Answer:
    if request.method == "GET" and request.path in PUBLIC:
        return _ok(PUBLIC[request.path](request))
    call = find(SIGNED, request.method, request.path)
    if call is None:
        return _no(404, "404000", "Url Not Found")
    caller = _authenticate(request, key)
    if isinstance(caller, Answer):
        return caller
    return _refuse_call(request, caller, call) or call.reply(request, caller)


def rate_limited(retry_after: float) -> Answer:
    """A4, row "rate limit"; the reset header counts milliseconds."""
    headers = {
        "gw-ratelimit-limit": str(RATE_LIMIT),
        "gw-ratelimit-remaining": "0",
        "gw-ratelimit-reset": str(round(retry_after * 1000)),
    }
    return _no(429, "429000", "Too Many Requests", headers)


def banned(retry_after: float) -> Answer:  # noqa: ARG001 the page does not say when it ends
    """A4, row "WAF": KuCoin names no ban of its own; what stands in front of it bans."""
    return waf_page()


def maintenance(request: Request) -> Answer:
    """A3: the status call still answers, with `close`; A4, row "server": the rest is a 503 page."""
    if request.path == "/api/v1/status":
        return _ok({"status": "close", "msg": "system upgrading"})
    return as_page(503, "503 Service Temporarily Unavailable")


def failing(status: int) -> Answer:
    """A4, row "server"."""
    if status == 500:  # noqa: PLR2004 the HTTP status of the sheet's row
        return _no(500, "500000", "Internal Server Error")
    return as_page(status, f"{status} Service Temporarily Unavailable")


def region_refused(request: Request) -> Answer:
    """A4, row "region (US IP)"; its HTTP status is [unsure] there."""
    message = (
        "Our services are currently unavailable in the U.S. To ensure a seamless experience, please"
        " access the platform from a non-restricted country/region using a supported IP address."
        " For more details, please refer to our Terms of Use."
        f" (current ip: {request.client_ip} and current area: US)"
    )
    return _no(403, "400302", message)


def _authenticate(request: Request, key: Key | None) -> Key | Answer:
    """Who is asking? The rows of A4 in the order header, time, key, version, proof."""
    headers = request.headers
    if not all(headers.get(name) for name in SIGNED_HEADERS):
        names = ", ".join(SIGNED_HEADERS)
        return _no(401, "400001", f"Please check the header of your request for {names}")
    if not _in_window(headers["KC-API-TIMESTAMP"], request.now_ms):
        return _no(400, "400002", "Invalid KC-API-TIMESTAMP")
    # A4, row "unknown key": also for deleted and expired keys [unsure].
    if key is None or key.revoked or key.expired(request.now):
        return _no(401, "400003", "KC-API-KEY not exists")
    # A4, row "wrong key version" [unsure]; A6: 2 by ccxt, 3 by the official SDK.
    if headers.get("KC-API-KEY-VERSION") not in {"2", "3"}:
        return _no(403, "400007", "Invalid KC-API-KEY-VERSION")
    return _refuse_proof(request, key) or key


def _refuse_proof(request: Request, key: Key) -> Answer | None:
    """Does the caller know secret and passphrase?

    Whether a wrong secret shows as 400004 or 400005 is [unsure] in A4: it breaks the signature and
    the encrypted passphrase alike. Here the signature is looked at first, so it is 400005.
    """
    headers = request.headers
    if not _same(headers["KC-API-SIGN"], _mac(key.secret, _payload(request))):
        return _no(401, "400005", "Invalid KC-API-SIGN")
    if not _same(headers["KC-API-PASSPHRASE"], _mac(key.secret, key.passphrase.encode())):
        return _no(401, "400004", "Invalid KC-API-PASSPHRASE")
    return None


def _refuse_call(request: Request, key: Key, call: Signed) -> Answer | None:
    """May this key do this from here? A4: IP, frozen user, missing permission."""
    if not key.lets_in(request.client_ip):
        message = f"Invalid request ip, the current clientIp is:{request.client_ip}"
        return _no(403, "400006", message)
    if key.frozen:
        return _no(403, "411100", "User are frozen")
    hidden = key.hide_key_info and request.path == KEY_INFO
    if hidden or not key.may(call.any_of):
        return _no(403, "400007", "Access denied, require more permission.")
    return None


def _payload(request: Request) -> bytes:
    """A6: timestamp, method, endpoint with its query not URL-encoded, body."""
    stamp = request.headers["KC-API-TIMESTAMP"]
    return wire(f"{stamp}{request.method}{request.decoded_target}") + request.body


def _mac(secret: str, message: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), message, hashlib.sha256)).decode()


def _same(sent: str, due: str) -> bool:
    return hmac.compare_digest(wire(sent), due.encode())


def _in_window(stamp: str, now_ms: int) -> bool:
    return stamp.isascii() and stamp.isdigit() and abs(int(stamp[:20]) - now_ms) < WINDOW_MS


def _ok(data: object) -> Answer:
    return as_json({"code": "200000", "data": data})


def _no(status: int, code: str, msg: str, headers: Mapping[str, str] | None = None) -> Answer:
    return as_json({"code": code, "msg": msg}, status, headers)


def _key_info(_: Request, key: Key) -> Answer:
    """A1: `ipWhitelist` is "" without a list; a sub key adds `subName`."""
    data: dict[str, object] = {
        "remark": key.name,
        "apiKey": key.api_key,
        "apiVersion": 3,
        "permission": ",".join(key.permissions),
        "ipWhitelist": ",".join(key.ips),
        "createdAt": int(key.created_at * 1000),
        "uid": _uid(key),
        "isMaster": not key.is_sub,
    }
    if key.is_sub:
        data["subName"] = f"{key.name}-sub"
    return _ok(data)


def _accounts(request: Request, key: Key) -> Answer:
    """A3, row "balance": one entry per currency, all of them in the trade account."""
    params = request.params()
    rows = [
        {
            "id": str(int(digest(key.name, asset)[:10], 16)),
            "currency": asset,
            "type": "trade",
            "balance": amount,
            "available": amount,
            "holds": "0",
        }
        for asset, amount in key.balances.items()
        if params.get("currency", asset) == asset and params.get("type", "trade") == "trade"
    ]
    return _ok(rows)


def _futures_account(request: Request, key: Key) -> Answer:
    """A3, row "futures balance"; the amounts are those of the key's one balance sheet."""
    currency = request.params().get("currency", "XBT")
    amount = float(key.balances.get(currency, "0"))
    return _ok(
        {
            "accountEquity": amount,
            "unrealisedPNL": 0,
            "marginBalance": amount,
            "positionMargin": 0,
            "orderMargin": 0,
            "frozenFunds": 0,
            "availableBalance": amount,
            "currency": currency,
        }
    )


def _active_orders(request: Request, _: Key) -> Answer:
    """A3, row "open orders": symbol mandatory."""
    if not request.params().get("symbol"):
        return _no(400, "400100", "symbol: must not be empty")
    return _ok([])


def _active_symbols(_: Request, __: Key) -> Answer:
    return _ok({"symbols": []})


def _orders_page(_: Request, __: Key) -> Answer:
    return _ok({"currentPage": 1, "pageSize": 50, "totalNum": 0, "totalPage": 0, "items": []})


def _placed(request: Request, key: Key) -> Answer:
    """A2: what a test order answers, and a real one."""
    try:
        client_oid = json.loads(request.body)["clientOid"]
    except (ValueError, KeyError, TypeError):
        return _no(400, "400100", "validation.createOrder.clientOidIsRequired")
    return _ok({"orderId": digest(key.name, "order")[:24], "clientOid": client_oid})


def _done(_: Request, key: Key) -> Answer:
    return _ok({"withdrawalId": digest(key.name, "withdrawal")[:24]})


def _cancelled(request: Request, _: Key) -> Answer:
    return _ok({"cancelledOrderIds": [request.path.rpartition("/")[2]]})


def _uid(key: Key) -> int:
    return 100_000_000 + int(digest("uid", key.api_key)[:7], 16)


def _symbols(request: Request) -> object:
    """Public: every spot market."""
    return [
        {
            "symbol": each.joined("-"),
            "name": each.joined("-"),
            "baseCurrency": each.base,
            "quoteCurrency": each.quote,
            "enableTrading": each.trades,
        }
        for each in listing.spot(request.markets)
    ]


def _contracts(request: Request) -> object:
    """Public: every perpetual; bitcoin is XBT there."""
    return [
        {
            "symbol": f"{each.joined('')}M",
            "type": "FFWCSX",
            "baseCurrency": "XBT" if each.base == "BTC" else each.base,
            "quoteCurrency": each.quote,
            "settleCurrency": "XBT" if each.settle == "BTC" else each.settle,
            "status": each.word("Open", "Paused"),
        }
        for each in listing.futures(request.markets)
    ]


# A3, rows "time" and "status".
PUBLIC: Mapping[str, Callable[[Request], object]] = {
    "/api/v2/symbols": _symbols,
    "/api/v1/contracts/active": _contracts,
    "/api/v1/timestamp": lambda request: request.now_ms,
    "/api/v1/status": lambda _: {"status": "open", "msg": ""},
}

# A1 and A3 for the reads, A1 "Endpoint permission map" for the rest.
SIGNED: Table = {
    ("GET", KEY_INFO): Signed(("General",), _key_info),
    ("GET", "/api/v1/accounts"): Signed(("General",), _accounts),
    ("GET", "/api/v1/account-overview"): Signed(("Futures",), _futures_account),
    ("GET", "/api/v1/hf/orders/active"): Signed(("General",), _active_orders),
    ("GET", "/api/v1/hf/orders/active/symbols"): Signed(SPOT, _active_symbols),
    ("GET", "/api/v1/orders"): Signed(("General",), _orders_page),
    ("POST", "/api/v1/hf/orders/test"): Signed(SPOT, _placed),
    ("POST", "/api/v1/orders/test"): Signed(SPOT, _placed),
    ("POST", "/api/v1/hf/orders"): Signed(SPOT, _placed),
    ("POST", "/api/v1/orders"): Signed(SPOT, _placed),
    ("DELETE", "/api/v1/hf/orders/"): Signed(SPOT, _cancelled),
    ("DELETE", "/api/v1/orders/"): Signed(SPOT, _cancelled),
    ("POST", "/api/v3/withdrawals"): Signed(WITHDRAW, _done),
    ("POST", "/api/v1/withdrawals"): Signed(WITHDRAW, _done),
    ("DELETE", "/api/v1/withdrawals/"): Signed(WITHDRAW, _done),
    ("POST", "/api/v3/accounts/universal-transfer"): Signed(FLEX_TRANSFERS, _done),
    ("POST", "/api/v2/accounts/inner-transfer"): Signed(SPOT, _done),
}
