"""How a strategy enters and leaves its trades; handed on to its engine."""

from typing import Annotated, Literal

from pydantic import Field

from bf_reconciler.spec.money import Currency
from bf_reconciler.spec.types import Declared, Percent, Positive, Text

Scale = Annotated[float, Field(ge=0.1, le=10, allow_inf_nan=False)]
OrderType = Literal["limit", "market"]


class BaseOrder(Declared):
    """The first order of a trade."""

    size: Positive
    """How much."""
    currency: Currency
    """Of what."""


class SafetyOrders(Declared):
    """Add-buys (DCA)."""

    max: Annotated[int, Field(ge=0, le=200)] = 0
    """How many at most."""
    max_active: Annotated[int, Field(ge=0, le=200)] | None = None
    """How many are open on the exchange at once."""
    size: Positive | None = None
    """Size of the first, in the currency of the base order."""
    volume_scale: Scale = 1.0
    """Each is this much larger than the one before."""
    step_pct: Percent | None = None
    """Distance of the first from the entry, percent."""
    step_scale: Scale = 1.0
    """Each step is this much wider than the one before."""


class OrderTypes(Declared):
    """How orders are placed."""

    entry: OrderType = "limit"
    """Orders that open or add to a trade."""
    exit: OrderType = "limit"
    """Orders that take a profit."""
    stop_loss: OrderType = "market"
    """Orders that limit a loss."""


class Trailing(Declared):
    """Exits that follow the price."""

    take_profit_pct: Percent | None = None
    """Once take_profit_pct is reached, exit if the price falls back by this much, percent."""
    stop_pct: Percent | None = None
    """Keep the stop loss at this distance behind the best price, percent."""


class Grid(Declared):
    """Orders at fixed prices between two bounds."""

    lower: Positive
    """Lowest price."""
    upper: Positive
    """Highest price."""
    levels: Annotated[int, Field(ge=2, le=1000)]
    """How many prices, the bounds included."""
    spacing: Literal["arithmetic", "geometric"] = "arithmetic"
    """Equal distances, or equal ratios."""


class StartCondition(Declared):
    """When the first trade may begin."""

    when: Literal["at_once", "price", "signal"] = "at_once"
    """at_once; price: while it is between above and below; signal: the engine's signal."""
    above: Positive | None = None
    """The price must be above this."""
    below: Positive | None = None
    """The price must be below this."""
    signal: Text | None = None
    """Name of the signal."""


class Recovery(Declared):
    """What the engine does with a losing position; passed on unchanged."""

    mode: Literal["off", "average_down", "unstuck", "reverse"] = "off"
    """How the engine recovers."""
