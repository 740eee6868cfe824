"""WHEN: turns, edits, readiness, health, and the loops that live through what goes wrong."""

import asyncio
import shutil
import stat
import threading
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bf_reconciler.daemon import commands
from bf_reconciler.daemon import cycle as turns
from bf_reconciler.daemon import daemon as room
from bf_reconciler.daemon.check import check
from bf_reconciler.daemon.commands import BACKLOG, Commands, _drilling
from bf_reconciler.daemon.cycle import Cycle
from bf_reconciler.daemon.daemon import Daemon, any_of, pause
from bf_reconciler.daemon.journal_writer import JournalWriter
from bf_reconciler.daemon.kept_document import KeptDocument
from bf_reconciler.daemon.lost_halt import lost_halt
from bf_reconciler.daemon.probe_counts import ProbeCounts
from bf_reconciler.daemon.start import serve
from bf_reconciler.daemon.start_error import StartError
from bf_reconciler.facts import ConfigError, ConfigReason, Drill, Reason
from bf_reconciler.journal import Journal, JournalError
from bf_reconciler.metrics import Tallies
from bf_reconciler.probe import Probed
from bf_reconciler.reconcile import PART
from bf_reconciler.reload import NOTHING_YET, Reload
from bf_reconciler.schedule import HEARTBEAT
from bf_reconciler.settings import Heartbeat, Listen, Settings
from bf_reconciler.source import Source
from bf_reconciler.spec import Names
from bf_reconciler.status import ConfigStatus, Record, Status, unconfirmed
from bf_reconciler.verdict import Halted
from bf_reconciler.web.backend import NotDurableError
from build import (
    CONNECTION,
    MINUTE,
    NOW,
    a_connection,
    a_key,
    a_spec,
    an_observation,
    refused,
)
from document.sample import a_connection as declared
from document.sample import a_file
from edges.keys import SOPS, encrypt, environment, make_age_key
from test_reconcile import Broken, Engine, House, Prober, _broken

YEAR = timedelta(days=365)
GOOD = ConfigStatus(last_reload_successful=True)
CLEAR = {"api_key": "a key", "secret": "a secret", "passphrase": "a phrase"}
PLAIN = a_file([declared(credentials=CLEAR)])
KEYED = PLAIN.decode()
ENCRYPTED = a_file()
"""Its secrets are no clear text; without the stanza of sops, they need no key here."""


class Exchanges:
    """A prober that answers as soon as it is asked, by ``script``; it can be told to wait."""

    def __init__(self, wake):
        self.wake, self.script, self.silent = wake, an_observation, False
        self.finished, self.asked, self.entries, self.soon = {}, [], {}, set()

    def probe(self, due, soon=()):
        self.soon |= set(soon)
        for entry in due:
            self.entries[entry.name] = entry
            if not self.silent:
                self.answer(entry.name)

    def answer(self, name, at=None):
        entry = self.entries[name]
        seen = replace(self.script(at or datetime.now(UTC)), entry=entry.fingerprint)
        self.finished[name] = Probed(name, seen, 0.1, (("time", "ok"),))
        self.asked.append(name)
        self.wake()

    def collect(self):
        finished, self.finished = self.finished, {}
        return tuple(finished.values())

    def markets(self, _):
        return {}

    def announced(self, _):
        return {}

    def forget(self, names):
        for name in names:
            self.finished.pop(name, None)


@pytest.fixture
async def daemon(tmp_path):
    """A daemon over simulated answers, whose file is in plain text."""
    file = tmp_path / "connections.yaml"
    file.write_bytes(PLAIN)
    settings = Settings(str(file), tmp_path / "state", allow_plaintext=True)
    wake = asyncio.Event()
    with Journal(settings.state_dir) as journal:
        made = Daemon(settings, journal, Exchanges(wake.set), {}, wake)
        made.file = file
        yield made


@pytest.fixture
def exchanges(daemon):
    return daemon.probe_counts._prober  # noqa: SLF001 # the fake that was handed in


async def running(daemon, *others):
    """The loops of a daemon, until the block ends."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(daemon.keep_turning(stop))]
    tasks += [asyncio.create_task(other) for other in others]
    return stop, tasks


async def ended(stop, tasks):
    stop.set()
    await asyncio.wait({tasks[0]}, timeout=60)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


# --- the turn


async def test_an_edit_is_carried_out_when_its_turn_could_be_taken():
    house = House()
    await house.turn(2)
    house.engine.converge = _broken
    halting = asyncio.create_task(
        house.cycle.edit(lambda status, seen: (replace(status, halted=Halted("r", "b")), seen))
    )
    await asyncio.sleep(0)
    with pytest.raises(Broken):
        await house.turn()
    assert not halting.done()
    del house.engine.converge
    await house.turn()
    await asyncio.wait_for(halting, 60)
    assert house.running is False


async def test_an_edit_whose_person_has_left_harms_nobody():
    house = House()
    leaving = asyncio.create_task(house.cycle.edit(lambda status, seen: (status, seen)))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    await house.turn()
    assert house.strategy is not None


async def test_what_changed_is_found_a_part_at_a_time(monkeypatch):
    names = [f"kucoin-{n}" for n in range(2 * PART + 1)]
    entries = [a_connection(name, fingerprint=name) for name in names]
    house = House(spec=a_spec([replace(each, line=at) for at, each in enumerate(entries)]))
    sizes, let_in = [], []
    for word in ("judgements", "key_events", "transitions"):
        found = getattr(turns, word)

        def counted(*given, found=found):
            (asked,) = (each for each in given if isinstance(each, Names))
            sizes.append(len(asked.connections))
            return found(*given)

        monkeypatch.setattr(turns, word, counted)

    async def breathe():
        let_in.append(1)

    outside = house.cycle._outside  # noqa: SLF001 # what lets others in
    monkeypatch.setattr(house.cycle, "_outside", replace(outside, breathe=breathe))
    await house.turn()
    let_in.clear()
    sizes.clear()
    await house.turn()
    assert max(sizes) <= PART
    assert sum(sizes) == 3 * len(names)
    assert len(let_in) >= len(sizes) * 2 / 3
    told = [name for name, _, _ in house.journal.told]
    assert told[-len(names) :] == names  # in the order of the file, as if they were one part


async def test_a_turn_without_a_file_says_only_how_the_file_is():
    prober, engine, saved = Prober(), Engine(), []
    journal = SimpleNamespace(keep=_nothing, save=lambda *given: _append(saved, given), later=None)
    cycle = Cycle(prober, engine, journal, Record(Status(), {}), lambda *_: None, _Wake())
    refused = ConfigStatus(last_reload_successful=False, reason=ConfigReason.INVALID_YAML)
    cycle.take(Reload(None, refused))
    assert await cycle.turn(NOW) > NOW
    assert (cycle.status.config, prober.asked, engine.orders) == (refused, [], [])


def _fail(*_):
    raise JournalError("no space is left on the disk")


async def _nothing(*_):
    pass


async def _append(into, given):
    into.append(given)


class _Wake:
    def set(self):
        pass


async def test_only_what_is_new_is_written(tmp_path):
    with Journal(tmp_path) as journal:
        save, writes = journal.save, []

        def counted(*given):
            writes.append(save(*given))
            return writes[-1]

        journal.save = counted
        writer = JournalWriter(journal, lambda: None)
        for generation in (1, 1, 2, 2):
            await writer.keep(Status(generation=generation), {})
        assert writes == [True, False, True, False]


def test_finished_probes_are_counted_as_they_are_collected():
    exchanges, tallies = Exchanges(lambda: None), Tallies()
    probe_counts = ProbeCounts(exchanges, tallies)
    probe_counts.probe([a_connection()], {CONNECTION}, ["gone"])
    assert (list(probe_counts.collect()), exchanges.soon) == ([CONNECTION], {CONNECTION})
    assert probe_counts.collect() == {}


async def test_how_late_a_change_can_be_is_measured_when_it_is_acted_on(daemon, exchanges):
    await daemon.load()
    await daemon.turn()
    await daemon.turn()
    assert detections(daemon.tallies) == (0, 0)  # nothing was known before
    last = daemon.cycle.seen["kucoin-main-grid"].latest.at
    exchanges.answer("kucoin-main-grid", last + timedelta(seconds=1))
    await daemon.turn()
    assert detections(daemon.tallies) == (1, 0)
    daemon.probe_counts.decided(None, {}, {}, last)
    gone = ProbeCounts(exchanges, daemon.tallies)
    gone.probe([a_connection()], {CONNECTION}, [])
    gone.collect()
    gone.decided(daemon.cycle.spec, {}, {}, last)
    assert detections(daemon.tallies) == (1, 0)


async def test_a_change_that_is_acted_on_too_late_is_counted(daemon, exchanges):
    await daemon.load()
    await daemon.turn()
    await daemon.turn()
    memory = daemon.cycle.seen["kucoin-main-grid"]
    hour = replace(memory.runs[0], latest=replace(memory.latest, at=memory.latest.at - HOUR))
    daemon.cycle.seen = {"kucoin-main-grid": replace(memory, runs=(hour,))}
    exchanges.answer("kucoin-main-grid")
    await daemon.turn()
    assert detections(daemon.tallies) == (1, 1)


HOUR = timedelta(hours=1)


def detections(tallies):
    """How many were measured, and how many of them came too late."""
    samples = [sample for family in tallies.collect() for sample in family.samples]
    return tuple(
        sum(sample.value for sample in samples if sample.name == name)
        for name in ("bf_detect_seconds_count", "bf_detect_late_total")
    )


# --- readiness and health


async def test_it_is_ready_when_the_first_pass_is_done(daemon, exchanges):
    assert daemon.ready() == (False, "no valid file is loaded")
    exchanges.silent = True
    await daemon.load()
    await daemon.turn()
    assert daemon.ready() == (False, "the first pass is still running")
    exchanges.answer("kucoin-main-grid")
    await daemon.turn()
    assert daemon.ready() == (True, "ok")


async def test_after_a_restart_it_is_ready_without_asking_sooner_than_is_due(daemon, exchanges):
    await daemon.load()
    await daemon.turn()
    await daemon.turn()
    assert daemon.ready()[0]
    second = Daemon(daemon.settings, daemon.journal, Exchanges(daemon.cycle.wake.set), {}, _Wake())
    await second.load()
    await second.turn()
    assert second.ready() == (True, "ok")
    assert exchanges.asked == ["kucoin-main-grid"]
    assert second.probe_counts._prober.asked == []  # noqa: SLF001 # the fake


async def test_it_is_healthy_while_both_loops_finish_their_passes(daemon, monkeypatch):
    assert daemon.healthy() == (True, "ok")
    begun = time.monotonic()
    monkeypatch.setattr(room.time, "monotonic", lambda: begun + 61)
    assert daemon.healthy() == (False, "no reconcile cycle has completed recently")
    await daemon.turn()
    assert daemon.healthy() == (False, "the file has not been checked recently")
    daemon.source.last_pass = begun + 61
    assert daemon.healthy() == (True, "ok")


async def test_a_turn_that_breaks_is_counted_and_tried_again_soon(daemon):
    await daemon.load()
    before = datetime.now(UTC)
    daemon.cycle.turn = _broken
    wake_at = await daemon.turn()
    assert wake_at - before < timedelta(seconds=10)
    assert daemon.last_completed is None


# --- a drill


async def test_a_canary_that_is_drilled_counts_as_failed_until_that_is_over(tmp_path):
    canary = declared(credentials=CLEAR, expect={"status": "Blocked"})
    file = tmp_path / "connections.yaml"
    file.write_bytes(a_file([canary, declared("kucoin-other", credentials=CLEAR)], []))
    settings, wake = Settings(str(file), tmp_path / "state", allow_plaintext=True), asyncio.Event()
    with Journal(settings.state_dir) as journal:
        exchanges = Exchanges(wake.set)
        exchanges.script = lambda at: an_observation(at, key=a_key(revoke=["spot"]))
        daemon = Daemon(settings, journal, exchanges, {}, wake)
        view, name = Commands(daemon), "kucoin-main-grid"
        with pytest.raises(LookupError):
            await view.drill("none", 60.0, "ada")
        await daemon.load()
        exchanges.silent = True
        await daemon.turn()
        with pytest.raises(ValueError, match="it was not tested yet"):
            await view.drill(name, 60.0, "ada")
        with pytest.raises(ValueError, match="it is no canary"):
            await view.drill("kucoin-other", 60.0, "ada")
        exchanges.answer(name)
        await daemon.turn()
        assert reason_of(daemon, name) is Reason.AS_EXPECTED
        for seconds, reason in ((60.0, Reason.CANARY_FAILED), (0.0, Reason.AS_EXPECTED)):
            drilling = asyncio.create_task(view.drill(name, seconds, "ada", "ops"))
            await asyncio.sleep(0)
            await daemon.turn()
            assert (await drilling - datetime.now(UTC)).total_seconds() <= seconds
            assert reason_of(daemon, name) is reason
        told = [(each.after, each.reason) for each in journal.history(name, 2)]
        assert told == [("Online", Reason.AS_EXPECTED), ("Blocked", Reason.CANARY_FAILED)]
        await daemon.writer.settled(60)
        restarted = journal.load().seen
        memory = replace(restarted[name], drill=Drill(datetime.now(UTC) + YEAR, "ada"))
        record = Record(daemon.cycle.status, {name: memory})
        second = Cycle(exchanges, None, None, record, None, wake)
        assert second.seen[name].drill is None  # it ends with the process


def reason_of(daemon, name):
    return daemon.cycle.status.connections[name].conditions[0].reason


async def test_a_drill_of_what_has_left_meanwhile_harms_nobody():
    status, seen = _drilling("gone", None)(Status(), {})
    assert (status, seen) == (Status(), {})


# --- the heartbeat


@pytest.fixture
def beating(daemon, exchanges):
    """The same with a heartbeat."""
    settings = replace(daemon.settings, heartbeat=Heartbeat("http://127.0.0.1:1"))
    return Daemon(settings, daemon.journal, exchanges, {}, asyncio.Event())


async def passes(daemon):
    """Whether this turn completes a pass, that sends a heartbeat."""
    await daemon.turn()
    passed = daemon.heartbeat._passed  # noqa: SLF001 # the event that the sender waits for
    sends = passed.is_set()
    passed.clear()
    return sends


async def test_without_an_address_no_heartbeat_is_sent(daemon):
    assert daemon.heartbeat is None


async def test_only_a_completed_pass_sends_a_heartbeat(beating, exchanges):
    assert not await passes(beating)  # no file
    exchanges.silent = True
    await beating.load()
    assert not await passes(beating)  # nobody was probed
    exchanges.answer("kucoin-main-grid")
    assert await passes(beating)
    beating.cycle.turn = _broken
    assert not await passes(beating)


async def test_a_journal_that_is_not_saved_holds_the_heartbeat_up(beating, exchanges):
    await beating.load()
    await beating.turn()
    assert await passes(beating)
    save = beating.journal.save

    def full(*_):
        raise JournalError("the disk is full")

    beating.journal.save = full
    exchanges.script = lambda at: refused(Reason.INVALID_KEY, at)
    exchanges.answer("kucoin-main-grid")
    assert not await passes(beating)
    beating.journal.save = save
    await beating.turn()
    await beating.writer.settled(60)
    assert await passes(beating)


# --- the loops


async def test_a_failure_to_decrypt_that_may_pass_is_tried_again(daemon, monkeypatch):
    monkeypatch.setattr(room, "FIRST_RETRY", timedelta(seconds=0.01))
    calls = []

    async def reload(*_, **__):
        calls.append(1)
        daemon.reloader.last = replace(daemon.reloader.last, transient=len(calls) < 4)
        return daemon.reloader.last

    daemon.reloader.reload = reload
    loading = asyncio.create_task(daemon.keep_loading())
    daemon.want_reload()
    async with asyncio.timeout(60):
        while len(calls) < 4:  # noqa: ASYNC110 # no event to wait for
            await asyncio.sleep(0.01)
    loading.cancel()
    await asyncio.gather(loading, return_exceptions=True)


async def test_a_key_that_comes_after_its_file_heals_it_without_anybody(tmp_path, monkeypatch):
    """The file is encrypted for the next key; that one arrives when nobody touches the file."""
    home = tmp_path / "home"
    home.mkdir()
    old, new = make_age_key(home / "old.txt"), make_age_key(home / "new.txt")
    installed = home / "key.txt"
    shutil.copy(old.path, installed)
    environ = environment(home, SOPS_AGE_KEY_FILE=str(installed))
    file = tmp_path / "connections.yaml"
    file.write_text(encrypt(KEYED, home, "--age", old.recipient))
    settings, wake = Settings(str(file), tmp_path / "state"), asyncio.Event()
    monkeypatch.setattr(room, "FIRST_RETRY", timedelta(hours=1))
    monkeypatch.setattr(room, "KEY_SECONDS", 0.01)
    with Journal(settings.state_dir) as journal:
        daemon = Daemon(settings, journal, Exchanges(wake.set), environ, wake)
        assert (await daemon.load()).config.last_reload_successful
        file.write_text(encrypt(KEYED, home, "--age", new.recipient))
        refused = await daemon.load()
        assert refused.config.reason is ConfigReason.DECRYPTION_KEY_MISMATCH
        assert refused.spec is not None
        stop, tasks = await running(daemon, daemon.keep_loading(), daemon.keep_looking_for_keys())
        new.path.replace(installed)
        async with asyncio.timeout(60):
            while daemon.cycle.spec is None or daemon.cycle.spec.generation < 2:
                await daemon.next_turn(0.1)
        await ended(stop, tasks)
        assert daemon.cycle.status.config.last_reload_successful


async def test_a_sops_that_is_installed_later_is_found(tmp_path, monkeypatch):
    key, binary = make_age_key(tmp_path / "key.txt"), tmp_path / "bin" / "sops"
    environ = environment(tmp_path, SOPS_AGE_KEY_FILE=str(key.path))
    file = tmp_path / "connections.yaml"
    file.write_text(encrypt(KEYED, tmp_path, "--age", key.recipient))
    settings = Settings(str(file), tmp_path / "state", sops_binary=str(binary))
    wake = asyncio.Event()
    monkeypatch.setattr(room, "FIRST_RETRY", timedelta(hours=1))
    monkeypatch.setattr(room, "KEY_SECONDS", 0.01)
    with Journal(settings.state_dir) as journal:
        daemon = Daemon(settings, journal, Exchanges(wake.set), environ, wake)
        missing = await daemon.load()
        assert missing.config.message == f"there is no sops binary at '{binary}'; {NOTHING_YET}"
        stop, tasks = await running(daemon, daemon.keep_loading(), daemon.keep_looking_for_keys())
        binary.parent.mkdir()
        binary.symlink_to(SOPS)
        async with asyncio.timeout(60):
            while daemon.cycle.spec is None:
                await daemon.next_turn(0.1)
        await ended(stop, tasks)


@pytest.mark.parametrize(
    ("reason", "seconds"),
    [
        (ConfigReason.DECRYPTION_KEY_MISSING, 40),
        (ConfigReason.DECRYPTION_KEY_MISMATCH, 40),
        (ConfigReason.DECRYPTION_KEY_INVALID, 40),
        (ConfigReason.DECRYPTION_TOOL_MISSING, 40),
        (ConfigReason.DECRYPTION_PROVIDER_UNAVAILABLE, 300),
    ],
)
async def test_a_key_is_tried_again_within_a_minute_however_long_it_is_missing(
    daemon, reason, seconds
):
    async def refusing(*_, **__):
        daemon.reloader.last = refused
        return refused

    config = ConfigStatus(last_reload_successful=False, reason=reason)
    refused = Reload(None, config, transient=True)
    daemon.reloader.reload = refusing
    waits = []
    for _ in range(12):
        await daemon.load()
        waits.append(daemon._patience())  # noqa: SLF001 # how long it would wait
    assert waits[:4] == [5, 10, 20, 40]
    assert waits[-1] == seconds


async def test_a_cancellation_in_the_moment_of_an_answer_counts(tmp_path):
    kept = KeptDocument(tmp_path)
    answer = asyncio.get_running_loop().create_future()
    kept._worker.call = lambda *_: answer  # noqa: SLF001 # the moment is a test's to choose
    reading = asyncio.create_task(kept.read())
    await asyncio.sleep(0)
    answer.set_result(None)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_content_that_is_committed_later_gets_its_revision(daemon, monkeypatch):
    monkeypatch.setattr(room, "COMMIT_SECONDS", 0.01)
    revisions = ["r1-dirty", "r1-dirty", "r2"]

    def read():
        snapshot = real()
        return replace(snapshot, revision=revisions.pop(0) if revisions else "r2")

    real, daemon.source.read = daemon.source.read, read
    await daemon.load()
    stop, tasks = await running(daemon, daemon.keep_loading())
    async with asyncio.timeout(60):
        while daemon.cycle.status.revision != "r2":
            await daemon.next_turn(0.1)
    await ended(stop, tasks)


async def test_who_asks_for_a_reload_is_answered_when_it_is_in_force(daemon, exchanges):
    await daemon.load()
    stop, tasks = await running(daemon, daemon.keep_loading())
    daemon.file.write_bytes(PLAIN + b"# another\n")
    reload = await asyncio.wait_for(daemon.reload(), 60)
    assert reload.config.last_reload_successful
    assert daemon.cycle.status.digest == reload.spec.digest
    leaving = asyncio.create_task(daemon.reload())
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await asyncio.wait_for(daemon.reload(), 60)).spec is not None
    await ended(stop, tasks)
    assert exchanges.asked


async def test_a_file_is_read_though_who_asked_before_waits_for_a_turn_that_breaks(daemon):
    turn, daemon.cycle.turn = daemon.cycle.turn, _broken
    await daemon.load()
    stop, tasks = await running(daemon, daemon.keep_loading())
    asking = asyncio.create_task(daemon.reload())
    digest = f"sha256:{sha256(PLAIN + bytes([10])).hexdigest()}"
    async with asyncio.timeout(30):
        while not daemon.cycle._edits:  # noqa: SLF001, ASYNC110 # it was read, and waits for a turn
            await asyncio.sleep(0.01)
        daemon.file.write_bytes(PLAIN + b"\n")
        daemon.want_reload()
        while daemon.reloader.last.spec.digest != digest:  # noqa: ASYNC110 # a file is read
            await asyncio.sleep(0.01)
    assert not asking.done()
    daemon.cycle.turn = turn
    assert (await asyncio.wait_for(asking, 30)).config.last_reload_successful
    await ended(stop, tasks)


async def test_a_file_that_is_refused_is_answered_too(daemon):
    stop, tasks = await running(daemon, daemon.keep_loading())
    daemon.file.write_bytes(b"version: [\n")
    found = await asyncio.wait_for(Commands(daemon, None).reload(), 60)
    assert found.config.reason is ConfigReason.INVALID_YAML
    await ended(stop, tasks)


async def test_a_reader_that_is_slow_misses_the_middle_and_never_the_end(daemon):
    view = Commands(daemon, None)
    changes = view.subscribe()
    first = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    for generation in range(BACKLOG + 5):
        daemon._publish(Status(), Status(generation=generation + 1), ())  # noqa: SLF001 # as a turn
    got = [(await first)[0].generation]
    while got[-1] < BACKLOG + 5:
        got.append((await anext(changes))[0].generation)
    assert got[0] > 1
    assert got[-1] == BACKLOG + 5
    await changes.aclose()
    assert daemon.news == set()


@pytest.mark.parametrize("step", [-110, -3600, 3600])
async def test_a_clock_that_is_set_while_a_turn_ends_lengthens_no_wait(daemon, monkeypatch, step):
    await daemon.load()
    waits, times = [], iter([0])
    stop = asyncio.Event()

    async def waited(*others, seconds):
        for other in others:
            other.close()
        waits.append(seconds)
        if len(waits) == 2:
            stop.set()

    def now():
        return datetime.now(UTC) + timedelta(seconds=next(times, step))

    monkeypatch.setattr(room, "utcnow", now)
    monkeypatch.setattr(room, "any_of", waited)
    await daemon.keep_turning(stop)
    assert all(seconds <= HEARTBEAT.total_seconds() for seconds in waits)


@given(st.timedeltas(-YEAR, YEAR), st.floats(0, 1e6))
def test_no_wait_is_longer_than_a_heartbeat(due, since):
    assert pause(due, since) <= HEARTBEAT.total_seconds() - since
    assert pause(due, since) <= due.total_seconds() - since


# --- what people ask for


async def test_what_a_person_asks_for_waits_for_no_rest(daemon, monkeypatch):
    monkeypatch.setattr(room, "rest_after", lambda _: timedelta(hours=1))
    await daemon.load()
    stop, tasks = await running(daemon)
    try:
        async with asyncio.timeout(60):
            for _ in range(3):
                await daemon.cycle.edit(lambda status, seen: (status, seen))
    finally:
        await ended(stop, tasks)


async def test_a_test_is_answered_by_a_probe_that_ended_after_it_was_asked_for(daemon, exchanges):
    await daemon.load()
    await daemon.turn()
    stop, tasks = await running(daemon)
    exchanges.silent = True
    view = Commands(daemon, None)
    testing = asyncio.create_task(view.test("kucoin-main-grid"))
    # An answer from before comes in with the very turn that takes the wish up.
    exchanges.answer("kucoin-main-grid", datetime.now(UTC) - MINUTE)
    exchanges.silent = False
    found = await asyncio.wait_for(testing, 60)
    assert found.last_probe > datetime.now(UTC) - MINUTE / 2
    assert await view.test("nobody") is None
    await ended(stop, tasks)


async def test_a_test_of_what_is_not_probed_is_answered_at_once(daemon, exchanges):
    pause = {"reason": "moving house", "owner": "ada", "until": None}
    daemon.file.write_bytes(a_file([declared(credentials=CLEAR, suspend=pause)]))
    await daemon.load()
    await daemon.turn()
    stop, tasks = await running(daemon)
    found = await asyncio.wait_for(Commands(daemon, None).test("kucoin-main-grid"), 60)
    assert (str(found.status), exchanges.asked) == ("Suspended", [])
    await ended(stop, tasks)


BELIEVED = pytest.mark.parametrize(("exchange", "times"), [("mexc", 2), ("coinbase", 3)])


def keyed(exchange):
    """A file with one connection to an exchange whose keys have no passphrase."""
    keys = {word: CLEAR[word] for word in ("api_key", "secret")}
    return a_file([declared("main", exchange=exchange, credentials=keys)], [])


@BELIEVED
async def test_the_verb_test_asks_until_a_refusal_is_believed(
    tmp_path, monkeypatch, exchange, times
):
    asked = []

    @asynccontextmanager
    async def refusing(_clock, wake, _capture):
        exchanges = Exchanges(wake)
        exchanges.script, exchanges.asked = lambda at: refused(Reason.INVALID_KEY, at), asked
        yield exchanges

    monkeypatch.setattr("bf_reconciler.daemon.check.Prober", refusing)
    file = tmp_path / "connections.yaml"
    file.write_bytes(keyed(exchange))
    settings = Settings(str(file), tmp_path / "state", allow_plaintext=True)
    from e2e.fleet import kept_loggers  # noqa: PLC0415 # ccxt is imported with it

    with kept_loggers():
        status = await check(settings, (), lambda *_: None)
    assert str(status.connections["main"].status) == "Blocked"
    assert asked == times * ["main"]


async def test_resume_is_told_whether_anything_was_held(daemon):
    await daemon.load()
    stop, tasks = await running(daemon)
    view = Commands(daemon)
    assert await view.resume(None) is False
    assert (await view.halt("fire", "ada")).halted.by == "ada"
    assert await view.resume(None) is True
    assert await view.resume("btc-grid") is False
    assert await view.resume("nobody") is False
    await ended(stop, tasks)


@pytest.mark.parametrize("disk", ["good", "full", "slow"])
async def test_a_halt_is_answered_when_it_is_kept_though_engines_hang(daemon, monkeypatch, disk):
    await daemon.load()
    stop, tasks = await running(daemon)
    view = Commands(daemon)
    while [str(each.status) for each in view.status().strategies.values()] != ["Enabled"]:
        await daemon.next_turn(1.0)
    never, run = asyncio.Event(), daemon.cycle._outside.runtimes  # noqa: SLF001 # they hang now
    monkeypatch.setattr(run, "converge", lambda *_: never.wait())
    monkeypatch.setattr(commands, "ENGINES_SECONDS", 0.0)
    if disk == "slow":
        monkeypatch.setattr(daemon.writer, "trouble", JournalError("it did not answer in time"))
    if disk == "full":
        monkeypatch.setattr(commands, "HALT_SECONDS", 0.1)
        monkeypatch.setattr(daemon.journal, "save", _fail)
        words = "It is taken up, but no turn has ended within 0.1 s; ask again"
        with pytest.raises(NotDurableError) as caught:
            await view.halt("fire", "ada")
        assert str(caught.value) == words
    else:
        found = await view.halt("fire", "ada")
        assert (found.halted.by, unconfirmed(found)) == ("ada", ["btc-grid"])
        assert daemon.journal.load().status.halted.by == "ada"
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    stop.set()


async def test_who_halts_and_resumes_and_why_is_in_log_history_stream_and_metrics(daemon):
    await daemon.load()
    stop, tasks = await running(daemon)
    view = Commands(daemon, {"ops": "a-token-of-some-length"})
    stream = view.subscribe()
    first = asyncio.ensure_future(anext(stream))  # it is subscribed to from now on
    await asyncio.sleep(0)
    with capture_logs() as lines:
        await view.halt("fire", "ada (token ops)", "ops")
        await view.resume(None, "it rains", "bob (token ops)", "ops")
    _, changes = await first
    while all(change.kind != "halt" for change in changes):
        _, changes = await anext(stream)
    assert ("fire", "ada (token ops)") in [(change.message, change.by) for change in changes]
    found = [(e["event"], e["by"], e["why"]) for e in lines if e["event"] in {"halted", "resumed"}]
    assert found == [
        ("halted", "ada (token ops)", "fire"),
        ("resumed", "bob (token ops)", "it rains"),
    ]
    kept = [each for each in view.history(None, 10, None) if each.kind == "halt"]
    assert [(e.after, e.by, e.message) for e in kept] == [
        ("", "bob (token ops)", "it rains"),
        ("Halted", "ada (token ops)", "fire"),
    ]
    (family,) = [each for each in daemon.tallies.collect() if each.name == "bf_commands"]
    counted = {(s.labels["command"], s.labels["token"]): s.value for s in family.samples}
    assert counted == {("halt", "ops"): 1, ("resume", "ops"): 1}
    await stream.aclose()
    await ended(stop, tasks)


# --- a halt that the state has forgotten


async def test_runtimes_that_do_not_answer_say_nothing_of_a_halt(monkeypatch):
    async def never(*_):
        await asyncio.Event().wait()

    monkeypatch.setattr("bf_reconciler.daemon.lost_halt.told_halted", never)
    monkeypatch.setattr("bf_reconciler.daemon.lost_halt.SECONDS", 0.0)
    assert await lost_halt(a_spec(), Status(), Path(), NOW) is None


async def test_a_halt_that_is_known_is_not_looked_for():
    halted = Status(halted=Halted("r", "b"))
    assert await lost_halt(a_spec(), halted, Path(), NOW) is None


# --- start and end


async def test_the_first_of_several_waits_ends_the_wait():
    never, now = asyncio.Event(), asyncio.Event()
    now.set()
    await asyncio.wait_for(any_of(never.wait(), now.wait(), seconds=60.0), 60)
    await asyncio.wait_for(any_of(never.wait(), seconds=0.0), 60)


async def test_a_loop_that_dies_ends_the_daemon_with_a_sentence(tmp_path, monkeypatch, capsys):
    file = tmp_path / "connections.yaml"
    file.write_bytes(PLAIN)

    async def broken(*_):
        raise ZeroDivisionError("SENTINEL")

    monkeypatch.setattr(Source, "watch", broken)
    settings = Settings(str(file), tmp_path / "state", Listen(port=0), allow_plaintext=True)
    from e2e.fleet import kept_loggers  # noqa: PLC0415 # ccxt is imported with it

    with (
        kept_loggers(),
        pytest.raises(
            StartError, match="stopped with an unexpected error; its last log line says where"
        ),
    ):
        await asyncio.wait_for(serve(settings), 60)
    assert "watch" not in {task.get_name() for task in asyncio.all_tasks()}
    assert "SENTINEL" not in capsys.readouterr().out


async def test_a_journal_that_cannot_be_opened_is_told(tmp_path):
    (tmp_path / "state").write_bytes(b"a file where the folder should be")
    settings = Settings(str(tmp_path / "f.yaml"), tmp_path / "state", Listen(port=0))
    from e2e.fleet import kept_loggers  # noqa: PLC0415 # as above

    with kept_loggers(), pytest.raises(StartError, match=str(tmp_path / "state")):
        await serve(settings)


async def test_a_journal_that_cannot_be_read_or_written_at_the_start_is_told(tmp_path, monkeypatch):
    def full(_):
        raise JournalError("the journal cannot be used: database or disk is full")

    monkeypatch.setattr(Journal, "pepper", full)
    settings = Settings(str(tmp_path / "f.yaml"), tmp_path / "state", Listen(port=0))
    from e2e.fleet import kept_loggers  # noqa: PLC0415 # as above

    with kept_loggers(), pytest.raises(StartError, match=f"{tmp_path / 'state'}: .* disk is full"):
        await serve(settings)
    with Journal(settings.state_dir):
        pass  # it was given back


async def test_what_breaks_in_the_first_reading_is_not_swallowed(tmp_path, monkeypatch):
    async def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(Daemon, "load", broken)
    settings = Settings(str(tmp_path / "f.yaml"), tmp_path / "state", Listen(port=0))
    from e2e.fleet import kept_loggers  # noqa: PLC0415 # as above

    with kept_loggers(), pytest.raises(StartError, match="its last log line says where"):
        await asyncio.wait_for(serve(settings), 60)


# --- the last good file


async def restarted(daemon):
    """The next life of a daemon, over the same state folder."""
    again = Daemon(daemon.settings, daemon.journal, Exchanges(daemon.cycle.wake.set), {}, _Wake())
    await again.load()
    await again.turn()
    return again


async def test_a_restart_on_a_file_that_is_refused_uses_the_last_good_one(daemon):
    daemon.file.write_bytes(ENCRYPTED)
    taken = await daemon.load()
    await daemon.turn()
    copy = daemon.settings.state_dir / "last-good.yaml"
    assert copy.read_bytes() == ENCRYPTED
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    daemon.file.write_bytes(b"version: [\n")
    again = await restarted(daemon)
    config = again.cycle.status.config
    assert again.cycle.spec.digest == taken.spec.digest
    assert again.cycle.spec.generation == taken.spec.generation
    assert (config.last_reload_successful, config.last_good_in_force) == (False, True)
    assert (config.reason, NOTHING_YET in config.message) == (ConfigReason.INVALID_YAML, False)
    daemon.file.write_bytes(ENCRYPTED + b"# mended\n")
    assert (await again.load()).config == replace(
        taken.config, last_reload_success=again.reloader.last.config.last_reload_success
    )


async def test_where_none_was_kept_nothing_is_known_and_what_runs_has_its_grace(
    daemon, monkeypatch
):
    await daemon.load()  # it holds secrets in plain text: it is not kept
    await daemon.turn()
    await daemon.turn()
    assert daemon.cycle.status.strategies["btc-grid"].told == "run"
    assert not (daemon.settings.state_dir / "last-good.yaml").exists()
    daemon.file.write_bytes(b"version: [\n")
    again = await restarted(daemon)
    (connection,) = again.cycle.status.connections.values()
    (strategy,) = again.cycle.status.strategies.values()
    assert (str(connection.status), connection.conditions[0].status) == ("Pending", "Unknown")
    assert (str(strategy.status), strategy.told) == ("Holding", "run")
    assert strategy.conditions[0].reason is Reason.CONNECTION_NOT_READY
    since = connection.conditions[0].since
    monkeypatch.setattr(room, "utcnow", lambda: datetime.now(UTC) + timedelta(minutes=6))
    await again.turn()
    (connection,) = again.cycle.status.connections.values()
    (strategy,) = again.cycle.status.strategies.values()
    assert (str(strategy.status), strategy.told) == ("Blocked", "pause")
    assert strategy.conditions[0].reason is Reason.GRACE_EXPIRED
    assert connection.conditions[0].since == since


async def test_until_the_file_is_read_a_restart_changes_nothing(daemon):
    await daemon.load()
    await daemon.turn()
    await daemon.turn()
    again = Daemon(daemon.settings, daemon.journal, Exchanges(daemon.cycle.wake.set), {}, _Wake())
    await again.turn()
    assert again.cycle.status == daemon.cycle.status


@pytest.mark.parametrize("kept", [b"version: [\n", b"not sops: 1\n"])
async def test_a_copy_that_is_no_good_today_is_not_used(daemon, kept):
    daemon.settings = replace(daemon.settings, allow_plaintext=False)
    (daemon.settings.state_dir / "last-good.yaml").write_bytes(kept)
    daemon.file.write_bytes(b"connections: [\n")
    again = await restarted(daemon)
    assert again.cycle.spec is None
    assert NOTHING_YET in again.cycle.status.config.message


async def test_a_disk_that_does_not_take_the_copy_is_told_and_stops_nothing(daemon, monkeypatch):
    daemon.file.write_bytes(ENCRYPTED)
    daemon.document.keep = KeptDocument(daemon.settings.state_dir / "nowhere").keep
    with capture_logs() as lines:
        assert (await daemon.load()).spec is not None
    assert "last good file cannot be kept" in [line["event"] for line in lines]
    monkeypatch.setattr("bf_reconciler.daemon.kept_document.SECONDS", 0.0)
    assert await KeptDocument(daemon.settings.state_dir).read() is None


def test_a_config_error_has_a_message_for_people():
    assert ConfigError(ConfigReason.FILE_NOT_FOUND, "gone").message == "gone"


async def test_a_rollback_is_counted_and_told(daemon, monkeypatch):
    told = []
    monkeypatch.setattr(room.log_lines, "log_rollback", lambda *words: told.append(words))
    await daemon.load()
    assert not told
    real = daemon.reloader.reload

    async def older(*words, **more):
        return replace(await real(*words, **more), rolled_back=True)

    monkeypatch.setattr(daemon.reloader, "reload", older)
    await daemon.load()
    (rollbacks,) = [f for f in daemon.tallies.collect() if f.name == "bf_config_rollbacks"]
    assert rollbacks.samples[0].value == 1
    assert len(told) == 1


async def test_a_history_that_does_not_come_is_told_as_that(daemon, monkeypatch):
    view = Commands(daemon, None)
    assert await asyncio.to_thread(view.history, None, 1, None) == []
    page = await asyncio.to_thread(view.journal, "transitions", None, 1)
    assert (page["rows"], page["continue"], page["file_readable"]) == ([], None, True)
    monkeypatch.setattr("bf_reconciler.daemon.commands.HISTORY_SECONDS", 0.01)
    go = threading.Event()
    daemon.journal.history = lambda *_: go.wait(60)
    with pytest.raises(web.HTTPServiceUnavailable, match="Unavailable"):
        await asyncio.to_thread(view.history, None, 1, None)
    go.set()
    daemon.journal.history = _damaged
    monkeypatch.setattr("bf_reconciler.daemon.commands.HISTORY_SECONDS", 60.0)
    with pytest.raises(web.HTTPServiceUnavailable) as refused_:
        await asyncio.to_thread(view.history, None, 1, None)
    assert refused_.value.text == "it is damaged"


def _damaged(*_):
    raise JournalError("it is damaged")


async def test_while_a_save_hangs_no_history_is_asked_for(daemon):
    go = threading.Event()
    daemon.journal.save = lambda *_: go.wait(60)
    writer = JournalWriter(daemon.journal, lambda: None, deadline=0.01)
    daemon.writer = writer
    await writer.save(Record(Status(), {}), ())
    assert writer.hangs
    with pytest.raises(web.HTTPServiceUnavailable):
        await asyncio.to_thread(Commands(daemon, None).history, None, 1, None)
    go.set()
    await writer.settled(60)


async def test_a_journal_that_does_not_open_in_time_is_told(tmp_path, monkeypatch):
    go = threading.Event()
    monkeypatch.setattr("bf_reconciler.daemon.service.Journal", lambda *_, **__: go.wait(60))
    monkeypatch.setattr("bf_reconciler.daemon.service.OPEN_SECONDS", 0.01)
    settings = Settings(str(tmp_path / "f.yaml"), tmp_path / "state", Listen(port=0))
    from e2e.fleet import kept_loggers  # noqa: PLC0415 # as above

    with kept_loggers(), pytest.raises(StartError, match="did not answer within"):
        await serve(settings)
    go.set()
