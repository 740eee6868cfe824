"""Kraken: parts of the list of markets.

Sources: docs/sources/kraken.md#markets
"""

from collections.abc import Mapping

PAIR: Mapping[str, object] = {
    "execution_venue": "international",
    "lot": "unit",
    "cost_decimals": 5,
    "pair_decimals": 1,
    "lot_decimals": 8,
    "lot_multiplier": 1,
    "leverage_buy": [2, 3, 4, 5],
    "leverage_sell": [2, 3, 4, 5],
    "fees": [[0, 0.4], [10000, 0.35], [50000, 0.24]],
    "fees_maker": [[0, 0.25], [10000, 0.2], [50000, 0.14]],
    "fee_volume_currency": "ZUSD",
    "margin_call": 80,
    "margin_stop": 40,
    "ordermin": "0.00005",
    "costmin": "0.5",
    "tick_size": "0.1",
    "long_position_limit": 250,
    "short_position_limit": 200,
}
