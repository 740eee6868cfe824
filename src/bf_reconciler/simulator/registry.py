"""The table of dialects: which exchanges this simulator can be."""

from collections.abc import Mapping

from bf_reconciler.simulator import (
    binance,
    bingx,
    bitget,
    bybit,
    coinbase,
    gate,
    htx,
    kraken,
    kucoin,
    mexc,
    okx,
)
from bf_reconciler.simulator.dialect import Dialect

DIALECTS: Mapping[str, Dialect] = {
    "kucoin": kucoin,
    "mexc": mexc,
    "bingx": bingx,
    "coinbase": coinbase,
    "htx": htx,
    "binance": binance,
    "okx": okx,
    "bybit": bybit,
    "bitget": bitget,
    "gate": gate,
    "kraken": kraken,
}
