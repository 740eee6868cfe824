"""What stands behind the conditions of a connection."""

from datetime import timedelta

import pytest

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import (
    Balance,
    Failure,
    KeyFacts,
    Reason,
    Scope,
    Seen,
    Unread,
    remember,
)
from bf_reconciler.spec import Policy
from bf_reconciler.status import evidence
from edges.fakes import NOW, a_connection, a_seen, an_observation

REFUSED = Failure(Reason.INVALID_KEY, "The exchange does not know the key.", 401, "50111")
OKX = a_connection("okx-main", exchange="okx")
KEY = KeyFacts(
    granted=frozenset({Scope.READ, Scope.SPOT, Scope.PAY}),
    denied=frozenset({Scope.WITHDRAW}),
    unknown_words=("stake",),
    ip_bound=True,
    ips=("192.0.2.7", "192.0.2.8"),
    created_at=NOW - timedelta(days=9),
    unread=(Unread("expiry", "validUntil"),),
)


def answers(**changes):
    found = evidence(OKX, a_seen(**changes), None)["tested"]["answers"]
    return {answer["question"]: answer for answer in found}


def test_each_question_has_its_call_and_what_came_of_it():
    found = answers(key=REFUSED, balance=Failure(Reason.TIMEOUT, "No answer in 10 s."), orders=None)
    assert [(a["question"], a["call"], a["result"]) for a in found.values()] == [
        ("time", "publicGetPublicTime", "answered"),
        ("key", "privateGetAccountConfig", "refused"),
        ("balance", "privateGetAccountBalance", "failed"),
        ("orders", "privateGetTradeOrdersPending", "not_asked"),
    ]
    assert found["key"] == {
        "question": "key",
        "call": "privateGetAccountConfig",
        "result": "refused",
        "reason": "InvalidKey",
        "message": "The exchange does not know the key.",
        "http_status": 401,
        "code": "50111",
        "key": None,
    }


def test_an_empty_balance_is_told():
    assert answers()["balance"]["message"] == ""
    assert answers(balance=Balance(empty=True))["balance"]["message"] == "empty"


@pytest.mark.parametrize(
    ("language", "word"),
    [("en", "derivatives"), ("tr", "türev")],
)
def test_rights_are_told_in_the_words_of_the_exchange(language, word):
    key = KeyFacts(granted=frozenset({Scope.FUTURES}), denied=frozenset())
    (_, told, *_) = evidence(OKX, a_seen(key=key), None, language)["tested"]["answers"]
    assert word in told["key"]["granted"][0]


def test_of_a_key_all_is_told_but_its_addresses():
    assert answers(key=KEY)["key"]["key"] == {
        "granted": ["pay", "Read", "Trade"],
        "denied": ["Withdraw"],
        "unknown_words": ["stake"],
        "ip_bound": True,
        "addresses": 2,
        "created_at": "2026-04-25T12:00:00.000Z",
        "expires_at": None,
        "not_understood": ["validUntil"],
    }
    assert "192.0.2" not in str(evidence(OKX, a_seen(key=KEY), Policy()))


def test_the_end_of_a_key_and_a_list_that_is_not_told_are_told():
    key = KeyFacts(frozenset(), frozenset(), expires_at=NOW, ips=None)
    told = answers(key=key)["key"]["key"]
    assert (told["expires_at"], told["created_at"]) == ("2026-05-04T12:00:00.000Z", None)
    assert (told["addresses"], told["ip_bound"], told["granted"]) == (None, None, [])


def test_it_says_how_often_it_came_out_alike_and_what_was_before():
    seen = remember(Seen("fingerprint"), an_observation(key=REFUSED))
    minute = timedelta(minutes=1)
    seen = remember(seen, an_observation(at=NOW + minute))
    seen = remember(seen, an_observation(at=NOW + 2 * minute))
    found = evidence(OKX, seen, None)
    assert (found["tested"]["at"], found["tested"]["since"], found["tested"]["count"]) == (
        "2026-05-04T12:02:00.000Z",
        "2026-05-04T12:01:00.000Z",
        2,
    )
    assert found["before"] == {"at": "2026-05-04T12:00:00.000Z", "reasons": ["InvalidKey"]}


@pytest.mark.parametrize(
    ("known", "seen"),
    [(OKX, None), (OKX, Seen("new")), (a_connection(exchange="okx", last_probe=None), a_seen())],
    ids=["never seen", "not tested yet", "seen of another key"],
)
def test_where_nothing_was_seen_of_this_key_nothing_is_told(known, seen):
    assert evidence(known, seen, None) == {"tested": None, "before": None, "policy": None}


def test_the_policy_is_told_as_it_holds_for_the_exchange():
    found = evidence(OKX, None, Policy(grace=timedelta(minutes=7)))["policy"]
    assert (found["grace"], found["ip_allowlist"], found["confirm_after"]) == (
        "7m",
        "recommended",
        2,
    )
    strict = max(EXCHANGES.values(), key=lambda row: row.refusals.confirm)
    there = a_connection(exchange=strict.id)
    assert evidence(there, None, Policy())["policy"]["confirm_after"] == strict.refusals.confirm
    patient = Policy(confirm_after=20)
    assert evidence(there, None, patient)["policy"]["confirm_after"] == 20


def test_of_an_exchange_that_is_not_known_the_answers_are_told_without_calls():
    known = a_connection(exchange="nonesuch")
    found = evidence(known, a_seen(), Policy())
    assert {answer["call"] for answer in found["tested"]["answers"]} == {""}
    assert found["tested"]["answers"][1]["key"]["granted"] == ["read", "spot"]
    assert found["policy"]["confirm_after"] == 2
