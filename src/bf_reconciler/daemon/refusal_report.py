"""Counts requests that were refused, and logs them without letting them fill the log."""

import time
from dataclasses import dataclass
from typing import Final

import structlog

from bf_reconciler.metrics import Tallies
from bf_reconciler.web import Refusal

EVERY: Final = 60.0
"""Seconds between two lines about one client and one reason."""
MOST: Final = 256
"""Clients that are remembered; then all are forgotten, and the next of each is logged again."""
LONGEST: Final = 200
EXPECTED: Final = "missing_token"
"""A browser asks without a token first: for a read that is no news."""


class RefusalReport:
    """Takes each refusal. The first of a client is logged, then one line a minute with a count."""

    def __init__(self, tallies: Tallies) -> None:
        self._tallies = tallies
        self._clients: dict[tuple[str, str], _Refused] = {}
        self._log = structlog.get_logger("bf_reconciler")

    @property
    def remembered(self) -> int:
        """Clients that were refused lately, at most ``MOST``."""
        return len(self._clients)

    def __call__(self, why: Refusal, client: str, request: str) -> None:
        self._tallies.request_refused(why)
        if why == EXPECTED and request.startswith(("GET ", "HEAD ")):
            return
        now = time.monotonic()
        if (why, client) not in self._clients and len(self._clients) >= MOST:
            self._clients.clear()
        known = self._clients.setdefault((why, client), _Refused(now - EVERY))
        known.unlogged += 1
        if now - known.logged_at < EVERY:
            return
        self._log.warning(
            "request refused",
            reason=why,
            client=client,
            request=request[:LONGEST],
            requests=known.unlogged,
        )
        known.logged_at, known.unlogged = now, 0


@dataclass(slots=True)
class _Refused:
    """One client that is refused for one reason."""

    logged_at: float
    unlogged: int = 0
