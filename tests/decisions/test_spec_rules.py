"""What the spec says of entries that are right each by itself: fit, references, limits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import build
from bf_reconciler.spec import (
    LOCAL,
    Connection,
    ConnectionEntry,
    MaxRemovals,
    Policy,
    Spec,
    Strategy,
    StrategyEntry,
    inconsistencies,
    misfits,
    prepare,
    too_many,
)
from bf_reconciler.spec.connection import Attestation
from bf_reconciler.spec.money import BalanceRatio, Money
from bf_reconciler.spec.prepared import NEEDED

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEYS = {"api_key": "k", "secret": "s", "passphrase": "p"}


def a_connection(**changes):
    return Connection.model_validate(
        {"name": "kucoin-a", "exchange": "kucoin", "credentials": KEYS} | changes
    )


def a_strategy(**changes):
    return Strategy.model_validate(
        {"name": "btc-grid", "connection": "kucoin-a", "pairs": ["BTC/USDT"]} | changes
    )


def found(strategy, connection=None, connections=None, runtimes=MappingProxyType({"local": LOCAL})):
    known = {"kucoin-a": connection} if connections is None else connections
    return list(inconsistencies(strategy, known, runtimes))


def test_a_connection_that_fits_its_exchange_has_no_misfits():
    assert misfits(a_connection()) == []


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"credentials": {"api_key": "k", "secret": "s"}}, ("credentials",)),
        ({"exchange": "mexc"}, ("credentials", "passphrase")),
        ({"environment": "testnet"}, ("environment",)),
        ({"region": "mars"}, ("region",)),
        (
            {"exchange": "mexc", "region": "eu", "credentials": {"api_key": "k", "secret": "s"}},
            ("region",),
        ),
        (
            {
                "exchange": "bybit",
                "environment": "demo",
                "region": "eu",
                "credentials": {"api_key": "k", "secret": "s"},
            },
            ("region",),
        ),
        ({"markets": ["spot", "spot"]}, ("markets",)),
        ({"endpoint": "http://[::1]:1", "proxy": "http://u:p@proxy.example:3128"}, ("proxy",)),
    ],
)
def test_each_misfit_is_told_at_its_place(changes, place):
    assert [where for where, _ in misfits(a_connection(**changes))] == [place]


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": "http://127.0.0.1:1", "proxy": "http://localhost:3128"},
        {"endpoint": "https://gateway.example", "proxy": "http://proxy.example:3128"},
        {"proxy": "http://proxy.example:3128"},
        {"endpoint": "http://127.0.0.1:1"},
    ],
)
def test_a_proxy_reads_no_key(changes):
    assert misfits(a_connection(**changes)) == []


def test_a_strategy_that_fits_is_consistent():
    assert found(a_strategy(), a_connection()) == []


def test_a_broken_connection_is_there_but_says_nothing_of_markets():
    strategy = a_strategy(market="futures", pairs=["BTC/USDT:USDT"])
    assert found(strategy, None) == []
    assert [place for place, _ in found(strategy, a_connection())] == [("market",)]
    assert [place for place, _ in found(strategy, connections={})] == [("connection",)]


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({"runtime": "other"}, [("runtime",)]),
        ({"leverage": 2}, [("leverage",)]),
        ({"direction": "short"}, [("direction",)]),
        ({"pairs": ["BTC/USDT:USDT"]}, [("pairs", 0)]),
        ({"pairs": ["BTC/USDT", "BTC/USDT"]}, [("pairs", 1)]),
        ({"safety_orders": {}}, []),
        ({"safety_orders": {"max": 2, "max_active": 1, "step_pct": 1}}, []),
        (
            {"safety_orders": {"max": 2, "max_active": 3, "step_pct": 1}},
            [("safety_orders", "max_active")],
        ),
        ({"safety_orders": {"max": 2}}, [("safety_orders",)]),
        ({"exclude_pairs": ["BNB/*", "ETH/USDT", "*/BUSD"]}, []),
        ({"exclude_pairs": ["BTC/USDT"]}, [("pairs", 0)]),
        ({"exclude_pairs": ["*/USDT"]}, [("pairs", 0)]),
        ({"exclude_pairs": ["BTC/*"]}, [("pairs", 0)]),
        ({"trailing": {"stop_pct": 3}}, []),
        ({"trailing": {}}, [("trailing",)]),
        ({"trailing": {"take_profit_pct": 1}}, [("trailing", "take_profit_pct")]),
        ({"trailing": {"take_profit_pct": 1}, "take_profit_pct": 2}, []),
        (
            {"trailing": {"take_profit_pct": 2}, "take_profit_pct": 2},
            [("trailing", "take_profit_pct")],
        ),
        ({"max_daily_loss_pct": 5, "max_drawdown_pct": 10}, []),
        ({"max_daily_loss_pct": 5}, []),
        ({"max_daily_loss_pct": 11, "max_drawdown_pct": 10}, [("max_daily_loss_pct",)]),
        ({"grid": {"lower": 1, "upper": 2, "levels": 3}}, []),
        ({"grid": {"lower": 2, "upper": 2, "levels": 3}}, [("grid", "upper")]),
        (
            {"grid": {"lower": 1, "upper": 2, "levels": 3}, "pairs": ["BTC/USDT", "ETH/USDT"]},
            [("grid",)],
        ),
        ({"start_condition": {}}, []),
        ({"start_condition": {"when": "price", "above": 1, "below": 2}}, []),
        ({"start_condition": {"when": "price"}}, [("start_condition",)]),
        ({"start_condition": {"above": 1}}, [("start_condition", "when")]),
        (
            {"start_condition": {"when": "price", "above": 1}, "pairs": ["A/B", "C/D"]},
            [("start_condition",)],
        ),
        (
            {"start_condition": {"when": "price", "above": 2, "below": 1}},
            [("start_condition", "below")],
        ),
        ({"start_condition": {"when": "signal", "signal": "golden-cross"}}, []),
        ({"start_condition": {"when": "signal"}}, [("start_condition",)]),
        ({"start_condition": {"signal": "golden-cross"}}, [("start_condition",)]),
        ({"settings": {"a": {"b": [1.0, float("nan")]}}}, [("settings", "a", "b", 1)]),
    ],
)
def test_each_inconsistency_is_told_at_its_place(changes, places):
    assert [place for place, _ in found(a_strategy(**changes), a_connection())] == places


def test_a_margin_limit_knows_its_two_forms():
    money = a_strategy(margin_limit={"amount": 5, "currency": "USDT"}).margin_limit
    share = a_strategy(margin_limit={"balance_ratio": 0.3}).margin_limit
    assert money == Money(amount=5, currency="USDT")
    assert share == BalanceRatio(balance_ratio=0.3)
    assert a_strategy(margin_limit=share).margin_limit == share
    assert a_strategy(margin_limit=money).margin_limit == money
    assert a_strategy(margin_limit=None).margin_limit is None


def test_the_fingerprint_of_the_key_is_the_same_wherever_the_key_stands():
    def fingerprint(pepper=b"p", **changes):
        return a_connection(**changes).key_fingerprint(pepper)

    same = {"credentials": KEYS | {"secret": "other"}, "endpoint": "https://x.example"}
    assert fingerprint() == fingerprint(**same)
    different = [
        fingerprint(),
        fingerprint(b"q"),
        fingerprint(credentials=KEYS | {"api_key": "other"}),
        fingerprint(environment="testnet"),
        a_connection().fingerprint(b"p"),
    ]
    assert len(set(different)) == len(different)
    assert KEYS["api_key"] not in fingerprint()


def test_the_fingerprint_changes_with_what_decides_the_answers_and_only_then():
    def fingerprint(pepper=b"p", **changes):
        return a_connection(**changes).fingerprint(pepper)

    assert fingerprint() == fingerprint(labels={"a": "b"}, interval="5s", account="x")
    different = {
        fingerprint(),
        fingerprint(b"q"),
        fingerprint(credentials=KEYS | {"api_key": "other"}),
        fingerprint(credentials=KEYS | {"secret": "other"}),
        fingerprint(credentials=KEYS | {"passphrase": "other"}),
        fingerprint(endpoint="https://x.example"),
        fingerprint(proxy="http://x.example:1"),
        fingerprint(environment="testnet"),
        fingerprint(region="eu"),
        fingerprint(exchange="mexc"),
    }
    assert len(different) == 10


def test_a_persons_word_holds_for_ninety_days():
    word = Attestation(by="me", at=NOW)
    assert word.holds(NOW)
    assert word.holds(NOW + timedelta(days=89))
    assert not word.holds(NOW + timedelta(days=90))
    assert not word.holds(NOW - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("before", "removed", "is_it"),
    [(9, 9, False), (10, 3, False), (10, 4, True), (1000, 300, False), (1000, 301, True)],
)
def test_too_many_is_more_than_the_share_of_a_list_that_is_long_enough(before, removed, is_it):
    assert too_many(before, removed, MaxRemovals()) is is_it


@given(st.integers(0, 99), st.integers(0, 99), st.integers(1, 99))
def test_losing_nothing_is_never_too_much_and_more_is_never_better(before, removed, at_least):
    limit = MaxRemovals(at_least=at_least)
    assert not too_many(before, 0, limit)
    assert not too_many(before, before, MaxRemovals(percent=100, at_least=at_least))
    assert too_many(before, removed, limit) <= too_many(before, removed + 1, limit)


def an_entry(connection):
    return ConnectionEntry(connection, "f", 1, "current", timedelta(1), timedelta(1), "BTC/USDT")


def a_spec(connections, strategies):
    return Spec(
        1,
        "r",
        "d",
        Policy(),
        None,
        {"local": LOCAL},
        {c.name: an_entry(c) for c in connections},
        {s.name: StrategyEntry(s, 1, "current") for s in strategies},
    )


def test_a_spec_knows_the_strategies_of_each_connection():
    one, two = a_strategy(), a_strategy(name="eth-grid")
    spec = a_spec([a_connection()], [one, two, a_strategy(name="x", connection="other")])
    assert spec.by_connection["kucoin-a"] == (one, two)
    assert set(spec.by_connection) == {"kucoin-a", "other"}
    assert spec.connections["kucoin-a"].name == "kucoin-a"
    assert spec.strategies["btc-grid"].name == "btc-grid"


def test_a_spec_that_is_prepared_is_the_same_and_has_worked_out_what_turns_need():
    spec = build.a_spec()
    prepare(spec)
    assert vars(spec).keys() > {"by_connection", "twins", "pairs", "positions"}
    assert spec == build.a_spec()


PRESENT = st.sampled_from([True, True, True, True, False])
KEPT = st.sampled_from(["a", "a", "a", "b"])


@st.composite
def fleets(draw):
    connections = [
        (name, draw(KEPT), draw(st.sampled_from(["kucoin", "kucoin", "mexc"])))
        for name in draw(st.sampled_from(["pqr", "pqr", "prq"]))
        if draw(PRESENT)
    ]
    strategies = [
        (f"s-{number}", draw(st.sampled_from("pppqr")), draw(st.sampled_from(["BTC", "ETH"])))
        for number in range(4)
        if draw(PRESENT)
    ]
    return connections, strategies, draw(st.booleans())


def prepared(fleet, before=None):
    """The spec of a fleet; what is declared as in the one before is the same object there."""
    connections, strategies, twins = fleet
    spec = a_spec([], [])
    for name, key, exchange in connections:
        mine = key if twins else f"{key}-{name}"
        body = a_connection(name=name, exchange=exchange, credentials=KEYS)
        entry = replace(an_entry(body), key_fingerprint=mine)
        was = before.connections.get(name) if before is not None else None
        spec.connections[name] = was if was == entry else entry
    for name, connection, pair in strategies:
        entry = StrategyEntry(
            a_strategy(name=name, connection=connection, pairs=[f"{pair}/USDT"]), 1, "current"
        )
        was = before.strategies.get(name) if before is not None else None
        spec.strategies[name] = was if was == entry else entry
    return spec


@given(st.lists(fleets(), min_size=2, max_size=4))
def test_what_is_prepared_from_the_spec_before_is_what_is_worked_out_anew(history):
    before = None
    for fleet in history:
        spec = prepared(fleet, before)
        anew = prepared(fleet)
        prepare(spec, before)
        prepare(anew)
        for name in (*NEEDED, "twins"):
            assert getattr(spec, name) == getattr(anew, name), name
        assert [*spec.positions] == [*anew.positions]
        before = spec
