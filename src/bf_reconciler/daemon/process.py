"""What the process asks of the system for itself: no core dumps, enough open files."""

import resource
from contextlib import suppress

from bf_reconciler.dumps import forbid_dumps

OPEN_FILES = 65536
"""The soft limit is raised to this where the hard one permits: each client and probe needs one."""


def harden() -> None:
    """Keep keys in memory out of dumps and debuggers, and allow many open files.

    What the system does not permit (a container, a system call filter) is left as it is.
    """
    forbid_dumps()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def open_files() -> int:
    """How many files and sockets this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return OPEN_FILES if soft == resource.RLIM_INFINITY else soft
