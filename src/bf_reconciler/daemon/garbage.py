"""Python's garbage collector, kept from going through the whole fleet all the time.

Nearly everything here is freed without it. By itself it would look at every object of 10,000 keys
every few seconds, for a second or two, while nothing else runs.
"""

import asyncio
import gc
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

YOUNG, MIDDLE = 20_000, 10
"""So many new objects before the young are looked at, and so many times that before those who are
older. With Python's own 700, passes over the young took an eighth of the CPU of a large fleet."""
NEVER: Final = 1_000_000
"""So many passes over what is younger would have to come before one over everything."""
PASS_SECONDS: Final = 900.0
"""What the quick passes left is collected this often: a few megabytes,"""
GROWTH: Final = 48 << 20
"""Once so many bytes came on top, they are looked at: new versions of large files leave some."""
LOOK_SECONDS: Final = 30.0


@contextmanager
def collected_rarely() -> Iterator[None]:
    """Leave out what is there now, mostly code, and collect by itself only what is young."""
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, NEVER)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


async def keep_collecting() -> NoReturn:
    """Collect everything now and then, and what is new where memory grows.

    What a pass leaves is left out by those that follow it, up to the next one over everything:
    10,000 keys hold the event loop for the better part of a second.
    """
    since, held = time.monotonic(), resident()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        now = time.monotonic()
        if now - since >= PASS_SECONDS:
            gc.unfreeze()
            since = now
        elif resident() - held <= GROWTH:
            continue
        gc.collect()
        gc.freeze()
        held = resident()


def resident() -> int:
    """Bytes of memory that this process holds; 0 where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * resource.getpagesize()
