"""From an empty folder to the first connection that is Online: the commands of a first day.

    python benchmarks/first_day.py          # each command with its time

Credentials are those of the simulator, typed by nobody; whoever has real ones adds the typing.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = (sys.executable, "-m", "bf_reconciler")
GIT = ("git", "-c", "user.name=ada", "-c", "user.email=ada@localhost")


def first_online(*, show: bool = False) -> float:
    """Seconds from `init` to the first Online in the API of the daemon."""
    with tempfile.TemporaryDirectory() as made, simulator() as (port, page):
        desk = Path(made, "desk")
        beside = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"  # the hook needs it
        own = {"SOPS_AGE_KEY_FILE": str(desk / "key.txt"), "HOME": made, "PATH": beside}
        environ = os.environ | own
        block = (*PROGRAM, "simulate", "--port", str(port), "--print-config")
        given = run((*block, "--key", "kucoin-main"), environ)  # what a person would type
        file = str(desk / "connections.yaml")
        commands = {
            "init": (*PROGRAM, "init", str(desk), "--yes"),
            "add": (*PROGRAM, "add", "kucoin", "--file", file),
            "git add": (*GIT, "-C", str(desk), "add", "--all"),
            "git commit": (*GIT, "-C", str(desk), "commit", "--message", "Add kucoin-main"),
        }
        begun = time.perf_counter()
        for name, command in commands.items():
            before = time.perf_counter()
            run(command, environ, given if name == "add" else "")
            if show:
                print(f"{name:<12} {time.perf_counter() - before:6.2f} s")
        before = time.perf_counter()
        listen = ("--listen", f"127.0.0.1:{page}", "--state-dir", f"{made}/state")
        daemon = subprocess.Popen(
            (*PROGRAM, "run", file, *listen), env=environ, stderr=subprocess.DEVNULL
        )
        try:
            while not online(page):
                time.sleep(0.01)
            now = time.perf_counter()
        finally:
            daemon.terminate()
            daemon.wait()
        if show:
            print(f"{'run':<12} {now - before:6.2f} s")
        return now - begun


@contextmanager
def simulator() -> Iterator[tuple[int, int]]:
    """A running simulator: its port, and another one that is free."""
    from figures import free_port  # noqa: PLC0415 # figures imports this module

    port = free_port()
    command = (*PROGRAM, "simulate", "--port", str(port))
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        child.stdout.readline()
        yield port, free_port()
    finally:
        child.terminate()
        child.wait()
        child.stdout.close()


def run(command: tuple[str, ...], environ: dict[str, str], given: str = "") -> str:
    """What it prints; it must succeed."""
    done = subprocess.run(
        command, env=environ, input=given, text=True, check=True, capture_output=True
    )
    return done.stdout


def online(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/status") as answer:
            rows = json.load(answer)["connections"]
    except OSError:
        return False
    return any(row["status"] == "Online" for row in rows)


if __name__ == "__main__":
    print(f"{'first Online':<12} {first_online(show=True):6.2f} s")
