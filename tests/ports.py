"""Ports for programs that must be told theirs before they start.

They lie below the range from which the kernel gives out ports of its own accord, and each worker
of a test run has its own: nobody can take one between its choice and its use.
"""

import itertools
import os
import random
import socket
from contextlib import suppress

FIRST, EACH = 20_000, 1_000
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 12
_numbers = itertools.count(random.randrange(EACH))  # noqa: S311 # two runs at once rarely meet


def free_port() -> int:
    """A port of loopback that nobody has, and that nobody else will ask for."""
    for number in itertools.islice(_numbers, EACH):
        port = FIRST + _worker * EACH + number % EACH
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def two_free_ports() -> int:
    """The first of two such ports side by side."""
    before = free_port()
    while (port := free_port()) != before + 1:
        before = port
    return before
