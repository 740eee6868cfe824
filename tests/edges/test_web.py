"""What can be read over HTTP."""

import asyncio
import contextlib
import itertools
import logging
from datetime import UTC, datetime

import pytest

from bf_reconciler.status import Status, present, present_connection, present_strategy
from bf_reconciler.web.http import responses
from bf_reconciler.web.http.responses import PIECE, dumps, written
from edges.fakes import (
    a_connection,
    a_refused_config,
    a_status,
    a_strategy,
    a_transition,
)
from edges.web_client import ScriptedBackend, a_client, until


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


async def test_the_status_is_in_the_shape_of_the_contract(client, backend):
    answer = await client.get("/api/v1/status")
    assert answer.content_type == "application/json"
    body = await answer.json()
    assert body == present(backend.status())
    assert body["connections"][0]["api_key"] == "••••3eb"


async def test_one_connection_and_one_strategy_can_be_asked_for(client, backend):
    generation = backend.status().generation
    answer = await client.get("/api/v1/connections/kucoin-main-grid")
    assert await answer.json() == present_connection(a_connection(), generation)
    answer = await client.get("/api/v1/strategies/btc-grid")
    assert await answer.json() == present_strategy(a_strategy(), generation)


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/api/v1/connections/none", 404, "no connection with this name"),
        ("/api/v1/strategies/none", 404, "no strategy with this name"),
        ("/nowhere", 404, "not found"),
        ("/api/v1/halt", 405, "method not allowed"),
        ("/api/v1/history?limit=0", 400, "limit: a number from 1 to 1000 is expected"),
        ("/api/v1/history?limit=1001", 400, "limit: a number from 1 to 1000 is expected"),
        (
            f"/api/v1/history?limit={'9' * 5000}",
            400,
            "limit: a number from 1 to 1000 is expected",
        ),
        ("/api/v1/history?limit=ten", 400, "limit: a number from 1 to 1000 is expected"),
        (
            "/api/v1/history?before=then",
            400,
            "before: a time such as 2027-01-31T12:00:00Z is expected",
        ),
    ],
)
async def test_errors_are_json(client, path, status, error):
    answer = await client.get(path)
    assert (answer.status, await answer.json()) == (status, {"error": error})


async def test_a_wrong_method_is_answered_with_the_right_one(client):
    answer = await client.get("/api/v1/resume")
    assert answer.headers["Allow"] == "POST"


async def test_an_unexpected_error_is_logged_and_its_text_stays_here(
    client, backend, caplog, monkeypatch
):
    def broken():
        raise RuntimeError("SENTINEL")

    monkeypatch.setattr(backend, "status", broken)
    answer = await client.get("/api/v1/status")
    assert answer.status == 500
    assert await answer.json() == {"error": "internal error; the log of the daemon names it"}
    (record,) = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert (record.message, record.path) == ("request failed", "/api/v1/status")


async def test_history_is_asked_with_what_the_query_says(client, backend):
    answer = await client.get("/api/v1/history")
    (row,) = (await answer.json())["transitions"]
    assert (row["name"], row["from"], row["to"]) == ("btc-grid", "Enabled", "Blocked")
    await client.get("/api/v1/history?name=btc-grid&limit=5&before=2026-05-04T12:00:00")
    await client.get("/api/v1/history?before=2026-05-04T12:00:00Z")
    await client.get("/api/v1/history?kind=key")
    noon = datetime(2026, 5, 4, 12, tzinfo=UTC)
    assert backend.asked == [
        ("history", None, 100, None),
        ("history", "btc-grid", 5, noon),
        ("history", None, 100, noon),
        ("history", None, 100, None, "key"),
    ]
    assert (await client.get("/api/v1/history?kind=keys")).status == 400


@pytest.mark.parametrize(("path", "field"), [("/healthz", "healthy"), ("/readyz", "prepared")])
async def test_health_and_readiness_are_a_status_code_and_a_sentence(client, backend, path, field):
    answer = await client.get(path)
    assert (answer.status, await answer.text()) == (200, "ok\n")
    setattr(backend, field, (False, "no reconcile cycle has completed recently"))
    answer = await client.get(path)
    assert (answer.status, await answer.text()) == (
        503,
        "no reconcile cycle has completed recently\n",
    )


async def test_metrics_come_in_the_format_that_was_asked_for(client):
    answer = await client.get("/metrics", headers={"Accept": "text/plain"})
    assert await answer.text() == "# text/plain\n# full\n"
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("deflate, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("identity", False),
        ("x-gzipped", False),
    ],
)
async def test_metrics_are_compressed_for_who_takes_it(client, accepted, packed):
    answer = await client.get("/metrics", headers={"Accept-Encoding": accepted})
    assert (answer.headers.get("Content-Encoding") == "gzip") is packed
    assert await answer.text() == "# */*\n# full\n"


async def test_small_scrapers_ask_for_a_summary(client):
    assert await (await client.get("/metrics?detail=summary")).text() == "# */*\n# summary\n"
    assert await (await client.get("/metrics?detail=full")).text() == "# */*\n# full\n"
    answer = await client.get("/metrics?detail=little")
    assert answer.status == 400
    assert (await answer.json())["error"] == "detail: full or summary is expected"


async def test_a_head_of_the_metrics_has_no_body(client):
    answer = await client.head("/metrics")
    assert (answer.status, await answer.read()) == (200, b"")
    assert (await client.get("/healthz")).status == 200


async def test_a_scraper_that_does_not_read_is_cut_off(client, backend, monkeypatch):
    monkeypatch.setattr(responses, "WRITE_SECONDS", 0.05)
    endless = itertools.repeat(b"# a line\n" * 10_000)
    backend.metrics = lambda _, **__: (endless, "text/plain")
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port, limit=1000)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await until(lambda: not client.server.runner.server.connections)
    with contextlib.suppress(ConnectionError):
        assert not (await reader.read()).endswith(b"0\r\n\r\n")
    writer.close()


@pytest.mark.parametrize("path", ["/", "/style.css", "/api/v1/status", "/metrics", "/nowhere"])
async def test_every_answer_carries_the_headers_of_safety(client, path):
    headers = (await client.get(path)).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Server"] == "bf-reconciler"


ENGLISH = "Turn the withdraw permission off"


@pytest.mark.parametrize(
    ("query", "accepted", "turkish"),
    [
        ("", "", False),
        ("?lang=tr", "", True),
        ("?lang=en", "tr", False),
        ("?lang=de", "tr", True),
        ("", "tr-TR,tr;q=0.9,en;q=0.8", True),
        ("", "en;q=0.8, tr;q=0.9", True),
        ("", "de, en;q=0.5, tr;q=0.1", False),
        ("", "tr;q=nonsense", False),
        ("", "tr;level=1", True),
        ("", "tr;q=0", False),
    ],
)
async def test_remedies_are_in_the_language_of_the_reader(client, query, accepted, turkish):
    headers = {"Accept-Language": accepted} if accepted else {}
    answer = await client.get(f"/api/v1/history{query}", headers=headers)
    remedy = (await answer.json())["transitions"][0]["remedy"]
    assert remedy.startswith(ENGLISH) is not turkish


async def test_half_a_character_does_not_break_an_answer():
    odd = a_status([a_connection(account="a\ud800b")])
    async with a_client(ScriptedBackend(odd)) as client:
        for path in ("/", "/api/v1/status", "/api/v1/connections/kucoin-main-grid"):
            answer = await client.get(path)
            assert answer.status == 200
            assert "a?b" in await answer.text()


@pytest.mark.parametrize("count", [0, 1, PIECE, PIECE + 1, 3 * PIECE])
def test_a_long_answer_is_written_in_pieces_as_it_would_be_at_once(count):
    frame = {"generation": 1, "words": ["a", "ş"], "connections": [], "strategies": []}
    lists = {"connections": [{"name": n} for n in range(count)], "strategies": []}
    pieces = list(written(frame, map_of(lists)))
    assert b"".join(pieces).decode() == dumps(frame | lists)
    assert max(map(len, pieces)) <= len(dumps({"name": 999}) + ", ") * PIECE + len(", ")


def map_of(lists):
    """Made as they are read, once."""
    return {name: iter(entries) for name, entries in lists.items()}


async def test_an_empty_status_can_be_read():
    async with a_client(ScriptedBackend(Status())) as client:
        assert (await (await client.get("/api/v1/status")).json())["connections"] == []
        assert (await client.get("/")).status == 200


async def test_a_refused_file_is_listed_with_its_problems():
    async with a_client(ScriptedBackend(a_status(config=a_refused_config()))) as client:
        config = (await (await client.get("/api/v1/status")).json())["config"]
    assert config["reason"] == "InvalidDocument"
    assert config["problems"][0]["line"] == 7


# --- events


async def read_event(answer):
    """The next event as (kind, text); a comment as its own kind."""
    kind, data = "", ""
    while line := (await answer.content.readline()).decode().rstrip("\n"):
        if line.startswith(":"):
            kind = "comment"
        name, _, value = line.partition(": ")
        kind = value if name == "event" else kind
        data += value if name == "data" else ""
    return kind, data


async def test_events_begin_with_the_status_and_go_on_with_what_changes(client, backend):
    async with client.get("/api/v1/events?lang=en") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        kind, data = await read_event(answer)
        assert (kind, '"generation": 3' in data) == ("status", True)
        backend.now = a_status(generation=4)
        backend.publish(a_transition(), a_transition("eth-grid"))
        kinds = [await read_event(answer) for _ in range(3)]
        assert [kind for kind, _ in kinds] == ["transition", "transition", "status"]
        assert '"generation": 4' in kinds[2][1]


async def test_no_change_between_the_first_status_and_the_subscription_is_lost(client, backend):
    async with client.get("/api/v1/events") as answer:
        assert len(backend.readers) == 1
        backend.publish()
        assert (await read_event(answer))[0] == "status"
        assert (await read_event(answer))[0] == "status"


async def test_silence_is_broken_by_comments(client, monkeypatch):
    monkeypatch.setattr("bf_reconciler.web.http.events.KEEPALIVE_SECONDS", 0.01)
    async with client.get("/api/v1/events") as answer:
        assert (await read_event(answer))[0] == "status"
        assert (await read_event(answer))[0] == "comment"


async def test_a_reader_that_leaves_is_forgotten(client, backend, monkeypatch):
    monkeypatch.setattr("bf_reconciler.web.http.events.KEEPALIVE_SECONDS", 0.01)
    async with client.get("/api/v1/events") as answer:
        await read_event(answer)
        assert backend.readers
    await until(lambda: not backend.readers)


async def test_a_reader_that_takes_nothing_is_disconnected(backend, monkeypatch):
    monkeypatch.setattr("bf_reconciler.web.http.events.WRITE_SECONDS", 0.05)
    backend.now = a_status([a_connection(f"c{n}") for n in range(3000)])
    async with a_client(backend) as client, client.get("/api/v1/events"):
        await until(lambda: not backend.readers)


async def test_streams_end_when_the_daemon_stops(backend):
    async with a_client(backend) as client:
        answer = await client.get("/api/v1/events")
        await read_event(answer)
        await client.server.close()
        assert await answer.content.read() == b""
        answer.close()
    assert not backend.readers


async def test_streams_end_when_there_is_nothing_more_to_send(client, backend):
    async with client.get("/api/v1/events") as answer:
        await read_event(answer)
        for reader in backend.readers:
            reader.put_nowait(None)
        assert await answer.content.read() == b""


async def test_streams_are_not_without_number(client, monkeypatch):
    monkeypatch.setattr("bf_reconciler.web.http.events.MAX_STREAMS", 1)
    async with client.get("/api/v1/events") as first:
        await read_event(first)
        second = await client.get("/api/v1/events")
        assert (second.status, await second.json()) == (
            503,
            {"error": "too many event streams are open"},
        )
