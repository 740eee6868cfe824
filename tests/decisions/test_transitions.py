from dataclasses import replace

from bf_reconciler.facts import TRANSIENT, Clock, Reason, Scope
from bf_reconciler.status import Running, Status, StrategyState, Transition, transitions
from build import (
    CONNECTION,
    MINUTE,
    NOW,
    SECOND,
    STRATEGY,
    a_connection,
    a_cycle,
    a_key,
    a_spec,
    a_strategy,
    a_withdraw_key,
    an_observation,
    an_outage,
)

GOOD, OUTAGE = an_observation(), an_outage()
WITHDRAW = an_observation(key=a_withdraw_key())
ON = a_cycle(GOOD)
LATER = NOW + MINUTE


def news(before, after, now=LATER):
    return [(t.name, t.before, t.after, t.reason) for t in transitions(before, after, now)]


def test_a_first_appearance_is_told_once():
    assert news(Status(), ON) == [
        (CONNECTION, "", "Online", Reason.CONNECTED),
        (STRATEGY, "", "Enabled", Reason.CONNECTED),
    ]
    assert news(ON, a_cycle(GOOD, GOOD, before=ON)) == []


def test_a_change_is_told_with_its_reason_and_how_long_it_was_otherwise():
    spec = a_spec(generation=2, revision="r2")
    after = a_cycle(GOOD, WITHDRAW, before=ON, spec=spec, now=LATER)
    connection, strategy = transitions(ON, after, LATER)
    assert connection == Transition(
        at=LATER,
        kind="connection",
        name=CONNECTION,
        before="Online",
        after="Blocked",
        reason=Reason.WITHDRAW_ENABLED,
        message="The key can withdraw. A trading key must never have this permission.",
        generation=2,
        revision="r2",
        lasted=60.0,
    )
    assert (strategy.kind, strategy.before, strategy.after) == ("strategy", "Enabled", "Blocked")
    assert next(transitions(Status(), ON, NOW)).lasted is None


def test_another_reason_for_the_same_word_is_told():
    lost = an_observation(key=a_key(revoke=[Scope.SPOT]))
    before = a_cycle(WITHDRAW, before=ON)
    assert news(before, a_cycle(WITHDRAW, lost, before=before)) == [
        (CONNECTION, "Blocked", "Blocked", Reason.NO_TRADE_PERMISSION),
        (STRATEGY, "Blocked", "Blocked", Reason.NO_TRADE_PERMISSION),
    ]


def test_another_message_is_no_news():
    before = a_cycle(WITHDRAW, before=ON)
    after = a_cycle(WITHDRAW, GOOD, before=before)
    assert before.connections[CONNECTION].conditions != after.connections[CONNECTION].conditions
    assert news(before, after) == []


def test_a_condition_that_does_not_change_the_word_is_no_news():
    before = a_cycle(WITHDRAW, before=ON)
    worse = replace(WITHDRAW, time=Clock(skew=9.0, latency=0.1))
    assert news(before, a_cycle(WITHDRAW, worse, before=before)) == []


def test_a_strategy_that_is_held_on_is_told_of_once_however_its_outage_shows():
    before = a_cycle(GOOD, OUTAGE, before=ON)
    assert news(ON, before)[-1][:3] == (STRATEGY, "Enabled", "Holding")
    after = a_cycle(GOOD, an_outage(reason=Reason.NETWORK_ERROR), before=before)
    held = [status.strategies[STRATEGY].conditions[0].reason for status in (before, after)]
    assert held[0] is not held[1]
    assert [name for name, *_ in news(before, after)] == [CONNECTION]


def test_a_removal_is_told_once():
    after = a_cycle(before=ON, spec=a_spec([], []))
    assert news(ON, after) == [
        (CONNECTION, "Online", "", Reason.REMOVED),
        (STRATEGY, "Enabled", "", Reason.REMOVED),
    ]
    assert [t.message for t in transitions(ON, after, LATER)] == [
        "It was removed from the file."
    ] * 2


def test_a_removal_that_takes_time_is_told_once():
    empty = a_spec(strategies=[])
    leaving = a_cycle(GOOD, before=ON, spec=empty, running={STRATEGY: Running("unknown")})
    assert news(ON, leaving) == [(STRATEGY, "Enabled", "Disabled", Reason.REMOVED)]
    assert news(leaving, a_cycle(GOOD, before=leaving, spec=empty)) == []


def test_an_engine_that_does_not_stop_is_told_and_so_is_its_end():
    empty = a_spec(strategies=[])
    busy = Running("running", Reason.STILL_RUNNING, "It still runs.")
    leaving = a_cycle(GOOD, before=ON, spec=empty, running={STRATEGY: busy})
    assert news(ON, leaving) == [(STRATEGY, "Enabled", "Error", Reason.STILL_RUNNING)]
    gone = a_cycle(GOOD, before=leaving, spec=empty)
    assert news(leaving, gone) == [(STRATEGY, "Error", "", Reason.REMOVED)]


def test_an_outage_and_its_end_are_told_once_each():
    down = a_cycle(GOOD, OUTAGE, before=ON)
    assert news(ON, down) == [
        (CONNECTION, "Online", "Unreachable", Reason.TIMEOUT),
        (STRATEGY, "Enabled", "Holding", Reason.TIMEOUT),
    ]
    again = a_cycle(GOOD, OUTAGE, OUTAGE, before=down)
    assert news(down, again) == []
    assert [t[2] for t in news(again, a_cycle(GOOD, OUTAGE, GOOD, before=again))] == [
        "Online",
        "Enabled",
    ]


def test_a_clock_that_was_set_back_makes_no_negative_length():
    after = a_cycle(WITHDRAW, before=ON)
    assert {t.lasted for t in transitions(ON, after, NOW - SECOND)} == {0.0}


def test_news_comes_in_the_order_of_the_file_and_connections_first():
    spec = a_spec(
        [a_connection(), a_connection("another")],
        [a_strategy(), a_strategy("second", connection="another")],
    )
    names = [t.name for t in transitions(Status(), a_cycle(GOOD, spec=spec), NOW)]
    assert names == [CONNECTION, "another", STRATEGY, "second"]


def test_a_strategy_that_is_held_is_no_news_however_its_outage_shows_itself():
    held = a_cycle(GOOD, OUTAGE, before=ON, now=LATER)
    (was,) = held.strategies.values()
    assert was.status is StrategyState.HOLDING
    for reason in (*sorted(TRANSIENT), Reason.CONNECTION_NOT_READY):
        ready = replace(was.conditions[0], reason=reason)
        changed = replace(was, conditions=(ready, *was.conditions[1:]))
        after = replace(held, strategies={STRATEGY: changed})
        assert news(held, after) == []
        assert news(after, held) == []
    unknown = replace(was.conditions[0], reason=Reason.UNVERIFIABLE)
    changed = replace(was, conditions=(unknown, *was.conditions[1:]))
    after = replace(held, strategies={STRATEGY: changed})
    assert news(held, after) == [(STRATEGY, "Holding", "Holding", Reason.UNVERIFIABLE)]
