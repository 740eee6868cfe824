"""What an exchange never reports can meet no rule; a file that needs it is told so."""

import pytest

from bf_reconciler.facts import ConfigReason
from document.sample import a_connection, a_file, a_strategy, read, sealed


def a_key(exchange, **changes):
    keys = {key: sealed() for key in ("api_key", "secret")}
    return a_connection(f"{exchange}-main-grid", exchange=exchange, credentials=keys, **changes)


def told(connection, strategy=None, **document):
    problems = read(
        a_file([connection], [strategy or a_strategy(connection=connection["name"])], **document)
    ).problems
    return [
        (problem.severity, problem.path, problem.message)
        for problem in problems
        if problem.reason is not ConfigReason.NOT_SEALED
    ]


def test_a_risk_level_that_needs_an_allowlist_is_a_dead_end_where_none_is_reported():
    strategy = a_strategy(connection="coinbase-main-grid", risk_level="aggressive")
    words = (
        "risk level aggressive requires an IP allowlist, which Coinbase does not report, so the "
        "strategy can never be turned on; choose another level, or set "
        "policy.risk_levels.aggressive.ip_allowlist: recommended"
    )
    found = told(a_key("coinbase"), strategy)
    assert found == [("warning", "strategies.0.risk_level", words)]
    relaxed = {"risk_levels": {"aggressive": {"max_leverage": 10}}}
    assert told(a_key("coinbase"), strategy, policy=relaxed) == []
    assert told(a_key("coinbase")) == []
    assert (
        told(a_key("mexc"), a_strategy(connection="mexc-main-grid", risk_level="aggressive")) == []
    )


@pytest.mark.parametrize("word", ["required", "exact"])
def test_a_strict_allowlist_is_a_dead_end_where_none_is_reported(word):
    own = told(a_key("coinbase", ip_allowlist=word))
    words = "Coinbase does not report the IP allowlist of a key, so the connection can never meet "
    assert own == [
        (
            "warning",
            "connections.0.ip_allowlist",
            f"{words}ip_allowlist: {word}; use recommended here",
        )
    ]
    common = told(a_key("coinbase"), policy={"ip_allowlist": word})
    assert common == [
        (
            "warning",
            "connections.0.exchange",
            f"{words}policy.ip_allowlist: {word}; use recommended here",
        )
    ]
    lenient = a_key("coinbase", ip_allowlist="recommended")
    assert told(lenient, policy={"ip_allowlist": word}) == []


def test_an_age_is_not_checked_where_no_creation_is_reported():
    age = {"max_key_age": "90d"}
    words = (
        "Coinbase does not report when a key was created, so policy.max_key_age is not checked "
        "here; note the day yourself"
    )
    assert told(a_key("coinbase"), policy=age) == [("warning", "connections.0.exchange", words)]
    assert told(a_key("mexc"), policy=age) == []


def test_a_key_whose_withdraw_right_is_not_reported_needs_the_word_of_a_person():
    ((severity, path, message),) = told(a_key("gate"))
    assert (severity, path) == ("warning", "connections.0.exchange")
    assert message.endswith("until somebody checks that and adds attest.withdraw_disabled")
    word = {"by": "ada", "at": "2026-11-01"}
    assert told(a_key("gate", attest={"withdraw_disabled": word})) == []
