"""A key as its exchange sees it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from bf_reconciler.simulator.order import Order

DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a user pastes into a client; `passphrase` is empty where the exchange has none."""

    api_key: str
    secret: str = field(repr=False)
    passphrase: str = field(default="", repr=False)


@dataclass(slots=True)
class Key:
    """One API key and the account behind it. Mutable: the control API changes it in place.

    `permissions` are the exchange's own words. An empty `ips` is no allowlist. Times are epoch
    seconds; `expires_at` None never expires. `environment` is where the key was made.
    `hide_key_info` refuses the call by which a key describes itself, and that call alone.
    `nonce` is the number of its last call, where the exchange has calls numbered. `open_pairs` are
    spot pairs in which somebody else has placed an order with this key.
    """

    name: str
    exchange: str
    api_key: str
    secret: str = field(repr=False)
    passphrase: str = field(default="", repr=False)
    permissions: list[str] = field(default_factory=list)
    ips: list[str] = field(default_factory=list)
    created_at: float = 0.0
    expires_at: float | None = None
    revoked: bool = False
    frozen: bool = False
    is_sub: bool = False
    hide_key_info: bool = False
    environment: str = "live"
    balances: dict[str, str] = field(default_factory=dict)
    nonce: int = 0
    orders: dict[str, Order] = field(default_factory=dict, repr=False)
    open_pairs: list[str] = field(default_factory=list)

    def expired(self, now: float) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def may(self, any_of: Iterable[str]) -> bool:
        return not set(self.permissions).isdisjoint(any_of)

    def lets_in(self, ip: str) -> bool:
        return not self.ips or ip in self.ips

    def remaining_days(self, now: float) -> float | None:
        return None if self.expires_at is None else (self.expires_at - now) / DAY_SECONDS


def digest(*parts: str) -> str:
    """A hex digest to invent values from: 64 digits, the same for the same parts."""
    return sha256("/".join(parts).encode()).hexdigest()


def number(digits: int, *parts: str) -> int:
    """A number of so many hex digits, the same for the same parts."""
    return int(digest(*parts)[:digits], 16)
