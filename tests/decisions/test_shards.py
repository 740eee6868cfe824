"""Every connection belongs to one shard, with its strategies; one shard more moves its share."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.facts import ALONE, MAX_SHARDS, Shard, ordinal
from bf_reconciler.spec import LOCAL, owner, share
from bf_reconciler.verdict import Holding, orphans
from build import a_connection, a_spec, a_strategy

NAMES = st.lists(st.from_regex(r"[a-z][a-z0-9]{0,12}", fullmatch=True), unique=True, max_size=30)
COUNTS = st.integers(2, 9)


def a_file(names, **changes):
    return a_spec(
        [a_connection(name) for name in names],
        [a_strategy(f"s-{name}", connection=name) for name in names],
        **changes,
    )


@given(NAMES, COUNTS)
def test_every_entry_is_looked_after_by_exactly_one_shard(names, count):
    whole = a_file(
        names, broken_connections={"b-": "kucoin"}, broken_strategies={"x-": "b-", "y-": ""}
    )
    parts = [share(whole, Shard(index, count)) for index in range(count)]
    for kind in ("connections", "strategies", "broken_connections", "broken_strategies"):
        found = [name for part in parts for name in getattr(part, kind)]
        assert sorted(found) == sorted(getattr(whole, kind))
    for part in parts:
        assert {e.strategy.connection for e in part.strategies.values()} <= set(part.connections)
        mine = {*part.connections, *part.broken_connections}
        assert mine | part.elsewhere.connections == {*whole.connections, "b-"}
        assert not mine & part.elsewhere.connections
        theirs = {*part.strategies, *part.broken_strategies}
        assert theirs | part.elsewhere.strategies == {*whole.strategies, "x-", "y-"}
        assert not theirs & part.elsewhere.strategies


@given(NAMES, COUNTS)
def test_one_shard_more_takes_from_all_and_moves_nothing_else(names, count):
    for name in names:
        assert owner(name, count + 1) in (owner(name, count), count)


@pytest.mark.parametrize("count", [2, 3, 4, 8])
def test_shards_have_about_the_same_share(count):
    found = [owner(f"kucoin-main-{number}", count) for number in range(4000)]
    for index in range(count):
        assert found.count(index) == pytest.approx(4000 / count, rel=0.15)


def test_a_single_daemon_looks_after_all_and_the_spec_is_the_same():
    whole = a_file(["a", "b"])
    assert share(whole, ALONE) is whole


def test_a_key_that_another_shard_has_too_is_still_a_duplicate():
    names = [f"c-{number}" for number in range(8)]
    whole = a_spec([a_connection(name) for name in names], [])
    for entry in whole.connections.values():
        object.__setattr__(entry, "key_fingerprint", "the same")
    part = share(whole, Shard(0, 2))
    assert 0 < len(part.connections) < 8
    assert all(sorted(part.twins[name]) == names for name in part.connections)


@given(st.lists(st.sampled_from(["one", "two", "", "three"]), max_size=8), COUNTS)
def test_an_account_may_trade_what_is_declared_of_it_in_any_shard(keys, count):
    names = [f"c-{number}" for number in range(len(keys))]
    whole = a_spec(
        [replace(a_connection(n), key_fingerprint=k) for n, k in zip(names, keys, strict=True)],
        [
            a_strategy(f"s{name}", connection=name, pairs=[f"COIN{number}/USDT"])
            for number, name in enumerate(names)
        ],
        broken_strategies={"odd": names[0]} if names else {},
    )
    for index in range(count):
        part = share(whole, Shard(index, count))
        for name in part.connections:
            assert part.pairs[name] == whole.pairs[name]
            assert (name in part.unread) is (name in whole.unread)


def test_what_another_shard_looks_after_is_no_orphan():
    whole = a_file(["a", "b", "c", "d"])
    part = share(whole, Shard(0, 2))
    on = Holding(on=True, action="close", reason="Connected")
    held = {LOCAL: dict.fromkeys(("s-a", "s-b", "s-c", "s-d", "stray"), on)}
    assert set(orphans(part, {}, held)) == {"stray"}


@pytest.mark.parametrize(
    ("index", "count", "message"),
    [
        (0, 0, f"there must be 1 to {MAX_SHARDS} shards, not 0"),
        (0, MAX_SHARDS + 1, f"there must be 1 to {MAX_SHARDS} shards, not {MAX_SHARDS + 1}"),
        (4, 4, "the shard must be 0 to 3 of 4, not 4"),
        (-1, 4, "the shard must be 0 to 3 of 4, not -1"),
    ],
)
def test_a_shard_that_cannot_be_is_refused(index, count, message):
    with pytest.raises(ValueError, match=message):
        Shard(index, count)


def test_a_pod_of_a_statefulset_knows_its_number():
    assert ordinal("bf-reconciler-12") == 12
    assert str(Shard(1, 4)) == "1/4"
    with pytest.raises(ValueError, match="does not end with -NUMBER"):
        ordinal("bf-reconciler-7d9c8b-x2x4z")
