"""A snapshot of a folder: which files count, all of one moment, and each fault by itself."""

import os
import subprocess
from pathlib import Path

import pytest

from bf_reconciler.facts.config import ConfigError, ConfigReason
from bf_reconciler.source import FolderSource, folder_content, tree
from bf_reconciler.source.pinned import Moved

pytestmark = pytest.mark.slow


def a_source(root, **options):
    return FolderSource(root, quiet_seconds=0.02, **options)


def written(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def names(source) -> list[str]:
    return list(source.read_folder().files)


def refused(source) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        source.read_folder()
    return caught.value


def test_every_yaml_file_below_counts_in_order(tmp_path):
    written(tmp_path, "b.yaml", "a.yml", "teams/x/keys.yaml", "README.md", "c.json")
    written(tmp_path, ".sops.yaml", ".git/x.yaml", "kustomization.yaml", "teams/kustomization.yml")
    snapshot = a_source(tmp_path).read_folder()
    assert list(snapshot.files) == ["a.yml", "b.yaml", "teams/x/keys.yaml"]
    assert snapshot.files["b.yaml"].data == b"b.yaml"
    assert snapshot.refused == {}
    assert snapshot.path == str(tmp_path)
    assert "files" not in repr(snapshot)


def test_the_digest_is_over_names_and_contents(tmp_path):
    written(tmp_path, "a.yaml")
    first = a_source(tmp_path).read_folder().digest
    assert a_source(tmp_path).read_folder().digest == first
    (tmp_path / "a.yaml").rename(tmp_path / "b.yaml")
    assert a_source(tmp_path).read_folder().digest != first


def test_links_are_followed_within_the_folder_and_each_file_counts_once(tmp_path):
    root = tmp_path / "root"
    written(root, "..data/a.yaml", "..data/team/b.yaml", "real.yaml", "plain/c.yaml")
    (root / "a.yaml").symlink_to("..data/a.yaml")
    (root / "team").symlink_to("..data/team")
    (root / "again.yaml").symlink_to("real.yaml")
    (root / "twice").symlink_to("plain")
    (root / "loop").symlink_to(".")
    assert sorted(names(a_source(root))) == ["a.yaml", "plain/c.yaml", "real.yaml", "team/b.yaml"]


def test_a_link_that_leads_out_or_nowhere_is_a_fault_of_its_own(tmp_path):
    root = tmp_path / "root"
    written(root, "a.yaml")
    written(tmp_path, "outside.yaml", "other/x.yaml")
    (root / "out.yaml").symlink_to("../outside.yaml")
    (root / "other").symlink_to("../other")
    (root / "gone.yaml").symlink_to("nowhere.yaml")
    (root / "note.txt").symlink_to("nowhere.txt")
    (root / "folder.yaml").mkdir()
    os.mkfifo(root / "pipe.yaml")
    snapshot = a_source(root).read_folder()
    assert list(snapshot.files) == ["a.yaml"]
    assert {name: error.reason for name, error in snapshot.refused.items()} == {
        "out.yaml": ConfigReason.FILE_UNREADABLE,
        "gone.yaml": ConfigReason.FILE_NOT_FOUND,
        "pipe.yaml": ConfigReason.FILE_UNREADABLE,
    }
    assert snapshot.refused["pipe.yaml"].message == "pipe.yaml: not a regular file"


def test_a_file_that_may_not_be_read_is_a_fault_of_its_own(tmp_path, monkeypatch):
    written(tmp_path, "a.yaml", "b.yaml")
    real = folder_content.pinned

    def denied(path):
        if path.endswith("b.yaml"):
            raise PermissionError(13, "no")
        return real(path)

    monkeypatch.setattr(folder_content, "pinned", denied)
    snapshot = a_source(tmp_path).read_folder()
    assert (list(snapshot.files), list(snapshot.refused)) == (["a.yaml"], ["b.yaml"])
    assert "EACCES" in snapshot.refused["b.yaml"].message


def test_a_folder_that_may_not_be_read_stands_for_what_is_below_it(tmp_path, monkeypatch):
    written(tmp_path, "a.yaml", "teams/b.yaml")
    real = os.scandir

    def denied(path):
        if str(path).endswith("teams"):
            raise PermissionError(13, "no")
        return real(path)

    monkeypatch.setattr(tree.os, "scandir", denied)
    assert list(a_source(tmp_path).read_folder().refused) == ["teams/"]
    monkeypatch.setattr(tree.os, "scandir", lambda _: denied("teams"))
    assert refused(a_source(tmp_path)).reason is ConfigReason.FILE_UNREADABLE


def test_a_name_that_cannot_be_shown_is_refused(tmp_path):
    written(tmp_path, "a.yaml", "b\n.yaml")
    assert list(a_source(tmp_path).read_folder().refused) == ["b\\n.yaml"]


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("nowhere", ConfigReason.FILE_NOT_FOUND),
        ("empty", ConfigReason.FILE_NOT_FOUND),
        ("a.yaml", ConfigReason.FILE_NOT_FOUND),
    ],
)
def test_a_folder_without_documents_is_told(tmp_path, monkeypatch, place, reason):
    monkeypatch.setattr(folder_content, "LONGEST_SECONDS", 0.05)
    (tmp_path / "empty").mkdir()
    written(tmp_path, "a.yaml")
    assert refused(a_source(tmp_path / place)).reason is reason


def test_too_many_files_folders_or_bytes_are_refused(tmp_path, monkeypatch):
    written(tmp_path, "a.yaml", "b/c.yaml")
    for module, limit, value in (
        (tree, "MAX_FILES", 1),
        (tree, "MAX_FOLDERS", 1),
        (folder_content, "MAX_BYTES", 3),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, limit, value)
            assert refused(a_source(tmp_path)).reason is ConfigReason.FILE_TOO_LARGE
    assert len(names(a_source(tmp_path))) == 2


def test_one_file_that_is_too_large_is_a_fault_of_its_own(tmp_path):
    written(tmp_path, "a.yaml")
    (tmp_path / "b.yaml").write_bytes(b"x" * (5 * 1024 * 1024 + 1))
    snapshot = a_source(tmp_path).read_folder()
    assert snapshot.refused["b.yaml"].message == "b.yaml: the file is larger than 5 MiB"


def test_a_file_is_read_again_only_when_its_mark_is_another_one(tmp_path, monkeypatch):
    written(tmp_path, "a.yaml", "b.yaml")
    monkeypatch.setattr(folder_content, "YOUNG_SECONDS", -60.0)
    read = []
    real = folder_content.pinned
    monkeypatch.setattr(folder_content, "pinned", lambda path: read.append(path) or real(path))
    source = a_source(tmp_path)
    source.read_folder()
    source.read_folder()
    assert len(read) == 2
    (tmp_path / "b.yaml").write_bytes(b"other")
    assert source.read_folder().files["b.yaml"].data == b"other"
    assert len(read) == 3
    monkeypatch.setattr(folder_content, "WHOLE_SECONDS", 0.0)
    source._reader._whole_due = 0.0  # noqa: SLF001 # that much time has passed
    source.read_folder()
    assert len(read) == 5


def test_a_folder_that_changes_while_it_is_read_is_read_again(tmp_path, monkeypatch):
    written(tmp_path, "a.yaml", "b.yaml")
    real, done = folder_content.pinned, []

    def swapping(path):
        content = real(path)
        if not done:
            done.append(path)
            for name in ("a.yaml", "b.yaml"):
                (tmp_path / name).write_bytes(b"second")
        return content

    monkeypatch.setattr(folder_content, "pinned", swapping)
    assert {c.data for c in a_source(tmp_path).read_folder().files.values()} == {b"second"}


def test_a_folder_that_never_rests_is_taken_as_it_is(tmp_path, monkeypatch):
    written(tmp_path, "a.yaml")
    monkeypatch.setattr(folder_content, "LONGEST_SECONDS", 0.1)
    monkeypatch.setattr(tree.Tree, "same", lambda *_: False)
    assert names(a_source(tmp_path)) == ["a.yaml"]


@pytest.mark.parametrize("fault", [Moved(), FileNotFoundError(2, "gone")])
def test_a_path_that_keeps_moving_is_told(tmp_path, monkeypatch, fault):
    written(tmp_path, "a.yaml")
    monkeypatch.setattr(folder_content, "LONGEST_SECONDS", 0.05)

    def moved(_):
        raise fault

    monkeypatch.setattr(folder_content, "pinned", moved)
    assert refused(a_source(tmp_path)).reason in {
        ConfigReason.FILE_CHANGING,
        ConfigReason.FILE_NOT_FOUND,
    }


def test_what_was_read_through_another_link_than_it_was_found_by_is_not_taken(
    tmp_path, monkeypatch
):
    written(tmp_path, "a.yaml")
    monkeypatch.setattr(folder_content, "LONGEST_SECONDS", 0.05)
    real = folder_content.pinned
    written(tmp_path, "x/b.yaml")
    monkeypatch.setattr(folder_content, "pinned", lambda _: real(str(tmp_path / "x" / "b.yaml")))
    assert refused(a_source(tmp_path)).reason is ConfigReason.FILE_CHANGING


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(exist_ok=True)
        self.git("init", "-q")

    def git(self, *words: str) -> str:
        about = ("-c", "user.name=t", "-c", "user.email=t@example.test")
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.root)}
        argv = ["git", "-C", self.root, *about, *words]
        done = subprocess.run(
            argv, env=environ, check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout.strip()

    def commit(self, *more: str) -> str:
        self.git("add", "-A")
        self.git(*more, "commit", "-q", "--allow-empty", "-m", "x")
        return self.git("rev-parse", "HEAD")


def test_the_revision_is_the_commit_and_dirty_where_any_file_is_not_of_it(tmp_path):
    repository = Repository(tmp_path / "r")
    keys = repository.root / "keys"
    written(keys, "a.yaml", "teams/b.yaml")
    (keys / "crlf.yaml").write_bytes(b"one\r\ntwo\r\n")
    (repository.root / ".gitattributes").write_text("*.yaml text\n")
    head = repository.commit()
    source = a_source(keys)
    assert source.read_folder().revision == head
    written(keys, "new.yaml")
    assert source.read_folder().revision == f"{head}-dirty"
    (keys / "new.yaml").unlink()
    (keys / "a.yaml").unlink()
    assert source.read_folder().revision == f"{head}-dirty"
    (keys / "a.yaml").write_bytes(b"other")
    snapshot = source.read_folder()
    assert snapshot.revision == f"{head}-dirty"
    assert source.last_change_of("a.yaml", snapshot.files["a.yaml"]) == "not committed"
    after = repository.commit()
    assert source.precedes(head, after)
    assert not source.precedes(after, head)


def test_outside_of_a_repository_there_is_no_revision(tmp_path):
    written(tmp_path, "a.yaml")
    assert a_source(tmp_path).read_folder().revision == ""


def test_the_commit_of_a_worktree_of_git_sync_is_that_of_the_link(tmp_path):
    commit = "1a" * 20
    written(tmp_path, f".worktrees/{commit}/keys/a.yaml")
    (tmp_path / "current").symlink_to(f".worktrees/{commit}")
    assert a_source(tmp_path / "current" / "keys").read_folder().revision == commit


def test_with_signers_each_file_must_be_as_the_signed_commit_has_it(tmp_path):
    key = tmp_path / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True, timeout=60
    )
    signers = tmp_path / "signers"
    signers.write_text("t@example.test " + key.with_suffix(".pub").read_text())
    repository = Repository(tmp_path / "r")
    written(repository.root, "a.yaml", "b.yaml", "c.yaml")
    source = a_source(repository.root, signers=signers)
    assert refused(source).reason is ConfigReason.SIGNATURE_NOT_TRUSTED
    repository.commit()
    assert refused(source).reason is ConfigReason.SIGNATURE_NOT_TRUSTED
    repository.commit(
        "-c", "gpg.format=ssh", "-c", f"user.signingkey={key}", "-c", "commit.gpgsign=true"
    )
    assert source.read_folder().refused == {}
    (repository.root / "b.yaml").write_bytes(b"other")
    (repository.root / "c.yaml").unlink()
    snapshot = source.read_folder()
    assert list(snapshot.files) == ["a.yaml"]
    assert {error.reason for error in snapshot.refused.values()} == {
        ConfigReason.SIGNATURE_NOT_TRUSTED
    }
    assert set(snapshot.refused) == {"b.yaml", "c.yaml"}
