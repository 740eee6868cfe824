"""Bitget. Sources: docs/sources/bitget.md#documents."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

from bf_reconciler.exchanges import holdings, listing, shape
from bf_reconciler.exchanges.model import (
    LIVE,
    Call,
    Calls,
    CaptureFields,
    Environment,
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
from bf_reconciler.facts import Balance, Json, KeyFacts, Orders, Reason, Said, Scope

OK = "00000"
READ = frozenset({Scope.READ})

# Words of a classic account: the last letter says whether a group may be read or written, too.
# docs/sources/bitget.md#permissions
AUTHORITIES: Mapping[str, frozenset[Scope]] = {
    **dict.fromkeys(("coor", "cpor", "stor", "smor", "ttor", "wtor", "taxr", "chor"), READ),
    **dict.fromkeys(("p2pr", "pllr", "taxw"), READ),
    "stow": READ | {Scope.SPOT},
    "smow": READ | {Scope.MARGIN},
    "coow": READ | {Scope.FUTURES},
    "cpow": READ | {Scope.FUTURES},
    "ttow": READ | {Scope.OTHER},  # copy trading
    "pllw": READ | {Scope.OTHER},  # loans on a pledge
    "wtow": READ | {Scope.TRANSFER},
    "chow": READ | {Scope.ACCOUNT},  # sub-accounts, and their keys
    "p2p": READ | {Scope.PAY},
    "p2pw": READ | {Scope.PAY},
    "wwow": READ | {Scope.WITHDRAW},
}
# The page that lists the words above shows these older ones in its example. What they do not
# name, they do not deny: only those two were ever seen.
OLDER: Mapping[str, frozenset[Scope]] = {
    "readonly": READ,
    "trade": READ | {Scope.SPOT},
}
TOLD = frozenset[Scope]().union(*AUTHORITIES.values())
TOLD_BY_OLDER = READ | {Scope.SPOT}

# Words of a unified account, where its key writes. One word covers all trading. Which rights
# management has beyond settings is not documented well enough to grant or deny any.
TRADED = frozenset({Scope.SPOT, Scope.MARGIN, Scope.FUTURES})
TOLD_UNIFIED = TRADED | {Scope.READ, Scope.OTHER, Scope.WITHDRAW}
UNIFIED_WORDS: Mapping[str, frozenset[Scope]] = {
    "uta_mgt": frozenset(),
    "uta_trade": TRADED,
    **dict.fromkeys(("copy_futures_position", "copy_futures_order"), frozenset({Scope.OTHER})),
}
KINDS = {"read-only": False, "read-and-write": True, "read-write": True}
"""The documents have hyphens; underscores were seen. Calls for brokers have the shorter form."""

PERMISSIONS = {**AUTHORITIES, **OLDER, **UNIFIED_WORDS}

SUSPENDED = (
    *("40013", "40016", "40022", "40023", "40024", "40025", "40026", "40031", "40035"),
    *("40068", "40101", "40104", "40710", "40916", "50010", "50012", "50013", "50023"),
    "50064",
)
# docs/sources/bitget.md#codes
CODES: Mapping[str, Reason] = {
    **dict.fromkeys(("40001", "40002", "40003"), Reason.INVALID_KEY),  # a header is missing
    # 40037 is said of good keys at times: it has to be repeated (`confirm`).
    **dict.fromkeys(("40006", "40037", "40041"), Reason.INVALID_KEY),
    **dict.fromkeys(("40009", "40506", "40507"), Reason.INVALID_SIGNATURE),
    **dict.fromkeys(("40011", "40012", "40036"), Reason.INVALID_PASSPHRASE),
    **dict.fromkeys(("40004", "40005", "40008", "40078", "40911"), Reason.CLOCK_SKEW),
    **dict.fromkeys(("40018", "40038", "49003"), Reason.IP_NOT_ALLOWED),
    "22010": Reason.IP_NOT_RESTRICTED,  # the call is for keys that are bound to an address
    **dict.fromkeys(("40014", "40040", "40061", "40301"), Reason.NO_READ_PERMISSION),
    **dict.fromkeys(SUSPENDED, Reason.ACCOUNT_SUSPENDED),  # identity, phone or risk control
    # The kind of account: where it is not understood, it changed between two questions.
    **dict.fromkeys(("40084", "40085"), Reason.UNEXPECTED_RESPONSE),
    # Copy trading: traders whom others copy may not call, or have other calls.
    **dict.fromkeys(("40199", "40731", "40732"), Reason.UNVERIFIABLE),
    **dict.fromkeys(("40081", "40099", "40105", "40110"), Reason.WRONG_ENVIRONMENT),
    **dict.fromkeys(("40100", "40103", "40111"), Reason.REGION_RESTRICTED),
    **dict.fromkeys(("40200", "40308", "40844"), Reason.MAINTENANCE),
    **dict.fromkeys(("40015", "40725"), Reason.EXCHANGE_UNAVAILABLE),
    **dict.fromkeys(("40010", "40910", "50008"), Reason.TIMEOUT),
    **dict.fromkeys(("429", "50009"), Reason.RATE_LIMITED),
}


def _data(body: Json) -> Json:
    answer = shape.table(body, "body")
    if answer.get("code") != OK or "data" not in answer:
        raise Unexpected("data" if answer.get("code") == OK else "code")
    return answer["data"]


def read_time(body: Json) -> int:
    return shape.milliseconds(shape.table(_data(body), "data"), "serverTime")


# docs/sources/bitget.md#key, #allowlist, #expiry
def read_key(body: Json, _now: datetime) -> KeyFacts:
    """The account's description, which describes the key, too. No dates of the key are told."""
    data = shape.table(_data(body), "data")
    return shape.described(lambda: _rights(data), lambda: _addresses(data))


def _rights(data: Mapping[str, Json]) -> KeyFacts:
    words = shape.words(data, "authorities")
    told = TOLD if OLDER.keys().isdisjoint(words) else TOLD_BY_OLDER
    return shape.scopes(words, {**AUTHORITIES, **OLDER, **_withdrawals(words)}, told)


def read_unified_key(body: Json, _now: datetime) -> KeyFacts:
    """A unified account's. A key that only reads may list what it may read of."""
    data = shape.table(_data(body), "data")
    facts = shape.described(lambda: _unified_rights(data), lambda: _addresses(data))
    return replace(facts, account=_account(data))


def _unified_rights(data: Mapping[str, Json]) -> KeyFacts:
    kind = shape.text(data, "permType").strip()
    if not shape.WORD.fullmatch(kind):
        raise Unexpected("permType")
    writes = KINDS.get(kind.replace("_", "-"))
    words = _unified_words(data, none_is_told=writes is False)
    granted = {word: held if writes else frozenset() for word, held in UNIFIED_WORDS.items()}
    known = granted | _withdrawals(words)
    unheard_of = f"permType {kind}" if kind in known else kind  # a word tells nothing of the kind
    stranger = (unheard_of,) if writes is None else ()
    facts = shape.scopes(words + stranger, known, TOLD_UNIFIED)
    # both kinds of key read
    return replace(facts, granted=facts.granted | READ, denied=facts.denied - READ)


def _unified_words(data: Mapping[str, Json], *, none_is_told: bool) -> tuple[str, ...]:
    """The words of a key; one that only reads may list none."""
    if none_is_told and not shape.listed(data.get("permissions"), "permissions"):
        return ()
    return tuple(word.replace("-", "_") for word in shape.words(data, "permissions"))


def _account(data: Mapping[str, Json]) -> Literal["main", "sub"] | None:
    """Which kind of account it is: a main one has no parent, told as empty text or as null."""
    if "parentId" not in data:
        return None
    parent = data["parentId"]
    if shape.absent(parent):
        return "main"
    number = str(parent) if isinstance(parent, str | int) else ""
    return "sub" if number.isascii() and number.isdigit() else None


def _withdrawals(words: tuple[str, ...]) -> dict[str, frozenset[Scope]]:
    """Words that speak of withdrawals, whatever their exact form: not every one is documented."""
    return {word: frozenset({Scope.WITHDRAW}) for word in words if "withdraw" in word.casefold()}


def _addresses(data: Mapping[str, Json]) -> tuple[str, ...] | None:
    """An empty allowlist has no documented form: "" and null are none, silence says nothing."""
    if "ips" not in data:
        return None
    told = data["ips"]
    return () if told is None else shape.addresses(told, "ips")


def read_balance(body: Json) -> Balance:
    """The spot account's."""
    rows = shape.rows(_data(body), "data")
    return holdings.balance(rows, "coin", ("available", "frozen", "locked"))


def read_unified_balance(body: Json) -> Balance:
    rows = shape.rows(shape.table(_data(body), "data").get("assets"), "assets")
    return holdings.balance(rows, "coin", ("balance", "locked"), worth="usdValue")


def read_orders(body: Json) -> Orders:
    return holdings.orders(row.get("symbol") for row in shape.rows(_data(body), "data"))


def read_unified_orders(body: Json) -> Orders:
    data = shape.table(_data(body), "data")
    if "list" not in data:
        raise Unexpected("list")
    listed = shape.rows([] if data["list"] is None else data["list"], "list")
    return holdings.orders(row.get("symbol") for row in listed)


def read_refusal(body: Json) -> Refusal | None:
    if not isinstance(body, dict) or body.get("code", OK) == OK:
        return None
    return shape.refusal(body["code"], body.get("msg"))


# docs/sources/bitget.md#markets
MARKETS = MarketLists(
    spelling=Spelling(""),
    lists={
        "spot": Listing(
            Call("publicSpotGetV2SpotPublicSymbols"),
            listing.reader(
                _data,
                listing.named("baseCoin", "quoteCoin"),
                listing.says("status", "online", "gray"),
            ),
        ),
        "futures": Listing(
            Call("publicMixGetV2MixMarketContracts", {"productType": "USDT-FUTURES"}),
            listing.reader(
                _data,
                listing.named("baseCoin", "quoteCoin", "quoteCoin"),
                listing.says("symbolStatus", "normal"),
                only=listing.says("symbolType", "perpetual"),
            ),
            listing.settled_in("USDT"),  # others have lists of their own
        ),
    },
)
PEOPLE = People(
    needs={
        Scope.READ: Said.same("Read-only"),
        Scope.SPOT: Said(
            "Spot trade (unified account: UTA trade)", "Spot trade (birleşik hesapta: UTA trade)"
        ),
        Scope.MARGIN: Said(
            "Margin trade (unified account: UTA trade)",
            "Margin trade (birleşik hesapta: UTA trade)",
        ),
        Scope.FUTURES: Said(
            "Futures orders and holdings (unified account: UTA trade)",
            "Vadeli emirler ve pozisyonlar (birleşik hesapta: UTA trade)",
        ),
        Scope.TRANSFER: Said.same("Transfer"),
        Scope.ACCOUNT: Said("Sub-account management", "Alt hesap yönetimi"),
        Scope.PAY: Said.same("P2P"),
        Scope.OTHER: Said("copy trading or pledge loans", "kopya işlem veya teminatlı kredi"),
        Scope.WITHDRAW: Said.same("Withdraw"),
    },
    notes=(
        Said(
            "Bitget tells neither when a key was made nor when it ends.",
            "Bitget bir anahtarın ne zaman oluşturulduğunu da ne zaman biteceğini de bildirmez.",
        ),
        Said(
            "Classic and unified accounts have calls of their own: a probe of the latter takes 5.",
            (
                "Klasik ve birleşik hesapların çağrıları ayrıdır: birleşik hesabın testi 5 istek "
                "gerektirir."
            ),
        ),
        Said(
            (
                "A unified account has one right for all trading: no key of it can be kept off "
                "futures."
            ),
            (
                "Birleşik hesapta tüm işlemler için tek bir hak vardır: hiçbir anahtarı vadeli "
                "işlemden uzak tutulamaz."
            ),
        ),
        Said(
            "Whether a key of a unified account may transfer funds is not known.",
            "Birleşik hesap anahtarının varlık transfer edip edemeyeceği bilinmiyor.",
        ),
        Said(
            "A key that shows its rights in the older words does not say whether it may withdraw.",
            "Haklarını eski kelimelerle gösteren bir anahtar, para çekip çekemeyeceğini söylemez.",
        ),
        Said(
            "Demo keys work in the demo alone: set `environment: demo`.",
            "Demo anahtarları yalnızca demo ortamında çalışır: `environment: demo` yazın.",
        ),
    ),
)

TIME = Query(Call("publicCommonGetV2PublicTime"), read_time)
UNIFIED = Calls(
    time=TIME,
    key=Query(Call("privateUtaGetV3AccountInfo"), read_unified_key),
    balance=Query(Call("privateUtaGetV3AccountAssets"), read_unified_balance),
    orders=Query(
        Call("privateUtaGetV3TradeUnfilledOrders", {"category": "SPOT"}), read_unified_orders
    ),
)

BITGET = Exchange(
    id="bitget",
    title="Bitget",
    ccxt="bitget",
    live_hosts=("api.bitget.com",),
    # docs/sources/bitget.md#signing, #secrets
    signing=Signing(("api_key", "secret", "passphrase")),
    # docs/sources/bitget.md#time, #key, #balance, #orders
    calls=Calls(
        time=TIME,
        key=Query(Call("privateSpotGetV2SpotAccountInfo"), read_key),
        balance=Query(Call("privateSpotGetV2SpotAccountAssets"), read_balance),
        orders=Query(Call("privateSpotGetV2SpotTradeUnfilledOrders"), read_orders),
        instead={"40085": UNIFIED},
    ),
    refusals=Refusals(
        read=read_refusal,
        codes=CODES,
        phrases=(
            # The code is any bad request's.
            ("40000", "country or region", Reason.REGION_RESTRICTED),
            ("40000", "country and region", Reason.REGION_RESTRICTED),
            ("40000", "your region", Reason.REGION_RESTRICTED),
            ("40104", "country or region", Reason.REGION_RESTRICTED),
            ("40104", "ip address", Reason.REGION_RESTRICTED),
            ("40025", "permission", Reason.NO_READ_PERMISSION),
        ),
        confirm=2,
    ),
    # docs/sources/bitget.md#pace
    pace=Pace(
        rate=20.0,  # time: 20 in 1 s per address; the rest counts per account, the key's 1 in 1 s
        window=30.0,
        limits=(
            Limit(6000, 60, "address", {"time": 1, "key": 2, "balance": 1, "orders": 1}),
            Limit(20, 1, "address", {"time": 1}),
            Limit(1, 1, "account", {"key": 1}),
            Limit(10, 1, "account", {"balance": 1}),
            Limit(20, 1, "account", {"orders": 1}),
        ),
    ),
    # docs/sources/bitget.md#environments
    environments={"live": LIVE, "demo": Environment(headers={"PAPTRADING": "1"})},
    moves_value={
        Scope.ACCOUNT: "docs/sources/bitget.md#permissions",
        Scope.PAY: "docs/sources/bitget.md#permissions",
    },
    fee_assets=frozenset({"BGB"}),
    markets=MARKETS,
    unreported=frozenset({"creation"}),
    people=PEOPLE,
    capture=CaptureFields(rights=("authorities",), states=("permtype",), words=("uta",)),
)
