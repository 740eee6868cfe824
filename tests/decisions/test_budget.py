"""What a fleet asks of each exchange, and how much of its limits that is."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.spec import Connection
from bf_reconciler.spec.budget import (
    TIME_SERVES,
    Asked,
    budgets,
    exceeds,
    key_budgets,
    least_interval,
    ratios,
)
from bf_reconciler.spec.limits import number
from build import a_connection, a_spec, a_suspension

SECONDS = st.sampled_from([1, 2, 5, 10, 30, 60, 300])


def asked(name="key", interval=60, timeout=10, exchange="kucoin", key=None, **fields):
    secrets = {"api_key": key or f"key of {name}", "secret": "s"}
    if "passphrase" in EXCHANGES[exchange].signing.credentials:
        secrets["passphrase"] = "p"
    declared = {"name": name, "exchange": exchange, "credentials": secrets} | fields
    connection = Connection.model_validate(declared)
    return Asked(connection, timedelta(seconds=interval), timedelta(seconds=timeout))


def fleet(many, **fields):
    return [asked(f"key{number}", **fields) for number in range(many)]


def test_412_keys_of_kucoin_at_10_s_are_told_with_the_arithmetic():
    (found,) = budgets(fleet(412, interval=10))
    assert (found.exchange, found.egress, len(found.names)) == ("kucoin", "direct", 412)
    assert found.demand == pytest.approx(412 / 10 * 3 + 1 / TIME_SERVES)
    assert found.ratio == pytest.approx(123.8 / 20)
    assert found.arithmetic == "(412 / 10 s) x 3 requests + the time = 123.8 a second"


def test_an_exchange_that_weighs_calls_makes_no_room_for_a_time_that_is_shared():
    (found,) = budgets(fleet(30, exchange="mexc"))
    assert found.demand == pytest.approx(30 / 60 * 4)
    assert found.arithmetic == "(30 / 60 s) x 4 requests = 2 a second"


def test_a_few_keys_ask_for_the_time_no_more_often_than_they_are_asked():
    (found,) = budgets([asked(interval=60)])
    assert found.demand == pytest.approx(4 / 60)


def test_who_waits_for_another_timeout_asks_for_a_time_of_its_own():
    (found,) = budgets([*fleet(100), *(asked(f"b{n}", timeout=3) for n in range(100))])
    assert found.demand == pytest.approx(200 / 60 * 3 + 2 / TIME_SERVES)


def test_a_proxy_is_an_egress_of_its_own():
    proxy = {"proxy": "http://127.0.0.1:3128"}
    found = budgets([asked("a"), asked("b", **proxy), asked("c", **proxy), asked("d")])
    assert [(each.egress, each.names) for each in found] == [
        ("direct", ("a", "d")),
        ("proxy of b", ("b", "c")),
    ]


def test_environments_of_one_host_share_its_limits_and_others_do_not():
    found = budgets(
        [
            asked("live", exchange="okx"),
            asked("demo", exchange="okx", environment="demo"),
            asked("bybit", exchange="bybit"),
            asked("test", exchange="bybit", environment="testnet"),
        ]
    )
    assert [each.names for each in found] == [("live", "demo"), ("bybit",), ("test",)]
    shares = ratios(found)
    assert shares.keys() == {("okx", "direct"), ("bybit", "direct")}
    assert shares["bybit", "direct"] == max(each.ratio for each in found[1:])


def test_a_place_has_the_limits_of_its_own():
    (live,) = budgets([asked(exchange="binance")])
    (us,) = budgets([asked(exchange="binance", region="us")])
    assert us.ratio == pytest.approx(live.ratio * 12 / 3)


def test_many_intervals_are_summed_up():
    rows = [asked(f"k{n}", interval=10 + n) for n in range(7)]
    (found,) = budgets(rows)
    text = found.arithmetic
    assert text.startswith("(1 / 10 s + 1 / 11 s + 1 / 12 s + 1 / 13 s + 1 / 14 s + 2 more: 0.13)")


@pytest.mark.parametrize("row", EXCHANGES.values(), ids=EXCHANGES)
def test_our_own_pace_keeps_within_every_documented_limit_of_an_address(row):
    """So what is told of our pace is told of them, too."""
    for environment in row.environments:
        for region in (None, *row.regions):
            there = row.within(environment, region)
            probes = there.pace.rate / there.calls.requests  # none shares a time
            for limit in there.pace.limits:
                if limit.per == "address":
                    asked_of_it = probes * sum(limit.costs.values()) * limit.seconds
                    assert asked_of_it <= limit.amount, (environment, region, limit)


@pytest.mark.parametrize("exchange", EXCHANGES)
@given(intervals=st.lists(SECONDS, min_size=1, max_size=200))
def test_the_share_is_exact_and_our_pace_decides_it(exchange, intervals):
    row = EXCHANGES[exchange]
    rows = [asked(f"k{n}", interval=i, exchange=exchange) for n, i in enumerate(intervals)]
    (found,) = budgets(rows)
    probes = sum(Fraction(1, interval) for interval in intervals)
    times = min(probes, Fraction(1, 5))
    signed = row.calls.requests - bool(row.calls.instead) - 1
    demand = probes * signed + (probes if row.pace.by_weight else times)
    assert found.ratio == pytest.approx(float(demand / Fraction(row.pace.rate)))
    assert found.documented <= found.demand / found.rate + 1e-9
    assert ratios([found]) == {(exchange, "direct"): found.ratio}


def test_each_key_of_kraken_is_asked_every_9_s_at_most():
    """A probe makes three signed calls; 15 are forgiven, and one in 3 s from then on."""
    assert least_interval(asked(exchange="kraken").connection) == timedelta(seconds=9)
    (found,) = key_budgets([asked(exchange="kraken", interval=5)])
    assert found.ratio == pytest.approx(1.8)
    assert found.arithmetic == "(1 / 5 s) x 3 x 45 s = 27, of 15 in 45 s"
    assert not exceeds(key_budgets([asked(exchange="kraken", interval=9)])[0].ratio)


def test_connections_with_one_key_share_its_limit():
    twins = [asked(name, exchange="kraken", interval=10, key="one") for name in ("a", "b")]
    (found,) = key_budgets([*twins])
    assert (found.names, found.least) == (("a", "b"), timedelta(seconds=18))
    assert found.ratio == pytest.approx(1.8)
    others = [asked(name, exchange="kraken", interval=10) for name in ("a", "b")]
    assert [each.ratio for each in key_budgets(others)] == pytest.approx([0.9, 0.9])


def test_an_endpoint_on_this_machine_is_no_exchange():
    there = asked(exchange="kraken", interval=1, endpoint="http://127.0.0.1:1/kraken")
    assert key_budgets([there]) == ()
    assert least_interval(there.connection) == timedelta(0)
    gateway = asked(exchange="kraken", interval=1, endpoint="https://gateway.example")
    assert least_interval(gateway.connection) == timedelta(seconds=9)


@pytest.mark.parametrize("exchange", sorted(EXCHANGES.keys() - {"binance"}))
@given(interval=SECONDS, keys=st.integers(1, 5))
def test_the_least_interval_uses_up_the_limit_and_no_more(exchange, interval, keys):
    rows = [asked(f"k{n}", interval, exchange=exchange, key="one") for n in range(keys)]
    (found,) = key_budgets(rows)
    least = found.least.total_seconds()
    assert least == pytest.approx(least_interval(rows[0].connection).total_seconds() * keys, 1e-4)
    longer = [row._replace(interval=max(row.interval, found.least)) for row in rows]
    assert key_budgets(longer)[0].ratio <= 1.0001
    assert exceeds(found.ratio) is (interval < least)


def test_binance_counts_by_address_alone():
    assert key_budgets([asked(exchange="binance", interval=1)]) == ()
    assert least_interval(asked(exchange="binance").connection) == timedelta(0)


def test_the_spec_counts_what_is_asked_as_a_rule():
    fast = a_connection("fast", interval=timedelta(seconds=1))
    paused = a_connection("paused", interval=timedelta(seconds=1), suspend=a_suspension())
    spec = a_spec([fast, paused], [])
    assert spec.request_ratios == {("kucoin", "direct"): pytest.approx((3 + 0.2) / 20)}
    assert a_spec([], []).request_ratios == {}


def test_a_number_is_told_as_people_write_it():
    assert number(round(6.190000001, 2)) == "6.19"
