"""The values a foresight is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from bf_reconciler.document import Kind
from bf_reconciler.facts import Reason

Action = Literal["add", "change", "remove", "keep", "hold", "invalid", "unknown"]
"""hold: it vanished, but stays in force; invalid: wrong in the file; unknown: encrypted."""
CHANGING: Final = frozenset({"add", "change", "remove", "hold"})
Power = Literal["on", "off", "unknown"]
Compared = Literal["same", "changed", "unknown"]


@dataclass(frozen=True, slots=True)
class Change:
    """One field. None is a default. ``known`` is False where it cannot be compared."""

    field: str
    before: Any = None
    after: Any = None
    known: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """What becomes of one entry."""

    kind: Kind
    name: str
    action: Action
    line: int = 0
    changes: tuple[Change, ...] = ()
    credentials: Compared = "same"
    file: str = ""
    """Which file of a folder it stands in, or stood."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A strategy that would go on or off, or of which that cannot be said."""

    name: str
    before: Power
    after: Power
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Right:
    """A right that a key newly needs; ``right`` is its name at the exchange.

    ``held`` is None where the rights of the key are not known.
    """

    connection: str
    scope: str
    right: str
    held: bool | None


@dataclass(frozen=True, slots=True)
class Widening:
    """A field that lets a key do more, or lets more pass. ``connection``: empty for the policy."""

    connection: str
    field: str
    before: Any
    after: Any
    message: str


@dataclass(frozen=True, slots=True)
class Removals:
    """How many entries vanish, of how many, and whether the guard holds them in force."""

    vanished: Mapping[Kind, int]
    total: Mapping[Kind, int]
    held: bool
    message: str = ""
    files: frozenset[str] = frozenset()
    """Files of a folder that lose so many entries that these are held."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything that the file would change. ``halt`` is None where that stays as it is."""

    entries: tuple[Entry, ...]
    switches: tuple[Switch, ...]
    rights: tuple[Right, ...]
    removals: Removals
    halt: Literal["pulled", "released", "changed"] | None = None
    uncompared: tuple[str, ...] = ()
    """Connections that stay, and whose credentials could not be compared."""
    widened: tuple[Widening, ...] = ()
    policy: tuple[Change, ...] | None = None
    """None where that in force is not told, so that nothing could be compared."""

    @property
    def empty(self) -> bool:
        """Whether nothing would change. A wrong entry changes nothing: its last good form stays."""
        changing = any(entry.action in CHANGING for entry in self.entries)
        ruled = any(change.known for change in self.policy or ())
        return not (changing or self.switches or self.rights or self.halt or ruled)
