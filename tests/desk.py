"""The repository that `init` makes, and what people do in it."""

import os
import shutil
import subprocess
import sys

from commandline import clean
from edges.keys import SOPS

OWN = ("SOPS_", "GIT_", "BF_", "EDITOR", "VISUAL")


def isolate(monkeypatch, tmp_path):
    """Nothing of the developer's own: no key, no settings, no editor."""
    for name in [name for name in os.environ if name.startswith(OWN)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("PATH", f"{SOPS.parent}{os.pathsep}{os.environ['PATH']}")


def made(folder):
    """The repository, made by the program."""
    command = [sys.executable, "-m", "bf_reconciler", "init", folder, "--yes"]
    subprocess.run(command, env=clean(), check=True, capture_output=True, timeout=600)
    return folder


def copied(template, monkeypatch, folder):
    """A copy of it, and its key where sops finds it; returns the path of the file."""
    shutil.copytree(template, folder)
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(folder / "key.txt"))
    return folder / "connections.yaml"


def git(folder, *words, check=True, **environ):
    done = subprocess.run(
        ["git", "-c", "user.name=ada", "-c", "user.email=ada@localhost", *words],
        cwd=folder,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def sops(*words):
    return subprocess.run(
        [SOPS, *words], check=True, capture_output=True, text=True, timeout=60
    ).stdout
