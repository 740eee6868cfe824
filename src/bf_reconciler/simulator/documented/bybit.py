"""Bybit: parts of the description of a key, of the wallet and of the lists of markets.

Sources: docs/sources/bybit.md#key, docs/sources/bybit.md#balance, docs/sources/bybit.md#markets
"""

from collections.abc import Mapping

KEY: Mapping[str, object] = {
    "inviterID": 0,
    "vipLevel": "No VIP",
    "mktMakerLevel": "0",
    "affiliateID": 0,
    "kycLevel": "LEVEL_1",
    "kycRegion": "",
}
WALLET: Mapping[str, object] = {
    "accountIMRate": "0",
    "accountMMRate": "0",
    "totalEquity": "0",
    "totalWalletBalance": "0",
    "totalMarginBalance": "0",
    "totalAvailableBalance": "0",
    "totalPerpUPL": "0",
    "totalInitialMargin": "0",
    "totalMaintenanceMargin": "0",
    "accountLTV": "0",
}
COIN: Mapping[str, object] = {
    "usdValue": "0",
    "locked": "0",
    "spotHedgingQty": "0",
    "borrowAmount": "0",
    "accruedInterest": "0",
    "totalOrderIM": "0",
    "totalPositionIM": "0",
    "totalPositionMM": "0",
    "unrealisedPnl": "0",
    "cumRealisedPnl": "0",
    "bonus": "0",
    "marginCollateral": True,
    "collateralSwitch": True,
    "spotBorrow": "0",
    "availableToWithdraw": "",
}
SPOT: Mapping[str, object] = {
    "innovation": "0",
    "marginTrading": "utaOnly",
    "stTag": "0",
    "lotSizeFilter": {
        "basePrecision": "0.000001",
        "quotePrecision": "0.0000001",
        "minOrderQty": "0.000001",
        "maxOrderQty": "17000",
        "minOrderAmt": "5",
        "maxOrderAmt": "1999999999",
        "maxLimitOrderQty": "17000",
        "maxMarketOrderQty": "8500",
        "postOnlyMaxLimitOrderSize": "60000",
    },
    "priceFilter": {"tickSize": "0.01"},
    "riskParameters": {"priceLimitRatioX": "0.05", "priceLimitRatioY": "0.05"},
    "symbolType": "",
}
LINEAR: Mapping[str, object] = {
    "launchTime": "1585526400000",
    "deliveryTime": "0",
    "deliveryFeeRate": "",
    "priceScale": "2",
    "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
    "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": "0.10"},
    "lotSizeFilter": {
        "maxOrderQty": "1190.000",
        "minOrderQty": "0.001",
        "qtyStep": "0.001",
        "postOnlyMaxOrderQty": "1190.000",
        "maxMktOrderQty": "500.000",
        "minNotionalValue": "5",
    },
    "unifiedMarginTrade": True,
    "fundingInterval": 480,
    "copyTrading": "both",
    "upperFundingRate": "0.00375",
    "lowerFundingRate": "-0.00375",
    "isPreListing": False,
    "preListingInfo": None,
    "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
    "displayName": "",
    "symbolType": "",
    "forbidUplWithdrawal": False,
}
