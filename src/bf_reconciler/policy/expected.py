"""What an account may hold and trade: what its strategies declare, and what comes along with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import earliest
from bf_reconciler.spec import Connection

KEPT: Final = 4096
ANY: Final = "*"
NOTHING: Final = frozenset[str]()
STABLE: Final = frozenset(
    {
        *("USDT", "USDC", "DAI", "FDUSD", "BUSD", "TUSD", "USDP", "PYUSD", "USDD", "USDE", "USD1"),
        *("USDG", "RLUSD", "BFUSD", "XUSD", "HUSD", "GUSD", "USDS", "EURC", "EURI", "EURQ", "EURT"),
        *("AEUR", "XSGD"),
    }
)
"""Coins that stand for a currency: money waits in them, and moves from one to the next."""
CURRENCIES: Final = frozenset(
    {
        *("USD", "EUR", "GBP", "TRY", "BRL", "JPY", "AUD", "CAD", "CHF", "PLN", "RON", "CZK"),
        *("UAH", "RUB", "NGN", "ZAR", "ARS", "MXN", "COP", "KZT", "IDR", "INR", "KRW", "SGD"),
        *("HKD", "AED", "SAR", "THB", "VND", "PHP", "DKK", "SEK", "NOK", "NZD", "HUF", "ILS"),
    }
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of an account.

    Attributes:
        assets: What it may hold; None is anything.
        pairs: Pairs it may have orders in.
        joined: The same, with nothing between base and quote: some exchanges write them so, and
            where one ends and the other begins is a guess then.
        money: What may be exchanged for each other: to pay fees, or to move to another quote.
        bases, quotes: Of pairs that are open to all of a coin.
        until: When it will be less, by time alone.
    """

    assets: frozenset[str] | None
    pairs: frozenset[str]
    joined: frozenset[str]
    money: frozenset[str]
    bases: frozenset[str] = frozenset()
    quotes: frozenset[str] = frozenset()
    until: datetime | None = None

    def strange_assets(self, names: frozenset[str]) -> frozenset[str]:
        """Those of these assets that it may not hold."""
        return names - self.assets if self.assets is not None else NOTHING

    def strange_pairs(self, names: frozenset[str]) -> frozenset[str]:
        """Those of these pairs in which it may have no orders."""
        rest = names - self.pairs
        return frozenset(name for name in rest if not self._pair(name)) if rest else NOTHING

    def _pair(self, name: str) -> bool:
        base, _, quote = name.partition("/")
        return (
            base + quote in self.joined
            or (base in self.money and quote in self.money)
            or base in self.bases
            or quote in self.quotes
            or ANY in self.quotes
        )


def expected(
    connection: Connection, declared: frozenset[str], leaving: Mapping[str, datetime]
) -> Expected | None:
    """What is expected of the account of a connection; None where nobody declared anything.

    Args:
        connection: Whose key it is.
        declared: The pairs of its strategies.
        leaving: Pairs that were declared until lately, and until when they count.
    """
    expect = connection.expect
    assets = expect.assets if expect is not None else None
    pairs = expect.pairs if expect is not None else None
    if not declared and not leaving and assets is None and pairs is None:
        return None
    until = None
    if leaving:
        declared, until = declared.union(leaving), earliest(leaving.values())
    return _expected(connection.exchange, declared, assets or (), pairs or (), until)


@lru_cache(KEPT)
def _expected(
    exchange: str,
    declared: frozenset[str],
    assets: tuple[str, ...],
    pairs: tuple[str, ...],
    until: datetime | None,
) -> Expected:
    """Worked out once for all connections that declare the same."""
    sides = [_sides(pair) for pair in (*declared, *pairs)]
    held = {side for each in sides for side in each if side != ANY}
    money = STABLE | CURRENCIES | EXCHANGES[exchange].fee_assets
    money |= {quote for _, quote, *_ in sides if quote != ANY}
    opened = [each for each in sides if ANY in each[:2]]
    return Expected(
        None if any(base == ANY for base, *_ in opened) else money | held | set(assets),
        frozenset(f"{base}/{quote}" for base, quote, *_ in sides),
        frozenset(base + quote for base, quote, *_ in sides),
        money,
        frozenset(base for base, *_ in opened if base != ANY),
        frozenset(quote for base, quote, *_ in opened if base == ANY),
        until,
    )


def _sides(pair: str) -> tuple[str, ...]:
    """Base, quote and, of futures, the currency of settlement."""
    spot, _, settle = pair.partition(":")
    base, _, quote = spot.partition("/")
    return (base, quote, settle.partition("-")[0]) if settle else (base, quote)
