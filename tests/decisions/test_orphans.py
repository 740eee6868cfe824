"""What runs without anybody's word is turned off, under the removal guard, and shown."""

from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.facts import Reason
from bf_reconciler.spec import LOCAL
from bf_reconciler.status import Running, Status, fold
from bf_reconciler.verdict import Halted, Holding, StrategyMemory, guard, judge, orphans
from build import CONNECTION, NOW, STRATEGY, a_seen, a_spec, a_withdraw_key, an_observation

ON = Holding(on=True, action="close", reason="Connected", connection=CONNECTION)
STOPPED = Holding(on=False, action="pause", reason="OrphanStopped")
REMOVED = Holding(on=False, action="pause", reason="Removed")


def held(**names):
    return {LOCAL: names}


def decided(spec, memories, seen=None, halted=None):
    verdicts = judge(spec, seen or {}, halted, NOW)
    return guard(spec, verdicts, memories, NOW)


def test_what_is_on_and_nobody_declares_is_turned_off_as_it_was_declared():
    spec = a_spec()
    memories = orphans(spec, {}, held(stray=ON))
    (order,) = [d.order for n, d in decided(spec, memories).items() if n == "stray"]
    assert (order.on, order.action, order.reason) == (False, "close", Reason.ORPHAN_STOPPED)
    assert (order.runtime, order.strategy) == (LOCAL, None)


def test_what_is_declared_remembered_wrong_in_the_file_or_off_is_no_orphan():
    spec = a_spec(broken_strategies={"wrong": CONNECTION})
    known = {"known": StrategyMemory(on=True, action="pause", runtime=LOCAL)}
    names = {STRATEGY: ON, "wrong": ON, "known": ON, "gone": REMOVED}
    assert orphans(spec, known, held(**names)) == {}


def test_what_was_turned_off_as_an_orphan_is_shown_again_after_the_state_was_lost():
    spec = a_spec()
    memories = orphans(spec, {}, held(stray=STOPPED))
    assert memories["stray"].on is False
    assert decided(spec, memories)["stray"].reason is Reason.ORPHAN_STOPPED


def test_too_many_orphans_are_held_like_any_other_removal():
    spec = a_spec()
    memories = orphans(spec, {}, held(**{f"stray-{number}": ON for number in range(12)}))
    held_back = decided(spec, memories)["stray-0"]
    assert (held_back.order, held_back.reason) == (None, Reason.MASS_REMOVAL_HELD)
    assert held_back.memory.reason is Reason.ORPHAN_STOPPED  # and it is still one


def test_orphans_that_were_turned_off_hold_nobody_back():
    spec = a_spec()
    memories = orphans(spec, {}, held(**{f"stray-{number}": STOPPED for number in range(12)}))
    assert decided(spec, memories)["stray-0"].order.reason is Reason.ORPHAN_STOPPED


def test_one_that_is_held_is_off_all_the_same_where_it_must_not_run():
    spec = a_spec()
    memories = orphans(spec, {}, held(**{f"stray-{number}": ON for number in range(12)}))
    seen = {CONNECTION: a_seen(an_observation(key=a_withdraw_key()))}
    assert decided(spec, memories, seen)["stray-0"].order.on is False
    halted = Halted("fire", "ada", NOW)
    assert decided(spec, memories, halted=halted)["stray-0"].order.reason is Reason.HALTED


def shown(running):
    spec = a_spec()
    memories = orphans(spec, {}, held(stray=ON))
    decisions = decided(spec, memories)
    status = fold(
        Status(), spec, {}, judge(spec, {}, None, NOW), decisions, {"stray": running}, NOW
    )
    return status.strategies.get("stray")


def test_it_is_shown_until_the_runtime_holds_nothing_of_it():
    status = shown(Running("stopped"))
    assert (status.status, status.conditions[0].reason) == ("Blocked", Reason.ORPHAN_STOPPED)
    assert status.conditions[0].message == (
        "Nobody declares it. Declare it, or delete it from the runtime."
    )
    assert (status.origin, status.desired) == ("none", False)
    assert shown(Running("stopped", absent=True)) is None


@given(st.dictionaries(st.sampled_from([STRATEGY, "a", "b"]), st.sampled_from([ON, STOPPED])))
def test_what_is_remembered_is_no_orphan_in_the_next_turn(names):
    spec = a_spec()
    memories = orphans(spec, {}, held(**names))
    assert set(memories) == set(names) - {STRATEGY}
    assert orphans(spec, memories, held(**names)) == {}
