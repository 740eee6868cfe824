import pytest

from bf_reconciler.simulator import World
from exchanges.kucoin import client as kucoin_client
from exchanges.mexc import client as mexc_client
from simulator.fixtures import session, sim

__all__ = ["kucoin", "mexc", "session", "sim", "world"]


@pytest.fixture
def world():
    """Two exchanges that differ in nearly everything stand for all."""
    return World.from_dict({"keys": {"ku": kucoin_client.KEY, "mx": mexc_client.KEY}})


@pytest.fixture
def kucoin(sim, session, world):
    return kucoin_client.KucoinClient.of(sim, session, world.keys["ku"])


@pytest.fixture
def mexc(sim, session, world):
    return mexc_client.MexcClient.of(sim, session, world.keys["mx"])
