"""How git is asked: for names and signatures, and nothing that a repository could make it run."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from threading import Timer
from types import MappingProxyType
from typing import IO

TIMEOUT_SECONDS = 5.0
# Nothing of the user's configuration or environment (GIT_DIR for one) may lead git elsewhere, and
# of a repository of another owner nothing is run: no hook, no filter, no network.
ENVIRONMENT = {
    "HOME": os.devnull,
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}
NOTHING: Mapping[str, str] = MappingProxyType({})
OPTIONS = ("-c", "safe.directory=*", "-c", "core.fsmonitor=false")


@dataclass(frozen=True, slots=True)
class Answer:
    """How git ended; code 127 where it could not be run, or took too long."""

    code: int
    text: str = ""


def configured(directory: str, key: str) -> str:
    """The setting of the repository, else that of the user; empty where there is none."""
    found = git(directory, "config", "--get", key)
    if found.code == 0:
        return found.text
    home = {"HOME": os.environ.get("HOME", os.devnull)}
    user = git(directory, "config", "--global", "--get", key, more=home)  # runs nothing: it reads
    return user.text if user.code == 0 else ""


def git(directory: str, *words: str, more: Mapping[str, str] = NOTHING) -> Answer:
    """Ask git about the repository in which a directory lies.

    ``more``: variables; with a HOME among them, the configuration of the user is read.
    """
    program = shutil.which("git")
    if program is None:
        return Answer(127)
    try:
        done = subprocess.run(  # noqa: S603  no shell, and a program found on our own PATH
            [program, "-C", directory, *OPTIONS, *words],
            env=_environment(more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return Answer(127)
    return Answer(done.returncode, done.stdout.decode(errors="replace").strip())


@contextmanager
def answer_of(directory: str, *words: str, seconds: float) -> Iterator[IO[bytes]]:
    """What git says, while it says it; it is ended with the block, and after so many seconds."""
    program = shutil.which("git")
    if program is None:
        yield BytesIO()
        return
    with subprocess.Popen(  # noqa: S603  as above
        [program, "-C", directory, *OPTIONS, *words],
        env=_environment(NOTHING),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,  # what has come is given at once
    ) as process:
        end = Timer(seconds, process.kill)
        end.start()
        try:
            yield process.stdout or BytesIO()
        finally:
            end.cancel()
            process.kill()


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    environ = {**ENVIRONMENT, "PATH": os.environ.get("PATH", os.defpath), **more}
    if "HOME" in more:
        del environ["GIT_CONFIG_GLOBAL"]
    return environ
