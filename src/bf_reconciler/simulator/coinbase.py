"""Coinbase Advanced Trade.

Sources: docs/sources/coinbase.md#time, docs/sources/coinbase.md#key,
docs/sources/coinbase.md#balance, docs/sources/coinbase.md#orders,
docs/sources/coinbase.md#markets, docs/sources/coinbase.md#permissions,
docs/sources/coinbase.md#codes, docs/sources/coinbase.md#signing, docs/sources/coinbase.md#secrets
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from bf_reconciler.simulator import conditions, listing, tokens
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
    retry_after,
)
from bf_reconciler.simulator.documented import coinbase as documented
from bf_reconciler.simulator.faults import Faults
from bf_reconciler.simulator.key import Credentials, digest
from bf_reconciler.simulator.wire import Answer, Request, as_page, as_text

# The flags of key_permissions. `can_trade` is of futures, too: they are not separable.
VIEW, TRADE, MOVE = ("can_view",), ("can_trade",), ("can_transfer",)
ANY = (*VIEW, *TRADE, *MOVE, "can_receive")
WORDS: Mapping[str, Words] = {
    "read": Words(VIEW),
    "trade": Words(TRADE),
    "futures": Words(TRADE),
    "withdraw": Words(MOVE),
}

HOST = "api.coinbase.com"
PREFIX = "/coinbase"


def invent(name: str) -> Credentials:
    """A key of either algorithm; Ed25519 where the name ends with it."""
    ids = [_uuid("coinbase", name, part) for part in ("org", "key")]
    seed = bytes.fromhex(digest("coinbase", name, "seed"))
    if name.endswith("ed25519"):
        return Credentials(ids[1], tokens.ed25519_secret(seed))
    return Credentials(f"organizations/{ids[0]}/apiKeys/{ids[1]}", tokens.es256_secret(seed))


def claimed_key(request: Request) -> str | None:
    token = tokens.read(_bearer(request))
    kid = token.header.get("kid") if token else None
    return kid if isinstance(kid, str) else None


def _signed(call: Call) -> bool:
    """The token is signed, is in time, and names this key and this call."""
    token, key = tokens.read(_bearer(call.request)), call.key
    return (
        token is not None
        and token.signed_by(key.secret)
        and token.claims(key.api_key, _targets(call.request), call.request.now)
    )


def _targets(request: Request) -> set[str]:
    """What the token may name: the call as Coinbase knows it, or as it came to the simulator.

    ccxt names the whole URL where it is no https one, the simulator's prefix and all; the official
    client names the host it was given. A gateway in front of Coinbase is not named, and queries
    never are.
    """
    reached = request.headers.get("Host", "")
    hosts = (HOST, reached, f"{reached}{PREFIX}", f"http://{reached}{PREFIX}")
    return {f"{request.method} {host}{request.path}" for host in hosts}


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" else ""


def _refusal(_: Request, refusal: Refusal) -> object:
    message = refusal.message
    return {"error": refusal.code, "error_details": message, "message": message}


def _key_info(call: Call) -> object:
    """Flags that are not of the documented three are shown where the key has them."""
    key = call.key
    flags = dict.fromkeys((*VIEW, *TRADE, *MOVE, *key.permissions))
    return {flag: flag in key.permissions for flag in flags} | {
        "portfolio_uuid": _uuid("portfolio", key.api_key),
        "portfolio_type": "CONSUMER" if key.is_sub else "DEFAULT",
    }


def _accounts(call: Call) -> object:
    """Free and held, one account per currency, on one page."""
    accounts = [
        {
            **documented.ACCOUNT,
            "uuid": _uuid(call.key.name, asset),
            "retail_portfolio_id": _uuid("portfolio", call.key.api_key),
            "name": f"{asset} Wallet",
            "currency": asset,
            "available_balance": {"value": amount, "currency": asset},
            "active": True,
            "type": "ACCOUNT_TYPE_CRYPTO",
            "ready": True,
            "hold": {"value": "0", "currency": asset},
        }
        for asset, amount in call.key.balances.items()
    ]
    return {"accounts": accounts, "has_next": False, "cursor": "", "size": len(accounts)}


def _preview(call: Call) -> object:
    """What is wrong with an order is in `errs`; the answer itself is a success."""
    body = {"order_total": "10", "commission_total": "0.06", "errs": [], "warning": []}
    return body | {"preview_id": _uuid(call.key.name, "preview")}


def _placed(call: Call) -> object:
    order = {"order_id": _uuid(call.key.name, "order")}
    return {"success": True, "success_response": order}


def _done(call: Call) -> object:
    return {"data": {"id": digest(call.key.name, "done")[:24]}}


def _uuid(*parts: str) -> str:
    return str(uuid.UUID(digest(*parts)[:32]))


def _products(call: Call) -> object:
    """Every spot market."""
    products = [
        {
            **documented.PRODUCT,
            "product_id": each.joined("-"),
            "display_name": each.joined("-"),
            "base_name": each.base,
            "quote_name": each.quote,
            "base_display_symbol": each.base,
            "quote_display_symbol": each.quote,
            "base_currency_id": each.base,
            "quote_currency_id": each.quote,
            "product_type": "SPOT",
            "status": "online",
            "trading_disabled": not each.trades,
            "is_disabled": False,
        }
        for each in listing.spot(call.request.markets)
    ]
    return {"products": products, "num_products": len(products)}


def _time(call: Call) -> object:
    now = call.request.now_ms
    return {
        "iso": _iso(call.request),
        "epochSeconds": str(now // 1000),
        "epochMillis": str(now),
    }


def _old_time(call: Call) -> object:
    return {"data": {"iso": _iso(call.request), "epoch": call.request.now_ms // 1000}}


def _iso(request: Request) -> str:
    return datetime.fromtimestamp(request.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


OPEN_ORDERS = open_orders(lambda symbol: {"product_id": symbol, "status": "OPEN"}, "-")


def _orders(call: Call) -> object:
    return {"orders": OPEN_ORDERS(call), "sequence": "0", "has_next": False, "cursor": ""}


NO_ORDER = {"results": [{"success": False, "failure_reason": "UNKNOWN_CANCEL_ORDER"}]}
# A preview places nothing. Unsure: which scope key_permissions and the preview need.
ROUTES = (
    Route("GET", "/api/v3/brokerage/market/products", PUBLIC, _products),
    Route("GET", "/api/v3/brokerage/time", PUBLIC, _time),
    Route("GET", "/v2/time", PUBLIC, _old_time),
    Route("GET", "/api/v3/brokerage/key_permissions", ANY, _key_info, about_key=True),
    Route("GET", "/api/v3/brokerage/accounts", VIEW, _accounts),
    Route("GET", "/api/v3/brokerage/orders/historical/batch", VIEW, _orders),
    Route("POST", "/api/v3/brokerage/orders/preview", TRADE, _preview, harmless=True),
    Route("POST", "/api/v3/brokerage/orders", TRADE, _placed),
    Route("POST", "/api/v3/brokerage/orders/batch_cancel", TRADE, always(NO_ORDER)),
    Route("POST", "/api/v3/brokerage/portfolios/move_funds", MOVE, _done),
    Route("POST", "/v2/accounts/{id}", MOVE, _done),
    Route("POST", "/v2/accounts/{id}/transactions", MOVE, _done),
)

UNAUTHORIZED = as_text(401, "Unauthorized")
# Key, token and clock are told alike; and, unsure, the address.
REQUIREMENTS = (
    require(conditions.valid, conditions.address_allowed, _signed, otherwise=UNAUTHORIZED),
    require(
        conditions.disclosed,
        conditions.permitted,
        otherwise=Refusal(403, "PERMISSION_DENIED", "Missing required scopes"),
    ),
    require(
        conditions.not_frozen,
        otherwise=Refusal(403, "PERMISSION_DENIED", "User is not allowed to convert crypto"),
    ),
)


def _rate_limited(_: Request, faults: Faults) -> Answer:
    return as_text(429, "Too Many Requests", retry_after(faults))


# No ban is known: the 429 stays. A 401 comes and goes for good keys, too. Unsure: that a
# maintenance names its cause.
OUTAGES = Outages(
    rate_limited=_rate_limited,
    banned=_rate_limited,
    maintenance=as_text(503, "Service Unavailable: scheduled maintenance"),
    failing=failing("Server Error", UNAUTHORIZED, Refusal(500, "INTERNAL", "internal error")),
    region=as_page(451, "451 Unavailable For Legal Reasons"),
)

DIALECT = Dialect(
    words=WORDS,
    invent=invent,
    claimed_key=claimed_key,
    routes=ROUTES,
    requirements=REQUIREMENTS,
    unknown_call=Refusal(404, "NOT_FOUND", "route not found"),
    success=plain,
    refusal=_refusal,
    outages=OUTAGES,
)
