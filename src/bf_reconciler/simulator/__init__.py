"""Exchanges that speak the real wire protocols, for the demo and the tests.

It knows no other room of the project: what it verifies, it verifies with its own code, written from
the exchanges' documents, so that one misreading cannot hide in client and simulator both.
"""

from bf_reconciler.simulator.checks import RefusedError
from bf_reconciler.simulator.declaration import declaration
from bf_reconciler.simulator.demo import demo_world
from bf_reconciler.simulator.faults import Faults
from bf_reconciler.simulator.key import Credentials, Key
from bf_reconciler.simulator.registry import DIALECTS
from bf_reconciler.simulator.server import Simulator, serve
from bf_reconciler.simulator.world import Seen, Violation, World

__all__ = [
    "DIALECTS",
    "Credentials",
    "Faults",
    "Key",
    "RefusedError",
    "Seen",
    "Simulator",
    "Violation",
    "World",
    "declaration",
    "demo_world",
    "serve",
]
