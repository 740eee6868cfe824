"""Files made to take memory and time: refused with a clear problem, in little memory."""

import json
import subprocess
import sys

import pytest

from bf_reconciler.document import compose, entries, messages, names, parse, sealed, text
from bf_reconciler.document.entries import MAX_ENTRY
from document.sample import a_connection, a_file, a_strategy

HEAD = b"version: 1\nconnections: []\n"
ENTRY = b"{name: s%d, connection: c, pairs: [A/B], settings: {k: *a}}"
ALIASES = (
    b'version: 1\nx: &a "' + b"y" * 2_400_000 + b'"\nconnections: []\nstrategies:\n'
) + b"".join(b"- " + ENTRY % number + b"\n" for number in range(22))
BOMBS = {
    "empty entries": (HEAD + b"strategies: [" + b"{}," * 300_000 + b"]", "too many values"),
    "scalars": (HEAD + b"strategies: [" + b"a," * 2_400_000 + b"]", "too many values"),
    "aliases of a long text": (ALIASES, "aliases expand to too many values"),
    "unknown keys of one entry": (
        HEAD + b"strategies: [{" + b",".join(b"k%d: 1" % n for n in range(240_000)) + b"}]",
        "larger than 128 KiB",
    ),
    "unknown keys at the root": (
        HEAD + b"\n".join(b"k%d: 1" % n for n in range(240_000)),
        "more than 200 problems",
    ),
    "unknown keys of many entries": (
        HEAD
        + b"strategies: ["
        + b",".join(
            b"{" + b",".join(b"nam%d: 1" % k for k in range(20)) + b"}" for _ in range(9000)
        )
        + b"]",
        "more problems are not shown",
    ),
    "one key again and again": (
        HEAD + b"strategies: [{" + b"a: 1," * 900_000 + b"}]",
        "too many values",
    ),
    "tabs in a text": (b'a: "' + b"x\n\ty" * 900_000 + b'"\n}', "tab in the indentation"),
    "deep": (b"[" * 60 + b"[]," * 1_600_000, "too many values"),
    "plain credentials": (
        b"version: 1\nconnections: [{credentials: {api_key: [" + b"x," * 60_000 + b"]}}]",
        "credential in plain text",
    ),
}
IN_LITTLE_MEMORY = """
import resource, sys
from bf_reconciler.document import parse
limit = 450 * 1024 * 1024
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
parsed = parse(sys.stdin.buffer.read(), None)
print(len(parsed.problems), *{problem.message for problem in parsed.problems}, sep="\\n")
"""


@pytest.mark.slow
@pytest.mark.parametrize(("bomb", "words"), BOMBS.values(), ids=BOMBS)
def test_a_file_made_to_explode_is_told_within_little_memory(bomb, words):
    done = subprocess.run(
        [sys.executable, "-c", IN_LITTLE_MEMORY],
        input=bomb,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    count, *told = done.stdout.decode().splitlines()
    assert 1 <= int(count) <= 1000
    assert any(words in message for message in told), told


def messages_of(committed):
    return [problem.message for problem in parse(committed, None).problems]


def test_aliases_count_with_what_they_repeat(monkeypatch):
    monkeypatch.setattr(compose, "MAX_SIZE", 100)
    entry = "x: &a 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy'\n"
    assert compose.compose(entry + "b: *a\nc: *a\n")[1] == []
    with pytest.raises(compose.Stop, match="aliases expand to too many values"):
        compose.compose(entry + "b: *a\nc: *a\nd: *a\n")
    with pytest.raises(compose.Stop, match="too much text"):
        compose.compose("a: " + "y" * 100)


def test_the_size_of_a_value_is_that_of_all_in_it():
    root, _ = compose.compose("a: &x {b: ccc, d: [e]}\nf: *x\n")
    size = (1 + 1) + (1 + 3) + 1 + 1 + (1 + 1)
    assert root.value["a"].size - 1 == size - 1 == root.value["f"].size - 1
    assert root.size == 1 + 2 + 2 * size


def test_flaws_beyond_a_limit_still_make_an_entry_wrong(monkeypatch):
    monkeypatch.setattr(compose, "MAX_FLAWS", 1)
    lines = a_file([a_connection("kucoin-a-x"), a_connection("kucoin-b-x")], []).decode()
    lines = lines.replace('"exchange"', '"account": "x", "account": "y", "exchange"')
    parsed = parse(lines.encode(), None)
    assert parsed.connections == ()
    assert set(parsed.broken_connections) == {"kucoin-a-x", "kucoin-b-x"}


def test_a_list_with_too_many_entries_is_refused_before_any_is_validated(monkeypatch):
    connections = [a_connection(f"kucoin-a-{n}") for n in range(3)]
    monkeypatch.setattr("bf_reconciler.document.reading.MAX_ENTRIES", 2)
    assert messages_of(a_file(connections, [])) == ["more than 2 entries; split the file"]
    assert messages_of(a_file(connections[:2], [])) == []


def test_an_entry_that_could_not_be_read_back_is_refused_alone():
    large = a_strategy("large", settings={"x": "y" * MAX_ENTRY})
    fitting = a_strategy("fitting", settings={"x": "y" * (MAX_ENTRY - 1000)})
    parsed = parse(a_file(strategies=[large, fitting]), None)
    assert [s.name for s, _ in parsed.strategies] == ["fitting"]
    assert [(p.path, p.message) for p in parsed.errors] == [("strategies.0", "larger than 128 KiB")]
    assert set(parsed.broken_strategies) == {"large"}


def test_entries_after_many_problems_are_only_told_to_be_wrong(monkeypatch):
    monkeypatch.setattr(entries, "MAX_PROBLEMS", 1)
    wrong = [a_strategy(f"s-{n}", leverage="x", colour="y") for n in range(3)]
    parsed = parse(a_file(strategies=wrong), None)
    told = [p.message for p in parsed.errors if p.path == "strategies.2"]
    assert told == ["invalid; fix the entries before it first"]
    assert len(parsed.errors) == 2 + 2 * 1


def test_one_entry_with_very_many_problems_is_told_once(monkeypatch):
    monkeypatch.setattr(messages, "MAX_ERRORS", 2)
    monkeypatch.setattr(entries, "MAX_ERRORS", 2)
    wrong = a_strategy(a=1, b=2, c=3)
    assert messages_of(a_file(strategies=[wrong])) == ["more than 2 problems"]


def test_credentials_in_plain_text_are_counted_beyond_those_that_are_told(monkeypatch):
    monkeypatch.setattr(sealed, "MAX_PLAINTEXT", 2)
    keys = {"api_key": "a", "secret": "b", "passphrase": "c"}
    parsed = parse(a_file([a_connection(credentials=keys)]), None, allow_plaintext=True)
    assert parsed.plaintext_secrets == 3
    assert len(parsed.problems) == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_tab_is_found_at_its_line_alone(end):
    lines = ["a: 'x", "\ty'", "b:", "\tc: d"]
    found = text.tab(end.join(lines), 4)
    assert (found.line, found.column) == (4, 1)
    assert text.tab(end.join(lines), 1) is None
    assert text.tab(end.join(lines), 3).line == 2
    assert text.tab(end.join(["a: b", "c: d"]), 2) is None
    assert text.tab("\ta: b", 1).line == 1
    assert text.tab("", 7) is None


def test_names_are_read_for_completion_and_nothing_else_is_told():
    committed = a_file([a_connection("kucoin-a"), {"name": 5}, {}], [a_strategy()])
    assert list(names(committed, "connections")) == ["kucoin-a"]
    assert list(names(committed, "strategies")) == ["btc-grid"]
    for nothing in (b"", b"[" * 200_000, b"\0", b"a: b", b"connections: x", b"[]"):
        assert list(names(nothing, "connections")) == []
    assert json.dumps(list(names(b"connections: [a, [b], {name: c}]", "connections"))) == '["c"]'
