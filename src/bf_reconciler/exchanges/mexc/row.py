"""MEXC. Sources: docs/sources/mexc.md#documents."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from bf_reconciler.exchanges import holdings, listing, shape
from bf_reconciler.exchanges.model import (
    API_KEY,
    SYMBOL,
    Call,
    Calls,
    CaptureFields,
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
from bf_reconciler.facts import Balance, Json, KeyFacts, Orders, Reason, Said, Scope

ABBREVIATED = {"_R": "_READ", "_W": "_WRITE"}
BOTH_READS = frozenset({"SPOT_ACCOUNT_READ", "SPOT_DEAL_READ"})

# Reads of spot grant Scope.READ together only: one is for balances, the other for orders. The
# other reads show histories, and nothing of ours needs them. CONTRACT_ACCOUNT_WRITE sets leverage
# and margin of futures, and trades nothing by itself.
# docs/sources/mexc.md#permissions
PERMISSIONS: Mapping[str, frozenset[Scope]] = {
    "SPOT_ACCOUNT_READ": frozenset(),
    "SPOT_DEAL_READ": frozenset(),
    "SPOT_WITHDRAW_READ": frozenset(),
    "SPOT_TRANSFER_READ": frozenset(),
    "SPOT_DEPOSIT_READ": frozenset(),
    "CONTRACT_ACCOUNT_READ": frozenset(),
    "CONTRACT_DEAL_READ": frozenset(),
    "CONTRACT_ACCOUNT_WRITE": frozenset(),
    "SPOT_DEAL_WRITE": frozenset({Scope.SPOT}),
    "CONTRACT_DEAL_WRITE": frozenset({Scope.FUTURES}),
    "SPOT_TRANSFER_WRITE": frozenset({Scope.TRANSFER}),
    "SPOT_DEPOSIT_WRITE": frozenset({Scope.DEPOSIT}),
    "SPOT_ACCOUNT_WRITE": frozenset({Scope.ACCOUNT}),  # can rewrite the key's own allowlist
    "SPOT_WITHDRAW_WRITE": frozenset({Scope.WITHDRAW}),
}
TOLD = frozenset({Scope.READ}).union(*PERMISSIONS.values())

VALIDITY = timedelta(days=90)
"""Life of a key that is bound to no IP address."""
DAY = timedelta(days=1)
MAX_DAYS = 36_500

# The exchange signs off on the key before it looks at the pair: 10007, 30020 and 70011 say that
# this pair is closed to the key (keys can be limited to a list of pairs) or does not exist, not
# that the key lacks the right to read. The orders were not seen, so nothing is claimed of them. A
# person can help: correct the pair, or open it to the key.
# docs/sources/mexc.md#codes
CODES: Mapping[str, Reason] = {
    "10072": Reason.INVALID_KEY,
    "700001": Reason.INVALID_KEY,
    "730706": Reason.INVALID_KEY,  # apiKeyInfo does not know the key it was asked for
    "730707": Reason.UNEXPECTED_RESPONSE,
    "700002": Reason.INVALID_SIGNATURE,  # expired keys are said to answer the same
    "700003": Reason.CLOCK_SKEW,
    "700005": Reason.UNEXPECTED_RESPONSE,  # recvWindow too long: ours never is
    "700006": Reason.IP_NOT_ALLOWED,
    "700007": Reason.NO_READ_PERMISSION,
    "10007": Reason.UNVERIFIABLE,
    "30020": Reason.UNVERIFIABLE,
    "70011": Reason.UNVERIFIABLE,
    "60005": Reason.ACCOUNT_SUSPENDED,
    "403": Reason.EXCHANGE_UNAVAILABLE,  # the firewall, not the key
    "418": Reason.RATE_LIMITED,
    "429": Reason.RATE_LIMITED,
    "510": Reason.RATE_LIMITED,
    "500": Reason.EXCHANGE_UNAVAILABLE,
    "503": Reason.EXCHANGE_UNAVAILABLE,
    "504": Reason.EXCHANGE_UNAVAILABLE,
    # The futures side's words for the same; its answers come with HTTP 200.
    "401": Reason.KEY_OR_IP_REJECTED,
    "402": Reason.KEY_EXPIRED,
    "406": Reason.IP_NOT_ALLOWED,
    "513": Reason.CLOCK_SKEW,
    "602": Reason.INVALID_SIGNATURE,
    "701": Reason.NO_READ_PERMISSION,
    "702": Reason.NO_FUTURES_PERMISSION,
    "703": Reason.NO_READ_PERMISSION,
    "704": Reason.NO_FUTURES_PERMISSION,
    "10001": Reason.INVALID_KEY,
    "10073": Reason.CLOCK_SKEW,
    "30014": Reason.UNVERIFIABLE,
    "30021": Reason.UNVERIFIABLE,
    "730001": Reason.UNVERIFIABLE,
    "730100": Reason.ACCOUNT_SUSPENDED,
    "140002": Reason.ACCOUNT_SUSPENDED,
    "140001": Reason.INVALID_KEY,
    "501": Reason.EXCHANGE_UNAVAILABLE,
    "20001": Reason.EXCHANGE_UNAVAILABLE,
    "20002": Reason.EXCHANGE_UNAVAILABLE,
    "604": Reason.MAINTENANCE,
    "801": Reason.MAINTENANCE,
    "11444": Reason.MAINTENANCE,
    "-1121": Reason.UNVERIFIABLE,
}
CLIENT_IP = re.compile(r"IP \[([0-9A-Fa-f.:]{2,45})\]")


def read_time(body: Json) -> int:
    return shape.milliseconds(shape.table(body, "body"), "serverTime")


# docs/sources/mexc.md#key, #allowlist, #expiry
def read_key(body: Json, now: datetime) -> KeyFacts:
    """The key's description of itself; a key that is not VALID has no documented form."""
    data = shape.table(body, "body")
    created = shape.maybe_moment(data, "createTime")
    return replace(
        shape.described(
            lambda: _rights(data),
            lambda: shape.addresses(data.get("ipWhiteList"), "ipWhiteList"),
            lambda: _expiry(data, created, now),
            lambda: _state(data),
        ),
        created_at=created,
    )


def _state(data: Mapping[str, Json]) -> None:
    if data.get("status") != "VALID":
        raise Unexpected("status")


def _rights(data: Mapping[str, Json]) -> KeyFacts:
    words = tuple(_full(word) for word in shape.words(data, "permissions"))
    facts = shape.scopes(words, PERMISSIONS, TOLD)
    if frozenset(words) >= BOTH_READS:
        return replace(
            facts, granted=facts.granted | {Scope.READ}, denied=facts.denied - {Scope.READ}
        )
    return facts


def _full(word: str) -> str:
    return word[:-2] + ABBREVIATED.get(word[-2:], word[-2:])


def _expiry(data: Mapping[str, Json], created: datetime | None, now: datetime) -> datetime | None:
    """When the key ends. The exchange counts whole days left; its creation tells the hour.

    No count, or a negative one, is no known end.
    """
    days = shape.optional_whole(data, "remainingValidity")
    if days is None or days < 0:
        return None
    if days > MAX_DAYS:
        raise Unexpected("remainingValidity")
    at_least = now + timedelta(days=days)
    if created and at_least <= created + VALIDITY < at_least + DAY:
        return created + VALIDITY
    # The one midnight that lies within the day in question: the same at every probe of a day.
    return datetime.combine(at_least.astimezone(UTC) + DAY, time(), UTC)


def read_balance(body: Json) -> Balance:
    """canTrade, canWithdraw and permissions of this answer are the account's, not the key's."""
    amounts = shape.rows(shape.table(body, "body").get("balances"), "balances")
    return holdings.balance(amounts, "asset", ("free", "locked"))


def read_orders(body: Json) -> Orders:
    """Those of the one pair that was asked for."""
    return holdings.orders(row.get("symbol") for row in shape.rows(body, "body"))


def read_refusal(body: Json) -> Refusal | None:
    """An error has a code; answers that are well have none, or 0 or 200."""
    if not isinstance(body, dict) or "code" not in body or body["code"] in (0, 200, "0", "200"):
        return None
    return shape.refusal(body["code"], body.get("msg") or body.get("message"))


# docs/sources/mexc.md#markets
MARKETS = MarketLists(
    spelling=Spelling(""),
    lists={
        "spot": Listing(
            Call("spotPublicGetExchangeInfo"),
            listing.reader(
                lambda body: shape.table(body, "body").get("symbols"),
                listing.named("baseAsset", "quoteAsset"),
                # Many pairs trade on the site alone.
                listing.every(
                    listing.says("status", "1"),
                    listing.on("isSpotTradingAllowed"),
                    listing.unless("tradeSideType", "2", "3", "4"),  # one side alone, or closed
                ),
            ),
        ),
        "futures": Listing(
            Call("contractPublicGetDetail"),
            listing.reader(
                lambda body: shape.table(body, "body").get("data"),
                listing.named("baseCoin", "quoteCoin", "settleCoin"),
                listing.every(listing.says("state", "0"), listing.unless("apiAllowed", "false")),
            ),
            listing.perpetual,
        ),
    },
)
PEOPLE = People(
    needs={
        Scope.READ: Said(
            "SPOT_ACCOUNT_READ and SPOT_DEAL_READ", "SPOT_ACCOUNT_READ ve SPOT_DEAL_READ"
        ),
        Scope.SPOT: Said.same("SPOT_DEAL_WRITE"),
        Scope.FUTURES: Said.same("CONTRACT_DEAL_WRITE"),
        Scope.TRANSFER: Said.same("SPOT_TRANSFER_WRITE"),
        Scope.DEPOSIT: Said.same("SPOT_DEPOSIT_WRITE"),
        Scope.ACCOUNT: Said.same("SPOT_ACCOUNT_WRITE"),
        Scope.WITHDRAW: Said.same("SPOT_WITHDRAW_WRITE"),
    },
    notes=(
        Said(
            "A key that is bound to no IP address ends 90 days after its creation.",
            "IP adresine bağlı olmayan bir anahtar, oluşturulduktan 90 gün sonra sona erer.",
        ),
        Said(
            "An expired key answers like one with a wrong secret.",
            "Süresi dolmuş bir anahtar, gizli anahtarı yanlış olan gibi yanıt alır.",
        ),
        Said(
            "SPOT_ACCOUNT_WRITE lets a key rewrite its own allowlist; a bot does not need it.",
            (
                "SPOT_ACCOUNT_WRITE, anahtarın kendi IP listesini değiştirmesine izin verir; bir "
                "botun buna ihtiyacı yoktur."
            ),
        ),
        Said(
            "A key can be limited to a list of pairs, which only shows when a pair is refused.",
            (
                "Bir anahtar belirli işlem çiftleriyle sınırlı olabilir; bu ancak bir çift "
                "reddedildiğinde görülür."
            ),
        ),
        Said(
            "A region block has no documented answer.",
            "Bölge engelinin belgelenmiş bir yanıtı yoktur.",
        ),
    ),
)

MEXC = Exchange(
    id="mexc",
    title="MEXC",
    ccxt="mexc",
    live_hosts=(
        "api.mexc.com",
        "contract.mexc.com",
    ),
    # docs/sources/mexc.md#signing
    signing=Signing(("api_key", "secret")),
    # docs/sources/mexc.md#time, #key, #balance, #orders
    calls=Calls(
        time=Query(Call("spotPublicGetTime"), read_time),
        key=Query(Call("spotPrivateGetApiKeyInfo", {"accessKey": API_KEY}), read_key),
        balance=Query(Call("spotPrivateGetAccount"), read_balance),
        orders=Query(Call("spotPrivateGetOpenOrders", {"symbol": SYMBOL}), read_orders),
        key_ages=True,
    ),
    refusals=Refusals(
        read=read_refusal,
        codes=CODES,
        phrases=(
            ("", "maintenance", Reason.MAINTENANCE),
            ("400", "api key required", Reason.INVALID_KEY),  # the code is any bad request's
        ),
        client_ip=CLIENT_IP,
    ),
    # docs/sources/mexc.md#pace
    pace=Pace(
        rate=6.0,  # a probe weighs 15 in 4 requests; 300 in 10 s per address
        window=5.0,
        ahead=1.0,
        by_weight=True,
        limits=(
            Limit(300, 10, "address", {"time": 1, "key": 1, "balance": 10, "orders": 3}),
            Limit(500, 10, "account", {"time": 1, "key": 1, "balance": 10, "orders": 3}),
            Limit(2, 1, "account", {"balance": 1}),
        ),
    ),
    # Live alone: docs/sources/mexc.md#environments
    # docs/sources/mexc.md#expiry
    expiry=Expiry(VALIDITY, "creation", "MEXC API documentation, spot v3, FAQ"),
    moves_value={Scope.ACCOUNT: "docs/sources/mexc.md#permissions"},
    fee_assets=frozenset({"MX"}),
    markets=MARKETS,
    people=PEOPLE,
    capture=CaptureFields(digits=("remainingvalidity",)),
)
