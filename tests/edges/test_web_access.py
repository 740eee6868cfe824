"""Who may write over HTTP, and what writing does."""

import asyncio
import base64
import contextlib
import json
from typing import get_args

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.metrics.tallies import REFUSALS
from bf_reconciler.verdict import Halted
from bf_reconciler.web.backend import NotDurableError, Refusal
from bf_reconciler.web.http import access
from edges.fakes import a_status
from edges.web_client import LOGIN, TOKEN, ScriptedBackend, a_client

HALT = {"reason": "exchange incident", "by": "ada"}
WRITES = [
    ("/-/reload", None),
    ("/api/v1/connections/kucoin-main-grid/test", None),
    ("/api/v1/halt", HALT),
    ("/api/v1/resume", {"name": None}),
]


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def backend():
    return ScriptedBackend()


@pytest.fixture
async def client(backend):
    async with a_client(backend) as opened:
        yield opened


async def refused(answer):
    return answer.status, (await answer.json())["error"]


# --- with a token


@pytest.mark.parametrize(("path", "body"), WRITES)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": LOGIN["Authorization"] + "x"},
        {"Authorization": LOGIN["Authorization"].replace("Bearer", "Basic")},
        {"Authorization": "Bearer şifre"},
    ],
    ids=["none", "wrong", "empty", "longer", "basic", "not ascii"],
)
async def test_writes_need_the_token(backend, path, body, headers):
    backend.token = LOGIN["Authorization"].removeprefix("Bearer ")
    async with a_client(backend) as client:
        answer = await client.post(path, json=body, headers=headers)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert backend.asked == []
    assert backend.now.halted is None


@pytest.mark.parametrize(
    ("headers", "why", "words", "challenge"),
    [
        ({}, "missing_token", "this needs the token from --token-file", "Bearer"),
        (
            {"Authorization": "Bearer wrong"},
            "wrong_token",
            "this token is wrong: it is none of those in --token-file",
            'Bearer error="invalid_token"',
        ),
    ],
)
async def test_a_wrong_token_is_told_apart_from_a_missing_one(
    backend, headers, why, words, challenge
):
    backend.token = TOKEN
    async with a_client(backend) as client:
        answer = await client.post("/-/reload", headers=headers)
        assert answer.headers["WWW-Authenticate"] == challenge
        assert (await answer.json())["error"].startswith(words)
    assert backend.refusals == [(why, "127.0.0.1", "POST /-/reload")]


async def test_a_wrong_token_for_reads_is_told_apart_too(backend):
    backend.read_token = READER
    async with a_client(backend) as client:
        await client.get("/")
        answer = await client.get("/", headers=basic("ada:another-token-than-this"))
        assert answer.status == 401
        assert (await answer.json())["error"] == (
            "this token is wrong: it is none of those in --read-token-file"
        )
    assert [why for why, *_ in backend.refusals] == ["missing_token", "wrong_token"]


async def test_each_kind_of_refusal_is_reported(backend):
    async with a_client(backend) as client:
        await client.post("/-/reload", headers={"Host": "bots.example"})
        await client.post("/-/reload", headers={"X-Real-IP": "203.0.113.9"})
        await client.post("/-/reload", headers={"Origin": "https://evil.example"})
        await client.post("/-/reload", headers={"Sec-Fetch-Site": "cross-site"})
    assert [why for why, *_ in backend.refusals] == [
        "unknown_host",
        "not_local",
        "other_site",
        "other_site",
    ]
    assert {why for why, *_ in backend.refusals} < set(REFUSALS)
    assert set(REFUSALS) == set(get_args(Refusal))


@pytest.mark.parametrize(("path", "body"), WRITES)
async def test_writes_with_the_token_may_come_from_anywhere(backend, path, body):
    backend.token = LOGIN["Authorization"].removeprefix("Bearer ")
    headers = LOGIN | {"Host": "bots.example", "X-Forwarded-For": "203.0.113.9"}
    async with a_client(backend) as client:
        answer = await client.post(path, json=body, headers=headers)
        assert answer.status == 200


async def test_reads_need_no_token(backend):
    backend.token = LOGIN["Authorization"].removeprefix("Bearer ")
    async with a_client(backend) as client:
        assert (await client.get("/api/v1/status")).status == 200


async def test_a_name_made_to_point_here_reads_nothing_though_writes_need_a_token(backend):
    backend.token = LOGIN["Authorization"].removeprefix("Bearer ")
    rebound = {"Host": "bots.example"}
    async with a_client(backend) as client:
        for headers in (rebound, rebound | {"Authorization": "Bearer wrong"}):
            assert (await client.get("/api/v1/status", headers=headers)).status == 403
        answer = await client.get("/api/v1/status", headers=rebound | LOGIN)
        assert answer.status == 200


# --- with a token for reads

READER = "a-token-for-reads-alone"
READS = ["/", "/style.css", "/metrics", "/api/v1/status", "/api/v1/events", "/nowhere"]


def basic(text):
    return {"Authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic"},
        {"Authorization": "Basic ====="},
        {"Authorization": "Basic ş"},
        {"Authorization": "Basic /w=="},
        basic(READER),
        basic(f"{READER}:"),
        basic(f"ada:{READER}x"),
    ],
)
async def test_reads_need_the_token_for_reads(backend, path, headers):
    backend.read_token = READER
    async with a_client(backend) as client:
        answer = await client.get(path, headers=headers)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {READER}"},
        basic(f"ada:{READER}"),
        LOGIN,
        basic(f":{LOGIN['Authorization'].removeprefix('Bearer ')}"),
    ],
)
async def test_either_token_permits_reads(backend, headers):
    backend.read_token = READER
    backend.token = LOGIN["Authorization"].removeprefix("Bearer ")
    async with a_client(backend) as client:
        answer = await client.get("/api/v1/status", headers=headers | {"Host": "bots.example"})
        assert answer.status == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_health_needs_no_token(backend, path):
    backend.read_token = READER
    async with a_client(backend) as client:
        assert (await client.get(path)).status == 200
        assert (await client.get(path, headers={"Host": "bots.example"})).status == 403


@pytest.mark.parametrize(("path", "body"), WRITES)
async def test_what_a_browser_sends_by_itself_permits_no_write(backend, path, body):
    backend.token = LOGIN["Authorization"].removeprefix("Bearer ")
    backend.read_token = READER
    async with a_client(backend) as client:
        for headers in ({"Authorization": f"Bearer {READER}"}, basic(f"ada:{backend.token}")):
            assert (await client.post(path, json=body, headers=headers)).status == 401
    assert backend.asked == []


# --- headers of any kind


class Request:
    """A request from this machine with these headers."""

    method, path, transport = "POST", "/-/reload", None

    def __init__(self, **headers):
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


ANY = st.text() | st.from_regex(r"https?://[\[\]:@/a-z0-9.%]*", fullmatch=True)


@given(ANY, ANY, ANY, st.sampled_from(["GET", "POST"]), st.sampled_from([None, READER]))
def test_no_header_is_an_unexpected_error(host, origin, login, method, token):
    request = Request(Host=host, Origin=origin, Authorization=login)
    request.method = method
    request.transport = Peer(("127.0.0.1", 1))
    for backend in (ScriptedBackend(token=token), ScriptedBackend(read_token=token)):
        with contextlib.suppress(web.HTTPForbidden, web.HTTPUnauthorized):
            access.admit(request, backend)


@pytest.mark.parametrize("origin", ["http://[", "//[::1", "http://[::1]x", "[", "null", ""])
async def test_an_origin_that_is_no_url_is_of_another_site(client, origin):
    status, error = await refused(await client.post("/-/reload", headers={"Origin": origin}))
    assert (status, error) == (403, "requests from another site are not allowed")


# --- without a token


@pytest.mark.parametrize(("path", "body"), WRITES)
async def test_without_a_token_this_machine_may_write(client, path, body):
    assert (await client.post(path, json=body)).status == 200


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"X-Forwarded-For": "203.0.113.9"}, "only this machine may do this"),
        ({"X-Real-IP": "203.0.113.9"}, "only this machine may do this"),
        ({"Forwarded": "for=203.0.113.9"}, "only this machine may do this"),
        ({"Origin": "https://evil.example"}, "from another site"),
        ({"Origin": "null"}, "from another site"),
        ({"Sec-Fetch-Site": "cross-site"}, "from another site"),
        ({"Sec-Fetch-Site": "same-site"}, "from another site"),
        ({"Host": "evil.example"}, "unknown Host header"),
        ({"Host": "[broken"}, "unknown Host header"),
        ({"Host": ""}, "unknown Host header"),
    ],
)
@pytest.mark.parametrize(("path", "body"), WRITES)
async def test_others_may_not_make_this_machine_write(client, backend, path, body, headers, words):
    status, error = await refused(await client.post(path, json=body, headers=headers))
    assert status == 403
    assert words in error
    assert backend.asked == []
    assert backend.now.halted is None


async def test_a_page_of_our_own_may_write(client):
    host = f"127.0.0.1:{client.port}"
    headers = {"Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    assert (await client.post("/-/reload", headers=headers)).status == 200


class Peer:
    """A transport whose other end is somewhere."""

    def __init__(self, name):
        self.name = name

    def get_extra_info(self, _):
        return self.name


@pytest.mark.parametrize(
    ("peer", "local"),
    [
        (("127.0.0.1", 1), True),
        (("127.9.9.9", 1), True),
        (("::1", 1, 0, 0), True),
        (("::ffff:127.0.0.1", 1, 0, 0), True),
        (("::ffff:203.0.113.9", 1, 0, 0), False),
        (("203.0.113.9", 1), False),
        (("fe80::1%eth0", 1, 0, 2), False),
        (("/run/socket",), False),
        ("", False),
        (None, False),
    ],
)
def test_only_loopback_is_this_machine(peer, local):
    class Request:
        transport = Peer(peer)

    assert access._from_loopback(Request()) is local  # noqa: SLF001 # no other way to be remote


def test_a_request_whose_connection_is_gone_is_from_nowhere():
    class Request:
        transport = None

    assert access._from_loopback(Request()) is False  # noqa: SLF001 # no other way


@pytest.mark.parametrize("path", ["/", "/api/v1/status", "/metrics", "/healthz"])
async def test_a_name_made_to_point_here_reads_nothing(client, path):
    answer = await client.get(path, headers={"Host": "rebound.evil.example:9877"})
    assert answer.status == 403


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("127.0.0.1", "localhost:9877"),
        ("127.0.0.1", "LOCALHOST"),
        ("127.0.0.1", "[::1]:9877"),
        ("localhost", "127.0.0.1"),
        ("0.0.0.0", "pod.bots.svc:9877"),  # noqa: S104 # for reads, any name will do
        ("bots.example", "bots.example:9877"),
    ],
)
async def test_names_of_this_machine_may_read(host, named):
    async with a_client(ScriptedBackend(host=host)) as client:
        assert (await client.get("/api/v1/status", headers={"Host": named})).status == 200


async def test_a_listener_for_all_still_takes_no_write_under_a_strange_name():
    async with a_client(ScriptedBackend(host="0.0.0.0")) as client:  # noqa: S104 # not bound
        answer = await client.post("/-/reload", headers={"Host": "pod.bots.svc:9877"})
        assert answer.status == 403


# --- what writing does


async def test_a_reload_answers_with_its_result(client):
    body = await (await client.post("/-/reload")).json()
    assert set(body) == {"generation", "revision", "digest", "config"}
    assert body["config"]["last_reload_successful"]


async def test_a_refused_reload_says_why(client, backend):
    backend.refused = True
    answer = await client.post("/-/reload?lang=tr")
    body = await answer.json()
    assert answer.status == 422
    assert body["error"] == "1 problem in the file; the last good version stays in force"
    assert body["config"]["reason"] == "InvalidDocument"
    assert "validate" in body["config"]["remedy"]


async def test_a_test_answers_with_the_fresh_status(client, backend):
    answer = await client.post("/api/v1/connections/kucoin-main-grid/test")
    assert (await answer.json())["status"] == "Online"
    assert backend.asked == [("test", "kucoin-main-grid")]
    answer = await client.post("/api/v1/connections/none/test")
    assert await refused(answer) == (404, "no connection with this name")


async def test_halt_and_resume(client, backend):
    answer = await client.post("/api/v1/halt", json=HALT)
    assert (await answer.json())["halted"]["reason"] == "exchange incident"
    assert backend.now.halted.by == "ada"
    answer = await client.post("/api/v1/resume", json={"name": None})
    assert await answer.json() == {"resumed": True}
    answer = await client.post("/api/v1/resume")
    assert await answer.json() == {"resumed": False}


@pytest.mark.parametrize(("full", "code"), [(True, 507), (False, 503)])
@pytest.mark.parametrize(("path", "body"), [("halt", HALT), ("resume", {})])
async def test_a_halt_that_a_restart_may_forget_is_never_200(
    client, backend, monkeypatch, full, code, path, body
):
    async def forgetful(*_):
        raise NotDurableError("in force; a restart may forget it", full=full)

    monkeypatch.setattr(backend, path, forgetful)
    answer = await client.post(f"/api/v1/{path}", json=body)
    assert await refused(answer) == (code, "in force; a restart may forget it")


async def test_one_strategy_is_resumed_by_name(client, backend):
    await client.post("/api/v1/resume", json={"name": "btc-grid"})
    assert backend.asked == [("resume", "btc-grid", "", "unknown", "")]
    answer = await client.post("/api/v1/resume", json={"name": "none"})
    assert await refused(answer) == (404, "no strategy with this name")


@pytest.mark.parametrize(
    ("by", "token", "signed"),
    [
        ("ada", None, "ada"),
        ("ada", TOKEN, "ada (token ops)"),
        ("ops", TOKEN, "ops"),
        (None, TOKEN, "token ops"),
        (None, None, "unknown"),
    ],
)
async def test_who_it_was_is_the_name_given_and_that_of_the_token(backend, by, token, signed):
    backend.token, name = token, "ops" if token else ""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with a_client(backend) as client:
        if by is not None:
            body = {"reason": "fire", "by": by}
            await client.post("/api/v1/halt", json=body, headers=headers)
            assert backend.now.halted.by == signed
        body = {"reason": "it rains", "by": by}
        await client.post("/api/v1/resume", json=body, headers=headers)
    assert backend.asked[-1] == ("resume", None, "it rains", signed, name)
    halts = [asked for asked in backend.asked if asked[0] == "halt"]
    assert halts == ([("halt", "fire", signed, name)] if by is not None else [])


async def test_a_halt_in_the_file_is_not_lifted_from_here(client, backend):
    backend.now = a_status(file_halt=Halted("fire", "ada"))
    status, error = await refused(await client.post("/api/v1/resume"))
    assert (status, error) == (409, "the halt is set in the file; remove it there")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "reason and by are required"),
        ({"reason": "x"}, "reason and by are required"),
        ({"reason": "", "by": "ada"}, "reason: a text of 1 to 500 characters"),
        ({"reason": 7, "by": "ada"}, "reason: a text"),
        ({"reason": "x" * 501, "by": "ada"}, "reason: a text"),
        ({"reason": "x", "by": ["ada"]}, "by: a text"),
        ([], "a JSON object is expected"),
        ("text", "a JSON object is expected"),
    ],
)
async def test_a_halt_needs_a_reason_and_a_person(client, backend, body, words):
    status, error = await refused(await client.post("/api/v1/halt", json=body))
    assert status == 400
    assert words in error
    assert backend.now.halted is None


@pytest.mark.parametrize("data", [b"{", b"\xff\xfe", b"[" * 60000, b"{'a': 1}"])
async def test_a_body_that_is_no_json_is_refused(client, data):
    headers = {"Content-Type": "application/json"}
    answer = await client.post("/api/v1/halt", data=data, headers=headers)
    assert await refused(answer) == (400, "the body is not valid JSON")


async def test_a_charset_that_nobody_knows_is_refused(client):
    headers = {"Content-Type": "application/json; charset=klingon"}
    answer = await client.post("/api/v1/halt", data=b"{}", headers=headers)
    assert await refused(answer) == (400, "the body is not valid JSON")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
async def test_a_form_is_no_order(client, backend, kind):
    headers = {"Content-Type": kind}
    answer = await client.post("/api/v1/halt", data=json.dumps(HALT), headers=headers)
    assert answer.status == 415
    assert backend.now.halted is None


async def test_a_body_without_end_is_refused(client):
    big = {"reason": "x" * 100_000, "by": "ada"}
    answer = await client.post("/api/v1/halt", json=big)
    assert answer.status == 413
    assert "error" in await answer.json()


async def test_a_body_that_does_not_come_is_not_waited_for(client, monkeypatch):
    monkeypatch.setattr("bf_reconciler.web.http.writes.BODY_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    head = (
        f"POST /api/v1/halt HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\n"
        "Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
    )
    writer.write(head.encode())
    async with asyncio.timeout(60):
        assert b" 408 " in await reader.readline()
    writer.close()
    await writer.wait_closed()
