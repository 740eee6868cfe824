"""What people are told of exchanges: in both languages, and as rows and documents have it."""

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from bf_reconciler.cli import exchange_docs
from bf_reconciler.cli.exchange_text import FACTS, KNOWN, MEANING, ExchangeText, cell, rule
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.exchanges.guide import EVERYWHERE, Fact, Known
from bf_reconciler.exchanges.guides import guide
from bf_reconciler.facts import Scope
from commandline import run_in
from exchanges.cases import CASES

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
    facts = {"allowlist": Fact.IP_LIST, "withdraw": Fact.WITHDRAW}
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
        case Known.VERIFIED if fact in {Fact.READ, Fact.SPOT}:
            assert True in said
        case Known.VERIFIED:
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
        assert read is (known in {Known.VERIFIED, Known.PARTLY})


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
    told = ExchangeText(EXCHANGES[exchange], lang)
    out = run_in(capsys, "exchanges", exchange, "--lang", lang).out
    for text in (*told.steps, *told.limits, *told.expiry, *told.notes, *told.doubts):
        assert text in out
    for fact in Fact:
        assert f"{FACTS[fact].in_(lang)}: {told.known(fact)}" in out
    found = run_in(capsys, "exchanges", exchange, "--lang", lang, "-o", "json").json()
    assert found["steps"] == told.steps
    assert found["facts"]["withdraw"]["text"] == told.known(Fact.WITHDRAW)
    assert found["requests_per_test"] in {4, 5}
    assert found["seen_live"] is False


def test_the_document_is_current_and_says_of_each_that_it_was_never_seen_live():
    document = exchange_docs.document()
    assert (HOME / "docs" / "exchanges.md").read_text() == document, "run python docs/exchanges.py"
    assert document.count("Never seen live") == len(EXCHANGES)
    for exchange in IDS:
        assert f"## {EXCHANGES[exchange].title}\n" in document


def test_the_matrix_of_the_readme_is_current():
    readme = (HOME / "README.md").read_text()
    assert readme.count(exchange_docs.BEGIN) == readme.count(exchange_docs.END) == 1
    assert exchange_docs.block() in readme, "run python docs/exchanges.py"
    for exchange in IDS:
        assert f"[{EXCHANGES[exchange].title}](docs/exchanges.md#{exchange})" in readme


def test_the_script_changes_nothing_but_what_is_between_the_marks():
    place = spec_from_file_location("render_exchanges", HOME / "docs" / "exchanges.py")
    script = module_from_spec(place)
    place.loader.exec_module(script)
    old = f"before\n{exchange_docs.BEGIN}\nold\n{exchange_docs.END}\nafter\n"
    assert script.readme(old) == f"before\n{exchange_docs.block()}\nafter\n"
