"""When things happen: the loops, the signals, start and stop."""

from bf_reconciler.daemon.certify import (
    Certified,
    NothingToKeepError,
    Replayed,
    certify,
    replay,
)
from bf_reconciler.daemon.check import Progress, RefusedError, UnknownNameError, check
from bf_reconciler.daemon.ending import run_to_end
from bf_reconciler.daemon.process import harden
from bf_reconciler.daemon.service import StartError, once, serve

__all__ = [
    "Certified",
    "NothingToKeepError",
    "Progress",
    "RefusedError",
    "Replayed",
    "StartError",
    "UnknownNameError",
    "certify",
    "check",
    "harden",
    "once",
    "replay",
    "run_to_end",
    "serve",
]
