"""What the simulated exchanges list: the markets everybody may see."""

from collections.abc import Mapping
from typing import NamedTuple

_BASES = ("BTC", "ETH", "SOL", "XRP", "ADA", "DOGE", "LINK", "AVAX", "DOT", "LTC")
_HALTED = "LUNA/USDT"
"""Listed, and not traded for the time being."""

DEFAULT: Mapping[str, bool] = {
    **{f"{base}/{quote}": True for base in _BASES for quote in ("USDT", "USDC", "USD")},
    "ETH/BTC": True,
    _HALTED: False,
    **{f"{base}/USDT:USDT": True for base in _BASES},
    f"{_HALTED}:USDT": False,
}
"""Pairs as ccxt spells them, and whether they trade; so a test may spell them, too."""


class Market(NamedTuple):
    """One market; ``settle`` is empty where it is spot."""

    base: str
    quote: str
    settle: str
    trades: bool

    def joined(self, by: str) -> str:
        return f"{self.base}{by}{self.quote}"

    def word(self, trading: str, halted: str) -> str:
        return trading if self.trades else halted


def spot(listed: Mapping[str, bool]) -> list[Market]:
    return [market for market in _markets(listed) if not market.settle]


def futures(listed: Mapping[str, bool]) -> list[Market]:
    """Perpetuals."""
    return [market for market in _markets(listed) if market.settle]


def linear(listed: Mapping[str, bool]) -> list[Market]:
    """Perpetuals that are settled in their quote."""
    return [market for market in futures(listed) if market.settle == market.quote]


def _markets(listed: Mapping[str, bool]) -> list[Market]:
    markets = []
    for pair, trades in listed.items():
        names, _, settle = pair.partition(":")
        base, _, quote = names.partition("/")
        markets.append(Market(base, quote, settle, trades))
    return markets
