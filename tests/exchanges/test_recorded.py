"""Answers that others recorded or documented, each read rightly, or refused for a reason beside it.

`recorded.json` of an exchange: where the answer was found (`source`: a repository and its file or
thread, or the page of sources), to which `question` (`signed`, `every`, or a kind of market), its
`body`, and what is to be read from it (`says`). Long lists are cut to three rows, and fields that
say nothing of ours are left out; an address of somebody's is 203.0.113.7. Where the answer is none
of ours, `why` says so.
"""

import json
import re
from collections import Counter
from functools import partial

import pytest

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import QUESTIONS, Failure
from bf_reconciler.probe import classify
from bf_reconciler.probe.transport import Answer
from build import NOW
from exchanges.cases import CASES

ASKED = {"signed": QUESTIONS[1:], "every": QUESTIONS}
SOURCE = re.compile(r"[\w.-]+/[\w.-]+(#\d+|: \S.*)")
ALL = [(case, each) for case in CASES.values() for each in case.read("recorded.json")]
IDS = [f"{case.row.id}-{number}" for number, (case, _) in enumerate(ALL)]
LEAST = 175


def facts(key):
    """What a description of a key says, as the file has it."""
    ends = {"expires": key.expires_at.isoformat()} if key.expires_at else {}
    return {
        "granted": sorted(map(str, key.granted)),
        "denied": sorted(map(str, key.denied)),
        "ip_bound": key.ip_bound,
        **({"unknown": list(key.unknown_words)} if key.unknown_words else {}),
        **({"ips": list(key.ips)} if key.ips is not None else {}),
        **ends,
    }


def in_order(names):
    return None if names is None else sorted(names)


def asked(row, question, api_key):
    """The reader of a question, and how its answer is written down."""
    markets = row.markets.lists
    if question in markets:
        read = markets[question].read
        return lambda row, got, now: classify.read(row, "markets", got, read, now), dict
    return {
        "time": (classify.read_time, lambda clock: {"time": clock}),
        "first": (
            lambda row, got, now: classify.read_first(row, row.calls.first, got, now),
            lambda value: {"value": value},
        ),
        "key": (partial(classify.read_key, api_key=api_key), facts),
        "balance": (
            classify.read_balance,
            lambda balance: {"empty": balance.empty, "assets": in_order(balance.assets)},
        ),
        "orders": (classify.read_orders, lambda orders: {"pairs": in_order(orders.pairs)}),
    }[question]


def said(case, each, question):
    row = case.row.instead[each["instead"]] if "instead" in each else case.row
    raw = each["body"] if isinstance(each["body"], str) else json.dumps(each["body"])
    got = Answer(each.get("http", 200), {}, raw.encode())
    read, written = asked(row, question, each.get("api_key", "k" * 12))
    answer = read(row, got=got, now=NOW)
    if isinstance(answer, Failure):
        return {"reason": str(answer.reason)}
    if question == "time":
        return written(row.calls.time.read(each["body"]))
    return written(answer)


@pytest.mark.parametrize(("case", "each"), ALL, ids=IDS)
def test_a_recorded_answer_is_read_rightly_or_refused_for_a_reason(case, each):
    for question in ASKED.get(each["question"], (each["question"],)):
        assert said(case, each, question) == each["says"], each["source"]
    assert ("why" in each) is (each["says"].get("reason") == "UnexpectedResponse")
    assert SOURCE.fullmatch(each["source"]) or each["source"].startswith("docs/sources/")


def test_there_are_as_many_as_were_ever_fed_to_the_rows_and_some_of_every_question():
    assert len(ALL) >= LEAST
    for case in CASES.values():
        counted = Counter(each["question"] for _, each in ALL if _ is case)
        told = {"time", "key", "balance", "orders", "spot", "signed"}
        lacking = {"mexc": {"key"}}  # its description of a key is recorded in key-*.json alone
        assert told - set(counted) <= lacking.get(case.row.id, set())
    assert set(CASES) == set(EXCHANGES)
