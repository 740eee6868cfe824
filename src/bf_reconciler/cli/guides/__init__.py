"""How to create a key at each exchange, and what it tells of one, in English and Turkish."""

from collections.abc import Mapping

from bf_reconciler.cli.guides.binance import GUIDE as BINANCE
from bf_reconciler.cli.guides.bingx import GUIDE as BINGX
from bf_reconciler.cli.guides.bitget import GUIDE as BITGET
from bf_reconciler.cli.guides.bybit import GUIDE as BYBIT
from bf_reconciler.cli.guides.coinbase import GUIDE as COINBASE
from bf_reconciler.cli.guides.gate import GUIDE as GATE
from bf_reconciler.cli.guides.guide import EVERYWHERE, Cell, Fact, Guide, Known, Said
from bf_reconciler.cli.guides.htx import GUIDE as HTX
from bf_reconciler.cli.guides.kraken import GUIDE as KRAKEN
from bf_reconciler.cli.guides.kucoin import GUIDE as KUCOIN
from bf_reconciler.cli.guides.mexc import GUIDE as MEXC
from bf_reconciler.cli.guides.okx import GUIDE as OKX

GUIDES: Mapping[str, Guide] = {
    "kucoin": KUCOIN,
    "mexc": MEXC,
    "binance": BINANCE,
    "okx": OKX,
    "bitget": BITGET,
    "gate": GATE,
    "htx": HTX,
    "bingx": BINGX,
    "coinbase": COINBASE,
    "bybit": BYBIT,
    "kraken": KRAKEN,
}

__all__ = ["EVERYWHERE", "GUIDES", "Cell", "Fact", "Guide", "Known", "Said"]
