"""Ends what takes longer than it may, as ``asyncio.timeout`` does, without a timer for each.

Three timers a probe, which nearly all are cancelled, took a twelfth of its CPU.
"""

import asyncio
from collections import deque
from types import TracebackType


class Limits:
    """Limits of time for parts of tasks. Those of one length end in the order in which they began.

    So one timer for each length is enough; it is set again when it goes off.
    """

    def __init__(self) -> None:
        self._lines: dict[float, _Line] = {}

    def within(self, seconds: float) -> "Limit":
        """A context that ends with TimeoutError after so many seconds.

        What is awaited in it is cancelled then. Whoever cancels the task has it cancelled, even in
        the same moment.
        """
        line = self._lines.get(seconds)
        if line is None:
            line = self._lines[seconds] = _Line(asyncio.get_running_loop())
        return Limit(line, seconds)


class Limit:
    """One of them, from its beginning to its end."""

    __slots__ = ("_before", "_line", "_seconds", "end", "over", "task")

    def __init__(self, line: "_Line", seconds: float) -> None:
        self._line, self._seconds = line, seconds
        self.task: asyncio.Task[object] | None = None
        """Whom it ends; None before it begins, and when it is left."""
        self.end = 0.0
        self.over = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("no task is running")
        self.task, self._before = task, task.cancelling()
        self.end = self._line.loop.time() + self._seconds
        self._line.add(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        task, self.task = self.task, None
        if self.over and task is not None:
            own = task.uncancel() <= self._before
            if own and kind is asyncio.CancelledError:
                raise TimeoutError from error


class _Line:
    """All of one length, the oldest first. Who has left stays in it until the timer goes off."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._begun: deque[Limit] = deque()
        self._timed = False

    def add(self, limit: Limit) -> None:
        self._begun.append(limit)
        if not self._timed:
            self._timed = True
            self.loop.call_at(limit.end, self._look)

    def _look(self) -> None:
        """End those whose time is up, and come back when the next one's is."""
        now, begun = self.loop.time(), self._begun
        while begun and (begun[0].task is None or begun[0].end <= now):
            limit = begun.popleft()
            if limit.task is not None:
                limit.over = True
                limit.task.cancel()
        self._timed = bool(begun)
        if begun:
            self.loop.call_at(begun[0].end, self._look)
