"""Pages over HTTP, and the streams that keep them as things are."""

import gzip
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bf_reconciler.facts import Reason
from bf_reconciler.verdict import ConnectionState
from bf_reconciler.web.http import event_payload
from bf_reconciler.web.http.app_keys import LATENCIES
from bf_reconciler.web.page.page_parts import PageParts, patch
from bf_reconciler.web.page.pages import ROWS
from bf_reconciler.web.page.rows import Rows
from bf_reconciler.web.page.words import WORDS
from edges.fakes import NOW, a_connection, a_status, a_strategy
from edges.reading import a_reader, parsed
from edges.web_client import ScriptedBackend, a_client, until

BLOCKED = a_connection(state=ConnectionState.BLOCKED, reason=Reason.NO_TRADE_PERMISSION)


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


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(event_payload, "PAGE_SECONDS", 0.05)


async def page_of(client, path="/"):
    answer = await client.get(path)
    assert answer.status == 200
    return parsed(await answer.text())


async def next_patch(answer):
    """The next patch; comments are passed over."""
    while line := (await answer.content.readline()).decode():
        if line.startswith("data: "):
            return json.loads(line[6:])
    raise EOFError


def seen_by(tree):
    return next(a["data-seen"] for tag, a in tree.tags if tag == "body")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", "Summary"),
        ("/connections/kucoin-main-grid", "Connection kucoin-main-grid Online"),
        ("/strategies/btc-grid", "Strategy btc-grid Enabled"),
    ],
)
async def test_pages_are_served(client, path, shown):
    tree = await page_of(client, path)
    labels = [a.get("aria-label", "") for _, a in tree.tags]
    assert shown in " ".join([tree.words, *labels])


@pytest.mark.parametrize("path", ["/connections/none", "/strategies/none"])
async def test_what_is_not_there_is_a_page_too(client, path):
    answer = await client.get(path)
    assert answer.status == 404
    assert "Not found" in await answer.text()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("style.css", "text/css"),
        ("script.js", "text/javascript"),
        ("icon.svg", "image/svg+xml"),
    ],
)
async def test_what_a_page_brings_along_is_served_by_ourselves(client, name, kind):
    answer = await client.get(f"/{name}")
    assert (answer.status, answer.content_type) == (200, kind)


async def test_the_query_is_part_of_the_address(client, backend):
    backend.now = a_status([a_connection("one"), replace(BLOCKED, name="two")])
    tree = await page_of(client, "/?status=Blocked&q=tw")
    ids = [a.get("id") for tag, a in tree.tags if tag == "tr"]
    assert "c-two" in ids
    assert "c-one" not in ids


async def test_pages_are_compressed_for_those_who_can_read_it(client):
    answer = await client.get("/", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    plain = await client.get("/", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    small = await client.get("/icon.svg", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in small.headers


async def test_a_thousand_connections_are_a_page_of_no_more_than_200_kilobytes(client, backend):
    connections = [
        a_connection(
            f"kucoin-sub{n}-grid",
            api_key=f"••••{n:03x}",
            latency_seconds=0.05 + n % 97 / 1000,
            last_probe=NOW - timedelta(seconds=n % 60),
        )
        for n in range(1000)
    ]
    for number in range(0, 1000, 9):
        connections[number] = replace(BLOCKED, name=connections[number].name)
    strategies = [a_strategy(f"grid-{n}", connection=f"kucoin-sub{n}-grid") for n in range(1000)]
    for turn in range(20):  # so that each row has a line to draw
        backend.now = a_status(
            [
                replace(
                    c,
                    latency_seconds=0.05 + (n * 31 + turn * turn * 17) % 89 / 1000,
                    last_probe=c.last_probe + timedelta(minutes=turn),
                )
                for n, c in enumerate(connections)
            ],
            strategies,
        )
        await client.get("/strategies/grid-1")
    body = (await (await client.get("/", headers={"Accept-Encoding": "identity"})).text()).encode()
    assert body.count(b"<path") == ROWS
    assert len(gzip.compress(body, 6)) <= 200_000


# --- patches


async def test_the_stream_of_a_page_sends_what_changed_since_the_page(client, backend):
    tree = await page_of(client, "/?lang=en")
    backend.now = a_status([BLOCKED])
    params = {"page": "/?lang=en", "seen": seen_by(tree)}
    async with client.get("/api/v1/events", params=params) as answer:
        update = await next_patch(answer)
        assert update["title"] == "(1) bf-reconciler"
        assert update["say"] == "kucoin-main-grid: Blocked, No trade permission."
        assert {"c-kucoin-main-grid", "glance", "attention"} <= update["parts"].keys()
        assert "s-btc-grid" not in update["parts"]
        assert "lists" not in update
        backend.now = a_status([BLOCKED, a_connection("new")])
        backend.publish()
        update = await next_patch(answer)
        assert update["lists"].keys() == {"connections"}
        assert 'id="c-new"' in update["lists"]["connections"]


async def test_a_page_that_did_not_change_gets_no_patch(client, backend):
    tree = await page_of(client)
    async with client.get("/api/v1/events", params={"page": "/", "seen": seen_by(tree)}) as answer:
        await until(lambda: backend.readers)
        backend.publish()
        backend.now = a_status(generation=9, revision="other", connections=[BLOCKED])
        backend.publish()
        parts = (await next_patch(answer))["parts"]
        assert "c-kucoin-main-grid" in parts
        assert parts["revision"] == '<span id="revision">Revision other · generation 9</span>'


async def test_changes_that_come_fast_become_one_patch(client, backend, monkeypatch):
    monkeypatch.setattr(event_payload, "PAGE_SECONDS", 0.3)
    async with client.get("/api/v1/events", params={"page": "/"}) as answer:
        await next_patch(answer)
        for number in range(50):
            backend.now = a_status([a_connection(account=f"account-{number}")])
            backend.publish()
        update = await next_patch(answer)
        assert "account-49" in update["parts"]["c-kucoin-main-grid"]


@pytest.mark.parametrize("seen", ["", "nonsense", None], ids=["none", "unknown", "of another page"])
async def test_a_page_that_is_not_known_gets_everything(client, seen):
    if seen is None:
        seen = seen_by(await page_of(client, "/?status=Online"))
    async with client.get("/api/v1/events", params={"page": "/", "seen": seen}) as answer:
        update = await next_patch(answer)
        assert update["lists"].keys() == {"connections", "strategies"}


async def test_the_stream_of_one_connection_is_of_its_page_and_its_language(client, backend):
    page = "/connections/kucoin-main-grid?lang=tr"
    async with client.get("/api/v1/events", params={"page": page}) as answer:
        update = await next_patch(answer)
        assert update["lists"].keys() == {"conditions", "strategies"}
        assert "Çevrimiçi" in update["parts"]["head"]
        backend.now = a_status([])
        backend.publish()
        update = await next_patch(answer)
        assert WORDS["tr"]["not_found"] in update["parts"]["head"]


async def test_the_page_of_a_stream_has_bounds(client):
    answer = await client.get("/api/v1/events", params={"page": "/" + "x" * 3000})
    assert answer.status == 400
    async with client.get("/api/v1/events", params={"page": "http://elsewhere"}) as answer:
        assert "glance" in (await next_patch(answer))["parts"]


async def test_many_changes_are_announced_in_short(client, backend):
    async with client.get("/api/v1/events", params={"page": "/"}) as answer:
        await next_patch(answer)
        backend.now = a_status([a_connection(f"c{n}") for n in range(9)], [])
        backend.publish()
        assert (await next_patch(answer))["say"].endswith("and 8 more")


def test_a_patch_of_nothing_is_nothing():
    page = PageParts("t", "", {"a": "1"}, {"l": {"r": "row"}})
    assert patch(page, page) == {}


def test_rows_are_made_anew_when_they_or_the_day_have_changed():
    reader = a_reader()
    rows = Rows(reader)
    connection = a_connection()
    first = rows.connections({"kucoin-main-grid": connection}, reader)
    again = rows.connections({"kucoin-main-grid": replace(connection)}, reader)
    assert again["c-kucoin-main-grid"] is first["c-kucoin-main-grid"]
    tomorrow = a_reader(now=NOW + timedelta(days=1))
    later = rows.connections({"kucoin-main-grid": connection}, tomorrow)
    assert "2026-05-04 12:00" in later["c-kucoin-main-grid"]


async def test_latencies_are_kept_while_no_page_is_open(backend, monkeypatch):
    monkeypatch.setattr("bf_reconciler.web.http.app.SAMPLE_SECONDS", 0.01)
    async with a_client(backend) as client:
        kept = client.server.app[LATENCIES]
        await until(lambda: kept.of("kucoin-main-grid"))
        backend.now = a_status([a_connection(last_probe=NOW + timedelta(seconds=1))])
        await until(lambda: len(kept.of("kucoin-main-grid")) == 2)
