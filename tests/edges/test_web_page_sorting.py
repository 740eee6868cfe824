"""Tables in the order that a reader chose."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.status import Key, StrategyState
from bf_reconciler.verdict import ConnectionState
from bf_reconciler.web.page.query import Query
from bf_reconciler.web.page.sorting import KEYS, ordered
from edges.fakes import NOW, a_connection, a_status, a_strategy
from edges.reading import a_page, a_reader, parsed, rendered

CONNECTIONS = {
    each.name: each
    for each in (
        a_connection("b", latency_seconds=0.2, key=Key(expires_at=NOW + timedelta(days=2))),
        a_connection("a", ConnectionState.BLOCKED, latency_seconds=None, conditions=()),
        a_connection("c", ConnectionState.DEGRADED, latency_seconds=0.1, last_probe=None),
    )
}
STRATEGIES = {
    each.name: each
    for each in (
        a_strategy("y", connection="b"),
        a_strategy("x", StrategyState.BLOCKED, connection="c"),
        a_strategy("z", connection="a", running="unknown"),
    )
}


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("", "bac"),
        ("name", "abc"),
        ("-name", "cba"),
        ("status", "acb"),
        ("-status", "bca"),
        ("why", "bca"),
        ("key", "bac"),
        ("latency", "cba"),
        ("-latency", "bca"),
        ("probed", "bac"),
        ("actions", "bac"),
        ("nonsense", "bac"),
    ],
)
def test_connections_are_sorted_and_what_is_not_known_comes_last(by, names):
    assert "".join(ordered("connections", CONNECTIONS, by)) == names


@pytest.mark.parametrize(
    ("by", "names"), [("name", "xyz"), ("status", "xyz"), ("connection", "zyx"), ("-runs", "zyx")]
)
def test_strategies_are_sorted(by, names):
    assert "".join(ordered("strategies", STRATEGIES, by)) == names


@given(
    st.sampled_from(sorted(KEYS["connections"])),
    st.lists(st.none() | st.floats(0, 10), max_size=20),
)
def test_no_order_loses_or_adds_an_entry(by, latencies):
    entries = {
        str(n): a_connection(str(n), latency_seconds=each) for n, each in enumerate(latencies)
    }
    for order in (by, f"-{by}"):
        assert set(ordered("connections", entries, order)) == set(entries)


def test_the_columns_are_links_that_sort_and_sort_back():
    status = a_status([*CONNECTIONS.values()], [*STRATEGIES.values()])
    page = rendered(status, a_reader(chosen=True), text="a", sorts=("name", ""), pages=(2, 3))
    head = page.blocks["connections-columns"]
    keep = "q=a&amp;strategies=3"
    back = f"/?{keep}&amp;connections_sort=-name&amp;lang=en#connections-heading"
    assert f'<th scope="col" aria-sort="ascending"><a href="{back}">Name</a></th>' in head
    assert f"/?{keep}&amp;connections_sort=latency&amp;lang=en#connections-heading" in head
    assert '<th scope="col">Action</th>' in head
    assert "aria-sort" not in page.blocks["strategies-columns"]
    again = rendered(status, sorts=("-name", ""))
    assert 'aria-sort="descending"' in again.blocks["connections-columns"]
    assert list(again.lists["connections"]) == ["c-c", "c-b", "c-a"]


def test_a_filter_keeps_the_order():
    page = a_page(a_status(), sorts=("-latency", "name"))
    hidden = [a for tag, a in parsed(page).tags if tag == "input" and a.get("type") == "hidden"]
    kept = {each["name"]: each["value"] for each in hidden}
    assert kept.items() >= {"connections_sort": "-latency", "strategies_sort": "name"}.items()


def test_the_order_is_read_from_the_address():
    query = Query.of({"connections_sort": "-latency", "strategies_sort": "x" * 500})
    assert query.sort("connections") == "-latency"
    assert len(query.sort("strategies")) == 100
