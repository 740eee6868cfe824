"""The way in: swapped only if valid, decrypted only when it is new, last good stays in force."""

import asyncio
import gc
import threading
from dataclasses import replace

import pytest

import build
from bf_reconciler import document, reload, sops
from bf_reconciler.facts import ConfigError, ConfigReason
from bf_reconciler.reload import Reloader, secrets
from bf_reconciler.sops import SopsSettings
from bf_reconciler.source import Snapshot
from bf_reconciler.status import ConfigStatus, Status
from build import DAY, MINUTE, NOW
from document.sample import a_connection, a_file, a_strategy, sealed


class Source:
    """A file in memory; an error in place of its content is raised."""

    def __init__(self, content=b""):
        self.content, self.revision, self.reads = content, "r1", 0
        self.earlier = set()

    def read(self):
        self.reads += 1
        if isinstance(self.content, Exception):
            raise self.content
        return Snapshot(self.content, f"sha256:{hash(self.content)}", self.revision, "file.yaml")

    def last_change(self, data):
        return "commit 1a2b3c" if data == self.content else ""

    def precedes(self, first, second):
        return (first, second) in self.earlier


def a_reloader(content, before=None, *, allow_plaintext=True, settings=None):
    source = content if isinstance(content, Source) else Source(content)
    reloader = Reloader(
        source,
        settings or SopsSettings(None, {}),
        allow_plaintext=allow_plaintext,
        pepper=b"pepper",
        before=before or Status(config=ConfigStatus(last_reload_successful=False, path="f.yaml")),
    )
    return source, reloader


GOOD = a_file()
CLEAR = {"api_key": "a key", "secret": "a secret", "passphrase": "a phrase"}
PLAIN = a_file([a_connection(credentials=CLEAR)])
OTHER = a_file(strategies=[a_strategy(), a_strategy("eth-grid")])
BAD = b"version: [\n"
ISOLATED = a_file(strategies=[a_strategy(), a_strategy("eth-grid", pairs=[])])


async def test_a_good_file_is_in_force():
    _, reloader = a_reloader(GOOD)
    found = await reloader.reload(NOW)
    assert found.config.last_reload_successful
    assert (found.config.last_reload_success, found.config.reason) == (NOW, None)
    assert (found.spec.generation, found.spec.revision) == (1, "r1")
    assert found.config.path == "f.yaml"


async def test_a_bad_file_changes_nothing_but_is_told():
    source, reloader = a_reloader(GOOD)
    good = await reloader.reload(NOW)
    source.content = BAD
    found = await reloader.reload(NOW)
    assert found.spec is good.spec
    assert not found.config.last_reload_successful
    assert found.config.reason is ConfigReason.INVALID_YAML
    assert found.config.problems
    assert found.config.last_reload_success == NOW
    assert reloader.last is found


@pytest.mark.parametrize("content", [BAD, ConfigError(ConfigReason.FILE_NOT_FOUND, "it is gone")])
async def test_where_no_file_was_ever_good_nobody_is_told_that_one_is_in_force(content):
    source, reloader = a_reloader(content)
    nothing = await reloader.reload(NOW)
    assert nothing.config.message.endswith("; " + reload.NOTHING_YET)
    source.content = GOOD
    await reloader.reload(NOW)
    source.content = content
    assert reload.NOTHING_YET not in (await reloader.reload(NOW)).config.message


async def test_the_last_good_content_leaves_nothing_of_a_bad_one():
    source, reloader = a_reloader(GOOD)
    good = await reloader.reload(NOW)
    source.content, source.revision = BAD, "r2"
    await reloader.reload(NOW)
    source.content, source.revision = GOOD, "r3"
    again = await reloader.reload(NOW + MINUTE)
    assert again.config == replace(good.config, last_reload_success=NOW + MINUTE)
    assert again.spec == replace(good.spec, revision="r3")
    assert (await reloader.reload(NOW + DAY)).config == again.config


async def test_what_was_wrong_before_a_bad_file_is_no_success_after_it():
    source, reloader = a_reloader(GOOD)
    await reloader.reload(NOW)
    source.content = ISOLATED
    wrong = await reloader.reload(NOW + MINUTE)
    source.content = BAD
    await reloader.reload(NOW + MINUTE)
    source.content = ISOLATED
    assert (await reloader.reload(NOW + DAY)).config == wrong.config


async def test_a_commit_that_moved_on_while_the_file_was_read_is_not_that_of_the_file():
    source, reloader = a_reloader(GOOD)
    await reloader.reload(NOW)
    source.revision = "r2-dirty"
    assert (await reloader.reload(NOW)).spec.revision == "r1"


async def test_content_that_is_committed_after_it_was_read_gets_its_commit():
    source, reloader = a_reloader(GOOD)
    source.revision = "r1-dirty"
    assert (await reloader.reload(NOW)).spec.revision == "r1-dirty"
    source.revision = "r2"
    assert (await reloader.reload(NOW)).spec.revision == "r2"


async def test_an_entry_that_is_wrong_is_told_while_the_rest_is_in_force():
    _, reloader = a_reloader(ISOLATED)
    found = await reloader.reload(NOW)
    assert set(found.spec.strategies) == {"btc-grid"}
    assert not found.config.last_reload_successful
    (error,) = [p for p in found.config.problems if p.severity == "error"]
    assert "eth-grid" in error.path or "strategies" in error.path
    assert "all other entries are in force" in found.config.message
    assert found.config.last_reload_success is None


async def test_warnings_are_told_and_are_no_failure():
    _, reloader = a_reloader(PLAIN)
    found = await reloader.reload(NOW)
    assert found.config.last_reload_successful
    assert {p.severity for p in found.config.problems} == {"warning"}
    assert found.config.plaintext_secrets == 3


async def test_plain_text_is_refused_unless_it_is_allowed():
    _, reloader = a_reloader(PLAIN, allow_plaintext=False)
    found = await reloader.reload(NOW)
    assert (found.spec, found.config.last_reload_successful) == (None, False)
    assert found.config.reason is ConfigReason.PLAINTEXT_SECRET
    nothing_secret = a_file([], [])
    _, reloader = a_reloader(nothing_secret, allow_plaintext=False)
    assert (await reloader.reload(NOW)).config.reason is ConfigReason.NOT_ENCRYPTED


@pytest.fixture
def counted(monkeypatch):
    """Parsing counted by its calls."""
    calls, real = [], document.parse

    def parse(*args, **named):
        calls.append(args)
        return real(*args, **named)

    monkeypatch.setattr(document, "parse", parse)
    return calls


async def test_the_same_content_is_not_parsed_again(counted):
    source, reloader = a_reloader(GOOD)
    for content in (GOOD, GOOD, BAD, BAD):
        source.content = content
        await reloader.reload(NOW)
    assert len(counted) == 2
    await reloader.reload(NOW, asked=True)  # a person wants to see it tried
    assert len(counted) == 3


async def test_a_failure_that_may_pass_is_tried_again(monkeypatch):
    source, reloader = a_reloader(GOOD)
    await reloader.reload(NOW)
    calls = []

    async def fail(*_):
        calls.append(1)
        message = "the key service did not answer"
        raise ConfigError(ConfigReason.DECRYPTION_TIMEOUT, message, transient=True)

    monkeypatch.setattr(reloader, "_adopt", fail)
    source.content = OTHER
    for _ in range(3):
        found = await reloader.reload(NOW)
    assert len(calls) == 3
    assert (found.transient, found.config.reason) == (True, ConfigReason.DECRYPTION_TIMEOUT)
    assert set(found.spec.strategies) == {"btc-grid"}


async def test_a_file_that_is_gone_is_told_and_heals_when_it_is_back():
    source, reloader = a_reloader(GOOD)
    good = await reloader.reload(NOW)
    source.content = ConfigError(ConfigReason.FILE_NOT_FOUND, "there is no such file")
    found = await reloader.reload(NOW)
    assert (found.config.reason, found.spec) == (ConfigReason.FILE_NOT_FOUND, good.spec)
    source.content = GOOD
    assert (await reloader.reload(NOW)).config == good.config


async def test_a_bad_file_is_judged_anew_after_it_was_gone(counted):
    source, reloader = a_reloader(BAD)
    await reloader.reload(NOW)
    source.content = ConfigError(ConfigReason.FILE_NOT_FOUND, "there is no such file")
    await reloader.reload(NOW)
    source.content = BAD
    assert (await reloader.reload(NOW)).config.reason is ConfigReason.INVALID_YAML
    assert len(counted) == 2


async def test_a_fault_of_ours_changes_nothing_and_says_nothing_of_the_file(monkeypatch):
    source, reloader = a_reloader(GOOD)
    good = await reloader.reload(NOW)

    def broken(*_, **__):
        raise ZeroDivisionError("SENTINEL")

    source.content = OTHER
    with monkeypatch.context() as patched:
        patched.setattr(document, "parse", broken)
        found = await reloader.reload(NOW)
    assert (found.spec, found.config.last_reload_successful) == (good.spec, False)
    assert found.config.message.startswith("unexpected error while reading the file; the log says")
    assert "ZeroDivisionError" not in found.config.message
    assert "SENTINEL" not in repr(found)
    assert set((await reloader.reload(NOW, asked=True)).spec.strategies) == {
        "btc-grid",
        "eth-grid",
    }


async def test_without_sops_an_encrypted_file_says_that_sops_is_missing():
    _, reloader = a_reloader(UNSEALED, settings=SopsSettings("/none/sops", {}))
    found = await reloader.reload(NOW)
    assert found.config.reason is ConfigReason.DECRYPTION_TOOL_MISSING
    assert found.config.message.startswith("there is no sops binary at '/none/sops'")
    assert found.transient


async def test_a_mac_mismatch_comes_with_the_commit_that_changed_the_file(monkeypatch):
    async def decrypt(*_):
        raise ConfigError(ConfigReason.INTEGRITY_CHECK_FAILED, "it was changed")

    monkeypatch.setattr(sops, "decrypt", decrypt)
    _, reloader = a_reloader(UNSEALED)
    found = await reloader.reload(NOW)
    assert found.config.problems[0].message == "it was changed (commit 1a2b3c)"


async def test_what_was_decrypted_is_what_is_parsed(monkeypatch, counted, tmp_path):
    opened = {"version": 1}

    async def decrypt(*_):
        return opened

    monkeypatch.setattr(sops, "decrypt", decrypt)
    _, reloader = a_reloader(UNSEALED, settings=SopsSettings(tmp_path / "sops", {}))
    await reloader.reload(NOW)
    assert [each[1] for each in counted] == [None, opened]


@pytest.mark.parametrize(("same", "generation"), [(True, 7), (False, 8)])
async def test_the_generation_goes_on_over_a_restart(same, generation):
    digest = f"sha256:{hash(GOOD)}" if same else "sha256:another"
    _, reloader = a_reloader(GOOD, Status(generation=7, digest=digest))
    assert (await reloader.reload(NOW)).spec.generation == generation


async def test_each_accepted_content_is_a_generation():
    source, reloader = a_reloader(GOOD)
    found = []
    for content in (GOOD, OTHER, BAD, OTHER, GOOD):
        source.content = content
        found.append((await reloader.reload(NOW)).spec.generation)
    assert found == [1, 2, 2, 2, 3]


async def test_the_secrets_of_a_file_are_told_to_the_redaction_of_logs():
    proxy = "http://user:hidden@127.0.0.1:1"
    _, reloader = a_reloader(a_file([a_connection(proxy=proxy)]))
    spec = (await reloader.reload(NOW)).spec
    credentials = spec.connections["kucoin-main-grid"].connection.credentials
    assert set(secrets(spec)) == {
        credentials.api_key.get_secret_value(),
        credentials.secret.get_secret_value(),
        credentials.passphrase.get_secret_value(),
        proxy,
        "hidden",
    }


async def test_the_secrets_of_runtimes_are_told_to_it_too():
    engine = {"name": "ft", "type": "freqtrade", "url": "http://127.0.0.1:1", "username": "bf"}
    text = a_file([], [], runtimes=[engine | {"password": "a-long-password"}])
    _, reloader = a_reloader(text)
    assert list(secrets((await reloader.reload(NOW)).spec)) == ["a-long-password"]


KEYS = {"connections": [{"credentials": {"api_key": "k", "secret": "s", "passphrase": "p"}}]}
BLOCK = {"sops": {"mac": sealed()}}
UNSEALED = a_file(**BLOCK)
SEALED = a_file(seal=sealed(), **BLOCK)
RESEALED = a_file(strategies=[a_strategy(enabled=False)], seal=sealed(), **BLOCK)


def an_opener(monkeypatch):
    """What sops gives, without sops: each content with the seal that belongs to it."""

    async def decrypt(committed, _):
        decrypted = {**KEYS, "seal": ""}
        return {**decrypted, "seal": document.parse(committed, decrypted).digest}

    monkeypatch.setattr(sops, "decrypt", decrypt)


async def test_what_was_sealed_once_must_stay_sealed(monkeypatch):
    an_opener(monkeypatch)
    settings = SopsSettings("sops", {})
    source, reloader = a_reloader(UNSEALED, settings=settings)
    found = await reloader.reload(NOW)
    assert (found.config.last_reload_successful, found.config.sealed) == (True, False)
    source.content = SEALED
    assert (await reloader.reload(NOW)).config.sealed
    source.content = UNSEALED
    found = await reloader.reload(NOW)
    assert found.config.reason is ConfigReason.NOT_SEALED
    assert (found.spec.generation, found.config.sealed) == (2, True)
    source.content = RESEALED
    found = await reloader.reload(NOW)
    assert (found.spec.generation, found.config.last_reload_successful) == (3, True)


async def test_a_restart_remembers_that_the_file_was_sealed(monkeypatch):
    an_opener(monkeypatch)
    before = Status(config=ConfigStatus(last_reload_successful=True, sealed=True))
    for content in (UNSEALED, GOOD):
        _, reloader = a_reloader(content, before, settings=SopsSettings("sops", {}))
        found = await reloader.reload(NOW)
        assert (found.spec, found.config.reason) == (None, ConfigReason.NOT_SEALED)
        assert found.config.sealed


async def test_a_seal_over_other_content_changes_nothing(monkeypatch):
    async def decrypt(*_):
        return {**KEYS, "seal": "sha256:other"}

    monkeypatch.setattr(sops, "decrypt", decrypt)
    source, reloader = a_reloader(UNSEALED, settings=SopsSettings("sops", {}))
    good = await reloader.reload(NOW)
    source.content = SEALED
    found = await reloader.reload(NOW)
    assert found.spec is good.spec
    assert (found.config.reason, found.config.sealed) == (ConfigReason.SEAL_MISMATCH, False)


def written_at(moment, **changes):
    return a_file(**changes, seal=sealed(), sops={"mac": sealed(), "lastmodified": moment})


EARLIER = written_at("2026-01-01T00:00:00Z")
LATER = written_at("2026-01-02T00:00:00Z", strategies=[a_strategy(enabled=False)])
LATEST = written_at("2026-01-03T00:00:00Z", strategies=[])


async def test_an_older_version_is_followed_and_told(monkeypatch):
    an_opener(monkeypatch)
    source, reloader = a_reloader(LATER, settings=SopsSettings("sops", {}))
    assert not (await reloader.reload(NOW)).rolled_back
    assert not (await reloader.reload(NOW)).rolled_back
    source.content = EARLIER
    found = await reloader.reload(NOW)
    assert found.rolled_back
    assert (found.spec.generation, found.config.last_reload_successful) == (2, True)
    assert not (await reloader.reload(NOW)).rolled_back
    source.content = LATEST
    assert not (await reloader.reload(NOW)).rolled_back


async def test_an_older_version_is_told_after_a_restart_too(monkeypatch):
    an_opener(monkeypatch)
    _, first = a_reloader(LATER, settings=SopsSettings("sops", {}))
    found = await first.reload(NOW)
    before = Status(config=found.config, digest=found.spec.digest, revision="r1")
    for content, told in ((LATER, False), (EARLIER, True), (LATEST, False)):
        _, again = a_reloader(content, before, settings=SopsSettings("sops", {}))
        assert (await again.reload(NOW)).rolled_back is told


async def test_a_commit_that_came_before_the_one_in_force_is_told():
    source, reloader = a_reloader(GOOD)
    source.revision, source.earlier = "r2", {("r1", "r2")}
    await reloader.reload(NOW)
    source.content, source.revision = OTHER, "r1"
    assert (await reloader.reload(NOW)).rolled_back
    source.content, source.revision = GOOD, "r2"
    assert not (await reloader.reload(NOW)).rolled_back


@pytest.mark.parametrize("moment", ["yesterday", "2026-01-01", None, 5])
async def test_a_moment_that_says_nothing_tells_of_no_rollback(monkeypatch, moment):
    an_opener(monkeypatch)
    source, reloader = a_reloader(LATER, settings=SopsSettings("sops", {}))
    await reloader.reload(NOW)
    source.content = written_at(moment, strategies=[])
    found = await reloader.reload(NOW)
    assert (found.rolled_back, found.config.last_modified) == (False, None)


# --- a file that does not answer


class Hanging(Source):
    """A file on a mount whose server has gone, until it is released."""

    def __init__(self, content):
        super().__init__(content)
        self.released = threading.Event()
        self.hangs, self.late = False, None

    def read(self):
        found = super().read()
        if self.hangs:
            self.released.wait()
        if self.late is not None:
            raise self.late
        return found


@pytest.fixture
async def hanging():  # async: the loop waits for its threads before other fixtures end
    source = Hanging(GOOD)
    yield source
    source.released.set()


def reading():
    """What still reads."""
    return {task for task in asyncio.all_tasks() if task.get_coro().__name__ == "to_thread"}


async def test_a_file_that_does_not_answer_is_given_up_and_not_read_twice_at_once(
    hanging, monkeypatch
):
    _, reloader = a_reloader(hanging)
    good = await reloader.reload(NOW)
    assert good.spec is not None
    hanging.hangs = True
    monkeypatch.setattr(reload.base, "READ_SECONDS", 0.02)
    for _ in range(3):
        found = await reloader.reload(NOW)
        assert (found.spec, found.transient) == (good.spec, True)
        assert found.config.reason is ConfigReason.FILE_UNREADABLE
        assert "does not answer within" in found.config.message
    assert hanging.reads == 2


async def test_what_came_too_late_is_read_again(hanging, monkeypatch):
    _, reloader = a_reloader(hanging)
    hanging.hangs = True
    with monkeypatch.context() as patched:
        patched.setattr(reload.base, "READ_SECONDS", 0.02)
        assert (await reloader.reload(NOW)).config.reason is ConfigReason.FILE_UNREADABLE
    hanging.content, hanging.hangs = OTHER, False
    hanging.released.set()
    await asyncio.wait(reading())
    found = await reloader.reload(NOW)
    assert set(found.spec.strategies) == {"btc-grid", "eth-grid"}
    assert found.config.last_reload_successful


async def test_an_error_that_came_too_late_is_no_fault(hanging, monkeypatch, caplog):
    _, reloader = a_reloader(hanging)
    hanging.hangs, hanging.late = True, ConfigError(ConfigReason.FILE_NOT_FOUND, "gone")
    monkeypatch.setattr(reload.base, "READ_SECONDS", 0.02)
    assert (await reloader.reload(NOW)).config.reason is ConfigReason.FILE_UNREADABLE
    (late,) = reading()
    hanging.released.set()
    await asyncio.wait({late})
    del late
    gc.collect()
    assert caplog.records == []  # asyncio tells of errors that nobody asked for


def test_the_password_of_a_proxy_is_a_secret_by_itself():
    proxy = "http://user:pass%2Fword-of-ours@proxy.example:3128"
    connections = [
        build.a_connection(proxy=proxy),
        build.a_connection("other", proxy="http://p.example:1"),
    ]
    spec = build.a_spec(connections)
    found = set(secrets(spec))
    assert {proxy, "pass%2Fword-of-ours", "pass/word-of-ours", "http://p.example:1"} <= found


def test_secrets_of_entries_that_are_known_are_not_given_again():
    old = build.a_spec([build.a_connection("kucoin-a-x"), build.a_connection("kucoin-b-x")])
    changed = replace(old.connections["kucoin-b-x"], line=7)
    new = replace(old, connections={**old.connections, "kucoin-b-x": changed})
    alone = replace(old, connections={"kucoin-b-x": changed})
    assert list(secrets(new, old)) == list(secrets(alone))
    assert list(secrets(old, old)) == []
