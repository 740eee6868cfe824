"""A halt is kept in two places, and whatever happens to one of them, it is not forgotten."""

import errno
import os
import shutil
import stat

import pytest

from bf_reconciler.journal import Journal, JournalError, halt_file, synced
from bf_reconciler.journal.halt_file import ROOM, UNREADABLE_HALT, HaltFile
from bf_reconciler.status import Record, Status
from bf_reconciler.verdict import Halted
from edges.fakes import NOW, a_record, a_status

FIRE = Halted("fire", "ada", NOW)
HALTED = a_record(a_status(halted=FIRE))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def file(tmp_path):
    return HaltFile(tmp_path)


def halted(folder):
    """What the next process begins with."""
    with Journal(folder) as journal:
        return journal.load().status.halted


# --- the file


def test_a_halt_and_its_end_are_read_back(file, tmp_path):
    assert file.read() is None
    for halt in (FIRE, None, Halted("Feuer \N{FIRE}", "ada\n\ud800")):
        file.write(halt)
        read = file.read()
        assert (read and read.reason) == (halt and halt.reason)
    path = tmp_path / "halted.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["halted.json"]


@pytest.mark.parametrize("text", [b"", b"[nul", b"[]", b"\xff\xfe", b'[{"reason": "fire"'])
def test_what_cannot_be_read_is_a_halt(file, tmp_path, text):
    (tmp_path / "halted.json").write_bytes(text)
    assert file.read() == UNREADABLE_HALT


def test_a_link_or_a_pipe_in_its_place_is_a_halt_and_is_never_followed(file, tmp_path):
    path, other = tmp_path / "halted.json", tmp_path / "other"
    other.write_text("[null]")
    path.symlink_to(other)
    assert file.read() == UNREADABLE_HALT
    file.write(FIRE)
    assert other.read_text() == "[null]"
    path.unlink()
    os.mkfifo(path)
    assert file.read() == UNREADABLE_HALT
    file.write(FIRE)
    assert file.read() == FIRE


def test_it_is_written_only_where_it_says_something_else(file, tmp_path):
    path = tmp_path / "halted.json"
    file.keep(FIRE)
    first = path.stat().st_ino
    file.keep(FIRE)
    assert path.stat().st_ino == first
    path.unlink()
    file.keep(FIRE)
    assert file.read() == FIRE


def full(path, *given, real=synced.write):
    if path.name != "halted.json":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    real(path, *given)


def test_on_a_full_disk_a_halt_is_written_over_what_is_there(file, tmp_path, monkeypatch):
    file.write(None)
    monkeypatch.setattr(synced, "write", full)
    file.write(FIRE)
    assert file.read() == FIRE
    assert (tmp_path / "halted.json").stat().st_size == ROOM


def test_another_failure_to_write_is_told_and_leaves_nothing_behind(file, tmp_path, monkeypatch):
    file.write(None)

    def broken(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(synced.os, "fsync", broken)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        file.keep(FIRE)
    monkeypatch.undo()
    assert [each.name for each in tmp_path.iterdir()] == ["halted.json"]
    file.keep(FIRE)
    assert file.read() == FIRE


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EBADF])
def test_a_file_system_whose_folders_cannot_be_synced_is_no_failure(file, monkeypatch, number):
    real = os.fsync

    def sync(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(number, os.strerror(number))
        real(handle)

    monkeypatch.setattr(synced.os, "fsync", sync)
    file.write(FIRE)
    assert file.read() == FIRE


# --- with the journal


@pytest.mark.parametrize("lost", ["journal.db", "halted.json"])
def test_one_of_both_is_enough(folder, lost):
    with Journal(folder) as journal:
        journal.save(HALTED)
    (folder / lost).unlink()
    assert halted(folder) == FIRE


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 100])
def test_a_truncated_or_damaged_journal_starts_halted(folder, damage):
    with Journal(folder) as journal:
        journal.save(HALTED)
    (folder / "journal.db").write_bytes(damage)
    assert halted(folder) == FIRE
    with Journal(folder, readonly=True) as reader:
        assert reader.load().status.halted == FIRE


def test_the_end_of_a_halt_ends_it_in_both(folder):
    with Journal(folder) as journal:
        journal.save(HALTED)
        journal.save(a_record())
        assert HaltFile(folder).read() is None
    assert halted(folder) is None
    with Journal(folder) as journal:
        journal.halt(FIRE)
        assert HaltFile(folder).read() == FIRE
        journal.halt(None)
        assert HaltFile(folder).read() is None
    assert halted(folder) is None


def test_a_journal_of_an_older_version_gets_its_file(folder):
    with Journal(folder) as journal:
        journal.save(HALTED)
    (folder / "halted.json").unlink()
    with Journal(folder) as journal:
        journal.save(journal.load())
    (folder / "journal.db").unlink()
    assert halted(folder) == FIRE


def test_a_crash_between_the_two_leaves_a_halt_that_can_be_lifted(folder, monkeypatch):
    with Journal(folder) as journal:
        journal.save(HALTED)
        monkeypatch.setattr(halt_file.HaltFile, "write", _crash)
        with pytest.raises(ZeroDivisionError):
            journal.save(a_record())
        monkeypatch.undo()
    assert halted(folder) == FIRE
    with Journal(folder) as journal:
        journal.save(a_record())
    assert halted(folder) is None


def _crash(*_):
    raise ZeroDivisionError


def test_a_file_that_cannot_be_written_is_told_and_mended_by_the_next_save(folder, monkeypatch):
    with Journal(folder) as journal:
        monkeypatch.setattr(synced, "write", _full)
        journal.save(HALTED)
        assert journal.halt_trouble is not None
        assert journal.halt_trouble.full
        with pytest.raises(JournalError, match="state folder cannot be used"):
            journal.halt(FIRE)
        monkeypatch.undo()
        journal.save(HALTED)
        assert journal.halt_trouble is None
    assert HaltFile(folder).read() == FIRE


def _full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


# --- the folder


def test_a_folder_that_is_deleted_while_it_is_used_is_begun_anew(folder, caplog):
    with Journal(folder) as journal:
        pepper = journal.pepper()
        journal.save(HALTED)
        shutil.rmtree(folder)
        assert journal.save(HALTED)
        assert journal.replacements == 1
    with Journal(folder) as journal:
        assert journal.load() == HALTED
        assert journal.pepper() == pepper
    assert HaltFile(folder).read() == FIRE
    assert [each.message for each in caplog.records] == [
        "state folder was deleted or replaced, started a new one"
    ]


def test_a_folder_that_is_replaced_while_it_is_used_gets_what_is_known(folder, tmp_path):
    with Journal(tmp_path / "other") as other:
        other.save(a_record(a_status([], [])))
    with Journal(folder) as journal:
        journal.save(HALTED)
        folder.rename(tmp_path / "away")
        (tmp_path / "other").rename(folder)
        journal.save(HALTED)
    with Journal(folder) as journal:
        assert journal.load() == HALTED


def test_a_folder_that_cannot_be_begun_anew_is_told_until_it_can(folder):
    with Journal(folder) as journal:
        journal.save(HALTED)
        shutil.rmtree(folder)
        folder.touch()
        for _ in range(2):
            with pytest.raises(JournalError, match="state folder cannot be used"):
                journal.save(HALTED)
        folder.unlink()
        journal.save(HALTED)
    assert halted(folder) == FIRE


def test_no_second_daemon_begins_in_a_new_folder_of_the_same_name(folder, tmp_path):
    with Journal(folder):
        shutil.rmtree(folder)
        with pytest.raises(JournalError, match="another bf-reconciler uses the state folder"):
            Journal(folder)
        link = tmp_path / "link"
        link.symlink_to(folder)
        folder.mkdir(exist_ok=True)
        with pytest.raises(JournalError, match="another bf-reconciler uses the state folder"):
            Journal(link)
        Journal(tmp_path / "beside").close()
    with Journal(folder) as journal:
        assert journal.load() == Record(Status(), {})


def test_a_system_without_such_addresses_has_the_lock_of_the_folder(folder, monkeypatch):
    def unsupported(*_):
        raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))

    monkeypatch.setattr("bf_reconciler.journal.database.socket.socket.bind", unsupported)
    with Journal(folder), pytest.raises(JournalError, match="another bf-reconciler"):
        Journal(folder)
