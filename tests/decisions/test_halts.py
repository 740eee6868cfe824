"""A halt and its end in the history: who, and why."""

from dataclasses import replace

import pytest

from bf_reconciler.facts import Reason
from bf_reconciler.status import (
    StrategyState,
    file_halts,
    halt_event,
    present_transition,
    resume_event,
)
from bf_reconciler.verdict import Halted
from edges.fakes import NOW, a_status, a_strategy

FIRE = Halted("fire", "ada", NOW)
QUIET, BURNING = a_status(), a_status(file_halt=FIRE)


def told(event):
    return event.kind, event.name, event.before, event.after, event.reason, event.message, event.by


def test_a_halt_says_who_and_why():
    event = halt_event(QUIET, FIRE, NOW)
    assert told(event) == ("halt", "", "", "Halted", Reason.HALTED, "fire", "ada")
    assert (event.at, event.generation, event.revision) == (NOW, 3, "4e0b6d1")


def test_a_halt_has_the_shape_of_a_transition_without_a_remedy():
    shown = present_transition(halt_event(QUIET, FIRE, NOW))
    assert (shown["kind"], shown["by"], shown["remedy"]) == ("halt", "ada", "")


def test_a_resume_says_who_and_why():
    event = resume_event(QUIET, NOW, reason="it rains", by="bob")
    assert told(event) == ("halt", "", "Halted", "", Reason.HALTED, "it rains", "bob")


@pytest.mark.parametrize(("name", "before"), [("btc-grid", "Blocked"), ("nobody", "")])
def test_a_resume_of_one_strategy_names_it(name, before):
    status = a_status(strategies=[a_strategy(state=StrategyState.BLOCKED)])
    event = resume_event(status, NOW, by="bob", strategy=name)
    assert told(event) == ("halt", name, before, "", Reason.AWAITING_MANUAL_RESUME, "", "bob")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (QUIET, QUIET, []),
        (BURNING, BURNING, []),
        (BURNING, replace(BURNING, file_halt=replace(FIRE, since=None)), []),
        (QUIET, BURNING, [("", "Halted", "fire", "ada (the file)")]),
        (
            BURNING,
            replace(BURNING, file_halt=Halted("flood", "ada")),
            [("", "Halted", "flood", "ada (the file)")],
        ),
        (BURNING, QUIET, [("Halted", "", "", "the file")]),
    ],
    ids=["never", "still", "since", "begins", "another", "ends"],
)
def test_a_halt_of_the_file_is_told_when_it_changes(before, after, expected):
    found = file_halts(before, after, NOW)
    assert [(e.before, e.after, e.message, e.by) for e in found] == expected
