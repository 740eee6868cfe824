"""What people are told of exchanges: in both languages, and as rows and documents have it."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from bf_reconciler.cli import exchange_docs, seen_live
from bf_reconciler.cli.exchange_text import FACTS, KNOWN, MEANING, SEEN, ExchangeText, cell, rule
from bf_reconciler.cli.seen_live import SeenLive
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.exchanges.guide import EVERYWHERE, Fact, Known
from bf_reconciler.exchanges.guides import guide
from bf_reconciler.facts import Scope
from commandline import run_in
from exchanges.cases import CASES
from exchanges.live import documents

HOME = Path(__file__).parents[1]
IDS = sorted(EXCHANGES)
SCOPES = {
    Fact.READ: Scope.READ,
    Fact.SPOT: Scope.SPOT,
    Fact.FUTURES: Scope.FUTURES,
    Fact.WITHDRAW: Scope.WITHDRAW,
}


def documented(exchange):
    """The facts that documented bodies give by this row, of live keys."""
    assert CASES[exchange].keys
    return [key["facts"] for key in CASES[exchange].keys.values()]


def said_of(exchange, scope):
    """What documented bodies say of a right: True, False, or both."""
    return {
        answer
        for facts in documented(exchange)
        for answer, field in ((True, "granted"), (False, "denied"))
        if scope in facts.get(field, ())
    }


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_row_and_its_guide_agree_on_what_is_reported_of_no_key(exchange):
    facts = {
        "allowlist": Fact.IP_LIST,
        "withdraw": Fact.WITHDRAW,
        "creation": Fact.CREATION,
    }
    untold = {Known.UNTOLD, Known.ATTESTABLE}
    never = {name for name, fact in facts.items() if guide(exchange).facts[fact].known in untold}
    assert never == EXCHANGES[exchange].unreported


def test_what_is_no_exchange_has_no_guide():
    with pytest.raises(KeyError):
        guide("listing")


def test_the_daemon_imports_no_guide():
    modules = "bf_reconciler.cli.run, bf_reconciler.daemon, bf_reconciler.preview, sys"
    code = f"import {modules}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "bf_reconciler.exchanges.kraken.row" in loaded
    assert [name for name in loaded if ".guide" in name] == []


@pytest.mark.parametrize("exchange", IDS)
def test_a_guide_knows_of_every_fact(exchange):
    assert set(guide(exchange).facts) | set(EVERYWHERE) == set(Fact)


def test_every_level_and_fact_has_its_words():
    assert set(KNOWN) == set(MEANING) == set(Known)
    assert set(FACTS) == set(exchange_docs.COLUMNS) == set(Fact)


@pytest.mark.parametrize("fact", sorted(SCOPES))
@pytest.mark.parametrize("exchange", IDS)
def test_what_is_said_of_a_right_is_what_documented_keys_show(exchange, fact):
    said = said_of(exchange, SCOPES[fact])
    match cell(EXCHANGES[exchange], fact).known:
        case Known.DOCUMENTED if fact in {Fact.READ, Fact.SPOT}:
            assert True in said
        case Known.DOCUMENTED:
            assert said == {True, False}
        case Known.PARTLY:
            assert said
        case Known.UNTOLD:
            assert True not in said
        case Known.ATTESTABLE:
            assert fact is Fact.WITHDRAW
            assert False not in said
        case Known.RULE:
            pytest.fail("no rule is published for rights")


@pytest.mark.parametrize(
    ("fact", "field"),
    [(Fact.IP_LIST, "ips"), (Fact.EXPIRY, "expires_at"), (Fact.CREATION, "created_at")],
)
@pytest.mark.parametrize("exchange", IDS)
def test_what_is_said_to_be_read_is_read_from_some_documented_key(exchange, fact, field):
    read = any(facts.get(field) for facts in documented(exchange))
    known = cell(EXCHANGES[exchange], fact).known
    if known is Known.PARTLY and fact is Fact.IP_LIST:
        assert any(facts.get("ip_bound") is not None for facts in documented(exchange))
        assert not read
    elif known is Known.RULE:
        assert read or EXCHANGES[exchange].expiry is not None
    else:
        assert read is (known in {Known.DOCUMENTED, Known.PARTLY})


@pytest.mark.parametrize("exchange", IDS)
def test_a_rule_of_expiry_is_told_with_its_days_and_its_source(exchange):
    row = EXCHANGES[exchange]
    told = ExchangeText(row, "tr").expiry
    if row.expiry is None:
        assert not told
        return
    assert cell(row, Fact.EXPIRY).known is not Known.UNTOLD
    for text in (*told, rule(row)[0].en):
        assert str(row.expiry.after.days) in text
        assert row.expiry.source in text


@pytest.mark.parametrize("exchange", IDS)
def test_every_sentence_has_both_languages(exchange):
    found = guide(exchange)
    cells = [each.but for each in found.facts.values() if each.but]
    row = EXCHANGES[exchange]
    people = (*row.people.notes, *row.people.needs.values())
    for said in (*found.steps, *found.limits, *found.doubts, *people, *cells):
        assert said.en
        assert said.tr
        assert said.en.endswith(".") == said.tr.endswith(".")


@pytest.mark.parametrize("exchange", IDS)
def test_every_note_of_a_row_has_its_turkish(exchange):
    assert [note for note in EXCHANGES[exchange].people.notes if note.tr == note.en] == []


@pytest.mark.parametrize("exchange", IDS)
def test_a_name_of_a_right_that_holds_english_words_has_its_turkish(exchange):
    told = ExchangeText(EXCHANGES[exchange], "tr").rights.values()
    english = (" and ", " or ", " with ", "(read", "where the")
    assert [name for name in told if any(word in name for word in english)] == []


@pytest.mark.parametrize("exchange", IDS)
def test_the_steps_say_which_rights_to_give_and_that_withdrawal_stays_off(exchange):
    steps = " ".join(ExchangeText(EXCHANGES[exchange], "en").steps)
    assert "permissions" in steps.lower() or "read-write" in steps
    assert "Leave " in steps
    assert "IP addresses of the server" in steps
    assert ("passphrase and keep it" in steps) is (
        "passphrase" in EXCHANGES[exchange].signing.credentials
    )


@pytest.mark.parametrize("exchange", IDS)
def test_how_far_the_clock_may_be_off_is_told_for_both_ways(exchange):
    row = EXCHANGES[exchange]
    for lang, ahead in (("en", "s ahead of it"), ("tr", "sn ileri")):
        text = ExchangeText(row, lang).limits[-1]
        assert (ahead in text) is (row.pace.ahead is not None)
        for seconds in {row.pace.window, row.pace.ahead} - {None}:
            assert f" {seconds:g} s" in text


def test_a_call_from_ahead_is_refused_sooner_by_those_that_say_so():
    assert all(case.row.pace.ahead == case.facts.ahead for case in CASES.values())
    assert any(case.facts.ahead for case in CASES.values())
    assert all(
        row.pace.ahead < row.pace.window for row in EXCHANGES.values() if row.pace.ahead is not None
    )


def test_a_person_is_told_how_to_attest_where_the_exchange_cannot_say():
    attestable = [i for i in IDS if cell(EXCHANGES[i], Fact.WITHDRAW).known is Known.ATTESTABLE]
    assert attestable == [i for i in IDS if not CASES[i].facts.tells_withdraw] != []
    for exchange in attestable:
        for lang in ("en", "tr"):
            assert "attest: {withdraw_disabled:" in " ".join(
                ExchangeText(EXCHANGES[exchange], lang).steps
            )


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize("exchange", IDS)
def test_the_verb_tells_all_of_it(capsys, exchange, lang):
    told = ExchangeText(EXCHANGES[exchange], lang, seen_live.read().get(exchange))
    out = run_in(capsys, "exchanges", exchange, "--lang", lang).out
    for text in (*told.steps, *told.limits, *told.expiry, *told.notes, *told.doubts):
        assert text in out
    for fact in Fact:
        assert f"{FACTS[fact].in_(lang)}: {told.known(fact)}" in out
    found = run_in(capsys, "exchanges", exchange, "--lang", lang, "-o", "json").json()
    assert found["steps"] == told.steps
    assert found["facts"]["withdraw"]["text"] == told.known(Fact.WITHDRAW)
    assert found["requests_per_test"] in {4, 5}
    assert found["seen_live"] is (told.live is not None)


def test_the_document_is_current_and_says_of_each_whether_it_was_seen_live():
    live = seen_live.read()
    document = exchange_docs.document(live)
    assert (HOME / "docs" / "exchanges.md").read_text() == document, "run python docs/exchanges.py"
    assert document.count("Never seen live") == len(EXCHANGES.keys() - live.keys())
    assert document.count("Seen live on") == len(live)
    for exchange in IDS:
        assert f"## {EXCHANGES[exchange].title}\n" in document


def test_the_matrix_of_the_readme_is_current():
    readme = (HOME / "README.md").read_text()
    assert readme.count(exchange_docs.BEGIN) == readme.count(exchange_docs.END) == 1
    assert exchange_docs.block(seen_live.read()) in readme, "run python docs/exchanges.py"
    for exchange in IDS:
        assert f"[{EXCHANGES[exchange].title}](docs/exchanges.md#{exchange})" in readme


def test_the_script_changes_nothing_but_what_is_between_the_marks():
    script = documents()
    old = f"before\n{exchange_docs.BEGIN}\nold\n{exchange_docs.END}\nafter\n"
    assert script.readme(old, {}) == f"before\n{exchange_docs.block({})}\nafter\n"


NOBODY: dict[str, SeenLive] = {}
DAY = date(2026, 5, 4)
KUCOIN = {"kucoin": SeenLive(DAY, frozenset({Fact.READ, Fact.WITHDRAW, Fact.EXPIRY}))}


def row_of(live, exchange):
    title = f"| [{EXCHANGES[exchange].title}]"
    (line,) = [line for line in exchange_docs.matrix(live).splitlines() if line.startswith(title)]
    return [each.strip() for each in line.strip("|").split("|")]


def test_until_it_was_seen_live_a_fact_is_documented_and_never_called_verified():
    for text in (exchange_docs.document(NOBODY), exchange_docs.block(NOBODY)):
        assert "verified" not in text
        assert "No live exchange has been tested yet" in text
    assert {row_of(NOBODY, exchange)[-1] for exchange in IDS} == {"never"}


def test_what_was_seen_live_is_shown_with_its_date_and_nothing_else_is():
    before, after = row_of(NOBODY, "kucoin"), row_of(KUCOIN, "kucoin")
    changed = {n for n, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}
    assert {after[n] for n in changed} == {"seen live", "2026-05-04"}
    assert changed == {1, 4, len(after) - 1}  # the rule of its expiry stays a rule
    assert row_of(KUCOIN, "okx") == row_of(NOBODY, "okx")
    document = exchange_docs.document(KUCOIN)
    assert "Seen live on 2026-05-04" in document
    assert "Nothing has been tested against a live exchange" not in document
    assert "No live exchange has been tested" not in document


@pytest.mark.parametrize("lang", ["en", "tr"])
def test_the_verb_tells_what_was_seen_live(capsys, monkeypatch, lang):
    monkeypatch.setattr(seen_live, "read", lambda: KUCOIN)
    one = run_in(capsys, "exchanges", "kucoin", "--lang", lang).out
    assert f"{FACTS[Fact.WITHDRAW].in_(lang)}: {SEEN.in_(lang)}" in one
    assert "2026-05-04" in one
    assert "2026-05-04" in run_in(capsys, "exchanges", "--lang", lang).out
    told = run_in(capsys, "exchanges", "kucoin", "-o", "json").json()
    assert (told["seen_live"], told["seen_live_on"]) == (True, "2026-05-04")
    assert told["facts"]["withdraw"]["seen_live"] is True
    assert told["facts"]["futures"] == {
        "known": "documented",
        "seen_live": False,
        "text": "documented",
    }


def test_the_latest_day_counts_and_all_that_any_answer_showed():
    key = {"time": "ok", "key": "ok", "granted": ["read"], "denied": ["withdraw", "earn"]}
    older = {"time": "Timeout", "ip_bound": False, "tells_creation": True}
    told = [("okx", DAY, key), ("okx", date(2026, 5, 1), older), ("mexc", DAY, {})]
    live = seen_live.seen(told)
    assert live["mexc"].facts == set()
    assert live["okx"] == SeenLive(
        DAY,
        {
            Fact.READ,
            Fact.WITHDRAW,
            Fact.CLOCK,
            Fact.OWN_ADDRESS,
            Fact.IP_LIST,
            Fact.CREATION,
        },
    )


def test_what_is_written_of_the_bundles_is_read_again(monkeypatch, tmp_path):
    monkeypatch.setattr(seen_live, "FILE", tmp_path / "seen.json")
    seen_live.FILE.write_text(seen_live.text(KUCOIN))
    assert seen_live.read() == KUCOIN
