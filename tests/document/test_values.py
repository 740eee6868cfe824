"""Plain values of a text that is no file of ours; what is wrong never shows a value."""

import pytest

from bf_reconciler.document import values
from bf_reconciler.facts import Problem


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (b'{"secret": "x", "n": [1, true, null]}', {"secret": "x", "n": [1, True, None]}),
        (b"secret: 0123\nlist:\n  - a\n", {"secret": "0123", "list": ["a"]}),
        (b"text", "text"),
    ],
)
def test_yaml_and_json_become_plain_values(given, found):
    assert values(given) == found


@pytest.mark.parametrize("given", [b"\xff", b"a: [SENTINEL", b'{"a": "SENTINEL", "a": 2}'])
def test_what_cannot_be_read_is_a_problem_without_a_value(given):
    found = values(given)
    assert isinstance(found, Problem)
    assert "SENTINEL" not in found.message
