"""The line: what should be, what is, a verdict, an act, and a picture of it all."""

import traceback
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bf_reconciler.daemon.cycle import Cycle
from bf_reconciler.facts import (
    Announcement,
    Announcements,
    Balance,
    Listed,
    Orders,
    Place,
    Reason,
    Shard,
)
from bf_reconciler.reconcile import Outside, halt, reconcile
from bf_reconciler.reload import Reload
from bf_reconciler.schedule import HEARTBEAT
from bf_reconciler.spec import Names, owner, share
from bf_reconciler.status import (
    ConfigStatus,
    Declaration,
    Judgement,
    Record,
    Running,
    Status,
    StrategyState,
    Transition,
)
from bf_reconciler.verdict import ConnectionState, Halted, Holding
from build import (
    CONNECTION,
    MINUTE,
    NOW,
    SECOND,
    STRATEGY,
    a_connection,
    a_seen,
    a_spec,
    a_strategy,
    a_suspension,
    a_withdraw_key,
    an_observation,
    an_outage,
    refused,
)

GOOD = ConfigStatus(last_reload_successful=True)


class Prober:
    """Answers at once with what ``script`` makes of a time; gives it at the next collect."""

    def __init__(self, script=an_observation):
        self.script, self.now, self.asked = script, NOW, []
        self.forgot, self.hurried = set(), set()
        self.finished, self.listed, self.told = {}, Listed.TRADES, {}

    def collect(self):
        finished, self.finished = self.finished, {}
        return finished

    def markets(self, wanted):
        found = {}
        for entry, pairs in wanted.values():
            found.setdefault(entry.venue, {}).update(dict.fromkeys(pairs, self.listed))
        return found

    def announced(self, _):
        return self.told

    def probe(self, due, soon, forget):
        self.forgot |= set(forget)
        self.hurried |= set(soon)
        for entry in due:
            self.asked.append(entry.name)
            answer = self.script(self.now)
            self.finished[entry.name] = replace(answer, entry=entry.fingerprint)


class Engine:
    """A runtime in memory."""

    def __init__(self):
        self.on, self.orders, self.broken, self.strays = {}, [], set(), {}
        self.given, self.failed = {}, set()
        self.silent = set()
        """Runtimes that do as they are told, and do not say so."""

    async def converge(self, decisions, *_):
        decisions = tuple(decisions)
        self.given |= {each.name: each for each in decisions}
        return {each.name: self.settled(each) for each in decisions}

    def collect(self):
        """What failed is tried again by itself."""
        return {name: self.settled(self.given[name]) for name in sorted(self.failed)}

    def settled(self, decision):
        running = self.settle(decision)
        self.failed.discard(decision.name)
        if running.reason is not None:
            self.failed.add(decision.name)
        return running

    def held(self, declared):
        return dict.fromkeys(declared, self.strays)

    def let_go(self, names):
        self.failed -= set(names)

    def settle(self, decision):
        for order in (*decision.leaves, decision.order):
            if order is None:
                continue
            if order.runtime.name in self.broken:
                return Running("unknown", Reason.RUNTIME_UNAVAILABLE, "It is broken.")
            if self.on.get((order.runtime.name, order.name)) is not order.on:
                self.orders.append((order.name, order.on))
            self.on[order.runtime.name, order.name] = order.on
            if order.runtime.name in self.silent:
                return Running("unknown", Reason.RUNTIME_UNAVAILABLE, "It does not answer.")
        place = (decision.memory.runtime.name, decision.name)
        return Running("running" if self.on.get(place) else "paused")


class Journal:
    def __init__(self):
        self.record, self.told, self.judged = Record(Status(), {}), [], []
        self.declared, self.rested = [], set()

    async def keep(self, status, seen, *_):
        self.record = Record(status, dict(seen))

    def held(self, *given):
        return partial(self.keep, *given)

    def later(self, record, _, changes=(), resting=()):
        """What rests is lost: a crash comes before its turn."""
        self.rested |= set(resting)
        known, status = self.record, record.status
        shown = {n: known.status.connections[n] for n in resting}
        connections = {**status.connections, **shown}
        seen = {**record.seen, **{n: known.seen[n] for n in resting}}
        self.record = Record(replace(status, connections=connections), seen)
        self.judged += [c for c in changes if isinstance(c, Judgement)]
        self.declared += [c for c in changes if isinstance(c, Declaration)]

    async def save(self, record, changes, *_):
        self.later(record, None, changes)
        told = [c for c in changes if isinstance(c, Transition)]
        self.told += [(c.name, c.after, str(c.reason)) for c in told]


class House:
    """The line with everything around it; ``turn`` takes cycles a second apart."""

    def __init__(self, script=an_observation, spec=None):
        self.prober, self.engine, self.journal = Prober(script), Engine(), Journal()
        self.now = NOW
        self.start(spec or a_spec())

    def start(self, spec):
        """A new process with what the journal kept."""
        self.prober.finished = {}
        record = self.journal.record
        self.cycle = Cycle(self.prober, self.engine, self.journal, record, lambda *_: None, _Wake())
        self.declare(spec)

    def declare(self, spec):
        self.spec = spec
        self.cycle.take(Reload(spec, GOOD))

    async def turn(self, times=1, step=SECOND):
        for _ in range(times):
            self.now = self.prober.now = self.now + step
            await self.cycle.turn(self.now)
        return self.strategy

    @property
    def strategy(self):
        return self.cycle.status.strategies.get(STRATEGY)

    @property
    def state(self):
        return self.strategy.status if self.strategy else None

    @property
    def running(self):
        return self.engine.on.get(("local", STRATEGY))


class _Wake:
    def set(self):
        pass


def fast(**changes):
    return a_spec([a_connection(interval=SECOND)], **changes)


async def test_a_good_probe_turns_a_strategy_on_and_no_earlier():
    house = House()
    await house.turn()
    assert (house.state, house.running) == (StrategyState.PENDING, None)
    await house.turn()
    assert (house.state, house.running) == (StrategyState.ENABLED, True)


class Whole(dict):
    """Entries that note each pass over all of them."""

    def __init__(self, entries):
        super().__init__(entries)
        self.passes = []

    def _noted(self, over):
        self.passes.append("".join(traceback.format_stack(limit=6)))
        return over

    def __iter__(self):
        return self._noted(super().__iter__())

    def items(self):
        return self._noted(super().items())

    def values(self):
        return self._noted(super().values())


async def test_a_turn_in_which_little_happens_passes_over_nothing_as_a_whole():
    spec = a_spec(
        [a_connection(f"c-{n}", fingerprint=f"c-{n}") for n in range(3)],
        [a_strategy(f"s-{n}", connection=f"c-{n}") for n in range(3)],
    )
    spec = replace(spec, connections=Whole(spec.connections), strategies=Whole(spec.strategies))
    house = House(spec=spec)
    ahead = Announcement("upgrade", NOW + timedelta(days=3))
    house.prober.told = {Place("kucoin", "live"): Announcements((ahead,))}
    await house.turn(5)
    assert house.cycle.status.maintenance
    for entries in (spec.connections, spec.strategies):
        entries.passes.clear()
    await house.turn(3)  # nothing is due
    house.prober.finished["c-1"] = an_observation(house.now, entry="c-1")
    await house.turn()
    assert house.cycle.seen["c-1"].latest.at == house.now - SECOND
    assert (spec.connections.passes, spec.strategies.passes) == ([], [])


@pytest.mark.parametrize("restarted", [False, True])
async def test_what_another_shard_took_over_is_left_as_it_is_and_nobody_is_told(restarted):
    house = House(spec=fast())
    await house.turn(3)
    told = list(house.journal.told)
    part = share(house.spec, Shard(1 - owner(CONNECTION, 2), 2))
    house.start(part) if restarted else house.declare(part)
    await house.turn(3)
    assert (house.state, house.running) == (None, True)
    assert house.engine.orders == [(STRATEGY, True)]
    assert house.journal.told == told
    assert not house.journal.record.status.connections
    assert not house.journal.record.seen


@pytest.mark.parametrize("restarted", [False, True])
async def test_what_is_wound_down_goes_on_though_its_connection_left_the_file_meanwhile(restarted):
    house = House(spec=a_file_of("BTC/USDT", "ETH/USDT"))
    house.prober.script = partial(holding, "ETH")
    await house.turn(3)
    for spec in (a_file_of("BTC/USDT"), a_spec([], []), a_file_of("BTC/USDT")):
        house.start(spec) if restarted else house.declare(spec)
        await house.turn(3)
    known = house.journal.record.status.connections[CONNECTION]
    assert [*known.traded.left] == ["ETH/USDT"]
    assert known.status is ConnectionState.ONLINE
    house.prober.script = partial(holding, "SQUID")
    await house.turn(3)
    assert house.journal.record.status.connections[CONNECTION].status is ConnectionState.DEGRADED


def a_file_of(*pairs):
    entry = replace(a_connection(interval=SECOND), key_fingerprint="a key")
    return a_spec([entry], [a_strategy(pairs=pairs)])


def holding(coin, at):
    return an_observation(at, balance=Balance(False, frozenset({coin})), orders=Orders(frozenset()))


async def test_what_stands_is_not_done_again():
    house = House(spec=fast())
    await house.turn(10)
    assert house.engine.orders == [(STRATEGY, True)]


async def test_a_withdraw_right_turns_it_off_at_once():
    house = House(spec=fast())
    await house.turn(2)
    house.prober.script = lambda at: an_observation(at, key=a_withdraw_key())
    await house.turn(3)
    assert (house.state, house.running) == (StrategyState.BLOCKED, False)
    assert house.strategy.conditions[0].reason is Reason.WITHDRAW_ENABLED


async def test_a_refusal_is_asked_again_before_it_turns_anything_off():
    house = House(spec=fast())
    await house.turn(2)
    house.prober.script = lambda at: refused(Reason.INVALID_KEY, at)
    while house.state is StrategyState.ENABLED:
        await house.turn()
    assert (house.state, house.running) == (StrategyState.HOLDING, True)
    await house.turn(4)
    assert (house.state, house.running) == (StrategyState.BLOCKED, False)


async def test_what_is_not_known_leaves_it_running_for_its_grace_and_then_off():
    house = House(spec=fast(policy={"grace": timedelta(seconds=20)}))
    await house.turn(2)
    house.prober.script = an_outage
    await house.turn(10)
    assert (house.state, house.running) == (StrategyState.HOLDING, True)
    await house.turn(15)
    assert house.running is False
    assert house.strategy.conditions[0].reason is Reason.GRACE_EXPIRED


async def test_what_is_not_known_turns_nothing_on():
    house = House(an_outage, fast())
    await house.turn(5)
    assert (STRATEGY, True) not in house.engine.orders


async def test_an_answer_about_another_entry_is_not_believed():
    house = House()
    await house.turn()
    changed = a_connection(fingerprint="a new key")
    house.declare(a_spec([changed]))
    await house.turn()
    assert house.state is StrategyState.PENDING
    assert house.prober.asked == [CONNECTION, CONNECTION]
    await house.turn()
    assert house.state is StrategyState.ENABLED


async def test_an_answer_about_an_entry_that_left_is_dropped():
    house = House()
    await house.turn()
    house.declare(a_spec([], []))
    await house.turn()
    assert (house.cycle.seen, house.cycle.status.connections) == ({}, {})


async def test_a_suspended_connection_is_forgotten_and_asked_anew():
    house = House()
    await house.turn(2)
    house.declare(a_spec([a_connection(suspend=a_suspension())]))
    await house.turn()
    assert (house.prober.forgot, house.cycle.seen) == ({CONNECTION}, {})
    assert (house.state, house.running) == (StrategyState.SUSPENDED, False)
    house.declare(a_spec())
    await house.turn(2)
    assert house.state is StrategyState.ENABLED


async def test_what_was_seen_is_kept_before_anything_is_done():
    house, order = House(), []
    keep, converge = house.journal.keep, house.engine.converge

    async def kept(*given):
        order.append("keep")
        await keep(*given)

    async def acted(*given):
        order.append("act")
        return await converge(*given)

    house.journal.keep, house.engine.converge = kept, acted
    await house.turn()
    assert order == ["keep", "act"]


async def test_a_turn_that_changes_nothing_waits_for_no_disk():
    house = House()
    await house.turn(3)
    house.journal.keep = house.journal.save = _broken
    await house.turn(100)
    assert len(house.prober.asked) > 1
    assert house.journal.record.seen == house.cycle.seen


async def test_before_an_order_only_what_it_rests_on_is_waited_for():
    spec = a_spec([a_connection("a"), a_connection("b")], [a_strategy("s", connection="a")])
    house, saved = House(spec=spec), []
    await house.turn(3)
    keep = house.journal.keep

    async def noted(status, seen, names):
        saved.append(names)
        await keep(status, seen, names)

    house.journal.keep = noted
    house.prober.script = lambda at: an_observation(at, key=a_withdraw_key())
    await house.turn(120)
    assert saved == [Names(frozenset({"a"}), frozenset({"s"}))]


async def test_it_wakes_when_the_next_probe_is_due_and_at_least_every_few_seconds():
    seen = {CONNECTION: a_seen(an_observation(NOW))}
    outside = Outside(Prober(), Engine(), Journal().held)
    turn = await reconcile(a_spec(), Status(), seen, outside, NOW)
    assert NOW < turn.wake_at <= NOW + HEARTBEAT
    spec = a_spec([a_connection(interval=2 * SECOND)])
    turn = await reconcile(spec, Status(), seen, outside, NOW)
    assert NOW + SECOND <= turn.wake_at <= NOW + 2 * SECOND


async def test_it_wakes_for_the_heartbeat_when_nothing_is_due_sooner():
    outside = Outside(Prober(), Engine(), Journal().held)
    for spec in (a_spec([], []), a_spec(strategies=[])):
        turn = await reconcile(spec, Status(), {}, outside, NOW)
        assert turn.wake_at == NOW + HEARTBEAT


@pytest.mark.parametrize("paused", ["connection", "strategy"])
async def test_it_wakes_when_a_suspension_ends(paused):
    pause = {"suspend": a_suspension(until=NOW + SECOND)}
    connection = a_connection(**pause) if paused == "connection" else a_connection()
    strategy = a_strategy(**pause) if paused == "strategy" else a_strategy()
    outside = Outside(Prober(), Engine(), Journal().held)
    spec = a_spec([connection], [strategy])
    turn = await reconcile(spec, Status(), {CONNECTION: a_seen()}, outside, NOW)
    assert turn.wake_at == NOW + SECOND


async def test_an_engine_that_cannot_be_reached_is_an_error_and_is_tried_again():
    house = House()
    house.engine.broken.add("local")
    await house.turn(3)
    assert house.state is StrategyState.ERROR
    house.engine.broken.clear()
    await house.turn()
    assert (house.state, house.running) == (StrategyState.ENABLED, True)


def two_places(runtime):
    one = a_spec().runtimes["local"]
    places = {name: one.model_copy(update={"name": name}) for name in ("local", "other")}
    return a_spec(strategies=[a_strategy(runtime=runtime)], runtimes=places)


async def test_a_move_that_failed_is_finished_later():
    house = House(spec=two_places("local"))
    await house.turn(2)
    house.engine.broken.add("local")
    house.declare(two_places("other"))
    await house.turn(3)
    assert house.engine.on == {("local", STRATEGY): True}
    house.engine.broken.clear()
    await house.turn(2)
    assert house.engine.on == {("local", STRATEGY): False, ("other", STRATEGY): True}


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("declared", [False, True])
async def test_a_move_that_is_taken_back_leaves_nothing_on_where_it_went(restarted, declared):
    house = House(spec=two_places("local"))
    await house.turn(2)
    house.engine.silent.add("other")
    house.declare(two_places("other"))
    await house.turn(3)
    assert house.engine.on == {("local", STRATEGY): False, ("other", STRATEGY): True}
    house.engine.silent.clear()
    house.engine.orders.clear()
    back = two_places("local") if declared else a_spec()
    if restarted:
        house.start(back)
    else:
        house.declare(back)
    await house.turn(6, step=MINUTE)
    assert house.engine.on == {("local", STRATEGY): True, ("other", STRATEGY): False}
    assert house.engine.orders == [(STRATEGY, False), (STRATEGY, True)]


async def test_it_is_turned_on_again_where_it_was_when_it_comes_back():
    house = House(spec=two_places("local"))
    await house.turn(2)
    house.declare(a_spec(strategies=[]))
    await house.turn(2)
    assert (house.state, house.running) == (None, False)
    house.declare(two_places("local"))
    await house.turn(2)
    assert house.running is True


async def test_who_only_says_again_what_was_said_may_rest_and_nobody_else():
    house = House()
    await house.turn(3)
    house.journal.rested.clear()
    await house.turn(2, step=timedelta(seconds=60))
    assert house.journal.rested == {CONNECTION}
    house.prober.script = lambda at: an_observation(at, key=a_withdraw_key())
    await house.turn(step=timedelta(seconds=60))  # the last good answer comes, and it is asked
    house.journal.rested.clear()
    await house.turn(step=timedelta(seconds=60))
    assert house.journal.record.status.connections[CONNECTION].status == "Blocked"
    assert house.journal.rested == set()


async def test_a_restart_does_and_says_nothing():
    house = House()
    await house.turn(2)
    told, orders = list(house.journal.told), list(house.engine.orders)
    house.start(a_spec())
    await house.turn(5)
    assert (house.journal.told, house.engine.orders) == (told, orders)


async def test_what_an_earlier_life_saw_turns_nothing_on():
    house = House(spec=a_spec(strategies=[a_strategy(enabled=False)]))
    await house.turn(2)
    house.start(a_spec())
    await house.turn(5)
    assert house.running is False
    await house.turn(step=2 * MINUTE)
    await house.turn()
    assert house.running is True


async def test_what_was_seen_before_the_process_slept_turns_nothing_on():
    pause = a_suspension(until=NOW + 60 * MINUTE)
    house = House(spec=a_spec(strategies=[a_strategy(suspend=pause)]))
    await house.turn(3)
    assert house.state is StrategyState.SUSPENDED
    house.prober.script = lambda at: an_observation(at, key=a_withdraw_key())
    await house.turn(step=300 * MINUTE)
    assert house.running is False
    await house.turn()
    assert house.running is False
    assert (STRATEGY, True) not in house.engine.orders
    house.prober.script = an_observation
    await house.turn(2, step=2 * MINUTE)
    await house.turn()
    assert house.running is True


async def test_the_kill_switch_needs_no_file():
    house = House()
    await house.turn(2)
    before = replace(house.cycle.status, halted=Halted("fire", "ada", NOW))
    outside = Outside(house.prober, house.engine, house.journal.held)
    after = await halt(before, outside, NOW)
    assert after.strategies[STRATEGY].status is StrategyState.HALTED
    assert after.connections == before.connections
    assert house.running is False


async def test_a_memory_outlives_a_turn_that_broke_after_it_was_kept():
    house = House(spec=fast())
    await house.turn(2)
    converge = house.engine.converge
    house.prober.script = lambda at: an_observation(at, key=a_withdraw_key())
    await house.turn()
    house.engine.converge = _broken
    with pytest.raises(Broken):
        await house.turn()
    house.prober.script = an_observation  # the right is off again; it was on all the same
    house.engine.converge = converge
    await house.turn()
    assert (house.state, house.running) == (StrategyState.BLOCKED, False)


class Broken(Exception):  # noqa: N818 # it is the name of what happened
    pass


async def _broken(*_):
    raise Broken


WORLDS = {
    "good": an_observation,
    "withdraw": lambda at: an_observation(at, key=a_withdraw_key()),
    "refused": lambda at: refused(Reason.INVALID_KEY, at),
    "outage": an_outage,
}
PLACES = ("keep", "converge", "save")


@settings(max_examples=40)  # a life is some hundred turns
@given(
    first=st.sampled_from(sorted(WORLDS)),
    then=st.sampled_from(sorted(WORLDS)),
    breaks=st.lists(st.sampled_from(("", "kill", *PLACES)), min_size=1, max_size=12),
)
async def test_a_cycle_that_is_broken_off_anywhere_ends_in_the_same_place(first, then, breaks):
    whole, broken = await lived(first, then, []), await lived(first, then, breaks)
    assert broken.running == whole.running
    assert broken.state == whole.state
    assert _shape(broken.cycle.status) == _shape(whole.cycle.status)
    for house in (whole, broken):  # what stands is what was recorded last, whoever lived to do it
        found, shown = house.journal.judged[-1], house.cycle.status.connections[CONNECTION]
        assert _words(found.outcome.conditions) == _words(shown.conditions[1:])


async def lived(first, then, breaks):
    """A life in which turns break: at an await, or with the whole process."""
    house = House(WORLDS[first], fast(policy={"grace": timedelta(seconds=30)}))
    await house.turn(8)
    house.prober.script = WORLDS[then]
    for place in breaks:
        if place == "kill":
            house.start(house.spec)
        home = house.engine if place == "converge" else house.journal
        if place in PLACES:
            setattr(home, place, _broken)
            with suppress(Broken):  # a turn with nothing to do saves nothing before
                await house.turn()
            delattr(home, place)
        else:
            await house.turn()
    await house.turn(80)
    return house


def _words(found):
    """What is not simply True of conditions, be it as recorded or as shown."""
    each = [c if isinstance(c, tuple) else (c.type, c.status, c.reason) for c in found]
    return [(kind, truth, str(reason)) for kind, truth, reason in each if truth != "True"]


def _shape(status):
    """A status without its times."""
    return [
        (s.name, str(s.status), [(c.type, c.status, c.reason) for c in s.conditions])
        for s in (*status.connections.values(), *status.strategies.values())
    ]


@settings(max_examples=30)
@given(breaks=st.lists(st.sampled_from(("", "kill", *PLACES)), max_size=12))
async def test_whatever_breaks_withdraw_is_never_left_on(breaks):
    house = await lived("good", "withdraw", breaks)
    assert house.cycle.status.connections[CONNECTION].status is ConnectionState.BLOCKED
    assert house.running is False


async def test_what_nobody_declares_is_turned_off_and_shown():
    house = House()
    house.engine.strays = {"stray": Holding(on=True, action="pause", reason="Connected")}
    await house.turn()
    assert ("stray", False) in house.engine.orders
    assert house.cycle.status.strategies["stray"].conditions[0].reason is Reason.ORPHAN_STOPPED
