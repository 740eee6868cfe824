"""The first page, as a browser would take it apart."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bf_reconciler.facts import ConfigReason, Problem, Reason
from bf_reconciler.policy import ConditionType, Incident
from bf_reconciler.status import Status, StrategyState
from bf_reconciler.verdict import ConnectionState, Halted
from bf_reconciler.web.page.attention import needs, repeated
from bf_reconciler.web.page.control import halt_plan, resume_plan
from bf_reconciler.web.page.html import MARKS, span
from bf_reconciler.web.page.rows import Rows
from bf_reconciler.web.page.words import WORDS
from edges.fakes import (
    NOW,
    a_condition,
    a_config,
    a_connection,
    a_maintenance,
    a_memory,
    a_refused_config,
    a_status,
    a_strategy,
    a_transition,
)
from edges.reading import a_page, a_reader, parsed, rendered

BLOCKED = a_connection(state=ConnectionState.BLOCKED, reason=Reason.NO_TRADE_PERMISSION)


def text_of(status, language="en", **options):
    return parsed(a_page(status, a_reader(language), **options)).words


@pytest.mark.parametrize("language", ["en", "tr"])
@pytest.mark.parametrize("token", [True, False])
@pytest.mark.parametrize(
    "status",
    [
        Status(),
        a_status(),
        a_status(config=a_refused_config(), halted=Halted("fire", "ada", NOW)),
        a_status(config=replace(a_refused_config(), reason=None, message="", problems=())),
    ],
    ids=["empty", "good", "bad", "bare"],
)
def test_the_page_is_well_formed(language, status, token):
    tree = parsed(a_page(status, a_reader(language, token=token), [a_transition()]))
    assert tree.doctype == "DOCTYPE html"
    tags = [tag for tag, _ in tree.tags]
    assert tags.count("title") == tags.count("main") == tags.count("h1") == 1
    assert ("html", {"lang": language}) in tree.tags
    assert ("link", {"rel": "stylesheet", "href": "/style.css"}) in tree.tags
    assert [a for tag, a in tree.tags if tag == "script"] == [{"src": "/script.js", "defer": None}]
    assert not any("style" in a or any(n.startswith("on") for n in a) for _, a in tree.tags)


def test_nothing_comes_from_elsewhere():
    tree = parsed(a_page(a_status()))
    addresses = [a.get(n) for _, a in tree.tags for n in ("src", "href", "action") if n in a]
    assert addresses
    assert all(address[0] in "/#" and address[:2] != "//" for address in addresses)


def test_a_connection_shows_its_word_its_reason_and_what_to_do():
    text = text_of(a_status([BLOCKED]))
    assert "kucoin-main-grid kucoin · main · live" in text
    assert "Blocked No trade permission" in text
    assert "Enable trade permission, but keep withdrawal disabled." in text
    assert "••••3eb read spot · IP-restricted" in text
    assert "50 ms 12:00:00Z" in text


def test_what_was_another_day_is_shown_with_its_date():
    old = a_connection(last_probe=NOW - timedelta(days=1))
    assert "2026-05-03 12:00" in text_of(a_status([old]))


@pytest.mark.parametrize(
    ("days", "shown"), [(5, "(5 days left)"), (1, "(1 day left)"), (-1, "(expired)")]
)
def test_the_end_of_a_key_is_shown_with_the_days_that_are_left(days, shown):
    key = replace(a_connection().key, expires_at=NOW + timedelta(days=days), ip_bound=False)
    text = text_of(a_status([a_connection(key=key)]))
    assert f"any IP · expires {NOW + timedelta(days=days):%Y-%m-%d} {shown}" in text


def test_a_row_is_silent_on_what_the_exchange_does_not_report():
    key = replace(a_connection().key, scopes=None, ip_bound=None, expires_at=None)
    text = text_of(a_status([a_connection(key=key)]))
    assert "••••3eb 50 ms" in text


def test_what_is_good_needs_nothing_done():
    text = text_of(a_status())
    assert "No action needed." in text
    assert "Wait" not in text


def test_a_strategy_shows_what_its_engine_does():
    held = a_strategy(state=StrategyState.HOLDING, reason=Reason.TIMEOUT, running="running")
    text = text_of(a_status(strategies=[held]))
    assert "btc-grid local Holding No answer in time" in text
    assert "kucoin-main-grid running" in text


@pytest.mark.parametrize(
    ("told", "running", "lang", "shown"),
    [
        ("run", "unknown", "en", "told to run not confirmed"),
        ("pause", "unknown", "tr", "duraklatma komutu verildi onaylanmadı"),  # noqa: RUF001
        ("pause", "paused", "en", "paused"),
        ("pause", "running", "en", "running told to pause"),
    ],
)
def test_a_row_tells_an_order_from_what_is_confirmed(told, running, lang, shown):
    status = a_status(strategies=[a_strategy(told=told, running=running)])
    assert f"kucoin-main-grid {shown}" in text_of(status, lang)


def test_every_state_has_a_mark_and_none_of_a_kind_share_a_shape():
    for kind in (ConnectionState, StrategyState):
        assert {str(state) for state in kind} <= MARKS.keys()
        assert len({MARKS[str(state)][1] for state in kind}) == len(kind)


def test_the_title_counts_what_is_wrong():
    assert "<title>bf-reconciler · all OK</title>" in a_page(a_status())
    bad = a_status(
        [a_connection(state=ConnectionState.INVALID)], [a_strategy(state=StrategyState.ERROR)]
    )
    assert "<title>(2) bf-reconciler</title>" in a_page(bad)


@pytest.mark.parametrize(
    "status",
    [
        Status(config=a_config()),
        a_status([a_connection(state=ConnectionState.UNREACHABLE, reason=Reason.TIMEOUT)]),
        a_status([a_connection(state=ConnectionState.PENDING, reason=Reason.NOT_PROBED)]),
        a_status(config=a_refused_config()),
        a_status(file_halt=Halted("storm", "bob")),
    ],
    ids=["empty", "unreachable", "pending", "rejected file", "halted"],
)
def test_what_is_not_known_to_be_well_is_not_called_ok(status):
    assert "<title>bf-reconciler</title>" in a_page(status)


def test_no_action_is_needed_only_where_no_banner_says_otherwise():
    assert "No action needed." in text_of(a_status())
    incident = Incident("outage", "kucoin", Reason.MAINTENANCE, ("a", "b"), NOW)
    for wrong in (
        {"config": a_refused_config()},
        {"halted": Halted("fire", "ada", NOW)},
        {"incidents": (incident,)},
    ):
        assert "No action needed." not in text_of(a_status(**wrong))


# --- summary


def test_the_summary_counts_each_state_and_leads_to_it():
    glance = rendered(a_status([BLOCKED, a_connection("other")])).blocks["glance"]
    text = parsed(glance).words
    assert text == "Connections 1 Online 0 Unreachable 1 Blocked Strategies 1 Enabled 0 Blocked"
    assert 'href="/?status=Blocked"' in glance


def test_needs_are_grouped_by_reason_worst_first():
    expiring = a_connection("b", state=ConnectionState.DEGRADED, reason=Reason.KEY_EXPIRING)
    many = [replace(BLOCKED, name=f"a-{n}") for n in range(8)]
    found = needs(a_status([expiring, *many], []))
    assert [(n.reason, n.tone, len(n.entries)) for n in found] == [
        (Reason.NO_TRADE_PERMISSION, "bad", 8),
        (Reason.KEY_EXPIRING, "warn", 1),
    ]
    block = rendered(a_status([expiring, *many], [])).blocks["attention"]
    assert "a-5 and 2 more" in parsed(block).words
    assert 'href="/?q=NoTradePermission"' in block


def test_what_passes_by_itself_or_follows_from_another_is_no_need_of_its_own():
    down = a_connection("down", state=ConnectionState.UNREACHABLE, reason=Reason.TIMEOUT)
    strategies = [
        a_strategy("same", StrategyState.BLOCKED, Reason.NO_TRADE_PERMISSION),
        a_strategy("later", StrategyState.BLOCKED, Reason.CONNECTION_NOT_READY),
        a_strategy("bare", StrategyState.BLOCKED, conditions=()),
    ]
    assert [n.entries for n in needs(a_status([BLOCKED, down], strategies))] == [[BLOCKED]]


def test_needs_are_ordered_by_gravity_and_not_by_number():
    pausing = [
        a_connection(f"warned-{n}", ConnectionState.DEGRADED, Reason.KEY_EXPIRING) for n in range(9)
    ]
    idle = [replace(BLOCKED, name=f"idle-{n}") for n in range(5)]
    off = a_connection("off", ConnectionState.BLOCKED, Reason.INVALID_KEY)
    withdraw = a_connection("open", ConnectionState.BLOCKED, Reason.WITHDRAW_ENABLED)
    strategies = [
        a_strategy("wild", StrategyState.ERROR, Reason.STILL_RUNNING, connection="idle-0"),
        a_strategy("quiet", StrategyState.BLOCKED, Reason.INVALID_KEY, connection="off"),
    ]
    found = needs(a_status([*pausing, *idle, off, withdraw], strategies))
    assert [need.reason for need in found] == [
        Reason.WITHDRAW_ENABLED,
        Reason.STILL_RUNNING,
        Reason.INVALID_KEY,  # it turned a strategy off
        Reason.NO_TRADE_PERMISSION,
        Reason.KEY_EXPIRING,
    ]


def test_what_follows_of_a_cause_is_folded_under_it():
    bots = [
        a_strategy(f"bot-{n}", StrategyState.BLOCKED, Reason.NO_TRADE_PERMISSION) for n in range(52)
    ]
    status = a_status([BLOCKED], bots)
    assert [(n.entries, n.follow) for n in needs(status)] == [([BLOCKED], bots)]
    block = rendered(status).blocks["attention"]
    assert "Strategies off because of it: 52 bot-0 , bot-1" in parsed(block).words
    assert "bot-49 and 2 more" in parsed(block).words
    assert '<details class="follow"><summary class="">' in block


def test_an_outage_needs_attention_once_it_turned_a_strategy_off():
    down = a_connection("down", ConnectionState.UNREACHABLE, Reason.TIMEOUT)
    held = a_strategy("held", StrategyState.HOLDING, Reason.TIMEOUT, connection="down")
    off = a_strategy("off", StrategyState.BLOCKED, Reason.GRACE_EXPIRED, connection="down")
    assert needs(a_status([down], [held])) == []
    (need,) = needs(a_status([down], [held, off]))
    assert (need.entries, need.follow, need.tone) == ([down], [off], "warn")


def test_what_follows_of_an_incident_is_folded_under_its_banner():
    down = a_connection("down", ConnectionState.UNREACHABLE, Reason.MAINTENANCE)
    incident = Incident("outage", "kucoin", Reason.MAINTENANCE, ("down",), NOW)
    off = a_strategy("off", StrategyState.BLOCKED, Reason.GRACE_EXPIRED, connection="down")
    held = a_strategy("held", StrategyState.HOLDING, Reason.MAINTENANCE, connection="down")
    status = a_status([down], [off, held], incidents=(incident,))
    assert needs(status) == []
    banner = parsed(rendered(status).blocks["banners"]).words
    assert "Strategies off because of it: 1 off" in banner
    assert "Strategies still running in their grace period: 1 held" in banner


def test_what_many_say_is_said_once_and_not_in_every_row():
    words = "The exchange answers 400100: no such key."
    ready = a_condition(status="False", reason=Reason.INVALID_KEY, message=words)
    wrong = [
        a_connection(f"c-{n}", ConnectionState.BLOCKED, conditions=(ready,)) for n in range(13)
    ]
    assert text_of(a_status(wrong, [])).count(words) == 1
    assert text_of(a_status(wrong[:1], [])).count(words) == 2  # above, and in its only row
    bots = [
        a_strategy(
            f"bot-{n}",
            StrategyState.BLOCKED,
            connection="c-0",
            conditions=(ready, replace(ready, type=ConditionType.CONNECTION_READY)),
        )
        for n in range(13)
    ]
    text = text_of(a_status(wrong[:1], bots))
    assert text.count(words) == 2
    assert text.count("Invalid key because of its connection") == 13


def test_a_row_is_made_again_when_others_begin_to_say_the_same():
    ready = a_condition(status="False", reason=Reason.INVALID_KEY, message="No such key.")
    one, two = (a_connection(n, ConnectionState.BLOCKED, conditions=(ready,)) for n in "ab")
    rows = Rows(a_reader())
    alone = rows.connections({"a": one}, a_reader())
    many = rows.connections({"a": one, "b": two}, a_reader(), repeated({"a": one, "b": two}))
    assert "No such key." in alone["c-a"]
    assert "No such key." not in many["c-a"]


def test_a_strategy_with_a_need_of_its_own_is_shown():
    waiting = a_strategy(state=StrategyState.BLOCKED, reason=Reason.AWAITING_MANUAL_RESUME)
    block = rendered(a_status(strategies=[waiting])).blocks["attention"]
    assert 'href="/strategies/btc-grid"' in block


def test_who_halted_and_resumed_is_among_the_changes():
    halt = a_transition("", "halt", before="", after="Halted", message="fire", by="ada (token ops)")
    one = a_transition("btc-grid", "halt", before="Blocked", after="", message="", by="bob")
    news = parsed(rendered(a_status(), news=[halt, one]).blocks["news"]).words
    assert "12:00:00Z all strategies Halted fire — ada (token ops)" in news
    assert "12:00:00Z btc-grid Resumed bob" in news


def test_what_changed_of_a_key_is_among_the_changes():
    key = a_transition("kucoin-main-grid", "key", before="", after="transfer")
    gone = a_transition("gone", "key", before="spot", after="")
    key, gone = (replace(each, reason=Reason.KEY_CHANGED) for each in (key, gone))
    news = parsed(rendered(a_status(), news=[key, gone]).blocks["news"]).words
    assert "12:00:00Z kucoin-main-grid Key changed: - → transfer" in news
    assert "12:00:00Z gone Key changed: spot → -" in news


# --- the first run


@pytest.mark.parametrize("language", ["en", "tr"])
def test_a_first_run_says_what_to_do_next(language):
    words = WORDS[language]
    text = text_of(Status(config=a_config(path="bots.yaml")), language)
    for step in ("begin_key", "begin_add", "begin_commit"):
        assert words[step] in text
    assert "bf-reconciler exchanges kucoin" in text
    assert "bf-reconciler add kucoin --file bots.yaml" in text


def test_where_the_file_is_missing_the_page_says_how_to_begin():
    missing = a_refused_config(reason=ConfigReason.FILE_NOT_FOUND, path="/srv/bots/live.yaml")
    assert "bf-reconciler init /srv/bots" in text_of(Status(config=missing))
    here = replace(missing, path="live.yaml")
    assert "bf-reconciler init ." in text_of(Status(config=here))


def test_before_the_file_is_read_the_page_says_so():
    never = replace(a_config(), last_reload_successful=False, last_reload_success=None)
    assert "What to do next The file is being read." in text_of(Status(config=never))


def test_a_first_file_that_is_refused_says_how_to_see_all_of_it():
    refused = a_refused_config(last_reload_success=None)
    text = text_of(Status(config=refused))
    assert "The file was rejected" in text or "Part of the file" in text
    assert "bf-reconciler validate connections.yaml" in text


def test_once_something_is_declared_the_first_steps_are_gone():
    for status in (a_status(), a_status([], [a_strategy()])):
        assert rendered(status).blocks["begin"] == '<section id="begin" hidden></section>'


# --- halting


def test_the_header_says_what_a_halt_will_do():
    bots = [
        a_strategy("closing", memory=a_memory(action="close")),
        a_strategy("pausing", told="run", running="unknown"),
        a_strategy("stopping", memory=a_memory(action="stop")),
        a_strategy("off", state=StrategyState.BLOCKED, told="pause"),
        a_strategy("fresh", memory=a_memory(action="close", ever_on=False), told="run"),
    ]
    plan = halt_plan(a_status(strategies=bots), a_reader())
    text = parsed(plan).words
    assert "Now running: 4 of 5." in text
    assert "Close their positions: 1 closing" in text
    assert "Stop, with open positions left as they are: 1 stopping" in text
    assert "Pause, with open positions still managed: 2 pausing , fresh" in text
    assert '<summary class="bad">Close' in plan
    page = a_page(a_status(strategies=bots), a_reader())
    assert '<button class="act main danger" data-opens="halt-dialog">' in page
    assert plan in page


def test_a_halt_is_resumed_from_its_banner_and_says_what_that_will_do():
    halted = Halted("fire", "ada (token ops)", NOW)
    bots = [
        a_strategy("ready", StrategyState.HALTED, Reason.HALTED),
        a_strategy("blocked", StrategyState.HALTED, Reason.HALTED, connection="b"),
        a_strategy("unwanted", StrategyState.DISABLED, Reason.DISABLED, desired=False),
    ]
    connections = [a_connection(), a_connection("b", ConnectionState.BLOCKED)]
    status = a_status(connections, bots, halted=halted)
    banner = rendered(status).blocks["banners"]
    assert 'data-opens="resume-dialog"' in banner
    assert "Strategies off because of it: 2 ready , blocked" in parsed(banner).words
    plan = parsed(resume_plan(status, a_reader())).words
    assert "fire — ada (token ops) 2026-05-04 12:00:00 UTC" in plan
    assert "May run again at once: 1. Stay off until their connections comply: 1." in plan
    page = a_page(status)
    assert '<span id="switch"><a href="/"><span class="state warn square">Halted' in page
    assert 'data-opens="halt-dialog"' not in page


def test_a_halt_of_the_file_cannot_be_resumed_from_the_page():
    banner = rendered(a_status(file_halt=Halted("storm", "bob"))).blocks["banners"]
    assert "data-opens" not in banner
    assert "storm — bob" in parsed(banner).words


# --- banners


def test_a_failed_canary_has_a_banner_and_no_item_beside():
    failed = a_connection(state=ConnectionState.BLOCKED, reason=Reason.CANARY_FAILED)
    blocks = rendered(a_status([failed])).blocks
    banner = parsed(blocks["banners"]).words
    assert "The alarm cannot be relied on" in banner
    assert "kucoin-main-grid" in banner
    assert "Find out whether somebody changed its key" in banner
    assert needs(a_status([failed])) == []
    assert "No action needed." not in text_of(a_status([failed]))


def test_a_canary_as_expected_needs_nothing():
    good = a_connection(state=ConnectionState.ONLINE, reason=Reason.AS_EXPECTED)
    text = text_of(a_status([good]))
    assert "No action needed." in text
    assert "As expected" in text


def test_a_refused_file_is_at_the_top():
    reason = ConfigReason.INTEGRITY_CHECK_FAILED
    text = text_of(a_status(config=a_refused_config(reason=reason)))
    assert "connections.yaml:7:5: connections.1.exchange: unknown exchange" in text
    assert "IntegrityCheckFailed" in text  # the word of log, API and runbook
    assert text.index("The file was rejected") < text.index("Connections")
    assert "Last successful reload: 2026-05-04 10:00:00 UTC" in text


def test_of_a_file_with_wrong_entries_the_others_may_be_in_force():
    text = text_of(a_status(config=a_refused_config(last_reload_success=None)))
    assert "Part of the file is not in force: Invalid entries" in text
    assert "rejected" not in text
    assert "Last successful reload" not in text


def test_of_many_problems_some_are_shown():
    many = tuple(Problem(n, 1, "", "wrong") for n in range(1, 61))
    assert "+ 10" in text_of(a_status(config=a_refused_config(problems=many)))


def test_what_is_wrong_comes_before_mere_warnings():
    many = [Problem(n, 1, "", "a better name", "warning") for n in range(1, 61)]
    config = a_refused_config(problems=(*many, Problem(99, 1, "", "wrong")))
    text = text_of(a_status(config=config))
    assert text.index("connections.yaml:99:1: wrong") < text.index("connections.yaml:1:1: warning")


def test_warnings_about_the_file_are_shown():
    config = a_config(problems=(Problem(3, 1, "", "a better name", "warning"),))
    assert "Warnings about the file (1)" in text_of(a_status(config=config))


def test_a_halt_is_at_the_top_and_is_ended_where_it_began():
    text = text_of(a_status(file_halt=Halted("exchange incident", "ada")))
    assert "Halted: all strategies are off exchange incident — ada" in text
    assert text.count("The halt is set in the file; remove it there.") == 2
    text = text_of(a_status(halted=Halted("fire", "ada", NOW)))
    assert "fire — ada · 2026-05-04 12:00:00 UTC" in text
    assert "Resume" in text


@pytest.mark.parametrize(
    ("kind", "scope", "shown"),
    [
        ("outage", "kucoin", "Common cause: problem at kucoin"),
        ("egress", "direct", "Common cause: outbound network (direct)"),
        ("change", "kucoin", "kucoin answers otherwise than documented"),
    ],
)
def test_many_failures_of_one_cause_become_one(kind, scope, shown):
    incident = Incident(kind, scope, Reason.MAINTENANCE, ("a", "b"), NOW)
    text = parsed(rendered(a_status(incidents=(incident,))).blocks["banners"]).words
    assert shown in text
    assert "2 connections affected since 2026-05-04 12:00:00 UTC" in text


def test_the_command_for_a_shell_is_shown():
    reader = a_reader(base="http://127.0.0.1:9877", token=True)
    text = parsed(a_page(a_status(), reader)).words
    assert 'curl -X POST -H "Authorization: Bearer $TOKEN"' in text
    assert "http://127.0.0.1:9877/api/v1/halt" in text
    assert "Authorization" not in text_of(a_status())


# --- finding


@pytest.mark.parametrize(
    ("query", "connections", "strategies"),
    [
        ({}, {"one", "two"}, {"s-one", "s-two"}),
        ({"text": "ONE"}, {"one"}, {"s-one"}),
        ({"text": "mexc sub"}, {"two"}, set()),
        ({"text": "team=grid"}, {"one", "two"}, set()),
        ({"text": "NoTradePermission"}, {"two"}, set()),
        ({"text": "işlem izni yok"}, {"two"}, set()),
        ({"text": "nowhere"}, set(), set()),
        ({"status": "Blocked"}, {"two"}, set()),
        ({"status": "Enabled"}, set(), {"s-one", "s-two"}),
        ({"exchange": "mexc"}, {"two"}, {"s-two"}),
        ({"runtime": "bots"}, {"two"}, {"s-two"}),
        ({"runtime": "bots", "exchange": "kucoin"}, set(), set()),
    ],
)
def test_the_page_shows_what_was_looked_for(query, connections, strategies):
    two = replace(BLOCKED, name="two", exchange="mexc", account="sub")
    status = a_status(
        [a_connection("one"), two],
        [
            a_strategy("s-one", connection="one"),
            a_strategy("s-two", connection="two", runtime="bots"),
        ],
    )
    lists = rendered(status, **query).lists
    assert set(lists["connections"]) == {f"c-{name}" for name in connections}
    assert set(lists["strategies"]) == {f"s-{name}" for name in strategies}


def test_how_many_fit_is_shown():
    status = a_status([a_connection("one"), replace(BLOCKED, name="two")])
    assert "Connections 1 of 2" in text_of(status, text="one")
    assert "Nothing matches this filter." in text_of(status, text="nowhere")
    assert text_of(a_status([], [])).count("None declared.") == 2


def test_the_form_keeps_what_was_looked_for():
    page = a_page(a_status(), a_reader("tr", chosen=True), text='"><b>', status="Online")
    fields = [a for tag, a in parsed(page).tags if tag in {"input", "option"}]
    assert {"name": "q", "value": '"><b>'}.items() <= fields[0].items()
    assert {"value": "Online", "selected": None} in fields
    assert {"type": "hidden", "name": "lang", "value": "tr"} in fields


def test_a_chosen_language_goes_on_to_every_link():
    tree = parsed(a_page(a_status(), a_reader("tr", chosen=True), [a_transition()]))
    links = [a["href"] for tag, a in tree.tags if tag == "a"]
    ours = [link for link in links if link[0] == "/" and "/api" not in link and link != "/metrics"]
    assert ours
    assert all("lang=" in link for link in ours)


# --- safety


@pytest.mark.parametrize("hostile", ['<script>alert("x")</script>', "\" onload='x'", "&amp;<!--"])
def test_every_text_is_escaped(hostile):
    connection = a_connection(
        hostile, exchange=hostile, account=hostile, environment=hostile, api_key=hostile
    )
    ready = replace(connection.conditions[0], message=hostile, reason=Reason.INVALID_KEY)
    connection = replace(connection, conditions=(ready,), status=ConnectionState.BLOCKED)
    strategy = a_strategy(hostile, connection=hostile, runtime=hostile, conditions=(ready,))
    config = a_refused_config(
        message=hostile, path=hostile, problems=(Problem(1, 1, hostile, hostile),)
    )
    halted = Halted(hostile, hostile, NOW)
    status = a_status([connection], [strategy], revision=hostile, config=config, halted=halted)
    news = [a_transition(hostile, after=hostile)]
    plain = parsed(a_page(a_status(config=a_refused_config()), news=[a_transition()]))
    odd = parsed(a_page(status, a_reader(base=hostile), news, text=hostile, exchange=hostile))
    assert [tag for tag, _ in odd.tags].count("script") == 1
    usual = {n for _, a in plain.tags for n in a} | {"selected"}
    assert {n for _, a in odd.tags for n in a} <= usual
    assert hostile in "".join(odd.text)


def test_an_entry_without_conditions_is_shown():
    status = a_status([a_connection(conditions=(), last_probe=None)], [])
    assert "never" in text_of(status)


def test_changes_lead_to_what_changed_while_it_is_there():
    news = [
        a_transition(),
        a_transition("gone", after="", reason=Reason.REMOVED),
        a_transition("kucoin-main-grid", "connection", after="Online", reason=Reason.CONNECTED),
    ]
    block = rendered(a_status(), news=news).blocks["news"]
    assert 'href="/strategies/btc-grid"' in block
    assert 'href="/connections/kucoin-main-grid"' in block
    assert "12:00:00Z gone" in parsed(block).words
    assert "/gone" not in block


def test_both_languages_have_every_word():
    assert WORDS["en"].keys() == WORDS["tr"].keys()
    assert all(WORDS["tr"].values())
    assert "Son test" in text_of(a_status(), "tr")
    assert "her şey yolunda" in a_page(a_status(), a_reader("tr"))


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, ""), (0.2, "< 1 s"), (61, "1 min 1 s"), (90000, "1 d 1 h"), (3600, "1 h")],
)
def test_a_length_of_time_is_shown_in_its_two_largest_units(seconds, shown):
    assert span(seconds) == shown


def test_a_shard_says_which_one_it_is_and_leads_to_the_others_where_they_are_known():
    alone, second = a_status(), a_status(config=replace(a_config(), shard="1/3"))
    assert "shard" not in text_of(alone)
    assert "shard 1/3" in text_of(second)
    url = "https://bf-{shard}.example"
    linked = a_status(config=replace(a_config(), shard="1/3", shard_url=url))
    tree = parsed(a_page(linked, a_reader("tr")))
    assert "parça 0 1 2" in tree.words
    found = [a["href"] for tag, a in tree.tags if tag == "a" and "example" in a.get("href", "")]
    assert found == ["https://bf-0.example", "https://bf-2.example"]


@pytest.mark.parametrize(
    ("language", "phase", "words"),
    [
        ("en", "announced", "kucoin announces maintenance"),
        ("en", "under_way", "kucoin is under maintenance"),
        ("en", "overrun", "The maintenance of kucoin takes longer than announced"),
        ("tr", "overrun", "duyurulandan uzun"),
    ],
)
def test_announced_maintenance_is_a_banner_and_all_may_be_well(language, phase, words):
    text = text_of(a_status(maintenance=(a_maintenance(phase),)), language)
    assert words in text
    assert "Upgrade" in text
    assert WORDS[language]["all_ok"] in text


def test_a_maintenance_without_an_end_or_a_title_says_so():
    told = a_maintenance(environment="demo", ends=None, title="")
    text = text_of(a_status(maintenance=(told,)))
    assert "kucoin demo announces maintenance" in text
    assert "no end told" in text
