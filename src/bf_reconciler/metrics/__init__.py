"""Status as metric families; no gauge is ever set or deleted."""

from bf_reconciler.metrics.exposition import Exposition
from bf_reconciler.metrics.families import WATCH_MODES, Extras
from bf_reconciler.metrics.tallies import Tallies

__all__ = ["WATCH_MODES", "Exposition", "Extras", "Tallies"]
