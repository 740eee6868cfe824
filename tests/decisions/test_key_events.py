"""What changed of a key is an event of the connection, once, and over restarts."""

from dataclasses import replace

import pytest

from bf_reconciler.facts import KnownKey, Reason, Scope, known_key
from bf_reconciler.spec import Names
from bf_reconciler.status import Record, Transition, fold, key_events, present_transition
from bf_reconciler.verdict import guard, judge
from build import (
    CONNECTION,
    NOW,
    SECOND,
    a_connection,
    a_failure,
    a_key,
    a_seen,
    a_spec,
    an_observation,
    an_outage,
)
from edges.fakes import a_connection as a_shown_connection
from edges.fakes import a_status
from test_reconcile import House, fast

WIDER = a_key(grant=[Scope.TRANSFER])


def a_turn(before, answer, entry=None):
    """The status after an answer about the key, or after none."""
    spec = a_spec([entry or a_connection()])
    seen = {CONNECTION: a_seen(answer)} if answer is not None else {}
    verdicts = judge(spec, seen, None, NOW)
    decisions = guard(spec, verdicts, before.memories, NOW)
    return fold(spec, seen, verdicts, decisions, {}, NOW, before)


def told(before, after, names=None):
    return [(e.what, e.before, e.after) for e in key_events(before, after, NOW, names)]


def seen_with(key):
    return a_turn(a_status([], []), an_observation(key=key))


def test_the_first_sight_of_a_key_is_no_event():
    first = seen_with(a_key())
    assert told(a_status([], []), first) == []
    assert told(a_status([replace(first.connections[CONNECTION], known=None)]), first) == []


def test_an_event_has_the_shape_of_a_transition():
    first = seen_with(a_key())
    after = a_turn(first, an_observation(key=WIDER))
    (event,) = key_events(first, after, NOW)
    shown = present_transition(event)
    assert (shown["kind"], shown["name"], shown["what"]) == ("key", CONNECTION, "right_granted")
    assert (shown["from"], shown["to"], shown["reason"]) == ("", "transfer", "KeyChanged")
    assert shown["message"] == "The key now has this permission: transfer."
    assert "delete the key" in shown["remedy"]
    assert event == Transition(
        at=NOW,
        kind="key",
        name=CONNECTION,
        before="",
        after="transfer",
        reason=Reason.KEY_CHANGED,
        message=shown["message"],
        generation=after.generation,
        revision=after.revision,
        what="right_granted",
    )
    assert (after.generation, after.revision) == (1, "r1")
    assert [*key_events(first, after, NOW, Names(frozenset([CONNECTION, "gone"])))] == [event]
    assert [*key_events(first, after, NOW, Names())] == []


@pytest.mark.parametrize(
    "answer", [None, an_outage(), an_observation(key=a_failure(Reason.INVALID_KEY))]
)
def test_what_is_not_told_for_a_while_is_remembered(answer):
    first = seen_with(a_key())
    between = a_turn(first, answer)
    assert told(first, between) == []
    again = a_turn(between, an_observation(key=a_key()))
    assert told(between, again) == []
    wider = a_turn(between, an_observation(key=WIDER))
    assert told(between, wider) == [("right_granted", "", "transfer")]


def test_what_is_the_same_is_the_same_object():
    first = seen_with(a_key())
    again = a_turn(first, an_observation(NOW + SECOND, key=a_key()))
    assert again.connections[CONNECTION].known is first.connections[CONNECTION].known


def test_another_secret_is_an_event_when_it_has_been_answered():
    old = a_turn(
        a_status([], []), an_observation(), replace(a_connection(), credentials_fingerprint="one")
    )
    entry = replace(a_connection(), fingerprint="other", credentials_fingerprint="two")
    waiting = a_turn(old, an_observation(), entry)  # an answer about the old key
    assert told(old, waiting) == []
    after = a_turn(waiting, an_observation(entry="other"), entry)
    assert told(waiting, after) == [("credentials", "", "")]


def test_a_key_at_another_exchange_or_in_another_environment_is_seen_first():
    first, wider = seen_with(a_key()), an_observation(key=WIDER)
    moved = a_turn(first, wider, a_connection(exchange="okx"))
    assert told(first, moved) == []
    known = first.connections[CONNECTION]
    there = replace(known, known=replace(known.known, place="kucoin/testnet"))
    elsewhere = replace(first, connections={CONNECTION: there})
    assert told(elsewhere, a_turn(elsewhere, wider)) == []


def test_an_entry_that_is_wrong_in_the_file_forgets_nothing():
    first = seen_with(a_key())
    spec = replace(a_spec([], []), broken_connections={CONNECTION: "kucoin"})
    verdicts = judge(spec, {}, None, NOW)
    broken = fold(spec, {}, verdicts, {}, {}, NOW, first)
    after = a_turn(broken, an_observation(key=WIDER))
    assert told(broken, after) == [("right_granted", "", "transfer")]


def test_a_connection_that_left_is_no_event():
    known = known_key(None, a_key())
    before = a_status([a_shown_connection(known=known)])
    assert told(before, a_status([])) == []
    assert told(before, a_status([]), Names(frozenset(["kucoin-main-grid"]))) == []
    assert told(before, a_status([a_shown_connection(known=KnownKey())])) == []


def changed(house):
    return [name for name, _, reason in house.journal.told if reason == "KeyChanged"]


async def test_a_change_is_kept_once_and_not_again_after_a_restart():
    house = House(lambda at: an_observation(at, key=a_key()), fast())
    await house.turn(3)
    house.prober.script = lambda at: an_observation(at, key=WIDER)
    await house.turn(20)
    assert changed(house) == [CONNECTION]
    house.start(fast())
    await house.turn(20)
    assert changed(house) == [CONNECTION]


async def test_a_change_while_nobody_looked_is_told_by_the_next_probe():
    house = House(lambda at: an_observation(at, key=a_key()), fast())
    await house.turn(3)
    house.prober.script = lambda at: an_observation(at, key=WIDER)
    house.start(fast())
    await house.turn(20)
    assert changed(house) == [CONNECTION]


async def test_a_crash_between_what_was_seen_and_its_event_loses_none():
    house = House(lambda at: an_observation(at, key=a_key()), fast())
    await house.turn(3)
    before = house.journal.record.status
    house.prober.script = lambda at: an_observation(at, key=WIDER)
    await house.turn(20)
    house.journal.told.clear()
    house.journal.record = Record(before, house.journal.record.seen)
    house.start(fast())
    await house.turn(2)
    assert changed(house) == [CONNECTION]
