"""Notifies in a thread with an event loop of its own: whatever hangs there, no turn waits."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from zlib import crc32

import structlog

from bf_reconciler.notify import backlog as form
from bf_reconciler.notify.backlog import Backlog, Mailbox
from bf_reconciler.notify.config import NotifyError, NotifyFile
from bf_reconciler.notify.digest import step
from bf_reconciler.notify.routes import changes_for, seen_by, still_wanted
from bf_reconciler.notify.sender import DeliveryError, Sender
from bf_reconciler.notify.troubles import changes, sight
from bf_reconciler.notify.values import Change, Message
from bf_reconciler.status import Status, Transition

PACE: Final = 0.5
"""Seconds between two looks at least: turns may follow each other closely."""
FIRST_RETRY, LAST_RETRY = timedelta(seconds=1), timedelta(minutes=5)
REREAD_SECONDS: Final = 2.0
"""Between two looks at the file of receivers."""
REFUSALS: Final = 5
"""A message that the receiver refuses for itself is given up after so many tries."""
MOST_NEWS: Final = 10_000
"""Changes of keys that wait to be looked at."""
SAVE_SECONDS: Final = 5.0
"""How long the disk may take until messages leave without being saved."""
CLOSE_SECONDS: Final = 1.0
DOUBLINGS: Final = 10


class Store(Protocol):
    """Keeps bytes over a restart; both may block, and raise whatever a disk raises."""

    def read(self) -> bytes | None: ...

    def keep(self, data: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Report:
    """What is counted: an outcome of a receiver; what waits for it, and since when."""

    outcome: Callable[[str, str, int], None]
    pending: Callable[[str, int, datetime | None], None]
    file: Callable[[bool], None]
    """Whether the file of receivers was taken when it was read last."""


@dataclass(frozen=True, slots=True)
class Rewired:
    """The file of receivers, read anew, with senders for those that are new or other ones."""

    file: NotifyFile
    senders: Mapping[str, Sender]


def never() -> Rewired | None:
    """Where the file stays as it is."""
    return None


class Notifications:
    """From each Status to messages that are delivered. ``missed``: key events since a moment.

    ``reread``: the file of receivers where it is another one; it blocks, and raises NotifyError
    where it cannot be used: then the last good one stays in force.
    """

    def __init__(  # what it tells of, to whom, and where it keeps that
        self,
        file: NotifyFile,
        senders: Mapping[str, Sender],
        store: Store,
        report: Report,
        now: Callable[[], datetime],
        missed: Callable[[datetime], Sequence[Transition]],
        reread: Callable[[], Rewired | None] = never,
    ) -> None:
        self._file, self._senders, self._store, self._report = file, dict(senders), store, report
        self._reread = reread
        self._ready: dict[str, asyncio.Event] = {}
        self._rewired: dict[str, asyncio.Event] = {}
        """Set where a receiver has another sender, or none any more."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._sending: dict[str, Sender] = {}
        """Through what a message is on its way."""
        self._ending: set[asyncio.Task[None]] = set()
        self._now, self._missed = now, missed
        self._began = now()
        self._turn = threading.Lock()
        self._status: Status | None = None
        self._news: deque[Change] = deque(maxlen=MOST_NEWS)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = False
        self._caught_up: frozenset[tuple[Any, ...]] | None = None
        """The changes of keys that an earlier life did not get to; None until they are read."""
        self._unsaved = False
        self._saving: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="notify", daemon=True)
        self._log = structlog.get_logger("bf_reconciler")

    def start(self) -> None:
        self._thread.start()

    def take(self, status: Status, transitions: Sequence[Transition]) -> None:
        """Look at this Status soon. Called by the loop of the daemon; waits for nothing."""
        with self._turn:
            self._status = status
            self._news.extend(changes(status, transitions))
        self._wake()

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """End; what is not delivered is kept for the next start."""
        self._closing = True
        self._wake()
        self._thread.join(seconds)

    def _wake(self) -> None:
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # it has ended
                loop.call_soon_threadsafe(self._woken.set)

    def _run(self) -> None:
        asyncio.run(self._notify())

    async def _notify(self) -> None:
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._backlog = await self._restored()
        self._woken.set()
        self._report.file(True)  # its only word
        for name in self._senders:
            self._begin(name)
        reading = asyncio.create_task(self._keep_rereading())
        try:
            await self._keep_looking()
        finally:
            tasks = (reading, *self._tasks.values(), *self._ending)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for sender in self._senders.values():
                await sender.close()

    async def _restored(self) -> Backlog:
        """What earlier lives left. A disk that fails is no reason to be silent."""
        try:
            data = await asyncio.to_thread(self._store.read)
        except Exception as error:  # noqa: BLE001 # whatever a disk raises
            self._log.error("notifications: what was told cannot be read", error=_kind(error))
            data = None
        found = form.read(data) if data is not None else Backlog()
        if found is None:
            self._log.error("notifications: what was told is of another format; begun anew")
            found = Backlog()
        mailboxes = {name: self._wanted(found.mailboxes.get(name), name) for name in self._senders}
        return replace(found, mailboxes=mailboxes)

    def _wanted(self, mailbox: Mailbox | None, name: str) -> Mailbox:
        """What a receiver was told, as far as its routes lead to it still."""
        if mailbox is None:
            return Mailbox()
        return replace(mailbox, memory=still_wanted(mailbox.memory, self._file.matches(name)))

    def _begin(self, name: str) -> None:
        """Deliver to this receiver from now on."""
        if name in self._tasks and not self._tasks[name].done():
            return  # a message to who was let go and came back is still on its way
        self._ready[name], self._rewired[name] = asyncio.Event(), asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._keep_delivering(name))

    async def _keep_rereading(self) -> None:
        """Use the file of receivers as it is now; one that cannot be used changes nothing."""
        told = ""
        while True:
            await asyncio.sleep(REREAD_SECONDS)
            try:
                found = await asyncio.to_thread(self._reread)
            except NotifyError as error:
                self._report.file(False)
                if str(error) != told:
                    told = str(error)
                    self._log.error("notifications: file not used", problem=told)  # no fault
            except Exception as error:  # noqa: BLE001 # the last resort: the next look tries again
                self._log.exception("notifications: reading the file failed", error=_kind(error))
            else:
                if found is not None:
                    told = ""
                    self._rewire(found)

    def _rewire(self, found: Rewired) -> None:
        """Let every message that waits go by the new file. None is lost, and none is told twice.

        What was told to a receiver that is gone is kept, in case that was a mistake.
        """
        gone = self._senders.keys() - found.file.receivers.keys()
        changed = found.file != self._file or bool(found.senders)
        self._file = found.file
        for name in gone:
            self._replace(name, None)
        for name, sender in found.senders.items():
            self._replace(name, sender)
        before = self._backlog.mailboxes
        wanted = {name: self._wanted(before.get(name), name) for name in self._senders}
        self._backlog = replace(self._backlog, mailboxes={**before, **wanted})
        for name in self._senders:
            self._begin(name)
        self._report.file(True)
        if changed:
            self._log.info("notifications: file read", receivers=sorted(self._senders))
        self._woken.set()

    def _replace(self, name: str, sender: Sender | None) -> None:
        """What is on its way arrives by the old one, which is closed afterwards."""
        old = self._senders.pop(name, None)
        if sender is not None:
            self._senders[name] = sender
        if old is None:
            return
        self._ready[name].set()
        self._rewired[name].set()
        if self._sending.get(name) is not old:
            ending = asyncio.create_task(old.close())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    async def _keep_looking(self) -> None:
        until: datetime | None = None
        while not self._closing:
            left = None if until is None else max((until - self._now()).total_seconds(), 0.0)
            waiting = asyncio.ensure_future(self._woken.wait())
            await asyncio.wait({waiting}, timeout=left)
            waiting.cancel()
            self._woken.clear()
            try:
                until = await self._look()
            except Exception as error:  # noqa: BLE001 # the last resort: the next look tries again
                self._log.exception("notifications: looking failed", error=_kind(error))
            await asyncio.sleep(PACE)

    async def _look(self) -> datetime | None:
        """Look once; returns when to look again at the latest."""
        with self._turn:
            status, news = self._status, list(self._news)
            self._news.clear()
        if status is None:
            return None
        news = await self._with_missed(status, news)
        now, found = self._now(), sight(status, self._began)
        before, moments = self._backlog, []
        mailboxes: dict[str, Mailbox] = {}
        for name, mailbox in before.mailboxes.items():
            if name not in self._senders:  # gone from the file; it may come back
                mailboxes[name] = mailbox
                continue
            matches = self._file.matches(name)
            seen, timing = seen_by(matches, found), self._file.timing
            done = step(mailbox.memory, seen, changes_for(matches, news), now, timing)
            mailboxes[name], lost = mailbox.with_messages(done.memory, done.messages)
            self._count(name, "dropped", lost)
            moments += [done.until] if done.until is not None else []
        until = max((change.at for change in news), default=before.until or self._began)
        self._backlog = replace(before, until=until, mailboxes=mailboxes)
        if self._backlog != before:
            await self._save()
            for ready in self._ready.values():
                ready.set()
        return min(moments, default=None)

    async def _with_missed(self, status: Status, news: list[Change]) -> list[Change]:
        """At first also the changes of keys that an earlier life did not get to."""
        until = self._backlog.until
        if self._caught_up is None and until is not None:
            try:
                events = await asyncio.to_thread(self._missed, until)
            except Exception as error:  # noqa: BLE001 # as above
                self._log.error("notifications: the journal cannot be read", error=_kind(error))
                events = ()
            missed = list(changes(status, events))
            self._caught_up = frozenset(map(_identity, missed))
            return missed + [each for each in news if _identity(each) not in self._caught_up]
        self._caught_up = self._caught_up or frozenset()
        return [each for each in news if _identity(each) not in self._caught_up]

    async def _save(self) -> None:
        """Save it as it is by then, before it leaves. While the disk hangs, nothing waits long."""
        self._unsaved = True
        if self._saving is None:
            self._saving = asyncio.create_task(self._save_newest())
        await asyncio.wait({self._saving}, timeout=SAVE_SECONDS)

    async def _save_newest(self) -> None:
        while self._unsaved:
            self._unsaved = False
            try:
                await asyncio.to_thread(self._store.keep, form.written(self._backlog))
            except Exception as error:  # noqa: BLE001 # as above
                self._log.error("notifications: not saved", error=_kind(error))
        self._saving = None

    async def _keep_delivering(self, name: str) -> None:
        while name in self._senders:
            try:
                await self._deliver(name)
            except Exception as error:  # noqa: BLE001 # the last resort: others are told on
                self._log.exception("notifications: delivery broke", error=_kind(error))
            if name in self._senders:
                await asyncio.sleep(FIRST_RETRY.total_seconds())
        self._report.pending(name, 0, None)

    async def _deliver(self, name: str) -> None:
        """One message after another, in their order, for as long as there is a sender."""
        failed = 0
        while name in self._senders:
            self._tell_pending(name)
            message = self._next(name)
            if message is None:
                await self._ready[name].wait()
                self._ready[name].clear()
                continue
            trouble = await self._sent(name, message)
            if trouble is None:
                if failed:
                    self._log.info("notifications are delivered again", receiver=name)
                failed = 0
                await self._done(name, message, "delivered")
                continue
            failed += 1
            self._count(name, "failed")
            if failed == 1:
                self._log.error("notification not delivered", receiver=name, message=str(trouble))
            if trouble.refused and failed >= REFUSALS:
                await self._done(name, message, "refused")
                failed = 0
                continue
            if await self._is_rewired(name, _retry(message, failed)):
                failed = 0

    async def _is_rewired(self, name: str, seconds: float) -> bool:
        """Whether there is another sender within so many seconds; waits no longer."""
        rewired = self._rewired[name]
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await rewired.wait()
        found = rewired.is_set()
        rewired.clear()
        return found

    def _next(self, name: str) -> Message | None:
        """The oldest that waits; what is too old for anybody is left out."""
        mailbox = self._backlog.mailboxes[name]
        expired = mailbox.expired(self._now())
        for message in expired:
            mailbox = mailbox.without(message)
        if expired:
            self._count(name, "dropped", len(expired))
            self._put(name, mailbox)
        return mailbox.waiting[0] if mailbox.waiting else None

    async def _sent(self, name: str, message: Message) -> DeliveryError | None:
        sender = self._sending[name] = self._senders[name]
        try:
            return await self._answer(sender, message)
        finally:
            del self._sending[name]
            if self._senders.get(name) is not sender:
                await sender.close()

    async def _answer(self, sender: Sender, message: Message) -> DeliveryError | None:
        sending = asyncio.ensure_future(sender.send(message))
        done, _ = await asyncio.wait({sending}, timeout=sender.timeout)
        if not done:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            return DeliveryError(f"no answer within {sender.timeout:g} s")
        error = sending.exception()
        if error is None or isinstance(error, DeliveryError):
            return error
        return DeliveryError(f"it failed ({_kind(error)})")  # its words may hold an address

    async def _done(self, name: str, message: Message, outcome: str) -> None:
        self._count(name, outcome)
        self._put(name, self._backlog.mailboxes[name].without(message))
        await self._save()

    def _put(self, name: str, mailbox: Mailbox) -> None:
        mailboxes = {**self._backlog.mailboxes, name: mailbox}
        self._backlog = replace(self._backlog, mailboxes=mailboxes)

    def _count(self, name: str, outcome: str, times: int = 1) -> None:
        if times:
            self._report.outcome(name, outcome, times)

    def _tell_pending(self, name: str) -> None:
        waiting = self._backlog.mailboxes[name].waiting
        self._report.pending(name, len(waiting), waiting[0].at if waiting else None)


def _retry(message: Message, failed: int) -> float:
    """Seconds until the next try, with a jitter of its own for each message and try."""
    longest = min(FIRST_RETRY * (1 << min(failed - 1, DOUBLINGS)), LAST_RETRY)
    jitter = crc32(f"{message.id}{failed}".encode()) % 1000 / 1000
    return longest.total_seconds() * (0.5 + jitter / 2)


def _identity(change: Change) -> tuple[Any, ...]:
    return (change.at, change.name, change.what, change.before, change.after)


def _kind(error: BaseException) -> str:
    return type(error).__name__
