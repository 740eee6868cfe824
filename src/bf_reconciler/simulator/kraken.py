"""Kraken's spot market, written from Kraken's documentation of its REST API."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

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

# "Get API Key Info": values of `permissions`. Futures are another exchange, with its own keys.
FUNDS, OPEN_ORDERS, WITHDRAW = ("query-funds",), ("query-open-trades",), ("withdraw-funds",)
MODIFY, CLOSE = ("modify-trades",), ("close-trades",)
WORDS: Mapping[str, Words] = {
    "read": Words((*FUNDS, *OPEN_ORDERS)),
    "trade": Words((*MODIFY, *CLOSE)),
    "futures": Words(()),
    "withdraw": Words(WITHDRAW),
}

KEY_INFO = "/0/private/GetApiKeyInfo"
BALANCE = "/0/private/Balance"
BALANCE_EX = "/0/private/BalanceEx"
OPEN = "/0/private/OpenOrders"

# Every private call is a POST; these answer and change nothing.
HARMLESS_WRITES = frozenset({("POST", path) for path in (KEY_INFO, BALANCE, BALANCE_EX, OPEN)})

NONCE = re.compile(r"\d{1,20}", re.ASCII)
NAMES = {"BTC": "XBT", "DOGE": "XDG", "LUNA": "LUNA2"}
"""Currencies that Kraken spells otherwise than the rest of the world."""


def invent(name: str) -> Credentials:
    """The private key is 64 bytes, the public one 42, both as base64."""
    seed = bytes.fromhex(digest("kraken", name) + digest("kraken", name, "more"))
    api_key = base64.b64encode(hashlib.sha512(seed).digest()[:42]).decode()
    return Credentials(api_key, base64.b64encode(seed).decode())


def claimed_key(request: Request) -> str | None:
    return request.headers.get("API-Key")


def answer(request: Request, key: Key | None) -> Answer:
    if request.method == "GET" and request.path in PUBLIC:
        return _ok(PUBLIC[request.path](request))
    call = find(SIGNED, request.method, request.path)
    if call is None:
        return _no("EGeneral:Unknown method")
    caller = _authenticate(request, key)
    if isinstance(caller, Answer):
        return caller
    return _refuse_call(request, caller, call) or call.reply(request, caller)


def rate_limited(retry_after: float) -> Answer:  # noqa: ARG001 no answer says when to come back
    """Told in the body; that the status is 200 is [unsure]."""
    return _no("EAPI:Rate limit exceeded")


def banned(retry_after: float) -> Answer:  # noqa: ARG001 no answer says when to come back
    """Too many failures in a row."""
    return _no("EGeneral:Temporary lockout")


def maintenance(request: Request) -> Answer:  # noqa: ARG001 the time is not spared; [unsure]
    return _no("EService:Unavailable")


def failing(status: int) -> Answer:
    if status == 500:  # noqa: PLR2004 the one that the exchange words itself
        return _no("EGeneral:Internal error", status)
    return as_page(status, f"{status} Server Error")


def region_refused(request: Request) -> Answer:  # noqa: ARG001 the page names no address
    """No document has it: what stands in front of it would refuse [unsure]."""
    return waf_page()


def _authenticate(request: Request, key: Key | None) -> Key | Answer:
    """Who is asking? The order is [unsure], and so is what a key that has ended is told."""
    if key is None or key.revoked or key.expired(request.now):
        return _no("EAPI:Invalid key")
    fields = dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
    nonce = fields.get("nonce", "")
    if not _signed(request, key, nonce):
        return _no("EAPI:Invalid signature")
    if not NONCE.fullmatch(nonce) or int(nonce) <= key.nonce:
        return _no("EAPI:Invalid nonce")
    key.nonce = int(nonce)
    return key


def _signed(request: Request, key: Key, nonce: str) -> bool:
    """HMAC-SHA512 of (path + SHA256(nonce + body)) under the decoded private key, as base64."""
    try:
        secret = base64.b64decode(key.secret, validate=True)
    except binascii.Error:
        return False
    summed = hashlib.sha256(nonce.encode(errors="replace") + request.body).digest()
    due = base64.b64encode(hmac.digest(secret, wire(request.path) + summed, hashlib.sha512))
    return hmac.compare_digest(wire(request.headers.get("API-Sign", "")), due)


def _refuse_call(request: Request, key: Key, call: Signed) -> Answer | None:
    """May this key do this from here? What an address off the list is told is [unsure]."""
    if not key.lets_in(request.client_ip):
        return _no("EAPI:Invalid key")
    if key.frozen:
        return _no("ETrade:User Locked")
    hidden = key.hide_key_info and request.path == KEY_INFO
    if hidden or (call.any_of and not key.may(call.any_of)):
        return _no("EGeneral:Permission denied")
    return None


def _ok(result: object) -> Answer:
    return as_json({"error": [], "result": result})


def _no(error: str, status: int = 200) -> Answer:
    """Errors come with HTTP 200, as those who met them tell."""
    return as_json({"error": [error]}, status)


def _key_info(_: Request, key: Key) -> Answer:
    """Times are epoch seconds as text, and "0" is none."""
    return _ok(
        {
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
    )


def _balance(_: Request, key: Key) -> Answer:
    return _ok({NAMES.get(asset, asset): amount for asset, amount in key.balances.items()})


def _balance_ex(_: Request, key: Key) -> Answer:
    held = {NAMES.get(asset, asset): amount for asset, amount in key.balances.items()}
    return _ok({name: {"balance": amount, "hold_trade": "0"} for name, amount in held.items()})


def _open_orders(_: Request, __: Key) -> Answer:
    return _ok({"open": {}})


def _placed(_: Request, key: Key) -> Answer:
    return _ok({"txid": [digest(key.name, "order")[:19].upper()], "descr": {"order": ""}})


def _cancelled(_: Request, __: Key) -> Answer:
    return _ok({"count": 1})


def _done(_: Request, key: Key) -> Answer:
    return _ok({"refid": digest(key.name, "done")[:19].upper()})


def _pairs(request: Request) -> object:
    """Public: every spot market, by its old name."""
    found = {}
    for each in listing.spot(request.markets):
        base, quote = NAMES.get(each.base, each.base), NAMES.get(each.quote, each.quote)
        found[f"{base}{quote}"] = {
            "altname": f"{base}{quote}",
            "wsname": f"{base}/{quote}",
            "aclass_base": "currency",
            "base": base,
            "aclass_quote": "currency",
            "quote": quote,
            "status": each.word("online", "cancel_only"),
        }
    return found


PUBLIC: Mapping[str, Callable[[Request], object]] = {
    "/0/public/Time": lambda request: {"unixtime": int(request.now), "rfc1123": ""},
    "/0/public/SystemStatus": lambda _: {"status": "online", "timestamp": ""},
    "/0/public/AssetPairs": _pairs,
}

# What each call needs is said on its page; a description of the key needs nothing.
SIGNED: Table = {
    ("POST", KEY_INFO): Signed((), _key_info),
    ("POST", BALANCE): Signed(FUNDS, _balance),
    ("POST", BALANCE_EX): Signed(FUNDS, _balance_ex),
    ("POST", OPEN): Signed(OPEN_ORDERS, _open_orders),
    ("POST", "/0/private/AddOrder"): Signed(MODIFY, _placed),
    ("POST", "/0/private/CancelOrder"): Signed((*MODIFY, *CLOSE), _cancelled),
    ("POST", "/0/private/CancelAll"): Signed((*MODIFY, *CLOSE), _cancelled),
    ("POST", "/0/private/Withdraw"): Signed(WITHDRAW, _done),
}
