"""Keeps the journal beside the line: in a thread, and only what is new."""

import asyncio
from collections.abc import Iterable, Mapping

from bf_reconciler.facts import Seen
from bf_reconciler.journal import Journal
from bf_reconciler.status import Record, Status, Transition


class Keeper:
    """Writes to the journal when there is something to write."""

    def __init__(self, journal: Journal, record: Record) -> None:
        self._journal = journal
        self._kept = record

    async def keep(self, status: Status, seen: Mapping[str, Seen]) -> None:
        """Keep what was seen before anything is done about it."""
        await self.save(Record(status, seen), ())

    async def save(self, record: Record, changes: Iterable[Transition]) -> None:
        """Keep a status, what was seen, and what changed."""
        changes = tuple(changes)
        if not changes and record == self._kept:
            return
        await asyncio.to_thread(self._journal.save, record, changes)
        self._kept = record
