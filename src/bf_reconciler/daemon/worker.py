"""A thread of its own for calls that may block: whoever waits for them has a deadline."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar

T = TypeVar("T")
IDLE_SECONDS: Final = 60.0
"""So long a thread waits for the next call: to start one holds the event loop up."""


class Worker:
    """Calls functions one after another.

    The threads of asyncio.to_thread are few and shared: six calls that hang (on a dead disk) would
    stop everything else that needs one, and the process could not end. This thread stops nobody,
    and ends with the process whatever it waits for.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: deque[Callable[[], None]] = deque()
        self._turn = threading.Condition()
        self._works = False

    def call(self, function: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # noqa: ANN401
        """Call it when those before it are done. What is given does not wait: the caller does."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._put(partial(_answer, loop, answer, partial(function, *args)))
        return answer

    def ask(self, seconds: float, function: Callable[..., T], *args: Any) -> T:  # noqa: ANN401
        """Call it and wait for its answer, from another thread than that of the event loop.

        Raises:
            TimeoutError: It did not answer in time.
        """
        answer: Future[T] = Future()
        self._put(partial(_fulfil, answer, partial(function, *args)))
        try:
            return answer.result(seconds)
        finally:
            answer.cancel()

    def _put(self, call: Callable[[], None]) -> None:
        with self._turn:
            self._calls.append(call)
            if self._works:
                self._turn.notify()
            else:
                threading.Thread(target=self._work, name=self._name, daemon=True).start()
                self._works = True

    def _work(self) -> None:
        """The thread: it ends when nothing was to be called for a while."""
        while True:
            with self._turn:
                if not self._turn.wait_for(lambda: self._calls, IDLE_SECONDS):
                    self._works = False
                    return
                call = self._calls.popleft()
            call()


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


def _fulfil(answer: Future[T], call: Callable[[], T]) -> None:
    if not answer.set_running_or_notify_cancel():
        return
    try:
        answer.set_result(call())
    except Exception as error:  # noqa: BLE001 # as above
        answer.set_exception(error)


def _settle(answer: asyncio.Future[Any], settle: Callable[[], None]) -> None:
    if not answer.done():
        settle()
