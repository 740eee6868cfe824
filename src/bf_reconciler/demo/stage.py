"""The folder of the demo: a throw-away key, and a git repository with the encrypted file."""

import asyncio
import os
import subprocess
from pathlib import Path

from bf_reconciler.authoring import templates
from bf_reconciler.authoring.age_key import AgeKeyError, make_age_key
from bf_reconciler.facts import ConfigError
from bf_reconciler.seals import seal_file
from bf_reconciler.sops import SopsSettings

SECONDS = 30.0
GIT = ("git", "-c", "user.name=demo", "-c", "user.email=demo@localhost", "-c", "gc.auto=0")


class DemoError(Exception):
    """The demo cannot go on; the message is for a person."""


class Stage:
    """What people do by hand: encrypt, edit, commit. Every method blocks, and may raise DemoError.

    ``folder`` must be private: the key and the state lie in it.
    """

    def __init__(self, folder: Path, sops: Path) -> None:
        self.repository = folder / "repository"
        self.file = self.repository / "connections.yaml"
        self.key_file = folder / "key.txt"
        self.state_dir = folder / "state"
        self.log = folder / "daemon.log"
        self.bot_log = folder / "bots.log"
        self._sops = sops
        self._environ = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),  # nobody's own settings of git or sops
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "SOPS_AGE_KEY_FILE": str(self.key_file),
        }

    def build(self, text: str) -> None:
        """Make the key and the repository; encrypt, seal and commit the file."""
        self.repository.mkdir()
        rules = templates.rules([self._make_key()])
        (self.repository / templates.RULES_FILE).write_text(rules, encoding="utf-8")
        self.file.write_text(text, encoding="utf-8")
        self.run(str(self._sops), "encrypt", "--in-place", self.file.name)
        self._seal()
        self.run(*GIT, "init", "--quiet")
        self._commit("Declare connections and strategies")

    def set(self, place: str, value: str, message: str) -> None:
        """Change one value as `sops edit` would, seal, and commit. Place and value are JSON."""
        self.run(str(self._sops), "set", self.file.name, place, value)
        self._seal()
        self._commit(message)

    def tamper(self, old: str, new: str, message: str) -> None:
        """Change the text without sops, and commit: the MAC no longer fits."""
        text = self.file.read_text(encoding="utf-8")
        if old not in text:
            raise DemoError(f"the file of the demo does not contain {old!r}")
        self.file.write_text(text.replace(old, new, 1), encoding="utf-8")
        self._commit(message)

    def revert(self) -> None:
        """Undo the last commit by another one."""
        self.run(*GIT, "revert", "--no-edit", "HEAD")

    def _seal(self) -> None:
        try:
            asyncio.run(seal_file(self.file, SopsSettings(self._sops, self._environ)))
        except ConfigError as error:
            raise DemoError(f"the file of the demo cannot be sealed: {error.message}") from None

    def _commit(self, message: str) -> None:
        self.run(*GIT, "add", "--all")
        self.run(*GIT, "commit", "--quiet", "--no-gpg-sign", "--message", message)

    def _make_key(self) -> str:
        """Write a new age key; returns its public half."""
        try:
            return make_age_key(self.key_file)
        except AgeKeyError as error:
            raise DemoError(f"the demo cannot start: {error}") from None

    def run(self, *argv: str) -> None:
        """Run git or sops in the repository, with an environment of its own."""
        try:
            subprocess.run(  # noqa: S603 # git and sops, with arguments of ours
                argv,
                cwd=self.repository,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=SECONDS,
                check=True,
            )
        except OSError:
            raise DemoError(f"the demo needs {Path(argv[0]).name}; please install it") from None
        except subprocess.TimeoutExpired:
            raise DemoError(f"{Path(argv[0]).name} did not finish in time") from None
        except subprocess.CalledProcessError as error:
            word = Path(argv[0]).name
            raise DemoError(f"{word} failed with exit code {error.returncode}") from None
