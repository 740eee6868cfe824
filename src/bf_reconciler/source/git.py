"""How git is asked: for names and signatures, and nothing that a repository could make it run."""

import os
import shutil
import subprocess
from dataclasses import dataclass

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
OPTIONS = ("-c", "safe.directory=*", "-c", "core.fsmonitor=false")


@dataclass(frozen=True, slots=True)
class Answer:
    """How git ended; code 127 where it could not be run, or took too long."""

    code: int
    text: str = ""


def git(directory: str, *words: str) -> Answer:
    """Ask git about the repository in which a directory lies."""
    program = shutil.which("git")
    if program is None:
        return Answer(127)
    try:
        done = subprocess.run(  # noqa: S603  no shell, and a program found on our own PATH
            [program, "-C", directory, *OPTIONS, *words],
            env=ENVIRONMENT | {"PATH": os.environ.get("PATH", os.defpath)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return Answer(127)
    return Answer(done.returncode, done.stdout.decode(errors="replace").strip())
