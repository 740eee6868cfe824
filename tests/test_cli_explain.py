"""explain: one chain from the file to the remedy."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.cli import explain_text, explanation, suggest
from bf_reconciler.facts import (
    Balance,
    Failure,
    KeyFacts,
    Problem,
    Reason,
    Run,
    Scope,
    Seen,
    Unread,
)
from bf_reconciler.journal import Journal, LastGood
from bf_reconciler.policy import ConditionType
from bf_reconciler.spec import Policy
from bf_reconciler.status import StrategyState, evidence, present
from bf_reconciler.verdict import ConnectionState, Halted
from commandline import FakeView, run_in, serving
from edges.fakes import (
    NOW,
    a_condition,
    a_connection,
    a_maintenance,
    a_memory,
    a_record,
    a_refused_config,
    a_seen,
    a_status,
    a_strategy,
    an_observation,
)

EXPECTED = "connection/NAME or strategy/NAME is expected"
SAYS = "KuCoin answered with HTTP 401, code 400003: invalid key."
REFUSED = Failure(Reason.INVALID_KEY, SAYS, 401, "400003")
BLOCKED_CONNECTION = a_connection(
    state=ConnectionState.BLOCKED,
    conditions=(
        a_condition(status="False", reason=Reason.INVALID_KEY, message=SAYS),
        a_condition(ConditionType.REACHABLE),
        a_condition(ConditionType.AUTHENTICATED, "False", Reason.INVALID_KEY, SAYS),
        a_condition(ConditionType.KEY_FRESH, "Unknown", Reason.INVALID_KEY, f"Unknown: {SAYS}"),
        a_condition(
            ConditionType.LEAST_PRIVILEGE, "Unknown", Reason.UNVERIFIABLE, "Not reported: pay."
        ),
    ),
)
BLOCKED_STRATEGY = a_strategy(
    state=StrategyState.BLOCKED,
    told="pause",
    declared={"name": "btc-grid", "enabled": True, "pairs": ["BTC/USDT"], "grid": {"levels": 20}},
    conditions=(
        a_condition(status="False", reason=Reason.INVALID_KEY, message=SAYS),
        a_condition(ConditionType.CONNECTION_READY, "False", Reason.INVALID_KEY, SAYS),
        a_condition(ConditionType.MARKET_PERMITTED),
        a_condition(ConditionType.RUNNING, "False", Reason.INVALID_KEY, "It is paused."),
    ),
)
BLOCKED = a_status([BLOCKED_CONNECTION], [BLOCKED_STRATEGY])
SEEN = Seen(
    "fingerprint",
    (
        Run(an_observation(key=REFUSED, balance=REFUSED, orders=None), 3, NOW - timedelta(hours=1)),
        Run(an_observation(at=NOW - timedelta(hours=1)), 90, NOW - timedelta(days=1)),
    ),
)


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    for name in ("BF_LISTEN", "BF_STATE_DIR", "BF_TOKEN_FILE", "BF_LANG", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BF_URL", "http://127.0.0.1:9")  # nobody listens there


def told(status, name, seen=SEEN, kind="strategy", lang="en", policy=None):
    """The chain as text, of what a status and its evidence say."""
    found = present(status, lang)
    row = explanation.of(found, kind, name)
    connection = row.get("connection", name)
    known = status.connections.get(connection)
    proof = evidence(known, seen, policy or Policy(), lang) if known is not None else None
    with_words = explanation.explain(found, proof, kind, row)
    return rendered(explain_text.text(with_words, lang))


def rendered(group):
    from bf_reconciler.cli.tables import PlainConsole  # noqa: PLC0415

    console = PlainConsole(width=400, highlight=False)
    with console.capture() as capture:
        console.print(group)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def links(text):
    """The names of the links of the chain, in order."""
    lines = text.split("\n\n", 1)[1].splitlines()
    return [line.split("  ")[0] for line in lines if line and not line.startswith(" ")]


def test_a_strategy_is_explained_from_its_file_to_the_remedy(capsys):
    with serving(FakeView(BLOCKED, seen={"kucoin-main-grid": SEEN})) as url:
        ran = run_in(capsys, "explain", "strategy/btc-grid", "--url", url)
    assert ran.code == 0
    assert ran.err == f"Read from the daemon at {url}.\n"
    assert ran.out.startswith("strategy/btc-grid is Blocked: Invalid key, for ")
    assert links(ran.out) == [
        "File",
        "Spec",
        "Connection",
        "Tested",
        "Conditions",
        "Policy",
        "Engine",
        "What to do",
    ]
    for words in (
        "connections.yaml:20, commit 4e0b6d1\n",
        "generation 3, loaded 2026-05-04 10:00:00Z\n",
        "enabled: true, pairs: [BTC/USDT], grid.levels: 20\n",
        "kucoin-main-grid at kucoin is Blocked: Invalid key\n",
        "connections.yaml:4, commit 4e0b6d1\n",
        "; 3 times in a row alike since 2026-05-04 11:00:00Z\n",
        "time publicGetTimestamp: answered\n",
        f"key privateGetUserApiKey: refused; {SAYS}\n",
        "orders privateGetHfOrdersActive: not asked\n",
        "before, until 2026-05-04 11:00:00Z: everything was answered\n",
        "next test at 2026-05-04 12:01:00Z\n",
        "Running False InvalidKey, for ",
        "as they should be: MarketPermitted\n",
        "grace: 5m",
        "runtime local, the file wants it on\n",
        "told to pause; confirmed: paused\n",
        "Create a new key or copy the values again.",
    ):
        assert words in ran.out


def test_each_sentence_is_said_once():
    text = told(BLOCKED, "btc-grid", seen=None)
    assert text.count(SAYS) == 1
    assert "for the reason said above: Ready, ConnectionReady\n" in text
    assert "for the reason said above: Ready, Authenticated, KeyFresh\n" in text
    assert "LeastPrivilege Unknown Unverifiable" in text


def test_remedies_are_told_once_for_each_reason_and_the_cause_comes_first():
    found = present(BLOCKED)
    row = explanation.of(found, "strategy", "btc-grid")
    remedies = explanation.explain(found, None, "strategy", row)["remedies"]
    assert [each["reason"] for each in remedies] == ["InvalidKey", "Unverifiable"]
    assert remedies[1]["conditions"] == ["LeastPrivilege"]
    text = told(BLOCKED, "btc-grid")
    assert "What to do  1. Create a new key or copy the values again." in text
    assert "(LeastPrivilege)" in text.splitlines()[-1]


def test_a_connection_is_explained_with_those_who_use_it():
    text = told(BLOCKED, "kucoin-main-grid", kind="connection")
    assert "Strategies  btc-grid: Blocked, paused" in text
    assert "Connection " not in text
    alone = told(a_status(strategies=[]), "kucoin-main-grid", kind="connection")
    assert "Strategies  no strategy uses it" in alone


def test_the_maintenance_of_its_exchange_is_shown():
    told_ = (a_maintenance("under_way"), a_maintenance(exchange="okx"))
    for name, kind in (("btc-grid", "strategy"), ("kucoin-main-grid", "connection")):
        text = told(a_status(maintenance=told_), name, kind=kind)
        assert "Maintenance  kucoin is under maintenance: " in text
        assert "okx" not in text


def test_where_all_is_well_nothing_is_to_do():
    text = told(a_status(), "btc-grid", seen=a_seen())
    assert text.startswith("strategy/btc-grid is Enabled: Connected, for ")
    assert text.endswith("What to do  Nothing.")
    assert "key privateGetUserApiKey: answered; can: General, Spot; cannot: Withdrawal" in text
    unsure = replace(
        a_connection(), conditions=(a_condition(), *BLOCKED_CONNECTION.conditions[-1:])
    )
    text = told(a_status([unsure]), "kucoin-main-grid", kind="connection")
    assert "What to do  Nothing now. When convenient:\n" in text


def test_a_key_is_told_in_the_words_of_the_exchange_and_what_is_not_understood():
    key = KeyFacts(
        granted=frozenset(),
        denied=frozenset({Scope.WITHDRAW}),
        unknown_words=("Staking",),
        ip_bound=False,
        expires_at=NOW + timedelta(days=3),
        unread=(Unread("allowlist", "ipWhitelist"),),
    )
    text = told(BLOCKED, "btc-grid", seen=a_seen(key=key, balance=Balance(empty=True)))
    assert (
        "answered; can: nothing; cannot: Withdrawal (older name: Transfer);"
        " not documented: Staking; not understood: ipWhitelist; bound to no address;"
        " expires 2026-05-07 12:00:00Z\n"
    ) in text
    assert "balance privateGetAccounts: answered; empty\n" in text
    bound = KeyFacts(frozenset(), frozenset(), ip_bound=True)
    assert "; bound to addresses\n" in told(BLOCKED, "btc-grid", seen=a_seen(key=bound))
    two = replace(bound, ips=("192.0.2.1", "192.0.2.2"))
    text = told(BLOCKED, "btc-grid", seen=a_seen(key=two))
    assert "; bound to addresses: 2\n" in text
    assert "192.0.2." not in text


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "it runs on until 2026-05-04 12:04:00Z at the latest"),
        ("tr", "en geç 2026-05-04 12:04:00Z anına kadar çalışır"),
    ],
)
def test_the_end_of_grace_is_told_while_it_runs_on(lang, words):
    memory = a_memory(unknown_since=NOW - timedelta(minutes=1))
    held = a_strategy(state=StrategyState.HOLDING, reason=Reason.TIMEOUT, memory=memory)
    assert words in told(a_status(strategies=[held]), "btc-grid", lang=lang)
    off = replace(held, status=StrategyState.BLOCKED)
    assert words not in told(a_status(strategies=[off]), "btc-grid", lang=lang)


def test_a_policy_of_the_connection_stands_before_that_of_the_file():
    own = a_connection(declared={"ip_allowlist": "required"})
    assert "ip_allowlist: required" in told(a_status([own]), "btc-grid")
    assert "ip_allowlist: recommended" in told(a_status(), "btc-grid")


@pytest.mark.parametrize(
    ("halted", "words"),
    [
        (Halted("fire", "ada", NOW), "Halt        by ada: fire (since 2026-05-04 12:00:00Z)"),
        (Halted("fire", "ada"), "Halt        in the file, by ada: fire"),
    ],
)
def test_a_halt_is_a_link_of_the_chain(halted, words):
    assert words in told(a_status(halted=halted), "btc-grid")


def test_an_entry_that_is_wrong_in_the_file_is_told_with_its_lines():
    config = a_refused_config(
        problems=(
            Problem(5, 5, "connections.0.exchange", "unknown exchange"),
            Problem(9, 5, "connections.1.exchange", "is missing"),
            Problem(5, 9, "connections.0.labels", "odd", "warning"),
            Problem(21, 5, "strategies.0.pairs", "is missing"),
        )
    )
    wrong = a_connection(origin="last_good")
    other = a_connection("mexc-a", line=8)
    new = a_strategy("new", StrategyState.BLOCKED, Reason.ENTRY_INVALID, origin="none", line=0)
    status = a_status([wrong, other], [a_strategy(), new], config=config)
    text = told(status, "kucoin-main-grid", kind="connection")
    assert "Its entry in the file is invalid: the last good version of it is in force." in text
    assert "connections.yaml:5:5: connections.0.exchange: unknown exchange\n" in text
    assert "is missing" not in text
    assert "A newer version of the file is refused: InvalidDocument: 1 problem" in text
    assert "unknown exchange" in told(status, "btc-grid")  # its connection is meant
    assert "connections.yaml:21:5: strategies.0.pairs: is missing" in told(status, "new")
    assert "is missing" not in told(status, "mexc-a", kind="connection")


def test_what_is_not_known_is_said_to_be_so():
    bare = a_connection(last_probe=None, next_probe=None, line=0, conditions=())
    strategy = a_strategy(runtime="", running="unknown", line=0)
    status = a_status([bare], [strategy], revision="")
    status = replace(status, config=replace(status.config, last_reload_success=None, path=""))
    text = told(status, "btc-grid")
    assert "no test of this key is known" in text
    assert "all fields have their defaults" in text
    assert "never told anything; not confirmed" in text
    assert "generation 3\n" in text
    found = present(status)
    row = explanation.of(found, "strategy", "btc-grid")
    found["connections"] = []  # a part of a fleet
    text = rendered(explain_text.text(explanation.explain(found, None, "strategy", row), "en"))
    assert "Policy      not known here; ask the daemon" in text
    assert "Connection " not in text


def test_words_of_a_newer_daemon_are_shown_as_they_are():
    found = present(BLOCKED)
    proof = evidence(BLOCKED_CONNECTION, SEEN, None)
    answer = proof["tested"]["answers"][0]
    answer |= {"question": "fees", "result": "guessed", "call": ""}
    proof["before"]["reasons"] = ["Novel"]
    row = explanation.of(found, "strategy", "btc-grid")
    text = rendered(explain_text.text(explanation.explain(found, proof, "strategy", row), "en"))
    assert "fees: guessed\n" in text
    assert "before, until 2026-05-04 11:00:00Z: Novel\n" in text


def test_json_is_the_chain(capsys):
    with serving(FakeView(BLOCKED, seen={"kucoin-main-grid": SEEN})) as url:
        ran = run_in(capsys, "explain", "btc-grid", "--url", url, "-o", "json")
        other = run_in(capsys, "explain", "kucoin-main-grid", "--url", url, "-o", "json").json()
    found = ran.json()
    assert list(found) == [
        "kind",
        "name",
        "status",
        "reason",
        "message",
        "since",
        "halted",
        "file",
        "declared",
        "connection",
        "maintenance",
        "tested",
        "before",
        "next_test",
        "conditions",
        "policy",
        "engine",
        "remedies",
    ]
    assert found["engine"]["told"] == "pause"
    assert found["file"]["line"] == 20
    assert other["strategies"] == [
        {"name": "btc-grid", "status": "Blocked", "told": "pause", "running": "paused"}
    ]


def test_it_speaks_turkish(capsys):
    with serving(FakeView(BLOCKED, seen={"kucoin-main-grid": SEEN})) as url:
        ran = run_in(capsys, "explain", "btc-grid", "--url", url, "--lang", "tr")
    assert "strategy/btc-grid: Blocked, Geçersiz anahtar (InvalidKey), " in ran.out.splitlines()[0]
    assert links(ran.out)[-1] == "Yapılacak"
    assert "anahtar privateGetUserApiKey: reddedildi" in ran.out


@pytest.mark.parametrize("policy", [False, True], ids=["no copy", "a copy"])
def test_without_a_daemon_the_journal_explains(capsys, tmp_path, policy):
    with Journal(tmp_path) as journal:
        journal.save(a_record(BLOCKED, {"kucoin-main-grid": SEEN}))
    if policy:
        committed = (
            Path(__file__)
            .parents[1]
            .joinpath("connections.example.yaml")
            .read_text(encoding="utf-8")
        )
        LastGood(tmp_path).keep(committed.replace("grace: 5m", "grace: 9m").encode())
    ran = run_in(capsys, "explain", "btc-grid", "--state-dir", tmp_path)
    assert ran.code == 0
    assert f"Read from the journal in {tmp_path}; no daemon answers" in ran.err
    assert "key privateGetUserApiKey: refused" in ran.out
    assert ("grace: 9m" if policy else "Policy      not known here") in ran.out


def test_of_a_connection_that_the_journal_does_not_hold_no_evidence_is_told(capsys, tmp_path):
    with Journal(tmp_path) as journal:
        journal.save(a_record(a_status(connections=[])))
    ran = run_in(capsys, "explain", "btc-grid", "--state-dir", tmp_path)
    assert ran.code == 0
    assert "no test of this key is known" in ran.out


def test_a_daemon_that_tells_no_evidence_is_explained_without(capsys, monkeypatch):
    monkeypatch.setattr(FakeView, "evidence", lambda *_: None)
    with serving(FakeView(BLOCKED)) as url:
        ran = run_in(capsys, "explain", "btc-grid", "--url", url)
    assert ran.code == 0
    assert "no test of this key is known" in ran.out


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("btc-gird", "no connection or strategy named btc-gird; did you mean btc-grid?"),
        ("strategy/nope", "no strategy named nope; known: btc-grid"),
        ("connection/btc-grid", "no connection named btc-grid; known: kucoin-main-grid"),
        (
            "strat/btc-grid",
            f"{EXPECTED}, not strat/btc-grid; did you mean strategy/btc-grid?",
        ),
        ("wallet/btc-grid", f"{EXPECTED}, not wallet/btc-grid"),
        ("strategy/", f"{EXPECTED}, not strategy/"),
    ],
)
def test_a_name_nobody_has_ends_with_1_and_what_may_be_meant(capsys, target, said):
    with serving(FakeView(BLOCKED)) as url:
        ran = run_in(capsys, "explain", target, "--url", url)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.endswith(f"Error: {said}\n")


@pytest.mark.parametrize("target", ["BTC-Grid", "Strategy/btc-grid", "strategies/BTC-GRID"])
def test_names_and_kinds_are_found_in_any_case(capsys, target):
    with serving(FakeView(BLOCKED)) as url:
        assert run_in(capsys, "explain", target, "--url", url).out.startswith("strategy/btc-grid ")


def test_a_name_of_two_kinds_must_be_told_apart(capsys):
    with serving(FakeView(a_status([a_connection("twin")], [a_strategy("twin")]))) as url:
        ran = run_in(capsys, "explain", "twin", "--url", url)
        one = run_in(capsys, "explain", "connection/twin", "--url", url)
    assert (ran.code, one.code) == (1, 0)
    assert "write connection/twin or strategy/twin" in ran.err


@given(st.lists(st.text(max_size=8), max_size=5), st.text(max_size=8))
def test_what_is_meant_is_known(known, name):
    near = suggest.meant(name, known)
    assert near is None or near in known
    if name.casefold() in {each.casefold() for each in known}:
        assert near is not None
        assert near.casefold() == name.casefold()
