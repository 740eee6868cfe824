from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Balance, Clock, Reason, Scope, Unread
from bf_reconciler.facts.observations import Part
from bf_reconciler.policy import (
    RULES,
    AccountNames,
    ConditionType,
    Effect,
    Hold,
    assess,
    on_list,
)
from bf_reconciler.policy.findings import REJECTED
from bf_reconciler.spec import Credentials
from bf_reconciler.spec.connection import ATTESTATION_LIFETIME, Attest, Attestation
from build import (
    CONNECTION,
    DAY,
    NOW,
    OWN_IP,
    SECOND,
    a_case,
    a_failure,
    a_key,
    a_withdraw_key,
    an_observation,
    an_outage,
    an_unverifiable_key,
    refused,
)

Type = ConditionType
BLOCK, HOLD, WARN, NONE = Effect.BLOCK, Effect.HOLD, Effect.WARN, Effect.NONE


def findings(*args, **changes):
    return {finding.type: finding for finding in assess(a_case(*args, **changes)).findings}


def told(kind, *args, **changes):
    """What one rule says: (status, reason, effect)."""
    finding = findings(*args, **changes)[kind]
    return finding.status, finding.reason, finding.effect


def with_key(**changes):
    return an_observation(key=a_key(**changes))


def attested(at=NOW, *, trade=False):
    word = Attestation(by="ada", at=at)
    return Attest(withdraw_disabled=word, trade_permitted=word if trade else None)


def test_a_compliant_connection_has_nothing_to_tell():
    assessment = assess(a_case())
    assert (assessment.compliant, assessment.decisive, assessment.unconfirmed) == (
        True,
        None,
        False,
    )
    assert {finding.effect for finding in assessment.findings} == {NONE}


EVERYTHING = {
    "well": an_observation(),
    "out": an_outage(),
    "refused": refused(Reason.INVALID_KEY),
    "shut out": refused(Reason.IP_NOT_ALLOWED),
    "may not read": refused(Reason.NO_READ_PERMISSION),
    "not asked": an_observation(key=None, balance=None, orders=None),
    "not told": an_observation(key=a_key(unsaid=Scope)),
    "not understood": an_observation(
        key=a_key(unread=tuple(Unread(part, "f") for part in get_args(Part)))
    ),
}


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("seen", EVERYTHING.values(), ids=EVERYTHING)
def test_every_rule_speaks_of_its_own_condition_in_the_order_of_the_conditions(seen, times):
    names = AccountNames(None, {}, {})
    found = assess(a_case(seen, times=times, markets=["spot", "futures"], names=names)).findings
    assert [finding.type for finding in found] == list(ConditionType)[: len(RULES)]
    for finding in found:
        assert isinstance(finding.reason, Reason)
        assert isinstance(finding.message, str)
        assert finding.message.strip() == finding.message != ""


def test_what_is_unknown_for_want_of_an_answer_says_which():
    for finding in assess(a_case(an_outage())).findings[1:]:
        expected = ("Unknown", Reason.TIMEOUT, "Unknown: It says Timeout.", HOLD, True)
        told = (finding.status, finding.reason, finding.message, finding.effect, finding.derived)
        assert told == expected
    for finding in assess(a_case(EVERYTHING["not asked"])).findings[2:]:
        expected = ("Unknown", Reason.NOT_PROBED, "Not tested.", HOLD, False)
        told = (finding.status, finding.reason, finding.message, finding.effect, finding.derived)
        assert told == expected


def test_futures_are_nobodys_business_where_no_market_needs_them():
    assert Type.FUTURES_PERMITTED not in findings()


# the way in


@pytest.mark.parametrize("reason", [Reason.TIMEOUT, Reason.MAINTENANCE, Reason.RATE_LIMITED])
def test_an_outage_leaves_everything_unknown_for_its_own_reason(reason):
    found = findings(an_outage(reason=reason))
    assert told(Type.REACHABLE, an_outage(reason=reason)) == ("False", reason, HOLD)
    rest = {(f.status, f.reason) for kind, f in found.items() if kind is not Type.REACHABLE}
    assert rest == {("Unknown", reason)}
    assert assess(a_case(an_outage(reason=reason))).compliant is None


def test_a_region_that_is_shut_out_is_believed_when_it_was_told_twice():
    shut = an_outage(reason=Reason.REGION_RESTRICTED, code="0")
    assert told(Type.REACHABLE, shut, times=1) == ("Unknown", Reason.REGION_RESTRICTED, HOLD)
    assert told(Type.REACHABLE, shut) == ("False", Reason.REGION_RESTRICTED, BLOCK)


def test_a_page_that_shuts_a_region_out_is_no_word_of_the_exchange():
    shut = an_outage(reason=Reason.REGION_RESTRICTED)
    assert told(Type.REACHABLE, shut) == ("False", Reason.REGION_RESTRICTED, HOLD)


@pytest.mark.parametrize(("skew", "way"), [(1.2, "ahead of"), (-1.2, "behind")])
def test_a_clock_that_is_off_is_a_warning(skew, way):
    seen = an_observation(time=Clock(skew, 0.05))
    assert told(Type.CLOCK_IN_SYNC, seen) == ("False", Reason.CLOCK_SKEW, WARN)
    assert way in findings(seen)[Type.CLOCK_IN_SYNC].message
    assert told(Type.CLOCK_IN_SYNC, seen, policy={"max_clock_skew": 2 * SECOND})[0] == "True"


def test_a_clock_the_exchange_refuses_holds_whatever_was_measured():
    assert told(Type.CLOCK_IN_SYNC, refused(Reason.CLOCK_SKEW)) == (
        "False",
        Reason.CLOCK_SKEW,
        HOLD,
    )
    assert assess(a_case(refused(Reason.CLOCK_SKEW))).decisive.reason is Reason.CLOCK_SKEW


def test_a_clock_that_is_refused_though_it_is_right_is_told_with_what_was_refused():
    off, right = (
        replace(refused(Reason.CLOCK_SKEW), time=Clock(skew, 0.05)) for skew in (7.0, 0.04)
    )
    said = [findings(seen)[Type.CLOCK_IN_SYNC].message for seen in (off, right)]
    assert said[0] == "The local clock is 7.0 s ahead of the exchange's."
    assert said[1] == f"{right.key.message} Yet the local clock is within 1 s of the exchange's."


@pytest.mark.parametrize("reason", sorted(REJECTED - {Reason.KEY_OR_IP_REJECTED}))
@pytest.mark.parametrize("question", ["key", "balance", "orders"])
def test_a_key_turned_away_by_any_call_is_believed_when_it_was_told_often_enough(reason, question):
    seen = an_observation(**{question: a_failure(reason)})
    first, second = assess(a_case(seen, times=1)), assess(a_case(seen))
    assert (first.compliant, first.decisive.reason, first.unconfirmed) == (None, reason, True)
    assert (second.compliant, second.decisive.reason, second.unconfirmed) == (False, reason, False)
    assert told(Type.AUTHENTICATED, seen) == ("False", reason, BLOCK)


def test_how_often_is_enough_is_declared():
    often = {"confirm_after": 3}
    assert assess(a_case(refused(Reason.INVALID_KEY), policy=often)).compliant is None
    assert assess(a_case(refused(Reason.INVALID_KEY), policy=often, times=3)).compliant is False


@pytest.mark.parametrize("question", ["key", "balance", "orders"])
def test_a_code_of_several_causes_is_a_missing_right_where_other_questions_are_let_in(question):
    seen = an_observation(**{question: a_failure(Reason.KEY_OR_IP_REJECTED)})
    found = findings(seen)
    assert found[Type.AUTHENTICATED].status == "True"
    reasons = {finding.reason for finding in found.values()}
    assert Reason.KEY_OR_IP_REJECTED not in reasons


def test_a_code_of_several_causes_is_one_beside_a_right_that_is_missing():
    closed, unclear = a_failure(Reason.NO_READ_PERMISSION), a_failure(Reason.KEY_OR_IP_REJECTED)
    seen = an_observation(key=unclear, balance=closed, orders=unclear)
    assert told(Type.READ_PERMITTED, seen) == ("False", Reason.NO_READ_PERMISSION, BLOCK)


def test_a_code_of_several_causes_stays_one_where_nothing_is_let_in():
    seen = refused(Reason.KEY_OR_IP_REJECTED)
    assert told(Type.AUTHENTICATED, seen, times=1)[::2] == ("Unknown", HOLD)
    assert told(Type.AUTHENTICATED, seen) == ("False", Reason.KEY_OR_IP_REJECTED, BLOCK)


def test_a_refusal_says_what_is_ruled_out_and_whom_the_exchange_saw():
    seen = refused(Reason.KEY_OR_IP_REJECTED, client_ip=OWN_IP)
    message = findings(seen, accepted=an_observation(NOW - DAY))[Type.AUTHENTICATED].message
    assert message == (
        "It says KeyOrIPRejected."
        " Not an outage or a clock error: it answers without a key, and the local clock is right."
        " The same values were accepted until 2026-03-01 12:00 UTC, so they were copied correctly."
        " The exchange saw our address as 203.0.113.7."
    )
    off = an_observation(**{**vars_of(seen), "time": Clock(2.0, 0.05)})
    assert (
        "the local clock is 2.0 s off, which it accepts"
        in findings(off)[Type.AUTHENTICATED].message
    )
    address = findings(refused(Reason.IP_NOT_ALLOWED, client_ip=OWN_IP))[Type.EGRESS_ALLOWED]
    assert address.message == "It says IPNotAllowed. The exchange saw our address as 203.0.113.7."


def test_a_refusal_of_the_time_question_rules_nothing_out():
    shut = an_outage(reason=Reason.INVALID_KEY)
    assert findings(shut)[Type.REACHABLE].message == "It says InvalidKey."


def vars_of(seen):
    return {"key": seen.key, "balance": seen.balance, "orders": seen.orders}


def test_a_refusal_with_a_common_cause_is_not_believed_and_nothing_else_is_excused():
    hold = Hold(frozenset({Reason.INVALID_KEY}), NOW, "Others fail alike.")
    held = assess(a_case(refused(Reason.INVALID_KEY), hold=hold))
    assert (held.compliant, held.held, held.unconfirmed) == (None, True, False)
    assert held.decisive.message.endswith("Others fail alike.")
    other = assess(a_case(refused(Reason.INVALID_SIGNATURE), hold=hold))
    assert (other.compliant, other.held) == (False, False)
    refusal = a_failure(Reason.INVALID_KEY)
    seen = an_observation(key=a_withdraw_key(), balance=refusal, orders=refusal)
    assert assess(a_case(seen, hold=hold)).decisive.reason is Reason.WITHDRAW_ENABLED


def test_while_others_are_asked_what_stood_before_still_stands():
    hold = Hold(frozenset({Reason.INVALID_KEY}), NOW, "Asking.", asking=True)
    assert assess(a_case(refused(Reason.INVALID_KEY), hold=hold)).unconfirmed is True
    assert assess(a_case(refused(Reason.TIMEOUT), hold=hold)).unconfirmed is False


def test_a_key_whose_calls_met_an_outage_is_neither_let_in_nor_turned_away():
    assert told(Type.AUTHENTICATED, refused(Reason.TIMEOUT)) == ("Unknown", Reason.TIMEOUT, HOLD)


def test_a_key_that_may_not_read_is_let_in():
    assert told(Type.AUTHENTICATED, refused(Reason.NO_READ_PERMISSION))[0] == "True"


@pytest.mark.parametrize(
    ("strictness", "effect"),
    [("exact", BLOCK), ("required", BLOCK), ("recommended", WARN), ("ignored", NONE)],
)
def test_a_key_without_an_allowlist_is_as_bad_as_the_file_says(strictness, effect):
    free = with_key(ip_bound=False, ips=())
    expected = ("False", Reason.IP_NOT_RESTRICTED, effect)
    assert told(Type.IP_RESTRICTED, free, policy={"ip_allowlist": strictness}) == expected
    assert told(Type.IP_RESTRICTED, free, ip_allowlist=strictness) == expected
    assert told(Type.EGRESS_ALLOWED, free, egress_ips=["192.0.2.1"])[0] == "True"


@pytest.mark.parametrize(
    ("strictness", "effect"),
    [("exact", HOLD), ("required", HOLD), ("recommended", WARN), ("ignored", NONE)],
)
def test_an_allowlist_that_is_not_told_is_unknown(strictness, effect):
    untold = with_key(ip_bound=None, ips=None)
    expected = ("Unknown", Reason.UNVERIFIABLE, effect)
    assert told(Type.IP_RESTRICTED, untold, policy={"ip_allowlist": strictness}) == expected


def test_what_a_connection_says_of_its_allowlist_outweighs_the_policy():
    free = with_key(ip_bound=False, ips=())
    strict = {"ip_allowlist": "required"}
    assert told(Type.IP_RESTRICTED, free, policy=strict, ip_allowlist="ignored")[2] is NONE


def test_an_address_that_is_refused_proves_the_allowlist():
    seen = refused(Reason.IP_NOT_ALLOWED)
    assert told(Type.IP_RESTRICTED, seen)[0] == "True"
    assert told(Type.EGRESS_ALLOWED, seen) == ("False", Reason.IP_NOT_ALLOWED, BLOCK)
    assert told(Type.EGRESS_ALLOWED, seen, times=1)[2] is HOLD
    assert assess(a_case(seen)).decisive.reason is Reason.IP_NOT_ALLOWED


WIDE = with_key(ips=(OWN_IP, "198.51.100.0/24"))


@pytest.mark.parametrize(
    ("strictness", "expected"),
    [
        ("exact", ("False", Reason.ALLOWLIST_TOO_WIDE, BLOCK)),
        ("required", ("True", Reason.ALLOWLIST_TOO_WIDE, WARN)),
        ("recommended", ("True", Reason.ALLOWLIST_TOO_WIDE, WARN)),
        ("ignored", ("True", Reason.CONNECTED, NONE)),
    ],
)
def test_an_allowlist_beyond_the_declared_addresses_is_told_and_blocks_where_it_must_be_exact(
    strictness, expected
):
    declared = {"egress_ips": [OWN_IP], "ip_allowlist": strictness}
    assert told(Type.IP_RESTRICTED, WIDE, **declared) == expected
    assert told(Type.EGRESS_ALLOWED, WIDE, **declared)[0] == "True"
    named = "198.51.100.0/24" in findings(WIDE, **declared)[Type.IP_RESTRICTED].message
    assert named is (strictness != "ignored")
    assert told(Type.IP_RESTRICTED, with_key(), **declared) == ("True", Reason.CONNECTED, NONE)


def test_only_where_addresses_are_declared_can_others_be_beyond_them():
    assert told(Type.IP_RESTRICTED, WIDE) == ("True", Reason.CONNECTED, NONE)
    exact = told(Type.IP_RESTRICTED, WIDE, ip_allowlist="exact")
    assert exact == ("False", Reason.ALLOWLIST_TOO_WIDE, BLOCK)


def test_a_list_that_is_not_shown_is_not_known_to_be_exact():
    hidden = with_key(ips=None)
    assert told(Type.IP_RESTRICTED, hidden, egress_ips=[OWN_IP])[0] == "True"
    exact = told(Type.IP_RESTRICTED, hidden, egress_ips=[OWN_IP], ip_allowlist="exact")
    assert exact == ("Unknown", Reason.UNVERIFIABLE, HOLD)


def test_many_addresses_beyond_are_counted():
    seen = with_key(ips=(*(f"198.51.100.{n}" for n in range(9)), OWN_IP))
    message = findings(seen, egress_ips=[OWN_IP])[Type.IP_RESTRICTED].message
    assert message.endswith("198.51.100.3, 198.51.100.4 and 4 more.")


def test_an_allowlist_that_admits_everybody_is_named_and_is_none():
    seen = with_key(ips=("0.0.0.0/0",))
    found = findings(seen, ip_allowlist="required")[Type.IP_RESTRICTED]
    assert (found.status, found.reason) == ("False", Reason.IP_NOT_RESTRICTED)
    assert found.message.endswith("Its allowlist admits every address: 0.0.0.0/0.")


# parts of an answer in an unknown form


def unread(part, **changes):
    return with_key(unread=(Unread(part, "field"),), **changes)


NOT_UNDERSTOOD = ("Unknown", Reason.UNEXPECTED_RESPONSE)


def test_rights_that_are_not_understood_leave_only_what_needs_them_unknown():
    seen = unread("rights", granted=frozenset(), denied=frozenset())
    found = findings(seen, markets=["spot", "futures"])
    bad = {kind for kind, finding in found.items() if finding.status == "Unknown"}
    assert bad == {
        Type.WITHDRAW_DISABLED,
        Type.TRADE_PERMITTED,
        Type.FUTURES_PERMITTED,
        Type.LEAST_PRIVILEGE,
        Type.KEY_FRESH,
    }
    for kind in bad - {Type.KEY_FRESH}:
        assert (*NOT_UNDERSTOOD, HOLD) == told(kind, seen, markets=["spot", "futures"])
    assert "(field: field)" in found[Type.WITHDRAW_DISABLED].message


def test_nobodys_word_counts_where_the_exchange_did_say_something():
    seen = unread("rights", granted=frozenset(), denied=frozenset())
    assert told(Type.WITHDRAW_DISABLED, seen, attest=attested()) == (*NOT_UNDERSTOOD, HOLD)


def test_a_right_that_is_understood_stands_beside_one_that_is_not():
    seen = unread("rights", granted=frozenset({Scope.READ, Scope.SPOT, Scope.WITHDRAW}))
    assert told(Type.WITHDRAW_DISABLED, seen) == ("False", Reason.WITHDRAW_ENABLED, BLOCK)


@pytest.mark.parametrize(
    ("strictness", "effect"), [("required", HOLD), ("recommended", WARN), ("ignored", NONE)]
)
def test_an_allowlist_that_is_not_understood_is_unknown(strictness, effect):
    seen = unread("allowlist", ip_bound=None, ips=None)
    assert told(Type.IP_RESTRICTED, seen, ip_allowlist=strictness) == (*NOT_UNDERSTOOD, effect)
    assert told(Type.EGRESS_ALLOWED, seen, egress_ips=[OWN_IP]) == (*NOT_UNDERSTOOD, WARN)
    assert told(Type.EGRESS_ALLOWED, seen)[0] == "True"
    assert told(Type.WITHDRAW_DISABLED, seen)[0] == "True"


def test_an_expiry_or_a_state_that_is_not_understood_is_unknown():
    assert told(Type.KEY_FRESH, unread("expiry")) == (*NOT_UNDERSTOOD, WARN)
    assert told(Type.AUTHENTICATED, unread("state")) == (*NOT_UNDERSTOOD, HOLD)


def test_a_number_that_does_not_grow_has_a_reason_of_its_own():
    seen = refused(Reason.INVALID_NONCE)
    assert told(Type.AUTHENTICATED, seen) == ("Unknown", Reason.INVALID_NONCE, HOLD)
    assert told(Type.CLOCK_IN_SYNC, seen)[0] == "True"
    assert assess(a_case(seen)).decisive.reason is Reason.INVALID_NONCE


def test_an_address_refused_by_somebody_elses_list_proves_none_of_the_key():
    bybit = {"exchange": "bybit", "credentials": Credentials(api_key="k" * 12, secret="s")}
    seen = refused(Reason.IP_NOT_ALLOWED, code="10010")
    assert told(Type.IP_RESTRICTED, seen, **bybit) == ("Unknown", Reason.UNVERIFIABLE, WARN)
    assert told(Type.EGRESS_ALLOWED, seen, **bybit)[0] == "False"
    assert told(Type.IP_RESTRICTED, seen)[0] == "True"


EGRESS = {
    "on the list": ([OWN_IP], ("True", Reason.CONNECTED, NONE)),
    "not on the list": ([OWN_IP, "192.0.2.1"], ("False", Reason.IP_NOT_ALLOWED, BLOCK)),
    "none declared": ([], ("True", Reason.CONNECTED, NONE)),
}


@pytest.mark.parametrize(("declared", "expected"), EGRESS.values(), ids=EGRESS)
def test_declared_addresses_must_stand_on_the_list(declared, expected):
    assert told(Type.EGRESS_ALLOWED, with_key(), egress_ips=declared) == expected


def test_the_missing_addresses_are_named():
    found = findings(with_key(), egress_ips=["192.0.2.1", OWN_IP, "2001:db8::7"])
    assert found[Type.EGRESS_ALLOWED].message.endswith(": 192.0.2.1, 2001:db8::7.")


@pytest.mark.parametrize("ips", [None, ("203.**.7",)])
def test_a_list_that_cannot_be_read_is_a_warning_where_addresses_are_declared(ips):
    seen = with_key(ips=ips)
    expected = ("Unknown", Reason.UNVERIFIABLE, WARN)
    assert told(Type.EGRESS_ALLOWED, seen, egress_ips=[OWN_IP]) == expected
    assert told(Type.EGRESS_ALLOWED, seen)[0] == "True"


@pytest.mark.parametrize(
    ("address", "listed", "expected"),
    [
        ("203.0.113.7", ("203.0.113.7",), True),
        ("203.0.113.7", ("192.0.2.1", "203.0.113.0/24"), True),
        ("203.0.113.7", ("203.0.113.9/24",), True),
        ("203.0.113.7", ("198.51.100.0/24",), False),
        ("203.0.113.7", (), False),
        ("203.0.113.7", ("203.**.7",), None),
        ("203.0.113.7", ("203.0.*.*",), None),
        ("203.0.113.7", ("*",), None),
        ("203.0.113.7", ("7.**.203",), False),
        ("203.0.113.7", ("203.**.8",), False),
        ("203.0.113.7", ("203.**.7", "203.0.113.7"), True),
        ("203.0.113.7", ("not an address",), None),
        ("203.0.113.7", ("2001:**:7",), False),
        ("2001:db8::7", ("2001:**:9",), None),
        ("203.0.113.7", ("2001:db8::/32",), False),
        ("2001:db8::7", ("2001:0db8:0:0::7",), True),
        ("2001:db8::7", ("2001:db8::/32",), True),
        ("2001:db8::7", ("2001:db9::/32",), False),
        ("2001:db8::7", ("2001:**:7",), None),
    ],
)
def test_an_address_is_on_a_list_or_not_or_hidden_by_its_mask(address, listed, expected):
    assert on_list(address, listed) is expected


# rights


def test_withdraw_permission_is_never_compliant_and_believed_at_once():
    assessment = assess(a_case(an_observation(key=a_withdraw_key()), times=1))
    assert (assessment.compliant, assessment.decisive.reason) == (False, Reason.WITHDRAW_ENABLED)


def test_a_persons_word_never_outweighs_an_exchange_that_says_withdraw_is_granted():
    seen = an_observation(key=a_withdraw_key())
    expected = ("False", Reason.WITHDRAW_ENABLED, BLOCK)
    assert told(Type.WITHDRAW_DISABLED, seen, attest=attested()) == expected


@pytest.mark.parametrize(
    "seen",
    [
        an_observation(key=an_unverifiable_key()),
        an_observation(key=a_failure(Reason.NO_READ_PERMISSION)),
    ],
    ids=["unknown words", "a key that may not read its rights"],
)
def test_what_the_exchange_cannot_say_of_withdraw_a_person_can(seen):
    unverifiable = ("Unknown", Reason.WITHDRAW_UNVERIFIABLE, HOLD)
    assert told(Type.WITHDRAW_DISABLED, seen) == unverifiable
    expected = ("True", Reason.WITHDRAW_UNVERIFIABLE, NONE)
    assert told(Type.WITHDRAW_DISABLED, seen, attest=attested()) == expected


@pytest.mark.parametrize(
    ("age", "status"),
    [
        (timedelta(0), "True"),
        (ATTESTATION_LIFETIME - SECOND, "True"),
        (ATTESTATION_LIFETIME, "Unknown"),
        (-SECOND, "Unknown"),
    ],
    ids=["now", "on its last day", "too old", "in the future"],
)
def test_a_persons_word_counts_ninety_days(age, status):
    seen = an_observation(key=an_unverifiable_key())
    assert timedelta(days=90) == ATTESTATION_LIFETIME
    assert told(Type.WITHDRAW_DISABLED, seen, attest=attested(NOW - age))[0] == status


def test_a_persons_word_is_shown_with_name_and_date_and_warns_before_its_end():
    seen = an_observation(key=an_unverifiable_key())

    def at(age):
        return findings(seen, attest=attested(NOW - age))[Type.WITHDRAW_DISABLED]

    assert at(75 * DAY).effect is NONE
    assert at(75 * DAY).message == (
        "The exchange does not report it; attested by ada on 2025-12-17, valid until 2026-03-17."
    )
    assert (at(76 * DAY).status, at(76 * DAY).effect) == ("True", WARN)
    assert at(76 * DAY).message.endswith("Check again: 14 days are left.")
    assert at(90 * DAY).message.endswith(
        "The attestation by ada on 2025-12-02 expired on 2026-03-02."
    )
    assert at(-DAY).message.endswith("The attestation by ada on 2026-03-03 is dated in the future.")


def test_an_attested_key_with_unknown_words_is_compliant_but_warned_of():
    seen = an_observation(key=an_unverifiable_key())
    assessment = assess(a_case(seen, attest=attested()))
    assert (assessment.compliant, assessment.decisive.type) == (True, Type.LEAST_PRIVILEGE)


def test_a_person_cannot_attest_while_the_exchange_does_not_answer():
    assert told(Type.WITHDRAW_DISABLED, an_outage(), attest=attested())[0] == "Unknown"


def test_rights_that_are_refused_once_are_asked_for_again_first():
    seen = an_observation(key=a_failure(Reason.NO_READ_PERMISSION))
    first, second = assess(a_case(seen, times=1)), assess(a_case(seen))
    assert (first.compliant, first.unconfirmed) == (None, True)
    assert (second.compliant, second.unconfirmed) == (None, False)
    assert second.decisive.reason is Reason.WITHDRAW_UNVERIFIABLE


def test_a_key_that_may_not_read_its_rights_is_never_known_to_trade():
    seen = an_observation(key=a_failure(Reason.NO_READ_PERMISSION))
    assert told(Type.TRADE_PERMITTED, seen) == ("Unknown", Reason.UNVERIFIABLE, HOLD)
    assert assess(a_case(seen, attest=attested())).compliant is None


def test_what_the_exchange_cannot_say_of_trading_a_person_can():
    untold = with_key(unsaid=[Scope.SPOT, Scope.FUTURES])
    refused = an_observation(key=a_failure(Reason.NO_READ_PERMISSION))
    kinds = {Type.TRADE_PERMITTED: ["spot"], Type.FUTURES_PERMITTED: ["futures"]}
    for kind, markets in kinds.items():
        for seen in (untold, refused):
            for word in (None, attested()):
                silent = told(kind, seen, attest=word, markets=markets)
                assert silent == ("Unknown", Reason.UNVERIFIABLE, HOLD)
            vouched = told(kind, seen, attest=attested(trade=True), markets=markets)
            assert vouched == ("True", Reason.UNVERIFIABLE, NONE)
            late = told(kind, seen, attest=attested(NOW - 90 * DAY, trade=True), markets=markets)
            assert late == ("Unknown", Reason.UNVERIFIABLE, HOLD)


def test_a_persons_word_never_outweighs_an_exchange_that_says_the_key_cannot_trade():
    word = attested(trade=True)
    denied = with_key(revoke=[Scope.SPOT])
    expected = ("False", Reason.NO_TRADE_PERMISSION, BLOCK)
    assert told(Type.TRADE_PERMITTED, denied, attest=word) == expected
    odd = unread("rights", granted=frozenset(), denied=frozenset())
    assert told(Type.TRADE_PERMITTED, odd, attest=word) == (*NOT_UNDERSTOOD, HOLD)
    assert told(Type.TRADE_PERMITTED, an_outage(), attest=word)[0] == "Unknown"


def test_a_key_of_an_entity_that_tells_no_rights_is_compliant_by_a_persons_word():
    row = EXCHANGES["binance"].within("live", "us")
    key = row.calls.key.read({"balances": []}, NOW)
    seen = an_observation(key=key)
    where = {
        "exchange": "binance",
        "region": "us",
        "credentials": Credentials(api_key="k", secret="s"),
    }
    assert assess(a_case(seen, **where)).compliant is None
    assert assess(a_case(seen, **where, attest=attested())).compliant is None
    assert assess(a_case(seen, **where, attest=attested(trade=True))).compliant is True


READ = {
    "the key says it may": (with_key(), ("True", Reason.CONNECTED, NONE)),
    "the key says it may not": (
        with_key(revoke=[Scope.READ]),
        ("False", Reason.NO_READ_PERMISSION, BLOCK),
    ),
    "it reads": (with_key(unsaid=[Scope.READ]), ("True", Reason.CONNECTED, NONE)),
    "no word and half an answer": (
        an_observation(key=a_key(unsaid=[Scope.READ]), orders=a_failure()),
        ("Unknown", Reason.TIMEOUT, HOLD),
    ),
    "no word and no orders asked": (
        an_observation(key=a_key(unsaid=[Scope.READ]), orders=None),
        ("Unknown", Reason.NOT_PROBED, HOLD),
    ),
    "everything is refused": (
        refused(Reason.NO_READ_PERMISSION),
        ("False", Reason.NO_READ_PERMISSION, BLOCK),
    ),
}


@pytest.mark.parametrize(("seen", "expected"), READ.values(), ids=READ)
def test_a_key_may_read_by_its_word_or_by_what_it_reads(seen, expected):
    assert told(Type.READ_PERMITTED, seen) == expected


@pytest.mark.parametrize("key", [a_failure(Reason.NO_READ_PERMISSION), a_key(unsaid=[Scope.READ])])
def test_where_only_refusals_deny_reading_they_are_confirmed_first(key):
    closed = a_failure(Reason.NO_READ_PERMISSION)
    seen = an_observation(key=key, balance=closed, orders=closed)
    expected = ("Unknown", Reason.NO_READ_PERMISSION, HOLD)
    assert told(Type.READ_PERMITTED, seen, times=1) == expected
    assert told(Type.READ_PERMITTED, seen)[2] is BLOCK
    first = assess(a_case(seen, times=1))
    assert (first.compliant, first.unconfirmed) == (None, True)


@pytest.mark.parametrize(
    ("markets", "lost", "reason"),
    [
        (["spot"], Scope.SPOT, Reason.NO_TRADE_PERMISSION),
        (["spot", "margin"], Scope.MARGIN, Reason.NO_TRADE_PERMISSION),
        (["spot", "futures"], Scope.SPOT, Reason.NO_TRADE_PERMISSION),
        (["spot", "futures"], Scope.FUTURES, Reason.NO_FUTURES_PERMISSION),
    ],
)
def test_every_declared_market_needs_its_right(markets, lost, reason):
    scopes = [Scope(market) for market in markets]
    assert assess(a_case(with_key(grant=scopes), markets=markets)).compliant is True
    assessment = assess(a_case(with_key(grant=scopes, revoke=[lost]), markets=markets, times=1))
    assert (assessment.compliant, assessment.decisive.reason) == (False, reason)
    unsaid = assess(a_case(with_key(grant=scopes, unsaid=[lost]), markets=markets))
    assert (unsaid.compliant, unsaid.decisive.reason) == (None, Reason.UNVERIFIABLE)


def test_a_connection_of_futures_alone_needs_no_right_of_spot():
    futures = with_key(grant=[Scope.FUTURES], revoke=[Scope.SPOT])
    assert assess(a_case(futures, markets=["futures"])).decisive is None


@pytest.mark.parametrize(
    ("strictness", "effect"), [("warn", WARN), ("block", BLOCK), ("ignore", NONE)]
)
def test_a_right_no_strategy_needs_is_as_bad_as_the_file_says(strictness, effect):
    seen = with_key(grant=[Scope.TRANSFER, Scope.EARN])
    expected = ("False", Reason.EXCESS_PERMISSION, effect)
    policy = {"excess_permissions": strictness}
    assert told(Type.LEAST_PRIVILEGE, seen, policy=policy) == expected
    message = findings(seen, policy=policy)[Type.LEAST_PRIVILEGE].message
    assert message == ("Permissions that no declared market needs: Earn, FlexTransfers.")


def test_the_right_of_a_declared_market_is_needed_though_no_strategy_trades_it_yet():
    seen = with_key(grant=[Scope.FUTURES])
    assert told(Type.LEAST_PRIVILEGE, seen)[0] == "False"
    assert told(Type.LEAST_PRIVILEGE, seen, markets=["spot", "futures"])[0] == "True"


def test_the_finding_that_saw_the_cause_speaks_before_those_that_miss_its_answer():
    refused = a_failure(Reason.INVALID_KEY)
    for times in (1, 2):
        seen = an_observation(key=refused, balance=refused, orders=refused)
        decisive = assess(a_case(seen, times=times)).decisive
        assert (decisive.type, decisive.reason) == (Type.AUTHENTICATED, Reason.INVALID_KEY)


def test_a_right_the_exchange_has_no_name_for_keeps_ours():
    message = findings(with_key(grant=[Scope.DEPOSIT]))[Type.LEAST_PRIVILEGE].message
    assert message.endswith(": deposit.")


@pytest.mark.parametrize("excess", ["warn", "block", "ignore"])
@pytest.mark.parametrize(
    ("unknown", "expected"),
    [
        ("warn", ("Unknown", Reason.UNKNOWN_PERMISSION, WARN)),
        ("block", ("False", Reason.UNKNOWN_PERMISSION, BLOCK)),
    ],
)
def test_a_right_nobody_knows_is_a_finding_of_its_own(excess, unknown, expected):
    seen = with_key(unknown_words=("Novelty",))
    policy = {"excess_permissions": excess, "unknown_permissions": unknown}
    assert told(Type.LEAST_PRIVILEGE, seen, policy=policy) == expected
    assert told(Type.WITHDRAW_DISABLED, seen, policy=policy)[0] == "True"


def test_many_rights_nobody_knows_are_counted():
    seen = with_key(unknown_words=tuple("abcdefg"))
    message = findings(seen)[Type.LEAST_PRIVILEGE].message
    assert message == "Undocumented permissions: a, b, c, d, e and 2 more."


def test_a_word_nobody_knows_is_told_beside_a_right_that_is_too_much():
    seen = with_key(grant=[Scope.FUTURES], unknown_words=("Novelty",))
    found = findings(seen)[Type.LEAST_PRIVILEGE]
    assert (found.status, found.reason) == ("False", Reason.EXCESS_PERMISSION)
    assert found.message.endswith(" Undocumented permissions: Novelty.")


def test_withdraw_is_told_once_and_not_as_an_excess():
    found = findings(an_observation(key=a_withdraw_key()))
    assert found[Type.LEAST_PRIVILEGE].status == "True"


MEXC = {"exchange": "mexc", "credentials": Credentials(api_key="k" * 12, secret="s")}


@pytest.mark.parametrize("excess", ["warn", "ignore", "block"])
@pytest.mark.parametrize(("value", "effect"), [("block", BLOCK), ("warn", WARN)])
def test_a_right_by_which_value_can_leave_is_named_with_its_source_and_blocks(
    excess, value, effect
):
    seen = with_key(grant=[Scope.ACCOUNT, Scope.FUTURES])
    policy = {"excess_permissions": excess, "value_permissions": value}
    found = findings(seen, policy=policy, **MEXC)[Type.LEAST_PRIVILEGE]
    assert found.reason is Reason.EXCESS_PERMISSION
    assert found.effect is max(effect, BLOCK if excess == "block" else NONE)
    assert found.message.endswith(
        " These can move value out without a withdrawal: SPOT_ACCOUNT_WRITE"
        " (docs/sources/mexc.md#permissions)."
    )


def test_a_transfer_between_accounts_of_the_owner_lets_no_value_leave():
    assert told(Type.LEAST_PRIVILEGE, with_key(grant=[Scope.TRANSFER]), **MEXC)[2] is WARN


def test_rights_an_exchange_does_not_tell_apart_are_not_claimed_to_be_absent():
    """What is not told may be there; it is no reason to wait, and no news either."""
    seen = with_key(unsaid=[Scope.TRANSFER, Scope.FUTURES])
    expected = ("Unknown", Reason.UNVERIFIABLE, NONE)
    assert told(Type.LEAST_PRIVILEGE, seen) == expected
    assert findings(seen)[Type.LEAST_PRIVILEGE].message.endswith(": futures, transfer.")
    assert told(Type.LEAST_PRIVILEGE, with_key(unsaid=[Scope.PAY]))[0] == "True"  # not known there


def test_a_market_that_cannot_be_told_apart_is_named_by_the_word_it_hides_in():
    seen = with_key(unsaid=[Scope.FUTURES])
    message = findings(seen, markets=["spot", "futures"])[Type.FUTURES_PERMITTED].message
    assert message == (
        "KuCoin does not report whether the key can trade futures; "
        "the permission there is: Futures."
    )
    seen = with_key(unsaid=[Scope.MARGIN])
    message = findings(
        seen,
        exchange="bingx",
        markets=["margin"],
        credentials=Credentials(api_key="k" * 12, secret="s"),
    )[Type.TRADE_PERMITTED].message
    assert message == "BingX does not report whether the key can trade margin."


# the same key under two names


def test_a_key_under_two_names_is_a_warning():
    twins = ("mexc-a", "mexc-b", CONNECTION)
    expected = ("False", Reason.DUPLICATE_KEY, WARN)
    assert told(Type.LEAST_PRIVILEGE, twins=twins) == expected
    assert findings(twins=twins)[Type.LEAST_PRIVILEGE].message == (
        "The same key is also used by mexc-a, mexc-b."
    )
    assert assess(a_case(twins=twins)).compliant is True


def test_many_names_of_one_key_are_not_all_told():
    found = findings(twins=(CONNECTION, *"abcde"))[Type.LEAST_PRIVILEGE]
    assert found.message == "The same key is also used by a, b, c and 2 more."


def test_a_key_under_two_names_is_told_though_the_exchange_is_silent():
    assert (
        told(Type.LEAST_PRIVILEGE, an_outage(), twins=("a", CONNECTION))[1] is Reason.DUPLICATE_KEY
    )
    assert assess(a_case(an_outage(), twins=("a", CONNECTION))).compliant is None


def test_beside_a_right_too_many_the_second_name_is_told_in_the_same_breath():
    seen = with_key(grant=[Scope.EARN])
    found = findings(seen, twins=("a", CONNECTION))[Type.LEAST_PRIVILEGE]
    assert (found.reason, found.effect) == (Reason.EXCESS_PERMISSION, WARN)
    assert found.message.endswith("The same key is also used by a.")
    silent = {"excess_permissions": "ignore"}
    assert (
        told(Type.LEAST_PRIVILEGE, seen, twins=("a", CONNECTION), policy=silent)[1]
        is Reason.DUPLICATE_KEY
    )


# reading


@pytest.mark.parametrize(
    ("question", "kind", "closed"),
    [
        ("balance", Type.BALANCE_READABLE, Reason.BALANCE_UNREADABLE),
        ("orders", Type.ORDERS_READABLE, Reason.ORDERS_UNREADABLE),
    ],
)
class TestReading:
    def test_a_right_that_is_missing_here_alone_is_confirmed_first(self, question, kind, closed):
        for reason in (Reason.NO_READ_PERMISSION, closed):
            seen = an_observation(**{question: a_failure(reason)})
            assert told(kind, seen) == ("False", closed, BLOCK)
            first = assess(a_case(seen, times=1))
            assert (first.compliant, first.unconfirmed) == (None, True)

    def test_another_terminal_answer_is_believed_when_confirmed(self, question, kind, closed):
        seen = an_observation(**{question: a_failure(Reason.UNVERIFIABLE)})
        assert told(kind, seen, times=1) == ("Unknown", Reason.UNVERIFIABLE, HOLD)
        assert told(kind, seen) == ("False", Reason.UNVERIFIABLE, BLOCK)
        assert closed is not Reason.UNVERIFIABLE

    def test_a_key_turned_away_says_nothing_of_reading(self, question, kind, closed):
        for reason in (Reason.INVALID_KEY, Reason.IP_NOT_ALLOWED):
            seen = an_observation(**{question: a_failure(reason)})
            assert told(kind, seen) == ("Unknown", reason, HOLD)
        assert closed is not Reason.IP_NOT_ALLOWED

    def test_an_outage_says_nothing_of_reading(self, question, kind, closed):
        seen = an_observation(**{question: a_failure(Reason.RATE_LIMITED)})
        assert told(kind, seen) == ("Unknown", Reason.RATE_LIMITED, HOLD)
        assert assess(a_case(seen)).decisive.reason is not closed

    def test_what_was_not_asked_is_unknown(self, question, kind, closed):
        seen = an_observation(**{question: None})
        assert told(kind, seen) == ("Unknown", Reason.NOT_PROBED, HOLD)
        assert assess(a_case(seen)).decisive.reason is not closed


def test_an_empty_balance_is_information_and_never_a_failure():
    seen = an_observation(balance=Balance(empty=True))
    assert told(Type.BALANCE_READABLE, seen) == ("True", Reason.BALANCE_EMPTY, NONE)
    assert assess(a_case(seen)).decisive is None


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (15 * DAY, ("True", Reason.CONNECTED, NONE)),
        (14 * DAY, ("False", Reason.KEY_EXPIRING, WARN)),
        (SECOND, ("False", Reason.KEY_EXPIRING, WARN)),
        (timedelta(0), ("False", Reason.KEY_EXPIRED, BLOCK)),
        (-DAY, ("False", Reason.KEY_EXPIRED, BLOCK)),
    ],
)
def test_a_key_is_fresh_then_expiring_then_expired(left, expected):
    assert told(Type.KEY_FRESH, with_key(expires_at=NOW + left)) == expected


def test_a_date_that_is_not_told_is_no_reason_to_wait():
    assert told(Type.KEY_FRESH) == ("Unknown", Reason.UNVERIFIABLE, NONE)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (90 * DAY - SECOND, ("Unknown", Reason.UNVERIFIABLE, NONE)),
        (90 * DAY, ("False", Reason.KEY_TOO_OLD, WARN)),
        (400 * DAY, ("False", Reason.KEY_TOO_OLD, WARN)),
    ],
)
def test_a_key_is_too_old_where_the_policy_says_so(age, expected):
    seen = with_key(created_at=NOW - age)
    strict = {"policy": {"max_key_age": 90 * DAY}}
    found = findings(seen, **strict)[Type.KEY_FRESH]
    assert (found.status, found.reason, found.effect) == expected
    assert found.until == (NOW + SECOND if age < 90 * DAY else NOW + DAY)
    assert told(Type.KEY_FRESH, seen) == ("Unknown", Reason.UNVERIFIABLE, NONE)


def test_an_age_does_not_hide_that_a_key_ends():
    created = {"created_at": NOW - 400 * DAY}
    strict = {"policy": {"max_key_age": 90 * DAY}}
    for left, reason in ((DAY, Reason.KEY_EXPIRING), (-DAY, Reason.KEY_EXPIRED)):
        seen = with_key(expires_at=NOW + left, **created)
        assert findings(seen, **strict)[Type.KEY_FRESH].reason is reason
    fresh = with_key(expires_at=NOW + 100 * DAY, created_at=NOW - 80 * DAY)
    assert findings(fresh, **strict)[Type.KEY_FRESH].until == NOW + 10 * DAY


def test_an_age_that_is_not_known_is_not_judged():
    strict = {"policy": {"max_key_age": 90 * DAY}}
    assert findings(with_key(created_at=None), **strict)[Type.KEY_FRESH].effect is NONE


def test_of_several_broken_rules_the_first_in_weight_gives_the_reason():
    key = a_withdraw_key(revoke=[Scope.SPOT], expires_at=NOW - DAY)
    seen = an_observation(key=key, balance=a_failure(Reason.INVALID_KEY))
    assert assess(a_case(seen)).decisive.reason is Reason.WITHDRAW_ENABLED


def test_what_is_broken_outweighs_what_is_unknown_and_what_warns():
    seen = an_observation(
        key=a_key(revoke=[Scope.SPOT]), balance=a_failure(), time=Clock(skew=3.0, latency=0.1)
    )
    assert assess(a_case(seen)).decisive.reason is Reason.NO_TRADE_PERMISSION


@pytest.mark.parametrize("question", ["balance", "orders"])
def test_an_address_refused_by_one_question_hides_nothing_that_the_key_itself_says(question):
    failure = {question: a_failure(Reason.IP_NOT_ALLOWED)}
    strict = {"ip_allowlist": "exact"}
    wide = an_observation(key=a_key(ips=("203.0.113.7", "203.0.113.8")), **failure)
    kind = Type.IP_RESTRICTED
    assert told(kind, wide, **strict) == ("False", Reason.ALLOWLIST_TOO_WIDE, BLOCK)
    open_ = an_observation(key=a_key(ip_bound=False, ips=()), **failure)
    assert told(kind, open_, **strict) == ("False", Reason.IP_NOT_RESTRICTED, BLOCK)
