"""Kraken, spot. Sources: docs/sources/kraken.md#documents."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bf_reconciler.exchanges import announcing, holdings, listing, shape
from bf_reconciler.exchanges.model import (
    Call,
    Calls,
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
    Unusable,
)
from bf_reconciler.facts import (
    Announcement,
    Announcements,
    Balance,
    Json,
    KeyFacts,
    Orders,
    Reason,
    Said,
    Scope,
)

NOTHING: frozenset[Scope] = frozenset()
READ = frozenset({Scope.READ})

# The table of "Get API Key Info", all of it.
# docs/sources/kraken.md#permissions
PERMISSIONS: Mapping[str, frozenset[Scope]] = {
    "query-funds": READ,
    "query-open-trades": READ,
    "query-closed-trades": READ,
    "query-ledger": READ,
    "export-data": READ,
    "modify-trades": frozenset({Scope.SPOT}),
    "create-orders": frozenset({Scope.SPOT}),  # in no document; in one answer that was captured
    "close-trades": NOTHING,  # cancels, and opens nothing
    "add-funds": frozenset({Scope.DEPOSIT}),
    "withdraw-funds": frozenset({Scope.WITHDRAW}),
    "earn-funds": frozenset({Scope.EARN}),
    "create-ws-token": NOTHING,  # what goes over the socket has these same rights
    "add-withdraw-address": frozenset({Scope.ACCOUNT}),
    "update-withdraw-address": frozenset({Scope.ACCOUNT}),
}
TOLD = frozenset().union(*PERMISSIONS.values())

# To withdraw takes withdraw-funds, by the document. What a key can do with addresses alone is
# said nowhere, so such a key is not said to be harmless.
OPEN: Mapping[str, frozenset[Scope]] = {
    "add-withdraw-address": frozenset({Scope.WITHDRAW}),
    "update-withdraw-address": frozenset({Scope.WITHDRAW}),
}

# docs/sources/kraken.md#codes
CODES: Mapping[str, Reason] = {
    # By the support pages a signature that does not match may be this, too; what an address off
    # the list or an ended key is told stands nowhere.
    "EAPI:Invalid key": Reason.KEY_OR_IP_REJECTED,
    "EAPI:Invalid signature": Reason.INVALID_SIGNATURE,
    "EAuth:Failed": Reason.KEY_OR_IP_REJECTED,
    "ESession:Invalid session": Reason.KEY_OR_IP_REJECTED,
    # Our number was not above the last one: somebody else uses the key, or our clock was set back.
    "EAPI:Invalid nonce": Reason.INVALID_NONCE,
    "EAPI:Rate limit exceeded": Reason.RATE_LIMITED,
    "EAuth:Rate limit exceeded": Reason.RATE_LIMITED,
    "EAuth:Too many requests": Reason.RATE_LIMITED,
    "EGeneral:Too many requests": Reason.RATE_LIMITED,
    "EGeneral:Temporary lockout": Reason.RATE_LIMITED,
    "EService:Throttled": Reason.RATE_LIMITED,
    "EGeneral:Permission denied": Reason.NO_READ_PERMISSION,
    "EAuth:Account temporary disabled": Reason.ACCOUNT_SUSPENDED,
    "EAuth:Account unconfirmed": Reason.ACCOUNT_SUSPENDED,
    "ETrade:Locked": Reason.ACCOUNT_SUSPENDED,
    "ETrade:User Locked": Reason.ACCOUNT_SUSPENDED,
    "EService:Unavailable": Reason.EXCHANGE_UNAVAILABLE,
    "EService:Busy": Reason.EXCHANGE_UNAVAILABLE,
    "EService:Deadline elapsed": Reason.EXCHANGE_UNAVAILABLE,
    "EGeneral:Internal error": Reason.EXCHANGE_UNAVAILABLE,
    "EDatabase:Internal error": Reason.EXCHANGE_UNAVAILABLE,
}
# What is older has an X before it, currencies of states a Z.
OLD_NAMES: Mapping[str, str] = {"XBT": "BTC", "XDG": "DOGE", "ETH2": "ETH"}
OLD_NAME = re.compile(r"X(XBT|XDG|ETH|ETC|LTC|MLN|REP|XLM|XMR|XRP|ZEC)|Z(AUD|CAD|EUR|GBP|JPY|USD)")
THROTTLED = "EService:Throttled"
SECONDS = re.compile(r"\d{1,10}", re.ASCII)
BACK_AT = re.compile(r"back at (\d{1,13})\b", re.ASCII)
WARNING = "W"
CODE_PARTS = 2
"""Category and text; what follows is a detail."""
TRADE_WORDS = frozenset({"modify-trades", "create-orders"})

# The documents have the first spelling, answers that others recorded the second.
ALLOWLIST = ("ipAllowlist", "ip_allowlist")
CREATED = ("createdTime", "created_time")
ENDS = ("validUntil", "valid_until")


def read_secret(_api_key: str, secret: str) -> str:
    """The private key is base64; line breaks of a copy are no part of it."""
    joined = "".join(secret.split())
    try:
        raw = base64.b64decode(joined, validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if not raw:
        raise Unusable("the secret is not Kraken's private key: it is no base64")
    return joined


def _result(body: Json) -> Json:
    """What was asked for. Warnings may stand beside it, errors may not."""
    answer = shape.table(body, "body")
    told = answer.get("error")
    if not isinstance(told, list) or not all(_warns(each) for each in told):
        raise Unexpected("error")
    return answer.get("result")


def _warns(told: object) -> bool:
    return isinstance(told, str) and told.startswith(WARNING)


# docs/sources/kraken.md#environments
OTHER_SERVICES = frozenset({"spot_ws", "spot_fix"}) | frozenset(
    f"futures_{each}" for each in ("ws", "rest", "fix", "trading")
)
"""What none of our questions goes to: its maintenance explains no failure."""


def _concerns_us(services: Json) -> bool:
    """Whether it is of a service that we ask; where that is not told, it may be."""
    if not isinstance(services, list) or not services:
        return True
    return not all(isinstance(each, str) and each in OTHER_SERVICES for each in services)


def read_time(body: Json) -> int:
    """Whole seconds are told: the middle of that second errs least."""
    told = shape.whole(shape.table(_result(body), "result"), "unixtime")
    return shape.milliseconds({"unixtime": told * 1000 + 500}, "unixtime")


# docs/sources/kraken.md#environments
def read_announced(body: Json) -> Announcements:
    """The state of now, and what is scheduled. An event leaves the list when it begins."""
    told = shape.table(_result(body), "result")
    now = announcing.going_on(on=shape.text(told, "status") == "maintenance").items
    listed = told.get("upcoming_maintenance")
    items = shape.rows(listed, "upcoming_maintenance") if listed is not None else []
    ahead = (
        Announcement(
            announcing.title(item, "title"), begins, shape.maybe_moment(item, "expected_end_utc")
        )
        for item in items
        if (begins := shape.maybe_moment(item, "expected_start_utc")) is not None
        and _concerns_us(item.get("affected_services"))
    )
    return Announcements((*now, *ahead)[: announcing.MOST], whole=False)


# docs/sources/kraken.md#key, #allowlist, #expiry
def read_key(body: Json, _now: datetime) -> KeyFacts:
    """The key's description of itself. Every key may ask for it."""
    data = shape.table(_result(body), "result")
    return replace(
        shape.described(
            lambda: _rights(data),
            lambda: _addresses(data),
            lambda: shape.optional_moment(data, shape.spelled_once(data, *ENDS), unit=1),
        ),
        created_at=shape.maybe_moment(data, *CREATED, unit=1),
    )


def _rights(data: Mapping[str, Json]) -> KeyFacts:
    words = shape.words(data, "permissions")
    undecided = NOTHING.union(*(OPEN.get(word, NOTHING) for word in words))
    # Margin comes with the right to trade where the account has it, which is not said.
    told = TOLD | {Scope.MARGIN} if TRADE_WORDS.isdisjoint(words) else TOLD
    return shape.scopes(words, PERMISSIONS, told, undecided)


def _addresses(data: Mapping[str, Json]) -> tuple[str, ...] | None:
    """The allowlist; a list of one empty text is none, too."""
    field = shape.spelled_once(data, *ALLOWLIST)
    return shape.addresses(data.get(field), field)


def read_balance(body: Json) -> Balance:
    """Amounts by asset. An asset's name is not told where its amount is none."""
    amounts = shape.table(_result(body), "result")
    rows = [{"asset": name, "balance": amount} for name, amount in amounts.items()]
    return holdings.balance(rows, "asset", ("balance",), plain=_asset)


def _asset(told: str) -> str:
    """The name people know: ``XXBT``, ``ZEUR`` and, of what is staked or lent, ``DOT28.S``."""
    name, _, kept = told.partition(".")
    name = name.rstrip("0123456789") or name if kept else name
    if name in OLD_NAMES:
        return OLD_NAMES[name]
    return OLD_NAMES.get(name[1:], name[1:]) if OLD_NAME.fullmatch(name) else name


def read_orders(body: Json) -> Orders:
    found = shape.table(shape.table(_result(body), "result").get("open"), "open").values()
    return holdings.orders(map(_symbol, found), "/", plain=_asset)


def _symbol(order: Json) -> str | None:
    """The pair of an order, whose names may stand there with nothing between them."""
    described = order.get("descr") if isinstance(order, dict) else None
    told = described.get("pair") if isinstance(described, dict) else None
    if not isinstance(told, str) or "/" in told:
        return told if isinstance(told, str) else None
    joined = told.partition(".")[0]
    for old, new in OLD_NAMES.items():
        joined = new + joined[len(old) :] if joined.startswith(old) else joined
        joined = joined[: -len(old)] + new if joined.endswith(old) else joined
    return holdings.pair_of(joined)


def read_refusal(body: Json) -> Refusal | None:
    """Errors are texts in a list; one may end in a detail of its own, behind a colon.

    A text that nobody knows is not passed on.
    """
    if not isinstance(body, dict) or "error" not in body:
        return None
    told = body["error"]
    errors = [each for each in told if not _warns(each)] if isinstance(told, list) else [told]
    if not errors:
        return None
    return next((found for each in errors if (found := _known(each))), Refusal("", ""))


def _known(told: object) -> Refusal | None:
    """An error that the row knows, and when to come back where its detail says so."""
    parts = [part.strip() for part in told.split(":")] if isinstance(told, str) else []
    code = ":".join(parts[:2])
    if code not in CODES:
        return None
    timed = code == THROTTLED and len(parts) > CODE_PARTS and SECONDS.fullmatch(parts[CODE_PARTS])
    return Refusal(code, f"{code}, back at {parts[CODE_PARTS]}000" if timed else code)


def _pairs(body: Json) -> list[Json]:
    return list(shape.table(_result(body), "result").values())


def _plain(row: Mapping[str, Json]) -> bool:
    """Not the twin of a market at another venue, whose name goes on behind a colon."""
    return ":" not in (shape.optional_text(row, "wsname") or "")


def _online(row: Mapping[str, Json]) -> bool:
    """Older answers have no state: what was listed there was traded."""
    return row.get("status") is None or listing.says("status", "online")(row)


# docs/sources/kraken.md#markets
MARKETS = MarketLists(
    spelling=Spelling("/"),
    lists={  # futures are another exchange, with keys of its own
        "spot": Listing(
            Call("publicGetAssetPairs"),
            listing.reader(
                _pairs,
                listing.split("wsname", "/"),  # `base` and `quote` carry old letters: XXBT, ZUSD
                _online,
                only=_plain,
            ),
        ),
    },
)
PEOPLE = People(
    needs={
        Scope.READ: Said.same("Query (funds), Query open orders & trades"),
        Scope.SPOT: Said.same("Create & modify orders, Cancel & close orders"),
        Scope.MARGIN: Said(
            "Create & modify orders, where the account has margin",
            "Create & modify orders, hesapta marjin varsa",
        ),
        Scope.FUTURES: Said(
            "a key of Kraken Futures, which is another exchange",
            "ayrı bir borsa olan Kraken Futures'ın anahtarı",
        ),
        Scope.EARN: Said.same("Earn"),
        Scope.DEPOSIT: Said.same("Deposit"),
        Scope.ACCOUNT: Said(
            "Add or update withdrawal addresses",
            "Add withdrawal addresses, Update withdrawal addresses",
        ),
        Scope.WITHDRAW: Said.same("Withdraw"),
    },
    notes=(
        Said(
            "Every signed call carries a number that must grow: a key is for one program alone.",
            (
                "Her imzalı çağrı artması gereken bir numara taşır: bir anahtar yalnızca bir "
                "program içindir."
            ),
        ),
        Said(
            (
                "Every signed call of Kraken is a POST, reads too: three of them may go out, and "
                "no other."
            ),
            (
                "Kraken'in imzalı çağrılarının hepsi POST'tur, okumalar da: yalnızca üçü "
                "gönderilebilir, başkası gönderilemez."
            ),
        ),
        Said(
            (
                "EAPI:Invalid key may stand for a wrong key, a wrong secret and an address not "
                "allowed."
            ),
            (
                "EAPI:Invalid key hem yanlış anahtar hem yanlış gizli anahtar hem de izin "
                "verilmeyen adres anlamına gelebilir."
            ),
        ),
        Said(
            "Whether a key may also cancel orders is not checked.",
            "Bir anahtarın emir iptal edip edemeyeceğine bakılmaz.",
        ),
        Said(
            "Kraken tells its clock in whole seconds: half a second off may be no more than that.",
            "Kraken saatini tam saniye olarak bildirir: yarım saniyelik fark bundan olabilir.",
        ),
    ),
)

KRAKEN = Exchange(
    id="kraken",
    title="Kraken",
    ccxt="kraken",
    live_hosts=("api.kraken.com",),
    # docs/sources/kraken.md#signing, #secrets
    signing=Signing(("api_key", "secret"), read_secret=read_secret),
    # docs/sources/kraken.md#time, #key, #balance, #orders
    calls=Calls(
        time=Query(Call("publicGetTime"), read_time),
        key=Query(Call("privatePostGetApiKeyInfo", posts="/0/private/GetApiKeyInfo"), read_key),
        balance=Query(Call("privatePostBalance", posts="/0/private/Balance"), read_balance),
        orders=Query(Call("privatePostOpenOrders", posts="/0/private/OpenOrders"), read_orders),
        in_turn=True,
        announced=Query(Call("publicGetSystemStatus"), read_announced),
    ),
    refusals=Refusals(
        read=read_refusal,
        codes=CODES,
        ends=BACK_AT,
        # "A few minutes" by the guide; an older page has about 15 minutes.
        pauses={"EGeneral:Temporary lockout": 300.0},
    ),
    # docs/sources/kraken.md#pace
    pace=Pace(
        # public calls: 1 in 1 s per address, and one of the four is; the rest counts per key
        rate=4.0,
        window=None,  # no call carries the time
        limits=(
            Limit(1, 1, "address", {"time": 1}),
            # The counter of the lowest level: at most 15, and it falls by 0.33 a second.
            Limit(15, 45, "account", {"key": 1, "balance": 1, "orders": 1}),
        ),
    ),
    # Live alone: docs/sources/kraken.md#environments
    moves_value={Scope.ACCOUNT: "docs/sources/kraken.md#permissions"},
    fee_assets=frozenset({"KFEE"}),
    markets=MARKETS,
    people=PEOPLE,
)
