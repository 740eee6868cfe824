"""Writes the journal beside the reconcile loop, and survives a disk that is full or hangs."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from operator import attrgetter

import structlog

from bf_reconciler.daemon.worker import Worker
from bf_reconciler.facts import Seen
from bf_reconciler.journal import Journal, JournalError
from bf_reconciler.spec import Names, Runtime
from bf_reconciler.status import Record, Recorded, Status, Transition
from bf_reconciler.verdict import Halted

MOST_OWED = 10_000
"""Records that wait for a journal that cannot be written; older ones are lost."""
PIECE = 100
"""Entries, and records, that are saved at a time: many more would take longer than the deadline
while all of a fleet is asked for the first time."""
REPEATED, AT_ONCE = 5.0, 100
"""So many connections a second, and so many at once, are saved of which only times are others."""
WITHIN = 300.0
"""Seconds in which it is everybody's turn: of a large fleet, more of them a second are saved."""
DEADLINE = 1.0
"""Seconds that a turn waits for a save, and within which a disk that answers takes a piece."""
BROKEN_DEADLINE = 0.05
"""Seconds that it waits while the journal is known to be broken."""
_around = attrgetter(
    "generation", "revision", "digest", "file_halt", "config", "incidents", "maintenance", "parted"
)
"""What of a status is saved beside its entries, and is no person's edit."""


class JournalWriter:
    """Hands records to the journal, which knows what of them is saved already.

    A journal that cannot be written (a full disk, another program that locks it, a disk that does
    not answer) must not keep a strategy from being turned off. So a save has a deadline: what it
    missed is logged, counted by ``failed``, and written by the next save that succeeds. While one
    hangs, only the newest record waits behind it.
    """

    def __init__(
        self,
        journal: Journal,
        failed: Callable[[], None],
        replaced: Callable[[], None] = lambda: None,
        worker: Worker | None = None,
        deadline: float = DEADLINE,
    ) -> None:
        self._journal = journal
        self._failed = failed
        self._replaced = replaced
        self._worker = worker or Worker("journal")
        self._deadline = deadline
        self._newest: Record | None = None
        self._unsaved: Names | None = Names()
        """Who is not saved as the newest record has it; None is everybody."""
        self._given: Status | None = None
        """What is saved, or being saved."""
        self._resting: dict[str, None] = {}
        """Connections that said again what was said before, in the order of their turns."""
        self._turns = float(AT_ONCE)
        self._counted = time.monotonic()
        """How many may be saved now, and since when that is counted."""
        self._saving: asyncio.Task[None] | None = None
        self._begun = 0.0
        """When the piece that is being saved was begun, monotonic."""
        self._pieces = 0
        """How many have been saved."""
        self._halted: tuple[Halted | None, ...] = ()
        """What the journal holds of the halt; empty where nothing has been saved yet."""
        self._owed: tuple[Recorded, ...] = ()
        self._told = False
        self._replacements = 0
        self._log = structlog.get_logger("bf_reconciler")
        self.trouble: JournalError | None = None
        """Why the newest record is not saved, or its halt not in both places; None: they are."""
        self._news = asyncio.Event()

    async def keep(
        self, status: Status, seen: Mapping[str, Seen], names: Names | None = None
    ) -> None:
        """Save what was seen before anything is done about it."""
        await self.save(Record(status, seen), (), names)

    async def save(
        self, record: Record, changes: Iterable[Recorded], names: Names | None = None
    ) -> None:
        """Save a status, what was seen, and what changed, of these names; None is all."""
        self._give(record, changes, names)
        await self.settled(self._deadline if self.trouble is None else BROKEN_DEADLINE)

    def later(
        self,
        record: Record,
        names: Names,
        changes: tuple[Recorded, ...] = (),
        resting: frozenset[str] = frozenset(),
    ) -> None:
        """Save a status in which nothing changed that anybody is told. Waits for nothing.

        Who is ``resting`` said again what was said before. What a crash takes of that is when it
        was said last, and a start asks everybody anew. So it is written at a pace, not at each
        probe: a database writes pages, some 50 kB for each connection.
        """
        names |= Names(self._rested(resting, len(record.status.connections)))
        if names or changes or self.trouble is not None or self._is_news(record.status):
            self._give(record, changes, names)
        waits = self._saving is not None and time.monotonic() - self._begun > self._deadline
        if waits and self.trouble is None:
            self._late()

    async def end(self, record: Record, seconds: float, most: float) -> None:
        """Save what still rests; nothing is written afterwards.

        A disk that takes nothing for ``seconds`` is given up, and any disk after ``most``.
        """
        if self._resting:
            self._give(record, (), Names(frozenset(self._resting)))
        ends, pieces = time.monotonic() + most, -1
        while self._saving is not None and pieces < self._pieces and time.monotonic() < ends:
            pieces = self._pieces
            await self.settled(seconds)
        if self._saving is not None:
            self._saving.cancel()

    async def intend(self, starting: Mapping[str, Runtime]) -> None:
        """Save that these are about to be turned on there."""
        intending = self._worker.call(self._journal.intend, starting)
        done, _ = await asyncio.wait({intending}, timeout=self._deadline)
        error = intending.exception() if done else TimeoutError()
        if isinstance(error, JournalError):
            self._broke(error)
        elif error is not None:
            self._broke(JournalError(f"it did not take what is intended ({type(error).__name__})"))

    async def settled(self, seconds: float) -> None:
        """Wait for the save that is under way, at most this long."""
        if self._saving is None:
            return
        pieces = self._pieces
        done, _ = await asyncio.wait({self._saving}, timeout=seconds)
        if not done and self.trouble is None and self._pieces == pieces:
            self._late()

    def holds(self, halted: Halted | None) -> bool:
        """Whether this halt, or that there is none, is what was saved last."""
        return self._halted == (halted,)

    async def keeps(self, halted: Halted | None) -> None:
        """Wait until a start would find this halt; None: no halt."""
        while not self.holds(halted):
            await self._news.wait()

    @property
    def hangs(self) -> bool:
        """Whether a save is under way that has not answered in time."""
        return self._saving is not None and self.trouble is not None

    def _is_news(self, status: Status) -> bool:
        """Whether another thing is to be saved beside the entries."""
        return self._given is None or _around(self._given) != _around(status)

    def _rested(self, resting: frozenset[str], count: int) -> frozenset[str]:
        """Whose turn it is to be saved, of so many."""
        counted, self._counted = self._counted, time.monotonic()
        pace = max(REPEATED, count / WITHIN)
        self._turns = min(self._turns + pace * (self._counted - counted), AT_ONCE)
        for name in resting:
            self._resting.setdefault(name)
        some = frozenset(islice(self._resting, int(self._turns)))
        self._turns -= len(some)
        return some

    def _give(self, record: Record, changes: Iterable[Recorded], names: Names | None) -> None:
        self._owed = (*self._owed, *changes)[-MOST_OWED:]
        self._newest, self._given = record, record.status
        for name in (*self._resting,) if names is None else names.connections:
            self._resting.pop(name, None)
        self._unsaved = _both(self._unsaved, names)
        if self._saving is None:
            self._begun = time.monotonic()
            self._saving = asyncio.create_task(self._save(), name="journal")

    async def _save(self) -> None:
        """Save the newest record until there is none newer."""
        while self._newest is not None:
            record, self._newest = self._newest, None
            changes, self._owed = self._owed, ()
            names, self._unsaved = self._unsaved, Names()
            written = False
            try:
                for some, part in _pieces(record, changes, names):
                    self._begun = time.monotonic()
                    written |= await self._worker.call(self._journal.save, record, some, part)
                    changes = changes[len(some) :]
                    self._pieces += 1
                    self._take_note(record.status.halted)
                self._saved(written)
            except JournalError as error:
                self._unsaved = None
                self._owed = (*changes, *self._owed)[-MOST_OWED:]
                self._broke(error)
            except Exception as error:  # noqa: BLE001 # a fault of ours stops no turn
                self._unsaved = None
                self._log.error("saving failed", exc_info=error)
                self._broke(JournalError(f"saving failed ({type(error).__name__})"))
        self._saving = None

    def _take_note(self, halted: Halted | None) -> None:
        """The journal holds this; where the file beside it does, too, nobody waits any more."""
        if self._journal.halt_trouble is None:
            self._halted = (halted,)
            self._news.set()
            self._news = asyncio.Event()

    def _saved(self, written: bool) -> None:  # noqa: FBT001 # as the journal says it
        self.trouble = None
        if self._journal.replacements != self._replacements:
            self._replacements = self._journal.replacements
            self._failed()
            self._replaced()
        if self._journal.halt_trouble is not None:
            self._broke(self._journal.halt_trouble)
        elif written and self._told:
            self._log.info("journal can be written again")
            self._told = False

    def _late(self) -> None:
        self._broke(JournalError(f"the journal did not answer within {self._deadline:g} s"))

    def _broke(self, trouble: JournalError) -> None:
        self.trouble = trouble
        self._failed()
        if not self._told:
            self._log.error("journal cannot be written", message=str(trouble))
        self._told = True


def _pieces(
    record: Record, changes: tuple[Recorded, ...], names: Names | None
) -> Iterator[tuple[tuple[Recorded, ...], Names | None]]:
    """Changes and names to save together, a piece at a time.

    An entry goes with its first change. Of everybody, the last piece is None: it looks for those
    who are gone, and finds the others saved.
    """
    status = record.status
    left = names
    if left is None:
        left = Names(frozenset((*status.connections, *record.seen)), frozenset(status.strategies))
    while max(len(changes), len(left.connections), len(left.strategies)) > PIECE:
        some, changes = changes[:PIECE], changes[PIECE:]
        part = Names(
            _first(left.connections, (c.name for c in some if not _of_strategy(c))),
            _first(left.strategies, (c.name for c in some if _of_strategy(c))),
        )
        left = Names(left.connections - part.connections, left.strategies - part.strategies)
        yield some, part
    yield changes, None if names is None else left


def _of_strategy(change: Recorded) -> bool:
    return isinstance(change, Transition) and change.kind == "strategy"


def _first(names: frozenset[str], preferred: Iterable[str]) -> frozenset[str]:
    """Some of these names: the preferred ones, and others up to the size of a piece."""
    chosen = names.intersection(preferred)
    return chosen | frozenset(islice(names - chosen, max(PIECE - len(chosen), 0)))


def _both(one: Names | None, other: Names | None) -> Names | None:
    """The names of both; None is all of them."""
    return None if one is None or other is None else one | other
