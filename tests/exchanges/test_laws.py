"""What holds for every body there can be, and for every row."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import combinations
from urllib.parse import urlsplit

import ccxt.async_support as ccxt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bf_reconciler.exchanges import API_KEY, EXCHANGES, SYMBOL, Unexpected
from bf_reconciler.facts import ADVICE, Balance, Failure, KeyFacts, Reason, Scope
from exchanges.cases import CASES, HERE

NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)
ACCOUNTS = {name: rest for case in CASES.values() for name, *rest in case.accounts}
EVERY = {name: row for name, (row, *_) in ACCOUNTS.items()}  # those of other kinds of account, too
ROWS = pytest.mark.parametrize("row", EVERY.values(), ids=EVERY)
NAMED = pytest.mark.parametrize("name", ACCOUNTS)
CCXT_NAMES = {"api_key": "apiKey", "secret": "secret", "passphrase": "password"}


def fields_of(body):
    """Every field name in a body, at any depth."""
    inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    names = set(body) if isinstance(body, dict) else set()
    return names.union(*map(fields_of, inner))


def urls_of(tree):
    """Every URL in a tree of ccxt."""
    if isinstance(tree, dict):
        return [url for inner in tree.values() for url in urls_of(inner)]
    return [tree] if isinstance(tree, str) and tree.startswith("https://") else []


def of_all(lists):
    """Whatever stands in one of them, once, in an order that is always the same."""
    return sorted(set().union(*lists))


FIELDS = of_all(
    [
        *(case.nearly.FIELDS for case in CASES.values()),
        *(fields_of(key["body"]) for case in CASES.values() for key in case.keys.values()),
    ]
)
WORDS = [
    *("", "0", "1.5", "203.0.113.7", "2026-09-14T18:53:36.000+00:00", "200000", "Payout"),
    *of_all(case.nearly.WORDS for case in CASES.values()),
    *(",".join(case.nearly.WORDS[:2]) for case in CASES.values()),
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


def test_every_folder_is_that_of_an_exchange_of_the_table():
    folders = {path.parent.name for path in HERE.glob("*/*.json")}
    assert folders == set(CASES) == set(EXCHANGES)


def outcome(parse, *args):
    """What a parser says; it may say Unexpected, and raise nothing else."""
    try:
        return parse(*args)
    except Unexpected as error:
        field = str(error)
    assert field in {*FIELDS, "body"}
    return None


@NAMED
@given(data=st.data())
def test_withdrawal_is_denied_by_the_documented_field_alone(name, data):
    row, nearly, says_no = ACCOUNTS[name]
    body = data.draw(BODIES | nearly)
    facts = outcome(row.calls.key.read, body, NOW)
    if facts is not None and Scope.WITHDRAW in facts.denied:
        assert says_no(body)
        assert facts.unknown_words == () or CASES[row.id].facts.explicit_no


@NAMED
@given(data=st.data())
def test_no_scope_is_both_granted_and_denied(name, data):
    row, nearly, _ = ACCOUNTS[name]
    facts = outcome(row.calls.key.read, data.draw(BODIES | nearly), NOW)
    assert facts is None or not facts.granted & facts.denied


@ROWS
@given(body=BODIES)
def test_parsers_raise_unexpected_and_nothing_else(row, body):
    parsers = [row.calls.time.read, row.calls.balance.read, row.calls.orders.read]
    if row.calls.announced is not None:
        parsers.append(row.calls.announced.read)
    if (other := row.calls.other_balance) is not None:
        parsers += [other.query.read, *([other.first.read] if other.first else [])]
    for parse in parsers:
        for case in CASES.values():
            outcome(parse, case.nearly.wrapped(body))
    row.refusals.read(body)


NO_ORDERS = {"none": None, "empty": {}, "numbers": [1], "text": "text"}
NO_ORDERS |= {"of no list": {"code": "200000", "data": {}}}
NO_ORDERS |= {f"text of {name}": case.nearly.wrapped("text") for name, case in CASES.items()}


@pytest.mark.parametrize("body", NO_ORDERS.values(), ids=NO_ORDERS)
def test_orders_of_another_form_are_unexpected(body):
    for row in EVERY.values():
        with pytest.raises(Unexpected):
            row.calls.orders.read(body)


TELLING = [
    CASES[row.id].row.refusals.read(body).text.split(address)
    for row in EXCHANGES.values()
    for body, _, address in CASES[row.id].errors
    if address
]
"""What stands before and behind our address, where an exchange tells it."""


@ROWS
@given(
    text=st.text()
    | st.tuples(st.sampled_from(TELLING), st.from_regex(r"[0-9A-Fa-f.:]*")).map(
        lambda told: told[1].join(told[0])
    )
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
    if (other := row.calls.other_balance) is not None:
        others += [other.query.call, *([other.first.call] if other.first else [])]
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
        assert {call.method for call in calls_of(each)} <= set(CASES[row.id].reads.questions)


@ROWS
def test_maintenance_is_asked_for_by_a_read_that_is_on_the_list(row):
    query = row.calls.announced
    assert {query.call.method} == set(CASES[row.id].reads.announced) if query else True
    assert bool(query) == bool(CASES[row.id].reads.announced)
    assert query is None or not query.call.params


@ROWS
def test_a_row_posts_nothing_but_reads_that_are_named_here_with_their_paths(row):
    named = {name: read["path"] for name, read in CASES[row.id].reads.posted.items()}
    public = [each.call for each in row.markets.lists.values()]
    for each in map(row.within, row.environments):
        posted = {call.method: call.posts for call in calls_of(each) if call.posts}
        assert posted == named
    assert not row.calls.time.call.posts
    assert not any(call.posts for call in public)
    assert row.calls.announced is None or not row.calls.announced.call.posts


def test_those_alone_may_post_that_say_of_each_post_why_it_is_a_read():
    posting = {row.id for row in EVERY.values() if any(c.posts for c in calls_of(row))}
    assert posting == {name for name, case in CASES.items() if case.reads.posted}
    assert all(read["why"] for case in CASES.values() for read in case.reads.posted.values())


@ROWS
def test_ccxt_has_every_call_and_sends_it_as_a_get_of_that_path(row, monkeypatch):
    exchange = getattr(ccxt, row.ccxt)
    sent = {}

    def request(_self, path, _api, method, *_, **__):
        sent[name] = (method, path)

    monkeypatch.setattr(exchange, "request", request)
    instance = exchange()
    reads = CASES[row.id].reads
    for name in (*reads.questions, *reads.announced):
        getattr(instance, name)()
    assert sent == {
        name: ("POST" if name in reads.posted else "GET", path)
        for name, path in {**reads.questions, **reads.announced}.items()
    }


@ROWS
def test_a_call_takes_no_parameter_but_the_key_and_a_market(row):
    fixed = CASES[row.id].reads.constants.items()
    for call in calls_of(row):
        assert {value for name, value in call.params.items() - fixed} <= {API_KEY, SYMBOL}
    assert API_KEY not in row.calls.time.call.params.values()


@ROWS
def test_the_credentials_are_those_ccxt_asks_for(row):
    needed = {n for n, needs in getattr(ccxt, row.ccxt)().requiredCredentials.items() if needs}
    assert {CCXT_NAMES[name] for name in row.signing.credentials} == needed


@ROWS
def test_a_secret_stays_as_it_is_unless_it_has_a_form(row):
    assert CASES[row.id].facts.secret_has_form or (
        row.signing.read_secret("key", " a\\nsecret") == " a\\nsecret"
    )


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


@pytest.mark.parametrize("row", EXCHANGES.values(), ids=EXCHANGES)
def test_a_live_call_goes_to_a_host_that_the_row_documents(row):
    client = getattr(ccxt, row.ccxt)()
    hosts = client.urls.get("hostnames") or {"": getattr(client, "hostname", "")}
    used = {
        urlsplit(url.replace("{hostname}", host or "")).hostname
        for url in urls_of(client.urls["api"])
        for host in hosts.values()
    }
    assert used & row.hosts
    assert all(host == host.lower().rstrip(".") for host in row.hosts)


REGIONS = [(row, region) for row in EXCHANGES.values() for region in row.regions]


@pytest.mark.parametrize(("row", "region"), REGIONS, ids=[f"{r.id}-{n}" for r, n in REGIONS])
def test_a_region_is_a_place_of_its_own_on_a_documented_host(row, region):
    there, here = row.within("live", region).environment, row.within("live").environment
    assert (there.base, dict(there.headers)) != (here.base, dict(here.headers))
    assert there.base is None or there.base.removeprefix("https://") in row.live_hosts
    assert set(row.within("live", region).markets.lists) <= set(row.markets.lists)


def test_a_region_of_an_environment_keeps_what_is_other_there():
    demo = EXCHANGES["okx"].within("demo", "eea").environment
    assert (demo.base, demo.headers) == ("https://eea.okx.com", {"x-simulated-trading": "1"})


@ROWS
def test_a_right_that_moves_value_is_one_of_the_exchange_with_its_source(row):
    assert set(row.moves_value) <= set(Scope) - {Scope.WITHDRAW, Scope.READ}
    assert all(
        source.startswith(f"docs/sources/{row.id}.md#") for source in row.moves_value.values()
    )


OTHERS = [row for row in EXCHANGES.values() if row.calls.other_balance]


@pytest.mark.parametrize("row", OTHERS, ids=lambda row: row.id)
def test_a_second_balance_question_is_asked_where_the_first_finds_nothing(row):
    other = row.calls.other_balance
    classic = KeyFacts(frozenset(), frozenset())
    unified = replace(classic, unified=True)
    lost, refused = Failure(Reason.TIMEOUT, ""), Failure(Reason.NO_READ_PERMISSION, "")
    for usual in (Balance(empty=False), lost):
        assert not other.wanted(unified, usual)
    assert other.wanted(unified, Balance(empty=True))
    assert other.wanted(unified, refused)
    for key in (classic, refused):
        assert not other.wanted(key, Balance(empty=True))
        assert not other.wanted(key, refused)
        assert all(other.wanted(key, replace(refused, code=code)) for code in other.codes)


@NAMED
@given(data=st.data(), later=st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_facts_of_a_key_depend_on_the_time_only_where_the_row_says_so(name, data, later):
    row, nearly, _ = ACCOUNTS[name]
    body = data.draw(BODIES | nearly)
    read = row.calls.key.read
    if not row.calls.key_ages:
        assert outcome(read, body, NOW) == outcome(read, body, NOW + later)


@pytest.mark.parametrize("name", [name for name in EVERY if EVERY[name].calls.key_ages])
def test_a_row_whose_key_ages_has_a_body_that_does(name):
    row = EVERY[name]
    bodies = [key["body"] for key in CASES[row.id].keys.values()]
    later = NOW + timedelta(days=40)
    read = row.calls.key.read
    assert any(outcome(read, body, NOW) != outcome(read, body, later) for body in bodies)
