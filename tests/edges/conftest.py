"""A simulated exchange that runs; the world is each test's own."""

from simulator.fixtures import sim

__all__ = ["sim"]
