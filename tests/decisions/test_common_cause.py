"""Many failures with one cause are seen as one; nothing that a key told is explained away by it."""

from dataclasses import replace

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from bf_reconciler.facts import KeyFacts, Reason, Scope, remember
from bf_reconciler.policy import ConditionType, Incident, common_causes, watch
from bf_reconciler.policy.streaks import REFUSED
from bf_reconciler.schedule import next_probe, schedule
from bf_reconciler.spec import Credentials, Policy
from bf_reconciler.status import Status, fold
from bf_reconciler.verdict import ConnectionState, guard, judge
from build import (
    DAY,
    MINUTE,
    NOW,
    SECOND,
    a_connection,
    a_failure,
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

MEXC = {"exchange": "mexc", "credentials": Credentials(api_key="0123456789abcdef", secret="s")}
OKX = {"exchange": "okx"}
INVALID, ELSEWHERE = Reason.INVALID_KEY, Reason.IP_NOT_ALLOWED


def good(at):
    return an_observation(at)


def bad(at, reason=INVALID, times=2):
    """Refused, and refused again: believed, where it stands alone."""
    return [refused(reason, at + n * 2 * SECOND) for n in range(times)]


def fleet(*connections):
    """A spec and a memory: each connection is its probes, or its probes and its fields."""
    entries, seen = [], {}
    for index, one in enumerate(connections):
        probes, fields = one if isinstance(one, tuple) else (one, {})
        entries.append(a_connection(f"c{index}", **fields))
        if probes:
            seen[f"c{index}"] = a_seen(*probes)
    strategies = [a_strategy(f"s-{entry.name}", connection=entry.name) for entry in entries]
    return a_spec(entries, strategies), seen


def fell(seconds=0, reason=INVALID):
    """Good a minute ago, refused since so many seconds before NOW."""
    at = NOW - 20 * SECOND - seconds * SECOND
    return [good(at - MINUTE), *bad(at, reason)]


def judged(*connections, now=NOW):
    spec, seen = fleet(*connections)
    verdicts = judge(spec, seen, None, now)
    return [v.compliant for v in verdicts.connections.values()], verdicts.causes.incidents


WELL = [good(NOW - 2 * MINUTE), good(NOW)]
STALE = [good(NOW - MINUTE)]


def test_a_single_bad_key_stays_a_bad_key():
    assert judged(fell(), WELL, WELL, WELL, WELL) == ([False, True, True, True, True], ())


def test_most_of_an_exchange_that_are_refused_at_once_have_one_cause():
    compliant, (incident,) = judged(fell(4), fell(2), fell(), WELL)
    assert compliant == [None, None, None, True]
    since = NOW - 24 * SECOND
    assert incident == Incident("outage", "kucoin", INVALID, ("c0", "c1", "c2"), since)


@pytest.mark.parametrize("reason", sorted(REFUSED))
def test_the_address_is_the_cause_where_it_is_what_is_refused(reason):
    _, (incident,) = judged(*[fell(n, reason) for n in range(4)])
    addresses = {Reason.IP_NOT_ALLOWED, Reason.REGION_RESTRICTED}
    assert incident.kind == ("egress" if reason in addresses else "outage")
    assert (incident.scope, incident.reason) == ("kucoin", reason)


def test_refusals_that_differ_count_as_alike_and_the_most_frequent_names_them():
    _, (incident,) = judged(fell(0, ELSEWHERE), fell(1, ELSEWHERE), fell(2))
    assert incident.reason is ELSEWHERE


def test_a_wrong_signature_has_no_common_cause():
    assert judged(*[fell(n, Reason.INVALID_SIGNATURE) for n in range(4)])[0] == [False] * 4


@pytest.mark.parametrize(
    ("keys", "compliant"),
    [("aaaa", [False] * 4), ("aabb", [False] * 4), ("aabc", [None] * 4), ("abcd", [None] * 4)],
)
def test_one_bad_key_under_many_names_is_one_bad_key(keys, compliant):
    spec, seen = fleet(*[fell(n) for n in range(4)])
    named = zip(spec.connections.items(), keys, strict=True)
    known = {name: replace(entry, key_fingerprint=key) for (name, entry), key in named}
    verdicts = judge(replace(spec, connections=known), seen, None, NOW)
    assert [v.compliant for v in verdicts.connections.values()] == compliant
    assert bool(verdicts.causes.incidents) == (None in compliant)


def test_two_are_never_most():
    assert judged(fell(), fell()) == ([False, False], ())


def test_half_are_not_most():
    assert judged(fell(), fell(), fell(), WELL, WELL, WELL)[0][:3] == [False] * 3


def test_keys_that_were_bad_for_long_neither_count_nor_are_excused():
    before = NOW - DAY
    old = [good(before - MINUTE), *bad(before)]
    assert judged(fell(), fell(), old)[0] == [False, False, False]
    assert judged(fell(), fell(), fell(), old)[0] == [None, None, None, False]


def test_keys_that_were_never_good_neither_count_nor_are_excused():
    new = bad(NOW - 20 * SECOND)
    assert judged(fell(), fell(), new)[0] == [False, False, False]
    assert judged(fell(), fell(), fell(), new)[0] == [None, None, None, False]


def test_a_withdraw_right_seen_before_is_not_explained_away():
    at = NOW - 20 * SECOND
    withdraw = [an_observation(at - MINUTE, key=a_withdraw_key()), *bad(at)]
    compliant, _ = judged(fell(), fell(), fell(), withdraw)
    assert compliant == [None, None, None, False]


def test_a_withdraw_right_seen_while_other_questions_are_refused_is_not_explained_away():
    at = NOW - 20 * SECOND
    refusal = a_failure(INVALID)
    seen = an_observation(at, key=a_withdraw_key(), balance=refusal, orders=refusal)
    assert judged(fell(), fell(), fell(), [good(at - MINUTE), seen])[0][3] is False


def test_a_shared_way_out_is_one_cause_across_exchanges_and_is_told_once():
    compliant, (incident,) = judged(
        fell(4, ELSEWHERE), (fell(2, ELSEWHERE), MEXC), (fell(0, ELSEWHERE), OKX)
    )
    assert compliant == [None, None, None]
    assert (incident.kind, incident.scope) == ("egress", "direct")


def test_a_proxy_is_named_by_a_connection_and_never_by_its_address():
    through = {"proxy": "http://user:word@proxy.example:3128"}
    _, (incident,) = judged(
        WELL,
        (fell(4, ELSEWHERE), through),
        (fell(2, ELSEWHERE), through | MEXC),
        (fell(0, ELSEWHERE), through | OKX),
    )
    assert (incident.kind, incident.scope) == ("egress", "proxy of c1")


def test_one_exchange_alone_does_not_speak_for_the_way_out():
    _, (incident,) = judged(*[fell(n) for n in range(3)], (WELL, MEXC))
    assert incident.scope == "kucoin"


def test_another_environment_is_another_exchange():
    test = OKX | {"environment": "demo"}
    _, (incident,) = judged(
        *[(fell(n), test) for n in range(3)], *[(WELL, OKX) for _ in range(3)], WELL
    )
    assert incident.scope == "okx demo"


def down(at, reason=Reason.TIMEOUT):
    return [good(at - MINUTE), an_outage(at, reason)]


def test_an_outage_is_told_as_one_and_changes_no_verdict():
    at = NOW - 20 * SECOND
    compliant, (incident,) = judged(
        down(at), down(at + SECOND), down(at, Reason.NETWORK_ERROR), WELL
    )
    assert compliant == [None, None, None, True]
    assert incident == Incident("outage", "kucoin", Reason.TIMEOUT, ("c0", "c1", "c2"), at)


def test_an_outage_and_refused_keys_are_two_causes():
    at = NOW - 20 * SECOND
    _, incidents = judged(*[fell(n) for n in range(3)], *[(down(at), MEXC) for _ in range(3)])
    assert {(i.scope, i.reason) for i in incidents} == {
        ("kucoin", INVALID),
        ("mexc", Reason.TIMEOUT),
    }


def test_an_outage_in_the_middle_does_not_make_the_refusals_before_it_believed():
    hit = [[*fell(n), an_outage(NOW - SECOND)] for n in range(3)]
    assert judged(*hit)[0] == [None, None, None]


def test_a_suspended_connection_is_not_part_of_anything():
    still = (fell(), {"suspend": a_suspension()})
    assert judged(fell(), fell(), still, WELL)[0][:2] == [False, False]


def test_what_was_seen_of_another_key_is_not_part_of_anything():
    assert judged(fell(), fell(), (fell(), {"fingerprint": "new"}))[0] == [False, False, None]


# how it ends


def test_a_key_that_is_well_again_is_so_at_once():
    """What had a common cause was no violation, so nothing is left to be forgotten."""
    back = [*fell(), good(NOW)]
    compliant, (incident,) = judged(back, fell(), fell())
    assert compliant == [True, None, None]
    assert incident.connections == ("c1", "c2")
    assert judged(back, back, back) == ([True] * 3, ())


def test_the_last_that_stays_refused_is_a_bad_key_two_intervals_after_the_others():
    back = [*fell(), good(NOW), good(NOW + MINUTE), good(NOW + 2 * MINUTE)]
    still = [*fell(), refused(INVALID, NOW + MINUTE)]
    assert judged(back, back, back, still, now=NOW + MINUTE)[0][3] is None
    later = NOW + 2 * MINUTE
    assert judged(back, back, back, still, now=later) == ([True] * 3 + [False], ())


def test_those_that_were_well_for_two_intervals_speak_against_it_however_long_recovery_takes():
    back = [*fell(), good(NOW)]
    still = [*fell(), refused(INVALID, NOW + MINUTE)]
    spec, seen = fleet(back, back, back, still)
    spec = replace(spec, policy=Policy(recover_after=20))
    later = judge(spec, seen, None, NOW + 2 * MINUTE).connections
    assert [verdict.compliant for verdict in later.values()] == [True] * 3 + [False]


def test_a_key_that_was_bad_before_it_all_began_is_bad_for_its_own_sake():
    at = NOW - 20 * SECOND
    old = [good(at - 9 * MINUTE), *bad(at - 5 * MINUTE), *fell()]
    assert judged(fell(), fell(), fell(), old)[0] == [None, None, None, False]


def test_it_lasts_as_long_as_they_are_refused():
    compliant, incidents = judged(fell(), fell(), fell(), now=NOW + 9 * DAY)
    assert (compliant, len(incidents)) == ([None] * 3, 1)


def test_a_strategy_has_its_grace_and_is_then_off():
    spec, seen = fleet(fell(), fell(), fell())
    healthy = {name: a_seen(good(NOW - MINUTE)) for name in seen}
    before = Status()
    for at, memory in ((NOW - MINUTE, healthy), (NOW, seen), (NOW + 4 * MINUTE, seen)):
        verdicts = judge(spec, memory, None, at)
        decisions = guard(spec, verdicts, before.memories, at)
        before = fold(spec, memory, verdicts, decisions, {}, at, before)
        assert all(before.memories[name].on for name in spec.strategies)
    at = NOW + 5 * MINUTE
    decisions = guard(spec, judge(spec, seen, None, at), before.memories, at)
    assert {decision.reason for decision in decisions.values()} == {Reason.GRACE_EXPIRED}


def test_the_status_holds_it_and_the_connections_are_unreachable():
    spec, seen = fleet(fell(), fell(), fell())
    verdicts = judge(spec, seen, None, NOW)
    status = fold(spec, seen, verdicts, {}, {}, NOW, Status())
    assert status.incidents == verdicts.causes.incidents
    assert {c.status for c in status.connections.values()} == {ConnectionState.UNREACHABLE}
    ready = status.connections["c0"].conditions[0]
    assert (ready.status, ready.reason) == ("Unknown", INVALID)
    assert "started to fail alike around 11:59 UTC, so one" in ready.message


# the first to fail waits for others to be asked


def test_the_first_to_fail_is_not_believed_before_others_are_asked():
    spec, seen = fleet(fell(), *[STALE] * 7)
    causes = common_causes(watch(spec, seen, NOW), NOW)
    assert causes.holds["c0"].asking
    assert causes.witnesses == {"c1", "c2", "c3", "c4"}
    verdict = judge(spec, seen, None, NOW).connections["c0"]
    assert (verdict.compliant, verdict.state) == (None, None)
    at = NOW - 10 * SECOND
    due = {entry.name for entry in schedule(spec, seen, at).probe}
    routine = {n for n, e in spec.connections.items() if next_probe(e, seen[n], spec.policy) <= at}
    assert due == causes.witnesses | routine
    assert causes.witnesses - routine


def test_it_is_believed_as_soon_as_enough_others_are_well():
    assert judged(fell(), *[WELL] * 4, STALE)[0][0] is False
    assert judged(fell(), *[WELL] * 3, STALE)[0][0] is None


def test_it_is_believed_where_there_are_too_few_others():
    assert judged(fell(), STALE)[0][0] is False
    assert judged(fell(), STALE, WELL)[0][0] is None
    assert judged(fell(), WELL, WELL)[0][0] is False


def test_it_is_believed_when_the_others_cannot_be_asked_for_too_long():
    assert judged(fell(), *[STALE] * 7, now=NOW + 2 * MINUTE)[0][0] is False


def test_of_a_way_out_those_of_other_exchanges_are_asked_first():
    spec, seen = fleet(fell(), STALE, *[(STALE, MEXC), (STALE, OKX)] * 2)
    causes = common_causes(watch(spec, seen, NOW), NOW)
    assert {"c2", "c3", "c4", "c5"} <= causes.witnesses <= schedule(spec, seen, NOW).soon
    assert causes.holds["c0"].asking


def test_those_that_failed_otherwise_since_were_asked_too():
    at = NOW - 10 * SECOND
    assert judged(fell(), *[down(at)] * 4)[0][0] is False


def test_what_is_held_is_asked_again_at_the_interval():
    spec, seen = fleet(fell(), fell(), fell())
    assert schedule(spec, seen, NOW).probe == ()
    assert len(schedule(spec, seen, NOW + MINUTE).probe) == 3
    alone, seen = fleet(fell())
    assert schedule(alone, seen, NOW + 2 * MINUTE).probe == ()


def test_a_cause_that_is_common_goes_before_a_question_that_is_open():
    spec, seen = fleet(fell(), fell(), fell(), *[(STALE, MEXC)] * 2)
    causes = common_causes(watch(spec, seen, NOW), NOW)
    assert not any(hold.asking for hold in causes.holds.values())


# laws

reasons = st.sampled_from([*sorted(REFUSED), Reason.INVALID_SIGNATURE, Reason.TIMEOUT])


@st.composite
def lives(draw):
    """A few good probes, then failures or none, then perhaps good ones."""
    at = NOW - draw(st.integers(60, 300)) * SECOND
    probes = [good(at + n * 10 * SECOND) for n in range(draw(st.integers(0, 2)))]
    at += 30 * SECOND + draw(st.integers(0, 20)) * SECOND
    for n in range(draw(st.integers(0, 3))):
        reason, key = draw(reasons), draw(st.sampled_from([None, a_key(), a_withdraw_key()]))
        probe = refused(reason, at + n * 2 * SECOND)
        probes.append(probe if key is None else replace(probe, key=key))
    if draw(st.booleans()):
        probes.append(good(at + 10 * SECOND))
    return probes or [good(at)]


kinds = st.sampled_from([{}, {}, {}, MEXC, OKX])
fleets = st.lists(st.tuples(lives(), kinds), min_size=1, max_size=8)


def alone(name, spec, seen):
    entry = spec.connections[name]
    one = a_spec([entry], [])
    return judge(one, {name: seen[name]}, None, NOW).connections[name]


@given(fleets)
def test_company_only_ever_turns_a_refused_key_into_one_that_is_not_known(connections):
    spec, seen = fleet(*connections)
    verdicts = judge(spec, seen, None, NOW)
    for name, verdict in verdicts.connections.items():
        by_itself = alone(name, spec, seen)
        if verdict.compliant == by_itself.compliant:
            continue
        event("explained")
        assert by_itself.compliant is False
        assert by_itself.ready.reason in REFUSED
        held = verdicts.causes.holds[name]
        if verdict.compliant is True:  # it is over, and was no violation
            assert not seen[name].latest.failures
        else:
            assert verdict.compliant is None
        assert by_itself.ready.reason in held.reasons


@given(fleets, st.integers(0, 7))
def test_a_withdraw_right_is_never_explained_away(connections, index):
    probes, fields = connections[index % len(connections)]
    latest = replace(probes[-1], key=a_withdraw_key())
    changed = list(connections)
    changed[index % len(connections)] = ([*probes[:-1], latest], fields)
    spec, seen = fleet(*changed)
    verdict = judge(spec, seen, None, NOW).connections[f"c{index % len(connections)}"]
    assert verdict.compliant is False
    assert verdict.ready.reason is Reason.WITHDRAW_ENABLED


@given(fleets)
def test_nothing_that_a_key_told_is_explained_away(connections):
    spec, seen = fleet(*connections)
    for name, verdict in judge(spec, seen, None, NOW).connections.items():
        latest = seen[name].latest
        if isinstance(latest.key, KeyFacts):
            by_itself = {f.type: f for f in alone(name, spec, seen).findings}
            for finding in verdict.findings:
                if finding.type in ABOUT_KEYS:
                    assert finding == by_itself[finding.type]
            if Scope.WITHDRAW in latest.key.granted:
                assert verdict.compliant is False


ABOUT_KEYS = {
    ConditionType.WITHDRAW_DISABLED,
    ConditionType.READ_PERMITTED,
    ConditionType.TRADE_PERMITTED,
    ConditionType.IP_RESTRICTED,
    ConditionType.KEY_FRESH,
    ConditionType.LEAST_PRIVILEGE,
}


@given(st.integers(4, 9), st.sampled_from(sorted(REFUSED)), st.integers(0, 19), kinds)
def test_one_bad_key_among_good_ones_stays_a_bad_key(count, reason, seconds, kind):
    others = [(WELL, kind)] * count
    compliant, incidents = judged((fell(seconds, reason), kind), *others)
    assert (compliant[0], incidents) == (False, ())
    assert all(compliant[1:])


@given(
    st.lists(st.tuples(st.integers(0, 59), st.sampled_from(sorted(REFUSED))), min_size=3),
    st.integers(0, 9),
)
def test_most_that_fall_within_a_pass_are_one_incident_and_nothing_is_believed(fallen, others):
    well = min(others, len(fallen) - 1)
    compliant, incidents = judged(*[fell(*one) for one in fallen], *[WELL] * well)
    assert compliant == [None] * len(fallen) + [True] * well
    (incident,) = incidents
    assert len(incident.connections) == len(fallen)


# the same key under two names


def test_connections_that_share_a_key_know_each_other_and_no_others():
    entries = [
        replace(a_connection(name), key_fingerprint=key)
        for name, key in {"a": "k1", "b": "k2", "c": "k1", "d": "", "e": "", "f": "k1"}.items()
    ]
    spec = a_spec(entries, [])
    assert spec.twins == dict.fromkeys("acf", ("a", "c", "f"))
    seen = {name: a_seen() for name in spec.connections}
    found = judge(spec, seen, None, NOW).connections
    duplicates = [name for name, v in found.items() if v.ready.reason is Reason.DUPLICATE_KEY]
    assert duplicates == ["a", "c", "f"]
    assert {v.compliant for v in found.values()} == {True}


def test_a_refused_key_that_was_let_in_before_is_said_to_be_copied_well():
    spec, seen = fleet([good(NOW - MINUTE), an_outage(NOW - SECOND), *bad(NOW)])
    ready = judge(spec, seen, None, NOW).connections["c0"].ready
    assert "accepted until 2026-03-02 11:59 UTC" in ready.message
    spec, seen = fleet(bad(NOW))
    assert "let in" not in judge(spec, seen, None, NOW).connections["c0"].ready.message


# a fleet that lives: probed as planned, judged, told


def lived(answer, seconds, count=10):
    """Second by second: which strategies were off at which second, after a good pass."""
    spec, seen = fleet(*[[good(NOW - (50 - 5 * n) * SECOND)] for n in range(count)])
    before, off, told = Status(), {}, []
    for second in range(seconds):
        now = NOW + second * SECOND
        for entry in schedule(spec, seen, now).probe:
            seen[entry.name] = remember(seen[entry.name], answer(entry.name, now))
        verdicts = judge(spec, seen, None, now)
        decisions = guard(spec, verdicts, before.memories, now)
        before = fold(spec, seen, verdicts, decisions, {}, now, before)
        told.append(before.incidents)
        for decision in decisions.values():
            if decision.order is not None and not decision.order.on:
                off.setdefault(decision.name, (second, decision.reason))
    return off, told


def test_a_changed_address_turns_nothing_off_before_grace_is_over_and_is_one_incident():
    # All of them ran: the first is asked at the very start.
    off, told = lived(lambda _, at: (refused if at > NOW else _well)(ELSEWHERE, at), 420)
    assert len(off) == 10
    assert {reason for _, reason in off.values()} == {Reason.GRACE_EXPIRED}
    assert min(second for second, _ in off.values()) >= 300
    begun = next(second for second, found in enumerate(told) if found)
    assert all(len(found) == 1 for found in told[begun:])
    assert len(told[-1][0].connections) == 10


def test_an_address_that_comes_back_within_grace_turns_nothing_off():
    off, told = lived(
        lambda _, at: (refused if at < NOW + 3 * MINUTE else _well)(ELSEWHERE, at), 500
    )
    assert off == {}
    assert any(told)
    assert told[-1] == ()


def test_a_revoked_key_is_off_within_seconds_of_its_probe_though_it_has_company():
    asks = []

    def answer(name, at):
        if name != "c4":
            return good(at)
        asks.append(at)
        return refused(INVALID, at)

    off, told = lived(answer, 120)
    asked = (asks[0] - NOW) // SECOND
    (second, reason) = off.pop("s-c4")
    assert (off, reason) == ({}, INVALID)
    assert asked <= second <= asked + 12
    assert not any(told)


def _well(_, at):
    return good(at)


def test_a_cause_of_the_way_out_is_not_told_again_for_each_exchange_behind_it():
    here = [fell(n, ELSEWHERE) for n in range(3)]
    there = [(fell(n, ELSEWHERE), MEXC) for n in range(3)]
    compliant, (incident,) = judged(*here, *there)
    assert compliant == [None] * 6
    assert (incident.kind, incident.scope, len(incident.connections)) == ("egress", "direct", 6)
