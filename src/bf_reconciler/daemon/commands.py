"""The commands and queries of the HTTP API, carried out on the daemon."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ParamSpec, TypeVar

from aiohttp import web

from bf_reconciler.daemon.cycle import Edit
from bf_reconciler.daemon.daemon import Daemon, utcnow
from bf_reconciler.daemon.lost_halt import halting
from bf_reconciler.daemon.refusal_report import RefusalReport
from bf_reconciler.daemon.worker import Worker
from bf_reconciler.facts import Drill, Language, Seen
from bf_reconciler.journal import JournalError
from bf_reconciler.metrics import Exposition, Extras
from bf_reconciler.schedule import answered, request
from bf_reconciler.status import (
    ConnectionStatus,
    Kind,
    Status,
    Transition,
    evidence,
    halt_event,
    present_stolen,
    resume_event,
    stolen,
)
from bf_reconciler.verdict import Halted
from bf_reconciler.web.backend import NotDurableError, Refusal

P = ParamSpec("P")
T = TypeVar("T")
NO_TOKENS: Mapping[str, str] = {}
PATIENCE = timedelta(seconds=60)
"""How long a person who asks for a test waits for its end."""
BACKLOG = 16
HALT_SECONDS = 10.0
"""How long a person who pulls the kill switch waits until it is in force."""
HISTORY_SECONDS = 2.0
"""How long the journal may take for a page of its history."""
ENGINES_SECONDS = 2.0
"""How long a halt that is kept waits for engines to confirm it, so that it can say which do not."""


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
        self._exposition = Exposition()

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

    def metrics(self, accept: str, *, summary: bool, gzip: bool) -> tuple[Iterator[bytes], str]:
        daemon = self._daemon
        told = daemon.settings.monitoring
        links = (told.page_url, told.dashboard_url, told.runbook_url)
        spec = daemon.cycle.spec
        ratios = spec.request_ratios if spec is not None else {}
        extras = Extras(daemon.source.mode, daemon.last_completed, links, told.labels, ratios)
        return self._exposition.render(
            self.status(), extras, daemon.tallies, accept, summary=summary, gzip=gzip
        )

    def history(
        self, name: str | None, limit: int, before: datetime | None, kind: Kind | None = None
    ) -> Sequence[Transition]:
        return self._read(self._daemon.journal.history, name, limit, before, kind)

    def journal(self, table: str, after: int | None, limit: int) -> dict[str, Any]:
        return self._read(self._daemon.journal.page, table, after, limit)

    def _read(self, read: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        """What the journal answers in time."""
        try:
            if self._daemon.writer.hangs:
                raise TimeoutError  # noqa: TRY301 # as if it had been asked
            return self._reader.ask(HISTORY_SECONDS, partial(read, *args, **more))
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

    def stolen(self, name: str, language: Language) -> dict[str, Any] | None:
        cycle = self._daemon.cycle
        elsewhere = cycle.spec.elsewhere.keys if cycle.spec is not None else {}
        found = stolen(cycle.status, cycle.seen.get(name), name, elsewhere)
        return present_stolen(found, language) if found is not None else None

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

    async def drill(self, name: str, seconds: float, by: str, token: str = "") -> datetime:
        """Have a canary count as failed for so long; 0 ends it.

        Raises:
            LookupError: No connection has this name.
            ValueError: It is no canary, or was not tested yet.
        """
        cycle = self._daemon.cycle
        if name not in cycle.status.connections:
            raise LookupError(name)
        entry = cycle.spec.connections.get(name) if cycle.spec is not None else None
        if entry is None or entry.connection.canary is None:
            raise ValueError("it is no canary: its entry has no expect.status")
        if name not in cycle.seen:
            raise ValueError("it was not tested yet")
        self._daemon.tallies.command("drill", token)
        until = utcnow() + timedelta(seconds=seconds)
        await cycle.edit(_drilling(name, Drill(until, by) if seconds else None))
        return until

    async def halt(self, reason: str, by: str, token: str = "") -> Status:
        halt = Halted(reason, by, utcnow())
        self._daemon.tallies.command("halt", token)
        turn = self._daemon.cycle.soon(halting(halt), halt_event(self.status(), halt, utcnow()))
        kept = asyncio.create_task(self._daemon.writer.keeps(halt))
        done = "The halt is in force, and every strategy is told to be off; a restart may forget it"
        try:
            await self._durably(turn, done, kept)
        finally:
            kept.cancel()
        await asyncio.wait({turn}, timeout=ENGINES_SECONDS)
        return replace(self.status(), halted=halt)

    async def resume(
        self, name: str | None, reason: str = "", by: str = "", token: str = ""
    ) -> bool:
        """Release the halt of a person, or the latch of a strategy."""
        status = self.status()
        if name is None:
            held = status.halted is not None
            self._daemon.tallies.command("resume", token)
            event = resume_event(status, utcnow(), reason=reason, by=by)
            turn = self._daemon.cycle.soon(_released, *((event,) if held else ()))
            await self._durably(turn, "The halt is ended; a restart may bring it back")
            return held
        strategy = status.strategies.get(name)
        if strategy is None or strategy.memory is None or not strategy.memory.latched:
            return False
        self._daemon.tallies.command("resume_strategy", token)
        event = resume_event(status, utcnow(), reason=reason, by=by, strategy=name)
        await self._daemon.cycle.edit(_unlatching(name), event)
        return True

    async def _durably(
        self, turn: asyncio.Future[None], done: str, kept: asyncio.Future[None] | None = None
    ) -> None:
        """See that a restart finds what a turn carries out; ``kept`` is done as soon as it would.

        Raises:
            NotDurableError: It says what was done.
        """
        writer, ends = self._daemon.writer, time.monotonic() + HALT_SECONDS
        waits = {turn} if kept is None else {turn, kept}
        await asyncio.wait(waits, timeout=HALT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if kept is not None and kept.done():
            return
        if not turn.done():
            seconds = f"{HALT_SECONDS:g} s"
            raise NotDurableError(
                f"It is taken up, but no turn has ended within {seconds}; ask again"
            )
        halted = self._daemon.cycle.status.halted
        if writer.trouble is not None or not writer.holds(halted):
            await writer.settled(ends - time.monotonic())  # a slow disk may still take it
        trouble = writer.trouble
        if trouble is None and not writer.holds(halted):
            trouble = JournalError(f"the journal did not take it within {HALT_SECONDS:g} s")
        if trouble is not None:
            raise NotDurableError(f"{done}: {trouble}", full=trouble.full)


def _asking(name: str) -> Edit:
    """Have it probed now. What was never seen is probed anyway."""

    def edit(status: Status, seen: Mapping[str, Seen]) -> tuple[Status, Mapping[str, Seen]]:
        return status, request(seen, {name})

    return edit


def _drilling(name: str, drill: Drill | None) -> Edit:
    def edit(status: Status, seen: Mapping[str, Seen]) -> tuple[Status, Mapping[str, Seen]]:
        memory = seen.get(name)
        if memory is None:
            return status, seen
        return status, {**seen, name: replace(memory, drill=drill)}

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
