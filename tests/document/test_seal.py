"""The seal: what it covers, and what is said of one that is missing, plain or wrong."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bf_reconciler.document import parse, seal
from bf_reconciler.facts import ConfigReason, Rules
from document.sample import a_connection, a_file, a_strategy, sealed

KEYS = {"api_key": "the-key", "secret": "the-secret", "passphrase": "the-phrase"}
STRICT = Rules(require_seal=True)
BLOCK = {"sops": {"mac": sealed()}}

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
DOCUMENTS = st.dictionaries(st.text().filter(lambda key: key not in {"seal", "sops"}), TREES)


def clear(value=None, **credentials):
    found = {"connections": [{"credentials": KEYS | credentials}]}
    return found if value is None else {**found, "seal": value}


def a_sealed_file(**changes):
    return a_file(**changes, seal=sealed(), **BLOCK)


def good_seal(committed, **credentials):
    return parse(committed, clear("sha256:wrong", **credentials)).digest


def exact(value):
    """A value with the type of every leaf, for 1, 1.0 and True are equal in Python."""
    if isinstance(value, dict):
        return {key: exact(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [exact(inner) for inner in value]
    return type(value).__name__, repr(value)


@given(DOCUMENTS, DOCUMENTS)
def test_documents_that_differ_anywhere_have_different_seals(one, other):
    assume(exact(one) != exact(other))
    assert seal.digest(one) != seal.digest(other)


@given(DOCUMENTS, st.text(), st.randoms())
def test_the_order_of_keys_the_old_seal_and_the_block_of_sops_do_not_count(data, old, random):
    keys = [*data, "seal", "sops"]
    random.shuffle(keys)
    other = {**data, "seal": old, "sops": {"mac": old}}
    assert seal.digest({key: other[key] for key in keys}) == seal.digest(data)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": {"enabled": False}}, {"a": {"labels": {"x": "False"}}}),
        ({"a": [2, 50]}, {"a": [250]}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": True}),
        ({"a": None}, {}),
        ({"a": None}, {"a": ""}),
        ({"a": {}}, {"a": []}),
        ({"a": ["b", "c"]}, {"a": ["c", "b"]}),
        ({"a": {"b": 1}, "c": 2}, {"a": {"b": 1, "c": 2}}),
        ({"a.b": 1}, {"a": {"b": 1}}),
    ],
)
def test_path_type_value_shape_and_the_order_of_lists_count(one, other):
    assert seal.digest(one) != seal.digest(other)


def test_the_canonical_form_is_what_other_programs_can_make_too():
    form = json.dumps({"b": [1, None], "a": "é"}, sort_keys=True, separators=(",", ":"))
    assert form == '{"a":"\\u00e9","b":[1,null]}'
    assert seal.digest({"b": [1, None], "a": "é"}) == (
        "sha256:9b10bedce64e86a275540261fbe95bc6c195bfb10d5def7a5fc12eefcc7d0a87"
    )


def test_a_seal_that_belongs_to_the_content_holds():
    committed = a_sealed_file()
    parsed = parse(committed, clear(good_seal(committed)), STRICT)
    assert (parsed.seal, parsed.problems) == ("good", ())


def test_encrypted_values_count_with_what_stands_in_them():
    committed = a_sealed_file()
    parsed = parse(committed, clear(good_seal(committed), api_key="another"))
    assert (parsed.seal, parsed.refused) == ("broken", True)


def test_the_seal_of_other_content_refuses_the_whole_file():
    other = good_seal(a_sealed_file(strategies=[a_strategy(enabled=False)]))
    parsed = parse(a_sealed_file(), clear(other))
    assert parsed.refused
    (problem,) = parsed.problems
    assert problem.reason is ConfigReason.SEAL_MISMATCH
    assert problem.message == "sealed over other content: run bf-reconciler seal FILE"
    assert (problem.path, problem.line) == ("seal", 2)


def test_without_decryption_a_seal_that_stands_there_is_left_open():
    parsed = parse(a_sealed_file(), None, STRICT)
    assert (parsed.seal, parsed.problems, parsed.digest) == ("unchecked", (), "")


def test_a_file_without_a_seal_is_warned_of():
    parsed = parse(a_file(**BLOCK), None)
    assert (parsed.seal, parsed.refused) == ("none", False)
    (problem,) = parsed.problems
    assert (problem.severity, problem.reason) == ("warning", ConfigReason.NOT_SEALED)


@pytest.mark.parametrize("nothing", [{}, {"seal": None}])
@pytest.mark.parametrize("block", [{}, BLOCK])
def test_a_file_without_a_seal_is_refused_where_one_is_required(nothing, block):
    parsed = parse(a_file(**nothing, **block), None, STRICT)
    assert parsed.refused
    assert [p.reason for p in parsed.problems] == [ConfigReason.NOT_SEALED]


@pytest.mark.parametrize("decrypted", [None, clear("sha256:x")])
def test_a_seal_in_plain_text_is_none(decrypted):
    parsed = parse(a_file(seal="sha256:x", **BLOCK), decrypted)
    assert (parsed.seal, parsed.refused) == ("broken", True)
    assert [p.reason for p in parsed.problems] == [ConfigReason.NOT_SEALED]


def test_in_a_file_that_is_not_encrypted_a_seal_says_nothing():
    parsed = parse(a_file([a_connection(credentials=KEYS)], seal="x"), None, allow_plaintext=True)
    assert (parsed.seal, parsed.errors) == ("none", ())


def test_a_seal_that_is_no_text_is_no_seal():
    parsed = parse(a_file(seal=5), None)
    assert parsed.refused
    assert [problem.path for problem in parsed.problems] == ["seal"]
