"""A simulated exchange that runs, and a session of a client; the world is each test's own."""

import aiohttp
import pytest

from bf_reconciler.simulator import Simulator


@pytest.fixture
async def sim(world):
    async with Simulator(world) as running:
        yield running


@pytest.fixture
async def session():
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as open_session:
        yield open_session
