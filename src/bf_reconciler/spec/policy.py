"""The declared policy: limits, patience, and how strict each rule is."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from bf_reconciler.spec.types import Declared, Duration, Interval, Percent, Text, Timeout

Allowlist = Literal["exact", "required", "recommended", "ignored"]
RiskLevel = Literal["conservative", "moderate", "aggressive"]


class Limits(Declared):
    """What a risk level permits."""

    max_leverage: Annotated[float, Field(ge=1, le=1000, allow_inf_nan=False)]
    """The highest leverage a strategy may declare."""
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
    """How many entries may vanish in one revision before it is held back."""

    percent: Percent = 30
    """Held back where more than this share of the connections, or of the strategies, vanishes."""
    at_least: Annotated[int, Field(ge=1)] = 10
    """Lists with fewer entries than this are never held back."""


class Policy(Declared):
    """The rules of the house. Withdraw permission is never compliant; no setting relaxes that."""

    risk_levels: RiskLevels = RiskLevels()
    """Limits by risk level."""
    ip_allowlist: Allowlist = "recommended"
    """Keys without an IP allowlist: required blocks, recommended warns, ignored is silent; exact
    blocks keys, too, whose allowlist admits an address beyond `egress_ips`."""
    excess_permissions: Literal["warn", "block", "ignore"] = "warn"
    """Rights that no strategy of the connection needs."""
    value_permissions: Literal["warn", "block"] = "block"
    """Rights, beside withdrawal, by which value can leave: payments, changing the key itself."""
    unknown_permissions: Literal["warn", "block"] = "warn"
    """Rights that no document of the exchange explains."""
    key_expiry_warning: Duration = timedelta(days=14)
    """How long before its expiry a key is warned of."""
    max_clock_skew: Duration = timedelta(seconds=1)
    """Difference of the clocks from which a warning stands."""
    grace: Duration = timedelta(minutes=5)
    """How long a running strategy survives a connection that is Unknown."""
    recover_after: Annotated[int, Field(ge=1, le=20)] = 2
    """Good probes in a row before a hard failure is forgotten."""
    confirm_after: Annotated[int, Field(ge=1, le=20)] = 2
    """Identical terminal failures in a row before they are believed."""
    max_removals: MaxRemovals = MaxRemovals()
    """Guard against the loss of many entries at once."""


class Defaults(Declared):
    """What connections use where they say nothing."""

    interval: Interval = timedelta(seconds=60)
    """Time between probes, at least 1s."""
    timeout: Timeout = timedelta(seconds=10)
    """Deadline of one question to an exchange."""


class Halt(Declared):
    """The kill switch in the file: every strategy off at once."""

    reason: Text
    """Why."""
    by: Text
    """Who pulled it."""
