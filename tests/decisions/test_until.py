"""Every decision says until when it holds without new input, and until then it does."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from bf_reconciler.facts import TICK, Clock, KeyFacts, another_day, earliest, remember
from bf_reconciler.policy import assess
from bf_reconciler.spec import Policy
from bf_reconciler.spec.connection import ATTESTATION_LIFETIME, Attest, Attestation
from bf_reconciler.status import Status, fold
from bf_reconciler.verdict import guard, judge
from build import (
    CONNECTION,
    DAY,
    MINUTE,
    NOW,
    SECOND,
    STRATEGY,
    a_case,
    a_connection,
    a_key,
    a_seen,
    a_spec,
    a_strategy,
    a_suspension,
    an_observation,
    an_outage,
    an_unverifiable_key,
    obeyed,
)
from decisions.test_invariants import halts, histories, memories, policies, resumes, risks

FAR = 400 * DAY
moments = st.integers(-100, 100).map(lambda n: n * DAY) | st.integers(-900, 900).map(
    lambda n: n * SECOND
)


@st.composite
def dated(draw):
    """A connection with dates of every kind around NOW, and what was seen of it."""
    attest = draw(st.none() | moments.map(lambda m: NOW + m - draw(st.sampled_from([0, 1])) * DAY))
    word = attest and Attest(withdraw_disabled=Attestation(by="ada", at=attest))
    pauses = st.none() | st.builds(a_suspension, until=st.none() | moments.map(lambda m: NOW + m))
    connection = a_connection(attest=word, suspend=draw(st.none() | pauses))
    strategy = a_strategy(
        risk_level=draw(risks), resume=draw(resumes), suspend=draw(st.none() | pauses)
    )
    spec = a_spec([connection], [strategy], policy=draw(policies))
    history, end = draw(histories()), draw(st.none() | moments)
    latest = history[-1]
    if isinstance(latest.key, KeyFacts) and end is not None:
        latest = replace(latest, key=replace(latest.key, expires_at=NOW + end))
    seen = a_seen(*history[:-1], latest, restored=draw(st.booleans()))
    return spec, {CONNECTION: seen} if draw(st.integers(0, 9)) else {}


def decide(spec, seen, before, halted, now):
    """One turn: what is judged, what is done, and what it leaves."""
    verdicts = judge(spec, seen, halted, now, known=before.connections)
    decisions = guard(spec, verdicts, before.memories, now)
    return (
        verdicts,
        decisions,
        fold(spec, seen, verdicts, decisions, obeyed(decisions, before), now, before),
    )


def standing(spec, seen, memory, halted, now):
    """The same when nothing is new any more: what it left decides on."""
    *_, status = decide(spec, seen, Status(), halted, now)
    if memory is not None:
        known = replace(status.strategies[STRATEGY], memory=memory)
        status = replace(status, strategies={STRATEGY: known})
    for _ in range(3):
        verdicts, decisions, status = decide(spec, seen, status, halted, now)
    return verdicts, decisions, status


def until_of(verdicts, decisions):
    values = [*verdicts.connections.values(), *verdicts.strategies.values()]
    return earliest(value.until for value in [*values, *decisions.values()])


@given(dated(), memories, halts, moments, st.floats(0, 1, exclude_max=True))
def test_until_its_moment_a_decision_is_the_same_value_at_any_time(
    declared, memory, halted, start, share
):
    spec, seen = declared
    first = NOW + start
    verdicts, decisions, status = standing(spec, seen, memory, halted, first)
    until = until_of(verdicts, decisions)
    event("it ends" if until else "for ever")
    assert until is None or until > first
    last = until - TICK if until else first + FAR
    for second in (first + (last - first) * share, last):
        assert decide(spec, seen, status, halted, second) == (verdicts, decisions, status)


def the_verdict(seen, now=NOW, **connection):
    spec = a_spec([a_connection(**connection)], [])
    return judge(spec, {CONNECTION: seen}, None, now).connections[CONNECTION]


def ends_at(seen, until, **connection):
    """Whether the verdict changes at this moment, and neither before nor without saying so."""
    before, after = (the_verdict(seen, at, **connection) for at in (until - TICK, until))
    return before.until == until and replace(before, until=None) != replace(after, until=None)


WARNED = Policy().key_expiry_warning


@pytest.mark.parametrize("until", [NOW - WARNED, NOW - 3 * DAY + TICK, NOW])
def test_a_key_that_ends_is_judged_anew_when_its_warning_begins_when_its_days_pass_and_at_its_end(
    until,
):
    seen = a_seen(an_observation(until - SECOND, key=a_key(expires_at=NOW)))
    assert ends_at(seen, until)


@pytest.mark.parametrize("before", [ATTESTATION_LIFETIME, WARNED, 3 * DAY - TICK, timedelta(0)])
def test_the_word_of_a_person_is_judged_anew_when_it_begins_to_count_and_as_its_end_comes(before):
    word = Attestation(by="ada", at=NOW - ATTESTATION_LIFETIME)
    seen = a_seen(an_observation(NOW - before - SECOND, key=an_unverifiable_key()))
    assert ends_at(seen, NOW - before, attest=Attest(withdraw_disabled=word))


def test_a_suspension_is_judged_anew_at_its_end():
    assert ends_at(a_seen(), NOW, suspend=a_suspension(until=NOW))
    assert the_verdict(a_seen(), suspend=a_suspension()).until is None


def test_a_probe_gets_too_old_and_one_from_the_future_is_believed_when_that_has_come():
    age = MINUTE + 3 * 70 * SECOND
    assert ends_at(a_seen(), NOW + age + TICK)
    assert ends_at(a_seen(an_observation(NOW)), NOW - age)
    assert the_verdict(a_seen(), NOW + 2 * age).until is None


def test_a_grace_that_runs_ends():
    seen = {CONNECTION: a_seen(an_observation(NOW - MINUTE), an_outage(NOW))}
    spec = a_spec()
    *_, status = decide(
        spec, {CONNECTION: a_seen(an_observation(NOW - MINUTE))}, Status(), None, NOW
    )
    _, decisions, status = decide(spec, seen, status, None, NOW)
    assert decisions[STRATEGY].until == NOW + spec.policy.grace
    gone = replace(spec, strategies={}, broken_strategies={STRATEGY: CONNECTION})
    _, decisions, status = decide(gone, seen, status, None, NOW)
    assert decisions[STRATEGY].until == NOW + spec.policy.grace
    _, decisions, _ = decide(gone, seen, status, None, NOW + spec.policy.grace)
    decision = decisions[STRATEGY]
    assert (decision.until, decision.order.on) == (None, False)


@pytest.mark.parametrize("left", [3 * DAY, 3 * DAY + SECOND, DAY - TICK, SECOND])
def test_a_count_of_days_changes_when_it_says_so(left):
    at = another_day(NOW, left)
    assert (NOW - at).days < left.days or at == NOW
    assert at == NOW or (NOW - (at - TICK)).days == left.days


def test_the_earliest_of_no_moments_is_none():
    assert earliest([]) is None
    assert earliest([None, NOW, NOW - SECOND]) == NOW - SECOND


@given(dated(), dated(), moments, moments, st.sampled_from(["again", "again", "more", "other"]))
def test_what_was_found_of_a_key_before_changes_no_verdict(declared, other, start, later, what):
    """The rules of the key are left out where it is the same but for the time."""
    (spec, seen), first, second = declared, NOW + start, NOW + start + later
    judged = judge(spec, seen, None, first)
    if what == "other":
        spec, seen = other
    elif what == "more":
        seen = other[1]
    elif seen and seen[CONNECTION].latest:
        latest = replace(seen[CONNECTION].latest, at=second)
        if isinstance(latest.time, Clock):
            latest = replace(latest, time=Clock(0.2, 0.07))
        seen = {CONNECTION: remember(seen[CONNECTION], latest)}
    after = judge(spec, seen, None, second, before=judged)
    whole = judge(spec, seen, None, second)
    assert after.connections == whole.connections
    assert after.strategies == whole.strategies
    was, now = (each.connections[CONNECTION].of_key for each in (judged, after))
    event("left out" if was is not None and was is now else "looked at")


def test_rules_of_the_key_are_left_out_until_time_changes_one_of_them():
    seen = an_observation(key=a_key(expires_at=NOW + DAY + WARNED))
    found = assess(a_case(seen)).of_key
    assert found.until == NOW + DAY
    slower = replace(seen, at=NOW + MINUTE, time=Clock(0.0, 9.0))
    kept = assess(a_case(slower, now=NOW + MINUTE), found)
    assert kept.of_key is found
    assert kept.findings[0].message == "Answered in 9000 ms."
    for moment in (NOW - TICK, NOW + DAY):
        assert assess(a_case(seen, now=moment), found).of_key is not found
    assert assess(a_case(an_outage()), found).of_key is not found
    failed = assess(a_case(an_outage())).of_key
    assert assess(a_case(an_outage()), failed).of_key is not failed
