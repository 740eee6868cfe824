"""Starts probes, at most one of a connection at a time, and collects the finished ones."""

import asyncio
import time
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Self
from urllib.parse import urlsplit

from bf_reconciler.exchanges import EXCHANGES, Exchange
from bf_reconciler.facts import QUESTIONS, Announced, Failure, Markets, Observation, Question
from bf_reconciler.probe.announcements import AnnouncementCache, AnnouncementFetch
from bf_reconciler.probe.budget import Budget
from bf_reconciler.probe.capture import Capture
from bf_reconciler.probe.client import Clients
from bf_reconciler.probe.limits import Limits
from bf_reconciler.probe.market_cache import MarketCache
from bf_reconciler.probe.market_fetch import MarketFetch
from bf_reconciler.probe.questions import Questions, unforeseen
from bf_reconciler.probe.queue import Queue
from bf_reconciler.probe.readings import Readings
from bf_reconciler.probe.sanitizer import Sanitizer
from bf_reconciler.probe.shared_time import SharedTime
from bf_reconciler.probe.transport import Transport
from bf_reconciler.spec import ConnectionEntry, Wanted

CLOSE_SECONDS: Final = 5.0
OK: Final = "ok"


@dataclass(frozen=True, slots=True)
class Probed:
    """A finished probe. ``results`` holds each question asked: "ok", or the Reason it failed.

    A time that another probe asked for is not among them.
    """

    name: str
    observation: Observation
    seconds: float
    results: tuple[tuple[Question, str], ...]


@dataclass(frozen=True, slots=True)
class _Flight:
    fingerprint: str
    task: asyncio.Task[None]
    soon: bool


class _Place(NamedTuple):
    """Of a host, as it sees us come.

    Environments that share one share its limits, and its time; who waits for another timeout asks
    for a time of its own.
    """

    row: Exchange
    queue: Queue
    times: SharedTime


class Prober:
    """Probes connections; at most one probe of a connection at a time.

    Args:
        clock: The time, with its zone.
        wake: Called whenever a probe has finished; ``collect`` gives it.
        capture: Called with every answer, where somebody wants to keep them.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
        capture: Capture | None = None,
    ) -> None:
        self._clock = clock
        self._wake = wake
        self._capture = capture
        self._transport: Transport | None = None
        self._clients: Clients | None = None
        self._lists: MarketCache | None = None
        self._announced: AnnouncementCache | None = None
        self._queues: dict[tuple[object, ...], Queue] = {}
        self._times: dict[tuple[object, ...], SharedTime] = {}
        self._places: dict[tuple[object, ...], _Place] = {}
        self._flights: dict[str, _Flight] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._finished: dict[str, Probed] = {}
        self._limits = Limits()
        self._sanitizer = Sanitizer()
        self._readings: dict[str, tuple[str, Readings]] = {}
        """Of each connection: of which entry it was asked, and what was answered."""

    async def __aenter__(self) -> Self:
        """Open the way out. An exchange's part of ccxt is imported when it is first asked."""
        self._transport = Transport()
        self._clients = Clients(self._transport)
        lists = MarketFetch(self._clients, self._budget, self._clock)
        self._lists = MarketCache(lists, self._row, self._clock, self._wake)
        fetch = AnnouncementFetch(self._clients, self._budget, self._clock)
        self._announced = AnnouncementCache(fetch, self._row, _host, self._wake)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Cancel what is in flight and close the session; takes at most a few seconds."""
        self.forget(list(self._flights))
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_SECONDS)
        if self._lists is not None:
            await self._lists.aclose()
        if self._announced is not None:
            await self._announced.aclose()
        if self._transport is not None:
            await self._transport.aclose()

    @property
    def in_flight(self) -> frozenset[str]:
        """Names of the connections that are being probed."""
        return frozenset(self._flights)

    def probe(self, due: Iterable[ConnectionEntry], soon: Container[str] = ()) -> None:
        """Start probing. What is in flight stays, unless its entry has changed meanwhile.

        Where more are due than the pace allows, those named in ``soon`` have every other turn; so
        has one that is in flight already, which begins anew.
        """
        for entry in due:
            flight, hurry = self._flights.get(entry.name), entry.name in soon
            known = flight is not None and flight.fingerprint == entry.fingerprint
            if flight is not None and known and (flight.soon or not hurry):
                continue
            finished = self._finished.get(entry.name)
            if flight is not None or (
                finished is not None and finished.observation.entry != entry.fingerprint
            ):
                self.forget([entry.name])
            task = asyncio.create_task(self._run(entry, soon=hurry), name=f"probe {entry.name}")
            self._flights[entry.name] = _Flight(entry.fingerprint, task, hurry)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def collect(self) -> tuple[Probed, ...]:
        """The probes that have finished since the last call."""
        finished = tuple(self._finished.values())
        self._finished.clear()
        return finished

    def forget(self, names: Iterable[str]) -> None:
        """Cancel the probes of these connections, and drop what they brought."""
        for name in names:
            self._finished.pop(name, None)
            self._sanitizer.forget(name)
            self._readings.pop(name, None)
            flight = self._flights.pop(name, None)
            if flight is not None:
                flight.task.cancel()

    def markets(self, wanted: Wanted) -> Markets:
        """What is known of these pairs. What is not known is looked up in the background."""
        if self._lists is None:
            raise RuntimeError("the prober is not open")
        self._lists.want(wanted)
        return self._lists.known()

    def announced(self, entries: Mapping[str, ConnectionEntry]) -> Announced:
        """What the exchanges of these tell of maintenance; asked for in the background."""
        if self._announced is None:
            raise RuntimeError("the prober is not open")
        self._announced.want(entries)
        return self._announced.known()

    async def _run(self, entry: ConnectionEntry, *, soon: bool) -> None:
        begun = time.monotonic()
        try:
            observation, asked_time = await self._observe(entry, soon=soon)
        except Exception as error:  # noqa: BLE001 # a probe is never lost
            failure = unforeseen(error, "time")
            observation = Observation(self._clock(), entry.fingerprint, failure)
            asked_time = True
        seconds = time.monotonic() - begun
        probed = Probed(entry.name, observation, seconds, _results(observation, asked_time))
        flight = self._flights.get(entry.name)
        if flight is not None and flight.task is asyncio.current_task():  # not forgotten meanwhile
            del self._flights[entry.name]
            self._finished[entry.name] = probed
            self._wake()

    async def _observe(self, entry: ConnectionEntry, *, soon: bool) -> tuple[Observation, bool]:
        """One probe, and whether it asked for the time itself."""
        if self._clients is None:
            raise RuntimeError("the prober is not open")
        row, queue, times = self._place(entry)
        await self._clients.load(row)
        capture = self._capture
        questions = Questions(
            entry,
            row,
            self._clients,
            queue,
            self._clock,
            capture=capture,
            soon=soon,
            times=times if capture is None else None,  # each answer is kept
            readings=self._read(entry),
            limits=self._limits,
        )
        seen = self._sanitizer.observation(entry, await questions.observe())
        return seen, questions.asked_time

    def _read(self, entry: ConnectionEntry) -> Readings:
        """What the last answers about this very entry said."""
        known = self._readings.get(entry.name)
        if known is None or known[0] != entry.fingerprint:
            known = self._readings[entry.name] = entry.fingerprint, Readings()
        return known[1]

    def _row(self, entry: ConnectionEntry) -> Exchange:
        return self._place(entry).row

    def _budget(self, entry: ConnectionEntry, _: Exchange) -> Budget:
        return self._place(entry).queue.budget

    def _place(self, entry: ConnectionEntry) -> _Place:
        """Where an entry asks, and with whom it shares that."""
        given = entry.connection
        where = (given.environment, given.region, given.endpoint)
        known = (given.exchange, *where, given.proxy, entry.timeout)
        found = self._places.get(known)
        if found is None:
            row = EXCHANGES[given.exchange].within(*where)
            route = _route(entry, row)
            queue = self._queues.setdefault(route, Queue(Budget(row.pace.rate)))
            times = self._times.setdefault((*route, entry.timeout), SharedTime(self._clock))
            found = self._places[known] = _Place(row, queue, times)
        return found


def _route(entry: ConnectionEntry, row: Exchange) -> tuple[object, ...]:
    return *_host(entry, row), entry.connection.proxy


def _host(entry: ConnectionEntry, row: Exchange) -> tuple[str, str | None]:
    base = row.base(entry.connection.endpoint)
    return row.id, urlsplit(base).netloc if base else None


def _results(observation: Observation, asked_time: bool) -> tuple[tuple[Question, str], ...]:  # noqa: FBT001 # one caller
    asked = QUESTIONS if asked_time else QUESTIONS[1:]
    answers = {question: getattr(observation, question) for question in asked}
    return tuple(
        (question, answer.reason.value if isinstance(answer, Failure) else OK)
        for question, answer in answers.items()
        if answer is not None
    )
