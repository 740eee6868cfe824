"""When things happen: the loops, the signals, start and stop."""

from bf_reconciler.daemon.check import Progress, RefusedError, UnknownNameError, check
from bf_reconciler.daemon.ending import run_to_end
from bf_reconciler.daemon.process import harden
from bf_reconciler.daemon.service import StartError, once, serve

__all__ = [
    "Progress",
    "RefusedError",
    "StartError",
    "UnknownNameError",
    "check",
    "harden",
    "once",
    "run_to_end",
    "serve",
]
