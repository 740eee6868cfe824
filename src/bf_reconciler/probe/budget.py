"""How often an exchange is asked from one address: pace, and bans that count for everybody."""

from dataclasses import dataclass
from typing import Final

LONGEST_BAN: Final = 3600.0
"""Seconds after which one request is tried again, whatever an answer demanded."""


@dataclass(slots=True)
class Budget:
    """The budget of one exchange from one egress address. Times are monotonic seconds.

    Attributes:
        rate: Requests per second.
        paid: When everything that was let through so far is paid off, at this rate.
        banned: Until when nothing goes out.
    """

    rate: float
    paid: float = 0.0
    banned: float = 0.0

    def due(self, requests: int, now: float) -> float:
        """Seconds until these requests may go out together. However slow the pace is, they may."""
        burst = max(requests, self.rate) / self.rate
        paid = max(self.paid, self.banned, now) + requests / self.rate
        return max(0.0, paid - burst - now, self.ban(now))

    def take(self, requests: int, now: float) -> None:
        """Pay for requests that go out now."""
        self.paid = max(self.paid, now) + requests / self.rate

    def go_ahead(self, requests: int, now: float) -> float:
        """Seconds until these may go out: only a ban holds them up.

        For what is rare. Whoever comes later pays for it; it is in nobody's turn.
        """
        self.take(requests, now)
        return self.ban(now)

    def refund(self, requests: int) -> None:
        """Give back what was paid for and not used."""
        self.paid -= requests / self.rate

    def block(self, seconds: float, now: float) -> None:
        """The exchange asked for a pause, of all who come from this address."""
        self.banned = max(self.banned, now + min(seconds, LONGEST_BAN))

    def ban(self, now: float) -> float:
        """Seconds until requests may go out again."""
        return max(0.0, self.banned - now)
