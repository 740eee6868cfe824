"""One failure is one message, and its end exactly one; flapping ends in silence."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bf_reconciler.notify import backlog
from bf_reconciler.notify.backlog import Backlog, Mailbox
from bf_reconciler.notify.digest import Timing, step
from bf_reconciler.notify.values import Change, Memory, Notice, Sight, Trouble
from build import MINUTE, NOW, SECOND

TIMING = Timing(gather=MINUTE, settle=2 * MINUTE)
HOUR = timedelta(hours=1)


def a_trouble(name="main", state="Blocked", reason="WithdrawEnabled", **changes):
    fields = {
        "subject": "connection",
        "severity": "critical" if state in {"Blocked", "Error"} else "warning",
        "since": NOW,
        "exchange": "binance",
        "environment": "live",
        "detail": f"It says {reason}.",
    }
    return Trouble(name=name, state=state, reason=reason, **(fields | changes))


def an_outage(name="main", reason="Timeout", cause="outage/binance", **changes):
    return a_trouble(name, "Unreachable", reason, cause=cause, passing=True, **changes)


def a_change(name="main", what="right_granted", after="withdraw", at=NOW, **changes):
    fields = {"exchange": "binance", "environment": "live"}
    return Change(at=at, name=name, what=what, after=after, **(fields | changes))


def a_sight(*troubles, unknown=(), state="Online", notices=()):
    states = {f"connection/{n}": state for n in ("main", "other", *(f"c{i}" for i in range(40)))}
    return Sight({t.key: t for t in troubles}, frozenset(unknown), states, tuple(notices))


class Receiver:
    """One receiver; looked for at every change and at every moment that it asks for."""

    def __init__(self, timing=TIMING):
        self.memory, self.timing, self.now = Memory(), timing, NOW
        self.sight, self.until, self.messages = a_sight(), None, []

    def sees(self, *troubles, news=(), **changes):
        self.sight = a_sight(*troubles, **changes)
        self._look(news)
        return self

    def after(self, length):
        """Time passes."""
        end = self.now + length
        while self.until is not None and self.until <= end:
            assert self.until > self.now
            self.now = self.until
            self._look()
        self.now = end
        return self

    def restart(self):
        """What it holds is written and read again."""
        (box, _) = Mailbox().with_messages(self.memory, ())
        data = backlog.written(Backlog(mailboxes={"desk": box}))
        self.memory = backlog.read(data).mailboxes["desk"].memory
        return self

    def _look(self, news=()):
        done = step(self.memory, self.sight, news, self.now, self.timing)
        self.memory, self.until = done.memory, done.until
        self.messages += done.messages

    @property
    def told(self):
        return [(m.event, m.state, m.previous) for m in self.messages]


def test_a_failure_is_one_message_and_its_end_is_one():
    receiver = Receiver().sees(a_trouble()).after(HOUR).sees().after(HOUR)
    assert receiver.told == [("failure", "Blocked", ""), ("recovery", "Online", "Blocked")]
    failure, recovery = receiver.messages
    assert failure.at == NOW + 5 * SECOND
    assert (failure.name, failure.connections, failure.since) == ("main", ("main",), NOW)
    assert recovery.lasted == 3600
    assert (recovery.name, recovery.reason, recovery.since) == ("main", "WithdrawEnabled", NOW)
    assert receiver.memory.failures == {}


def test_what_passes_by_itself_must_last():
    receiver = Receiver().sees(an_outage()).after(50 * SECOND).sees().after(HOUR)
    assert receiver.told == []
    assert receiver.memory.failures == {}


def test_what_a_person_must_mend_is_told_though_it_is_over():
    receiver = Receiver().sees(a_trouble()).after(SECOND).sees().after(HOUR)
    assert [event for event, _, _ in receiver.told] == ["failure", "recovery"]


def test_one_exchange_down_with_forty_keys_is_one_message_whoever_fails_later():
    down = [an_outage(f"c{i}", reason=("Timeout", "Maintenance")[i % 2]) for i in range(40)]
    receiver = Receiver()
    for count in range(1, 41):  # probes of a minute
        receiver.sees(*down[:count]).after(2 * SECOND)
    receiver.after(HOUR)
    assert receiver.told == [("failure", "Unreachable", "")]
    assert (receiver.messages[0].kind, receiver.messages[0].name) == ("outage", "binance")
    for count in range(39, -1, -1):
        receiver.sees(*down[:count]).after(SECOND)
    receiver.after(HOUR)
    assert receiver.told[1:] == [("recovery", "Online", "Unreachable")]
    assert receiver.messages[1].count == 40
    assert len(receiver.messages[1].connections) == 20


def test_who_fails_on_after_an_outage_has_a_cause_of_its_own():
    down = [an_outage(f"c{i}") for i in range(4)]
    receiver = Receiver().sees(*down).after(HOUR).sees(down[0]).after(HOUR)
    assert receiver.told == [("failure", "Unreachable", ""), ("recovery", "Online", "Unreachable")]
    assert (receiver.messages[1].count, receiver.messages[1].left) == (3, ("c0",))
    receiver.sees().after(HOUR)
    assert receiver.told[2:] == [("recovery", "Online", "Unreachable")]
    assert receiver.messages[2].connections == ("c0",)


def test_an_outage_with_few_recovered_goes_on():
    down = [an_outage(f"c{i}") for i in range(4)]
    receiver = Receiver().sees(*down).after(HOUR).sees(*down[:3]).after(HOUR)
    assert receiver.told == [("failure", "Unreachable", "")]


def test_a_common_cause_found_later_takes_what_was_not_told():
    alone = a_trouble(reason="IPNotAllowed", state="Unreachable", severity="warning")
    receiver = Receiver().sees(alone).after(2 * SECOND)
    common = [replace(alone, name=n, cause="egress/direct") for n in ("main", "other")]
    receiver.sees(*common).after(HOUR)
    assert [(m.event, m.kind, m.name) for m in receiver.messages] == [
        ("failure", "egress", "direct")
    ]


def test_a_common_cause_found_after_it_was_told_is_not_told_again():
    down = [an_outage("main"), an_outage("other")]
    receiver = Receiver().sees(*down).after(HOUR)
    receiver.sees(*(replace(t, cause="egress/direct") for t in down)).after(HOUR).sees().after(HOUR)
    assert [event for event, _, _ in receiver.told] == ["failure", "recovery"]


def test_failures_alike_at_the_same_time_are_one_message_with_ends_of_their_own():
    receiver = Receiver().sees(a_trouble("main"), a_trouble("other")).after(HOUR)
    assert len(receiver.messages) == 1
    assert (receiver.messages[0].name, receiver.messages[0].count) == ("", 2)
    receiver.sees(a_trouble("other")).after(HOUR).sees().after(HOUR)
    assert [m.connections for m in receiver.messages[1:]] == [("main",), ("other",)]


def test_a_worse_state_and_another_reason_are_told_with_what_was_before():
    receiver = Receiver().sees(a_trouble(state="Degraded", reason="KeyExpiring")).after(HOUR)
    receiver.sees(a_trouble(since=receiver.now)).after(HOUR)
    receiver.sees(a_trouble(reason="IPNotRestricted", since=receiver.now)).after(HOUR)
    receiver.sees(a_trouble(state="Degraded", reason="KeyExpiring")).after(HOUR)
    receiver.sees().after(HOUR)
    assert receiver.told == [
        ("failure", "Degraded", ""),
        ("failure", "Blocked", "Degraded"),
        ("failure", "Blocked", "Blocked"),
        ("recovery", "Degraded", "Blocked"),
        ("recovery", "Online", "Degraded"),
    ]
    assert receiver.messages[1].lasted == 3600


def test_a_moment_of_something_worse_is_not_told():
    warned = a_trouble(state="Degraded", reason="KeyExpiring")
    receiver = Receiver().sees(warned).after(HOUR).sees(a_trouble()).after(SECOND)
    assert receiver.sees(warned).after(HOUR).told == [("failure", "Degraded", "")]


def test_an_outage_says_nothing_of_what_a_person_must_mend():
    receiver = Receiver().sees(a_trouble()).after(HOUR).sees(an_outage()).after(HOUR)
    receiver.sees(a_trouble()).after(HOUR)
    assert receiver.told == [("failure", "Blocked", "")]


def test_a_key_refused_after_an_outage_is_a_failure_of_its_own():
    down = [an_outage("main"), an_outage("other")]
    receiver = Receiver().sees(*down).after(HOUR)
    receiver.sees(a_trouble(since=receiver.now), down[1]).after(HOUR).sees().after(HOUR)
    assert receiver.told == [
        ("failure", "Unreachable", ""),
        ("failure", "Blocked", "Unreachable"),
        ("recovery", "Online", "Unreachable"),
        ("recovery", "Online", "Blocked"),
    ]


def test_a_cause_whose_only_member_went_on_to_another_has_no_end_of_its_own():
    receiver = Receiver().sees(an_outage()).after(HOUR).sees(a_trouble()).after(HOUR)
    assert receiver.told == [("failure", "Unreachable", ""), ("failure", "Blocked", "Unreachable")]
    assert receiver.sees().after(HOUR).told[2:] == [("recovery", "Online", "Blocked")]


def test_who_is_not_known_neither_fails_nor_recovers():
    receiver = Receiver().sees(an_outage()).after(SECOND)
    receiver.sees(unknown={"connection/main"}).after(HOUR)
    assert receiver.told == []
    receiver.sees(an_outage()).after(HOUR)
    assert receiver.told == [("failure", "Unreachable", "")]
    receiver.sees(unknown={"connection/main"}).after(HOUR)
    assert len(receiver.told) == 1
    receiver.sees().after(SECOND).sees(unknown={"connection/main"}).after(HOUR)
    assert len(receiver.told) == 1
    receiver.sees().after(HOUR)
    assert receiver.told[1:] == [("recovery", "Online", "Unreachable")]


def test_who_left_or_is_suspended_has_ended_and_it_is_said_how():
    receiver = Receiver().sees(a_trouble()).after(HOUR).sees(state="Suspended").after(HOUR)
    assert receiver.told[1] == ("recovery", "Suspended", "Blocked")


def test_what_a_person_did_is_told_at_once_and_so_is_its_end():
    halt = a_trouble("", "Halted", "Halted", subject="halt", severity="warning", by="ada")
    receiver = Receiver().sees(halt)
    assert receiver.told == [("failure", "Halted", "")]
    receiver.now += HOUR
    receiver.sees()
    assert receiver.told[1:] == [("recovery", "", "Halted")]
    assert receiver.messages[1].lasted == 3600


def test_our_clock_set_back_makes_nobody_wait():
    receiver = Receiver().sees(an_outage()).after(SECOND)
    receiver.now -= 5 * HOUR
    receiver.sees(an_outage()).after(2 * MINUTE)
    assert receiver.told == [("failure", "Unreachable", "")]


def test_a_change_of_a_key_is_one_message_and_many_are_few():
    receiver = Receiver().sees(news=[a_change(), a_change(what="address_added", after="::1")])
    receiver.after(MINUTE)
    (message,) = receiver.messages
    assert (message.event, message.kind, message.severity) == ("change", "key", "critical")
    assert [change.what for change in message.changes] == ["right_granted", "address_added"]
    for _ in range(600):  # the exchange's answers differ from one minute to the next
        receiver.sees(news=[a_change(at=receiver.now)]).after(MINUTE)
    receiver.after(HOUR)
    assert len(receiver.messages) < 20
    assert len(receiver.messages[-1].changes) <= 60
    assert receiver.memory.changes == {}


def test_the_same_change_of_many_keys_is_one_message():
    news = [a_change(f"c{i}", what="bound", after="bound") for i in range(40)]
    receiver = Receiver().sees(news=news).after(MINUTE)
    assert [(m.name, m.count, m.severity) for m in receiver.messages] == [("", 40, "info")]


LEVELS = st.sampled_from(
    [
        None,
        None,
        a_trouble(state="Degraded", reason="KeyExpiring"),
        a_trouble(),
        a_trouble(reason="InvalidKey"),
        an_outage(),
        an_outage(reason="Maintenance"),
        a_trouble(reason="IPNotAllowed", state="Unreachable", severity="warning", cause="egress/x"),
    ]
)
NAMES = ("main", "other", "c1")
HISTORIES = st.lists(
    st.tuples(
        st.sampled_from(NAMES), LEVELS, st.integers(1, 900), st.sampled_from(["", "", "?", "!"])
    ),
    max_size=40,
)


def played(history, receiver, *, restarts):
    """Each line: whose state it is from now on, for how long, and whether it is unknown then."""
    now = dict.fromkeys(NAMES)
    for name, level, seconds, mark in history:
        now[name] = replace(level, name=name, since=receiver.now) if level else None
        unknown = {f"connection/{name}"} if mark == "?" else ()
        wrong = [t for n, t in now.items() if t and not (unknown and n == name)]
        receiver.sees(*wrong, unknown=unknown).after(seconds * SECOND)
        if restarts and mark == "!":
            receiver.restart()
    return now


@given(HISTORIES)
@settings(max_examples=100)
def test_whatever_happens_each_failure_ends_once_and_all_is_quiet_in_the_end(history):
    receiver = Receiver()
    played(history, receiver, restarts=True)
    receiver.sees().after(5 * HOUR)
    assert receiver.memory.failures == {}
    assert receiver.until is None
    assert all(message.connections for message in receiver.messages)
    assert all(m.previous for m in receiver.messages if m.event == "recovery")
    assert len({m.id for m in receiver.messages}) == len(receiver.messages)


@given(HISTORIES)
def test_a_restart_repeats_nothing_and_loses_nothing(history):
    through, again = Receiver(), Receiver()
    played(history, through, restarts=False)
    played(history, again, restarts=True)
    assert [(m.id, m.event) for m in through.messages] == [(m.id, m.event) for m in again.messages]


@given(
    st.lists(st.tuples(LEVELS, st.integers(20, 600)), min_size=1, max_size=6),
    st.integers(2, 6),
)
@settings(max_examples=40)
def test_flapping_is_no_storm(pattern, times):
    """However one connection comes and goes, a day of it is a few messages."""
    receiver = Receiver()
    begun = receiver.now
    while receiver.now - begun < times * HOUR:
        for level, seconds in pattern:
            wrong = [replace(level, since=receiver.now)] if level else []
            receiver.sees(*wrong).after(seconds * SECOND)
    hours = times + 1
    assert len(receiver.messages) <= 16 + 5 * hours
    assert len([m for m in receiver.messages if m.at > receiver.now - HOUR]) <= 8


@given(LEVELS.filter(bool))
def test_what_lasts_is_told_and_what_is_told_is_what_is(level):
    receiver = Receiver().sees(level).after(HOUR)
    (message,) = receiver.messages
    assert (message.state, message.reason) == (level.state, level.reason)


UPGRADE = Notice("binance", "live", "Upgrade", NOW + HOUR, NOW + 2 * HOUR)


def test_a_maintenance_is_told_once_over_a_restart():
    receiver = Receiver()
    for under_way in (False, False, True):
        receiver.sees(notices=[replace(UPGRADE, under_way=under_way)]).after(HOUR).restart()
    (message,) = receiver.messages
    assert (message.event, message.kind, message.name) == ("announcement", "maintenance", "binance")
    assert (message.state, message.since, message.until) == (
        "announced",
        UPGRADE.begins,
        UPGRADE.ends,
    )


def test_what_is_known_of_a_maintenance_is_forgotten_long_after():
    receiver = Receiver().sees(notices=[UPGRADE])
    assert [*receiver.memory.announced] == [UPGRADE.key]
    receiver.after(timedelta(days=3)).sees()
    assert receiver.memory.announced == {}


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=20))
def test_each_maintenance_is_one_message_however_often_it_is_seen(history):
    receiver, seen_ = Receiver(), set()
    for hour, restarts in history:
        notice = replace(UPGRADE, begins=NOW + hour * HOUR)
        seen_.add(notice.key)
        receiver.sees(notices=[notice]).after(MINUTE)
        if restarts:
            receiver.restart()
    assert len(receiver.messages) == len(seen_)
    assert len({message.id for message in receiver.messages}) == len(seen_)


def test_a_failure_that_goes_on_through_a_maintenance_is_neither_over_nor_told_again():
    receiver = Receiver().sees(an_outage()).after(HOUR)
    receiver.sees(unknown=["connection/main"]).after(HOUR).sees(an_outage()).after(HOUR)
    assert [event for event, _, _ in receiver.told] == ["failure"]


def test_what_overran_is_told_with_the_end_that_was_announced():
    receiver = Receiver().sees(unknown=["connection/main"]).after(HOUR)
    assert receiver.messages == []
    receiver.sees(an_outage(overran=NOW)).after(HOUR)
    (message,) = receiver.messages
    assert message.until == NOW
