"""Who is named is decided again, and nobody else: the others stay the very objects they were."""

from dataclasses import replace

from bf_reconciler.facts import Reason, Scope
from bf_reconciler.policy import watch
from bf_reconciler.spec import LOCAL, Names
from bf_reconciler.status import Running, Status, fold, key_events, transitions
from bf_reconciler.verdict import StrategyMemory, Verdicts, guard, judge
from build import (
    MINUTE,
    NOW,
    a_connection,
    a_seen,
    a_spec,
    a_strategy,
    a_withdraw_key,
    an_observation,
)

PAIRS = ("one", "two", "three")
SPEC = a_spec(
    [a_connection(name) for name in PAIRS],
    [a_strategy(f"s-{name}", connection=name) for name in PAIRS],
)
LATER = NOW + MINUTE
WELL = {name: a_seen(an_observation(NOW)) for name in PAIRS}
BAD = {
    name: a_seen(an_observation(NOW), an_observation(LATER, key=a_withdraw_key())) for name in PAIRS
}
NAMED = Names(frozenset({"two"}), frozenset({"s-two"}))
MEMORY = StrategyMemory(on=True, action="pause", runtime=LOCAL, connection="two")
MEMORIES = {f"s-{name}": replace(MEMORY, connection=name) for name in PAIRS}


def same(before, after):
    """The names whose values are the same objects as before."""
    return {name for name in before if after.get(name) is before[name]}


def test_verdicts():
    before = judge(SPEC, WELL, None, NOW)
    after = judge(SPEC, BAD, None, LATER, {}, before, NAMED)
    assert same(before.connections, after.connections) == {"one", "three"}
    assert same(before.strategies, after.strategies) == {"s-one", "s-three"}
    assert after.connections["two"].compliant is False
    assert after.strategies["s-two"].on is False
    assert after.causes is before.causes


def test_a_strategy_is_judged_by_the_new_verdict_on_its_connection_and_by_no_other():
    before = judge(SPEC, WELL, None, NOW)
    only = Names(strategies=frozenset({"s-two"}))
    assert judge(SPEC, BAD, None, LATER, {}, before, only).strategies["s-two"].on is True


def test_all_are_judged_where_nobody_is_named_and_who_left_is_gone():
    before = judge(SPEC, WELL, None, NOW)
    smaller = a_spec([a_connection("one")], [a_strategy("s-one", connection="one")])
    gone = Names(frozenset(PAIRS), frozenset(f"s-{name}" for name in PAIRS))
    after = judge(smaller, BAD, None, LATER, {}, before, gone)
    assert (set(after.connections), set(after.strategies)) == ({"one"}, {"s-one"})
    whole = judge(SPEC, BAD, None, LATER, {}, Verdicts({}, {}, None, before.causes))
    assert {verdict.on for verdict in whole.strategies.values()} == {False}


def test_decisions():
    well, bad = judge(SPEC, WELL, None, NOW), judge(SPEC, BAD, None, LATER)
    before = guard(SPEC, well, MEMORIES, NOW)
    after = guard(SPEC, bad, MEMORIES, LATER, before, NAMED)
    assert same(before, after) == {"s-one", "s-three"}
    assert after["s-two"].order.on is False


def test_a_decision_on_one_that_left_needs_no_other_to_have_left():
    smaller = a_spec([a_connection("one")], [a_strategy("s-one", connection="one")])
    verdicts = judge(smaller, WELL, None, NOW)
    names = Names(strategies=frozenset({"s-one", "s-two"}))
    after = guard(smaller, verdicts, MEMORIES, NOW, {}, names)
    assert {name: decision.reason for name, decision in after.items()} == {
        "s-one": Reason.CONNECTED,
        "s-two": Reason.REMOVED,
    }
    assert guard(smaller, verdicts, {}, NOW, after, names).keys() == {"s-one"}


def folded(seen, now, before, names=None):
    verdicts = judge(SPEC, seen, None, now)
    decisions = guard(SPEC, verdicts, MEMORIES, now)
    running = {name: Running("running") for name in SPEC.strategies}
    return fold(SPEC, seen, verdicts, decisions, running, now, before, names=names)


def test_statuses():
    before = folded(WELL, NOW, Status())
    after = folded(BAD, LATER, before, NAMED)
    assert same(before.connections, after.connections) == {"one", "three"}
    assert same(before.strategies, after.strategies) == {"s-one", "s-three"}
    assert folded(WELL, NOW, before, NAMED) is before


def test_news():
    before = folded(WELL, NOW, Status())
    after = folded(BAD, LATER, before)
    everybody = {(one.kind, one.name) for one in transitions(before, after, LATER)}
    assert everybody == {(kind, name) for kind, name in named("connection", "strategy")}
    found = [(one.kind, one.name) for one in transitions(before, after, LATER, NAMED)]
    assert found == [("connection", "two"), ("strategy", "s-two")]


def named(*kinds):
    for name in PAIRS:
        yield kinds[0], name
        yield kinds[1], f"s-{name}"


def test_news_come_in_the_order_of_the_file_and_who_left_comes_last():
    before = folded(WELL, NOW, Status())
    lines = {"one": 3, "two": 1, "three": 2}
    moved = {
        name: replace(status, line=lines[name])
        for name, status in folded(BAD, LATER, before).connections.items()
    }
    after = replace(before, connections=moved)
    names = Names(frozenset({*PAIRS, "unknown"}))
    found = [one.name for one in transitions(before, after, LATER, names)]
    assert found == ["two", "three", "one"]
    left = replace(after, connections={"three": moved["three"], "one": moved["one"]})
    found = [(one.name, one.after) for one in transitions(before, left, LATER, names)]
    assert found == [("three", "Blocked"), ("one", "Blocked"), ("two", "")]
    assert [one.name for one in transitions(before, left, LATER)][:3] == ["three", "one", "two"]


def test_news_of_keys():
    before = folded(WELL, NOW, Status())
    after = folded(BAD, LATER, before)
    granted = {one.name for one in key_events(before, after, LATER)}
    assert granted == set(PAIRS)
    (found,) = key_events(before, after, LATER, NAMED)
    assert (found.name, found.what, found.after) == ("two", "right_granted", str(Scope.WITHDRAW))


def test_watches():
    before = watch(SPEC, WELL, NOW)
    after = watch(SPEC, BAD, LATER, before, NAMED)
    assert same(before.connections, after.connections) == {"one", "three"}
    assert after.connections["two"].asked == LATER
    assert watch(SPEC, BAD, LATER, after, NAMED) is after
    renewed = replace(SPEC, connections=dict(SPEC.connections))
    assert watch(renewed, WELL, NOW, before).changes == before.changes + 1
    assert watch(SPEC, WELL, NOW).changes == 0
