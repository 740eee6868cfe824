"""The same bytes say the same again; whatever else came is read."""

import json
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.exchanges import EXCHANGES, Call
from bf_reconciler.facts import Failure
from bf_reconciler.probe import classify
from bf_reconciler.probe.readings import Readings
from bf_reconciler.probe.transport import Answer
from exchanges.cases import CASES

NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)
READERS = {
    "key": classify.read_key,
    "balance": classify.read_balance,
    "orders": classify.read_orders,
}


@pytest.mark.parametrize("exchange", EXCHANGES)
@given(data=st.data())
def test_facts_of_the_last_answer_are_those_that_it_has_when_it_is_read_anew(exchange, data):
    row, case = EXCHANGES[exchange], CASES[exchange]
    kept = [key["body"] for key in case.keys.values()] + [body for body, *_ in case.errors]
    some = [json.dumps(case.nearly.wrapped(value)).encode() for value in ([], {}, "x")]
    bodies = [b"", b"<html>", *some, *(json.dumps(body).encode() for body in kept)]
    readings = Readings()
    answers = st.tuples(
        st.sampled_from(sorted(READERS)), st.sampled_from(bodies), st.sampled_from([200, 403, 503])
    )
    for question, body, status in data.draw(st.lists(answers, max_size=12)):
        got, call = Answer(status, {}, body), getattr(row.calls, question).call
        read = partial(READERS[question], row, got, NOW)
        assert readings.read(question, call, got, read) == read()


def test_what_came_in_the_same_bytes_is_not_read_again():
    row, readings, count = EXCHANGES["kucoin"], Readings(), []
    body = json.dumps({"code": "200000", "data": []}).encode()
    call = row.calls.balance.call

    def read(got):
        count.append(got)
        return classify.read_balance(row, got, NOW)

    def given(got, call=call):
        return readings.read("balance", call, got, partial(read, got))

    first = given(Answer(200, {}, body))
    assert not isinstance(first, Failure)
    assert given(Answer(200, {}, bytes(body))) is first
    assert len(count) == 1
    refused = Answer(503, {}, body)  # the words are the same, and they do not count
    assert isinstance(given(refused), Failure)
    assert isinstance(given(refused), Failure)
    assert len(count) == 3  # a failure is read each time
    assert given(Answer(200, {}, body)) is first
    given(Answer(200, {}, body), Call(call.method, {"type": "other"}))
    assert len(count) == 4
