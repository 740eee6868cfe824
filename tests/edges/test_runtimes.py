"""What is done about an order, whatever engine is behind the runtime."""

import asyncio
import os
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes import RUNTIMES, Bounds, Runtimes, settle, worker
from bf_reconciler.runtimes import converge as converging
from bf_reconciler.runtimes.adapter import Reading, RefusedError, Stamp, Target, UnavailableError
from bf_reconciler.runtimes.settle import concluded, mismatch
from bf_reconciler.spec import FileRuntime
from bf_reconciler.status import Confirmed, Running
from bf_reconciler.verdict import Decision, Order, StrategyMemory
from build import NOW, STRATEGY, a_strategy

HERE = FileRuntime(name="here", type="file")
THERE = FileRuntime(name="there", type="file", path="there")
STAMP = Stamp(3, "r1", NOW)


class Engine:
    """One bot: it may be slow to show an order, refuse it, be another bot, or not answer."""

    def __init__(self, state="stopped", *, settle_time=timedelta(0), expect=None, identity=None):
        self.state, self.settle_time = state, settle_time
        self.expected, self.identity = expect or {}, identity or {}
        self.reads, self.given, self.slow, self.obeys, self.answers = 0, [], 0, True, True
        self.coming, self.renewals, self.silent = [], 0, []
        self.deadline, self.hangs = timedelta(minutes=1), asyncio.Event()
        self.hangs.set()
        self.hints, self.acted = asyncio.Queue(), asyncio.Event()

    async def place(self):
        return str(id(self))

    async def changed(self, names):
        await self.hangs.wait()
        return [STRATEGY] if names is None else names

    async def hint(self):
        return await self.hints.get()

    rhythm = timedelta(hours=1)

    async def renew(self, _targets):
        self.renewals += 1
        return self.silent, self.renewals < 3

    exclusive, queues, remembers, life, busy = False, False, True, "", 0

    def adopt(self, declared):
        self.adopted = declared

    def expect(self, _order):
        return self.expected

    def restarted(self, before, reading):
        return before.life != reading.life

    async def close(self):
        pass

    async def read(self, names):
        await self.hangs.wait()
        self.reads += 1
        if self.coming and self.reads >= self.coming[0][0]:
            self.state = self.coming.pop(0)[1]
        reason = None if self.answers else Reason.RUNTIME_UNAVAILABLE
        running = Running(self.state if self.answers else "unknown", reason)
        busy, self.busy = self.busy > 0, self.busy - 1
        reading = Reading(running, self.identity, life=self.life, busy=busy)
        return dict.fromkeys(names, reading)

    def differs(self, order, reading):
        return (reading.running.state == "running") is not order.on

    async def apply(self, order, _reading, target):
        if not self.answers:
            raise UnavailableError("It does not answer.")
        self.given.append((order.name, order.on, target.stamp.generation))
        self.acted.set()
        if self.obeys:
            self.coming.append((self.reads + 1 + self.slow, "running" if order.on else "paused"))


def an_order(*, on=True, runtime=HERE, message=""):
    words = {"action": "pause", "reason": Reason.CONNECTED, "message": message}
    return Order(STRATEGY, runtime, on=on, strategy=a_strategy(), **words)


async def settled(engine, order):
    found = await settle.settle(engine, {STRATEGY: Target(order, STAMP)})
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
    monkeypatch.setattr(settle, "FIRST_READ", timedelta(milliseconds=1))
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
    found = (await settle.settle(engine, {STRATEGY: Target(an_order(), STAMP)}))[STRATEGY]
    assert found == Running("unknown", Reason.RUNTIME_UNAVAILABLE, "It does not answer.")


async def test_nothing_is_turned_on_in_another_engine_than_the_declared_one():
    engine = Engine(expect={"exchange": "kucoin"}, identity={"exchange": "okx"})
    found = (await settle.settle(engine, {STRATEGY: Target(an_order(), STAMP)}))[STRATEGY]
    words = "It is another engine: exchange is okx, not kucoin."
    assert (found, engine.given) == (Running("stopped", Reason.ENGINE_MISMATCH, words), [])
    running = Engine("running", expect=engine.expected, identity=engine.identity)
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
    for order in (an_order(), None):
        assert concluded(order, unread, {}) == unread.running


def test_what_must_be_off_and_cannot_be_read_is_taken_to_run():
    unread = Reading(Running("unknown", Reason.RUNTIME_UNAVAILABLE, "It does not answer."))
    found = concluded(an_order(on=False), unread, {})
    assert found == Running("unknown", Reason.STILL_RUNNING, "It does not answer.")


# --- what an engine showed before

RAN, SHUT = Confirmed(on=True, life="1"), Confirmed(on=False, life="1")


async def settled_after(engine, order, before):
    return (await settle.settle(engine, {STRATEGY: Target(order, STAMP)}, {STRATEGY: before}))[
        STRATEGY
    ]


@pytest.mark.parametrize("state", ["stopped", "paused"])
async def test_an_engine_that_stopped_by_itself_is_said_and_not_started_again(state):
    engine = Engine(state)
    engine.life = "1"
    found = await settled_after(engine, an_order(), RAN)
    words = f"It ran as it was told, and is {state} now without having been told."
    assert found == Running(state, Reason.ENGINE_STOPPED_ITSELF, words, confirmed=RAN)
    assert engine.given == []


async def test_an_engine_that_was_restarted_is_started_again():
    engine = Engine("stopped", settle_time=timedelta(minutes=1))
    engine.life = "2"
    found = await settled_after(engine, an_order(), RAN)
    assert found == Running("running", confirmed=Confirmed(on=True, life="2"), told="run")


async def test_an_engine_that_was_turned_off_is_started_again():
    engine = Engine("stopped", settle_time=timedelta(minutes=1))
    engine.life = "1"
    assert (await settled_after(engine, an_order(), SHUT)).confirmed == RAN


async def test_what_was_shown_to_be_off_is_only_unavailable_when_it_says_nothing():
    engine = Engine("running")
    engine.answers = False
    engine.differs = lambda *_: False  # what cannot be read gets no command
    found = await settled_after(engine, an_order(on=False), SHUT)
    assert (found.state, found.reason) == ("unknown", Reason.RUNTIME_UNAVAILABLE)
    assert found.confirmed == SHUT
    found = await settled_after(engine, an_order(on=False), RAN)
    assert (found.state, found.reason) == ("unknown", Reason.STILL_RUNNING)


@pytest.mark.parametrize(("life", "kept"), [("1", True), ("", False)])
async def test_what_could_not_be_reached_may_have_been_started_anew(life, kept):
    engine, before = Engine("running"), Confirmed(on=True, life=life)
    engine.answers = False
    found = await settled_after(engine, an_order(), before)
    assert found.confirmed == (before if kept else None)


async def test_what_was_on_again_is_not_taken_for_off():
    engine = Engine("running")
    engine.obeys = False
    found = await settled_after(engine, an_order(on=False), SHUT)
    assert (found.reason, found.confirmed) == (Reason.STILL_RUNNING, None)
    assert found.told == "pause"


async def test_an_engine_between_two_states_is_waited_for_and_given_no_command(monkeypatch):
    monkeypatch.setattr(settle, "FIRST_READ", timedelta(milliseconds=1))
    engine = Engine("running", settle_time=timedelta(minutes=1))
    engine.busy = 3
    assert await settled(engine, an_order(on=False)) == ("paused", None)
    assert (len(engine.given), engine.reads) == (1, 5)


async def test_an_order_that_was_lost_in_a_reload_is_given_again(monkeypatch):
    monkeypatch.setattr(settle, "FIRST_READ", timedelta(milliseconds=1))
    engine = Engine("running", settle_time=timedelta(minutes=1))
    given = engine.apply

    async def lost(order, reading, target):
        await given(order, reading, target)
        if len(engine.given) == 1:
            engine.coming, engine.busy = [], 2

    engine.apply = lost
    assert await settled(engine, an_order(on=False)) == ("paused", None)
    assert len(engine.given) == 2


async def test_an_engine_that_reloads_for_ever_is_said_after_its_time():
    engine = Engine("running", settle_time=timedelta(milliseconds=1))
    engine.busy = 10**6
    assert await settled(engine, an_order(on=False)) == ("running", Reason.STILL_RUNNING)
    assert engine.given == []


@pytest.mark.parametrize("on", [True, False])
async def test_what_an_engine_refuses_is_said_with_its_words(on):
    engine = Engine("paused")
    engine.differs = lambda *_: True

    async def refused(*_):
        raise RefusedError("It says no.")

    engine.apply = refused
    found = await settled_after(engine, an_order(on=on), None)
    assert found == Running("paused", Reason.ENGINE_REFUSED, "It says no.")


@pytest.mark.parametrize("action", ["stop", "close"])
def test_pausing_is_not_enough_where_more_was_ordered(action):
    order = replace(an_order(on=False), action=action)
    words = f"It was told to {action}, but is only paused."
    found = concluded(order, Reading(Running("paused")), {})
    assert found == Running("paused", Reason.ENGINE_REFUSED, words)
    assert concluded(order, Reading(Running("stopped")), {}) == Running("stopped")


# --- moves between runtimes


@pytest.fixture
def engines(monkeypatch):
    """Two engines of a made-up kind, by the names of their runtimes."""
    found = {"here": Engine("running"), "there": Engine()}
    monkeypatch.setitem(RUNTIMES, "file", lambda runtime, _: found[runtime.name])
    return found


@pytest.fixture
async def runtimes(tmp_path, monkeypatch):
    """Its turns wait for little, but for long enough where nothing hangs."""
    monkeypatch.setattr(worker, "FIRST_RETRY", timedelta(milliseconds=1))
    monkeypatch.setattr(worker, "LAST_RETRY", timedelta(milliseconds=1))
    woken = asyncio.Event()
    open_ones = Runtimes(Bounds(tmp_path), woken.set)
    open_ones.woken = woken
    yield open_ones
    await open_ones.close()


def a_decision(order, *, name=STRATEGY, leave=None, place=HERE, reason=Reason.CONNECTED):
    memory = StrategyMemory(on=True, action="pause", runtime=place)
    return Decision(name, order, reason, "", memory, None, () if leave is None else (leave,))


async def converge(runtimes, *decisions):
    found = await runtimes.converge(decisions, 3, "r1", NOW)
    return {name: replace(each, confirmed=None, told=None) for name, each in found.items()}


async def moved(runtimes, order):
    leave = replace(an_order(on=False), strategy=None)
    return (await converge(runtimes, a_decision(order, leave=leave, place=THERE)))[STRATEGY]


async def test_a_strategy_that_moves_is_off_where_it_was_before_it_is_on_elsewhere(
    runtimes, engines
):
    assert await moved(runtimes, an_order(runtime=THERE)) == Running("running")
    assert (engines["here"].state, engines["there"].state) == ("paused", "running")


async def test_a_strategy_that_leaves_without_an_order_is_only_turned_off(runtimes, engines):
    assert await moved(runtimes, None) == Running("stopped")
    assert (engines["here"].state, engines["there"].given) == ("paused", [])


async def test_it_is_not_on_elsewhere_while_it_still_runs_where_it_was(runtimes, engines):
    engines["here"].obeys = False
    running = await moved(runtimes, an_order(runtime=THERE))
    assert (running.state, running.reason) == ("running", Reason.STILL_RUNNING)
    assert engines["there"].given == []


async def test_another_name_of_the_same_engine_is_no_move(runtimes, engines):
    engines["there"] = engines["here"]
    assert await moved(runtimes, an_order(runtime=THERE)) == Running("running")
    assert engines["here"].given == []


async def test_a_move_that_is_taken_back_is_off_where_it_went(runtimes, engines):
    assert await moved(runtimes, an_order(runtime=THERE)) == Running("running")
    running = await converge(runtimes, a_decision(an_order()))  # its memory never left
    assert running == {STRATEGY: Running("running")}
    assert (engines["here"].state, engines["there"].state) == ("running", "paused")


# --- beside the turn


async def test_an_order_that_is_looked_after_is_not_carried_out_again(runtimes, engines):
    await converge(runtimes, a_decision(an_order()))
    reads = engines["here"].reads
    for _ in range(3):
        assert await converge(runtimes, a_decision(an_order())) == {STRATEGY: Running("running")}
    assert engines["here"].reads == reads


async def test_a_runtime_that_hangs_delays_no_other_and_is_said_after_its_deadline(
    runtimes, engines, monkeypatch
):
    monkeypatch.setattr(converging, "PATIENCE", timedelta(milliseconds=20))
    here, there = engines["here"], engines["there"]
    here.hangs.clear()
    here.deadline = timedelta(milliseconds=50)
    there.state = "running"
    other = replace(an_order(on=False, runtime=THERE), name="other")
    running = await converge(
        runtimes,
        a_decision(an_order(on=False)),
        a_decision(other, name="other", place=THERE),
    )
    assert running == {"other": Running("paused")}
    await runtimes.woken.wait()
    (news,) = runtimes.collect().values()
    assert (news.state, news.reason) == ("unknown", Reason.STILL_RUNNING)
    assert news.message == "The runtime has not answered for 0.05 s."
    assert runtimes.idle  # nobody waits for it any more
    running = await converge(runtimes, a_decision(an_order(message="again")))
    assert running[STRATEGY].reason is Reason.RUNTIME_UNAVAILABLE

    runtimes.woken.clear()
    here.hangs.set()  # it comes back, and has the latest order alone
    while (await converge(runtimes, a_decision(an_order(message="again"))))[STRATEGY].reason:
        await runtimes.woken.wait()
        runtimes.woken.clear()
    assert here.given == []
    assert here.state == "running"


@pytest.mark.parametrize("on", [True, False])
async def test_one_that_does_not_answer_is_said_so_while_it_is_tried_again(
    runtimes, engines, monkeypatch, on
):
    monkeypatch.setattr(converging, "PATIENCE", timedelta(milliseconds=20))
    here = engines["here"]
    here.answers = False
    reason = Reason.RUNTIME_UNAVAILABLE if on else Reason.STILL_RUNNING
    assert (await converge(runtimes, a_decision(an_order(on=on))))[STRATEGY].reason is reason
    here.hangs.clear()
    for words in ("another", "and another"):
        running = await converge(runtimes, a_decision(an_order(message=words)))
        assert running[STRATEGY].reason is Reason.RUNTIME_UNAVAILABLE
    here.answers = True
    here.hangs.set()
    while (await converge(runtimes, a_decision(an_order())))[STRATEGY].reason:
        await runtimes.woken.wait()
        runtimes.woken.clear()


async def test_what_was_shown_to_be_off_is_not_said_to_run_for_a_runtime_that_hangs(
    runtimes, engines
):
    await converge(runtimes, a_decision(an_order(on=False)))
    engines["here"].deadline = timedelta(milliseconds=1)
    engines["here"].hangs.clear()
    engines["here"].hints.put_nowait(None)
    await runtimes.woken.wait()
    (news,) = runtimes.collect().values()
    assert (news.state, news.reason) == ("unknown", Reason.RUNTIME_UNAVAILABLE)


async def test_a_hint_has_it_read_again_and_put_right(runtimes, engines):
    await converge(runtimes, a_decision(an_order(on=False)))
    engine = engines["here"]
    engine.state = "running"
    engine.acted.clear()
    engine.hints.put_nowait([STRATEGY])
    await engine.acted.wait()
    assert engine.given == [(STRATEGY, False, 3)] * 2


async def test_what_failed_is_tried_again_without_a_turn(runtimes, engines):
    engines["here"].answers = False
    running = await converge(runtimes, a_decision(an_order(on=False)))
    assert running[STRATEGY].reason is Reason.STILL_RUNNING
    runtimes.woken.clear()
    engines["here"].answers = True
    await runtimes.woken.wait()
    assert runtimes.collect()[STRATEGY].reason is None


async def test_what_was_not_foreseen_is_said_and_tried_again(runtimes, engines, monkeypatch):
    read = Engine.read

    async def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(Engine, "read", broken)
    running = await converge(runtimes, a_decision(an_order(on=False)))
    assert running[STRATEGY].reason is Reason.STILL_RUNNING
    assert running[STRATEGY].message == (
        "It failed in a way that was not foreseen (ZeroDivisionError)."
    )
    monkeypatch.setattr(Engine, "read", read)
    while (await converge(runtimes, a_decision(an_order(on=False))))[STRATEGY].reason:
        await runtimes.woken.wait()
        runtimes.woken.clear()
    assert engines["here"].state == "paused"


async def test_an_order_that_fails_unforeseen_stops_no_other(engines, monkeypatch):
    engine, apply = engines["here"], Engine.apply

    async def broken(self, order, *rest):
        if order.name == "bad":
            raise ZeroDivisionError
        await apply(self, order, *rest)

    monkeypatch.setattr(Engine, "apply", broken)
    orders = {name: replace(an_order(on=False), name=name) for name in ("bad", "good")}
    targets = {name: Target(order, STAMP) for name, order in orders.items()}
    await settle.settle(engine, targets)
    assert engine.given == [("good", False, 3)]


async def test_turning_off_goes_before_turning_on(runtimes, engines, monkeypatch):
    monkeypatch.setattr(worker, "BATCH", 1)
    names = {f"on-{number}": True for number in range(4)} | {"off": False}
    engines["here"].differs = lambda *_: True
    await converge(
        runtimes,
        *(a_decision(replace(an_order(on=on), name=name), name=name) for name, on in names.items()),
    )
    assert engines["here"].given[0] == ("off", False, 3)


async def test_what_left_is_forgotten_once_it_is_off(runtimes, engines):
    gone = replace(an_order(on=False), strategy=None, reason=Reason.REMOVED)
    running = await converge(runtimes, a_decision(gone, reason=Reason.REMOVED))
    assert running == {STRATEGY: Running("paused")}
    engines["here"].hints.put_nowait([STRATEGY])
    reads = engines["here"].reads
    await converge(runtimes)
    assert (runtimes.idle, engines["here"].reads) == (True, reads)


async def test_a_call_that_hangs_is_left_behind_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(converging, "PATIENCE", timedelta(milliseconds=1))
    hangs, lstat = threading.Event(), os.lstat

    def hang(path, *rest):
        if threading.current_thread() is not threading.main_thread():
            hangs.wait()
        return lstat(path, *rest)

    monkeypatch.setattr(os, "lstat", hang)
    runtimes = Runtimes(Bounds(tmp_path))
    assert await converge(runtimes, a_decision(an_order(on=False))) == {}
    await runtimes.close()
    hangs.set()


async def test_what_is_lent_is_renewed_while_turns_are_taken(runtimes, engines, monkeypatch):
    engine = engines["here"]
    await converge(runtimes, a_decision(an_order()))
    async with asyncio.timeout(20):
        while True:
            if engine.renewals == 3:  # as long as more is to be renewed
                break
            await asyncio.sleep(0.01)
    monkeypatch.setattr(converging, "ALIVE_SECONDS", -1.0)
    monkeypatch.setattr(Engine, "rhythm", timedelta(0))
    engine.hints.put_nowait([])
    await converge(runtimes)
    assert engine.renewals == 3


# --- one engine for one strategy


async def test_an_engine_that_is_handed_over_goes_off_for_one_and_on_for_the_other(
    runtimes, engines
):
    engine = engines["here"]
    engine.exclusive, engine.settle_time = True, timedelta(minutes=1)
    gone = replace(an_order(on=False), strategy=None, reason=Reason.REMOVED)
    heir = replace(an_order(), name="heir")
    decisions = [a_decision(heir, name="heir"), a_decision(gone)]
    running = await converge(runtimes, *decisions)
    assert running == {STRATEGY: Running("paused"), "heir": Running("running")}
    assert [each[:2] for each in engine.given] == [(STRATEGY, False), ("heir", True)]
    engine.state = "stopped"
    runtimes.woken.clear()
    engine.hints.put_nowait([STRATEGY, "heir"])
    await runtimes.woken.wait()
    assert runtimes.collect()["heir"].reason is Reason.ENGINE_STOPPED_ITSELF
    assert len(engine.given) == 2


async def test_credentials_that_were_rotated_are_used_and_what_was_refused_is_tried_again(
    runtimes, engines
):
    engines["here"].answers = False
    await converge(runtimes, a_decision(an_order(on=False)))
    runtimes.held([HERE])
    runtimes.woken.clear()
    engines["here"].answers = True
    renewed = HERE.model_copy()
    runtimes.held([renewed])
    runtimes.held([renewed])
    assert engines["here"].adopted is renewed
    await runtimes.woken.wait()


async def test_what_an_earlier_life_of_ours_knew_of_an_engine_counts(tmp_path, engines):
    engines["here"].state = "stopped"
    runtimes = Runtimes(Bounds(tmp_path), shown={STRATEGY: Confirmed(on=True)})
    running = await converge(runtimes, a_decision(None))
    assert running == {STRATEGY: Running("stopped")}
    running = await converge(runtimes, a_decision(an_order()))
    assert running[STRATEGY].reason is Reason.ENGINE_STOPPED_ITSELF
    await converge(runtimes, a_decision(an_order(on=False)))
    assert await converge(runtimes, a_decision(an_order())) == {STRATEGY: Running("running")}
    await runtimes.close()
