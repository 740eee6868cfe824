"""Kraken's spot market.

Sources: docs/sources/kraken.md#time, docs/sources/kraken.md#key, docs/sources/kraken.md#balance,
docs/sources/kraken.md#orders, docs/sources/kraken.md#markets, docs/sources/kraken.md#permissions,
docs/sources/kraken.md#codes, docs/sources/kraken.md#signing
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from bf_reconciler.simulator import conditions, listing
from bf_reconciler.simulator.dialect import (
    ANY_KEY,
    PUBLIC,
    Call,
    Dialect,
    Outages,
    Refusal,
    Route,
    Words,
    always,
    failing,
    require,
)
from bf_reconciler.simulator.documented import kraken as documented
from bf_reconciler.simulator.key import Credentials, Key, digest
from bf_reconciler.simulator.wire import Request, same, sent_bytes, waf_page

# Futures are another exchange, with keys of its own.
FUNDS, OPEN_ORDERS, WITHDRAW = ("query-funds",), ("query-open-trades",), ("withdraw-funds",)
MODIFY, CLOSE = ("modify-trades",), ("close-trades",)
WORDS: Mapping[str, Words] = {
    "read": Words((*FUNDS, *OPEN_ORDERS)),
    "trade": Words((*MODIFY, *CLOSE)),
    "futures": Words(()),
    "withdraw": Words(WITHDRAW),
}

# With this word a key describes itself in snake_case, as in answers that others captured of live
# keys; without it as the document does. docs/sources/kraken.md#key
CAPTURED = "spelling=captured"
NONCE = re.compile(r"\d{1,20}", re.ASCII)
NAMES = {"BTC": "XBT", "DOGE": "XDG", "LUNA": "LUNA2"}
"""Currencies that Kraken spells otherwise than everybody else."""


def invent(name: str) -> Credentials:
    """The private key is 64 bytes, the public one 42, both as base64."""
    seed = bytes.fromhex(digest("kraken", name) + digest("kraken", name, "more"))
    api_key = base64.b64encode(hashlib.sha512(seed).digest()[:42]).decode()
    return Credentials(api_key, base64.b64encode(seed).decode())


def _signed(call: Call) -> bool:
    """HMAC-SHA512 of (path + SHA256(nonce + body)) under the decoded private key, as base64."""
    request = call.request
    try:
        secret = base64.b64decode(call.key.secret, validate=True)
    except binascii.Error:
        return False
    summed = hashlib.sha256(_nonce(request).encode(errors="replace") + request.body).digest()
    mac = hmac.digest(secret, sent_bytes(request.path) + summed, hashlib.sha512)
    return same(request.headers.get("API-Sign", ""), base64.b64encode(mac).decode())


def _nonce(request: Request) -> str:
    fields = parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True)
    return dict(fields).get("nonce", "")


def _nonce_rises(call: Call) -> bool:
    """Each nonce must be greater than the last one, and is remembered."""
    nonce = _nonce(call.request)
    if not NONCE.fullmatch(nonce) or int(nonce) <= call.key.nonce:
        return False
    call.key.nonce = int(nonce)
    return True


def _error(code: str, status: int = 200) -> Refusal:
    """Errors come with HTTP 200, by what others recorded."""
    return Refusal(status, code)


def _key_info(call: Call) -> object:
    """Times are epoch seconds as text, and "0" is none."""
    key = call.key
    if key.may((CAPTURED,)):
        return _captured(key)
    return {
        "apiKeyName": key.name,
        "apiKey": key.api_key,
        "nonce": str(key.nonce),
        "nonceWindow": 0,
        "permissions": list(key.permissions),
        "iban": "AA88 N84G WOAK NMOI",
        "validUntil": str(int(key.expires_at or 0)),
        "queryFrom": "0",
        "queryTo": "0",
        "createdTime": str(int(key.created_at)),
        "modifiedTime": str(int(key.created_at)),
        "ipAllowlist": list(key.ips),
        "lastUsed": str(key.nonce // 1000),
    }


def _captured(key: Key) -> object:
    """The same in snake_case; a key that is bound to nothing has one empty text as its list."""
    return {
        "api_key_name": key.name,
        "api_key": key.api_key,
        "nonce": str(key.nonce),
        "nonce_window": 0,
        "permissions": [word for word in key.permissions if word != CAPTURED],
        "valid_until": str(int(key.expires_at or 0)),
        "query_from": "0",
        "query_to": "0",
        "created_time": str(int(key.created_at)),
        "modified_time": str(int(key.created_at)),
        "ip_allowlist": list(key.ips) or [""],
        "last_used": str(key.nonce // 1000),
    }


def _amounts(key: Key) -> dict[str, str]:
    return {NAMES.get(asset, asset): amount for asset, amount in key.balances.items()}


def _balance_ex(call: Call) -> object:
    held = _amounts(call.key)
    return {name: {"balance": amount, "hold_trade": "0"} for name, amount in held.items()}


def _open_orders(call: Call) -> object:
    """Pairs stand there with nothing between their names."""
    open_ = {}
    for index, pair in enumerate(call.key.open_pairs):
        base, quote = (NAMES.get(side, side) for side in pair.split("/"))
        open_[f"O{index}"] = {"status": "open", "descr": {"pair": f"{base}{quote}"}}
    return {"open": open_}


def _placed(call: Call) -> object:
    return {"txid": [digest(call.key.name, "order")[:19].upper()], "descr": {"order": ""}}


def _done(call: Call) -> object:
    return {"refid": digest(call.key.name, "done")[:19].upper()}


def _pairs(call: Call) -> object:
    """Every spot market, by its old name."""
    pairs = {}
    for each in listing.spot(call.request.markets):
        base, quote = NAMES.get(each.base, each.base), NAMES.get(each.quote, each.quote)
        pairs[f"{base}{quote}"] = {
            **documented.PAIR,
            "altname": f"{base}{quote}",
            "wsname": f"{base}/{quote}",
            "aclass_base": "currency",
            "base": base,
            "aclass_quote": "currency",
            "quote": quote,
            "status": each.word("online", "cancel_only"),
        }
    return pairs


def _announced(call: Call) -> object:
    """What is ahead; it leaves the list when it begins."""
    ahead = []
    if call.request.announced is not None and call.request.now < call.request.announced[0]:
        begins, ends = (
            datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
            for at in call.request.announced
        )
        event = {"event_id": 21, "title": "Upgrade", "phase": "announced"}
        event |= {"expected_start_utc": begins, "expected_end_utc": ends}
        ahead = [event | {"affected_services": ["spot_rest", "spot_trading"]}]
    return {"status": "online", "timestamp": "", "upcoming_maintenance": ahead, "emergency": []}


def _time(call: Call) -> object:
    return {"unixtime": int(call.request.now), "rfc1123": ""}


# Every call with a key is a POST, the reads too.
ROUTES = (
    Route("GET", "/0/public/Time", PUBLIC, _time),
    Route("GET", "/0/public/SystemStatus", PUBLIC, _announced),
    Route("GET", "/0/public/AssetPairs", PUBLIC, _pairs),
    Route("POST", "/0/private/GetApiKeyInfo", ANY_KEY, _key_info, harmless=True, about_key=True),
    Route("POST", "/0/private/Balance", FUNDS, lambda call: _amounts(call.key), harmless=True),
    Route("POST", "/0/private/BalanceEx", FUNDS, _balance_ex, harmless=True),
    Route("POST", "/0/private/OpenOrders", OPEN_ORDERS, _open_orders, harmless=True),
    Route("POST", "/0/private/AddOrder", MODIFY, _placed),
    Route("POST", "/0/private/CancelOrder", (*MODIFY, *CLOSE), always({"count": 1})),
    Route("POST", "/0/private/CancelAll", (*MODIFY, *CLOSE), always({"count": 1})),
    Route("POST", "/0/private/Withdraw", WITHDRAW, _done),
)

# Unsure: this order, and what an expired key or an address off the list is told.
REQUIREMENTS = (
    require(conditions.valid, otherwise=_error("EAPI:Invalid key")),
    require(_signed, otherwise=_error("EAPI:Invalid signature")),
    require(_nonce_rises, otherwise=_error("EAPI:Invalid nonce")),
    require(conditions.address_allowed, otherwise=_error("EAPI:Invalid key")),
    require(conditions.not_frozen, otherwise=_error("ETrade:User Locked")),
    require(
        conditions.disclosed, conditions.permitted, otherwise=_error("EGeneral:Permission denied")
    ),
)

# Unsure: the status of these, and that the time is not spared. No document has a region's refusal:
# what is in front of the exchange would refuse.
OUTAGES = Outages(
    rate_limited=_error("EAPI:Rate limit exceeded"),
    banned=_error("EGeneral:Temporary lockout"),
    maintenance=_error("EService:Unavailable"),
    failing=failing("Server Error", _error("EGeneral:Internal error", 500)),
    region=waf_page(),
)

DIALECT = Dialect(
    words=WORDS,
    invent=invent,
    claimed_key=lambda request: request.headers.get("API-Key"),
    routes=ROUTES,
    requirements=REQUIREMENTS,
    unknown_call=_error("EGeneral:Unknown method"),
    success=lambda _, result: {"error": [], "result": result},
    refusal=lambda _, refusal: {"error": [refusal.code]},
    outages=OUTAGES,
)
