"""Shares the event loop: who works long lets others in now and then, by time and not by count."""

import asyncio
import time
from typing import Final

SLICE: Final = 0.02
"""Seconds. Where the loop is full, each pause costs as much as everybody else has to do."""


class Breath:
    """Lets others have the event loop where it was not given away for a slice of time."""

    def __init__(self) -> None:
        self._since = 0.0

    async def __call__(self) -> None:
        """Go on at once, or when the others had their turn."""
        if time.monotonic() - self._since < SLICE:
            return
        await asyncio.sleep(0)
        self._since = time.monotonic()
