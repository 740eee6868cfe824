"""Counts requests that were refused, and logs them without letting them fill the log."""

from typing import Final

import structlog

from bf_reconciler.daemon.line_limit import LineLimit
from bf_reconciler.metrics import Tallies
from bf_reconciler.web.backend import Refusal

MOST: Final = 256
"""Clients that are remembered; then all are forgotten, and the next of each is logged again."""
LONGEST: Final = 200
EXPECTED: Final = "missing_token"
"""A browser asks without a token first: for a read that is no news."""


class RefusalReport:
    """Takes each refusal. The first of a client is logged, then one line a minute with a count."""

    def __init__(self, tallies: Tallies) -> None:
        self._tallies = tallies
        self._due = LineLimit(MOST)
        self._log = structlog.get_logger("bf_reconciler")

    @property
    def remembered(self) -> int:
        """Clients that were refused lately, at most ``MOST``."""
        return len(self._due)

    def __call__(self, why: Refusal, client: str, request: str) -> None:
        self._tallies.request_refused(why)
        if why == EXPECTED and request.startswith(("GET ", "HEAD ")):
            return
        requests = self._due((why, client))
        if not requests:
            return
        self._log.warning(
            "request refused",
            reason=why,
            client=client,
            request=request[:LONGEST],
            requests=requests,
        )
