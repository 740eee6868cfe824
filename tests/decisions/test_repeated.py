"""Who is shown as before but for times, and was seen in the same runs, said the same again."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest

from bf_reconciler.facts import Reason, remember
from bf_reconciler.status import Condition, ConnectionStatus, Status, repeated
from bf_reconciler.status.repeated import TIMES
from build import CONNECTION, NOW, a_cycle, a_seen, an_observation, an_outage

LATER = NOW + timedelta(seconds=60)
SEEN = a_seen(an_observation(), an_observation(LATER))
SHOWN = a_cycle(an_observation()).connections[CONNECTION]


def said(before=SHOWN, after=SHOWN, was=SEEN, seen=SEEN):
    old, new = ({CONNECTION: each} if each is not None else {} for each in (before, after))
    memories = ({CONNECTION: each} if each is not None else {} for each in (was, seen))
    return repeated(Status(connections=old), Status(connections=new), *memories, [CONNECTION])


OTHERS = [field.name for field in fields(ConnectionStatus) if field.name != "conditions"]


@pytest.mark.parametrize("field", OTHERS)
def test_whatever_else_is_shown_is_no_repetition(field):
    other = replace(SHOWN, **{field: object()})
    assert bool(said(after=other)) is (field in TIMES)


@pytest.mark.parametrize("field", [field.name for field in fields(Condition)])
def test_whatever_of_a_condition_is_another_but_its_words_is_no_repetition(field):
    first, *rest = SHOWN.conditions
    other = replace(SHOWN, conditions=(replace(first, **{field: object()}), *rest))
    assert bool(said(after=other)) is (field == "message")
    assert not said(after=replace(SHOWN, conditions=(first,)))


def test_one_more_good_answer_is_a_repetition_and_nothing_else_is():
    again = remember(SEEN, an_observation(LATER + timedelta(seconds=60)))
    assert said(seen=again) == {CONNECTION}
    assert not said(seen=remember(SEEN, an_outage(LATER, Reason.TIMEOUT)))
    assert not said(seen=replace(SEEN, entry="another"))
    assert not said(seen=replace(SEEN, assets={"DOGE": 0}))
    assert not said(seen=replace(SEEN, runs=()))


def test_who_was_not_there_or_is_not_said_nothing_again():
    for name in ("before", "after", "was", "seen"):
        assert not said(**{name: None})
