"""One reconcile cycle after another, with what people asked for applied in between."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import NamedTuple, Protocol

from bf_reconciler.daemon.breath import Breath
from bf_reconciler.facts import Seen
from bf_reconciler.reconcile import PART, Outside, Prober, Runtimes, Save, halt, reconcile
from bf_reconciler.reload import Reload
from bf_reconciler.schedule import HEARTBEAT, request_changed
from bf_reconciler.spec import Elsewhere, Names, Spec, without
from bf_reconciler.status import (
    NO_VERDICTS,
    Commits,
    Record,
    Recorded,
    Status,
    Transition,
    declarations,
    declared,
    file_halts,
    judgements,
    key_events,
    repeated,
    transitions,
    unwatched,
)
from bf_reconciler.turn import Turn

Edit = Callable[[Status, Mapping[str, Seen]], tuple[Status, Mapping[str, Seen]]]
"""What a person asks for: a change of what stood before the next turn."""


class Writer(Protocol):
    """Saves records, of these names; None is all. What is saved ``later`` is not waited for.

    Who is ``resting`` said again what was said before: that may be saved after a while.
    """

    async def keep(
        self, status: Status, seen: Mapping[str, Seen], names: Names | None = None
    ) -> None: ...

    async def save(
        self, record: Record, changes: tuple[Recorded, ...], names: Names | None = None
    ) -> None: ...

    def later(
        self,
        record: Record,
        names: Names,
        changes: tuple[Recorded, ...] = (),
        resting: frozenset[str] = frozenset(),
    ) -> None: ...


class _Asked(NamedTuple):
    """An edit, what it is in the history, and who waits for it."""

    edit: Edit
    events: tuple[Transition, ...]
    done: asyncio.Future[None]


class Cycle:
    """The state between turns, and the turn."""

    def __init__(
        self,
        prober: Prober,
        runtimes: Runtimes,
        writer: Writer,
        record: Record,
        publish: Callable[[Status, Status, tuple[Transition, ...]], None],
        wake: asyncio.Event,
        audit: Callable[[Turn], Awaitable[Turn]] | None = None,
    ) -> None:
        self._outside = Outside(prober, runtimes, self._keep, Breath(self._hurried))
        self._writer = writer
        self._publish = publish
        self._audit = audit
        self._edits: list[_Asked] = []
        self._reload: Reload | None = None
        self._unfinished: Mapping[str, Seen] | None = None
        """What was seen by a turn that has not ended; it may have broken."""
        self._last: Turn | None = None
        """The last turn; None after one that broke, so that the next one decides on everything."""
        self._declared = record.declared
        self._declared_by: Spec | None = None
        """What is recorded as declared, and the spec that it was taken from."""
        self._commits = Commits()
        """What the spec in force was read from."""
        self._verdicts = NO_VERDICTS
        self.spec: Spec | None = None
        self.status = record.status
        self.seen: Mapping[str, Seen] = {
            name: replace(memory, restored=True, asked=False, drill=None)
            for name, memory in record.seen.items()
        }
        self.wake = wake
        """Set to have a turn soon. It carries no data."""
        self.urgent = asyncio.Event()
        """Set with it where people wait for the turn: nobody rests before it."""

    @property
    def record(self) -> Record:
        """What the next start is to find."""
        return Record(self.status, self.seen)

    def take(self, reload: Reload) -> None:
        """Use this reading of the file from the next turn on."""
        self._reload = reload
        if reload.adopted is not None:
            self._commits = Commits(reload.adopted.commit)
        elif reload.documents is not None:
            self._commits = self._commits.with_files(reload.commit, reload.commits)
        self._hurry()

    async def edit(self, edit: Edit, *events: Transition) -> None:
        """Apply an edit with the next turn; returns when it has been carried out."""
        await self.soon(edit, *events)

    def soon(self, edit: Edit, *events: Transition) -> asyncio.Future[None]:
        """Apply an edit with the next turn; what is given is done when it has been carried out.

        ``events`` are saved and told with what the turn changes.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._edits.append(_Asked(edit, events, done))
        self._hurry()
        return done

    def _hurried(self) -> bool:
        """Whether people wait: what they asked for, or a commit, is not carried out yet."""
        return bool(self._edits) or self.urgent.is_set() or self.spec is not self._declared_by

    def _hurry(self) -> None:
        self.wake.set()
        self.urgent.set()

    def _keep(self, status: Status, seen: Mapping[str, Seen]) -> Save:
        """The next turn begins with what was seen, even if this one breaks."""
        self._unfinished = seen
        return partial(self._writer.keep, status, seen)

    async def turn(self, now: datetime) -> datetime:
        """Take one turn; returns when the next one is due at the latest."""
        edits = tuple(self._edits)  # they stay until they are carried out
        before, seen = self.status, self.seen if self._unfinished is None else self._unfinished
        for asked in edits:
            before, seen = asked.edit(before, seen)
        events = tuple(event for asked in edits for event in asked.events)
        if self._reload is not None:
            before, seen = self._reloaded(self._reload, before, seen)
        last, self._last = self._last, None
        turn = None
        if self.spec is not None:
            turn = await reconcile(self.spec, before, seen, self._outside, now, last)
            recorded = await self._recorded(turn, now)
            await self._end(turn.status, turn.seen, now, turn.changed, events, recorded)
            self._verdicts = turn.verdicts
        else:
            await self._end(await self._without_file(before, now), seen, now, events=events)
        del self._edits[: len(edits)]
        for asked in edits:
            if not asked.done.done():
                asked.done.set_result(None)
        if turn is not None and self._audit is not None:
            turn = await self._audit(turn)
        self._last = turn
        return turn.wake_at if turn is not None else now + HEARTBEAT

    def _reloaded(
        self, reload: Reload, before: Status, seen: Mapping[str, Seen]
    ) -> tuple[Status, Mapping[str, Seen]]:
        """Use what was read; where it is what is in force, nothing changes."""
        if reload.spec != self.spec:
            seen = request_changed(self.spec, reload.spec, seen)
            self.spec = reload.spec
            if reload.spec is not None:
                before, seen = self._let_go(reload.spec.elsewhere, before, seen)
        if reload.config != before.config:
            before = replace(before, config=reload.config)
        return before, seen

    async def _recorded(self, turn: Turn, now: datetime) -> list[Recorded]:
        """What was declared since the last turn, and what was judged otherwise."""
        found: list[Recorded] = []
        if turn.spec is not self._declared_by:
            before, since = self._declared, self._declared_by
            self._declared, self._declared_by = declared(turn.spec, before, since), turn.spec
            found += declarations(before, self._declared, turn.spec, self._commits, now)
        were, are = (self.seen, self._verdicts), (turn.seen, turn.verdicts)
        known = self.status.connections
        for part in turn.changed.parts(turn.spec, PART):
            await self._outside.breathe()
            found += judgements(turn.spec, were, are, now, part, known)
        return found

    def _let_go(
        self, elsewhere: Elsewhere, before: Status, seen: Mapping[str, Seen]
    ) -> tuple[Status, Mapping[str, Seen]]:
        """Forget what another shard looks after: it goes on, and nobody is told that it left."""
        self._outside.runtimes.let_go(elsewhere.strategies)
        self.status = _less(self.status, elsewhere)
        return _less(before, elsewhere), without(seen, elsewhere.connections)

    async def _without_file(self, before: Status, now: datetime) -> Status:
        """Where the file was refused and none is in force, only turn off."""
        if self._reload is not None or self._edits:  # until it is read, a restart is a no-op
            before = await halt(before, self._outside, now)
        if self._reload is not None:
            before = replace(before, connections=unwatched(before.connections, now), incidents=())
        return before

    async def _end(
        self,
        after: Status,
        seen: Mapping[str, Seen],
        now: datetime,
        names: Names | None = None,
        events: tuple[Transition, ...] = (),
        recorded: Iterable[Recorded] = (),
    ) -> None:
        """Save and tell what changed, among these names, and what people did.

        What is ``recorded`` beside that is saved alone.
        """
        found = file_halts(self.status, after, now)
        changes = (*events, *found, *await self._changes(after, now, names))
        record = Record(after, seen)
        if changes or self._edits or names is None:
            await self._writer.save(record, (*changes, *recorded), names)
        else:  # nobody is told anything, so nobody waits for the disk
            self._later(record, names, (*recorded,))
        published, self.status, self.seen, self._unfinished = self.status, after, seen, None
        self._publish(published, after, changes)

    def _later(self, record: Record, names: Names, recorded: tuple[Recorded, ...]) -> None:
        """Have saved what nobody is told, and at its leisure what only says again what it said."""
        before, after = self.status, record.status
        resting = repeated(before, after, self.seen, record.seen, names.connections)
        others = Names(names.connections - resting, names.strategies)
        self._writer.later(record, others, recorded, resting)

    async def _changes(
        self, after: Status, now: datetime, names: Names | None
    ) -> Iterable[Transition]:
        """What changed of keys, then of status words; others have the event loop in between."""
        keys: list[Transition] = []
        words: list[Transition] = []
        some = (names,) if names is None or self.spec is None else names.parts(self.spec, PART)
        for part in some:
            await self._outside.breathe()
            keys += key_events(self.status, after, now, part)
            words += transitions(self.status, after, now, part)
        return *keys, *words


def _less(status: Status, elsewhere: Elsewhere) -> Status:
    connections = without(status.connections, elsewhere.connections)
    strategies = without(status.strategies, elsewhere.strategies)
    if connections is status.connections and strategies is status.strategies:
        return status
    return replace(status, connections=connections, strategies=strategies)
