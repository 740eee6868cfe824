"""Strategies as files: one NAME.json each, replaced atomically; a bot watches its file."""

import re
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from errno import EDQUOT, EFBIG, EINTR, ENOSPC, EPERM
from heapq import heappop, heappush
from itertools import islice
from typing import Any
from zlib import crc32

import structlog

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes.adapter import (
    Bounds,
    Reading,
    Target,
    UnavailableError,
    moment,
    rhythm_of,
)
from bf_reconciler.runtimes.file_document import (
    Garbage,
    action_of,
    around_end,
    confirmed,
    encoded,
    holding,
    is_ours,
    parsed,
    shorter,
)
from bf_reconciler.runtimes.folder import MAX_BYTES, Files, Folder, Signature
from bf_reconciler.runtimes.orders import (
    document,
    format_time,
    stamped,
    utcnow,
)
from bf_reconciler.runtimes.thread import OwnThread
from bf_reconciler.runtimes.watch import FolderWatch
from bf_reconciler.spec import FileRuntime
from bf_reconciler.status import Confirmed, Running, RunningState
from bf_reconciler.verdict import LEAST_LEASE, Order

FULL = {ENOSPC, EDQUOT}
NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
ABSENT = Reading(Running("unknown", absent=True))
FEW = 24
"""So many leases are to be renewed at a look. Where many are, looks are up to six times closer."""
MOST = 64
RENEWED_SECONDS = 0.03
"""So many leases are renewed at a time, and so long: an order to turn off may wait for them."""
LOG = structlog.get_logger("bf_reconciler")


class FileAdapter:
    """The folder of one declared runtime of type ``file``."""

    exclusive = False
    queues = True
    remembers = True
    settle_time = timedelta(0)  # a file shows an order as soon as it is written
    deadline = timedelta(seconds=5)

    def __init__(self, declared: FileRuntime, bounds: Bounds) -> None:
        self._path = bounds.base / declared.path
        self._owner = bounds.owner
        self._declared_lease = declared.lease
        self._longest = rhythm_of(declared.lease)
        self.rhythm = self._longest
        self._looked = 0
        """How many leases were to be renewed since it rested."""
        mode = int(declared.mode, 8) if declared.mode else None
        self._folder = Folder(self._path, bounds.allow, mode, self._note_replaced)
        self._replaced = bounds.replaced
        self._thread = OwnThread(f"files of {declared.name}")
        self._watch: FolderWatch | None = None
        self._swept = False
        self._read_as: dict[str, tuple[Signature, Signature]] = {}
        """The signatures of each file and of what its bot wrote, when they were read."""
        self._valid_until: dict[str, datetime] = {}
        self._renew_at: dict[str, float] = {}
        """From when on each lease is looked at, epoch seconds."""
        self._moments: list[tuple[float, str]] = []
        """The same as a heap, for thousands stand for minutes; some of it is out of date."""
        self._near: dict[str, None] = {}
        """Whose moment has come, in the order of coming."""
        self._acked_until: dict[str, datetime] = {}
        self._lengths: dict[str, timedelta] = {}
        """How long the lease of each strategy was when it was last given."""
        self._ordered: set[str] = set()
        """Whose lease was given with an order: it was not renewed yet."""
        self._around: dict[str, tuple[bytes, bytes]] = {}
        """What stands before and behind the end of the lease, in files that are ours."""

    def adopt(self, declared: FileRuntime) -> None:
        """There are no credentials for files."""

    def expect(self, _order: Order) -> Mapping[str, str]:
        """Nobody can say who reads a file."""
        return {}

    async def place(self) -> str:
        """The folder: a bot must not be told off and on again for another name of it."""
        return await self._thread.call(self._folder.place)

    async def changed(self, names: Collection[str] | None) -> Collection[str]:
        """Which files are others than when they were read; none is opened."""
        return await self._thread.call(self._changed, names)

    async def read(self, names: Collection[str]) -> Mapping[str, Reading]:
        """What the bots of these strategies were last told, as their files say."""
        return await self._thread.call(self._read_all, tuple(names))

    def differs(self, order: Order, reading: Reading) -> bool:
        """Whether the file says something else, be it only in other words."""
        old = reading.content
        if old is None:
            return order.strategy is not None  # one that left without a trace gets no file
        new = document(order, old)
        valid_until = moment(old.get("valid_until"))
        if valid_until is None or valid_until < utcnow():
            return True
        if self._owner is not None and not self._owner.wrote(old.get("owner")):
            return True  # it is taken over before it is acted on
        if not order.on and "strategy" in old and old["strategy"] is None:
            new["strategy"] = None  # there was no room for it
        return any(old.get(key) != value for key, value in new.items())

    def restarted(self, _before: Confirmed, _reading: Reading) -> bool:
        """A file has one life."""
        return False

    async def apply(self, order: Order, reading: Reading, target: Target) -> None:
        """Write the order.

        Raises:
            UnavailableError: It cannot be written.
        """
        try:
            content = stamped(order, reading.content or {}, target.stamp)
            content["valid_until"] = format_time(utcnow() + self._length(order.name, order))
            content |= self._signed()
            self._ordered.add(order.name)
            await self._thread.call(self._write, order, content, target)
        except OSError as error:
            raise UnavailableError(f"The file cannot be written ({_why(error)}).") from error

    def _signed(self) -> Mapping[str, Any]:
        """Who writes, where there are several."""
        return {} if self._owner is None else {"owner": self._owner.as_json()}

    def _fence(self, content: Mapping[str, Any]) -> None:
        """A daemon that was paused, and comes back late, touches nothing of its successor.

        Raises:
            PermissionError: It was written by a daemon that was started later.
        """
        if self._owner is not None and self._owner.yields_to(content.get("owner")):
            raise PermissionError(EPERM, "a daemon that was started later looks after it")

    def _note_replaced(self) -> None:
        """What was told stands nowhere any more; it is written again as it is found missing."""
        LOG.error("strategies folder was deleted or replaced", folder=str(self._path))
        self._replaced()

    async def renew(self, targets: Mapping[str, Target]) -> tuple[Collection[str], bool]:
        """Give bots that follow their files more time, and forget what they said too long ago."""
        now = utcnow()
        silent = {name for name, until in self._acked_until.items() if until < now}
        for name in silent:
            del self._acked_until[name]
        latest = now.timestamp()
        while self._moments and self._moments[0][0] <= latest:
            at, name = heappop(self._moments)
            if self._renew_at.get(name) == at:
                self._near[name] = None
        near = (name for name in self._near if name in targets)
        due = list(islice((name for name in near if self._ends(name, targets[name], now)), MOST))
        changed, done = set[str](), 0
        if due:
            lengths = {name: self._length(name, targets[name].order) for name in due}
            changed, done = await self._thread.call(self._renew, lengths)
        self._looked += done
        more = done < len(due) or len(due) == MOST
        if not more:
            self._pace()
        return silent | changed, more

    def _pace(self) -> None:
        """When to look again: a disk is to have its work little by little."""
        looked, self._looked = max(self._looked, 1), 0
        wanted = self.rhythm * FEW / looked
        self.rhythm = min(self._longest, max(self._longest / 6, wanted))

    def _length(self, name: str, order: Order | None) -> timedelta:
        if order is not None:
            self._lengths[name] = self._declared_lease or order.lease
        return self._lengths.get(name) or self._declared_lease or LEAST_LEASE

    def _ends(self, name: str, target: Target, now: datetime) -> bool:
        """Whether a lease is to be renewed.

        One that has ended is not, where there is no order: its bot has stopped, and nothing new
        is known that would start it again.
        """
        until = self._valid_until[name]
        if target.order is None and until <= now:
            return False
        return until - now < self._rest(name, target.order)

    def _is_valid_until(self, name: str, until: datetime) -> None:
        """Where the length of its lease is not known yet, it is looked at as if it were short."""
        self._near.pop(name, None)
        self._valid_until[name] = until
        self._renew_at[name] = at = (until - self._rest(name, None)).timestamp()
        heappush(self._moments, (at, name))

    def _rest(self, name: str, order: Order | None) -> timedelta:
        """How much of its lease is left when it is renewed."""
        return rest(name, self._length(name, order), first=name in self._ordered)

    def _renew(self, lengths: Mapping[str, timedelta]) -> tuple[set[str], int]:
        """Renew these for a while; returns whom to look at, and at how many it came."""
        changed: set[str] = set()
        end = time.monotonic() + RENEWED_SECONDS
        with suppress(OSError), self._folder.opened() as files:
            for done, (name, length) in enumerate(lengths.items(), 1):
                try:
                    self._renew_one(files, name, length)
                except (OSError, Garbage):
                    changed.add(name)
                if time.monotonic() > end:
                    return changed, done
        return changed, len(lengths)

    def _renew_one(self, files: Files, name: str, length: timedelta) -> None:
        """Write the file again with more time. What was read of it is known.

        Raises:
            OSError: It is not what was read of it, or cannot be written.
            Garbage: Likewise.
        """
        before, acknowledged = self._read_as[name]  # what its bot wrote is looked at by itself

        def check() -> None:
            if files.signature(_file(name)) != before:
                raise InterruptedError(EINTR, "it was changed meanwhile")

        if name not in self._around:
            check()
            content = parsed(files.read(_file(name)))
            self._fence(content)
            content |= self._signed()
            self._around[name] = around_end(encoded(content), content)
        head, tail = self._around[name]
        until = utcnow() + length
        text = head + format_time(until).encode() + tail
        self._read_as[name] = (
            files.replace(_file(name), text, check, sync=False),
            acknowledged,
        )
        self._ordered.discard(name)
        self._is_valid_until(name, until)

    async def hint(self) -> Collection[str] | None:
        """Wait for files to change, or for the time to look at all of them."""
        self._watch = self._watch or FolderWatch(self._path)
        files = await self._watch.hint()
        return None if files is None else {name for file in files if (name := strategy_of(file))}

    async def close(self) -> None:
        self._thread.close()
        if self._watch is not None:
            self._watch.close()

    def _changed(self, names: Collection[str] | None) -> Collection[str]:
        known = set(self._read_as)
        try:
            with self._folder.opened() as files:
                self._sweep(files)
                if names is None:
                    names = known | {n for file in files.names() if (n := strategy_of(file))}
                return [n for n in names if self._read_as.get(n) != self._signatures(files, n)]
        except OSError:
            return known if names is None else known & set(names)

    def _sweep(self, files: Files) -> None:
        if not self._swept:
            self._swept = True
            with suppress(OSError):
                files.sweep()

    def _read_all(self, names: Iterable[str]) -> Mapping[str, Reading]:
        try:
            with self._folder.opened() as files:
                return {name: self._read(files, name) for name in names}
        except FileNotFoundError:
            self._read_as |= dict.fromkeys(names, (None, None))
            return dict.fromkeys(names, ABSENT)
        except OSError as error:
            return dict.fromkeys(names, _unreadable(f"The folder cannot be read ({_why(error)})."))

    def _read(self, files: Files, name: str) -> Reading:
        try:
            self._valid_until.pop(name, None)
            self._renew_at.pop(name, None)
            self._near.pop(name, None)
            self._around.pop(name, None)
            self._read_as[name] = self._signatures(files, name)  # first: a change is seen again
            text = files.read(_file(name))
            content = parsed(text)
        except FileNotFoundError:
            return ABSENT
        except Garbage:
            return _unreadable("The file does not contain a JSON object.")
        except OSError as error:
            return _unreadable(f"The file cannot be read ({_why(error)}).")
        valid_until = moment(content.get("valid_until"))
        if valid_until is not None:
            self._is_valid_until(name, valid_until)
            if self._owner is None or self._owner.wrote(content.get("owner")):
                self._around[name] = around_end(text, content)
        running = Running(self._confirmed(files, name, content), told=action_of(content))
        return Reading(running, content=content, holding=holding(content, name))

    def _confirmed(self, files: Files, name: str, content: Mapping[str, Any]) -> RunningState:
        """What its bot says that it does; unknown where it says nothing, or said so long ago."""
        self._acked_until.pop(name, None)
        try:
            ack = parsed(files.read(_ack(name)))
        except (OSError, Garbage):
            return "unknown"
        at, now = moment(ack.get("at")), utcnow()
        state = confirmed(ack, at, content)
        length = self._length(name, None)
        if at is None or state == "unknown" or not now - length <= at <= now + length:
            return "unknown"
        self._acked_until[name] = at + length
        return state

    def _signatures(self, files: Files, name: str) -> tuple[Signature, Signature]:
        return files.signature(_file(name)), files.signature(_ack(name))

    def _write(self, order: Order, content: Mapping[str, Any], target: Target) -> None:
        """Write an order. What turns off is written over the old one where no room is left."""

        def check() -> None:
            if target.superseded:
                raise InterruptedError(EINTR, "a newer order took its place")
            self._fence(_content(files, order.name) or {})

        data, name = encoded(content), _file(order.name)
        if len(data) > MAX_BYTES:
            if order.on:
                raise OSError(EFBIG, f"it would be larger than {MAX_BYTES >> 20} MiB")
            data = encoded({**content, "strategy": None})
        with self._folder.opened(create=True) as files:
            if not _ours(files, order.name):
                raise PermissionError(EPERM, "it is there already, and not by bf-reconciler")
            try:
                files.replace(name, data, check)
            except OSError as error:
                if order.on or error.errno not in FULL:
                    raise
                check()
                files.overwrite(name, lambda size: shorter(content, size))


def rest(name: str, length: timedelta, *, first: bool) -> timedelta:
    """How much of a lease is left when it is renewed: a third.

    Thousands of orders may come at once. So their ``first`` renewal comes earlier, for each at
    another moment; from then on they are spread.
    """
    return length / 3 + length * (crc32(name.encode()) % 1000 / 1500 if first else 0)


def _ours(files: Files, name: str) -> bool:
    """Whether it may be replaced: nothing is there, it has our mark, or nobody can read it."""
    content = _content(files, name)
    return content is None or is_ours(content, name)


def _content(files: Files, name: str) -> Mapping[str, Any] | None:
    """What the file holds; None where there is none, or nobody can read it."""
    try:
        return parsed(files.read(_file(name)))
    except (OSError, Garbage):
        return None


def strategy_of(file: str) -> str | None:
    """The strategy that a file may be of; those of others have other names."""
    name = file.removesuffix(".json").removesuffix(".ack")
    return name if name != file and NAME.fullmatch(name) else None


def _file(name: str) -> str:
    return f"{name}.json"


def _ack(name: str) -> str:
    """What the bot of a strategy writes."""
    return f"{name}.ack.json"


def _unreadable(message: str) -> Reading:
    """What cannot be read must be turned off all the same: it differs from every order."""
    return Reading(Running("unknown", Reason.RUNTIME_UNAVAILABLE, message), content={})


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__
