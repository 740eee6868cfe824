"""Turns nothing on that a crash could make forgotten; turning off waits for no journal."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes import Bounds, Runtimes
from bf_reconciler.status import Confirmed, Running
from bf_reconciler.verdict import Decision

MESSAGE = "It is not turned on while the journal cannot be written."


class Memory(Protocol):
    """What is saved of strategies."""

    def broken(self) -> bool:
        """Whether nothing can be saved."""

    def remembered_off(self, name: str) -> bool:
        """Whether a start would find that it was off."""

    async def intend(self, names: Collection[str]) -> None:
        """Save that these are about to be turned on."""


class GuardedRuntimes(Runtimes):
    """Runtimes that take no order to run while nothing can be saved.

    What runs goes on, and what must be off goes off.
    """

    def __init__(
        self,
        bounds: Bounds,
        wake: Callable[[], None],
        memory: Memory,
        shown: Mapping[str, Confirmed],
    ) -> None:
        super().__init__(bounds, wake, shown)
        self._broken = memory.broken
        self._remembered_off = memory.remembered_off
        self._intend = memory.intend
        self._on: set[str] = set()
        """What was turned on before: its order may be given again."""
        self._withheld: dict[str, Decision] = {}
        """What is to be turned on when the journal is saved again."""

    async def converge(
        self, decisions: Iterable[Decision], generation: int, revision: str, now: datetime
    ) -> Mapping[str, Running]:
        given = self._withheld | {each.name: each for each in decisions}
        on = {name: each for name, each in given.items() if each.order and each.order.on}
        self._on -= {name for name, each in given.items() if each.order and not each.order.on}
        starting = [name for name in on if name not in self._on and self._remembered_off(name)]
        if starting and not self._broken():
            await self._intend(starting)  # a crash after it was turned on must not turn it off
        if not self._broken():
            self._on |= on.keys()
            self._withheld = {}
            return await super().converge(given.values(), generation, revision, now)
        self._withheld = withheld = {
            name: each for name, each in on.items() if each.leave or name not in self._on
        }
        asked = [_waiting(each) if name in withheld else each for name, each in given.items()]
        running = await super().converge(asked, generation, revision, now)
        return dict(running) | {
            name: _withheld(running[name])
            for name, decision in withheld.items()
            if name in running and (not running[name].on or decision.leave is not None)
        }


def _waiting(decision: Decision) -> Decision:
    """Without its order: it stays as it is, and where it is."""
    memory = decision.memory
    if decision.leave is not None:
        memory = replace(memory, runtime=decision.leave.runtime)
    return replace(decision, order=None, leave=None, memory=memory)


def _withheld(running: Running) -> Running:
    return replace(running, reason=Reason.RUNTIME_UNAVAILABLE, message=MESSAGE)
