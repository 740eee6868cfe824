"""A declared strategy: what should run on a connection, within which limits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AliasChoices, Discriminator, Field, Tag

from bf_reconciler.spec.connection import Market
from bf_reconciler.spec.policy import RiskLevel
from bf_reconciler.spec.types import (
    Declared,
    Name,
    Percent,
    Positive,
    Share,
    Suspend,
    Text,
    in_force,
)

Action = Literal["pause", "stop", "close"]
OLD_NAMES: Final[Mapping[str, str]] = {"on_violation": "when_off"}
"""Names that fields of a strategy once had; they are accepted with a warning."""
PAIR = r"^[A-Z0-9]{1,20}/[A-Z0-9]{1,20}(:[A-Z0-9]{1,20}(-\d{6,8})?)?$"
Pair = Annotated[str, Field(pattern=PAIR)]
"""A market in ccxt form: BTC/USDT, futures BTC/USDT:USDT."""
CURRENCY = r"^[A-Z0-9]{1,20}$"
Currency = Annotated[str, Field(pattern=CURRENCY)]


class Money(Declared):
    """An amount and its currency; never a bare number."""

    amount: Positive
    """How much."""
    currency: Currency
    """Of what."""


class BalanceRatio(Declared):
    """A share of the balance."""

    balance_ratio: Share
    """0.3 is 30 percent."""


def _form(value: object) -> str | None:
    """Which of the two forms is meant, so that problems tell of that form alone."""
    if isinstance(value, BalanceRatio) or (isinstance(value, dict) and "balance_ratio" in value):
        return "BalanceRatio"
    return "Money" if isinstance(value, Money | dict) else None


MarginLimit = Annotated[
    Annotated[Money, Tag("Money")] | Annotated[BalanceRatio, Tag("BalanceRatio")],
    Discriminator(
        _form,
        custom_error_type="margin_limit",
        custom_error_message="must be {amount, currency} or {balance_ratio}, not a bare number",
    ),
]


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
    volume_scale: Annotated[float, Field(ge=0.1, le=10, allow_inf_nan=False)] = 1.0
    """Each is this much larger than the one before."""
    step_pct: Percent | None = None
    """Distance of the first from the entry, percent."""
    step_scale: Annotated[float, Field(ge=0.1, le=10, allow_inf_nan=False)] = 1.0
    """Each step is this much wider than the one before."""


class Recovery(Declared):
    """What the engine does with a losing position; passed on unchanged."""

    mode: Literal["off", "average_down", "unstuck", "reverse"] = "off"
    """How the engine recovers."""


class Strategy(Declared):
    """What should run on a connection."""

    name: Name
    """Unique DNS label."""
    connection: Name
    """Name of its connection."""
    enabled: bool = True
    """Desired; never a status."""
    when_off: Annotated[
        Action, Field(validation_alias=AliasChoices("when_off", "on_violation"))
    ] = "pause"
    """What turning off means, whatever the cause: pause = no new entries, open positions still
    managed; stop = freeze; close = exit all."""
    resume: Literal["auto", "manual"] = "auto"
    """manual: a person runs `resume NAME` after a hard violation."""
    market: Market = "spot"
    """The market it trades."""
    pairs: Annotated[tuple[Pair, ...], Field(min_length=1, max_length=1000, strict=False)]
    """What it trades, in ccxt form."""
    direction: Literal["long", "short", "both"] = "long"
    """Direction of trades."""
    risk_level: RiskLevel = "moderate"
    """A policy label that selects limits (policy.risk_levels)."""
    base_order: BaseOrder | None = None
    """The first order of a trade."""
    margin_limit: MarginLimit | None = None
    """Cap on capital: {amount, currency} or {balance_ratio}."""
    margin_mode: Literal["isolated", "cross"] = "isolated"
    """Margin mode."""
    leverage: Annotated[float, Field(ge=1, le=1000, allow_inf_nan=False)] = 1
    """Leverage, within the limit of the risk level."""
    max_open_trades: Annotated[int, Field(ge=1, le=10000)] | None = None
    """Trades open at once."""
    safety_orders: SafetyOrders | None = None
    """Add-buys (DCA)."""
    take_profit_pct: Positive | None = None
    """Take profit, percent."""
    stop_loss_pct: Percent | None = None
    """Stop loss, percent."""
    recovery: Recovery = Recovery()
    """Passed on to the engine."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """The engine's own settings, passed on unchanged."""
    runtime: Name = "local"
    """Name of its runtime."""
    suspend: Suspend | None = None
    """A declared pause."""
    labels: dict[str, Text] = Field(default_factory=dict)
    """Free labels."""

    def suspended(self, now: datetime) -> Suspend | None:
        """The suspension in force."""
        return in_force(self.suspend, now)
