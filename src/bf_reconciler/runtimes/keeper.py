"""A small program that keeps one process: it starts it, passes signals on, and ends all of it.

It is run by itself, with nothing but the standard library. It holds a lock on ``NAME.lock`` for as
long as anything of the process lives, so that there are never two of a name, and the kernel says
who holds it. A lifeline is the end of a pipe whose other end nobody but the daemon has.

usage: keeper.py FOLDER NAME STOP_SECONDS LIFELINE DIRECTORY COMMAND...
"""

import ctypes
import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

PASSED_ON: Final = (
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGWINCH,
)
"""What goes to the process as it comes. SIGTERM ends it."""
LOCK_SECONDS: Final = 1.0
EX_TEMPFAIL: Final = 75
"""Another one has the lock."""
MAX_LOG: Final = 1 << 20
"""Bytes of a log; then it becomes the old one, and a new one begins."""
MAX_EXITS: Final = 100
SET_PDEATHSIG: Final = 1
SET_CHILD_SUBREAPER: Final = 36
PRCTL: Final = getattr(ctypes.CDLL(None), "prctl", None)


class Keeper:
    """One process and everything that it started."""

    def __init__(self, base: Path, stop_seconds: float, lifeline: int | None) -> None:
        self._base = base
        self._stop_seconds = stop_seconds
        self._lifeline = lifeline
        self._asked = False
        """Whether it was told to end the process."""
        self._kill_at: float | None = None
        self._code: int | None = None
        self._error = ""
        self._log: int | None = None
        self._output: int | None
        self._output, self._write_end = os.pipe()
        os.set_blocking(self._output, False)
        self._signals, self._wakeup = socket.socketpair()
        self._pid = 0

    def run(self, directory: str, command: list[str], mask: int) -> None:
        """Keep the process until nothing of it is left."""
        self._catch_signals()
        prctl(SET_CHILD_SUBREAPER, 1)
        self._open_log()
        self._start(directory, command, mask)
        while self._reap():
            self._wait()
            self._enforce()
        self._pump()
        self._note_exit()

    def _catch_signals(self) -> None:
        for end in (self._signals, self._wakeup):
            end.setblocking(False)
        signal.set_wakeup_fd(self._wakeup.fileno(), warn_on_full_buffer=False)
        for number in (*PASSED_ON, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)

    def _start(self, directory: str, command: list[str], mask: int) -> None:
        try:
            started = subprocess.Popen(  # noqa: S603 # the daemon has checked where it lies
                command,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=self._write_end,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=mask,
                preexec_fn=die_with_parent,  # noqa: PLW1509 # there are no threads here
            )
        except OSError as error:
            self._code, self._error = 127, error.strerror or type(error).__name__
        else:
            self._pid = started.pid
            started.returncode = 0  # it is reaped here, not by Popen
        os.close(self._write_end)

    def _wait(self) -> None:
        """Wait for a signal, output, the end of the lifeline, or the time to kill."""
        watched = [self._signals.fileno()]
        watched += [end for end in (self._output, self._lifeline) if end is not None]
        rest = None if self._kill_at is None else max(self._kill_at - time.monotonic(), 0.0)
        ready, _, _ = select.select(watched, [], [], rest)
        if self._output in ready:
            self._pump()
        if self._lifeline in ready:  # nobody writes to it: this is its end
            self._lifeline = None
            self._stop()
        if self._signals.fileno() in ready:
            for number in self._signals.recv(4096):
                if number == signal.SIGTERM:
                    self._stop()
                elif number in PASSED_ON and self._pid:
                    with suppress(ProcessLookupError):
                        os.kill(self._pid, number)

    def _stop(self) -> None:
        self._asked = True
        self._end()

    def _end(self) -> None:
        """Ask everything that is left to end, and remember when to kill it."""
        if self._kill_at is None:
            self._kill_at = time.monotonic() + self._stop_seconds
            self._signal_all(signal.SIGTERM)

    def _enforce(self) -> None:
        if self._kill_at is not None and time.monotonic() >= self._kill_at:
            self._signal_all(signal.SIGKILL)
            self._kill_at = time.monotonic() + 0.1  # a new one may have been forked meanwhile

    def _signal_all(self, number: signal.Signals) -> None:
        for pid in {self._pid, *children(os.getpid())} - {0}:
            with suppress(ProcessLookupError, PermissionError):
                if pid == self._pid or os.getpgid(pid) == pid:
                    os.killpg(pid, number)
                else:
                    os.kill(pid, number)

    def _reap(self) -> bool:
        """Collect what has ended; whether anything is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self._pid:
                self._code = os.waitstatus_to_exitcode(status)
                self._end()  # what it started ends with it

    def _pump(self) -> None:
        """Write what the process says to its log."""
        while self._output is not None:
            try:
                data = os.read(self._output, 1 << 16)
            except BlockingIOError:
                return
            if not data:
                os.close(self._output)
                self._output = None
                return
            self._write_log(data)

    def _write_log(self, data: bytes) -> None:
        with suppress(OSError):  # a full disk must not end a bot
            if self._log is not None and os.fstat(self._log).st_size > MAX_LOG:
                os.close(self._log)
                self._log = None
                log = self._base.with_name(f"{self._base.name}.log")
                log.rename(f"{log}.1")
                self._open_log()
            if self._log is not None:
                os.write(self._log, data)

    def _open_log(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        with suppress(OSError):
            self._log = os.open(f"{self._base}.log", flags, 0o600)

    def _note_exit(self) -> None:
        """Note how it ended, for who asks later; the lock is held until that stands there."""
        path = Path(f"{self._base}.exit")
        exits: list[float] = []
        with suppress(OSError, ValueError, TypeError, KeyError):
            exits = list(json.loads(path.read_bytes())["exits"])
        if not self._asked:
            exits = [*exits, time.time()][-MAX_EXITS:]
        noted = {
            "exits": exits,
            "asked": self._asked,
            "code": self._code,
            "error": self._error,
            "at": time.time(),
        }
        temporary = Path(f"{path}.tmp")
        with suppress(OSError):
            temporary.write_text(json.dumps(noted), encoding="utf-8")
            temporary.replace(path)


def prctl(option: int, value: int) -> None:
    """Linux alone has this; elsewhere what it does is missing."""
    if PRCTL is not None:
        PRCTL(option, value, 0, 0, 0)


def die_with_parent() -> None:
    """Be killed when the keeper is killed."""
    prctl(SET_PDEATHSIG, signal.SIGKILL)


def children(pid: int) -> list[int]:
    """The children of a process, with those that were left to it."""
    found: list[int] = []
    with suppress(OSError, ValueError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def locked(path: str) -> bool:
    """Whether the lock could be had. It is held until this process ends."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    ends = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > ends:
                return False
            time.sleep(0.02)
        else:
            return True


def main(arguments: list[str]) -> NoReturn:
    """Keep what the arguments say."""
    folder, name, seconds, lifeline, directory, *command = arguments
    base = Path(folder) / name
    mask = os.umask(0o077)
    if not locked(f"{base}.lock"):
        sys.exit(EX_TEMPFAIL)
    keeper = Keeper(base, float(seconds), int(lifeline) if lifeline != "-" else None)
    keeper.run(directory, command, mask)
    sys.exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
