"""Binance: spot, its wallet, and futures.

Sources: docs/sources/binance.md#time, docs/sources/binance.md#key, docs/sources/binance.md#balance,
docs/sources/binance.md#orders, docs/sources/binance.md#markets,
docs/sources/binance.md#permissions, docs/sources/binance.md#codes,
docs/sources/binance.md#signing, docs/sources/binance.md#environments,
docs/sources/binance.md#expiry, docs/sources/binance.md#secrets
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import unquote_to_bytes

from bf_reconciler.simulator import conditions, listing, pem
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
    plain,
    require,
    retry_after,
)
from bf_reconciler.simulator.documented import binance as documented
from bf_reconciler.simulator.faults import Faults
from bf_reconciler.simulator.key import Credentials, digest, number
from bf_reconciler.simulator.wire import Request, as_page, sent_bytes, whole

# A word of a key is a flag of `apiRestrictions` that is true.
READ = ("enableReading",)
TRADE = ("enableSpotAndMarginTrading",)
FUTURES = ("enableFutures",)
WITHDRAW = ("enableWithdrawals",)
TRANSFER = ("permitsUniversalTransfer",)
WORDS: Mapping[str, Words] = {
    "read": Words(READ),
    "trade": Words(TRADE),
    "futures": Words(FUTURES),
    "withdraw": Words(WITHDRAW),
}
FLAGS = (
    *("enableReading", "enableWithdrawals", "enableInternalTransfer", "enableMargin"),
    *("enableFutures", "permitsUniversalTransfer", "enableVanillaOptions", "enableFixApiTrade"),
    *("enableFixReadOnly", "enableSpotAndMarginTrading", "enablePortfolioMarginTrading"),
)

EARLY_MS = 1_000
RECV_WINDOW_MS = 5_000
MAX_RECV_WINDOW_MS = 60_000
STATUS = "/sapi/v1/system/status"
KEY_SHAPE = re.compile(r"[A-Za-z0-9]{6,64}")
SIGNATURE_AT_END = re.compile(rb"(?:^|&)signature=([^&]*)$")


def invent(name: str) -> Credentials:
    """A shared secret; a private key of Ed25519 where the name ends with it."""
    api_key, secret = digest("binance", "key", name), digest("binance", "secret", name)
    if name.endswith("ed25519"):
        secret = pem.ed25519_secret(bytes.fromhex(secret))
    return Credentials(api_key, secret)


def claimed_key(request: Request) -> str | None:
    return request.headers.get("X-MBX-APIKEY")


def signature_holds(sent: bytes, secret: str) -> bool:
    """Hex over query and body as they were sent, `signature` last and left out.

    A private key signs the same text, and its signature is encoded as a parameter.
    """
    signature = SIGNATURE_AT_END.search(sent)
    if signature is None:
        return False
    message = sent[: signature.start()]
    if pem.is_pem(secret):
        return pem.signed_by(secret, unquote_to_bytes(signature.group(1)), message)
    due = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(signature.group(1).lower(), due.encode())


def _signed(call: Call) -> bool:
    sent = sent_bytes(call.request.query) + call.request.body
    return signature_holds(sent, call.key.secret)


def _param(call: Call, name: str) -> str | None:
    """A parameter of body or query; the values that are looked at need no decoding."""
    parts = call.request.body.decode(errors="replace").split("&")
    body = {key: value for key, _, value in (part.partition("=") for part in parts)}
    return (call.request.params() | body).get(name)


def _window(call: Call) -> int | None:
    sent = _param(call, "recvWindow")
    window = RECV_WINDOW_MS if sent is None else whole(sent)
    return None if window is None or window > MAX_RECV_WINDOW_MS else window


def _stamp(call: Call) -> int | None:
    return whole(_param(call, "timestamp"))


def _not_early(call: Call) -> bool:
    return (_stamp(call) or 0) < call.request.now_ms + EARLY_MS


def _not_late(call: Call) -> bool:
    return call.request.now_ms - (_stamp(call) or 0) <= (_window(call) or 0)


def _offered(call: Call) -> bool:
    """The wallet is offered to keys of the live environment alone."""
    elsewhere = call.claimed is not None and call.claimed.environment != "live"
    return not (elsewhere and call.request.path.startswith("/sapi/"))


def _held(call: Call) -> set[str]:
    """An expired key has no code of its own: the right to trade is silently off."""
    expired = call.key.expired(call.request.now)
    return set(call.key.permissions) - (set(TRADE) if expired else set())


def _permitted(call: Call) -> bool:
    return not _held(call).isdisjoint(call.route.rights or ())


def _key_info(call: Call) -> object:
    """The time at which trading ends is there only where it ends."""
    key, held = call.key, _held(call)
    body: dict[str, object] = {
        "ipRestrict": bool(key.ips),
        "createTime": int(key.created_at * 1000),
    }
    body |= {flag: flag in held for flag in FLAGS}
    body |= dict.fromkeys(held - set(FLAGS), True)  # a flag of tomorrow
    if key.expires_at is not None:
        body["tradingAuthorityExpirationTime"] = int(key.expires_at * 1000)
    return body


def _account(call: Call) -> object:
    """A trap: canTrade, canWithdraw and permissions are the account's, never the key's."""
    sparse = call.request.params().get("omitZeroBalances") == "true"
    return {
        **documented.ACCOUNT,
        "canTrade": True,
        "canWithdraw": True,
        "canDeposit": True,
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": amount, "locked": "0.00000000"}
            for asset, amount in call.key.balances.items()
            if not sparse or Decimal(amount)
        ],
        "permissions": ["SPOT"],
        "uid": number(7, "uid", call.key.api_key),
    }


def _futures_account(call: Call) -> object:
    assets = [{"asset": each, "walletBalance": much} for each, much in call.key.balances.items()]
    return {"assets": assets, "positions": []}


def _done(call: Call) -> object:
    return {"id": digest(call.key.name, "done")[:32]}


def _exchange_info(call: Call) -> object:
    """Every spot market."""
    symbols = [
        {
            **documented.SYMBOL,
            "symbol": each.joined(""),
            "status": each.word("TRADING", "BREAK"),
            "baseAsset": each.base,
            "quoteAsset": each.quote,
            "isSpotTradingAllowed": True,
        }
        for each in listing.spot(call.request.markets)
    ]
    now = call.request.now_ms
    return {"timezone": "UTC", "serverTime": now, **documented.EXCHANGE, "symbols": symbols}


def _futures_info(call: Call) -> object:
    """Every perpetual that is settled in its quote, and a contract with a date."""
    contracts = [
        {
            **documented.CONTRACT,
            "symbol": each.joined(""),
            "pair": each.joined(""),
            "contractType": "PERPETUAL",
            "deliveryDate": 4133404800000,
            "status": each.word("TRADING", "SETTLING"),
            "baseAsset": each.base,
            "quoteAsset": each.quote,
            "marginAsset": each.settle,
        }
        for each in listing.linear(call.request.markets)
    ]
    dated = {"contractType": "CURRENT_QUARTER", "deliveryDate": 1798185600000}
    return {
        **documented.FUTURES_EXCHANGE,
        "serverTime": call.request.now_ms,
        "symbols": [*contracts, {**contracts[0], **dated}] if contracts else [],
    }


def _status(call: Call) -> object:
    """Only what goes on is told."""
    begins, ends = call.request.announced or (0.0, 0.0)
    on = begins <= call.request.now < ends
    return {"status": 1, "msg": "system_maintenance"} if on else {"status": 0, "msg": "normal"}


ROUTES = (
    Route("GET", "/api/v3/exchangeInfo", PUBLIC, _exchange_info),
    Route("GET", "/fapi/v1/exchangeInfo", PUBLIC, _futures_info),
    Route("GET", "/api/v3/time", PUBLIC, lambda call: {"serverTime": call.request.now_ms}),
    Route("GET", "/api/v3/ping", PUBLIC, always({})),
    Route("GET", STATUS, PUBLIC, _status),
    Route("GET", "/sapi/v1/account/apiRestrictions", READ, _key_info, about_key=True),
    Route("GET", "/sapi/v1/account/status", READ, always({"data": "Normal"})),
    Route("GET", "/sapi/v1/capital/config/getall", READ, always([])),
    Route("GET", "/api/v3/account", READ, _account),
    Route("GET", "/api/v3/openOrders", READ, always([])),
    Route("GET", "/fapi/v3/account", READ, _futures_account),
    Route("POST", "/api/v3/order/test", TRADE, always({}), harmless=True),
    Route("POST", "/api/v3/order", TRADE, _done),
    Route("DELETE", "/api/v3/order", TRADE, _done),
    Route("POST", "/fapi/v1/order", FUTURES, _done),
    Route("DELETE", "/api/v3/openOrders", TRADE, always([])),
    Route("POST", "/sapi/v1/capital/withdraw/apply", WITHDRAW, _done),
    Route("POST", "/sapi/v1/asset/transfer", TRANSFER, _done),
)

NOT_FOUND = as_page(404, "404 Not Found")
NO_STAMP = "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed."
EARLY = "Timestamp for this request was 1000ms ahead of the server's time."
LATE = "Timestamp for this request is outside of the recvWindow."


def _rejected(call: Call) -> Refusal:
    """Key, address and permission have one code. Futures add the address they saw."""
    message = "Invalid API-key, IP, or permissions for action"
    if call.request.path.startswith("/fapi/"):
        return Refusal(401, -2015, f"{message}, request ip: {call.request.client_ip}")
    return Refusal(401, -2015, f"{message}.")


# Unsure: this order.
REQUIREMENTS = (
    require(_offered, otherwise=NOT_FOUND),
    require(
        lambda call: bool(KEY_SHAPE.fullmatch(claimed_key(call.request) or "")),
        otherwise=Refusal(401, -2014, "API-key format invalid."),
    ),
    require(conditions.exists, otherwise=Refusal(401, -2008, "Invalid Api-Key ID.")),
    require(
        lambda call: _window(call) is not None,
        otherwise=Refusal(400, -1131, "recvWindow must be less than 60000"),
    ),
    require(lambda call: _stamp(call) is not None, otherwise=Refusal(400, -1102, NO_STAMP)),
    require(_not_early, otherwise=Refusal(400, -1021, EARLY)),
    require(_not_late, otherwise=Refusal(400, -1021, LATE)),
    require(_signed, otherwise=Refusal(400, -1022, "Signature for this request is not valid.")),
    require(conditions.not_revoked, otherwise=_rejected),
    require(
        conditions.not_frozen,
        otherwise=Refusal(401, -1002, "You are not authorized to execute this request."),
    ),
    require(conditions.disclosed, conditions.address_allowed, _permitted, otherwise=_rejected),
)


def _rate_limited(_: Request, faults: Faults) -> Refusal:
    message = (
        "Too much request weight used; current limit is 6000 request weight per 1 MINUTE."
        " Please use WebSocket Streams for live updates to avoid polling the API."
    )
    return Refusal(429, -1003, message, retry_after(faults))


def _banned(_: Request, faults: Faults) -> Refusal:
    """The time until which it holds is the documented one."""
    message = "Way too much request weight used; IP banned until 1659146400000."
    return Refusal(418, -1003, message, retry_after(faults))


def _maintenance(request: Request, _: Faults) -> object:
    """The status call says 1. Unsure: code and status of the rest."""
    if request.path == STATUS:
        return {"status": 1, "msg": "system_maintenance"}
    return Refusal(503, 1, "System is under maintenance.")


OUTAGES = Outages(
    rate_limited=_rate_limited,
    banned=_banned,
    maintenance=_maintenance,
    failing=failing(
        "Server Error",
        Refusal(500, -1000, "An unknown error occurred while processing the request."),
    ),
    region=Refusal(
        451,
        0,
        "Service unavailable from a restricted location according to 'b. Eligibility' in"
        " https://www.binance.com/en/terms. Please contact customer service if you believe you"
        " received this message in error.",
    ),
)

DIALECT = Dialect(
    words=WORDS,
    invent=invent,
    claimed_key=claimed_key,
    routes=ROUTES,
    requirements=REQUIREMENTS,
    unknown_call=NOT_FOUND,
    success=plain,
    refusal=lambda _, refusal: {"code": refusal.code, "msg": refusal.message},
    outages=OUTAGES,
)
