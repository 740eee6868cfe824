"""What of a Status is worth a message, who is told of it, and in which words."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from dataclasses import replace
from datetime import timedelta

import pytest

from bf_reconciler.facts import CONFIG_ADVICE, ConfigReason, Reason
from bf_reconciler.notify.payload import document, encoded
from bf_reconciler.notify.routes import Match, changes_for, seen_by
from bf_reconciler.notify.troubles import changes, sight
from bf_reconciler.notify.values import Change, Message
from bf_reconciler.notify.words import duration, text_of
from bf_reconciler.policy import Incident
from bf_reconciler.status import (
    KEY_WORDS,
    STATE_WORDS,
    StrategyState,
    Transition,
    follows,
)
from bf_reconciler.verdict import ConnectionState, Halted
from edges.fakes import (
    NOW,
    a_connection,
    a_maintenance,
    a_memory,
    a_refused_config,
    a_status,
    a_strategy,
)

BEGAN = NOW - timedelta(minutes=1)
KEY = "connection/kucoin-main-grid"


def seen(connections=None, strategies=None, **changes):
    return sight(a_status(connections, strategies or [], **changes), BEGAN)


def a_blocked(name="kucoin-main-grid", reason=Reason.WITHDRAW_ENABLED, **changes):
    return a_connection(name, ConnectionState.BLOCKED, reason, **changes)


def an_unreachable(name="kucoin-main-grid", reason=Reason.TIMEOUT, **changes):
    return a_connection(name, ConnectionState.UNREACHABLE, reason, **changes)


@pytest.mark.parametrize("state", ConnectionState)
def test_of_connections_what_is_bad_is_told_and_what_waits_is_not_known(state):
    found = seen([a_connection(state=state, reason=Reason.INVALID_KEY)])
    severity = {
        "Blocked": "critical",
        "Invalid": "critical",
        "Unreachable": "warning",
        "Degraded": "warning",
    }.get(state)
    assert [t.severity for t in found.troubles.values()] == ([severity] if severity else [])
    assert (KEY in found.unknown) == (state == "Pending")
    assert found.states[KEY] == state


def test_what_an_earlier_life_saw_is_neither_news_nor_an_end():
    for known in (a_blocked(last_probe=BEGAN - timedelta(1)), a_blocked(last_probe=None)):
        found = seen([known])
        assert (dict(found.troubles), found.unknown) == ({}, {KEY})
    suspended = a_connection(state=ConnectionState.SUSPENDED, last_probe=None)
    assert seen([suspended]).unknown == frozenset()


def test_what_passes_by_itself_is_of_its_exchange_and_an_incident_goes_before():
    live = an_unreachable()
    test = an_unreachable("t", environment="testnet")
    found = seen([live, test]).troubles.values()
    assert [(t.cause, t.passing) for t in found] == [
        ("outage/kucoin", True),
        ("outage/kucoin testnet", True),
    ]
    both = (
        Incident("outage", "kucoin", Reason.TIMEOUT, (live.name,), NOW),
        Incident("egress", "direct", Reason.TIMEOUT, (live.name,), NOW),
    )
    found = seen([live, test], incidents=both).troubles.values()
    assert [t.cause for t in found] == ["egress/direct", "outage/kucoin testnet"]
    assert [t.cause for t in seen([a_blocked()]).troubles.values()] == [""]


def test_a_strategy_that_follows_its_connection_is_named_with_it_and_no_failure_of_its_own():
    off = a_strategy(state=StrategyState.BLOCKED, reason=Reason.WITHDRAW_ENABLED)
    idle = a_strategy("idle", StrategyState.DISABLED, desired=False)
    found = seen([a_blocked()], [off, idle])
    assert [t.strategies for t in found.troubles.values()] == [("btc-grid",)]
    assert found.unknown == {"strategy/btc-grid"}


def test_a_strategy_that_runs_on_though_its_connection_is_blocked_is_a_failure():
    runs = a_strategy(state=StrategyState.ERROR, reason=Reason.STILL_RUNNING)
    assert "strategy/btc-grid" in seen([a_blocked()], [runs]).troubles


def test_strategies_of_a_runtime_that_is_down_have_a_cause_in_common():
    down = a_strategy(state=StrategyState.ERROR, reason=Reason.RUNTIME_UNAVAILABLE)
    other = a_strategy("other", StrategyState.ERROR, Reason.ENGINE_REFUSED, memory=a_memory())
    alone = a_strategy("alone", StrategyState.BLOCKED, Reason.ENTRY_INVALID, connection="gone")
    waits = a_strategy("waits", StrategyState.PENDING, Reason.NOT_PROBED)
    labelled = replace(other, name="own", declared={"labels": {"team": "own"}})
    found = seen(None, [down, other, alone, waits, labelled])
    assert {t.name: (t.cause, t.exchange) for t in found.troubles.values()} == {
        "btc-grid": ("runtime/local", "kucoin"),
        "other": ("", "kucoin"),
        "alone": ("", ""),
        "own": ("", "kucoin"),
    }
    assert found.troubles["strategy/own"].labels["team"] == "own"
    assert found.troubles["strategy/other"].labels["team"] == "grid"
    assert found.unknown == {"strategy/waits"}


def test_strategies_of_a_connection_that_is_not_known_are_not_known():
    off = a_strategy(state=StrategyState.BLOCKED, reason=Reason.INVALID_KEY)
    assert seen([a_connection(last_probe=None)], [off]).unknown == {KEY, "strategy/btc-grid"}


def test_a_rejected_file_and_a_halt_are_told():
    found = seen(config=a_refused_config(), halted=Halted("drill", "ada", NOW))
    told = [(t.subject, t.severity, t.by, t.since) for t in found.troubles.values()]
    assert told == [("config", "warning", "", None), ("halt", "warning", "ada", NOW)]
    plain = a_refused_config(reason=ConfigReason.PLAINTEXT_SECRET)
    assert seen(config=plain).troubles["config/"].severity == "critical"
    assert seen(config=a_refused_config(reason=None)).troubles == {}
    assert seen(config=a_refused_config(), generation=0).troubles["config/"].severity == "critical"


def test_changes_of_keys_carry_whose_they_are():
    words = {"reason": Reason.KEY_CHANGED, "message": "", "generation": 1, "revision": "r"}
    events = [
        Transition(NOW, "key", "kucoin-main-grid", "", "::1", what="address_added", **words),
        Transition(NOW, "key", "gone", "bound", "", what="unbound", **words),
        Transition(NOW, "connection", "kucoin-main-grid", "", "Online", **words),
    ]
    found = list(changes(a_status(), events))
    assert [(c.exchange, c.labels, c.severity) for c in found] == [
        ("kucoin", {"team": "grid"}, "warning"),
        ("", {}, "warning"),
    ]


def test_a_route_picks_by_severity_exchange_environment_kind_and_labels():
    blocked, slow = a_blocked(), an_unreachable("slow", labels={})
    halt = Halted("drill", "ada", NOW)
    found = seen([blocked, slow], halted=halt)

    def names(*matches):
        return [t.name for t in seen_by(matches, found).troubles.values()]

    assert names(Match()) == [blocked.name, "slow", ""]
    assert names(Match(severity="critical")) == [blocked.name]
    assert names(Match(exchange="kucoin", environment="live")) == [blocked.name, "slow"]
    assert names(Match(exchange="mexc")) == names() == []
    assert names(Match(kind="halt"), Match(labels={"team": "grid"})) == [blocked.name, ""]
    hidden = seen_by([Match(severity="critical")], found).unknown
    assert hidden == {"connection/slow"}


def test_a_route_picks_changes_of_keys():
    change = Change(NOW, "main", "bound", exchange="kucoin", environment="live")
    assert changes_for([Match()], [change]) == (change,)
    assert changes_for([Match(kind="key")], [change]) == (change,)
    assert changes_for([Match(severity="warning")], [change]) == ()
    assert changes_for([Match(kind="connection"), Match(exchange="mexc")], [change]) == ()


def a_message(**changes):
    fields = {
        "id": "1",
        "at": NOW,
        "event": "failure",
        "kind": "connection",
        "name": "main",
        "severity": "critical",
        "state": "Blocked",
        "previous": "",
        "reason": "WithdrawEnabled",
        "since": NOW,
        "exchange": "binance",
        "connections": ("main",),
    }
    return Message(**fields | changes)


GOLDEN = {
    "failure": (
        a_message(strategies=("grid",), detail="The key may withdraw."),
        "Blocked: main (Withdrawal enabled)",
    ),
    "several": (
        a_message(name="", count=25, connections=("a", "b"), previous="Degraded", lasted=90061.0),
        "Blocked: binance, 25 connections (Withdrawal enabled)",
    ),
    "elsewhere": (
        a_message(name="", count=2, exchange="", previous="Degraded"),
        "Blocked: 2 connections (Withdrawal enabled)",
    ),
    "outage": (
        a_message(kind="outage", name="binance", count=40, state="Unreachable", reason="Timeout"),
        "Unreachable: binance, 40 connections (No answer in time)",
    ),
    "outage of one": (
        a_message(kind="outage", name="binance", state="Unreachable", reason="Timeout"),
        "Unreachable: binance, main (No answer in time)",
    ),
    "egress": (
        a_message(kind="egress", name="direct", count=3, reason="IPNotAllowed"),
        "Blocked: outbound network (direct) (IP not allowed)",
    ),
    "runtime": (
        a_message(
            kind="runtime",
            name="bots",
            connections=(),
            strategies=("a", "b"),
            count=2,
            state="Error",
            reason="RuntimeUnavailable",
        ),
        "Error: runtime bots, 2 strategies (Runtime unavailable)",
    ),
    "recovery": (
        a_message(event="recovery", state="Online", previous="Blocked", lasted=11_100.0),
        "Over: main (Withdrawal enabled)",
    ),
    "recovery of most": (
        a_message(event="recovery", state="", previous="Blocked", lasted=None, left=("x",)),
        "Over: main (Withdrawal enabled)",
    ),
    "config": (
        a_message(kind="config", name="", state="Rejected", reason="NotSealed", connections=()),
        "File rejected (File not sealed)",
    ),
    "config over": (
        a_message(kind="config", event="recovery", name="", reason="NotSealed", lasted=61.0),
        "File in force again",
    ),
    "halt": (
        a_message(kind="halt", name="", reason="Halted", by="ada", detail="drill", connections=()),
        "Halted by ada",
    ),
    "halt over": (
        a_message(kind="halt", event="recovery", name="", reason="Halted", lasted=5.0),
        "Resumed",
    ),
    "wordless halt": (a_message(kind="halt", name="", by="file", connections=()), "Halted by file"),
    "key": (
        a_message(
            event="change",
            kind="key",
            state="",
            reason="KeyChanged",
            changes=(
                Change(NOW, "main", "right_granted", "", "withdraw"),
                Change(NOW, "main", "bound", "", "bound"),
            ),
        ),
        "Key changed: main",
    ),
    "unknown words": (a_message(reason="Novelty", state="Strange"), "Strange: main (Novelty)"),
    "unknown reason of a file": (
        a_message(kind="config", name="", reason="Novelty"),
        "File rejected (Novelty)",
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_message_in_words(name):
    message, title = GOLDEN[name]
    text = text_of(message, "en", "https://bf.example")
    assert text.title == title
    assert text.body.endswith("https://bf.example")
    turkish = text_of(message, "tr")
    assert turkish.title
    if not name.startswith(("unknown", "wordless")):
        assert turkish.title != title
    if message.event == "recovery":
        assert text.remedy == ""
    elif not name.startswith("unknown"):
        assert text.remedy in text.body
        assert turkish.remedy in turkish.body


def test_the_body_says_who_and_for_how_long_and_who_is_left():
    text = text_of(GOLDEN["several"][0], "en").body
    assert "Connections: a, b and 23 more" in text
    assert "It was Degraded before, for 1 d 1 h." in text
    assert "It was Degraded before." in text_of(GOLDEN["elsewhere"][0], "en").body
    assert "Strategies: grid" in text_of(GOLDEN["failure"][0], "en").body
    over = text_of(GOLDEN["recovery"][0], "en").body
    assert over == "It was Blocked for 3 h 5 min.\nIt is Online now."
    assert "Still failing: x" in text_of(GOLDEN["recovery of most"][0], "en").body
    changed = text_of(GOLDEN["key"][0], "tr").body
    assert changed.splitlines()[0] == KEY_WORDS["tr"]["right_granted"].format("withdraw")
    assert text_of(GOLDEN["halt over"][0], "tr").body.startswith("Durdurma 5 sn sürdü.")
    assert "1 min 1 s" in text_of(GOLDEN["config over"][0], "en").body


def test_the_remedy_is_that_of_the_reason_in_the_language_of_the_receiver():
    for language in ("en", "tr"):
        advice = CONFIG_ADVICE[ConfigReason.NOT_SEALED][language]
        assert text_of(GOLDEN["config"][0], language).remedy == advice.remedy


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3599, "59 min 59 s"),
        (3600, "1 h"),
        (3661, "1 h 1 min"),
        (3605, "1 h"),
        (200_000, "2 d 7 h"),
    ],
)
def test_a_duration_in_its_two_largest_units(seconds, words):
    assert duration(seconds, "en") == words


def test_every_state_and_every_fact_of_a_key_has_words():
    assert {str(s) for s in (*ConnectionState, *StrategyState)} == set(STATE_WORDS)
    for what in KEY_WORDS["en"]:
        change = Change(NOW, "main", what, "old", "new")
        message = a_message(event="change", kind="key", changes=(change,))
        assert text_of(message, "tr").body != text_of(message, "en").body


def test_a_text_of_others_moves_no_cursor_and_half_a_character_is_sent():
    message = a_message(detail="\x1b[2J\ud800")
    body = text_of(message, "en").body
    assert "\x1b" not in body
    assert "\ud800" not in body
    assert b"?" in encoded({"text": "\ud800"})
    assert document(message, "en")["text"] == body


def test_a_strategy_follows_only_a_connection_that_is_not_well():
    off = a_strategy(state=StrategyState.BLOCKED, reason=Reason.CONNECTION_NOT_READY)
    assert follows(off, a_status([a_blocked()], [off]))
    assert not follows(off, a_status([a_connection()], [off]))
    assert not follows(off, a_status([], [off]))
    assert not follows(replace(off, conditions=()), a_status([a_blocked()], [off]))
    own = a_strategy(state=StrategyState.ERROR, reason=Reason.ENGINE_REFUSED)
    assert not follows(own, a_status([a_blocked()], [own]))


@pytest.mark.parametrize("reason", [Reason.MAINTENANCE, Reason.TIMEOUT, Reason.NETWORK_ERROR])
def test_during_an_announced_maintenance_its_outages_are_expected(reason):
    found = seen([an_unreachable(reason=reason)], maintenance=(a_maintenance("under_way"),))
    assert (dict(found.troubles), found.unknown) == ({}, {KEY})
    assert found.notices[0].under_way


@pytest.mark.parametrize(
    "connection",
    [a_blocked(), an_unreachable(reason=Reason.RATE_LIMITED), an_unreachable(environment="demo")],
)
def test_a_maintenance_hides_nothing_else(connection):
    found = seen([connection], maintenance=(a_maintenance("under_way"),))
    assert [*found.troubles] == [KEY]
    assert found.troubles[KEY].overran is None


def test_a_way_out_that_fails_is_no_maintenance():
    here = an_unreachable()
    incident = Incident("egress", "direct", Reason.TIMEOUT, (here.name,), NOW)
    found = seen([here], incidents=(incident,), maintenance=(a_maintenance("under_way"),))
    assert [*found.troubles] == [KEY]


def test_what_overran_is_told_with_its_end():
    found = seen([an_unreachable()], maintenance=(a_maintenance("overrun"),))
    assert found.troubles[KEY].overran == NOW + timedelta(hours=1)
    assert found.notices == ()


def test_before_it_begins_failures_are_told_as_usual():
    found = seen([an_unreachable()], maintenance=(a_maintenance("announced"),))
    assert [*found.troubles] == [KEY]
    assert [notice.under_way for notice in found.notices] == [False]


@pytest.mark.parametrize(
    ("match", "count"),
    [
        (Match(), 1),
        (Match(kind="maintenance"), 1),
        (Match(exchange="kucoin"), 1),
        (Match(exchange="okx"), 0),
        (Match(severity="warning"), 0),
        (Match(kind="key"), 0),
    ],
)
def test_a_route_may_name_maintenance(match, count):
    found = seen([], maintenance=(a_maintenance("announced"),))
    assert len(seen_by([match], found).notices) == count


@pytest.mark.parametrize(
    ("language", "state", "words"),
    [
        ("en", "announced", ["Maintenance announced: okx", "2026", "Upgrade", "only if"]),
        ("tr", "announced", ["Bakım duyuruldu: okx", "2026", "Upgrade", "yalnızca"]),
        ("en", "under_way", ["Under maintenance: okx", "its end is not told"]),
    ],
)
def test_an_announcement_in_words(language, state, words):
    message = Message(
        id="1",
        at=NOW,
        event="announcement",
        kind="maintenance",
        name="okx",
        severity="info",
        state=state,
        previous="",
        reason="Maintenance",
        since=NOW,
        exchange="okx",
        count=0,
        detail="Upgrade" if state == "announced" else "",
        until=NOW + timedelta(hours=1) if state == "announced" else None,
    )
    text = text_of(message, language)
    assert all(word in f"{text.title}\n{text.body}" for word in words)
    assert text.remedy == ""
    assert (document(message, language)["until"] is None) == (message.until is None)
    late = replace(message, event="failure", kind="outage", state="Unreachable", until=NOW)
    assert ("has overrun" if language == "en" else "uzadı") in text_of(late, language).body
