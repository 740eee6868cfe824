"""Bitget. Sources: docs/sources/bitget.md#documents."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bf_reconciler.exchanges import listing, shape
from bf_reconciler.exchanges.model import (
    LIVE,
    Call,
    Calls,
    CaptureFields,
    Environment,
    Exchange,
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
KINDS = {"read-only": False, "read-and-write": True}

PERMISSIONS = {**AUTHORITIES, **OLDER, **UNIFIED_WORDS}

SUSPENDED = (
    *("40013", "40016", "40022", "40023", "40024", "40025", "40026", "40031", "40035"),
    *("40068", "40101", "40104", "40916"),
)
# docs/sources/bitget.md#codes
CODES: Mapping[str, Reason] = {
    **dict.fromkeys(("40001", "40002", "40003"), Reason.INVALID_KEY),  # a header is missing
    # 40037 is said of good keys at times: it has to be repeated (`confirm`).
    **dict.fromkeys(("40006", "40037", "40041"), Reason.INVALID_KEY),
    "40009": Reason.INVALID_SIGNATURE,
    **dict.fromkeys(("40011", "40012", "40036"), Reason.INVALID_PASSPHRASE),
    **dict.fromkeys(("40004", "40005", "40008", "40911"), Reason.CLOCK_SKEW),
    **dict.fromkeys(("40018", "40038", "49003"), Reason.IP_NOT_ALLOWED),
    "22010": Reason.IP_NOT_RESTRICTED,  # the call is for keys that are bound to an address
    "40014": Reason.NO_READ_PERMISSION,
    **dict.fromkeys(SUSPENDED, Reason.ACCOUNT_SUSPENDED),  # identity, phone or risk control
    # The kind of account: where it is not understood, it changed between two questions.
    **dict.fromkeys(("40084", "40085"), Reason.UNEXPECTED_RESPONSE),
    "40731": Reason.UNVERIFIABLE,  # a trader whom others copy: such accounts have other calls
    "40099": Reason.WRONG_ENVIRONMENT,
    "40103": Reason.REGION_RESTRICTED,
    **dict.fromkeys(("40200", "40308"), Reason.MAINTENANCE),
    **dict.fromkeys(("40015", "40725"), Reason.EXCHANGE_UNAVAILABLE),
    "40010": Reason.TIMEOUT,
    "429": Reason.RATE_LIMITED,
}


def _data(body: Json) -> Json:
    answer = shape.table(body, "body")
    if answer.get("code") != OK or "data" not in answer:
        raise Unexpected("data" if answer.get("code") == OK else "code")
    return answer["data"]


def read_time(body: Json) -> int:
    told = shape.text(shape.table(_data(body), "data"), "serverTime")
    if not re.fullmatch(r"\d{1,15}", told, re.ASCII):
        raise Unexpected("serverTime")
    return shape.milliseconds({"serverTime": int(told)}, "serverTime")


# docs/sources/bitget.md#key, #allowlist, #expiry
def read_key(body: Json, _now: datetime) -> KeyFacts:
    """The account's description, which describes the key, too. No dates of the key are told."""
    data = shape.table(_data(body), "data")
    words = _words(data, "authorities")
    if not words:
        raise Unexpected("authorities")
    told = TOLD if OLDER.keys().isdisjoint(words) else TOLD_BY_OLDER
    facts = shape.scopes(words, {**AUTHORITIES, **OLDER, **_withdrawals(words)}, told)
    return replace(facts, **_allowlist(data))


def read_unified_key(body: Json, _now: datetime) -> KeyFacts:
    """A unified account's. A key that only reads may list what it may read of."""
    data = shape.table(_data(body), "data")
    kind = shape.text(data, "permType")
    if not shape.WORD.fullmatch(kind):
        raise Unexpected("permType")
    writes = KINDS.get(kind)
    words = _words(data, "permissions")
    if not words and writes is not False:
        raise Unexpected("permissions")
    granted = {word: held if writes else frozenset() for word, held in UNIFIED_WORDS.items()}
    stranger = (kind,) if writes is None else ()
    facts = shape.scopes(words + stranger, granted | _withdrawals(words), TOLD_UNIFIED)
    parent = shape.optional_text(data, "parentId")
    return replace(
        facts,
        granted=facts.granted | READ,  # both kinds of key read
        denied=facts.denied - READ,
        account=None if parent is None else "sub" if parent else "main",
        **_allowlist(data),
    )


def _words(data: Mapping[str, Json], field: str) -> tuple[str, ...]:
    value = data.get(field)
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise Unexpected(field)
    if not all(shape.WORD.fullmatch(word) for word in value):
        raise Unexpected(field)
    return tuple(value)


def _withdrawals(words: tuple[str, ...]) -> dict[str, frozenset[Scope]]:
    """Words that speak of withdrawals, whatever their exact form: not every one is documented."""
    return {word: frozenset({Scope.WITHDRAW}) for word in words if "withdraw" in word.casefold()}


def _allowlist(data: Mapping[str, Json]) -> dict[str, Json]:
    """An empty allowlist has no documented form: "" and null are none, silence says nothing."""
    if "ips" not in data:
        return {}
    ips = shape.addresses(data.get("ips"), "ips") or ()
    return {"ip_bound": bool(ips), "ips": ips}


def read_balance(body: Json) -> Balance:
    """The spot account's."""
    return _balance(_data(body), "data", ("available", "frozen", "locked"))


def read_unified_balance(body: Json) -> Balance:
    assets = shape.table(_data(body), "data").get("assets")
    return _balance(assets, "assets", ("balance", "locked"))


def _balance(value: Json, field: str, amounts: tuple[str, ...]) -> Balance:
    zeros = [shape.is_zero(row, each) for row in shape.rows(value, field) for each in amounts]
    return Balance(empty=all(zeros))


def read_orders(body: Json) -> Orders:
    shape.rows(_data(body), "data")
    return Orders()


def read_unified_orders(body: Json) -> Orders:
    data = shape.table(_data(body), "data")
    if "list" not in data:
        raise Unexpected("list")
    shape.rows([] if data["list"] is None else data["list"], "list")
    return Orders()


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
        ),
        confirm=2,
    ),
    # docs/sources/bitget.md#pace
    pace=Pace(
        rate=20.0,  # time: 20 in 1 s per address; the rest counts per account, the key's 1 in 1 s
        window=30.0,
    ),
    # docs/sources/bitget.md#environments
    environments={"live": LIVE, "demo": Environment(headers={"PAPTRADING": "1"})},
    moves_value={
        Scope.ACCOUNT: "docs/sources/bitget.md#permissions",
        Scope.PAY: "docs/sources/bitget.md#permissions",
    },
    markets=MARKETS,
    people=PEOPLE,
    capture=CaptureFields(rights=("authorities",), states=("permtype",), words=("uta",)),
)
