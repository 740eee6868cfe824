"""Keeps the journal beside the line: in a thread, and only what is new."""

import asyncio
from collections.abc import Callable, Iterable, Mapping

import structlog

from bf_reconciler.facts import Seen
from bf_reconciler.journal import Journal, JournalError
from bf_reconciler.status import Record, Status, Transition

MOST_OWED = 10_000
"""Transitions that wait for a journal that cannot be written; older ones are lost."""


class JournalWriter:
    """Writes to the journal when there is something to write.

    A journal that cannot be written (a full disk) must not keep a strategy from being turned off.
    So that is told, counted by ``failed``, and the next save writes what this one could not.
    """

    def __init__(self, journal: Journal, record: Record, failed: Callable[[], None]) -> None:
        self._journal = journal
        self._kept = record
        self._failed = failed
        self._broken = False
        self._owed: tuple[Transition, ...] = ()
        self._log = structlog.get_logger("bf_reconciler")

    async def keep(self, status: Status, seen: Mapping[str, Seen]) -> None:
        """Keep what was seen before anything is done about it."""
        await self.save(Record(status, seen), ())

    async def save(self, record: Record, changes: Iterable[Transition]) -> None:
        """Keep a status, what was seen, and what changed."""
        changes = (*self._owed, *changes)
        if not changes and record == self._kept:
            return
        try:
            await asyncio.to_thread(self._journal.save, record, changes)
        except JournalError as error:
            self._owed = changes[-MOST_OWED:]
            self._failed()
            if not self._broken:
                self._log.error("journal cannot be written", message=str(error))
            self._broken = True
            return
        if self._broken:
            self._log.info("journal can be written again")
        self._kept, self._owed, self._broken = record, (), False
