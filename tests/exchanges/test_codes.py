"""The table of codes on the page of an exchange's sources is the table of its row."""

import re
from pathlib import Path

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
