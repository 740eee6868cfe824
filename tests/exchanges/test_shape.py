"""What decides is read strictly and alike everywhere; what informs never spoils an answer."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.exchanges import Unexpected, shape
from bf_reconciler.facts import KeyFacts, Scope, Unread

DAY = datetime(2026, 9, 22, tzinfo=UTC)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


def raises(read, *args):
    with pytest.raises(Unexpected) as caught:
        read(*args)
    return str(caught.value) == "f"


@pytest.mark.parametrize("value", [7, "7", " 7 ", 7.0], ids=repr)
def test_a_number_is_one_as_text_too(value):
    assert shape.whole({"f": value}, "f") == 7


@pytest.mark.parametrize(
    "value", [None, "", "7.5", 7.5, True, [], float("nan"), "9" * 20], ids=repr
)
def test_what_is_no_whole_number_is_unexpected(value):
    assert raises(shape.whole, {"f": value}, "f")


@pytest.mark.parametrize("value", [None, "", "  "], ids=repr)
def test_empty_text_is_absent(value):
    body = {"f": value}
    assert shape.optional_whole(body, "f") is None
    assert shape.optional_flag(body, "f") is None
    assert shape.optional_moment(body, "f") is None
    assert shape.is_zero(body, "f")


@pytest.mark.parametrize(
    ("value", "on"),
    [
        *((yes, True) for yes in (True, 1, 1.0, "1", "true", "True")),
        *((no, False) for no in (False, 0, "0", "false")),
    ],
    ids=repr,
)
def test_yes_and_no_have_many_spellings(value, on):
    assert shape.flag({"f": value}, "f") is on


@pytest.mark.parametrize("value", [None, "", 2, -1, "yes", [], 0.5], ids=repr)
def test_what_is_neither_yes_nor_no_is_unexpected(value):
    assert raises(shape.flag, {"f": value}, "f")


@pytest.mark.parametrize("value", ["a,b", "a, b,", ",a,b", ["a", "b"], ["a", "", " b"]], ids=repr)
def test_a_list_is_an_array_or_text(value):
    assert shape.words({"f": value}, "f") == ("a", "b")


@pytest.mark.parametrize("value", [None, "", ",", [], [""], [7], {"a": 1}, 7, "<b>"], ids=repr)
def test_a_list_of_rights_that_is_none_is_unexpected(value):
    assert raises(shape.words, {"f": value}, "f")


@pytest.mark.parametrize(
    ("value", "found"), [(None, None), ("", ()), ([], ()), ([""], ()), ("::1,", ("::1",))], ids=repr
)
def test_an_allowlist_is_not_told_or_empty_or_there(value, found):
    assert shape.addresses(value, "f") == found


@pytest.mark.parametrize(
    "value", [1790035200000, "1790035200000", "2026-09-22", "2026-09-22T02:00:00+02:00"], ids=repr
)
def test_a_time_is_a_number_or_text(value):
    assert shape.optional_moment({"f": value}, "f") == DAY
    assert shape.maybe_moment({"g": None, "f": value}, "g", "f") == DAY


@pytest.mark.parametrize("value", [0, "0", -1], ids=repr)
def test_a_time_of_nothing_is_none(value):
    assert shape.optional_moment({"f": value}, "f") is None


@pytest.mark.parametrize(
    "value", [True, [], "soon", 10**30, 10**16, "9999-01-01", "0001-01-01T00:00:00+23:00"], ids=repr
)
def test_a_time_that_is_none_is_unexpected_where_it_decides_alone(value):
    assert raises(shape.optional_moment, {"f": value}, "f")
    assert shape.maybe_moment({"f": value}, "f") is None


@given(value=ANYTHING)
def test_what_informs_never_raises(value):
    body = {"f": value}
    text = shape.maybe_text(body, "f")
    assert text is None or 0 < len(text) <= shape.MAX_NOTE
    assert shape.maybe_flag(body, "f") in {True, False, None}
    assert shape.maybe_moment(body, "f") is None or not isinstance(value, bool | list | dict)


@pytest.mark.parametrize(
    ("value", "found"), [("a", "a"), (7, "7"), (True, None), ("", None)], ids=repr
)
def test_a_note_is_text_or_a_number(value, found):
    assert shape.maybe_text({"f": value}, "f") == found


def fails(field):
    def read():
        raise Unexpected(field)

    return read


READS = KeyFacts(frozenset({Scope.READ}), frozenset({Scope.WITHDRAW}))


def test_a_part_of_an_unknown_shape_spoils_no_other():
    facts = shape.described(lambda: READS, fails("ips"), fails("end"), fails("state"))
    assert (facts.granted, facts.denied) == (READS.granted, READS.denied)
    assert (facts.ip_bound, facts.ips, facts.expires_at) == (None, None, None)
    assert facts.unread == (
        Unread("allowlist", "ips"),
        Unread("expiry", "end"),
        Unread("state", "state"),
    )


def test_rights_of_an_unknown_shape_leave_the_allowlist():
    facts = shape.described(fails("perm"), lambda: ("203.0.113.7",))
    assert (facts.ip_bound, facts.allows(Scope.WITHDRAW)) == (True, None)
    assert facts.not_understood("rights") == "perm"
    assert facts.not_understood("expiry") is None


@pytest.mark.parametrize("allowlist", [lambda: None, fails("ips")], ids=["untold", "odd"])
def test_a_body_that_tells_nothing_is_no_description_of_a_key(allowlist):
    with pytest.raises(Unexpected, match="perm"):
        shape.described(fails("perm"), allowlist)


@pytest.mark.parametrize(
    ("told", "bound", "ips"),
    [(None, None, None), (True, True, None), (False, False, None), ((), False, ())],
    ids=repr,
)
def test_an_allowlist_may_be_told_without_its_addresses(told, bound, ips):
    facts = shape.described(lambda: READS, lambda: told)
    assert (facts.ip_bound, facts.ips) == (bound, ips)


def test_flags_are_read_one_by_one():
    flags, unread = shape.flags({"a": 1, "b": "false", "c": [], "d": None}, "abcde")
    assert flags == {"a": True, "b": False, "c": None, "d": None, "e": None}
    assert unread == (Unread("rights", "c"),)


def test_an_unknown_word_overrules_no_explicit_no():
    meaning = {"read": frozenset({Scope.READ})}
    told = frozenset({Scope.READ, Scope.WITHDRAW})
    mere = shape.scopes(("read", "new"), meaning, told)
    flagged = shape.scopes(("read", "new"), meaning, told, explicit=True)
    assert (mere.allows(Scope.WITHDRAW), flagged.allows(Scope.WITHDRAW)) == (None, False)
    assert mere.unknown_words == flagged.unknown_words == ("new",)
