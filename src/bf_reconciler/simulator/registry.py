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
    "kucoin": kucoin.DIALECT,
    "mexc": mexc.DIALECT,
    "bingx": bingx.DIALECT,
    "coinbase": coinbase.DIALECT,
    "htx": htx.DIALECT,
    "binance": binance.DIALECT,
    "okx": okx.DIALECT,
    "bybit": bybit.DIALECT,
    "bitget": bitget.DIALECT,
    "gate": gate.DIALECT,
    "kraken": kraken.DIALECT,
}
