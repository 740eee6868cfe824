"""Writes the journal beside the reconcile loop, in a thread, and survives a full disk."""

import asyncio
from collections.abc import Callable, Iterable, Mapping

import structlog

from bf_reconciler.facts import Seen
from bf_reconciler.journal import Journal, JournalError
from bf_reconciler.status import Record, Status, Transition

MOST_OWED = 10_000
"""Transitions that wait for a journal that cannot be written; older ones are lost."""


class JournalWriter:
    """Hands records to the journal, which knows what of them is saved already.

    A journal that cannot be written (a full disk) must not keep a strategy from being turned off.
    So that is logged, counted by ``failed``, and the next save writes what this one could not.
    """

    def __init__(self, journal: Journal, failed: Callable[[], None]) -> None:
        self._journal = journal
        self._failed = failed
        self._broken = False
        self._owed: tuple[Transition, ...] = ()
        self._log = structlog.get_logger("bf_reconciler")

    async def keep(self, status: Status, seen: Mapping[str, Seen]) -> None:
        """Save what was seen before anything is done about it."""
        await self.save(Record(status, seen), ())

    async def save(self, record: Record, changes: Iterable[Transition]) -> None:
        """Save a status, what was seen, and what changed."""
        changes = (*self._owed, *changes)
        try:
            written = await asyncio.to_thread(self._journal.save, record, changes)
        except JournalError as error:
            self._owed = changes[-MOST_OWED:]
            self._failed()
            if not self._broken:
                self._log.error("journal cannot be written", message=str(error))
            self._broken = True
            return
        self._owed = ()
        if written and self._broken:
            self._log.info("journal can be written again")
            self._broken = False
