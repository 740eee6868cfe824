"""What a runtime must be able to do, whatever engine is behind it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from bf_reconciler.status import Running
from bf_reconciler.verdict import Order


class UnavailableError(Exception):
    """An order could not be carried out; the message says why, for a person, and no secret."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which file an order comes from, and when it was given."""

    generation: int
    revision: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """What a runtime shows of one strategy.

    ``running`` has a reason only where nothing can be read. ``identity`` is what the engine says
    it is. ``content`` is what the runtime holds of the strategy, None where it never heard of it;
    only the adapter that read it looks into it.
    """

    running: Running
    identity: Mapping[str, str] = field(default_factory=dict)
    content: Mapping[str, Any] | None = None


class Adapter(Protocol):
    """One declared runtime. An adapter knows one kind of engine and decides nothing.

    Its methods may be slow, but never block the event loop.
    """

    @property
    def expect(self) -> Mapping[str, str]:
        """What the identity must be; nothing is turned on in an engine that says otherwise."""
        ...

    @property
    def settle_time(self) -> timedelta:
        """How long the engine may take to show an order that it was given."""
        ...

    async def read(self, names: Collection[str]) -> Mapping[str, Reading]:
        """What it shows of each of these strategies. What cannot be read is unknown, no error."""
        ...

    def differs(self, order: Order, reading: Reading) -> bool:
        """Whether the order must be given, by what was read."""
        ...

    async def apply(self, order: Order, reading: Reading, stamp: Stamp) -> None:
        """Give the order. That it was taken is not believed: it is read back.

        Raises:
            UnavailableError: It could not be given.
        """
        ...

    async def same_place(self, other: "Adapter") -> bool:
        """Whether both are one place under two names: moving there is no move."""
        ...
