"""Gate.io. Sources: docs/sources/gate.md#documents."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bf_reconciler.exchanges import holdings, listing, shape
from bf_reconciler.exchanges.model import (
    LIVE,
    Call,
    Calls,
    CaptureFields,
    Environment,
    Exchange,
    Expiry,
    Limit,
    Listing,
    MarketLists,
    More,
    OtherBalance,
    Pace,
    People,
    Query,
    Refusal,
    Refusals,
    Signing,
    Spelling,
    Unexpected,
)
from bf_reconciler.facts import Balance, Json, KeyFacts, Orders, Reason, Said, Scope

# What a permission grants where it is not read-only. The right to withdraw is documented as a group
# of permissions, but the name of it is not: nothing here ever denies it.
# docs/sources/gate.md#permissions
PERMISSIONS: Mapping[str, frozenset[Scope]] = {
    "spot": frozenset({Scope.SPOT}),
    "margin": frozenset({Scope.MARGIN}),
    "futures": frozenset({Scope.FUTURES}),
    "delivery": frozenset({Scope.OTHER}),  # futures with a date
    "options": frozenset({Scope.OTHER}),
    "earn": frozenset({Scope.EARN}),
    "wallet": frozenset({Scope.TRANSFER}),
    "account": frozenset({Scope.ACCOUNT}),
    "otc": frozenset({Scope.PAY}),
    **dict.fromkeys(
        ("custody", "loan", "unified", "copy", "pilot", "alpha", "crossx"),
        frozenset({Scope.OTHER}),
    ),
}
TOLD = frozenset({Scope.READ}).union(*PERMISSIONS.values())

# `spot` is explained as "spot/margin", and yet there is a `margin`.
OPEN: Mapping[str, frozenset[Scope]] = {
    "spot": frozenset({Scope.MARGIN}),
    "unified": frozenset({Scope.MARGIN}),
    "loan": frozenset({Scope.MARGIN}),
    "delivery": frozenset({Scope.FUTURES}),
}

NORMAL = 1
DESCRIBES = frozenset({"user_id", "ip_whitelist", "key"})
"""A description of an account has one of these, at least."""
UNIFIED = "2"
"""The mode of an account that keeps all in one place."""
MASK = "*"
SEEN = 8
"""Characters of a masked key that must be there to know it again; the documents show 12."""

# docs/sources/gate.md#codes
CODES: Mapping[str, Reason] = {
    "INVALID_KEY": Reason.INVALID_KEY,
    "INVALID_CREDENTIALS": Reason.INVALID_KEY,
    "MISSING_REQUIRED_HEADER": Reason.INVALID_KEY,
    "AUTHENTICATION_FAILED": Reason.KEY_OR_IP_REJECTED,
    "INVALID_SIGNATURE": Reason.INVALID_SIGNATURE,
    "IP_FORBIDDEN": Reason.IP_NOT_ALLOWED,
    "FORBIDDEN": Reason.NO_READ_PERMISSION,
    "READ_ONLY": Reason.NO_TRADE_PERMISSION,
    "REQUEST_EXPIRED": Reason.CLOCK_SKEW,
    "TOO_MANY_REQUESTS": Reason.RATE_LIMITED,
    "ACCOUNT_LOCKED": Reason.ACCOUNT_SUSPENDED,
    "SUB_ACCOUNT_LOCKED": Reason.ACCOUNT_SUSPENDED,
    "ACCOUNT_EXCEPTION": Reason.ACCOUNT_SUSPENDED,
    "INTERNAL": Reason.EXCHANGE_UNAVAILABLE,
    "SERVER_ERROR": Reason.EXCHANGE_UNAVAILABLE,
    "TOO_BUSY": Reason.EXCHANGE_UNAVAILABLE,
    "SUB_ACCOUNT_NOT_FOUND": Reason.UNVERIFIABLE,
    "USER_NOT_FOUND": Reason.UNVERIFIABLE,  # no funds were ever moved to that account
}
CLIENT_IP = re.compile(r"IP not in whitelist:\s*([0-9A-Fa-f.:]{2,45})", re.IGNORECASE)


def read_time(body: Json) -> int:
    return shape.milliseconds(shape.table(body, "body"), "server_time")


# docs/sources/gate.md#key, #allowlist, #expiry
def read_key(body: Json, _now: datetime) -> KeyFacts:
    """The account as the calling key sees it: its allowlist, and no rights."""
    data = shape.table(body, "body")
    if DESCRIBES.isdisjoint(data):
        raise Unexpected("user_id")
    described = shape.described(
        lambda: KeyFacts(frozenset(), frozenset()),
        lambda: shape.addresses(data.get("ip_whitelist"), "ip_whitelist"),
    )
    return replace(described, unified=_is_unified(data.get("key")))


def _is_unified(key: Json) -> bool:
    """By the mode of the account, which stands with the key."""
    return isinstance(key, dict) and str(key.get("mode")) == UNIFIED


def read_keys(told: KeyFacts, body: Json, api_key: str) -> KeyFacts:
    """The keys of the main account, masked; one of them is ours, or nothing is known of ours.

    A key of a sub-account is not expected to stand among them. The documents show a list; their
    schema and the official client have one key alone, which then is not shown, and is the one
    that asks.
    """
    listed = shape.rows([body] if isinstance(body, dict) else body, "body")
    alone = isinstance(body, dict) and _is_unnamed(listed[0])
    own = listed if alone else [row for row in listed if _is(row, api_key)]
    if len(own) != 1:
        return told
    found = shape.described(
        lambda: _rights(own[0]), lambda: told.ips, state=lambda: _normal(own[0])
    )
    return replace(
        found,
        created_at=shape.maybe_moment(own[0], "created_at", unit=1),
        unified=told.unified,
        unread=(*told.unread, *found.unread),
    )


def _normal(row: Mapping[str, Json]) -> None:
    if shape.optional_whole(row, "state") not in {None, NORMAL}:
        raise Unexpected("state")


def _is_unnamed(row: Mapping[str, Json]) -> bool:
    """The one key of the schema, where an object stands in place of its name."""
    shown = row.get("key")
    return isinstance(shown, dict) and "mode" in shown


def _is(row: Mapping[str, Json], api_key: str) -> bool:
    """Whether this is the key that asks; the end of the others' is masked, and so is its own."""
    shown = row.get("key")
    if not isinstance(shown, str):
        return False
    head, mask, tail = shown.partition(MASK)
    if not mask:
        return shown == api_key
    tail = tail.rpartition(MASK)[2]
    return len(head) >= SEEN and api_key.startswith(head) and api_key.endswith(tail)


def _rights(row: Mapping[str, Json]) -> KeyFacts:
    """Each permission is held to read, or to write, too."""
    listed = shape.rows(row.get("perms"), "perms")
    if not listed:
        raise Unexpected("perms")
    meaning: dict[str, frozenset[Scope]] = {}
    undecided: frozenset[Scope] = frozenset()
    for permission in listed:
        name = shape.text(permission, "name")
        if not shape.WORD.fullmatch(name):
            raise Unexpected("name")
        only_reads = shape.optional_flag(permission, "read_only")
        writes, certain = PERMISSIONS.get(name), only_reads is False
        if "withdraw" in name.casefold():  # held, unless it is said to read alone
            writes, certain = frozenset({Scope.WITHDRAW}), not only_reads
        if writes is None:
            continue
        granted = writes if certain else frozenset()
        meaning[name] = meaning.get(name, frozenset({Scope.READ})) | granted
        if not only_reads:
            undecided |= writes | OPEN.get(name, frozenset())
    names = tuple(permission["name"] for permission in listed)
    return shape.scopes(names, meaning, TOLD, undecided)


def read_balance(body: Json) -> Balance:
    """The spot account's."""
    amounts = shape.rows(body, "body")
    return holdings.balance(amounts, "currency", ("available", "locked"))


def read_unified_balance(body: Json) -> Balance:
    """The unified account's: an object of currencies."""
    held = shape.table(shape.table(body, "body").get("balances"), "balances")
    told = [(name, shape.table(held[name], "balances")) for name in held]
    rows = [{"freeze": "0", **row, "currency": name} for name, row in told]
    return holdings.balance(rows, "currency", ("available", "freeze"))


def read_orders(body: Json) -> Orders:
    """A row for each pair with open orders."""
    return holdings.orders((row.get("currency_pair") for row in shape.rows(body, "body")), "_")


def read_refusal(body: Json) -> Refusal | None:
    """An error has a label; one that is not known is not repeated, since it may be any text."""
    if not isinstance(body, dict) or "label" not in body:
        return None
    label, message = body["label"], body.get("message")
    code = label if isinstance(label, str) and label in CODES else ""
    return Refusal(code, message if isinstance(message, str) else "")


# docs/sources/gate.md#markets
MARKETS = MarketLists(
    spelling=Spelling("_"),
    lists={
        "spot": Listing(
            Call("publicSpotGetCurrencyPairs"),
            listing.reader(
                lambda body: body,
                listing.split("id", "_"),
                listing.says("trade_status", "tradable"),
            ),
        ),
        "futures": Listing(
            Call("publicFuturesGetSettleContracts", {"settle": "usdt"}),
            listing.reader(
                lambda body: body,
                listing.split("name", "_", linear=True),
                listing.off("in_delisting"),
            ),
            listing.settled_in("USDT"),  # others have lists of their own
        ),
    },
)
PEOPLE = People(
    needs={
        Scope.READ: Said("spot and account (read-only)", "spot ve account (salt okunur)"),
        Scope.SPOT: Said("spot (read and write)", "spot (okuma ve yazma)"),
        Scope.MARGIN: Said("margin (read and write)", "margin (okuma ve yazma)"),
        Scope.FUTURES: Said("futures (read and write)", "futures (okuma ve yazma)"),
        Scope.EARN: Said("earn (read and write)", "earn (okuma ve yazma)"),
        Scope.TRANSFER: Said("wallet (read and write)", "wallet (okuma ve yazma)"),
        Scope.ACCOUNT: Said("account (read and write)", "account (okuma ve yazma)"),
        Scope.PAY: Said("otc (read and write)", "otc (okuma ve yazma)"),
        Scope.OTHER: Said(
            "delivery, options, loans, unified account, copy trading and the like",
            ("teslimatlı vadeli, opsiyon, kredi, birleşik hesap, kopya işlem ve benzerleri"),
        ),
        Scope.WITHDRAW: Said("withdrawal (read and write)", "withdrawal (okuma ve yazma)"),
    },
    notes=(
        Said(
            (
                "The name of the right to withdraw is not documented: that none is told proves "
                "nothing."
            ),
            "Para çekme hakkının adı belgelenmemiştir: bildirilmemesi hiçbir şeyi kanıtlamaz.",
        ),
        Said(
            "The rights stand in a list of the main account's keys: a second call, with account.",
            (
                "Haklar, ana hesabın anahtar listesinde yer alır: account izniyle yapılan ikinci "
                "bir çağrı."
            ),
        ),
        Said(
            "The rights of a sub-account's key may not be told: then nothing is known of them.",
            (
                "Alt hesap anahtarının hakları bildirilmeyebilir: o zaman haklarıyla ilgili hiçbir "
                "şey bilinmez."
            ),
        ),
        Said(
            "A key that is bound to no IP address ends 90 days after its creation.",
            "IP adresine bağlı olmayan bir anahtar, oluşturulduktan 90 gün sonra sona erer.",
        ),
        Said(
            "A key can be limited to a list of pairs, which a probe does not look at.",
            "Bir anahtar belirli işlem çiftleriyle sınırlı olabilir; test buna bakmaz.",
        ),
        Said(
            (
                "Where the account is unified and its spot account is empty, the unified one is "
                "asked, too: give the key unified (read) to see it."
            ),
            (
                "Hesap birleşikse ve spot hesabı boşsa birleşik hesap da sorulur: görmek için "
                "anahtara unified (okuma) izni verin."
            ),
        ),
        Said(
            "Changes to a key take up to five minutes.",
            "Anahtarda yapılan değişiklikler beş dakikaya kadar sürebilir.",
        ),
    ),
)

GATE = Exchange(
    id="gate",
    title="Gate.io",
    ccxt="gate",
    live_hosts=(
        "api.gateio.ws",
        "fx-api.gateio.ws",
        "api.gateeu.com",
        "api.gate.us",
    ),
    # docs/sources/gate.md#signing
    signing=Signing(("api_key", "secret")),
    # docs/sources/gate.md#time, #key, #balance, #orders
    calls=Calls(
        time=Query(Call("publicSpotGetTime"), read_time),
        key=Query(Call("privateAccountGetDetail"), read_key),
        balance=Query(Call("privateSpotGetAccounts"), read_balance),
        orders=Query(Call("privateSpotGetOpenOrders"), read_orders),
        more=More(Call("privateAccountGetMainKeys"), read_keys),
        other_balance=OtherBalance(Query(Call("privateUnifiedGetAccounts"), read_unified_balance)),
    ),
    refusals=Refusals(
        read=read_refusal,
        codes=CODES,
        phrases=(
            # The label is that of a missing right.
            ("", "IP not in whitelist", Reason.IP_NOT_ALLOWED),
        ),
        client_ip=CLIENT_IP,
        reset_header="x-gate-ratelimit-reset-timestamp",
    ),
    # docs/sources/gate.md#pace
    pace=Pace(
        rate=15.0,  # time: 200 in 10 s per address; the rest counts per account
        window=60.0,
        limits=(
            Limit(200, 10, "address", {"time": 1}),
            Limit(150, 10, "account", {"key": 1}),
            Limit(200, 10, "account", {"balance": 1}),
            Limit(200, 10, "account", {"orders": 1}),
        ),
    ),
    # docs/sources/gate.md#environments
    environments={"live": LIVE, "testnet": Environment("https://api-testnet.gateapi.io")},
    regions={
        "eu": Environment("https://api.gateeu.com", kinds=("spot",)),
        "us": Environment("https://api.gate.us", kinds=("spot",)),
    },
    # docs/sources/gate.md#expiry
    expiry=Expiry(timedelta(days=90), "creation", "gate.com/help, faq 17521"),
    moves_value={
        Scope.ACCOUNT: "docs/sources/gate.md#permissions",
        Scope.PAY: "docs/sources/gate.md#permissions",
    },
    fee_assets=frozenset({"GT"}),
    markets=MARKETS,
    unreported=frozenset({"withdraw"}),
    people=PEOPLE,
    capture=CaptureFields(rights=("perms",)),
)
