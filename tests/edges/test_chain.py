"""The hash chains of the journal: any edit is found, and none is found where there was none."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bf_reconciler.journal import (
    Journal,
    PageError,
    Reading,
    chain,
    database,
    head_file,
    pages,
    store,
    synced,
)
from bf_reconciler.journal.chain import Fault, Head
from edges.fakes import NOW, a_record, a_transition

FILE = "journal.db"
TABLE = "transitions"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state"


@pytest.fixture(scope="module")
def six(tmp_path_factory):
    """A journal of six rows, to be copied."""
    folder = tmp_path_factory.mktemp("six") / "state"
    fill(folder)
    return folder


@pytest.fixture
def filled(six, folder):
    folder.mkdir()
    copy(six, folder)
    return folder


def copy(source, target):
    for name in (FILE, head_file.NAME):
        (target / name).write_bytes((source / name).read_bytes())


def fill(folder, rows=6, first=0, **options):
    """A journal of so many rows, closed."""
    with Journal(folder, **options) as journal:
        for number in range(first, first + rows):
            at = NOW + timedelta(minutes=number)
            journal.save(a_record(), [a_transition(f"s{number}", at=at)])


def sql(folder, *statements):
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
        return [connection.execute(*each).fetchall() for each in statements][-1]


def check(folder):
    with Journal(folder, readonly=True) as journal:
        return journal.verify()


def read_in_pages(folder, noted=(), rows=3):
    """The same, found by who reads the rows as a daemon gives them."""
    with Journal(folder, readonly=True) as journal:

        def ask(table, after):
            return json.loads(json.dumps(journal.page(table, after, rows)))

        reading = Reading(ask, noted)
        return reading.verified(), reading, journal.began()


def alike(folder):
    """Whether who reads pages finds what who has the file finds."""
    verified, reading, began = read_in_pages(folder)
    here = check(folder)
    assert sorted(map(str, verified.faults)) == sorted(map(str, here.faults))
    assert began is None or reading.began == began
    return verified == replace(here, faults=verified.faults)


def found(folder):
    return [(fault.kind, fault.first, fault.last) for fault in check(folder).faults]


def test_what_was_written_is_intact_and_says_where_it_ends(filled):
    folder = filled
    verified = check(folder)
    assert verified.intact
    assert verified.rows == {"transitions": 6, "declarations": 0, "judgements": 0}
    assert verified.heads["transitions"].row == 6
    assert verified.heads["judgements"] == chain.genesis("judgements")


def test_a_changed_row_is_named(filled):
    folder = filled
    sql(folder, ("UPDATE transitions SET json = replace(json, 'Online', 'Off') WHERE id = 2",))
    sql(folder, ("UPDATE transitions SET json = json || ' ' WHERE id = 3",))
    (fault,) = check(folder).faults
    assert fault == Fault(TABLE, "changed", 3, 3, NOW + timedelta(minutes=2), "s2")


@pytest.mark.parametrize(
    ("statement", "faults"),
    [
        ("UPDATE transitions SET at = at + 1 WHERE id = 3", [("changed", 3, 3)]),
        ("UPDATE transitions SET name = 'other' WHERE id = 3", [("changed", 3, 3)]),
        ("UPDATE transitions SET hash = zeroblob(32) WHERE id = 3", [("changed", 3, 3)]),
        ("UPDATE transitions SET hash = zeroblob(32) WHERE id = 6", [("changed", 6, 6)]),
        (
            "UPDATE transitions SET json = CAST(json AS BLOB) WHERE id = 3",
            [("changed", 3, 3)],
        ),
        (
            "UPDATE transitions SET hash = 'text', at = 'never' WHERE id = 3",
            [("changed", 3, 3), ("unproven", 4, 4)],
        ),
        ("UPDATE transitions SET at = 1e300 WHERE id = 3", [("changed", 3, 3)]),
        ("DELETE FROM transitions WHERE id = 3", [("missing", 3, 3), ("unproven", 4, 4)]),
        (
            "DELETE FROM transitions WHERE id IN (3, 4)",
            [("missing", 3, 4), ("unproven", 5, 5)],
        ),
        ("DELETE FROM transitions WHERE id < 3", [("missing", 1, 2), ("unproven", 3, 3)]),
        ("DELETE FROM transitions WHERE id > 4", [("truncated", 5, 6)]),
        ("DELETE FROM transitions", [("truncated", 1, 6)]),
        (
            "INSERT INTO transitions SELECT 7, at, name, json, hash FROM transitions WHERE id = 6",
            [("inserted", 7, 7)],
        ),
        (
            "INSERT INTO transitions SELECT -1, at, name, json, hash FROM transitions WHERE id = 6",
            [("inserted", -1, -1)],
        ),
        (
            "UPDATE transitions SET id = 9 WHERE id = 6",
            [("inserted", 9, 9), ("truncated", 6, 6)],
        ),
        ("DELETE FROM chains WHERE name = 'transitions'", [("missing", 0, 0)]),
        ("UPDATE chains SET pruned_id = 'x' WHERE name = 'transitions'", [("missing", 0, 0)]),
        ("UPDATE chains SET last_hash = zeroblob(32) WHERE name = 'transitions'", None),
        ("UPDATE chains SET last_id = 5 WHERE name = 'transitions'", None),
        ("UPDATE chains SET last_id = 0, pruned_id = 6 WHERE name = 'transitions'", None),
        ("UPDATE chains SET pruned_hash = zeroblob(32) WHERE name = 'judgements'", None),
        (
            "INSERT INTO chains SELECT 'more', 0, x'', 0, x'' FROM chains LIMIT 1",
            [("inserted", 0, 0)],
        ),
    ],
)
def test_each_kind_of_edit_is_named(filled, statement, faults):
    sql(filled, (statement,))
    assert found(filled) == faults if faults is not None else found(filled)
    assert alike(filled)


def test_a_row_of_another_table_does_not_fit(folder):
    fill(folder, rows=1)
    ends = "SELECT last_id, last_hash FROM chains WHERE name = 'transitions'"
    sql(
        folder,
        ("INSERT INTO judgements SELECT * FROM transitions",),
        (f"UPDATE chains SET (last_id, last_hash) = ({ends}) WHERE name = 'judgements'",),  # noqa: S608 # see above
    )
    assert ("judgements", "changed") in {(f.table, f.kind) for f in check(folder).faults}


COLUMNS = {
    "id": st.integers(-5, 30),
    "at": st.floats(allow_nan=False) | st.text(max_size=3) | st.binary(max_size=3),
    "name": st.text(max_size=4) | st.binary(max_size=4) | st.integers(-9, 9),
    "json": st.text(max_size=9) | st.binary(max_size=9) | st.integers(-9, 9),
    "hash": st.binary(max_size=33) | st.text(max_size=3),
}
STATE = {
    "pruned_id": st.integers(-5, 30) | st.text(max_size=2),
    "last_id": st.integers(-5, 30) | st.text(max_size=2),
    "pruned_hash": st.binary(max_size=33) | st.text(max_size=3),
    "last_hash": st.binary(max_size=33) | st.text(max_size=3),
    "name": st.sampled_from(["transitions", "more", ""]),
}
EDITS = st.one_of(
    *(
        st.tuples(st.just("row"), st.just(name), st.integers(0, 9), value)
        for name, value in COLUMNS.items()
    ),
    *(
        st.tuples(st.just("chain"), st.just(name), st.sampled_from(chain.TABLES), value)
        for name, value in STATE.items()
    ),
    st.tuples(st.just("delete"), st.integers(1, 14), st.integers(1, 14)),
    st.tuples(st.just("insert"), *COLUMNS.values()),
    st.tuples(st.just("swap"), st.integers(5, 13), st.integers(1, 2)),
)


def edit(folder, how):
    kind, *rest = how
    match kind:
        case "row":
            column, place, value = rest
            query = f"UPDATE OR IGNORE transitions SET {column} = ? WHERE id = ?"  # noqa: S608 # a name of ours
            sql(folder, (query, (value, 5 + place)))
        case "chain":
            column, name, value = rest
            query = f"UPDATE OR IGNORE chains SET {column} = ? WHERE name = ?"  # noqa: S608 # likewise
            sql(folder, (query, (value, name)))
        case "delete":
            sql(folder, ("DELETE FROM transitions WHERE id BETWEEN ? AND ?", sorted(rest)))
        case "insert":
            sql(folder, ("INSERT OR IGNORE INTO transitions VALUES (?, ?, ?, ?, ?)", rest))
        case _:
            first, step = rest
            query = (
                "UPDATE transitions SET (at, name, json, hash) = (SELECT at, name, json, hash"
                " FROM transitions AS t WHERE t.id = ?) WHERE id = ?"
            )
            sql(folder, (query, (first, first + step)))


def content(folder):
    """Every row as it is stored, and of which type each value is."""
    rows = "id, at, name, json, hash, typeof(at), typeof(name), typeof(json), typeof(hash)"
    chains = "*, typeof(pruned_id), typeof(pruned_hash), typeof(last_id), typeof(last_hash)"
    return (
        sql(folder, (f"SELECT {rows} FROM transitions ORDER BY id",)),  # noqa: S608 # names of ours
        sql(folder, (f"SELECT {chains} FROM chains ORDER BY name",)),  # noqa: S608 # likewise
    )


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    """A journal whose first rows were pruned, to be copied: numbers 5 to 14 are left."""
    folder = tmp_path_factory.mktemp("pattern") / "state"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(store, "MAX_ROWS", 10)
        fill(folder, 14)
    return folder


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(how=EDITS)
def test_any_edit_of_any_row_is_found(pattern, tmp_path_factory, how):
    folder = tmp_path_factory.mktemp("edited")
    copy(pattern, folder)
    before = content(folder)
    edit(folder, how)
    assert bool(check(folder).faults) == (content(folder) != before)
    assert alike(folder)


# --- read in pages, as a daemon gives them


def test_pages_are_bounded_and_go_on_where_the_last_ended(filled, monkeypatch):
    monkeypatch.setattr(pages, "ROOM", 1)
    with Journal(filled, readonly=True) as journal:
        first = journal.page(TABLE)
        assert ([row["row"] for row in first["rows"]], first["continue"]) == ([1], 1)
        last = journal.page(TABLE, 5)
        assert ([row["row"] for row in last["rows"]], last["continue"]) == ([6], None)
    assert alike(filled)


def test_a_noted_end_is_looked_for_while_pages_are_read(filled):
    (digest,) = sql(filled, ("SELECT hash FROM transitions WHERE id = 2",))[0]
    genesis = chain.genesis("judgements")
    noted = [(TABLE, 2, digest), ("judgements", *genesis)]
    other = [(TABLE, 2, bytes(32)), ("more", 1, digest), (TABLE, 9, digest)]
    _, reading, _ = read_in_pages(filled, [*noted, *other])
    assert reading.lost == other


def test_what_is_written_while_pages_are_read_is_no_fault(filled):
    with Journal(filled) as journal:

        def ask(table, after):
            found = journal.page(table, after, 2)
            journal.save(a_record(), [a_transition(f"later-{after}")])
            return found

        reading = Reading(ask)
        assert [each.row for each in reading.rows(TABLE)] == [1, 2, 3, 4, 5, 6]
        assert not reading.verified().faults
        assert reading.verified().rows[TABLE] == 6


def a_page(**changes):
    end = {"row": 0, "hash": chain.genesis(TABLE).digest.hex()}
    fields = {"table": TABLE, "told": True, "pruned": end, "last": end, "filed": None}
    fields |= {"file_readable": True, "strangers": [], "rows": [], "continue": None}
    return fields | changes


def a_row(row):
    return {"row": row, "at": 1.0, "name": "", "json": "", "hash": "", "sound": True}


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([[]], "does not know the format"),
        ([a_page(rows=[{}])], "does not know the format"),
        ([a_page(pruned={"row": 2**63, "hash": ""})], "does not know the format"),
        ([a_page(rows=[a_row(2), a_row(1)])], "not in the order"),
        ([a_page(rows=[a_row(2)], **{"continue": 2}), a_page(rows=[a_row(2)])], "not in the order"),
        ([a_page(**{"continue": 1})], "does not go on"),
        ([a_page(rows=[a_row(2)], **{"continue": 1})], "does not go on"),
        (
            [
                a_page(rows=[a_row(2)], **{"continue": 2}),
                a_page(pruned={"row": 9, "hash": ""}),
            ],
            "removed by age",
        ),
    ],
)
def test_what_is_no_page_is_not_taken_for_one(answers, words):
    given = iter(answers)
    reading = Reading(lambda *_: next(given))
    with pytest.raises(PageError, match=words):
        list(reading.rows(TABLE))


def test_a_daemon_that_leaves_a_row_out_or_alters_one_is_found_out(filled):
    with Journal(filled, readonly=True) as journal:

        def forged(change):
            def ask(table, after):
                page = journal.page(table, after)
                change(page["rows"]) if page["rows"] else None
                return page

            return [(f.kind, f.first) for f in Reading(ask).verified().faults]

        assert forged(lambda rows: rows.pop(2)) == [("missing", 3), ("unproven", 4)]
        assert forged(lambda rows: rows.pop()) == [("truncated", 6)]
        assert forged(lambda rows: rows[1].update(json="[]")) == [("changed", 2)]
        assert forged(lambda rows: rows[1].update(at=None)) == [("changed", 2)]


# --- what was pruned


def test_pruning_keeps_it_intact(pattern, folder):
    assert check(pattern).intact
    assert [row for (row,) in sql(pattern, ("SELECT id FROM transitions",))] == list(range(5, 15))
    fill(folder, 3, retention=timedelta(minutes=1))
    verified = check(folder)
    assert verified.intact
    assert verified.rows[TABLE] == 2


def test_what_is_old_stays_behind_what_is_younger(folder):
    with Journal(folder, retention=timedelta(hours=1)) as journal:
        for minutes in (0, -90, 30):  # our clock was set back, and on again
            at = NOW + timedelta(minutes=minutes)
            journal.save(a_record(), [a_transition(at=at)])
        assert journal.verify().rows[TABLE] == 3
        journal.save(a_record(), [a_transition(at=NOW + timedelta(minutes=80))])
        assert journal.verify().rows[TABLE] == 2
        assert journal.verify().intact


# --- the file that keeps the ends


def test_the_ends_are_kept_beside_the_journal(filled):
    folder = filled
    kept = head_file.HeadFile(folder).read()
    assert kept == check(folder).heads
    assert (folder / head_file.NAME).stat().st_size == head_file.ROOM


def test_rows_that_went_with_the_end_are_missed_because_of_the_file(filled):
    folder = filled
    end = "SELECT hash FROM transitions WHERE id = 4"
    sql(
        folder,
        ("DELETE FROM transitions WHERE id > 4",),
        (f"UPDATE chains SET last_id = 4, last_hash = ({end}) WHERE name = 'transitions'",),  # noqa: S608 # see above
    )
    assert found(folder) == [("truncated", 5, 6)]
    with Journal(folder) as journal:
        assert journal.altered == ("transitions",)
    fill(folder, 2, first=6)  # the next start goes on, and hides nothing
    assert found(folder) == [("missing", 5, 6)]
    assert [row for (row,) in sql(folder, ("SELECT id FROM transitions",))] == [1, 2, 3, 4, 7, 8]


def test_a_chain_that_was_written_anew_is_found_because_of_the_file(folder, tmp_path):
    fill(folder)
    fill(tmp_path / "forged", first=100)
    (folder / FILE).write_bytes((tmp_path / "forged" / FILE).read_bytes())
    assert found(folder) == [("changed", 6, 6)]
    Journal(folder).close()
    assert found(folder) == [("truncated", 7, 7)]
    Journal(folder).close()
    assert found(folder) == [("truncated", 7, 7)]


def test_a_file_that_is_gone_or_spoilt_is_told(filled):
    folder = filled
    (folder / head_file.NAME).write_text('{"transitions": [1, "no hex"]}')
    assert not check(folder).intact
    (folder / head_file.NAME).unlink()
    verified = check(folder)
    assert (verified.filed, verified.faults, verified.intact) == (False, (), False)


def test_a_file_that_is_behind_is_brought_up(folder):
    fill(folder, 3)
    behind = (folder / head_file.NAME).read_bytes()
    fill(folder, 3, first=3)
    (folder / head_file.NAME).write_bytes(behind)  # a crash came between the two
    assert check(folder).intact
    Journal(folder).close()
    assert head_file.HeadFile(folder).read()[TABLE].row == 6


def test_a_file_that_is_behind_what_was_pruned_says_nothing(pattern, folder):
    folder.mkdir()
    (folder / FILE).write_bytes((pattern / FILE).read_bytes())
    head_file.HeadFile(folder).write({TABLE: Head(2, bytes(32))})
    assert check(folder).intact
    Journal(folder).close()
    assert check(folder).intact


def test_a_file_that_cannot_be_written_keeps_no_row_back(folder, monkeypatch, caplog):
    fill(folder, 1)
    with Journal(folder) as journal, monkeypatch.context() as patched:
        patched.setattr(synced, "keep", fails)
        for number in (1, 2):
            journal.save(a_record(), [a_transition(f"s{number}")])
        assert [line.message for line in caplog.records] == ["journal-head.json cannot be written"]
        assert journal.verify().intact  # the rows win
        patched.undo()
        journal.save(a_record(), [a_transition("s3")])
        assert head_file.HeadFile(folder).read()[TABLE].row == 4


def fails(*_):
    raise OSError(5, "Input/output error")


def test_a_journal_that_is_begun_anew_shows_what_is_gone(folder, caplog):
    fill(folder, 3)
    (folder / FILE).unlink()
    fill(folder, 1)
    assert found(folder) == [("missing", 1, 3)]
    assert [line.message for line in caplog.records] == ["journal is not as it was left"]


def test_a_folder_that_was_deleted_meanwhile_shows_what_is_gone(folder):
    with Journal(folder) as journal:
        journal.save(a_record(), [a_transition()])
        for path in folder.iterdir():
            path.unlink()
        journal.save(a_record(), [a_transition()])
        assert [fault.kind for fault in journal.verify().faults] == ["missing"]


def test_no_edit_while_it_runs_keeps_the_next_row_from_being_written(folder):
    with Journal(folder) as journal:
        for number in range(3):
            journal.save(a_record(), [a_transition(f"s{number}")])
        sql(
            folder,
            ("INSERT INTO transitions SELECT 4, at, name, json, hash FROM transitions LIMIT 1",),
        )
        journal.save(a_record(), [a_transition("next")])
        assert journal.history(limit=1)[0].name == "next"
        sql(folder, ("DELETE FROM chains",))
        sql(folder, ("UPDATE transitions SET hash = 'text' WHERE id = 5",))
        journal.save(a_record(), [a_transition("last")])
        assert journal.history(limit=1)[0].name == "last"
        assert {fault.first for fault in journal.verify().faults} >= {4}


# --- schemas


def older(folder, version, rows=4):
    """A journal of an older schema, with rows; one is missing, as after a cut by age."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / FILE)) as connection:
        for migration in database.MIGRATIONS[:version]:
            connection.executescript(migration)
        text = store.rows.TRANSITION.write(a_transition())
        values = [(NOW.timestamp() + n, f"s{n}", text) for n in range(rows)]
        query = "INSERT INTO transitions (at, name, json) VALUES (?, ?, ?)"
        connection.executemany(query, values)
        connection.execute("DELETE FROM transitions WHERE id = 2")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.commit()


def test_an_older_schema_is_brought_up_and_chained(folder):
    older(folder, 1)
    with Journal(folder) as journal:
        assert len(journal.history()) == 3
        assert journal.verify().intact
        journal.save(a_record(), [a_transition("new")])
    verified = check(folder)
    assert verified.intact
    assert verified.rows[TABLE] == 4


def test_the_documented_way_back_gives_the_older_schema(folder, tmp_path):
    fill(folder, 3)
    text = (Path(__file__).parents[2] / "docs/maintenance.md").read_text()
    statements = text.split("<<'SQL'\n", 1)[1].split("\nSQL\n", 1)[0]
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript(statements)
    (folder / head_file.NAME).unlink()
    older(tmp_path / "old", 1)
    schema = "SELECT type, name, tbl_name FROM sqlite_master ORDER BY name"
    assert sql(folder, (schema,)) == sql(tmp_path / "old", (schema,))
    columns = "SELECT name, type, [notnull], pk FROM pragma_table_info('transitions')"
    assert sql(folder, (columns,)) == sql(tmp_path / "old", (columns,))
    assert sql(folder, ("PRAGMA user_version",)) == [(1,)]
    assert len(sql(folder, ("SELECT * FROM transitions",))) == 3
    with Journal(folder) as journal:  # and up again
        assert len(journal.history()) == 3
        assert journal.verify().intact


# --- kill -9

WRITER = textwrap.dedent(
    """
    import sys
    from datetime import timedelta
    from pathlib import Path
    from edges.fakes import *
    from bf_reconciler.journal import Journal, store

    store.MAX_ROWS = 50
    journal = Journal(Path(sys.argv[1]))
    while True:
        rows = [a_transition(f"s{n}", at=NOW) for n in range(7)]
        journal.save(a_record(), rows)
        print(flush=True)
    """
)


def test_kill_9_at_any_moment_leaves_it_intact(folder):
    chance = random.Random(11)  # noqa: S311 # moments, no secrets
    for _ in range(5):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(["tests", "src"])},
            cwd=Path(__file__).parents[2],
        )
        with child:
            for _ in range(chance.randrange(1, 12)):
                child.stdout.readline()
            threading.Event().wait(chance.uniform(0, 0.02))
            child.send_signal(signal.SIGKILL)
        with Journal(folder, readonly=True) as journal:
            assert journal.verify().intact
    Journal(folder).close()
    assert check(folder).intact
