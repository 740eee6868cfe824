"""Python's garbage collector, kept from going through the whole fleet all the time.

Nearly everything here is freed without it. By itself it would look at every object of 10,000 keys
every few seconds, for a second or two, while nothing else runs.
"""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

NEVER: Final = 1_000_000
"""So many passes over what is younger would have to come before one over everything."""
PASS_SECONDS: Final = 900.0
"""What the quick passes left is collected this often: a few megabytes."""


@contextmanager
def collected_rarely() -> Iterator[None]:
    """Leave out what is there now, mostly code, and collect by itself only what is young."""
    young, middle, old = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(young, middle, NEVER)
    try:
        yield
    finally:
        gc.set_threshold(young, middle, old)
        gc.unfreeze()


async def keep_collecting() -> NoReturn:
    """Collect everything now and then."""
    while True:
        await asyncio.sleep(PASS_SECONDS)
        gc.collect()
