"""Bybit. Sources: docs/sources/bybit.md#documents."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bf_reconciler.exchanges import announcing, holdings, listing, shape
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

NOTHING = frozenset[Scope]()

# A list of words per category. `FaitPayOrder` is how Bybit spells it. What an affiliate's word and
# that of NFT show are histories.
# docs/sources/bybit.md#permissions
PERMISSIONS: Mapping[str, frozenset[Scope]] = {
    "Spot.SpotTrade": frozenset({Scope.SPOT}),
    "ContractTrade.Order": frozenset({Scope.FUTURES}),
    "ContractTrade.Position": NOTHING,
    "Derivatives.DerivativesTrade": NOTHING,
    "Options.OptionsTrade": frozenset({Scope.OTHER}),
    "Wallet.AccountTransfer": frozenset({Scope.TRANSFER}),
    "Wallet.SubMemberTransfer": frozenset({Scope.TRANSFER}),
    "Wallet.SubMemberTransferList": frozenset({Scope.TRANSFER}),
    "Wallet.Withdraw": frozenset({Scope.WITHDRAW}),
    "Earn.Earn": frozenset({Scope.EARN}),
    "Exchange.ExchangeHistory": frozenset({Scope.OTHER}),  # converts coins
    "CopyTrading.CopyTrading": frozenset({Scope.OTHER}),
    "BlockTrade.BlockTrade": frozenset({Scope.OTHER}),
    "ByXPost.ByXPost": frozenset({Scope.OTHER}),
    "NFT.NFTQueryProductList": NOTHING,
    "Affiliate.Affiliate": NOTHING,
    "FiatP2P.FiatP2POrder": frozenset({Scope.PAY}),
    "FiatP2P.Advertising": frozenset({Scope.PAY}),
    "FiatBitPay.FaitPayOrder": frozenset({Scope.PAY}),
    "FiatBybitPay.FaitPayOrder": frozenset({Scope.PAY}),  # the older name
    "FiatConvertBroker.FiatConvertBrokerOrder": frozenset({Scope.PAY}),
    "BitCard.BitCard": frozenset({Scope.PAY}),
}
TOLD = frozenset({Scope.READ, Scope.MARGIN, Scope.ACCOUNT}).union(*PERMISSIONS.values())

# Unified accounts have DerivativesTrade by default, so it is neither a right nor none; with
# OptionsTrade come perpetuals in USDC. Margin on spot has no word of its own.
OPEN: Mapping[str, frozenset[Scope]] = {
    "Spot.SpotTrade": frozenset({Scope.MARGIN}),
    "ContractTrade.Position": frozenset({Scope.FUTURES}),
    "Derivatives.DerivativesTrade": frozenset({Scope.FUTURES}),
    "Options.OptionsTrade": frozenset({Scope.FUTURES}),
}
SAID_IN: Mapping[str, frozenset[Scope]] = {
    "Spot": frozenset({Scope.SPOT, Scope.MARGIN}),
    "ContractTrade": frozenset({Scope.FUTURES}),
    "Wallet": frozenset({Scope.TRANSFER, Scope.ACCOUNT, Scope.WITHDRAW}),
    "Earn": frozenset({Scope.EARN}),
    "Exchange": frozenset({Scope.OTHER}),
    "FiatP2P": frozenset({Scope.PAY}),
}
"""What is not said where a category is missing: older answers have fewer."""
REWRITES = frozenset({"Wallet.AccountTransfer", "Wallet.SubMemberTransfer", "Wallet.Withdraw"})
"""With any of these a key of the main account may change its own rights and allowlist."""

# docs/sources/bybit.md#codes
CODES: Mapping[str, Reason] = {
    "10000": Reason.EXCHANGE_UNAVAILABLE,
    "10002": Reason.CLOCK_SKEW,
    "10003": Reason.INVALID_KEY,  # unknown, or of another environment or regional host
    "10004": Reason.INVALID_SIGNATURE,
    "10005": Reason.NO_READ_PERMISSION,
    "10006": Reason.RATE_LIMITED,
    "10008": Reason.ACCOUNT_SUSPENDED,
    "10009": Reason.REGION_RESTRICTED,
    "10010": Reason.IP_NOT_ALLOWED,
    "10016": Reason.EXCHANGE_UNAVAILABLE,
    "10018": Reason.RATE_LIMITED,  # counted per address
    "10024": Reason.REGION_RESTRICTED,
    "10027": Reason.ACCOUNT_SUSPENDED,
    "10028": Reason.UNVERIFIABLE,  # the account is not a unified one
    "10029": Reason.UNVERIFIABLE,  # the key is limited to some pairs
    "33004": Reason.KEY_EXPIRED,
    "-2015": Reason.KEY_OR_IP_REJECTED,
    "10007": Reason.INVALID_KEY,
    "10020": Reason.UNVERIFIABLE,
    "100028": Reason.UNVERIFIABLE,
    "3100197": Reason.ACCOUNT_SUSPENDED,
    **dict.fromkeys(("-1", "-1021"), Reason.CLOCK_SKEW),
    **dict.fromkeys(("5004", "340099"), Reason.EXCHANGE_UNAVAILABLE),
    "170007": Reason.TIMEOUT,
    "170222": Reason.RATE_LIMITED,
    "429": Reason.EXCHANGE_UNAVAILABLE,
}
CODE, MESSAGE = ("retCode", "ret_code"), ("retMsg", "ret_msg")
"""The older envelope still answers some errors."""
BANNED = "403"
"""The page that bans our address has no code of its own; this stands for it."""
EXPIRED = ("-2015", "expired", Reason.KEY_EXPIRED)
"""The code was seen for key, address and permission, too."""
PAGES = (
    (BANNED, "access too frequent", Reason.RATE_LIMITED),
    ("", "block access from your country", Reason.REGION_RESTRICTED),
)
"""HTTP 403 without JSON: too many requests from our address, or from our country."""
NEVER = datetime(1971, 1, 1, tzinfo=UTC)
"""Earlier ends are none: a key that is bound to an address shows 1970."""


def _result(body: Json) -> Mapping[str, Json]:
    answer = shape.table(body, "body")
    if shape.whole(answer, shape.spelled_once(answer, *CODE)) != 0:
        raise Unexpected("retCode")
    return shape.table(answer.get("result"), "result")


def read_time(body: Json) -> int:
    _result(body)
    return shape.milliseconds(body, "time")


# docs/sources/bybit.md#environments
def read_announced(body: Json) -> Announcements:
    return announcing.by_state(_result(body).get("list"), {"1": "live", "2": "demo"})


# docs/sources/bybit.md#key, #allowlist, #expiry
def read_key(body: Json, _now: datetime) -> KeyFacts:
    """The key's description of itself. Every key may ask for it, and every key may read.

    A key that only reads keeps its words, which then mean nothing: all but Withdraw, since no
    document says that of it.
    """
    data = _result(body)
    is_master = shape.maybe_flag(data, "isMaster")
    return replace(
        shape.described(
            lambda: _rights(data, is_master),
            lambda: _ips(data),
            lambda: _expiry(data),
        ),
        created_at=shape.maybe_moment(data, "createdAt"),
        account=None if is_master is None else "main" if is_master else "sub",
    )


def _rights(data: Mapping[str, Json], is_master: bool | None) -> KeyFacts:  # noqa: FBT001 # a fact
    listed = shape.table(data.get("permissions"), "permissions")
    words = ("Read", *_words(listed))
    meaning = {**PERMISSIONS, "Read": frozenset({Scope.READ})}
    undecided = NOTHING
    if shape.flag(data, "readOnly"):
        meaning |= {word: NOTHING for word in PERMISSIONS if word != "Wallet.Withdraw"}
        undecided = NOTHING if "Wallet" in listed else frozenset({Scope.WITHDRAW})
    else:
        missing = [scopes for category, scopes in SAID_IN.items() if category not in listed]
        undecided = undecided.union(*missing, *(OPEN.get(word, NOTHING) for word in words))
        if not REWRITES.isdisjoint(words):
            if is_master:
                meaning["Read"] |= {Scope.ACCOUNT}
            undecided |= {Scope.ACCOUNT}
    return shape.scopes(words, meaning, TOLD, undecided)


def _words(listed: Mapping[str, Json]) -> tuple[str, ...]:
    found = [
        f"{category}.{word}"
        for category, words in listed.items()
        for word in shape.listed(words, "permissions")
    ]
    if not all(shape.WORD.fullmatch(word) for word in found):
        raise Unexpected("permissions")
    return tuple(found)


def _ips(data: Mapping[str, Json]) -> tuple[str, ...] | None:
    """The allowlist; a lone `*` is none."""
    found = shape.addresses(data.get("ips"), "ips")
    return () if found == ("*",) else found


def _expiry(data: Mapping[str, Json]) -> datetime | None:
    end = shape.optional_moment(data, "expiredAt")
    return None if end is None or end < NEVER else end


def read_balance(body: Json) -> Balance:
    """The unified account's; the funding account is another one."""
    accounts = shape.rows(_result(body).get("list"), "list")
    amounts = [row for account in accounts for row in shape.rows(account.get("coin"), "coin")]
    return holdings.balance(amounts, "coin", ("walletBalance",), worth="usdValue")


def read_orders(body: Json) -> Orders:
    """Those of spot; of other categories each call names a coin."""
    listed = shape.rows(_result(body).get("list"), "list")
    return holdings.orders(row.get("symbol") for row in listed)


def read_refusal(body: Json) -> Refusal | None:
    if isinstance(body, str):
        said = (code for code, words, _ in PAGES if words in body.casefold())
        return next((Refusal(code, body) for code in said), None)
    if not isinstance(body, dict) or str(body.get(shape.spelled(body, *CODE), 0)) == "0":
        return None
    code, message = (body.get(shape.spelled(body, *names)) for names in (CODE, MESSAGE))
    return shape.refusal(code, message)


def _instruments(body: Json) -> Json:
    """The list, where it is whole: of a longer one the rest is unknown."""
    result = _result(body)
    if result.get("nextPageCursor"):
        raise Unexpected("nextPageCursor")
    return result.get("list")


# docs/sources/bybit.md#markets
MARKETS = MarketLists(
    spelling=Spelling(""),
    lists={
        "spot": Listing(
            Call("publicGetV5MarketInstrumentsInfo", {"category": "spot"}),
            listing.reader(
                _instruments,
                listing.named("baseCoin", "quoteCoin"),
                listing.says("status", "Trading"),
            ),
        ),
        "futures": Listing(
            Call("publicGetV5MarketInstrumentsInfo", {"category": "linear", "limit": "1000"}),
            listing.reader(
                _instruments,
                listing.named("baseCoin", "quoteCoin", "settleCoin"),
                listing.says("status", "Trading"),
                only=listing.says("contractType", "LinearPerpetual"),
            ),
            listing.linear,  # others have a list of their own
        ),
    },
)
PEOPLE = People(
    needs={
        Scope.READ: Said("any permission", "herhangi bir izin"),
        Scope.SPOT: Said.same("Spot: Trade"),
        Scope.MARGIN: Said(
            "Spot: Trade, with margin switched on in the account",
            "Spot: Trade, hesapta marjin açıksa",
        ),
        Scope.FUTURES: Said("Contracts: Orders and Positions", "Contracts: Orders ve Positions"),
        Scope.EARN: Said.same("Earn"),
        Scope.TRANSFER: Said.same("Wallet: Account Transfer, Subaccount Transfer"),
        Scope.ACCOUNT: Said(
            "changing its own permissions (comes with the Wallet permissions)",
            "kendi izinlerini değiştirme (Wallet izinleriyle gelir)",
        ),
        Scope.PAY: Said("P2P, fiat, Bybit Pay or card", "P2P, itibari para, Bybit Pay veya kart"),
        Scope.OTHER: Said(
            "options, convert, copy or block trading, posts",
            "opsiyon, dönüştürme, kopya veya blok işlem, paylaşım",
        ),
        Scope.WITHDRAW: Said.same("Wallet: Withdrawal"),
    },
    notes=(
        Said(
            "A read-only key still lists its permissions; they do not count.",
            "Salt okunur bir anahtar da izinlerini listeler; bunlar geçerli değildir.",
        ),
        Said(
            "A key that is bound to no IP address ends after 90 days; Bybit tells when.",
            (
                "IP adresine bağlı olmayan bir anahtar 90 gün sonra sona erer; Bybit tarihini "
                "bildirir."
            ),
        ),
        Said(
            "Whether a key may trade on margin is not said.",
            "Bir anahtarın marjinle işlem yapıp yapamayacağı bildirilmez.",
        ),
        Said(
            "Orders are read from spot: a key without a spot permission may be refused.",
            "Emirler spot tarafından okunur: spot izni olmayan bir anahtar reddedilebilir.",
        ),
        Said(
            "A key of testnet, demo or another regional host shows as unknown.",
            (
                "testnet'in, demo'nun veya başka bir bölgesel adresin anahtarı bilinmeyen anahtar "
                "gibi görünür."
            ),
        ),
        Said("Only unified accounts are read.", "Yalnızca birleşik (unified) hesaplar okunur."),
    ),
)

BYBIT = Exchange(
    id="bybit",
    title="Bybit",
    ccxt="bybit",
    live_hosts=(
        "api.bybit.com",
        "api.bytick.com",
        "api.bybit.nl",
        "api.bybit.eu",
        "api.bybit.tr",
        "api.bybit-tr.com",
        "api.bybit.kz",
        "api.bybit.ae",
        "api.bybit.id",
        "api.bybitgeorgia.ge",
        "api.bybit.com.hk",
        "api.manepa.jp",
    ),
    # docs/sources/bybit.md#signing
    signing=Signing(("api_key", "secret")),
    # docs/sources/bybit.md#time, #key, #balance, #orders
    calls=Calls(
        time=Query(Call("publicGetV5MarketTime"), read_time),
        key=Query(Call("privateGetV5UserQueryApi"), read_key),
        balance=Query(
            Call("privateGetV5AccountWalletBalance", {"accountType": "UNIFIED"}), read_balance
        ),
        orders=Query(Call("privateGetV5OrderRealtime", {"category": "spot"}), read_orders),
        announced=Query(Call("publicGetV5SystemStatus"), read_announced),
    ),
    refusals=Refusals(
        read=read_refusal,
        codes=CODES,
        phrases=(*PAGES, EXPIRED),
        others_lists=frozenset({"10010"}),
        reset_header="x-bapi-limit-reset-timestamp",
        pauses={BANNED: 600.0},  # "at least 10 minutes"
    ),
    # docs/sources/bybit.md#pace
    pace=Pace(
        rate=40.0,  # 600 in 5 s per address, then 403 for ten minutes and more
        window=5.0,
        ahead=1.0,
        limits=(
            Limit(600, 5, "address", {"time": 1, "key": 1, "balance": 1, "orders": 1}),
            Limit(10, 1, "account", {"key": 1}),
            Limit(50, 1, "account", {"balance": 1}),
            Limit(50, 1, "account", {"orders": 1}),
        ),
    ),
    # docs/sources/bybit.md#environments
    environments={
        "live": LIVE,
        "testnet": Environment("https://api-testnet.bybit.com"),
        "demo": Environment("https://api-demo.bybit.com"),
    },
    regions={
        "eu": Environment("https://api.bybit.eu"),
        "nl": Environment("https://api.bybit.nl"),
        "tr": Environment("https://api.bybit.tr"),
        "kz": Environment("https://api.bybit.kz"),
        "ge": Environment("https://api.bybitgeorgia.ge"),
        "ae": Environment("https://api.bybit.ae"),
        "id": Environment("https://api.bybit.id"),
        "hk": Environment("https://api.bybit.com.hk"),
        "jp": Environment("https://api.manepa.jp"),
    },
    # docs/sources/bybit.md#expiry
    expiry=Expiry(
        timedelta(days=90), "creation", "bybit-exchange.github.io/docs, API keys", told=True
    ),
    moves_value={
        Scope.ACCOUNT: "docs/sources/bybit.md#permissions",
        Scope.PAY: "docs/sources/bybit.md#permissions",
    },
    fee_assets=frozenset({"MNT"}),
    markets=MARKETS,
    people=PEOPLE,
    capture=CaptureFields(
        digits=("readonly", "uta", "unified", "deadlineday"),
        codes=("retcode", "ret_code"),
        prose=("retmsg", "ret_msg"),
        names=("NFT",),
    ),
)
