"""Shares the event loop: who works long lets others in now and then, by time and not by count."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

SLICE: Final = 0.02
"""Seconds. Where the loop is full, each pause costs as much as everybody else has to do."""
LONG_SLICE: Final = 0.06
"""Likewise, while people wait: they have two thirds of a full loop, and nobody else waits long."""


def _never() -> bool:
    return False


class Breath:
    """Lets others have the event loop where it was not given away for a slice of time.

    ``hurried`` says whether people wait for what is done.
    """

    def __init__(self, hurried: Callable[[], bool] = _never) -> None:
        self._hurried = hurried
        self._since = 0.0

    async def __call__(self) -> None:
        """Go on at once, or when the others had their turn."""
        if time.monotonic() - self._since < (LONG_SLICE if self._hurried() else SLICE):
            return
        await asyncio.sleep(0)
        self._since = time.monotonic()
