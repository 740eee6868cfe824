"""Keeps keys in memory out of core dumps and debuggers."""

import ctypes
import resource
import sys
from contextlib import suppress

PR_SET_DUMPABLE = 4


def forbid_dumps() -> None:
    """Ask the system to dump nothing of this process, and to let no other one of its user look.

    What it does not permit (a container, a system call filter) is left as it is.
    """
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # children have it, too
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
