"""Names of what is held and where orders are open: read leniently, bounded, and without amounts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.cli.exchange_text import cell
from bf_reconciler.exchanges import EXCHANGES, SYMBOL, Unexpected, holdings
from bf_reconciler.exchanges.guide import Fact, Known
from bf_reconciler.facts import Balance, Orders
from exchanges.cases import CASES

TICKERS = st.from_regex(r"[A-Z0-9]{1,20}", fullmatch=True)


def held(*rows, **more):
    found = [dict(zip(("coin", "free", "worth"), row, strict=False)) for row in rows]
    return holdings.balance(found, "coin", ("free",), worth="worth", **more).assets


@pytest.mark.parametrize(
    ("row", "is_dust"),
    [
        (("PEPE", "900000", "9.99"), True),
        (("PEPE", "900000", "10"), False),
        (("YFI", "0.0001", "11"), False),
        (("PEPE", "-900000", "-20"), False),  # a debt
        (("PEPE", "0.99", ""), True),
        (("PEPE", "1", ""), False),
        (("PEPE", "1", "0"), False),  # worth nothing is a coin without a price
        (("PEPE", "1", "odd"), False),
        (("PEPE", "1"), False),
        (("BTC", "0.00009"), True),
        (("BTC", "0.0001"), False),
        (("SOL", "0.05"), True),
        (("SOL", "0.5"), False),
    ],
)
def test_dust_goes_by_its_worth_and_by_units_where_that_is_not_told(row, is_dust):
    assert held(row) == (frozenset() if is_dust else frozenset({row[0]}))


def test_what_several_accounts_hold_of_an_asset_is_added_up():
    assert held(("ABC", "0.6"), ("ABC", "0.6")) == {"ABC"}
    assert held(("ABC", "5", "6"), ("ABC", "5", "6")) == {"ABC"}


def test_a_name_that_cannot_be_read_is_passed_over_and_an_odd_amount_is_not():
    odd = [(name, "5") for name in (None, 7, "", " ", "<b>", "X" * 21, "\u202eABC", {}, "币安")]
    assert held(*odd, ("abc ", "5")) == {"ABC"}
    assert not holdings.balance([{"coin": None, "free": "5"}], "coin", ("free",)).empty
    with pytest.raises(Unexpected, match="free"):
        held(("ABC", "some"))


def test_of_a_flood_of_names_only_so_many_are_kept():
    rows = [(f"C{number:04}", "5") for number in range(holdings.MAX_NAMES + 1)]
    assert held(*rows) == {name for name, _ in rows[:-1]}


@pytest.mark.parametrize(
    ("symbol", "separator", "pair"),
    [
        ("btcusdt", "", "BTC/USDT"),
        ("ETHBTC", "", "ETH/BTC"),
        ("USDTTRY", "", "USDT/TRY"),
        ("BTCFDUSD", "", "BTC/FDUSD"),
        ("USDT", "", None),
        ("ABCXYZ", "", None),
        ("BTC-USDT-SWAP", "-", "BTC/USDT"),
        ("BTCUSDT", "-", None),
        ("BTC-", "-", None),
        ("<b>-USDT", "-", None),
        (None, "-", None),
        (7, "", None),
    ],
)
def test_a_symbol_is_a_pair_or_nothing(symbol, separator, pair):
    assert holdings.pair_of(symbol, separator) == pair
    assert holdings.orders([symbol], separator) == Orders()
    assert holdings.orders([symbol], separator).pairs == ({pair} if pair else set())


@given(TICKERS, TICKERS)
def test_whatever_a_joined_symbol_is_split_into_it_is_the_same_joined(base, quote):
    pair = holdings.pair_of(base + quote)
    assert pair is None or pair.replace("/", "") == base + quote


@pytest.mark.parametrize(
    ("told", "name"),
    [
        *(("XXBT", "BTC"), ("XBT.F", "BTC"), ("XBT.M", "BTC"), ("XETH", "ETH"), ("XXDG", "DOGE")),
        *(("ZEUR", "EUR"), ("ZUSD", "USD"), ("EUR.M", "EUR"), ("ETH2.S", "ETH"), ("ETH2", "ETH")),
        *(("DOT.S", "DOT"), ("DOT28.S", "DOT"), ("SOL03.S", "SOL"), ("SOL", "SOL"), ("XTZ", "XTZ")),
        *(("ZRX", "ZRX"), ("XRP", "XRP"), ("KFEE", "KFEE"), ("28.S", "28"), ("C98", "C98")),
    ],
)
def test_kraken_has_old_names_and_names_of_what_earns(told, name):
    read = EXCHANGES["kraken"].calls.balance.read
    assert read({"error": [], "result": {told: "5"}}).assets == {name}


@pytest.mark.parametrize(
    ("told", "pairs"),
    [
        ("XBTUSD", {"BTC/USD"}),
        ("ETHXBT", {"ETH/BTC"}),
        ("XDGUSD.d", {"DOGE/USD"}),
        ("XBT/USD", {"BTC/USD"}),
        ("BTC/EUR", {"BTC/EUR"}),
        (7, set()),
    ],
)
def test_a_pair_of_kraken_is_read_in_both_spellings(told, pairs):
    read = EXCHANGES["kraken"].calls.orders.read
    assert read({"error": [], "result": {"open": {"O": {"descr": {"pair": told}}}}}).pairs == pairs


@pytest.mark.parametrize("order", [None, {}, {"descr": None}, []])
def test_an_order_of_kraken_without_a_pair_is_passed_over(order):
    read = EXCHANGES["kraken"].calls.orders.read
    assert read({"error": [], "result": {"open": {"O": order}}}).pairs == set()


@pytest.mark.parametrize(
    ("told", "name"), [("LDBTC", "BTC"), ("LDUSDT", "USDT"), ("LDO", "LDO"), ("LUNA", "LUNA")]
)
def test_binance_has_a_name_of_its_own_for_what_earns(told, name):
    row = {"asset": told, "free": "5", "locked": "0"}
    assert EXCHANGES["binance"].calls.balance.read({"balances": [row]}).assets == {name}


@pytest.mark.parametrize(
    ("product", "pairs"),
    [
        ("ABC-USD", {"ABC/USD"}),
        ("BTC-PERP-INTX", {"BTC/USDC"}),
        ("BIT-31JAN25-CDE", set()),
        (None, set()),
    ],
)
def test_a_product_of_coinbase_is_a_pair_or_nothing(product, pairs):
    read = EXCHANGES["coinbase"].calls.orders.read
    assert read({"orders": [{"product_id": product}]}).pairs == pairs


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_exchange_tells_pairs_and_all_but_one_assets(case):
    """On `recorded.json`; what htx tells beside its usual question is in its own tests."""
    told = {"balance": [], "orders": []}
    for each in case.read("recorded.json"):
        if each["question"] in told and "reason" not in each["says"]:
            told[each["question"]].append(each["says"])
    assert any(says["pairs"] for says in told["orders"])
    assets = {says["assets"] is not None for says in told["balance"]}
    assert assets == {cell(case.row, Fact.ASSETS).known is Known.DOCUMENTED}
    one_pair = SYMBOL in case.row.calls.orders.call.params.values()
    assert one_pair is (cell(case.row, Fact.ORDERS).known is Known.PARTLY)


def test_no_amount_is_kept():
    kept = holdings.balance([{"coin": "ABC", "free": "123456"}], "coin", ("free",))
    assert kept == Balance(empty=False)
    assert "123456" not in repr(kept)
    assert all(isinstance(bound, Decimal) for bound in holdings.FINE_DUST.values())
