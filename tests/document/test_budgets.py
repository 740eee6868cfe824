"""More requests than an exchange allows are a warning in the file, with the arithmetic."""

import pytest

from bf_reconciler.document import adopt
from bf_reconciler.facts import ConfigReason
from document.sample import a_connection, a_file, a_strategy, read

KRAKEN = {"api_key": "ENC[AES256_GCM,data:a,type:str]", "secret": "ENC[AES256_GCM,data:b,type:str]"}


def warnings(committed, decrypted=None):
    parsed = read(committed, decrypted)
    assert not parsed.errors
    return [
        (problem.severity, problem.path, problem.message)
        for problem in parsed.problems
        if problem.reason is ConfigReason.REQUEST_BUDGET_EXCEEDED
    ]


def keys(many, **fields):
    return [a_connection(f"kucoin-main-{n}", **fields) for n in range(many)]


def kraken(name="kraken-main", **fields):
    return {"name": name, "exchange": "kraken", "credentials": KRAKEN} | fields


def test_a_fleet_that_would_break_a_limit_is_told():
    words = (
        "412 KuCoin keys need 6.19 times the limit of one address (direct): "
        "(412 / 10 s) x 3 requests + the time = 123.8 a second, of 20 "
        "(docs/sources/kucoin.md#pace); each is tested that much later, so use a longer interval, "
        "or a proxy for some of them"
    )
    file = a_file(keys(412, interval="10s"), [])
    assert warnings(file) == [("warning", "connections.0.exchange", words)]
    assert warnings(a_file(keys(412), [], defaults={"interval": "10s"})) == [
        ("warning", "connections.0.exchange", words)
    ]


def test_one_that_keeps_within_it_is_not():
    assert warnings(a_file(keys(66, interval="10s"), [])) == []
    assert warnings(a_file(keys(396), [])) == []


def test_proxies_share_the_load():
    split = [
        {**entry, "proxy": f"http://127.0.0.1:{3128 + index % 8}"}
        for index, entry in enumerate(keys(412, interval="10s"))
    ]
    assert warnings(a_file(split, [])) == []


def test_what_is_suspended_asks_nothing():
    suspend = {"reason": "moving house", "owner": "ada", "until": None}
    assert warnings(a_file(keys(412, interval="10s", suspend=suspend), [])) == []


def test_a_single_key_can_be_too_much():
    told = warnings(a_file([kraken(interval="5s")], []))
    assert told == [
        (
            "warning",
            "connections.0.interval",
            (
                "its key needs 1.8 times the limit of an account: (1 / 5 s) x 3 x 45 s = 27, of 15 "
                "in 45 s (docs/sources/kraken.md#pace); it is tested every 9 s instead"
            ),
        )
    ]
    told = warnings(a_file([kraken()], [], defaults={"interval": "5s"}))
    assert [path for _, path, _ in told] == ["connections.0.exchange"]


def test_one_key_can_be_too_much_for_an_address():
    us = {"name": "us-main", "exchange": "binance", "region": "us", "credentials": KRAKEN}
    told = warnings(a_file([us | {"interval": "1s"}], []))
    assert [words[:70] for *_, words in told] == [
        "1 Binance key needs 1.33 times the limit of one address (direct): (1 /"
    ]


def test_those_that_share_a_key_are_named():
    both = [kraken(interval="10s"), kraken("kraken-sub", interval="10s")]
    clear = [{**each, "credentials": {"api_key": "k", "secret": "s"}} for each in both]
    assert warnings(a_file(both, [])) == []  # not decrypted, so nobody can say
    told = warnings(a_file(both, []), {"version": 1, "connections": clear, "strategies": []})
    assert [words.partition(" needs")[0] for *_, words in told] == [
        "its key (shared with kraken-sub)"
    ]


def adopted(connections, strategies=(), **changes):
    parsed = read(a_file(connections, list(strategies), **changes))
    spec, _ = adopt(None, parsed, revision="r", digest="d", pepper=b"p")
    return spec.connections


@pytest.mark.parametrize(("interval", "seconds"), [("5s", 9), ("9s", 9), ("1m", 60)])
def test_a_key_is_tested_no_more_often_than_its_account_allows(interval, seconds):
    entry = adopted([kraken(interval=interval)])["kraken-main"]
    assert entry.interval.total_seconds() == seconds


def test_connections_with_one_key_share_what_its_account_allows():
    both = adopted([kraken(interval="5s"), kraken("kraken-sub")])
    assert [entry.interval.total_seconds() for entry in both.values()] == [18, 60]


def test_an_entry_knows_whether_a_strategy_of_it_is_wanted():
    found = adopted(
        [a_connection(name) for name in ("on", "off", "none")],
        [a_strategy("a", "on"), a_strategy("b", "off", enabled=False)],
    )
    assert [entry.trades for entry in found.values()] == [True, False, False]
