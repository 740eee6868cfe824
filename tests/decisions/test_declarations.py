"""Who declared what: once for each revision that says something else."""

from dataclasses import replace
from datetime import UTC, datetime

from bf_reconciler.journal import Journal, rows
from bf_reconciler.reload import Reload
from bf_reconciler.source import Snapshot
from bf_reconciler.spec import Commit, Elsewhere, Grant
from bf_reconciler.status import (
    POLICY,
    Commits,
    ConfigStatus,
    Record,
    Status,
    declarations,
    declared,
    rules_of,
)
from build import CONNECTION, NOW, a_connection, a_spec
from decisions.test_judgements import as_filed
from test_reconcile import House

ADA = Commit("Ada <ada@example.org>", datetime(2026, 3, 1, tzinfo=UTC), "ada@example.org")


def told(before, spec, commit=None):
    found = declarations(before, declared(spec), spec, Commits(commit), NOW)
    return [(d.name, d.change) for d in found]


def test_the_first_revision_declares_everything():
    spec = as_filed(a_spec(policy={"ip_allowlist": "ignored"}))
    policy, connection = declarations({}, declared(spec), spec, Commits(ADA), NOW)
    assert (policy.name, policy.declared) == (POLICY, {"ip_allowlist": "ignored"})
    assert (connection.name, connection.change) == (CONNECTION, "added")
    assert connection.declared == {"name": CONNECTION, "exchange": "kucoin"}
    assert (connection.author, connection.signer) == (ADA.author, ADA.signer)
    assert (connection.committed_at, connection.revision) == (ADA.at, "r1")
    assert rows.DECLARATION.read(rows.DECLARATION.write(connection)) == connection


def test_what_a_revision_leaves_as_it_is_is_not_told_again():
    spec = as_filed(a_spec())
    before = declared(spec)
    assert told(before, spec) == []
    other = a_connection(credentials=spec.connections[CONNECTION].connection.credentials)
    entry = replace(other, declared=spec.connections[CONNECTION].declared)
    assert told(before, replace(spec, connections={CONNECTION: entry})) == []


def test_a_change_of_a_field_or_of_the_key_is_told():
    spec = as_filed(a_spec())
    entry = spec.connections[CONNECTION]
    before = declared(spec)
    wider = replace(entry, declared={**entry.declared, "ip_allowlist": "ignored"})
    assert told(before, replace(spec, connections={CONNECTION: wider})) == [(CONNECTION, "changed")]
    rotated = replace(entry, credentials_fingerprint="another")
    assert told(before, replace(spec, connections={CONNECTION: rotated})) == [
        (CONNECTION, "changed")
    ]
    policy = as_filed(a_spec(policy={"excess_permissions": "ignore"}))
    assert told(before, policy) == [(POLICY, "changed")]


def test_an_entry_that_left_is_told_without_an_author_where_none_is_known():
    before = declared(as_filed(a_spec()))
    empty = a_spec([])
    (gone,) = declarations(before, declared(empty), empty, Commits(), NOW)
    assert (gone.name, gone.change, gone.author, gone.declared) == (CONNECTION, "removed", "", {})


def test_an_entry_that_another_shard_looks_after_did_not_leave_the_file():
    before = declared(as_filed(a_spec()))
    moved = a_spec([], elsewhere=Elsewhere(frozenset({CONNECTION})))
    assert told(before, moved) == [(CONNECTION, "elsewhere")]


def test_of_a_folder_each_entry_is_of_who_made_its_file():
    spec = as_filed(a_spec())
    entry = replace(spec.connections[CONNECTION], file="a.yaml")
    spec = replace(spec, connections={CONNECTION: entry}, base="base.yaml")
    bob = Commit("bob", NOW, "ops", "c0ffee", "bob@example.org")
    commits = Commits().with_files(ADA, {"a.yaml": bob, "base.yaml": None})
    policy, connection = declarations({}, declared(spec), spec, commits, NOW)
    assert (policy.author, policy.file) == (ADA.author, "base.yaml")
    assert (connection.author, connection.file, connection.commit) == ("bob", "a.yaml", "c0ffee")
    assert (connection.signer, connection.signed_by) == ("ops", "bob@example.org")
    before = declared(spec)
    moved = replace(spec, connections={CONNECTION: replace(entry, file="b.yaml")})
    assert told(before, moved) == []  # another place says nothing else
    empty = a_spec([])
    (gone,) = declarations(before, declared(empty), empty, commits, NOW)
    assert (gone.change, gone.author, gone.file) == ("removed", "bob", "a.yaml")
    later = commits.with_files(None, {"b.yaml": ADA})
    assert (later.of("a.yaml"), later.of("b.yaml"), later.of("c.yaml")) == (bob, ADA, None)


def test_what_other_files_may_declare_is_recorded_beside_the_policy(tmp_path):
    grant = Grant(files=("a.yaml",), exchanges=("kucoin",))
    spec = replace(as_filed(a_spec(policy={"ip_allowlist": "ignored"})), allow=(grant,))
    policy, _ = list(declarations({}, declared(spec), spec, Commits(), NOW))
    told = {"files": ["a.yaml"], "exchanges": ["kucoin"]}
    assert policy.declared == {"ip_allowlist": "ignored", "allow": [told]}
    assert rules_of(policy.declared) == ({"ip_allowlist": "ignored"}, [told])
    with Journal(tmp_path) as journal:
        journal.save(Record(Status(), {}), [policy])
        status = journal.load().status
        assert (status.policy, status.allow) == ({"ip_allowlist": "ignored"}, (told,))
        journal.save(Record(status, {}), [replace(policy, declared={})])
        assert journal.load().status == replace(status, policy={}, allow=None)


async def test_a_turn_records_who_declared_what_it_begins_to_use():
    spec = as_filed(a_spec())
    house = House(spec=spec)
    adopted = Snapshot(b"", "sha256:1", "r1", "file.yaml", ADA)
    house.cycle.take(Reload(spec, ConfigStatus(last_reload_successful=True), adopted=adopted))
    house.cycle.take(Reload(spec, ConfigStatus(last_reload_successful=True)))  # read once more
    await house.turn(3)
    found = house.journal.declared
    assert [(each.name, each.author) for each in found] == [
        (POLICY, ADA.author),
        (CONNECTION, ADA.author),
    ]
    house.journal.record = replace(house.journal.record, declared=declared(spec))
    house.start(spec)  # a restart declares nothing anew
    await house.turn(3)
    assert len(house.journal.declared) == 2


def test_a_journal_knows_what_was_declared_last(tmp_path):
    spec = as_filed(a_spec())
    with Journal(tmp_path) as journal:
        made = list(declarations({}, declared(spec), spec, Commits(ADA), NOW))
        journal.save(Record(Status(), {}), made)
        found = journal.load().declared
        assert found == declared(spec)
        empty = a_spec([])
        gone = declarations(found, declared(empty), empty, Commits(), NOW)
        journal.save(Record(Status(), {}), list(gone))
        assert set(journal.load().declared) == {POLICY}
