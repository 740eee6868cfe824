"""What a runtime must be able to do, whatever engine is behind it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Protocol

from bf_reconciler.facts import Reason
from bf_reconciler.status import Confirmed, Running
from bf_reconciler.verdict import LEAST_LEASE, Holding, Order

RHYTHM = timedelta(seconds=10)


class UnavailableError(Exception):
    """An order could not be carried out; the message says why, for a person, and no secret."""

    reason: ClassVar[Reason] = Reason.RUNTIME_UNAVAILABLE


class RefusedError(UnavailableError):
    """The engine answered, and refused the login or the command."""

    reason = Reason.ENGINE_REFUSED


def rhythm_of(lease: timedelta | None) -> timedelta:
    """How often leases are looked at where each is declared so long; None: as long as its order."""
    return min(RHYTHM, (lease or LEAST_LEASE) / 6)


@dataclass(frozen=True, slots=True)
class Owner:
    """Which daemon gives orders: of two, the one that was started later counts."""

    shard: str
    since: datetime

    def as_json(self) -> Mapping[str, str]:
        """As it is written beside an order."""
        return {"shard": self.shard, "since": self.since.isoformat()}

    def yields_to(self, written: object) -> bool:
        """Whether this was written by a daemon that was started later."""
        return (since := _since(written)) is not None and since > self.since

    def wrote(self, written: object) -> bool:
        """Whether this daemon wrote it."""
        return _since(written) == self.since


def _since(written: object) -> datetime | None:
    """When the daemon was started that wrote this; None where it does not say so."""
    if not isinstance(written, Mapping):
        return None
    return moment(written.get("since"))


def moment(value: object) -> datetime | None:
    """A time as it stands in a file; None where it is none."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where folders may lie: below ``base``, from which relative paths start, or in ``root``.

    Commands lie in ``process_root``; without it none is started.
    ``replaced`` is called, in any thread, when another folder is found where one was. ``owner`` is
    this daemon, where it shares its strategies with others.
    """

    base: Path
    root: Path | None = None
    process_root: Path | None = None
    owner: Owner | None = None
    replaced: Callable[[], None] = field(default=lambda: None, compare=False)

    def allow(self, place: Path) -> bool:
        """Whether a folder may lie there, links resolved. The base itself has other files."""
        base = self.base.resolve()
        if place != base and place.is_relative_to(base):
            return True
        return self.root is not None and place.is_relative_to(self.root.resolve())

    def may_run(self, place: Path) -> bool:
        """Whether a command, or the folder that it runs in, may lie there, links resolved."""
        root = self.process_root
        return root is not None and place.resolve().is_relative_to(root.resolve())


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which file an order comes from, and when it was given."""

    generation: int
    revision: str
    now: datetime


@dataclass(eq=False, slots=True)
class Target:
    """The latest order of a strategy; None only asks what runs.

    ``superseded`` is set when a newer one took its place. An adapter looks at it right before it
    acts: what hung for minutes must not be carried out when it is no longer wanted.
    """

    order: Order | None
    stamp: Stamp
    superseded: bool = False

    def check(self) -> None:
        """Raise UnavailableError where a newer order took its place."""
        if self.superseded:
            raise UnavailableError("A newer order took its place.")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a runtime shows of one strategy.

    ``running`` has a reason only where nothing can be read. ``identity`` is what the engine says
    it is. ``content`` is what the runtime holds of the strategy, None where it never heard of it;
    only the adapter that read it looks into it. ``holding`` is the same for everybody, where it
    has our mark. ``life`` is what tells one life of the engine from the next, where it has that.
    ``busy``: it is between two states (starting, reloading), and would lose a command.
    """

    running: Running
    identity: Mapping[str, str] = field(default_factory=dict)
    content: Mapping[str, Any] | None = None
    holding: Holding | None = None
    life: str = ""
    busy: bool = False


class Adapter(Protocol):
    """One declared runtime. An adapter knows one kind of engine and decides nothing.

    Its methods may be slow, but never block the event loop. One call is made at a time, beside
    ``hint``; orders come all at once where it ``queues`` them.
    """

    @property
    def exclusive(self) -> bool:
        """Whether it is one engine that carries one strategy, and not one for each."""
        ...

    @property
    def queues(self) -> bool:
        """Whether it carries out orders in turn by itself, so that nobody waits between two."""
        ...

    @property
    def remembers(self) -> bool:
        """Whether ``content`` holds the reason of the last order."""
        ...

    def adopt(self, declared: Any) -> None:  # noqa: ANN401 # its own kind of runtime
        """Use the credentials of this form of it: they were rotated, and nothing else changed."""
        ...

    def expect(self, order: Order) -> Mapping[str, str]:
        """What the identity must be; nothing is turned on in an engine that says otherwise."""
        ...

    @property
    def settle_time(self) -> timedelta:
        """How long the engine may take to show an order that it was given."""
        ...

    @property
    def deadline(self) -> timedelta:
        """How long it may take to carry out some orders; then nobody waits for it any more."""
        ...

    async def place(self) -> str:
        """What it is the same as: two runtimes of one place are one under two names."""
        ...

    async def changed(self, names: Collection[str] | None) -> Collection[str]:
        """Which of these, or of all that it holds or held, may not be what was last read.

        This is cheap: nothing is read that is known to be the same.
        """
        ...

    async def read(self, names: Collection[str]) -> Mapping[str, Reading]:
        """What it shows of each of these strategies. What cannot be read is unknown, no error."""
        ...

    def differs(self, order: Order, reading: Reading) -> bool:
        """Whether the order must be given, by what was read."""
        ...

    def restarted(self, before: Confirmed, reading: Reading) -> bool:
        """Whether an engine that is off was started anew since it showed that it runs."""
        ...

    async def apply(self, order: Order, reading: Reading, target: Target) -> None:
        """Give the order of a target. That it was taken is not believed: it is read back.

        Raises:
            UnavailableError: It could not be given.
            RefusedError: The engine answered, and refused it.
        """
        ...

    async def hint(self) -> Collection[str] | None:
        """Wait until something may have changed outside: these strategies, or None for any."""
        ...

    @property
    def rhythm(self) -> timedelta:
        """How often ``renew`` is to be called."""
        ...

    async def renew(self, targets: Mapping[str, Target]) -> tuple[Collection[str], bool]:
        """Renew what was lent to the engines, where it soon ends.

        Returns:
            Strategies of which another thing may be known now, and whether more is to be renewed.
        """
        ...

    async def close(self) -> None:
        """Give up what it holds open. Nothing that may hang is waited for."""
        ...
