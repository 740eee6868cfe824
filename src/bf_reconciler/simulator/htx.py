"""HTX, written from the sheet htx.md (sections 3.1 to 3.8)."""

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote

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

# 3.1: one key for spot and futures; `trade` holds transfers, too.
READ, TRADE, WITHDRAW = ("readOnly",), ("trade",), ("withdraw",)
WORDS: Mapping[str, Words] = {
    "read": Words(READ),
    "trade": Words(TRADE),
    "futures": Words(TRADE),
    "withdraw": Words(WITHDRAW),
}

HARMLESS_WRITES: frozenset[tuple[str, str]] = frozenset()  # 3.2: there is no test order

HOSTS = ("api.huobi.pro", "api-aws.huobi.pro")
PREFIX = "/htx"
KEY_INFO = "/v2/user/api-key"
TOLERANCE_SECONDS = 300  # 3.6: by the documents; another says less than a minute
NUMBER = re.compile(r"/\d+(?=/|$)")
FIXED = {"SignatureMethod": "HmacSHA256", "SignatureVersion": "2"}

# What is wrong, in the words of version 1 and in those of version 2 (3.4). Which number of version
# 2 stands for which cause is known of the wrong signature alone, and of one of two for addresses.
KEY = ("Incorrect Access key [Access key错误]", 1002, "unauthorized")
PROOF = ("Verification failure [校验失败]", 1003, "invalid signature")
EXPIRED = ("API key has expired [API Key已经过期]", 1002, "unauthorized")
TIME = ("Invalid submission time or incorrect time format [时间错误]", 1003, "invalid signature")
PERMISSION = ("API key has no permission [API Key没有权限]", 1002, "forbidden")
Fault = tuple[str, int, str]


def invent(name: str) -> Credentials:
    seed = digest("htx", name)
    parts = str(uuid.UUID(seed[:32])), str(uuid.UUID(seed[32:]))
    access, secret = (f"{part[:23]}-{part[31:]}" for part in parts)
    return Credentials(access, secret)


def claimed_key(request: Request) -> str | None:
    return request.params().get("AccessKeyId")


def answer(request: Request, key: Key | None) -> Answer:
    if request.method == "GET" and request.path in PUBLIC:
        return as_json(PUBLIC[request.path](request))
    call = find(SIGNED, request.method, NUMBER.sub("/{id}", request.path))
    if call is None:
        return as_page(404, "404 Not Found")
    caller = _authenticate(request, key)
    if isinstance(caller, Answer):
        return caller
    return _refuse_call(request, caller, call) or call.reply(request, caller)


def rate_limited(retry_after: float) -> Answer:  # noqa: ARG001 no header says when
    """3.4, row "rate"."""
    return _error("rate-too-many-requests", "too many requests", 429)


def banned(retry_after: float) -> Answer:
    """No ban is known: the 429 stays."""
    return rate_limited(retry_after)


def maintenance(request: Request) -> Answer:
    """3.3: the status call still answers, 2 is halted; 3.4 for the rest."""
    if request.path == "/v2/market-status":
        return _ok(request, {"marketStatus": 2})
    return _error("system-maintenance", "System is in maintenance!")


def failing(status: int) -> Answer:
    """3.4, row "gateway"; a gateway's page stands for every other status."""
    if status == 500:  # noqa: PLR2004 the nearest HTTP status of the sheet's row
        return _error("gateway-internal-error", "Internal error", status)
    return as_page(status, f"{status} Server Error")


def region_refused(request: Request) -> Answer:  # noqa: ARG001 the page names no address
    """3.4, row "region": no body is known; what stands in front of the exchange refuses."""
    return waf_page()


def _authenticate(request: Request, key: Key | None) -> Key | Answer:
    """Who is asking? The rows of 3.4; no source tells their order."""
    params = request.params()
    if not params.get("Signature") or params.items() & FIXED.items() != FIXED.items():
        return _no(request, PROOF)
    if key is None or key.revoked:
        return _no(request, KEY)
    if not _in_time(params.get("Timestamp", ""), request.now):
        return _no(request, TIME)
    if key.expired(request.now):
        return _no(request, EXPIRED)
    if not _signature_holds(request, key):
        return _no(request, PROOF)
    return key


def _refuse_call(request: Request, key: Key, call: Signed) -> Answer | None:
    """May this key do this from here? 3.4: address, permission."""
    if not key.lets_in(request.client_ip):
        message = f"Incorrect IP address [IP地址错误]:{request.client_ip}"
        return _no(request, (message, 401, message))
    if key.frozen:  # no body of a frozen account is known
        return _error("login-required", "invalid login")
    # 3.1: that the key of a sub-user may not describe itself is [unsure].
    hidden = (key.hide_key_info or key.is_sub) and request.path == KEY_INFO
    if hidden or not key.may(call.any_of):
        return _no(request, PERMISSION)
    return None


def _in_time(stamp: str, now: float) -> bool:
    """3.6: UTC, to the second."""
    try:
        sent = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(sent.timestamp() - now) <= TOLERANCE_SECONDS


def _signature_holds(request: Request, key: Key) -> bool:
    """3.6: method, host, path and encoded parameters in ASCII order, a line each; base64.

    The host is one of HTX's own, as for a client behind a gateway; or the one that the client
    called, which is this simulator's, with or without its prefix.
    """
    params = request.params()
    sent = wire(params.pop("Signature"))
    pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in params.items())
    encoded = "&".join(f"{name}={value}" for name, value in pairs)
    called = request.headers.get("Host", "").lower()
    return any(
        hmac.compare_digest(
            sent, _mac(key.secret, f"{request.method}\n{host}\n{request.path}\n{encoded}")
        )
        for host in (*HOSTS, called, called + PREFIX)
    )


def _mac(secret: str, message: str) -> bytes:
    return base64.b64encode(hmac.digest(secret.encode(), wire(message), hashlib.sha256))


def _no(request: Request, fault: Fault) -> Answer:
    """3.4: one code for everything in version 1, a number in version 2; with HTTP 200 both."""
    words, number, message = fault
    if request.path.startswith("/v2/"):
        return as_json({"code": number, "message": message, "data": None})
    return _error("api-signature-not-valid", f"Signature not valid: {words}")


def _error(code: str, message: str, status: int = 200) -> Answer:
    body = {"status": "error", "err-code": code, "err-msg": message, "data": None}
    return as_json(body, status)


def _ok(request: Request, data: object) -> Answer:
    """The envelope of the version that was asked."""
    if request.path.startswith("/v2/"):
        return as_json({"code": 200, "message": "success", "data": data, "ok": True})
    return as_json({"status": "ok", "data": data})


def _key_info(request: Request, key: Key) -> Answer:
    """3.1: `accessKey` filters; -1 is for ever; whether keys are masked is [unsure].

    One document demands the user's number, another one does not: the stricter one holds here.
    """
    if request.params().get("uid") != str(_number(key, "uid")):
        return as_json({"code": 2002, "message": "invalid field value in `uid`"})
    left = key.remaining_days(request.now)
    entry = {
        "accessKey": key.api_key,
        "status": "normal",
        "note": key.name,
        "permission": ",".join(key.permissions),
        "ipAddresses": ",".join(key.ips),
        "validDays": -1 if left is None else int(left),
        "createTime": int(key.created_at * 1000),
        "updateTime": int(key.created_at * 1000),
    }
    asked = request.params().get("accessKey", key.api_key)
    return _ok(request, [entry] if asked == key.api_key else [])


def _uid(request: Request, key: Key) -> Answer:
    return _ok(request, _number(key, "uid"))


def _valuation(request: Request, key: Key) -> Answer:
    """What the account is worth: here, all of its amounts together."""
    if not request.params().get("accountType"):
        return as_json({"code": 2002, "message": "invalid field value in `accountType`"})
    worth = f"{sum(map(float, key.balances.values())):.8f}"
    return _ok(request, {"balance": worth, "timestamp": request.now_ms})


def _accounts(request: Request, key: Key) -> Answer:
    account = {"id": _number(key, "spot"), "type": "spot", "subtype": "", "state": "working"}
    return _ok(request, [account])


def _balance(request: Request, key: Key) -> Answer:
    """3.3: two entries per currency, what trades and what is frozen."""
    rows = [
        {"currency": asset.lower(), "type": kind, "balance": amount if kind == "trade" else "0"}
        for asset, amount in key.balances.items()
        for kind in ("trade", "frozen")
    ]
    account = {"id": _number(key, "spot"), "type": "spot", "state": "working", "list": rows}
    return _ok(request, account)


def _empty_list(request: Request, _: Key) -> Answer:
    return _ok(request, [])


def _done(request: Request, key: Key) -> Answer:
    return _ok(request, _number(key, "done"))


def _no_such_order(_: Request, __: Key) -> Answer:
    """3.2: cancelling an order that is not there."""
    return _error("base-record-invalid", "record invalid")


def _number(key: Key, kind: str) -> int:
    return 10_000_000 + int(digest(kind, key.api_key)[:6], 16)


def _symbols(request: Request) -> object:
    """Public: every spot market."""
    data = [
        {
            "symbol": each.joined("").lower(),
            "base-currency": each.base.lower(),
            "quote-currency": each.quote.lower(),
            "state": each.word("online", "suspend"),
        }
        for each in listing.spot(request.markets)
    ]
    return {"status": "ok", "data": data}


def _contracts(request: Request) -> object:
    """Public: every perpetual that is settled in its quote. 1 is listed, 3 suspended."""
    data = [
        {
            "symbol": each.base,
            "contract_code": each.joined("-"),
            "contract_status": 1 if each.trades else 3,
            "business_type": "swap",
        }
        for each in listing.linear(request.markets)
    ]
    return {"status": "ok", "data": data, "ts": request.now_ms}


# 3.3.
PUBLIC: Mapping[str, Callable[[Request], object]] = {
    "/v1/common/symbols": _symbols,
    "/linear-swap-api/v1/swap_contract_info": _contracts,
    "/v1/common/timestamp": lambda request: {"status": "ok", "data": request.now_ms},
    "/v2/market-status": lambda _: {
        "code": 200,
        "message": "success",
        "data": {"marketStatus": 1},
    },
}

# 3.1 to 3.3.
SIGNED: Table = {
    ("GET", KEY_INFO): Signed(READ, _key_info),
    ("GET", "/v2/user/uid"): Signed(READ, _uid),
    ("GET", "/v2/account/asset-valuation"): Signed(READ, _valuation),
    ("GET", "/v1/account/accounts"): Signed(READ, _accounts),
    ("GET", "/v1/account/accounts/{id}/balance"): Signed(READ, _balance),
    ("GET", "/v1/order/openOrders"): Signed(READ, _empty_list),
    ("POST", "/v1/order/orders/place"): Signed(TRADE, _done),
    ("POST", "/v1/order/orders/{id}/submitcancel"): Signed(TRADE, _no_such_order),
    ("POST", "/v2/account/transfer"): Signed(TRADE, _done),
    ("POST", "/v1/dw/withdraw/api/create"): Signed(WITHDRAW, _done),
}
