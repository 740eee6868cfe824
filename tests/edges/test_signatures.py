"""Signed commits, with the real git and ssh-keygen, and what a repository may not make git run."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from bf_reconciler.facts import ConfigError, ConfigReason
from bf_reconciler.source import FolderSource, Source, signatures
from bf_reconciler.source import authors as authors_of
from bf_reconciler.source.revision import precedes
from bf_reconciler.source.signatures import commit_of

pytestmark = pytest.mark.slow
CONTENT = b"version: 1\n"


@dataclass(frozen=True)
class Repository:
    root: Path
    file: Path
    signers: Path

    def git(self, *words, given=None):
        done = subprocess.run(
            [
                "git",
                "-C",
                self.root,
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@example.test",
                *words,
            ],
            env={"PATH": os.environ["PATH"], "HOME": str(self.root.parent)},
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, *, key=None, amend=False):
        self.git("add", "-A")
        signing = ("-c", "gpg.format=ssh", "-c", f"user.signingkey={key}") if key else ()
        words = ("--allow-empty", "-q", "-m", "change", *(["--amend"] if amend else []))
        self.git(*signing, "commit", "-S" if key else "--no-gpg-sign", *words)
        return self.git("rev-parse", "HEAD")

    def read(self):
        return Source(self.file, quiet_seconds=0.0, signers=self.signers).read()


def make_key(path):
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return path


@pytest.fixture
def key(tmp_path):
    return make_key(tmp_path / "trusted")


@pytest.fixture
def repository(tmp_path, key):
    root = tmp_path / "repository"
    root.mkdir()
    signers = tmp_path / "signers"
    signers.write_text(f'ops@example.test namespaces="git" {key.with_suffix(".pub").read_text()}')
    made = Repository(root, root / "file.yaml", signers)
    made.file.write_bytes(CONTENT)
    made.git("init", "-q")
    return made


def test_line_ends_of_a_checkout_are_no_change_and_an_expanded_ident_is(repository, key):
    repository.file.write_bytes(b"# $Id$\nversion: 1\n")
    (repository.root / ".gitattributes").write_text("*.yaml text ident\n")
    repository.commit(key=key)
    repository.file.write_bytes(b"# $Id$\r\nversion: 1\r\n")
    assert repository.read().data == b"# $Id$\r\nversion: 1\r\n"
    repository.file.write_bytes(b"# $Id: anything $\nversion: 1\n")
    assert refused(repository) == "the content is not committed, so nobody has signed it"


def refused(repository):
    with pytest.raises(ConfigError) as caught:
        repository.read()
    assert caught.value.reason is ConfigReason.SIGNATURE_NOT_TRUSTED
    assert caught.value.transient  # a commit may be signed without a change of the content
    return caught.value.message


def test_a_commit_of_a_trusted_signer_is_taken(repository, key):
    head = repository.commit(key=key)
    assert repository.read().revision == head
    assert Source(repository.file, quiet_seconds=0.0).read().revision == head


def test_a_commit_without_a_signature_is_refused_until_it_has_one(repository, key):
    repository.commit()
    assert "no signature of a trusted signer" in refused(repository)
    repository.commit(key=key, amend=True)
    assert repository.read().data == CONTENT
    repository.commit()  # unsigned, and on top of a signed one
    refused(repository)


def test_a_commit_of_a_foreign_signer_is_refused(repository, tmp_path):
    repository.commit(key=make_key(tmp_path / "foreign"))
    refused(repository)


def test_content_that_is_not_committed_is_refused(repository, key):
    repository.commit(key=key)
    repository.file.write_bytes(b"version: 2\n")
    assert "not committed" in refused(repository)


def test_a_file_outside_of_any_repository_is_refused(repository, tmp_path):
    outside = tmp_path / "outside.yaml"
    outside.write_bytes(CONTENT)
    assert "no git repository" in refused(Repository(repository.root, outside, repository.signers))


def test_a_signature_moved_to_another_commit_is_refused(repository, key):
    signed = repository.commit(key=key)
    content = repository.git("cat-file", "commit", signed).replace("change", "another change")
    forged = repository.git("hash-object", "-t", "commit", "-w", "--stdin", given=content + "\n")
    repository.git("update-ref", "HEAD", forged)
    refused(repository)


def test_a_commit_that_stands_in_for_another_is_refused(repository, key):
    signed = repository.commit(key=key)
    repository.file.write_bytes(b"version: 2\n")
    unsigned = repository.commit()
    repository.git("replace", unsigned, signed)
    refused(repository)


def test_a_repository_makes_git_run_nothing(repository, key, tmp_path):
    marker = tmp_path / "ran"
    evil = tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {marker}\nexit 0\n")
    evil.chmod(0o755)
    signed = repository.commit(key=key)
    for name in ("gpg.program", "gpg.openpgp.program", "gpg.x509.program", "gpg.ssh.program"):
        repository.git("config", name, str(evil))
    repository.git("config", "core.fsmonitor", str(evil))
    repository.git("config", "gpg.format", "openpgp")
    assert repository.read().revision == signed
    lines = repository.git("cat-file", "commit", signed).split("\n")
    start = next(n for n, line in enumerate(lines) if line.startswith("gpgsig "))
    end = next(n for n, line in enumerate(lines) if "END SSH SIGNATURE" in line)
    for kind in ("PGP SIGNATURE", "PGP MESSAGE", "SIGNED MESSAGE"):
        block = [f"gpgsig -----BEGIN {kind}-----", " ", " QQ==", f" -----END {kind}-----"]
        content = "\n".join([*lines[:start], *block, *lines[end + 1 :]])
        forged = repository.git("hash-object", "-t", "commit", "-w", "--stdin", given=content)
        repository.git("update-ref", "HEAD", forged)
        refused(repository)
    assert not marker.exists()


def test_one_commit_is_known_to_come_before_another(repository):
    first, second = repository.commit(), repository.commit()
    real = str(repository.file)
    assert precedes(real, first, second)
    assert precedes(real, f"{first}-dirty", f"{second}-dirty")
    assert not precedes(real, second, first)
    assert not precedes(real, first, first)
    assert not precedes(real, "0" * 40, first)
    assert not precedes(real, "", first)
    assert not precedes(real, "--help", first)
    assert Source(repository.file).precedes(first, second)


# --- who made it


def plain(repository):
    return Source(repository.file, quiet_seconds=0.0).read()


def test_the_author_is_who_last_changed_the_file_and_the_signer_who_signed_the_revision(
    repository, key
):
    repository.git("commit", "--allow-empty", "-q", "-m", "begin", "--no-gpg-sign")
    repository.git("add", "-A")
    words = ("-c", "user.name=Ada\x07 L", "commit", "-q", "-m", "file", "--no-gpg-sign")
    repository.git(*words)
    (repository.root / "other").write_text("x")
    repository.commit(key=key)
    commit = repository.read().commit
    assert commit.author == "Ada L <t@example.test>"
    assert commit.signer == "ops@example.test"
    assert commit.at.tzinfo is not None
    assert plain(repository).commit.signer == ""
    assert plain(repository).commit.author == commit.author


def test_the_author_of_a_folder_is_who_last_changed_anything_in_it(repository):
    inner = repository.root / "fleet"
    inner.mkdir()
    (inner / "a.yaml").write_bytes(CONTENT)
    repository.git("add", "-A")
    repository.git("-c", "user.name=Ada", "commit", "-q", "-m", "folder", "--no-gpg-sign")
    (repository.root / "other").write_text("x")
    head = repository.commit()
    assert commit_of(str(inner), head, None).author == "Ada <t@example.test>"
    assert commit_of(str(repository.root), head, None).author == "t <t@example.test>"


def committed_by(repository, name):
    repository.git("add", "-A")
    repository.git("-c", f"user.name={name}", "commit", "-q", "-m", name, "--no-gpg-sign")
    return repository.git("rev-parse", "HEAD")


def folder_of(repository, **options):
    return FolderSource(repository.root / "fleet", quiet_seconds=0.0, **options)


def authors(source, *names):
    snapshot = source.read_folder()
    files = {name: each for name, each in snapshot.files.items() if name in names or not names}
    found = source.commits_of(files, snapshot.revision)
    return {name: commit.author.split(" <")[0] for name, commit in found.items()}


@pytest.mark.parametrize("few", [authors_of.FEW, 1])
def test_each_file_of_a_folder_is_of_who_made_it_what_it_is(repository, monkeypatch, few):
    monkeypatch.setattr(authors_of, "FEW", few)
    fleet = repository.root / "fleet"
    (fleet / "team").mkdir(parents=True)
    for name in ("a.yaml", "b.yaml", "team/c d.yaml"):
        (fleet / name).write_text(f"version: 1 # {name}\n")
    committed_by(repository, "Ada")
    (fleet / "b.yaml").write_text("version: 1 # other\n")
    committed_by(repository, "Bob")
    (fleet / "a.yaml").write_text("version: 1 # other\n")
    committed_by(repository, "Cem")
    (fleet / "a.yaml").write_text("version: 1 # a.yaml\n")
    committed_by(repository, "Dan")
    (repository.root / "other").write_text("x")
    committed_by(repository, "Eve")
    source = folder_of(repository)
    assert authors(source) == {"a.yaml": "Dan", "b.yaml": "Bob", "team/c d.yaml": "Ada"}
    assert authors(source, "b.yaml") == {"b.yaml": "Bob"}
    (fleet / "b.yaml").write_text("version: 1 # not committed\n")
    assert authors(source, "b.yaml") == {}
    snapshot = source.read_folder()
    head = snapshot.revision.removesuffix("-dirty")
    assert source.commits_of(snapshot.files, head).keys() == {"a.yaml", "team/c d.yaml"}
    assert source.commits_of(snapshot.files, "0" * 40) == {}
    monkeypatch.setenv("PATH", "")
    assert source.commits_of(snapshot.files, head) == {}


def test_a_search_for_authors_ends_with_its_time(repository, monkeypatch):
    (repository.root / "fleet").mkdir()
    (repository.root / "fleet" / "a.yaml").write_bytes(CONTENT)
    committed_by(repository, "Ada")
    source = folder_of(repository)
    monkeypatch.setattr(authors_of, "SECONDS", 0.0)
    assert authors(source) in ({}, {"a.yaml": "Ada"})  # as far as it got


def test_who_signed_the_commit_of_a_file_is_told_beside_who_signed_the_revision(repository, key):
    (repository.root / "fleet").mkdir()
    (repository.root / "fleet" / "a.yaml").write_bytes(CONTENT)
    repository.git("add", "-A")
    first = repository.commit(key=key)
    (repository.root / "fleet" / "b.yaml").write_bytes(CONTENT)
    committed_by(repository, "Bob")
    (repository.root / "other").write_text("x")
    repository.commit(key=key)
    source = folder_of(repository, signers=repository.signers)
    snapshot = source.read_folder()
    found = source.commits_of(snapshot.files, snapshot.revision)
    assert (found["a.yaml"].signed_by, found["a.yaml"].revision) == ("ops@example.test", first)
    assert (found["b.yaml"].signed_by, found["b.yaml"].signer) == ("", "ops@example.test")


def test_there_is_no_author_where_no_commit_holds_the_content(repository, tmp_path):
    repository.commit()
    repository.file.write_bytes(b"version: 1\n# more\n")
    assert plain(repository).commit is None
    alone = tmp_path / "alone.yaml"
    alone.write_bytes(CONTENT)
    assert Source(alone, quiet_seconds=0.0).read().commit is None


def test_a_revision_that_git_does_not_know_has_no_author(repository):
    repository.commit()
    assert commit_of(str(repository.file), "0" * 40, None) is None
    folder = repository.root / ("0" * 40)
    folder.mkdir()
    (folder / "file.yaml").write_bytes(CONTENT)
    (repository.root / "link").symlink_to(f"{'0' * 40}/file.yaml")
    snapshot = Source(repository.root / "link", quiet_seconds=0.0).read()
    assert (snapshot.revision, snapshot.commit) == ("0" * 40, None)


def test_a_date_that_is_none_is_not_known():
    assert signatures.moment("never") is None  # no git writes such a date
