"""Limits in a file: told at their place, with the arithmetic where nothing of it is encrypted."""

from bf_reconciler.facts import ConfigReason
from document.sample import a_connection, a_file, a_strategy, read, sealed

USDT = {"amount": 500, "currency": "USDT"}


def limits(committed, decrypted=None):
    """Severity, path and message of every limit that is exceeded."""
    problems = read(committed, decrypted).problems
    return [
        (problem.severity, problem.path, problem.message)
        for problem in problems
        if problem.reason is ConfigReason.LIMIT_EXCEEDED
    ]


def test_a_worst_case_is_told_at_the_limit():
    order = {"size": 300, "currency": "USDT"}
    entry = a_strategy(base_order=order, margin_limit=USDT, max_open_trades=2)
    words = "its orders can take more than margin_limit: 2 trades x 300 = 600 USDT, more than 500"
    assert limits(a_file(strategies=[entry])) == [("error", "strategies.0.margin_limit", words)]


def test_strategies_that_share_a_connection_are_all_told():
    connection = a_connection(margin_limit={"amount": 800, "currency": "USDT"})
    both = [a_strategy("btc-grid", margin_limit=USDT), a_strategy("eth-grid", margin_limit=USDT)]
    words = (
        "the strategies of its connection exceed its margin_limit: "
        "btc-grid 500 + eth-grid 500 = 1000, more than 800 USDT"
    )
    assert limits(a_file([connection], both)) == [
        ("error", f"strategies.{index}.margin_limit", words) for index in (0, 1)
    ]
    assert read(a_file([connection], both)).broken_strategies.keys() == {"btc-grid", "eth-grid"}
    assert limits(a_file([connection], both[:1])) == []


def test_more_than_the_balance_is_a_warning():
    half = {"balance_ratio": 0.6}
    both = [a_strategy("btc-grid", margin_limit=half), a_strategy("eth-grid", margin_limit=half)]
    told = limits(a_file(strategies=both))
    assert [severity for severity, *_ in told] == ["warning", "warning"]
    assert told[0][2].endswith("btc-grid 0.6 + eth-grid 0.6 = 1.2, more than 1")
    assert limits(a_file(strategies=both[:1])) == []


def test_what_is_encrypted_is_in_no_arithmetic():
    hidden = {"amount": 7.25, "currency": "USDT"}
    secret = a_strategy(base_order={"size": 9, "currency": "USDT"}, margin_limit=hidden)
    connection = a_connection(margin_limit={"amount": 5, "currency": "USDT"})
    clear = {**connection, "credentials": dict.fromkeys(connection["credentials"], "clear")}
    plain = {"version": 1, "connections": [clear], "strategies": [secret]}
    committed = a_file(
        [connection], [{**secret, "margin_limit": {**hidden, "amount": sealed("float")}}]
    )
    told = limits(committed, plain)
    assert [words for *_, words in told] == ["its orders can take more than margin_limit"]
    fits = {**secret, "base_order": {"size": 7, "currency": "USDT"}}
    committed = a_file(
        [connection], [{**fits, "margin_limit": {**hidden, "amount": sealed("float")}}]
    )
    told = limits(committed, {**plain, "strategies": [fits]})
    assert [words for *_, words in told] == [
        "the strategies of its connection exceed its margin_limit"
    ]


def test_an_encrypted_limit_of_a_risk_level_is_in_no_arithmetic():
    def policy(value):
        return {"risk_levels": {"moderate": {"max_leverage": 3, "max_open_trades": value}}}

    entry = a_strategy(max_open_trades=7)
    plain = {"version": 1, "policy": policy(5), "connections": [a_connection()]}
    told = limits(
        a_file(strategies=[entry], policy=policy(sealed("int"))), {**plain, "strategies": [entry]}
    )
    place = "policy.risk_levels.moderate.max_open_trades"
    assert [words for *_, words in told] == [f"exceeds the limit of its risk level ({place})"]
