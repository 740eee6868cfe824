"""HTX.

Sources: docs/sources/htx.md#time, docs/sources/htx.md#key, docs/sources/htx.md#balance,
docs/sources/htx.md#orders, docs/sources/htx.md#markets, docs/sources/htx.md#permissions,
docs/sources/htx.md#codes, docs/sources/htx.md#signing, docs/sources/htx.md#environments
"""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote

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
from bf_reconciler.simulator.documented import htx as documented
from bf_reconciler.simulator.faults import Faults
from bf_reconciler.simulator.key import Credentials, Key, digest, number
from bf_reconciler.simulator.wire import Request, as_json, as_page, same, sent_bytes, waf_page

# One key for spot and futures; `trade` holds transfers, too.
READ, TRADE, WITHDRAW = ("readOnly",), ("trade",), ("withdraw",)
WORDS: Mapping[str, Words] = {
    "read": Words(READ),
    "trade": Words(TRADE),
    "futures": Words(TRADE),
    "withdraw": Words(WITHDRAW),
}

HOSTS = ("api.huobi.pro", "api-aws.huobi.pro")
PREFIX = "/htx"
STATUS = "/v2/market-status"
TOLERANCE_SECONDS = 300  # as documented; another document says less than a minute
FIXED = {"SignatureMethod": "HmacSHA256", "SignatureVersion": "2"}


def invent(name: str) -> Credentials:
    seed = digest("htx", name)
    parts = str(uuid.UUID(seed[:32])), str(uuid.UUID(seed[32:]))
    access, secret = (f"{part[:23]}-{part[31:]}" for part in parts)
    return Credentials(access, secret)


def _signature_sent(call: Call) -> bool:
    params = call.request.params()
    return bool(params.get("Signature")) and params.items() >= FIXED.items()


def _in_time(call: Call) -> bool:
    """UTC, to the second."""
    try:
        stamp = call.request.params().get("Timestamp", "")
        sent = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(sent.timestamp() - call.request.now) <= TOLERANCE_SECONDS


def _signed(call: Call) -> bool:
    """Method, host, path and encoded parameters in ASCII order, a line each; base64.

    The host is one of HTX's own, as for a client behind a gateway; or the one that the client
    called, which is this simulator's, with or without its prefix or its port.
    """
    request, params = call.request, call.request.params()
    sent = params.pop("Signature")
    pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in params.items())
    encoded = "&".join(f"{name}={value}" for name, value in pairs)
    called = request.headers.get("Host", "").lower()
    return any(
        same(sent, _mac(call.key.secret, f"{request.method}\n{host}\n{request.path}\n{encoded}"))
        for host in (*HOSTS, called, called + PREFIX, called.rpartition(":")[0])
    )


def _mac(secret: str, message: str) -> str:
    mac = hmac.digest(secret.encode(), sent_bytes(message), hashlib.sha256)
    return base64.b64encode(mac).decode()


def _not_sub_account(call: Call) -> bool:
    """Sub-users may call a list of calls alone, and none of version 2 that we ask is in it.

    docs/sources/htx.md#key. Unsure: whether the list is kept complete.
    """
    return not (call.key.is_sub and _version_2(call.request))


def _version_2(request: Request) -> bool:
    return request.path.startswith("/v2/")


def _success(request: Request, data: object) -> object:
    """The envelope of the version that was asked."""
    if _version_2(request):
        return {"code": 200, "message": "success", "data": data, "ok": True}
    return {"status": "ok", "data": data}


def _refusal(_: Request, refusal: Refusal) -> object:
    """A number as code is of version 2."""
    if isinstance(refusal.code, int):
        return {"code": refusal.code, "message": refusal.message, "data": None}
    code, message = refusal.code, refusal.message
    return {"status": "error", "err-code": code, "err-msg": message, "data": None}


def _error(code: str, message: str, status: int = 200) -> Refusal:
    return Refusal(status, code, message)


def _not_valid(words: str, number_2: int, message_2: str) -> Callable[[Call], Refusal]:
    """One code for everything in version 1, a number in version 2; with HTTP 200 both.

    Unsure: which number of version 2 is for which cause. Known are that of a wrong signature, and
    one of two for addresses.
    """
    by_words = _error("api-signature-not-valid", f"Signature not valid: {words}")
    by_number = Refusal(200, number_2, message_2)
    return lambda call: by_number if _version_2(call.request) else by_words


def _key_info(call: Call) -> object:
    """`accessKey` filters; -1 is for ever. Unsure: whether keys are masked.

    One document demands the user's number, another one does not: the stricter one holds here.
    """
    key, params = call.key, call.request.params()
    if params.get("uid") != str(_number(key, "uid")):
        return as_json({"code": 2002, "message": "invalid field value in `uid`"})
    left = key.remaining_days(call.request.now)
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
    return [entry] if params.get("accessKey", key.api_key) == key.api_key else []


def _uid(call: Call) -> object:
    return _number(call.key, "uid")


def _valuation(call: Call) -> object:
    """What the account is worth: here, all of its amounts together."""
    if not call.request.params().get("accountType"):
        return as_json({"code": 2002, "message": "invalid field value in `accountType`"})
    worth = f"{sum(map(float, call.key.balances.values())):.8f}"
    return {"balance": worth, "timestamp": call.request.now_ms}


def _accounts(call: Call) -> object:
    account = {"id": _number(call.key, "spot"), "type": "spot", "subtype": "", "state": "working"}
    return [account]


def _balance(call: Call) -> object:
    """Two entries per currency, what trades and what is frozen."""
    rows = [
        {"currency": asset.lower(), "type": kind, "balance": amount if kind == "trade" else "0"}
        for asset, amount in call.key.balances.items()
        for kind in ("trade", "frozen")
    ]
    return {"id": _number(call.key, "spot"), "type": "spot", "state": "working", "list": rows}


def _done(call: Call) -> object:
    return _number(call.key, "done")


def _number(key: Key, kind: str) -> int:
    return 10_000_000 + number(6, kind, key.api_key)


def _symbols(call: Call) -> object:
    """Every spot market."""
    return [
        {
            **documented.SYMBOL,
            "symbol": each.joined("").lower(),
            "base-currency": each.base.lower(),
            "quote-currency": each.quote.lower(),
            "state": each.word("online", "suspend"),
        }
        for each in listing.spot(call.request.markets)
    ]


def _contracts(call: Call) -> object:
    """Every perpetual that is settled in its quote. 1 is listed, 3 suspended."""
    data = [
        {
            **documented.CONTRACT,
            "symbol": each.base,
            "contract_code": each.joined("-"),
            "pair": each.joined("-"),
            "trade_partition": each.quote,
            "contract_status": 1 if each.trades else 3,
            "business_type": "swap",
        }
        for each in listing.linear(call.request.markets)
    ]
    return as_json({"status": "ok", "data": data, "ts": call.request.now_ms})


OPEN = as_json({"code": 200, "message": "success", "data": {"marketStatus": 1}})
OPEN_ORDERS = open_orders(lambda symbol: {"symbol": symbol, "state": "submitted"}, lower=True)
# There is no test order.
ROUTES = (
    Route("GET", "/v1/common/symbols", PUBLIC, _symbols),
    Route("GET", "/linear-swap-api/v1/swap_contract_info", PUBLIC, _contracts),
    Route("GET", "/v1/common/timestamp", PUBLIC, lambda call: call.request.now_ms),
    Route("GET", STATUS, PUBLIC, always(OPEN)),
    Route("GET", "/v2/user/api-key", READ, _key_info, about_key=True),
    Route("GET", "/v2/user/uid", READ, _uid),
    Route("GET", "/v2/account/asset-valuation", READ, _valuation),
    Route("GET", "/v1/account/accounts", READ, _accounts),
    Route("GET", "/v1/account/accounts/{number}/balance", READ, _balance),
    Route("GET", "/v1/order/openOrders", READ, OPEN_ORDERS),
    Route("POST", "/v1/order/orders/place", TRADE, _done),
    Route(
        "POST",
        "/v1/order/orders/{number}/submitcancel",
        TRADE,
        always(_error("base-record-invalid", "record invalid")),
    ),
    Route("POST", "/v2/account/transfer", TRADE, _done),
    Route("POST", "/v1/dw/withdraw/api/create", WITHDRAW, _done),
)

WRONG_KEY = _not_valid("Incorrect Access key [Access key错误]", 1002, "unauthorized")
WRONG_SIGNATURE = _not_valid("Verification failure [校验失败]", 1003, "invalid signature")
WRONG_TIME = _not_valid(
    "Invalid submission time or incorrect time format [时间错误]", 1003, "invalid signature"
)
EXPIRED = _not_valid("API key has expired [API Key已经过期]", 1002, "unauthorized")
DENIED = _not_valid("API key has no permission [API Key没有权限]", 1002, "forbidden")


def _wrong_address(call: Call) -> Refusal:
    message = f"Incorrect IP address [IP地址错误]:{call.request.client_ip}"
    return _not_valid(message, 401, message)(call)


# Unsure: this order, and what a frozen account is told.
REQUIREMENTS = (
    require(_signature_sent, otherwise=WRONG_SIGNATURE),
    require(conditions.exists, conditions.not_revoked, otherwise=WRONG_KEY),
    require(_in_time, otherwise=WRONG_TIME),
    require(conditions.not_expired, otherwise=EXPIRED),
    require(_signed, otherwise=WRONG_SIGNATURE),
    require(conditions.address_allowed, otherwise=_wrong_address),
    require(conditions.not_frozen, otherwise=_error("login-required", "invalid login")),
    require(conditions.disclosed, _not_sub_account, conditions.permitted, otherwise=DENIED),
)


def _maintenance(request: Request, _: Faults) -> object:
    """The status call still answers, 2 is halted."""
    if request.path == STATUS:
        return {"marketStatus": 2}
    return _error("system-maintenance", "System is in maintenance!")


RATE_LIMITED = _error("rate-too-many-requests", "too many requests", 429)
# No ban is known: the 429 stays. Unsure: the body of a region's refusal; what is in front of the
# exchange refuses.
OUTAGES = Outages(
    rate_limited=RATE_LIMITED,
    banned=RATE_LIMITED,
    maintenance=_maintenance,
    failing=failing("Server Error", _error("gateway-internal-error", "Internal error", 500)),
    region=waf_page(),
)

DIALECT = Dialect(
    words=WORDS,
    invent=invent,
    claimed_key=lambda request: request.params().get("AccessKeyId"),
    routes=ROUTES,
    requirements=REQUIREMENTS,
    unknown_call=as_page(404, "404 Not Found"),
    success=_success,
    refusal=_refusal,
    outages=OUTAGES,
)
