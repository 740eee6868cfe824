"""OKX. Sources: docs/sources/okx.md#documents."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

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

OK = "0"
TRADE = "trade"

# docs/sources/okx.md#permissions
PERMISSIONS: Mapping[str, frozenset[Scope]] = {
    "read_only": frozenset({Scope.READ}),
    TRADE: frozenset({Scope.SPOT}),
    "withdraw": frozenset({Scope.WITHDRAW}),
}
TOLD = frozenset(
    {Scope.READ, Scope.SPOT, Scope.MARGIN, Scope.FUTURES, Scope.TRANSFER, Scope.WITHDRAW}
)

# One word covers all trading; what can be traded is decided by the mode of the account. In Spot
# mode derivatives are impossible whatever the key, and borrowing may be switched on.
SPOT_MODE = "1"
LEVERAGED = frozenset({Scope.FUTURES, Scope.MARGIN})
TRADED: Mapping[str, frozenset[Scope]] = {
    "1": frozenset({Scope.SPOT}),
    "2": frozenset({Scope.SPOT}) | LEVERAGED,
    "3": frozenset({Scope.SPOT}) | LEVERAGED,
    "4": frozenset({Scope.SPOT}) | LEVERAGED,
}
UNDECIDED: Mapping[str, frozenset[Scope]] = {
    "1": frozenset({Scope.MARGIN}),
    "2": frozenset(),
    "3": frozenset(),
    "4": frozenset(),
}

# docs/sources/okx.md#codes
CODES: Mapping[str, Reason] = {
    "50001": Reason.MAINTENANCE,
    "50007": Reason.ACCOUNT_SUSPENDED,
    "50011": Reason.RATE_LIMITED,
    "50013": Reason.EXCHANGE_UNAVAILABLE,
    "50026": Reason.EXCHANGE_UNAVAILABLE,
    "50027": Reason.ACCOUNT_SUSPENDED,
    "50030": Reason.NO_READ_PERMISSION,
    "50035": Reason.IP_NOT_RESTRICTED,  # the call is for keys that are bound to an address
    "50051": Reason.REGION_RESTRICTED,
    "50059": Reason.ACCOUNT_SUSPENDED,
    "50060": Reason.ACCOUNT_SUSPENDED,
    "50100": Reason.ACCOUNT_SUSPENDED,  # the API is frozen
    "50101": Reason.WRONG_ENVIRONMENT,
    "50102": Reason.CLOCK_SKEW,
    "50105": Reason.INVALID_PASSPHRASE,
    "50110": Reason.IP_NOT_ALLOWED,
    "50111": Reason.INVALID_KEY,
    "50112": Reason.CLOCK_SKEW,
    "50113": Reason.INVALID_SIGNATURE,
    "50114": Reason.NO_READ_PERMISSION,
    "50119": Reason.INVALID_KEY,  # deleted and expired keys, and keys of another regional host
    "50120": Reason.NO_READ_PERMISSION,
    "50121": Reason.REGION_RESTRICTED,  # the exchange lets nobody in from our address
    "50004": Reason.EXCHANGE_UNAVAILABLE,
    "50005": Reason.EXCHANGE_UNAVAILABLE,
    "50008": Reason.INVALID_KEY,
    "50009": Reason.ACCOUNT_SUSPENDED,
    "50012": Reason.ACCOUNT_SUSPENDED,
    "50019": Reason.ACCOUNT_SUSPENDED,
    "50022": Reason.ACCOUNT_SUSPENDED,
    "50029": Reason.ACCOUNT_SUSPENDED,
    "50038": Reason.WRONG_ENVIRONMENT,
    "50053": Reason.WRONG_ENVIRONMENT,
    "50040": Reason.RATE_LIMITED,
    "50041": Reason.NO_READ_PERMISSION,
    "50046": Reason.EXCHANGE_UNAVAILABLE,
    "50062": Reason.EXCHANGE_UNAVAILABLE,
    "50067": Reason.REGION_RESTRICTED,
    "50103": Reason.INVALID_KEY,
    "50104": Reason.INVALID_PASSPHRASE,
    "50106": Reason.INVALID_SIGNATURE,
    "50118": Reason.IP_NOT_ALLOWED,
    "4088": Reason.ACCOUNT_SUSPENDED,
}
CLIENT_IP = re.compile(r"(?:Your IP |IP address \()([0-9A-Fa-f.:]{2,45})")


def _data(body: Json) -> list[Mapping[str, Json]]:
    answer = shape.table(body, "body")
    if str(answer.get("code")) != OK:
        raise Unexpected("code")
    return shape.rows(answer.get("data"), "data")


def _one(body: Json) -> Mapping[str, Json]:
    data = _data(body)
    if len(data) != 1:
        raise Unexpected("data")
    return data[0]


def read_time(body: Json) -> int:
    return shape.milliseconds(_one(body), "ts")


# docs/sources/okx.md#environments
def read_announced(body: Json) -> Announcements:
    return announcing.by_state(list(_data(body)), {"1": "live", "2": "demo"})


# docs/sources/okx.md#key, #allowlist, #expiry
def read_key(body: Json, _now: datetime) -> KeyFacts:
    """The account's configuration, which describes the key, too. No dates of the key are told."""
    data = _one(body)
    return replace(
        shape.described(lambda: _rights(data), lambda: shape.addresses(data.get("ip"), "ip")),
        account=_account(data),
    )


def _rights(data: Mapping[str, Json]) -> KeyFacts:
    words = shape.words(data, "perm")
    mode = shape.maybe_text(data, "acctLv") or ""
    meaning = {**PERMISSIONS, TRADE: TRADED.get(mode, PERMISSIONS[TRADE])}
    # With the right to trade come transfers within the owner's accounts.
    undecided = UNDECIDED.get(mode, LEVERAGED) | {Scope.TRANSFER} if TRADE in words else frozenset()
    if mode == SPOT_MODE and shape.maybe_flag(data, "enableSpotBorrow") is False:
        undecided -= {Scope.MARGIN}
    return shape.scopes(words, meaning, TOLD, undecided)


def _account(data: Mapping[str, Json]) -> str | None:
    own, main = shape.maybe_text(data, "uid"), shape.maybe_text(data, "mainUid")
    if not own or not main:
        return None
    return "main" if own == main else "sub"


def read_balance(body: Json) -> Balance:
    """The trading account's; the funding account is another one."""
    amounts = shape.rows(_one(body).get("details"), "details")
    return holdings.balance(amounts, "ccy", ("cashBal",), worth="eqUsd")


def read_orders(body: Json) -> Orders:
    """Of every kind of market; what follows base and quote says which."""
    return holdings.orders((row.get("instId") for row in _data(body)), "-")


def read_refusal(body: Json) -> Refusal | None:
    if not isinstance(body, dict) or str(body.get("code", OK)) == OK:
        return None
    return shape.refusal(body["code"], body.get("msg"))


# docs/sources/okx.md#markets
MARKETS = MarketLists(
    spelling=Spelling("-"),
    lists={
        "spot": Listing(
            Call("publicGetPublicInstruments", {"instType": "SPOT"}),
            listing.reader(
                _data, listing.named("baseCcy", "quoteCcy"), listing.says("state", "live")
            ),
        ),
        "futures": Listing(
            Call("publicGetPublicInstruments", {"instType": "SWAP"}),
            listing.reader(
                _data, listing.split("uly", "-", "settleCcy"), listing.says("state", "live")
            ),
            listing.perpetual,
        ),
    },
)
PEOPLE = People(
    needs={
        Scope.READ: Said.same("Read"),
        Scope.SPOT: Said.same("Trade"),
        Scope.MARGIN: Said(
            "margin (Trade, in an account mode other than Spot)",
            "marjin (Trade, Spot dışındaki bir hesap modunda)",
        ),
        Scope.FUTURES: Said(
            "derivatives (Trade, in an account mode other than Spot)",
            "türev işlemler (Trade, Spot dışındaki bir hesap modunda)",
        ),
        Scope.TRANSFER: Said("Trade (funding transfer)", "Trade (fon transferi)"),
        Scope.WITHDRAW: Said.same("Withdraw"),
    },
    notes=(
        Said(
            (
                "OKX has one right for all trading: what it covers is decided by the mode of the "
                "account."
            ),
            "OKX'te tüm işlemler için tek bir hak vardır: neyi kapsadığını hesabın modu belirler.",
        ),
        Said(
            (
                "Only an account in Spot mode keeps a key off derivatives; whether it may borrow "
                "is open."
            ),
            (
                "Bir anahtarı türev işlemlerden yalnızca Spot modundaki hesap uzak tutar; borç "
                "alıp alamayacağı belirsizdir."
            ),
        ),
        Said(
            "A key with Trade can also move funds between the accounts of its owner.",
            "Trade izinli bir anahtar, aynı sahibin hesapları arasında varlık da taşıyabilir.",
        ),
        Said(
            "OKX tells neither when a key was made nor when it ends.",
            "OKX bir anahtarın ne zaman oluşturulduğunu da ne zaman biteceğini de bildirmez.",
        ),
        Said(
            "Without an IP binding a key that may trade ends after 14 days unused; probes are use.",
            (
                "IP adresine bağlı olmayan ve işlem yapabilen bir anahtar 14 gün kullanılmazsa "
                "sona erer; testler kullanım sayılır."
            ),
        ),
        Said(
            "A key of another region (eea.okx.com, us.okx.com) shows as unknown: set `endpoint`.",
            (
                "Başka bir bölgenin anahtarı (eea.okx.com, us.okx.com) bilinmeyen anahtar gibi "
                "görünür: `endpoint` değerini girin."
            ),
        ),
    ),
)

OKX = Exchange(
    id="okx",
    title="OKX",
    ccxt="okx",
    live_hosts=(
        "www.okx.com",
        "aws.okx.com",
        "app.okx.com",
        "eea.okx.com",
        "my.okx.com",
        "us.okx.com",
        "tr.okx.com",
    ),
    # docs/sources/okx.md#signing
    signing=Signing(("api_key", "secret", "passphrase")),
    # docs/sources/okx.md#time, #key, #balance, #orders
    calls=Calls(
        time=Query(Call("publicGetPublicTime"), read_time),
        key=Query(Call("privateGetAccountConfig"), read_key),
        balance=Query(Call("privateGetAccountBalance"), read_balance),
        orders=Query(Call("privateGetTradeOrdersPending"), read_orders),
        announced=Query(Call("publicGetSystemStatus"), read_announced),
    ),
    refusals=Refusals(
        read=read_refusal,
        codes=CODES,
        client_ip=CLIENT_IP,
        others_lists=frozenset({"50118"}),
    ),
    # docs/sources/okx.md#pace
    pace=Pace(
        rate=12.0,  # time: 10 in 2 s per address; the rest counts per account
        window=30.0,
        limits=(
            Limit(10, 2, "address", {"time": 1}),
            Limit(5, 2, "account", {"key": 1}),
            Limit(10, 2, "account", {"balance": 1}),
            Limit(60, 2, "account", {"orders": 1}),
        ),
    ),
    # docs/sources/okx.md#environments
    environments={"live": LIVE, "demo": Environment(headers={"x-simulated-trading": "1"})},
    regions={
        "eea": Environment("https://eea.okx.com"),
        "us": Environment("https://us.okx.com"),
        "tr": Environment("https://tr.okx.com"),
    },
    # docs/sources/okx.md#expiry
    expiry=Expiry(
        timedelta(days=14),
        "idle",
        "okx.com/docs-v5, overview",
        scopes=frozenset({Scope.SPOT, Scope.WITHDRAW}),
        probes_count=True,
    ),
    fee_assets=frozenset({"OKB"}),
    markets=MARKETS,
    unreported=frozenset({"creation"}),
    people=PEOPLE,
    capture=CaptureFields(rights=("perm",), digits=("acctlv",), codes=("scode",), prose=("smsg",)),
)
