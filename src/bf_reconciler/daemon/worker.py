"""A thread of its own for calls that may block: whoever waits for them has a deadline."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class Worker:
    """Calls functions one after another.

    The threads of asyncio.to_thread are few and shared: six calls that hang (on a dead disk) would
    stop everything else that needs one, and the process could not end. This thread stops nobody,
    and ends with the process whatever it waits for.
    """

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def call(self, function: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # noqa: ANN401
        """Call it when those before it are done. What is given does not wait: the caller does."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._calls.put(partial(_answer, loop, answer, partial(function, *args)))
        return answer

    def close(self) -> None:
        """End the thread after the last call."""
        self._calls.put(_end)

    def _work(self) -> None:
        with suppress(SystemExit):
            while True:
                self._calls.get()()


def _end() -> None:
    raise SystemExit


def _answer(
    loop: asyncio.AbstractEventLoop, answer: asyncio.Future[T], call: Callable[[], T]
) -> None:
    settle: Callable[[], None]
    try:
        settle = partial(answer.set_result, call())
    except Exception as error:  # noqa: BLE001 # it is for who asked
        settle = partial(answer.set_exception, error)
    with suppress(RuntimeError):  # the loop has ended meanwhile
        loop.call_soon_threadsafe(_settle, answer, settle)


def _settle(answer: asyncio.Future[Any], settle: Callable[[], None]) -> None:
    if not answer.done():
        settle()
