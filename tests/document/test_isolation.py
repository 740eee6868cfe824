"""One bad entry isolates itself; what concerns every entry refuses the file."""

import pytest

from bf_reconciler.document.nodes import Node, walk
from bf_reconciler.document.parsed import MAX_PROBLEMS
from bf_reconciler.facts import ConfigReason
from document.sample import a_connection, a_file, a_strategy, read

GOOD, BAD = a_connection("kucoin-good"), a_connection("kucoin-bad", interval="soon")


def names(entries):
    return [entry.name for entry, _ in entries]


def test_a_bad_connection_leaves_the_others_in_force():
    parsed = read(a_file([GOOD, BAD], [a_strategy(connection="kucoin-good")]))
    assert names(parsed.connections) == ["kucoin-good"]
    assert parsed.broken_connections == {"kucoin-bad": "kucoin"}
    assert parsed.broken_lines == {("connections", "kucoin-bad"): 4}
    assert names(parsed.strategies) == ["btc-grid"]


def test_a_bad_strategy_leaves_the_others_in_force():
    bad = a_strategy("eth-grid", "kucoin-good", pairs=[])
    parsed = read(a_file([GOOD], [a_strategy(connection="kucoin-good"), bad]))
    assert names(parsed.strategies) == ["btc-grid"]
    assert parsed.broken_strategies == {"eth-grid": "kucoin-good"}


def test_a_strategy_of_a_broken_connection_is_not_broken_itself():
    parsed = read(a_file([BAD], [a_strategy(connection="kucoin-bad")]))
    assert names(parsed.strategies) == ["btc-grid"]


def test_of_a_name_that_stands_twice_every_entry_is_broken():
    parsed = read(a_file([GOOD, a_connection("kucoin-twice"), a_connection("kucoin-twice")], []))
    assert names(parsed.connections) == ["kucoin-good"]
    assert parsed.broken_connections == {"kucoin-twice": "kucoin"}


def test_labels_of_broken_entries_are_known_words_or_empty():
    exchange = a_connection("kucoin-a", exchange="no-such")
    broken = a_strategy("eth-grid", "not-there")
    worse = a_strategy("ada-grid", "Not A Name")
    parsed = read(a_file([exchange], [broken, worse]))
    assert parsed.broken_connections == {"kucoin-a": ""}
    assert parsed.broken_strategies == {"eth-grid": "", "ada-grid": ""}


def test_wrong_entries_without_a_readable_name_are_counted():
    parsed = read(a_file([GOOD, {"exchange": "kucoin"}, 5], [{"name": "Not A Name"}]))
    assert parsed.nameless == {"connections": 2, "strategies": 1}
    assert names(parsed.connections) == ["kucoin-good"]


@pytest.mark.parametrize(
    "head",
    [
        {"version": 2},
        {"policy": 5},
        {"policy": {"grace": 5}},
        {"defaults": {"interval": "0s"}},
        {"halt": True},
        {"runtimes": [{"name": "x", "type": "nope"}]},
        {"runtimes": [{"name": "x", "type": "file"}, {"name": "x", "type": "file"}]},
        {"surprise": 1},
    ],
    ids=str,
)
def test_what_holds_for_every_entry_refuses_the_file(head):
    parsed = read(a_file(**head))
    assert parsed.refused
    assert parsed.errors
    assert parsed.connections == ()


def test_a_refused_file_still_tells_of_its_entries():
    parsed = read(a_file([BAD], [], policy={"grace": "soon"}))
    assert {p.path for p in parsed.problems} == {"policy.grace", "connections.0.interval"}


def test_nothing_is_told_of_a_file_of_another_version_but_that():
    parsed = read(a_file([BAD], [], version=2))
    assert [p.path for p in parsed.problems] == ["version"]


def test_a_flaw_in_the_shape_of_an_entry_breaks_that_entry_alone():
    text = a_file([GOOD, a_connection("kucoin-bad")], []).decode()
    text = text.replace(
        '{"name": "kucoin-bad"', '{"account": "a", "account": "b", "name": "kucoin-bad"'
    )
    parsed = read(text.encode())
    assert not parsed.refused
    assert names(parsed.connections) == ["kucoin-good"]
    assert parsed.broken_connections == {"kucoin-bad": "kucoin"}


def test_an_alias_to_something_flawed_is_flawed():
    text = a_file([GOOD, a_connection("kucoin-bad")], []).decode()
    text = text.replace(
        '{"name": "kucoin-good"', '{"labels": &l {a: b, a: c}, "name": "kucoin-good"'
    ).replace('{"name": "kucoin-bad"', '{"labels": *l, "name": "kucoin-bad"')
    parsed = read(text.encode())
    assert parsed.connections == ()
    assert set(parsed.broken_connections) == {"kucoin-good", "kucoin-bad"}


def test_a_section_that_repeats_something_flawed_refuses_the_file():
    text = a_file([GOOD], []).decode()
    text = (
        text.replace(
            '{"name": "kucoin-good"',
            '{"labels": &l {by: b, by: c, reason: d}, "name": "kucoin-good"',
        )
        + "halt: *l\n"
    )
    assert read(text.encode()).refused


def test_what_stands_in_the_block_of_sops_is_not_ours():
    text = a_file([GOOD], []) + b"sops: {a: 1, nothing: ours}\n"
    assert read(text).errors == ()
    assert read(text + b"sops: {}\n").refused


def test_a_file_over_the_limit_is_refused_unread():
    parsed = read(b"a" * 10_000_000)
    assert parsed.refused
    assert [p.reason for p in parsed.problems] == [ConfigReason.FILE_TOO_LARGE]
    assert parsed.problems[0].render("f") == "f: larger than 5 MiB; is this the right file?"


def test_more_values_than_a_file_can_need_are_refused():
    parsed = read(b"connections: [" + b"a," * 1_000_001 + b"]")
    assert [p.message for p in parsed.problems] == ["too many values for one file"]


def test_a_file_of_commas_does_not_become_a_million_lines():
    parsed = read(b"version: 1\nconnections: [" + b"a," * (MAX_PROBLEMS + 5) + b"]")
    assert len(parsed.problems) == MAX_PROBLEMS
    assert parsed.problems[-1].message == "6 more problems are not shown"
    assert parsed.nameless["connections"] == MAX_PROBLEMS + 5


def test_brackets_in_a_row_do_not_end_the_process():
    for text in (b"[" * 500_000, b"- " * 500_000, b"{a: " * 300_000, b"? " * 500_000):
        assert read(text).refused


def test_aliases_cannot_nest_deeper_than_brackets():
    chain = "a0: &a0 [[[[[[[[[[x]]]]]]]]]]\n" + "".join(
        f"a{i}: &a{i} [[[[[[[[[[*a{i - 1}]]]]]]]]]]\n" for i in range(1, 10)
    )
    (problem,) = read(chain.encode()).problems
    assert problem.message == "nested deeper than 64 levels"


def test_syntax_that_is_not_on_the_list_is_told_without_its_words():
    (problem,) = read(b"%YAML 1.1.1\n---\na: 1\n").problems
    assert problem.message == "invalid YAML"
    assert problem.reason is ConfigReason.INVALID_YAML


def test_a_tab_elsewhere_is_not_blamed_for_broken_yaml():
    text = b"version: 1\nhalt:\n  reason: |\n    a\n    \tb\n  by: me\nconnections: [}\n"
    (problem,) = read(text).problems
    assert problem.line == 7
    assert "tab" not in problem.message


def test_steps_that_lead_nowhere_are_skipped():
    leaf = Node(2, 3, "x")
    root = Node(1, 1, {"a": Node(1, 4, [leaf])}, {"a": (1, 1)})
    assert walk(root, ("a", "Money", 0, 0, "b")) == (leaf, ("a", 0))
    assert walk(root, ("a", 5)) == (root.child("a"), ("a",))
    assert walk(root, (0,)) == (root, ())
