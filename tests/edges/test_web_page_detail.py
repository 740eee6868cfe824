"""The page of one connection or strategy."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bf_reconciler.facts import KnownKey, Reason
from bf_reconciler.policy import ConditionType
from bf_reconciler.spec import FileRuntime
from bf_reconciler.spec.handling import ALL_PASSED_ON, IGNORED, Handling, enforced
from bf_reconciler.status import Key, StrategyState
from bf_reconciler.verdict import ConnectionState
from bf_reconciler.web.page.detail import connection_page, strategy_page
from bf_reconciler.web.page.document import Place, document
from bf_reconciler.web.page.field_words import FIELD_WORDS
from bf_reconciler.web.page.latency import KEPT, Latencies, sparkline
from bf_reconciler.web.page.renderer import Renderer
from bf_reconciler.web.page.rows import Rows
from bf_reconciler.web.page.words import WORDS
from edges.fakes import (
    NOW,
    a_condition,
    a_connection,
    a_memory,
    a_status,
    a_strategy,
    a_transition,
)
from edges.reading import a_reader, parsed
from edges.web_client import ScriptedBackend

NAME = "kucoin-main-grid"


def a_connection_page(connection, strategies=(), history=(), reader=None):
    reader = reader or a_reader()
    status = a_status([connection], strategies)
    return connection_page(status, connection.name, reader, history, Rows(reader))


def text_of(page, reader=None):
    reader = reader or a_reader()
    return parsed(document(a_status(), page, reader, Place("/connections/x"))).words


def test_a_connection_shows_cause_remedy_and_every_condition():
    blocked = a_connection(state=ConnectionState.BLOCKED, reason=Reason.WITHDRAW_ENABLED)
    wrong = a_condition(
        ConditionType.WITHDRAW_DISABLED, "False", Reason.WITHDRAW_ENABLED, "The key says WITHDRAW."
    )
    unknown = a_condition(ConditionType.KEY_FRESH, "Unknown", Reason.UNVERIFIABLE, "Not reported.")
    blocked = replace(blocked, conditions=(blocked.conditions[0], wrong, unknown))
    text = text_of(a_connection_page(blocked))
    assert "Connection kucoin-main-grid Blocked Withdrawal enabled" in text
    assert "Likely cause The key can withdraw funds." in text
    assert (
        "WithdrawDisabled False Withdrawal enabled WithdrawEnabled The key says WITHDRAW." in text
    )
    assert "KeyFresh Unknown" in text
    assert "2026-05-04 11:00:00 UTC generation 3" in text


def test_key_facts_are_shown_and_what_the_exchange_does_not_report():
    text = text_of(a_connection_page(a_connection()))
    assert (
        "Permissions read spot Permissions denied withdraw futures Restricted to IP addresses yes"
        in text
    )
    assert "Labels team=grid" in text
    assert "Location in the file line 4" in text
    ends = Key(expires_at=NOW + timedelta(days=9), expiry_source="computed", unknown_words=("X",))
    bare = a_connection(key=ends, line=0, next_probe=None, latency_seconds=None)
    bare = replace(bare, attested_until=NOW, suspended_until=NOW)
    text = text_of(a_connection_page(bare))
    assert "Permissions not reported Permissions not recognized X" in text
    assert "Restricted to IP addresses not reported" in text
    assert "(9 days left) · by the exchange's published rule" in text
    assert "Attested until 2026-05-04 12:00:00 UTC" in text
    assert "Next probe" not in text


def test_a_key_that_waits_to_be_rotated_in_is_shown_with_the_verb():
    text = text_of(a_connection_page(a_connection(next_api_key="••••abc")))
    words = "Next key ••••abc · waits for bf-reconciler rotate kucoin-main-grid Permissions"
    assert words in text
    assert "Next key" not in text_of(a_connection_page(a_connection()))


def test_a_connection_shows_its_strategies_and_its_history():
    history = [a_transition(NAME, "connection", before="", after="Blocked", lasted=None)]
    page = a_connection_page(
        a_connection(), [a_strategy(), a_strategy("o", connection="o")], history
    )
    assert set(page.lists["strategies"]) == {"s-btc-grid"}
    text = text_of(page)
    assert "2026-05-04 12:00:00 UTC - → Blocked Withdrawal enabled" in text
    assert a_connection_page(a_connection()).lists["strategies"] == {}


def test_a_strategy_shows_its_connection_and_what_is_wanted():
    status = a_status(strategies=[a_strategy(desired=False, state=StrategyState.DISABLED)])
    history = [a_transition(after="")]
    page = strategy_page(status, "btc-grid", a_reader(), history)
    text = text_of(page)
    assert "Strategy btc-grid Disabled" in text
    assert "Connection kucoin-main-grid Runtime local Desired off Running paused" in text
    assert "Enabled → -" in text
    assert "Resume" not in page.body


DECLARED = {
    "pairs": ["BTC/USDT", "ETH/USDT"],
    "leverage": 2.0,
    "base_order": {"size": 50, "currency": "USDT"},
    "margin_limit": {"balance_ratio": 0.3},
    "safety_orders": {"max": 5, "size": 50.0, "step_pct": 1.5},
    "stop_loss_pct": 10,
    "settings": {"fast": True},
    "labels": {"team": "grid"},
}


def trading_page(language="en", **changes):
    strategy = a_strategy(**{"declared": DECLARED} | changes)
    return strategy_page(a_status(strategies=[strategy]), "btc-grid", a_reader(language), [])


def test_a_strategy_shows_what_it_trades_its_limits_and_who_sees_to_them():
    rows = {n: parsed(row).words for n, row in trading_page().lists["trades"].items()}
    passed_on = "passed on, not checked"
    assert rows["f-market"] == f"Market market spot {passed_on}"
    assert rows["f-pairs"] == f"Pairs pairs BTC/USDT ETH/USDT {passed_on}"
    assert rows["f-leverage"] == f"Leverage leverage 2 {passed_on}"
    assert rows["f-base_order"] == f"First order base_order 50 USDT {passed_on}"
    assert rows["f-margin_limit"].startswith("Cap on capital margin_limit balance_ratio 0.3")
    assert "max 5 · size 50 · step_pct 1.5" in rows["f-safety_orders"]
    assert rows["f-stop_loss_pct"].startswith("Stop loss stop_loss_pct 10 %")
    assert "fast true" in rows["f-settings"]
    assert rows["f-when_off"].startswith("When turned off when_off pause")
    assert "f-labels" not in rows


@pytest.mark.parametrize(
    ("what", "mark", "words"),
    [
        (enforced("stake_amount"), "good disc", "enforced stake_amount"),
        (IGNORED, "warn triangle", "ignored"),
    ],
)
def test_what_a_runtime_enforces_or_ignores_is_marked(monkeypatch, what, mark, words):
    handling = ALL_PASSED_ON | {"leverage": what}
    monkeypatch.setattr(FileRuntime, "handling", handling)
    row = trading_page().lists["trades"]["f-leverage"]
    assert f'<span class="state {mark}">' in row
    assert parsed(row).words == f"Leverage leverage 2 {words}"


def test_many_pairs_are_cut_off():
    pairs = [f"C{n}/USDT" for n in range(45)]
    rows = trading_page("tr", declared={"pairs": pairs}).lists["trades"]
    assert "C39/USDT ve 5 tane daha iletilir, denetlenmez" in parsed(rows["f-pairs"]).words


def test_of_an_entry_that_was_never_valid_nothing_is_said():
    assert trading_page(declared={}, memory=None).lists["trades"] == {}
    assert "passed on" not in trading_page(memory=None).body


def test_every_field_that_an_engine_gets_has_words():
    assert set(FIELD_WORDS) == set(Handling.__annotations__)


def a_key_event(what="right_granted", before="", after="withdraw"):
    words = {"reason": Reason.KEY_CHANGED, "what": what, "before": before, "after": after}
    return a_transition(NAME, "key", message="", revision="abc123", **words)


@pytest.mark.parametrize(
    ("language", "granted", "removed"),
    [
        ("en", "now has this permission: withdraw", "no longer has ::1"),
        ("tr", "artık şu izni var: withdraw", "çıkarıldı: ::1"),  # noqa: RUF001 # Turkish
    ],
)
def test_a_connection_shows_what_changed_of_its_key(language, granted, removed):
    events = [a_key_event(), a_key_event("address_removed", "::1", "")]
    reader = a_reader(language=language)
    status = a_status([a_connection()], [])
    page = connection_page(status, NAME, reader, [], Rows(reader), [*events, a_transition()])
    widened, narrowed = page.lists["key-changes"].values()
    assert granted in widened
    assert "state warn" in widened
    assert removed in narrowed
    assert "state warn" not in narrowed
    assert "abc123" in widened
    none = connection_page(status, NAME, reader, [], Rows(reader))
    assert reader.words["no_changes"] in none.blocks["key-changes-shown"]
    assert reader.words["no_changes"] not in page.blocks["key-changes-shown"]


def test_the_journal_is_asked_for_changes_of_a_key_where_something_else_is_known_of_it():
    backend = ScriptedBackend()
    renderer = Renderer(backend, f"/connections/{NAME}", {})

    def asked(connection):
        backend.asked.clear()
        renderer.render(a_status([connection], []), a_reader())
        return [kinds for _, _, _, _, *kinds in backend.asked if kinds]

    first, second = (a_connection(known=KnownKey(account=each)) for each in "ab")
    assert [asked(each) for each in (first, first, second)] == [[["key"]], [], [["key"]]]


def test_who_resumed_a_strategy_is_in_its_history():
    event = a_transition(
        "btc-grid", "halt", before="Blocked", after="", message="it rains", by="bob"
    )
    page = strategy_page(a_status(), "btc-grid", a_reader(), [event])
    assert "Resumed" in text_of(page)
    assert "it rains — bob" in text_of(page)


def test_a_strategy_that_waits_for_a_person_can_be_resumed():
    waiting = a_strategy(memory=a_memory(latched=True), state=StrategyState.BLOCKED)
    page = strategy_page(a_status(strategies=[waiting]), "btc-grid", a_reader(), [])
    assert 'data-post="/api/v1/resume"' in page.blocks["head"]
    assert '{"name": "btc-grid"}' in text_of(page)


def test_what_left_the_file_is_shown():
    for page in (
        connection_page(a_status(), "x<y", a_reader(), [], Rows(a_reader())),
        strategy_page(a_status(), "x<y", a_reader(), []),
    ):
        assert "x<y Not found" in text_of(page)


def test_an_entry_without_conditions_has_a_page():
    assert "never" in text_of(a_connection_page(a_connection(conditions=(), last_probe=None)))


# --- latency


def latencies_of(*seconds):
    latencies = Latencies()
    for number, each in enumerate(seconds):
        at = NOW + timedelta(seconds=number)
        latencies.take(a_status([a_connection(latency_seconds=each, last_probe=at)]))
    return latencies


def test_latencies_are_kept_once_per_probe_and_bounded():
    latencies = latencies_of(*(n / 100 for n in range(KEPT + 5)))
    assert len(latencies.of(NAME)) == KEPT
    last = NOW + timedelta(seconds=KEPT + 4)
    latencies.take(a_status([a_connection(latency_seconds=9, last_probe=last)]))
    assert latencies.of(NAME)[-1] == pytest.approx((KEPT + 4) / 100)


def test_latencies_of_what_is_gone_are_forgotten():
    latencies = latencies_of(0.1)
    empty = a_status([])
    latencies.take(empty)
    latencies.take(empty)
    assert latencies.of(NAME) == ()
    latencies.take(a_status([a_connection(last_probe=None)]))
    assert latencies.of(NAME) == ()


@pytest.mark.parametrize(
    ("seconds", "line"),
    [
        ((0.1, 0.05, 0.1), "M0 0l4 9l4 -9"),
        ((0.1, None, 0.1), "M0 0h1M8 0h1"),
        ((0.0, 0.0), "M0 18l4 0"),
    ],
)
def test_latencies_are_a_line_that_is_broken_where_no_answer_came(seconds, line):
    assert f'<path d="{line}"/>' in sparkline(seconds, WORDS["en"])


def test_a_line_has_a_label_in_words():
    words = WORDS["en"]
    assert 'aria-label="Last 2 probes: 50 to 100 ms, latest: 100 ms"' in sparkline(
        (0.05, 0.1), words
    )
    assert "latest: no answer" in sparkline((0.05, None), words)
    assert sparkline((None, None), words) == sparkline((), words) == ""


def test_the_page_of_a_connection_shows_its_latencies():
    reader = a_reader(latencies=latencies_of(0.05, 0.1))
    page = a_connection_page(a_connection(), reader=reader)
    assert "Last 2 probes: 50 to 100 ms, latest: 100 ms" in parsed(page.blocks["latency"]).words
    assert "No recent answers." in a_connection_page(a_connection()).blocks["latency"]
