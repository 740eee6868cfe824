"""OKX v5, written from the sheet okx.md (sections D1 to D8)."""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

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

# D1: words of `perm`. Futures are no right of a key but a mode of its account: the words acctLv=N
# stand among the rights here, and show in their own field.
WORDS: Mapping[str, Words] = {
    "read": Words(("read_only",)),
    "trade": Words(("trade",)),
    "futures": Words(("acctLv=2",), ("acctLv=3", "acctLv=4")),
    "withdraw": Words(("withdraw",)),
}
READ = ("read_only",)
TRADE = ("trade",)
WITHDRAW = ("withdraw",)
MODE = "acctLv="

# D2: checks an order and places none.
HARMLESS_WRITES = frozenset({("POST", "/api/v5/trade/order-precheck")})

WINDOW_SECONDS = 30  # D6
KEY_INFO = "/api/v5/account/config"
SIGNED_HEADERS = (
    "OK-ACCESS-KEY",
    "OK-ACCESS-SIGN",
    "OK-ACCESS-TIMESTAMP",
    "OK-ACCESS-PASSPHRASE",
)


def invent(name: str) -> Credentials:
    seed = digest("okx", name)
    return Credentials(str(uuid.UUID(seed[:32])), seed[32:].upper(), f"Phrase-{seed[:10]}")


def claimed_key(request: Request) -> str | None:
    return request.headers.get("OK-ACCESS-KEY")


def answer(request: Request, key: Key | None) -> Answer:
    if request.method == "GET" and request.path in PUBLIC:
        return _ok(PUBLIC[request.path](request))
    call = find(SIGNED, request.method, request.path)
    if call is None:
        return _no(404, "404", "Not Found")
    caller = _authenticate(request, key)
    if isinstance(caller, Answer):
        return caller
    return _refuse_call(request, caller, call) or call.reply(request, caller)


def rate_limited(retry_after: float) -> Answer:  # noqa: ARG001 it does not say when to come back
    """D4, row "rate"."""
    return _no(429, "50011", "Too Many Requests")


def banned(retry_after: float) -> Answer:  # noqa: ARG001 the page does not say when it ends
    """D4, row "Cloudflare": OKX names no ban of its own."""
    return waf_page()


def maintenance(request: Request) -> Answer:
    """D3: the status call lists what goes on; D4, row "busy/maint"."""
    if request.path == "/api/v5/system/status":
        begin, end = request.now_ms - 60_000, request.now_ms + 600_000
        item = {"title": "System upgrade", "state": "ongoing", "serviceType": "0"}
        return _ok([item | {"begin": str(begin), "end": str(end)}])
    return _no(503, "50001", "Service temporarily unavailable. Please try again later.")


def failing(status: int) -> Answer:
    """D4, row "busy/maint"."""
    if status == 500:  # noqa: PLR2004 the HTTP status of the sheet's row
        return _no(500, "50026", "System error. Please try again later.")
    return as_page(status, f"{status} Service Unavailable")


def region_refused(request: Request) -> Answer:  # noqa: ARG001 the body names no address
    """D4, row "region/compliance"; its text is not in the sheet."""
    return _no(200, "50051", "Due to local laws and regulations, this service is not available.")


def _authenticate(request: Request, key: Key | None) -> Key | Answer:
    """Who is asking? The rows of D4 in the order header, time, key, environment, proof."""
    headers = request.headers
    if not all(headers.get(name) for name in SIGNED_HEADERS):
        return _no(401, "50103", 'Request header "OK-ACCESS-KEY" can\'t be empty.')
    if (refusal := _refuse_time(headers["OK-ACCESS-TIMESTAMP"], request.now)) is not None:
        return refusal
    # D4, rows "unknown key" and "expired key": that an expired key is a deleted one is inferred.
    if key is None or key.revoked or key.expired(request.now):
        return _no(401, "50119", "API key doesn't exist")
    demo = headers.get("x-simulated-trading") == "1"
    if demo != (key.environment == "demo"):
        return _no(401, "50101", "APIKey does not match current environment.")
    if not _same(headers["OK-ACCESS-PASSPHRASE"], key.passphrase):
        return _no(401, "50105", 'Request header "OK-ACCESS-PASSPHRASE" incorrect.')
    if not _same(headers["OK-ACCESS-SIGN"], _signature(request, key.secret)):
        return _no(401, "50113", "Invalid Sign")
    return key


def _refuse_time(stamp: str, now: float) -> Answer | None:
    """D6: ISO 8601 in UTC, 30 s both ways."""
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        return _no(401, "50112", "Invalid OK-ACCESS-TIMESTAMP")
    if at.utcoffset() != UTC.utcoffset(None):
        return _no(401, "50112", "Invalid OK-ACCESS-TIMESTAMP")
    if abs(at.timestamp() - now) > WINDOW_SECONDS:
        return _no(401, "50102", "Timestamp request expired")
    return None


def _signature(request: Request, secret: str) -> str:
    """D6: timestamp, method, path with its query as sent, body."""
    stamp = request.headers["OK-ACCESS-TIMESTAMP"]
    signed = wire(f"{stamp}{request.method}{request.target}") + request.body
    return base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()


def _same(sent: str, due: str) -> bool:
    return hmac.compare_digest(wire(sent), due.encode())


def _refuse_call(request: Request, key: Key, call: Signed) -> Answer | None:
    """May this key do this from here? D4: IP, blocked user, missing permission."""
    if not _lets_in(key, request.client_ip):
        message = (
            f"Your IP {request.client_ip} is not included in your API key's {key.api_key}"
            " IP whitelist."
        )
        return _no(401, "50110", message)
    if key.frozen:
        return _no(403, "50007", "User blocked")
    hidden = key.hide_key_info and request.path == KEY_INFO
    if hidden or not key.may(call.any_of):
        return _no(401, "50120", "This API key doesn't have permission to use this function")
    return None


def _lets_in(key: Key, ip: str) -> bool:
    """D1: an allowlist may hold networks."""
    return not key.ips or any(ip_address(ip) in ip_network(each, strict=False) for each in key.ips)


def _ok(data: object) -> Answer:
    return as_json({"code": "0", "data": data, "msg": ""})


def _no(status: int, code: str, msg: str) -> Answer:
    return as_json({"msg": msg, "code": code}, status)


def _key_info(_: Request, key: Key) -> Answer:
    """D1. `ip` is "" where no address is bound; no dates are told."""
    main = str(100_000_000 + int(digest("uid", key.exchange)[:7], 16))
    own = str(100_000_000 + int(digest("uid", key.api_key)[:7], 16)) if key.is_sub else main
    return _ok(
        [
            {
                "acctLv": _mode(key),
                "enableSpotBorrow": False,
                "ip": ",".join(key.ips),
                "kycLv": "3",
                "label": key.name,
                "level": "Lv1",
                "mainUid": main,
                "opAuth": "1",
                "perm": ",".join(each for each in key.permissions if not each.startswith(MODE)),
                "posMode": "net_mode",
                "roleType": "0",
                "type": "1" if key.is_sub else "0",
                "uid": own,
            }
        ]
    )


def _mode(key: Key) -> str:
    modes = [each.removeprefix(MODE) for each in key.permissions if each.startswith(MODE)]
    return modes[-1] if modes else "1"


def _balance(request: Request, key: Key) -> Answer:
    """D3: one row, whose details have a row per currency."""
    wanted = request.params().get("ccy")
    details = [
        {"ccy": asset, "cashBal": amount, "eq": amount, "availBal": amount, "frozenBal": "0"}
        for asset, amount in key.balances.items()
        if wanted is None or asset in wanted.split(",")
    ]
    return _ok([{"details": details, "totalEq": "0", "uTime": str(request.now_ms)}])


def _funding(_: Request, key: Key) -> Answer:
    return _ok([{"ccy": asset, "bal": amount} for asset, amount in key.balances.items()])


def _nothing(_: Request, __: Key) -> Answer:
    return _ok([])


def _precheck(_: Request, key: Key) -> Answer:
    """D2: only for the modes 3 and 4."""
    if _mode(key) in {"1", "2"}:
        return _no(200, "51010", "Request unsupported under current account mode")
    return _ok([{"adjEq": "0", "type": ""}])


def _placed(_: Request, key: Key) -> Answer:
    return _ok([{"ordId": str(int(digest(key.name, "order")[:14], 16)), "sCode": "0", "sMsg": ""}])


def _cancelled(request: Request, _: Key) -> Answer:
    """D2: an order that is not there."""
    try:
        order = str(json.loads(request.body)["ordId"])
    except (ValueError, KeyError, TypeError):
        return _no(400, "50014", "Parameter ordId can not be empty.")
    said = "Cancellation failed as the order does not exist."
    row = {"ordId": order, "sCode": "51400", "sMsg": said}
    return as_json({"code": "1", "data": [row], "msg": "All operations failed"})


def _instruments(request: Request) -> object:
    """Public: every market of one type; the names of a perpetual's currencies are in `uly`."""
    if request.params().get("instType") == "SWAP":
        return [
            {
                "instType": "SWAP",
                "instId": f"{each.joined('-')}-SWAP",
                "baseCcy": "",
                "quoteCcy": "",
                "uly": each.joined("-"),
                "settleCcy": each.settle,
                "state": each.word("live", "suspend"),
            }
            for each in listing.futures(request.markets)
        ]
    return [
        {
            "instType": "SPOT",
            "instId": each.joined("-"),
            "baseCcy": each.base,
            "quoteCcy": each.quote,
            "uly": "",
            "settleCcy": "",
            "state": each.word("live", "suspend"),
        }
        for each in listing.spot(request.markets)
    ]


# D3.
PUBLIC: Mapping[str, Callable[[Request], object]] = {
    "/api/v5/public/instruments": _instruments,
    "/api/v5/public/time": lambda request: [{"ts": str(request.now_ms)}],
    "/api/v5/system/status": lambda _: [],
}

# D1, D2, D3.
SIGNED: Table = {
    ("GET", KEY_INFO): Signed(READ, _key_info),
    ("GET", "/api/v5/account/balance"): Signed(READ, _balance),
    ("GET", "/api/v5/asset/balances"): Signed(READ, _funding),
    ("GET", "/api/v5/trade/orders-pending"): Signed(READ, _nothing),
    ("POST", "/api/v5/trade/order-precheck"): Signed(TRADE, _precheck),
    ("POST", "/api/v5/trade/order"): Signed(TRADE, _placed),
    ("POST", "/api/v5/trade/cancel-order"): Signed(TRADE, _cancelled),
    ("POST", "/api/v5/asset/transfer"): Signed(TRADE, _placed),
    ("POST", "/api/v5/asset/withdrawal"): Signed(WITHDRAW, _placed),
}
