"""BingX. Sources: docs/sources/bingx.md#documents."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bf_reconciler.exchanges import holdings, listing, shape
from bf_reconciler.exchanges.model import (
    LIVE,
    Call,
    Calls,
    Environment,
    Exchange,
    Expiry,
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

# The key describes itself in two ways: numbers (seen, and in older documents), or flags (in newer
# ones). Universal transfers stay within the account of the owner, the others between it and its
# sub-accounts; to other people a key sends with its right to withdraw.
# docs/sources/bingx.md#permissions
NUMBERS: dict[str, frozenset[Scope]] = {
    "1": frozenset({Scope.SPOT}),
    "2": frozenset({Scope.READ}),
    "3": frozenset({Scope.FUTURES}),
    "4": frozenset({Scope.TRANSFER}),
    "5": frozenset({Scope.WITHDRAW}),
    "7": frozenset({Scope.TRANSFER}),
}
FLAGS: dict[str, frozenset[Scope]] = {
    "enableSpotAndMarginTrading": frozenset({Scope.SPOT}),  # of margin, the numbers know nothing
    "enableReading": frozenset({Scope.READ}),
    "enableFutures": frozenset({Scope.FUTURES}),
    "permitsUniversalTransfer": frozenset({Scope.TRANSFER}),
    "enableInternalTransfer": frozenset({Scope.TRANSFER}),
    "enableWithdrawals": frozenset({Scope.WITHDRAW}),
    "enableVanillaOptions": frozenset({Scope.OTHER}),
}
PERMISSIONS = NUMBERS | FLAGS
FLAG = re.compile(r"(?:enable|permits|allow|can)[A-Z]\w{0,48}", re.ASCII)
DESCRIBES = frozenset({"permissions", "ipAddresses", "ipRestrict"})
TRANSFERS = frozenset({"permitsUniversalTransfer", "enableInternalTransfer"})
# Whatever else there is would show as a number nobody knows, beside which nothing is denied.
TOLD = frozenset({Scope.OTHER}).union(*NUMBERS.values())

# docs/sources/bingx.md#codes
CODES: Mapping[str, Reason] = {
    "100001": Reason.INVALID_SIGNATURE,
    "100412": Reason.INVALID_SIGNATURE,  # there was none
    "100413": Reason.INVALID_KEY,
    "100419": Reason.IP_NOT_ALLOWED,
    "100004": Reason.NO_READ_PERMISSION,
    "100421": Reason.CLOCK_SKEW,
    "100403": Reason.NO_READ_PERMISSION,  # for main accounts alone
    **dict.fromkeys(("100409", "100410", "109429"), Reason.RATE_LIMITED),
    **dict.fromkeys(("109403", "80020"), Reason.RATE_LIMITED),  # risk control: too fast
    "100414": Reason.ACCOUNT_SUSPENDED,  # risk control
    **dict.fromkeys(("100441", "101483"), Reason.ACCOUNT_SUSPENDED),  # identity is to be verified
    # Region or identity: which of the two is not known, but a person can help with both.
    "101210": Reason.REGION_RESTRICTED,
    "101484": Reason.REGION_RESTRICTED,
    "100500": Reason.EXCHANGE_UNAVAILABLE,
    "100503": Reason.EXCHANGE_UNAVAILABLE,
    **dict.fromkeys(("109500", "80012"), Reason.EXCHANGE_UNAVAILABLE),
    "101500": Reason.TIMEOUT,
    # The gateway's own, which are statuses of HTTP, too.
    "401": Reason.INVALID_KEY,
    "403": Reason.RATE_LIMITED,  # a ban by the firewall
    "418": Reason.RATE_LIMITED,
    "429": Reason.RATE_LIMITED,
    "500": Reason.EXCHANGE_UNAVAILABLE,
    "504": Reason.EXCHANGE_UNAVAILABLE,
}
CLIENT_IP = re.compile(r"current request IP is\s*([0-9A-Fa-f.:]{2,45})", re.IGNORECASE)
BAN_END = re.compile(r"(?:unblocked after|retry after time:?)\s*(\d{13})\b", re.IGNORECASE)
STATES = frozenset({"apiStateBuy", "apiStateSell"})


def _data(body: Json) -> Mapping[str, Json]:
    answer = shape.table(body, "body")
    if shape.whole(answer, "code") != 0:
        raise Unexpected("code")
    return shape.table(answer.get("data"), "data")


def read_time(body: Json) -> int:
    return shape.milliseconds(_data(body), "serverTime")


# docs/sources/bingx.md#key, #allowlist, #expiry
def read_key(body: Json, _now: datetime) -> KeyFacts:
    """The key's description of itself, with or without its envelope. BingX tells no expiry."""
    data = _description(shape.table(body, "body"))
    return replace(
        shape.described(lambda: _rights(data), lambda: _allowlist(data)),
        created_at=shape.maybe_moment(data, "createTime"),
    )


def _description(answer: Mapping[str, Json]) -> Mapping[str, Json]:
    """What describes the key; one that is described within an envelope and beside it is not."""
    if "code" not in answer and "data" not in answer:
        return answer
    for name in answer:
        if name in DESCRIBES or FLAG.fullmatch(name):
            raise Unexpected(name)
    return _data(answer)


def _rights(data: Mapping[str, Json]) -> KeyFacts:
    """Numbers speak of every right, flags of those they name; no right is denied by silence."""
    numbers = _numbers(data["permissions"]) if "permissions" in data else ()
    there = [name for name in FLAGS if name in data]
    flags, unread = shape.flags(data, there)
    known = {name for name, value in flags.items() if value is not None}
    if not numbers and not known:
        raise Unexpected(there[0] if there else "permissions")
    others = {name: data[name] for name in data if FLAG.fullmatch(name) and name not in FLAGS}
    words = (
        *numbers,
        *(name for name, value in flags.items() if value),
        *(name for name in others if shape.maybe_flag(others, name)),
    )
    told = TOLD if numbers else frozenset()
    told |= _meant(known)
    if not numbers and not known >= TRANSFERS:
        told -= {Scope.TRANSFER}
    told -= _meant(flags.keys() - known)
    unread += tuple(Unread("rights", name) for name in there if shape.absent(data[name]))
    # A flag says no by name; a number that nobody knows might be the new one of anything.
    return replace(shape.scopes(words, PERMISSIONS, told, explicit=not numbers), unread=unread)


def _meant(flags: Iterable[str]) -> frozenset[Scope]:
    return frozenset[Scope]().union(*(FLAGS[name] for name in flags))


def _numbers(value: Json) -> tuple[str, ...]:
    """Numbers of rights; a key without any has no documented form."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(each, int | str) for each in items):
        raise Unexpected("permissions")
    words = tuple(word for each in items if (word := str(each).strip()))
    if not words or not all(shape.WORD.fullmatch(word) for word in words):
        raise Unexpected("permissions")
    return words


def _allowlist(data: Mapping[str, Json]) -> tuple[str, ...] | bool | None:
    """The list, or only whether there is one; one empty entry is none, too."""
    listed = shape.addresses(data.get("ipAddresses"), "ipAddresses")
    bound = shape.optional_flag(data, "ipRestrict")
    if bound is False and listed:
        raise Unexpected("ipRestrict")
    if bound is None:
        return listed
    return (listed or True) if bound else ()


def read_balance(body: Json) -> Balance:
    amounts = _list(_data(body), "balances")
    return holdings.balance(amounts, "asset", ("free", "locked"))


def read_orders(body: Json) -> Orders:
    return holdings.orders((row.get("symbol") for row in _list(_data(body), "orders")), "-")


def _list(data: Mapping[str, Json], field: str) -> list[Mapping[str, Json]]:
    """A list that is null where it is empty."""
    if field not in data:
        raise Unexpected(field)
    return [] if data[field] is None else shape.rows(data[field], field)


def read_refusal(body: Json) -> Refusal | None:
    if not isinstance(body, dict) or "code" not in body or body["code"] in (0, "0"):
        return None
    return shape.refusal(body["code"], body.get("msg"))


def _contracts(body: Json) -> Json:
    answer = shape.table(body, "body")
    if shape.whole(answer, "code") != 0:
        raise Unexpected("code")
    return answer.get("data")


def _symbols(body: Json) -> Json:
    """Where no row says whether programs may trade, as in no document one does, all of them may."""
    listed = _data(body).get("symbols")
    if not isinstance(listed, list):
        return listed
    rows = [row for row in listed if isinstance(row, dict)]
    if any(not STATES.isdisjoint(row) for row in rows):
        return listed
    return [{**row, **dict.fromkeys(STATES, True)} for row in rows]


# docs/sources/bingx.md#markets
MARKETS = MarketLists(
    spelling=Spelling("-"),
    lists={
        "spot": Listing(
            Call("spotV1PublicGetCommonSymbols"),
            listing.reader(
                _symbols,
                listing.split("symbol", "-"),
                listing.every(
                    listing.says("status", "1"),
                    listing.on("apiStateBuy"),
                    listing.on("apiStateSell"),
                ),
            ),
        ),
        "futures": Listing(
            Call("swapV2PublicGetQuoteContracts"),
            listing.reader(
                _contracts,
                listing.split("symbol", "-", "currency"),
                listing.every(listing.on("apiStateOpen"), listing.on("apiStateClose")),
            ),
            listing.linear,  # others have a list of their own
        ),
    },
)
PEOPLE = People(
    needs={
        Scope.READ: Said.same("Read"),
        Scope.SPOT: Said.same("Spot Trading"),
        Scope.FUTURES: Said.same("Perpetual Futures Trading"),
        Scope.TRANSFER: Said(
            "Universal Transfer, or internal transfers of sub-accounts",
            "Universal Transfer veya alt hesapların iç transferleri",
        ),
        Scope.OTHER: Said.same("Vanilla Options"),
        Scope.WITHDRAW: Said.same("Withdraw"),
    },
    notes=(
        Said("BingX tells no expiry of a key.", "BingX bir anahtarın bitiş tarihini bildirmez."),
        Said(
            (
                "A key that may do more than read, and is bound to no IP, is deleted after 14 idle "
                "days."
            ),
            (
                "Okumaktan fazlasını yapabilen ve IP adresine bağlı olmayan bir anahtar, 14 gün "
                "kullanılmazsa silinir."
            ),
        ),
        Said(
            "Whether a key may trade on margin is not said.",
            "Bir anahtarın marjinle işlem yapıp yapamayacağı bildirilmez.",
        ),
        Said(
            (
                "One key works on the live and on the demo (VST) hosts: they cannot be told apart "
                "by it."
            ),
            (
                "Aynı anahtar hem canlı hem demo (VST) adreslerinde çalışır: ortamlar anahtardan "
                "ayırt edilemez."
            ),
        ),
        Said(
            "Errors in a row can get an address banned for a while.",
            "Art arda gelen hatalar bir adresi bir süreliğine engelletebilir.",
        ),
    ),
)

BINGX = Exchange(
    id="bingx",
    title="BingX",
    ccxt="bingx",
    live_hosts=(
        "open-api.bingx.com",
        "open-api.bingx.pro",
    ),
    # docs/sources/bingx.md#signing
    signing=Signing(("api_key", "secret")),
    # docs/sources/bingx.md#time, #key, #balance, #orders
    calls=Calls(
        time=Query(Call("swapV2PublicGetServerTime"), read_time),
        key=Query(Call("accountV1PrivateGetAccountApiPermissions"), read_key),
        balance=Query(Call("spotV1PrivateGetAccountBalance"), read_balance),
        orders=Query(Call("spotV1PrivateGetTradeOpenOrders"), read_orders),
    ),
    refusals=Refusals(
        read=read_refusal,
        codes=CODES,
        phrases=(
            ("100421", "pair", Reason.UNVERIFIABLE),  # closed to APIs: nothing to do with clocks
            # These codes are any wrong parameter's; the second is the newer one.
            ("80014", "timestamp", Reason.CLOCK_SKEW),
            ("109400", "timestamp", Reason.CLOCK_SKEW),
            ("", "maintenance", Reason.MAINTENANCE),
        ),
        client_ip=CLIENT_IP,
        ends=BAN_END,
        reset_header="x-ratelimit-requests-expire",
        pauses={"403": 300.0},  # "mostly for five minutes"
    ),
    # docs/sources/bingx.md#pace
    pace=Pace(
        rate=6.0,  # key and orders: 2 in 1 s, also where probes begin in a burst; a fourth each
        window=5.0,
        by_weight=True,
        limits=(
            Limit(2, 1, "address", {"key": 1}),
            Limit(2, 1, "address", {"orders": 1}),
            Limit(3, 1, "address", {"balance": 1}),
            Limit(2, 1, "account", {"key": 1}),
            Limit(5, 1, "account", {"balance": 1}),
            Limit(10, 1, "account", {"orders": 1}),
        ),
    ),
    # docs/sources/bingx.md#environments
    environments={"live": LIVE, "demo": Environment(base="https://open-api-vst.bingx.com")},
    # docs/sources/bingx.md#expiry
    expiry=Expiry(
        timedelta(days=14),
        "idle",
        "bingx.com/account/api",
        scopes=frozenset({Scope.SPOT, Scope.FUTURES, Scope.TRANSFER}),
        probes_count=True,
    ),
    markets=MARKETS,
    people=PEOPLE,
)
