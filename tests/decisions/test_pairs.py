"""Pairs: what public lists say of them bars a strategy from being turned on, and stops none."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.facts import Listed, Reason, Venue
from bf_reconciler.policy import ConditionType
from bf_reconciler.spec import LOCAL, Names, StrategyEntry, wanted_pairs
from bf_reconciler.status import Status, StrategyState, fold, transitions
from bf_reconciler.turn import relisted
from bf_reconciler.verdict import Halted, StrategyMemory, guard, judge
from build import (
    CONNECTION,
    MINUTE,
    NOW,
    STRATEGY,
    a_connection,
    a_seen,
    a_spec,
    a_strategy,
    a_suspension,
    a_withdraw_key,
    an_observation,
    an_outage,
    obeyed,
)

TRADES, HALTED, MISSING, PENDING = Listed.TRADES, Listed.HALTED, Listed.MISSING, Listed.PENDING
BTC, ETH = "BTC/USDT", "ETH/USDT"
VENUE = Venue("kucoin", "live", None)
GOOD, OUTAGE = an_observation(), an_outage()
WITHDRAW = an_observation(key=a_withdraw_key())


class House:
    """Cycles of one strategy with two pairs, whose engine does as it is told."""

    def __init__(self, **strategy):
        self.spec = a_spec(strategies=[a_strategy(pairs=[BTC, ETH], **strategy)])
        self.status, self.now, self.news = Status(), NOW, []

    def cycle(self, told, *observations, halted=None, **seen):
        """``told``: what is known of the pairs; then the probes, oldest first."""
        memory = {CONNECTION: a_seen(*observations or (GOOD,), **seen)}
        markets = {VENUE: told} if told is not None else {}
        verdicts = judge(self.spec, memory, halted, self.now, markets)
        decisions = guard(self.spec, verdicts, self.status.memories, self.now)
        running = obeyed(decisions, self.status)
        before, self.now = self.status, self.now + MINUTE
        self.status = fold(self.spec, memory, verdicts, decisions, running, self.now, before)
        self.news += [(t.after, t.reason) for t in transitions(before, self.status, self.now)]
        return self.strategy.status, self.strategy.conditions[0].reason

    @property
    def strategy(self):
        return self.status.strategies[STRATEGY]

    @property
    def permitted(self):
        kind = ConditionType.MARKET_PERMITTED
        found = next(c for c in self.strategy.conditions if c.type is kind)
        return found.status, found.reason, found.message


ENABLED = (StrategyState.ENABLED, Reason.CONNECTED)
BLOCKED = (StrategyState.BLOCKED, Reason.PAIR_NOT_TRADABLE)
PENDED = (StrategyState.PENDING, Reason.NOT_PROBED)
ALL_GOOD = {BTC: TRADES, ETH: TRADES}


def test_a_strategy_whose_pairs_all_trade_goes_on():
    house = House()
    assert house.cycle(ALL_GOOD) == ENABLED
    told = "The key can trade spot. Its pairs are trading."
    assert house.permitted == ("True", Reason.CONNECTED, told)


@pytest.mark.parametrize(("word", "said"), [(MISSING, "Not listed"), (HALTED, "Not trading now")])
def test_one_bad_pair_keeps_it_off_and_is_named(word, said):
    house = House()
    assert house.cycle({BTC: TRADES, ETH: word}) == BLOCKED
    assert house.permitted == ("False", Reason.PAIR_NOT_TRADABLE, f"{said}: ETH/USDT.")
    assert house.strategy.conditions[0].message == f"{said}: ETH/USDT."
    assert house.strategy.running in {"stopped", "paused"}
    assert house.cycle(ALL_GOOD) == ENABLED


def test_it_says_so_though_its_connection_complies():
    house = House()
    house.cycle({BTC: MISSING, ETH: TRADES})
    assert house.status.connections[CONNECTION].status == "Online"
    ready = next(c for c in house.strategy.conditions if c.type is ConditionType.CONNECTION_READY)
    assert ready.status == "True"


@pytest.mark.parametrize(("count", "end"), [(5, "X4/USDT."), (6, "X4/USDT and 1 more.")])
def test_five_bad_pairs_are_named(count, end):
    pairs = [f"X{n}/USDT" for n in range(count)]
    house = House()
    house.spec = a_spec(strategies=[a_strategy(pairs=pairs)])
    house.cycle(dict.fromkeys(pairs, MISSING))
    assert house.permitted[2].endswith(end)


def test_many_bad_pairs_are_counted():
    pairs = [f"X{n}/USDT" for n in range(8)]
    house = House()
    house.spec = a_spec(strategies=[a_strategy(pairs=pairs)])
    house.cycle(dict.fromkeys(pairs, MISSING))
    assert (
        house.permitted[2] == "Not listed: X0/USDT, X1/USDT, X2/USDT, X3/USDT, X4/USDT and 3 more."
    )


def test_a_strategy_that_runs_runs_on_with_a_pair_that_goes_bad():
    house = House(resume="manual")
    house.cycle(ALL_GOOD)
    house.news.clear()
    assert house.cycle({BTC: TRADES, ETH: HALTED}) == ENABLED
    assert house.permitted == ("False", Reason.PAIR_NOT_TRADABLE, "Not trading now: ETH/USDT.")
    assert house.strategy.running == "running"
    assert not house.status.memories[STRATEGY].latched
    assert house.cycle(ALL_GOOD) == ENABLED
    assert house.news == []


def test_once_it_went_off_for_another_reason_it_needs_good_pairs_to_come_back():
    house = House()
    house.cycle(ALL_GOOD)
    bad = {BTC: TRADES, ETH: HALTED}
    assert house.cycle(bad, WITHDRAW)[1] is Reason.WITHDRAW_ENABLED
    assert house.cycle(bad) == BLOCKED
    assert house.cycle(ALL_GOOD) == ENABLED


@pytest.mark.parametrize("told", [None, {}, {BTC: TRADES}])
def test_what_is_not_known_of_pairs_bars_nothing(told):
    house = House()
    assert house.cycle(told) == ENABLED
    told = "The key can trade spot. Its pairs were not checked."
    assert house.permitted == ("True", Reason.CONNECTED, told)


def test_the_first_look_is_waited_for_and_nothing_is_told_meanwhile():
    house = House()
    pending = {BTC: PENDING, ETH: PENDING}
    assert house.cycle(pending) == PENDED
    assert house.status.memories[STRATEGY].on is None
    assert house.permitted[0] == "True"
    assert house.cycle({}) == ENABLED  # the look failed
    assert house.cycle(pending) == ENABLED
    assert house.strategy.running == "running"


def test_a_restart_is_no_news():
    for told in (ALL_GOOD, {BTC: TRADES, ETH: MISSING}):
        house = House()
        house.cycle(told)
        house.news.clear()
        house.cycle({BTC: PENDING, ETH: PENDING}, restored=True)
        house.cycle({BTC: PENDING, ETH: PENDING})
        house.cycle(told)
        assert house.news == []


def test_one_that_was_off_for_another_reason_waits_for_the_look():
    house = House()
    house.cycle(ALL_GOOD, halted=Halted("flood", "ada", NOW))
    assert house.cycle({BTC: PENDING, ETH: PENDING}) == PENDED
    assert house.cycle(ALL_GOOD) == ENABLED


def test_a_key_that_may_not_trade_is_told_first():
    house = House()
    assert house.cycle({BTC: MISSING, ETH: MISSING}, WITHDRAW)[1] is Reason.WITHDRAW_ENABLED
    assert house.cycle(None, OUTAGE)[1] is not Reason.PAIR_NOT_TRADABLE


words = st.dictionaries(st.sampled_from([BTC, ETH]), st.sampled_from(Listed))
lives = st.lists(
    st.tuples(st.none() | words, st.sampled_from([GOOD, GOOD, OUTAGE, WITHDRAW])), max_size=6
)


@given(lives, words, st.booleans())
def test_pairs_never_turn_off_what_runs_and_never_hold_back_an_off(life, told, withdraw):
    house = House()
    for known, observation in life:
        house.cycle(known, observation)
    ran = house.status.strategies and house.strategy.running == "running"
    house.cycle(told, WITHDRAW if withdraw else GOOD)
    running = house.strategy.running == "running"
    if withdraw:
        assert not running
    elif ran:
        assert running
    else:
        assert not running or not set(told.values()) & {MISSING, HALTED, PENDING}


@given(words)
def test_pairs_say_nothing_of_the_connection(told):
    spec = a_spec(strategies=[a_strategy(pairs=[BTC, ETH])])
    seen = {CONNECTION: a_seen(GOOD)}
    with_, without = (judge(spec, seen, None, NOW, m) for m in ({VENUE: told}, {}))
    assert with_.connections == without.connections
    one, other = with_.strategies[STRATEGY], without.strategies[STRATEGY]
    assert replace(one, barred=None, market_permitted=other.market_permitted) == other


def test_a_place_is_an_exchange_its_environment_and_its_endpoint():
    entry = a_connection(environment="live", endpoint="https://gateway.example")
    assert entry.venue == Venue("kucoin", "live", "https://gateway.example")
    house = House()
    house.spec = a_spec([entry], [a_strategy(pairs=[BTC, ETH])])
    assert house.cycle({BTC: MISSING, ETH: MISSING}) == ENABLED  # said of another place


def test_pairs_of_strategies_that_are_to_run_are_looked_up():
    resting = a_connection("resting", suspend=a_suspension())
    spec = a_spec(
        [a_connection(), resting, a_connection("unused")],
        [
            a_strategy("one", pairs=[BTC]),
            a_strategy("two", pairs=[BTC, ETH]),
            a_strategy("off", pairs=["SOL/USDT"], enabled=False),
            a_strategy("rests", pairs=["XRP/USDT"], connection="resting"),
            a_strategy("lost", pairs=["XRP/USDT"], connection="nowhere"),
        ],
    )
    ((entry, pairs),) = wanted_pairs(spec, NOW).values()
    assert (entry.name, pairs) == (CONNECTION, {BTC, ETH})
    over = a_suspension(until=NOW - MINUTE)
    spec = a_spec([a_connection(suspend=over)], [a_strategy(enabled=False)])
    assert wanted_pairs(spec, NOW) == {}
    spec = a_spec([a_connection(suspend=over)])
    assert len(wanted_pairs(spec, NOW)) == 1


def test_a_move_to_another_runtime_is_no_start():
    house = House()
    house.cycle(ALL_GOOD)
    there = LOCAL.model_copy(update={"name": "there"})
    moved = a_strategy(pairs=[BTC, ETH], runtime="there")
    house.spec = replace(
        house.spec,
        runtimes={LOCAL.name: LOCAL, "there": there},
        strategies={STRATEGY: StrategyEntry(moved, 20, "current")},
    )
    assert house.cycle({BTC: TRADES, ETH: HALTED}) == ENABLED


def test_a_latched_strategy_still_waits_for_its_person():
    house = House(resume="manual")
    memory = StrategyMemory(
        on=False, action="pause", runtime=LOCAL, latched=True, connection=CONNECTION
    )
    verdicts = judge(house.spec, {CONNECTION: a_seen(GOOD)}, None, NOW, {VENUE: {BTC: MISSING}})
    (decision,) = guard(house.spec, verdicts, {STRATEGY: memory}, NOW).values()
    assert decision.reason is Reason.AWAITING_MANUAL_RESUME


def test_only_strategies_of_whose_pairs_another_thing_is_known_are_judged_again():
    bots = [a_strategy("btc", pairs=[BTC]), a_strategy("eth", pairs=[ETH]), a_strategy("both")]
    bots[2] = bots[2].model_copy(update={"pairs": (BTC, ETH)})
    spec = a_spec(strategies=bots)
    known = {VENUE: {BTC: TRADES}}
    assert relisted(spec, known, known) == Names()
    assert relisted(spec, known, {VENUE: {BTC: TRADES}}) == Names()
    more = {VENUE: {BTC: TRADES, ETH: PENDING}}
    for old, new in ((known, more), (more, known)):
        assert relisted(spec, old, new).strategies == {"eth", "both"}
    assert relisted(spec, known, {VENUE: {BTC: HALTED}}).strategies == {"btc", "both"}
    assert relisted(spec, known, {}).strategies == {"btc", "both"}
    assert relisted(spec, known, {Venue("mexc", "live", None): {BTC: HALTED}, **known}) == Names()
