"""A snapshot of the committed file is whole, is a regular file, and knows its commit."""

import hashlib
import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from bf_reconciler.facts.config import ConfigError, ConfigReason
from bf_reconciler.source import MAX_BYTES, Source, pinned
from bf_reconciler.source.links import follow
from bf_reconciler.source.revision import blob, revision

pytestmark = pytest.mark.slow


def refused(path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        Source(path, quiet_seconds=0.05).read()
    return caught.value


def test_a_snapshot_is_the_bytes_and_their_digest(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_bytes(b"version: 1\n")
    snapshot = Source(path).read()
    assert snapshot.data == b"version: 1\n"
    assert snapshot.digest == "sha256:" + hashlib.sha256(b"version: 1\n").hexdigest()
    assert snapshot.path == str(path)
    assert b"version" not in repr(snapshot).encode()


def test_a_file_at_rest_is_read_at_once(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_bytes(b"version: 1\n")
    time.sleep(0.05)  # not to synchronise: the file must have an age
    assert Source(path, quiet_seconds=0.01).read().data == b"version: 1\n"


def test_a_clock_behind_the_files_does_no_harm(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_bytes(b"version: 1\n")
    future = time.time() + 3600
    os.utime(path, (future, future))
    assert Source(path, quiet_seconds=0.05).read().data == b"version: 1\n"


def test_a_file_that_is_not_there_is_told(tmp_path):
    error = refused(tmp_path / "file.yaml")
    assert error.reason is ConfigReason.FILE_NOT_FOUND
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_a_file_under_a_file_is_not_there(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    assert refused(tmp_path / "file" / "x").reason is ConfigReason.FILE_NOT_FOUND


def test_a_dangling_link_is_no_file(tmp_path):
    (tmp_path / "file.yaml").symlink_to("nowhere")
    assert refused(tmp_path / "file.yaml").reason is ConfigReason.FILE_NOT_FOUND


def test_links_that_loop_are_refused(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert refused(tmp_path / "a").reason is ConfigReason.FILE_UNREADABLE
    assert len(follow(str(tmp_path / "a")).targets) < 50


def test_a_directory_is_refused(tmp_path):
    assert refused(tmp_path).reason is ConfigReason.FILE_UNREADABLE


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe").reason is ConfigReason.FILE_UNREADABLE


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_a_device_is_refused(device):
    assert refused(device).reason is ConfigReason.FILE_UNREADABLE


@pytest.fixture
def public():
    """Yield a directory that everybody may enter; pytest's own are private."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_file_that_may_not_be_read_is_refused(public):
    path = public / "file.yaml"
    path.write_bytes(b"x")
    path.chmod(0)
    # root may read anything, so the question is put by a process that is nobody
    program = (
        "import os, sys\n"
        "from bf_reconciler.source import Source\n"
        "from bf_reconciler.facts.config import ConfigError\n"
        "os.geteuid() or os.setuid(65534)\n"
        "try: Source(sys.argv[1]).read()\n"
        "except ConfigError as error: print(error.reason, error.message)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, path],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == f"FileUnreadable {path}: the file cannot be read (EACCES)\n"


def test_a_file_of_ten_megabytes_is_refused_and_one_at_the_limit_is_not(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_bytes(b"x" * 10_000_000)
    assert refused(path).reason is ConfigReason.FILE_TOO_LARGE
    path.write_bytes(b"x" * MAX_BYTES)
    assert len(Source(path, quiet_seconds=0.05).read().data) == MAX_BYTES


def resting(monkeypatch, write) -> None:
    """Whenever the reader rests, somebody writes; every change is a young one."""

    def rest_while_another_writes(seconds: float) -> None:
        time.sleep(seconds)
        write()

    clock_of_the_reader(monkeypatch, rest_while_another_writes, lambda: 0.0)


def clock_of_the_reader(monkeypatch, sleep, now=time.time):
    """Its own alone: who starts git sleeps by the same module."""
    clock = SimpleNamespace(sleep=sleep, time=now, monotonic=time.monotonic)
    monkeypatch.setattr(pinned, "time", clock)


def test_a_file_written_in_two_halves_is_never_seen_torn(tmp_path, monkeypatch):
    path = tmp_path / "file.yaml"
    halves = [b"second half\n"]
    path.write_bytes(b"first half, ")

    def write() -> None:
        with path.open("ab") as file:
            file.writelines(halves)
        halves.clear()

    resting(monkeypatch, write)
    assert Source(path).read().data == b"first half, second half\n"


def test_a_file_that_never_rests_is_taken_as_it_is(tmp_path, monkeypatch):
    path, numbers = tmp_path / "file.yaml", itertools.count()
    path.write_bytes(b"-1")
    resting(monkeypatch, lambda: path.write_bytes(b"%d" % next(numbers)))
    assert int(Source(path).read().data) > 0  # what was there after it had waited


def test_a_file_that_is_renamed_into_place_is_taken_at_once(tmp_path, monkeypatch):
    path, beside = tmp_path / "file.yaml", tmp_path / "beside"
    clock_of_the_reader(monkeypatch, lambda _: pytest.fail("it waits"))
    for content in (b"one", b"two"):
        beside.write_bytes(content)
        written = beside.stat().st_mtime_ns
        while beside.stat().st_ctime_ns == written:  # the clock of the file system has moved on
            beside.chmod(0o600)
        beside.rename(path)
        assert Source(path).read().data == content


def test_swaps_under_the_reader_never_mix_two_generations(tmp_path):
    """The file and the directory that it is read from are of one generation, always."""
    link, stop = tmp_path / "current", threading.Event()

    def swap() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            fresh = tmp_path / f"generation-{number}"
            fresh.mkdir()
            (fresh / "file.yaml").write_bytes(b"%d\n" % number * 1000)
            (tmp_path / "new").symlink_to(fresh.name)
            (tmp_path / "new").rename(link)

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        source, read = Source(link / "file.yaml", quiet_seconds=0.0), 0
        while read < 200:
            with suppress(ConfigError):  # between two generations there may be none
                assert len(set(source.read().data.splitlines())) == 1
                read += 1
    finally:
        stop.set()
        swapper.join()


def test_a_file_that_grows_while_it_is_read_is_read_again(tmp_path, monkeypatch):
    path = tmp_path / "file.yaml"
    path.write_bytes(b"half, ")
    regular, calls = pinned.require_regular, []

    def grow(*arguments) -> None:
        regular(*arguments)
        calls.append(1)
        if len(calls) == 2:  # the file is open and its size is known
            with path.open("ab") as file:
                file.write(b"whole\n")

    monkeypatch.setattr(pinned, "require_regular", grow)
    assert Source(path, quiet_seconds=0.0).read().data == b"half, whole\n"
    assert len(calls) == 4


def test_a_path_that_keeps_leading_elsewhere_is_given_up(tmp_path, monkeypatch):
    def elsewhere(_):
        raise pinned.Moved

    monkeypatch.setattr(pinned, "pinned", elsewhere)
    error = refused(tmp_path / "file.yaml")
    assert (error.reason, error.transient) == (ConfigReason.FILE_CHANGING, True)


def test_a_relative_path_stays_where_it_was_first_meant(tmp_path, monkeypatch):
    (tmp_path / "file.yaml").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    source = Source("file.yaml", quiet_seconds=0.0)
    monkeypatch.chdir("/")
    assert (source.read().data, source.path) == (b"x", "file.yaml")


# Revision


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    root = tmp_path / "repository"
    root.mkdir()

    def git(*arguments: str) -> str:
        names = ["-c", "user.name=t", "-c", "user.email=t@example.test"]
        done = subprocess.run(
            ["git", "-C", root, *names, *arguments],
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout.strip()

    git("init", "-q")
    (root / "deep").mkdir()
    (root / "deep" / "file.yaml").write_bytes(b"version: 1\n")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    return root, git


def read_revision(path) -> str:
    return Source(path, quiet_seconds=0.05).read().revision


def test_the_revision_is_the_commit_that_holds_the_file(repository):
    root, git = repository
    assert read_revision(root / "deep" / "file.yaml") == git("rev-parse", "HEAD")


def test_a_file_that_is_not_as_committed_is_dirty(repository):
    root, git = repository
    head = git("rev-parse", "HEAD")
    (root / "deep" / "file.yaml").write_bytes(b"version: 2\n")
    assert read_revision(root / "deep" / "file.yaml") == f"{head}-dirty"
    (root / "other.yaml").write_bytes(b"version: 1\n")
    assert read_revision(root / "other.yaml") == f"{head}-dirty"


IDENT = b"# $Id$\nversion: 1\n"
CHECKOUTS = {
    "crlf by eol": ("*.yaml text eol=crlf", (), b"a: 1\n", b"a: 1\r\n"),
    "crlf by eol alone": ("*.yaml eol=crlf", (), b"a: 1\n", b"a: 1\r\n"),
    "crlf where text is set": ("*.yaml text", (), b"a: 1\n", b"a: 1\r\n"),
    "crlf where text is found": ("* text=auto", (), b"a: 1\n", b"a: 1\r\n"),
    "crlf by the old name": ("*.yaml crlf", (), b"a: 1\n", b"a: 1\r\n"),
    "crlf that nobody takes away": ("", (), b"a: 1\n", b"a: 1\r\n"),
    "crlf that must stay": ("*.yaml -text", (("core.autocrlf", "true"),), b"a: 1\n", b"a: 1\r\n"),
    "autocrlf": ("", (("core.autocrlf", "true"),), b"a: 1\n", b"a: 1\r\n"),
    "autocrlf input": ("", (("core.autocrlf", "input"),), b"a: 1\n", b"a: 1\r\n"),
    "autocrlf false": ("", (("core.autocrlf", "false"),), b"a: 1\n", b"a: 1\r\n"),
    "ident": ("*.yaml ident", (), IDENT, IDENT.replace(b"$Id$", b"$Id: 1a2b $")),
    "ident that is not set": ("", (), IDENT, IDENT.replace(b"$Id$", b"$Id: 1a2b $")),
    "ident and crlf": (
        "*.yaml text ident",
        (),
        IDENT,
        IDENT.replace(b"$Id$", b"$Id: 1a2b $").replace(b"\n", b"\r\n"),
    ),
    "another value, too": ("*.yaml text ident", (), b"a: 1\n", b"a: 2\r\n"),
}


@pytest.mark.parametrize("scope", ["--local", "--global"])
@pytest.mark.parametrize("name", CHECKOUTS)
def test_dirty_is_what_git_itself_calls_changed(repository, name, scope):
    root, git = repository
    attributes, settings, stored, checked_out = CHECKOUTS[name]
    file = root / "deep" / "file.yaml"
    file.write_bytes(stored)
    git("add", "-A")
    git("commit", "-q", "-m", "two")
    (root / ".gitattributes").write_text(attributes + "\n")
    git("add", ".gitattributes")
    git("commit", "-q", "-m", "three")
    for setting in settings:
        git("config", scope, *setting)
    file.write_bytes(checked_out)
    found = read_revision(file)
    git("-c", "core.safecrlf=false", "add", "deep/file.yaml")
    changed = git("diff", "--cached", "--name-only") != ""
    assert found == git("rev-parse", "HEAD") + ("-dirty" if changed else "")


def test_no_filter_of_a_repository_is_run(repository, tmp_path):
    root, git = repository
    (root / ".gitattributes").write_text("*.yaml text filter=evil\n")
    git("config", "filter.evil.clean", f"touch {tmp_path}/ran; cat")
    (root / "deep" / "file.yaml").write_bytes(b"version: 1\r\n")
    assert read_revision(root / "deep" / "file.yaml") == git("rev-parse", "HEAD")
    assert not (tmp_path / "ran").exists()


def test_the_commit_that_changed_the_file_is_told_whatever_came_later(repository):
    root, git = repository
    file = root / "deep" / "file.yaml"
    changed = git("rev-parse", "HEAD")
    (root / "other.yaml").write_bytes(b"x: 1\n")
    git("add", "-A")
    git("commit", "-q", "-m", "two")
    assert Source(file).last_change(file.read_bytes()) == f"commit {changed[:12]}"
    assert Source(file).last_change(b"version: 2\n") == "not committed"
    outside = root.parent / "file.yaml"
    outside.write_bytes(b"version: 1\n")
    assert Source(outside).last_change(b"version: 1\n") == ""


def test_a_variable_of_the_surroundings_leads_git_nowhere_else(repository, monkeypatch):
    root, git = repository
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(root))
    assert read_revision(root / "deep" / "file.yaml") == git("rev-parse", "HEAD")


def test_a_repository_of_another_owner_is_asked_all_the_same(repository):
    root, git = repository
    head = git("rev-parse", "HEAD")
    if os.geteuid() == 0:
        os.chown(root, 65534, 65534)
        os.chown(root / ".git", 65534, 65534)
    assert read_revision(root / "deep" / "file.yaml") == head


def test_a_repository_without_a_commit_and_none_at_all_have_no_revision(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_bytes(b"version: 1\n")
    assert read_revision(path) == ""
    subprocess.run(["git", "init", "-q", tmp_path], check=True, capture_output=True, timeout=60)
    assert read_revision(path) == ""


def test_without_git_there_is_no_revision(repository, monkeypatch, tmp_path):
    root, _ = repository
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_revision(root / "deep" / "file.yaml") == ""


def test_a_git_that_cannot_be_run_gives_no_revision(repository, monkeypatch, tmp_path):
    root, _ = repository
    (tmp_path / "git").write_bytes(b"\x7fELF garbage")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_revision(root / "deep" / "file.yaml") == ""


def test_a_sha256_repository_is_understood():
    data = b"version: 1\n"
    named = b"blob 11\0" + data
    assert blob(data, "a" * 64) == hashlib.sha256(named).hexdigest()
    assert blob(data, "a" * 40) == hashlib.sha1(named, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("name", ["{}", "rev-{}"])
def test_the_link_target_of_git_sync_is_the_revision(tmp_path, name):
    commit = "0123456789abcdef0123456789abcdef01234567"
    worktree = tmp_path / "root" / ".worktrees" / name.format(commit)
    (worktree / "deep").mkdir(parents=True)
    (worktree / "deep" / "file.yaml").write_bytes(b"version: 1\n")
    (tmp_path / "root" / "current").symlink_to(f".worktrees/{worktree.name}")
    (tmp_path / "link.yaml").symlink_to("root/current/deep/file.yaml")
    assert read_revision(tmp_path / "root" / "current" / "deep" / "file.yaml") == commit
    assert read_revision(tmp_path / "link.yaml") == commit


def test_a_directory_that_only_looks_like_a_commit_is_none(tmp_path):
    path = tmp_path / ("a" * 40) / "file.yaml"
    path.parent.mkdir()
    path.write_bytes(b"version: 1\n")
    assert read_revision(path) == ""
    assert revision(["x/" + "a" * 41], str(path), b"") == ""


def test_the_way_to_a_file_holds_every_link(tmp_path):
    real = tmp_path / "real"
    (real / "deep").mkdir(parents=True)
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "two").symlink_to("../real/./deep")
    (real / "deep" / "file.yaml").symlink_to(tmp_path / "target.yaml")
    way = follow(str(tmp_path / "one" / "two" / "file.yaml"))
    assert way.targets == ("../real/./deep", str(tmp_path / "target.yaml"))
    expected = {tmp_path / "one" / "two", tmp_path / "one", real / "deep", tmp_path}
    assert set(way.directories) == {str(place) for place in expected}
