from dataclasses import replace

import pytest

from bf_reconciler.facts import Clock, Reason, Scope
from bf_reconciler.policy import ConditionType, Finding
from bf_reconciler.schedule import next_probe
from bf_reconciler.spec import LOCAL, Halt, Policy
from bf_reconciler.spec.connection import Attest, Attestation
from bf_reconciler.status import (
    Confirmed,
    ConnectionStatus,
    Key,
    Running,
    Status,
    StrategyState,
    StrategyStatus,
    conditions,
    mask,
    transitions,
    unwatched,
)
from bf_reconciler.verdict import ConnectionState, Halted, StrategyMemory
from build import (
    CONNECTION,
    DAY,
    MINUTE,
    NOW,
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
    a_withdraw_key,
    an_observation,
    an_outage,
    refused,
)

GOOD, OUTAGE = an_observation(), an_outage()
WITHDRAW = an_observation(key=a_withdraw_key())
INVALID = refused(Reason.INVALID_KEY)
ON = a_cycle(GOOD)
LATER = NOW + MINUTE
MISMATCH = Running("unknown", Reason.ENGINE_MISMATCH, "It trades on another exchange.")


def connection(*observations, **changes):
    return a_cycle(*observations, **changes).connections[CONNECTION]


def strategy(*observations, **changes):
    return a_cycle(*observations, **changes).strategies[STRATEGY]


def word(*observations, **changes):
    """The status word of the strategy and its reason."""
    found = strategy(*observations, **changes)
    return found.status, found.conditions[0].reason


def condition(status, kind):
    return next(c for c in status.conditions if c.type is kind)


# conditions


def a_finding(**changes):
    return replace(Finding(ConditionType.READY, "True", Reason.CONNECTED, "Good."), **changes)


@pytest.mark.parametrize(
    ("changes", "since", "generation"),
    [
        ({}, NOW, 1),
        ({"message": "Still good."}, NOW, 2),
        ({"status": "False"}, LATER, 2),
        ({"reason": Reason.KEY_EXPIRING}, LATER, 2),
        ({"type": ConditionType.RUNNING}, LATER, 2),
    ],
)
def test_since_is_kept_unless_the_status_or_its_reason_changed(changes, since, generation):
    old = conditions((), [a_finding()], 1, NOW)
    (new,) = conditions(old, [a_finding(**changes)], 2, LATER)
    assert (new.since, new.observed_generation) == (since, generation)
    assert new.message == changes.get("message", "Good.")


# a connection


def test_a_connection_shows_what_is_declared_and_what_was_seen():
    found = connection(an_observation(time=Clock(0.25, 0.05)), spec=a_spec([a_connection()]))
    assert (found.status, found.conditions[0].type) == (ConnectionState.ONLINE, ConditionType.READY)
    assert (found.exchange, found.account, found.environment) == ("kucoin", "main", "live")
    assert (found.line, found.origin) == (7, "current")
    assert (found.latency_seconds, found.clock_skew_seconds) == (0.05, 0.25)
    assert (found.last_probe, found.last_success) == (NOW, NOW)
    assert found.next_probe == next_probe(a_connection(), a_seen(), Policy())
    assert found.key.scopes == ("read", "spot")


def test_before_its_first_probe_nothing_is_known_of_it():
    found = connection()
    assert found.status is ConnectionState.PENDING
    assert (found.key, found.last_probe, found.latency_seconds) == (Key(), None, None)


def test_an_outage_keeps_the_last_success_and_the_last_facts_of_the_key():
    before = a_cycle(GOOD)
    for outage in (an_outage(LATER), replace(refused(Reason.TIMEOUT), at=LATER)):
        found = connection(GOOD, outage, before=before, now=LATER)
        assert (found.last_probe, found.last_success) == (LATER, NOW)
        assert found.key == before.connections[CONNECTION].key


@pytest.mark.parametrize("until", [None, NOW + DAY, NOW])
def test_a_suspension_in_force_says_when_it_ends(until):
    suspend = a_suspension(until=until)
    told = until if until != NOW else None  # it has ended
    assert connection(spec=a_spec([a_connection(suspend=suspend)])).suspended_until == told
    spec = a_spec(strategies=[a_strategy(suspend=suspend)])
    assert strategy(GOOD, spec=spec).suspended_until == told


def test_a_persons_word_says_until_when_it_counts():
    attest = Attest(withdraw_disabled=Attestation(by="ada", at=NOW - DAY))
    found = connection(spec=a_spec([a_connection(attest=attest)]))
    assert found.attested_until == NOW + 89 * DAY
    assert connection().attested_until is None


def test_a_changed_key_keeps_no_facts_of_the_old_one():
    changed = a_spec([a_connection(fingerprint="another")])
    found = connection(GOOD, before=ON, spec=changed)
    assert (found.key, found.last_probe, found.next_probe) == (Key(), None, None)
    seen = {CONNECTION: replace(a_seen(an_outage(LATER)), entry="another")}
    assert connection(seen=seen, before=ON, spec=changed).key == Key()


@pytest.mark.parametrize(
    ("first", "word"),
    [
        (GOOD, ConnectionState.DEGRADED),
        (an_observation(key=a_key(ip_bound=False)), ConnectionState.DEGRADED),
        (OUTAGE, ConnectionState.UNREACHABLE),
        (None, ConnectionState.PENDING),
    ],
)
def test_what_was_usable_is_degraded_while_a_failure_is_not_confirmed(first, word):
    before = a_cycle(first) if first else Status()
    seen = [first, INVALID] if first else [INVALID]
    found = connection(*seen, before=before)
    assert (found.status, found.conditions[0].status) == (word, "Unknown")
    assert connection(*seen, INVALID, before=before).status is ConnectionState.BLOCKED


@pytest.mark.parametrize(
    "before",
    [
        a_cycle(spec=a_spec([a_connection(suspend=a_suspension())])),
        a_cycle(spec=a_spec([], broken_connections={CONNECTION: "kucoin"})),
    ],
    ids=["suspended", "invalid"],
)
def test_what_people_said_before_is_no_former_word(before):
    assert connection(INVALID, before=before).status is ConnectionState.PENDING


def test_a_wrong_entry_in_its_last_good_form_shows_invalid_and_what_is_seen():
    spec = a_spec([a_connection(origin="last_good")], broken_connections={CONNECTION: "kucoin"})
    status = a_cycle(GOOD, spec=spec)
    found = status.connections[CONNECTION]
    assert (found.status, found.origin) == (ConnectionState.INVALID, "last_good")
    assert (found.conditions[0].status, found.conditions[0].reason) == (
        "True",
        Reason.ENTRY_INVALID,
    )
    assert status.strategies[STRATEGY].status is StrategyState.ENABLED
    found = a_cycle(INVALID, INVALID, spec=spec).connections[CONNECTION]
    assert (found.status, found.conditions[0].reason) == (
        ConnectionState.INVALID,
        Reason.INVALID_KEY,  # the graver of two
    )


def test_a_wrong_entry_without_a_good_form_is_shown_invalid_since_it_is_wrong():
    spec = a_spec([], broken_connections={CONNECTION: "kucoin"})
    before = a_cycle(spec=spec)
    found = connection(spec=spec, before=before, now=LATER)
    assert (found.status, found.exchange, found.origin) == (
        ConnectionState.INVALID,
        "kucoin",
        "none",
    )
    assert (found.conditions[0].reason, found.conditions[0].since) == (Reason.ENTRY_INVALID, NOW)


@pytest.mark.parametrize(
    ("api_key", "shown"),
    [("0123456789abcdef", "••••def"), ("0123456789ab", "••••9ab"), ("0123456789a", "••••")],
)
def test_of_an_api_key_three_characters_are_shown_where_enough_stay_hidden(api_key, shown):
    assert mask(api_key) == shown


# a strategy


def test_a_strategy_shows_what_is_wanted_and_what_runs():
    found = strategy(GOOD)
    assert (found.status, found.desired, found.running) == (StrategyState.ENABLED, True, "running")
    assert (found.connection, found.runtime, found.line) == (CONNECTION, "local", 20)
    assert [c.type for c in found.conditions] == [
        ConditionType.READY,
        ConditionType.CONNECTION_READY,
        ConditionType.MARKET_PERMITTED,
        ConditionType.RUNNING,
    ]
    assert {c.status for c in found.conditions} == {"True"}


SAID = {
    "disabled": ({"enabled": False}, {}, StrategyState.DISABLED, Reason.DISABLED),
    "suspended": ({"suspend": a_suspension()}, {}, StrategyState.SUSPENDED, Reason.SUSPENDED),
    "halted": (
        {},
        {"halt": Halt(reason="audit", by="bob")},
        StrategyState.HALTED,
        Reason.HALTED,
    ),
}


@pytest.mark.parametrize(("fields", "whole", "state", "reason"), SAID.values(), ids=SAID)
def test_what_people_say_has_words_of_its_own(fields, whole, state, reason):
    spec = a_spec(strategies=[a_strategy(**fields)], **whole)
    assert word(GOOD, before=ON, spec=spec) == (state, reason)
    assert strategy(GOOD, spec=spec).desired == fields.get("enabled", True)


def test_a_violation_blocks_and_the_engine_rests():
    found = strategy(WITHDRAW, before=ON)
    assert (found.status, found.running) == (StrategyState.BLOCKED, "paused")
    running = condition(found, ConditionType.RUNNING)
    assert (running.status, running.reason) == ("False", Reason.WITHDRAW_ENABLED)


def test_what_runs_on_while_its_connection_is_unknown_is_holding():
    assert word(GOOD, OUTAGE, before=ON) == (StrategyState.HOLDING, Reason.TIMEOUT)
    assert strategy(GOOD, OUTAGE, before=ON).conditions[0].status == "Unknown"
    expired = {"before": a_cycle(GOOD, OUTAGE, before=ON), "now": NOW + 5 * MINUTE}
    assert word(GOOD, OUTAGE, **expired) == (StrategyState.BLOCKED, Reason.GRACE_EXPIRED)


def test_what_never_ran_is_pending_and_then_blocked():
    assert word() == (StrategyState.PENDING, Reason.NOT_PROBED)
    assert word(OUTAGE) == (StrategyState.BLOCKED, Reason.TIMEOUT)


def test_what_is_off_waits_for_the_first_probe_of_a_new_key():
    off = a_cycle(WITHDRAW, before=ON)
    changed = a_spec([a_connection(fingerprint="another")])
    assert word(before=off, spec=changed) == (StrategyState.PENDING, Reason.NOT_PROBED)


def test_an_engine_that_does_not_obey_is_an_error():
    refuses = Running("stopped", Reason.ENGINE_REFUSED, "It was told to run, but is not running.")
    found = strategy(GOOD, running={STRATEGY: refuses})
    assert (found.status, found.running) == (StrategyState.ERROR, "stopped")
    running = condition(found, ConditionType.RUNNING)
    assert (running.status, running.reason) == ("False", Reason.ENGINE_REFUSED)


@pytest.mark.parametrize(
    ("running", "reason", "message"),
    [
        (Running("unknown"), Reason.RUNTIME_UNAVAILABLE, "The runtime did not report it."),
        (MISMATCH, MISMATCH.reason, MISMATCH.message),
        (Running("unknown", told="run"), Reason.NOT_CONFIRMED, "Told to run; not confirmed."),
        (Running("unknown", absent=True), Reason.NOT_CONFIRMED, "Never told anything."),
    ],
)
def test_what_an_engine_does_may_be_unknown(running, reason, message):
    found = condition(strategy(GOOD, running={STRATEGY: running}), ConditionType.RUNNING)
    assert (found.status, found.reason, found.message) == ("Unknown", reason, message)


SILENT = {STRATEGY: Running("unknown")}


def error(reason):
    wrong = {STRATEGY: Running("unknown", reason, "It does not answer.")}
    return a_cycle(GOOD, running=wrong)


@pytest.mark.parametrize(
    ("before", "state", "reason"),
    [
        (None, StrategyState.PENDING, Reason.NOT_CONFIRMED),
        (a_cycle(WITHDRAW, before=ON), StrategyState.PENDING, Reason.NOT_CONFIRMED),
        (ON, StrategyState.ENABLED, Reason.CONNECTED),
        (error(Reason.RUNTIME_UNAVAILABLE), StrategyState.ERROR, Reason.RUNTIME_UNAVAILABLE),
        (error(Reason.ENGINE_REFUSED), StrategyState.ERROR, Reason.ENGINE_REFUSED),
        (error(Reason.STILL_RUNNING), StrategyState.PENDING, Reason.NOT_CONFIRMED),
    ],
)
def test_while_its_runtime_says_nothing_it_is_not_called_better_than_it_was(before, state, reason):
    fields = {} if before is None else {"before": before}
    found = strategy(GOOD, running=SILENT, **fields)
    assert (found.status, found.conditions[0].reason) == (state, reason)
    running = condition(found, ConditionType.RUNNING)
    assert (running.status, running.reason) == ("Unknown", Reason.RUNTIME_UNAVAILABLE)
    assert strategy(GOOD, before=a_cycle(GOOD, running=SILENT, **fields)).status.value == "Enabled"


def test_what_an_engine_confirmed_is_kept_until_another_order_is_given():
    ran = Running("running", confirmed=Confirmed(on=True, life="1"))
    before = a_cycle(GOOD, running={STRATEGY: ran})
    assert before.confirmed == {STRATEGY: ran.confirmed}
    silent = {"running": {STRATEGY: Running("unknown")}}
    down = Running("unknown", Reason.RUNTIME_UNAVAILABLE, "Down.")
    assert strategy(GOOD, before=before, running={STRATEGY: down}).confirmed is None
    assert strategy(GOOD, before=before, **silent).confirmed == ran.confirmed
    assert strategy(WITHDRAW, before=before, **silent).confirmed is None
    assert strategy(GOOD, **silent).confirmed is None


def test_what_it_was_told_is_shown_beside_what_it_does():
    told = Running("unknown", told="run")
    found = strategy(GOOD, running={STRATEGY: told})
    assert (found.status, found.told, found.running) == (StrategyState.ENABLED, "run", "unknown")
    before = a_cycle(GOOD, running={STRATEGY: told})
    silent = Running("unknown", Reason.RUNTIME_UNAVAILABLE, "It does not answer.")
    assert strategy(GOOD, before=before, running={STRATEGY: silent}).told == "run"
    assert strategy(GOOD, running={STRATEGY: silent}).told is None


@pytest.mark.parametrize(("told", "ever_on"), [("run", True), ("pause", False)])
def test_what_the_runtime_was_told_says_whether_it_was_ever_on(told, ever_on):
    found = strategy(running={STRATEGY: Running("unknown", told=told)})
    assert found.memory.ever_on is ever_on


def test_what_was_told_to_run_and_is_not_confirmed_holds_on():
    told = {STRATEGY: Running("unknown", told="run")}
    assert word(GOOD, OUTAGE, before=ON, running=told) == (StrategyState.HOLDING, Reason.TIMEOUT)


@pytest.mark.parametrize(
    ("running", "on", "off"),
    [
        (Running("running"), True, False),
        (Running("paused"), False, True),
        (Running("stopped"), False, True),
        (Running("unknown"), False, False),
        (Running("unknown", told="run"), True, False),
        (Running("unknown", told="close"), False, True),
        (Running("unknown", absent=True), False, True),
        (Running("running", told="pause"), True, False),
        (Running("paused", told="run"), False, True),
    ],
)
def test_what_an_engine_says_goes_before_what_it_was_told(running, on, off):
    assert (running.on, running.off) == (on, off)


def test_a_strategy_that_left_is_shown_until_its_engine_rests():
    empty = a_spec(strategies=[])
    busy = Running("running", Reason.STILL_RUNNING, "It still runs.")
    found = strategy(GOOD, before=ON, spec=empty, running={STRATEGY: busy})
    assert (found.status, found.desired, found.origin) == (StrategyState.ERROR, False, "none")
    silent = {STRATEGY: Running("unknown")}
    assert word(GOOD, before=ON, spec=empty, running=silent) == (
        StrategyState.DISABLED,
        Reason.REMOVED,
    )
    assert a_cycle(GOOD, before=ON, spec=empty).strategies == {}


def test_what_vanished_with_too_many_runs_on_and_stays_wanted():
    spec = a_spec(strategies=[a_strategy(f"bot-{n}") for n in range(20)])
    before = a_cycle(GOOD, spec=spec)
    after = a_cycle(GOOD, before=before, spec=a_spec(strategies=[]))
    assert {(s.status, s.conditions[0].reason, s.origin) for s in after.strategies.values()} == {
        (StrategyState.HOLDING, Reason.MASS_REMOVAL_HELD, "held")
    }
    assert {(s.desired, s.running) for s in after.strategies.values()} == {(True, "running")}


def test_a_wrong_entry_that_was_never_known_is_shown_and_nothing_is_done():
    spec = a_spec(strategies=[], broken_strategies={STRATEGY: CONNECTION})
    before = a_cycle(GOOD, spec=spec)
    found = strategy(GOOD, spec=spec, before=before, now=LATER)
    assert (found.status, found.running, found.memory) == (StrategyState.BLOCKED, "unknown", None)
    assert found.conditions[0].since == NOW
    assert found.conditions[0].reason is Reason.ENTRY_INVALID


def test_a_wrong_entry_that_runs_is_left_running():
    spec = a_spec(strategies=[], broken_strategies={STRATEGY: CONNECTION})
    assert word(GOOD, spec=spec, before=ON) == (StrategyState.HOLDING, Reason.ENTRY_INVALID)


# the whole


def test_the_halt_in_force_is_the_files_or_a_persons():
    person = Halted("flood", "ada", NOW)
    assert a_cycle(GOOD).halt is None
    assert a_cycle(GOOD, before=replace(ON, halted=person)).halt == person
    file = a_spec(halt=Halt(reason="audit", by="bob"))
    both = a_cycle(GOOD, before=replace(ON, halted=person), spec=file)
    assert (both.halt, both.halted) == (Halted("audit", "bob"), person)
    assert a_cycle(GOOD, before=both).halt == person


def test_what_left_the_file_leaves_nothing_behind():
    after = a_cycle(before=ON, spec=a_spec([], []))
    assert (after.connections, after.strategies) == ({}, {})


def test_a_status_names_the_revision_it_shows():
    after = a_cycle(GOOD, spec=a_spec(generation=3, revision="r3", digest="sha256:3"))
    assert (after.generation, after.revision, after.digest) == (3, "r3", "sha256:3")


def test_what_is_remembered_of_strategies_stands_in_the_status():
    assert ON.memories[STRATEGY] == StrategyMemory(
        on=True,
        action="pause",
        runtime=LOCAL,
        reason=Reason.CONNECTED,
        connection=CONNECTION,
    )


# a restart


def one_of_each():
    paused = a_connection("paused", suspend=a_suspension())
    connections = [*map(a_connection, [*ALL, "new"]), paused]
    strategies = [a_strategy(f"on-{c.name}", connection=c.name) for c in connections]
    strategies.append(a_strategy("manual", connection="broken", resume="manual"))
    return a_spec(connections, strategies)


ALL = {
    "good": [GOOD],
    "warned": [an_observation(key=a_key(grant=[Scope.EARN]))],
    "broken": [GOOD, WITHDRAW],
    "down": [GOOD, OUTAGE],
    "slip": [GOOD, INVALID],
    "held": [WITHDRAW, GOOD],
}


def test_a_restart_changes_nothing():
    spec = one_of_each()
    before = a_cycle(seen={name: a_seen(GOOD) for name in ALL}, spec=spec)
    seen = {name: a_seen(*observations) for name, observations in ALL.items()}
    before = a_cycle(seen=seen, spec=spec, before=before, now=NOW + SECOND)
    restored = {name: replace(memory, restored=True) for name, memory in seen.items()}
    after = a_cycle(seen=restored, spec=spec, before=before, now=LATER)
    assert list(transitions(before, after, LATER)) == []
    assert after == before


def test_a_lost_journal_shows_what_runs_and_orders_nothing():
    assert word(running={STRATEGY: Running("running")}) == (
        StrategyState.HOLDING,
        Reason.NOT_PROBED,
    )
    assert strategy().memory.on is None


def test_what_was_seen_good_before_a_crash_waits_for_its_first_probe():
    restored = {CONNECTION: a_seen(GOOD, restored=True)}
    assert word(seen=restored) == (StrategyState.PENDING, Reason.NOT_PROBED)
    stopped = {STRATEGY: Running("stopped")}
    found = condition(strategy(seen=restored, running=stopped), ConditionType.RUNNING)
    assert (found.status, found.reason) == ("False", Reason.NOT_PROBED)
    runs = {STRATEGY: Running("running")}
    assert word(seen=restored, running=runs) == (StrategyState.ENABLED, Reason.CONNECTED)


def test_a_key_that_expires_soon_is_told_with_its_date():
    soon = NOW + DAY
    found = connection(an_observation(key=a_key(expires_at=soon)))
    assert (found.key.expires_at, found.status) == (soon, ConnectionState.DEGRADED)


def test_a_balance_that_could_not_be_read_is_no_success():
    found = connection(an_observation(balance=a_failure()))
    assert (found.last_probe, found.last_success) == (NOW, None)


def test_nothing_is_remembered_of_a_strategy_that_was_never_told_anything():
    wrong = a_spec(strategies=[], broken_strategies={STRATEGY: CONNECTION})
    memories = a_cycle(GOOD, spec=wrong).memories
    assert STRATEGY not in memories
    assert (list(memories), len(memories)) == ([], 0)


# what no file declares, and what is wrong in it


def test_of_what_is_not_tested_nothing_is_known():
    before = a_cycle(GOOD).connections
    (found,) = unwatched(before, LATER).values()
    assert found == replace(
        before[CONNECTION],
        status=ConnectionState.PENDING,
        conditions=found.conditions,
        next_probe=None,
    )
    assert before[CONNECTION].next_probe is not None
    for was, now in zip(before[CONNECTION].conditions, found.conditions, strict=True):
        ready = was.type is ConditionType.READY
        told = "No file is in force, so it is not tested." if ready else ""
        unknown = {"status": "Unknown", "reason": Reason.NOT_PROBED, "message": told}
        assert now == replace(was, **unknown, since=LATER)


def test_what_was_not_known_before_is_not_known_since_then():
    once = unwatched(a_cycle(GOOD).connections, LATER)
    again = unwatched(once, LATER + MINUTE)
    assert again == once


def test_a_wrong_entry_that_never_was_right_is_shown_with_what_can_be_read_of_it():
    spec = a_spec([], [])
    spec = replace(spec, broken_connections={"odd": "kucoin"})
    found = a_cycle(spec=spec).connections["odd"]
    (ready,) = found.conditions
    assert (ready.type, ready.status) == (ConditionType.READY, "False")
    assert (ready.reason, ready.since) == (Reason.ENTRY_INVALID, NOW)
    assert ready.message == "Its entry in the file is invalid."
    assert ready.observed_generation == spec.generation
    told = (found.name, found.exchange, found.status, found.origin, found.key)
    assert told == ("odd", "kucoin", ConnectionState.INVALID, "none", Key())
    again = a_cycle(spec=spec, before=a_cycle(spec=spec), now=LATER).connections["odd"]
    assert again == found


def test_what_is_wrong_and_was_never_known_is_shown_with_nothing_but_that():
    spec = a_spec([], [], broken_connections={"bad": "kucoin"}, broken_strategies={"worse": "bad"})
    status = a_cycle(spec=spec)
    said = "Its entry in the file is invalid."
    finding = Finding(ConditionType.READY, "False", Reason.ENTRY_INVALID, said)
    shown = conditions((), [finding], 1, NOW)
    assert status.connections == {
        "bad": ConnectionStatus(
            name="bad",
            exchange="kucoin",
            account="",
            environment="",
            status=ConnectionState.INVALID,
            api_key="",
            conditions=shown,
            key=Key(),
            origin="none",
        )
    }
    assert status.strategies == {
        "worse": StrategyStatus(
            name="worse",
            connection="bad",
            runtime="",
            status=StrategyState.BLOCKED,
            desired=False,
            running="unknown",
            conditions=shown,
            memory=None,
            origin="none",
        )
    }
    later = a_cycle(spec=replace(spec, generation=2), before=status, now=LATER)
    for before, after in (
        (status.connections["bad"], later.connections["bad"]),
        (status.strategies["worse"], later.strategies["worse"]),
    ):
        assert after is before
