from dataclasses import replace

import pytest

from bf_reconciler.facts import Reason, Scope, Seen
from bf_reconciler.policy import ConditionType
from bf_reconciler.spec import Credentials, Halt
from bf_reconciler.spec.connection import Attest, Attestation
from bf_reconciler.verdict import ConnectionState, Halted, judge
from build import (
    CONNECTION,
    DAY,
    MINUTE,
    NOW,
    OWN_IP,
    SECOND,
    STRATEGY,
    a_connection,
    a_failure,
    a_key,
    a_seen,
    a_spec,
    a_strategy,
    a_suspension,
    a_withdraw_key,
    an_observation,
    an_outage,
    an_unverifiable_key,
    refused,
)

State = ConnectionState
GOOD, OUTAGE = an_observation(), an_outage()
WITHDRAW = an_observation(key=a_withdraw_key())
INVALID = refused(Reason.INVALID_KEY)
UNVERIFIABLE = an_observation(key=an_unverifiable_key())
FREE = an_observation(key=a_key(ip_bound=False, ips=()))
UNTOLD = an_observation(key=a_key(ip_bound=None, ips=None))


def judged(*observations, seen=None, policy=None, now=NOW, **connection):
    """The verdict on one connection after these probes, oldest first."""
    spec = a_spec([a_connection(**connection)], policy=policy)
    memory = {CONNECTION: seen or a_seen(*observations)} if observations or seen else {}
    return judge(spec, memory, None, now).connections[CONNECTION]


def said(*observations, **changes):
    verdict = judged(*observations, **changes)
    return verdict.compliant, verdict.state, verdict.ready.reason


def wanted(*observations, halted=None, policy=None, connection=None, spec=None, **strategy):
    """The verdict on one strategy after these probes."""
    whole = a_spec([a_connection(**connection or {})], [a_strategy(**strategy)], policy=policy)
    memory = {CONNECTION: a_seen(*observations)} if observations else {}
    return judge(spec or whole, memory, halted, NOW).strategies[STRATEGY]


# a connection


def test_what_was_never_probed_is_pending():
    pending = (None, State.PENDING, Reason.NOT_PROBED)
    assert said() == pending
    assert said(seen=Seen("fingerprint")) == pending


def test_what_was_seen_of_another_key_says_nothing_of_this_one():
    assert said(WITHDRAW, fingerprint="another") == (None, State.PENDING, Reason.NOT_PROBED)


def test_one_good_probe_of_a_new_key_is_enough():
    assert said(GOOD) == (True, State.ONLINE, Reason.CONNECTED)


def test_a_warning_leaves_it_usable():
    assert said(FREE) == (True, State.DEGRADED, Reason.IP_NOT_RESTRICTED)
    assert State.DEGRADED.up
    assert not State.UNREACHABLE.up


def test_withdraw_permission_blocks_at_once():
    blocked = (False, State.BLOCKED, Reason.WITHDRAW_ENABLED)
    assert said(WITHDRAW) == blocked
    assert said(GOOD, GOOD, GOOD, WITHDRAW) == blocked


def test_a_violation_is_forgotten_after_good_probes_in_a_row():
    assert said(WITHDRAW, GOOD) == (False, State.BLOCKED, Reason.WITHDRAW_ENABLED)
    assert judged(WITHDRAW, GOOD).ready.message.endswith("Passed 1 of 2 tests since.")
    assert said(WITHDRAW, GOOD, GOOD) == (True, State.ONLINE, Reason.CONNECTED)


def test_good_probes_that_differ_make_one_row():
    assert said(WITHDRAW, GOOD, FREE)[0] is True


def test_a_key_that_is_renewed_is_a_violation_that_is_over():
    ended = an_observation(key=a_key(expires_at=NOW - DAY))
    renewed = an_observation(key=a_key(expires_at=NOW + 99 * DAY))
    assert said(*[ended] * 9, renewed) == (False, State.BLOCKED, Reason.KEY_EXPIRED)
    assert said(*[ended] * 9, renewed, renewed)[0] is True


def test_an_outage_between_them_begins_the_row_anew():
    assert said(WITHDRAW, GOOD, OUTAGE, GOOD) == (False, State.BLOCKED, Reason.WITHDRAW_ENABLED)
    assert said(WITHDRAW, GOOD, OUTAGE, GOOD, GOOD)[0] is True


def test_a_violation_outlasts_an_outage():
    verdict = judged(WITHDRAW, *[OUTAGE] * 50)
    assert (verdict.compliant, verdict.state) == (False, State.BLOCKED)
    assert verdict.ready.message.endswith("There is no newer result.")


def test_how_long_a_violation_is_remembered_is_declared():
    patient, trusting = {"recover_after": 4}, {"recover_after": 1}
    assert said(WITHDRAW, GOOD, policy=trusting)[0] is True
    assert said(WITHDRAW, GOOD, GOOD, GOOD, policy=patient)[0] is False


def test_the_newest_violation_gives_the_reason():
    lost = an_observation(key=a_key(revoke=[Scope.SPOT]))
    assert said(WITHDRAW, lost)[2] is Reason.NO_TRADE_PERMISSION
    assert said(WITHDRAW, lost, GOOD)[2] is Reason.NO_TRADE_PERMISSION


def test_a_terminal_answer_is_believed_the_second_time():
    assert said(GOOD, INVALID) == (None, None, Reason.INVALID_KEY)
    assert said(GOOD, INVALID, INVALID) == (False, State.BLOCKED, Reason.INVALID_KEY)


def test_an_exchange_that_now_and_then_refuses_good_keys_is_believed_later():
    keys = Credentials(api_key="0123456789abcdef", secret="a secret")
    flapping = {"exchange": "coinbase", "credentials": keys}
    assert said(GOOD, INVALID, INVALID, **flapping)[0] is None
    assert said(GOOD, INVALID, INVALID, GOOD, **flapping)[0] is True
    assert said(GOOD, *3 * [INVALID], **flapping) == (False, State.BLOCKED, Reason.INVALID_KEY)
    patient = {"confirm_after": 4}
    assert said(GOOD, *3 * [INVALID], policy=patient, **flapping)[0] is None
    assert said(GOOD, WITHDRAW, **flapping)[0] is False


def test_two_different_terminal_answers_confirm_neither():
    assert said(GOOD, INVALID, refused(Reason.INVALID_SIGNATURE))[0] is None


def test_different_terminal_answers_are_not_taken_for_a_slip_for_ever():
    turns = [INVALID, refused(Reason.INVALID_SIGNATURE)] * 4
    assert [said(GOOD, *turns[:n])[:2] for n in (3, 4, 8)] == [
        (None, None),
        (None, State.BLOCKED),
        (None, State.BLOCKED),
    ]


def test_an_outage_between_two_terminal_answers_confirms_neither():
    assert said(INVALID, OUTAGE, INVALID)[0] is None


def test_a_terminal_answer_is_believed_whatever_flickers_beside_it():
    beside = replace(INVALID, balance=a_failure())
    assert said(GOOD, INVALID, beside) == (False, State.BLOCKED, Reason.INVALID_KEY)


def test_a_believed_answer_is_not_doubted_for_a_new_one_beside_it():
    believed = an_observation(orders=a_failure(Reason.INVALID_SIGNATURE))
    beside = replace(believed, balance=a_failure(Reason.INVALID_KEY))
    blocked = (False, State.BLOCKED, Reason.INVALID_SIGNATURE)
    assert said(believed, believed) == blocked
    assert said(believed, beside) == blocked


def test_a_terminal_answer_that_was_a_slip_leaves_nothing_behind():
    assert said(GOOD, INVALID, GOOD) == (True, State.ONLINE, Reason.CONNECTED)


def test_a_believed_terminal_answer_is_forgotten_like_any_violation():
    assert said(INVALID, INVALID, GOOD)[0] is False
    assert said(INVALID, INVALID, GOOD, GOOD)[0] is True


@pytest.mark.parametrize(
    "reason",
    [
        Reason.TIMEOUT,
        Reason.NETWORK_ERROR,
        Reason.EXCHANGE_UNAVAILABLE,
        Reason.MAINTENANCE,
        Reason.RATE_LIMITED,
        Reason.UNEXPECTED_RESPONSE,
        Reason.CLOCK_SKEW,
    ],
)
@pytest.mark.parametrize("outage", [refused, lambda reason: an_outage(reason=reason)])
def test_what_passes_by_itself_makes_it_unreachable(reason, outage):
    assert said(GOOD, *[outage(reason)] * 9) == (None, State.UNREACHABLE, reason)


def test_it_is_back_with_the_first_good_probe_after_an_outage():
    assert said(GOOD, OUTAGE, OUTAGE, GOOD) == (True, State.ONLINE, Reason.CONNECTED)


def test_what_cannot_be_verified_is_unknown_and_a_person_is_needed():
    assert said(UNVERIFIABLE) == (None, State.BLOCKED, Reason.WITHDRAW_UNVERIFIABLE)


def test_rights_that_may_not_be_read_wait_for_confirmation_and_are_then_unverifiable():
    closed = an_observation(key=a_failure(Reason.NO_READ_PERMISSION))
    assert said(closed) == (None, None, Reason.NO_READ_PERMISSION)
    assert said(closed, closed) == (None, State.BLOCKED, Reason.WITHDRAW_UNVERIFIABLE)


def test_a_persons_word_makes_an_unverifiable_key_usable_until_it_is_too_old():
    attest = Attest(withdraw_disabled=Attestation(by="ada", at=NOW))
    assert said(UNVERIFIABLE, attest=attest)[0] is True
    assert said(UNVERIFIABLE, attest=attest, now=NOW + 90 * DAY)[0] is None


def test_a_key_expires_between_two_probes():
    seen = an_observation(key=a_key(expires_at=NOW + SECOND))
    assert said(seen)[:2] == (True, State.DEGRADED)
    assert said(seen, now=NOW + SECOND) == (False, State.BLOCKED, Reason.KEY_EXPIRED)


@pytest.mark.parametrize("until", [None, NOW + MINUTE])
def test_a_suspended_connection_is_neither_good_nor_bad(until):
    verdict = judged(WITHDRAW, suspend=a_suspension(until=until))
    assert (verdict.compliant, verdict.state) == (None, State.SUSPENDED)
    assert verdict.ready.reason is Reason.SUSPENDED
    assert ("until 2026-03-02 12:01 UTC" in verdict.ready.message) == (until is not None)


def test_a_suspension_that_is_over_is_none():
    assert said(GOOD, suspend=a_suspension(until=NOW))[0] is True


def test_what_an_earlier_life_saw_is_judged_the_same_and_marked():
    now, then = judged(GOOD), judged(seen=a_seen(restored=True))
    assert then == replace(now, restored=True)


# a strategy


def test_a_strategy_is_on_where_its_connection_complies():
    verdict = wanted(GOOD)
    assert (verdict.on, verdict.reason, verdict.violation) == (True, Reason.CONNECTED, False)
    assert (verdict.connection_ready.status, verdict.market_permitted.status) == ("True", "True")


def test_a_strategy_is_off_by_the_reason_of_its_connection():
    verdict = wanted(WITHDRAW)
    assert (verdict.on, verdict.reason, verdict.violation) == (
        False,
        Reason.WITHDRAW_ENABLED,
        True,
    )


@pytest.mark.parametrize("seen", [OUTAGE, INVALID, UNVERIFIABLE])
def test_of_an_unknown_connection_nothing_is_said(seen):
    assert (wanted(seen).on, wanted(seen).violation) == (None, False)


def test_before_the_first_probe_nothing_is_said():
    verdict = wanted()
    assert (verdict.on, verdict.reason) == (None, Reason.NOT_PROBED)
    assert verdict.market_permitted.status == "Unknown"


SAID = {
    "halted by a person": ({"halted": Halted("flood", "ada", NOW)}, Reason.HALTED),
    "disabled": ({"enabled": False}, Reason.DISABLED),
    "suspended": ({"suspend": a_suspension(until=NOW + MINUTE)}, Reason.SUSPENDED),
    "suspended for good": ({"suspend": a_suspension()}, Reason.SUSPENDED),
    "its connection suspended": ({"connection": {"suspend": a_suspension()}}, Reason.SUSPENDED),
}


@pytest.mark.parametrize(("changes", "reason"), SAID.values(), ids=SAID)
@pytest.mark.parametrize("seen", [GOOD, WITHDRAW, OUTAGE])
def test_what_people_say_turns_off_and_is_no_failure(changes, reason, seen):
    verdict = wanted(seen, **changes)
    assert (verdict.on, verdict.reason, verdict.violation) == (False, reason, False)


def test_a_suspension_that_passed_turns_nothing_off():
    assert wanted(GOOD, suspend=a_suspension(until=NOW)).on is True


def test_a_halt_in_the_file_goes_before_a_persons():
    spec = a_spec(halt=Halt(reason="audit", by="bob"))
    verdicts = judge(spec, {CONNECTION: a_seen()}, Halted("flood", "ada", NOW), NOW)
    assert verdicts.halted == Halted("audit", "bob")
    assert verdicts.strategies[STRATEGY].message == "Halted by bob: audit"


@pytest.mark.parametrize(
    ("seen", "on", "violation", "reason"),
    [
        (GOOD, True, False, Reason.CONNECTED),
        (FREE, False, True, Reason.IP_NOT_RESTRICTED),
        (UNTOLD, None, False, Reason.UNVERIFIABLE),
    ],
)
def test_an_aggressive_strategy_needs_a_key_that_is_known_to_be_bound(seen, on, violation, reason):
    verdict = wanted(seen, risk_level="aggressive", connection={"ip_allowlist": "ignored"})
    assert (verdict.on, verdict.violation, verdict.reason) == (on, violation, reason)


@pytest.mark.parametrize(
    ("probes", "on"),
    [
        ((FREE, GOOD), False),
        ((FREE, UNTOLD), False),
        ((GOOD, FREE, FREE, GOOD), False),
        ((FREE, an_outage(), GOOD), False),
        ((FREE, GOOD, GOOD), True),
        ((UNTOLD, GOOD), True),
    ],
)
def test_a_key_that_was_free_is_bound_again_after_as_many_good_tests_as_any_rule(probes, on):
    for mode in ("recommended", "ignored"):
        verdict = wanted(*probes, risk_level="aggressive", connection={"ip_allowlist": mode})
        assert verdict.on is on


def test_a_moderate_strategy_runs_beside_an_aggressive_one_that_may_not():
    bold = a_strategy("bold", risk_level="aggressive")
    verdicts = judge(a_spec(strategies=[a_strategy(), bold]), {CONNECTION: a_seen(FREE)}, None, NOW)
    assert [verdict.on for verdict in verdicts.strategies.values()] == [True, False]


def test_a_futures_strategy_looks_at_the_right_of_futures():
    futures = {"market": "futures", "pairs": ["BTC/USDT:USDT"]}
    able = an_observation(key=a_key(grant=[Scope.FUTURES]))
    verdict = wanted(able, connection={"markets": ["spot", "futures"]}, **futures)
    assert (verdict.on, verdict.market_permitted.message) == (
        True,
        "The key can trade futures. Its pairs were not checked.",
    )


def test_a_market_its_connection_does_not_declare_is_not_known_to_be_permitted():
    verdict = wanted(GOOD, market="futures", pairs=["BTC/USDT:USDT"])
    assert (verdict.on, verdict.market_permitted.status) == (None, "Unknown")
    assert verdict.market_permitted.type is ConditionType.MARKET_PERMITTED


@pytest.mark.parametrize(
    ("broken", "reason", "message"),
    [
        ({}, Reason.CONNECTION_NOT_READY, "Its connection is not in the file."),
        ({CONNECTION: "kucoin"}, Reason.ENTRY_INVALID, "Its connection is invalid in the file."),
    ],
)
def test_a_strategy_without_a_good_connection_is_not_judged(broken, reason, message):
    verdict = wanted(spec=a_spec([], broken_connections=broken))
    assert (verdict.on, verdict.reason, verdict.message) == (None, reason, message)


def test_a_connection_in_its_last_good_form_is_judged_like_any_other():
    spec = a_spec([a_connection(origin="last_good")], broken_connections={CONNECTION: "kucoin"})
    verdicts = judge(spec, {CONNECTION: a_seen(WITHDRAW)}, None, NOW)
    assert verdicts.connections[CONNECTION].compliant is False
    assert verdicts.strategies[STRATEGY].on is False


EXACT = {"risk_levels": {"moderate": {"max_leverage": 3, "ip_allowlist": "exact"}}}
WIDE = (OWN_IP, "198.51.100.0/24")


@pytest.mark.parametrize("mode", ["recommended", "ignored"])
@pytest.mark.parametrize(
    ("declared", "ips", "on", "reason"),
    [
        ([OWN_IP], (OWN_IP,), True, Reason.CONNECTED),
        ([OWN_IP], WIDE, False, Reason.ALLOWLIST_TOO_WIDE),
        ([], (OWN_IP,), False, Reason.ALLOWLIST_TOO_WIDE),
        ([OWN_IP], None, None, Reason.UNVERIFIABLE),
        ([OWN_IP], (OWN_IP, "203.**.7"), None, Reason.UNVERIFIABLE),
        ([OWN_IP], (OWN_IP, "nowhere"), None, Reason.UNVERIFIABLE),
    ],
    ids=["exact", "wide", "nothing declared", "not shown", "masked", "no address"],
)
def test_a_risk_level_may_need_an_exact_allowlist(declared, ips, on, reason, mode):
    """However strict its connection is: what is not known to be exact enables nothing."""
    seen = an_observation(key=a_key(ips=ips))
    connection = {"egress_ips": declared, "ip_allowlist": mode}
    verdict = wanted(seen, policy=EXACT, connection=connection)
    assert (verdict.on, verdict.reason, verdict.violation) == (on, reason, on is False)
    needs = "Risk level moderate needs an exact allowlist. "
    said = verdict.connection_ready.message
    assert said == "Its connection complies." if on else said.startswith(needs)


def test_a_list_that_was_too_wide_is_exact_again_after_as_many_good_tests_as_any_rule():
    wide = an_observation(key=a_key(ips=WIDE))
    for probes, on in (((wide, GOOD), False), ((wide, GOOD, GOOD), True)):
        verdict = wanted(*probes, policy=EXACT, connection={"egress_ips": [OWN_IP]})
        assert verdict.on is on


@pytest.mark.parametrize("probes", [(FREE,), (FREE, GOOD)], ids=["free", "free until lately"])
def test_a_key_that_is_bound_to_nothing_is_not_exact(probes):
    connection = {"egress_ips": [OWN_IP], "ip_allowlist": "ignored"}
    verdict = wanted(*probes, policy=EXACT, connection=connection)
    assert (verdict.on, verdict.violation, verdict.reason) == (
        False,
        True,
        Reason.IP_NOT_RESTRICTED,
    )
