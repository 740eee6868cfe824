"""The declared policy: limits, patience, and how strict each rule is."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from bf_reconciler.spec.money import MarginLimit
from bf_reconciler.spec.types import Declared, Duration, Interval, Percent, Text, Timeout

Allowlist = Literal["exact", "required", "recommended", "ignored"]
Strictness = Literal["warn", "block", "ignore"]
RiskLevel = Literal["conservative", "moderate", "aggressive"]


class Limits(Declared):
    """What a risk level permits."""

    max_leverage: Annotated[float, Field(ge=1, le=1000, allow_inf_nan=False)]
    """The highest leverage a strategy may declare."""
    max_open_trades: Annotated[int, Field(ge=1, le=10000)] | None = None
    """The highest max_open_trades; with it, every strategy of the level must declare its own."""
    max_safety_orders: Annotated[int, Field(ge=0, le=200)] | None = None
    """The highest safety_orders.max."""
    max_margin: MarginLimit | None = None
    """The highest margin_limit; with it, every strategy of the level must declare its own."""
    ip_allowlist: Allowlist = "recommended"
    """How strict to be about keys without an IP allowlist."""


class RiskLevels(Declared):
    """The limits that the labels conservative, moderate and aggressive select."""

    conservative: Limits = Limits(max_leverage=1, ip_allowlist="recommended")
    """Limits of `risk_level: conservative`."""
    moderate: Limits = Limits(max_leverage=3, ip_allowlist="recommended")
    """Limits of `risk_level: moderate`."""
    aggressive: Limits = Limits(max_leverage=10, ip_allowlist="required")
    """Limits of `risk_level: aggressive`."""

    def of(self, level: RiskLevel) -> Limits:
        return {
            "conservative": self.conservative,
            "moderate": self.moderate,
            "aggressive": self.aggressive,
        }[level]


class MaxRemovals(Declared):
    """How many entries one revision may remove before the removal is held back."""

    percent: Percent = 30
    """Held back if more than this share of the connections, or of the strategies, is removed."""
    at_least: Annotated[int, Field(ge=1)] = 10
    """Lists with fewer entries than this are never held back."""


class Policy(Declared):
    """The rules. Withdraw permission is never compliant; no setting relaxes that."""

    risk_levels: RiskLevels = RiskLevels()
    """Limits by risk level."""
    ip_allowlist: Allowlist = "recommended"
    """Keys without an IP allowlist: required blocks, recommended warns, ignored is silent; exact
    blocks keys, too, whose allowlist admits an address beyond `egress_ips`."""
    excess_permissions: Strictness = "warn"
    """What to do about permissions that no market of the connection needs."""
    value_permissions: Literal["warn", "block"] = "block"
    """What to do about permissions, besides withdrawal, that can move value out."""
    unknown_permissions: Literal["warn", "block"] = "warn"
    """What to do about permissions that the exchange does not document."""
    unexpected_trading: Strictness = "warn"
    """What to do about assets held, and pairs with open orders, that no strategy declares."""
    winding_down: Duration = timedelta(days=30)
    """How long the assets and pairs of a removed strategy are still expected."""
    key_expiry_warning: Duration = timedelta(days=14)
    """How long before a key expires to warn."""
    max_key_age: Duration | None = None
    """Age of a key from which to warn, where the exchange reports its creation; not set: none."""
    max_clock_skew: Duration = timedelta(seconds=1)
    """Clock difference above which to warn."""
    grace: Duration = timedelta(minutes=5)
    """How long a strategy keeps running while its connection is Unknown."""
    recover_after: Annotated[int, Field(ge=1, le=20)] = 2
    """Passed probes in a row after which a violation is over."""
    confirm_after: Annotated[int, Field(ge=1, le=20)] = 2
    """Identical terminal failures in a row before they are acted on."""
    max_removals: MaxRemovals = MaxRemovals()
    """Guard against removing many entries at once."""


class Defaults(Declared):
    """What connections use if they do not set it."""

    interval: Interval = timedelta(seconds=60)
    """Time between probes, at least 1s."""
    timeout: Timeout = timedelta(seconds=10)
    """Timeout of one request to an exchange."""


class Halt(Declared):
    """The kill switch in the file: every strategy off at once."""

    reason: Text
    """Why."""
    by: Text
    """Who set it."""
