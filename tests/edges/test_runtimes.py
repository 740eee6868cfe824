"""What is done about an order, whatever engine is behind the runtime."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes import RUNTIMES, Runtimes, converge
from bf_reconciler.runtimes.adapter import Reading, Stamp, UnavailableError
from bf_reconciler.runtimes.converge import concluded, mismatch, settle
from bf_reconciler.spec import FileRuntime
from bf_reconciler.status import Running
from bf_reconciler.verdict import Decision, Order, StrategyMemory
from build import NOW, STRATEGY, a_strategy

HERE = FileRuntime(name="here", type="file")
THERE = FileRuntime(name="there", type="file", path="there")
STAMP = Stamp(3, "r1", NOW)


class Engine:
    """One bot: it may be slow to show an order, refuse it, be another bot, or not answer."""

    def __init__(self, state="stopped", *, settle_time=timedelta(0), expect=None, identity=None):
        self.state, self.settle_time = state, settle_time
        self.expect, self.identity = expect or {}, identity or {}
        self.reads, self.given, self.slow, self.obeys, self.answers = 0, [], 0, True, True
        self.coming = []

    async def read(self, names):
        self.reads += 1
        if self.coming and self.reads >= self.coming[0][0]:
            self.state = self.coming.pop(0)[1]
        reason = None if self.answers else Reason.RUNTIME_UNAVAILABLE
        running = Running(self.state if self.answers else "unknown", reason)
        return {name: Reading(running, self.identity) for name in names}

    def differs(self, order, reading):
        return (reading.running.state == "running") is not order.on

    async def apply(self, order, _reading, stamp):
        if not self.answers:
            raise UnavailableError("It does not answer.")
        self.given.append((order.name, order.on, stamp.generation))
        if self.obeys:
            self.coming.append((self.reads + 1 + self.slow, "running" if order.on else "paused"))

    async def same_place(self, other):
        return other is self


def an_order(*, on=True, runtime=HERE):
    words = {"action": "pause", "reason": Reason.CONNECTED, "message": ""}
    return Order(STRATEGY, runtime, on=on, strategy=a_strategy(), **words)


async def settled(engine, order):
    found = await settle(engine, {STRATEGY: order}, STAMP)
    return found[STRATEGY].state, found[STRATEGY].reason


async def test_an_order_is_given_only_where_it_makes_a_difference():
    engine = Engine()
    assert await settled(engine, an_order()) == ("running", None)
    assert await settled(engine, an_order()) == ("running", None)
    assert (engine.given, engine.reads) == ([(STRATEGY, True, 3)], 3)


async def test_where_there_is_no_order_it_is_only_asked_what_runs():
    engine = Engine("running")
    assert await settled(engine, None) == ("running", None)
    assert (engine.given, engine.reads) == ([], 1)


async def test_an_engine_that_takes_its_time_is_read_until_it_shows_the_order(monkeypatch):
    monkeypatch.setattr(converge, "FIRST_READ", timedelta(milliseconds=1))
    engine = Engine(settle_time=timedelta(minutes=1))
    engine.slow = 3
    assert await settled(engine, an_order()) == ("running", None)
    assert engine.reads == 5


@pytest.mark.parametrize(
    ("on", "state", "reason"),
    [(True, "stopped", Reason.ENGINE_REFUSED), (False, "running", Reason.STILL_RUNNING)],
)
async def test_what_is_not_shown_in_time_is_said(on, state, reason):
    engine = Engine(state, settle_time=timedelta(milliseconds=1))
    engine.obeys = False
    assert await settled(engine, an_order(on=on)) == (state, reason)
    assert engine.reads >= 2


async def test_an_engine_that_cannot_be_reached_is_said_with_its_words():
    engine = Engine("running", settle_time=timedelta(minutes=1))
    engine.answers = False
    found = (await settle(engine, {STRATEGY: an_order()}, STAMP))[STRATEGY]
    assert found == Running("unknown", Reason.RUNTIME_UNAVAILABLE, "It does not answer.")


async def test_nothing_is_turned_on_in_another_engine_than_the_declared_one():
    engine = Engine(expect={"exchange": "kucoin"}, identity={"exchange": "okx"})
    found = (await settle(engine, {STRATEGY: an_order()}, STAMP))[STRATEGY]
    words = "It is another engine: exchange is okx, not kucoin."
    assert (found, engine.given) == (Running("stopped", Reason.ENGINE_MISMATCH, words), [])
    running = Engine("running", expect=engine.expect, identity=engine.identity)
    assert await settled(running, an_order()) == ("running", Reason.ENGINE_MISMATCH)
    assert await settled(running, an_order(on=False)) == ("paused", None)


def test_an_identity_that_is_not_told_is_not_taken_for_the_right_one():
    expect = {"exchange": "kucoin", "dry_run": "false"}
    assert mismatch(expect, dict(expect)) == ""
    assert mismatch(expect, {"exchange": "kucoin"}) == (
        "It is another engine: dry_run is not known, not false."
    )


def test_what_cannot_be_read_is_no_refusal():
    unread = Reading(Running("unknown", Reason.RUNTIME_UNAVAILABLE, "It does not answer."))
    for order in (an_order(), an_order(on=False), None):
        assert concluded(order, unread, {}) == unread.running


# --- moves between runtimes


@pytest.fixture
def engines(monkeypatch):
    """Two engines of a made-up kind, by the names of their runtimes."""
    found = {"here": Engine("running"), "there": Engine()}
    monkeypatch.setitem(RUNTIMES, "file", lambda runtime, _: found[runtime.name])
    return found


async def moved(tmp_path, order):
    leave = replace(an_order(on=False), strategy=None)
    memory = StrategyMemory(on=True, action="pause", runtime=THERE)
    decision = Decision(STRATEGY, order, Reason.CONNECTED, "", memory, None, leave)
    return (await Runtimes(tmp_path).converge([decision], 3, "r1", NOW))[STRATEGY]


async def test_a_strategy_that_moves_is_off_where_it_was_before_it_is_on_elsewhere(
    tmp_path, engines
):
    assert await moved(tmp_path, an_order(runtime=THERE)) == Running("running")
    assert (engines["here"].state, engines["there"].state) == ("paused", "running")


async def test_a_strategy_that_leaves_without_an_order_is_only_turned_off(tmp_path, engines):
    assert await moved(tmp_path, None) == Running("stopped")
    assert (engines["here"].state, engines["there"].given) == ("paused", [])


async def test_it_is_not_on_elsewhere_while_it_still_runs_where_it_was(tmp_path, engines):
    engines["here"].obeys = False
    found = await moved(tmp_path, an_order(runtime=THERE))
    assert (found.state, found.reason) == ("running", Reason.STILL_RUNNING)
    assert engines["there"].given == []


async def test_another_name_of_the_same_engine_is_no_move(tmp_path, engines):
    engines["there"] = engines["here"]
    assert await moved(tmp_path, an_order(runtime=THERE)) == Running("running")
    assert engines["here"].given == []


async def test_a_folder_is_never_the_place_of_another_kind(tmp_path):
    folder = RUNTIMES["file"](HERE, tmp_path)
    assert await folder.same_place(Engine()) is False
    assert await folder.same_place(RUNTIMES["file"](HERE, tmp_path)) is True
