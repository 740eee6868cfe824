"""Simulated exchanges with the keys of the demo; a test may have a world of its own."""

import pytest

from bf_reconciler.simulator import demo_world
from simulator.fixtures import sim

__all__ = ["sim"]


@pytest.fixture
def world():
    return demo_world()
