"""What a guide to an exchange is made of: sentences in both languages, and what can be known."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bf_reconciler.facts import Said


class Fact(StrEnum):
    """What people want to be sure of."""

    READ = "read"
    SPOT = "spot"
    FUTURES = "futures"
    WITHDRAW = "withdraw"
    IP_LIST = "ip_list"
    OWN_ADDRESS = "own_address"
    EXPIRY = "expiry"
    CREATION = "creation"
    CLOCK = "clock"
    ASSETS = "assets"
    ORDERS = "orders"


class Known(StrEnum):
    """How sure one can be of it."""

    DOCUMENTED = "documented"
    PARTLY = "in part"
    RULE = "by rule"
    ATTESTABLE = "attestable"
    UNTOLD = "not told"


@dataclass(frozen=True, slots=True)
class Cell:
    """How sure one can be of one fact at one exchange, and what is to be said of it."""

    known: Known
    but: Said | None = None


@dataclass(frozen=True, slots=True)
class Guide:
    """What no row tells of an exchange.

    Attributes:
        page: Where its keys are made and deleted.
        steps: How to create its key.
        facts: What it reports of a key; of what is not in here, ``EVERYWHERE`` holds.
        limits: What the exchange allows: addresses, keys, requests.
        doubts: What the documents leave open.
    """

    page: Said
    steps: tuple[Said, ...]
    facts: Mapping[Fact, Cell]
    limits: tuple[Said, ...]
    doubts: tuple[Said, ...]


EVERYWHERE: Mapping[Fact, Cell] = {
    Fact.OWN_ADDRESS: Cell(
        Known.DOCUMENTED,
        Said("a signed call that succeeds proves it", "başarılı bir imzalı çağrı bunu kanıtlar"),
    ),
    Fact.CLOCK: Cell(Known.DOCUMENTED, Said("asked without a key", "anahtarsız sorulur")),
    Fact.ASSETS: Cell(Known.DOCUMENTED),
    Fact.ORDERS: Cell(Known.DOCUMENTED),
}
