"""What is recorded of a verdict gives that verdict again."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.document.declared import declared
from bf_reconciler.facts import Reason, Traded
from bf_reconciler.journal import rows
from bf_reconciler.policy import ConditionType, Hold
from bf_reconciler.spec import Expect, Names, Policy
from bf_reconciler.status import NO_VERDICTS, Record, differences, judged_again, judgements
from bf_reconciler.status.judgements import outcome
from bf_reconciler.verdict import ConnectionState, judge
from build import (
    CONNECTION,
    DAY,
    MINUTE,
    NOW,
    SECOND,
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
from decisions.test_invariants import histories, specs
from decisions.test_trading import Remembered, holding
from test_reconcile import House


def as_filed(spec):
    """With what stands in the file of each entry, as a document gives it."""
    connections = {
        name: replace(entry, declared=declared(entry.connection))
        for name, entry in spec.connections.items()
    }
    strategies = {
        name: replace(entry, declared=declared(entry.strategy))
        for name, entry in spec.strategies.items()
    }
    return replace(spec, connections=connections, strategies=strategies)


def recorded(spec, seen, now=NOW, before=({}, NO_VERDICTS), names=None, verdicts=None):
    verdicts = verdicts or judge(spec, seen, None, now)
    return list(judgements(spec, before, (seen, verdicts), now, names))


def read_back(judgement):
    """As the journal keeps it."""
    again = rows.JUDGEMENT.read(rows.JUDGEMENT.write(judgement))
    assert again == judgement
    return again


@given(spec=specs(), history=histories(), hold=st.sampled_from([None, *Reason]))
def test_whatever_is_declared_and_seen_is_judged_again_as_it_was(spec, history, hold):
    spec, seen = as_filed(spec), {CONNECTION: a_seen(*history)}
    verdicts = judge(spec, seen, None, NOW)
    if hold is not None:
        held = Hold(frozenset({hold}), history[0].at, "It is common to many.")
        causes = replace(verdicts.causes, holds={CONNECTION: held})
        verdicts = judge(spec, seen, None, NOW, before=replace(verdicts, causes=causes))
    (judgement,) = recorded(spec, seen, verdicts=verdicts)
    assert judgement.outcome == outcome(verdicts.connections[CONNECTION])
    assert judged_again(read_back(judgement)) == judgement.outcome
    assert len(judgement.seen.runs) <= len(seen[CONNECTION].runs)


@given(
    assets=st.frozensets(st.sampled_from(["BTC", "ETH", "SQUID"])),
    orders=st.frozensets(st.sampled_from(["BTC/USDT", "ETH/USDT"])),
    traded=st.sampled_from(
        [None, Traded(frozenset({"BTC/USDT", "ETH/USDT"})), Traded(left={"ETH/USDT": NOW})]
    ),
    expect=st.sampled_from([None, Expect(assets=("SQUID",))]),
    unread=st.booleans(),
)
def test_what_an_account_holds_is_judged_again_as_it_was(assets, orders, traded, expect, unread):
    broken = {"other": CONNECTION} if unread else {}
    spec = as_filed(a_spec([a_connection(expect=expect)], broken_strategies=broken))
    seen = {CONNECTION: a_seen(holding(*assets, orders=orders))}
    known = {CONNECTION: Remembered(traded)}
    verdicts = judge(spec, seen, None, NOW, known=known)
    (judgement,) = judgements(spec, ({}, NO_VERDICTS), (seen, verdicts), NOW, None, known)
    assert judgement.outcome == outcome(verdicts.connections[CONNECTION])
    assert judged_again(read_back(judgement)) == judgement.outcome


def test_pairs_that_people_encrypt_are_not_recorded():
    spec = as_filed(a_spec())
    (entry,) = spec.strategies.values()
    hidden = {key: value for key, value in entry.declared.items() if key != "pairs"}
    spec = replace(spec, strategies={entry.name: replace(entry, declared=hidden)})
    seen = {CONNECTION: a_seen(an_observation(NOW - MINUTE), an_outage())}
    (judgement,) = recorded(spec, seen)
    assert (judgement.withheld, judgement.pairs) == (True, ())
    assert judgement.seen.runs == seen[CONNECTION].runs


async def test_the_last_one_recorded_is_what_stands():
    """Over a history of a key and of the file: nothing is left out, and little is repeated."""
    spec = as_filed(a_spec([a_connection(interval=SECOND)]))
    house = House(spec=spec)
    worlds = [
        an_observation,
        lambda at: an_observation(at, key=a_withdraw_key()),
        lambda at: refused(Reason.INVALID_KEY, at),
        an_outage,
        lambda at: an_observation(at, key=a_key(expires_at=NOW + DAY)),
        an_observation,
    ]
    for world in worlds:
        house.prober.script = world
        for _ in range(30):
            await house.turn()
            verdict = house.cycle._verdicts.connections[CONNECTION]  # noqa: SLF001 # what it compares with
            if verdict.findings:
                assert house.journal.judged[-1].outcome == outcome(verdict)
    found = house.journal.judged
    assert all(judged_again(read_back(each)) == each.outcome for each in found)
    assert len(found) < 3 * len(worlds)
    count = len(found)
    house.start(spec)  # a restart records nothing that an earlier life has recorded
    await house.turn(20)
    assert len(house.journal.judged) == count
    stricter = as_filed(replace(spec, policy=Policy(ip_allowlist="exact"), generation=2))
    house.declare(stricter)
    await house.turn(5)
    assert [each.generation for each in house.journal.judged[count:]] == [2]
    house.start(as_filed(replace(spec, generation=3)))  # committed while nobody was there
    await house.turn(5)
    assert [each.generation for each in house.journal.judged[count:]] == [2, 3]


async def test_what_a_crash_kept_from_being_recorded_the_next_life_records():
    spec = as_filed(a_spec([a_connection(interval=SECOND)]))
    house = House(spec=spec)
    await house.turn(3)
    count, shown = len(house.journal.judged), house.cycle.status
    house.prober.script = an_outage
    await house.turn(2)
    del house.journal.judged[count:]  # only what was seen is saved before it is acted upon
    house.journal.record = Record(shown, house.cycle.seen)
    for _ in range(3):
        house.start(spec)
        await house.turn()
    (judgement,) = house.journal.judged[count:]
    assert judgement.outcome.state is ConnectionState.UNREACHABLE


def test_what_is_as_before_is_not_recorded_again():
    spec = as_filed(a_spec())
    first = {CONNECTION: a_seen(an_observation(NOW - MINUTE))}
    verdicts = judge(spec, first, None, NOW)
    seen = {CONNECTION: a_seen(an_observation(NOW - MINUTE), an_observation(NOW))}
    assert recorded(spec, seen, before=(first, verdicts)) == []
    other = {CONNECTION: a_seen(an_observation(NOW - MINUTE), an_outage(NOW))}
    (judgement,) = recorded(spec, other, before=(first, verdicts))
    assert judgement.outcome.state is ConnectionState.UNREACHABLE
    assert recorded(spec, other, before=(first, verdicts), names=Names()) == []


def test_another_message_alone_is_not_recorded():
    spec = as_filed(a_spec())
    first = {CONNECTION: a_seen(holding("SQUID"))}
    seen = {CONNECTION: a_seen(holding("SQUID"), holding("SQUID", "SHIB"))}
    verdicts = judge(spec, first, None, NOW)
    other = judge(spec, seen, None, NOW)
    assert other.connections[CONNECTION].findings != verdicts.connections[CONNECTION].findings
    assert recorded(spec, seen, before=(first, verdicts), verdicts=other) == []
    fine = judge(spec, {CONNECTION: a_seen(holding("USDT"))}, None, NOW)
    assert recorded(spec, seen, before=(first, fine), verdicts=other) != []


def test_what_stays_the_same_is_recorded_once_a_week():
    spec, count = as_filed(a_spec()), 0
    seen, verdicts = {CONNECTION: a_seen(an_observation(NOW))}, None
    verdicts = judge(spec, seen, None, NOW)
    for hour in range(1, 24 * 28 + 1):
        now = NOW + timedelta(hours=hour)
        after = {CONNECTION: a_seen(an_observation(NOW), an_observation(now))}
        count += len(recorded(spec, after, now, (seen, verdicts)))
        seen, verdicts = after, judge(spec, after, None, now)
    assert count == 4


def test_what_rests_on_no_probe_is_not_recorded():
    suspended = as_filed(a_spec([a_connection(suspend=a_suspension())]))
    assert recorded(suspended, {CONNECTION: a_seen()}) == []
    assert recorded(a_spec(), {}) == []
    gone = {"gone": a_seen()}
    assert recorded(a_spec(), gone, names=Names(frozenset({"gone"}))) == []


def test_no_amount_and_no_credential_is_recorded():
    strategy = a_strategy(
        base_order={"size": 31337, "currency": "USDT"},
        margin_limit={"amount": 31337, "currency": "USDT"},
        settings={"x": 31337},
    )
    spec = as_filed(a_spec(strategies=[strategy]))
    (judgement,) = recorded(spec, {CONNECTION: a_seen()})
    text = rows.JUDGEMENT.write(judgement)
    assert json.loads(text)[0]["pairs"] == ["BTC/USDT"]
    for hidden in ("31337", "0123456789abcdef", "a secret", "a passphrase"):
        assert hidden not in text


def test_a_declaration_of_another_version_cannot_be_judged_again():
    (judgement,) = recorded(as_filed(a_spec()), {CONNECTION: a_seen()})
    with pytest.raises(ValueError, match="exchange"):
        judged_again(replace(judgement, connection={**judgement.connection, "exchange": "gone"}))


def test_what_differs_is_named():
    (then,) = recorded(as_filed(a_spec()), {CONNECTION: a_seen()})
    (now,) = recorded(
        as_filed(a_spec()), {CONNECTION: a_seen(an_observation(key=a_withdraw_key()))}
    )
    found = list(differences(then.outcome, now.outcome))
    assert ("status", "Online", "Blocked") in found
    assert ("compliant", "True", "False") in found
    assert ("reason", "Connected", "WithdrawEnabled") in found
    assert ("WithdrawDisabled", "True Connected", "False WithdrawEnabled") in found
    assert ("WithdrawDisabled", "False WithdrawEnabled", "True Connected") in list(
        differences(now.outcome, then.outcome)
    )
    assert list(differences(now.outcome, now.outcome)) == []
    assert now.outcome.conditions[0][0] is ConditionType.WITHDRAW_DISABLED
