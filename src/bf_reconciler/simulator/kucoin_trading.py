"""KuCoin: market data and orders, for a bot that trades here.

Sources: docs/sources/kucoin.md#orders, docs/sources/kucoin.md#markets
"""

import json
from decimal import Decimal, InvalidOperation
from typing import Final

from bf_reconciler.simulator import listing, trading
from bf_reconciler.simulator.dialect import PUBLIC, Call, Refusal, Route, always
from bf_reconciler.simulator.order import FEE, Order
from bf_reconciler.simulator.wire import whole

MINUTE: Final = 60
INTERVALS: Final = {
    **{f"{count}min": count * MINUTE for count in (1, 3, 5, 15, 30)},
    **{f"{count}hour": count * 60 * MINUTE for count in (1, 2, 4, 6, 8, 12)},
    "1day": 24 * 60 * MINUTE,
}
LEVELS: Final = 20
NO_SYMBOL: Final = Refusal(400, "900001", "symbol not exists")
NO_ORDER: Final = Refusal(400, "400100", "order_not_exist_or_not_allow_to_cancel")
NO_MONEY: Final = Refusal(400, "200004", "Balance insufficient!")


def routes(general: tuple[str, ...], spot: tuple[str, ...]) -> tuple[Route, ...]:
    """What these rights allow. The account is one of low frequency."""
    return (
        Route("GET", "/api/v3/currencies", PUBLIC, _currencies),
        Route("GET", "/api/v1/market/allTickers", PUBLIC, _tickers),
        Route("GET", "/api/v1/market/candles", PUBLIC, _candles),
        Route("GET", "/api/v1/market/orderbook/level2_20", PUBLIC, _book),
        Route("GET", "/api/ua/v1/account/mode", general, always({"selfAccountMode": "CLASSIC"})),
        Route("GET", "/api/v3/margin/symbols", general, always({"items": []})),
        Route("GET", "/api/v1/isolated/symbols", general, always([])),
        Route("GET", "/api/v1/hf/accounts/opened", general, always(False)),  # as it answers
        Route("GET", "/api/v1/orders", general, _orders),
        Route("GET", "/api/v1/fills", general, _fills),
        Route("GET", "/api/v1/orders/{id}", general, _order),
        Route("POST", "/api/v1/orders", spot, _placed),
        Route("DELETE", "/api/v1/orders/{id}", spot, cancelled),
    )


def cancelled(call: Call) -> object:
    """What is not open is cancelled all the same, as far as a test of rights is concerned."""
    number = call.request.path.rpartition("/")[2]
    trading.cancel(call.key, number)
    return {"cancelledOrderIds": [number]}


def _currencies(call: Call) -> object:
    """Each with one chain."""
    markets = listing.spot(call.request.markets)
    assets = dict.fromkeys(name for each in markets for name in (each.base, each.quote))
    return [
        {
            "currency": asset,
            "name": asset,
            "fullName": asset,
            "precision": 8,
            "confirms": None,
            "contractAddress": None,
            "isMarginEnabled": False,
            "isDebitEnabled": False,
            "chains": [{"chainName": asset, "chainId": asset.lower(), "withdrawalMinFee": "0"}],
        }
        for asset in assets
    ]


def _tickers(call: Call) -> object:
    ticker = []
    for each in listing.spot(call.request.markets):
        middle = trading.price(call.request.prices, each.base, each.quote)
        ticker.append(
            {
                "symbol": each.joined("-"),
                "symbolName": each.joined("-"),
                "buy": trading.text(trading.bid(middle)),
                "sell": trading.text(trading.ask(middle)),
                "last": trading.text(middle),
                "high": trading.text(middle),
                "low": trading.text(middle),
                "averagePrice": trading.text(middle),
                "changeRate": "0",
                "changePrice": "0",
                "vol": "1000",
                "volValue": trading.text(middle * 1000),
                "takerFeeRate": trading.text(FEE),
                "makerFeeRate": trading.text(FEE),
                "takerCoefficient": "1",
                "makerCoefficient": "1",
            }
        )
    return {"time": call.request.now_ms, "ticker": ticker}


def _middle(call: Call, symbol: str) -> tuple[str, str, Decimal] | None:
    """Base, quote and price of a symbol that is listed and trades."""
    base, _, quote = symbol.partition("-")
    if not call.request.markets.get(f"{base}/{quote}"):
        return None
    return base, quote, trading.price(call.request.prices, base, quote)


def _candles(call: Call) -> object:
    """The newest first; opened, closed, highest, lowest."""
    params = call.request.params()
    market = _middle(call, params.get("symbol", ""))
    interval = INTERVALS.get(params.get("type", ""))
    if market is None or interval is None:
        return NO_SYMBOL
    end = whole(params.get("endAt")) or int(call.request.now)
    start = whole(params.get("startAt")) or 0
    found = trading.candles(market[2], interval, start, min(end, call.request.now))
    return [
        [
            str(each.start),
            *map(trading.text, (each.open, each.close, each.high, each.low, each.volume)),
            trading.text(each.volume * each.close),
        ]
        for each in reversed(found)
    ]


def _book(call: Call) -> object:
    market = _middle(call, call.request.params().get("symbol", ""))
    if market is None:
        return NO_SYMBOL
    bids, asks = trading.depth(market[2], LEVELS)
    return {"time": call.request.now_ms, "sequence": "1", "bids": bids, "asks": asks}


def _placed(call: Call) -> object:
    """One order. A market order may name what it costs in place of its size."""
    try:
        body = json.loads(call.request.body)
        client_id, symbol, side = str(body["clientOid"]), str(body["symbol"]), body["side"]
        kind = body.get("type", "limit")
        limit = Decimal(str(body.get("price", 0)))
        size, funds = (Decimal(str(body.get(name, 0))) for name in ("size", "funds"))
    except (ValueError, KeyError, TypeError, InvalidOperation):
        return Refusal(400, "400100", "validation.createOrder.clientOidIsRequired")
    market = _middle(call, symbol)
    if market is None:
        return NO_SYMBOL
    base, quote, middle = market
    price = limit if kind == "limit" else trading.ask(middle)
    order = Order(
        *("", client_id, base, quote, side, kind),
        size=size or (funds / price if price else size),
        price=price,
        created_ms=call.request.now_ms,
    )
    try:
        taken = trading.place(call.key, order, call.request.prices)
    except trading.UnaffordableError:
        return NO_MONEY
    return {"orderId": taken.number}


def _order(call: Call) -> object:
    trading.match(call.key, call.request.prices)
    order = call.key.orders.get(call.request.path.rpartition("/")[2])
    return NO_ORDER if order is None else _shown(order)


def _orders(call: Call) -> object:
    """Open ones with `status=active`, and else those that are done."""
    trading.match(call.key, call.request.prices)
    active = call.request.params().get("status") == "active"
    return _page([_shown(order) for order in call.key.orders.values() if order.open is active])


def _fills(call: Call) -> object:
    """One for each order that was filled."""
    trading.match(call.key, call.request.prices)
    wanted = call.request.params().get("orderId")
    return _page(
        [
            {
                "symbol": f"{order.base}-{order.quote}",
                "tradeId": f"t{order.number}",
                "orderId": order.number,
                "side": order.side,
                "liquidity": "taker",
                "forceTaker": True,
                "price": trading.text(order.cost / order.filled),
                "size": trading.text(order.filled),
                "funds": trading.text(order.cost),
                "fee": trading.text(order.fee),
                "feeRate": trading.text(FEE),
                "feeCurrency": order.quote,
                "type": order.kind,
                "tradeType": "TRADE",
                "createdAt": order.created_ms,
            }
            for order in call.key.orders.values()
            if order.filled and wanted in {None, order.number}
        ]
    )


def _shown(order: Order) -> dict[str, object]:
    return {
        "id": order.number,
        "clientOid": order.client_id,
        "symbol": f"{order.base}-{order.quote}",
        "opType": "DEAL",
        "type": order.kind,
        "side": order.side,
        "price": trading.text(order.price) if order.kind == "limit" else "0",
        "size": trading.text(order.size),
        "funds": "0",
        "dealSize": trading.text(order.filled),
        "dealFunds": trading.text(order.cost),
        "fee": trading.text(order.fee),
        "feeCurrency": order.quote,
        "stop": "",
        "timeInForce": "GTC",
        "cancelExist": order.cancelled,
        "isActive": order.open,
        "createdAt": order.created_ms,
        "tradeType": "TRADE",
    }


def _page(items: list[dict[str, object]]) -> dict[str, object]:
    total = len(items)
    return {
        "currentPage": 1,
        "pageSize": 50,
        "totalNum": total,
        "totalPage": 1 if total else 0,
        "items": items,
    }
