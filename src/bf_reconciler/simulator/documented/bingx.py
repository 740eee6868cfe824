"""BingX: parts of the lists of markets.

Sources: docs/sources/bingx.md#markets
"""

from collections.abc import Mapping

SYMBOL: Mapping[str, object] = {
    "tickSize": 0.01,
    "stepSize": 0.000001,
    "minQty": 0.0000488,
    "maxQty": 3.4214557,
    "minNotional": 2,
    "maxNotional": 100000,
    "timeOnline": 0,
    "offTime": 0,
    "maintainTime": 0,
}
CONTRACT: Mapping[str, object] = {
    "contractId": "100",
    "size": "0.0001",
    "quantityPrecision": 4,
    "pricePrecision": 1,
    "feeRate": 0.0005,
    "makerFeeRate": 0.0002,
    "takerFeeRate": 0.0005,
    "tradeMinLimit": 0,
    "tradeMinQuantity": 0.0001,
    "tradeMinUSDT": 2,
    "ensureTrigger": True,
    "triggerFeeRate": "0.00050000",
    "brokerState": "false",
    "launchTime": 1586275200000,
    "maintainTime": 0,
    "offTime": 0,
}
