"""What is held and where orders are open, by name alone: the amounts are looked at and forgotten.

A name that cannot be read is passed over: it is unknown, and voids nothing beside it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Final, TypeGuard

from bf_reconciler.exchanges import shape
from bf_reconciler.facts import Balance, Json, Orders

NAME = re.compile(r"[A-Z0-9]{1,20}", re.ASCII)
"""As strategies may declare it; anything else could never be declared."""
MAX_NAMES: Final = 500
MAX_LENGTH: Final = 64
KEPT: Final = 4096
"""Names that are remembered: nearly always the same ones come again."""
NONE: Final = Decimal(0)
SIDES: Final = 2
DUST_USD: Final = Decimal(10)
"""Worth less than the smallest order of every exchange here: it cannot be sold there by itself."""
DUST_UNITS: Final = Decimal(1)
"""Where no worth is told: what is left of rounding to the step of a market is less than that."""
FINE_DUST: Final[Mapping[str, Decimal]] = {
    **dict.fromkeys(("BTC", "WBTC", "CBBTC", "BBTC", "TBTC"), Decimal("0.0001")),
    **dict.fromkeys(
        ("ETH", "WETH", "STETH", "WSTETH", "CBETH", "RETH", "WBETH", "BETH", "METH", "CMETH"),
        Decimal("0.003"),
    ),
    **dict.fromkeys(("PAXG", "XAUT", "YFI", "MKR"), Decimal("0.003")),
    **dict.fromkeys(("BNB", "BCH", "TAO", "AAVE", "XMR", "ZEC", "GNO", "KSM"), Decimal("0.02")),
    **dict.fromkeys(("SOL", "WBSOL", "BNSOL", "BBSOL", "JITOSOL", "LTC", "QNT"), Decimal("0.1")),
}
"""Coins of which one unit is worth hundreds of dollars: less of them is dust."""
QUOTES: Final = (
    *("FDUSD", "BFUSD", "PYUSD", "RLUSD"),
    *("USDT", "USDC", "USD1", "USDE", "USDD", "USDP", "USDG", "TUSD", "BUSD", "HUSD", "XUSD"),
    *("AEUR", "EURI", "EURC", "EURQ", "EURR", "EURT", "BIDR", "IDRT", "BVND", "DOGE"),
    *("DAI", "USD", "EUR", "GBP", "TRY", "BRL", "AUD", "CAD", "CHF", "JPY", "PLN", "RON", "CZK"),
    *("UAH", "RUB", "NGN", "ZAR", "ARS", "MXN", "COP", "KZT", "IDR", "INR", "KRW", "SGD", "AED"),
    *("BTC", "ETH", "BNB", "XRP", "TRX", "SOL", "DOT", "KCS", "OKB", "OKT", "BGB", "MNT", "HTX"),
    *("HT", "MX", "GT"),
)
"""What pairs end in where nothing stands between base and quote; the longest counts."""

Plain = Callable[[str], str]
"""An exchange's own spelling of an asset, in capitals, to the name that people know."""


def balance(
    rows: Iterable[Mapping[str, Json]],
    name: str,
    amounts: tuple[str, ...],
    worth: str | None = None,
    plain: Plain = str,
) -> Balance:
    """The assets of these rows, several of which may be of one asset.

    Args:
        rows: One for each asset of each account.
        name: The field of the asset.
        amounts: Fields of what is held, free or not; they decide whether the balance is empty.
        worth: The field of what that is worth in USD, where it is told.
        plain: From the exchange's own spelling.
    """
    empty = True
    much: dict[str, Decimal] = {}
    dollars: dict[str, Decimal] = {}
    for row in rows:
        found = [shape.amount(row, field) for field in amounts]  # each one is to be read
        if not any(found):
            continue
        empty = False
        asset = asset_of(row.get(name), plain)
        if asset is None:
            continue
        much[asset] = sum(map(abs, found), start=much.get(asset, NONE))
        value = shape.maybe_amount(row, worth) if worth is not None else None
        if value is not None:
            dollars[asset] = dollars.get(asset, NONE) + abs(value)
    held = (name for name, held in much.items() if not _is_dust(name, held, dollars.get(name)))
    return Balance(empty, named(held))


def orders(symbols: Iterable[Json], separator: str = "", plain: Plain = str) -> Orders:
    """The pairs of these symbols."""
    found = (pair_of(symbol, separator, plain) for symbol in symbols)
    return Orders(named(pair for pair in found if pair is not None))


def named(names: Iterable[str]) -> frozenset[str]:
    """These names; of a flood of them, the first in order."""
    found = frozenset(names)
    return found if len(found) <= MAX_NAMES else frozenset(sorted(found)[:MAX_NAMES])


def asset_of(value: Json, plain: Plain = str) -> str | None:
    """The name of an asset; None where it cannot be read."""
    return _asset(value, plain) if _is_short(value) else None


def pair_of(symbol: Json, separator: str = "", plain: Plain = str) -> str | None:
    """A symbol as ``BASE/QUOTE``, whatever follows these two; None where it cannot be read."""
    return _pair(symbol, separator, plain) if _is_short(symbol) else None


def _is_short(value: Json) -> TypeGuard[str]:
    """Text that may be a name: what is longer is not even remembered."""
    return isinstance(value, str) and len(value) <= MAX_LENGTH


@lru_cache(KEPT)
def _asset(told: str, plain: Plain) -> str | None:
    name = plain(told.strip().upper())
    return name if NAME.fullmatch(name) else None


@lru_cache(KEPT)
def _pair(symbol: str, separator: str, plain: Plain) -> str | None:
    told = symbol.strip().upper()
    parts = told.split(separator)[:SIDES] if separator else _split(plain(told))
    sides = [_asset(part, plain) for part in parts]
    if len(sides) < SIDES or None in sides:
        return None
    return "/".join(map(str, sides))


def _split(joined: str) -> list[str]:
    quotes = (quote for quote in QUOTES if joined.endswith(quote) and joined != quote)
    longest = max(quotes, key=len, default="")
    return [joined.removesuffix(longest), longest] if longest else []


def _is_dust(asset: str, much: Decimal, usd: Decimal | None) -> bool:
    """By its worth; where none is told, by its units. What is worth nothing has no price there."""
    return usd < DUST_USD if usd else much < FINE_DUST.get(asset, DUST_UNITS)
