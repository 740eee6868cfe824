"""Two keys of one exchange with answers that no document has, within an hour: it has changed."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import event, given, note, settings
from hypothesis import strategies as st

from bf_reconciler.facts import Failure, KeyFacts, Reason, Unread
from bf_reconciler.policy import Incident, anomalies, common_causes, watch
from build import (
    MINUTE,
    NOW,
    SECOND,
    a_failure,
    a_key,
    a_suspension,
    an_observation,
    an_outage,
    refused,
)
from decisions.test_common_cause import MEXC, fleet
from decisions.test_incremental import COUNT, NAMES, Life, plain, policies, some

HOUR = timedelta(hours=1)
CHANGED, UNREAD = Reason.EXCHANGE_CHANGED, Reason.UNEXPECTED_RESPONSE


def garbled(at=NOW):
    return an_outage(at, UNREAD)


def new_word(at=NOW):
    return an_observation(at, key=a_key(unknown_words=("novelty",)))


def new_form(at=NOW):
    return an_observation(at, key=a_key(unread=(Unread("allowlist", "ips"),)))


def no_balance(at=NOW):
    return an_observation(at, balance=a_failure(UNREAD))


def good(at=NOW):
    return an_observation(at)


ANSWERS = {
    "garbled": garbled,
    "new word": new_word,
    "new form": new_form,
    "no balance": no_balance,
}
OTHERS = {"good": good, "outage": an_outage, "invalid": lambda at: refused(Reason.INVALID_KEY, at)}


def changes(*connections, now=NOW):
    """The incidents of this kind."""
    spec, seen = fleet(*connections)
    found = common_causes(watch(spec, seen, now), now).incidents
    return [incident for incident in found if incident.kind == "change"]


@pytest.mark.parametrize("first", ANSWERS)
@pytest.mark.parametrize("second", ANSWERS)
def test_two_keys_are_enough_whatever_was_not_understood(first, second):
    since = NOW - 10 * MINUTE
    found = changes([ANSWERS[first](since)], [ANSWERS[second](NOW)], [good()])
    assert found == [Incident("change", "kucoin", CHANGED, ("c0", "c1"), since)]


@pytest.mark.parametrize("kind", ANSWERS)
def test_one_key_alone_is_a_curiosity(kind):
    assert changes([ANSWERS[kind](NOW)], [good()], [good()]) == []


@pytest.mark.parametrize("kind", OTHERS)
def test_what_documents_explain_is_no_change(kind):
    assert changes([OTHERS[kind](NOW)], [OTHERS[kind](NOW)], [new_word()]) == []


def test_one_key_under_two_names_is_one_key():
    spec, seen = fleet([new_word()], [new_word()])
    same = {n: replace(entry, key_fingerprint="same") for n, entry in spec.connections.items()}
    spec = replace(spec, connections=same)
    assert common_causes(watch(spec, seen, NOW), NOW).incidents == ()


def test_each_exchange_and_environment_is_counted_by_itself():
    assert changes([new_word()], ([new_word()], MEXC)) == []
    demo = {"exchange": "okx", "environment": "demo"}
    assert changes(([new_word()], {"exchange": "okx"}), ([new_word()], demo)) == []
    (found,) = changes(([new_word()], demo), ([new_word()], demo))
    assert found.scope == "okx demo"


def test_a_suspended_connection_has_no_say():
    assert changes([new_word()], ([new_word()], {"suspend": a_suspension()})) == []


def test_what_is_over_counts_for_an_hour():
    well = [new_word(NOW), good(NOW + MINUTE)]
    lately = changes(well, [new_word(NOW + HOUR - SECOND)], now=NOW + HOUR - SECOND)
    assert [incident.connections for incident in lately] == [("c0", "c1")]
    assert changes(well, [new_word(NOW + HOUR)], now=NOW + HOUR) == []


def test_what_was_not_asked_for_an_hour_counts_no_more():
    assert changes([new_word(NOW)], [new_word(NOW + HOUR)], now=NOW + HOUR) == []


def test_a_key_that_is_probed_rarely_counts_for_two_intervals():
    rare = {"interval": 2 * HOUR}
    later = NOW + 4 * HOUR
    pair = ([new_word(NOW)], rare), [new_word(later - SECOND)]
    assert len(changes(*pair, now=later - SECOND)) == 1
    assert changes(*pair, now=later) == []


def test_it_lasts_as_long_as_two_keys_show_it():
    row = [new_word(NOW + n * MINUTE) for n in range(300)]
    (found,) = changes(row, row, now=NOW + 300 * MINUTE)
    assert found.since == NOW


def test_answers_that_cannot_be_read_are_one_incident_and_not_two():
    spec, seen = fleet(*[[good(NOW - MINUTE), garbled()]] * 3, [good()])
    (found,) = common_causes(watch(spec, seen, NOW), NOW).incidents
    assert (found.kind, found.reason, len(found.connections)) == ("change", CHANGED, 3)


def test_a_way_out_that_garbles_every_answer_is_the_cause_and_no_exchange_has_changed():
    row = [good(NOW - MINUTE), garbled()]
    spec, seen = fleet(row, row, (row, MEXC), (row, MEXC))
    (found,) = common_causes(watch(spec, seen, NOW), NOW).incidents
    assert (found.kind, found.reason, found.scope) == ("egress", UNREAD, "direct")


def test_a_word_that_only_one_exchange_uses_is_reported_beside_a_garbling_way_out():
    row = [good(NOW - MINUTE), garbled()]
    spec, seen = fleet(row, row, (row, MEXC), [new_word()])
    found = common_causes(watch(spec, seen, NOW), NOW).incidents
    assert [(each.kind, each.scope) for each in found] == [
        ("egress", "direct"),
        ("change", "kucoin"),
    ]


def test_it_excuses_nobody():
    spec, seen = fleet([new_word()], [garbled()], [garbled()])
    assert common_causes(watch(spec, seen, NOW), NOW).holds == {}


moments = st.integers(0, 7200).map(lambda n: NOW + n * SECOND)
kinds = st.sampled_from(sorted({**ANSWERS, **OTHERS}))
histories = st.lists(st.tuples(moments, kinds), min_size=1, max_size=6).map(sorted)


@given(st.lists(histories, min_size=1, max_size=5), st.integers(0, 7200))
def test_it_is_found_where_two_showed_it_within_the_hour_and_nowhere_else(rows, later):
    now = max(at for row in rows for at, _ in row) + later * SECOND
    made = [[{**ANSWERS, **OTHERS}[kind](at) for at, kind in row] for row in rows]
    spec, seen = fleet(*made)
    last = [
        max((run.latest.at for run in seen[name].runs if is_change(run.latest)), default=None)
        for name in spec.connections
    ]
    expected = [f"c{n}" for n, at in enumerate(last) if at is not None and now - at < HOUR]
    found = changes(*made, now=now)
    event(f"{len(expected)} count")
    assert [i.connections for i in found] == ([tuple(expected)] if len(expected) > 1 else [])


def is_change(observation):
    key = observation.key
    told = isinstance(key, KeyFacts) and (key.unknown_words or key.unread)
    failures = [a for a in observation.answers.values() if isinstance(a, Failure)]
    return bool(told) or UNREAD in {failure.reason for failure in failures}


weather = st.one_of(
    st.tuples(st.just("answer"), st.just(NAMES)),
    st.tuples(st.just("answer"), some),
    st.tuples(st.just("wait"), st.sampled_from([1, 5, 12, 30, 45])),
    st.tuples(st.just("jump"), st.sampled_from([-30, -2, 70])),
    st.tuples(st.just("world"), st.tuples(some, st.sampled_from(["good", "new word", "garbled"]))),
)


@settings(max_examples=40)
@given(
    st.lists(plain, min_size=COUNT, max_size=COUNT),
    policies,
    st.lists(weather, min_size=10, max_size=40),
)
def test_it_is_kept_from_turn_to_turn_as_it_would_be_found_anew(fleet_, policy, history):
    with patch.object(anomalies, "HOUR", MINUTE):
        life = Life(fleet_, policy)
        life.turn()
        life.step("answer", NAMES)
        for kind, given_ in history:
            note(f"{life.now:%H:%M:%S} {kind} {given_}")
            life.step(kind, given_)
            found = [i.kind for i in life.last.verdicts.causes.incidents]
            event(f"{found.count('change')} changes")
