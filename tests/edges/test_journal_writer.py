from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from bf_reconciler.daemon.journal_writer import JournalWriter
from bf_reconciler.facts import Reason
from bf_reconciler.journal import JournalError
from bf_reconciler.status import Record, Status, Transition

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
    """A journal on a disk that may be full."""

    def __init__(self):
        self.full = False
        self.last = EMPTY
        self.saved = []

    def save(self, record, changes):
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


async def test_what_is_kept_already_is_not_written_again(book):
    writer = JournalWriter(book, lambda: None)
    await writer.save(EMPTY, ())
    assert book.saved == []


async def test_a_full_disk_stops_nothing_and_what_it_missed_is_written_later(book):
    failures = []
    writer = JournalWriter(book, lambda: failures.append(1))
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
    writer = JournalWriter(book, lambda: None)
    with capture_logs() as logs:
        book.full = True
        await writer.save(Record(Status(generation=1), {}), ())
        book.full = False
        await writer.save(EMPTY, ())
        assert [log["event"] for log in logs] == ["journal cannot be written"]
        await writer.save(Record(Status(generation=1), {}), ())
    assert [log["event"] for log in logs][1:] == ["journal is written again"]
