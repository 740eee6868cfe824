"""Ends the process in time, though a thread may hang on a disk that does not answer."""

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
END_SECONDS = 2.0
"""How long threads may take to end. Python itself would wait for them for ever."""


def run_to_end(main: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run; where threads do not end after ``main``, the process ends without them."""
    end = _End()
    try:
        return asyncio.run(end.after(main))
    finally:
        end.cancel()


class _End:
    """A watch that begins when everything of ours is done."""

    def __init__(self) -> None:
        self._code = 1
        self._watch = threading.Timer(END_SECONDS, lambda: os._exit(self._code))
        self._watch.daemon = True

    async def after(self, main: Coroutine[Any, Any, T]) -> T:
        try:
            result = await main
            self._code = 0
            return result
        finally:
            self._watch.start()

    def cancel(self) -> None:
        self._watch.cancel()
