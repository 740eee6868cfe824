"""The journal, on real files."""

import errno
import json
import logging
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bf_reconciler.facts import (
    Balance,
    Clock,
    ConfigReason,
    Failure,
    KeyFacts,
    Observation,
    Orders,
    Problem,
    Reason,
    Run,
    Scope,
    Seen,
    known_key,
)
from bf_reconciler.journal import Journal, JournalError, database, rows, store
from bf_reconciler.spec import LOCAL, FileRuntime
from bf_reconciler.status import (
    Condition,
    ConfigStatus,
    ConnectionStatus,
    Key,
    Record,
    Status,
    StrategyStatus,
    Transition,
    halt_event,
)
from bf_reconciler.verdict import Halted, StrategyMemory
from edges import fakes
from edges.fakes import (
    NOW,
    a_connection,
    a_memory,
    a_record,
    a_refused_config,
    a_seen,
    a_status,
    a_strategy,
    a_transition,
)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def journal(folder):
    with Journal(folder) as opened:
        yield opened


def sql(folder, statement, *values):
    connection = sqlite3.connect(folder / "journal.db")
    try:
        with connection:
            return connection.execute(statement, values).fetchall()
    finally:
        connection.close()


def test_a_new_journal_holds_an_empty_record(journal):
    assert journal.load() == Record(Status(), {})


def test_what_was_saved_is_loaded_by_the_next_process(folder):
    record = a_record(a_status(config=a_refused_config(), halted=Halted("fire", "ada", NOW)))
    with Journal(folder) as journal:
        journal.save(record)
    with Journal(folder) as journal:
        assert journal.load() == record


def test_entries_come_back_in_the_order_of_the_file(folder):
    names = {"zeta": 3, "alpha": 9, "mid": 6}
    status = a_status(
        connections=[a_connection(name, line=line) for name, line in names.items()], strategies=[]
    )
    with Journal(folder) as journal:
        journal.save(a_record(status))
        assert list(journal.load().status.connections) == ["zeta", "mid", "alpha"]


def test_only_changed_rows_are_written(journal, folder):
    journal.save(a_record(a_status([a_connection("one"), a_connection("two")])))
    sql(folder, "UPDATE entries SET json = 'untouched' WHERE name = 'one'")
    journal.save(a_record(a_status([a_connection("one"), a_connection("two", line=5)])))
    found = dict(sql(folder, "SELECT name, json FROM entries WHERE kind = 'connection'"))
    assert found["one"] == "untouched"
    assert json.loads(found["two"])[0]["line"] == 5


def test_saving_the_same_again_writes_nothing(journal, folder):
    journal.save(a_record())
    before = (folder / "journal.db-wal").stat().st_size
    journal.save(a_record())
    assert (folder / "journal.db-wal").stat().st_size == before


def test_entries_that_left_leave_no_row(journal, folder):
    journal.save(a_record(replace(a_status(), halted=Halted("fire", "ada"))))
    journal.save(a_record(a_status([], []), {}))
    assert sql(folder, "SELECT * FROM entries") == []
    assert journal.load() == Record(a_status([], []), {})


def test_a_save_without_a_load_still_replaces_what_an_earlier_process_left(folder):
    with Journal(folder) as journal:
        journal.save(a_record())
    with Journal(folder) as journal:
        journal.save(a_record(a_status([], []), {}))
        assert journal.load().status.connections == {}


def test_no_secret_reaches_the_disk(folder):
    with Journal(folder) as journal:
        journal.save(a_record(), [a_transition()])
    assert b"3eb" in (folder / "journal.db").read_bytes()  # the masked key alone


def test_files_are_for_their_owner_alone(journal, folder):
    journal.save(a_record())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


# --- transitions


def test_history_is_newest_first_and_can_be_narrowed(journal):
    first = a_transition(at=NOW)
    second = a_transition("eth-grid", at=NOW + timedelta(minutes=1), lasted=None)
    third = a_transition(at=NOW + timedelta(minutes=2), after="Enabled")
    journal.save(a_record(), [first, second])
    journal.save(a_record(), [third])
    assert journal.history() == [third, second, first]
    assert journal.history("btc-grid") == [third, first]
    assert journal.history(limit=1) == [third]
    assert journal.history(before=third.at) == [second, first]
    assert journal.history("none") == []
    assert journal.history(limit=-1) == []


@pytest.mark.parametrize(
    ("given", "index"),
    [
        ({}, ""),
        ({"kind": "key"}, "transitions_by_kind"),
        ({"name": "btc-grid"}, "transitions_by_name"),
    ],
)
def test_history_of_few_is_found_without_reading_all(journal, folder, given, index):
    plans = []
    seen = journal._connection  # noqa: SLF001 # how SQLite looks for it
    seen.set_trace_callback(plans.append)
    journal.history(**given)
    seen.set_trace_callback(None)
    ((*_, plan), *_) = sql(folder, f"EXPLAIN QUERY PLAN {plans[-1]}")
    assert index in plan
    assert "TEMP B-TREE" not in plan


def test_history_keeps_the_newest(journal, monkeypatch):
    monkeypatch.setattr(store, "MAX_ROWS", 3)
    for minute in range(5):
        journal.save(a_record(), [a_transition(at=NOW + timedelta(minutes=minute))])
    assert [t.at.minute for t in journal.history()] == [4, 3, 2]


def test_history_forgets_what_is_older_than_the_retention(folder):
    with Journal(folder, retention=timedelta(days=400)) as journal:
        journal.save(a_record(), [a_transition(at=NOW - timedelta(days=401))])
        journal.save(a_record(), [a_transition(at=NOW)])
        assert [t.at for t in journal.history()] == [NOW]
    with Journal(folder) as journal:  # a verb beside a daemon that keeps more
        journal.save(a_record(), [a_transition(at=NOW + timedelta(days=401))])
        assert len(journal.history()) == 2


def test_a_transition_of_another_format_is_left_out_of_history(journal, folder):
    journal.save(a_record(), [a_transition(), a_transition("other")])
    sql(folder, "UPDATE transitions SET json = '[{}]' WHERE name = 'other'")
    assert [t.name for t in journal.history()] == ["btc-grid"]


# --- halt, release, pepper


def test_a_halt_is_kept_and_lifted_while_no_daemon_runs(folder):
    halted = Halted("exchange incident", "ada", NOW)
    with Journal(folder) as journal:
        journal.save(a_record())
        journal.halt(halted)
        assert journal.load().status.halted == halted
        journal.halt(None)
        assert journal.load() == a_record()


def test_a_halt_without_a_daemon_is_in_the_history(journal):
    event = halt_event(a_status(), Halted("fire", "ada"), NOW)
    journal.halt(Halted("fire", "ada"), event)
    assert journal.history() == [event]


def test_what_is_as_by_default_is_left_out_so_that_an_older_version_reads_it(journal, folder):
    journal.save(a_record(), [a_transition(lasted=None)])
    ((text,),) = sql(folder, "SELECT json FROM transitions")
    assert {"by", "lasted"}.isdisjoint(json.loads(text)[0])
    assert journal.history() == [a_transition(lasted=None)]


def test_what_is_known_of_a_key_is_loaded_by_the_next_process(journal, folder):
    key = KeyFacts(frozenset({Scope.SPOT}), frozenset({Scope.WITHDRAW}), ("novelty",), ips=("::1",))
    known = known_key(None, replace(key, created_at=NOW), "digest", "kucoin/live")
    status = a_status([a_connection(known=known)])
    journal.save(a_record(status))
    with Journal(folder, readonly=True) as reader:
        assert reader.load().status == status


def test_a_halt_set_between_two_saves_is_seen_by_the_second(journal):
    journal.save(a_record())
    journal.halt(Halted("fire", "ada"))
    journal.save(a_record())
    assert journal.load().status.halted is None


def test_a_halt_that_cannot_be_read_still_halts(journal, folder):
    journal.save(a_record())
    journal.halt(Halted("fire", "ada"))
    sql(folder, "UPDATE meta SET value = 'gibberish' WHERE key = 'halted'")
    assert journal.load().status.halted == store.UNREADABLE_HALT


def test_release_lets_a_waiting_strategy_run_again(journal):
    waiting = a_strategy(memory=a_memory(on=False, latched=True))
    journal.save(a_record(a_status(strategies=[waiting, a_strategy("other")])))
    assert journal.release("btc-grid")
    memory = journal.load().status.strategies["btc-grid"].memory
    assert memory == a_memory(on=False, latched=False)
    assert not journal.release("btc-grid")
    assert not journal.release("other")
    assert not journal.release("none")


def test_release_finds_no_strategy_that_is_not_remembered(journal):
    journal.save(a_record(a_status(strategies=[a_strategy(memory=None)])))
    assert not journal.release("btc-grid")


def test_the_pepper_is_random_and_made_once(folder, tmp_path):
    with Journal(folder) as journal, Journal(tmp_path / "other") as other:
        pepper = journal.pepper()
        assert len(pepper) == 32
        assert pepper != other.pepper()
        with Journal(folder, readonly=True) as reader:
            assert reader.pepper() == pepper
    with Journal(folder) as journal:
        assert journal.pepper() == pepper


@pytest.mark.parametrize("garbage", ["no hex", "", "abcd", "00" * 31])
def test_a_pepper_that_is_garbage_is_told(folder, garbage):
    with Journal(folder) as journal:
        journal.pepper()
        sql(folder, "UPDATE meta SET value = ? WHERE key = 'pepper'", garbage)
        with pytest.raises(JournalError, match="pepper of the journal is damaged"):
            journal.pepper()


def test_what_is_about_to_be_turned_on_is_remembered_as_on(folder):
    off, on = (
        a_strategy("off", memory=a_memory(on=False)),
        a_strategy("on", memory=a_memory(on=True)),
    )
    unknown = a_strategy("unknown", memory=None)
    saved = a_record(a_status(strategies=[off, on, unknown]))
    with Journal(folder) as journal:
        journal.save(saved)
        journal.intend(dict.fromkeys(["off", "on", "unknown", "none"], LOCAL))
    with Journal(folder) as journal:
        found = journal.load().status.strategies
        assert found["off"].memory == a_memory(on=True)
        assert (found["on"], found["unknown"]) == (on, unknown)
        there = FileRuntime(name="there", type="file")
        journal.intend({"off": LOCAL, "on": there})
        journal.intend({"on": there})
    with Journal(folder) as journal:
        assert journal.load().status.strategies["on"].memory.also == (there,)
        journal.save(saved)  # it was not turned on after all
        assert journal.load() == saved


# --- who may open it


def test_two_daemons_cannot_share_a_state_folder(folder):
    words = "another bf-reconciler uses the state folder"
    with Journal(folder), pytest.raises(JournalError, match=words):
        Journal(folder)
    Journal(folder).close()


def test_a_file_system_without_locks_is_told_as_that(folder, monkeypatch):
    def unsupported(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(database.fcntl, "flock", unsupported)
    with pytest.raises(
        JournalError, match=f"state folder cannot be used: {os.strerror(errno.ENOLCK)}"
    ):
        Journal(folder)


def test_a_reader_looks_on_while_a_daemon_writes(journal, folder):
    journal.save(a_record(), [a_transition()])
    with Journal(folder, readonly=True) as reader:
        assert reader.load() == a_record()
        assert reader.history() == [a_transition()]
        journal.save(a_record(a_status(generation=4)))
        assert reader.load().status.generation == 4
        with pytest.raises(JournalError, match="readonly"):
            reader.halt(None)
        with pytest.raises(JournalError, match="no pepper yet"):
            reader.pepper()


def test_a_reader_finds_no_journal_where_there_is_none(folder):
    with pytest.raises(JournalError, match="there is no journal in"):
        Journal(folder, readonly=True)
    assert not folder.exists()


def test_a_reader_refuses_a_journal_without_a_schema(folder):
    folder.mkdir()
    sqlite3.connect(folder / "journal.db").close()
    (folder / "journal.db").touch()
    with pytest.raises(JournalError, match="made by an older version"):
        Journal(folder, readonly=True)


@pytest.mark.parametrize("readonly", [True, False])
def test_a_newer_schema_is_refused_and_left_alone(folder, readonly):
    with Journal(folder) as journal:
        journal.save(a_record())
    sql(folder, f"PRAGMA user_version = {len(database.MIGRATIONS) + 1}")
    with pytest.raises(JournalError, match="install the newer version"):
        Journal(folder, readonly=readonly)
    assert sorted(p.name for p in folder.glob("*corrupt*")) == []
    assert len(sql(folder, "SELECT * FROM entries")) == 3


def test_a_migration_that_fails_leaves_the_version_before_it(folder, monkeypatch):
    Journal(folder).close()
    broken = (*database.MIGRATIONS, "CREATE TABLE more (x); CREATE NONSENSE")
    monkeypatch.setattr(database, "MIGRATIONS", broken)
    with pytest.raises(JournalError, match="syntax error"):
        Journal(folder)
    monkeypatch.undo()
    with Journal(folder) as journal:
        assert journal.load() == Record(Status(), {})
    assert sql(folder, "SELECT name FROM sqlite_master WHERE name = 'more'") == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="the state folder cannot be used: Not a directory"):
        Journal(tmp_path / "file" / "state")


def test_a_full_disk_loses_the_save_and_keeps_the_last(journal, folder):
    journal.save(a_record())
    pages = sql(folder, "PRAGMA page_count")[0][0]
    with journal._using() as connection:  # noqa: SLF001 # the limit is of this connection alone
        connection.execute(f"PRAGMA max_page_count = {pages}")
    crowd = a_status([a_connection(f"c{n}", account="x" * 500) for n in range(50)])
    with pytest.raises(JournalError, match="full"):
        journal.save(a_record(crowd))
    assert journal.load() == a_record()
    with journal._using() as connection:  # noqa: SLF001 # as above
        connection.execute("PRAGMA max_page_count = 1000000")
    journal.save(a_record(crowd))
    assert journal.load() == a_record(crowd)


# --- damage


def test_a_file_that_is_no_database_is_set_aside(folder, caplog):
    folder.mkdir()
    (folder / "journal.db").write_bytes(b"not a database at all" * 100)
    with Journal(folder) as journal:
        journal.save(a_record())
        assert journal.load() == a_record()
    (aside,) = folder.glob("journal.db.corrupt-*")
    assert aside.read_bytes().startswith(b"not a database")
    (said,) = caplog.records
    assert (said.message, said.levelno) == ("journal damaged, started a new one", logging.ERROR)
    assert (said.kept_as, said.halt) == (str(aside), "as the file beside it says")


def damage(folder, status):
    with Journal(folder) as journal:
        journal.save(a_record(status))
    size = (folder / "journal.db").stat().st_size
    with (folder / "journal.db").open("r+b") as file:
        for page in range(12, size // 4096 - 2, 2):
            file.seek(page * 4096)
            file.write(b"\xde\xad" * 2048)


def test_a_schema_of_spoilt_bytes_is_damage_too(folder):
    with Journal(folder) as journal:
        journal.save(a_record())
    file = folder / "journal.db"
    file.write_bytes(file.read_bytes().replace(b"CREATE TABLE meta", b"CREA\xe7E TABLE meta"))
    reader = Journal(folder, readonly=True)
    with reader, pytest.raises(JournalError, match="the journal cannot be used"):
        reader.load()
    with Journal(folder) as journal:
        journal.save(a_record())
        assert journal.load() == a_record()
    assert list(folder.glob("journal.db.corrupt-*"))


@pytest.fixture
def crowd():
    return a_status([a_connection(f"c{n}") for n in range(200)], halted=Halted("fire", "ada"))


@pytest.mark.parametrize(("halted", "said"), [(Halted("fire", "ada"), "kept"), (None, "none")])
def test_a_damaged_table_is_found_and_the_halt_saved(folder, crowd, caplog, halted, said):
    damage(folder, replace(crowd, halted=halted))
    with Journal(folder) as journal:
        record = journal.load()
    assert record.status.halted == halted
    assert [line.halt for line in caplog.records] == [said]
    assert record.status.connections == {}
    assert list(folder.glob("journal.db.corrupt-*"))


def test_the_side_files_of_a_damaged_journal_go_with_it(folder, crowd):
    damage(folder, crowd)
    reader = sqlite3.connect(folder / "journal.db")  # keeps SQLite from tidying up
    try:
        reader.execute("SELECT * FROM meta").fetchall()
        with Journal(folder) as journal:
            journal.save(a_record())
            assert journal.load() == a_record()
    finally:
        reader.close()
    assert len(list(folder.glob("journal.db.corrupt-*-wal"))) == 1


def test_a_reader_tells_of_damage_and_touches_nothing(folder):
    folder.mkdir()
    (folder / "journal.db").write_bytes(b"x" * 8192)
    with pytest.raises(JournalError, match="not a database"):
        Journal(folder, readonly=True)
    assert [path.name for path in folder.iterdir()] == ["journal.db"]


def test_rows_of_another_format_are_left_out_and_it_says_so(folder, caplog):
    with Journal(folder) as journal:
        journal.save(a_record(a_status([a_connection("one"), a_connection("two")])))
        sql(folder, "UPDATE entries SET json = '[{\"name\": \"one\"}]' WHERE name = 'one'")
        sql(folder, "INSERT INTO entries VALUES ('future', 'thing', '{}')")
        sql(folder, "UPDATE meta SET value = '[]' WHERE key = 'status'")
    with Journal(folder) as journal:
        record = journal.load()
        assert list(record.status.connections) == ["two"]
        assert record.status.generation == 0
        said = {(r.message, r.kind, r.name_of) for r in caplog.records}
        assert said == {
            ("journal row left out", "connection", "one"),
            ("journal row left out", "future", "thing"),
            ("journal row left out", "meta", "status"),
        }
        journal.save(record)
        assert len(sql(folder, "SELECT * FROM entries")) == 3  # two, btc-grid, its probe_counts
        assert journal.load() == record


def test_rows_with_spoilt_bytes_are_left_out_and_a_spoilt_halt_halts(folder, caplog):
    transitions = [a_transition("one"), a_transition("two")]
    entries = [a_connection("one"), a_connection("two")]
    with Journal(folder) as journal:
        journal.save(a_record(a_status(entries, halted=Halted("fire", "ada"))), transitions)
    spoilt = b'[{"n\xc3('  # half a character, and a brace that is never closed
    sql(folder, "UPDATE entries SET json = CAST(? AS TEXT) WHERE name = 'one'", spoilt)
    sql(folder, "UPDATE transitions SET json = CAST(? AS TEXT) WHERE name = 'one'", spoilt)
    sql(folder, "UPDATE meta SET value = CAST(? AS TEXT) WHERE key = 'halted'", spoilt)
    with Journal(folder) as journal:
        record = journal.load()
        assert list(record.status.connections) == ["two"]
        assert record.status.halted == store.UNREADABLE_HALT
        assert [t.name for t in journal.history()] == ["two"]
        journal.save(record)
        assert journal.load() == record
    assert {(r.message, r.name_of) for r in caplog.records} == {("journal row left out", "one")}


def test_half_a_character_from_an_exchange_is_replaced(journal):
    facts = KeyFacts(frozenset(), frozenset(), unknown_words=("a\ud800b",))
    journal.save(a_record(seen={"c": a_seen(key=facts)}))
    key = journal.load().seen["c"].latest.key
    assert key.unknown_words == ("a?b",)


def test_an_answer_is_never_read_as_another_kind_of_answer(journal):
    failure = Failure(Reason.TIMEOUT, "m")
    seen = {"a": a_seen(orders=failure), "b": a_seen(orders=Orders()), "c": a_seen(orders=None)}
    journal.save(a_record(seen=seen))
    assert journal.load().seen == seen


def test_many_threads_may_use_one_journal(journal):
    def work(number):
        for step in range(10):
            journal.save(a_record(a_status(generation=number * 100 + step)), [a_transition()])
            journal.history()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(journal.history()) == 40
    assert journal.load().status.generation % 100 == 9


# --- round trips

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
MOMENT = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 # hypothesis adds the zone
    datetime(2999, 1, 1),  # noqa: DTZ001 # likewise
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=3)), timezone(-timedelta(hours=7))]),
)
FLOAT = st.floats(allow_nan=False)
WORDS = st.lists(TEXT, max_size=3).map(tuple)


def some(strategy):
    return st.none() | strategy


def of(kind, **fields):
    """Hypothesis fills the fields that are not named here, from their types."""
    return st.builds(kind, **fields)


HALTED = of(Halted, reason=TEXT, by=TEXT, since=some(MOMENT))
CONDITIONS = st.lists(of(Condition, message=TEXT, since=MOMENT), min_size=1, max_size=3).map(tuple)
KEY = of(
    Key,
    scopes=some(WORDS),
    denied=WORDS,
    unknown_words=WORDS,
    ip_bound=some(st.booleans()),
    expires_at=some(MOMENT),
    created_at=some(MOMENT),
)
CONNECTION = of(
    ConnectionStatus,
    **dict.fromkeys(("name", "exchange", "account", "environment", "api_key", "origin"), TEXT),
    conditions=CONDITIONS,
    key=KEY,
    labels=st.dictionaries(TEXT, TEXT, max_size=2),
    **dict.fromkeys(("last_probe", "last_success", "next_probe"), some(MOMENT)),
    **dict.fromkeys(("latency_seconds", "clock_skew_seconds"), some(FLOAT)),
)
MEMORY = of(
    StrategyMemory,
    on=some(st.booleans()),
    runtime=st.just(a_memory().runtime),
    latched=st.booleans(),
    unknown_since=some(MOMENT),
    connection=TEXT,
)
STRATEGY = of(
    StrategyStatus,
    **dict.fromkeys(("name", "connection", "runtime", "origin"), TEXT),
    conditions=CONDITIONS,
    memory=some(MEMORY),
)
PROBLEMS = st.lists(of(Problem, path=TEXT, message=TEXT), max_size=2).map(tuple)
CONFIG = of(
    ConfigStatus,
    last_reload_success=some(MOMENT),
    problems=PROBLEMS,
    reason=some(st.sampled_from(ConfigReason)),
    message=TEXT,
    plaintext_secrets=st.integers(0, 9),
    path=TEXT,
)
STATUS = of(
    Status,
    generation=st.integers(0, 10**9),
    revision=TEXT,
    digest=TEXT,
    halted=some(HALTED),
    file_halt=some(HALTED),
    config=CONFIG,
)
FAILURE = of(
    Failure,
    message=TEXT,
    http_status=some(st.integers(100, 599)),
    code=some(TEXT),
    retry_after=some(FLOAT),
    client_ip=some(TEXT),
)
FACTS = of(
    KeyFacts,
    unknown_words=WORDS,
    ip_bound=some(st.booleans()),
    ips=some(WORDS),
    created_at=some(MOMENT),
    expires_at=some(MOMENT),
    account=some(TEXT),
)
OBSERVATION = of(
    Observation,
    at=MOMENT,
    entry=TEXT,
    time=FAILURE | of(Clock, skew=FLOAT, latency=FLOAT),
    key=some(FAILURE | FACTS),
    balance=some(FAILURE | of(Balance)),
    orders=some(FAILURE | of(Orders)),
)
RUNS = st.lists(of(Run, latest=OBSERVATION, since=MOMENT), max_size=2).map(tuple)
SEEN = of(Seen, entry=TEXT, runs=RUNS)
TRANSITION = of(
    Transition,
    at=MOMENT,
    **dict.fromkeys(("name", "before", "after", "message", "revision"), TEXT),
    lasted=some(FLOAT),
)


@pytest.mark.parametrize(
    ("form", "values"),
    [
        pytest.param(rows.CONNECTION, CONNECTION, id="connection"),
        pytest.param(rows.STRATEGY, STRATEGY, id="strategy"),
        pytest.param(rows.SEEN, SEEN, id="seen"),
        pytest.param(rows.STATUS, STATUS, id="status"),
        pytest.param(rows.TRANSITION, TRANSITION, id="transition"),
        pytest.param(rows.HALTED, HALTED, id="halted"),
    ],
)
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_value_survives_the_journal(form, values, data):
    value = data.draw(values)
    again = form.read(form.write(value))
    assert again == value
    assert type(again) is type(value)


def test_every_field_of_an_observation_survives_the_journal():
    observation = fakes.an_observation()
    again = rows.SEEN.read(rows.SEEN.write(a_seen()))
    assert again.latest == observation
    assert isinstance(again.latest, Observation)
    assert isinstance(again.latest.key.granted, frozenset)


# --- kill -9

WRITER = textwrap.dedent(
    """
    import sys
    from datetime import timedelta
    from pathlib import Path
    from edges.fakes import *
    from bf_reconciler.journal import Journal

    journal = Journal(Path(sys.argv[1]))
    number = journal.load().status.generation
    while True:
        number += 1
        word = str(number)
        crowd = a_status(
            [a_connection(f"c{n}", account=word) for n in range(20)],
            [a_strategy(f"s{n}", connection=word) for n in range(20)],
            generation=number,
        )
        seen = {f"c{n}": a_seen(entry=word) for n in range(20)}
        moved = a_transition(at=NOW + timedelta(seconds=number), generation=number)
        journal.save(a_record(crowd, seen), [moved])
        print(number, flush=True)
    """
)


def test_kill_9_at_any_moment_leaves_the_last_save(folder):
    chance = random.Random(7)  # noqa: S311 # moments, no secrets
    last = 0
    for _ in range(6):
        child = subprocess.Popen(  # this interpreter, a program of this file
            [sys.executable, "-c", WRITER, str(folder)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(["tests", "src"])},
            cwd=Path(__file__).parents[2],
        )
        with child:
            for _ in range(chance.randrange(1, 12)):
                last = int(child.stdout.readline())
            threading.Event().wait(chance.uniform(0, 0.05))
            child.send_signal(signal.SIGKILL)
            printed = child.stdout.read().split()
        last = int(printed[-1]) if printed else last
        with Journal(folder) as journal:
            record = journal.load()
            newest = journal.history(limit=1)[0]
        number = record.status.generation
        assert number in {last, last + 1}
        words = {c.account for c in record.status.connections.values()}
        words |= {s.connection for s in record.status.strategies.values()}
        words |= {s.entry for s in record.seen.values()}
        assert words == {str(number)}
        assert newest.generation == number
        assert list(folder.glob("*corrupt*")) == []
        last = number


def test_rows_that_are_replaced_are_copied_to_no_disk_beside_ours(tmp_path):
    """SQLite keeps what a statement may have to put back, by default under /var/tmp."""
    memory = 2
    with Journal(tmp_path) as journal:
        assert journal._connection.execute("PRAGMA temp_store").fetchone() == (memory,)  # noqa: SLF001 # nothing else tells it
