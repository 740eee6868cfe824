"""What markets cost, and what happens to orders: enough for a bot to trade here.

Every market of one pair costs the same at all exchanges: what a control call sets. An order is
filled whole as soon as the price allows it, with a spread and a fee; one that the price does not
allow yet rests.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from math import sin
from typing import Final, NamedTuple

from bf_reconciler.simulator.key import Key, digest
from bf_reconciler.simulator.order import FEE, Order

PRICES: Final[Mapping[str, str]] = {
    "BTC": "60000",
    "ETH": "2500",
    "SOL": "150",
    "XRP": "0.6",
    "ADA": "0.4",
    "DOGE": "0.12",
    "LINK": "14",
    "AVAX": "28",
    "DOT": "5",
    "LTC": "70",
}
"""In USD, to begin with. What is not among them costs 1."""
SPREAD: Final = Decimal("0.0002")
DIGITS: Final = Decimal("0.00000001")
WOBBLE: Final = 0.001
MOST_CANDLES: Final = 1_500


class Candle(NamedTuple):
    """One interval, which begins at ``start`` epoch seconds."""

    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class UnaffordableError(Exception):
    """The account does not hold what the order would spend."""


def price(prices: Mapping[str, str], base: str, quote: str) -> Decimal:
    """The middle between bid and ask."""
    return Decimal(prices.get(base, "1")) / Decimal(prices.get(quote, "1"))


def bid(middle: Decimal) -> Decimal:
    return _whole(middle * (1 - SPREAD / 2))


def ask(middle: Decimal) -> Decimal:
    return _whole(middle * (1 + SPREAD / 2))


def depth(middle: Decimal, levels: int) -> tuple[list[list[str]], list[list[str]]]:
    """Bids and asks, the best first, as (price, size)."""
    steps = [Decimal(step) * SPREAD for step in range(levels)]
    bids = [[text(bid(middle * (1 - step))), "10"] for step in steps]
    asks = [[text(ask(middle * (1 + step))), "10"] for step in steps]
    return bids, asks


def candles(middle: Decimal, interval: int, start: float, end: float) -> list[Candle]:
    """Candles that begin from start to end, the oldest first: the price of now with a wobble."""
    first = max(int(start), int(end) - MOST_CANDLES * interval) // interval * interval
    starts = range(first, int(end) + 1, interval)
    return [_candle(middle, at, interval) for at in starts][-MOST_CANDLES:]


def _candle(middle: Decimal, at: int, interval: int) -> Candle:
    begins, ends = (
        _whole(middle * Decimal(1 + WOBBLE * sin(x / 600))) for x in (at, at + interval)
    )
    return Candle(at, begins, max(begins, ends), min(begins, ends), ends, Decimal(10))


def place(key: Key, order: Order, prices: Mapping[str, str]) -> Order:
    """Take an order; it is filled at once where the price allows it.

    Raises:
        UnaffordableError: It is not covered. Nothing was taken.
    """
    asset, amount = order.held
    if amount > available(key, asset):
        raise UnaffordableError
    number = digest(key.name, "order", str(len(key.orders)))[:24]
    taken = replace(order, number=number)
    key.orders[number] = taken
    match(key, prices)
    return key.orders[number]


def cancel(key: Key, number: str) -> bool:
    """Whether it was open, and is not any more."""
    order = key.orders.get(number)
    if order is None or not order.open:
        return False
    key.orders[number] = replace(order, cancelled=True)
    return True


def match(key: Key, prices: Mapping[str, str]) -> None:
    """Fill what the prices allow by now."""
    for number, order in key.orders.items():
        if order.open and (filled := _filled(order, prices)) is not None:
            key.orders[number] = filled
            _book(key, filled)


def available(key: Key, asset: str) -> Decimal:
    """What is there of it, less what open orders hold."""
    return Decimal(key.balances.get(asset, "0")) - held(key, asset)


def held(key: Key, asset: str) -> Decimal:
    holds = (order.held for order in key.orders.values() if order.open)
    return sum((amount for name, amount in holds if name == asset), Decimal(0))


def text(amount: Decimal) -> str:
    """As exchanges write amounts."""
    return f"{_whole(amount).normalize():f}"


def _filled(order: Order, prices: Mapping[str, str]) -> Order | None:
    middle = price(prices, order.base, order.quote)
    now = ask(middle) if order.side == "buy" else bid(middle)
    if order.kind == "limit" and (now > order.price if order.side == "buy" else now < order.price):
        return None
    cost = _whole(now * order.size)
    return replace(order, filled=order.size, cost=cost, fee=_whole(cost * FEE))


def _book(key: Key, order: Order) -> None:
    sign = 1 if order.side == "buy" else -1
    changes = {order.base: sign * order.filled, order.quote: -sign * order.cost - order.fee}
    for asset, change in changes.items():
        key.balances[asset] = text(max(Decimal(key.balances.get(asset, "0")) + change, Decimal(0)))


def _whole(amount: Decimal) -> Decimal:
    return amount.quantize(DIGITS, ROUND_DOWN)
