"""The time of an exchange: the same for all keys, so it is asked once for all of one egress."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bf_reconciler.facts import Clock, Failure
from bf_reconciler.spec.budget import TIME_SERVES

FRESH: Final = TIME_SERVES
"""Seconds for which an answer serves others."""
FRESH_SOON: Final = 1.0
"""Likewise, those who are to find something out soon. And for a failure: a dead host is not asked
once per key."""
MAX_DRIFT: Final = 0.1
"""Seconds by which our clock may have been set meanwhile; beyond that, the skew is another one."""

Asked = Clock | Failure


@dataclass(slots=True)
class _Answer:
    value: Asked
    at: float
    """Monotonic."""
    offset: float
    """Of our clock to the monotonic one, when the skew was measured."""


class SharedTime:
    """The clock of one host, as seen from one egress address.

    Args:
        clock: Our time, whose skew is measured.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._answer: _Answer | None = None
        self._asking: asyncio.Task[Asked] | None = None
        self._waiting = 0

    async def read(self, ask: Callable[[], Awaitable[Asked]], *, soon: bool) -> tuple[Asked, bool]:
        """The answer to the time question, and whether it was asked for this caller.

        Who comes while it is being asked waits for that answer. When nobody waits any more, the
        request is cancelled.
        """
        if (answer := self._fresh(soon=soon)) is not None:
            return answer, False
        is_first = self._asking is None
        task = self._asking or asyncio.create_task(self._ask(ask), name="shared time")
        self._asking = task
        self._waiting += 1
        try:
            return await asyncio.shield(task), is_first
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._asking = None
                task.cancel()

    def doubt(self) -> None:
        """A signed question met a failure that may be the host's: the next probe asks anew."""
        self._answer = None

    async def _ask(self, ask: Callable[[], Awaitable[Asked]]) -> Asked:
        value = await ask()
        # A demand to wait is kept by the queue, and ends at a time of its own.
        lasts = not isinstance(value, Failure) or value.retry_after is None
        self._answer = _Answer(value, time.monotonic(), self._offset()) if lasts else None
        return value

    def _fresh(self, *, soon: bool) -> Asked | None:
        if self._answer is None:
            return None
        brief = soon or isinstance(self._answer.value, Failure)
        age = time.monotonic() - self._answer.at
        if age > (FRESH_SOON if brief else FRESH):
            return None
        drift = abs(self._offset() - self._answer.offset)
        return self._answer.value if drift <= MAX_DRIFT else None

    def _offset(self) -> float:
        return self._clock().timestamp() - time.monotonic()
