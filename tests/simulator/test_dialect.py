"""The dispatcher that all dialects share, and what holds for each of them."""

from dataclasses import replace

import pytest

from bf_reconciler.simulator import DIALECTS, Faults, Key, conditions
from bf_reconciler.simulator.dialect import (
    ANY_KEY,
    PUBLIC,
    Call,
    Dialect,
    Outages,
    Refusal,
    Route,
    always,
    failing,
    plain,
    require,
    retry_after,
)
from bf_reconciler.simulator.key import Credentials
from bf_reconciler.simulator.wire import READS, Answer, Request, as_text, whole

PROTECTED = [
    pytest.param(exchange, route, id=f"{exchange}-{route.method}-{route.path}")
    for exchange, dialect in DIALECTS.items()
    for route in dialect.routes
    if route.rights is not PUBLIC
]
FIRST, SECOND = Refusal(401, "first"), Refusal(403, "second", headers={"X-Why": "rights"})
CLOSED = as_text(503, "closed")


def request_of(method, path, **headers):
    return Request(method, path, "", headers, b"", "127.0.0.1", 1_000_000_000.0)


def key_of(*permissions, **fields):
    return Key("k", "made-up", "key", "secret", permissions=list(permissions), **fields)


def made_up(*routes, requirements=()):
    return Dialect(
        words={},
        invent=lambda name: Credentials(name, name),
        claimed_key=lambda request: request.headers.get("Key"),
        routes=routes,
        requirements=requirements,
        unknown_call=Refusal(404, "unknown"),
        success=lambda request, data: {"at": request.now, "data": data},
        refusal=lambda _, refusal: {"code": refusal.code},
        outages=Outages(CLOSED, CLOSED, CLOSED, CLOSED, CLOSED),
    )


def ask(dialect, method="GET", path="/a", key=None):
    answer = dialect.answer(request_of(method, path), key)
    return answer.status, answer.body


def test_a_success_and_a_refusal_get_the_body_of_the_exchange():
    dialect = made_up(
        Route("GET", "/a", PUBLIC, always([1])),
        Route("GET", "/b", PUBLIC, always(SECOND)),
        Route("GET", "/c", PUBLIC, always(CLOSED)),
    )

    assert ask(dialect) == (200, '{"at":1000000000.0,"data":[1]}')
    assert ask(dialect, path="/b") == (403, '{"code":"second"}')
    assert dialect.answer(request_of("GET", "/b"), None).headers == {"X-Why": "rights"}
    assert dialect.answer(request_of("GET", "/c"), None) is CLOSED


@pytest.mark.parametrize("asked", [("POST", "/a"), ("GET", "/a/"), ("GET", "/"), ("HEAD", "/a")])
def test_another_method_or_path_is_no_call_of_the_exchange(asked):
    assert ask(made_up(Route("GET", "/a", PUBLIC, always([]))), *asked)[0] == 404


@pytest.mark.parametrize(
    ("path", "asked", "offered"),
    [
        ("/o/{id}", "/o/12", True),
        ("/o/{id}", "/o/x%20y", True),
        ("/o/{id}", "/o/", True),
        ("/o/{id}", "/o/1/2", False),
        ("/o/{id}", "/o", False),
        ("/o/{number}/x", "/o/12/x", True),
        ("/o/{number}/x", "/o/a/x", False),
        ("/o/{number}/x", "/o//x", False),
        ("/v1.0/{number}", "/v1x0/1", False),
    ],
)
def test_a_path_may_have_a_segment_that_varies(path, asked, offered):
    dialect = made_up(
        Route("POST", path, PUBLIC, always([])), Route("GET", path, PUBLIC, always(1))
    )

    assert (dialect.route(request_of("GET", asked)) is not None) is offered
    assert dialect.route(request_of("DELETE", asked)) is None


def test_requirements_are_looked_at_in_their_order_and_not_for_public_calls():
    dialect = made_up(
        Route("GET", "/a", ("read",), always([])),
        Route("GET", "/public", PUBLIC, always([])),
        requirements=(
            require(conditions.exists, otherwise=FIRST),
            require(conditions.not_frozen, conditions.permitted, otherwise=lambda _: SECOND),
        ),
    )

    assert ask(dialect)[1] == '{"code":"first"}'
    assert ask(dialect, key=key_of())[1] == '{"code":"second"}'
    assert ask(dialect, key=key_of("read", frozen=True))[1] == '{"code":"second"}'
    assert ask(dialect, key=key_of("read"))[0] == 200
    assert ask(dialect, path="/public")[0] == 200


def test_a_key_that_nobody_checked_is_not_used():
    dialect = made_up(
        Route("GET", "/a", ANY_KEY, always([])),
        requirements=(require(conditions.not_frozen, otherwise=FIRST),),
    )

    with pytest.raises(LookupError):
        ask(dialect)


@pytest.mark.parametrize(
    ("rights", "about_key", "key", "met"),
    [
        (("read", "write"), False, key_of("write"), True),
        (("read",), False, key_of("write"), False),
        (ANY_KEY, False, key_of(), True),
        (ANY_KEY, True, key_of(hide_key_info=True), False),
        (ANY_KEY, False, key_of(hide_key_info=True), True),
        (ANY_KEY, False, key_of(revoked=True), False),
        (ANY_KEY, False, key_of(expires_at=1_000_000_000.0), False),
        (ANY_KEY, False, key_of(expires_at=1_000_000_001.0), True),
        (ANY_KEY, False, key_of(frozen=True), False),
        (ANY_KEY, False, key_of(ips=["203.0.113.7"]), False),
        (ANY_KEY, False, key_of(ips=["203.0.113.7", "127.0.0.1"]), True),
        (ANY_KEY, False, None, False),
    ],
)
def test_conditions_say_what_the_key_may(rights, about_key, key, met):
    call = Call(
        request_of("GET", "/a"), Route("GET", "/a", rights, always([]), about_key=about_key), key
    )
    every = (
        conditions.valid,
        conditions.address_allowed,
        conditions.not_frozen,
        conditions.disclosed,
        conditions.permitted,
    )

    assert all(condition(call) for condition in every) is met


def test_every_named_header_must_be_there_and_hold_something():
    needs = conditions.headers("One", "Two")
    route = Route("GET", "/a", PUBLIC, always([]))

    assert needs(Call(request_of("GET", "/a", One="1", Two="2"), route, None))
    assert not needs(Call(request_of("GET", "/a", One="1"), route, None))
    assert not needs(Call(request_of("GET", "/a", One="1", Two=""), route, None))


@pytest.mark.parametrize(
    ("method", "path", "changes"),
    [
        ("GET", "/a", False),
        ("HEAD", "/nothing", False),
        ("POST", "/test", False),
        ("POST", "/order", True),
        ("POST", "/nothing", True),
        ("DELETE", "/test", True),
    ],
)
def test_all_but_reads_and_harmless_calls_are_changes(method, path, changes):
    dialect = made_up(
        Route("POST", "/test", ANY_KEY, always([]), harmless=True),
        Route("POST", "/order", ANY_KEY, always([])),
    )

    assert dialect.changes(request_of(method, path)) is changes


def test_a_status_without_words_of_the_exchange_is_a_page():
    outage = failing("Server Error", FIRST)

    assert outage(request_of("GET", "/a"), Faults(status=401)) is FIRST
    page = outage(request_of("GET", "/a"), Faults(status=502))
    assert isinstance(page, Answer)
    assert (page.status, page.content_type) == (502, "text/html")
    assert "502 Server Error" in page.body


def test_when_to_come_back_is_told_in_whole_seconds():
    assert retry_after(Faults(retry_after=1.2)) == {"Retry-After": "2"}


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("0", 0), ("", None), (None, None), ("-1", None), ("1.5", None), ("²", None)],
)
def test_a_number_is_digits_alone(text, number):
    assert whole(text) == number


def test_a_number_of_any_length_is_read():
    assert whole("9" * 10_000) == int("9" * 20)


def test_data_goes_out_as_it_is_where_there_is_no_envelope():
    assert plain(request_of("GET", "/a"), [1]) == [1]


@pytest.mark.parametrize("exchange", DIALECTS)
def test_each_call_of_an_exchange_is_there_once(exchange):
    calls = [(route.method, route.path) for route in DIALECTS[exchange].routes]

    assert len(calls) == len(set(calls))


@pytest.mark.parametrize("exchange", DIALECTS)
def test_only_writes_are_called_harmless_and_only_reads_are_public(exchange):
    for route in DIALECTS[exchange].routes:
        assert not (route.harmless and route.method in READS)
        assert route.rights is not PUBLIC or route.method in READS


@pytest.mark.parametrize(("exchange", "route"), PROTECTED)
def test_no_call_is_served_to_a_key_that_is_not_there_or_did_not_sign(exchange, route):
    def served(_):
        pytest.fail("served")

    dialect = DIALECTS[exchange]
    dialect = replace(dialect, routes=tuple(replace(each, reply=served) for each in dialect.routes))
    path = route.path.replace("{id}", "1").replace("{number}", "1")
    every_right = key_of(*(route.rights or ()))
    headers = {"KEY": "key", "API-Key": "key", "X-MBX-APIKEY": "abcdefgh"}

    for key in (None, every_right):
        for sent in ({}, headers):
            assert dialect.answer(request_of(route.method, path, **sent), key).body
