"""Which pairs trade, as public lists say: each list is kept for a while and asked for once."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import structlog

from bf_reconciler.exchanges import Exchange, Kind, kind_of
from bf_reconciler.facts import Failure, Listed, Markets, Venue
from bf_reconciler.probe.market_fetch import MarketFetch
from bf_reconciler.schedule import backoff, jittered
from bf_reconciler.spec import ConnectionEntry, Wanted, unequal

FRESH = timedelta(hours=1)
"""How long a list is good."""
AGAIN = timedelta(minutes=5)
"""Likewise, of one that lacks a wanted pair: it may come."""
FIRST_RETRY, LAST_RETRY = timedelta(seconds=15), timedelta(hours=1)
"""Waits after failures; each is twice the one before."""
STALE = timedelta(hours=12)
"""What was said longer ago, and could not be asked again, is not known any more."""
CLOSE_SECONDS: Final = 2.0
Key = tuple[Venue, Kind]
log = structlog.get_logger("bf_reconciler.probe")


@dataclass(slots=True)
class _Shelf:
    """One list: who asks, by turns; what is wanted of it; what it said.

    Attributes:
        more: Set when something is wanted that was not looked up.
    """

    entries: tuple[ConnectionEntry, ...]
    wanted: frozenset[str]
    found: Mapping[str, Listed] = field(default_factory=dict)
    failures: int = 0
    good_at: datetime | None = None
    more: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    @property
    def entry(self) -> ConnectionEntry:
        return self.entries[self.failures % len(self.entries)]

    def want(self, entries: tuple[ConnectionEntry, ...], wanted: frozenset[str]) -> None:
        """Have these looked up, too. A list that fails is not asked sooner for that."""
        self.entries, self.wanted = entries, wanted
        if not self.failures and not wanted <= self.found.keys():
            self.more.set()

    def known(self) -> dict[str, Listed]:
        """What is known. Only a look that has not ended yet is worth waiting for."""
        known = {pair: self.found[pair] for pair in self.wanted if pair in self.found}
        if self.failures:
            return known
        return dict.fromkeys(self.wanted, Listed.PENDING) | known


class MarketCache:
    """Keeps what public lists say of the pairs that are wanted.

    Args:
        lists: Asks for one.
        row: The row of an entry, in its environment.
        clock: The time, with its zone.
        wake: Called whenever something else is known.
    """

    def __init__(
        self,
        lists: MarketFetch,
        row: Callable[[ConnectionEntry], Exchange],
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self._lists = lists
        self._row = row
        self._clock = clock
        self._wake = wake
        self._wanted: Wanted = {}
        self._asked: dict[Key, dict[str, tuple[ConnectionEntry, frozenset[str]]]] = {}
        """Who asks for each list, and for which of its pairs."""
        self._shelves: dict[Key, _Shelf] = {}
        self._known: Markets | None = None

    async def aclose(self) -> None:
        """Cancel what is in flight."""
        tasks = [shelf.task for shelf in self._shelves.values() if shelf.task is not None]
        self.want({})
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_SECONDS)

    def want(self, wanted: Wanted) -> None:
        """Have these pairs looked up, in the background, and nothing else."""
        before, self._wanted = self._wanted, wanted
        moved: set[Key] = set()
        for name in unequal(before, wanted):
            for key, _ in self._covered(before, name):
                del self._asked[key][name]
                moved.add(key)
            for key, pairs in self._covered(wanted, name):
                self._asked.setdefault(key, {})[name] = wanted[name][0], pairs
                moved.add(key)
        for key in moved:
            self._known = None
            self._shelve(key)

    def _shelve(self, key: Key) -> None:
        """Keep this list for all who ask for it; for nobody, let it go."""
        asked = self._asked[key].values()
        if not asked:
            del self._asked[key]
            task = self._shelves.pop(key).task
            if task is not None:
                task.cancel()
            return
        entries = tuple(entry for entry, _ in asked)
        pairs = frozenset[str]().union(*{pairs for _, pairs in asked})
        if key in self._shelves:
            self._shelves[key].want(entries, pairs)
            return
        shelf = self._shelves[key] = _Shelf(entries, pairs)
        name = f"markets {key[0].exchange} {key[1]}"
        shelf.task = asyncio.create_task(self._keep(shelf, key[1]), name=name)

    def known(self) -> Markets:
        """What is known now of the wanted pairs. One of which nothing is known is not there."""
        if self._known is None:
            found: dict[Venue, dict[str, Listed]] = {}
            for (venue, _), shelf in self._shelves.items():
                found.setdefault(venue, {}).update(shelf.known())
            self._known = MappingProxyType(found)
        return self._known

    def _covered(self, wanted: Wanted, name: str) -> Iterator[tuple[Key, frozenset[str]]]:
        """The lists of a connection, and its pairs in each; some are in none."""
        if name not in wanted:
            return
        entry, pairs = wanted[name]
        for kind, listing in self._row(entry).markets.lists.items():
            covered = frozenset(p for p in pairs if kind_of(p) == kind and listing.covers(p))
            if covered:
                yield (entry.venue, kind), covered

    async def _keep(self, shelf: _Shelf, kind: Kind) -> None:
        """Keep one list fresh, until it is not wanted any more."""
        while True:
            shelf.more.clear()
            before = shelf.known()
            rest = await self._look(shelf, kind)
            if shelf.known() != before:
                self._known = None
                self._wake()
            with suppress(TimeoutError):
                async with asyncio.timeout(rest.total_seconds()):
                    await shelf.more.wait()

    async def _look(self, shelf: _Shelf, kind: Kind) -> timedelta:
        """Look once; returns how long to rest."""
        entry = shelf.entry
        row = self._row(entry)
        answer = await self._lists.load(entry, row, kind, shelf.wanted)
        now = self._clock()
        if isinstance(answer, Failure):
            shelf.failures += 1
            if shelf.good_at is None or now - shelf.good_at > STALE:
                shelf.found = {}
            if shelf.failures == 1:
                reason, why = str(answer.reason), answer.message
                log.warning("markets_not_read", exchange=row.id, kind=kind, reason=reason, why=why)
            wait = backoff(shelf.failures, FIRST_RETRY, LAST_RETRY)
            wait = max(wait, timedelta(seconds=min(answer.retry_after or 0.0, 86400.0)))
        else:
            shelf.failures, shelf.found, shelf.good_at = 0, answer, now
            trade = all(said is Listed.TRADES for said in answer.values())
            wait = FRESH if trade else AGAIN
        return jittered(wait, f"{row.id} {kind}", now)
