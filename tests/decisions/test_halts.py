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
    unconfirmed,
)
from bf_reconciler.verdict import Halted
from edges.fakes import NOW, a_memory, a_status, a_strategy

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
    ("running", "told", "ever_on", "open_still"),
    [
        ("running", None, False, True),
        ("unknown", "run", False, True),
        ("unknown", "pause", True, True),
        ("unknown", "pause", False, False),
        ("unknown", None, True, True),
        ("unknown", None, False, False),
        ("paused", "run", True, False),
        ("stopped", "pause", True, False),
    ],
)
def test_what_was_told_to_run_and_is_not_shown_to_be_off_is_not_confirmed(
    running, told, ever_on, open_still
):
    memory = a_memory(ever_on=ever_on)
    found = a_strategy(running=running, told=told, memory=memory)
    assert unconfirmed(a_status(strategies=[found])) == (["btc-grid"] if open_still else [])


def test_an_entry_that_was_never_known_is_not_waited_for():
    wrong = a_strategy(running="unknown", memory=None)
    assert unconfirmed(a_status(strategies=[wrong])) == []


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
