"""Kraken, spot. Sources: docs/sources/kraken.md#documents."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from bf_reconciler.exchanges import listing, shape
from bf_reconciler.exchanges.model import (
    Call,
    Calls,
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
    Unusable,
)
from bf_reconciler.facts import Balance, Json, KeyFacts, Orders, Reason, Said, Scope

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
    # Our number was not above the last one: our clock was set back, or somebody else uses the key.
    "EAPI:Invalid nonce": Reason.CLOCK_SKEW,
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
SECONDS = re.compile(r"\d{1,11}", re.ASCII)
WARNING = "W"


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


def read_time(body: Json) -> int:
    """Whole seconds are told: the middle of that second errs least."""
    told = shape.whole(shape.table(_result(body), "result"), "unixtime")
    return shape.milliseconds({"unixtime": told * 1000 + 500}, "unixtime")


# docs/sources/kraken.md#key, #allowlist, #expiry
def read_key(body: Json, _now: datetime) -> KeyFacts:
    """The key's description of itself. Every key may ask for it."""
    data = shape.table(_result(body), "result")
    words = _texts(data, "permissions", shape.WORD)
    if not words:
        raise Unexpected("permissions")  # a key without any right is documented nowhere
    undecided = NOTHING.union(*(OPEN.get(word, NOTHING) for word in words))
    # Margin comes with the right to trade where the account has it, which is not said.
    told = TOLD if "modify-trades" in words else TOLD | {Scope.MARGIN}
    ips = _texts(data, "ipAllowlist", shape.ADDRESS)
    return replace(
        shape.scopes(words, PERMISSIONS, told, undecided),
        ip_bound=bool(ips),
        ips=ips,
        created_at=_moment(data, "createdTime"),
        expires_at=_moment(data, "validUntil"),
    )


def _texts(data: Mapping[str, Json], field: str, form: re.Pattern[str]) -> tuple[str, ...]:
    listed = data.get(field)
    if not isinstance(listed, list):
        raise Unexpected(field)
    if not all(isinstance(each, str) and form.fullmatch(each) for each in listed):
        raise Unexpected(field)
    return tuple(listed)


def _moment(data: Mapping[str, Json], field: str) -> datetime | None:
    """A time in epoch seconds, as text; 0 is none."""
    written = shape.text(data, field)
    if not SECONDS.fullmatch(written):
        raise Unexpected(field)
    if int(written) == 0:
        return None
    found = shape.milliseconds({field: int(written) * 1000}, field)
    return datetime.fromtimestamp(found / 1000, UTC)


def read_balance(body: Json) -> Balance:
    """Amounts by asset. An asset's name is not told where its amount is none."""
    amounts = shape.table(_result(body), "result").values()
    zeros = [shape.is_zero({"balance": amount}, "balance") for amount in amounts]
    return Balance(empty=all(zeros))


def read_orders(body: Json) -> Orders:
    shape.table(shape.table(_result(body), "result").get("open"), "open")
    return Orders()


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
    found = next((code for each in errors if (code := _code(each))), "")
    return Refusal(found, found)


def _code(told: object) -> str:
    if not isinstance(told, str):
        return ""
    parts = [part.strip() for part in told.split(":")]
    return known if (known := ":".join(parts[:2])) in CODES else ""


def _pairs(body: Json) -> list[Json]:
    return list(shape.table(_result(body), "result").values())


def _plain(row: Mapping[str, Json]) -> bool:
    """Not the twin of a market at another venue, whose name goes on behind a colon."""
    return ":" not in (shape.optional_text(row, "wsname") or "")


# docs/sources/kraken.md#markets
MARKETS = MarketLists(
    spelling=Spelling("/"),
    lists={  # futures are another exchange, with keys of its own
        "spot": Listing(
            Call("publicGetAssetPairs"),
            listing.reader(
                _pairs,
                listing.split("wsname", "/"),  # `base` and `quote` carry old letters: XXBT, ZUSD
                listing.says("status", "online"),
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
            "A number that does not grow shows as a clock skew, whatever its cause.",
            "Artmayan bir numara, nedeni ne olursa olsun saat sapması olarak görünür.",
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
    ),
    refusals=Refusals(
        read=read_refusal,
        codes=CODES,
        pauses={"EGeneral:Temporary lockout": 300.0},  # "a few minutes", and each try prolongs it
    ),
    # docs/sources/kraken.md#pace
    pace=Pace(
        # public calls: 1 in 1 s per address, and one of the four is; the rest counts per key
        rate=4.0,
        window=None,  # no call carries the time
    ),
    # Live alone: docs/sources/kraken.md#environments
    moves_value={Scope.ACCOUNT: "docs/sources/kraken.md#permissions"},
    markets=MARKETS,
    people=PEOPLE,
)
