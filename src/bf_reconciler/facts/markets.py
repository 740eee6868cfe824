"""What is known of the markets that strategies name: public data, of no key."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Venue(NamedTuple):
    """A place that lists markets."""

    exchange: str
    environment: str
    endpoint: str | None
    region: str | None = None


class Listed(StrEnum):
    """What a venue says of a pair. A pair of which nothing is known has no word at all."""

    TRADES = "trades"
    HALTED = "halted"
    MISSING = "missing"
    PENDING = "pending"
    """It is being looked up for the first time."""


Markets = Mapping[Venue, Mapping[str, Listed]]
"""The pairs of each venue, in ccxt form."""
