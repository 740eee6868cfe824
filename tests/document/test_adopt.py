"""Swap only if valid, and keep the last good."""

import pytest

from bf_reconciler.document import Parsed, adopt
from bf_reconciler.facts import ConfigReason
from document.sample import (
    FULL,
    PEPPER,
    a_connection,
    a_file,
    a_strategy,
    adopted,
    many,
    read,
)

A = a_file()


def test_the_first_file_is_generation_one():
    spec, problems = adopted(None, A)
    assert spec.generation == 1
    assert problems == ()
    assert spec.revision == "r"
    assert list(spec.connections) == ["kucoin-main-grid"]
    assert spec.strategies["btc-grid"].origin == "current"


def test_the_generation_counts_changes_of_the_content():
    first, _ = adopted(None, A, digest="a")
    again, _ = adopted(first, A, digest="a")
    changed, _ = adopted(again, A, digest="b")
    assert (again.generation, changed.generation) == (1, 2)


def test_entries_that_did_not_change_keep_their_identity():
    first, _ = adopted(None, A, digest="a")
    second, _ = adopted(first, A, digest="b")
    assert second.connections["kucoin-main-grid"] is first.connections["kucoin-main-grid"]
    assert second.strategies["btc-grid"] is first.strategies["btc-grid"]


def test_interval_and_timeout_come_from_the_entry_or_the_defaults():
    connections = [a_connection("kucoin-a", interval="5s"), a_connection("kucoin-b", timeout="1s")]
    spec, _ = adopted(None, a_file(connections, [], defaults={"interval": "2m"}))
    entries = [(e.interval.seconds, e.timeout.seconds) for e in spec.connections.values()]
    assert entries == [(5, 10), (120, 1)]


@pytest.mark.parametrize(
    ("strategies", "pair"),
    [
        ([], "BTC/USDT"),
        ([a_strategy("a", market="futures", pairs=["ADA/USDT:USDT"])], "ADA/USDT:USDT"),
        (
            [
                a_strategy("a", market="futures", pairs=["ADA/USDT:USDT"]),
                a_strategy("b", pairs=["SOL/USDT", "XRP/USDT"]),
                a_strategy("c", pairs=["ETH/USDT"]),
            ],
            "SOL/USDT",
        ),
    ],
)
def test_the_pair_of_a_connection_is_one_that_it_trades(strategies, pair):
    connection = a_connection(markets=["spot", "futures"])
    spec, _ = adopted(None, a_file([connection], strategies))
    assert spec.connections["kucoin-main-grid"].pair == pair


def test_the_fingerprint_follows_the_pepper():
    one, _ = adopt(None, read(A), revision="r", digest="d", pepper=PEPPER)
    two, _ = adopt(one, read(A), revision="r", digest="d", pepper=b"other")
    name = "kucoin-main-grid"
    assert one.connections[name].fingerprint != two.connections[name].fingerprint


def test_a_refused_file_changes_nothing():
    first, _ = adopted(None, A)
    spec, problems = adopted(first, b"version: 9")
    assert spec is first
    assert problems == ()


def test_a_refused_first_file_declares_nothing():
    spec, _ = adopted(None, b"version: 9")
    assert spec.connections == {}
    assert spec.strategies == {}


def test_a_broken_entry_keeps_its_last_good_form_and_is_named():
    first, _ = adopted(None, A)
    broken = a_file([a_connection(interval="soon")], [a_strategy(pairs=[])])
    spec, _ = adopted(first, broken)
    connection, strategy = spec.connections["kucoin-main-grid"], spec.strategies["btc-grid"]
    assert connection.connection == first.connections["kucoin-main-grid"].connection
    assert (connection.origin, strategy.origin) == ("last_good", "last_good")
    assert (connection.line, strategy.line) == (3, 5)
    assert spec.broken_connections == {"kucoin-main-grid": "kucoin"}
    assert spec.broken_strategies == {"btc-grid": "kucoin-main-grid"}


def test_a_broken_entry_that_never_was_good_is_named_but_not_in_force():
    spec, _ = adopted(None, a_file([a_connection(interval="soon")], [a_strategy(pairs=[])]))
    assert spec.connections == {}
    assert spec.strategies == {}
    assert spec.broken_connections == {"kucoin-main-grid": "kucoin"}


def test_the_last_good_form_lives_through_several_bad_files():
    spec, _ = adopted(None, A)
    for index in range(3):
        spec, _ = adopted(spec, a_file([a_connection(account=index)]))
    assert spec.connections["kucoin-main-grid"].connection.account == "main"


def test_a_bad_file_between_two_good_ones_leaves_nothing_behind():
    first, _ = adopted(None, A)
    middle, _ = adopted(first, a_file([a_connection(interval="soon")], []))
    last, problems = adopted(middle, A)
    assert problems == ()
    assert read(A).problems == ()
    assert last.broken_connections == {}
    assert last.connections == first.connections
    assert last.strategies == first.strategies


def test_entries_that_vanish_from_a_short_list_are_let_go():
    first, _ = adopted(None, a_file(*many(9)))
    spec, problems = adopted(first, a_file([], []))
    assert spec.connections == {}
    assert problems == ()


def test_too_many_vanished_entries_of_one_kind_hold_those_of_both():
    first, _ = adopted(None, a_file(*many(10)))
    connections, strategies = many(9)
    spec, (problem,) = adopted(first, a_file(connections, strategies[:6]))
    assert len(spec.connections) == 10
    assert len(spec.strategies) == 10
    assert spec.connections["kucoin-sub-9"].origin == "held"
    assert spec.connections["kucoin-sub-9"].line == 0
    assert spec.strategies["btc-kucoin-sub-6"].origin == "held"
    assert problem.reason is ConfigReason.MASS_REMOVAL_HELD
    assert problem.render("f") == (
        "f: 1 of 10 connections and 4 of 10 strategies removed in one revision; they stay in "
        "force. If this is intended, raise policy.max_removals in this file"
    )


def test_no_more_than_the_limit_is_let_go():
    connections, strategies = many(10)
    first, _ = adopted(None, a_file(connections, strategies))
    spec, problems = adopted(first, a_file(connections[:7], strategies[:7]))
    assert len(spec.connections) == 7
    assert problems == ()


def test_the_limit_of_the_new_file_counts():
    connections, strategies = many(20)
    first, _ = adopted(None, a_file(connections, strategies))
    policy = {"max_removals": {"percent": 100, "at_least": 10}}
    spec, problems = adopted(first, a_file([], [], policy=policy))
    assert spec.connections == {}
    assert problems == ()


def test_held_entries_are_held_until_it_is_meant_and_come_back_as_they_are():
    whole = a_file(*many(20))
    first, _ = adopted(None, whole)
    held, _ = adopted(first, a_file([], []))
    still, (problem,) = adopted(held, a_file([], [], halt={"reason": "x", "by": "y"}))
    assert len(still.strategies) == 20
    assert "20 of 20" in problem.message
    back, problems = adopted(still, whole)
    assert problems == ()
    assert {entry.origin for entry in back.strategies.values()} == {"current"}


def test_a_strategy_that_is_switched_off_is_never_held_back():
    connections, strategies = many(20)
    first, _ = adopted(None, a_file(connections, strategies))
    off = [strategy | {"enabled": False} for strategy in strategies]
    spec, problems = adopted(first, a_file(connections, off))
    assert problems == ()
    assert not any(entry.strategy.enabled for entry in spec.strategies.values())


def test_an_entry_whose_name_cannot_be_read_does_not_remove_the_one_it_was():
    first, _ = adopted(None, a_file(*many(2)))
    connections, strategies = many(2)
    connections[1]["nmae"] = connections[1].pop("name")
    spec, (problem,) = adopted(first, a_file(connections, strategies[:1]))
    assert spec.connections["kucoin-sub-1"].origin == "held"
    assert list(spec.strategies) == ["btc-kucoin-sub-0"]
    assert problem.path == "connections"
    assert problem.message.startswith("1 missing while an entry has no readable name")


def test_a_strategy_whose_name_cannot_be_read_is_counted_where_nothing_was_in_force_before():
    connections, strategies = many(2)
    strategies[1]["name"] = "BTC_Grid"
    spec, problems = adopted(None, a_file(connections, strategies))
    assert (list(spec.strategies), spec.nameless_strategies) == (["btc-kucoin-sub-0"], 1)
    assert problems == ()
    assert adopted(spec, a_file(connections, strategies[:1]))[0].nameless_strategies == 0


def test_the_spec_takes_over_what_the_file_says_of_everything_else():
    spec, _ = adopted(None, FULL)
    names = {"local", "bots", "own", "hook", "bird", "ft", "k8s", "k8s-2"}
    assert set(spec.runtimes) == names
    assert spec.policy.recover_after == 2
    assert spec.halt is None
    assert spec.plaintext_secrets == 0
    assert Parsed().errors == ()


def test_connections_with_one_key_are_known_as_twins():
    spec, _ = adopted(None, a_file([a_connection("a"), a_connection("b")], []))
    assert spec.twins == dict.fromkeys("ab", ("a", "b"))
