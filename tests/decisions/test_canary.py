"""Canaries: connections that are good while they are bad in exactly the declared way."""

import pytest

from bf_reconciler.facts import Drill, Reason, Scope, remember
from bf_reconciler.policy import ConditionType
from bf_reconciler.spec import Expect, inconsistencies, misfits
from bf_reconciler.status import Status, fold
from bf_reconciler.verdict import ConnectionState, guard, judge
from build import (
    CONNECTION,
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
    refused,
)

State = ConnectionState
NO_TRADE = Expect(status="Blocked", reason="NoTradePermission")
GRACE = 5 * MINUTE
PASSES = (False, State.ONLINE, "True", Reason.AS_EXPECTED)
FAILS = (False, State.BLOCKED, "False", Reason.CANARY_FAILED)


def mute(at=NOW):
    """A probe of a key that may not trade."""
    return an_observation(at, key=a_key(revoke=[Scope.SPOT]))


def judged(*observations, expect=NO_TRADE, now=NOW, seen=None, **fields):
    """The verdict on a canary after these probes, oldest first."""
    spec = a_spec([a_connection(expect=expect, **fields)], [])
    memory = {CONNECTION: seen or a_seen(*observations)} if observations or seen else {}
    return judge(spec, memory, None, now).connections[CONNECTION]


def said(*observations, **changes):
    verdict = judged(*observations, **changes)
    return verdict.compliant, verdict.state, verdict.ready.status, verdict.ready.reason


def test_it_is_good_while_it_is_bad_as_expected():
    verdict = judged(mute())
    assert said(mute()) == PASSES
    assert verdict.ready.message == "Blocked (NoTradePermission), as expected."
    trade = next(f for f in verdict.findings if f.type is ConditionType.TRADE_PERMITTED)
    assert trade.status == "False"


def test_one_good_probe_fails_it_at_once():
    verdict = judged(mute(NOW - MINUTE), an_observation())
    assert said(mute(NOW - MINUTE), an_observation()) == FAILS
    assert (
        verdict.ready.message == "Expected Blocked (NoTradePermission). It is Online (Connected)."
    )


def test_blocked_for_another_reason_is_not_as_expected():
    twice = (refused(Reason.INVALID_KEY, NOW - MINUTE), refused(Reason.INVALID_KEY))
    assert said(mute(NOW - 2 * MINUTE), *twice) == FAILS


def test_without_a_reason_any_will_do_but_the_right_to_withdraw():
    expect = Expect(status="Blocked")
    twice = (refused(Reason.INVALID_KEY, NOW - MINUTE), refused(Reason.INVALID_KEY))
    assert said(mute(), expect=expect) == PASSES
    assert said(*twice, expect=expect) == PASSES
    assert said(an_observation(key=a_withdraw_key()), expect=expect) == FAILS
    assert judged(an_observation(), expect=expect).ready.message.startswith("Expected Blocked.")


def test_it_may_be_expected_to_be_degraded():
    free = an_observation(key=a_key(ip_bound=False, ips=()))
    expect = Expect(status="Degraded", reason="IPNotRestricted")
    assert said(free, expect=expect) == PASSES
    assert said(an_observation(), expect=expect) == FAILS


def test_it_may_be_expected_to_be_unreachable():
    expect = Expect(status="Unreachable", reason="Timeout")
    assert said(an_outage(), expect=expect) == PASSES
    assert said(an_outage(reason=Reason.NETWORK_ERROR), expect=expect)[:2] == (
        None,
        State.UNREACHABLE,
    )
    assert said(an_observation(), expect=expect) == FAILS


def test_what_is_not_known_keeps_it_for_grace_and_then_fails_it():
    began = NOW - GRACE + SECOND
    probes = (mute(began - MINUTE), an_outage(began), an_outage(NOW - MINUTE))
    verdict = judged(*probes)
    assert said(*probes) == PASSES
    assert verdict.ready.message.endswith("as expected. There is no newer result.")
    assert verdict.until == began + GRACE
    assert said(*probes, now=began + GRACE) == FAILS
    assert judged(*probes, now=began + GRACE).ready.message == (
        "Expected Blocked (NoTradePermission)."
        " Its status has been unknown for longer than policy.grace."
    )


def test_what_failed_fails_on_while_nothing_newer_is_known():
    assert said(an_observation(NOW - MINUTE), an_outage()) == FAILS


def test_what_was_never_known_is_not_known_and_then_fails():
    assert said() == (None, State.PENDING, "Unknown", Reason.NOT_PROBED)
    assert said(an_outage(NOW)) == (None, State.UNREACHABLE, "Unknown", Reason.TIMEOUT)
    assert said(an_outage(NOW - GRACE), an_outage(NOW)) == FAILS


def test_a_first_refusal_waits_to_be_confirmed():
    expect = Expect(status="Blocked", reason="InvalidKey")
    first = refused(Reason.INVALID_KEY, NOW - SECOND)
    assert said(first, expect=expect)[:2] == (None, None)
    assert said(first, refused(Reason.INVALID_KEY), expect=expect) == PASSES


def test_suspended_it_neither_passes_nor_fails():
    assert said(an_observation(), suspend=a_suspension())[1] is State.SUSPENDED


def test_what_an_earlier_process_saw_counts_on():
    assert judged(seen=a_seen(mute(), restored=True)).restored
    assert not judged(seen=a_seen(mute())).restored


@pytest.mark.parametrize("probe", [mute(), an_observation()])
def test_it_never_turns_a_strategy_on(probe):
    spec = a_spec([a_connection(expect=NO_TRADE)], [a_strategy()])
    verdicts = judge(spec, {CONNECTION: a_seen(probe)}, None, NOW)
    assert verdicts.strategies[STRATEGY].on is False
    decision = guard(spec, verdicts, {}, NOW)[STRATEGY]
    assert decision.order is not None
    assert not decision.order.on


def test_a_strategy_on_it_is_told_why_it_is_off():
    spec = a_spec([a_connection(expect=NO_TRADE)], [a_strategy()])
    verdict = judge(spec, {CONNECTION: a_seen(mute())}, None, NOW).strategies[STRATEGY]
    assert verdict.reason is Reason.CONNECTION_NOT_READY
    assert verdict.message == "Its connection is a canary, which no strategy may use."


def test_no_strategy_may_name_it():
    connection = a_connection(expect=NO_TRADE).connection
    (problem,) = inconsistencies(
        a_strategy(), {CONNECTION: connection}, {"local": a_spec().runtimes["local"]}
    )
    assert problem[0] == ("connection",)
    assert "canary" in problem[1]


def test_an_expectation_without_a_status_is_no_canary():
    assert a_connection(expect=Expect()).connection.canary is None
    assert a_connection().connection.canary is None
    (problem,) = misfits(a_connection(expect=Expect(reason="NoTradePermission")).connection)
    assert problem == (("expect", "reason"), "needs expect.status")


def test_during_a_drill_it_counts_as_failed_and_the_drill_ends_by_itself():
    drill = Drill(NOW + MINUTE, "ada")
    seen = a_seen(mute(), drill=drill)
    verdict = judged(seen=seen)
    assert (verdict.state, verdict.ready.reason) == (State.BLOCKED, Reason.CANARY_FAILED)
    assert verdict.ready.message == (
        "Drill by ada until 12:01:00 UTC. Blocked (NoTradePermission), as expected."
    )
    assert verdict.until == drill.until
    assert judged(seen=seen, now=drill.until).ready.reason is Reason.AS_EXPECTED
    again = remember(remember(seen, mute(NOW + SECOND)), an_observation(NOW + 2 * SECOND))
    assert again.drill == drill


def test_a_drill_never_makes_a_failed_canary_pass():
    seen = a_seen(an_observation(), drill=Drill(NOW + MINUTE, "ada"))
    assert judged(seen=seen).ready.message.startswith("Expected Blocked")
    assert judged(seen=seen).until == NOW + MINUTE


def test_its_status_says_so_in_one_word():
    spec = a_spec([a_connection(expect=NO_TRADE)], [])
    seen = {CONNECTION: a_seen(mute())}
    status = fold(spec, seen, judge(spec, seen, None, NOW), {}, {}, NOW, Status())
    canary = status.connections[CONNECTION]
    assert canary.status is State.ONLINE
    assert canary.conditions[0].reason is Reason.AS_EXPECTED
