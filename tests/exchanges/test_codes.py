"""The table of codes on the page of an exchange's sources is the table of its row."""

import re
from pathlib import Path

import ccxt
import pytest

from bf_reconciler.facts import Reason
from exchanges.cases import CASES

SOURCES = Path(__file__).parents[2] / "docs" / "sources"
CODE = re.compile(r"`([^`]+)`")
PLAIN = re.compile(r"(`[^`]+`(, )?)+")
UNKNOWN = Reason.UNEXPECTED_RESPONSE
"""A code that says nothing of ours; it needs no place in the row."""


def documented(exchange):
    """Code to reason, of each line that gives codes alone one reason alone."""
    text = (SOURCES / f"{exchange}.md").read_text()
    part = text.partition("\n## codes\n")[2].partition("\n## ")[0]
    found = {}
    for line in part.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and PLAIN.fullmatch(cells[0]) and cells[3] in set(Reason):
            found |= dict.fromkeys(CODE.findall(cells[0]), Reason(cells[3]))
    return found


@pytest.mark.parametrize("exchange", sorted(CASES))
def test_every_documented_code_is_in_the_row_with_its_reason_and_no_other(exchange):
    told, row = documented(exchange), CASES[exchange].row.refusals
    pages = {code for code, reason in told.items() if reason is not UNKNOWN}
    assert {code: row.codes[code] for code in pages & set(row.codes)} == {
        code: told[code] for code in pages & set(row.codes)
    }
    assert sorted(pages - set(row.codes)) == []
    assert sorted(set(row.codes) - set(told)) == []
    assert {
        code: row.codes[code] for code in set(told) - pages if code in row.codes
    } == dict.fromkeys((set(told) - pages) & set(row.codes), UNKNOWN)


RANGE = re.compile(r"`(-?\d+)` to `(-?\d+)`")
SHAPES = re.compile(r"-?\d+|[A-Za-z_]+|E\w+:.+|[a-z]+(-[a-z]+)+")
"""Codes, and not the texts that ccxt looks for where there is none."""


def told_of(exchange):
    """Whether the page says of a code what it means, or that no read of ours gets it."""
    text = (SOURCES / f"{exchange}.md").read_text()
    part = text.partition("\n## codes\n")[2].partition("\n## ")[0]
    single = set(CODE.findall(part))
    ranges = [sorted((int(a), int(b))) for a, b in RANGE.findall(part)]

    def told(code):
        whole = re.fullmatch(r"-?\d+", code)
        return code in single or any(whole and low <= int(code) <= high for low, high in ranges)

    return told


def flat(table):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value)
        else:
            yield key


@pytest.mark.parametrize("exchange", sorted(CASES))
def test_every_code_of_ccxts_table_is_in_the_row_or_told_of_on_the_page(exchange):
    row, told = CASES[exchange].row, told_of(exchange)
    table = getattr(ccxt, row.ccxt)().exceptions
    exact = {key: value for key, value in table.items() if key != "broad"}
    codes = [code for code in flat(exact) if SHAPES.fullmatch(code)]
    assert len(codes) > 9
    lost = [code for code in codes if code not in row.refusals.codes and not told(code)]
    assert lost == []
