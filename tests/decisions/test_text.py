"""What text of others may do to a terminal: nothing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.facts import Problem, printable

HARMFUL = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text() | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"])))
def test_nothing_steers_the_terminal(text):
    shown = printable(text, "\n")
    assert len(shown) == len(text)
    assert not {unicodedata.category(c) for c in shown if c != "\n"} & HARMFUL
    assert printable(shown, "\n") == shown


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_what_can_be_read_stays(text):
    assert printable(text) == text


@pytest.mark.parametrize("char", ["\x1b", "\x07", "\x9b", "\x7f", "\u202e", "\u2028", "\r", "\n"])
def test_a_key_of_the_file_forges_no_line(char):
    told = Problem(3, 5, f"labels.a{char}b", f"unknown{char}").render("file")
    assert told == "file:3:5: labels.a\ufffdb: unknown\ufffd"
