"""HTX. Sources: docs/sources/htx.md#documents."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from bf_reconciler.exchanges import holdings, listing, shape
from bf_reconciler.exchanges.model import (
    API_KEY,
    Call,
    Calls,
    CaptureFields,
    Environment,
    Exchange,
    Expiry,
    First,
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

OK = 200

# docs/sources/htx.md#permissions
PERMISSIONS: Mapping[str, frozenset[Scope]] = {
    "readOnly": frozenset({Scope.READ}),
    "trade": frozenset({Scope.SPOT}),
    "withdraw": frozenset({Scope.WITHDRAW}),
}
# One right is for all of these, wherever the account has them; transfers come with it.
TRADED = frozenset({Scope.MARGIN, Scope.FUTURES, Scope.TRANSFER})
TOLD = TRADED.union(*PERMISSIONS.values())

VALIDITY = timedelta(days=90)
"""Life of a key that is bound to no IP address."""
DAY = timedelta(days=1)
MAX_DAYS = 36_500
FOREVER = -1

# docs/sources/htx.md#codes
CODES: Mapping[str, Reason] = {
    # One code for six causes, which the text tells; what it does not tell stays undecided.
    "api-signature-not-valid": Reason.KEY_OR_IP_REJECTED,
    "api-signature-check-failed": Reason.KEY_OR_IP_REJECTED,
    "login-required": Reason.KEY_OR_IP_REJECTED,
    "base-operation-forbidden": Reason.NO_READ_PERMISSION,
    "base-request-exceed-frequency-limit": Reason.RATE_LIMITED,
    "rate-too-many-requests": Reason.RATE_LIMITED,
    "system-maintenance": Reason.MAINTENANCE,
    "gateway-internal-error": Reason.EXCHANGE_UNAVAILABLE,
    "base-system-error": Reason.EXCHANGE_UNAVAILABLE,
    **dict.fromkeys(("timeout", "base-request-timeout"), Reason.TIMEOUT),
    # The numbers of versions 2 and 5, most of them with HTTP 200.
    **dict.fromkeys(("401", "403", "1002"), Reason.KEY_OR_IP_REJECTED),
    **dict.fromkeys(("429", "1006", "1032", "4000"), Reason.RATE_LIMITED),
    **dict.fromkeys(("500", "1000", "1001", "1004"), Reason.EXCHANGE_UNAVAILABLE),
    **dict.fromkeys(("1003", "1253", "12002", "12003", "12008"), Reason.INVALID_SIGNATURE),
    **dict.fromkeys(("2000", "12005"), Reason.IP_NOT_ALLOWED),
    **dict.fromkeys(("1084", "12009"), Reason.ACCOUNT_SUSPENDED),
    **dict.fromkeys(("12001", "12006"), Reason.CLOCK_SKEW),
    "12007": Reason.INVALID_KEY,
    "12004": Reason.KEY_EXPIRED,
    "1220": Reason.UNVERIFIABLE,  # no account of contracts was opened
    "1224": Reason.REGION_RESTRICTED,
    "1431": Reason.MAINTENANCE,
}
MASKS = frozenset("X*")
SEEN = 8
"""Characters of a masked key that must be there to know it again; the documents show more."""
CLIENT_IP = re.compile(r"Incorrect IP address[^:]{0,40}:\s*([0-9A-Fa-f.:]{2,45})")


def _second(body: Json) -> Json:
    """What is in the envelope of version 2; ccxt lets every code of it pass for success."""
    answer = shape.table(body, "body")
    if shape.whole(answer, "code") != OK:
        raise Unexpected("code")
    return answer.get("data")


def _first(body: Json) -> Mapping[str, Json]:
    answer = shape.table(body, "body")
    if answer.get("status") != "ok":
        raise Unexpected("status")
    return answer


def read_time(body: Json) -> int:
    return shape.milliseconds(_first(body), "data")


def read_user(body: Json) -> str:
    """The user's number, which one document demands of the key question and another allows."""
    return str(shape.whole({"data": _second(body)}, "data"))


def own_key(body: Json, api_key: str) -> Json:
    """Of several keys the one that asks; of one alone we asked for no other."""
    keys = shape.rows(_second(body), "data")
    if len(keys) > 1:
        keys = [key for key in keys if _is(key.get("accessKey"), api_key)]
    return {"code": OK, "data": list(keys)}


def _is(shown: Json, api_key: str) -> bool:
    """Whether this is the key, maybe masked."""
    if not isinstance(shown, str) or len(shown) != len(api_key):
        return False
    pairs = list(zip(shown, api_key, strict=True))
    same = sum(one == other for one, other in pairs)
    masked = all(one == other or one in MASKS for one, other in pairs)
    return masked and same >= SEEN


# docs/sources/htx.md#key, #allowlist, #expiry
def read_key(body: Json, now: datetime) -> KeyFacts:
    """The one key that was asked for; one that is not normal has no documented use."""
    keys = shape.rows(_second(body), "data")
    if len(keys) != 1:
        raise Unexpected("data")
    key = keys[0]
    return replace(
        shape.described(
            lambda: _rights(key),
            lambda: shape.addresses(key.get("ipAddresses"), "ipAddresses"),
            lambda: _expiry(key, now),
            lambda: _state(key),
        ),
        created_at=shape.maybe_moment(key, "createTime"),
    )


def _rights(key: Mapping[str, Json]) -> KeyFacts:
    words = shape.words(key, "permission")
    return shape.scopes(words, PERMISSIONS, TOLD, TRADED if "trade" in words else frozenset())


def _state(key: Mapping[str, Json]) -> None:
    if key.get("status") != "normal":
        raise Unexpected("status")


def _expiry(key: Mapping[str, Json], now: datetime) -> datetime | None:
    """When the key ends. HTX counts whole days left; its creation, or a renewal, tells the hour."""
    days = shape.optional_whole(key, "validDays")
    if days is None or days == FOREVER:
        return None
    if not 0 <= days <= MAX_DAYS:
        raise Unexpected("validDays")
    at_least = now + timedelta(days=days)
    for field in ("updateTime", "createTime"):
        begun = shape.maybe_moment(key, field)
        if begun and at_least <= begun + VALIDITY < at_least + DAY:
            return begun + VALIDITY
    # The one midnight that lies within the day in question: the same at every probe of a day.
    return datetime.combine(at_least.astimezone(UTC) + DAY, time(), UTC)


def read_balance(body: Json) -> Balance:
    """What the spot account is worth: one question, where its amounts would take two.

    Which assets are in it is not told.
    """
    return Balance(empty=shape.is_zero(shape.table(_second(body), "data"), "balance"))


def read_spot_account(body: Json) -> str:
    """The number of the spot account, for the question that sub-users may ask."""
    for row in shape.rows(_first(body).get("data"), "data"):
        if row.get("type") == "spot":
            return str(shape.whole(row, "id"))
    raise Unexpected("type")


def read_amounts(body: Json) -> Balance:
    """The amounts of one account: two rows per currency, what trades and what is frozen."""
    account = shape.table(_first(body).get("data"), "data")
    return holdings.balance(shape.rows(account.get("list"), "list"), "currency", ("balance",))


def read_orders(body: Json) -> Orders:
    listed = shape.rows(_first(body).get("data"), "data")
    return holdings.orders(row.get("symbol") for row in listed)


def read_refusal(body: Json) -> Refusal | None:
    """Two forms: a status with a word (or a number) of version 1, and the numbers of version 2."""
    if not isinstance(body, dict):
        return None
    if body.get("status") == "error":
        code = body.get("err-code", body.get("err_code"))
        message = body.get("err-msg", body.get("err_msg"))
        if isinstance(code, str) and code in CODES:
            return Refusal(code, message if isinstance(message, str) else "")
        return shape.refusal(code, message)
    if "code" not in body or body["code"] in (OK, str(OK)):
        return None
    return shape.refusal(body["code"], body.get("message"))


def _listed(body: Json) -> Json:
    answer = shape.table(body, "body")
    if answer.get("status") != "ok":
        raise Unexpected("status")
    return answer.get("data")


# docs/sources/htx.md#markets
MARKETS = MarketLists(
    spelling=Spelling("", lower=True),
    lists={
        "spot": Listing(
            Call("spotPublicGetV1CommonSymbols"),
            listing.reader(
                _listed,
                listing.named("base-currency", "quote-currency"),
                listing.says("state", "online"),
            ),
        ),
        "futures": Listing(
            Call("contractPublicGetLinearSwapApiV1SwapContractInfo"),
            listing.reader(
                _listed,
                listing.split("contract_code", "-", linear=True),
                listing.says("contract_status", "1"),
            ),
            listing.linear,  # others have a list of their own
        ),
    },
)
PEOPLE = People(
    needs={
        Scope.READ: Said.same("Read-only"),
        Scope.SPOT: Said.same("Trade"),
        Scope.MARGIN: Said.same("Trade"),
        Scope.FUTURES: Said.same("Trade"),
        Scope.TRANSFER: Said.same("Trade"),
        Scope.WITHDRAW: Said.same("Withdraw"),
    },
    notes=(
        Said(
            (
                "A key that is bound to no IP address ends after 90 days without use, by an older "
                "document 90 days after its creation; HTX tells the days left."
            ),
            (
                "IP adresine bağlı olmayan bir anahtar 90 gün kullanılmazsa, eski bir belgeye göre "
                "oluşturulduktan 90 gün sonra sona erer; HTX kalan günü bildirir."
            ),
        ),
        Said(
            (
                "One right to trade is for spot, margin, futures and transfers: they cannot be "
                "told apart."
            ),
            (
                "Tek bir işlem hakkı spot, marjin, vadeli işlem ve transferleri kapsar: "
                "birbirinden ayırt edilemezler."
            ),
        ),
        Said(
            (
                "A key of a sub-user may not be able to read its own rights; balance and orders "
                "are read all the same, and the rest can be attested."
            ),
            (
                "Alt kullanıcı anahtarı kendi haklarını okuyamayabilir; bakiye ve emirler yine "
                "okunur, gerisi beyan edilebilir."
            ),
        ),
        Said(
            "The balance is read as what the spot account is worth, in BTC.",
            "Bakiye, spot hesabın BTC cinsinden değeri olarak okunur.",
        ),
        Said(
            "A region block has no documented answer.",
            "Bölge engelinin belgelenmiş bir yanıtı yoktur.",
        ),
    ),
)

LIVE = Environment(bases={"futures": "https://api.hbdm.com"})

HTX = Exchange(
    id="htx",
    title="HTX",
    ccxt="htx",
    live_hosts=(
        "api.huobi.pro",
        "api-aws.huobi.pro",
        "api.huobi.vn",
        "api.huobi.so",
        "api.hbdm.com",
        "api.hbdm.vn",
    ),
    # docs/sources/htx.md#signing, #secrets
    signing=Signing(
        ("api_key", "secret"),
        hosts=("api.huobi.pro", "api-aws.huobi.pro", "api.huobi.vn", "api.huobi.so"),
    ),
    # docs/sources/htx.md#time, #key, #balance, #orders
    calls=Calls(
        time=Query(Call("spotPublicGetV1CommonTimestamp"), read_time),
        key=Query(Call("spotPrivateGetV2UserApiKey", {"accessKey": API_KEY}), read_key),
        balance=Query(
            Call("spotPrivateGetV2AccountAssetValuation", {"accountType": "spot"}), read_balance
        ),
        orders=Query(Call("spotPrivateGetV1OrderOpenOrders"), read_orders),
        first=First(Call("spotPrivateGetV2UserUid"), "uid", read_user),
        own=own_key,
        key_ages=True,
        # Sub-users may not ask what their account is worth, but what is in it.
        other_balance=OtherBalance(
            Query(Call("spotPrivateGetV1AccountAccountsAccountIdBalance"), read_amounts),
            first=First(Call("spotPrivateGetV1AccountAccounts"), "account-id", read_spot_account),
            codes=frozenset({"403", "1002"}),
        ),
    ),
    refusals=Refusals(
        read=read_refusal,
        codes=CODES,
        phrases=(
            ("", "incorrect access key", Reason.INVALID_KEY),
            ("", "verification failure", Reason.INVALID_SIGNATURE),
            ("", "incorrect ip address", Reason.IP_NOT_ALLOWED),
            # Chinese alone, as older answers have it.
            ("", "access key错误", Reason.INVALID_KEY),
            ("", "校验失败", Reason.INVALID_SIGNATURE),
            ("", "ip地址错误", Reason.IP_NOT_ALLOWED),
            ("", "api key has expired", Reason.KEY_EXPIRED),
            ("", "apikey has expired", Reason.KEY_EXPIRED),
            ("", "429 too many request", Reason.RATE_LIMITED),
            ("", "submission time", Reason.CLOCK_SKEW),
            ("", "api key has no permission", Reason.NO_READ_PERMISSION),
            ("1002", "forbidden", Reason.NO_READ_PERMISSION),
            ("", "maintain", Reason.MAINTENANCE),
        ),
        client_ip=CLIENT_IP,
        reset_header="x-hb-ratelimit-requests-expire",
    ),
    # docs/sources/htx.md#pace
    pace=Pace(
        rate=10.0,  # the default per address; the key's question: 20 in 2 s
        window=60.0,  # 5 minutes by one document, less than one by another
        limits=(
            Limit(10, 1, "address", {"time": 1}),
            Limit(20, 2, "account", {"key": 1}),
            Limit(100, 2, "account", {"balance": 1}),
            Limit(50, 2, "account", {"orders": 1}),
        ),
    ),
    # Live alone: docs/sources/htx.md#environments
    environments={"live": LIVE},
    environment=LIVE,
    # docs/sources/htx.md#expiry
    expiry=Expiry(VALIDITY, "idle", "HTX API documentation, creating an API key", told=True),
    fee_assets=frozenset({"HT", "HTX"}),
    markets=MARKETS,
    people=PEOPLE,
    capture=CaptureFields(
        states=("marketstatus",),
        digits=("validdays", "marketstatus"),
        codes=("err-code", "err_code"),
        prose=("err-msg", "err_msg"),
    ),
)
