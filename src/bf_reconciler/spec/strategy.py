"""A declared strategy: what should run on a connection, within which limits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AliasChoices, Field

from bf_reconciler.spec.connection import Market
from bf_reconciler.spec.money import MarginLimit
from bf_reconciler.spec.policy import RiskLevel
from bf_reconciler.spec.trade import (
    BaseOrder,
    Grid,
    OrderTypes,
    Recovery,
    SafetyOrders,
    StartCondition,
    Trailing,
)
from bf_reconciler.spec.types import (
    Declared,
    Duration,
    Name,
    Pair,
    Pairs,
    Percent,
    Positive,
    Suspend,
    Text,
    in_force,
)

Action = Literal["pause", "stop", "close"]
OLD_NAMES: Final[Mapping[str, str]] = {"on_violation": "when_off"}
"""Names that fields of a strategy once had; they are accepted with a warning."""


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
    exclude_pairs: Annotated[tuple[Pairs, ...], Field(max_length=1000, strict=False)] = ()
    """What it never trades, for engines that choose pairs: BNB/USDT, BNB/*, */BUSD."""
    direction: Literal["long", "short", "both"] = "long"
    """Direction of trades."""
    risk_level: RiskLevel = "moderate"
    """A policy label that selects limits (policy.risk_levels)."""
    base_order: BaseOrder | None = None
    """The first order of a trade."""
    order_types: OrderTypes | None = None
    """How orders are placed; the engine decides where it is not set."""
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
    trailing: Trailing | None = None
    """Exits that follow the price."""
    grid: Grid | None = None
    """Bounds and levels of a grid."""
    start_condition: StartCondition | None = None
    """When the first trade may begin."""
    cooldown: Duration | None = None
    """How long to wait after a trade before the next one on the same pair."""
    max_daily_loss_pct: Percent | None = None
    """Stop entering for the day after this loss, percent of the capital at its start."""
    max_drawdown_pct: Percent | None = None
    """Stop entering after this loss from the highest capital, percent."""
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
