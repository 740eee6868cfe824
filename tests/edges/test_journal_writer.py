import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from bf_reconciler.daemon import journal_writer
from bf_reconciler.daemon.journal_writer import PIECE, JournalWriter
from bf_reconciler.facts import Reason
from bf_reconciler.journal import JournalError
from bf_reconciler.spec import Names
from bf_reconciler.status import ConnectionStatus, Record, Status, Transition
from bf_reconciler.verdict import Halted

EMPTY = Record(Status(), {})
NEWS = Transition(
    at=datetime(2026, 11, 23, tzinfo=UTC),
    kind="strategy",
    name="btc-grid",
    before="Enabled",
    after="Blocked",
    reason=Reason.WITHDRAW_ENABLED,
    message="",
    generation=1,
    revision="",
)


class Book:
    """A journal on a disk that may be full, or hang until ``answers`` is set."""

    def __init__(self):
        self.full = False
        self.answers = threading.Event()
        self.answers.set()
        self.replacements, self.halt_trouble = 0, None
        self.last = EMPTY
        self.saved = []

    def save(self, record, changes, _=None):
        assert self.answers.wait(60)
        if self.full:
            raise JournalError("no space is left on the disk")
        last, self.last = self.last, record
        if not changes and record == last:
            return False
        self.saved.append((record, changes))
        return True


@pytest.fixture
def book():
    return Book()


def a_writer(book, failed=lambda: None, replaced=lambda: None):
    """One with the patience of a test, whatever the journal was before."""
    writer = JournalWriter(book, failed, replaced, deadline=60.0)
    settled = writer.settled
    writer.settled = lambda _: settled(60.0)
    return writer


def a_fleet(count):
    connections = {f"c{i}": ConnectionStatus.__new__(ConnectionStatus) for i in range(count)}
    return Record(Status(connections=connections), {})


async def test_what_is_kept_already_is_not_written_again(book):
    writer = a_writer(book)
    await writer.save(EMPTY, ())
    assert book.saved == []


async def test_a_full_disk_stops_nothing_and_what_it_missed_is_written_later(book):
    failures = []
    writer = a_writer(book, lambda: failures.append(1))
    later = Record(Status(generation=2), {})
    book.full = True
    await writer.save(Record(Status(generation=1), {}), [NEWS])
    await writer.keep(Status(generation=1), {})
    book.full = False
    await writer.save(later, ())
    assert book.saved == [(later, (NEWS,))]
    assert len(failures) == 2
    await writer.save(later, ())
    assert len(book.saved) == 1


async def test_a_journal_is_called_written_again_only_when_it_was(book):
    writer = a_writer(book)
    with capture_logs() as logs:
        book.full = True
        await writer.save(Record(Status(generation=1), {}), ())
        book.full = False
        await writer.save(EMPTY, ())
        assert [log["event"] for log in logs] == ["journal cannot be written"]
        await writer.save(Record(Status(generation=1), {}), ())
    assert [log["event"] for log in logs][1:] == ["journal can be written again"]


async def test_a_disk_that_hangs_delays_a_turn_once_and_takes_the_newest_in_the_end(book):
    failures = []
    writer = JournalWriter(book, lambda: failures.append(1), deadline=0.01)
    records = [Record(Status(generation=number), {}) for number in (1, 2, 3)]
    book.answers.clear()
    with capture_logs() as logs:
        for record in records:
            await writer.save(record, [NEWS])
            assert "did not answer within" in str(writer.trouble)
        assert (book.saved, len(failures), len(logs)) == ([], 1, 1)
        book.answers.set()
        await writer.settled(60.0)
    assert writer.trouble is None
    assert book.saved == [(records[0], (NEWS,)), (records[2], (NEWS, NEWS))]
    assert logs[-1]["event"] == "journal can be written again"


async def test_a_fault_of_the_journal_stops_no_turn(book):
    writer = a_writer(book)
    book.save = lambda *_: 1 / 0
    with capture_logs() as logs:
        await writer.save(EMPTY, ())
    assert str(writer.trouble) == "saving failed (ZeroDivisionError)"
    assert [log["event"] for log in logs] == ["saving failed", "journal cannot be written"]


async def test_a_folder_that_was_replaced_and_a_halt_that_is_not_filed_are_counted(book):
    failures, replaced = [], []
    writer = a_writer(book, lambda: failures.append(1), lambda: replaced.append(1))
    book.replacements, book.halt_trouble = 1, JournalError("no file")
    with capture_logs():
        await writer.save(EMPTY, ())
    assert (str(writer.trouble), len(failures)) == ("no file", 2)
    book.halt_trouble = None
    await writer.save(EMPTY, ())
    assert (writer.trouble, len(failures), replaced) == (None, 2, [1])


async def test_what_is_saved_later_is_waited_for_by_nobody_but_a_disk_that_hangs_is_told(book):
    failures = []
    writer = JournalWriter(book, lambda: failures.append(1), deadline=60.0)
    records = [Record(Status(generation=number), {}) for number in (1, 2)]
    book.answers.clear()
    writer.later(records[0], Names())
    assert (writer.trouble, writer.hangs) == (None, False)
    await asyncio.sleep(0)  # it is being saved
    writer._begun -= 61.0  # noqa: SLF001 # a minute has passed
    with capture_logs() as logs:
        writer.later(records[1], Names())
        assert (writer.hangs, len(failures), len(logs)) == (True, 1, 1)
        writer.later(records[1], Names())
        assert len(failures) == 1
        book.answers.set()
        await writer.settled(60.0)
    assert book.saved == [(each, ()) for each in records]
    assert writer.trouble is None


async def test_who_says_the_same_again_is_saved_in_his_turn_and_all_are_at_the_end(
    book, monkeypatch
):
    saved, clock = [], SimpleNamespace(now=0.0)
    book.save = lambda _, __, names: saved.append(sorted(names.connections)) or True
    monkeypatch.setattr(journal_writer, "time", SimpleNamespace(monotonic=lambda: clock.now))

    async def later(now, *resting, names=Names()):  # noqa: B008 # a value
        clock.now = now
        saved.clear()
        writer.later(a_fleet(9000), names, (), frozenset(resting))  # 30 a second
        await writer.settled(60.0)
        return [*saved]

    monkeypatch.setattr(journal_writer, "AT_ONCE", 2)
    writer = a_writer(book)
    (first,) = await later(0.0, "c1", "c2", "c3")  # two at once
    assert len(first) == 2
    (left,) = {"c1", "c2", "c3"} - {*first}
    assert await later(0.01) == []
    assert await later(0.02, left) == []
    assert await later(0.04, "c4") == [[left]]  # then one after another, in the order of coming
    assert await later(0.05, "c5", names=Names(frozenset({"c4"}))) == [["c4"]]
    assert await later(0.07) == [["c5"]]
    assert await later(0.08, "c6") == []
    saved.clear()
    await writer.end(a_fleet(300), 60.0, 60.0)
    assert saved == [["c6"]]
    saved.clear()
    await writer.end(a_fleet(300), 60.0, 60.0)
    assert saved == []


@pytest.mark.parametrize(("seconds", "most"), [(0.01, 60.0), (60.0, 0.0)])
async def test_at_the_end_a_disk_is_waited_for_so_long_and_then_nothing_is_written(
    book, monkeypatch, seconds, most
):
    monkeypatch.setattr(journal_writer, "AT_ONCE", 0)
    turns, fleet, saved = asyncio.Semaphore(0), a_fleet(2 * PIECE + 1), []
    book.save = lambda *_: saved.append(1) or True
    writer = JournalWriter(book, lambda: None, deadline=60.0, worker=Turnwise(turns))
    writer.later(fleet, Names(), (), frozenset(fleet.status.connections))
    turns.release()  # what stands beside the entries
    await writer.settled(60.0)
    turns.release()  # one piece of three
    with capture_logs() as logs:
        await writer.end(fleet, seconds, most)
        turns.release()
        await asyncio.sleep(0.05)
    assert len(saved) <= 2
    assert all(log["event"] != "saving failed" for log in logs)


async def test_while_the_journal_is_broken_every_turn_tries_again(book):
    writer = a_writer(book)
    writer.later(a_fleet(300), Names(), (), frozenset({"c1"}))
    await writer.settled(60.0)
    book.full = True
    with capture_logs():
        writer.later(a_fleet(300), Names(), (NEWS,))
        await writer.settled(60.0)
        assert writer.trouble is not None
        book.full = False
        writer.later(a_fleet(300), Names(), (), frozenset({"c1"}))
        await writer.settled(60.0)
    assert writer.trouble is None


async def test_nothing_is_waited_for_where_nothing_is_saved(book):
    await a_writer(book).settled(60.0)
    assert book.saved == []


async def test_what_cannot_be_intended_is_trouble(book):
    writer = a_writer(book)
    book.intend = lambda names: names
    await writer.intend(["btc-grid"])
    assert writer.trouble is None
    book.intend = lambda _: _raise(JournalError("no space is left on the disk"))
    with capture_logs():
        await writer.intend(["btc-grid"])
        assert "no space" in str(writer.trouble)
        book.intend = lambda _: 1 / 0
        await writer.intend(["btc-grid"])
        assert "ZeroDivisionError" in str(writer.trouble)
    hanging = JournalWriter(book, lambda: None, deadline=0.01)
    go = threading.Event()
    book.intend = lambda _: go.wait(60)
    with capture_logs():
        await hanging.intend(["btc-grid"])
    assert "TimeoutError" in str(hanging.trouble)
    go.set()


async def test_who_waits_for_a_halt_is_told_when_a_start_would_find_it(book):
    writer, fire = a_writer(book), Halted("fire", "ada")
    kept = asyncio.create_task(writer.keeps(fire))
    book.full = True
    with capture_logs():
        await writer.save(Record(Status(halted=fire), {}), ())
        assert not kept.done()
        book.full, book.halt_trouble = False, JournalError("no file")
        await writer.save(Record(Status(halted=fire), {}), ())
        assert not kept.done()
        book.halt_trouble = None
        await writer.save(Record(Status(halted=fire), {}), ())
        await asyncio.wait_for(kept, 60)
    await writer.keeps(fire)


def _raise(error):
    raise error


def changes_of(names):
    return [replace(NEWS, kind="connection", name=name) for name in names]


async def test_a_large_fleet_is_saved_a_piece_at_a_time_and_an_entry_with_its_change(book):
    pieces = []
    book.save = lambda _, changes, names: pieces.append((changes, names)) or True
    record = a_fleet(3 * PIECE)
    changes = changes_of(sorted(record.status.connections)[: PIECE + 20])
    await a_writer(book).save(record, changes, None)
    *parts, (_, last) = pieces
    assert [change for some, _ in pieces for change in some] == changes
    assert last is None
    assert all(max(len(some), len(names.connections)) <= PIECE for some, names in parts)
    everybody = [name for _, names in parts for name in names.connections]
    assert len(everybody) == len(set(everybody)) >= 2 * PIECE
    assert all(names.connections >= {change.name for change in some} for some, names in parts)


async def test_a_save_that_goes_on_is_no_trouble_and_a_halt_in_it_is_not_held_before(book):
    halted = Halted(by="me", reason="")
    whole = a_fleet(2 * PIECE)
    record = replace(whole, status=replace(whole.status, halted=halted))
    turns = asyncio.Semaphore(0)
    writer = JournalWriter(book, lambda: None, deadline=60.0, worker=Turnwise(turns))
    saving = asyncio.create_task(writer.save(record, ()))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(writer.settled(1.0))
    await asyncio.sleep(0)
    assert not writer.holds(halted)
    turns.release()  # one piece of three
    await waiting
    assert (writer.trouble, writer.hangs, writer.holds(halted)) == (None, False, True)
    await writer.settled(0.01)
    assert "did not answer" in str(writer.trouble)
    turns.release()
    turns.release()
    await saving
    assert writer.trouble is None


class Turnwise:
    """Makes a call each time that it may."""

    def __init__(self, turns):
        self._turns = turns

    async def call(self, function, *args):
        await self._turns.acquire()
        return function(*args)
