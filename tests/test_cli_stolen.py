"""explain --stolen: what a thief of a key has, and what to do, as people read it."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from typing import get_args

import pytest

from bf_reconciler.cli import stolen_text
from bf_reconciler.facts import KeyFacts, Scope, Seen
from bf_reconciler.journal import Journal
from bf_reconciler.status import Step, present_stolen, stolen
from commandline import FakeView, run_in, serving
from edges.fakes import (
    NOW,
    a_connection,
    a_record,
    a_seen,
    a_status,
    a_strategy,
)
from test_cli_explain import rendered

NAME = "kucoin-main-grid"
KEY = KeyFacts(
    frozenset({Scope.READ, Scope.SPOT}),
    frozenset(Scope) - {Scope.READ, Scope.SPOT, Scope.TRANSFER},
    ip_bound=True,
    ips=("192.0.2.7", "192.0.2.8"),
)
GRID = {"pairs": ["BTC/USDT"], "margin_limit": {"amount": 500.0, "currency": "USDT"}}
STATUS = a_status(
    [
        a_connection(NAME, key_fingerprint="k", declared={"egress_ips": ["192.0.2.7"]}),
        a_connection("kucoin-twin", key_fingerprint="k"),
    ],
    [a_strategy("btc-grid", declared=GRID)],
)
SEEN = a_seen(key=KEY)


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    for name in ("BF_LISTEN", "BF_STATE_DIR", "BF_TOKEN_FILE", "BF_LANG", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BF_URL", "http://127.0.0.1:9")  # nobody listens there


def told(status=STATUS, seen=SEEN, name=NAME, lang="en"):
    return rendered(stolen_text.text(present_stolen(stolen(status, seen, name), lang), lang))


def of(key, **changes):
    return told(a_status([a_connection(NAME, **changes)], []), a_seen(key=key))


def test_the_daemon_is_asked_and_everything_is_told(capsys):
    with serving(FakeView(STATUS, seen={NAME: SEEN})) as url:
        ran = run_in(capsys, "explain", "--stolen", NAME, "--url", url)
    assert ran.code == 0
    assert ran.err == f"Read from the daemon at {url}.\n"
    assert ran.out.startswith(f"If the key of {NAME} (KuCoin, ••••3eb) is stolen\nAs tested ")
    for words in (
        "A thief can     trade spot: swap everything",
        "(Spot)",
        "see balances, orders and trades (General)",
        "A thief may     move funds between the owner's accounts",
        "A thief cannot  withdraw everything to an address of their own (Withdrawal",
        "these addresses alone: 192.0.2.7, 192.0.2.8\n",
        "declared as ours: 192.0.2.7\n",
        "every pair of KuCoin that its rights permit, not only those declared: BTC/USDT\n",
        "500 USDT declared for its strategies; a thief is bound by no limit\n",
        "kucoin-twin: stolen with it\n",
        "kucoin-twin: stolen, too, if the machine or proxy was broken into\n",
        "1. Stop what we trade: bf-reconciler halt",
        "2. Delete the key at KuCoin: API Management, the key that ends with 3eb.",
        "It works from the addresses above alone",
        f"run bf-reconciler rotate {NAME}.",
        "Rotate the same key there, too: kucoin-twin.",
        "Once all of that is done: bf-reconciler resume.",
    ):
        assert words in ran.out


def test_json_is_what_the_daemon_tells(capsys):
    with serving(FakeView(STATUS, seen={NAME: SEEN})) as url:
        ran = run_in(capsys, "explain", "--stolen", NAME, "--url", url, "-o", "json")
    assert ran.json() == present_stolen(stolen(STATUS, SEEN, NAME))


def test_the_journal_tells_the_same(capsys, tmp_path):
    with Journal(tmp_path) as journal:
        journal.save(a_record(STATUS, {NAME: SEEN}), ())
    ran = run_in(
        capsys, "explain", "--stolen", f"connection/{NAME}", "--state-dir", tmp_path, "-o", "json"
    )
    assert ran.json() == present_stolen(stolen(STATUS, SEEN, NAME))


def test_a_strategy_stands_for_its_connection(capsys):
    with serving(FakeView(STATUS, seen={NAME: SEEN})) as url:
        ran = run_in(capsys, "explain", "--stolen", "strategy/btc-grid", "--url", url)
    assert f"If the key of {NAME} " in ran.out


def test_a_name_that_nobody_has_is_told(capsys):
    with serving(FakeView(STATUS)) as url:
        ran = run_in(capsys, "explain", "--stolen", "kucoin-main-gird", "--url", url)
    assert ran.code == 1
    assert f"did you mean {NAME}?" in ran.err


def test_a_key_that_was_never_tested():
    text = told(a_status([a_connection(NAME, last_probe=None)], []), Seen("fingerprint"))
    assert "This key was never tested" in text
    assert "nothing that is known\n" in text
    assert "anywhere, maybe" in text
    assert "no strategy uses it" in text
    assert "none declared; the whole account is at risk" in text


def test_a_key_that_reads():
    text = of(KeyFacts(frozenset({Scope.READ}), frozenset(Scope) - {Scope.READ}, ip_bound=False))
    assert "Can trade       nothing\n" in text
    assert "Works from      anywhere\n" in text
    assert "1. Make a new key" in text


def test_a_key_with_a_word_that_no_document_has():
    key = KeyFacts(frozenset({Scope.READ}), frozenset(), unknown_words=("Novelty",), ip_bound=True)
    assert "no document explains Novelty" in of(key)
    assert "which the exchange does not show" in of(key)


def test_a_key_that_ends_and_one_that_is_refused():
    ends = a_connection(NAME)
    ends = a_connection(NAME, key=type(ends.key)(expires_at=NOW))
    assert "It ends by itself at 2026-05-04 12:00:00Z." in told(a_status([ends], []))
    refused = a_seen(key=None, balance=None, orders=None)
    assert "did not accept the key in its last test" in told(seen=refused)


def test_limits_that_are_shares_and_strategies_without_one():
    strategies = [
        a_strategy("a", declared={"margin_limit": {"balance_ratio": 0.25}}),
        *(a_strategy(f"b{number}") for number in range(9)),
    ]
    text = told(a_status([a_connection(NAME)], strategies))
    assert "25 % of the balance declared" in text
    assert "no limit known, so all of it: b0, b1, b2, b3, b4, b5, b6, b7 and 1 more" in text


def test_an_exchange_that_this_version_does_not_know():
    strange = a_connection(NAME, exchange="mtgox", api_key="••••")
    text = told(a_status([strange], []))
    assert "Delete the key at mtgox: API, the key that ends with ?." in text


def test_a_scope_of_a_newer_daemon_is_shown_by_its_name():
    found = present_stolen(stolen(STATUS, SEEN, NAME))
    found["rights"].append({"scope": "mint", "right": "Mint", "can": "yes"})
    assert "mint (Mint)" in rendered(stolen_text.text(found, "en"))


def test_it_is_told_in_turkish():
    text = told(lang="tr")
    assert text.startswith(f"{NAME} bağlantısının anahtarı (KuCoin, ••••3eb) çalınırsa")
    assert "Anahtarı KuCoin üzerinde silin: API Yönetimi, sonu 3eb olan anahtar." in text


def test_each_right_and_each_step_has_words():
    assert stolen_text.ACTS.keys() == set(Scope)
    assert stolen_text.DOES.keys() == {*get_args(Step), "check_bound"}
