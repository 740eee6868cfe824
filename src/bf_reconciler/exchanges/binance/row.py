"""Binance. Sources: docs/sources/binance.md#documents."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bf_reconciler.exchanges import announcing, holdings, listing, shape
from bf_reconciler.exchanges.model import (
    SYMBOL,
    Call,
    Calls,
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
from bf_reconciler.facts import Announcements, Balance, Json, KeyFacts, Orders, Reason, Said, Scope

SPOT = "enableSpotAndMarginTrading"
LOAN = "enableMargin"

# One flag per right. Universal transfer and internal transfer stay within the owner's own tree of
# accounts. FIX is another door to the same spot market, for keys that say so themselves.
# docs/sources/binance.md#permissions
PERMISSIONS: Mapping[str, frozenset[Scope]] = {
    "enableReading": frozenset({Scope.READ}),
    SPOT: frozenset({Scope.SPOT}),
    LOAN: frozenset({Scope.MARGIN}),
    "enableFutures": frozenset({Scope.FUTURES}),
    "enableVanillaOptions": frozenset({Scope.OTHER}),
    "enablePortfolioMarginTrading": frozenset({Scope.OTHER}),
    "enableFixApiTrade": frozenset({Scope.OTHER}),
    "enableFixReadOnly": frozenset(),
    "enableInternalTransfer": frozenset({Scope.TRANSFER}),
    "permitsUniversalTransfer": frozenset({Scope.TRANSFER}),
    "enableWithdrawals": frozenset({Scope.WITHDRAW}),
}
TOLD = frozenset[Scope]().union(*PERMISSIONS.values())

# LOAN borrows, repays, and moves funds to the margin account and back. A portfolio margin account
# trades futures and margin by calls of its own, which the flags of those two do not speak of.
OPEN: Mapping[str, frozenset[Scope]] = {
    LOAN: frozenset({Scope.TRANSFER}),
    "enablePortfolioMarginTrading": frozenset({Scope.FUTURES, Scope.MARGIN}),
}
RIGHT = re.compile(r"(?:enable|permit)\w*", re.ASCII)

# docs/sources/binance.md#codes
CODES: Mapping[str, Reason] = {
    "-1000": Reason.EXCHANGE_UNAVAILABLE,
    "-1002": Reason.KEY_OR_IP_REJECTED,  # "not authorized", and nothing more is said
    "-1003": Reason.RATE_LIMITED,
    "-1008": Reason.EXCHANGE_UNAVAILABLE,  # overloaded
    "-1021": Reason.CLOCK_SKEW,
    "-1022": Reason.INVALID_SIGNATURE,
    "-1121": Reason.UNVERIFIABLE,  # no such pair: the orders were not seen
    "-2008": Reason.INVALID_KEY,
    "-2014": Reason.INVALID_KEY,
    "-2015": Reason.KEY_OR_IP_REJECTED,  # key, address or permission: one code for the three
    "-1001": Reason.EXCHANGE_UNAVAILABLE,
    "-1004": Reason.EXCHANGE_UNAVAILABLE,
    "-1006": Reason.EXCHANGE_UNAVAILABLE,
    "-1007": Reason.EXCHANGE_UNAVAILABLE,
    "-1016": Reason.EXCHANGE_UNAVAILABLE,
    "-1099": Reason.KEY_OR_IP_REJECTED,
    **dict.fromkeys(("-1005", "-1011"), Reason.IP_NOT_ALLOWED),
    **dict.fromkeys(("-2017", "200003903"), Reason.ACCOUNT_SUSPENDED),
}
EARNING, EARNING_LENGTH = "LD", 5  # LDBTC; LDO is a coin of its own
BAN_END = re.compile(r"banned until (\d{13})")
CLIENT_IP = re.compile(r"request ip:\s*([0-9A-Fa-f.:]{2,45})")


def read_secret(_api_key: str, secret: str) -> str:
    r"""The secret as ccxt takes it: a PEM of RSA or Ed25519 in its plain form, or as it is.

    ccxt tells the two apart by their length, which line breaks that came as `\n` change.
    """
    if "PRIVATE KEY" not in secret:
        return secret

    from bf_reconciler.exchanges.binance import secrets  # noqa: PLC0415 # brings cryptography: for probes only

    return secrets.plain(secret)


def read_time(body: Json) -> int:
    return shape.milliseconds(shape.table(body, "body"), "serverTime")


# docs/sources/binance.md#environments
def read_announced(body: Json) -> Announcements:
    """Only the state of now is told: 0 is normal, 1 is maintenance."""
    return announcing.going_on(on=shape.whole(shape.table(body, "body"), "status") == 1)


# docs/sources/binance.md#key, #allowlist, #expiry
def read_key(body: Json, _now: datetime) -> KeyFacts:
    """The key's description of itself. There is an allowlist or there is none: it is never shown.

    Documents of other years have more flags or fewer, so a flag that is missing says nothing.
    """
    data = shape.table(body, "body")
    return replace(
        shape.described(
            lambda: _rights(data),
            lambda: shape.flag(data, "ipRestrict"),
            lambda: shape.optional_moment(data, "tradingAuthorityExpirationTime"),
        ),
        created_at=shape.maybe_moment(data, "createTime"),
    )


def _rights(data: Mapping[str, Json]) -> KeyFacts:
    if data.get("enableReading") is None:
        raise Unexpected("enableReading")
    flags, unread = shape.flags(data, PERMISSIONS)
    held = tuple(word for word, on in flags.items() if on) + _unknown(data)
    unsaid = [PERMISSIONS[word] for word, on in flags.items() if on is None]
    undecided = frozenset[Scope]().union(*unsaid, *(OPEN.get(word, frozenset()) for word in held))
    # Margin orders are placed with the right of spot, or not at all.
    loan = {True: Scope.MARGIN, False: Scope.TRANSFER, None: None}[flags[SPOT]]
    if flags[LOAN] and loan is None:
        undecided |= {Scope.MARGIN}
    meaning = {**PERMISSIONS, LOAN: frozenset({loan} if loan else ())}
    facts = shape.scopes(held, meaning, TOLD, undecided, explicit=True)
    return replace(facts, unread=unread)


def _unknown(data: Mapping[str, Json]) -> tuple[str, ...]:
    """Fields that no document explains, and that are on or named like a right."""
    known = {*PERMISSIONS, "ipRestrict", "createTime", "tradingAuthorityExpirationTime"}
    rights, odd = shape.flags(data, filter(RIGHT.fullmatch, data))
    named = {name for name, on in rights.items() if on} | {each.field for each in odd}
    found = ({name for name, value in data.items() if value is True} | named) - known
    if not all(shape.WORD.fullmatch(name) for name in found):
        raise Unexpected("body")
    return tuple(sorted(found))


def read_test_key(body: Json, _now: datetime) -> KeyFacts:
    """The account answer of a test network, where no call describes a key.

    Only /api is served there, so nothing can withdraw; what else the key may do is not told. The
    flags of this answer are the account's.
    """
    shape.rows(shape.table(body, "body").get("balances"), "balances")
    return KeyFacts(frozenset({Scope.READ}), frozenset({Scope.WITHDRAW}))


def read_us_key(body: Json, _now: datetime) -> KeyFacts:
    """The account answer of Binance.US, where no call describes a key: it can read.

    The flags of this answer are the account's. Whether the key withdraws or trades, and from
    where, is not told.
    """
    shape.rows(shape.table(body, "body").get("balances"), "balances")
    return KeyFacts(frozenset({Scope.READ}), frozenset())


def read_balance(body: Json) -> Balance:
    """canTrade, canWithdraw and permissions of this answer are the account's, not the key's."""
    amounts = shape.rows(shape.table(body, "body").get("balances"), "balances")
    return holdings.balance(amounts, "asset", ("free", "locked"), plain=_plain)


def _plain(asset: str) -> str:
    """What earns in Simple Earn and can be taken back at once stands there by a name of its own."""
    return asset.removeprefix(EARNING) if len(asset) >= EARNING_LENGTH else asset


def read_orders(body: Json) -> Orders:
    """Those of the one pair that was asked for."""
    return holdings.orders(row.get("symbol") for row in shape.rows(body, "body"))


def read_refusal(body: Json) -> Refusal | None:
    """An error has a code; none of our answers has one. A region block has the code 0."""
    if not isinstance(body, dict) or "code" not in body:
        return None
    return shape.refusal(body["code"], body.get("msg"))


def _symbols(body: Json) -> Json:
    return shape.table(body, "body").get("symbols")


ACCOUNT = Call("privateGetAccount", {"omitZeroBalances": "true"})
US_ACCOUNT = Call("privateGetAccount")
LIVE = Environment(bases={"futures": "https://fapi.binance.com"})
# Where the key question is the account's.
ACCOUNT_LIMIT = Limit(6000, 60, "address", {"time": 1, "key": 20, "balance": 20, "orders": 6})
# The keys of futures are others on the test network, and so is its host.
TEST = Environment(
    "https://testnet.binance.vision",
    key=Query(ACCOUNT, read_test_key),
    kinds=("spot",),
    rate=8.0,  # a probe weighs 47 in 4 requests there
    limits=(ACCOUNT_LIMIT,),
    announces=False,
)
DEMO = Environment(
    "https://demo-api.binance.com",
    key=Query(ACCOUNT, read_test_key),
    bases={"futures": "https://demo-fapi.binance.com"},
    rate=8.0,
    limits=(ACCOUNT_LIMIT,),
    announces=False,
)

_read_spot = listing.reader(
    _symbols, listing.named("baseAsset", "quoteAsset"), listing.says("status", "TRADING")
)

# docs/sources/binance.md#markets
MARKETS = MarketLists(
    spelling=Spelling(""),
    lists={
        "spot": Listing(
            Call("publicGetExchangeInfo", {"showPermissionSets": "false"}),  # half of the size
            _read_spot,
        ),
        "futures": Listing(
            Call("fapiPublicGetExchangeInfo"),
            listing.reader(
                _symbols,
                listing.named("baseAsset", "quoteAsset", "marginAsset"),
                listing.says("status", "TRADING"),
                only=listing.either(
                    listing.says("contractType", "PERPETUAL"),
                    listing.says("deliveryDate", "4133404800000"),  # never
                ),
            ),
            listing.linear,  # others have a list of their own
        ),
    },
)
PEOPLE = People(
    needs={
        Scope.READ: Said.same("Enable Reading"),
        Scope.SPOT: Said.same("Enable Spot & Margin Trading"),
        Scope.MARGIN: Said.same("Enable Margin Loan, Repay & Transfer"),
        Scope.FUTURES: Said.same("Enable Futures"),
        Scope.TRANSFER: Said(
            "transfers between own accounts (Permits Universal Transfer, internal)",
            ("kendi hesapları arasında transfer (Permits Universal Transfer, iç transfer)"),
        ),
        Scope.WITHDRAW: Said.same("Enable Withdrawals"),
        Scope.OTHER: Said(
            "European options, portfolio margin or FIX trading",
            "Avrupa tipi opsiyon, portföy marjini veya FIX ile işlem",
        ),
    },
    notes=(
        Said(
            "Binance tells whether a key is bound to IP addresses, and not to which ones.",
            (
                "Binance bir anahtarın IP adreslerine bağlı olup olmadığını bildirir, hangilerine "
                "bağlı olduğunu bildirmez."
            ),
        ),
        Said(
            "A deleted key, an address that is not let in and a missing permission answer alike.",
            "Silinmiş anahtar, izin verilmeyen adres ve eksik izin aynı yanıtı alır.",
        ),
        Said(
            (
                "Without an IP binding a key loses its right to trade in time; not every key tells "
                "when."
            ),
            (
                "IP adresine bağlı olmayan bir anahtar, işlem iznini bir süre sonra yitirir; ne "
                "zaman olduğunu her anahtar bildirmez."
            ),
        ),
        Said(
            "Futures need a key that was made after the futures account was opened.",
            (
                "Vadeli işlem için anahtarın, vadeli işlem hesabı açıldıktan sonra oluşturulmuş "
                "olması gerekir."
            ),
        ),
        Said(
            "On testnet and demo no call tells a key's rights: whether it may trade is not known.",
            (
                "testnet ve demo ortamlarında hiçbir çağrı anahtarın haklarını bildirmez: işlem "
                "yapıp yapamayacağı bilinmez."
            ),
        ),
        Said(
            (
                "Binance.US (`region: us`) tells no rights of a key: a person attests that it "
                "cannot withdraw and may trade."
            ),
            (
                "Binance.US (`region: us`) bir anahtarın haklarını bildirmez: para çekemediğini ve "
                "işlem yapabildiğini bir kişi onaylar."
            ),
        ),
        Said(
            "A key of testnet shows as an invalid key on live: correct `environment`.",
            (
                "testnet anahtarı live ortamında geçersiz anahtar gibi görünür: `environment` "
                "değerini düzeltin."
            ),
        ),
    ),
)

BINANCE = Exchange(
    id="binance",
    title="Binance",
    ccxt="binance",
    live_hosts=(
        "api.binance.com",
        "api-gcp.binance.com",
        "api1.binance.com",
        "api2.binance.com",
        "api3.binance.com",
        "api4.binance.com",
        "fapi.binance.com",
        "dapi.binance.com",
        "api.binance.us",
    ),
    # docs/sources/binance.md#signing, #secrets
    signing=Signing(("api_key", "secret"), read_secret=read_secret),
    # docs/sources/binance.md#time, #key, #balance, #orders
    calls=Calls(
        time=Query(Call("publicGetTime"), read_time),
        key=Query(Call("sapiGetAccountApiRestrictions"), read_key),
        balance=Query(ACCOUNT, read_balance),
        # Without a pair it weighs 80.
        orders=Query(Call("privateGetOpenOrders", {"symbol": SYMBOL}), read_orders),
        announced=Query(Call("sapiGetSystemStatus"), read_announced),
    ),
    refusals=Refusals(
        read=read_refusal,
        codes=CODES,
        phrases=(
            ("", "restricted location", Reason.REGION_RESTRICTED),
            ("", "maintenance", Reason.MAINTENANCE),
        ),
        client_ip=CLIENT_IP,
        confirm=2,  # -2008 was recorded for keys that work
        ends=BAN_END,
    ),
    # docs/sources/binance.md#pace
    pace=Pace(
        rate=12.0,  # a probe weighs 27 in 4 requests; 6000 in a minute per address
        window=10.0,
        ahead=1.0,
        by_weight=True,
        limits=(
            Limit(6000, 60, "address", {"time": 1, "balance": 20, "orders": 6}),
            Limit(12000, 60, "address", {"key": 1}),
        ),
    ),
    # docs/sources/binance.md#environments
    environments={
        "live": LIVE,
        "testnet": TEST,
        "demo": DEMO,
    },
    environment=LIVE,
    regions={
        # It knows no parameter of these calls.
        "us": Environment(
            "https://api.binance.us",
            announces=False,  # the call takes a key there
            key=Query(US_ACCOUNT, read_us_key),
            balance=Query(US_ACCOUNT, read_balance),
            kinds=("spot",),
            lists={"spot": Listing(Call("publicGetExchangeInfo"), _read_spot)},
            rate=3.0,  # a probe weighs 24 in 4 requests; 1200 in a minute per address
            limits=(
                Limit(1200, 60, "address", {"time": 1, "key": 10, "balance": 10, "orders": 3}),
            ),
        ),
    },
    fee_assets=frozenset({"BNB"}),
    markets=MARKETS,
    people=PEOPLE,
)
