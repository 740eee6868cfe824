"""What auditors ask: `history --verify`, `replay` of a journal, and `report`."""

import csv
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from io import StringIO

import pytest

from bf_reconciler.cli.durations import Retention
from bf_reconciler.facts import Reason, Scope
from bf_reconciler.journal import Journal, chain
from bf_reconciler.status import (
    POLICY,
    Declaration,
    Record,
    Status,
    halt_event,
    key_events,
    resume_event,
)
from bf_reconciler.verdict import Halted
from build import (
    CONNECTION,
    MINUTE,
    NOW,
    a_connection,
    a_key,
    a_seen,
    a_spec,
    an_observation,
    refused,
)
from commandline import FakeView, run_in, serving
from decisions.test_judgements import as_filed, recorded
from decisions.test_key_events import seen_with
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
    assert "Set --state-dir or --url" in ran.err


def test_the_journal_of_a_daemon_is_checked_here(capsys, monkeypatch, folder):
    here = run_in(capsys, "history", "--verify", "--state-dir", folder, "-o", "json").json()
    monkeypatch.setenv("BF_STATE_DIR", "/nowhere")
    with serving(FakeView(Status(), folder=folder, limit=3)) as url:
        ran = run_in(capsys, "history", "--verify", "--url", url, "-o", "json")
        assert (ran.code, ran.json()) == (0, here)
        assert f"Read from the daemon at {url}." in ran.err
        for head, code in ((here["heads"][0], 0), (f"transitions:2:{'00' * 32}", 1)):
            noted = run_in(capsys, "history", "--verify", "--url", url, "--head", head)
            assert noted.code == code
        sql(folder, "UPDATE transitions SET name = 'other' WHERE id = 2")
        ran = run_in(capsys, "history", "--verify", "--url", url)
        assert ran.code == 1
        assert "transitions   2" in ran.out
        both = ("--url", url, "--state-dir", folder)
        assert "not both" in run_in(capsys, "history", "--verify", *both).err


def test_the_journal_is_exported_as_lines_that_can_be_checked_again(capsys, audited):
    here = run_in(capsys, "history", "--export", "--state-dir", audited)
    lines = [json.loads(line) for line in here.out.splitlines()]
    rows = [line for line in lines if line["type"] == "row"]
    chains = {line["table"]: line for line in lines if line["type"] == "chain"}
    for table in chain.TABLES:
        before = bytes.fromhex(chains[table]["pruned"]["hash"])
        for line in (line for line in rows if line["table"] == table):
            told = line["row"], line["at"], line["name"].encode(), line["json"].encode()
            before = chain.row_hash(before, *told)
            assert before.hex() == line["hash"]
        assert before.hex() == chains[table]["last"]["hash"]
    assert {line["record"]["name"] for line in rows if line["name"]} == {CONNECTION}
    assert "\x1b" not in here.out
    with serving(FakeView(Status(), folder=audited, limit=2)) as url:
        assert run_in(capsys, "history", "--export", "--url", url).out == here.out
    of_name = run_in(capsys, "history", CONNECTION, "--export", "--state-dir", audited)
    assert {json.loads(line).get("name", CONNECTION) for line in of_name.out.splitlines()} == {
        CONNECTION
    }
    sql(audited, "UPDATE transitions SET json = 'none' WHERE id = 1")
    sql(audited, "UPDATE transitions SET json = '{}' WHERE id = 2")
    altered = run_in(capsys, "history", "--export", "--state-dir", audited)
    assert (altered.code, "not as it was written" in altered.err) == (1, True)
    assert altered.out.count('"record": null') == 2


def test_a_daemon_that_gives_no_journal_is_an_error(capsys, folder):
    def forged(page):
        return page | {"rows": None}

    with serving(FakeView(Status(), folder=folder, forged=forged)) as url:
        ran = run_in(capsys, "history", "--verify", "--url", url)
        assert (ran.code, "does not know the format" in ran.err) == (1, True)
        ran = run_in(capsys, "history", "--verify", "--url", f"{url}/else")
        assert (ran.code, "does not give its journal: not found" in ran.err) == (1, True)
    ran = run_in(capsys, "history", "--verify", "--url", url)
    assert (ran.code, "no daemon answers" in ran.err) == (1, True)


# --- replay of a journal


@pytest.fixture
def judged(tmp_path):
    """A journal with two verdicts: online, and blocked."""
    spec = as_filed(a_spec([a_connection(egress_ips=["203.0.113.7"])]))
    bad = [refused(Reason.INVALID_KEY, NOW - n * MINUTE) for n in (1, 0)]
    found = [
        *recorded(spec, {CONNECTION: a_seen(an_observation(NOW - MINUTE))}, NOW - MINUTE),
        *recorded(spec, {CONNECTION: a_seen(*bad)}),
    ]
    folder = tmp_path / "state"
    with Journal(folder) as journal:
        journal.save(Record(Status(), {}), found)
    return folder


@pytest.mark.parametrize("given", [("--state-dir",), ()])
def test_a_journal_is_judged_again_as_it_was(capsys, judged, given):
    ran = run_in(capsys, "replay", *given, judged)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "Judged again: 2 verdicts, all as recorded.\n"
    found = run_in(capsys, "replay", *given, judged, "-o", "json").json()
    assert found == {
        "judged": 2,
        "unreadable": 0,
        "withheld": 0,
        "intact": True,
        "differences": [],
    }


def test_verdicts_of_a_daemon_are_judged_again_here(capsys, monkeypatch, judged):
    here = run_in(capsys, "replay", judged, "-o", "json")
    monkeypatch.setenv("BF_STATE_DIR", "/nowhere")
    with serving(FakeView(Status(), folder=judged, limit=1)) as url:
        there = run_in(capsys, "replay", "--url", url, "-o", "json")
        assert (there.code, there.json()) == (0, here.json())


def test_a_verdict_that_was_not_what_was_seen_is_shown(capsys, judged):
    sql(judged, "UPDATE judgements SET json = replace(json, 'InvalidKey', 'IPNotAllowed')")
    sql(judged, "UPDATE judgements SET json = replace(json, 'Online', 'Blocked')")
    ran = run_in(capsys, "replay", "--state-dir", judged)
    assert ran.code == 1
    assert "Judged again: 2 verdicts, 2 otherwise than recorded." in ran.out
    assert "The journal is not as it was written" in ran.err
    found = run_in(capsys, "replay", judged, "-o", "json").json()
    first, second = found["differences"]
    assert {"what": "status", "recorded": "Blocked", "now": "Online"} in first["differs"]
    assert (first["name"], second["row"], found["intact"]) == (CONNECTION, 2, False)


def test_what_cannot_be_judged_again_is_counted(capsys, judged):
    sql(judged, "UPDATE judgements SET json = '[{}]' WHERE id = 1")
    sql(judged, "UPDATE judgements SET json = replace(json, 'kucoin\"', 'gone\"') WHERE id = 2")
    ran = run_in(capsys, "replay", judged)
    assert ran.code == 0
    words = "Not judged again: 2 (of another version: 2, declared with encrypted fields: 0)."
    assert words in ran.out.replace("\n", " ")


def test_what_was_declared_with_encrypted_fields_is_not_compared(capsys, tmp_path):
    spec = a_spec([a_connection(ip_allowlist="exact")])  # nothing of it may be shown
    with Journal(tmp_path / "state") as journal:
        journal.save(Record(Status(), {}), recorded(spec, {CONNECTION: a_seen()}))
    found = run_in(capsys, "replay", tmp_path / "state", "-o", "json").json()
    assert (found["unreadable"], found["withheld"], found["judged"]) == (0, 1, 0)


def test_replay_needs_a_bundle_or_a_journal(capsys, monkeypatch, tmp_path):
    monkeypatch.delenv("BF_STATE_DIR", raising=False)
    assert "Name a BUNDLE" in run_in(capsys, "replay").err
    assert "there is no journal" in run_in(capsys, "replay", tmp_path).err


# --- retention


@pytest.mark.parametrize(("text", "days"), [("1d", 1), ("400d", 400), ("48h", 2)])
def test_a_retention_is_a_time(text, days):
    assert Retention().convert(text, None, None) == days * 86_400


@pytest.mark.parametrize("text", ["", "1", "23h", "3651d", "-5d", "400 d"])
def test_a_retention_of_another_kind_is_refused(capsys, text):
    ran = run_in(capsys, "run", "file.yaml", "--retention", text)
    assert ran.code == 1
    assert "must be" in ran.err


# --- report


@pytest.fixture
def audited(tmp_path):
    """A journal with a declaration, verdicts, an attestation, a halt and a change of a key."""
    attest = {"withdraw_disabled": {"by": "ada", "at": "2026-03-01T00:00:00Z"}}
    fields = {"name": CONNECTION, "exchange": "kucoin", "attest": attest}
    common = (1, "c0ffee" * 6 + "c0ff", "sha256:1", "key")
    found = [
        Declaration(NOW, POLICY, "added", {"ip_allowlist": "ignored"}, *common, "=Ada <a@b>"),
        Declaration(NOW, CONNECTION, "added", fields, *common, "=Ada <a@b>", NOW, "a@b"),
        *recorded(as_filed(a_spec()), {CONNECTION: a_seen()}),
        halt_event(Status(), Halted("fire\x1b[2J", "bob"), NOW),
        resume_event(Status(), NOW, reason="out", by="bob"),
        *key_events(seen_with(a_key()), seen_with(a_key(grant=[Scope.TRANSFER])), NOW),
    ]
    folder = tmp_path / "state"
    with Journal(folder) as journal:
        journal.save(Record(Status(), {}), found)
    return folder


DAYS = ("--from", "2026-03-02", "--to", "2026-03-04")


def test_a_report_is_lines_of_json(capsys, audited):
    ran = run_in(capsys, "report", *DAYS, "--state-dir", audited, "-o", "json")
    assert ran.code == 0
    head, *lines = [json.loads(line) for line in ran.out.splitlines()]
    assert (head["type"], head["from"], head["to"]) == ("report", "2026-03-02", "2026-03-04")
    assert (head["intact"], head["begins"], len(head["heads"])) == (True, NOW.isoformat(), 3)
    assert [line["type"] for line in lines] == [
        *("declaration", "declaration", "exception", "attestation", "rights"),
        *("halt", "halt", "key_change"),
    ]
    assert "\x1b" not in ran.out
    (rights,) = [line for line in lines if line["type"] == "rights"]
    assert (rights["from"], rights["to"], rights["withdraw"]) == ("2026-03-02", "2026-03-04", "no")
    only = run_in(capsys, "report", "other", *DAYS, "--state-dir", audited, "-o", "json")
    assert [json.loads(x)["type"] for x in only.out.splitlines()] == ["report", "halt", "halt"]


def test_a_report_is_csv_in_which_no_cell_is_a_formula(capsys, audited):
    ran = run_in(capsys, "report", *DAYS, "--state-dir", audited, "-o", "csv")
    rows = list(csv.DictReader(StringIO(ran.out)))
    assert len(rows) == 8
    assert rows[0]["author"] == "'=Ada <a@b>"
    assert rows[1]["signer"] == "a@b"
    assert rows[4]["what"] == "withdraw: no"
    assert rows[4]["value"] == "read, spot; bound to addresses; 203.0.113.7"
    assert (rows[5]["what"], rows[6]["what"]) == ("halted", "resumed")
    assert rows[7]["value"] == "transfer"
    assert "\x1b" not in ran.out


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("From 2026-03-02 to 2026-03-04, UTC.", "What each key could do", "(policy)")),
        ("tr", ("İstisnalar", "Beyanlar", "İmzalayan", "(politika)")),
    ],
)
def test_a_report_is_text_for_people(capsys, monkeypatch, audited, lang, words):
    monkeypatch.setenv("COLUMNS", "300")
    ran = run_in(capsys, "report", *DAYS, "--state-dir", audited, "--lang", lang)
    assert ran.code == 0
    for each in (*words, "c0ffeec0ffee", "bob"):
        assert each in ran.out
    assert "\x1b[2J" not in ran.out


def test_a_report_of_a_folder_names_the_commit_of_each_file(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "300")
    fields = {"name": CONNECTION, "exchange": "kucoin"}
    common = (1, "c0ffee" * 6 + "c0ff", "sha256:1", "key", "Ada <a@b>", NOW, "ops")
    one = Declaration(NOW, CONNECTION, "added", fields, *common, "d" * 40, "ada@b", "t/a.yaml")
    same = replace(one, name="other", commit=one.revision, signed_by="ops")
    with Journal(tmp_path / "state") as journal:
        journal.save(Record(Status(), {}), [one, same])
    ran = run_in(capsys, "report", *DAYS, "--state-dir", tmp_path / "state", "--lang", "tr")
    assert all(each in ran.out for each in ("t/a.yaml", "d" * 12, "ada@b", "Dosya"))
    lines = ran.out.splitlines()
    assert [line.count("c0ffee") for line in lines if "c0ffee" in line] == [2, 2]
    ran = run_in(capsys, "report", *DAYS, "--state-dir", tmp_path / "state", "-o", "json")
    found = json.loads(ran.out.splitlines()[1])
    assert (found["commit"], found["signed_by"], found["file"]) == ("d" * 40, "ada@b", "t/a.yaml")


def test_a_report_says_what_it_cannot_know(capsys, audited):
    sql(audited, "DELETE FROM judgements")
    early = ("--from", "2026-02-01", "--to", "2026-03-04")
    ran = run_in(capsys, "report", *early, "--state-dir", audited)
    assert ran.code == 0
    assert "The journal is not as it was written" in ran.err
    assert "The journal begins on 2026-03-02" in ran.err


def test_an_empty_journal_makes_an_empty_report(capsys, folder):
    ran = run_in(capsys, "report", "--state-dir", folder)
    assert ran.code == 0
    assert ran.out.startswith("From ")
    assert ran.err == ""


@pytest.mark.parametrize("days", [("--from", "2999-01-01"), ("--to", "x")])
def test_days_that_cannot_be_are_refused(capsys, folder, days):
    assert run_in(capsys, "report", *days, "--state-dir", folder).code == 1


def test_a_report_of_a_daemon_is_that_of_its_journal(capsys, audited):
    early = ("--from", "2026-02-01", "--to", "2026-03-04")
    here = run_in(capsys, "report", *early, "--state-dir", audited, "-o", "json")
    with serving(FakeView(Status(), folder=audited, limit=2)) as url:
        there = run_in(capsys, "report", *early, "--url", url, "-o", "json")
        assert (there.code, there.out, there.err) == (0, here.out, here.err)
        sql(audited, "DELETE FROM judgements")
        there = run_in(capsys, "report", *early, "--url", url)
        assert "The journal is not as it was written" in there.err


def test_a_report_needs_the_journal_itself(capsys, monkeypatch):
    monkeypatch.delenv("BF_STATE_DIR", raising=False)
    assert "Set --state-dir" in run_in(capsys, "report").err
