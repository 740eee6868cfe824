"""init: a repository to start from, with the real sops, age and git."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import os
import shutil
import subprocess
import sys

import pytest
import yaml

from bf_reconciler.authoring import age_key, repository
from bf_reconciler.authoring.age_key import AgeKeyError
from bf_reconciler.facts import ConfigError, ConfigReason
from commandline import run_in
from desk import git, isolate
from edges.keys import SOPS, make_age_key
from terminal import answered

pytestmark = pytest.mark.slow
FILES = {
    ".git",
    ".githooks",
    ".gitignore",
    ".sops.yaml",
    "README.md",
    "connections.yaml",
    "key.txt",
}


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    isolate(monkeypatch, tmp_path)


@pytest.fixture
def started(capsys, tmp_path):
    assert run_in(capsys, "init", "desk", "--yes").code == 0
    return tmp_path / "desk"


def test_it_creates_what_a_repository_needs_and_says_what_comes_next(capsys, tmp_path, monkeypatch):
    memory = tmp_path / "memory"  # other tests have folders of their own in the real one
    memory.mkdir()
    monkeypatch.setattr(sys.modules["bf_reconciler.sops.private_folder"], "MEMORY", memory)
    ran = run_in(capsys, "init", "desk", "--yes")
    assert (ran.code, ran.err) == (0, "")
    desk = tmp_path / "desk"
    assert {path.name for path in desk.iterdir()} == FILES
    assert (desk / "key.txt").stat().st_mode & 0o777 == 0o600
    recipient = age_key.recipient_of(desk / "key.txt")
    assert f"created desk/key.txt ({recipient})" in ran.out
    assert f"export SOPS_AGE_KEY_FILE={desk / 'key.txt'}" in ran.out
    assert "AGE-SECRET-KEY" not in ran.out
    rules = yaml.safe_load((desk / ".sops.yaml").read_text())["creation_rules"][0]
    assert rules["age"] == recipient
    assert "seal" in rules["encrypted_regex"]
    assert list(memory.iterdir()) == []


def test_it_says_so_in_turkish(capsys):
    ran = run_in(capsys, "init", "desk", "--yes", "--lang", "tr")
    assert (ran.code, ran.err) == (0, "")
    assert "oluştu  desk/connections.yaml\n" in ran.out
    assert "onsuz kimlik bilgilerini kimse okuyamaz.\n\nSırada:\n" in ran.out
    again = run_in(capsys, "init", "other", "--yes", "--key-file", "desk/key.txt", "--lang", "tr")
    assert "mevcut  desk/key.txt (age1" in again.out


def test_the_file_is_encrypted_sealed_valid_and_tests_nothing(capsys, started, monkeypatch):
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(started / "key.txt"))
    file = started / "connections.yaml"
    assert "api_key: ENC[" in file.read_text()
    ran = run_in(capsys, "validate", "--decrypt", "--require-seal", file)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, f"{file}: valid")
    ran = run_in(capsys, "test", file, "-o", "json")
    assert ran.code == 0
    assert [row["status"] for row in ran.json()["connections"]] == ["Suspended"]


def test_the_key_is_never_committed(started):
    git(started, "add", "--all")
    git(started, "commit", "--message", "Start")
    assert git(started, "ls-files").stdout.split() == [
        ".githooks/pre-commit",
        ".gitignore",
        ".sops.yaml",
        "README.md",
        "connections.yaml",
    ]
    secret = (started / "key.txt").read_text()
    (started / "notes.txt").write_text(f"the key:\n{secret}")
    git(started, "add", "--all")
    done = git(started, "commit", "--message", "Notes", check=False)
    assert done.returncode == 1
    assert "a private age key is about to be committed" in done.stderr


@pytest.mark.parametrize(
    ("key", "folder"), [(None, "."), ("key.txt", "."), ("../key.txt", "sub"), (None, "sub")]
)
def test_the_hook_takes_what_is_sealed_and_nothing_else(started, key, folder):
    environ = {"SOPS_AGE_KEY_FILE": key} if key else {}
    file, inside = started / "connections.yaml", started / folder
    inside.mkdir(exist_ok=True)
    git(started, "add", "--all")
    git(inside, "commit", "--message", "Start", **environ)
    owned = os.environ | {"SOPS_AGE_KEY_FILE": str(started / "key.txt")}
    halt = [SOPS, "set", file, '["halt"]', '{"reason": "x", "by": "y"}']
    subprocess.run(halt, env=owned, check=True, capture_output=True, timeout=600)
    done = git(inside, "commit", "--all", "--message", "Halt", check=False, **environ)
    assert done.returncode == 1
    assert "connections.yaml:49:7: seal: sealed over other content: run bf-reconciler seal" in (
        done.stderr
    )
    git(started, "checkout", "HEAD", "connections.yaml")
    decrypt = [SOPS, "decrypt", "--in-place", file]
    subprocess.run(decrypt, env=owned, check=True, capture_output=True, timeout=600)
    git(started, "add", "connections.yaml")
    git(started, "show", "HEAD:connections.yaml")
    file.write_text("version: 1\n")  # what is staged counts
    done = git(inside, "commit", "--message", "Plain", check=False, **environ)
    assert done.returncode == 1
    assert "connections.yaml: the file is not encrypted with sops" in done.stderr


def test_the_hook_says_where_it_cannot_check_the_seal(started, tmp_path):
    git(started, "add", "--all")
    git(started, "commit", "--message", "Start")
    git(tmp_path, "clone", "--quiet", started, "clone")
    clone = tmp_path / "clone"
    git(clone, "config", "core.hooksPath", ".githooks")
    file = clone / "connections.yaml"
    file.write_text(file.read_text().replace("enabled: false", "enabled: true"))
    done = git(clone, "commit", "--all", "--message", "On")
    assert "no key here, so the seal of connections.yaml was not checked" in done.stderr


@pytest.mark.parametrize("name", ["connections.yaml", ".sops.yaml"])
def test_it_never_overwrites(capsys, tmp_path, name):
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / name).write_text("mine")
    ran = run_in(capsys, "init", "desk", "--yes")
    assert (ran.code, ran.err) == (1, f"Error: desk already contains {name}\n")
    assert {path.name: path.read_text() for path in desk.iterdir()} == {name: "mine"}


def test_what_is_there_already_is_kept(capsys, tmp_path):
    desk = tmp_path / "desk"
    (desk / ".githooks").mkdir(parents=True)
    mine = {"README.md": "mine", ".gitignore": "key.txt\n", ".githooks/pre-commit": "#!/bin/sh\n"}
    for name, text in mine.items():
        (desk / name).write_text(text)
    ran = run_in(capsys, "init", "desk", "--yes")
    assert ran.code == 0
    for name, text in mine.items():
        assert f"kept    desk/{name}" in ran.out
        assert (desk / name).read_text() == text


def test_a_key_that_git_would_not_ignore_is_not_made(capsys, tmp_path):
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / ".gitignore").write_text("*.pyc\n")
    ran = run_in(capsys, "init", "desk", "--yes")
    assert ran.code == 1
    assert "desk/.gitignore does not ignore key.txt: add that line" in ran.err
    (desk / ".gitignore").write_bytes(b"\xff")
    assert run_in(capsys, "init", "desk", "--yes").code == 1
    assert [path.name for path in desk.iterdir()] == [".gitignore"]


def test_an_existing_key_is_used_and_others_may_read_too(capsys, tmp_path):
    mine = make_age_key(tmp_path / "mine.txt")
    server = make_age_key(tmp_path / "server.txt")
    before = mine.path.read_text()
    ran = run_in(
        *(capsys, "init", "desk", "--yes", "--key-file", mine.path),
        *("--recipient", server.recipient),
    )
    assert ran.code == 0
    assert f"uses    {mine.path} ({mine.recipient})" in ran.out
    assert "Keep a copy" not in ran.out
    assert mine.path.read_text() == before
    text = (tmp_path / "desk" / "connections.yaml").read_text()
    assert mine.recipient in text
    assert server.recipient in text
    assert not (tmp_path / "desk" / "key.txt").exists()


def test_a_key_of_another_name_in_the_folder_is_ignored_by_git(capsys, tmp_path):
    key = tmp_path / "desk" / "keys" / "own.txt"
    assert run_in(capsys, "init", "desk", "--yes", "--key-file", key).code == 0
    git(tmp_path / "desk", "add", "--all")
    assert "own.txt" not in git(tmp_path / "desk", "ls-files").stdout


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("desk", "--yes", "--recipient", "AGE-SECRET-KEY-1X"), "must be a public age key"),
        (("desk", "--yes", "--key-file", "empty.txt"), "empty.txt contains no age key"),
        (("desk", "--yes", "--key-file", "broken.txt"), "the age key cannot be used"),
        (("desk", "--yes", "--key-file", "pipe"), "pipe: not a regular file"),
        (("desk", "--yes", "--key-file", "/dev/zero"), "/dev/zero: not a regular file"),
        (("empty.txt", "--yes"), "empty.txt is not a directory"),
        (("empty.txt/desk", "--yes"), "Not a directory"),
        (("desk",), "not a terminal: pass --yes to create desk"),
        (("desk", "--yes", "--sops-binary", "/nowhere"), "there is no sops binary at"),
    ],
)
def test_what_cannot_be_done_is_told_and_leaves_nothing(capsys, tmp_path, argv, says):
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "broken.txt").write_text("AGE-SECRET-KEY-1BROKEN\n")
    os.mkfifo(tmp_path / "pipe")
    ran = run_in(capsys, "init", *argv)
    assert ran.code == 1
    assert says in ran.err
    assert "SECRET-KEY-1" not in ran.err
    assert not (tmp_path / "desk").exists()


def test_a_failure_on_the_way_leaves_nothing_behind(capsys, monkeypatch, tmp_path):
    async def fails(*_):
        raise ConfigError(ConfigReason.NOT_ENCRYPTED, "sops could not encrypt: exit code 1")

    monkeypatch.setattr(repository.sops, "encrypt", fails)
    ran = run_in(capsys, "init", "a/desk", "--yes")
    assert (ran.code, ran.err) == (1, "Error: sops could not encrypt: exit code 1\n")
    assert not (tmp_path / "a").exists()


def test_a_file_that_appears_meanwhile_is_not_overwritten(capsys, monkeypatch, tmp_path):
    real = repository.make_age_key

    def meanwhile(path):
        (path.parent / ".sops.yaml").write_text("theirs")
        return real(path)

    monkeypatch.setattr(repository, "make_age_key", meanwhile)
    ran = run_in(capsys, "init", "desk", "--yes")
    assert (ran.code, ran.err) == (1, "Error: desk: File exists\n")
    assert [path.name for path in (tmp_path / "desk").iterdir()] == [".sops.yaml"]


def test_another_repository_keeps_its_hooks(capsys, tmp_path):
    git(tmp_path, "init", "--quiet")
    ran = run_in(capsys, "init", "desk", "--yes")
    assert ran.code == 0
    assert "To install it: git config core.hooksPath .githooks" in ran.err
    assert not (tmp_path / "desk" / ".git").exists()
    for number, own in enumerate([("config", "core.hooksPath", "mine"), None]):
        other = tmp_path / f"other{number}"
        git(tmp_path, "init", "--quiet", other)
        if own:
            git(other, *own)
        else:
            (other / ".git/hooks/pre-commit").write_text("#!/bin/sh\n")
        assert "To install it" in run_in(capsys, "init", other, "--yes").err


def test_git_may_be_missing_or_unwanted(capsys, monkeypatch, tmp_path):
    assert run_in(capsys, "init", "plain", "--yes", "--no-git").code == 0
    assert not (tmp_path / "plain" / ".git").exists()
    monkeypatch.setenv("PATH", str(SOPS.parent))
    ran = run_in(capsys, "init", "desk", "--yes")
    assert ran.code == 0
    assert "later run: git init desk" in ran.err


def test_on_a_terminal_it_asks(tmp_path):
    code, shown = answered(
        *("init", "desk"),
        answers=[("private age key [desk/key.txt]: ", "own.txt\n"), ("[Y/n]: ", "y\n")],
        cwd=tmp_path,
        PATH=os.environ["PATH"],
        HOME=str(tmp_path),
    )
    assert code == 0
    assert "This creates the key own.txt, and in desk: " in shown
    assert (tmp_path / "own.txt").exists()
    assert (tmp_path / "desk" / "connections.yaml").exists()
    code, shown = answered("init", "none", answers=[(": ", "\n"), ("[Y/n]: ", "n\n")], cwd=tmp_path)
    assert code == 130
    assert not (tmp_path / "none").exists()


def test_a_key_is_made_with_age_itself_where_there_is_no_pyrage(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pyrage", None)
    path = tmp_path / "key.txt"
    recipient = age_key.make_age_key(path)
    assert age_key.recipient_of(path) == recipient
    done = subprocess.run(["age-keygen", "-y", path], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == recipient
    with pytest.raises(AgeKeyError, match="File exists"):
        age_key.make_age_key(path)
    path.write_text("AGE-SECRET-KEY-1BROKEN\n")
    with pytest.raises(AgeKeyError, match="age-keygen failed"):
        age_key.recipient_of(path)
    with pytest.raises(AgeKeyError, match="there is no such file"):
        age_key.recipient_of(tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AgeKeyError, match="needs `age-keygen`, or pyrage"):
        age_key.make_age_key(tmp_path / "other.txt")
    silent = tmp_path / "age-keygen"
    silent.write_text("#!/bin/sh\n")
    silent.chmod(0o755)
    with pytest.raises(AgeKeyError, match="printed no key"):
        age_key.make_age_key(tmp_path / "other.txt")
    path.write_text("AGE-SECRET-KEY-1BROKEN\n")
    with pytest.raises(AgeKeyError, match="cannot be used"):
        age_key.recipient_of(path)
    assert shutil.which("age-keygen") == str(silent)
