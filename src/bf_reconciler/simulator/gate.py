"""Gate.io v4.

Sources: docs/sources/gate.md#time, docs/sources/gate.md#key, docs/sources/gate.md#balance,
docs/sources/gate.md#orders, docs/sources/gate.md#markets, docs/sources/gate.md#permissions,
docs/sources/gate.md#codes, docs/sources/gate.md#signing, docs/sources/gate.md#pace
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping

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
    plain,
    require,
)
from bf_reconciler.simulator.documented import gate as documented
from bf_reconciler.simulator.key import Credentials, Key, digest, number
from bf_reconciler.simulator.wire import (
    Request,
    as_json,
    as_page,
    same,
    sent_bytes,
    waf_page,
)

# A permission is held read-only ("spot:r") or not ("spot:rw"). That of withdrawals has no name in
# the documents. A key without any of account cannot even be asked for its own rights.
WORDS: Mapping[str, Words] = {
    "read": Words(("account:r", "spot:r"), ("account:rw",)),
    "trade": Words(("spot:rw",)),
    "futures": Words(("futures:rw",)),
    "withdraw": Words(("withdrawal:rw",), ("withdraw:rw",)),
}
ACCOUNT = ("account:r", "account:rw")
SPOT = ("spot:rw",)
SPOT_READ = ("spot:r", *SPOT)
FUTURES = ("futures:rw",)
FUTURES_READ = ("futures:r", *FUTURES)
WALLET = ("wallet:rw",)
WALLET_READ = ("wallet:r", *WALLET)
UNIFIED_READ = ("unified:r", "unified:rw")
WITHDRAW = ("withdrawal:rw", "withdraw:rw")

API = "/api/v4"
WINDOW_SECONDS = 60
SECONDS = re.compile(r"\d{1,20}(\.\d{1,20})?", re.ASCII)
SHOWN = 12  # characters of a masked key
LIMIT = 200


def invent(name: str) -> Credentials:
    return Credentials(digest("gate", name)[:32], digest("gate-secret", name))


def _in_window(call: Call) -> bool:
    """Seconds; the official client sends a fraction, too, and signs what it sends."""
    stamp = call.request.headers["Timestamp"]
    if not SECONDS.fullmatch(stamp):
        return False
    return abs(float(stamp) - call.request.now) <= WINDOW_SECONDS


def signature(request: Request, secret: str) -> str:
    """Method, path, query as decoded, SHA-512 of the body, time; a line each."""
    path, _, query = request.decoded_target.partition("?")
    body = hashlib.sha512(request.body).hexdigest()
    lines = (request.method, path, query, body, request.headers["Timestamp"])
    return hmac.digest(secret.encode(), sent_bytes("\n".join(lines)), hashlib.sha512).hex()


def _signed(call: Call) -> bool:
    return same(call.request.headers["SIGN"], signature(call.request, call.key.secret))


def _group(call: Call) -> str:
    """The permission that the call is of, whether it reads or writes."""
    return (call.route.rights or ("",))[0].partition(":")[0]


def _group_held(call: Call) -> bool:
    return call.key.may([f"{_group(call)}:r", f"{_group(call)}:rw"])


def _is_unified(key: Key) -> bool:
    """A key that may see a unified account has one, here."""
    return key.may(UNIFIED_READ)


def _detail(call: Call) -> object:
    """The calling key, and no word of its rights."""
    return {
        "user_id": _uid(call.key),
        "ip_whitelist": call.key.ips,
        "currency_pairs": [],
        "key": {"mode": 2 if _is_unified(call.key) else 1},
        "tier": 2,
        "copy_trading_role": 0,
    }


def _keys(call: Call) -> object:
    """All keys of the main account, masked. Unsure: a sub-account's is not among them."""
    key = call.key
    other = {"name": "another", "perms": _perms(("wallet:rw", "spot:rw")), "ip_whitelist": []}
    entries = [_entry(key, digest("gate-other", key.name)) | other]
    if not key.is_sub:
        own = {"name": key.name, "perms": _perms(key.permissions), "ip_whitelist": key.ips}
        entries.append(_entry(key, key.api_key) | own)
    return entries


def _entry(key: Key, api_key: str) -> dict[str, object]:
    created = int(key.created_at)
    return {
        "state": 1,
        "mode": 1,
        "user_id": _uid(key),
        "currency_pairs": [],
        "key": f"{api_key[:SHOWN]}*****",
        "created_at": created,
        "update_at": created,
        "last_access": created,
    }


def _perms(words: Iterable[str]) -> list[dict[str, object]]:
    """One entry for a permission; a word without ":r" or ":rw" is written to."""
    held = {word.partition(":")[0]: True for word in words}
    for word in words:
        name, _, kind = word.partition(":")
        held[name] &= kind == "r"
    return [{"name": name, "read_only": reads} for name, reads in held.items()]


def _spot_accounts(call: Call) -> object:
    """Unsure: that nothing stands here for a unified account."""
    wanted = call.request.params().get("currency")
    held = {} if _is_unified(call.key) else call.key.balances
    return [
        {"currency": asset, "available": amount, "locked": "0", "update_id": 1}
        for asset, amount in held.items()
        if wanted in {None, asset}
    ]


def _unified_accounts(call: Call) -> object:
    balances = {asset: {"available": amount} for asset, amount in call.key.balances.items()}
    return {"user_id": _uid(call.key), "locked": False, "balances": balances}


def _futures_account(call: Call) -> object:
    amount = call.key.balances.get("USDT")
    if amount is None:
        message = "please transfer funds first to create futures account"
        return Refusal(400, "USER_NOT_FOUND", message)
    return {"total": amount, "available": amount, "currency": "USDT"}


def _placed(call: Call) -> object:
    return as_json({"id": str(number(12, call.key.name, "order"))}, 201)


def _uid(key: Key) -> int:
    return 10**7 + number(6, "uid", key.name)


def _pairs(call: Call) -> object:
    """Every spot market."""
    return [
        {
            **documented.PAIR,
            "id": each.joined("_"),
            "base": each.base,
            "base_name": each.base,
            "quote": each.quote,
            "quote_name": each.quote,
            "trade_url": f"https://www.gate.io/trade/{each.joined('_')}",
            "trade_status": each.word("tradable", "untradable"),
        }
        for each in listing.spot(call.request.markets)
    ]


def _contracts(call: Call) -> object:
    """Every perpetual that is settled in USDT."""
    return [
        {
            **documented.CONTRACT,
            "name": each.joined("_"),
            "type": "direct",
            "in_delisting": not each.trades,
        }
        for each in listing.linear(call.request.markets)
        if each.settle == "USDT"
    ]


def _time(call: Call) -> object:
    return {"server_time": call.request.now_ms}


# What a key that may trade is told of an order that is not there.
OPEN_ORDERS = open_orders(
    lambda symbol: {"currency_pair": symbol, "total": 1, "orders": [{"currency_pair": symbol}]}, "_"
)
NO_ORDER = always(Refusal(404, "ORDER_NOT_FOUND", "Order not found"))
TOTAL = {"details": {}, "total": {"amount": "0", "currency": "USDT"}}

# There is no test order.
ROUTES = (
    Route("GET", f"{API}/spot/currency_pairs", PUBLIC, _pairs),
    Route("GET", f"{API}/futures/usdt/contracts", PUBLIC, _contracts),
    Route("GET", f"{API}/spot/time", PUBLIC, _time),
    Route("GET", f"{API}/account/detail", ACCOUNT, _detail),
    Route("GET", f"{API}/account/main_keys", ACCOUNT, _keys, about_key=True),
    Route("GET", f"{API}/spot/accounts", SPOT_READ, _spot_accounts),
    Route("GET", f"{API}/spot/open_orders", SPOT_READ, OPEN_ORDERS),
    Route("GET", f"{API}/unified/accounts", UNIFIED_READ, _unified_accounts),
    Route("GET", f"{API}/futures/usdt/accounts", FUTURES_READ, _futures_account),
    Route("GET", f"{API}/wallet/total_balance", WALLET_READ, always(TOTAL)),
    Route("POST", f"{API}/spot/orders", SPOT, _placed),
    Route("DELETE", f"{API}/spot/orders/{{id}}", SPOT, NO_ORDER),
    Route("POST", f"{API}/futures/usdt/orders", FUTURES, _placed),
    Route("POST", f"{API}/wallet/transfers", WALLET, _placed),
    Route("POST", f"{API}/withdrawals", WITHDRAW, _placed),
    Route("DELETE", f"{API}/withdrawals/{{id}}", WITHDRAW, NO_ORDER),
)

EXPIRED = "gap between request Timestamp and server time exceeds 60"


def _no_header(name: str) -> Refusal:
    return Refusal(400, "MISSING_REQUIRED_HEADER", f"Missing required header: {name}")


def _wrong_address(call: Call) -> Refusal:
    return Refusal(403, "FORBIDDEN", f"Request IP not in whitelist: {call.request.client_ip}")


def _denied(call: Call) -> Refusal:
    message = f"Request API key does not have {_group(call)} permission"
    return Refusal(403, "FORBIDDEN", message)


# The time comes before the key. Unsure: that an expired key answers like an unknown one.
REQUIREMENTS = (
    *(
        require(conditions.headers(name), otherwise=_no_header(name))
        for name in ("KEY", "Timestamp", "SIGN")
    ),
    require(_in_window, otherwise=Refusal(403, "REQUEST_EXPIRED", EXPIRED)),
    require(conditions.valid, otherwise=Refusal(401, "INVALID_KEY", "Invalid key provided")),
    require(_signed, otherwise=Refusal(401, "INVALID_SIGNATURE", "Signature mismatch")),
    require(conditions.address_allowed, otherwise=_wrong_address),
    require(conditions.not_frozen, otherwise=Refusal(403, "ACCOUNT_LOCKED", "Account is locked")),
    require(conditions.disclosed, _group_held, otherwise=_denied),
    require(conditions.permitted, otherwise=Refusal(403, "READ_ONLY", "The key is read-only")),
)

LIMITS = {"X-Gate-RateLimit-Requests-Remain": "0", "X-Gate-RateLimit-Limit": str(LIMIT)}
# Gate names no ban of its own. Unsure: the bodies of a maintenance and of a region's refusal.
OUTAGES = Outages(
    rate_limited=Refusal(429, "TOO_MANY_REQUESTS", "Request Rate limit Exceeded", LIMITS),
    banned=waf_page(),
    maintenance=Refusal(503, "TOO_BUSY", "Service under maintenance, please retry later"),
    failing=failing(
        "Bad Request",
        *(Refusal(status, "INTERNAL", "Internal server error") for status in range(500, 600)),
    ),
    region=as_page(451, "451 Unavailable For Legal Reasons"),
)

DIALECT = Dialect(
    words=WORDS,
    invent=invent,
    claimed_key=lambda request: request.headers.get("KEY"),
    routes=ROUTES,
    requirements=REQUIREMENTS,
    unknown_call=Refusal(404, "NOT_FOUND", "Request path not found"),
    success=plain,
    refusal=lambda _, refusal: {"message": refusal.message, "label": refusal.code},
    outages=OUTAGES,
)
