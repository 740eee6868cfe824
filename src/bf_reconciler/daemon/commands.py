"""The commands and queries of the HTTP API, carried out on the daemon."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bf_reconciler.daemon.cycle import Edit
from bf_reconciler.daemon.daemon import Daemon, utcnow
from bf_reconciler.facts import Seen
from bf_reconciler.metrics import Extras, render
from bf_reconciler.schedule import answered, request
from bf_reconciler.status import ConnectionStatus, Status, Transition
from bf_reconciler.verdict import Halted

PATIENCE = timedelta(seconds=60)
"""How long a person who asks for a test waits for its end."""
BACKLOG = 16


class Commands:
    """What the routes ask; every write goes through an edit of the next turn."""

    def __init__(
        self, daemon: Daemon, token: str | None = None, read_token: str | None = None
    ) -> None:
        self._daemon = daemon
        self._token, self._read_token = token, read_token

    @property
    def token(self) -> str | None:
        return self._token

    @property
    def read_token(self) -> str | None:
        return self._read_token

    @property
    def host(self) -> str:
        return self._daemon.settings.listen.host

    def status(self) -> Status:
        return self._daemon.cycle.status

    def health(self) -> tuple[bool, str]:
        return self._daemon.healthy()

    def ready(self) -> tuple[bool, str]:
        return self._daemon.ready()

    def metrics(self, accept: str, *, summary: bool) -> tuple[Iterator[bytes], str]:
        extras = Extras(self._daemon.source.mode, self._daemon.last_completed)
        return render(self.status(), extras, self._daemon.tallies, accept, summary=summary)

    def history(
        self, name: str | None, limit: int, before: datetime | None
    ) -> Sequence[Transition]:
        return self._daemon.journal.history(name, limit, before)

    async def subscribe(self) -> AsyncIterator[tuple[Status, Sequence[Transition]]]:
        queue: asyncio.Queue[tuple[Status, tuple[Transition, ...]]] = asyncio.Queue(BACKLOG)
        self._daemon.news.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._daemon.news.discard(queue)

    async def reload(self) -> Status:
        await self._daemon.reload()
        return self.status()

    async def test(self, name: str) -> ConnectionStatus | None:
        """Probe now, and again where what it found must be confirmed."""
        if name not in self.status().connections:
            return None
        asked_at, cycle = utcnow(), self._daemon.cycle
        await cycle.edit(_asking(name))
        while (at := utcnow()) < asked_at + PATIENCE and cycle.spec is not None:
            memory = cycle.seen.get(name)
            if answered(cycle.spec, name, memory, asked_at, at):
                break
            if memory and not memory.asked:  # an older answer came, or is to be confirmed
                await cycle.edit(_asking(name))
            await self._daemon.next_turn(min(1.0, (asked_at + PATIENCE - at).total_seconds()))
        return self.status().connections.get(name)

    async def halt(self, reason: str, by: str) -> None:
        halted = Halted(reason, by, utcnow())
        await self._daemon.cycle.edit(
            lambda status, seen: (replace(status, halted=halted), seen),
        )

    async def resume(self, name: str | None) -> bool:
        """Release the halt of a person, or the latch of a strategy."""
        status = self.status()
        if name is None:
            held = status.halted is not None
            await self._daemon.cycle.edit(_released)
            return held
        strategy = status.strategies.get(name)
        if strategy is None or strategy.memory is None or not strategy.memory.latched:
            return False
        await self._daemon.cycle.edit(_unlatching(name))
        return True


def _asking(name: str) -> Edit:
    """Have it probed now. What was never seen is probed anyway."""

    def edit(status: Status, seen: Mapping[str, Seen]) -> tuple[Status, Mapping[str, Seen]]:
        return status, request(seen, {name})

    return edit


def _released(status: Status, seen: Mapping[str, Seen]) -> tuple[Status, Mapping[str, Seen]]:
    """No halt; what is not known from this life of the process is asked at once."""
    restored = {name for name, memory in seen.items() if memory.restored}
    return replace(status, halted=None), request(seen, restored)


def _unlatching(name: str) -> Edit:
    def edit(status: Status, seen: Mapping[str, Seen]) -> tuple[Status, Mapping[str, Seen]]:
        strategy = status.strategies.get(name)
        if strategy is None or strategy.memory is None:
            return status, seen
        memory = replace(strategy.memory, latched=False)
        strategies = {**status.strategies, name: replace(strategy, memory=memory)}
        return _asking(strategy.connection)(replace(status, strategies=strategies), seen)

    return edit
