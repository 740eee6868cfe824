"""Counts HTTP clients that were cut off, and logs them without letting them fill the log."""

import time
from collections import Counter

import structlog

from bf_reconciler.metrics import Tallies

EVERY = 60.0
"""Seconds between two lines of one kind."""


class ClientReport:
    """Takes each cut; the first of a kind is logged, then one line a minute says how many."""

    def __init__(self, tallies: Tallies) -> None:
        self._tallies = tallies
        self._unlogged: Counter[str] = Counter()
        self._logged_at: dict[str, float] = {}
        self._log = structlog.get_logger("bf_reconciler")

    def __call__(self, kind: str) -> None:
        self._tallies.client_dropped(kind)
        self._unlogged[kind] += 1
        now = time.monotonic()
        if now - self._logged_at.get(kind, -EVERY) >= EVERY:
            self._logged_at[kind] = now
            self._log.warning("clients cut off", kind=kind, clients=self._unlogged.pop(kind))
