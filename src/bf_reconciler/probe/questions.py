"""One probe: the time first, then key, balance and orders, mostly side by side, a request each.

The time is shared by all who ask the same host by the same egress at about the same moment.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

import structlog

from bf_reconciler.exchanges import Call, Exchange, Unusable
from bf_reconciler.facts import (
    Balance,
    Clock,
    Failure,
    Json,
    KeyFacts,
    Observation,
    Orders,
    Question,
    Reason,
)
from bf_reconciler.probe import classify
from bf_reconciler.probe.budget import Budget
from bf_reconciler.probe.capture import Capture
from bf_reconciler.probe.limits import Limits
from bf_reconciler.probe.queue import Queue
from bf_reconciler.probe.readings import Readings
from bf_reconciler.probe.shared_time import SharedTime
from bf_reconciler.probe.transport import Answer, Silence
from bf_reconciler.spec import ConnectionEntry

T = TypeVar("T")
Reader = Callable[[Exchange, Answer | Silence, datetime], T | Failure]
Signed = tuple[KeyFacts | Failure, Balance | Failure, Orders | Failure]
log = structlog.get_logger("bf_reconciler.probe")


class Asks(Protocol):
    """Gives the answer to one call."""

    async def ask(
        self, entry: ConnectionEntry, row: Exchange, call: Call, /
    ) -> Answer | Silence: ...


@dataclass(slots=True)
class Questions:
    """The four questions to one connection.

    Attributes:
        times: The time of the host, shared with others; None asks for this connection alone.
        readings: What the last answers said.
        limits: Of the time that each request may take.
        asked_time: Whether the time was asked for this connection, after ``observe``.
    """

    entry: ConnectionEntry
    row: Exchange
    clients: Asks
    queue: Queue
    clock: Callable[[], datetime]
    capture: Capture | None = None
    soon: bool = False
    times: SharedTime | None = None
    readings: Readings = field(default_factory=Readings)
    limits: Limits = field(default_factory=Limits)
    asked_time: bool = True

    @property
    def budget(self) -> Budget:
        return self.queue.budget

    async def observe(self) -> Observation:
        """Ask. Takes at most the wait for one's turn and a timeout per call that awaits another.

        Those are two: the time, and all that is signed; ``first``, ``more`` and ``instead`` of a
        row may add one each, and what the last decides on waits for it. What goes ``in_turn`` is
        one each.

        Waiting for our own pace is not the exchange's doing: it counts against no deadline, and it
        is no failure, however many wait. Each waits once, so the interval becomes what the pace
        allows; who is to be asked ``soon`` stands in the shorter line. A ban is the exchange's
        doing: where it outlasts the deadline, the answer is that we are too fast, without a
        request.
        """
        patience = self.entry.timeout.total_seconds()
        requests, trades = self.row.calls.requests, self.entry.trades
        if ban := await self.queue.turn(requests, patience, soon=self.soon, trades=trades):
            return self._observation(self._held_back(ban))
        told = await self._time()
        if isinstance(told, Failure):
            self.queue.refund(self.row.calls.requests - 1)
            return self._observation(told)
        seen = await self._signed(told)
        if self.times is not None and any(not failure.terminal for failure in seen.failures):
            self.times.doubt()
        return seen

    async def _time(self) -> Clock | Failure:
        if self.times is None:
            return await self._ask_time()
        told, self.asked_time = await self.times.read(self._ask_time, soon=self.soon)
        if not self.asked_time and not self.row.pace.by_weight:
            self.queue.refund(1)
        return told

    async def _ask_time(self) -> Clock | Failure:
        return await self._ask("time", self.row, self.row.calls.time.call, classify.read_time)

    async def _signed(self, told: Clock) -> Observation:
        """The three that take a key. On some exchanges the key tells first what else to ask."""
        row, known = await self._settled() if self.row.calls.instead else (self.row, None)
        asked = self._one_by_one if row.calls.in_turn else self._side_by_side
        key, balance, orders = await asked(row, known)
        return Observation(
            at=self.clock(),
            entry=self.entry.fingerprint,
            time=told,
            key=self._doubted(key, told),
            balance=self._doubted(balance, told),
            orders=self._doubted(orders, told),
        )

    async def _side_by_side(self, row: Exchange, known: KeyFacts | Failure | None) -> Signed:
        async with asyncio.TaskGroup() as group:
            balance = group.create_task(self._balance(row))
            orders = group.create_task(self._orders(row))
            key = await self._key(row, known)
        return key, await self._other_balance(row, key, balance.result()), orders.result()

    async def _one_by_one(self, row: Exchange, known: KeyFacts | Failure | None) -> Signed:
        """Each has a deadline of its own, which begins when the one before has its answer."""
        key, balance = await self._key(row, known), await self._balance(row)
        return key, await self._other_balance(row, key, balance), await self._orders(row)

    async def _other_balance(
        self, row: Exchange, key: KeyFacts | Failure, usual: Balance | Failure
    ) -> Balance | Failure:
        """What a second question finds where the usual one finds nothing; in nobody's turn."""
        other = row.calls.other_balance
        if other is None or not other.wanted(key, usual):
            return usual
        call, first = other.query.call, other.first
        if first is not None:
            self.budget.take(1, time.monotonic())
            value = await self._ask("balance", row, first.call, _reader(first.read))
            if isinstance(value, Failure):
                return usual
            call = replace(call, params={**call.params, first.param: value})
        self.budget.take(1, time.monotonic())
        found = await self._ask("balance", row, call, _reader(other.query.read))
        return usual if isinstance(found, Failure) else found

    async def _balance(self, row: Exchange) -> Balance | Failure:
        call = row.calls.balance.call
        return await self._ask("balance", row, call, classify.read_balance, self.readings)

    async def _orders(self, row: Exchange) -> Orders | Failure:
        call = row.calls.orders.call
        return await self._ask("orders", row, call, classify.read_orders, self.readings)

    async def _settled(self) -> tuple[Exchange, KeyFacts | Failure]:
        """The row that this account answers to, and its answer to the key question."""
        first = await self._key(self.row)
        refused_by = first.code if isinstance(first, Failure) else None
        if refused_by is not None and refused_by in self.row.calls.instead:
            other = self.row.instead[refused_by]
            return other, await self._key(other)
        self.queue.refund(1)
        return self.row, first

    async def _key(
        self, row: Exchange, known: KeyFacts | Failure | None = None
    ) -> KeyFacts | Failure:
        """The key question: one call, or two that make one answer."""
        if known is not None:
            return known
        call = await self._completed(row)
        if isinstance(call, Failure):
            self.queue.refund(1)
            return call
        api_key = self.entry.connection.credentials.api_key.get_secret_value()

        def own(row: Exchange, got: Answer | Silence, now: datetime) -> KeyFacts | Failure:
            return classify.read_key(row, got, now, api_key)

        known_by = None if row.calls.key_ages else self.readings
        told = await self._ask("key", row, call, own, known_by)
        more = row.calls.more
        if more is None:
            return told
        if isinstance(told, Failure):
            self.queue.refund(1)
            return told

        def read(row: Exchange, got: Answer | Silence, now: datetime) -> KeyFacts | Failure:
            return classify.read_more(row, more, told, api_key, got, now)

        return await self._ask("key", row, more.call, read)

    async def _completed(self, row: Exchange) -> Call | Failure:
        """The call of the key question, with the value that another call had to tell."""
        first, call = row.calls.first, row.calls.key.call
        if first is None:
            return call

        def read(row: Exchange, got: Answer | Silence, now: datetime) -> str | Failure:
            return classify.read_first(row, first, got, now)

        value = await self._ask("key", row, first.call, read)
        if isinstance(value, Failure):
            return value
        return replace(call, params={**call.params, first.param: value})

    async def _ask(
        self,
        question: Question,
        row: Exchange,
        call: Call,
        reader: Reader[T],
        readings: Readings | None = None,
    ) -> T | Failure:
        """One question, at most one request. Whatever happens, an answer: none is ever lost.

        With ``readings``, what is answered in the same bytes as the last time is not read again.
        """
        limit = self.entry.timeout.total_seconds()
        deadline = time.monotonic() + limit
        try:
            with self.limits.within(limit):
                while (wait := self.budget.ban(now := time.monotonic())) > 0:
                    if now + wait > deadline:
                        return self._held_back(wait)
                    await asyncio.sleep(wait)
                got = await self.clients.ask(self.entry, row, call)
            if self.capture is not None and isinstance(got, Answer):
                self.capture(self.entry, question, call, got)
            read = partial(reader, row, got, self.clock())
            if readings is not None and isinstance(got, Answer):
                answer = readings.read(question, call, got, read)
            else:
                answer = read()
        except TimeoutError:
            answer = reader(row, Silence.TIMEOUT, self.clock())
        except Unusable as error:
            words = f"{row.title} was not asked ({question}): {error}."
            return Failure(Reason.INVALID_SIGNATURE, words)
        except Exception as error:  # noqa: BLE001 # ccxt's own; its text can hold keys
            return unforeseen(error, question)
        if isinstance(answer, Failure) and answer.reason is Reason.RATE_LIMITED:
            self.queue.block(answer.retry_after or 0.0)
        return answer

    def _doubted(self, answer: T | Failure, told: Clock) -> T | Failure:
        if isinstance(answer, Failure):
            return classify.skewed(self.row, answer, told.skew)
        return answer

    def _held_back(self, wait: float) -> Failure:
        words = f"Requests to {self.row.title} from this address are held back for {wait:.0f} s."
        return Failure(Reason.RATE_LIMITED, words, retry_after=wait)

    def _observation(self, failure: Failure) -> Observation:
        return Observation(at=self.clock(), entry=self.entry.fingerprint, time=failure)


def _reader(read: Callable[[Json], T]) -> Reader[T]:
    """A reader of balance answers, in the form in which they are asked for."""
    return lambda row, got, now: classify.read(row, "balance", got, read, now)


def unforeseen(error: Exception, question: Question) -> Failure:
    """An error nobody thought of. Its text may hold anything, so only its class is logged."""
    log.error("probe_failed", error=type(error).__name__, question=question)
    words = f"The test failed with an unexpected error (asked for: {question}); the log names it."
    return Failure(Reason.UNEXPECTED_RESPONSE, words)
