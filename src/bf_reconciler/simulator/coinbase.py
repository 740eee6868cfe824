"""Coinbase Advanced Trade, written from the sheet coinbase.md (sections 5.1 to 5.8)."""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from math import ceil

from bf_reconciler.simulator import listing, tokens
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
)
from bf_reconciler.simulator.key import Credentials, Key

# 5.1: the flags of key_permissions. `can_trade` is of futures, too: they are not separable.
VIEW, TRADE, MOVE = ("can_view",), ("can_trade",), ("can_transfer",)
ANY = (*VIEW, *TRADE, *MOVE, "can_receive")
WORDS: Mapping[str, Words] = {
    "read": Words(VIEW),
    "trade": Words(TRADE),
    "futures": Words(TRADE),
    "withdraw": Words(MOVE),
}

# 5.2: a preview places nothing.
HARMLESS_WRITES = frozenset({("POST", "/api/v3/brokerage/orders/preview")})

HOST = "api.coinbase.com"
PREFIX = "/coinbase"
KEY_INFO = "/api/v3/brokerage/key_permissions"
SCOPES = "Missing required scopes"


def invent(name: str) -> Credentials:
    """A key of either algorithm; Ed25519 where the name ends with it."""
    ids = [str(uuid.UUID(digest("coinbase", name, part)[:32])) for part in ("org", "key")]
    seed = bytes.fromhex(digest("coinbase", name, "seed"))
    if name.endswith("ed25519"):
        return Credentials(ids[1], tokens.ed25519_secret(seed))
    return Credentials(f"organizations/{ids[0]}/apiKeys/{ids[1]}", tokens.es256_secret(seed))


def claimed_key(request: Request) -> str | None:
    token = tokens.read(_bearer(request))
    kid = token.header.get("kid") if token else None
    return kid if isinstance(kid, str) else None


def answer(request: Request, key: Key | None) -> Answer:
    if request.method == "GET" and request.path in PUBLIC:
        return as_json(PUBLIC[request.path](request))
    call = find(SIGNED, request.method, request.path)
    if call is None:
        return _no(404, "NOT_FOUND", "route not found")
    if key is None or not _proven(request, key):
        return _unauthorized()
    return _refuse_call(request, key, call) or call.reply(request, key)


def rate_limited(retry_after: float) -> Answer:
    """5.4, row "rate": a text."""
    headers = {"Retry-After": str(ceil(retry_after))}
    return Answer(429, "Too Many Requests", headers, "text/plain")


def banned(retry_after: float) -> Answer:
    """No ban is known: the 429 stays."""
    return rate_limited(retry_after)


def maintenance(request: Request) -> Answer:  # noqa: ARG001 no call is spared: there is no status call
    """5.4, row "down": a 503 text; that it names its cause is [unsure]."""
    return Answer(503, "Service Unavailable: scheduled maintenance", {}, "text/plain")


def failing(status: int) -> Answer:
    """5.4, row "down"; 401 comes and goes for good keys, too. A gateway's page is all the rest."""
    if status == 401:  # noqa: PLR2004 the HTTP status of the sheet's row
        return _unauthorized()
    if status == 500:  # noqa: PLR2004 the HTTP status of the sheet's row
        return _no(500, "INTERNAL", "internal error")
    return as_page(status, f"{status} Server Error")


def region_refused(request: Request) -> Answer:  # noqa: ARG001 the page names no address
    """5.4, row "region/WAF": a page with 451."""
    return as_page(451, "451 Unavailable For Legal Reasons")


def _proven(request: Request, key: Key) -> bool:
    """5.6, and 5.4 for what is 401: key, token, clock and (likely) address, all of them alike."""
    if key.revoked or key.expired(request.now) or not key.lets_in(request.client_ip):
        return False
    token = tokens.read(_bearer(request))
    return (
        token is not None
        and token.signed_by(key.secret)
        and token.claims(key.api_key, _targets(request), request.now)
    )


def _targets(request: Request) -> set[str]:
    """What the token may name: the call as Coinbase knows it, or as it came to the simulator.

    ccxt names the whole URL where it is no https one, the simulator's prefix and all; a gateway
    in front of Coinbase is not named. Queries never are.
    """
    reached = request.headers.get("Host", "") + PREFIX
    hosts = (HOST, reached, f"http://{reached}")
    return {f"{request.method} {host}{request.path}" for host in hosts}


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" else ""


def _refuse_call(request: Request, key: Key, call: Signed) -> Answer | None:
    """May this key do this? 5.4: scope, entitlement."""
    hidden = key.hide_key_info and request.path == KEY_INFO
    if hidden or not key.may(call.any_of):
        return _no(403, "PERMISSION_DENIED", SCOPES)
    if key.frozen:
        return _no(403, "PERMISSION_DENIED", "User is not allowed to convert crypto")
    return None


def _unauthorized() -> Answer:
    return Answer(401, "Unauthorized", {}, "text/plain")


def _no(status: int, error: str, details: str) -> Answer:
    return as_json({"error": error, "error_details": details, "message": details}, status)


def _key_info(_: Request, key: Key) -> Answer:
    """5.1. Flags that are not of the documented three are shown where the key has them."""
    flags = dict.fromkeys((*VIEW, *TRADE, *MOVE, *key.permissions))
    return as_json(
        {flag: flag in key.permissions for flag in flags}
        | {
            "portfolio_uuid": str(uuid.UUID(digest("portfolio", key.api_key)[:32])),
            "portfolio_type": "CONSUMER" if key.is_sub else "DEFAULT",
        }
    )


def _accounts(_: Request, key: Key) -> Answer:
    """5.3: free and held, one account per currency, on one page."""
    accounts = [
        {
            "uuid": str(uuid.UUID(digest(key.name, asset)[:32])),
            "name": f"{asset} Wallet",
            "currency": asset,
            "available_balance": {"value": amount, "currency": asset},
            "active": True,
            "type": "ACCOUNT_TYPE_CRYPTO",
            "ready": True,
            "hold": {"value": "0", "currency": asset},
        }
        for asset, amount in key.balances.items()
    ]
    return as_json({"accounts": accounts, "has_next": False, "cursor": "", "size": len(accounts)})


def _no_orders(_: Request, __: Key) -> Answer:
    return as_json({"orders": [], "sequence": "0", "has_next": False, "cursor": ""})


def _preview(_: Request, key: Key) -> Answer:
    """5.2: what is wrong with an order stands in `errs`, and the answer is well."""
    body = {"order_total": "10", "commission_total": "0.06", "errs": [], "warning": []}
    return as_json(body | {"preview_id": str(uuid.UUID(digest(key.name, "preview")[:32]))})


def _placed(_: Request, key: Key) -> Answer:
    order = {"order_id": str(uuid.UUID(digest(key.name, "order")[:32]))}
    return as_json({"success": True, "success_response": order})


def _cancelled(_: Request, __: Key) -> Answer:
    """5.2: an order that is not there."""
    return as_json({"results": [{"success": False, "failure_reason": "UNKNOWN_CANCEL_ORDER"}]})


def _done(_: Request, key: Key) -> Answer:
    return as_json({"data": {"id": digest(key.name, "done")[:24]}})


def _iso(request: Request) -> str:
    return datetime.fromtimestamp(request.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _products(request: Request) -> object:
    """Public: every spot market."""
    products = [
        {
            "product_id": each.joined("-"),
            "base_currency_id": each.base,
            "quote_currency_id": each.quote,
            "product_type": "SPOT",
            "status": "online",
            "trading_disabled": not each.trades,
            "is_disabled": False,
        }
        for each in listing.spot(request.markets)
    ]
    return {"products": products, "num_products": len(products)}


# 5.3.
PUBLIC: Mapping[str, Callable[[Request], object]] = {
    "/api/v3/brokerage/market/products": _products,
    "/api/v3/brokerage/time": lambda request: {
        "iso": _iso(request),
        "epochSeconds": str(request.now_ms // 1000),
        "epochMillis": str(request.now_ms),
    },
    "/v2/time": lambda request: {"data": {"iso": _iso(request), "epoch": request.now_ms // 1000}},
}

# 5.1 to 5.3. Which scope key_permissions and the preview need is [unsure]: any, and trade.
SIGNED: Table = {
    ("GET", KEY_INFO): Signed(ANY, _key_info),
    ("GET", "/api/v3/brokerage/accounts"): Signed(VIEW, _accounts),
    ("GET", "/api/v3/brokerage/orders/historical/batch"): Signed(VIEW, _no_orders),
    ("POST", "/api/v3/brokerage/orders/preview"): Signed(TRADE, _preview),
    ("POST", "/api/v3/brokerage/orders"): Signed(TRADE, _placed),
    ("POST", "/api/v3/brokerage/orders/batch_cancel"): Signed(TRADE, _cancelled),
    ("POST", "/api/v3/brokerage/portfolios/move_funds"): Signed(MOVE, _done),
    ("POST", "/v2/accounts/"): Signed(MOVE, _done),
}
