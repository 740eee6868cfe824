"""Turns nothing on that a crash could make forgotten; turning off waits for no journal."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes import Bounds, Runtimes
from bf_reconciler.spec import Runtime
from bf_reconciler.status import Confirmed, Running
from bf_reconciler.verdict import Decision

MESSAGE = "It is not turned on while the journal cannot be written."


class Memory(Protocol):
    """What is saved of strategies."""

    def broken(self) -> bool:
        """Whether nothing can be saved."""

    def remembered_off(self, name: str) -> bool:
        """Whether a start would find that it was off."""

    def remembered_places(self, name: str) -> Collection[Runtime]:
        """Where a start would look for it; empty where it would look nowhere else."""

    async def intend(self, starting: Mapping[str, Runtime]) -> None:
        """Save that these are about to be turned on there."""


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
        self._remembered_places = memory.remembered_places
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
        if not self._broken():
            await self._remember(on)
        if not self._broken():
            self._on |= on.keys()
            self._withheld = {}
            return await super().converge(given.values(), generation, revision, now)
        self._withheld = withheld = {
            name: each for name, each in on.items() if each.leaves or name not in self._on
        }
        asked = [_waiting(each) if name in withheld else each for name, each in given.items()]
        running = await super().converge(asked, generation, revision, now)
        return dict(running) | {
            name: _withheld(running[name])
            for name, decision in withheld.items()
            if name in running and (not running[name].on or decision.leaves)
        }

    async def _remember(self, on: Mapping[str, Decision]) -> None:
        """Save what a start must know if we are killed between turning these on and saving that."""
        starting = {
            name: each.order.runtime
            for name, each in on.items()
            if each.order is not None and self._starts(name, each.order.runtime)
        }
        if starting:
            await self._intend(starting)

    def _starts(self, name: str, runtime: Runtime) -> bool:
        """Whether a start would not know that it may be on there."""
        if name not in self._on and self._remembered_off(name):
            return True
        places = self._remembered_places(name)
        return bool(places) and runtime not in places


def _waiting(decision: Decision) -> Decision:
    """Without its order: it stays as it is, and where it is."""
    memory = decision.memory
    if decision.leaves:
        memory = replace(memory, runtime=decision.leaves[0].runtime)
    return replace(decision, order=None, leaves=(), memory=memory)


def _withheld(running: Running) -> Running:
    return replace(running, reason=Reason.RUNTIME_UNAVAILABLE, message=MESSAGE)
