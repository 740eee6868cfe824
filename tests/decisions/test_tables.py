"""What is decided in many cases, word by word, as it stands in tests/decisions/tables."""

from dataclasses import fields, replace
from datetime import timedelta
from itertools import product

from bf_reconciler.facts import Balance, Clock, Listed, Reason, Scope, Unread, Venue, earliest
from bf_reconciler.policy import Hold, assess
from bf_reconciler.policy.findings import OF_VALUES, REJECTED
from bf_reconciler.spec import LOCAL, Credentials, FileRuntime, Halt
from bf_reconciler.spec.connection import Attest, Attestation
from bf_reconciler.status import Confirmed, Running, Status, fold
from bf_reconciler.verdict import Halted, StrategyMemory, guard, judge, unsettled
from build import (
    CONNECTION,
    DAY,
    MINUTE,
    NOW,
    OWN_IP,
    SECOND,
    STRATEGY,
    a_case,
    a_connection,
    a_failure,
    a_key,
    a_seen,
    a_spec,
    a_strategy,
    a_suspension,
    an_observation,
    an_outage,
    an_unverifiable_key,
    refused,
)
from table import compare, grouped, told

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


WAITS = {
    (False, False): "",
    (True, False): ", unconfirmed",
    (False, True): ", held",
    (True, True): ", unconfirmed, held",
}


def as_found(finding):
    """A finding without what it is about, for many have all else in common."""
    until = [f"until {told(finding.until)}"] if finding.until else []
    words = (finding.status, told(finding.reason), told(finding.effect), *until)
    return f"{' '.join(words)}: {finding.message}"


def test_findings():
    """Of each case what differs from one that is well, and is not for want of another answer."""
    usual = assess(a_case()).findings

    def rows(observation, changes):
        found = assess(a_case(observation, **changes))
        alike = {}
        for finding in found.findings:
            if finding not in usual and not finding.derived:
                alike.setdefault(as_found(finding), []).append(str(finding.type))
        yield from (f"{' '.join(kinds)} {words}" for words, kinds in alike.items())
        assert found.decisive is None or found.decisive in found.findings
        decisive = str(found.decisive.type) if found.decisive else "nothing"
        yield f"-> {told(found.compliant)} by {decisive}{WAITS[found.unconfirmed, found.held]}"
        assert found.until == earliest(finding.until for finding in found.findings)

    compare("findings", ((name, rows(*case)) for name, case in CASES.items()))


# verdicts and decisions

GRACE = 5 * MINUTE
GOOD, OUTAGE, WITHDRAW = an_observation(), an_outage(), with_key(grant=[Scope.WITHDRAW])
INVALID, FREE = refused(Reason.INVALID_KEY), with_key(ip_bound=False, ips=())
ELSEWHERE = FileRuntime(name="elsewhere", type="file", path="./elsewhere")
THIRD = FileRuntime(name="third", type="file", path="./third")
VENUE = Venue("kucoin", "live", None)
HALT = Halted("flood", "ada", NOW)
SUSPENDED = {"suspend": a_suspension()}
PARTED = {"suspend": a_suspension(until=NOW + DAY)}


def at(observation, ago):
    return replace(observation, at=NOW - ago)


def of(listed):
    """A situation whose market list says this of its pair."""
    return {"markets": {VENUE: {"BTC/USDT": listed} if listed else {}}}


def level(strictness):
    return {"risk_levels": {"moderate": {"max_leverage": 3, "ip_allowlist": strictness}}}


DECLARED = {
    "never probed": {"seen": []},
    "good": {"seen": [GOOD]},
    "good, in an earlier life": {"seen": [GOOD], "restored": True},
    "good, and its pairs trade": {"seen": [GOOD], **of(Listed.TRADES)},
    "good, and its pair is halted": {"seen": [GOOD], **of(Listed.HALTED)},
    "good, and its pair is missing": {"seen": [GOOD], **of(Listed.MISSING)},
    "good, and its pair is looked up": {"seen": [GOOD], **of(Listed.PENDING)},
    "withdraws, and its pair is missing": {"seen": [WITHDRAW], **of(Listed.MISSING)},
    "a warning": {"seen": [FREE]},
    "a warning that its level blocks": {"seen": [FREE], "policy": level("required")},
    "free until lately, which its level blocks": {
        "seen": [at(FREE, MINUTE), GOOD],
        "policy": level("required"),
    },
    "bound or not, which its level blocks": {
        "seen": [with_key(ip_bound=None, ips=None)],
        "policy": level("required"),
    },
    "not shown, which its level blocks": {
        "seen": [with_key(ips=None)],
        "policy": level("exact"),
    },
    "too wide, which its level blocks": {
        "seen": [with_key(ips=(BEYOND,))],
        "policy": level("exact"),
    },
    "withdraws": {"seen": [at(GOOD, MINUTE), WITHDRAW]},
    "withdrew a test ago": {"seen": [at(WITHDRAW, MINUTE), GOOD]},
    "withdrew two tests ago": {"seen": [at(WITHDRAW, 2 * MINUTE), at(GOOD, MINUTE), GOOD]},
    "withdrew, and is out": {"seen": [at(WITHDRAW, MINUTE), OUTAGE]},
    "out": {"seen": [at(GOOD, MINUTE), OUTAGE]},
    "refused once": {"seen": [at(GOOD, MINUTE), INVALID]},
    "refused twice": {"seen": [at(GOOD, 2 * MINUTE), at(INVALID, MINUTE), INVALID]},
    "unverifiable": {"seen": [at(GOOD, MINUTE), UNTOLD]},
    "may not trade its market": {"seen": [GOOD], "strategy": {"market": "futures"}},
    "halted": {"seen": [WITHDRAW], "halted": HALT},
    "halted in the file": {"seen": [GOOD], "halt": Halt(reason="audit", by="bob")},
    "disabled": {"seen": [GOOD], "strategy": {"enabled": False}},
    "suspended": {"seen": [GOOD], "strategy": SUSPENDED},
    "suspended for a day": {"seen": [GOOD], "strategy": PARTED},
    "its connection is suspended": {"seen": [GOOD], "connection": SUSPENDED},
    "its connection is suspended for a day": {"seen": [GOOD], "connection": PARTED},
    "its connection is not there": {"connections": []},
    "its connection is wrong": {"connections": [], "broken_connections": {CONNECTION: "kucoin"}},
    "in the last good form": {"seen": [GOOD], "broken_strategies": {STRATEGY: CONNECTION}},
    "good, waits for a person": {"seen": [GOOD], "strategy": {"resume": "manual"}},
    "withdraws, waits for a person": {"seen": [WITHDRAW], "strategy": {"resume": "manual"}},
    "good, closes": {"seen": [GOOD], "strategy": {"when_off": "close"}},
    "withdraws, closes": {"seen": [WITHDRAW], "strategy": {"when_off": "close"}},
    "good, moved": {"seen": [GOOD], "strategy": {"runtime": "elsewhere"}},
    "out, moved": {"seen": [OUTAGE], "strategy": {"runtime": "elsewhere"}},
    "withdraws, moved": {"seen": [WITHDRAW], "strategy": {"runtime": "elsewhere"}},
    "good, its runtime is gone": {"seen": [GOOD], "strategy": {"runtime": "nowhere"}},
    "withdraws, its runtime is gone": {"seen": [WITHDRAW], "strategy": {"runtime": "nowhere"}},
    "good, tested once an hour": {"seen": [GOOD], "connection": {"interval": timedelta(hours=1)}},
    "good, tested every 41 s": {"seen": [GOOD], "connection": {"interval": 41 * SECOND}},
    "out, without grace": {"seen": [OUTAGE], "policy": {"grace": 0 * SECOND}},
}
ABSENT = {
    f"{kind}, {name}": situation | changes | {"strategies": []}
    for kind, changes in (
        ("left the file", {}),
        ("wrong in the file", {"broken_strategies": {STRATEGY: CONNECTION}}),
        ("nameless in the file", {"nameless_strategies": 1}),
        ("one of too many", {"alike": 10}),
    )
    for name, situation in (
        ("never probed", {"seen": []}),
        ("good", {"seen": [GOOD]}),
        ("withdraws", {"seen": [WITHDRAW]}),
        ("out", {"seen": [OUTAGE]}),
        ("halted", {"seen": [GOOD], "halted": HALT}),
        ("its connection is suspended", {"seen": [GOOD], "connection": SUSPENDED}),
        ("its connection is not there", {"connections": []}),
        ("out, without grace", {"seen": [OUTAGE], "policy": {"grace": 0 * SECOND}}),
    )
}


def a_memory(on, **changes):
    known = {"action": "pause", "runtime": LOCAL, "connection": CONNECTION}
    return StrategyMemory(on=on, **{"reason": Reason.CONNECTED, **known} | changes)


MEMORIES = {
    "nothing": None,
    "on": a_memory(True),
    "off": a_memory(False, reason=Reason.DISABLED),
    "never told": a_memory(None, reason=Reason.NOT_PROBED, ever_on=False),
    "never on, closes": a_memory(False, action="close", ever_on=False),
    "on, closes": a_memory(True, action="close"),
    "on, unknown, its grace is over": a_memory(True, unknown_since=NOW - GRACE),
    "on, unknown, one second of grace": a_memory(True, unknown_since=NOW - GRACE + SECOND),
    "on, unknown since tomorrow": a_memory(True, unknown_since=NOW + DAY),
    "never told, unknown, its grace is over": a_memory(None, unknown_since=NOW - GRACE),
    "off by grace": a_memory(False, reason=Reason.GRACE_EXPIRED, unknown_since=NOW - DAY),
    "off by a pair": a_memory(False, reason=Reason.PAIR_NOT_TRADABLE),
    "off, latched": a_memory(False, reason=Reason.WITHDRAW_ENABLED, latched=True),
    "on, and maybe elsewhere": a_memory(True, also=(ELSEWHERE, THIRD, ELSEWHERE)),
    "on elsewhere, and maybe here": a_memory(True, runtime=ELSEWHERE, also=(LOCAL, ELSEWHERE)),
    "let go": a_memory(False, reason=Reason.REMOVED),
    "an orphan": a_memory(True, reason=Reason.ORPHAN_STOPPED),
    "an orphan, off": a_memory(False, reason=Reason.ORPHAN_STOPPED),
}


def situated(
    *,
    seen=(),
    restored=False,
    markets=None,
    halted=None,
    strategy=None,
    connection=None,
    alike=0,
    **changes,
):
    """A spec, its verdicts, and how many are remembered beside the one."""
    declared = {
        "connections": [a_connection(**connection or {})],
        "strategies": [a_strategy(**strategy or {})],
        "runtimes": {each.name: each for each in (LOCAL, ELSEWHERE, THIRD)},
    }
    spec = a_spec(**declared | changes)
    known = {CONNECTION: a_seen(*seen, restored=restored)} if seen else {}
    return spec, judge(spec, known, halted, NOW, markets or {}), alike


def test_verdicts():
    """Of a connection all but its findings, which have a table of their own."""

    def rows(situation):
        _, verdicts, _ = situated(**situation)
        for connection in verdicts.connections.values():
            yield told(replace(connection, findings=()))
        for strategy in verdicts.strategies.values():
            yield told(strategy)
        yield f"halted={told(verdicts.halted)}"

    compare("verdicts", ((name, rows(situation)) for name, situation in DECLARED.items()))


def as_ordered(order):
    """An order without the words that its decision has, too."""
    word = "on" if order.on else "off"
    nobody = "" if order.strategy else ", of no entry"
    where = f"at {order.runtime.name}{f' on {order.exchange}' if order.exchange else ''}"
    return f"{word} ({order.action}) {where} for {told(order.lease)}{nobody}"


def as_remembered(memory, before):
    """What is remembered now that was not, or was otherwise."""
    words = (
        f"{field.name}={told(getattr(memory, field.name))}"
        for field in fields(memory)
        if getattr(memory, field.name) != getattr(before, field.name)
    )
    return f"<{', '.join(words)}>"


def as_decided(decision, before):
    before = before or a_memory(None, ever_on=False)
    order = decision.order
    if order is not None:
        assert (order.name, order.reason, order.message) == (
            decision.name,
            decision.reason,
            decision.message,
        )
    assert {(leave.name, leave.reason, leave.message) for leave in decision.leaves} <= MOVED
    words = [
        as_ordered(order) if order else "as it is",
        *(f"and {as_ordered(leave)}" for leave in decision.leaves),
        as_remembered(decision.memory, before),
        *([f"until {told(decision.until)}"] if decision.until else ()),
        *(["held"] if decision.held else ()),
    ]
    return f"{', '.join(words)}; {decision.reason}: {decision.message}"


MOVED = {(STRATEGY, Reason.REMOVED, "It moved to another runtime.")}


def decided(situation, before):
    spec, verdicts, alike = situated(**situation)
    memories = {STRATEGY: before} if before else {}
    others = {f"other-{n}": a_memory(True) for n in range(alike)}
    found = guard(spec, verdicts, memories | others, NOW).get(STRATEGY)
    if found is None:
        return "nothing"
    assert found.verdict == verdicts.strategies.get(STRATEGY)
    return as_decided(found, before)


def test_decisions():
    def rows(situation):
        pairs = ((name, decided(situation, before)) for name, before in MEMORIES.items())
        return grouped(pairs)

    whole = DECLARED | ABSENT
    compare("decisions", ((name, rows(situation)) for name, situation in whole.items()))


def test_moves_that_are_not_confirmed():
    """What is remembered then, beside what the decision alone would leave."""

    def rows(situation):
        spec, verdicts, _ = situated(**situation)
        for name, before in MEMORIES.items():
            if before is not None and before.on:
                (found,) = guard(spec, verdicts, {STRATEGY: before}, NOW).values()
                yield f"{name}: {as_remembered(unsettled(found, before), before)}"

    named = {name: DECLARED[name] for name in DECLARED if "moved" in name or name == "good"}
    compare("moves", ((name, rows(situation)) for name, situation in named.items()))


# statuses

RUNNING = {
    "not read": None,
    "runs": Running("running"),
    "is paused": Running("paused"),
    "is stopped": Running("stopped"),
    "is told to run": Running("unknown", told="run"),
    "is told to pause": Running("unknown", told="pause"),
    "is told to stop": Running("unknown", told="stop"),
    "is told to close": Running("unknown", told="close"),
    "is not there": Running("unknown", absent=True),
    "ran under this order": Running("running", told="run", confirmed=Confirmed(on=True)),
    "rested under this order": Running("paused", told="pause", confirmed=Confirmed(on=False)),
    "is another": Running("unknown", Reason.ENGINE_MISMATCH, "It trades on another exchange."),
    "goes on": Running("running", Reason.STILL_RUNNING, "It was told to pause."),
    "cannot be read": Running("unknown", Reason.RUNTIME_UNAVAILABLE),
}
SEEN_BEFORE = {
    "never seen": None,
    "seen on": {"seen": [GOOD]},
    "seen off": {"seen": [WITHDRAW]},
    "seen held": {"seen": [GOOD], "restored": True},
}


def folded(situation, running, before=None, now=NOW):
    spec, verdicts, _ = situated(**{"alike": 0} | situation)
    observed = situation.get("seen", ())
    seen = {CONNECTION: a_seen(*observed)} if observed else {}
    before = before or Status()
    memories = before.memories
    decisions = guard(spec, verdicts, memories, now)
    found = {STRATEGY: running} if running is not None else {}
    return fold(spec, seen, verdicts, decisions, found, now, before)


def as_shown(status):
    """A status without what other tables have, and what is the same in every case."""
    if status is None:
        return "nothing"
    shown = " | ".join(
        f"{one.type} {one.status} {one.reason} g{one.observed_generation} {told(one.since)}:"
        f" {one.message}"
        for one in status.conditions
        if str(one.type) in {"Ready", "Running"}
    )
    rest = (
        f"{field.name}={told(getattr(status, field.name))}"
        for field in fields(status)
        if field.name in SHOWN and getattr(status, field.name) != field.default
    )
    return f"{status.status} {' '.join(rest)} {shown}"


SHOWN = {
    *("account", "key", "line", "origin", "labels", "last_probe", "last_success", "next_probe"),
    *("latency_seconds", "clock_skew_seconds", "suspended_until", "attested_until"),
    *("desired", "running", "told", "confirmed"),
}


def test_statuses_of_strategies():
    """Each decision with all that an engine may be read to do, and with what stood before."""

    def rows(situation):
        for kind, past in SEEN_BEFORE.items():
            before = folded(past, Running("running", told="run"), now=NOW - DAY) if past else None
            yield f"## {kind}"
            yield from grouped(
                (name, as_shown(folded(situation, running, before).strategies.get(STRATEGY)))
                for name, running in RUNNING.items()
            )

    names = (
        "good",
        "withdraws",
        "out",
        "never probed",
        "halted",
        "disabled",
        "suspended for a day",
    )
    gone = ("left the file, good", "wrong in the file, good", "one of too many, good")
    named = {name: (DECLARED | ABSENT)[name] for name in (*names, *gone)}
    compare("strategies", ((name, rows(situation)) for name, situation in named.items()))


def test_statuses_of_connections():
    def rows(situation):
        for kind, past in SEEN_BEFORE.items():
            before = folded(past, None, now=NOW - DAY) if past else None
            status = folded(situation, None, before).connections.get(CONNECTION)
            yield f"{kind}: {as_shown(status)}"

    wrong = {"broken_connections": {CONNECTION: "kucoin"}}
    more = {
        "good, wrong in the file": {"seen": [GOOD]} | wrong,
        "withdraws, wrong in the file": {"seen": [WITHDRAW]} | wrong,
        "a clock that is off": {"seen": [an_observation(time=Clock(-1.5, 0.25))]},
        "with all that is declared": {
            "seen": [with_key(created_at=NOW - DAY, expires_at=NOW + DAY, account="sub-1")],
            "connection": {
                "attest": attested(),
                "labels": {"team": "grid"},
                "account": "sub-1",
            },
        },
        "mexc, free, created a month ago": {
            "seen": [with_key(ip_bound=False, ips=(), created_at=NOW - 30 * DAY)],
            "connection": MEXC,
        },
    }
    whole = DECLARED | more
    compare("connections", ((name, rows(situation)) for name, situation in whole.items()))
