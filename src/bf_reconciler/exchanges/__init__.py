"""The table of exchanges: one row each, explicit and greppable."""

from collections.abc import Mapping

from bf_reconciler.exchanges.binance import BINANCE
from bf_reconciler.exchanges.bingx import BINGX
from bf_reconciler.exchanges.bitget import BITGET
from bf_reconciler.exchanges.bybit import BYBIT
from bf_reconciler.exchanges.coinbase import COINBASE
from bf_reconciler.exchanges.gate import GATE
from bf_reconciler.exchanges.htx import HTX
from bf_reconciler.exchanges.kraken import KRAKEN
from bf_reconciler.exchanges.kucoin import KUCOIN
from bf_reconciler.exchanges.mexc import MEXC
from bf_reconciler.exchanges.okx import OKX
from bf_reconciler.exchanges.row import (
    API_KEY,
    SYMBOL,
    Call,
    Environment,
    Exchange,
    First,
    Kind,
    Listing,
    More,
    Refusal,
    Unexpected,
    Unusable,
    kind_of,
)

EXCHANGES: Mapping[str, Exchange] = {
    row.id: row
    for row in (KUCOIN, MEXC, BINGX, COINBASE, HTX, BINANCE, OKX, BYBIT, BITGET, GATE, KRAKEN)
}

__all__ = [
    "API_KEY",
    "EXCHANGES",
    "SYMBOL",
    "Call",
    "Environment",
    "Exchange",
    "First",
    "Kind",
    "Listing",
    "More",
    "Refusal",
    "Unexpected",
    "Unusable",
    "kind_of",
]
