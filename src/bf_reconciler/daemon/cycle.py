"""One turn after another: what people asked for, the line, and the news of it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from bf_reconciler.facts import Seen
from bf_reconciler.reconcile import Outside, halt, reconcile
from bf_reconciler.reload import Reload
from bf_reconciler.schedule import HEARTBEAT, request_changed
from bf_reconciler.spec import Spec
from bf_reconciler.status import Record, Status, Transition, transitions

Edit = Callable[[Status, Mapping[str, Seen]], tuple[Status, Mapping[str, Seen]]]
"""What a person asks for: a change of what stood before the next turn."""


class Saver(Protocol):
    """Keeps a record."""

    async def save(self, record: Record, changes: tuple[Transition, ...]) -> None: ...


class Cycle:
    """The state between turns, and the turn."""

    def __init__(
        self,
        outside: Outside,
        saver: Saver,
        record: Record,
        tell: Callable[[Status, Status, tuple[Transition, ...]], None],
        wake: asyncio.Event,
    ) -> None:
        self._world = outside
        self._saver = saver
        self._tell = tell
        self._edits: list[tuple[Edit, asyncio.Future[None]]] = []
        self._reload: Reload | None = None
        self._kept: Mapping[str, Seen] | None = None
        """What a turn that broke had kept."""
        self.spec: Spec | None = None
        self.status = record.status
        self.seen: Mapping[str, Seen] = {
            name: replace(memory, restored=True, asked=False)
            for name, memory in record.seen.items()
        }
        self.wake = wake
        """Set to have a turn soon. It carries no data."""

    def take(self, reload: Reload) -> None:
        """Use this reading of the file from the next turn on."""
        self._reload = reload
        self.wake.set()

    async def edit(self, edit: Edit) -> None:
        """Apply an edit with the next turn; returns when it has been carried out."""
        await self.soon(edit)

    def soon(self, edit: Edit) -> asyncio.Future[None]:
        """Apply an edit with the next turn; what is given is done when it has been carried out."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._edits.append((edit, done))
        self.wake.set()
        return done

    async def keep(self, status: Status, seen: Mapping[str, Seen]) -> None:
        """Keep what was seen, here too: what breaks later in the turn does not undo it."""
        await self._world.journal.keep(status, seen)
        self._kept = seen

    async def turn(self, now: datetime) -> datetime:
        """Take one turn; returns when the next one is due at the latest."""
        edits = tuple(self._edits)  # they stay until they are carried out
        before, seen = self.status, self.seen if self._kept is None else self._kept
        for edit, _ in edits:
            before, seen = edit(before, seen)
        if self._reload is not None:
            seen = request_changed(self.spec, self._reload.spec, seen)
            self.spec = self._reload.spec
            before = replace(before, config=self._reload.config)
        after, seen, wake_at = await self._act(self.spec, before, seen, now)
        changes = tuple(transitions(self.status, after, now))
        await self._saver.save(Record(after, seen), changes)
        told, self.status, self.seen, self._kept = self.status, after, seen, None
        self._tell(told, after, changes)
        del self._edits[: len(edits)]
        for _, done in edits:
            if not done.done():
                done.set_result(None)
        return wake_at

    async def _act(
        self, spec: Spec | None, before: Status, seen: Mapping[str, Seen], now: datetime
    ) -> tuple[Status, Mapping[str, Seen], datetime]:
        """Take the line, or halt where there is no file to take it with."""
        if spec is not None:
            return await reconcile(spec, before, seen, replace(self._world, journal=self), now)
        if before.halted is not None:
            before = await halt(before, self._world, now)
        return before, seen, now + HEARTBEAT
