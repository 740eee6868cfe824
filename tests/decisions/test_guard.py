from dataclasses import replace
from datetime import timedelta

import pytest

from bf_reconciler.facts import Reason
from bf_reconciler.spec import LOCAL, FileRuntime, Halt
from bf_reconciler.spec.connection import Attest, Attestation
from bf_reconciler.verdict import Halted, StrategyMemory, guard, judge, unsettled
from build import (
    CONNECTION,
    DAY,
    MINUTE,
    NOW,
    SECOND,
    STRATEGY,
    a_connection,
    a_key,
    a_seen,
    a_spec,
    a_strategy,
    a_suspension,
    a_withdraw_key,
    an_observation,
    an_outage,
    an_unverifiable_key,
    refused,
)

GRACE = 5 * MINUTE
GOOD, OUTAGE = an_observation(), an_outage()
WITHDRAW = an_observation(key=a_withdraw_key())
INVALID = refused(Reason.INVALID_KEY)
ELSEWHERE = FileRuntime(name="elsewhere", type="file", path="./elsewhere")
BOTH = {"runtimes": {LOCAL.name: LOCAL, ELSEWHERE.name: ELSEWHERE}}


def a_memory(*, on=True, **changes):
    """Of a strategy that was told to run."""
    known = {"action": "pause", "runtime": LOCAL, "connection": CONNECTION}
    return StrategyMemory(on=on, **{"reason": Reason.CONNECTED, **known} | changes)


def decided(*observations, before=None, spec=None, halted=None, now=NOW, seen=None):
    """All decisions, by name; ``before`` is one memory or all of them."""
    spec = spec or a_spec()
    memories = before if isinstance(before, dict) else {STRATEGY: before} if before else {}
    memory = {CONNECTION: seen or a_seen(*observations)} if seen or observations else {}
    decisions = guard(spec, judge(spec, memory, halted, now), memories, now)
    assert all(decision.name == name for name, decision in decisions.items())
    return decisions


def decision(*observations, strategy=None, connection=None, policy=None, **changes):
    spec = a_spec(
        [a_connection(**connection or {})], [a_strategy(**strategy or {})], policy=policy, **BOTH
    )
    return decided(*observations, spec=spec, **changes)[STRATEGY]


def ordered(*observations, **changes):
    """What it is told: (on, reason), or None where it is left as it is."""
    order = decision(*observations, **changes).order
    return order and (order.on, order.reason)


# on and off


@pytest.mark.parametrize("before", [None, a_memory(), a_memory(on=False), a_memory(on=None)])
def test_what_complies_is_on_at_once(before):
    assert ordered(GOOD, before=before) == (True, Reason.CONNECTED)


@pytest.mark.parametrize("before", [None, a_memory(), a_memory(on=False), a_memory(on=None)])
def test_what_violates_is_off_at_once(before):
    assert ordered(GOOD, WITHDRAW, before=before) == (False, Reason.WITHDRAW_ENABLED)


OFF = {
    "a person's halt": ({"halted": Halted("flood", "ada", NOW)}, Reason.HALTED),
    "enabled: false": ({"strategy": {"enabled": False}}, Reason.DISABLED),
    "suspended": ({"strategy": {"suspend": a_suspension()}}, Reason.SUSPENDED),
    "its connection suspended": ({"connection": {"suspend": a_suspension()}}, Reason.SUSPENDED),
}


@pytest.mark.parametrize("action", ["pause", "stop", "close"])
@pytest.mark.parametrize(("changes", "reason"), OFF.values(), ids=OFF)
def test_what_people_turn_off_is_off_by_the_declared_action(changes, reason, action):
    strategy = {"when_off": action} | changes.get("strategy", {})
    found = decision(GOOD, before=a_memory(), **changes | {"strategy": strategy})
    assert (found.order.on, found.order.reason, found.order.action) == (False, reason, action)
    assert found.memory.action == action


@pytest.mark.parametrize("before", [None, a_memory(on=None, ever_on=False)])
@pytest.mark.parametrize(("changes", "reason"), OFF.values(), ids=OFF)
def test_what_was_never_on_is_never_told_to_close(changes, reason, before):
    strategy = {"when_off": "close"} | changes.get("strategy", {})
    for _ in range(3):
        found = decision(GOOD, before=before, **changes | {"strategy": strategy})
        assert (found.order.reason, found.order.action) == (reason, "pause")
        before = found.memory


def test_what_was_on_once_is_told_to_close_wherever_it_is():
    close = {"when_off": "close"}
    on = decision(GOOD, strategy=close)
    assert on.memory.ever_on
    off = decision(GOOD, WITHDRAW, strategy=close, before=on.memory)
    assert off.order.action == "close"
    again = decision(GOOD, WITHDRAW, strategy=close, before=off.memory)
    assert again.order.action == "close"


def test_what_was_never_on_is_paused_where_it_left_the_file_or_moved():
    never = a_memory(on=False, ever_on=False, action="close")
    assert decided(GOOD, before=never, spec=a_spec(strategies=[]))[STRATEGY].order.action == "pause"
    moved = decision(GOOD, before=never, strategy={"runtime": ELSEWHERE.name, "when_off": "close"})
    assert [order.action for order in moved.leaves] == ["pause"]


def test_an_order_says_which_exchange_its_engine_must_trade_on():
    assert decision(GOOD).order.exchange == "kucoin"


def test_a_halt_in_the_file_turns_off():
    spec = a_spec(halt=Halt(reason="audit", by="bob"))
    order = decided(GOOD, before=a_memory(), spec=spec)[STRATEGY].order
    assert (order.on, order.message) == (False, "Halted by bob: audit")


# what is not known


def test_what_runs_is_left_as_it_is_while_its_connection_is_unknown():
    found = decision(GOOD, OUTAGE, before=a_memory())
    assert (found.order, found.reason, found.memory.on) == (None, Reason.TIMEOUT, True)
    assert found.memory.unknown_since == NOW


def test_grace_ends_and_the_strategy_is_off():
    before = a_memory(unknown_since=NOW - GRACE + SECOND)
    assert ordered(OUTAGE, before=before) is None
    before = a_memory(unknown_since=NOW - GRACE)
    assert ordered(OUTAGE, before=before) == (False, Reason.GRACE_EXPIRED)
    assert decision(OUTAGE, before=before).message == "Unknown for 5m: It says Timeout."


@pytest.mark.parametrize(
    ("grace", "words"),
    [(DAY, "1d"), (120 * MINUTE, "2h"), (90 * SECOND, "90s"), (timedelta(0), "0s")],
)
def test_grace_is_told_in_the_words_of_the_file(grace, words):
    before = a_memory(unknown_since=NOW - grace)
    message = decision(OUTAGE, before=before, policy={"grace": grace}).message
    assert message.startswith(f"Unknown for {words}: ")


def test_grace_counts_on_whatever_the_reason_becomes():
    seen = [GOOD, OUTAGE, an_observation(key=an_unverifiable_key()), INVALID]
    before, at = a_memory(), NOW
    for index in range(1, len(seen)):
        at = NOW + index * MINUTE
        found = decision(*seen[: index + 1], before=before, now=at)
        assert found.order is None
        before = found.memory
    assert before.unknown_since == NOW + MINUTE
    assert ordered(*seen, before=before, now=NOW + MINUTE + GRACE) == (False, Reason.GRACE_EXPIRED)


def test_grace_counts_on_when_more_has_changed_than_is_remembered():
    kinds = [an_observation(key=an_unverifiable_key()), OUTAGE]
    flicker = [replace(kinds[n % 2], at=NOW + n * SECOND) for n in range(400)]
    found = decision(*flicker, before=a_memory(unknown_since=NOW), now=NOW + GRACE)
    assert found.reason is Reason.GRACE_EXPIRED


def test_grace_ends_for_good_when_a_probe_is_good():
    found = decision(OUTAGE, GOOD, before=a_memory(unknown_since=NOW - GRACE))
    assert (found.order.on, found.memory.unknown_since) == (True, None)


def test_off_by_grace_it_stays_off_for_that_reason_until_a_good_probe():
    before = decision(OUTAGE, before=a_memory(unknown_since=NOW - GRACE)).memory
    found = decision(OUTAGE, before=before)
    assert (found.order.on, found.order.reason) == (False, Reason.GRACE_EXPIRED)
    assert found.message.startswith("Off because its connection was unknown for too long.")
    assert ordered(GOOD, OUTAGE, GOOD, before=before) == (True, Reason.CONNECTED)


@pytest.mark.parametrize("seen", [OUTAGE, INVALID, an_observation(key=an_unverifiable_key())])
@pytest.mark.parametrize("before", [None, a_memory(on=None), a_memory(on=False)])
def test_what_is_not_known_turns_nothing_on(seen, before):
    order = decision(seen, before=before).order
    assert order is None or not order.on


def test_what_is_off_stays_off_by_the_reason_of_today():
    before = a_memory(on=False, reason=Reason.DISABLED)
    assert ordered(OUTAGE, before=before) == (False, Reason.TIMEOUT)


def test_what_a_person_wrote_begins_a_grace_though_it_makes_old_probes_unknown():
    untold = replace(an_observation(key=a_key(ip_bound=None, ips=None)), at=NOW - 4 * MINUTE)
    assert ordered(untold, before=a_memory()) == (True, Reason.CONNECTED)
    strict = {"ip_allowlist": "required"}
    found = decision(untold, before=a_memory(), policy=strict)
    assert (found.order, found.memory.unknown_since) == (None, NOW)


def test_a_word_that_grows_too_old_begins_a_grace():
    attest = Attest(withdraw_disabled=Attestation(by="ada", at=NOW - 90 * DAY))
    seen = an_observation(NOW - 4 * MINUTE, key=an_unverifiable_key())
    attested = {"attest": attest}
    assert ordered(seen, connection=attested, before=a_memory(), now=NOW - SECOND)[0] is True
    assert ordered(seen, connection=attested, before=a_memory()) is None


def test_a_clock_that_was_set_back_does_not_prolong_the_grace_by_more():
    found = decision(OUTAGE, before=a_memory(unknown_since=NOW + DAY))
    assert found.memory.unknown_since == NOW


def test_a_changed_key_leaves_what_runs_as_it_is_until_it_was_probed():
    found = decision(GOOD, connection={"fingerprint": "another"}, before=a_memory())
    assert (found.order, found.reason) == (None, Reason.NOT_PROBED)
    assert ordered(before=a_memory(unknown_since=NOW - GRACE)) == (False, Reason.GRACE_EXPIRED)


# a restart


@pytest.mark.parametrize("grace", [timedelta(0), GRACE])
def test_a_lost_journal_orders_nothing_until_a_probe_says_something(grace):
    policy = {"grace": grace}
    found = decision(policy=policy)
    assert (found.order, found.memory.on, found.memory.unknown_since) == (None, None, None)
    assert ordered(policy=policy, before=found.memory, now=NOW + DAY) is None
    assert ordered(GOOD, before=found.memory)[0] is True
    assert ordered(WITHDRAW, before=found.memory)[0] is False


def test_after_a_lost_journal_what_stays_unknown_is_off_after_its_grace():
    found = decision(OUTAGE)
    assert found.order is None
    later = decision(OUTAGE, before=found.memory, now=NOW + GRACE)
    assert (later.order.on, later.order.reason) == (False, Reason.TIMEOUT)
    assert later.message == "Unknown for 5m: It says Timeout."


def test_without_a_good_form_what_was_never_seen_to_run_is_off_by_the_cause():
    before = a_memory(on=None, unknown_since=NOW - GRACE)
    found = decided(OUTAGE, before=before, spec=BROKEN)[STRATEGY]
    assert (found.order.on, found.order.reason) == (False, Reason.TIMEOUT)
    again = decided(OUTAGE, before=found.memory, spec=BROKEN, now=NOW + GRACE)[STRATEGY]
    assert (again.order, again.memory.on) == (None, False)


RESTORED = a_seen(GOOD, restored=True)


def test_what_an_earlier_life_saw_good_is_left_as_it_is():
    found = decision(seen=RESTORED, before=a_memory())
    assert (found.order, found.reason, found.memory) == (None, Reason.CONNECTED, a_memory())
    assert decision(seen=RESTORED).order is None


def test_what_is_off_is_not_turned_on_by_what_an_earlier_life_saw():
    before = a_memory(on=False, reason=Reason.GRACE_EXPIRED)
    assert ordered(seen=RESTORED, before=before) == (False, Reason.GRACE_EXPIRED)


@pytest.mark.parametrize("jump", [timedelta(hours=5), -timedelta(hours=5)])
def test_what_was_seen_before_time_has_jumped_is_no_more_than_that(jump):
    now = NOW + jump
    assert ordered(GOOD, now=now) is None
    assert decision(GOOD, before=a_memory(), now=now).order is None
    before = a_memory(on=False, reason=Reason.SUSPENDED)
    assert ordered(GOOD, before=before, now=now) == (False, Reason.SUSPENDED)
    assert ordered(GOOD, replace(GOOD, at=now), before=before, now=now)[0] is True
    assert ordered(WITHDRAW, before=a_memory(), now=now) == (False, Reason.WITHDRAW_ENABLED)


def test_a_probe_that_is_merely_late_still_counts():
    assert ordered(GOOD, now=NOW + 4 * MINUTE) == (True, Reason.CONNECTED)


def test_what_an_earlier_life_saw_broken_is_off():
    seen = a_seen(WITHDRAW, restored=True)
    assert ordered(seen=seen, before=a_memory()) == (False, Reason.WITHDRAW_ENABLED)


# resume


MANUAL = {"resume": "manual"}


def test_a_strategy_that_a_violation_turned_off_waits_for_a_person_where_declared():
    before = decision(WITHDRAW, before=a_memory(), strategy=MANUAL).memory
    assert before.latched
    found = decision(WITHDRAW, GOOD, GOOD, before=before, strategy=MANUAL)
    assert (found.order.on, found.reason) == (False, Reason.AWAITING_MANUAL_RESUME)
    assert found.message == f"The connection complies again; run `resume {STRATEGY}` to turn it on."
    resumed = replace(found.memory, latched=False)
    assert ordered(GOOD, before=resumed, strategy=MANUAL) == (True, Reason.CONNECTED)


def test_it_waits_through_everything_else():
    before = a_memory(on=False, latched=True)
    for changes in ({}, {"halted": Halted("flood", "ada")}, {"strategy": {"enabled": False}}):
        for seen in (GOOD, OUTAGE, WITHDRAW):
            strategy = MANUAL | changes.get("strategy", {})
            found = decision(seen, before=before, **changes | {"strategy": strategy})
            assert found.memory.latched
            assert found.order.on is False


def test_it_does_not_wait_where_that_is_not_declared():
    assert not decision(WITHDRAW, before=a_memory()).memory.latched


@pytest.mark.parametrize("before", [None, a_memory(on=None), a_memory(on=False)])
def test_what_was_not_on_waits_for_nobody(before):
    assert not decision(WITHDRAW, before=before, strategy=MANUAL).memory.latched


def test_it_waits_no_longer_where_the_file_says_so_now():
    before = a_memory(on=False, latched=True)
    found = decision(GOOD, before=before, strategy={"resume": "auto"})
    assert (found.order.on, found.memory.latched) == (True, False)


def test_a_violation_while_its_entry_is_wrong_is_not_forgotten_where_declared():
    broken = a_spec(strategies=[], broken_strategies={STRATEGY: CONNECTION})
    memory = decided(WITHDRAW, before=a_memory(), spec=broken)[STRATEGY].memory
    again = decided(WITHDRAW, before=memory, spec=broken)[STRATEGY].memory
    found = decision(WITHDRAW, GOOD, GOOD, before=again, strategy=MANUAL)
    assert (found.order.on, found.reason) == (False, Reason.AWAITING_MANUAL_RESUME)
    assert ordered(WITHDRAW, GOOD, GOOD, before=again) == (True, Reason.CONNECTED)
    off = decided(WITHDRAW, before=a_memory(on=False), spec=broken)[STRATEGY].memory
    assert not off.latched


NO_VIOLATION = {
    "halted": ([GOOD], {"halted": Halted("flood", "ada")}),
    "halted beside a violation": ([WITHDRAW], {"halted": Halted("flood", "ada")}),
    "disabled": ([GOOD], {"strategy": {"enabled": False}}),
    "suspended": ([GOOD], {"strategy": {"suspend": a_suspension()}}),
    "its connection suspended": ([GOOD], {"connection": {"suspend": a_suspension()}}),
    "out of grace": ([OUTAGE], {"before": a_memory(unknown_since=NOW - GRACE)}),
}


@pytest.mark.parametrize(("seen", "changes"), NO_VIOLATION.values(), ids=NO_VIOLATION)
def test_what_is_off_without_a_violation_waits_for_nobody(seen, changes):
    strategy = MANUAL | changes.get("strategy", {})
    found = decision(*seen, **{"before": a_memory()} | changes | {"strategy": strategy})
    assert (found.order.on, found.memory.latched) == (False, False)


# where it runs


def test_a_strategy_that_moved_is_off_where_it_was_and_on_where_it_is():
    before = a_memory(action="close")
    found = decision(GOOD, before=before, strategy={"runtime": "elsewhere"})
    assert (found.order.on, found.order.runtime) == (True, ELSEWHERE)
    (leave,) = found.leaves
    assert (leave.on, leave.runtime, leave.action) == (False, LOCAL, "close")
    assert leave.strategy is None
    assert found.memory.runtime == ELSEWHERE
    assert decision(GOOD, before=found.memory, strategy={"runtime": "elsewhere"}).leaves == ()


def test_a_strategy_that_moved_stays_where_it_is_while_nothing_is_known():
    found = decision(OUTAGE, before=a_memory(), strategy={"runtime": "elsewhere"})
    assert (found.order, found.leaves, found.memory.runtime) == (None, (), LOCAL)
    after = decision(GOOD, before=found.memory, strategy={"runtime": "elsewhere"})
    assert [leave.runtime for leave in after.leaves] == [LOCAL]
    assert after.order.runtime == ELSEWHERE


def test_a_move_that_was_not_confirmed_is_off_where_it_went_before_it_is_on_anywhere_else():
    before = a_memory()
    there = decision(GOOD, before=before, strategy={"runtime": "elsewhere"})
    failed = unsettled(there, before)
    assert (failed.runtime, failed.also, there.memory.also) == (LOCAL, (ELSEWHERE,), ())
    again = decision(GOOD, before=failed, strategy={"runtime": "elsewhere"})
    assert [leave.runtime for leave in again.leaves] == [LOCAL]
    assert unsettled(again, failed) == failed
    back = decision(GOOD, before=failed)
    assert [(leave.runtime, leave.on) for leave in back.leaves] == [(ELSEWHERE, False)]
    assert (back.order.runtime, back.memory.runtime, back.memory.also) == (LOCAL, LOCAL, ())
    assert unsettled(back, failed).also == (ELSEWHERE,)
    assert unsettled(decision(WITHDRAW, before=before), before).also == ()


def test_while_nothing_is_known_of_a_failed_move_nothing_of_it_changes():
    failed = replace(a_memory(), also=(ELSEWHERE,))
    found = decision(OUTAGE, before=failed)
    assert (found.order, found.leaves, found.memory.also) == (None, (), (ELSEWHERE,))


def test_who_left_the_file_is_off_wherever_it_may_be_on():
    spec = a_spec(strategies=[])
    known = {STRATEGY: replace(a_memory(), also=(ELSEWHERE,))}
    (found,) = guard(spec, judge(spec, {}, None, NOW), known, NOW).values()
    assert found.order.runtime == LOCAL
    assert [(leave.runtime, leave.on) for leave in found.leaves] == [(ELSEWHERE, False)]
    assert (found.memory.runtime, found.memory.also) == (LOCAL, ())


def test_a_kept_form_whose_runtime_left_the_file_is_judged_where_it_runs():
    spec = a_spec(strategies=[a_strategy(runtime="gone")])
    order = decided(WITHDRAW, before=a_memory(runtime=ELSEWHERE), spec=spec)[STRATEGY].order
    assert (order.on, order.runtime) == (False, ELSEWHERE)
    assert decided(GOOD, spec=spec) == {}


# what left the file


def fleet(count, **changes):
    return {f"bot-{n}": a_memory(**changes) for n in range(count)}


def a_fleet(count, policy=None, **changes):
    declared = [a_strategy(f"bot-{n}") for n in range(count)]
    return a_spec(strategies=declared, policy=policy, **changes)


def test_what_left_the_file_is_off_by_its_last_action():
    found = decided(before={"gone": a_memory(action="stop")}, spec=a_spec(strategies=[]))["gone"]
    order = found.order
    assert (order.on, order.reason, order.action, order.strategy) == (
        False,
        Reason.REMOVED,
        "stop",
        None,
    )
    assert (found.memory.on, found.verdict, found.held) == (False, None, False)


def test_too_many_that_vanish_at_once_are_left_as_they_are():
    found = decided(GOOD, before=fleet(20), spec=a_fleet(13))
    held = [d for d in found.values() if d.held]
    assert [d.name for d in held] == [f"bot-{n}" for n in range(13, 20)]
    assert {(d.order, d.reason, d.memory) for d in held} == {
        (None, Reason.MASS_REMOVAL_HELD, a_memory())
    }


def test_what_vanished_while_an_entry_has_no_readable_name_is_left_as_it_is():
    leaving = {"old": a_memory(on=False, reason=Reason.REMOVED)}
    spec = a_fleet(2, nameless_strategies=1)
    found = decided(GOOD, before=fleet(3) | leaving, spec=spec)
    gone = found["bot-2"]
    assert (gone.order, gone.reason, gone.held) == (None, Reason.MASS_REMOVAL_HELD, True)
    assert gone.message == "It may be the entry without a readable name; left unchanged."
    assert found["old"].order.on is False
    assert decided(WITHDRAW, before=fleet(3), spec=spec)["bot-2"].order.on is False


@pytest.mark.parametrize(
    ("before", "after", "policy"),
    [
        (20, 14, {}),
        (9, 0, {}),
        (20, 0, {"max_removals": {"percent": 100}}),
    ],
    ids=["30 percent", "a short list", "declared"],
)
def test_what_may_vanish_is_declared(before, after, policy):
    found = decided(GOOD, before=fleet(before), spec=a_fleet(after, policy))
    assert not any(d.held for d in found.values())
    assert sum(d.reason is Reason.REMOVED for d in found.values()) == before - after


def test_what_is_told_to_leave_is_not_counted_again_nor_held_later():
    leaving = {f"old-{n}": a_memory(on=False, reason=Reason.REMOVED) for n in range(15)}
    found = decided(GOOD, before=leaving | fleet(20), spec=a_fleet(19))
    assert not any(d.held for d in found.values())
    found = decided(GOOD, before=leaving | fleet(20), spec=a_fleet(2))
    assert found["old-0"].order.on is False
    assert found["bot-19"].held


def test_what_vanished_with_too_many_is_off_when_everything_is_halted():
    found = decided(before=fleet(20), spec=a_spec(strategies=[]), halted=Halted("flood", "ada"))
    assert {(d.order.on, d.reason, d.held) for d in found.values()} == {
        (False, Reason.HALTED, True)
    }


def test_what_vanished_with_too_many_is_off_when_its_connection_violates():
    spec = a_spec(strategies=[])
    found = decided(WITHDRAW, before=fleet(20), spec=spec)
    assert {(d.order.on, d.reason) for d in found.values()} == {(False, Reason.WITHDRAW_ENABLED)}
    found = decided(OUTAGE, before=fleet(20), spec=spec)
    assert {d.order for d in found.values()} == {None}


def test_a_wrong_entry_without_a_good_form_is_left_as_it_is():
    broken = a_spec(strategies=[], broken_strategies={STRATEGY: CONNECTION})
    found = decided(GOOD, before=a_memory(), spec=broken)[STRATEGY]
    assert (found.order, found.reason, found.memory) == (None, Reason.ENTRY_INVALID, a_memory())
    assert decided(WITHDRAW, before=a_memory(), spec=broken)[STRATEGY].order.on is False
    assert decided(GOOD, spec=broken) == {}


def test_a_strategy_whose_connection_is_shared_no_more_is_turned_off():
    spec = a_spec(
        strategies=[],
        broken_strategies={STRATEGY: CONNECTION},
        unshared_strategies=frozenset({STRATEGY}),
    )
    order = decided(GOOD, before=a_memory(), spec=spec)[STRATEGY].order
    assert (order.on, order.reason) == (False, Reason.REMOVED)
    assert decided(GOOD, spec=spec) == {}


BROKEN = a_spec(strategies=[], broken_strategies={STRATEGY: CONNECTION})
NOWHERE = a_spec([], [], broken_strategies={STRATEGY: ""})


@pytest.mark.parametrize(
    ("seen", "spec", "words"),
    [
        ([OUTAGE], BROKEN, "It says Timeout."),
        ([], BROKEN, "Not probed yet."),
        ([], NOWHERE, "Its connection is not in force."),
    ],
    ids=["unreachable", "not probed", "gone"],
)
def test_without_a_good_form_what_is_not_known_of_its_connection_has_its_grace(seen, spec, words):
    found = decided(*seen, before=a_memory(), spec=spec)[STRATEGY]
    assert (found.order, found.reason) == (None, Reason.ENTRY_INVALID)
    later = decided(*seen, before=found.memory, spec=spec, now=NOW + GRACE)[STRATEGY]
    assert (later.order.on, later.order.reason) == (False, Reason.GRACE_EXPIRED)
    assert later.message == f"Unknown for 5m: {words}"
    again = decided(*seen, before=later.memory, spec=spec, now=NOW + 2 * GRACE)[STRATEGY]
    assert (again.order.on, again.reason) == (False, Reason.GRACE_EXPIRED)
    assert again.memory == later.memory


def test_without_a_good_form_a_grace_ends_for_good_when_a_probe_is_good():
    begun = decided(OUTAGE, before=a_memory(), spec=BROKEN)[STRATEGY].memory
    found = decided(OUTAGE, GOOD, before=begun, spec=BROKEN, now=NOW + GRACE)[STRATEGY]
    assert (found.order, found.memory) == (None, a_memory())


def test_without_a_good_form_what_is_off_stays_off_and_keeps_its_reason():
    before = a_memory(on=False, reason=Reason.WITHDRAW_ENABLED)
    found = decided(OUTAGE, before=before, spec=BROKEN, now=NOW + GRACE)[STRATEGY]
    assert (found.order, found.memory.on, found.memory.reason) == (
        None,
        False,
        Reason.WITHDRAW_ENABLED,
    )


def test_without_a_good_form_it_is_off_when_its_connection_is_suspended():
    resting = [a_connection(suspend=a_suspension())]
    spec = a_spec(resting, [], broken_strategies={STRATEGY: CONNECTION})
    order = decided(before=a_memory(), spec=spec)[STRATEGY].order
    assert (order.on, order.reason) == (False, Reason.SUSPENDED)
    vanished = decided(before=fleet(20), spec=a_spec(resting, []))
    assert {(d.order.on, d.reason, d.held) for d in vanished.values()} == {
        (False, Reason.SUSPENDED, True)
    }


def test_what_vanished_with_too_many_has_its_grace_when_its_connection_vanished_too():
    gone = a_spec([], [])
    found = decided(before=fleet(20), spec=gone)
    assert {(d.order, d.reason, d.held) for d in found.values()} == {
        (None, Reason.MASS_REMOVAL_HELD, True)
    }
    memories = {name: d.memory for name, d in found.items()}
    later = decided(before=memories, spec=gone, now=NOW + GRACE)
    assert {(d.order.on, d.reason, d.held) for d in later.values()} == {
        (False, Reason.GRACE_EXPIRED, True)
    }


def test_a_wrong_entry_with_a_good_form_is_judged_by_that():
    broken = a_spec(broken_strategies={STRATEGY: CONNECTION})
    assert decided(GOOD, before=a_memory(), spec=broken)[STRATEGY].order.on is True
