"""What every runtime does, whatever engine is behind it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes import freqtrade, hummingbot, kubernetes, webhook, worker
from bf_reconciler.runtimes.adapter import Stamp
from bf_reconciler.runtimes.worker import Worker
from bf_reconciler.spec import LOCAL
from bf_reconciler.verdict import Order
from build import STRATEGY, a_strategy
from edges.engines import ENGINES, SECRET

HTTP = ["freqtrade", "hummingbot", "kubernetes", "webhook"]
every = pytest.mark.parametrize("kind", sorted(ENGINES))
http = pytest.mark.parametrize("kind", HTTP)


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(hummingbot, "QUIET_SECONDS", 0.0)
    monkeypatch.setattr(freqtrade, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(freqtrade, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(hummingbot, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(kubernetes, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(webhook, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(worker, "FIRST_RETRY", timedelta(seconds=0.05))
    monkeypatch.setattr(worker, "LAST_RETRY", timedelta(seconds=0.05))


class Rig:
    """An engine, and the worker that drives it."""

    def __init__(self, kind, folder):
        self.engine, self.folder, self.workers, self.words = ENGINES[kind](), folder, [], []

    async def begin(self):
        await self.engine.start()
        self.renew_worker()

    def renew_worker(self):
        self.adapter = self.engine.adapter(self.folder)
        self.worker = Worker(self.adapter, self.learn, lambda: None, lambda: True)
        self.workers.append(self.worker)

    def learn(self, _name, running):
        self.words.append(repr(running))

    def give(self, *, on):
        now = Stamp(3, "r1", datetime.now(UTC))
        reason = Reason.CONNECTED if on else Reason.WITHDRAW_ENABLED
        words = {"action": self.engine.off, "reason": reason, "message": "Because."}
        self.worker.give(
            STRATEGY, Order(STRATEGY, LOCAL, on=on, strategy=a_strategy(), **words), now
        )

    async def until(self, *wanted):
        """Wait until the state and the reason are one of these."""
        async with asyncio.timeout(60):
            while True:
                known = self.worker.known.get(STRATEGY)
                if known is not None and (known.state, known.reason) in wanted:
                    return known
                await asyncio.sleep(0.01)

    async def end(self):
        for each in self.workers:
            await each.close()
        await self.engine.stop()


@pytest.fixture
async def rig(kind, tmp_path):
    made = Rig(kind, tmp_path)
    await made.begin()
    yield made
    await made.end()


OFF = [("paused", None), ("stopped", None)]


@every
async def test_what_is_told_to_run_runs_and_what_is_told_off_is_off(rig):
    rig.give(on=True)
    await rig.until(("running", None))
    rig.give(on=False)
    await rig.until(*OFF)
    rig.give(on=True)
    await rig.until(("running", None))


@http
async def test_an_order_is_given_once(rig):
    rig.give(on=True)
    await rig.until(("running", None))
    count = len(rig.engine.commands)
    for _ in range(3):
        rig.give(on=True)
        await rig.worker.rest()
    assert len(rig.engine.commands) == count == 1


@http
async def test_an_engine_that_takes_orders_and_does_nothing_is_not_believed(rig):
    rig.engine.mode = "lies"
    rig.give(on=True)
    await rig.until(("stopped", Reason.ENGINE_REFUSED))
    rig.engine.mode = "obeys"
    await rig.until(("running", None))
    rig.engine.mode = "lies"
    rig.give(on=False)
    await rig.until(("running", Reason.STILL_RUNNING))
    rig.engine.mode = "obeys"
    await rig.until(*OFF)


@http
@pytest.mark.parametrize("mode", ["hangs", "fails", "denies", "redirects", "babbles"])
async def test_what_must_be_off_and_cannot_be_read_is_still_running(rig, mode):
    rig.give(on=True)
    await rig.until(("running", None))
    rig.engine.mode = mode
    rig.give(on=False)
    await rig.until(("unknown", Reason.STILL_RUNNING))
    rig.engine.mode = "obeys"
    await rig.until(*OFF)
    assert not any(SECRET in words for words in rig.words)


@http
@pytest.mark.parametrize("mode", ["hangs", "fails", "babbles"])
async def test_an_engine_that_cannot_be_reached_is_unavailable(rig, mode):
    rig.engine.mode = mode
    rig.give(on=True)
    await rig.until(("unknown", Reason.RUNTIME_UNAVAILABLE))


@http
@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("denies", "The engine refuses our credentials (HTTP 401)."),
        ("forbids", "The engine refuses our credentials (HTTP 403)."),
        ("rejects", "The engine refuses the request (HTTP 422)."),
    ],
)
async def test_an_engine_that_refuses_us_is_told_from_one_that_is_silent(rig, mode, words):
    rig.give(on=False)
    await rig.until(*OFF)
    rig.engine.mode = mode
    rig.give(on=True)
    assert (await rig.until(("unknown", Reason.ENGINE_REFUSED))).message == words
    rig.give(on=False)
    await rig.until(("unknown", Reason.STILL_RUNNING))
    rig.engine.mode = "obeys"
    await rig.until(*OFF)


@http
async def test_what_was_shown_to_be_off_and_refuses_us_is_not_called_running(rig):
    rig.give(on=False)
    await rig.until(*OFF)
    rig.engine.mode = "denies"
    await rig.until(("unknown", Reason.ENGINE_REFUSED))


@pytest.mark.parametrize("kind", ["hummingbot", "webhook"])  # their engines have no lives
@pytest.mark.parametrize(
    ("mode", "reason"),
    [("fails", Reason.RUNTIME_UNAVAILABLE), ("denies", Reason.ENGINE_REFUSED)],
)
async def test_one_that_could_not_be_read_may_have_been_started_anew(rig, mode, reason):
    rig.give(on=True)
    await rig.until(("running", None))
    rig.engine.mode = mode
    await rig.until(("unknown", reason))
    rig.engine.state, rig.engine.mode = "stopped", "obeys"
    await rig.until(("running", None))


@pytest.mark.parametrize("kind", [kind for kind in HTTP if kind != "freqtrade"])  # may start it
async def test_turning_off_is_tried_though_nothing_can_be_read(rig):
    rig.give(on=True)
    await rig.until(("running", None))
    rig.engine.mode, count = "fails", len(rig.engine.commands)
    rig.give(on=False)
    await rig.until(("unknown", Reason.STILL_RUNNING))
    assert len(rig.engine.commands) > count


@http
async def test_an_engine_that_stopped_itself_is_not_started_again(rig):
    rig.give(on=True)
    await rig.until(("running", None))
    rig.engine.state, count = "stopped", len(rig.engine.commands)
    await rig.until(("stopped", Reason.ENGINE_STOPPED_ITSELF))
    await asyncio.sleep(0.3)
    assert len(rig.engine.commands) == count
    rig.give(on=False)
    await rig.until(*OFF)
    rig.give(on=True)
    await rig.until(("running", None))


@every
async def test_nothing_shows_a_credential(rig):
    assert SECRET not in repr(vars(rig.adapter))
