"""Public lists of markets: documented bodies, the calls, and what is no list."""

import copy

import ccxt.async_support as ccxt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.exchanges import EXCHANGES, Unexpected, kind_of, listing
from exchanges.cases import CASES

LISTINGS = [(row, kind) for row in EXCHANGES.values() for kind in row.markets.lists]
EACH = pytest.mark.parametrize(("row", "kind"), LISTINGS, ids=[f"{r.id}-{k}" for r, k in LISTINGS])


def documented(row, kind):
    return CASES[row.id].market(kind)


@EACH
def test_a_documented_list_gives_its_pairs_and_whether_they_trade(row, kind):
    known = documented(row, kind)
    found = row.markets.lists[kind].read(known["body"])
    assert found == known["pairs"]
    assert {kind_of(pair) for pair in found} == {kind}


def test_every_exchange_lists_its_spot_market():
    assert all("spot" in row.markets.lists for row in EXCHANGES.values())
    assert all(set(case.reads.markets) == set(case.row.markets.lists) for case in CASES.values())


@EACH
def test_ccxt_has_the_call_as_a_public_get_that_needs_no_key(row, kind, monkeypatch):
    call, read = row.markets.lists[kind].call, CASES[row.id].reads.markets[kind]
    ((method, path),) = read.items()
    sent = []
    exchange = getattr(ccxt, row.ccxt)
    monkeypatch.setattr(exchange, "request", lambda _, *args, **__: sent.append(args))
    made = exchange()
    getattr(made, call.method)(dict(call.params))
    assert (call.method, sent[0][0], sent[0][2]) == (method, path, "GET")
    api = sent[0][1]
    assert "public" in (api if isinstance(api, str) else "".join(map(str, api))).casefold()
    signed = made.sign(path, api, "GET", dict(call.params))
    assert (signed["method"], signed["body"] or None) == ("GET", None)


class Named:
    """A table of rows by their names, used as if it were their list."""

    def __init__(self, table):
        self.table = table
        self.clear = table.clear

    def __getitem__(self, at):
        return list(self.table.values())[at]

    def append(self, row):
        self.table["one more"] = row


def rows_of(body):
    """The list in a body, wherever it is."""
    if isinstance(body, list):
        return body
    if all(isinstance(each, dict) for each in body.values()):
        return Named(body)
    return next((found for each in body.values() if (found := inner(each)) is not None), None)


def inner(value):
    return rows_of(value) if isinstance(value, list | dict) and value else None


@EACH
def test_a_list_without_any_pair_is_not_believed(row, kind):
    body = copy.deepcopy(documented(row, kind)["body"])
    rows_of(body).clear()
    with pytest.raises(Unexpected):
        row.markets.lists[kind].read(body)


@EACH
def test_a_row_without_a_name_lists_nothing_and_spoils_nothing(row, kind):
    known = documented(row, kind)
    body = copy.deepcopy(known["body"])
    listed = rows_of(body)
    named = [field for field, value in listed[0].items() if str(value).upper() in parts(known)]
    nameless = {f: "" if f in named else value for f, value in listed[0].items()}
    listed.append(nameless)
    assert row.markets.lists[kind].read(body) == known["pairs"]


def parts(known):
    """How the first pair, and its currencies, may be spelled in one field."""
    pair = next(iter(known["pairs"]))
    base, _, quote = pair.partition(":")[0].partition("/")
    return {base, quote, *(f"{base}{by}{quote}" for by in ("", "-", "_", "/"))}


@EACH
@given(data=st.data())
def test_another_shape_is_unexpected_and_nothing_else(row, kind, data):
    """Any field of a row becomes anything: the list is read, or it is not."""
    body = copy.deepcopy(documented(row, kind)["body"])
    listed = rows_of(body)
    odd = st.none() | st.booleans() | st.integers(-1, 9) | st.text(max_size=4) | st.just([])
    field = data.draw(st.sampled_from(sorted(listed[0])))
    listed[0][field] = data.draw(odd)
    try:
        found = row.markets.lists[kind].read(body)
    except Unexpected:
        return
    assert all(isinstance(trades, bool) for trades in found.values())


@EACH
@given(body=st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_what_is_no_list_is_unexpected(row, kind, body):
    for each in (body, {"data": body}, {"code": "0", "data": body}, {"symbols": body}):
        with pytest.raises(Unexpected):
            row.markets.lists[kind].read(each)


@pytest.mark.parametrize(
    ("pair", "covered"),
    [
        ("BTC/USDT:USDT", {"perpetual", "linear", "usdt"}),
        ("BTC/USDC:USDC", {"perpetual", "linear"}),
        ("BTC/USD:BTC", {"perpetual"}),
        ("BTC/USDT:USDT-261225", set()),
    ],
)
def test_a_list_covers_contracts_of_its_kind_alone(pair, covered):
    covers = {
        "perpetual": listing.perpetual,
        "linear": listing.linear,
        "usdt": listing.settled_in("USDT"),
    }
    assert {name for name, holds in covers.items() if holds(pair)} == covered
