"""Changes of a real folder, made as the tools of this world make them, are seen each time.

What is seen is always of one moment: all files have the same content in every change.
"""

import asyncio
import os
import shutil
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from bf_reconciler.facts.config import ConfigError
from bf_reconciler.source import FolderSource

pytestmark = pytest.mark.slow

SECONDS = 30.0  # far under the 60 seconds of the poll, so that the watch itself is proven
NAMES = ("a.yaml", "teams/b.yaml", "teams/deep/c.yml")


def fill(root: Path, content: bytes) -> None:
    for name in NAMES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


def kubelet(root: Path, content: bytes) -> None:
    """Swap a volume as AtomicWriter does; the folders of projected paths are links, too."""
    old = root / "..data"
    before = root / old.readlink() if old.is_symlink() else None
    fresh = root / f"..2026_{sha256(content).hexdigest()[:8]}"
    fill(fresh, content)
    (root / "..data_tmp").symlink_to(fresh.name)
    (root / "..data_tmp").rename(root / "..data")
    for name in ("a.yaml", "teams"):
        if not (root / name).is_symlink():
            (root / name).symlink_to(f"..data/{name}")
    if before:
        shutil.rmtree(before)


def git_sync(root: Path, content: bytes) -> None:
    """Swap the link to a worktree; the old worktree goes at once."""
    link = root / "current"
    before = link.resolve() if link.is_symlink() else None
    fresh = root / ".worktrees" / sha256(content).hexdigest()[:40]
    fill(fresh, content)
    (root / "tmp-link").symlink_to(f".worktrees/{fresh.name}")
    (root / "tmp-link").rename(link)
    if before:
        shutil.rmtree(before)


def atomic_renames(root: Path, content: bytes) -> None:
    for name in NAMES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).with_suffix(".tmp").write_bytes(content)
        (root / name).with_suffix(".tmp").replace(root / name)


def same_second(root: Path, content: bytes) -> None:
    """Write in place and leave size and time of change as they were."""
    fill(root, content)
    for name in NAMES:
        os.utime(root / name, (1_700_000_000, 1_700_000_000))


def folder_anew(root: Path, content: bytes) -> None:
    shutil.rmtree(root)
    root.mkdir()
    fill(root, content)


def deleted_and_back(root: Path, content: bytes) -> None:
    for name in NAMES:
        (root / name).unlink(missing_ok=True)
    fill(root, content)


class Follower:
    """Watches a folder and reads it when woken, as the daemon does."""

    def __init__(self, source: FolderSource) -> None:
        self.source = source
        self.woken = asyncio.Event()
        self.mixed = 0

    async def sees(self, wanted: dict[str, bytes]) -> None:
        """Wait until a wake shows these files; {} is none."""
        async with asyncio.timeout(SECONDS):
            while True:
                await self.woken.wait()
                self.woken.clear()
                try:
                    snapshot = await asyncio.to_thread(self.source.read_folder)
                except ConfigError:
                    found = {}
                else:
                    found = {name: content.data for name, content in snapshot.files.items()}
                    self.mixed += len(set(found.values())) > 1
                if found == wanted:
                    return


@asynccontextmanager
async def following(source: FolderSource):
    follower, stop = Follower(source), asyncio.Event()
    task = asyncio.create_task(source.watch(follower.woken.set, stop))
    try:
        yield follower
    finally:
        stop.set()
        async with asyncio.timeout(SECONDS):
            await task


def watched(path: Path) -> FolderSource:
    return FolderSource(path, poll_seconds=60, quiet_seconds=0.1)


def polled(path: Path) -> FolderSource:
    return FolderSource(path, poll_seconds=0.2, quiet_seconds=0.1, watching=False)


@pytest.mark.parametrize(("make", "mode"), [(watched, "watch"), (polled, "poll")])
@pytest.mark.parametrize(
    "change",
    [kubelet, git_sync, atomic_renames, fill, same_second, folder_anew, deleted_and_back],
)
async def test_three_changes_in_a_row_are_seen_each(tmp_path, change, make, mode):
    root = tmp_path / "volume"
    root.mkdir()
    change(root, b"version: 0\n")
    place = root / "current" if change is git_sync else root
    async with following(make(place)) as follower:
        await follower.sees(dict.fromkeys(NAMES, b"version: 0\n"))
        for number in (1, 2, 3):
            content = b"version: %d\n" % number
            change(root, content)
            await follower.sees(dict.fromkeys(NAMES, content))
        assert follower.source.mode == mode
        assert change not in {kubelet, git_sync} or follower.mixed == 0


@pytest.mark.parametrize("make", [watched, polled])
async def test_files_and_folders_that_come_and_go_are_seen(tmp_path, make):
    (tmp_path / "a.yaml").write_bytes(b"1")
    async with following(make(tmp_path)) as follower:
        await follower.sees({"a.yaml": b"1"})
        (tmp_path / "new" / "deep").mkdir(parents=True)
        (tmp_path / "new" / "deep" / "b.yaml").write_bytes(b"1")
        await follower.sees({"a.yaml": b"1", "new/deep/b.yaml": b"1"})
        (tmp_path / "new" / "deep" / "b.yaml").write_bytes(b"2")
        await follower.sees({"a.yaml": b"1", "new/deep/b.yaml": b"2"})
        shutil.rmtree(tmp_path / "new")
        await follower.sees({"a.yaml": b"1"})
        (tmp_path / "a.yaml").unlink()
        await follower.sees({})
        (tmp_path / "a.yaml").write_bytes(b"1")
        await follower.sees({"a.yaml": b"1"})


@pytest.mark.parametrize("make", [watched, polled])
async def test_a_folder_that_is_not_there_yet_is_waited_for(tmp_path, make):
    place = tmp_path / "later" / "keys"
    async with following(make(place)) as follower:
        await follower.sees({})
        fill(place, b"1")
        await follower.sees(dict.fromkeys(NAMES, b"1"))
