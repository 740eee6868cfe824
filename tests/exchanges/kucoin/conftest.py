import pytest

from bf_reconciler.simulator import World
from exchanges.kucoin.client import KEY, KucoinClient


@pytest.fixture
def world():
    return World.from_dict({"keys": {"ku": KEY}})


@pytest.fixture
def kucoin(sim, session, world):
    return KucoinClient.of(sim, session, world.keys["ku"])
