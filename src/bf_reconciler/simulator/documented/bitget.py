"""Bitget: parts of the lists of markets, and of a unified account.

Sources: docs/sources/bitget.md#markets, docs/sources/bitget.md#balance
"""

from collections.abc import Mapping

SYMBOL: Mapping[str, object] = {
    "minTradeAmount": "0",
    "maxTradeAmount": "900000000000000000000",
    "takerFeeRate": "0.002",
    "makerFeeRate": "0.002",
    "pricePrecision": "2",
    "quantityPrecision": "6",
    "quotePrecision": "8",
    "minTradeUSDT": "1",
    "buyLimitPriceRatio": "0.05",
    "sellLimitPriceRatio": "0.05",
    "areaSymbol": "no",
    "orderQuantity": "200",
    "openTime": "1532454360000",
    "offTime": "",
    "maxLimitOrderValue": "20000000",
    "maxMarketOrderValue": "10000000",
}
CONTRACT: Mapping[str, object] = {
    "buyLimitPriceRatio": "0.05",
    "sellLimitPriceRatio": "0.05",
    "feeRateUpRatio": "0.005",
    "makerFeeRate": "0.0002",
    "takerFeeRate": "0.0006",
    "openCostUpRatio": "0.01",
    "supportMarginCoins": ["USDT"],
    "minTradeNum": "0.0001",
    "maxOrderQty": "220",
    "priceEndStep": "1",
    "volumePlace": "4",
    "pricePlace": "1",
    "sizeMultiplier": "0.0001",
    "minTradeUSDT": "5",
    "maxMarketOrderQty": "220",
    "maxSymbolOrderNum": "200",
    "maxProductOrderNum": "1000",
    "maxPositionNum": "150",
    "offTime": "-1",
    "limitOpenTime": "-1",
    "deliveryTime": "",
    "deliveryStartTime": "",
    "deliveryPeriod": "",
    "launchTime": "",
    "fundInterval": "8",
    "minLever": "1",
    "maxLever": "125",
    "posLimit": "0.1",
    "maintainTime": "",
    "openTime": "",
    "isRwa": "NO",
}
UNIFIED_ASSETS: Mapping[str, object] = {
    "accountEquity": "0",
    "usdtEquity": "0",
    "btcEquity": "0",
    "unrealisedPnl": "0",
    "usdtUnrealisedPnl": "0",
    "btcUnrealizedPnl": "0",
    "effEquity": "0",
    "mmr": "0",
    "imr": "0",
    "mgnRatio": "0",
    "positionMgnRatio": "0",
    "positionValue": "0",
    "leverage": "0",
}
UNIFIED_COIN: Mapping[str, object] = {"debt": "0", "locked": "0", "bonus": "0"}
SETTINGS: Mapping[str, object] = {
    "assetMode": "multi_assets",
    "accountLevel": "advanced",
    "holdMode": "one_way_mode",
    "stpMode": "none",
    "symbolConfigList": [],
    "coinConfigList": [],
}
