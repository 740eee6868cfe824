"""The API as machines read it: its OpenAPI document, and the status in parts."""

import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.facts import Problem
from bf_reconciler.journal import chain
from bf_reconciler.policy import Incident
from bf_reconciler.status import present
from bf_reconciler.verdict import Halted
from bf_reconciler.web.http.event_payload import StatusPayload
from bf_reconciler.web.http.openapi import DOCUMENT, TABLES
from bf_reconciler.web.http.paging import part
from edges.fakes import (
    NOW,
    a_connection,
    a_maintenance,
    a_refused_config,
    a_status,
    a_strategy,
)
from edges.web_client import ScriptedBackend, a_client

TYPES = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
FULL = a_status(
    [a_connection(), a_connection("mexc-sub", exchange="mexc", labels={"team": "grid"})],
    [a_strategy(), a_strategy("eth-grid")],
    config=a_refused_config(problems=(Problem(1, 2, "a.b", "must be a number"),)),
    halted=Halted("fire", "ada", NOW),
    incidents=(Incident("egress", "direct", "IPNotAllowed", ("a", "b"), NOW),),
    maintenance=(a_maintenance(), a_maintenance("overrun", ends=None)),
)


@pytest.fixture
def anyio_backend():
    return "asyncio"


def wrongs(value, schema, at="$"):
    """Where a value is not as its schema says: as much of JSON Schema as the document uses."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return wrongs(value, DOCUMENT["components"]["schemas"][name], at)
    if "anyOf" in schema:
        tries = [wrongs(value, each, at) for each in schema["anyOf"]]
        return [] if [] in tries else min(tries, key=len)
    kind = schema["type"]
    if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return [f"{at}: {value!r} is no {kind}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at}: {value!r} is not listed"]
    if schema.get("format") == "date-time":
        datetime.fromisoformat(value)
    if kind == "array":
        return [
            x for n, each in enumerate(value) for x in wrongs(each, schema["items"], f"{at}.{n}")
        ]
    if kind == "object":
        return list(wrong_fields(value, schema, at))
    return []


def wrong_fields(value, schema, at):
    known, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    yield from (
        f"{at}: {name} is missing" for name in schema.get("required", []) if name not in value
    )
    for name, each in value.items():
        if name in known or isinstance(rest, dict):
            yield from wrongs(each, known.get(name, rest), f"{at}.{name}")
        elif not rest:
            yield f"{at}: {name} is not described"


def described(path, method, status):
    answers = DOCUMENT["paths"][path][method]["responses"]
    found = answers.get(str(status), answers["default"])
    return found["content"]["application/json"]["schema"]


@pytest.mark.parametrize(
    ("path", "url", "method", "body"),
    [
        ("/api/v1/status", "", "get", None),
        ("/api/v1/status", "?limit=3", "get", None),
        ("/api/v1/status", "?limit=0", "get", None),
        ("/api/v1/connections/{name}", "/api/v1/connections/mexc-sub", "get", None),
        ("/api/v1/connections/{name}", "/api/v1/connections/none", "get", None),
        (
            "/api/v1/connections/{name}/evidence",
            "/api/v1/connections/mexc-sub/evidence",
            "get",
            None,
        ),
        ("/api/v1/connections/{name}/evidence", "/api/v1/connections/none/evidence", "get", None),
        ("/api/v1/connections/{name}/stolen", "/api/v1/connections/mexc-sub/stolen", "get", None),
        ("/api/v1/connections/{name}/stolen", "/api/v1/connections/none/stolen", "get", None),
        ("/api/v1/strategies/{name}", "/api/v1/strategies/eth-grid", "get", None),
        ("/api/v1/history", "", "get", None),
        ("/api/v1/journal/{table}", "/api/v1/journal/transitions?limit=1", "get", None),
        ("/api/v1/journal/{table}", "/api/v1/journal/transitions?after=-7", "get", None),
        ("/api/v1/journal/{table}", "/api/v1/journal/judgements?after=x", "get", None),
        ("/api/v1/journal/{table}", f"/api/v1/journal/judgements?after={10**18}", "get", None),
        ("/api/v1/journal/{table}", "/api/v1/journal/judgements?limit=0", "get", None),
        ("/api/v1/journal/{table}", "/api/v1/journal/entries", "get", None),
        ("/api/v1/connections/{name}/test", "/api/v1/connections/mexc-sub/test", "post", {}),
        (
            "/api/v1/connections/{name}/drill",
            "/api/v1/connections/kucoin-main-grid/drill",
            "post",
            {"seconds": 60, "by": "ada"},
        ),
        (
            "/api/v1/connections/{name}/drill",
            "/api/v1/connections/none/drill",
            "post",
            {"seconds": 60},
        ),
        ("/-/reload", "", "post", {}),
        ("/api/v1/halt", "", "post", {"reason": "fire", "by": "ada"}),
        ("/api/v1/halt", "", "post", {}),
        ("/api/v1/resume", "", "post", {"name": None}),
    ],
)
async def test_answers_are_as_the_document_describes_them(path, url, method, body):
    async with a_client(ScriptedBackend(FULL)) as client:
        address = path + url if url.startswith("?") else url or path
        answer = await client.request(method, address, json=body)
        assert wrongs(await answer.json(), described(path, method, answer.status)) == []


@pytest.mark.parametrize("seconds", [None, True, -1, 3601, 1.5, "60"])
async def test_a_drill_lasts_a_whole_number_of_seconds_and_an_hour_at_most(seconds):
    backend = ScriptedBackend(FULL)
    async with a_client(backend) as client:
        path = "/api/v1/connections/kucoin-main-grid/drill"
        answer = await client.post(path, json={"seconds": seconds})
        assert answer.status == 400
        assert "seconds" in (await answer.json())["error"]
    assert backend.asked == []


async def test_a_whole_number_with_a_fraction_of_nothing_is_whole_to_json_and_to_us():
    backend = ScriptedBackend(FULL)
    async with a_client(backend) as client:
        path = "/api/v1/connections/kucoin-main-grid/drill"
        assert (await client.post(path, json={"seconds": 214.0})).status == 200
        assert (await client.post(path, json={"seconds": 1e300})).status == 400
    assert backend.asked == [("drill", "kucoin-main-grid", 214.0, "unknown", "")]


async def test_only_a_canary_is_drilled():
    async with a_client(ScriptedBackend(FULL)) as client:
        path = "/api/v1/connections/mexc-sub/drill"
        answer = await client.post(path, json={"seconds": 60})
        assert answer.status == 409
        assert (await answer.json())["error"] == "it is no canary"


def test_the_tables_of_the_journal_are_those_of_the_document():
    assert TABLES == chain.TABLES


async def test_the_document_is_served_and_names_every_route_of_the_api():
    async with a_client(ScriptedBackend(FULL)) as client:
        served = await (await client.get("/api/v1/openapi.json")).json()
        routes = {
            (resource.canonical, route.method.lower())
            for resource in client.app.router.resources()
            for route in resource
            if resource.canonical.startswith(("/api/", "/-/")) and route.method != "HEAD"
        }
    assert served == DOCUMENT
    named = {(path, method) for path, found in DOCUMENT["paths"].items() for method in found}
    assert routes - named == {("/api/v1/openapi.json", "get"), ("/api/v1/events", "get")}
    assert named <= routes


def test_every_schema_that_is_named_is_there():
    def names(node):
        if isinstance(node, dict):
            yield from [node["$ref"]] if "$ref" in node else []
            for each in node.values():
                yield from names(each)
        elif isinstance(node, list):
            for each in node:
                yield from names(each)

    used = {name.rpartition("/")[2] for name in names(DOCUMENT)}
    assert used == set(DOCUMENT["components"]["schemas"])


# --- in parts


@given(st.integers(0, 5), st.integers(0, 5), st.integers(1, 12))
def test_the_parts_are_the_whole(connections, strategies, limit):
    status = a_status(
        [a_connection(f"c-{n}") for n in range(connections)],
        [a_strategy(f"s-{n}") for n in range(strategies)],
    )
    whole, token = present(status), None
    found = {"connections": [], "strategies": []}
    while True:
        some = part(status, str(limit), token)
        shown = present(some.status)
        assert len(shown["connections"]) + len(shown["strategies"]) <= limit
        for kind, entries in found.items():
            entries.extend(shown[kind])
        seen = sum(map(len, found.values()))
        assert some.remaining == connections + strategies - seen
        token = some.token
        if token is None:
            break
    assert found == {kind: whole[kind] for kind in found}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 400),
        ("limit=x", 400),
        ("limit=10001", 400),
        (f"limit={'9' * 5000}", 400),
        ("limit=1&continue=x", 400),
        ("limit=1&continue=3.", 400),
        ("limit=1&continue=2.1", 410),
        ("limit=1&continue=3.1", 200),
        ("limit=1&continue=3.99", 200),
    ],
)
async def test_a_token_counts_for_one_revision(query, status):
    async with a_client(ScriptedBackend(FULL)) as client:
        assert (await client.get(f"/api/v1/status?{query}")).status == status


# --- as a stream


FLEETS = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]), st.sampled_from(["main", "sub"]), max_size=4
)


def statuses(fleet):
    return a_status(
        [a_connection(name, account=account) for name, account in fleet.items()],
        [a_strategy(f"of-{name}", connection=account) for name, account in fleet.items()],
    )


def sent(payload, status):
    (data,) = [
        line.removeprefix("data: ")
        for line in payload.events(status, ()).decode().splitlines()
        if line.startswith("data: ")
    ]
    return json.loads(data)


@given(st.lists(FLEETS, min_size=1, max_size=5))
def test_what_changed_is_enough_to_know_the_whole(fleets):
    payload, known = StatusPayload("en"), {"connections": {}, "strategies": {}}
    for number, fleet in enumerate(fleets):
        status = statuses(fleet)
        event = sent(payload, status)
        assert event.get("partial", False) == (number > 0)
        for kind, entries in known.items():
            for name in event.get("removed", {kind: []})[kind]:
                del entries[name]
            entries.update({entry["name"]: entry for entry in event[kind]})
        whole = present(status)
        assert known == {kind: {e["name"]: e for e in whole[kind]} for kind in known}


def test_what_did_not_change_is_not_sent():
    payload = StatusPayload("en")
    assert sent(payload, FULL) == present(FULL)
    event = sent(payload, FULL)
    assert (event["connections"], event["strategies"]) == ([], [])
    assert event["removed"] == {"connections": [], "strategies": []}
    assert event["halted"] == present(FULL)["halted"]
