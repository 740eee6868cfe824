"""What holds for every body there can be, and for every row."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from itertools import combinations
from pathlib import Path

import ccxt.async_support as ccxt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bf_reconciler.exchanges import API_KEY, EXCHANGES, SYMBOL, Unexpected
from bf_reconciler.facts import ADVICE, Scope
from exchanges import documented, kinds, nearly

NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)
OTHERS = {  # the rows of other kinds of account
    f"{row.id}-{code}": other for row in EXCHANGES.values() for code, other in row.instead.items()
}
EVERY = dict(EXCHANGES) | OTHERS
NAMES = {id(row): name for name, row in EVERY.items()}
ROWS = pytest.mark.parametrize("row", EVERY.values(), ids=EVERY)

DATA = Path(__file__).parent / "data"
KEYS = {path: json.loads(path.read_text())["body"] for path in sorted(DATA.glob("*/key-*.json"))}

# Reads that change nothing. A row that names anything else does not pass: add a call here, or to
# data/EXCHANGE/reads.json, only after reading its documentation.
READS = {path.parent.name: json.loads(path.read_text()) for path in DATA.glob("*/reads.json")} | {
    "kucoin": {
        "publicGetTimestamp": "timestamp",
        "privateGetUserApiKey": "user/api-key",
        "privateGetAccounts": "accounts",
        "privateGetHfOrdersActive": "hf/orders/active",
    },
    "mexc": {
        "spotPublicGetTime": "time",
        "spotPrivateGetApiKeyInfo": "apiKeyInfo",
        "spotPrivateGetAccount": "account",
        "spotPrivateGetOpenOrders": "openOrders",
    },
}

# Reads that an exchange serves by POST alone: the path that is posted to, and why it is a read.
POSTED = {
    "kraken": {
        "privatePostGetApiKeyInfo": (
            "/0/private/GetApiKeyInfo",
            '"Retrieve information about the API key"; no permission is needed for it',
        ),
        "privatePostBalance": (
            "/0/private/Balance",
            '"Retrieve all cash balances, net of pending withdrawals"; Query Funds is enough',
        ),
        "privatePostOpenOrders": (
            "/0/private/OpenOrders",
            '"Retrieve information about currently open orders"; Query Open Orders is enough',
        ),
    }
}

# Parameters that say always the same: none of them names anything that could be changed.
CONSTANTS = {
    "bitget": {"category": "SPOT"},
    "binance": {"omitZeroBalances": "true"},
    "bybit": {"accountType": "UNIFIED", "category": "spot"},
    "coinbase": {"order_status": "OPEN"},
    "htx": {"accountType": "spot"},
}
CCXT_NAMES = {"api_key": "apiKey", "secret": "secret", "passphrase": "password"}

FIELDS = [
    *("code", "data", "permission", "permissions", "ipWhitelist", "ipWhiteList", "createdAt"),
    *("createTime", "remainingValidity", "status", "isMaster", "subName", "balances", "balance"),
    *("free", "locked", "serverTime", "msg", "message", "canWithdraw", "canTrade"),
    *nearly.FIELDS,
    *kinds.FIELDS,
    *("details", "cashBal", "ts", "retCode", "result", "list", "coin", "walletBalance", "time"),
]


def fields_of(body):
    """Every field name in a body, at any depth."""
    inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    names = set(body) if isinstance(body, dict) else set()
    return names.union(*map(fields_of, inner))


FIELDS += sorted(set().union(*map(fields_of, KEYS.values())) - set(FIELDS))
WORDS = [
    *("General", "Spot", "Transfer", "Withdrawal", "InnerTransfer", "Unified", "General,Spot"),
    *("SPOT_ACCOUNT_READ,SPOT_DEAL_READ", "SPOT_WITHDRAW_WRITE", "SPOT_WITHDRAW_W", "Payout"),
    *("200000", "VALID", "", "203.0.113.7", "2026-09-14T18:53:36.000+00:00", "0", "1.5"),
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(WORDS)
)
BODIES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=20,
)


NEARLY = documented.NEARLY | nearly.NEARLY | kinds.NEARLY
SAYS_NO = documented.SAYS_NO | nearly.SAYS_NO | kinds.SAYS_NO


def outcome(parse, *args):
    """What a parser says; it may say Unexpected, and raise nothing else."""
    try:
        return parse(*args)
    except Unexpected as error:
        field = str(error)
    assert field in {*FIELDS, "body"}
    return None


@ROWS
@given(data=st.data())
def test_withdrawal_is_denied_by_the_documented_field_alone(row, data):
    name = NAMES[id(row)]
    body = data.draw(BODIES | NEARLY[name])
    facts = outcome(row.calls.key.read, body, NOW)
    if facts is not None and Scope.WITHDRAW in facts.denied:
        assert SAYS_NO[name](body)
        assert facts.unknown_words == ()


@ROWS
@given(data=st.data())
def test_no_scope_is_both_granted_and_denied(row, data):
    facts = outcome(row.calls.key.read, data.draw(BODIES | NEARLY[NAMES[id(row)]]), NOW)
    assert facts is None or not facts.granted & facts.denied


@ROWS
@given(body=BODIES)
def test_parsers_raise_unexpected_and_nothing_else(row, body):
    for parse in (row.calls.time.read, row.calls.balance.read, row.calls.orders.read):
        outcome(parse, body)
        outcome(parse, {"code": "200000", "data": body})
        outcome(parse, {"code": "00000", "data": body})
        outcome(parse, {"code": "0", "data": [body]})
        outcome(parse, {"retCode": 0, "result": body})
    row.refusals.read(body)


@ROWS
@given(
    text=st.text()
    | st.from_regex(r"IP \[[0-9A-Fa-f.:]*\]|(clientIp is|request ip):[0-9.:]*|Your IP [0-9.:]*")
)
@example(text="Your IP ::01")  # it is told as one writes it, ::1
def test_looking_for_our_address_never_fails(row, text):
    found = row.refusals.address(text)
    assert found is None or found in addresses_in(text)


def addresses_in(text):
    """Every address that stands in a text, as one writes it."""
    for begin, end in combinations(range(len(text) + 1), 2):
        with suppress(ValueError):
            yield str(ip_address(text[begin:end]))


def calls_of(row):
    others = [each.call for each in (row.calls.first, row.calls.more) if each]
    return [
        row.calls.time.call,
        row.calls.key.call,
        row.calls.balance.call,
        row.calls.orders.call,
        *others,
    ]


@ROWS
def test_a_row_names_reads_that_are_on_the_list(row):
    for each in map(row.within, row.environments):
        assert {call.method for call in calls_of(each)} <= set(READS[row.id])


@ROWS
def test_a_row_posts_nothing_but_reads_that_are_named_here_with_their_paths(row):
    named = {method: path for method, (path, _) in POSTED.get(row.id, {}).items()}
    public = [each.call for each in row.markets.lists.values()]
    for each in map(row.within, row.environments):
        posted = {call.method: call.posts for call in calls_of(each) if call.posts}
        assert posted == named
    assert not row.calls.time.call.posts
    assert not any(call.posts for call in public)


def test_kraken_alone_may_post():
    assert {row.id for row in EVERY.values() if any(c.posts for c in calls_of(row))} == {"kraken"}


@ROWS
def test_ccxt_has_every_call_and_sends_it_as_a_get_of_that_path(row, monkeypatch):
    exchange = getattr(ccxt, row.ccxt)
    sent = {}

    def request(_self, path, _api, method, *_, **__):
        sent[name] = (method, path)

    monkeypatch.setattr(exchange, "request", request)
    instance = exchange()
    for name in READS[row.id]:
        getattr(instance, name)()
    posted = POSTED.get(row.id, {})
    assert sent == {
        name: ("POST" if name in posted else "GET", path) for name, path in READS[row.id].items()
    }


@ROWS
def test_a_call_takes_no_parameter_but_the_key_and_a_market(row):
    fixed = CONSTANTS.get(row.id, {}).items()
    for call in calls_of(row):
        assert {value for name, value in call.params.items() - fixed} <= {API_KEY, SYMBOL}
    assert API_KEY not in row.calls.time.call.params.values()


@ROWS
def test_the_credentials_are_those_ccxt_asks_for(row):
    needed = {n for n, needs in getattr(ccxt, row.ccxt)().requiredCredentials.items() if needs}
    assert {CCXT_NAMES[name] for name in row.signing.credentials} == needed


@ROWS
def test_every_reason_of_a_row_has_its_remedy(row):
    reasons = {*row.refusals.codes.values(), *(reason for *_, reason in row.refusals.phrases)}
    assert all(ADVICE[reason]["en"].remedy and ADVICE[reason]["tr"].remedy for reason in reasons)


@ROWS
def test_a_row_says_what_each_right_that_is_needed_is_called(row):
    assert {Scope.READ, Scope.SPOT, Scope.FUTURES, Scope.WITHDRAW} <= set(row.people.needs)


def test_the_table_is_keyed_by_the_names_of_its_rows():
    assert all(name == row.id for name, row in EXCHANGES.items())


@ROWS
def test_every_environment_is_a_place_of_its_own(row):
    assert row.within("live").environment == row.environment
    worlds = [row.environments[name] for name in row.environments]
    assert len({(each.base, *each.headers.items()) for each in worlds}) == len(worlds)
    assert all(each.base is None or each.base.startswith("https://") for each in worlds)


@ROWS
def test_a_probe_makes_four_requests_or_five(row):
    assert row.calls.requests == 4 + bool(row.calls.first) + bool(row.calls.more) + bool(
        row.instead
    )
    assert row.calls.requests in {4, 5}


def test_the_row_of_another_kind_of_account_is_the_same_exchange_in_the_same_world():
    for row in EXCHANGES.values():
        for name in row.environments:
            here = row.within(name)
            for other in here.instead.values():
                assert (other.id, other.environment, other.calls.time.call) == (
                    row.id,
                    here.environment,
                    here.calls.time.call,
                )
                assert other.instead == {}
