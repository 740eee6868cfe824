"""What each exchange tells of its maintenance, as its documents have it."""

from datetime import UTC, datetime

import pytest

from bf_reconciler.exchanges import EXCHANGES, Unexpected
from bf_reconciler.facts import Announcement, Announcements

BEGINS, ENDS = datetime(2026, 12, 1, 6, tzinfo=UTC), datetime(2026, 12, 1, 8, tzinfo=UTC)
MS = {"begin": str(int(BEGINS.timestamp()) * 1000), "end": str(int(ENDS.timestamp()) * 1000)}


def okx(*items):
    return {"code": "0", "data": list(items), "msg": ""}


def bybit(*items):
    return {"retCode": 0, "retMsg": "", "result": {"list": list(items)}, "time": 1}


def kraken(status="online", **more):
    return {"error": [], "result": {"status": status, "timestamp": "2026-11-29T00:00:00Z", **more}}


BY_STATE = pytest.mark.parametrize(("name", "body"), [("okx", okx), ("bybit", bybit)])


def read(name, body):
    return EXCHANGES[name].calls.announced.read(body)


@BY_STATE
def test_a_scheduled_maintenance_has_its_begin_and_its_end(name, body):
    item = {"title": "Upgrade", "state": "scheduled", **MS, "env": "1"}
    told = Announcement("Upgrade", BEGINS, ENDS, "live")
    assert read(name, body(item)) == Announcements((told,))


@BY_STATE
def test_one_that_goes_on_is_told_even_without_its_times(name, body):
    item = {"title": "Upgrade", "state": "ongoing", "begin": "", "end": "soon", "env": 2}
    assert read(name, body(item)).items == (Announcement("Upgrade", None, None, "demo"),)


@BY_STATE
@pytest.mark.parametrize("state", ["completed", "canceled", "novelty", None, 7])
def test_what_is_over_or_unknown_is_no_announcement(name, body, state):
    assert read(name, body({"title": "Upgrade", "state": state, **MS})) == Announcements()


@BY_STATE
def test_a_scheduled_one_without_a_begin_is_none(name, body):
    assert read(name, body({"state": "scheduled", "begin": "later"})) == Announcements()


@BY_STATE
def test_there_are_never_more_than_a_person_reads(name, body):
    items = [{"title": "x" * 999 + "\x1b", "state": "scheduled", **MS}] * 99
    found = read(name, body(*items)).items
    assert len(found) == 10
    assert all(len(each.title) <= 120 for each in found)


@pytest.mark.parametrize(("status", "items"), [(0, ()), (1, (Announcement("", None),))])
def test_binance_tells_only_whether_it_goes_on(status, items):
    assert read("binance", {"status": status, "msg": "normal"}) == Announcements(items)


@pytest.mark.parametrize("environment", ["testnet", "demo"])
def test_binance_is_asked_where_it_answers(environment):
    row = EXCHANGES["binance"]
    assert row.within("live").calls.announced
    assert not row.within(environment).calls.announced
    assert not row.within("live", "us").calls.announced


def test_kraken_lists_what_is_ahead_alone():
    item = {"event_id": 21, "title": "Upgrade", "expected_start_utc": "2026-12-01T06:00:00Z"}
    item |= {"expected_end_utc": "2026-12-01T08:00:00Z", "affected_services": ["spot_trading"]}
    told = Announcement("Upgrade", BEGINS, ENDS)
    found = read("kraken", kraken(upcoming_maintenance=[item, {"title": "?"}], emergency=[]))
    assert found == Announcements((told,), whole=False)
    assert read("kraken", kraken()).items == ()
    assert read("kraken", kraken("maintenance")).items == (Announcement("", None),)


@pytest.mark.parametrize(
    ("services", "told"),
    [
        (["spot_ws", "futures_rest"], 0),
        (["futures_trading", "spot_rest"], 1),
        (["all"], 1),
        (["a_new_word"], 1),
        ([], 1),
        (None, 1),
        ("spot_ws", 1),
        ([{}], 1),
    ],
)
def test_maintenance_of_what_is_not_asked_is_not_announced(services, told):
    item = {"expected_start_utc": "2026-12-01T06:00:00Z", "affected_services": services}
    assert len(read("kraken", kraken(upcoming_maintenance=[item])).items) == told


@pytest.mark.parametrize("begins", [None, "soon", {}, True, "2026-13-45T00:00:00Z"])
def test_an_event_that_cannot_be_read_is_no_announcement(begins):
    item = {"title": "Upgrade", "expected_start_utc": begins}
    assert read("kraken", kraken(upcoming_maintenance=[item])).items == ()


@pytest.mark.parametrize("name", ["okx", "bybit", "binance", "kraken"])
@pytest.mark.parametrize("body", [None, [], {}, "text", {"code": "0", "data": "none"}])
def test_a_body_of_another_form_tells_nothing(name, body):
    with pytest.raises(Unexpected):
        read(name, body)
