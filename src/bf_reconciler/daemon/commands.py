"""The commands and queries of the HTTP API, carried out on the daemon."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from bf_reconciler.daemon.cycle import Edit
from bf_reconciler.daemon.daemon import Daemon, utcnow
from bf_reconciler.daemon.lost_halt import halting
from bf_reconciler.daemon.refusal_report import RefusalReport
from bf_reconciler.daemon.worker import Worker
from bf_reconciler.facts import Language, Seen
from bf_reconciler.journal import JournalError
from bf_reconciler.metrics import Extras, render
from bf_reconciler.schedule import answered, request
from bf_reconciler.status import (
    ConnectionStatus,
    Kind,
    Status,
    Transition,
    evidence,
    halt_event,
    resume_event,
)
from bf_reconciler.verdict import Halted
from bf_reconciler.web import NotDurableError, Refusal

NO_TOKENS: Mapping[str, str] = {}
PATIENCE = timedelta(seconds=60)
"""How long a person who asks for a test waits for its end."""
BACKLOG = 16
HALT_SECONDS = 10.0
"""How long a person who pulls the kill switch waits until it is in force."""
HISTORY_SECONDS = 2.0
"""How long the journal may take for a page of its history."""
SYNC_SECONDS = 3.0
"""How long a disk that was too slow for a turn may take for a halt."""


class Commands:
    """What the routes ask; every write goes through an edit of the next turn."""

    def __init__(
        self,
        daemon: Daemon,
        tokens: Mapping[str, str] = NO_TOKENS,
        read_tokens: Mapping[str, str] = NO_TOKENS,
    ) -> None:
        self._daemon = daemon
        self._tokens, self._read_tokens = tokens, read_tokens
        self._refusals = RefusalReport(daemon.tallies)
        self._reader = Worker("history")

    @property
    def tokens(self) -> Mapping[str, str]:
        return self._tokens

    @property
    def read_tokens(self) -> Mapping[str, str]:
        return self._read_tokens

    def report_refusal(self, why: Refusal, client: str, request: str) -> None:
        self._refusals(why, client, request)

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
        daemon = self._daemon
        told = daemon.settings.monitoring
        links = (told.page_url, told.dashboard_url, told.runbook_url)
        extras = Extras(daemon.source.mode, daemon.last_completed, links, told.labels)
        return render(self.status(), extras, daemon.tallies, accept, summary=summary)

    def history(
        self, name: str | None, limit: int, before: datetime | None, kind: Kind | None = None
    ) -> Sequence[Transition]:
        try:
            if self._daemon.writer.hangs:
                raise TimeoutError  # noqa: TRY301 # as if it had been asked
            read = self._daemon.journal.history
            return self._reader.ask(HISTORY_SECONDS, read, name, limit, before, kind)
        except TimeoutError:
            raise web.HTTPServiceUnavailable(text="the journal does not answer") from None
        except JournalError as error:
            raise web.HTTPServiceUnavailable(text=str(error)) from None

    def evidence(self, name: str, language: Language) -> dict[str, Any] | None:
        cycle = self._daemon.cycle
        known = cycle.status.connections.get(name)
        if known is None:
            return None
        policy = cycle.spec.policy if cycle.spec is not None else None
        return evidence(known, cycle.seen.get(name), policy, language)

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
        ends = time.monotonic() + PATIENCE.total_seconds()
        await cycle.edit(_asking(name))
        while (left := ends - time.monotonic()) > 0 and cycle.spec is not None:
            memory = cycle.seen.get(name)
            if answered(cycle.spec, name, memory, asked_at, utcnow()):
                break
            if memory and not memory.asked:  # an older answer came, or is to be confirmed
                await cycle.edit(_asking(name))
            await self._daemon.next_turn(min(1.0, left))
        return self.status().connections.get(name)

    async def halt(self, reason: str, by: str, token: str = "") -> None:
        halt = Halted(reason, by, utcnow())
        self._daemon.tallies.command("halt", token)
        await self._durably(
            halting(halt),
            (halt_event(self.status(), halt, utcnow()),),
            "The halt is in force, and every strategy is told to be off; a restart may forget it",
        )

    async def resume(
        self, name: str | None, reason: str = "", by: str = "", token: str = ""
    ) -> bool:
        """Release the halt of a person, or the latch of a strategy."""
        status = self.status()
        if name is None:
            held = status.halted is not None
            self._daemon.tallies.command("resume", token)
            event = resume_event(status, utcnow(), reason=reason, by=by)
            done = "The halt is ended; a restart may bring it back"
            await self._durably(_released, (event,) if held else (), done)
            return held
        strategy = status.strategies.get(name)
        if strategy is None or strategy.memory is None or not strategy.memory.latched:
            return False
        self._daemon.tallies.command("resume_strategy", token)
        event = resume_event(status, utcnow(), reason=reason, by=by, strategy=name)
        await self._daemon.cycle.edit(_unlatching(name), event)
        return True

    async def _durably(self, edit: Edit, events: Sequence[Transition], done: str) -> None:
        """Carry out an edit of the halt, and see that a restart finds it.

        Raises:
            NotDurableError: It says what was done.
        """
        writer = self._daemon.writer
        try:
            async with asyncio.timeout(HALT_SECONDS):
                await self._daemon.cycle.edit(edit, *events)
                halted = self._daemon.cycle.status.halted
                if writer.trouble is not None or not writer.holds(halted):
                    await writer.settled(SYNC_SECONDS)  # a slow disk may still take it
        except TimeoutError:
            seconds = f"{HALT_SECONDS:g} s"
            raise NotDurableError(
                f"It is taken up, but no turn has ended within {seconds}; ask again"
            ) from None
        trouble = writer.trouble
        if trouble is None and not writer.holds(halted):
            trouble = JournalError(f"the journal did not take it within {SYNC_SECONDS:g} s")
        if trouble is not None:
            raise NotDurableError(f"{done}: {trouble}", full=trouble.full)


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
