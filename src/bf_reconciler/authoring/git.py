"""Makes a directory a git repository that runs our hook, where git is there."""

import os
import shutil
import subprocess
from enum import Enum
from pathlib import Path
from typing import Final

from bf_reconciler.authoring.templates import HOOKS

SECONDS: Final = 30.0


class Hook(Enum):
    """How it is with git and the hook afterwards."""

    NO_GIT = "no git"
    INSTALLED = "installed"
    NOT_INSTALLED = "not installed"
    """The directory is part of another repository, or has hooks of its own."""


def start(directory: Path) -> Hook:
    """Make it a repository unless it is in one already, and install the hook there."""
    binary = shutil.which("git")
    if binary is None:
        return Hook.NO_GIT
    top = _git(binary, directory, "rev-parse", "--show-toplevel")
    if top is None:
        if _git(binary, directory, "init", "--quiet", "--initial-branch=main") is None:
            return Hook.NO_GIT
    elif Path(top).resolve() != directory.resolve() or _has_hooks(binary, directory):
        return Hook.NOT_INSTALLED
    done = _git(binary, directory, "config", "core.hooksPath", HOOKS)
    return Hook.NOT_INSTALLED if done is None else Hook.INSTALLED


def _has_hooks(binary: str, directory: Path) -> bool:
    if _git(binary, directory, "config", "core.hooksPath") is not None:
        return True
    hooks = _git(binary, directory, "rev-parse", "--git-path", "hooks")
    return hooks is None or (directory / hooks / "pre-commit").exists()


def _git(binary: str, directory: Path, *arguments: str) -> str | None:
    """What git prints; None where it fails."""
    environ = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603 # git, with arguments of ours
            [binary, "-C", str(directory), *arguments],
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
