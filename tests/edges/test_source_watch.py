"""Changes of real files, made as the tools of this world make them, are seen each time."""

import asyncio
import os
import resource
import shutil
import subprocess
from collections.abc import Callable
from contextlib import asynccontextmanager, contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from watchfiles._rust_notify import WatchfilesRustInternalError

from bf_reconciler.facts.config import ConfigError
from bf_reconciler.source import Source
from bf_reconciler.source.watched_path import QUIET_SECONDS

pytestmark = pytest.mark.slow

SECONDS = 30.0  # far under the 60 seconds of the poll, so that the watch itself is proven
Change = Callable[[Path, bytes], None]


def kubelet(root: Path, content: bytes) -> None:
    """Swap a volume as AtomicWriter does: new directory, ``..data`` renamed over, old one gone."""
    old = root / "..data"
    before = root / old.readlink() if old.is_symlink() else None
    fresh = root / f"..2026_{sha256(content).hexdigest()[:8]}"
    fresh.mkdir(parents=True)
    (fresh / "file.yaml").write_bytes(content)
    (root / "..data_tmp").symlink_to(fresh.name)
    (root / "..data_tmp").rename(root / "..data")
    if not (root / "file.yaml").is_symlink():
        (root / "file.yaml").symlink_to("..data/file.yaml")
    if before:
        shutil.rmtree(before)


def git_sync(root: Path, content: bytes) -> None:
    """Swap the link to a worktree; the old worktree goes at once."""
    link = root / "current"
    before = link.resolve() if link.is_symlink() else None
    fresh = root / ".worktrees" / sha256(content).hexdigest()[:40]
    fresh.mkdir(parents=True)
    (fresh / "file.yaml").write_bytes(content)
    (root / "tmp-link").symlink_to(f".worktrees/{fresh.name}")
    (root / "tmp-link").rename(link)
    if before:
        shutil.rmtree(before)


def atomic_rename(root: Path, content: bytes) -> None:
    (root / ".file.tmp").write_bytes(content)
    (root / ".file.tmp").replace(root / "file.yaml")


def vim(root: Path, content: bytes) -> None:
    """Rename the old file away, write the new one, remove the old."""
    path, backup = root / "file.yaml", root / "file.yaml~"
    if path.exists():
        path.rename(backup)
    path.write_bytes(content)
    backup.unlink(missing_ok=True)


def in_place(root: Path, content: bytes) -> None:
    (root / "file.yaml").write_bytes(content)


def same_second(root: Path, content: bytes) -> None:
    """Write in place and leave size and time of change as they were."""
    (root / "file.yaml").write_bytes(content)
    os.utime(root / "file.yaml", (1_700_000_000, 1_700_000_000))


def directory_anew(root: Path, content: bytes) -> None:
    if root.exists():
        shutil.rmtree(root)
    root.mkdir()
    (root / "file.yaml").write_bytes(content)


def deleted_and_back(root: Path, content: bytes) -> None:
    (root / "file.yaml").unlink(missing_ok=True)
    (root / "file.yaml").write_bytes(content)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110  what is waited for is no event of its own
            await asyncio.sleep(0.01)


class Follower:
    """Watches a source and looks at it when woken, as the daemon does."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.wakes = 0
        self.woken = asyncio.Event()

    def wake(self) -> None:
        self.wakes += 1
        self.woken.set()

    async def sees(self, content: bytes | None) -> None:
        """Wait until a wake shows this content, or, for None, that there is none."""
        async with asyncio.timeout(SECONDS):
            while True:
                await self.woken.wait()
                self.woken.clear()
                try:
                    data = (await asyncio.to_thread(self.source.read)).data
                except ConfigError:
                    data = None
                if data == content:
                    return

    async def has_mode(self, mode: str) -> None:
        await until(lambda: self.source.mode == mode)


@asynccontextmanager
async def following(source: Source):
    follower, stop = Follower(source), asyncio.Event()
    task = asyncio.create_task(source.watch(follower.wake, stop))
    try:
        yield follower
    finally:
        stop.set()
        async with asyncio.timeout(SECONDS):
            await task


def watched(path: Path) -> Source:
    return Source(path, poll_seconds=60, quiet_seconds=0.05)


def polled(path: Path) -> Source:
    return Source(path, poll_seconds=0.2, quiet_seconds=0.05, watching=False)


@pytest.mark.parametrize(("make", "mode"), [(watched, "watch"), (polled, "poll")])
@pytest.mark.parametrize(
    "change",
    [
        kubelet,
        git_sync,
        atomic_rename,
        vim,
        in_place,
        same_second,
        directory_anew,
        deleted_and_back,
    ],
)
async def test_three_changes_in_a_row_are_seen_each(tmp_path, change, make, mode):
    root = tmp_path / "volume"
    root.mkdir()
    change(root, b"version: 0\n")
    place = root / "current" if change is git_sync else root
    async with following(make(place / "file.yaml")) as follower:
        await follower.sees(b"version: 0\n")
        for number in (1, 2, 3):
            content = b"version: %d\n" % number
            change(root, content)
            await follower.sees(content)
        assert follower.source.mode == mode


@pytest.mark.parametrize("make", [watched, polled])
async def test_a_file_that_goes_and_comes_back_is_told_both_times(tmp_path, make):
    path = tmp_path / "volume" / "file.yaml"
    path.parent.mkdir()
    path.write_bytes(b"one")
    async with following(make(path)) as follower:
        await follower.sees(b"one")
        for _ in range(3):
            path.unlink()
            await follower.sees(None)
            path.write_bytes(b"one")
            await follower.sees(b"one")


@pytest.mark.parametrize("make", [watched, polled])
async def test_directories_that_are_not_there_yet_are_waited_for(tmp_path, make):
    path = tmp_path / "later" / "still" / "file.yaml"
    async with following(make(path)) as follower:
        await follower.sees(None)
        for content in (b"one", b"two", b"three"):
            path.parent.mkdir(parents=True)
            path.write_bytes(content)
            await follower.sees(content)
            shutil.rmtree(tmp_path / "later")
            await follower.sees(None)


async def test_a_link_anywhere_on_the_way_may_be_turned(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "file.yaml").write_text(name)
    links = tmp_path / "links"
    links.mkdir()
    (links / "outer").symlink_to("../inner")
    (tmp_path / "inner").symlink_to(tmp_path / "a")
    async with following(watched(links / "outer" / "deep" / "file.yaml")) as follower:
        await follower.sees(b"a")
        for name in ("b", "c", "a"):
            (tmp_path / "new").symlink_to(tmp_path / name)
            (tmp_path / "new").rename(tmp_path / "inner")
            await follower.sees(name.encode())


async def test_a_directory_swapped_by_renaming_is_seen(tmp_path):
    root = tmp_path / "volume"
    root.mkdir()
    (root / "file.yaml").write_bytes(b"0")
    async with following(watched(root / "file.yaml")) as follower:
        await follower.sees(b"0")
        for content in (b"1", b"2", b"3"):
            fresh = tmp_path / "fresh"
            fresh.mkdir()
            (fresh / "file.yaml").write_bytes(content)
            root.rename(tmp_path / f"old-{content.decode()}")
            fresh.rename(root)
            await follower.sees(content)


async def test_a_directory_that_goes_before_it_is_watched_is_no_end(tmp_path, monkeypatch):
    path = tmp_path / "file.yaml"
    path.write_bytes(b"one")
    answers = [[str(tmp_path / "gone")], [str(tmp_path)]]
    monkeypatch.setattr(
        "bf_reconciler.source.watched_path.watchable",
        lambda _: answers.pop(0) if answers[1:] else answers[0],
    )
    async with following(watched(path)) as follower:
        await follower.sees(b"one")
        assert follower.source.mode == "watch"


async def test_a_watch_that_breaks_while_it_waits_gives_way_to_polling(tmp_path, monkeypatch):
    class Broken:
        def __init__(self, *_):
            pass

        def watch(self, *_):
            raise WatchfilesRustInternalError

        def close(self):
            pass

    monkeypatch.setattr("bf_reconciler.source.watch.RustNotify", Broken)
    path = tmp_path / "file.yaml"
    path.write_bytes(b"one")
    async with following(watched(path)) as follower:
        await follower.sees(b"one")
        await follower.has_mode("poll")
        path.write_bytes(b"two")
        await follower.sees(b"two")


class Counting(Source):
    """Counts its looks, so that a look without a wake can be told from no look at all."""

    looks = 0

    def _look(self):
        content = super()._look()
        self.looks += 1
        return content


async def test_a_commit_that_changes_other_files_moves_the_revision_on(tmp_path):
    def git(*words: str) -> None:
        names = ("-c", "user.name=t", "-c", "user.email=t@example.test")
        environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        argv = ["git", "-C", tmp_path, *names, *words]
        subprocess.run(argv, env=environ, check=True, capture_output=True, timeout=60)

    path = tmp_path / "file.yaml"
    path.write_bytes(b"version: 1\n")
    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    source = Source(path, poll_seconds=0.05, quiet_seconds=0.0)
    before = source.read().revision
    async with following(source) as follower:
        git("commit", "-q", "--allow-empty", "-m", "two")
        await until(lambda: follower.wakes > 0)
        assert source.read().revision != before
        assert not source.read().revision.endswith("-dirty")


async def test_the_same_content_written_again_wakes_nobody(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_bytes(b"one")
    source = Counting(path, poll_seconds=60, quiet_seconds=QUIET_SECONDS)
    async with following(source) as follower:
        await follower.sees(b"one")
        for write in (in_place, atomic_rename, vim):
            before = source.looks
            write(tmp_path, b"one")
            await until(lambda before=before: source.looks > before)
        in_place(tmp_path, b"two")
        await follower.sees(b"two")
    # vim leaves the path empty for a moment, which may be told, too
    assert follower.wakes in {2, 4}


async def test_reading_a_file_is_no_change_of_it(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_bytes(b"one")
    source = Counting(path, poll_seconds=60, quiet_seconds=0.0)
    async with following(source) as follower:
        await follower.sees(b"one")
        for _ in range(20):
            await asyncio.to_thread(source.read)
        in_place(tmp_path, b"two")
        await follower.sees(b"two")
    assert source.looks < 20 + 12  # the reads, and a few looks: it does not chase itself


async def test_what_was_read_before_the_watch_is_not_told_again(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_bytes(b"one")
    source = Source(path, poll_seconds=60, quiet_seconds=QUIET_SECONDS)
    await asyncio.to_thread(source.read)
    async with following(source) as follower:
        await follower.has_mode("watch")
        path.write_bytes(b"two")
        await follower.sees(b"two")
    assert follower.wakes == 1


async def test_a_change_between_the_read_and_the_watch_is_told(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_bytes(b"one")
    source = watched(path)
    await asyncio.to_thread(source.read)
    path.write_bytes(b"two")
    async with following(source) as follower:
        await follower.sees(b"two")


async def test_a_cancelled_watch_leaves_nothing_behind(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_bytes(b"one")
    source = watched(path)
    follower = Follower(source)
    task = asyncio.create_task(source.watch(follower.wake, asyncio.Event()))
    await follower.sees(b"one")
    task.cancel()
    async with asyncio.timeout(SECONDS):
        with pytest.raises(asyncio.CancelledError):
            await task


@contextmanager
def no_descriptors_left():
    """Let this process have no new descriptor; inotify then fails as when it is exhausted."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


async def test_without_inotify_it_polls_and_says_so(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_bytes(b"version: 0\n")
    source = Source(path, poll_seconds=60, quiet_seconds=0.05, rearm_seconds=3600)
    follower, stop = Follower(source), asyncio.Event()
    with no_descriptors_left():
        task = asyncio.create_task(source.watch(follower.wake, stop))
        await follower.sees(None)
    for number in (1, 2, 3):
        content = b"version: %d\n" % number
        path.write_bytes(content)
        await follower.sees(content)
        assert source.mode == "poll"
    stop.set()
    async with asyncio.timeout(SECONDS):
        await task


async def test_it_watches_again_as_soon_as_it_can(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_bytes(b"version: 0\n")
    source = Source(path, poll_seconds=60, quiet_seconds=0.05, rearm_seconds=0.1)
    follower, stop = Follower(source), asyncio.Event()
    with no_descriptors_left():
        task = asyncio.create_task(source.watch(follower.wake, stop))
        await follower.sees(None)
        assert source.mode == "poll"
    await follower.has_mode("watch")
    path.write_bytes(b"version: 1\n")
    await follower.sees(b"version: 1\n")
    stop.set()
    async with asyncio.timeout(SECONDS):
        await task
