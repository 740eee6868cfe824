"""Laws that hold whatever is declared, seen and remembered."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import assume, event, given
from hypothesis import strategies as st

from bf_reconciler.facts import (
    Balance,
    Clock,
    KeyFacts,
    Observation,
    Orders,
    Reason,
    Scope,
)
from bf_reconciler.policy import ConditionType, Effect
from bf_reconciler.schedule import SLOWEST, delay, jittered, next_probe, schedule
from bf_reconciler.spec import LOCAL, FileRuntime, Policy
from bf_reconciler.spec.connection import Attest, Attestation
from bf_reconciler.status import Status, present, present_transition, transitions
from bf_reconciler.verdict import Halted, StrategyMemory, guard, judge
from build import (
    CONNECTION,
    DAY,
    ENTRY,
    MINUTE,
    NOW,
    OWN_IP,
    SECOND,
    STRATEGY,
    a_connection,
    a_cycle,
    a_failure,
    a_key,
    a_seen,
    a_spec,
    a_strategy,
    a_suspension,
    an_observation,
)

CALLS = [
    Reason.TIMEOUT,
    Reason.MAINTENANCE,
    Reason.CLOCK_SKEW,
    Reason.INVALID_KEY,
    Reason.INVALID_SIGNATURE,
    Reason.IP_NOT_ALLOWED,
    Reason.NO_READ_PERMISSION,
    Reason.REGION_RESTRICTED,
    Reason.UNVERIFIABLE,
]
failures = st.builds(a_failure, st.sampled_from(CALLS), retry_after=st.none() | st.floats(0, 3600))


assets = st.none() | st.frozensets(st.sampled_from(["BTC", "USDT", "SQUID"]))
pairs = st.none() | st.frozensets(st.sampled_from(["BTC/USDT", "SQUID/USDT"]))


@st.composite
def keys(draw):
    """Often good, for rules that only bite beside good facts."""
    if draw(st.booleans()):
        return a_key()
    granted = draw(st.frozensets(st.sampled_from(Scope)))
    return KeyFacts(
        granted=granted,
        denied=draw(st.frozensets(st.sampled_from(Scope))) - granted,
        unknown_words=draw(st.sampled_from([(), ("Novelty",)])),
        ip_bound=draw(st.sampled_from([None, True, False])),
        ips=draw(st.sampled_from([None, (), (OWN_IP,), ("203.**.7",), ("192.0.2.1",)])),
        expires_at=draw(st.none() | st.sampled_from([NOW - DAY, NOW + DAY, NOW + 99 * DAY])),
    )


@st.composite
def observations(draw):
    kind = draw(st.sampled_from(["down", "good", "good", "any", "any", "any"]))
    if kind == "down":
        return Observation(NOW, ENTRY, draw(failures))
    if kind == "good":
        return an_observation()
    clock = Clock(draw(st.sampled_from([0.0, -0.4, 3.0])), 0.05)
    return Observation(
        NOW,
        ENTRY,
        clock,
        draw(keys() | keys() | failures),
        draw(st.builds(Balance, st.booleans(), assets) | st.just(Balance(empty=False)) | failures),
        draw(st.builds(Orders, pairs) | st.just(Orders()) | failures),
    )


@st.composite
def histories(draw, at_most=5):
    """Probes in order of time, up to NOW; often one repeats the one before it."""
    found = draw(st.lists(observations(), min_size=1, max_size=at_most))
    again = draw(st.lists(st.integers(1, 3), min_size=len(found), max_size=len(found)))
    rows = [o for o, times in zip(found, again, strict=True) for _ in range(times)]
    steps = draw(st.lists(st.integers(1, 400), min_size=len(rows), max_size=len(rows)))
    at, dated = NOW - sum(steps) * SECOND, []
    for observation, step in zip(rows, steps, strict=True):
        at += step * SECOND
        dated.append(replace(observation, at=at))
    return dated


policies = st.fixed_dictionaries(
    {
        "ip_allowlist": st.sampled_from(["exact", "required", "recommended", "ignored"]),
        "excess_permissions": st.sampled_from(["warn", "block", "ignore"]),
        "unexpected_trading": st.sampled_from(["warn", "block", "ignore"]),
        "recover_after": st.integers(1, 3),
        "confirm_after": st.integers(1, 3),
        "grace": st.sampled_from([0 * SECOND, MINUTE, 5 * MINUTE]),
    }
)
attests = st.sampled_from(
    [
        None,
        *(Attest(withdraw_disabled=Attestation(by="ada", at=NOW - age)) for age in (DAY, 99 * DAY)),
    ]
)
risks = st.sampled_from(["moderate", "aggressive"])
resumes = st.sampled_from(["auto", "manual"])


@st.composite
def specs(draw):
    connection = a_connection(
        attest=draw(attests),
        egress_ips=draw(st.sampled_from([[], [OWN_IP]])),
        markets=draw(st.sampled_from([["spot"], ["spot", "futures"]])),
    )
    strategy = a_strategy(risk_level=draw(risks), resume=draw(resumes))
    return a_spec([connection], [strategy], policy=draw(policies))


memories = st.none() | st.builds(
    StrategyMemory,
    on=st.sampled_from([None, True, False]),
    action=st.sampled_from(["pause", "stop", "close"]),
    runtime=st.sampled_from([LOCAL, FileRuntime(name="old", type="file")]),
    latched=st.booleans(),
    unknown_since=st.none() | st.integers(-600, 600).map(lambda s: NOW + s * SECOND),
    reason=st.sampled_from([Reason.CONNECTED, Reason.GRACE_EXPIRED, Reason.WITHDRAW_ENABLED]),
    connection=st.just(CONNECTION),
)
halts = st.none() | st.just(Halted("flood", "ada", NOW))


def settled(spec, history, before=None, halted=None, **seen):
    """The verdicts and the one decision."""
    verdicts = judge(spec, {CONNECTION: a_seen(*history, **seen)}, halted, NOW)
    (decision,) = guard(spec, verdicts, {STRATEGY: before} if before else {}, NOW).values()
    return verdicts.connections[CONNECTION], verdicts.strategies[STRATEGY], decision


def rank(compliant):
    return {False: 0, None: 1, True: 2}[compliant]


@given(specs(), histories(), memories, st.booleans())
def test_a_key_that_may_withdraw_is_never_compliant(spec, history, before, restored):
    latest = history[-1]
    key = latest.key if isinstance(latest.key, KeyFacts) else a_key()
    key = replace(key, granted=key.granted | {Scope.WITHDRAW}, denied=key.denied - {Scope.WITHDRAW})
    latest = replace(latest, time=Clock(0.0, 0.05), key=key)
    connection, strategy, decision = settled(
        spec, [*history[:-1], latest], before, restored=restored
    )
    assert connection.compliant is False
    assert (strategy.on, strategy.violation, decision.order.on) == (False, True, False)


@given(specs(), histories(), memories, halts, st.booleans())
def test_what_is_not_known_turns_nothing_on(spec, history, before, halted, restored):
    connection, strategy, decision = settled(spec, history, before, halted, restored=restored)
    if decision.order is not None and decision.order.on:
        assert connection.compliant is True
        assert strategy.on is True
        assert not restored


@given(specs(), histories(), memories, halts)
def test_nothing_is_turned_on_unless_every_rule_that_blocks_is_known_to_hold(
    spec, history, before, halted
):
    connection, _, decision = settled(spec, history, before, halted)
    event("on" if decision.order is not None and decision.order.on else "not on")
    if decision.order is None or not decision.order.on:
        return
    assert halted is None
    assert all(finding.effect < Effect.HOLD for finding in connection.findings)
    status = {finding.type: finding.status for finding in connection.findings}
    may_warn = {
        ConditionType.CLOCK_IN_SYNC,
        ConditionType.IP_RESTRICTED,
        ConditionType.EGRESS_ALLOWED,
        ConditionType.KEY_FRESH,
        ConditionType.ASSETS_EXPECTED,
        ConditionType.ORDERS_EXPECTED,
        ConditionType.LEAST_PRIVILEGE,
    }
    assert {status[kind] for kind in status if kind not in may_warn} == {"True"}
    key = history[-1].key
    assert Scope.SPOT in key.granted
    assert Scope.WITHDRAW not in key.granted
    assert Scope.WITHDRAW in key.denied or spec.connections[CONNECTION].connection.attest


WORSE = {
    "it may withdraw": lambda key: replace(
        key, granted=key.granted | {Scope.WITHDRAW}, denied=key.denied - {Scope.WITHDRAW}
    ),
    "it may not trade": lambda key: replace(
        key, granted=key.granted - {Scope.SPOT}, denied=key.denied | {Scope.SPOT}
    ),
    "it may not read": lambda key: replace(
        key, granted=key.granted - {Scope.READ}, denied=key.denied | {Scope.READ}
    ),
    "it may more than it needs": lambda key: replace(
        key, granted=key.granted | {Scope.EARN}, denied=key.denied - {Scope.EARN}
    ),
    "it is silent on withdraw": lambda key: replace(
        key, denied=key.denied - {Scope.WITHDRAW}, unknown_words=("Novelty",)
    ),
    "it works from anywhere": lambda key: replace(key, ip_bound=False, ips=(OWN_IP,)),
    "it has expired": lambda key: replace(key, expires_at=NOW - DAY),
}


@given(specs(), histories(), st.sampled_from(sorted(WORSE)))
def test_a_worse_key_is_never_judged_better(spec, history, how):
    latest = history[-1]
    assume(isinstance(latest.key, KeyFacts))
    # A list that binds nothing forbids nothing: that one rule is better off with a free key.
    assume(
        how != "it works from anywhere" or not spec.connections[CONNECTION].connection.egress_ips
    )
    worse = replace(latest, key=WORSE[how](latest.key))
    as_is, *_ = settled(spec, history)
    then, *_ = settled(spec, [*history[:-1], worse])
    assert rank(then.compliant) <= rank(as_is.compliant)


@given(specs(), histories(), st.sampled_from(["balance", "orders"]), failures)
def test_a_failure_in_place_of_a_good_answer_is_never_judged_better(spec, history, name, failure):
    latest = history[-1]
    assume(isinstance(getattr(latest, name), Balance | Orders))
    assume(spec.policy.unexpected_trading != "block")  # there the answer itself may be the offence
    as_is, *_ = settled(spec, history)
    then, *_ = settled(spec, [*history[:-1], replace(latest, **{name: failure})])
    assert rank(then.compliant) <= rank(as_is.compliant)


@given(specs(), histories(), memories, halts, st.booleans())
def test_an_off_by_a_violation_is_never_held_back(spec, history, before, halted, restored):
    connection, strategy, decision = settled(spec, history, before, halted, restored=restored)
    if strategy.violation or connection.compliant is False:
        assert decision.order.on is False
    if strategy.violation and before is not None and before.runtime != LOCAL:
        assert [(leave.on, leave.runtime) for leave in decision.leaves] == [(False, before.runtime)]


@given(histories(), st.integers(1, 40), halts)
def test_not_even_where_too_many_vanished(history, count, halted):
    known = {
        f"bot-{n}": StrategyMemory(on=True, action="stop", runtime=LOCAL, connection=CONNECTION)
        for n in range(count)
    }
    spec = a_spec(strategies=[])
    verdicts = judge(spec, {CONNECTION: a_seen(*history)}, halted, NOW)
    decisions = guard(spec, verdicts, known, NOW).values()
    assert {decision.name for decision in decisions} == set(known)
    if halted or verdicts.connections[CONNECTION].compliant is False:
        assert all(d.order is not None and not d.order.on for d in decisions)


@given(specs(), histories(), memories, halts, st.booleans())
def test_a_decision_repeats_itself(spec, history, before, halted, restored):
    """Any part of a cycle may be lost; deciding again on what it left changes nothing."""
    *_, first = settled(spec, history, before, halted, restored=restored)
    *_, second = settled(spec, history, first.memory, halted, restored=restored)
    assert second.memory == first.memory
    assert (second.order is None) == (first.order is None)
    assert first.order is None or second.order.on == first.order.on


def lived(spec, history):
    """Every Status of a life with these probes, each with its time."""
    before, found = Status(), []
    for index, observation in enumerate(history):
        before = a_cycle(*history[: index + 1], before=before, spec=spec, now=observation.at)
        found.append((before, observation.at))
    return found


@given(specs(), histories())
def test_what_runs_was_good_within_its_grace_and_not_bad_since(spec, history):
    good = None
    for index, (status, at) in enumerate(lived(spec, history)):
        seen = {CONNECTION: a_seen(*history[: index + 1])}
        verdict = judge(spec, seen, None, at).strategies[STRATEGY]
        if verdict.on:
            good = at
        elif verdict.violation:
            good = None
        elif good is not None:
            unknown = status.memories[STRATEGY].unknown_since
            assert unknown > good
            good = good if at - unknown < spec.policy.grace else None
        running = status.strategies[STRATEGY].running == "running"
        latched = status.memories[STRATEGY].latched
        assert running == (good is not None and not latched)


@given(specs(), histories())
def test_since_changes_with_the_status_or_its_reason_and_never_else(spec, history):
    life = lived(spec, history)
    for (before, _), (after, at) in pairwise(life):
        for old, new in (
            (before.connections[CONNECTION], after.connections[CONNECTION]),
            (before.strategies[STRATEGY], after.strategies[STRATEGY]),
        ):
            was = {c.type: c for c in old.conditions}
            for now_is in new.conditions:
                then = was.get(now_is.type)
                same = then and (then.status, then.reason) == (now_is.status, now_is.reason)
                assert now_is.since == (then.since if same else at)


@given(specs(), histories())
def test_a_restart_changes_nothing_and_tells_nobody(spec, history):
    before, at = lived(spec, history)[-1]
    before = a_cycle(*history, before=before, spec=spec, now=at)
    restored = {CONNECTION: a_seen(*history, restored=True)}
    after = a_cycle(seen=restored, before=before, spec=spec, now=at)
    assert list(transitions(before, after, at)) == []
    assert after == before


@given(specs(), histories())
def test_every_picture_is_plain_json(spec, history):
    (before, _), (after, at) = [(Status(), NOW), *lived(spec, history)][-2:]
    shown = [present(after), *map(present_transition, transitions(before, after, at))]
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown


intervals = st.integers(1, 86400).map(lambda seconds: seconds * SECOND)


@given(histories(), intervals, policies)
def test_every_wait_is_positive_and_at_most_ten_minutes_unless_someone_said_so(
    history, interval, policy
):
    runs = a_seen(*history).runs
    asked = max((f.retry_after or 0.0 for f in history[-1].failures), default=0.0)
    wait = delay(runs, interval, Policy(**policy))
    assert timedelta(0) < wait <= max(SLOWEST, interval, timedelta(seconds=asked))
    assert wait >= timedelta(seconds=asked)
    assert wait <= jittered(wait, "any", history[-1].at) <= wait * 1.1


@given(histories(), intervals, st.sampled_from("abc"))
def test_who_answers_well_is_asked_again_within_the_interval_and_not_before_its_half(
    history, interval, name
):
    """So a right that appears is found within it."""
    entry, seen = a_connection(name, interval=interval), a_seen(*history)
    rest = next_probe(entry, seen, Policy()) - history[-1].at
    if not history[-1].failures:
        assert interval / 2 <= rest <= interval
    asked = max((f.retry_after or 0.0 for f in history[-1].failures), default=0.0)
    assert rest >= timedelta(seconds=asked)


suspensions = st.none() | st.builds(
    a_suspension, until=st.none() | st.integers(-9, 9).map(lambda s: NOW + s * SECOND)
)


@given(st.dictionaries(st.sampled_from("abcd"), histories(at_most=2)), st.data())
def test_only_what_is_declared_and_not_suspended_is_probed_and_it_is_looked_at_again(known, data):
    entries = [
        a_connection(name, suspend=data.draw(suspensions), interval=data.draw(intervals))
        for name in data.draw(st.sets(st.sampled_from("abcd")))
    ]
    seen = {name: a_seen(*history, asked=name == "a") for name, history in known.items()}
    planned = schedule(a_spec(entries, []), seen, NOW)
    resting = {e.name for e in entries if e.suspended(NOW)}
    active = {e.name for e in entries} - resting
    assert {e.name for e in planned.probe} <= active
    assert {e.name for e in planned.probe} >= active - set(seen)
    assert planned.forget == set(seen) - active
    assert planned.next.keys() == active
    assert all(at > NOW for at in planned.next.values())
