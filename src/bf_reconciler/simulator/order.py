"""An order of a key, as its exchange keeps it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

FEE: Final = Decimal("0.001")
"""A share of what is paid, in the quote."""
Side = Literal["buy", "sell"]
Kind = Literal["limit", "market"]


@dataclass(frozen=True, slots=True)
class Order:
    """One order on the spot market of a pair. ``cost`` and ``fee`` are in the quote."""

    number: str
    client_id: str
    base: str
    quote: str
    side: Side
    kind: Kind
    size: Decimal
    price: Decimal
    created_ms: int
    filled: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)
    cancelled: bool = False

    @property
    def open(self) -> bool:
        return not self.filled and not self.cancelled

    @property
    def held(self) -> tuple[str, Decimal]:
        """What it keeps from being spent twice."""
        if self.side == "buy":
            return self.quote, self.size * self.price * (1 + FEE)
        return self.base, self.size
