"""Answers that were seen or are described, as they come over the wire, and what is right to say.

`answers.json` of an exchange: to which `question` (`signed` is every one that takes a key, `every`
is each), the answer or its `change` against the good one of `forms.json`, the status that is right
(one of `status`), reasons that must be among the conditions, and reasons that must not.
"""

import copy
import json
from functools import partial
from itertools import product

import pytest

from bf_reconciler.facts import QUESTIONS, Failure, remember
from bf_reconciler.policy import ConditionType
from bf_reconciler.probe import classify
from bf_reconciler.probe.transport import Answer
from bf_reconciler.spec import Credentials, Policy
from bf_reconciler.verdict.judge import judge_connection
from build import NOW, a_connection, an_observation
from exchanges.cases import CASES
from exchanges.places import changed

READERS = {
    "time": classify.read_time,
    "key": partial(classify.read_key, api_key="k" * 12),
    "balance": classify.read_balance,
    "orders": classify.read_orders,
}
ASKED = {"signed": QUESTIONS[1:], "every": QUESTIONS}
ANYWHERE = [
    {
        "why": "a web firewall's challenge is no unexpected response of the exchange",
        "question": "signed",
        "http": 202,
        "body": "",
        "status": ["Unreachable"],
        "reasons": ["ExchangeUnavailable"],
        "never": ["UnexpectedResponse"],
    },
    {
        "why": "the sentences of the large content networks are the same at every exchange",
        "question": "every",
        "http": 403,
        "body": "The CloudFront distribution is configured to block access from your country.",
        "status": ["Unreachable"],
        "reasons": ["RegionRestricted"],
        "never": [],
    },
    {
        "why": "401 is the key, or its address",
        "question": "signed",
        "http": 401,
        "body": "",
        "status": ["Blocked"],
        "reasons": ["KeyOrIPRejected"],
        "never": [],
    },
]
ALL = [(case, answer) for case in CASES.values() for answer in [*case.answers, *ANYWHERE]]
IDS = [f"{case.row.id}-{number}" for number, (case, _) in enumerate(ALL)]


def body_of(case, answer):
    if "change" not in answer:
        return answer["body"]
    name = answer["question"] if answer["question"] in QUESTIONS else "key"
    form = copy.deepcopy(next(form for form in case.forms if form["name"] == name))
    for path, value in answer["change"].items():
        form = changed(form, f"body.{path}", value)
    return form["body"]


def judged(case, answer):
    body = body_of(case, answer)
    raw = body if isinstance(body, str) else json.dumps(body)
    got = Answer(answer["http"], answer.get("headers", {}), raw.encode())
    asked = ASKED.get(answer["question"], (answer["question"],))
    row = case.row.instead[answer["instead"]] if "instead" in answer else case.row
    answers = {question: READERS[question](row, got, NOW) for question in asked}
    if "more" in answer:
        more = Answer(200, {}, json.dumps(answer["more"]).encode())
        answers["key"] = classify.read_more(
            row, row.calls.more, answers["key"], "k" * 12, more, NOW
        )
    if isinstance(answers.get("time"), Failure):  # nothing signed is asked, then
        answers = {"time": answers["time"]}
    passphrase = "p" * 12 if "passphrase" in case.row.signing.credentials else None
    entry = a_connection(
        exchange=case.row.id,
        credentials=Credentials(api_key="k" * 12, secret="s" * 12, passphrase=passphrase),
        **answer.get("spec", {}),
    )
    observation = an_observation(**answers)
    seen = None
    for _ in range(3):  # the most that any exchange takes to confirm
        seen = remember(seen, observation)
    verdict = judge_connection(entry, Policy(), seen, NOW)
    return verdict, {finding.type: finding for finding in verdict.findings}


@pytest.mark.parametrize(("case", "answer"), ALL, ids=IDS)
def test_what_is_said_of_an_answer_is_right(case, answer):
    verdict, found = judged(case, answer)
    reasons = {finding.reason for finding in found.values()}
    assert verdict.state in answer["status"], (answer["why"], verdict.ready)
    assert set(answer.get("reasons", ())) <= reasons, answer["why"]
    assert not set(answer.get("never", ())) & reasons, answer["why"]
    assert found[ConditionType.IP_RESTRICTED].status != answer.get("bound_is_not")


HUGE = (10**400, -(10**400), "9" * 400, "9" * 5000, 1e308)


def places(value, path=()):
    yield path
    inner_of = dict(enumerate(value)) if isinstance(value, list) else value
    for key, inner in inner_of.items() if isinstance(inner_of, dict) else ():
        yield from places(inner, (*path, key))


def with_value(value, path, new):
    if not path:
        return new
    found = copy.copy(value)
    found[path[0]] = with_value(value[path[0]], path[1:], new)
    return found


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_number_is_too_large_to_be_read_about(case):
    """One that no float holds made all of its answer unknown: the right to withdraw, too."""
    for form in [*case.forms, *case.keys.values()]:
        for path, huge in product(places(form["body"]), HUGE):
            raw = json.dumps(with_value(form["body"], path, huge)).encode()
            for read in READERS.values():
                read(case.row, Answer(200, {}, raw), NOW)
