"""MEXC spot v3.

Sources: docs/sources/mexc.md#time, docs/sources/mexc.md#key, docs/sources/mexc.md#balance,
docs/sources/mexc.md#orders, docs/sources/mexc.md#markets, docs/sources/mexc.md#permissions,
docs/sources/mexc.md#codes, docs/sources/mexc.md#signing
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from bf_reconciler.simulator import conditions, listing, mexc_trading
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
from bf_reconciler.simulator.documented import mexc as documented
from bf_reconciler.simulator.faults import Faults
from bf_reconciler.simulator.key import Credentials, digest, number
from bf_reconciler.simulator.wire import Request, as_json, same, sent_bytes, whole

# Documents also write _R and _W.
WORDS: Mapping[str, Words] = {
    "read": Words(("SPOT_ACCOUNT_READ", "SPOT_DEAL_READ"), ("SPOT_ACCOUNT_R", "SPOT_DEAL_R")),
    "trade": Words(("SPOT_DEAL_WRITE",), ("SPOT_DEAL_W",)),
    "futures": Words(("CONTRACT_DEAL_WRITE",), ("CONTRACT_DEAL_W",)),
    "withdraw": Words(("SPOT_WITHDRAW_WRITE",), ("SPOT_WITHDRAW_W",)),
}
ACCOUNT_READ = ("SPOT_ACCOUNT_READ", "SPOT_ACCOUNT_R")
ACCOUNT_WRITE = ("SPOT_ACCOUNT_WRITE", "SPOT_ACCOUNT_W")
DEAL_READ = ("SPOT_DEAL_READ", "SPOT_DEAL_R")
DEAL_WRITE = ("SPOT_DEAL_WRITE", "SPOT_DEAL_W")
WITHDRAW_READ = ("SPOT_WITHDRAW_READ", "SPOT_WITHDRAW_R")
WITHDRAW_WRITE = ("SPOT_WITHDRAW_WRITE", "SPOT_WITHDRAW_W")
TRANSFER_WRITE = ("SPOT_TRANSFER_WRITE", "SPOT_TRANSFER_W")

EARLY_MS = 1_000
RECV_WINDOW_MS = 5_000
MAX_RECV_WINDOW_MS = 60_000
KEY_INFO = "/api/v3/apiKeyInfo"
KEY_SHAPE = re.compile(r"[A-Za-z0-9-]{6,64}")
SIGNATURE_AT_END = re.compile(r"(?:^|&)signature=([^&]*)$")


def invent(name: str) -> Credentials:
    seed = digest("mexc", name)
    return Credentials(f"mx0vgl{seed[:12]}", seed[12:44])


def claimed_key(request: Request) -> str | None:
    return request.headers.get("X-MEXC-APIKEY")


def _key_has_shape(call: Call) -> bool:
    return bool(KEY_SHAPE.fullmatch(claimed_key(call.request) or ""))


def _window(call: Call) -> int | None:
    window = whole(call.request.params().get("recvWindow", str(RECV_WINDOW_MS)))
    return None if window is None or window > MAX_RECV_WINDOW_MS else window


def _in_window(call: Call) -> bool:
    """Timestamp < server + 1 s, and server - timestamp <= recvWindow."""
    stamp, now = whole(call.request.params().get("timestamp")), call.request.now_ms
    return stamp is not None and stamp < now + EARLY_MS and now - stamp <= (_window(call) or 0)


def _signed(call: Call) -> bool:
    """Lower-case hex over the query string as it was sent, `signature` last and left out."""
    query = call.request.query
    signature = SIGNATURE_AT_END.search(query)
    if signature is None:
        return False
    message = sent_bytes(query[: signature.start()])
    mac = hmac.new(call.key.secret.encode(), message, hashlib.sha256).hexdigest()
    return same(signature.group(1), mac)


def _key_info(call: Call) -> object:
    """Days left are whole. Unsure: that the field is null without an expiry.

    Unsure: whether a key may describe another one of its account. Here it may not.
    """
    key, asked = call.key, call.request.params().get("accessKey")
    if not asked:
        return Refusal(400, 730707, "accessKey cannot be null")
    if asked != key.api_key:
        return Refusal(400, 730706, "API KEY information does not exist")
    left = key.remaining_days(call.request.now)
    created = datetime.fromtimestamp(key.created_at, UTC)
    return {
        "note": key.name,
        "accessKey": key.api_key,
        "createTime": created.isoformat(timespec="milliseconds"),
        "permissions": ",".join(key.permissions),
        "remainingValidity": None if left is None else int(left),
        "ipWhiteList": ",".join(key.ips),
        "status": "VALID",
    }


def _account(call: Call) -> object:
    """A trap: canTrade, canWithdraw and permissions are the account's, never the key's."""
    return {
        "canTrade": True,
        "canWithdraw": True,
        "canDeposit": True,
        "updateTime": None,
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": amount, "locked": "0"}
            for asset, amount in call.key.balances.items()
        ],
        "permissions": ["SPOT"],
    }


def _uid(call: Call) -> object:
    return {"uid": str(200_000_000 + number(7, "uid", call.key.api_key))}


def _coins(call: Call) -> object:
    """The signed call that load_markets makes; each coin with one network."""
    return [
        {
            "coin": asset,
            "name": asset,
            "networkList": [
                {"coin": asset, "network": asset, "depositEnable": True, "withdrawEnable": True}
            ],
        }
        for asset in call.key.balances
    ]


def _done(call: Call) -> object:
    return {"id": digest(call.key.name, "done")[:32]}


def _exchange_info(call: Call) -> object:
    """Every spot market; one that is halted trades on the site alone."""
    symbols = [
        {
            **documented.SYMBOL,
            "symbol": each.joined(""),
            "fullName": each.base,
            "status": "1",
            "baseAsset": each.base,
            "quoteAsset": each.quote,
            "isSpotTradingAllowed": each.trades,
        }
        for each in listing.spot(call.request.markets)
    ]
    now = call.request.now_ms
    return {"timezone": "CST", "serverTime": now, **documented.EXCHANGE, "symbols": symbols}


def _contracts(call: Call) -> object:
    """Every perpetual. 0 is enabled, 4 is paused."""
    data = [
        {
            **documented.CONTRACT,
            "symbol": each.joined("_"),
            "displayName": f"{each.joined('_')} PERPETUAL",
            "displayNameEn": f"{each.joined('_')} PERPETUAL",
            "baseCoinName": each.base,
            "quoteCoinName": each.quote,
            "baseCoin": each.base,
            "quoteCoin": each.quote,
            "settleCoin": each.settle,
            "state": 0 if each.trades else 4,
        }
        for each in listing.futures(call.request.markets)
    ]
    return {"success": True, "code": 0, "data": data}


# Unsure: the shape of this list, and what cancelling an unknown withdrawal answers.
PAIRS = {"code": 200, "data": ["BTCUSDT", "ETHUSDT", "MXUSDT"], "msg": None}
NO_WITHDRAWAL = Refusal(400, 22222, "record does not exist")

# There is no status call.
ROUTES = (
    Route("GET", "/api/v3/exchangeInfo", PUBLIC, _exchange_info),
    Route("GET", "/api/v1/contract/detail", PUBLIC, _contracts),
    Route("GET", "/api/v3/time", PUBLIC, lambda call: {"serverTime": call.request.now_ms}),
    Route("GET", "/api/v3/ping", PUBLIC, always({})),
    Route("GET", KEY_INFO, ACCOUNT_READ, _key_info, about_key=True),
    Route("GET", "/api/v3/account", ACCOUNT_READ, _account),
    Route("GET", "/api/v3/uid", ACCOUNT_READ, _uid),
    Route("GET", "/api/v3/selfSymbols", ACCOUNT_READ, always(PAIRS)),
    Route("GET", "/api/v3/openOrders", DEAL_READ, always([])),
    Route("GET", "/api/v3/capital/config/getall", WITHDRAW_READ, _coins),
    Route("GET", "/api/v3/capital/withdraw/history", WITHDRAW_READ, always([])),
    Route("POST", "/api/v3/order/test", DEAL_WRITE, always({}), harmless=True),
    Route("POST", "/api/v3/order", DEAL_WRITE, _done),
    Route("DELETE", "/api/v3/order", DEAL_WRITE, _done),
    Route("POST", "/api/v3/batchOrders", DEAL_WRITE, always([])),
    Route("DELETE", "/api/v3/openOrders", DEAL_WRITE, always([])),
    Route("POST", KEY_INFO, ACCOUNT_WRITE, always({}), about_key=True),
    Route("POST", "/api/v3/capital/withdraw", WITHDRAW_WRITE, _done),
    Route("DELETE", "/api/v3/capital/withdraw", WITHDRAW_WRITE, always(NO_WITHDRAWAL)),
    Route("POST", "/api/v3/capital/transfer/internal", WITHDRAW_WRITE, _done),
    Route("POST", "/api/v3/capital/deposit/address", WITHDRAW_WRITE, always([])),
    Route("POST", "/api/v3/capital/transfer", TRANSFER_WRITE, _done),
    *mexc_trading.ROUTES,
)

LATE = "Timestamp for this request is outside of the recvWindow."
WRONG_SIGNATURE = "Signature for this request is not valid."


def _wrong_address(call: Call) -> Refusal:
    return Refusal(400, 700006, f"IP [{call.request.client_ip}] not in the ip white list")


# Unsure: this order. An expired key is told a wrong signature.
REQUIREMENTS = (
    require(
        lambda call: bool(claimed_key(call.request)),
        otherwise=Refusal(400, 400, "api key required"),
    ),
    require(_key_has_shape, otherwise=Refusal(400, 700001, "API-key format invalid.")),
    require(
        conditions.exists,
        conditions.not_revoked,
        otherwise=Refusal(400, 10072, "Api key info invalid"),
    ),
    require(
        lambda call: _window(call) is not None,
        otherwise=Refusal(400, 700005, "recvWindow must less than 60000"),
    ),
    require(_in_window, otherwise=Refusal(400, 700003, LATE)),
    require(_signed, conditions.not_expired, otherwise=Refusal(400, 700002, WRONG_SIGNATURE)),
    require(conditions.address_allowed, otherwise=_wrong_address),
    require(conditions.not_frozen, otherwise=Refusal(400, 60005, "your account is abnormal")),
    require(
        conditions.disclosed,
        conditions.permitted,
        otherwise=Refusal(400, 700007, "No permission to access the endpoint."),
    ),
)


def _rate_limited(_: Request, faults: Faults) -> Refusal:
    return Refusal(429, 429, "Too Many Requests", retry_after(faults))


def _banned(_: Request, faults: Faults) -> Refusal:
    """Unsure: that its body is that of the 429."""
    return Refusal(418, 429, "Too Many Requests", retry_after(faults))


MAINTENANCE = {
    "code": 500,
    "message": "Under maintenance, please try again later",
    "announcement": "https://www.mexc.com/support/articles/17827791510263",
}
UNAVAILABLE = "service not available, please try again"
# No body of a region's refusal is known: the firewall's is the nearest.
OUTAGES = Outages(
    rate_limited=_rate_limited,
    banned=_banned,
    maintenance=as_json(MAINTENANCE, 500),
    failing=failing(
        "Server Error", *(Refusal(status, status, UNAVAILABLE) for status in (503, 504))
    ),
    region=Refusal(403, 403, "Access Denied"),
)

DIALECT = Dialect(
    words=WORDS,
    invent=invent,
    claimed_key=claimed_key,
    routes=ROUTES,
    requirements=REQUIREMENTS,
    unknown_call=Refusal(404, 404, "Not Found"),
    success=plain,
    refusal=lambda _, refusal: {"code": refusal.code, "msg": refusal.message},
    outages=OUTAGES,
)
