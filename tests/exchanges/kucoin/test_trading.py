"""Orders and market data of the simulated KuCoin, as a bot uses them."""

import json
from decimal import Decimal

import pytest


@pytest.fixture(autouse=True)
def prices(world):
    world.prices = {"BTC": "100"}
    world.keys["ku"].balances = {"USDT": "1000"}


async def order(kucoin, **fields):
    body = {"clientOid": "a", "symbol": "BTC-USDT", "side": "buy", "type": "market", "size": "1"}
    body |= fields
    return await kucoin.call("POST", "/api/v1/orders", json.dumps(body))


async def data(kucoin, endpoint):
    return (await kucoin.get(endpoint)).body["data"]


async def balances(kucoin):
    rows = await data(kucoin, "/api/v1/accounts?type=trade")
    return {row["currency"]: (row["balance"], row["available"], row["holds"]) for row in rows}


async def test_a_market_order_is_filled_at_once_with_spread_and_fee(kucoin):
    number = (await order(kucoin)).body["data"]["orderId"]
    found = await data(kucoin, f"/api/v1/orders/{number}")
    assert (found["isActive"], found["dealSize"], found["dealFunds"]) == (False, "1", "100.01")
    assert (await balances(kucoin))["BTC"] == ("1", "1", "0")
    assert (await balances(kucoin))["USDT"][0] == "899.88999"
    (fill,) = (await data(kucoin, f"/api/v1/fills?orderId={number}"))["items"]
    assert (fill["price"], fill["fee"], fill["feeCurrency"]) == ("100.01", "0.10001", "USDT")
    await order(kucoin, side="sell")
    assert Decimal((await balances(kucoin))["USDT"][0]) < 1000  # nobody wins by a round trip


async def test_a_market_order_may_say_what_it_costs(kucoin):
    number = (await order(kucoin, size=0, funds="100.01")).body["data"]["orderId"]
    assert (await data(kucoin, f"/api/v1/orders/{number}"))["dealSize"] == "1"


async def test_a_limit_order_rests_until_the_price_allows_it(kucoin, world):
    number = (await order(kucoin, type="limit", price="90")).body["data"]["orderId"]
    assert (await data(kucoin, f"/api/v1/orders/{number}"))["isActive"] is True
    assert (await balances(kucoin))["USDT"] == ("1000", "909.91", "90.09")
    (open_one,) = (await data(kucoin, "/api/v1/orders?status=active"))["items"]
    assert (open_one["id"], open_one["price"]) == (number, "90")
    world.patch_prices({"BTC": 89})
    assert (await data(kucoin, f"/api/v1/orders/{number}"))["isActive"] is False
    assert (await data(kucoin, "/api/v1/orders?status=active"))["items"] == []
    assert len((await data(kucoin, "/api/v1/orders"))["items"]) == 1


async def test_a_limit_to_sell_waits_for_a_higher_price(kucoin, world):
    world.keys["ku"].balances["BTC"] = "1"
    number = (await order(kucoin, side="sell", type="limit", price="110")).body["data"]["orderId"]
    assert (await balances(kucoin))["BTC"] == ("1", "0", "1")
    world.patch_prices({"BTC": 111})
    assert (await data(kucoin, f"/api/v1/orders/{number}"))["dealFunds"] == "110.9889"


async def test_a_cancelled_order_holds_nothing(kucoin, world):
    number = (await order(kucoin, type="limit", price="90")).body["data"]["orderId"]
    await kucoin.call("DELETE", f"/api/v1/orders/{number}")
    found = await data(kucoin, f"/api/v1/orders/{number}")
    assert (found["isActive"], found["cancelExist"]) == (False, True)
    world.patch_prices({"BTC": 80})
    assert (await balances(kucoin))["USDT"] == ("1000", "1000", "0")
    assert (await kucoin.call("DELETE", f"/api/v1/orders/{number}")).code == "200000"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"size": "100"}, "200004"),
        ({"symbol": "NO-USDT"}, "900001"),
        ({"symbol": "LUNA-USDT"}, "900001"),
        ({"size": "much"}, "400100"),
    ],
)
async def test_an_order_that_cannot_be_taken_is_refused(kucoin, world, fields, code):
    assert (await order(kucoin, **fields)).code == code
    assert not world.keys["ku"].orders


async def test_orders_need_their_right(kucoin, world):
    world.keys["ku"].permissions = ["General"]
    assert (await order(kucoin)).code == "400007"
    assert (await kucoin.get("/api/v1/orders/nothing")).code == "400100"


async def test_prices_are_those_that_were_set(kucoin):
    book = await data(kucoin, "/api/v1/market/orderbook/level2_20?symbol=BTC-USDT")
    assert (book["bids"][0][0], book["asks"][0][0], len(book["asks"])) == ("99.99", "100.01", 20)
    tickers = (await data(kucoin, "/api/v1/market/allTickers"))["ticker"]
    assert {each["symbol"]: each["last"] for each in tickers}["BTC-USDT"] == "100"
    assert "BTC" in {each["currency"] for each in await data(kucoin, "/api/v3/currencies")}


async def test_candles_are_near_the_price_and_the_newest_come_first(kucoin):
    query = "symbol=BTC-USDT&type=1min&startAt=1000020&endAt=1000200"
    rows = await data(kucoin, f"/api/v1/market/candles?{query}")
    assert [int(row[0]) for row in rows] == [1000200, 1000140, 1000080, 1000020]
    assert all(abs(float(price) - 100) <= 0.1 for row in rows for price in row[1:5])
    assert rows[0][1] == rows[1][2]  # one opens as the one before it closed
    assert len(await data(kucoin, "/api/v1/market/candles?symbol=BTC-USDT&type=1min")) == 1500


@pytest.mark.parametrize(
    "endpoint",
    [
        "/api/v1/market/candles?symbol=BTC-USDT&type=1year",
        "/api/v1/market/candles?type=1min",
        "/api/v1/market/orderbook/level2_20?symbol=NO-USDT",
    ],
)
async def test_what_is_not_listed_has_no_price(kucoin, endpoint):
    assert (await kucoin.get(endpoint)).code == "900001"


async def test_the_account_is_of_the_older_kind(kucoin):
    assert (await data(kucoin, "/api/ua/v1/account/mode"))["selfAccountMode"] == "CLASSIC"
    assert await data(kucoin, "/api/v1/hf/accounts/opened") is False
    assert await data(kucoin, "/api/v3/margin/symbols") == {"items": []}
    assert await data(kucoin, "/api/v1/isolated/symbols") == []
