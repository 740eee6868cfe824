"""The heartbeat: tells a dead man's switch of another system that this daemon is at work.

It is sent from completed passes over all that is due, never from a timer alone: what hangs, hangs
the heartbeat, too.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, Protocol
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

import certifi
import structlog

from bf_reconciler.daemon.worker import Worker
from bf_reconciler.facts import Seen
from bf_reconciler.metrics import Tallies
from bf_reconciler.schedule import overdue
from bf_reconciler.settings import Heartbeat
from bf_reconciler.spec import Spec

DEADLINE: Final = 10.0
"""Seconds within which the receiver must answer."""
RETRY: Final = 5.0
"""Seconds after which one that was not taken is sent again, unless they are sent more often."""
LATE: Final = 60.0
"""Seconds that a pass may take beyond its time before the log says what it waits for."""
SHOWN: Final = 5
MOST: Final = 65536
"""Bytes that are read of an answer; nobody looks at them."""


class RefusedError(OSError):
    """The receiver did not take it. Nothing of where it went is in this."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status


class Pass:
    """One pass over all that is due; it is complete when nothing is missing from it.

    Args:
        busy: Names of the runtimes that have not answered what they were last asked.
    """

    def __init__(self, busy: Callable[[], frozenset[str]]) -> None:
        self._busy = busy
        self._silent: frozenset[str] | None = None
        """Runtimes that have not been seen to answer since this pass began."""
        self._spec: Spec | None = None
        self._since = datetime.min.replace(tzinfo=UTC)
        """When this spec came into force."""

    def missing(self, spec: Spec | None, seen: Mapping[str, Seen], now: datetime) -> str:
        """What is missing, at the end of a turn; "" where it is complete, and the next begins."""
        if spec is None:
            return "no valid file is in force"
        if spec is not self._spec:
            self._spec, self._since = spec, now
        busy = self._busy()
        self._silent = busy if self._silent is None else self._silent & busy
        if self._silent:
            return f"runtimes have not answered: {_some(self._silent)}"
        late = overdue(spec, seen, self._since, now)
        if late:
            return f"connections were not tested when they were due: {_some(late)}"
        self._silent = None
        return ""


class Look(Protocol):
    """Says what is missing from a completed pass; "" is nothing."""

    def __call__(self) -> str: ...


class HeartbeatSender:
    """Sends the heartbeats of completed passes, beside the turns.

    Args:
        target: Where to.
        look: Asked at the end of a turn, while a heartbeat is due.
        send: Sends one; raises where it was not taken.
    """

    def __init__(
        self,
        target: Heartbeat,
        look: Look,
        tallies: Tallies,
        send: Callable[[Heartbeat], None] | None = None,
    ) -> None:
        self._target, self._look, self._tallies = target, look, tallies
        self._send = send or send_heartbeat
        self._log = structlog.get_logger("bf_reconciler")
        self._worker = Worker("heartbeat")
        self._sending: asyncio.Future[None] | None = None
        self._passed = asyncio.Event()
        self._due: float | None = time.monotonic()
        """Since when one is due; None: it is not."""
        self._told = self._told_late = False

    def turned(self) -> None:
        """A turn has ended: where a heartbeat is due, and nothing is missing, it goes out."""
        if self._due is None or self._passed.is_set():
            return
        missing = self._look()
        if not missing:
            self._passed.set()
            self._told_late = False
        elif not self._told_late and time.monotonic() - self._due > LATE:
            self._told_late = True
            self._log.warning("heartbeat withheld", why=missing)

    async def keep_sending(self) -> None:
        """Send one for each completed pass, as often as is wanted."""
        while True:
            await self._passed.wait()
            self._due = None
            self._passed.clear()
            taken = await self._beat()
            every = self._target.seconds
            await asyncio.sleep(every if taken else min(every, RETRY))
            self._due = time.monotonic()

    async def _beat(self) -> bool:
        trouble = await self._trouble()
        if trouble:
            self._tallies.heartbeat(None)
            if not self._told:
                self._log.error("heartbeat not sent", message=trouble)
        else:
            self._tallies.heartbeat(time.time())
            if self._told:
                self._log.info("heartbeat sent again")
        self._told = bool(trouble)
        return not trouble

    async def _trouble(self) -> str:
        """Send one; says why it was not taken, without a word of where it goes."""
        if self._sending is not None and not self._sending.done():
            return "the one before still hangs"
        self._sending = self._worker.call(self._send, self._target)
        done, _ = await asyncio.wait({self._sending}, timeout=DEADLINE)
        if not done:
            return f"the receiver has not answered within {DEADLINE:g} s"
        error = self._sending.exception()
        if isinstance(error, RefusedError):
            return f"the receiver refused it (HTTP {error.status})"
        return f"the receiver cannot be reached ({type(error).__name__})" if error else ""


class _NoRedirect(HTTPRedirectHandler):
    """Follows none: the address is a credential, and so is the token."""

    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401 # as urllib has it
        return None


@cache
def _context() -> ssl.SSLContext:
    """The authorities of this machine, and those that everybody trusts."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def send_heartbeat(target: Heartbeat) -> None:
    """Send one heartbeat; blocks.

    Raises:
        OSError: It was not taken.
    """
    headers = {"User-Agent": "bf-reconciler"}
    if target.token:
        headers["Authorization"] = f"Bearer {target.token}"
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=_context()), _NoRedirect())
    request = Request(target.url, headers=headers)  # noqa: S310 # its scheme was checked
    try:
        with opener.open(request, timeout=DEADLINE) as answer:
            answer.read(MOST)
    except HTTPError as refusal:
        with refusal:
            raise RefusedError(refusal.code) from None


def _some(names: frozenset[str] | tuple[str, ...]) -> str:
    shown = ", ".join(sorted(names)[:SHOWN])
    more = len(names) - SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
