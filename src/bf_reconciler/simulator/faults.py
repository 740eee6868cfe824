"""What may be wrong with a simulated exchange."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Faults:
    """What one exchange does wrong, until it is changed.

    `latency` and `retry_after` are seconds. `remaining` counts the requests that are still hit
    (None: all of them); `paths` limits the faults to paths with one of these prefixes, as the
    exchange spells them. Neither bounds `clock_skew_seconds` (the exchange's clock is that far
    ahead of ours) and `client_ip` (the address it believes it sees, instead of the peer's): those
    say how the exchange sees the world, and hold for every request. So does the maintenance that it
    announces, from and until an epoch second.
    """

    latency: float = 0.0
    status: int | None = None
    maintenance: bool = False
    rate_limit: bool = False
    ban: bool = False
    retry_after: float = 1.0
    waf: bool = False
    region: bool = False
    reset: bool = False
    garbage: bool = False
    slow_body: bool = False
    clock_skew_seconds: float = 0.0
    client_ip: str | None = None
    announced_from: float | None = None
    announced_until: float | None = None
    remaining: int | None = None
    paths: list[str] = field(default_factory=list)

    def take(self, path: str) -> bool:
        """Does the fault hit this request? Counts it down where it does."""
        if self.remaining == 0 or not self._any():
            return False
        if self.paths and not path.startswith(tuple(self.paths)):
            return False
        if self.remaining is not None:
            self.remaining -= 1
        return True

    def _any(self) -> bool:
        loud = (self.maintenance, self.rate_limit, self.ban, self.waf, self.region)
        silent = (self.reset, self.garbage, self.slow_body, self.latency, self.status)
        return any(loud) or any(silent)
