"""The key's description of itself, body by body: what is known of it, and what is not."""

from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from bf_reconciler.facts import KeyFacts
from exchanges.cases import KEY_IDS, KEYS

NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)


def shown(facts):
    plain = {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in asdict(facts).items()
        if name != "undecided"  # what is neither granted nor denied, though all could be read
    }
    times = {n: t.isoformat() for n, t in plain.items() if isinstance(t, datetime)}
    lists = {n: list(v) for n, v in plain.items() if isinstance(v, tuple)}
    return plain | times | lists


@pytest.mark.parametrize(("case", "name"), KEYS, ids=KEY_IDS)
def test_a_body_gives_exactly_these_facts(case, name):
    told = case.keys[name]
    now = datetime.fromisoformat(told["now"]) if "now" in told else NOW

    row = case.row
    if "instead" in told:
        row = row.instead[told["instead"]]
    facts = row.calls.key.read(told["body"], now)
    if "more" in told:
        facts = row.calls.more.read(facts, told["more"], told["key"])

    nothing = shown(KeyFacts(frozenset(), frozenset()))
    assert shown(facts) == nothing | told["facts"]
    assert facts.undecided.isdisjoint(facts.granted | facts.denied)
