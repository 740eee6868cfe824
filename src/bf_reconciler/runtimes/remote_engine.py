"""What adapters of engines that are asked over the network have in common."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final, Generic, TypeVar

from bf_reconciler.facts import printable
from bf_reconciler.runtimes.adapter import Reading, Target, UnavailableError
from bf_reconciler.status import Confirmed, Running
from bf_reconciler.verdict import Order

R = TypeVar("R")
HARDLY_EVER: Final = timedelta(hours=1)
LONGEST_LIFE: Final = 64


def life_of(told: object) -> str:
    """What tells one life of an engine from the next, as it is kept in the journal: bounded."""
    return printable(str(told)[:LONGEST_LIFE])


class RemoteEngine(Generic[R]):
    """An engine that answers requests, lends nothing and says nothing by itself."""

    queues = False
    remembers = False
    rhythm = HARDLY_EVER

    def __init__(self, declared: R) -> None:
        self._declared = declared
        self._asked: set[str] = set()
        """What it was ever asked about."""

    def adopt(self, declared: R) -> None:
        """Log in with the credentials of now."""
        self._declared = declared

    def restarted(self, before: Confirmed, reading: Reading) -> bool:
        """Whether it says itself that it is in another life."""
        return before.life != reading.life

    def expect(self, _order: Order) -> Mapping[str, str]:
        """It says nothing about itself that could be compared."""
        return {}

    async def changed(self, names: Collection[str] | None) -> Collection[str]:
        """All that it was asked about: nothing but an answer says what changed."""
        return self._asked if names is None else names

    async def renew(self, targets: Mapping[str, Target]) -> tuple[Collection[str], bool]:  # noqa: ARG002 # nothing is lent
        return (), False

    def _unread(self, error: UnavailableError) -> Reading:
        """What is shown of one that does not answer, or refuses to."""
        return Reading(Running("unknown", error.reason, str(error)))


class SingleEngine(RemoteEngine[R], ABC):
    """One that carries one strategy, and shows the same of whatever was ever on it."""

    exclusive = True

    async def read(self, names: Collection[str]) -> Mapping[str, Reading]:
        """What it shows."""
        self._asked |= set(names)
        if not names:
            return {}
        try:
            reading = await self._read()
        except UnavailableError as error:
            reading = self._unread(error)
        return dict.fromkeys(names, reading)

    @abstractmethod
    async def _read(self) -> Reading:
        """What the engine shows.

        Raises:
            UnavailableError: It does not answer, or refuses to.
        """
