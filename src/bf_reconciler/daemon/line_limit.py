"""Keeps what comes a thousand times from filling the log."""

import time
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

EVERY: Final = 60.0
"""Seconds between two lines of one kind."""


class LineLimit:
    """Says when a kind of line is due: the first at once, then one a minute.

    ``most`` kinds are remembered; then all are forgotten, and the next of each is due again.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._kinds: dict[Hashable, _Kind] = {}

    def __len__(self) -> int:
        return len(self._kinds)

    def __call__(self, kind: Hashable) -> int:
        """Count one more; how many there were since the last line, or 0 where none is due."""
        now = time.monotonic()
        if kind not in self._kinds and self._most is not None and len(self._kinds) >= self._most:
            self._kinds.clear()
        known = self._kinds.setdefault(kind, _Kind(now - EVERY))
        known.unlogged += 1
        if now - known.logged_at < EVERY:
            return 0
        count, known.logged_at, known.unlogged = known.unlogged, now, 0
        return count


@dataclass(slots=True)
class _Kind:
    logged_at: float
    unlogged: int = 0
