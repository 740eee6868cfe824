"""Measures how late the event loop is: everything that blocks it makes everybody wait."""

import asyncio
from collections.abc import Callable
from typing import Final, NoReturn

SAMPLE_SECONDS: Final = 0.25
"""Four timers a second cost next to nothing, and see one block of 0.1 s in three."""


async def keep_sampling(lagged: Callable[[float], None]) -> NoReturn:
    """Report how many seconds each of our timers came late."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + SAMPLE_SECONDS
        await asyncio.sleep(SAMPLE_SECONDS)
        lagged(max(loop.time() - due, 0.0))
