"""The daemon: reads the file, runs cycles, publishes each Status, and survives failures."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bf_reconciler import logs
from bf_reconciler.daemon import log_lines
from bf_reconciler.daemon.audit import Audit
from bf_reconciler.daemon.breath import Breath
from bf_reconciler.daemon.cycle import Cycle
from bf_reconciler.daemon.guarded_runtimes import GuardedRuntimes
from bf_reconciler.daemon.heartbeat import HeartbeatSender, Pass
from bf_reconciler.daemon.journal_writer import JournalWriter
from bf_reconciler.daemon.kept_document import KeptDocument, KeptFolder
from bf_reconciler.daemon.lost_halt import halting, lost_halt
from bf_reconciler.daemon.probe_counts import ProbeCounts
from bf_reconciler.daemon.wiring import make_reloader, make_source
from bf_reconciler.journal import Journal
from bf_reconciler.metrics import Tallies
from bf_reconciler.probe import Prober
from bf_reconciler.reload import DIRTY, FolderReloader, Reload, Reloader, secrets
from bf_reconciler.runtimes import Bounds, Owner
from bf_reconciler.schedule import HEARTBEAT, backoff, complete, rest_after, settled
from bf_reconciler.settings import Settings
from bf_reconciler.sops import KEY_REASONS
from bf_reconciler.spec import Names, Runtime, Spec, prepare, share
from bf_reconciler.status import Status, Transition, halt_event
from bf_reconciler.verdict import StrategyMemory

DEADLINE = 60.0
"""Seconds: a loop that has not finished a pass for this long is not healthy."""
COMMIT_SECONDS = 10.0
"""Content that is in force but not committed may be committed later: the file stays the same."""
FIRST_RETRY, LAST_RETRY = timedelta(seconds=5), timedelta(seconds=300)
"""Waits after transient failures to read the file; each is twice the one before."""
LAST_KEY_RETRY = timedelta(seconds=40)
"""The longest of these waits for a key: it asks nobody outside, and is to heal in a minute."""
KEY_SECONDS = 2.0
"""Between two looks at the files with the keys of sops, while one is waited for."""


def utcnow() -> datetime:
    return datetime.now(UTC)


class Daemon:
    """Everything that lives as long as the process does."""

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        prober: Prober,
        environ: Mapping[str, str],
        wake: asyncio.Event,
    ) -> None:
        self.settings = settings
        self.journal = journal
        self.tallies = Tallies(logs.dropped, lambda: len(journal.altered))
        self.source = make_source(settings)
        self.log = structlog.get_logger("bf_reconciler")
        record = journal.load()
        self.document = KeptDocument(settings.state_dir)
        self.documents = KeptFolder(settings.state_dir)
        self.reloader = make_reloader(
            settings,
            environ,
            journal.pepper(),
            record.status,
            self.source,
            kept=self.documents.read,
        )
        self.writer = JournalWriter(
            journal, self.tallies.error, partial(self.tallies.folder_replaced, "state")
        )
        self.bounds = Bounds(
            settings.state_dir,
            settings.runtime_root,
            settings.process_root,
            Owner(str(settings.shard), utcnow()) if settings.shard.count > 1 else None,
            partial(self.tallies.folder_replaced, "strategies"),
        )
        shown = record.status.confirmed
        self.runtimes = GuardedRuntimes(self.bounds, wake.set, _Memory(self), shown)
        self.probe_counts = ProbeCounts(prober, self.tallies)
        self.cycle = Cycle(
            self.probe_counts,
            self.runtimes,
            self.writer,
            record,
            self._publish,
            wake,
            Audit(self._drifted, Breath()),
        )
        self.last_completed: datetime | None = None
        self._begun = self._turned = time.monotonic()
        self.first_pass_done = False
        """The first whole pass is done: every connection was probed or is not to be."""
        self._passing: Spec | None = None
        self._unsettled: list[str] = []
        """Who may still wait for a probe, of this spec."""
        self.news: set[asyncio.Queue[tuple[Status, tuple[Transition, ...]]]] = set()
        if isinstance(self.reloader, FolderReloader):
            self.reloader.halting = self._halt_early
        self.heartbeat = _heartbeat(self)
        self.notify: Callable[[Status, tuple[Transition, ...]], None] | None = None
        """Who else is given every Status; it must not wait."""
        self._halt_looked_for = False
        self._failed_loads = 0
        self._reload_wanted = asyncio.Event()
        self._turn_ended = asyncio.Event()
        self._asked: list[asyncio.Future[Reload]] = []

    def want_reload(self) -> None:
        """The file may have changed. Carries no data; may be called from any signal."""
        self._reload_wanted.set()

    async def reload(self) -> Reload:
        """Read the file now because a person asks; returns when the result is in force."""
        answer: asyncio.Future[Reload] = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        self._reload_wanted.set()
        return await answer

    async def load(self, *, asked: bool = False) -> Reload:
        """Read the file, and have it used from the next turn on."""
        before = self.reloader.last
        reload = await self.reloader.reload(utcnow(), asked=asked)
        if reload.spec is None and isinstance(self.reloader, Reloader):
            reload = await self._fall_back(self.reloader, reload)
        self._failed_loads = self._failed_loads + 1 if reload.transient else 0
        mine: Spec | None = None
        if reload.spec is not None:
            await asyncio.to_thread(logs.REDACTOR.learn, secrets(reload.spec, before.spec))
            mine = await asyncio.to_thread(self._mine, reload.spec)
            await self._find_lost_halt(mine)
        log_lines.log_config(self.log, before.config, reload.config)
        if reload.rolled_back:
            self.tallies.rollback()
            log_lines.log_rollback(self.log, before.config, reload.config)
        self._take(reload, mine)
        await self.document.keep(reload)
        await self.documents.keep(reload)
        return reload

    def _mine(self, spec: Spec) -> Spec:
        """What of it is this daemon's, with what every turn needs of the whole. Takes its time."""
        mine = share(spec, self.settings.shard)
        prepare(mine, self.cycle.spec)
        return mine

    def _halt_early(self, reload: Reload) -> None:
        """Use a halt before the rest is read."""
        shard = self.settings.shard
        self._take(reload, share(reload.spec, shard) if reload.spec is not None else None)

    def _take(self, reload: Reload, spec: Spec | None) -> None:
        """Use this reading, and of its entries this daemon's, from the next turn on."""
        shard, url = self.settings.shard, self.settings.monitoring.shard_url
        config = reload.config
        if shard.count > 1:
            config = replace(config, shard=str(shard), shard_url=url)
        self.cycle.take(replace(reload, spec=spec, config=config))

    async def _fall_back(self, reloader: Reloader, refused: Reload) -> Reload:
        """Use the last good document of an earlier life, if there is one: keys stay guarded."""
        committed = await self.document.read()
        if committed is None:
            return refused
        reload = await reloader.fall_back(committed, utcnow())
        if reload.spec is not None:
            self.log.warning("last good file in force", digest=reload.spec.digest)
        return reload

    async def _find_lost_halt(self, spec: Spec) -> None:
        """Before anything is told to run: whether the runtimes remember a halt that we do not."""
        if self._halt_looked_for:
            return
        self._halt_looked_for = True
        halted = await lost_halt(spec, self.cycle.status, self.bounds, utcnow())
        if halted is not None:
            event = halt_event(self.cycle.status, halted, utcnow())
            self.cycle.soon(halting(halted), event)

    async def keep_loading(self) -> None:
        """Read the file whenever it may have changed, or when a failure may have passed."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience()):
                    await self._reload_wanted.wait()
            self._reload_wanted.clear()
            answers, self._asked = self._asked, []
            reload = await self.load(asked=bool(answers))
            if answers:  # not waited for: where turns break, another file may be what heals them
                turned = self.cycle.soon(lambda status, seen: (status, seen))
                turned.add_done_callback(partial(_answer, answers, reload))

    async def keep_looking_for_keys(self) -> None:
        """Have the file read again as soon as a key of sops, or sops itself, has changed."""
        while True:
            await asyncio.sleep(KEY_SECONDS)
            if await asyncio.to_thread(self.reloader.keys_changed):
                self.want_reload()

    def _patience(self) -> float | None:
        """Seconds after which to read the file though nothing says that it changed."""
        last = self.reloader.last
        if last.transient:
            longest = LAST_KEY_RETRY if last.config.reason in KEY_REASONS else LAST_RETRY
            return backoff(self._failed_loads, FIRST_RETRY, longest).total_seconds()
        return COMMIT_SECONDS if last.spec and last.spec.revision.endswith(DIRTY) else None

    async def turn(self) -> datetime:
        """Take one turn; what goes wrong in it is told, and the next turn tries again."""
        begun, seen = utcnow(), self.cycle.seen
        try:
            wake_at = await self.cycle.turn(begun)
        except Exception as error:  # the last resort: the loop must live
            self.tallies.error()
            self.log.exception("reconcile failed", error=type(error).__name__)
            return begun + timedelta(seconds=1)
        self.last_completed, self._turned = utcnow(), time.monotonic()
        self.tallies.reconciled((self.last_completed - begun).total_seconds())
        self.probe_counts.decided(self.cycle.spec, seen, self.cycle.seen, self.last_completed)
        self.first_pass_done = self.first_pass_done or self.complete()
        if self.heartbeat is not None:
            self.heartbeat.turned()
        self._turn_ended.set()
        self._turn_ended.clear()
        return wake_at

    async def keep_turning(self, stop: asyncio.Event) -> None:
        """Turn at every wake and deadline until told to stop; a turn is never broken off."""
        while not stop.is_set():
            begun, started = utcnow(), time.monotonic()
            self.cycle.wake.clear()
            self.cycle.urgent.clear()
            wake_at = await self.turn()
            rest = rest_after(timedelta(seconds=time.monotonic() - started))
            waits = (stop.wait(), self.cycle.urgent.wait())
            await any_of(*waits, seconds=rest.total_seconds())
            left = pause(wake_at - begun, time.monotonic() - started)
            if left > 0:
                await any_of(stop.wait(), self.cycle.wake.wait(), seconds=left)

    def complete(self) -> bool:
        """Whether no connection waits for a probe, and no pair for its list.

        Who was settled once is looked at again only at the end: there are thousands, and this is
        asked after every turn of the first pass.
        """
        spec, seen, now = self.cycle.spec, self.cycle.seen, utcnow()
        if spec is None:
            return False
        if spec is not self._passing:
            self._passing, self._unsettled = spec, list(spec.connections)
        waiting = self._unsettled
        while waiting and settled(spec, waiting[-1], seen.get(waiting[-1]), now):
            waiting.pop()
        return not waiting and complete(spec, seen, self.probe_counts.known_markets, now)

    async def next_turn(self, seconds: float) -> None:
        """Wait until a turn has ended, at most this long."""
        await any_of(self._turn_ended.wait(), seconds=seconds)

    def _publish(self, before: Status, after: Status, changes: tuple[Transition, ...]) -> None:
        log_lines.log_incidents(self.log, before.incidents, after.incidents)
        log_lines.log_transitions(self.log, changes)
        for change in changes:
            if change.kind == "strategy":
                self.tallies.transition(change.name, change.after, str(change.reason))
            elif change.what is not None:
                exchange = after.connections[change.name].exchange
                self.tallies.key_changed(change.name, exchange, change.what)
        if after is not before or changes:
            if self.notify is not None:
                self.notify(after, changes)
            for queue in self.news:
                if queue.full():
                    queue.get_nowait()  # a slow reader misses the middle, never the end
                queue.put_nowait((after, changes))

    def _drifted(self, names: Names) -> None:
        """A decision that stood was not what it should be: a fault of ours; it is made again."""
        self.tallies.drifted(len(names.connections) + len(names.strategies))
        self.log.error(
            "decisions drifted",
            connections=sorted(names.connections),
            strategies=sorted(names.strategies),
        )

    def healthy(self) -> tuple[bool, str]:
        """Each loop finished a pass within its deadline; depends on nothing outside."""
        late = time.monotonic() - DEADLINE
        if max(self._begun, self._turned) < late:
            return False, "no reconcile cycle has completed recently"
        if max(self._begun, self.source.last_pass or 0.0) < late:
            return False, "the file has not been checked recently"
        return True, "ok"

    def ready(self) -> tuple[bool, str]:
        """A valid file is loaded and the first pass is done."""
        if self.cycle.spec is None:
            return False, "no valid file is loaded"
        if not self.first_pass_done:
            return False, "the first pass is still running"
        return True, "ok"


def _heartbeat(daemon: Daemon) -> HeartbeatSender | None:
    """What sends heartbeats, where they are wanted."""
    target = daemon.settings.heartbeat
    if target is None:
        return None
    whole = Pass(lambda: daemon.runtimes.busy)

    def missing() -> str:
        for good, why in (daemon.ready(), daemon.healthy()):
            if not good:
                return why
        if daemon.writer.trouble is not None:
            return f"the journal is not saved: {daemon.writer.trouble}"
        return whole.missing(daemon.cycle.spec, daemon.cycle.seen, utcnow())

    return HeartbeatSender(target, missing, daemon.tallies)


class _Memory:
    """What the journal of a daemon holds of its strategies."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    def broken(self) -> bool:
        return self._daemon.writer.trouble is not None

    def remembered_off(self, name: str) -> bool:
        memory = self._memory(name)
        return memory is not None and memory.on is False

    def remembered_places(self, name: str) -> Collection[Runtime]:
        memory = self._memory(name)
        return () if memory is None else (memory.runtime, *memory.also)

    async def intend(self, starting: Mapping[str, Runtime]) -> None:
        await self._daemon.writer.intend(starting)

    def _memory(self, name: str) -> StrategyMemory | None:
        strategy = self._daemon.cycle.status.strategies.get(name)
        return strategy.memory if strategy is not None else None


def pause(due: timedelta, since: float) -> float:
    """Seconds to wait for a turn that is due so long after the last began, ``since`` seconds ago.

    Only the clock that nobody sets is waited by, and never longer than a heartbeat: our clock may
    have been set back at any moment.
    """
    return min(due, HEARTBEAT).total_seconds() - since


def _answer(answers: list[asyncio.Future[Reload]], reload: Reload, _: asyncio.Future[None]) -> None:
    for answer in answers:
        if not answer.done():
            answer.set_result(reload)


async def any_of(*waits: Awaitable[Any], seconds: float | None = None) -> None:
    """Wait for the first of these, at most this long; what has not ended then is cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
