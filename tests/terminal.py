"""A program on a terminal of its own, answered like a person would."""

import os
import pty
import select
import sys
import time

from commandline import clean

SECONDS = 600


def answered(*argv, answers=(), cwd=None, **environ):
    """Run the command line on a terminal: ``(prompt, text)`` pairs are typed when they are due.

    Returns its exit code, and all that the terminal showed.
    """
    pid, ours = pty.fork()
    if pid == 0:  # pragma: no cover # the child becomes the program
        try:
            if cwd is not None:
                os.chdir(cwd)
            command = [sys.executable, "-m", "bf_reconciler", *map(str, argv)]
            os.execve(sys.executable, command, {**clean(), "TERM": "dumb", **environ})  # noqa: S606
        finally:
            os._exit(127)
    shown, waiting, end = "", list(answers), time.monotonic() + SECONDS
    position = 0
    try:
        while select.select([ours], [], [], max(end - time.monotonic(), 0))[0]:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            shown += chunk.decode(errors="replace")
            while waiting and (at := shown.find(waiting[0][0], position)) >= 0:
                prompt, text = waiting.pop(0)
                position = at + len(prompt)
                os.write(ours, text.encode())
    finally:
        os.close(ours)
    _, status = os.waitpid(pid, 0)
    assert not waiting, f"never asked: {waiting[0][0]!r}; shown: {shown}"
    return os.waitstatus_to_exitcode(status), shown.replace("\r\n", "\n")
