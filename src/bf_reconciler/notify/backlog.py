"""What is kept over a restart: what each receiver was told, and what waits for it; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from pydantic import ConfigDict, TypeAdapter, ValidationError

from bf_reconciler.notify.values import Memory, Message

MOST_WAITING: Final = 200
"""Messages that wait for one receiver; older ones are lost, and counted."""
OLDEST: Final = timedelta(days=3)
"""What could not be delivered for so long helps nobody any more."""
STRICT: Final = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One receiver: what it was told or is to be told, and what of that is not delivered."""

    memory: Memory = Memory()  # noqa: RUF009 # frozen
    waiting: tuple[Message, ...] = ()

    def with_messages(self, memory: Memory, messages: Iterable[Message]) -> tuple["Mailbox", int]:
        """With these behind the others; how many are lost for that."""
        waiting = (*self.waiting, *messages)
        kept = waiting[-MOST_WAITING:]
        return Mailbox(memory, kept), len(waiting) - len(kept)

    def without(self, message: Message) -> "Mailbox":
        return replace(self, waiting=tuple(each for each in self.waiting if each.id != message.id))

    def expired(self, now: datetime) -> tuple[Message, ...]:
        return tuple(each for each in self.waiting if now - each.at > OLDEST)


@dataclass(frozen=True, slots=True)
class Backlog:
    """All receivers. ``until``: the last change of a key that was taken up."""

    version: int = 1
    until: datetime | None = None
    mailboxes: Mapping[str, Mailbox] = field(default_factory=dict)


# The tuple takes the configuration, which a dataclass does not take from outside.
_FORM: Final = TypeAdapter(tuple[Backlog], config=STRICT)


def written(backlog: Backlog) -> bytes:
    return _FORM.dump_json((backlog,), exclude_defaults=True)


def read(data: bytes) -> Backlog | None:
    """None where it is of another format."""
    try:
        (found,) = _FORM.validate_json(data)
    except ValidationError:
        return None
    return found if found.version == 1 else None
