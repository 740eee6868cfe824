"""Strategies behind a webhook: every order is a signed POST, and a signed GET reads it back."""

import asyncio
import hmac
import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit
from zlib import crc32

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes.adapter import (
    Bounds,
    Reading,
    Stamp,
    Target,
    UnavailableError,
    rhythm_of,
)
from bf_reconciler.runtimes.orders import document, format_time, stamped, utcnow
from bf_reconciler.runtimes.remote_engine import RemoteEngine, life_of
from bf_reconciler.runtimes.rest import Rest
from bf_reconciler.spec import WebhookRuntime
from bf_reconciler.status import Running, RunningState, Told
from bf_reconciler.verdict import LEAST_LEASE, Order

POLL_SECONDS: Final = 15.0
"""How often it is asked what runs."""
AT_ONCE: Final = 8
"""Requests at a time."""
RENEWED_AT_ONCE: Final = 32
STATES: Final[Mapping[str, RunningState]] = {
    "running": "running",
    "paused": "paused",
    "stopped": "stopped",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """An order that was taken, and until when it may be followed."""

    order: Order
    stamp: Stamp
    since: str
    until: datetime


class WebhookAdapter(RemoteEngine[WebhookRuntime]):
    """The address of one declared runtime of type ``webhook``."""

    exclusive = False
    settle_time = timedelta(seconds=2)
    deadline = timedelta(seconds=60)

    def __init__(self, declared: WebhookRuntime, bounds: Bounds) -> None:
        super().__init__(declared)
        self._owner = bounds.owner
        self._rest = Rest(declared.name, declared.timeout)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._sent: dict[str, Sent] = {}
        self._owed: set[str] = set()
        """Whose latest order was not taken."""
        self._taken: Counter[str] = Counter()
        """How many orders of each strategy were taken."""
        self.rhythm = rhythm_of(declared.lease)
        confirms = declared.status_url is not None
        self.settle_time = self.settle_time if confirms else timedelta(0)

    async def place(self) -> str:
        return f"webhook {self._declared.url}"

    async def read(self, names: Collection[str]) -> Mapping[str, Reading]:
        """What the receiver says that runs; unknown without a ``status_url``."""
        self._asked |= set(names)
        found = await asyncio.gather(*(self._read(name) for name in names))
        return dict(zip(names, found, strict=True))

    def differs(self, order: Order, reading: Reading) -> bool:
        """Whether the receiver was not told this, or does something else."""
        sent = self._sent.get(order.name)
        if sent is None:  # one that left without a trace is told nothing
            return order.strategy is not None or not reading.running.off
        if order.name in self._owed or sent.until < utcnow():
            return True
        if replace(sent.order, lease=order.lease) != order:
            return True
        state = reading.running.state
        return state != "unknown" and state not in shown_by(order)

    async def apply(self, order: Order, _reading: Reading, target: Target) -> None:
        """Send an order.

        Raises:
            UnavailableError: The receiver did not take it.
        """
        target.check()
        since = stamped(order, {}, target.stamp)["since"]
        former = self._sent.get(order.name)
        if former is not None and told(former.order) == told(order):
            since = former.since  # the same again, in other words or once more
        await self._post(order, target.stamp, since)

    async def renew(self, targets: Mapping[str, Target]) -> tuple[Collection[str], bool]:
        """Send orders again whose lease ends soon."""
        now = utcnow()
        due = [name for name in targets if self._ends(name, now)]
        failed: list[str] = []
        for name in due[:RENEWED_AT_ONCE]:
            sent = self._sent[name]
            try:
                await self._post(sent.order, sent.stamp, sent.since)
            except UnavailableError:
                failed.append(name)  # it is due as an order then, and its failure is shown
        return failed, len(due) > RENEWED_AT_ONCE

    async def hint(self) -> Collection[str] | None:
        """Wait for the time to ask again."""
        if self._declared.status_url is None:
            await asyncio.Event().wait()
        await asyncio.sleep(POLL_SECONDS)
        return None

    async def close(self) -> None:
        await self._rest.close()

    async def _read(self, name: str) -> Reading:
        sent = self._sent.get(name)
        word = told(sent.order) if sent is not None else None
        if self._declared.status_url is None:
            return Reading(Running("unknown", told=word))
        url = f"{self._declared.status_url}?strategy={name}"
        parts = urlsplit(url)
        headers = self._signed(f"GET {parts.path or '/'}?{parts.query}".encode())
        try:
            async with self._slots:
                content = (await self._rest.ask("GET", url, headers)).content()
        except UnavailableError as error:
            return self._unread(error)
        state = STATES.get(str(content.get("running")))
        if state is None or content.get("strategy", name) != name:
            words = "The receiver does not say whether the strategy is running, paused or stopped."
            return Reading(Running("unknown", Reason.RUNTIME_UNAVAILABLE, words))
        return Reading(Running(state, told=word), life=life_of(content.get("life", "")))

    async def _post(self, order: Order, stamp: Stamp, since: str) -> None:
        self._owed.add(order.name)
        until = utcnow() + (self._declared.lease or order.lease or LEAST_LEASE)
        content: dict[str, Any] = stamped(order, {}, stamp) | {
            "since": since,
            "valid_until": format_time(until),
            **({} if self._owner is None else {"owner": self._owner.as_json()}),
        }
        body = json.dumps(content, ensure_ascii=False).encode(errors="replace")
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": self._key(order, stamp, since),
            **self._signed(body),
        }
        async with self._slots:
            answer = await self._rest.ask("POST", self._declared.url, headers, body)
        answer.check()
        self._sent[order.name] = Sent(order, stamp, since, until)
        self._taken[order.name] += 1
        self._owed.discard(order.name)

    def _key(self, order: Order, stamp: Stamp, since: str) -> str:
        """The same until it is taken; another where what was taken is told once more."""
        taken = self._taken[order.name]
        parts = [self._declared.name, document(order, {}), stamp.generation, since, taken]
        return sha256(json.dumps(parts).encode()).hexdigest()[:32]

    def _signed(self, signed: bytes) -> dict[str, str]:
        timestamp = str(int(utcnow().timestamp()))
        secret = self._declared.secret.get_secret_value()
        return {
            "BF-Timestamp": timestamp,
            "BF-Signature": f"sha256={signature(secret, timestamp, signed)}",
        }

    def _ends(self, name: str, now: datetime) -> bool:
        sent = self._sent.get(name)
        if sent is None:
            return False
        length = self._declared.lease or sent.order.lease
        spread = 0.5 + crc32(name.encode()) % 100 / 400  # not all of them at the same time
        return sent.until - now < spread * length


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over ``timestamp.body``, in hexadecimal."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()


def told(order: Order) -> Told:
    """What an order tells the receiver to do."""
    return "run" if order.on else order.action


def shown_by(order: Order) -> frozenset[str]:
    """The states that show an order as done."""
    if order.on:
        return frozenset({"running"})
    return frozenset({"paused", "stopped"} if order.action == "pause" else {"stopped"})
