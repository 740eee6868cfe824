"""What auditors ask: `history --verify`, `replay` of a journal, and `report`."""

import sqlite3
from contextlib import closing

import pytest

from bf_reconciler.journal import Journal
from commandline import run_in
from edges.fakes import a_record, a_transition


@pytest.fixture
def folder(tmp_path):
    with Journal(tmp_path) as journal:
        journal.save(a_record(), [a_transition(f"s{number}") for number in range(4)])
    return tmp_path


def sql(folder, statement):
    with closing(sqlite3.connect(folder / "journal.db", isolation_level=None)) as connection:
        connection.execute(statement)


def test_a_journal_that_is_intact_says_where_it_ends(capsys, folder):
    ran = run_in(capsys, "history", "--verify", "--state-dir", folder)
    assert ran.code == 0
    assert ran.out.startswith("Intact: 4 rows.\n")
    (end,) = [line.strip() for line in ran.out.splitlines() if line.startswith("transitions:4:")]
    again = run_in(
        capsys, "history", "--verify", "--state-dir", folder, "--head", end, "-o", "json"
    )
    assert again.code == 0
    assert again.json()["intact"] is True
    assert again.json()["heads"][0] == end
    assert again.json()["not_held"] == []


def test_a_changed_row_is_named_and_ends_with_1(capsys, folder):
    sql(folder, "UPDATE transitions SET name = 'other' WHERE id = 2")
    ran = run_in(capsys, "history", "--verify", "--state-dir", folder)
    assert ran.code == 1
    assert "Not as it was written: 4 rows checked." in ran.out
    assert "transitions   2" in ran.out
    found = run_in(capsys, "history", "--verify", "--state-dir", folder, "-o", "json").json()
    assert found["intact"] is False
    assert [(f["kind"], f["first"], f["name"]) for f in found["faults"]] == [
        ("changed", 2, "other")
    ]


def test_what_is_missing_is_told_in_turkish_too(capsys, folder):
    sql(folder, "DELETE FROM transitions WHERE id IN (2, 3)")
    (folder / "journal-head.json").unlink()
    ran = run_in(capsys, "history", "--verify", "--state-dir", folder, "--lang", "tr")
    assert ran.code == 1
    assert "2-3" in ran.out
    assert "eksik" in ran.out
    assert "journal-head.json yok" in ran.out


@pytest.mark.parametrize("end", ["transitions:2:00", "nothing:1:00", f"transitions:9:{'00' * 32}"])
def test_an_end_that_was_noted_must_still_be_there(capsys, folder, end):
    ran = run_in(capsys, "history", "--verify", "--state-dir", folder, "--head", end)
    assert ran.code == 1
    assert f"Not in this journal: {end}" in ran.out.replace("\n", "")


@pytest.mark.parametrize("end", ["transitions", "transitions:x:00", "transitions:1:no hex"])
def test_an_end_of_another_form_is_an_error(capsys, folder, end):
    ran = run_in(capsys, "history", "--verify", "--state-dir", folder, "--head", end)
    assert ran.code == 1
    assert "it must be TABLE:ROW:HASH" in ran.err


def test_verify_needs_the_journal_itself(capsys, monkeypatch):
    monkeypatch.delenv("BF_STATE_DIR", raising=False)
    ran = run_in(capsys, "history", "--verify")
    assert ran.code == 1
    assert "Set --state-dir" in ran.err
