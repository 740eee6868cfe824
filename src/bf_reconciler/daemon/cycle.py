"""One reconcile cycle after another, with what people asked for applied in between."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from bf_reconciler.facts import Seen
from bf_reconciler.reconcile import Outside, Prober, Runtimes, halt, reconcile
from bf_reconciler.reload import Reload
from bf_reconciler.schedule import HEARTBEAT, request_changed
from bf_reconciler.spec import Spec
from bf_reconciler.status import Record, Status, Transition, transitions, unwatched

Edit = Callable[[Status, Mapping[str, Seen]], tuple[Status, Mapping[str, Seen]]]
"""What a person asks for: a change of what stood before the next turn."""


class Writer(Protocol):
    """Saves records."""

    async def keep(self, status: Status, seen: Mapping[str, Seen]) -> None: ...

    async def save(self, record: Record, changes: tuple[Transition, ...]) -> None: ...


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
    ) -> None:
        self._outside = Outside(prober, runtimes, self._keep)
        self._writer = writer
        self._publish = publish
        self._edits: list[tuple[Edit, asyncio.Future[None]]] = []
        self._reload: Reload | None = None
        self._unfinished: Mapping[str, Seen] | None = None
        """What was seen by a turn that has not ended; it may have broken."""
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

    async def _keep(self, status: Status, seen: Mapping[str, Seen]) -> None:
        """Save what was seen. The next turn begins with it, even if this one breaks."""
        await self._writer.keep(status, seen)
        self._unfinished = seen

    async def turn(self, now: datetime) -> datetime:
        """Take one turn; returns when the next one is due at the latest."""
        edits = tuple(self._edits)  # they stay until they are carried out
        before, seen = self.status, self.seen if self._unfinished is None else self._unfinished
        for edit, _ in edits:
            before, seen = edit(before, seen)
        if self._reload is not None:
            seen = request_changed(self.spec, self._reload.spec, seen)
            self.spec = self._reload.spec
            before = replace(before, config=self._reload.config)
        after, seen, wake_at = await self._act(self.spec, before, seen, now)
        changes = tuple(transitions(self.status, after, now))
        await self._writer.save(Record(after, seen), changes)
        published, self.status, self.seen, self._unfinished = self.status, after, seen, None
        self._publish(published, after, changes)
        del self._edits[: len(edits)]
        for _, done in edits:
            if not done.done():
                done.set_result(None)
        return wake_at

    async def _act(
        self, spec: Spec | None, before: Status, seen: Mapping[str, Seen], now: datetime
    ) -> tuple[Status, Mapping[str, Seen], datetime]:
        """Take the line; where the file was refused and none is in force, only turn off."""
        if spec is not None:
            return await reconcile(spec, before, seen, self._outside, now)
        if self._reload is not None or self._edits:  # until it is read, a restart is a no-op
            before = await halt(before, self._outside, now)
        if self._reload is not None:
            before = replace(before, connections=unwatched(before.connections, now), incidents=())
        return before, seen, now + HEARTBEAT
