"""A folder on its way in: each file by itself, only what changed; a bad one holds up no other."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from bf_reconciler import document, sops
from bf_reconciler.facts import ConfigError, ConfigReason
from bf_reconciler.reload import NOTHING_YET, FolderReloader, folder
from bf_reconciler.sops import SopsSettings
from bf_reconciler.source import Content, FolderSnapshot
from bf_reconciler.spec import Commit
from bf_reconciler.status import ConfigStatus, Status
from build import MINUTE, NOW
from document.sample import a_connection, a_file, a_strategy, many, sealed

BASE = a_file([], [], policy={"grace": "9m"})
BAD = b"version: [\n"
A, B = "teams/a.yaml", "teams/b.yaml"
SOPS = {"sops": {"mac": sealed(), "lastmodified": "2026-11-01T00:00:00Z", "version": "3.9.0"}}


def a_team(name, **changes):
    name = f"kucoin-{name}-x"
    return a_file([a_connection(name)], [a_strategy(f"btc-{name}", name, **changes)])


def a_content(data):
    digest = "sha256:" + sha256(data).hexdigest()
    return Content(data, digest, len(data), 0, 0.0, "")


class Folder:
    """A folder in memory; a fault in place of a content is one of that file, or of all."""

    def __init__(self, files):
        self.files, self.revision, self.earlier = dict(files), "r1", set()
        self.fault, self.asked, self.unknown = None, [], set()

    def read_folder(self):
        if self.fault is not None:
            raise self.fault
        faults = {n: f for n, f in self.files.items() if isinstance(f, ConfigError)}
        contents = {n: a_content(self.files[n]) for n in sorted(self.files.keys() - faults)}
        digest = str({n: c.digest for n, c in contents.items()})
        return FolderSnapshot(contents, faults, digest, self.revision, "keys")

    def last_change_of(self, name, content):
        return f"commit of {name}" if content.data else ""

    def commits_of(self, files, revision):
        self.asked.append((sorted(files), revision))
        return {n: Commit(f"who made {n}") for n in files if n not in self.unknown}

    def precedes(self, first, second):
        return (first, second) in self.earlier


def a_reloader(files, before=None, *, allow_plaintext=True, kept=None):
    source = files if isinstance(files, Folder) else Folder(files)

    async def earlier():
        return kept

    reloader = FolderReloader(
        source,
        SopsSettings("sops", {}),
        allow_plaintext=allow_plaintext,
        pepper=b"pepper",
        before=before or Status(config=ConfigStatus(last_reload_successful=False, path="keys")),
        **({} if kept is None else {"kept": earlier}),
    )
    return source, reloader


ALL = {"base.yaml": BASE, A: a_team("a"), B: a_team("b")}


def by_file(reload):
    return {f.name: (f.last_reload_successful, f.reason) for f in reload.config.files}


@pytest.fixture
def read(monkeypatch):
    """The files that were read one by one."""
    names = []
    real = folder.load_document

    async def load_document(committed, *arguments, **options):
        names.append(committed)
        return await real(committed, *arguments, **options)

    monkeypatch.setattr(folder, "load_document", load_document)
    return names


async def test_good_files_are_in_force_together():
    _, reloader = a_reloader(ALL)
    found = await reloader.reload(NOW)
    assert found.config.last_reload_successful
    assert (found.config.last_reload_success, found.config.base) == (NOW, "base.yaml")
    assert set(found.spec.connections) == {"kucoin-a-x", "kucoin-b-x"}
    assert (found.spec.revision, found.spec.generation) == ("r1", 1)
    assert found.spec.policy.grace == timedelta(minutes=9)
    assert by_file(found) == dict.fromkeys(ALL, (True, None))
    assert {n: c.data for n, c in found.documents.items()} == ALL


async def test_only_what_changed_is_read_again(read):
    source, reloader = a_reloader(ALL)
    await reloader.reload(NOW)
    read.clear()
    source.files[B] = a_team("b", pairs=["ETH/USDT"])
    found = await reloader.reload(NOW)
    assert read == [source.files[B]]
    assert found.spec.strategies["btc-kucoin-b-x"].strategy.pairs == ("ETH/USDT",)
    assert found.spec.generation == 2
    read.clear()
    assert (await reloader.reload(NOW)).spec == found.spec
    assert read == []


async def test_a_bad_file_holds_up_no_other_and_its_last_good_form_stays():
    source, reloader = a_reloader(ALL)
    await reloader.reload(NOW)
    source.files |= {A: BAD, B: a_team("b", pairs=["ETH/USDT"])}
    found = await reloader.reload(NOW + MINUTE)
    assert set(found.spec.connections) == {"kucoin-a-x", "kucoin-b-x"}
    assert found.spec.connections["kucoin-a-x"].origin == "current"
    assert found.spec.strategies["btc-kucoin-b-x"].strategy.pairs == ("ETH/USDT",)
    assert not found.config.last_reload_successful
    assert found.config.reason is ConfigReason.INVALID_YAML
    assert found.config.message == f"1 problem in {A}; all other entries are in force"
    assert by_file(found)[A] == (False, ConfigReason.INVALID_YAML)
    assert by_file(found)[B] == (True, None)
    assert {p.file for p in found.config.problems} == {A}


async def test_a_bad_file_that_becomes_good_again_leaves_nothing_behind(read):
    source, reloader = a_reloader(ALL)
    good = await reloader.reload(NOW)
    source.files[A] = BAD
    bad = await reloader.reload(NOW)
    assert bad.spec.generation == 1
    source.files[A] = ALL[A]
    read.clear()
    again = await reloader.reload(NOW + MINUTE)
    assert read == []
    assert again.config.last_reload_successful
    assert (again.spec, again.config.problems) == (good.spec, good.config.problems)


async def test_bad_content_is_tried_once_unless_somebody_asks(read):
    source, reloader = a_reloader(ALL)
    source.files[A] = BAD
    await reloader.reload(NOW)
    read.clear()
    await reloader.reload(NOW)
    assert read == []
    await reloader.reload(NOW, asked=True)
    assert read == [BAD]


async def test_a_folder_that_cannot_be_read_changes_nothing():
    source, reloader = a_reloader(ALL)
    good = await reloader.reload(NOW)
    source.fault = ConfigError(ConfigReason.FILE_NOT_FOUND, "it is gone")
    gone = await reloader.reload(NOW)
    assert (gone.spec, gone.config.reason) == (good.spec, ConfigReason.FILE_NOT_FOUND)
    source.fault = None
    assert (await reloader.reload(NOW)).config.last_reload_successful


async def test_where_nothing_was_ever_good_nothing_is_in_force():
    _, reloader = a_reloader({A: BAD})
    found = await reloader.reload(NOW)
    assert found.spec is None
    assert found.config.message == f"2 problems in {A}; {NOTHING_YET}"


async def test_a_new_bad_file_is_told_and_its_names_are_wrong():
    source, reloader = a_reloader(ALL)
    await reloader.reload(NOW)
    wrong = {"api_key": "k", "secret": "s", "passphrase": "p", "other": 1}
    source.files["c.yaml"] = a_file([a_connection("kucoin-c-x", credentials=wrong)], [], policy=1)
    found = await reloader.reload(NOW)
    assert set(found.spec.connections) == {"kucoin-a-x", "kucoin-b-x"}
    assert found.spec.broken_connections == {"kucoin-c-x": "kucoin"}
    assert not by_file(found)["c.yaml"][0]


async def test_a_file_that_cannot_be_read_keeps_its_last_good_form_and_one_that_goes_does_not():
    source, reloader = a_reloader(ALL)
    await reloader.reload(NOW)
    source.files[A] = ConfigError(ConfigReason.FILE_UNREADABLE, f"{A}: no", transient=True)
    found = await reloader.reload(NOW)
    assert "kucoin-a-x" in found.spec.connections
    assert [p.message for p in found.config.problems if p.severity == "error"] == ["no"]
    assert found.transient
    del source.files[A]
    found = await reloader.reload(NOW)
    assert "kucoin-a-x" not in found.spec.connections
    assert found.config.last_reload_successful


async def test_a_folder_below_that_cannot_be_read_stands_for_its_files():
    source, reloader = a_reloader(ALL)
    await reloader.reload(NOW)
    source.files = {"base.yaml": BASE, "teams/": ConfigError(ConfigReason.FILE_UNREADABLE, "no")}
    found = await reloader.reload(NOW)
    assert set(found.spec.connections) == {"kucoin-a-x", "kucoin-b-x"}
    assert {p.file for p in found.config.problems if p.severity == "error"} == {A, B}


async def test_many_entries_that_vanish_with_their_file_are_held():
    source, reloader = a_reloader(ALL | {"many.yaml": a_file(*many(12))})
    await reloader.reload(NOW)
    del source.files["many.yaml"]
    found = await reloader.reload(NOW)
    assert len(found.spec.connections) == 14
    assert ConfigReason.MASS_REMOVAL_HELD in {p.reason for p in found.config.problems}
    assert len((await reloader.reload(NOW, asked=True)).spec.connections) == 14


async def test_a_base_that_vanishes_stays_in_force_and_no_old_file_takes_its_place():
    source, reloader = a_reloader(ALL)
    await reloader.reload(NOW)
    del source.files["base.yaml"]
    source.files[A] = a_file([a_connection("kucoin-a-x")], [], policy={"grace": "1m"})
    found = await reloader.reload(NOW)
    assert found.spec.policy.grace == timedelta(minutes=9)
    assert by_file(found)["base.yaml"] == (False, ConfigReason.MASS_REMOVAL_HELD)
    source.files["base.yaml"] = BASE
    source.files[A] = ALL[A]
    assert (await reloader.reload(NOW)).config.last_reload_successful


async def test_a_base_that_is_renamed_is_the_base_under_its_new_name():
    source, reloader = a_reloader(ALL)
    await reloader.reload(NOW)
    del source.files["base.yaml"]
    source.files["fleet.yaml"] = BASE
    found = await reloader.reload(NOW)
    assert (found.spec.base, found.config.last_reload_successful) == ("fleet.yaml", True)


async def test_after_a_restart_nobody_but_the_base_of_before_is_the_base():
    _, first = a_reloader(ALL)
    found = await first.reload(NOW)
    before = Status(config=found.config, digest=found.spec.digest, generation=7)
    rival = a_file([a_connection("kucoin-a-x")], [], policy={"grace": "1m"})
    _, reloader = a_reloader(ALL | {A: rival}, before)
    assert (await reloader.reload(NOW)).spec.policy.grace == timedelta(minutes=9)
    _, reloader = a_reloader({A: rival, B: ALL[B]}, before)
    assert (await reloader.reload(NOW)).spec is None
    kept = {"base.yaml": BASE}
    _, reloader = a_reloader({A: rival, B: ALL[B]}, before, kept=kept)
    found = await reloader.reload(NOW)
    assert found.spec.policy.grace == timedelta(minutes=9)
    assert found.config.last_good_in_force


async def test_a_restart_with_the_same_files_is_the_same_generation():
    _, first = a_reloader(ALL)
    found = await first.reload(NOW)
    before = Status(config=found.config, digest=found.spec.digest, generation=7)
    _, reloader = a_reloader(ALL, before)
    assert (await reloader.reload(NOW)).spec.generation == 7
    _, reloader = a_reloader(ALL | {A: a_team("a", pairs=["ETH/USDT"])}, before)
    assert (await reloader.reload(NOW)).spec.generation == 8


async def test_a_file_that_is_bad_after_a_restart_has_its_form_of_before():
    kept = {A: ALL[A], B: BAD, "other.yaml": BASE}
    source, reloader = a_reloader(ALL | {A: BAD, B: BAD}, kept=kept)
    found = await reloader.reload(NOW)
    assert set(found.spec.connections) == {"kucoin-a-x"}
    assert found.config.last_good_in_force
    assert by_file(found)[A] == (False, ConfigReason.INVALID_YAML)
    source.files |= ALL
    found = await reloader.reload(NOW)
    assert (found.config.last_good_in_force, found.config.last_reload_successful) == (False, True)


async def test_the_revision_moves_on_with_commits_that_change_no_file():
    source, reloader = a_reloader(ALL)
    await reloader.reload(NOW)
    source.revision = "r2-dirty"
    assert (await reloader.reload(NOW)).spec.revision == "r1"
    source.revision = "r2"
    assert (await reloader.reload(NOW)).spec.revision == "r2"
    source.revision = "r3-dirty"
    source.files[A] = BAD
    assert (await reloader.reload(NOW)).spec.revision == "r2"


async def test_an_older_commit_is_told():
    source, reloader = a_reloader(ALL)
    await reloader.reload(NOW)
    source.revision, source.earlier = "r0", {("r0", "r1")}
    source.files[A] = a_team("a", pairs=["ETH/USDT"])
    assert (await reloader.reload(NOW)).rolled_back


def an_encrypted_file(name, day=1):
    block = {"sops": {**SOPS["sops"], "lastmodified": f"2026-11-{day:02}T00:00:00Z"}}
    return a_file([a_connection(f"kucoin-{name}-x")], [], **block)


CLEAR = {"api_key": "a key", "secret": "a secret", "passphrase": "a phrase"}


def an_opener(monkeypatch, error=None):
    """Sops in memory: it opens every file, or fails."""

    async def decrypt(committed, _settings):
        for wrong, fault in (error or {}).items():
            if wrong in committed:
                raise fault
        return {"connections": [{"credentials": CLEAR}], "strategies": []}

    monkeypatch.setattr(sops, "decrypt", decrypt)


async def test_a_file_whose_key_is_missing_waits_for_it_alone(monkeypatch):
    fault = ConfigError(ConfigReason.DECRYPTION_KEY_MISSING, "no key", transient=True)
    fails = {b"kucoin-b-x": fault}
    an_opener(monkeypatch, fails)
    keys = ["1"]
    monkeypatch.setattr(sops, "fingerprint", lambda _: tuple(keys))
    files = {A: an_encrypted_file("a"), B: an_encrypted_file("b")}
    _, reloader = a_reloader(files, allow_plaintext=False)
    assert not reloader.keys_changed()
    found = await reloader.reload(NOW)
    assert found.transient
    assert set(found.spec.connections) == {"kucoin-a-x"}
    assert found.spec.broken_connections == {"kucoin-b-x": "kucoin"}
    assert not reloader.keys_changed()
    keys.append("2")
    assert reloader.keys_changed()
    fails.clear()
    found = await reloader.reload(NOW)
    assert set(found.spec.connections) == {"kucoin-a-x", "kucoin-b-x"}
    assert not found.transient


async def test_what_failed_and_may_pass_does_not_hold_up_what_is_new(monkeypatch):
    fault = ConfigError(ConfigReason.DECRYPTION_TIMEOUT, "too long", transient=True)
    an_opener(monkeypatch, {b"kucoin-b-x": fault})
    source, reloader = a_reloader(
        {A: an_encrypted_file("a"), B: an_encrypted_file("b")}, allow_plaintext=False
    )
    await reloader.reload(NOW)
    opened = []
    real = sops.decrypt

    async def decrypt(committed, settings):
        opened.append(committed)
        return await real(committed, settings)

    monkeypatch.setattr(sops, "decrypt", decrypt)
    source.files[A] = an_encrypted_file("a", 3)
    found = await reloader.reload(NOW)
    assert (opened, found.transient) == ([source.files[A]], True)
    await reloader.reload(NOW)
    assert opened[1:] == [source.files[B]]


async def test_a_file_that_is_not_encrypted_or_was_changed_by_hand_is_told(monkeypatch):
    fault = ConfigError(ConfigReason.INTEGRITY_CHECK_FAILED, "changed")
    an_opener(monkeypatch, {b"kucoin-b-x": fault})
    files = {A: an_encrypted_file("a"), B: an_encrypted_file("b"), "c.yaml": a_team("c")}
    _, reloader = a_reloader(files, allow_plaintext=False)
    found = await reloader.reload(NOW)
    assert {p.file: p.message for p in found.config.problems if p.severity == "error"} == {
        B: f"changed (commit of {B})",
        "c.yaml": "the file is not encrypted with sops",
    }


async def test_a_file_that_was_written_before_the_one_in_force_is_a_rollback(monkeypatch):
    an_opener(monkeypatch)
    source, reloader = a_reloader({A: an_encrypted_file("a", 9)}, allow_plaintext=False)
    await reloader.reload(NOW)
    source.files[A] = an_encrypted_file("a", 2)
    found = await reloader.reload(NOW)
    assert found.rolled_back
    assert found.config.last_modified == datetime(2026, 11, 2, tzinfo=UTC)


async def test_what_is_wrong_after_it_was_decrypted_is_wrong(monkeypatch):
    an_opener(monkeypatch)
    sealing = a_file([a_connection("kucoin-a-x")], [], seal=sealed(), **SOPS)

    async def decrypt(*_):
        return {"connections": [{"credentials": CLEAR}], "strategies": [], "seal": "sha256:0"}

    monkeypatch.setattr(sops, "decrypt", decrypt)
    _, reloader = a_reloader({A: sealing, B: BASE})
    found = await reloader.reload(NOW)
    assert found.config.reason is ConfigReason.SEAL_MISMATCH


async def test_what_was_sealed_once_must_stay_sealed(monkeypatch):
    an_opener(monkeypatch)
    _, first = a_reloader({A: an_encrypted_file("a")}, allow_plaintext=False)
    config = (await first.reload(NOW)).config
    files = tuple(replace(file, sealed=True) for file in config.files)
    before = Status(config=replace(config, files=files))
    _, reloader = a_reloader({A: an_encrypted_file("a")}, before, allow_plaintext=False)
    found = await reloader.reload(NOW)
    assert by_file(found)[A] == (False, ConfigReason.NOT_SEALED)


async def test_a_fault_of_ours_is_that_of_one_file(monkeypatch):
    real = folder.load_document

    async def broken(committed, *arguments, **options):
        if committed == ALL[A]:
            raise ZeroDivisionError("a secret")
        return await real(committed, *arguments, **options)

    monkeypatch.setattr(folder, "load_document", broken)
    _, reloader = a_reloader(ALL)
    found = await reloader.reload(NOW)
    assert set(found.spec.connections) == {"kucoin-b-x"}
    (message,) = [p.message for p in found.config.problems if p.severity == "error"]
    assert message.startswith("unexpected error while reading the file")


async def test_a_halt_in_the_base_does_not_wait_for_other_files(monkeypatch):
    source, reloader = a_reloader(ALL)
    await reloader.reload(NOW)
    early, opened = [], asyncio.Event()
    real = folder.load_document

    async def slow(committed, *arguments, **options):
        if b"kucoin" in committed:
            await opened.wait()
        return await real(committed, *arguments, **options)

    def halting(reload):
        early.append(reload.spec.halt)
        opened.set()

    monkeypatch.setattr(folder, "load_document", slow)
    monkeypatch.setattr(folder, "processors", lambda: 1)
    reloader.halting = halting
    source.files = {
        "base.yaml": a_file([], [], halt={"reason": "x", "by": "y"}),
        A: a_team("a", pairs=["ETH/USDT"]),
        B: a_team("b", pairs=["ETH/USDT"]),
    }
    found = await reloader.reload(NOW)
    assert [halt.reason for halt in early] == ["x"]
    assert found.spec.halt.reason == "x"
    source.files["base.yaml"] += b"\n"
    await reloader.reload(NOW)
    assert len(early) == 1


async def test_secrets_in_plain_text_are_named_by_file():
    plain = a_file([a_connection("kucoin-p-x", credentials=CLEAR)], [])
    _, reloader = a_reloader(ALL | {"p.yaml": plain})
    found = await reloader.reload(NOW)
    assert found.plaintext_files == {"p.yaml"}
    assert found.config.plaintext_secrets == 3


def test_a_document_is_itself_alone():
    one, two = (document.read_document(BASE, None) for _ in range(2))
    assert one != two


async def test_the_author_of_a_file_is_asked_once_for_each_content():
    source, reloader = a_reloader(ALL)
    first = await reloader.reload(NOW)
    assert source.asked == [(sorted(ALL), "r1")]
    assert first.commits[A].author == f"who made {A}"
    source.files[A], source.revision = a_team("a", leverage=1), "r2"
    source.unknown = {A}
    second = await reloader.reload(NOW)
    assert source.asked[1:] == [([A], "r2")]
    assert second.commits == {A: None}
    later = Status(config=second.config)
    restarted, reloader = a_reloader(source.files, later)
    await reloader.reload(NOW)
    assert restarted.asked == [([], "r1")]
