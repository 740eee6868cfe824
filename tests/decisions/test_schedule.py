from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.facts import Listed, Reason, Seen, remember
from bf_reconciler.schedule import (
    answered,
    backoff,
    complete,
    delay,
    detection,
    is_probed,
    jittered,
    next_probe,
    overdue,
    request,
    request_changed,
    rest_after,
    schedule,
    settled,
    to_slot,
)
from bf_reconciler.spec import Credentials, Policy
from build import (
    CONNECTION,
    DAY,
    MINUTE,
    NOW,
    SECOND,
    a_connection,
    a_failure,
    a_seen,
    a_spec,
    a_strategy,
    a_suspension,
    a_withdraw_key,
    an_observation,
    an_outage,
    refused,
)

INVALID = refused(Reason.INVALID_KEY)
HOUR = 60 * MINUTE


def a_schedule(seen=None, now=NOW, **connection):
    return schedule(a_spec([a_connection(**connection)]), {CONNECTION: seen} if seen else {}, now)


def probed(planned):
    return [entry.name for entry in planned.probe]


def waits(*observations, interval=MINUTE, **policy):
    return delay(a_seen(*observations).runs, interval, Policy(**policy))


# when


def test_what_was_never_probed_is_probed_at_once():
    assert probed(a_schedule()) == [CONNECTION]
    assert probed(a_schedule(Seen("fingerprint"))) == [CONNECTION]


def test_a_changed_entry_is_probed_at_once():
    assert probed(a_schedule(a_seen(), fingerprint="another")) == [CONNECTION]


def test_a_person_who_asks_is_served_at_once():
    assert probed(a_schedule(a_seen(asked=True))) == [CONNECTION]


@pytest.mark.parametrize(
    ("seen", "soon"),
    [
        (None, False),  # all are new at the start
        (Seen("fingerprint"), False),
        (a_seen(), False),
        (a_seen(asked=True), True),
        (a_seen(an_outage()), True),
        (a_seen(INVALID), True),  # to be confirmed
        (a_seen(INVALID, INVALID), False),  # believed, and asked slowly
    ],
)
def test_who_has_something_to_find_out_is_asked_before_everybody_s_routine(seen, soon):
    planned = a_schedule(seen, now=NOW + DAY)
    assert probed(planned) == [CONNECTION]
    assert planned.soon == ({CONNECTION} if soon else set())
    assert a_schedule(a_seen(), fingerprint="another").soon == {CONNECTION}


def test_a_good_probe_rests_for_its_interval_at_most_and_for_half_of_it_at_least():
    at = next_probe(a_connection(), a_seen(), Policy())
    assert NOW + MINUTE / 2 <= at <= NOW + MINUTE
    assert probed(a_schedule(a_seen(), at - timedelta(microseconds=1))) == []
    assert probed(a_schedule(a_seen(), at)) == [CONNECTION]


def test_it_is_looked_at_again_when_it_is_due():
    at = next_probe(a_connection(), a_seen(), Policy())
    assert a_schedule(a_seen(), at - SECOND).next == {CONNECTION: at}


def test_a_clock_that_was_set_back_does_not_put_probes_off():
    ahead = a_seen(an_observation(NOW + 30 * DAY))
    assert probed(a_schedule(ahead)) == [CONNECTION]
    assert probed(a_schedule(a_seen(an_observation(NOW + SECOND)))) == []


# whom


@pytest.mark.parametrize("until", [None, NOW + SECOND])
def test_a_suspended_connection_is_not_probed_and_is_forgotten(until):
    planned = a_schedule(a_seen(asked=True), suspend=a_suspension(until=until))
    assert (probed(planned), planned.forget) == ([], {CONNECTION})


def test_a_suspension_that_is_over_is_none():
    assert probed(a_schedule(suspend=a_suspension(until=NOW))) == [CONNECTION]


def test_a_removed_connection_is_forgotten():
    assert schedule(a_spec([], []), {"gone": a_seen()}, NOW).forget == {"gone"}
    assert a_schedule(a_seen()).forget == frozenset()


# how long


def test_broken_rules_wait_as_long_as_good_ones_where_the_calls_succeed():
    assert waits(an_observation(key=a_withdraw_key())) == MINUTE


def test_an_outage_is_asked_again_after_1_2_4_seconds_up_to_the_interval():
    lengths = [waits(*[an_outage()] * count).total_seconds() for count in range(1, 10)]
    assert lengths == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert waits(*[an_outage()] * 2000) == MINUTE


def test_an_outage_that_shows_itself_in_turns_does_not_begin_anew():
    half, other = an_observation(balance=a_failure()), an_observation(orders=a_failure())
    assert waits(half, other, half, other) == 8 * SECOND


def test_a_good_probe_ends_the_row_of_an_outage():
    assert waits(*[an_outage()] * 5, an_observation(), an_outage()) == SECOND


def test_it_never_comes_back_sooner_than_the_exchange_asked_for():
    asked = an_outage(reason=Reason.RATE_LIMITED, retry_after=90.0)
    assert waits(asked) == 90 * SECOND
    assert waits(replace(asked, time=a_failure(retry_after=0.2))) == SECOND
    assert waits(replace(asked, time=a_failure(retry_after=1e12))) == DAY


def test_a_terminal_answer_is_asked_again_after_2_seconds_and_then_slowly():
    assert waits(INVALID) == 2 * SECOND
    assert waits(INVALID, INVALID) == 5 * MINUTE
    assert waits(INVALID, INVALID, confirm_after=3) == 2 * SECOND


def test_refusals_that_differ_each_time_are_not_asked_again_at_once_for_ever():
    other = refused(Reason.INVALID_SIGNATURE)
    turns = [(INVALID, other)[n % 2] for n in range(80)]
    lengths = [waits(*turns[: n + 1]) for n in range(80)]
    assert lengths == [2 * SECOND] * 3 + [MINUTE] * 77
    patient = [waits(*turns[: n + 1], confirm_after=20) for n in range(80)]
    assert patient[30:] == [2 * SECOND] + [MINUTE] * 49


def test_a_refusal_that_became_another_is_confirmed_as_the_first_was():
    other = refused(Reason.IP_NOT_ALLOWED)
    assert waits(*[INVALID] * 9, other) == 2 * SECOND
    assert waits(*[INVALID] * 9, other, other) == 5 * MINUTE


def test_refusals_within_an_outage_do_not_begin_it_anew():
    assert waits(*[an_outage(), INVALID] * 5, an_outage()) == 32 * SECOND
    assert waits(*[INVALID] * 5, an_outage()) == SECOND


@pytest.mark.parametrize(("exchange", "times"), [("mexc", 2), ("coinbase", 3)])
def test_where_good_keys_are_refused_now_and_then_it_is_asked_once_more(exchange, times):
    keys = Credentials(api_key="0123456789abcdef", secret="a secret")
    entry = a_connection(exchange=exchange, credentials=keys)
    again, slowly = (
        next_probe(entry, a_seen(*met * [INVALID]), Policy()) - NOW for met in (times - 1, times)
    )
    assert again < MINUTE < slowly


def test_a_file_cannot_have_what_good_keys_meet_believed_at_once():
    keys = Credentials(api_key="0123456789abcdef", secret="a secret", passphrase="a phrase")
    entry = a_connection(exchange="bitget", credentials=keys)
    hasty = Policy(confirm_after=1)
    assert next_probe(entry, a_seen(INVALID), hasty) - NOW < MINUTE
    assert next_probe(entry, a_seen(INVALID, INVALID), hasty) - NOW > MINUTE


@pytest.mark.parametrize(
    ("interval", "slow"),
    [(SECOND, 5 * SECOND), (3 * MINUTE, 10 * MINUTE), (30 * MINUTE, 30 * MINUTE)],
)
def test_slowly_is_5_intervals_at_most_10_minutes_and_never_sooner_than_one(interval, slow):
    assert waits(INVALID, INVALID, interval=interval) == slow


def test_what_else_changes_does_not_make_a_believed_answer_asked_sooner():
    again = replace(INVALID, balance=a_failure(Reason.TIMEOUT))
    assert waits(INVALID, again, INVALID, again) == 5 * MINUTE


def test_another_terminal_answer_must_be_confirmed_too():
    assert waits(INVALID, INVALID, refused(Reason.INVALID_SIGNATURE)) == 2 * SECOND


def test_connections_do_not_move_in_step_and_each_moves_the_same_every_time():
    spread = {jittered(MINUTE, f"connection-{n}", NOW) for n in range(50)}
    assert len(spread) == 50
    assert {jittered(MINUTE, f"connection-{n}", NOW) for n in range(50)} == spread
    assert all(MINUTE <= wait <= 66 * SECOND for wait in spread)


def test_spread_never_leads_beyond_the_interval_nor_beyond_10_minutes():
    for number in range(20):
        often, rare = (a_connection(f"c-{number}", interval=wait * MINUTE) for wait in (1, 3))
        assert next_probe(often, a_seen(*[an_outage()] * 9), Policy()) <= NOW + MINUTE
        assert next_probe(rare, a_seen(INVALID, INVALID), Policy()) <= NOW + 10 * MINUTE
        daily = a_connection(f"c-{number}", interval=DAY)
        assert next_probe(daily, a_seen(INVALID, INVALID), Policy()) <= NOW + DAY


@pytest.mark.parametrize("interval", [SECOND, 10 * SECOND, MINUTE, DAY])
def test_after_three_probes_a_fleet_is_spread_over_its_interval_and_stays_so(interval):
    """However it began: all at once after a start, or after an outage."""
    due = {f"connection-{n}": NOW for n in range(1000)}
    late = interval / 1000
    for _ in range(3):
        due = {n: at + late + to_slot(interval, n, at + late) for n, at in due.items()}
    tenths = Counter(
        int(at.timestamp() % interval.total_seconds() * 10 // interval.total_seconds())
        for at in due.values()
    )
    assert all(70 <= tenths[number] <= 130 for number in range(10))
    for name, at in due.items():
        again = at + late + to_slot(interval, name, at + late)
        assert abs(again - at - interval) <= 2 * timedelta(milliseconds=1)


def test_waits_at_their_bound_are_spread_too():
    waits = {jittered(MINUTE, f"connection-{n}", NOW, most=MINUTE) for n in range(50)}
    assert len(waits) == 50
    assert all(54 * SECOND <= wait <= MINUTE for wait in waits)


def test_what_an_exchange_asked_for_is_never_cut_short():
    patient = replace(an_outage(), time=a_failure(Reason.RATE_LIMITED, retry_after=90.0))
    assert next_probe(a_connection(), a_seen(patient), Policy()) >= NOW + 90 * SECOND
    slower = replace(INVALID, orders=a_failure(Reason.RATE_LIMITED, retry_after=582.0))
    for name in "abcdefgh":  # beside a refusal, waits of ten minutes are spread before their end
        rest = next_probe(a_connection(name), a_seen(slower, slower), Policy()) - NOW
        assert rest >= 582 * SECOND


WAITS = st.timedeltas(min_value=timedelta(milliseconds=1), max_value=DAY)


@given(st.integers(min_value=0, max_value=10**9), WAITS, WAITS)
def test_a_backoff_doubles_from_the_first_wait_to_the_last(failures, first, last):
    wait = backoff(failures, first, last)
    assert wait == last or first <= wait < last
    assert backoff(failures + 1, first, last) in {2 * wait, last, wait}
    assert backoff(1, first, last) == min(first, last)


def test_a_backoff_of_many_failures_is_its_last_wait():
    waits = [backoff(n, 5 * SECOND, 300 * SECOND).total_seconds() for n in range(1, 9)]
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]
    assert backoff(10**9, SECOND, DAY) == DAY


@pytest.mark.parametrize(("took", "rest"), [(0.0, 0.1), (0.1, 0.4), (60.0, 0.5)])
def test_a_rest_is_as_long_as_the_cycle_before_it_asks_for(took, rest):
    assert rest_after(timedelta(seconds=took)) == timedelta(seconds=rest)


# what is asked for, and answered

CHANGES = {
    "interval": (a_spec([a_connection(proxy="http://127.0.0.1:1")]), True),
    "strategies": (a_spec(strategies=[a_strategy(leverage=2)]), True),
    "nothing": (a_spec(), False),
    "policy": (a_spec(policy={"recover_after": 5}), False),
    "removed": (a_spec([], []), False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_asked_for_at_once_and_nothing_else(change):
    new, wanted = CHANGES[change]
    found = request_changed(a_spec(), new, {CONNECTION: a_seen(), "other": a_seen()})
    assert {name: memory.asked for name, memory in found.items()} == {
        CONNECTION: wanted,
        "other": False,
    }


KEYS = st.builds(
    lambda name, interval: a_connection(name, interval=interval, account=str(interval)),
    st.sampled_from(["kucoin-a-x", "kucoin-b-x"]),
    st.sampled_from([SECOND, MINUTE]),
)
BOTS = st.builds(
    lambda name, connection, pair: a_strategy(name, connection=connection, pairs=[pair]),
    st.sampled_from(["btc-a", "btc-b", "btc-c"]),
    st.sampled_from(["kucoin-a-x", "kucoin-b-x"]),
    st.sampled_from(["BTC/USDT", "ETH/USDT"]),
)
SPECS = st.builds(
    a_spec,
    st.lists(KEYS, unique_by=lambda key: key.name),
    st.lists(BOTS, unique_by=lambda bot: bot.name),
)


def kept(old, new):
    """The new one as a file that was read again leaves it: what is equal is the same object."""
    connections = {
        n: old.connections[n] if old.connections.get(n) == e else e
        for n, e in new.connections.items()
    }
    strategies = {n: replace(e, line=line) for line, (n, e) in enumerate(new.strategies.items())}
    same = {n: old.strategies[n] for n, e in strategies.items() if old.strategies.get(n) == e}
    return replace(new, connections=connections, strategies=strategies | same)


@given(SPECS, SPECS)
def test_what_changed_is_what_is_not_equal(first, second):
    old = kept(a_spec([], []), first)
    new = kept(old, second)
    seen = {name: a_seen() for name in ("kucoin-a-x", "kucoin-b-x")}
    were, are = old.by_connection, new.by_connection
    changed = {
        name
        for name, entry in new.connections.items()
        if name not in old.connections
        or old.connections[name].connection != entry.connection
        or were.get(name) != are.get(name)
    }
    found = request_changed(old, new, seen)
    assert {name for name, memory in found.items() if memory.asked} == changed


def test_the_first_file_of_a_life_asks_for_nothing():
    seen = {CONNECTION: a_seen()}
    assert request_changed(None, a_spec(), seen) is seen
    assert request_changed(a_spec(), None, seen) is seen


def test_what_a_person_asks_for_keeps_what_was_seen():
    seen = {CONNECTION: a_seen(), "other": a_seen()}
    found = request(seen, {CONNECTION, "never seen"})
    assert found == {CONNECTION: a_seen(asked=True), "other": a_seen()}


PAUSED = a_spec([a_connection(suspend=a_suspension())])


def test_only_what_is_in_force_and_not_suspended_is_probed():
    assert is_probed(a_spec(), CONNECTION, NOW)
    assert not is_probed(a_spec(), "nobody", NOW)
    assert not is_probed(PAUSED, CONNECTION, NOW)


def is_settled(seen, now=NOW, **connection):
    return settled(a_spec([a_connection(**connection)]), CONNECTION, seen, now)


def test_a_connection_is_settled_when_it_was_probed_as_it_is_now():
    assert is_settled(a_seen())
    assert not is_settled(None)
    assert not is_settled(a_seen(), fingerprint="another")
    assert is_settled(None, suspend=a_suspension())


def test_what_an_earlier_life_saw_settles_it_until_its_next_probe_is_due():
    assert is_settled(a_seen(restored=True))
    assert not is_settled(a_seen(restored=True), NOW + DAY)
    assert is_settled(a_seen(), NOW + DAY)
    assert not is_settled(a_seen(restored=True, asked=True))


@pytest.mark.parametrize(("exchange", "times"), [("mexc", 2), ("coinbase", 3)])
def test_nothing_is_settled_while_a_refusal_may_still_be_confirmed(exchange, times):
    keys = Credentials(api_key="0123456789abcdef", secret="a secret")
    found = [
        is_settled(a_seen(*met * [INVALID]), exchange=exchange, credentials=keys)
        for met in range(1, 4)
    ]
    assert found.index(True) + 1 == times


def test_the_first_pass_is_complete_when_no_connection_and_no_pair_waits():
    markets = {a_connection().venue: {"BTC/USDT": Listed.TRADES}}
    waiting = {a_connection().venue: {"BTC/USDT": Listed.PENDING}}
    seen = {CONNECTION: a_seen()}
    assert complete(a_spec(), seen, markets, NOW)
    assert not complete(a_spec(), seen, waiting, NOW)
    assert not complete(a_spec(), {}, markets, NOW)
    assert complete(PAUSED, {}, {}, NOW)


def detected(before, *probes):
    """From when on what the last of these probes found could be so, and by when it is due."""
    old = a_seen(*before, *probes[:-1])
    found = detection(a_connection(), old, remember(old, probes[-1]), Policy())
    return found and (found.since, found.due)


def test_a_change_can_be_as_old_as_the_probe_before_it():
    later = an_observation(NOW + 57 * SECOND, key=a_withdraw_key())
    assert detected([an_observation()], later) == (NOW, NOW + 70 * SECOND)


def test_after_a_failure_the_next_probe_is_due_sooner_and_the_objective_is_the_interval():
    assert detected([an_outage()], an_observation(NOW + SECOND)) == (NOW, NOW + 70 * SECOND)


def test_after_a_believed_refusal_the_next_probe_is_due_later():
    since, due = detected([INVALID, INVALID], an_observation(NOW + 5 * MINUTE))
    assert since == NOW
    assert 5 * MINUTE + 10 * SECOND <= due - NOW <= 5.5 * MINUTE + 10 * SECOND


def test_what_must_be_confirmed_counts_from_the_last_probe_before_it():
    first = refused(Reason.INVALID_KEY, NOW + MINUTE)
    again = refused(Reason.INVALID_KEY, NOW + MINUTE + 2 * SECOND)
    third = refused(Reason.INVALID_KEY, NOW + 6 * MINUTE)
    assert detected([an_observation()], first) == (NOW, NOW + 70 * SECOND)
    assert detected([an_observation()], first, again) == (NOW, NOW + 72 * SECOND)
    assert detected([an_observation()], first, again, third)[0] == again.at
    assert detected([first], again)[0] == first.at  # never known to be good


def test_what_nobody_watched_for_counts_for_nothing():
    entry, old = a_connection(), a_seen()
    new = remember(old, an_observation(NOW + MINUTE))
    assert detection(entry, a_seen(restored=True), new, Policy()) is None
    assert detection(entry, Seen("fingerprint"), new, Policy()) is None
    assert detection(entry, Seen("another", old.runs), new, Policy()) is None
    assert detection(entry, old, old, Policy()) is None


def lateness(seen, after, since=NOW - DAY, **connection):
    """Who is overdue so long after now."""
    spec = a_spec([a_connection(**connection)], [])
    return overdue(spec, {CONNECTION: seen} if seen else {}, since, NOW + after)


def test_a_probe_that_is_not_on_record_in_time_is_overdue():
    patience = MINUTE + 60 * SECOND  # it is asked for again after a minute; six answers of 10 s
    assert lateness(a_seen(), MINUTE + patience) == ()
    assert lateness(a_seen(), MINUTE + patience + 5 * SECOND) == (CONNECTION,)
    assert lateness(a_seen(asked=True), MINUTE) == ()
    assert lateness(a_seen(), DAY, suspend=a_suspension()) == ()


def test_a_failure_is_on_record_as_any_answer_is():
    assert lateness(a_seen(an_outage()), MINUTE) == ()
    slow = a_seen(refused(Reason.INVALID_KEY), refused(Reason.INVALID_KEY))
    assert lateness(slow, 6 * MINUTE) == ()
    assert lateness(slow, 12 * MINUTE) == (CONNECTION,)


def test_what_was_due_before_a_spec_was_in_force_is_due_from_then_on():
    assert lateness(None, DAY) == (CONNECTION,)
    for unknown in (None, a_seen(an_observation(NOW - DAY))):
        assert lateness(unknown, MINUTE, since=NOW) == ()
        assert lateness(unknown, 3 * MINUTE, since=NOW) == (CONNECTION,)
    assert lateness(a_seen(), 3 * MINUTE, since=NOW, fingerprint="another") == (CONNECTION,)


def test_at_the_pace_of_an_exchange_many_wait_for_each_other():
    many = [a_connection(f"mexc-{i}", exchange="mexc") for i in range(500)]
    spec = a_spec(many, [])
    seen = {entry.name: a_seen() for entry in many}
    assert overdue(spec, seen, NOW - DAY, NOW + 5 * MINUTE) == ()
    assert len(overdue(spec, seen, NOW - DAY, NOW + HOUR)) == 500


def test_a_test_is_answered_by_a_probe_that_came_after_it_was_asked_for():
    spec = a_spec()
    assert answered(spec, CONNECTION, a_seen(), NOW, NOW)
    assert not answered(spec, CONNECTION, a_seen(), NOW + SECOND, NOW + SECOND)
    assert not answered(spec, CONNECTION, None, NOW, NOW)
    assert not answered(spec, CONNECTION, a_seen(INVALID), NOW, NOW)  # to be confirmed
    assert answered(PAUSED, CONNECTION, None, NOW, NOW)
