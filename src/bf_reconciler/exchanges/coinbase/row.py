"""Coinbase. Sources: docs/sources/coinbase.md#documents."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bf_reconciler.exchanges import holdings, listing, shape
from bf_reconciler.exchanges.model import (
    Call,
    Calls,
    CaptureFields,
    Exchange,
    Limit,
    Listing,
    MarketLists,
    Pace,
    People,
    Query,
    Refusal,
    Refusals,
    Signing,
    Spelling,
    Unexpected,
)
from bf_reconciler.facts import Balance, Json, KeyFacts, Orders, Reason, Said, Scope, Unread

# docs/sources/coinbase.md#permissions
PERMISSIONS: Mapping[str, frozenset[Scope]] = {
    "can_view": frozenset({Scope.READ}),
    "can_trade": frozenset({Scope.SPOT}),
    "can_transfer": frozenset({Scope.TRANSFER, Scope.WITHDRAW}),  # deposits and withdrawals, too
    "can_receive": frozenset({Scope.DEPOSIT}),
}
LATER = ("can_receive",)
"""In newer documents alone, so it may be missing."""
FLAG = re.compile(r"can_[a-z_]{1,48}", re.ASCII)
PORTFOLIO = re.compile(r"[A-Z_]{1,32}", re.ASCII)
UNDEFINED = "UNDEFINED"
HELD = ("available_balance", "hold")
PERPETUAL = ["PERP", "INTX"]

# docs/sources/coinbase.md#codes
CODES: Mapping[str, Reason] = {
    "PERMISSION_DENIED": Reason.NO_READ_PERMISSION,
    "UNAUTHENTICATED": Reason.KEY_OR_IP_REJECTED,
    "RESOURCE_EXHAUSTED": Reason.RATE_LIMITED,
    "INTERNAL": Reason.EXCHANGE_UNAVAILABLE,
    "UNAVAILABLE": Reason.EXCHANGE_UNAVAILABLE,
    # The numbers of the same, where a gateway gives no name.
    "7": Reason.NO_READ_PERMISSION,
    "16": Reason.KEY_OR_IP_REJECTED,
    "8": Reason.RATE_LIMITED,
    "13": Reason.EXCHANGE_UNAVAILABLE,
    "14": Reason.EXCHANGE_UNAVAILABLE,
    # The words of version 2.
    "authentication_error": Reason.KEY_OR_IP_REJECTED,
    "unauthorized": Reason.KEY_OR_IP_REJECTED,
    **dict.fromkeys(("invalid_token", "revoked_token", "expired_token"), Reason.KEY_OR_IP_REJECTED),
    "invalid_authentication_method": Reason.ACCOUNT_SUSPENDED,  # of users that are deleted
    **dict.fromkeys(
        (
            "unverified_email",
            "personal_details_required",
            "identity_verification_required",
            "jumio_verification_required",
            "jumio_face_match_verification_required",
        ),
        Reason.ACCOUNT_SUSPENDED,
    ),
    "invalid_scope": Reason.NO_READ_PERMISSION,
    "rate_limit_exceeded": Reason.RATE_LIMITED,
    "resource_exhausted": Reason.RATE_LIMITED,
    "internal_server_error": Reason.EXCHANGE_UNAVAILABLE,
}


def read_secret(api_key: str, secret: str) -> str:
    from bf_reconciler.exchanges.coinbase import secrets  # noqa: PLC0415 # brings cryptography: for probes only

    return secrets.usable(api_key, secret)


# docs/sources/coinbase.md#signing
def claims(made: Mapping[str, Any]) -> Mapping[str, Any]:
    """As the official client has them, by both algorithms: ccxt's own are of older documents."""
    [called] = made.get("uris", [made.get("uri")])
    kept = {name: made[name] for name in ("sub", "nbf", "exp")}
    return {**kept, "iss": "cdp", "uri": called}


def read_time(body: Json) -> int:
    return shape.milliseconds(shape.table(body, "body"), "epochMillis")


# docs/sources/coinbase.md#key, #allowlist, #expiry
def read_key(body: Json, _now: datetime) -> KeyFacts:
    """The key's description of itself. Coinbase tells no address, no time and no expiry."""
    data = shape.table(body, "body")
    facts = shape.described(lambda: _rights(data))
    return replace(facts, account=_portfolio(data))


def _rights(data: Mapping[str, Json]) -> KeyFacts:
    """Each right has a flag; one that is not told, or in an unknown form, is not known."""
    there = [name for name in PERMISSIONS if name in data or name not in LATER]
    told, unread = shape.flags(data, there)
    if not any(value is not None for value in told.values()):
        raise Unexpected(there[0])
    unread += tuple(Unread("rights", name) for name in there if shape.absent(data.get(name)))
    strange = {name: data[name] for name in data if name not in told and FLAG.fullmatch(name)}
    others = tuple(name for name, value in strange.items() if shape.maybe_flag(strange, name))
    on = tuple(name for name, value in told.items() if value) + others
    known = [name for name, value in told.items() if value is not None]
    spoken = frozenset[Scope]().union(*(PERMISSIONS[name] for name in known))
    # Futures come with the right to trade where the portfolio has them, which is not said.
    spoken |= {Scope.FUTURES} if told["can_trade"] is False else frozenset()
    return replace(shape.scopes(on, PERMISSIONS, spoken, explicit=True), unread=unread)


def _portfolio(data: Mapping[str, Json]) -> str | None:
    """The kind of the one portfolio that the key is bound to."""
    kind = shape.maybe_text(data, "portfolio_type")
    return None if kind == UNDEFINED or not PORTFOLIO.fullmatch(kind or "") else kind


def read_balance(body: Json) -> Balance:
    """The first page; where there are more, what is empty is not known to be."""
    answer = shape.table(body, "body")
    amounts = [
        {"asset": row.get("currency")}
        | {field: shape.table(row.get(field), field).get("value") for field in HELD}
        for row in shape.rows(answer.get("accounts"), "accounts")
    ]
    found = holdings.balance(amounts, "asset", HELD)
    return replace(found, empty=found.empty and not _has_next(answer))


def read_orders(body: Json) -> Orders:
    listed = shape.rows(shape.table(body, "body").get("orders"), "orders")
    return holdings.orders(map(_product, listed), "-")


def _product(order: Mapping[str, Json]) -> Json:
    """Base and quote; a future that never ends is quoted in USDC, and names no other way."""
    told = order.get("product_id")
    parts = told.split("-") if isinstance(told, str) else []
    if parts[1:] == PERPETUAL:
        return f"{parts[0]}-USDC"
    return told if len(parts) == holdings.SIDES else None


def _has_next(answer: Mapping[str, Json]) -> bool:
    return shape.flag(answer, "has_next")


def read_refusal(body: Json) -> Refusal | None:
    """Three forms: a bare word, errors by their name, and the list of version 2."""
    if isinstance(body, str):
        return Refusal("", "Unauthorized") if body.strip() == "Unauthorized" else None
    if not isinstance(body, dict):
        return None
    listed = body.get("errors")
    if isinstance(listed, list) and listed and isinstance(listed[0], dict):
        return _named(listed[0].get("id"), listed[0].get("message"))
    message = body.get("message") or body.get("error_details")
    named = _named(body.get("error"), message)
    if "error" in body and (named.code or "code" not in body):
        return named
    return shape.refusal(body["code"], message) if "code" in body else None


def _named(code: Json, message: Json) -> Refusal:
    """A name that nobody knows is not passed on."""
    known = isinstance(code, str) and code in CODES
    return Refusal(code if known else "", message if isinstance(message, str) else "")


# docs/sources/coinbase.md#markets
MARKETS = MarketLists(
    spelling=Spelling("-", usual="BTC/USDC"),
    lists={  # which futures a portfolio may trade is not public
        "spot": Listing(
            Call("v3PublicGetBrokerageMarketProducts", {"product_type": "SPOT"}),
            listing.reader(
                lambda body: shape.table(body, "body").get("products"),
                listing.named("base_currency_id", "quote_currency_id"),
                listing.off("trading_disabled"),
            ),
        ),
    },
)
PEOPLE = People(
    needs={
        Scope.READ: Said.same("View"),
        Scope.SPOT: Said.same("Trade"),
        Scope.FUTURES: Said(
            "Trade, where the portfolio has futures", "Trade, portföyde vadeli işlem varsa"
        ),
        Scope.DEPOSIT: Said.same("Receive"),
        Scope.TRANSFER: Said.same("Transfer"),
        Scope.WITHDRAW: Said.same("Transfer"),
    },
    notes=(
        Said(
            (
                "Coinbase does not tell the allowlist of a key: an answer proves our own address "
                "alone."
            ),
            (
                "Coinbase bir anahtarın IP listesini bildirmez: alınan yanıt yalnızca bizim "
                "adresimizi kanıtlar."
            ),
        ),
        Said(
            (
                "Where a key must be bound to addresses (risk level aggressive, by default), none "
                "will do."
            ),
            (
                "Adrese bağlı anahtar istenen yerde (varsayılan olarak aggressive risk düzeyinde) "
                "hiçbir anahtar yeterli sayılmaz."
            ),
        ),
        Said(
            "One answer (401) stands for a wrong key, a wrong clock and an address not allowed.",
            (
                "Tek bir yanıt (401) hem yanlış anahtar hem yanlış saat hem de izin verilmeyen "
                "adres anlamına gelir."
            ),
        ),
        Said(
            "That answer has been seen for good keys, too: only three in a row are believed.",
            "Bu yanıt geçerli anahtarlarda da görülmüştür: ancak art arda üç kez gelirse inanılır.",
        ),
        Said(
            "Whether a key may trade futures is not said.",
            "Bir anahtarın vadeli işlem yapıp yapamayacağı bildirilmez.",
        ),
        Said(
            "A key is bound to one portfolio, and sees that one alone.",
            "Bir anahtar tek bir portföye bağlıdır ve yalnızca onu görür.",
        ),
        Said(
            "Coinbase tells no creation and no expiry of a key.",
            "Coinbase bir anahtarın oluşturulma ve bitiş tarihini bildirmez.",
        ),
    ),
)

COINBASE = Exchange(
    id="coinbase",
    title="Coinbase",
    ccxt="coinbase",
    live_hosts=("api.coinbase.com",),
    # docs/sources/coinbase.md#signing, #secrets
    signing=Signing(("api_key", "secret"), read_secret=read_secret, claims=claims),
    # docs/sources/coinbase.md#time, #key, #balance, #orders
    calls=Calls(
        time=Query(
            Call("v3PublicGetBrokerageTime", headers={"cache-control": "no-cache"}), read_time
        ),
        key=Query(Call("v3PrivateGetBrokerageKeyPermissions"), read_key),
        balance=Query(Call("v3PrivateGetBrokerageAccounts", {"limit": "250"}), read_balance),
        orders=Query(
            Call("v3PrivateGetBrokerageOrdersHistoricalBatch", {"order_status": "OPEN"}),
            read_orders,
        ),
    ),
    refusals=Refusals(
        read=read_refusal,
        codes=CODES,
        phrases=(
            ("authentication_error", "expired", Reason.CLOCK_SKEW),
            ("authentication_error", "invalid signature", Reason.INVALID_SIGNATURE),
            ("", "missing required scopes", Reason.NO_READ_PERMISSION),
            ("PERMISSION_DENIED", "is not allowed", Reason.ACCOUNT_SUSPENDED),
            ("", "unauthorized", Reason.KEY_OR_IP_REJECTED),
        ),
        confirm=3,  # the 401 of a wrong key comes and goes for good ones, too
    ),
    # docs/sources/coinbase.md#pace
    pace=Pace(
        rate=8.0,  # the time: 10 in 1 s per address; the rest counts per user
        window=30.0,  # a token lives for 120 s; how early one may come is not known
        limits=(
            Limit(10, 1, "address", {"time": 1}),
            Limit(30, 1, "account", {"key": 1, "balance": 1, "orders": 1}),
        ),
    ),
    # Live alone: docs/sources/coinbase.md#environments
    markets=MARKETS,
    unreported=frozenset({"allowlist", "creation"}),
    people=PEOPLE,
    capture=CaptureFields(states=("portfolio_type",), prose=("error_details",)),
)
