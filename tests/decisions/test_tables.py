"""What is decided in many cases, word by word, as it stands in tests/decisions/tables."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

from bf_reconciler.facts import Balance, Clock, Reason, Scope, Unread, earliest
from bf_reconciler.policy import Hold, assess
from bf_reconciler.policy.findings import OF_VALUES, REJECTED
from bf_reconciler.spec import Credentials
from bf_reconciler.spec.connection import Attest, Attestation
from build import (
    CONNECTION,
    DAY,
    MINUTE,
    NOW,
    OWN_IP,
    SECOND,
    a_case,
    a_failure,
    a_key,
    an_observation,
    an_outage,
    an_unverifiable_key,
    refused,
)
from table import compare, told

BINANCE = {"exchange": "binance", "credentials": Credentials(api_key="k" * 12, secret="s")}
MEXC = {"exchange": "mexc", "credentials": Credentials(api_key="k" * 12, secret="s")}
BYBIT = {"exchange": "bybit", "credentials": Credentials(api_key="k" * 12, secret="s")}
ASSURED, BEYOND = "192.0.2.1", "198.51.100.0/24"


def with_key(**changes):
    return an_observation(key=a_key(**changes))


def attested(at=NOW - DAY, trade=None):
    word = Attestation(by="ada", at=at)
    spoken = Attestation(by="bob", at=trade) if trade is not None else None
    return Attest(withdraw_disabled=word, trade_permitted=spoken)


def closed(reason, *questions, **changes):
    return an_observation(**dict.fromkeys(questions, a_failure(reason, **changes)))


def unread(part, **changes):
    return with_key(unread=(Unread(part, "field"),), **changes)


ASKING = Hold(frozenset({Reason.INVALID_KEY}), NOW, "Others are asked.", asking=True)
HELD = Hold(frozenset({Reason.INVALID_KEY}), NOW, "Others fail alike.")
UNTOLD = an_observation(key=an_unverifiable_key())
SAID = an_observation(NOW - DAY)
LIVES = {"policy": {"max_key_age": 90 * DAY}}

CASES = {
    # what was asked, and what else is of the case
    "all is well": (an_observation(), {}),
    "futures": (with_key(grant=[Scope.FUTURES]), {"markets": ["spot", "futures"]}),
    "no futures": (with_key(), {"markets": ["futures", "spot"]}),
    "futures alone": (with_key(), {"markets": ["futures"]}),
    "no margin": (with_key(), {"markets": ["margin", "spot"]}),
    "a timeout": (an_outage(), {}),
    "a region, said by the exchange": (an_outage(reason=Reason.REGION_RESTRICTED, code="0"), {}),
    "a region, by a page": (an_outage(reason=Reason.REGION_RESTRICTED), {}),
    "a region, seen once": (
        an_outage(reason=Reason.REGION_RESTRICTED, code="0"),
        {"times": 1},
    ),
    "a key refused before the time was told": (an_outage(reason=Reason.INVALID_KEY), {}),
    "a slow answer": (an_observation(time=Clock(0.0, 1.2345)), {}),
    **{
        f"our clock is {skew} s ahead": (an_observation(time=Clock(skew, 0.05)), {})
        for skew in (1.0, -1.0, 1.06, -1.06, 61.0)
    },
    "our clock is ahead, and refused": (
        replace(refused(Reason.CLOCK_SKEW), time=Clock(7.0, 0.05)),
        {},
    ),
    "our clock is right, and refused": (refused(Reason.CLOCK_SKEW), {}),
    "our clock is right, and refused by one": (closed(Reason.CLOCK_SKEW, "orders"), {}),
    "our clock is off, and may be": (
        an_observation(time=Clock(1.5, 0.05)),
        {"policy": {"max_clock_skew": 90 * SECOND}},
    ),
    "a number did not grow": (refused(Reason.INVALID_NONCE), {}),
    "a number did not grow once": (closed(Reason.INVALID_NONCE, "orders"), {}),
    **{
        f"refused: {reason}, {times} times": (refused(reason), {"times": times})
        for reason in sorted(REJECTED | OF_VALUES | {Reason.IP_NOT_ALLOWED, Reason.TIMEOUT})
        for times in (1, 2)
    },
    "refused, as others are": (refused(Reason.INVALID_KEY), {"hold": HELD}),
    "refused, and others are asked": (refused(Reason.INVALID_KEY), {"hold": ASKING}),
    "refused, and others are asked of something else": (
        refused(Reason.INVALID_PASSPHRASE),
        {"hold": ASKING},
    ),
    "refused, and accepted before": (refused(Reason.INVALID_KEY), {"accepted": SAID}),
    "expired, and accepted before": (refused(Reason.KEY_EXPIRED), {"accepted": SAID}),
    "refused with our address": (refused(Reason.INVALID_KEY, client_ip=OWN_IP), {}),
    "refused with a clock that is off": (
        replace(refused(Reason.INVALID_KEY), time=Clock(-2.04, 0.05)),
        {},
    ),
    "refused with a clock at its limit": (
        replace(refused(Reason.INVALID_KEY), time=Clock(-1.0, 0.05)),
        {},
    ),
    "one call refused, one an outage": (
        an_observation(balance=a_failure(Reason.INVALID_KEY), orders=a_failure()),
        {},
    ),
    "two calls refused differently": (
        an_observation(
            key=a_failure(Reason.INVALID_KEY), balance=a_failure(Reason.KEY_EXPIRED), orders=None
        ),
        {},
    ),
    "not asked": (an_observation(key=None, balance=None, orders=None), {}),
    "a code of several causes": (closed(Reason.KEY_OR_IP_REJECTED, "balance"), {}),
    "a code of several causes, seen once": (
        closed(Reason.KEY_OR_IP_REJECTED, "balance"),
        {"times": 1},
    ),
    "an address refused by one call": (closed(Reason.IP_NOT_ALLOWED, "orders"), {}),
    "an address refused by a list of others": (
        refused(Reason.IP_NOT_ALLOWED, code="10010"),
        BYBIT,
    ),
    "an address refused by a list of others, which must be ours": (
        refused(Reason.IP_NOT_ALLOWED, code="10010"),
        BYBIT | {"ip_allowlist": "required"},
    ),
    "an address refused by a list of others, which nobody needs": (
        refused(Reason.IP_NOT_ALLOWED, code="10010"),
        BYBIT | {"ip_allowlist": "ignored"},
    ),
    **{
        f"{what}, allowlist {strictness}": (
            with_key(**key),
            {"ip_allowlist": strictness, "egress_ips": list(declared)},
        )
        for (what, key, declared), strictness in product(
            (
                ("bound", {}, [OWN_IP]),
                ("bound to more", {"ips": (OWN_IP, BEYOND)}, [OWN_IP]),
                ("bound to more than none declared", {"ips": (OWN_IP,)}, []),
                ("bound, not shown", {"ips": None}, [OWN_IP]),
                ("bound to nothing", {"ip_bound": False, "ips": ()}, [OWN_IP]),
                ("bound to everything", {"ips": ("0.0.0.0/0", "::/0")}, [OWN_IP]),
                ("bound or not", {"ip_bound": None, "ips": None}, []),
                ("bound to stars", {"ips": ("203.**.7",)}, [OWN_IP]),
                ("bound to stars of others", {"ips": ("198.**.7",)}, [OWN_IP]),
                ("bound to six others", {"ips": tuple(f"192.0.2.{n}" for n in range(6))}, []),
                ("bound to five others", {"ips": tuple(f"192.0.2.{n}" for n in range(5))}, []),
                ("bound to a pair of ours", {"ips": (f"{ASSURED}/31",)}, ["192.0.2.0", ASSURED]),
                ("bound to half of ours", {"ips": (ASSURED,)}, ["192.0.2.0", ASSURED]),
                ("bound to what is no address", {"ips": ("nowhere", OWN_IP)}, [OWN_IP]),
            ),
            ("exact", "required", "recommended", "ignored"),
        )
    },
    **{
        f"{part} not understood": (
            unread(part, ip_bound=None, ips=None, expires_at=None),
            {"egress_ips": [OWN_IP]} if part == "allowlist" else {},
        )
        for part in ("rights", "allowlist", "expiry", "state")
    },
    "rights not understood at all": (
        unread("rights", granted=frozenset(), denied=frozenset()),
        {"markets": ["spot", "futures"], "attest": attested(trade=NOW - DAY)},
    ),
    "an allowlist not understood, and none needed": (
        unread("allowlist", ip_bound=None, ips=None),
        {"ip_allowlist": "ignored"},
    ),
    # rights
    "may withdraw": (with_key(grant=[Scope.WITHDRAW]), {}),
    "may not trade": (with_key(revoke=[Scope.SPOT]), {}),
    "may not read": (with_key(revoke=[Scope.READ]), {}),
    "reads are refused": (closed(Reason.NO_READ_PERMISSION, "balance", "orders"), {}),
    "reads of a key that does not tell its rights are refused": (
        an_observation(
            key=a_key(unsaid=Scope),
            balance=a_failure(Reason.NO_READ_PERMISSION),
            orders=a_failure(Reason.NO_READ_PERMISSION),
        ),
        {},
    ),
    "reads of a key that does not tell its rights are refused once": (
        an_observation(
            key=a_key(unsaid=Scope),
            balance=a_failure(Reason.NO_READ_PERMISSION),
            orders=a_failure(Reason.NO_READ_PERMISSION),
        ),
        {"times": 1},
    ),
    "one read of a key that does not tell its rights is refused": (
        an_observation(key=a_key(unsaid=Scope), orders=a_failure(Reason.NO_READ_PERMISSION)),
        {},
    ),
    "nothing is told of rights": (an_observation(key=a_key(unsaid=Scope)), {}),
    "rights are told in a new word": (UNTOLD, {}),
    "rights are not told at binance": (UNTOLD, BINANCE | {"markets": ["spot", "futures"]}),
    "all reads are refused": (refused(Reason.NO_READ_PERMISSION), {}),
    "all reads are refused once": (refused(Reason.NO_READ_PERMISSION), {"times": 1}),
    "rights may not be read": (closed(Reason.NO_READ_PERMISSION, "key"), {}),
    "rights may not be read, seen once": (closed(Reason.NO_READ_PERMISSION, "key"), {"times": 1}),
    "rights may not be read, and are attested": (
        closed(Reason.NO_READ_PERMISSION, "key"),
        {"attest": attested(trade=NOW - 2 * DAY)},
    ),
    **{
        f"rights are attested {age} days ago": (
            UNTOLD,
            {"attest": attested(NOW - age * DAY, trade=NOW - age * DAY)},
        )
        for age in (-1, 0, 1, 75, 76, 77, 89, 90, 91)
    },
    "rights are attested a second ago": (UNTOLD, {"attest": attested(NOW - SECOND)}),
    "rights are attested, and end in an hour": (
        UNTOLD,
        {"attest": attested(NOW - 90 * DAY + timedelta(hours=1))},
    ),
    **{
        f"more rights than needed, {what}, {value}": (
            with_key(grant=grant),
            BINANCE | {"policy": {"excess_permissions": what, "value_permissions": value}},
        )
        for grant, what, value in product(
            ([Scope.FUTURES, Scope.EARN], [Scope.TRANSFER, Scope.MARGIN]),
            ("warn", "block", "ignore"),
            ("warn", "block"),
        )
    },
    **{
        f"{count} strange words, {what}": (
            with_key(unknown_words=tuple(f"Word{n}" for n in range(count))),
            {"policy": {"unknown_permissions": what}},
        )
        for count, what in product((1, 5, 6), ("warn", "block"))
    },
    "strange words and more rights than needed": (
        with_key(grant=[Scope.FUTURES], unknown_words=("Novelty",)),
        {},
    ),
    "strange words that block and more rights than needed": (
        with_key(grant=[Scope.FUTURES], unknown_words=("Novelty",)),
        {"policy": {"unknown_permissions": "block"}},
    ),
    **{
        f"{count} names for one key": (
            an_observation(),
            {"twins": (CONNECTION, *(f"twin-{n}" for n in range(count - 1)))},
        )
        for count in (2, 4, 5, 6)
    },
    "its own name is the last of many": (
        an_observation(),
        {"twins": (*(f"twin-{n}" for n in range(5)), CONNECTION)},
    ),
    "two names for a key with more rights than needed": (
        with_key(grant=[Scope.FUTURES]),
        {"twins": (CONNECTION, "twin")},
    ),
    "two names for a key of which nothing is known": (
        an_outage(),
        {"twins": (CONNECTION, "twin")},
    ),
    "two names for a key with rights that nobody knows": (
        unread("rights", granted=frozenset(), denied=frozenset()),
        {"twins": (CONNECTION, "twin")},
    ),
    # what can be read
    "empty": (an_observation(balance=Balance(empty=True)), {}),
    **{
        f"{question} fails: {reason}, {times} times": (closed(reason, question), {"times": times})
        for question, reason, times in product(
            ("balance", "orders"),
            (
                Reason.NO_READ_PERMISSION,
                Reason.BALANCE_UNREADABLE,
                Reason.ORDERS_UNREADABLE,
                Reason.TIMEOUT,
                Reason.UNVERIFIABLE,
            ),
            (1, 2),
        )
    },
    # how long the key lives
    **{
        f"ends in {left}": (with_key(expires_at=NOW + left), {})
        for left in (
            15 * DAY,
            14 * DAY + SECOND,
            14 * DAY,
            13 * DAY,
            DAY + SECOND,
            DAY,
            DAY - SECOND,
            SECOND,
            0 * SECOND,
            -SECOND,
        )
    },
    **{
        f"mexc, free, created {age} days ago": (
            an_observation(key=a_key(ip_bound=False, ips=(), created_at=NOW - age * DAY)),
            MEXC,
        )
        for age in (1, 75, 76, 80, 89, 90, 91)
    },
    "mexc, free, created at a time that is not told": (with_key(ip_bound=False, ips=()), MEXC),
    "mexc, bound": (with_key(created_at=NOW - 80 * DAY), MEXC),
    "mexc, bound or not": (with_key(ip_bound=None, ips=None, created_at=NOW - 80 * DAY), MEXC),
    "okx, bound or not": (with_key(ip_bound=None, ips=None), {"exchange": "okx"}),
    "okx, free, for reading only": (
        with_key(ip_bound=False, ips=(), revoke=[Scope.SPOT]),
        {"exchange": "okx"},
    ),
    **{
        f"{exchange}, free, no date": (
            with_key(ip_bound=False, ips=()),
            {"exchange": exchange, "credentials": Credentials(api_key="k" * 12, secret="s")},
        )
        for exchange in (
            "bingx",
            "bitget",
            "bybit",
            "coinbase",
            "gate",
            "htx",
            "kraken",
            "kucoin",
            "mexc",
            "okx",
        )
    },
    "a key of a test network": (
        with_key(ip_bound=False, ips=()),
        {"environment": "testnet"} | BYBIT,
    ),
    **{
        f"created {age} ago, and may be 90 days old": (with_key(created_at=NOW - age), LIVES)
        for age in (89 * DAY, 90 * DAY - SECOND, 90 * DAY, 91 * DAY - SECOND, 91 * DAY)
    },
    "created long ago, and expiring": (
        with_key(created_at=NOW - 99 * DAY, expires_at=NOW + DAY),
        LIVES,
    ),
    "too old sooner than it ends": (
        with_key(created_at=NOW - 89 * DAY, expires_at=NOW + 99 * DAY),
        LIVES,
    ),
    "ends sooner than it is too old": (
        with_key(created_at=NOW - DAY, expires_at=NOW + 20 * DAY),
        LIVES,
    ),
    "created at a time that is not told": (with_key(), LIVES),
    "created in the future": (with_key(created_at=NOW + MINUTE), LIVES),
}


def as_found(finding):
    """A finding without what it is about, for many have all else in common."""
    derived = ["derived"] if finding.derived else []
    until = [f"until {told(finding.until)}"] if finding.until else []
    words = (finding.status, told(finding.reason), told(finding.effect), *derived, *until)
    return f"{' '.join(words)}: {finding.message}"


def test_findings():
    """Of each case only what differs from a case that is well."""
    usual = assess(a_case()).findings

    def rows(observation, changes):
        found = assess(a_case(observation, **changes))
        alike = {}
        for finding in found.findings:
            if finding not in usual:
                alike.setdefault(as_found(finding), []).append(str(finding.type))
        yield from (f"{' '.join(kinds)} {words}" for words, kinds in alike.items())
        assert found.decisive is None or found.decisive in found.findings
        decisive = str(found.decisive.type) if found.decisive else "nothing"
        yield f"-> {told(found.compliant)} by {decisive}{WAITS[found.unconfirmed, found.held]}"
        assert found.until == earliest(finding.until for finding in found.findings)

    compare("findings", ((name, rows(*case)) for name, case in CASES.items()))


WAITS = {
    (False, False): "",
    (True, False): ", unconfirmed",
    (False, True): ", held",
    (True, True): ", unconfirmed, held",
}
