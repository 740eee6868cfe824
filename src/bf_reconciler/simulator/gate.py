"""Gate.io v4, written from the sheet gate.md (sections 2.1 to 2.8)."""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping

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

# 2.1: a permission is held read-only ("spot:r") or not ("spot:rw"). That of withdrawals has no
# documented name. A key without any of account cannot even be asked for its own rights.
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

# 2.2: there is no test of an order.
HARMLESS_WRITES: frozenset[tuple[str, str]] = frozenset()

API = "/api/v4"
WINDOW_SECONDS = 60  # 2.6
SHOWN = 12  # 2.1: characters of a masked key
LIMIT = 200  # 2.7
KEYS = f"{API}/account/main_keys"


def invent(name: str) -> Credentials:
    return Credentials(digest("gate", name)[:32], digest("gate-secret", name))


def claimed_key(request: Request) -> str | None:
    return request.headers.get("KEY")


def answer(request: Request, key: Key | None) -> Answer:
    if request.method == "GET" and request.path in PUBLIC:
        return as_json(PUBLIC[request.path](request))
    call = find(SIGNED, request.method, request.path)
    if call is None:
        return _no(404, "NOT_FOUND", "Request path not found")
    caller = _authenticate(request, key)
    if isinstance(caller, Answer):
        return caller
    return _refuse_call(request, caller, call) or call.reply(request, caller)


def rate_limited(retry_after: float) -> Answer:  # noqa: ARG001 it tells a time, not a duration
    """2.4, row "rate"; 2.7 for the headers."""
    headers = {
        "X-Gate-RateLimit-Requests-Remain": "0",
        "X-Gate-RateLimit-Limit": str(LIMIT),
    }
    return _no(429, "TOO_MANY_REQUESTS", "Request Rate limit Exceeded", headers)


def banned(retry_after: float) -> Answer:  # noqa: ARG001 the page does not say when it ends
    """2.4, row "Akamai 403 html": Gate names no ban of its own."""
    return waf_page()


def maintenance(request: Request) -> Answer:  # noqa: ARG001 it is the same for every call
    """2.4, row "down"; no body of a maintenance was ever found, so it is [unsure]."""
    return _no(503, "TOO_BUSY", "Service under maintenance, please retry later")


def failing(status: int) -> Answer:
    """2.4, row "down"."""
    if status >= 500:  # noqa: PLR2004 the HTTP statuses of the sheet's row
        return _no(status, "INTERNAL", "Internal server error")
    return as_page(status, f"{status} Bad Request")


def region_refused(request: Request) -> Answer:  # noqa: ARG001 the page names no address
    """2.4: no body of a region block was ever found, so it is a bare 451."""
    return as_page(451, "451 Unavailable For Legal Reasons")


def _authenticate(request: Request, key: Key | None) -> Key | Answer:
    """Who is asking? 2.4: the time is looked at before the key."""
    headers = request.headers
    for name in ("KEY", "Timestamp", "SIGN"):
        if not headers.get(name):
            return _no(400, "MISSING_REQUIRED_HEADER", f"Missing required header: {name}")
    stamp = headers["Timestamp"]
    if not _in_window(stamp, request.now):
        message = "gap between request Timestamp and server time exceeds 60"
        return _no(403, "REQUEST_EXPIRED", message)
    # 2.4: that an expired key answers like an unknown one is [unsure].
    if key is None or key.revoked or key.expired(request.now):
        return _no(401, "INVALID_KEY", "Invalid key provided")
    if not hmac.compare_digest(wire(headers["SIGN"]), signature(request, key.secret).encode()):
        return _no(401, "INVALID_SIGNATURE", "Signature mismatch")
    return key


def _refuse_call(request: Request, key: Key, call: Signed) -> Answer | None:
    """May this key do this from here? 2.4: IP in its newer wording, account, permission."""
    if not key.lets_in(request.client_ip):
        return _no(403, "FORBIDDEN", f"Request IP not in whitelist: {request.client_ip}")
    if key.frozen:
        return _no(403, "ACCOUNT_LOCKED", "Account is locked")
    group = call.any_of[0].partition(":")[0]
    hidden = key.hide_key_info and request.path == KEYS
    if hidden or not key.may([f"{group}:r", f"{group}:rw"]):
        return _no(403, "FORBIDDEN", f"Request API key does not have {group} permission")
    if not key.may(call.any_of):
        return _no(403, "READ_ONLY", "The key is read-only")
    return None


def signature(request: Request, secret: str) -> str:
    """2.6: method, path, query as decoded, SHA-512 of the body, time; a line each."""
    path, _, query = request.decoded_target.partition("?")
    body = hashlib.sha512(request.body).hexdigest()
    lines = (request.method, path, query, body, request.headers["Timestamp"])
    return hmac.digest(secret.encode(), wire("\n".join(lines)), hashlib.sha512).hex()


def _in_window(stamp: str, now: float) -> bool:
    return stamp.isascii() and stamp.isdigit() and abs(int(stamp[:15]) - now) <= WINDOW_SECONDS


def _no(status: int, label: str, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    return as_json({"message": message, "label": label}, status, headers)


def _detail(_: Request, key: Key) -> Answer:
    """2.1a: the calling key, and no word of its rights."""
    return as_json(
        {
            "user_id": _uid(key),
            "ip_whitelist": key.ips,
            "currency_pairs": [],
            "key": {"mode": 1},
            "tier": 2,
            "copy_trading_role": 0,
        }
    )


def _keys(_: Request, key: Key) -> Answer:
    """2.1b: all keys of the main account, masked. A sub-account's is not among them [unsure]."""
    other = {"name": "another", "perms": _perms(("wallet:rw", "spot:rw")), "ip_whitelist": []}
    entries = [_entry(key, digest("gate-other", key.name)) | other]
    if not key.is_sub:
        own = {"name": key.name, "perms": _perms(key.permissions), "ip_whitelist": key.ips}
        entries.append(_entry(key, key.api_key) | own)
    return as_json(entries)


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


def _spot_accounts(request: Request, key: Key) -> Answer:
    """2.3, row "balance"."""
    wanted = request.params().get("currency")
    rows = [
        {"currency": asset, "available": amount, "locked": "0", "update_id": 1}
        for asset, amount in key.balances.items()
        if wanted in {None, asset}
    ]
    return as_json(rows)


def _unified_accounts(_: Request, key: Key) -> Answer:
    balances = {asset: {"available": amount} for asset, amount in key.balances.items()}
    return as_json({"user_id": _uid(key), "locked": False, "balances": balances})


def _futures_account(_: Request, key: Key) -> Answer:
    amount = key.balances.get("USDT")
    if amount is None:
        message = "please transfer funds first to create futures account"
        return _no(400, "USER_NOT_FOUND", message)
    return as_json({"total": amount, "available": amount, "currency": "USDT"})


def _total(_: Request, __: Key) -> Answer:
    return as_json({"details": {}, "total": {"amount": "0", "currency": "USDT"}})


def _nothing(_: Request, __: Key) -> Answer:
    return as_json([])


def _placed(_: Request, key: Key) -> Answer:
    return as_json({"id": str(int(digest(key.name, "order")[:12], 16))}, 201)


def _no_such_order(_: Request, __: Key) -> Answer:
    """2.2: the answer of a key that may trade to an order nobody placed."""
    return _no(404, "ORDER_NOT_FOUND", "Order not found")


def _uid(key: Key) -> int:
    return 10**7 + int(digest("uid", key.name)[:6], 16)


def _pairs(request: Request) -> object:
    """Public: every spot market."""
    return [
        {
            "id": each.joined("_"),
            "base": each.base,
            "quote": each.quote,
            "trade_status": each.word("tradable", "untradable"),
        }
        for each in listing.spot(request.markets)
    ]


def _contracts(request: Request) -> object:
    """Public: every perpetual that is settled in USDT."""
    return [
        {"name": each.joined("_"), "type": "direct", "in_delisting": not each.trades}
        for each in listing.linear(request.markets)
        if each.settle == "USDT"
    ]


# 2.3, row "time".
PUBLIC: Mapping[str, Callable[[Request], object]] = {
    "/api/v4/spot/currency_pairs": _pairs,
    "/api/v4/futures/usdt/contracts": _contracts,
    f"{API}/spot/time": lambda request: {"server_time": request.now_ms},
}

# 2.1 and 2.3 for the reads; the rest is what a key must never be used for.
SIGNED: Table = {
    ("GET", f"{API}/account/detail"): Signed(ACCOUNT, _detail),
    ("GET", KEYS): Signed(ACCOUNT, _keys),
    ("GET", f"{API}/spot/accounts"): Signed(SPOT_READ, _spot_accounts),
    ("GET", f"{API}/spot/open_orders"): Signed(SPOT_READ, _nothing),
    ("GET", f"{API}/unified/accounts"): Signed(UNIFIED_READ, _unified_accounts),
    ("GET", f"{API}/futures/usdt/accounts"): Signed(FUTURES_READ, _futures_account),
    ("GET", f"{API}/wallet/total_balance"): Signed(WALLET_READ, _total),
    ("POST", f"{API}/spot/orders"): Signed(SPOT, _placed),
    ("DELETE", f"{API}/spot/orders/"): Signed(SPOT, _no_such_order),
    ("POST", f"{API}/futures/usdt/orders"): Signed(FUTURES, _placed),
    ("POST", f"{API}/wallet/transfers"): Signed(WALLET, _placed),
    ("POST", f"{API}/withdrawals"): Signed(WITHDRAW, _placed),
    ("DELETE", f"{API}/withdrawals/"): Signed(WITHDRAW, _no_such_order),
}
