"""Every error row of the sheets: its code, its reason, and our address where it is told."""

import pytest

from bf_reconciler.exchanges import Refusal
from exchanges.cases import CASES

BODIES = [(case, *error) for case in CASES.values() for error in case.errors]
EACH = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def reason_of(row, refusal):
    """The meaning of the tables: phrases before codes."""
    for code, words, reason in row.refusals.phrases:
        if code in {"", refusal.code} and words.casefold() in refusal.text.casefold():
            return reason
    return row.refusals.codes.get(refusal.code)


@pytest.mark.parametrize(
    ("case", "body", "reason", "address"),
    BODIES,
    ids=[f"{case.row.id}-{number}" for number, (case, *_) in enumerate(BODIES)],
)
def test_an_error_body_of_the_sheet_has_its_reason(case, body, reason, address):
    refusal = case.row.refusals.read(body)
    assert reason_of(case.row, refusal) == reason
    assert case.row.refusals.address(refusal.text) == address


@EACH
def test_every_code_of_a_row_stands_in_its_list_of_errors(case):
    assert set(case.row.refusals.codes) <= {
        case.row.refusals.read(body).code for body, *_ in case.errors
    }


@EACH
@pytest.mark.parametrize("body", [None, [], "text", 7, {}, {"msg": "no code"}])
def test_a_body_without_a_code_is_no_refusal(case, body):
    assert case.row.refusals.read(body) is None


@EACH
@pytest.mark.parametrize("code", ["<b>", None, True, 1.5, ["1"], "1" * 11, "SENTINEL"])
def test_a_code_that_is_no_number_is_a_refusal_without_a_code(case, code):
    assert case.row.refusals.read(case.error(code, 7)) == Refusal("", "")
