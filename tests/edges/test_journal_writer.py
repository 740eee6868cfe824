from datetime import UTC, datetime

import pytest

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
        self.saved = []

    def save(self, record, changes):
        if self.full:
            raise JournalError("no space is left on the disk")
        self.saved.append((record, changes))


@pytest.fixture
def book():
    return Book()


async def test_what_is_kept_already_is_not_written_again(book):
    writer = JournalWriter(book, EMPTY, lambda: None)
    await writer.save(EMPTY, ())
    assert book.saved == []


async def test_a_full_disk_stops_nothing_and_what_it_missed_is_written_later(book):
    failures = []
    writer = JournalWriter(book, EMPTY, lambda: failures.append(1))
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
