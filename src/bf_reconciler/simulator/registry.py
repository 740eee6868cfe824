"""The table of dialects: which exchanges this simulator can be."""

from collections.abc import Mapping

from bf_reconciler.simulator import binance, bingx, kucoin, mexc
from bf_reconciler.simulator.dialect import Dialect

DIALECTS: Mapping[str, Dialect] = {
    "kucoin": kucoin,
    "mexc": mexc,
    "bingx": bingx,
    "binance": binance,
}
