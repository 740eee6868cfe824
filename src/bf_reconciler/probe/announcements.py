"""What exchanges tell of their maintenance: a host is asked once a minute, for all its keys."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import structlog

from bf_reconciler.exchanges import Exchange
from bf_reconciler.exchanges.model import AnnouncedQuery
from bf_reconciler.facts import Announced, Announcements, Failure, Place, Reason
from bf_reconciler.probe import classify
from bf_reconciler.probe.budget import Budget
from bf_reconciler.probe.client import Clients
from bf_reconciler.schedule import backoff
from bf_reconciler.spec import ConnectionEntry

FIRST: Final = 5.0
"""Seconds before a host is asked: the probes of a start go ahead."""
PERIOD, LONGEST = timedelta(minutes=1), timedelta(minutes=10)
"""Between two looks; after failures each wait is twice the one before."""
CLOSE_SECONDS: Final = 2.0
Host = tuple[str, str | None]
log = structlog.get_logger("bf_reconciler.probe")


@dataclass(slots=True)
class _Desk:
    """One host: who asks, by turns; whom its answer concerns; what it said."""

    entries: tuple[ConnectionEntry, ...]
    places: frozenset[Place]
    said: Announcements | None = None
    failures: int = 0
    task: asyncio.Task[None] | None = None

    @property
    def entry(self) -> ConnectionEntry:
        return self.entries[self.failures % len(self.entries)]


@dataclass(frozen=True, slots=True)
class AnnouncementFetch:
    """Asks a host once, in the way of a connection and without its key."""

    clients: Clients
    budget: Callable[[ConnectionEntry, Exchange], Budget]
    clock: Callable[[], datetime]

    async def load(
        self, entry: ConnectionEntry, row: Exchange, query: AnnouncedQuery
    ) -> Announcements | Failure:
        """What it tells. It waits until no probe needs the budget, then takes at most a timeout."""
        await self.clients.load(row)
        budget = self.budget(entry, row)
        while (wait := budget.due(1, time.monotonic())) > 0:  # noqa: ASYNC110 # the budget has no event
            await asyncio.sleep(wait)
        budget.take(1, time.monotonic())
        try:
            async with asyncio.timeout(entry.timeout.total_seconds()):
                got = await self.clients.look(entry, row, query.call)
            return classify.read(row, "announced", got, query.read, self.clock())
        except TimeoutError:
            return Failure(Reason.TIMEOUT, "It did not answer within the timeout.")


@dataclass(slots=True)
class AnnouncementCache:
    """Keeps what hosts tell of maintenance.

    Args:
        fetch: Asks one.
        row: The row of an entry, in its environment.
        clock: The time, with its zone.
        wake: Called whenever something else is known.
    """

    fetch: AnnouncementFetch
    row: Callable[[ConnectionEntry], Exchange]
    host: Callable[[ConnectionEntry, Exchange], Host]
    wake: Callable[[], None]
    _entries: Mapping[str, ConnectionEntry] | None = None
    _desks: dict[Host, _Desk] = field(default_factory=dict)
    _known: Announced | None = None

    async def aclose(self) -> None:
        """Cancel what is in flight."""
        tasks = [desk.task for desk in self._desks.values() if desk.task is not None]
        self.want({})
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_SECONDS)

    def want(self, entries: Mapping[str, ConnectionEntry]) -> None:
        """Have the hosts of these asked, in the background, and no others."""
        if entries is self._entries:
            return
        self._entries, self._known = entries, None
        wanted = self._sorted(entries.values())
        for host in self._desks.keys() - wanted.keys():
            task = self._desks.pop(host).task
            if task is not None:
                task.cancel()
        for host, mine in wanted.items():
            places = frozenset(_place(entry) for entry in mine)
            desk = self._desks.get(host)
            if desk is not None:
                desk.entries, desk.places = tuple(mine), places
                continue
            desk = self._desks[host] = _Desk(tuple(mine), places)
            desk.task = asyncio.create_task(self._keep(desk), name=f"announced {host[0]}")

    def known(self) -> Announced:
        """What is known now, by place."""
        if self._known is None:
            found: dict[Place, Announcements] = {}
            for desk in self._desks.values():
                for place in desk.places if desk.said is not None else ():
                    found[place] = _joined(found.get(place), desk.said, place)
            self._known = MappingProxyType(found)
        return self._known

    def _sorted(self, entries: Iterable[ConnectionEntry]) -> dict[Host, list[ConnectionEntry]]:
        found: dict[Host, list[ConnectionEntry]] = {}
        for entry in entries:
            row = self.row(entry)
            if row.calls.announced is not None:
                found.setdefault(self.host(entry, row), []).append(entry)
        return found

    async def _keep(self, desk: _Desk) -> None:
        """Keep what one host tells, until nobody wants it any more."""
        await asyncio.sleep(FIRST)
        while True:
            before = desk.said
            desk.said = await self._look(desk)
            if desk.said != before:
                self._known = None
                self.wake()
            wait = backoff(desk.failures, PERIOD, LONGEST) if desk.failures else PERIOD
            await asyncio.sleep(wait.total_seconds())

    async def _look(self, desk: _Desk) -> Announcements | None:
        """Ask once; None is not known."""
        entry = desk.entry
        row = self.row(entry)
        query = row.calls.announced
        if query is None:  # its environment is another now
            return None
        try:
            said = await self.fetch.load(entry, row, query)
        except Exception as error:  # noqa: BLE001 # public data breaks nothing
            log.error("announcements_not_read", exchange=row.id, error=type(error).__name__)  # noqa: TRY400 # no text of others
            said = Failure(Reason.UNEXPECTED_RESPONSE, "")
        if isinstance(said, Failure):
            desk.failures += 1
            return None
        desk.failures = 0
        return said


def _place(entry: ConnectionEntry) -> Place:
    return Place(entry.connection.exchange, entry.connection.environment)


def _joined(
    before: Announcements | None, said: Announcements | None, place: Place
) -> Announcements:
    """What several hosts tell of one place."""
    here, new = before or Announcements(), said or Announcements()
    mine = [i for i in new.items if i.environment in {"", place.environment}]
    items = (*here.items, *(item for item in mine if item not in here.items))
    return Announcements(items, here.whole and new.whole)
