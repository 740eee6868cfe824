"""OKX v5.

Sources: docs/sources/okx.md#time, docs/sources/okx.md#key, docs/sources/okx.md#balance,
docs/sources/okx.md#orders, docs/sources/okx.md#markets, docs/sources/okx.md#permissions,
docs/sources/okx.md#codes, docs/sources/okx.md#signing, docs/sources/okx.md#environments,
docs/sources/okx.md#allowlist
"""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

from bf_reconciler.simulator import conditions, listing
from bf_reconciler.simulator.dialect import (
    PUBLIC,
    Call,
    Dialect,
    Outages,
    Refusal,
    Route,
    Words,
    failing,
    open_orders,
    require,
)
from bf_reconciler.simulator.documented import okx as documented
from bf_reconciler.simulator.faults import Faults
from bf_reconciler.simulator.key import Credentials, Key, digest, number
from bf_reconciler.simulator.wire import Request, as_json, same, sent_bytes, waf_page

# Futures are no right of a key but a mode of its account: the words acctLv=N are among the rights
# here, and are shown in a field of their own.
READ, TRADE, WITHDRAW = ("read_only",), ("trade",), ("withdraw",)
WORDS: Mapping[str, Words] = {
    "read": Words(READ),
    "trade": Words(TRADE),
    "futures": Words(("acctLv=2",), ("acctLv=3", "acctLv=4")),
    "withdraw": Words(WITHDRAW),
}
MODE = "acctLv="

WINDOW_SECONDS = 30
STATUS = "/api/v5/system/status"
SIGNED_HEADERS = (
    "OK-ACCESS-KEY",
    "OK-ACCESS-SIGN",
    "OK-ACCESS-TIMESTAMP",
    "OK-ACCESS-PASSPHRASE",
)


def invent(name: str) -> Credentials:
    seed = digest("okx", name)
    return Credentials(str(uuid.UUID(seed[:32])), seed[32:].upper(), f"Phrase-{seed[:10]}")


def _sent_at(call: Call) -> datetime | None:
    """ISO 8601 in UTC."""
    try:
        at = datetime.fromisoformat(call.request.headers["OK-ACCESS-TIMESTAMP"])
    except ValueError:
        return None
    return at if at.utcoffset() == UTC.utcoffset(None) else None


def _in_window(call: Call) -> bool:
    """30 s both ways."""
    at = _sent_at(call)
    return at is not None and abs(at.timestamp() - call.request.now) <= WINDOW_SECONDS


def _environment_fits(call: Call) -> bool:
    demo = call.request.headers.get("x-simulated-trading") == "1"
    return demo == (call.key.environment == "demo")


def _passphrase_holds(call: Call) -> bool:
    return same(call.request.headers["OK-ACCESS-PASSPHRASE"], call.key.passphrase)


def _signed(call: Call) -> bool:
    """Timestamp, method, path with its query as sent, body."""
    request = call.request
    stamp = request.headers["OK-ACCESS-TIMESTAMP"]
    message = sent_bytes(f"{stamp}{request.method}{request.target}") + request.body
    mac = hmac.digest(call.key.secret.encode(), message, hashlib.sha256)
    return same(request.headers["OK-ACCESS-SIGN"], base64.b64encode(mac).decode())


def _address_allowed(call: Call) -> bool:
    """An allowlist may hold networks."""
    allowed = [ip_network(each, strict=False) for each in call.key.ips]
    return not allowed or any(ip_address(call.request.client_ip) in each for each in allowed)


def _key_info(call: Call) -> object:
    """`ip` is "" where no address is bound; no dates are told."""
    key = call.key
    main = str(100_000_000 + number(7, "uid", key.exchange))
    own = str(100_000_000 + number(7, "uid", key.api_key)) if key.is_sub else main
    return [
        {
            **documented.KEY,
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


def _mode(key: Key) -> str:
    modes = [each.removeprefix(MODE) for each in key.permissions if each.startswith(MODE)]
    return modes[-1] if modes else "1"


def _balance(call: Call) -> object:
    """One row, whose details have a row per currency."""
    wanted, now = call.request.params().get("ccy"), str(call.request.now_ms)
    details = [
        {
            **documented.DETAIL,
            "ccy": asset,
            "cashBal": amount,
            "eq": amount,
            "availEq": amount,
            "availBal": amount,
            "frozenBal": "0",
            "uTime": now,
        }
        for asset, amount in call.key.balances.items()
        if wanted is None or asset in wanted.split(",")
    ]
    return [{**documented.ACCOUNT, "details": details, "totalEq": "0", "uTime": now}]


def _funding(call: Call) -> object:
    return [
        {**documented.FUNDS, "ccy": asset, "bal": amount, "availBal": amount}
        for asset, amount in call.key.balances.items()
    ]


def _precheck(call: Call) -> object:
    """Only for the modes 3 and 4."""
    if _mode(call.key) in {"1", "2"}:
        return Refusal(200, "51010", "Request unsupported under current account mode")
    return [{"adjEq": "0", "type": ""}]


def _ordered(call: Call) -> object:
    """The mode of an account decides whether it has derivatives."""
    try:
        market = str(json.loads(call.request.body or b"{}").get("instId", ""))
    except (ValueError, AttributeError):
        return Refusal(400, "50000", "Body for POST request can not be empty.")
    if market.endswith("-SWAP") and _mode(call.key) == "1":
        return Refusal(200, "51010", "Request unsupported under current account mode")
    return _placed(call)


def _placed(call: Call) -> object:
    return [{"ordId": str(number(14, call.key.name, "order")), "sCode": "0", "sMsg": ""}]


def _cancelled(call: Call) -> object:
    """An order that is not there."""
    try:
        order = str(json.loads(call.request.body)["ordId"])
    except (ValueError, KeyError, TypeError):
        return Refusal(400, "50014", "Parameter ordId can not be empty.")
    message = "Cancellation failed as the order does not exist."
    row = {"ordId": order, "sCode": "51400", "sMsg": message}
    return as_json({"code": "1", "data": [row], "msg": "All operations failed"})


def _instruments(call: Call) -> object:
    """Every market of one type; the names of a perpetual's currencies are in `uly`."""
    if call.request.params().get("instType") == "SWAP":
        return [
            {
                **documented.SWAP,
                "instType": "SWAP",
                "instId": f"{each.joined('-')}-SWAP",
                "instFamily": each.joined("-"),
                "baseCcy": "",
                "quoteCcy": "",
                "ctValCcy": each.base,
                "uly": each.joined("-"),
                "settleCcy": each.settle,
                "state": each.word("live", "suspend"),
            }
            for each in listing.futures(call.request.markets)
        ]
    return [
        {
            **documented.SPOT,
            "instType": "SPOT",
            "instId": each.joined("-"),
            "baseCcy": each.base,
            "quoteCcy": each.quote,
            "uly": "",
            "settleCcy": "",
            "state": each.word("live", "suspend"),
        }
        for each in listing.spot(call.request.markets)
    ]


def _announced(call: Call) -> object:
    """What is ahead or goes on; what is over stands no longer in the list."""
    if call.request.announced is None or call.request.announced[1] <= call.request.now:
        return []
    begins, ends = call.request.announced
    state = "scheduled" if call.request.now < begins else "ongoing"
    item = {"title": "System upgrade", "state": state, "serviceType": "5", "env": "1"}
    return [item | {"begin": str(int(begins * 1000)), "end": str(int(ends * 1000))}]


def _time(call: Call) -> object:
    return [{"ts": str(call.request.now_ms)}]


ORDERS = open_orders(lambda symbol: {"instId": symbol, "instType": "SPOT", "state": "live"}, "-")
# A pre-check checks an order and places none.
ROUTES = (
    Route("GET", "/api/v5/public/instruments", PUBLIC, _instruments),
    Route("GET", "/api/v5/public/time", PUBLIC, _time),
    Route("GET", STATUS, PUBLIC, _announced),
    Route("GET", "/api/v5/account/config", READ, _key_info, about_key=True),
    Route("GET", "/api/v5/account/balance", READ, _balance),
    Route("GET", "/api/v5/asset/balances", READ, _funding),
    Route("GET", "/api/v5/trade/orders-pending", READ, ORDERS),
    Route("POST", "/api/v5/trade/order-precheck", TRADE, _precheck, harmless=True),
    Route("POST", "/api/v5/trade/order", TRADE, _ordered),
    Route("POST", "/api/v5/trade/cancel-order", TRADE, _cancelled),
    Route("POST", "/api/v5/asset/transfer", TRADE, _placed),
    Route("POST", "/api/v5/asset/withdrawal", WITHDRAW, _placed),
)

NO_HEADER = 'Request header "OK-ACCESS-KEY" can\'t be empty.'
OTHER_ENVIRONMENT = "APIKey does not match current environment."
DENIED = "This API key doesn't have permission to use this function"


def _wrong_address(call: Call) -> Refusal:
    message = (
        f"Your IP {call.request.client_ip} is not included in your API key's {call.key.api_key}"
        " IP whitelist."
    )
    return Refusal(401, "50110", message)


# Unsure: that an expired key is a deleted one.
REQUIREMENTS = (
    require(conditions.headers(*SIGNED_HEADERS), otherwise=Refusal(401, "50103", NO_HEADER)),
    require(
        lambda call: _sent_at(call) is not None,
        otherwise=Refusal(401, "50112", "Invalid OK-ACCESS-TIMESTAMP"),
    ),
    require(_in_window, otherwise=Refusal(401, "50102", "Timestamp request expired")),
    require(conditions.valid, otherwise=Refusal(401, "50119", "API key doesn't exist")),
    require(_environment_fits, otherwise=Refusal(401, "50101", OTHER_ENVIRONMENT)),
    require(
        _passphrase_holds,
        otherwise=Refusal(401, "50105", 'Request header "OK-ACCESS-PASSPHRASE" incorrect.'),
    ),
    require(_signed, otherwise=Refusal(401, "50113", "Invalid Sign")),
    require(_address_allowed, otherwise=_wrong_address),
    require(conditions.not_frozen, otherwise=Refusal(403, "50007", "User blocked")),
    require(conditions.disclosed, conditions.permitted, otherwise=Refusal(401, "50120", DENIED)),
)


def _maintenance(request: Request, _: Faults) -> object:
    """The status call lists what goes on."""
    if request.path == STATUS:
        begin, end = request.now_ms - 60_000, request.now_ms + 600_000
        item = {"title": "System upgrade", "state": "ongoing", "serviceType": "0"}
        return [item | {"begin": str(begin), "end": str(end)}]
    return Refusal(503, "50001", "Service temporarily unavailable. Please try again later.")


REGION = "Due to local laws and regulations, this service is not available."
# OKX names no ban of its own. Unsure: the text of a region's refusal.
OUTAGES = Outages(
    rate_limited=Refusal(429, "50011", "Too Many Requests"),
    banned=waf_page(),
    maintenance=_maintenance,
    failing=failing(
        "Service Unavailable", Refusal(500, "50026", "System error. Please try again later.")
    ),
    region=Refusal(200, "50051", REGION),
)

DIALECT = Dialect(
    words=WORDS,
    invent=invent,
    claimed_key=lambda request: request.headers.get("OK-ACCESS-KEY"),
    routes=ROUTES,
    requirements=REQUIREMENTS,
    unknown_call=Refusal(404, "404", "Not Found"),
    success=lambda _, data: {"code": "0", "data": data, "msg": ""},
    refusal=lambda _, refusal: {"msg": refusal.message, "code": refusal.code},
    outages=OUTAGES,
)
