"""Market data of the simulated MEXC, as a bot uses them."""

import pytest


@pytest.fixture(autouse=True)
def prices(world):
    world.prices = {"BTC": "100"}


async def asked(sim, session, endpoint):
    async with session.get(f"{sim.base('mexc')}/api/v3/{endpoint}") as answer:
        return await answer.json()


async def test_candles_are_near_the_price_and_the_oldest_come_first(sim, session):
    query = "symbol=BTCUSDT&interval=1m&startTime=1000020000&endTime=1000200000"
    rows = await asked(sim, session, f"klines?{query}")
    assert [row[0] for row in rows] == [1000020000, 1000080000, 1000140000, 1000200000]
    assert all(abs(float(price) - 100) <= 0.1 for row in rows for price in row[1:5])
    assert all(float(row[3]) <= float(row[1]) <= float(row[2]) for row in rows)
    assert len(await asked(sim, session, f"klines?{query}&limit=2")) == 2


async def test_the_book_has_the_price_in_its_middle(sim, session):
    book = await asked(sim, session, "depth?symbol=BTCUSDT&limit=5")
    assert (book["bids"][0][0], book["asks"][0][0], len(book["bids"])) == ("99.99", "100.01", 5)


@pytest.mark.parametrize(
    "endpoint",
    ["klines?symbol=BTCUSDT&interval=1y", "klines?interval=1m", "depth?symbol=LUNAUSDT"],
)
async def test_what_is_not_listed_has_no_price(sim, session, endpoint):
    assert (await asked(sim, session, endpoint))["code"] == -1121
