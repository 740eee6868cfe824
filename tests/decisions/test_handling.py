"""What runtimes do with the fields of a strategy: every field is named, and shown as it is."""

from dataclasses import replace
from typing import get_args

import pytest

from bf_reconciler.spec import IGNORED, LOCAL, PASSED_ON, FileRuntime, Strategy, enforced, handled
from bf_reconciler.spec.handling import FIELDS, OURS
from bf_reconciler.spec.runtime import Runtime
from bf_reconciler.status import present_strategy
from bf_reconciler.verdict import StrategyMemory
from build import a_cycle

UNION = get_args(Runtime)[0]
RUNTIMES = get_args(UNION) or (UNION,)


def test_every_field_of_a_strategy_is_the_engines_or_ours():
    assert OURS.isdisjoint(FIELDS)
    assert OURS | set(FIELDS) == set(Strategy.model_fields)


@pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda runtime: runtime.__name__)
def test_every_runtime_names_every_field(runtime):
    assert set(runtime.handling) == set(FIELDS)


def test_what_is_declared_is_shown_in_the_order_of_the_model():
    declared = {"settings": {"a": 1}, "margin_limit": {}, "labels": {}, "name": "btc-grid"}
    shown = handled(declared, FileRuntime.handling)
    assert list(shown.items()) == [("margin_limit", PASSED_ON), ("settings", PASSED_ON)]


def test_the_api_says_it_of_each_strategy():
    memory = StrategyMemory(on=True, action="pause", runtime=LOCAL)
    declared = {"name": "btc-grid", "margin_limit": {"balance_ratio": 0.3}}
    status = next(iter(a_cycle().strategies.values()))
    shown = present_strategy(replace(status, memory=memory, declared=declared), 1)
    assert shown["handling"] == {"margin_limit": {"degree": "passed_on", "by": ""}}
    assert present_strategy(replace(status, memory=None), 1)["handling"] == {}


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (PASSED_ON, "passed on, not checked"),
        (IGNORED, "ignored"),
        (enforced("freqtrade's stake_amount"), "enforced by freqtrade's stake_amount"),
        (IGNORED._replace(by="one pod is one trade"), "ignored (one pod is one trade)"),
    ],
)
def test_it_is_told_in_words(what, words):
    assert str(what) == words
