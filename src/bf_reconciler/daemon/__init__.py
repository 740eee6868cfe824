"""When things happen: the loops, the signals, start and stop."""

from bf_reconciler.daemon.check import Progress, RefusedError, UnknownNameError, check
from bf_reconciler.daemon.service import StartError, once, serve

__all__ = [
    "Progress",
    "RefusedError",
    "StartError",
    "UnknownNameError",
    "check",
    "once",
    "serve",
]
