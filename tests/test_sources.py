"""Where the facts of an exchange come from: pages that can be opened, and rows that agree."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from bf_reconciler.exchanges import EXCHANGES

HOME = Path(__file__).parents[1]
PAGES = HOME / "docs" / "sources"
CITED = re.compile(r"docs/sources/([a-z]+)\.md((?:#[a-z]+(?:, )?)*)")
SECTIONS = {
    *("documents", "time", "key", "balance", "orders", "markets", "permissions", "codes"),
    *("signing", "pace", "environments", "allowlist", "expiry"),
}
IDS = pytest.mark.parametrize("exchange", sorted(EXCHANGES))


def page_of(exchange):
    return (PAGES / f"{exchange}.md").read_text(encoding="utf-8")


def headings(exchange):
    return set(re.findall(r"^## (.+)$", page_of(exchange), re.MULTILINE))


def section(exchange, name):
    return page_of(exchange).split(f"\n## {name}\n")[1].split("\n## ")[0]


def in_backticks(text):
    return set(re.findall(r"`([^`\n]+)`", text))


def cited():
    """Every (file, exchange, section) that code, tests and documents name; "" is the whole page."""
    found = set()
    for folder in ("src", "tests", "docs"):
        for path in (HOME / folder).rglob("*"):
            if path.suffix not in {".py", ".md", ".json"} or path.parent == PAGES:
                continue
            for exchange, sections in CITED.findall(path.read_text(encoding="utf-8")):
                names = re.findall(r"#([a-z]+)", sections) or [""]
                found |= {(path.relative_to(HOME), exchange, name) for name in names}
    return found


def test_every_exchange_has_its_page_and_every_page_its_exchange():
    assert {path.stem for path in PAGES.glob("*.md")} == set(EXCHANGES)


@IDS
def test_a_page_has_every_section(exchange):
    assert headings(exchange) >= SECTIONS
    assert headings(exchange) <= SECTIONS | {"secrets"}


@IDS
def test_every_document_of_a_page_has_an_address_and_says_when_it_was_read(exchange):
    rows = re.findall(r"^\| `([\w-]+)` \|(.+)\|$", section(exchange, "documents"), re.MULTILINE)
    assert rows
    names = {name for name, _ in rows}
    assert len(names) == len(rows)
    for name, told in rows:
        address, read = told.rsplit("|", 2)[1:]
        assert address.strip(), name
        assert read.strip(), name


def test_what_is_cited_is_there():
    dead = [
        (str(path), f"{exchange}.md#{name}")
        for path, exchange, name in cited()
        if exchange not in EXCHANGES or (name and name not in headings(exchange))
    ]
    assert dead == []


@IDS
def test_every_section_is_cited_by_the_folder_of_its_exchange(exchange):
    folder = Path("src/bf_reconciler/exchanges") / exchange
    named = {name for path, found, name in cited() if found == exchange and path.parent == folder}
    assert headings(exchange) - named == set()


@IDS
def test_a_row_cites_no_other_page_than_its_own(exchange):
    folder = Path("src/bf_reconciler/exchanges") / exchange
    assert {found for path, found, _ in cited() if path.parent == folder} == {exchange}


@IDS
def test_every_code_stands_on_its_page_with_the_reason_of_the_row(exchange):
    refusals = EXCHANGES[exchange].refusals
    lines = [line for line in section(exchange, "codes").splitlines() if line.startswith("|")]
    for code, reason in refusals.codes.items():
        told = [line for line in lines if f"`{code}`" in line.split("|")[1]]
        assert any(re.search(rf"\b{reason}\b", line) for line in told), (code, reason, told)
    listed = {code for code, *_ in refusals.phrases if code} | set(EXCHANGES[exchange].instead)
    assert listed - in_backticks(page_of(exchange)) == set()


@IDS
def test_every_word_of_a_permission_stands_on_its_page(exchange):
    words = import_module(f"bf_reconciler.exchanges.{exchange}.row").PERMISSIONS
    assert words
    assert set(words) - in_backticks(section(exchange, "permissions")) == set()
