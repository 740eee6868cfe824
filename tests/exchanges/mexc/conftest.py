import pytest

from bf_reconciler.simulator import World
from exchanges.mexc.client import KEY, MexcClient


@pytest.fixture
def world():
    return World.from_dict({"keys": {"mx": KEY}})


@pytest.fixture
def mexc(sim, session, world):
    return MexcClient.of(sim, session, world.keys["mx"])
