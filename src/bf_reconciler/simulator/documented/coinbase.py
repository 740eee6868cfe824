"""Coinbase: parts of an account and of the list of markets.

Sources: docs/sources/coinbase.md#balance, docs/sources/coinbase.md#markets
"""

from collections.abc import Mapping

ACCOUNT: Mapping[str, object] = {
    "default": False,
    "created_at": "2021-05-31T09:59:59.000Z",
    "updated_at": "2021-05-31T09:59:59.000Z",
    "deleted_at": None,
    "platform": "ACCOUNT_PLATFORM_CONSUMER",
}
PRODUCT: Mapping[str, object] = {
    "price": "140.21",
    "price_percentage_change_24h": "9.43",
    "volume_24h": "1908432",
    "volume_percentage_change_24h": "9.43",
    "base_increment": "0.00000001",
    "quote_increment": "0.01",
    "price_increment": "0.01",
    "quote_min_size": "1",
    "quote_max_size": "150000000",
    "base_min_size": "0.00000001",
    "base_max_size": "3400",
    "watched": False,
    "new": False,
    "cancel_only": False,
    "limit_only": False,
    "post_only": False,
    "auction_mode": False,
    "view_only": False,
    "fcm_trading_session_details": None,
    "mid_market_price": "",
    "alias": "",
    "alias_to": [],
    "product_venue": "CBE",
    "approximate_quote_24h_volume": "267581250",
    "future_product_details": None,
}
