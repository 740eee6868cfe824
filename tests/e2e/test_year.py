"""A person's year with the program, by commands alone: real sops, age and git, and the daemon."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request

import pytest
import yaml

from commandline import clean
from desk import git, isolate, sops
from ports import free_port

pytestmark = pytest.mark.slow
SECONDS = 600
PROGRAM = (sys.executable, "-m", "bf_reconciler")
NEWER = {
    "connection": {"next_api_key", "known"},
    "strategy": {"told", "confirmed"},
    "seen": set(),
}
"""Fields that rows of the first version of the journal did not have."""
TOKEN = "SENTINELTOKEN0d91c4e7ab"


class Person:
    """Somebody at a terminal, with one repository, one simulator and one daemon."""

    def __init__(self, folder):
        self.folder = folder
        self.desk = folder / "desk"
        self.file = self.desk / "connections.yaml"
        self.key = self.desk / "key.txt"
        self.state = folder / "state"
        self.port, self.page = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.page}"

    def environ(self):
        return {**clean(), "SOPS_AGE_KEY_FILE": str(self.key)}

    def does(self, *words, given="", code=0, **environ):
        """Run a command; what it prints."""
        done = subprocess.run(
            [*PROGRAM, *map(str, words)],
            env=self.environ() | environ,
            cwd=self.folder,
            input=given,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done.stdout

    def commits(self, message):
        git(self.desk, "add", "--all")
        git(self.desk, "commit", "--message", message, SOPS_AGE_KEY_FILE=str(self.key))
        return git(self.desk, "rev-parse", "HEAD").stdout.strip()

    def edits(self, *pairs):
        """Replace texts in an editor."""
        editor = self.folder / "editor"
        replaced = "".join(f".replace({before!r}, {after!r})" for before, after in pairs)
        editor.write_text(
            f"#!{sys.executable}\nimport pathlib, sys\npath = pathlib.Path(sys.argv[1])\n"
            f"path.write_text(path.read_text(){replaced})\n"
        )
        editor.chmod(0o755)
        return self.does("edit", self.file, EDITOR=str(editor))

    @contextlib.contextmanager
    def runs(self, *words, ready):
        """A program that runs beside, until the block ends."""
        with (self.folder / f"{words[0]}.log").open("ab") as log:
            child = subprocess.Popen(
                [*PROGRAM, *map(str, words)], env=self.environ(), stdout=log, stderr=log
            )
        try:
            until(lambda: fetched(ready) is not None)
            yield child
        finally:
            child.send_signal(signal.SIGTERM)
            assert child.wait(SECONDS) == 0

    def exchange(self):
        ready = f"http://127.0.0.1:{self.port}/_sim/keys/kucoin-main"
        return self.runs("simulate", "--port", self.port, ready=ready)

    def daemon(self):
        where = ("--listen", f"127.0.0.1:{self.page}", "--state-dir", self.state)
        seal = ("--require-seal", "--token-file", self.folder / "token")
        return self.runs("run", self.file, *where, *seal, ready=f"{self.url}/readyz")

    def changes_the_key(self, **fields):
        body = json.dumps(fields).encode()
        url = f"http://127.0.0.1:{self.port}/_sim/keys/kucoin-main"
        request = urllib.request.Request(url, body, method="PATCH")  # loopback
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310

    def sees(self, connection, strategy, revision=None):
        """Wait until the page shows these."""

        def look():
            status = json.loads(fetched(f"{self.url}/api/v1/status") or "null")
            if status is None or not status["connections"] or not status["strategies"]:
                return False
            shown = (status["connections"][0]["status"], status["strategies"][0]["status"])
            return shown == (connection, strategy) and revision in {None, status["revision"]}

        until(look)

    def bot(self):
        return json.loads((self.state / "strategies" / "btc-grid.json").read_text())


def fetched(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 # loopback
            return answer.read()
    except OSError:
        return None


def until(true):
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def person(monkeypatch, tmp_path):
    isolate(monkeypatch, tmp_path)
    (tmp_path / "token").write_text(TOKEN)
    return Person(tmp_path)


def test_a_persons_year(person):
    # The first day: a repository, a connection, a strategy.
    person.does("init", person.desk, "--yes")
    person.commits("Start")
    shown = person.does("simulate", "--port", person.port, "--print-config", "--key", "kucoin-main")
    with person.exchange():
        said = person.does("add", "kucoin", "--file", person.file, given=shown)
        assert "Online" in said
        person.edits(
            ("name: btc-example", "name: btc-grid"),
            ("enabled: false", "enabled: true"),
            ("interval: 60s", "interval: 1s"),
        )
        commit = person.commits("Declare the first connection")
        with person.daemon():
            person.sees("Online", "Enabled", commit)
            assert person.bot()["enabled"] is True
            a_bad_day(person)
            a_night(person)
            a_new_exchange_key(person)
            a_new_age_key(person)
        an_upgrade(person)
        a_lost_machine(person)


def a_bad_day(person):
    """Somebody lets the key withdraw: it is turned off, explained, and put right."""
    person.changes_the_key(withdraw=True)
    person.sees("Blocked", "Blocked")
    assert person.bot()["enabled"] is False
    assert person.does("status", "--url", person.url, code=2).count("WithdrawEnabled")
    said = person.does("explain", "strategy/btc-grid", "--url", person.url)
    assert "WithdrawEnabled" in said
    assert "connections.yaml" in said
    person.changes_the_key(withdraw=False)
    person.sees("Online", "Enabled")


def a_night(person):
    """Something is odd at three in the morning: everything off first, questions later."""
    to = ("--url", person.url, "--token-file", person.folder / "token")
    person.does("halt", "--reason", "odd fills", "--by", "ada", *to)
    person.sees("Online", "Halted")
    assert person.bot()["enabled"] is False
    person.does("resume", *to)
    person.sees("Online", "Enabled")
    rows = json.loads(person.does("history", "btc-grid", "--url", person.url, "-o", "json"))
    moves = [row["to"] for row in rows["transitions"] if row["name"] == "btc-grid"]
    assert {"Blocked", "Halted", "Enabled"} <= set(moves)


def a_new_exchange_key(person):
    """The next key is put beside the current one, tested, promoted, and the old one deleted."""
    new = yaml.safe_load(
        person.does("simulate", "--port", person.port, "--print-config", "--key", "kucoin-sub")
    )
    (fresh,) = (connection["credentials"] for connection in new["connections"])
    waiting = json.dumps(fresh)
    person.edits(("credentials:", f"next: {waiting}\n      credentials:"))
    commit = person.commits("Put the next key beside the current one")
    person.sees("Online", "Enabled", commit)
    said = person.does("status", "kucoin-main", "--url", person.url)
    assert f"••••{fresh['api_key'][-3:]}" in said
    said = person.does("rotate", "kucoin-main", "--file", person.file)
    assert "is still alive" in said
    commit = person.commits("Rotate the key")
    person.sees("Online", "Enabled", commit)
    person.changes_the_key(revoked=True)  # the old one
    person.does("test", person.file)
    connection = json.loads(person.does("status", "kucoin-main", "--url", person.url, "-o", "json"))
    assert connection["api_key"].endswith(fresh["api_key"][-3:])
    assert connection["next_api_key"] is None
    assert person.bot()["enabled"] is True


def an_upgrade(person):
    """A state folder of an older version: nothing moves, and the history goes on."""
    older(person.state)
    before = person.bot()
    with person.daemon():
        person.sees("Online", "Enabled")
        rows = json.loads(person.does("history", "--url", person.url, "-o", "json"))["transitions"]
        assert {"Blocked", "Halted", "Enabled"} <= {row["to"] for row in rows}
        assert (before["since"], before["enabled"]) == (person.bot()["since"], True)


def older(state):
    """Take from the journal what newer versions added: fields of rows, and files beside it."""
    with contextlib.closing(sqlite3.connect(state / "journal.db")) as journal, journal:
        for kind, name, text in journal.execute("SELECT kind, name, json FROM entries").fetchall():
            (row,) = json.loads(text)
            kept = {field: value for field, value in row.items() if field not in NEWER[kind]}
            query = "UPDATE entries SET json = ? WHERE kind = ? AND name = ?"
            journal.execute(query, (json.dumps([kept]), kind, name))
    for name in ("halted.json", "last-good.yaml"):
        (state / name).unlink(missing_ok=True)


def a_new_age_key(person):
    """The age key is replaced without a gap; the old one opens nothing any more."""
    new = person.folder / "new.txt"
    done = subprocess.run(
        ["age-keygen", "-o", new], check=True, capture_output=True, text=True, timeout=30
    )
    recipient = done.stderr.split()[-1]
    old = person.key.read_text()
    person.key.write_text(old + new.read_text())  # both, until the daemon has the new file
    rules = person.desk / ".sops.yaml"
    before = rules.read_text().split("age: ")[1].strip()
    rules.write_text(rules.read_text().replace(before, recipient))
    with contextlib.chdir(person.desk), environment(person):
        sops("updatekeys", "--yes", "connections.yaml")
        sops("rotate", "--in-place", "connections.yaml")
    commit = person.commits("Replace the age key")
    person.sees("Online", "Enabled", commit)
    person.key.write_text(new.read_text())
    person.does("validate", "--decrypt", "--require-seal", person.file)
    assert before not in person.file.read_text()
    lost = person.folder / "old.txt"
    lost.write_text(old)
    person.does("validate", "--decrypt", person.file, code=1, SOPS_AGE_KEY_FILE=str(lost))


def a_lost_machine(person):
    """Everything is restored from what was kept elsewhere: the repository, and the age key."""
    backup = person.folder / "backup"
    git(person.folder, "clone", "--quiet", "--bare", person.desk, backup / "desk.git")
    shutil.copy(person.key, backup / "key.txt")
    shutil.rmtree(person.desk)
    shutil.rmtree(person.state)
    git(person.folder, "clone", "--quiet", backup / "desk.git", person.desk)
    git(person.desk, "config", "core.hooksPath", ".githooks")
    shutil.copy(backup / "key.txt", person.key)
    with person.daemon():
        commit = git(person.desk, "rev-parse", "HEAD").stdout.strip()
        person.sees("Online", "Enabled", commit)
        assert person.bot()["enabled"] is True
    person.edits(("interval: 1s", "interval: 2s"))
    person.commits("Ask less often")
    log = (person.folder / "run.log").read_text()
    written = log + git(person.desk, "log", "-p").stdout
    private = person.key.read_text().splitlines()[-1]
    assert private.startswith("AGE-SECRET-KEY-1")
    assert not [secret for secret in (private, TOKEN, "phrase-5cdc2a7b") if secret in written]


@contextlib.contextmanager
def environment(person):
    before = os.environ.get("SOPS_AGE_KEY_FILE")
    os.environ["SOPS_AGE_KEY_FILE"] = str(person.key)
    try:
        yield
    finally:
        if before is None:
            del os.environ["SOPS_AGE_KEY_FILE"]
