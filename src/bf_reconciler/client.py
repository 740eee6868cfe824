"""For bots: follow the file of a strategy, stop when it may not be followed, confirm what is done.

It needs the standard library alone, and imports nothing of this program::

    from bf_reconciler.client import follow

    for decision in follow("strategies/btc-grid.json", tick=5):
        if decision.action == "run":
            trade(decision.strategy)

Whatever is wrong with the file ends in ``stop``: it is missing, cannot be read, is of another
program or of a newer version, or its lease has ended because the daemon is gone. Coming back for
the next decision confirms the last one.
"""

import asyncio
import json
import os
import stat
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, Final, Literal, Self

__all__ = ["Action", "Decision", "Follower", "Problem", "follow"]

Action = Literal["run", "pause", "stop", "close"]
"""run: trade. pause: no new entries, manage open positions. stop: do nothing more. close: exit."""
Problem = Literal["", "missing", "unreadable", "foreign", "version", "expired", "unanswered"]
"""Why the file may not be followed; empty where it may. unanswered: its folder does not answer."""
VERSION: Final = 1
MARK: Final = "bf-reconciler"
ACTIONS: Final[tuple[Action, ...]] = ("run", "pause", "stop", "close")
MAX_BYTES: Final = 4 * 1024 * 1024
MARGIN_SECONDS: Final = 1.0
"""A lease counts as ended so much earlier, or a tenth of it, so that the bot stops within it."""
NEVER: Final = float("-inf")


@dataclass(frozen=True, slots=True)
class Decision:
    """What the bot must do. ``strategy`` is what is declared, where the file holds it.

    ``deadline`` is when its lease ends by ``time.monotonic()``, ``until`` by ``time.time()``: a
    clock that is set back prolongs nothing, and a machine that slept has not saved time.
    """

    action: Action
    reason: str = ""
    message: str = ""
    strategy: Mapping[str, Any] = field(default_factory=dict)
    generation: int | None = None
    revision: str = ""
    problem: Problem = ""
    until: float = NEVER
    deadline: float = NEVER
    lease: float = 0.0
    """Seconds from its last renewal to its end."""

    @property
    def enabled(self) -> bool:
        """Whether the bot may trade."""
        return self.action == "run"

    def is_valid(self) -> bool:
        """Whether its lease still runs; ask again right before each order."""
        return time.time() < self.until and time.monotonic() < self.deadline

    @property
    def remaining(self) -> float:
        """Seconds until its lease ends."""
        return min(self.until - time.time(), self.deadline - time.monotonic())

    def same_order(self, other: "Decision") -> bool:
        """Whether it asks for the same, whichever commit it comes from."""
        return (self.action, self.reason, self.problem, self.strategy) == (
            other.action,
            other.reason,
            other.problem,
            other.strategy,
        )


def read(path: Path) -> Decision:
    """What a file says now. It never raises: what is wrong is a decision to stop."""
    try:
        text, written = _content(path)
    except FileNotFoundError:
        return _stop("missing", "There is no such file.")
    except (OSError, ValueError) as error:
        return _stop("unreadable", f"The file cannot be read ({type(error).__name__}).")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        return _stop("unreadable", "The file holds no JSON object.")
    return _decision(content, path.stem, written)


def _content(path: Path) -> tuple[bytes, float]:
    """The content, and when it was written. A pipe is not waited for.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no regular file, or too large.
    """
    with open(path, "rb", opener=_opener) as file:  # Path.open takes no opener
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            raise ValueError
        return file.read(MAX_BYTES), status.st_mtime


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _decision(content: Mapping[str, Any], name: str, written: float) -> Decision:
    generation = content.get("generation")
    known = generation if type(generation) is int else None
    if content.get("by") != MARK or content.get("name") != name:
        return _stop("foreign", "The file is not by bf-reconciler, or of another strategy.")
    if type(content.get("version")) is not int or content["version"] != VERSION:
        return _stop("version", "The file has a version that this bot does not know.", known)
    action = content.get("action")
    until = _moment(content.get("valid_until"))
    if (
        action not in ACTIONS
        or until is None
        or (content.get("enabled") is True) != (action == "run")
    ):
        return _stop("unreadable", "The file does not say what to do, or until when.", known)
    strategy = content.get("strategy")
    lease = until - written
    margin = min(MARGIN_SECONDS, max(lease, 0.0) / 10)
    remaining = min(until - time.time(), lease) - margin
    decision = Decision(
        action=action,
        reason=str(content.get("reason", "")),
        message=str(content.get("message", "")),
        strategy=strategy if isinstance(strategy, dict) else {},
        generation=known,
        revision=str(content.get("revision", "")),
        until=until - margin,
        deadline=time.monotonic() + remaining,
        lease=lease,
    )
    return decision if decision.is_valid() else _expired(decision)


def anchored(decision: Decision, until: float, deadline: float) -> Decision:
    """The same, its lease counted from when it was first read, whatever clocks were set to since.

    ``until`` and ``deadline`` are those of the reading before.
    """
    if until == decision.until and not decision.problem:
        decision = replace(decision, deadline=min(deadline, decision.deadline))
    return decision if decision.problem or decision.is_valid() else _expired(decision)


def _stop(problem: Problem, message: str, generation: int | None = None) -> Decision:
    return Decision("stop", message=message, problem=problem, generation=generation)


def _expired(decision: Decision) -> Decision:
    message = "The lease has ended: nobody watches the key any more."
    return _stop("expired", message, decision.generation)


def _moment(value: object) -> float | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found.timestamp() if found.tzinfo is not None else None


def follow(path: str | os.PathLike[str], *, tick: float | None = None) -> "Follower":
    """Iterate over the decisions of a file, with ``for`` or ``async for``.

    The first comes at once, the next whenever another thing is to be done, and at the latest after
    ``tick`` seconds, for bots that do their work in between.
    """
    return Follower(path, tick=tick)


class Follower:
    """Follows one file, from one thread or one task at a time.

    A thread of its own reads the file: a folder that hangs, such as a dead mount, does not keep the
    bot from stopping. ``poll`` is how often it looks, in seconds.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, tick: float | None = None, poll: float = 1.0
    ) -> None:
        self._path = Path(path)
        self._tick, self._poll = tick, poll
        self._changed = threading.Condition()
        self._wake = threading.Event()
        self._listeners: set[Callable[[], None]] = set()
        self._latest: Decision | None = None
        self._ack: tuple[int, Action] | None = None
        """What is to be confirmed next."""
        self._closed = False
        self._next_tick = NEVER
        self._lease = (NEVER, NEVER)
        """End of the lease that was read last, and its deadline when it was first read."""
        self._yielded: Decision | None = None
        self._handled: Decision | None = None
        """The last decision that the bot came back from."""
        self._acked: tuple[int, Action] | None = None
        self._acked_at = NEVER
        self._generation: int | None = None
        self.confirm_error = ""
        """Why the last confirmation could not be written; empty where it could."""
        threading.Thread(target=self._watch, name=f"follow {self._path.name}", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Look no more. An iteration ends."""
        self._closed = True
        self._wake.set()
        self._tell()

    def current(self) -> Decision:
        """What holds at this moment, by both clocks."""
        latest = self._latest
        if latest is None:
            return _stop("unanswered", "The file has not been read yet.")
        return latest if latest.problem or latest.is_valid() else _expired(latest)

    def confirm(self, action: Action | None = None) -> None:
        """Say what the bot does, for those that do not do it within the loop.

        Coming back to the loop does the same with the action of its decision.
        """
        done = action or (self._yielded.action if self._yielded else self.current().action)
        self._request(done)

    def __iter__(self) -> Iterator[Decision]:
        first_by = self._begin()
        while not self._closed:
            with self._changed:
                if self._latest is None and time.monotonic() < first_by:
                    self._changed.wait(self._poll)
                    continue
                decision = self._next()
                if decision is None:
                    self._changed.wait(self._pause())
                    continue
            yield decision
            self._came_back(decision)

    async def __aiter__(self) -> AsyncIterator[Decision]:
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(changed.set)

        self._listeners.add(tell)
        try:
            first_by = self._begin()
            while not self._closed:
                changed.clear()
                waits = self._latest is None and time.monotonic() < first_by
                decision = None if waits else self._next()
                if decision is None:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._poll if waits else self._pause()):
                            await changed.wait()
                    continue
                yield decision
                self._came_back(decision)
        finally:
            self._listeners.discard(tell)

    def _begin(self) -> float:
        """Until when to wait for the first reading before the folder counts as silent."""
        self._yielded = self._handled = None
        self._next_tick = NEVER
        return time.monotonic() + max(self._poll, MARGIN_SECONDS)

    def _next(self) -> Decision | None:
        """The decision that the bot must be given now; None where it goes on as it does."""
        decision, last = self.current(), self._yielded
        if decision.generation is not None:
            self._generation = decision.generation
        same = last is not None and decision.same_order(last)
        if same and self._handled is not None:
            self._refresh(decision)
        ticks = self._tick is not None and time.monotonic() >= self._next_tick
        if same and not ticks:
            return None
        self._yielded = decision
        if self._tick is not None:
            self._next_tick = time.monotonic() + self._tick
        return decision

    def _came_back(self, decision: Decision) -> None:
        """The bot has done it, or goes on doing it."""
        self._handled = decision
        self._request(decision.action)

    def _refresh(self, decision: Decision) -> None:
        """A confirmation counts for a lease and for one generation; it is written again in time."""
        lease = decision.lease or 60.0
        old = time.monotonic() - self._acked_at > lease / 3
        if old or self._acked != (self._generation, decision.action):
            self._request(decision.action)

    def _request(self, action: Action) -> None:
        if self._generation is None:
            return
        wanted = (self._generation, action)
        recent = time.monotonic() - self._acked_at < self._poll
        if wanted == self._acked and recent:
            return
        with self._changed:
            self._ack, self._acked, self._acked_at = wanted, wanted, time.monotonic()
        self._wake.set()

    def _pause(self) -> float:
        """How long to wait: the end of the lease is never slept through."""
        latest = self._latest
        waits = [self._poll]
        if latest is not None and latest.remaining > 0:
            waits.append(latest.remaining)
        if self._tick is not None:
            waits.append(self._next_tick - time.monotonic())
        return max(0.0, min(waits))

    def _watch(self) -> None:
        """Read the file now and then, and write what is to be confirmed."""
        while not self._closed:
            decision = anchored(read(self._path), *self._lease)
            if not decision.problem:
                self._lease = decision.until, decision.deadline
            with self._changed:
                self._latest = decision
                ack, self._ack = self._ack, None
            self._tell()
            if ack is not None:
                self._write(*ack)
            self._wake.wait(self._poll)
            self._wake.clear()

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()
        for listener in tuple(self._listeners):
            listener()

    def _write(self, generation: int, action: Action) -> None:
        """Replace NAME.ack.json. The daemon shows a strategy whose bot says nothing."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        word = {"version": VERSION, "generation": generation, "action": action, "at": at}
        target = self._path.with_name(f"{self._path.stem}.ack.json")
        temporary = self._path.with_name(f".{target.name}.{token_hex(8)}.tmp")
        self.confirm_error = ""
        try:
            temporary.write_text(json.dumps(word) + "\n", encoding="utf-8")
            temporary.chmod(0o644)  # the daemon may be another user
            temporary.replace(target)
        except OSError as error:
            self.confirm_error = error.strerror or type(error).__name__
            with suppress(OSError):
                temporary.unlink()
