"""Strategies as local processes: started, stopped and kept by a small program each."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, get_args

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes.adapter import Bounds, Reading, Target, UnavailableError
from bf_reconciler.runtimes.keepers import Keepers
from bf_reconciler.runtimes.process_records import Kept, Records
from bf_reconciler.runtimes.thread import OwnThread
from bf_reconciler.schedule import backoff
from bf_reconciler.spec import Action, ProcessRuntime, Strategy, without_credentials
from bf_reconciler.status import Confirmed, Running, Told
from bf_reconciler.verdict import Holding, Order

FIRST_RESTART, LAST_RESTART = timedelta(seconds=1), timedelta(minutes=1)
"""Waits before a process that ended by itself is started again."""
POLL_SECONDS: Final = 5.0
"""How often processes are looked at whose end the kernel does not announce."""
SHOWN_WITHIN: Final = timedelta(seconds=2)
PLACEHOLDER: Final = "{name}"
ACTIONS: tuple[Action, ...] = get_args(Action)
WORDS: tuple[Told, ...] = get_args(Told)
ABSENT: Final = Reading(Running("unknown", absent=True))


class ProcessAdapter:
    """The processes of one declared runtime of type ``process``."""

    exclusive = False
    queues = False
    remembers = True
    settle_time = SHOWN_WITHIN
    deadline = timedelta(seconds=10)
    rhythm = timedelta(hours=1)

    def __init__(self, declared: ProcessRuntime, bounds: Bounds) -> None:
        self._declared = declared
        self._bounds = bounds
        self._records = Records(bounds.base / "processes" / declared.name)
        self._keepers = Keepers(self._records, self._note)
        self._thread = OwnThread(f"processes of {declared.name}")
        self._read_as: dict[str, tuple[object, ...]] = {}
        self._restarts: dict[str, asyncio.TimerHandle] = {}
        self._ended: set[str] = set()
        self._news = asyncio.Event()

    def adopt(self, declared: ProcessRuntime) -> None:
        """A process is given no credentials."""

    def expect(self, _order: Order) -> Mapping[str, str]:
        """It is what was started here, and nothing else."""
        return {}

    def restarted(self, _before: Confirmed, _reading: Reading) -> bool:
        """How often it may be started again is decided here."""
        return True

    async def place(self) -> str:
        return f"process {self._records.folder}"

    async def changed(self, names: Collection[str] | None) -> Collection[str]:
        """Which processes began or ended, or are to be started again."""
        due, self._ended = self._ended, set()
        return due | await self._thread.call(self._changed, names)

    async def read(self, names: Collection[str]) -> Mapping[str, Reading]:
        """Whether these processes live, and what they were told."""
        try:
            found = await self._thread.call(self._read, tuple(names))
        except OSError as error:
            words = f"Its records cannot be read ({_why(error)})."
            return dict.fromkeys(names, _unreadable(words))
        for name, kept in found.items():
            self._keepers.watch(name, kept.pid)
            self._plan_restart(name, kept)
        return {name: self._reading(kept) for name, kept in found.items()}

    def differs(self, order: Order, reading: Reading) -> bool:
        """Whether a process must be started, told something or ended."""
        content, told = reading.content, self._word(order)
        if content is None:
            return order.on
        if order.on:
            if content["alive"]:
                return content["told"] != "run" or self._outdated(order, content)
            return self._restart_in(content) <= 0
        alive = content["alive"] and told != "pause"
        return alive or content["told"] != told or content["reason"] != str(order.reason)

    async def apply(self, order: Order, reading: Reading, target: Target) -> None:
        """Start a process, tell it something, or end it.

        Raises:
            UnavailableError: It could not be done.
        """
        try:
            await self._thread.call(self._apply, order, reading.content or {}, target)
        except (OSError, subprocess.SubprocessError) as error:
            raise UnavailableError(f"The process cannot be controlled ({_why(error)}).") from error

    async def hint(self) -> Collection[str] | None:
        """Wait for a process to end, or for the time to look at all of them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._news.wait()
        self._news.clear()
        return set(self._ended) or None

    async def renew(self, targets: Mapping[str, Target]) -> tuple[Collection[str], bool]:  # noqa: ARG002 # nothing is lent
        return (), False

    async def close(self) -> None:
        """Let go of everything; what does not survive us ends by that."""
        for timer in self._restarts.values():
            timer.cancel()
        self._keepers.close()
        self._thread.close()

    def _changed(self, names: Collection[str] | None) -> set[str]:
        try:
            wanted = self._read_as.keys() | self._records.names() if names is None else names
            return {n for n in wanted if self._read_as.get(n) != self._records.signature(n)}
        except OSError:
            return set(self._read_as if names is None else names)

    def _read(self, names: Iterable[str]) -> dict[str, Kept]:
        self._keepers.reap()
        found: dict[str, Kept] = {}
        for name in names:
            self._read_as[name] = self._records.signature(name)  # first: a change is seen again
            found[name] = self._records.read(name)
        return found

    def _reading(self, kept: Kept) -> Reading:
        if kept.pid is None and not kept.told:
            return ABSENT
        told: Told = next((word for word in WORDS if word == kept.told.get("told")), "stop")
        content: dict[str, Any] = {
            "alive": kept.pid is not None,
            "pid": kept.pid,
            "told": told,
            "reason": str(kept.told.get("reason")),
            "command": kept.told.get("command"),
            "strategy": kept.told.get("strategy"),
            "exits": recent(kept.exit, self._declared.restarts_within, time.time()),
        }
        action: Action = next((a for a in ACTIONS if a == kept.told.get("action")), "stop")
        holding = Holding(
            on=kept.pid is not None and told == "run",
            action=action,
            reason=content["reason"],
            connection=str(kept.told.get("connection", "")),
        )
        life = "" if kept.pid is None else str(kept.pid)
        running = self._running(kept, told, content)
        return Reading(running, content=content, holding=holding, life=life)

    def _running(self, kept: Kept, told: Told, content: Mapping[str, Any]) -> Running:
        if kept.pid is not None:
            if told == "pause":  # a signal has no answer
                return Running("unknown", told=told)
            return Running("running", told=told)
        if told != "run" or not content["exits"]:
            return Running("stopped", told=told)
        message = f"It {ending(kept.exit)}. {self._plan(content)}"
        return Running("stopped", Reason.ENGINE_STOPPED_ITSELF, message, told=told)

    def _plan(self, content: Mapping[str, Any]) -> str:
        count, most = len(content["exits"]), self._declared.restarts
        if count > most:
            return "It is not started again; disable and enable the strategy to try once more."
        at = datetime.fromtimestamp(_restart_at(content), UTC)
        return f"It is started again at {at:%H:%M:%S} UTC ({count} of {most})."

    def _restart_in(self, content: Mapping[str, Any]) -> float:
        """Seconds until it may be started; infinite where it ended too often."""
        if content["told"] != "run" or not content["exits"]:
            return 0.0
        if len(content["exits"]) > self._declared.restarts:
            return float("inf")
        return _restart_at(content) - time.time()

    def _outdated(self, order: Order, content: Mapping[str, Any]) -> bool:
        """Whether it runs by another command than it should, or with an outdated strategy."""
        if content["command"] != self._command(order.name):
            return True
        stale = content["strategy"] != digest(order.strategy)
        return stale and self._declared.on_change == "restart"

    def _word(self, order: Order) -> Told:
        """What an order comes to; what it cannot do is replaced by the end of the process."""
        if order.on:
            return "run"
        return order.action if order.action in self._declared.actions else "stop"

    def _command(self, name: str) -> list[str]:
        program, *rest = self._declared.command
        return [program, *(part.replace(PLACEHOLDER, name) for part in rest)]

    def _apply(self, order: Order, content: Mapping[str, Any], target: Target) -> None:
        if target.superseded:
            return
        if order.on:
            self._turn_on(order, content)
        else:
            self._turn_off(order, content)

    def _turn_off(self, order: Order, content: Mapping[str, Any]) -> None:
        told, name, alive = self._word(order), order.name, content.get("alive")
        pauses = alive and told == "pause" and content["told"] in {"run", "pause"}
        if pauses:  # before it is written down: a signal that was not sent must be sent later
            self._signal(name, self._declared.pause_signal)
        self._tell(order, told, content)
        self._records.forgive(name)
        if alive and not pauses:
            self._keepers.stop(name, self._declared.stop_time)

    def _turn_on(self, order: Order, content: Mapping[str, Any]) -> None:
        name = order.name
        if not content.get("alive"):
            self._check()
            if content and content["told"] != "run":
                self._records.forgive(name)
            self._tell(order, "run", {})
            self._start(name, order.strategy)
        elif content["told"] in {"run", "pause"} and not self._outdated(order, content):
            self._signal(name, self._declared.resume_signal)
            self._tell(order, "run", content)
        else:  # it runs by another command, or is ending: it is started when it has ended
            self._keepers.stop(name, self._declared.stop_time)

    def _tell(self, order: Order, told: Told, content: Mapping[str, Any]) -> None:
        """Write down an order. What runs keeps the command that it was started with."""
        strategy = order.strategy
        self._records.write(
            order.name,
            ".told",
            {
                "told": told,
                "reason": str(order.reason),
                "action": order.action,
                "connection": strategy.connection if strategy is not None else "",
                "command": content.get("command") or self._command(order.name),
                "strategy": content.get("strategy") or digest(strategy),
            },
        )

    def _check(self) -> None:
        """Commands of the file are started only where a flag of the daemon allows it.

        Raises:
            UnavailableError: This one is not.
        """
        for path in (Path(self._declared.command[0]), self._directory()):
            if not self._bounds.may_run(path):
                raise UnavailableError(
                    f"{path} may not be used for processes: it must be below --process-root"
                )

    def _directory(self) -> Path:
        declared = self._declared
        return Path(declared.directory) if declared.directory else Path(declared.command[0]).parent

    def _start(self, name: str, strategy: Strategy | None) -> None:
        assert strategy is not None  # noqa: S101 # what left the file is never turned on
        self._records.write(name, ".strategy", plain(strategy))
        declared = self._declared
        self._keepers.start(
            name,
            self._command(name),
            self._directory(),
            declared.stop_time,
            survive=declared.survive,
        )

    def _signal(self, name: str, declared: str | None) -> None:
        if declared is not None:
            self._keepers.send(name, signal.Signals[declared])

    def _note(self, name: str) -> None:
        """Something is to be looked at."""
        self._ended.add(name)
        self._news.set()

    def _plan_restart(self, name: str, kept: Kept) -> None:
        """Look at it again when it may be started."""
        timer = self._restarts.pop(name, None)
        if timer is not None:
            timer.cancel()
        content = self._reading(kept).content
        wait = self._restart_in(content) if content is not None and not content["alive"] else 0.0
        if 0.0 < wait < float("inf"):
            loop = asyncio.get_running_loop()
            self._restarts[name] = loop.call_later(wait + 0.01, self._note, name)


def plain(strategy: Strategy) -> dict[str, Any]:
    """A declared strategy without credentials."""
    whole: dict[str, Any] = without_credentials(
        strategy.model_dump(mode="json", exclude={"suspend"})
    )
    return whole


def digest(strategy: Strategy | None) -> str:
    """What tells whether a strategy was declared otherwise."""
    if strategy is None:
        return ""
    return sha256(strategy.model_dump_json(exclude={"suspend"}).encode()).hexdigest()


def recent(exits: Mapping[str, Any], within: timedelta, now: float) -> list[float]:
    """When it ended by itself, as far as that counts; our clock may have been set back."""
    found = exits.get("exits")
    times = [at for at in found if isinstance(at, int | float)] if isinstance(found, list) else []
    return [min(at, now) for at in times if at > now - within.total_seconds()]


def ending(noted: Mapping[str, Any]) -> str:
    """How it ended, as a part of a sentence."""
    code, error = noted.get("code"), noted.get("error")
    if error:
        return f"could not be started ({error})"
    if isinstance(code, int) and code < 0:
        with suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
    return f"ended by itself with code {code}"


def _restart_at(content: Mapping[str, Any]) -> float:
    wait = backoff(len(content["exits"]), FIRST_RESTART, LAST_RESTART)
    return float(content["exits"][-1] + wait.total_seconds())


def _unreadable(message: str) -> Reading:
    return Reading(Running("unknown", Reason.RUNTIME_UNAVAILABLE, message))


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
