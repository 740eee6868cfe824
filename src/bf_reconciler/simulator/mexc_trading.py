"""MEXC: market data, for a bot that trades on paper here.

Sources: docs/sources/mexc.md#markets
"""

from decimal import Decimal
from typing import Final

from bf_reconciler.simulator import listing, trading
from bf_reconciler.simulator.dialect import PUBLIC, Call, Refusal, Route
from bf_reconciler.simulator.wire import whole

MINUTE: Final = 60
INTERVALS: Final = {
    **{f"{count}m": count * MINUTE for count in (1, 5, 15, 30, 60)},
    "4h": 240 * MINUTE,
    "1d": 1_440 * MINUTE,
}
MOST_LEVELS: Final = 5_000
MOST_CANDLES: Final = 1_000
NO_SYMBOL: Final = Refusal(400, -1121, "Invalid symbol.")


def _middle(call: Call) -> Decimal | None:
    """The price of the symbol that is asked for; None where it is not listed, or halted."""
    symbol = call.request.params().get("symbol", "")
    for each in listing.spot(call.request.markets):
        if each.trades and each.joined("") == symbol:
            return trading.price(call.request.prices, each.base, each.quote)
    return None


def _candles(call: Call) -> object:
    """The oldest first; opened, highest, lowest, closed."""
    params, middle = call.request.params(), _middle(call)
    interval = INTERVALS.get(params.get("interval", ""))
    if middle is None or interval is None:
        return NO_SYMBOL
    limit = min(whole(params.get("limit")) or 500, MOST_CANDLES)
    end = min((whole(params.get("endTime")) or call.request.now_ms) / 1000, call.request.now)
    start = (whole(params.get("startTime")) or 0) / 1000
    return [
        [
            each.start * 1000,
            *map(trading.text, (each.open, each.high, each.low, each.close, each.volume)),
            (each.start + interval) * 1000,
            trading.text(each.volume * each.close),
        ]
        for each in trading.candles(middle, interval, start, end)[-limit:]
    ]


def _book(call: Call) -> object:
    middle = _middle(call)
    if middle is None:
        return NO_SYMBOL
    limit = min(whole(call.request.params().get("limit")) or 100, MOST_LEVELS)
    bids, asks = trading.depth(middle, limit)
    return {"lastUpdateId": 1, "bids": bids, "asks": asks, "timestamp": call.request.now_ms}


ROUTES: Final = (
    Route("GET", "/api/v3/klines", PUBLIC, _candles),
    Route("GET", "/api/v3/depth", PUBLIC, _book),
)
