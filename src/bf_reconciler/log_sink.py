"""Writes log lines in a thread of its own: whoever logs never waits for who reads."""

import os
import select
import threading
from collections import deque
from io import UnsupportedOperation
from typing import IO

MOST_BYTES = 4 * 1024 * 1024
"""What may wait for a reader that is slow or asleep; lines after that are dropped."""
FLUSH_SECONDS = 1.0


class Sink:
    """A bounded queue in front of a stream. Safe to use from any thread.

    The thread writes to the descriptor itself: were it stopped inside Python's own stream, the
    process could not end, since the stream's lock would never be given back.
    """

    def __init__(self, stream: IO[str], most_bytes: int = MOST_BYTES) -> None:
        self._stream = stream
        self._most = most_bytes
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._closed = False
        self._untold = 0
        self.dropped = 0
        """Lines that nobody will read."""
        self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)
        self._thread.start()

    def put(self, line: str) -> bool:
        """Take a line, or drop it where too many wait."""
        data = f"{line}\n".encode(errors="backslashreplace")
        with self._changed:
            if self._closed or self._bytes + len(data) > self._most:
                self.dropped += 1
                self._untold += 1
                return False
            self._lines.append(data)
            self._bytes += len(data)
            self._changed.notify_all()
            return True

    def untold(self) -> int:
        """How many lines were dropped since this was asked last."""
        with self._changed:
            untold, self._untold = self._untold, 0
            return untold

    def flush(self, seconds: float = FLUSH_SECONDS) -> None:
        """Wait until everything is written, at most this long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._bytes, seconds)

    def close(self) -> None:
        """Take no more lines; the thread ends when it has written what it has."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _write_all(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._lines or self._closed)
                if not self._lines:
                    return
                data = self._lines.popleft()
            self._write(data)
            with self._changed:
                self._bytes -= len(data)
                self._changed.notify_all()

    def _write(self, data: bytes) -> None:
        """A line that cannot be written is lost."""
        try:
            descriptor = self._stream.fileno()
        except (UnsupportedOperation, AttributeError, ValueError):  # a stream in memory
            descriptor = None
        try:
            if descriptor is None:
                self._stream.write(data.decode())
                return
            while data:
                data = data[_written(descriptor, data) :]
        except (OSError, ValueError):
            with self._changed:
                self.dropped += 1


def _written(descriptor: int, data: bytes) -> int:
    try:
        return os.write(descriptor, data)
    except BlockingIOError:  # somebody made it so, for it is shared with other processes
        select.select([], [descriptor], [])
        return 0
