"""The table of exchanges: one row each, explicit and greppable."""

from collections.abc import Mapping

from bf_reconciler.exchanges.binance.row import BINANCE
from bf_reconciler.exchanges.bingx.row import BINGX
from bf_reconciler.exchanges.bitget.row import BITGET
from bf_reconciler.exchanges.bybit.row import BYBIT
from bf_reconciler.exchanges.coinbase.row import COINBASE
from bf_reconciler.exchanges.gate.row import GATE
from bf_reconciler.exchanges.htx.row import HTX
from bf_reconciler.exchanges.kraken.row import KRAKEN
from bf_reconciler.exchanges.kucoin.row import KUCOIN
from bf_reconciler.exchanges.mexc.row import MEXC
from bf_reconciler.exchanges.model import (
    API_KEY,
    SYMBOL,
    Call,
    CaptureFields,
    Environment,
    Exchange,
    Expiry,
    First,
    Kind,
    Limit,
    Listing,
    More,
    Refusal,
    Unexpected,
    Unusable,
    kind_of,
)
from bf_reconciler.exchanges.okx.row import OKX

EXCHANGES: Mapping[str, Exchange] = {
    row.id: row
    for row in (KUCOIN, MEXC, BINANCE, OKX, BITGET, GATE, HTX, BINGX, COINBASE, BYBIT, KRAKEN)
}

__all__ = [
    "API_KEY",
    "EXCHANGES",
    "SYMBOL",
    "Call",
    "CaptureFields",
    "Environment",
    "Exchange",
    "Expiry",
    "First",
    "Kind",
    "Limit",
    "Listing",
    "More",
    "Refusal",
    "Unexpected",
    "Unusable",
    "kind_of",
]
