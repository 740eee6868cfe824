"""What exchanges announced: it is ahead, goes on, overruns, and changes no verdict."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.facts import Announcement, Announcements, Place, Reason
from bf_reconciler.status import Status, concerning, end_of, maintained
from bf_reconciler.verdict import ConnectionState
from build import NOW, a_connection, a_spec
from edges.fakes import a_connection as a_status

HERE = Place("kucoin", "live")
HOUR = timedelta(hours=1)
BEGINS, ENDS = NOW + HOUR, NOW + 2 * HOUR
UPGRADE = Announcement("Upgrade", BEGINS, ENDS)
SPEC = replace(a_spec(), connections={"main": a_connection("main")})
WELL = a_status("main", ConnectionState.ONLINE, Reason.CONNECTED)
DOWN = a_status("main", ConnectionState.UNREACHABLE, Reason.MAINTENANCE)


def told(*items, whole=True):
    return {HERE: Announcements(items, whole)}


def at(now, *steps, connection=WELL):
    """The Status after each of (offset, what is told), then at ``now``."""
    status = Status(connections={"main": connection})
    for when, announced in steps:
        status = maintained(status, SPEC, announced, when)
    return maintained(status, SPEC, {}, now)


def phases(status):
    return [each.phase for each in status.maintenance]


@pytest.mark.parametrize(
    ("now", "connection", "phase"),
    [
        (NOW, WELL, ["announced"]),
        (BEGINS, WELL, ["under_way"]),
        (ENDS + timedelta(minutes=4), DOWN, ["under_way"]),
        (ENDS + timedelta(minutes=5), DOWN, ["overrun"]),
        (ENDS + timedelta(minutes=5), WELL, []),
        (ENDS + timedelta(days=1), DOWN, []),
    ],
)
def test_it_is_ahead_goes_on_and_overruns_while_it_still_fails(now, connection, phase):
    assert phases(at(now, (NOW, told(UPGRADE)), connection=connection)) == phase


def test_what_is_wrong_with_a_key_is_no_overrun():
    bad = a_status("main", ConnectionState.BLOCKED, Reason.WITHDRAW_ENABLED)
    assert phases(at(ENDS + HOUR, (NOW, told(UPGRADE)), connection=bad)) == []


def test_one_that_left_the_list_is_over_where_the_list_has_what_goes_on():
    begun = (BEGINS, told(UPGRADE))
    assert phases(at(BEGINS, begun, (BEGINS, told()))) == []
    assert phases(at(BEGINS, begun, (BEGINS, told(whole=False)))) == ["under_way"]
    assert phases(at(NOW, (NOW, told(UPGRADE)), (NOW, told(whole=False)))) == []


def test_an_end_that_is_put_off_is_no_other_maintenance():
    later = replace(UPGRADE, ends=ENDS + HOUR)
    (each,) = at(ENDS + HOUR, (NOW, told(UPGRADE)), (ENDS, told(later))).maintenance
    assert (each.begins, each.ends, each.phase) == (BEGINS, ENDS + HOUR, "under_way")


def test_what_goes_on_without_its_times_is_the_one_that_has_begun_or_begins_now():
    now = Announcement("", None)
    (each,) = at(BEGINS, (NOW, told(UPGRADE)), (BEGINS, told(now))).maintenance
    assert (each.title, each.ends) == ("Upgrade", ENDS)
    (each,) = at(NOW, (NOW, told(now))).maintenance
    assert (each.begins, each.ends, end_of(each)) == (NOW, None, NOW + 2 * HOUR)
    still = at(NOW + 3 * HOUR, (NOW, told(now)))
    assert phases(still) == []
    assert phases(maintained(at(NOW, (NOW, told(now))), SPEC, told(now), NOW + 3 * HOUR)) == [
        "overrun"
    ]


def test_an_end_before_its_begin_is_none():
    (each,) = at(NOW, (NOW, told(replace(UPGRADE, ends=NOW)))).maintenance
    assert each.ends is None


def test_a_time_that_was_misread_announces_and_hides_nothing():
    endless = replace(UPGRADE, ends=BEGINS + timedelta(days=4))
    (each,) = at(NOW, (NOW, told(endless))).maintenance
    assert (each.ends, end_of(each)) == (None, BEGINS + 2 * HOUR)
    far = Announcement("Upgrade", NOW + timedelta(days=91), None)
    assert at(NOW, (NOW, told(far))).maintenance == ()
    assert phases(at(NOW, (NOW, told(replace(far, begins=NOW + timedelta(days=90)))))) == [
        "announced"
    ]


def test_it_concerns_the_connections_of_its_place_alone():
    status = at(BEGINS, (NOW, told(UPGRADE)))
    assert concerning(status, WELL, {"under_way"}) == status.maintenance[0]
    assert concerning(status, WELL, {"overrun"}) is None
    assert concerning(status, replace(WELL, environment="testnet"), {"under_way"}) is None
    elsewhere = maintained(Status(), SPEC, {Place("okx", "live"): Announcements((UPGRADE,))}, NOW)
    assert elsewhere.maintenance == ()


moments = st.integers(-200, 200).map(lambda n: NOW + n * timedelta(minutes=10))
items = st.builds(Announcement, st.just("x"), st.none() | moments, st.none() | moments)
answers = st.none() | st.builds(
    Announcements, st.lists(items, max_size=15).map(tuple), st.booleans()
)


@given(st.lists(st.tuples(moments, answers, st.sampled_from([WELL, DOWN])), max_size=8))
def test_whatever_is_told_there_are_few_each_once_and_all_else_stays(history):
    status = Status(connections={"main": WELL})
    for now, answer, connection in history:
        status = replace(status, connections={"main": connection})
        after = maintained(status, SPEC, {} if answer is None else {HERE: answer}, now)
        assert replace(after, maintenance=()) == replace(status, maintenance=())
        begins = [each.begins for each in after.maintenance]
        assert begins == sorted(set(begins))
        assert len(begins) <= 10
        for each in after.maintenance:
            assert (each.phase == "announced") == (now < each.begins)
            assert now < end_of(each) + timedelta(days=1)
        assert maintained(after, SPEC, {}, now) is after or answer is not None
        status = after
