"""Tables of large fleets, page by page."""

import re

import pytest

from bf_reconciler.facts import Reason
from bf_reconciler.verdict import ConnectionState
from bf_reconciler.web.page.pages import ROWS, page_of
from edges.fakes import a_connection, a_status, a_strategy
from edges.web_client import ScriptedBackend, a_client

COUNT = 2 * ROWS + 10
NAMES = [f"c-{n:03}" for n in range(COUNT)]
FLEET = a_status(
    [a_connection(name) for name in NAMES[:-2]]
    + [a_connection(NAMES[-2], ConnectionState.BLOCKED, Reason.INVALID_KEY, exchange="mexc")]
    + [a_connection(NAMES[-1], ConnectionState.UNREACHABLE, Reason.TIMEOUT)],
    [a_strategy(f"s-{n:03}", connection="c-000") for n in range(COUNT)],
)


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def client():
    async with a_client(ScriptedBackend(FLEET)) as opened:
        yield opened


async def shown(client, query=""):
    text = await (await client.get(f"/{query}")).text()
    rows = re.findall(r'<tr id="[cs]-([^"]+)">', text)
    links = dict(re.findall(r'<a href="([^"]+)">(Previous|Next|Önceki|Sonraki)</a>', text))
    return rows, {word: address.replace("&amp;", "&") for address, word in links.items()}, text


async def test_what_is_not_well_stands_first(client):
    rows, _, text = await shown(client)
    assert rows[:3] == [NAMES[-2], NAMES[-1], NAMES[0]]
    assert len(rows) == 2 * ROWS
    assert "page 1 of 3" in text


async def test_pages_of_the_two_tables_are_turned_apart(client):
    found = []
    for page in (1, 2, 3):
        rows, _, text = await shown(client, f"?connections={page}")
        found += [row for row in rows if row.startswith("c-")]
        assert f"page {page} of 3" in text
        assert "s-000" in rows
    assert sorted(found) == NAMES


async def test_links_keep_the_filter_and_the_language(client):
    _, links, text = await shown(client, "?q=c-&exchange=kucoin&lang=tr&strategies=2")
    assert "sayfa 2 / 3" in text
    assert set(links) == {"Önceki", "Sonraki"}
    for address in links.values():
        assert "q=c-&" in address
        assert "exchange=kucoin" in address
        assert "lang=tr" in address


@pytest.mark.parametrize("page", ["0", "-1", "x", "99", "9" * 5000, ""])
async def test_a_page_that_is_none_is_the_nearest(client, page):
    rows, _, text = await shown(client, f"?connections={page}")
    assert rows
    assert f"page {3 if page == '99' else 1} of 3" in text


async def test_a_filter_that_fits_on_a_page_has_none(client):
    rows, links, text = await shown(client, "?exchange=mexc")
    assert (rows, links) == ([NAMES[-2]], {})
    assert "page 1" not in text


def test_an_order_that_a_reader_chose_holds_over_all_pages():
    states = {True: ConnectionState.BLOCKED, False: ConnectionState.ONLINE}
    entries = {f"{n:03}": a_connection(f"{n:03}", states[n == COUNT - 1]) for n in range(COUNT)}
    assert list(page_of(entries, 1, chosen=True).rows) == [f"{n:03}" for n in range(ROWS)]
    assert next(iter(page_of(entries, 1).rows)) == f"{COUNT - 1:03}"


def test_few_rows_keep_the_order_of_the_file():
    entries = dict(FLEET.connections)
    few = {name: entries[name] for name in (NAMES[0], NAMES[-1], NAMES[-2])}
    assert list(page_of(few, 7).rows) == list(few)
