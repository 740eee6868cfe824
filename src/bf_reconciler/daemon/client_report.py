"""Counts HTTP clients that were cut off, and logs them without letting them fill the log."""

import structlog

from bf_reconciler.daemon.line_limit import LineLimit
from bf_reconciler.metrics import Tallies


class ClientReport:
    """Takes each cut; the first of a kind is logged, then one line a minute says how many."""

    def __init__(self, tallies: Tallies) -> None:
        self._tallies = tallies
        self._due = LineLimit()
        self._log = structlog.get_logger("bf_reconciler")

    def __call__(self, kind: str) -> None:
        self._tallies.client_dropped(kind)
        if clients := self._due(kind):
            self._log.warning("clients cut off", kind=kind, clients=clients)
