"""KuCoin. Sources: docs/sources/kucoin.md#documents."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bf_reconciler.exchanges import holdings, listing, shape
from bf_reconciler.exchanges.model import (
    SYMBOL,
    Call,
    Calls,
    CaptureFields,
    Environment,
    Exchange,
    Expiry,
    Limit,
    Listing,
    MarketLists,
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

OK = "200000"

# `Transfer` is the older name of `Withdrawal`: both let value leave. `InnerTransfer` is the API's
# name of `FlexTransfers`: it stays within the owner's own accounts.
# docs/sources/kucoin.md#permissions
PERMISSIONS: Mapping[str, frozenset[Scope]] = {
    "General": frozenset({Scope.READ}),
    "Spot": frozenset({Scope.SPOT}),
    "Trade": frozenset({Scope.SPOT}),  # keys of version 1 and 2
    "Margin": frozenset({Scope.MARGIN}),
    "Futures": frozenset({Scope.FUTURES}),
    "Earn": frozenset({Scope.EARN}),
    "InnerTransfer": frozenset({Scope.TRANSFER}),
    "FlexTransfers": frozenset({Scope.TRANSFER}),
    "Transfer": frozenset({Scope.WITHDRAW}),
    "Withdrawal": frozenset({Scope.WITHDRAW}),
    "LeadtradeFutures": frozenset(),
    "Unified": frozenset(),
}
TOLD = frozenset().union(*PERMISSIONS.values())

# Words that are documented by name alone, or do more than their name says: what they may cover
# is neither granted nor denied by them. With Spot, inner-transfer moves funds between the
# owner's accounts.
OPEN: Mapping[str, frozenset[Scope]] = {
    "Spot": frozenset({Scope.TRANSFER}),
    "Trade": frozenset({Scope.TRANSFER}),
    "LeadtradeFutures": frozenset({Scope.FUTURES}),
    "Unified": frozenset({Scope.SPOT, Scope.MARGIN, Scope.FUTURES, Scope.TRANSFER}),
}

# docs/sources/kucoin.md#codes
CODES: Mapping[str, Reason] = {
    "400001": Reason.INVALID_KEY,  # a header is missing or empty
    "400002": Reason.CLOCK_SKEW,
    "400003": Reason.INVALID_KEY,  # deleted keys, too
    "400004": Reason.INVALID_PASSPHRASE,
    "400005": Reason.INVALID_SIGNATURE,
    "400006": Reason.IP_NOT_ALLOWED,
    "400007": Reason.NO_READ_PERMISSION,
    "400302": Reason.REGION_RESTRICTED,
    "400303": Reason.ACCOUNT_SUSPENDED,  # identity not verified
    "400500": Reason.REGION_RESTRICTED,
    "411100": Reason.ACCOUNT_SUSPENDED,
    "429000": Reason.RATE_LIMITED,
    "200002": Reason.RATE_LIMITED,  # the older code
    "500000": Reason.EXCHANGE_UNAVAILABLE,
    "400401": Reason.INVALID_KEY,
    "600004": Reason.REGION_RESTRICTED,
    "408000": Reason.EXCHANGE_UNAVAILABLE,
    "900001": Reason.UNVERIFIABLE,
    "112010": Reason.UNVERIFIABLE,
}
CLIENT_IP = re.compile(r"(?:clientIp is:|current ip:)\s*([0-9A-Fa-f.:]{2,45})")


def _data(body: Json) -> Json:
    answer = shape.table(body, "body")
    good = str(answer.get("code")) == OK
    if not good or "data" not in answer:
        raise Unexpected("data" if good else "code")
    return answer["data"]


def read_time(body: Json) -> int:
    return shape.milliseconds({"data": _data(body)}, "data")


# docs/sources/kucoin.md#key, #allowlist, #expiry
def read_key(body: Json, _now: datetime) -> KeyFacts:
    """The key's description of itself. KuCoin tells no expiry; a missing allowlist is none."""
    data = shape.table(_data(body), "data")
    return replace(
        shape.described(
            lambda: _rights(data),
            lambda: shape.addresses(data.get("ipWhitelist"), "ipWhitelist") or (),
        ),
        created_at=shape.maybe_moment(data, "createdAt"),
        account="main" if shape.maybe_flag(data, "isMaster") else shape.maybe_text(data, "subName"),
    )


def _rights(data: Mapping[str, Json]) -> KeyFacts:
    words = shape.words(data, "permission")
    undecided = frozenset[Scope]().union(*(OPEN.get(word, frozenset()) for word in words))
    return replace(shape.scopes(words, PERMISSIONS, TOLD, undecided), unified="Unified" in words)


def read_balance(body: Json) -> Balance:
    """Those of all accounts in spot, a row for each account and currency."""
    return holdings.balance(shape.rows(_data(body), "data"), "currency", ("balance",))


def read_unified_balance(body: Json) -> Balance:
    """The unified account's: currencies in one list or several."""
    listed = shape.rows(shape.table(_data(body), "data").get("accounts"), "accounts")
    amounts = [
        row for account in listed for row in shape.rows(account.get("currencies"), "currencies")
    ]
    return holdings.balance(amounts, "currency", ("balance",))


def read_orders(body: Json) -> Orders:
    """Those of the one pair that was asked for."""
    return holdings.orders((row.get("symbol") for row in shape.rows(_data(body), "data")), "-")


def read_refusal(body: Json) -> Refusal | None:
    if not isinstance(body, dict) or str(body.get("code", OK)) == OK:
        return None
    return shape.refusal(body["code"], body.get("msg"))


# docs/sources/kucoin.md#markets
MARKETS = MarketLists(
    spelling=Spelling("-"),
    lists={
        "spot": Listing(
            Call("publicGetSymbols"),
            listing.reader(
                _data,
                listing.named("baseCurrency", "quoteCurrency"),
                listing.on("enableTrading"),
            ),
        ),
        "futures": Listing(
            Call("futuresPublicGetContractsActive"),
            listing.reader(
                _data,
                listing.named("baseCurrency", "quoteCurrency", "settleCurrency"),
                listing.says("status", "Open"),
                only=listing.says("type", "FFWCSX"),  # perpetual
            ),
            listing.perpetual,
        ),
    },
)
PEOPLE = People(
    needs={
        Scope.READ: Said.same("General"),
        Scope.SPOT: Said.same("Spot"),
        Scope.MARGIN: Said.same("Margin"),
        Scope.FUTURES: Said.same("Futures"),
        Scope.EARN: Said.same("Earn"),
        Scope.TRANSFER: Said.same("FlexTransfers"),
        Scope.WITHDRAW: Said(
            "Withdrawal (older name: Transfer)", "Withdrawal (eski adı: Transfer)"
        ),
    },
    notes=(
        Said("KuCoin tells no expiry of a key.", "KuCoin bir anahtarın bitiş tarihini bildirmez."),
        Said(
            (
                "A trading key that is bound to no IP address loses its rights after 30 days "
                "without use."
            ),
            "IP adresine bağlı olmayan bir işlem anahtarı, 30 gün kullanılmazsa haklarını yitirir.",
        ),
        Said(
            "The allowlist may come with masked addresses (203.**.154).",
            "IP listesi maskeli adreslerle gelebilir (203.**.154).",
        ),
        Said(
            (
                "A key of a linked application may have no allowlist of its own: the "
                "application's addresses are let in, and it cannot withdraw."
            ),
            (
                "Bağlı bir uygulamanın anahtarının kendi IP listesi olmayabilir: uygulamanın "
                "adresleri geçerlidir ve para çekemez."
            ),
        ),
        Said(
            "A key with Spot can also move funds between the accounts of its owner.",
            "Spot izinli bir anahtar, aynı sahibin hesapları arasında varlık da taşıyabilir.",
        ),
        Said(
            ("Keys of KuCoin Thailand and KuCoin Turkey have no documented host: set `endpoint`."),
            (
                "KuCoin Tayland ve KuCoin Türkiye anahtarları için belgelenmiş bir adres yoktur: "
                "`endpoint` değerini girin."
            ),
        ),
        Said(
            "A wrong secret may show as a wrong passphrase: it breaks both.",
            "Yanlış gizli anahtar, yanlış API parolası gibi görünebilir: ikisini de bozar.",
        ),
    ),
)

LIVE = Environment(bases={"futures": "https://api-futures.kucoin.com"})

KUCOIN = Exchange(
    id="kucoin",
    title="KuCoin",
    ccxt="kucoin",
    live_hosts=(
        "api.kucoin.com",
        "api-futures.kucoin.com",
        "api-broker.kucoin.com",
        "api.kucoin.eu",
        "api-futures.kucoin.eu",
    ),
    # docs/sources/kucoin.md#signing
    signing=Signing(("api_key", "secret", "passphrase")),
    # docs/sources/kucoin.md#time, #key, #balance, #orders
    calls=Calls(
        time=Query(Call("publicGetTimestamp"), read_time),
        key=Query(Call("privateGetUserApiKey"), read_key),
        balance=Query(Call("privateGetAccounts"), read_balance),
        orders=Query(Call("privateGetHfOrdersActive", {"symbol": SYMBOL}), read_orders),
        other_balance=OtherBalance(
            Query(
                Call("utaPrivateGetAccountModeAccountBalance", {"accountMode": "unified"}),
                read_unified_balance,
            )
        ),
    ),
    refusals=Refusals(
        read=read_refusal,
        codes=CODES,
        phrases=(("400007", "KC-API-KEY-VERSION", Reason.INVALID_KEY),),
        client_ip=CLIENT_IP,
        retry_header=("gw-ratelimit-reset", 0.001),
        # Keys of a linked application are bound to the application's addresses.
        others_lists=frozenset({"400006"}),
    ),
    # docs/sources/kucoin.md#pace
    pace=Pace(
        rate=20.0,  # time: 2000 in 30 s at weight 3, per address; the rest counts per account
        window=5.0,
        limits=(
            Limit(2000, 30, "address", {"time": 3}),
            Limit(2000, 30, "account", {"key": 20, "balance": 5}),
            Limit(4000, 30, "account", {"orders": 2}),
        ),
    ),
    # Live alone: docs/sources/kucoin.md#environments
    environments={"live": LIVE},
    environment=LIVE,
    regions={
        "eu": Environment(
            "https://api.kucoin.eu", bases={"futures": "https://api-futures.kucoin.eu"}
        ),
        "au": Environment(headers={"X-SITE-TYPE": "australia"}),
    },
    # docs/sources/kucoin.md#expiry
    expiry=Expiry(
        timedelta(days=30),
        "idle",
        "kucoin.com/support/360015102174",
        scopes=frozenset({Scope.SPOT, Scope.MARGIN, Scope.FUTURES}),
    ),
    fee_assets=frozenset({"KCS"}),
    markets=MARKETS,
    people=PEOPLE,
    capture=CaptureFields(words=("clientip",)),
)
