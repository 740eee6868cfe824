import aiohttp
import pytest

from bf_reconciler.simulator import Simulator, World
from simulator.signing import KucoinClient, MexcClient

CREATED = 1_728_443_843


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def world():
    good = {"read": True, "trade": True, "ips": ["127.0.0.1"], "created_at": CREATED}
    return World.from_dict(
        {
            "keys": {
                "ku": {"exchange": "kucoin", **good, "balances": {"USDT": "26.5", "BTC": "0.1"}},
                "mx": {"exchange": "mexc", **good, "balances": {"USDT": "26.5"}},
            }
        }
    )


@pytest.fixture
async def sim(world):
    async with Simulator(world) as running:
        yield running


@pytest.fixture
async def session():
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as open_session:
        yield open_session


@pytest.fixture
def kucoin(sim, session, world):
    return KucoinClient.of(sim, session, world.keys["ku"])


@pytest.fixture
def mexc(sim, session, world):
    return MexcClient.of(sim, session, world.keys["mx"])
