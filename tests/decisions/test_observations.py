from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.facts import Balance, Clock, Reason, Scope, Seen, remember
from bf_reconciler.facts.observations import MAX_RUNS
from build import (
    DAY,
    ENTRY,
    MINUTE,
    NOW,
    SECOND,
    a_failure,
    a_key,
    a_seen,
    a_withdraw_key,
    an_observation,
    an_outage,
    refused,
)


def later(observation, seconds):
    return replace(observation, at=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("scope", "said"), [(Scope.SPOT, True), (Scope.WITHDRAW, False), (Scope.EARN, None)]
)
def test_a_right_is_granted_denied_or_not_spoken_of(scope, said):
    assert a_key(unsaid=[Scope.EARN]).allows(scope) is said


def test_only_failures_that_pass_by_themselves_are_not_terminal():
    assert not a_failure(Reason.MAINTENANCE).terminal
    assert not a_failure(Reason.CLOCK_SKEW).terminal
    assert a_failure(Reason.INVALID_KEY).terminal


def test_a_probe_lists_its_failures():
    failure = a_failure(Reason.ORDERS_UNREADABLE)
    assert an_observation().failures == ()
    assert an_observation(orders=failure).failures == (failure,)


def test_nothing_seen_has_no_latest_probe():
    assert Seen(ENTRY).latest is None


def test_probes_alike_make_one_run_that_keeps_the_latest():
    first, second = an_observation(), an_observation(NOW + MINUTE, time=Clock(-0.2, 0.9))
    (run,) = a_seen(first, second).runs
    assert (run.latest, run.count, run.since) == (second, 2, NOW)


ALIKE = {
    "other words for one outage": (an_outage(), an_outage(reason=Reason.NETWORK_ERROR)),
    "an outage of the clock and one of all else": (an_outage(), refused(Reason.TIMEOUT)),
    "another date of expiry": (an_observation(), an_observation(key=a_key(expires_at=NOW + DAY))),
}
ENDED = a_key(expires_at=NOW - DAY)
DIFFERENT = {
    "a key that was renewed": (
        an_observation(key=ENDED),
        an_observation(key=a_key(expires_at=NOW + DAY)),
    ),
    "another right": (an_observation(), an_observation(key=a_withdraw_key())),
    "a balance that became empty": (an_observation(), an_observation(balance=Balance(empty=True))),
    "an outage": (an_observation(), an_outage()),
    "half an outage": (an_observation(balance=a_failure()), an_outage()),
    "another refusal": (refused(Reason.INVALID_KEY), refused(Reason.INVALID_SIGNATURE)),
}


@pytest.mark.parametrize(("first", "second"), ALIKE.values(), ids=ALIKE)
def test_what_tells_nothing_new_makes_no_new_run(first, second):
    assert [run.count for run in a_seen(first, later(second, 60)).runs] == [2]


@pytest.mark.parametrize(("first", "second"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_tells_something_new_makes_a_new_run(first, second):
    first_run = a_seen(first).runs[0]
    second = later(second, 60)
    newest, *older = a_seen(first, second).runs
    assert (newest.latest, newest.count, newest.since) == (second, 1, second.at)
    assert older == [first_run]


def test_a_changed_entry_starts_a_new_memory():
    seen = remember(a_seen(), an_observation(NOW + MINUTE, entry="another"))
    assert (seen.entry, [run.count for run in seen.runs]) == ("another", [1])


def test_a_probe_answers_the_person_who_asked_and_ends_what_was_only_restored():
    seen = remember(a_seen(asked=True, restored=True), an_observation(NOW + MINUTE))
    assert (seen.asked, seen.restored) == (False, False)


KINDS = [an_observation(), an_outage(), refused(Reason.INVALID_KEY), an_observation(balance=None)]


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(-3600, 3600)), min_size=1))
def test_memory_is_bounded_and_no_run_begins_after_its_probes(probes):
    seen, at = None, NOW
    for kind, seconds in probes:  # the clock may be set back
        at += seconds * SECOND
        seen = remember(seen, replace(kind, at=at))
    assert len(seen.runs) <= MAX_RUNS
    assert all(run.since <= run.latest.at and run.count >= 1 for run in seen.runs)
    assert seen.latest.at == at


def test_the_oldest_run_is_the_one_forgotten():
    kinds = [later(KINDS[n % 2], n) for n in range(MAX_RUNS + 1)]
    seen = a_seen(*kinds)
    assert [run.latest for run in seen.runs] == kinds[:0:-1]
