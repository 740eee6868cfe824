"""HTX: parts of the list of markets.

Sources: docs/sources/htx.md#markets
"""

from collections.abc import Mapping

SYMBOL: Mapping[str, object] = {
    "price-precision": 2,
    "amount-precision": 6,
    "symbol-partition": "main",
    "value-precision": 8,
    "min-order-amt": 0.00001,
    "max-order-amt": 1000,
    "min-order-value": 10,
    "limit-order-min-order-amt": 0.00001,
    "limit-order-max-order-amt": 1000,
    "limit-order-max-buy-amt": 1000,
    "limit-order-max-sell-amt": 1000,
    "buy-limit-must-less-than": 1.1,
    "sell-limit-must-greater-than": 0.9,
    "sell-market-min-order-amt": 0.00001,
    "sell-market-max-order-amt": 100,
    "buy-market-max-order-value": 1000000,
    "max-order-value": 2000000,
    "market-sell-order-rate-must-less-than": 0.1,
    "market-buy-order-rate-must-less-than": 0.1,
    "leverage-ratio": 5,
    "super-margin-leverage-ratio": 3,
    "api-trading": "enabled",
    "tags": "",
}
CONTRACT: Mapping[str, object] = {
    "contract_size": 0.001,
    "price_tick": 0.1,
    "delivery_date": "",
    "delivery_time": "",
    "create_date": "20201021",
    "settlement_date": "1735804800000",
    "support_margin_mode": "all",
    "contract_type": "swap",
}
