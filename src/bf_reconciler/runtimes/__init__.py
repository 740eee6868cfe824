"""Where strategies run: orders are carried out, and what really runs is read back."""

import asyncio
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes.file import FileRuntime
from bf_reconciler.spec import Runtime
from bf_reconciler.status import Running
from bf_reconciler.verdict import Decision, Order


class Runtimes:
    """All declared runtimes; ``base`` is the folder that relative paths start from."""

    def __init__(self, base: Path) -> None:
        self._base = base

    async def converge(
        self, decisions: Iterable[Decision], generation: int, revision: str, now: datetime
    ) -> Mapping[str, Running]:
        """Carry out every decision and read back what runs.

        It acts only on a difference, and believes what it reads, never that a command worked.
        """
        return await asyncio.to_thread(
            lambda: {d.name: self._settle(d, generation, revision, now) for d in decisions}
        )

    def _settle(self, decision: Decision, generation: int, revision: str, now: datetime) -> Running:
        for order in self._orders(decision):
            try:
                self._place(order.runtime).apply(order, generation, revision, now)
            except OSError as error:
                # Nothing is turned on here while it could not be turned off where it was.
                seen = self._place(order.runtime).read(decision.name)
                message = f"The file cannot be written ({error.strerror or type(error).__name__})."
                return Running(seen.state, Reason.RUNTIME_UNAVAILABLE, message)
        return checked(decision.order, self._place(decision.memory.runtime).read(decision.name))

    def _orders(self, decision: Decision) -> Iterator[Order]:
        leave, order = decision.leave, decision.order
        if leave is not None and (order is None or not self._same(leave.runtime, order.runtime)):
            yield leave
        if order is not None:
            yield order

    def _same(self, one: Runtime, other: Runtime) -> bool:
        """Whether they are one folder under two names: a bot must not be told off and on again."""
        return os.path.realpath(self._base / one.path) == os.path.realpath(self._base / other.path)

    def _place(self, runtime: Runtime) -> FileRuntime:
        return FileRuntime(self._base / runtime.path)


def checked(order: Order | None, seen: Running) -> Running:
    """What was read back, with a reason where it is not what was ordered."""
    if order is None or seen.reason is not None:
        return seen
    if order.on and seen.state != "running":
        return Running(seen.state, Reason.ENGINE_REFUSED, "It was told to run, but is not running.")
    if not order.on and seen.state == "running":
        return Running(
            seen.state, Reason.STILL_RUNNING, "It was told to stop, but is still running."
        )
    return seen
