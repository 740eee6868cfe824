"""What holds for whatever bytes come in."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from bf_reconciler.document import parse
from document.sample import FULL, a_connection, a_file, a_strategy, adopted, many, read, written

SENTINEL = "SENTINEL-8c1e"
PIECES = [
    b"",
    b"\t",
    b"- ",
    b": ",
    b"*a ",
    b"&a ",
    b"!!x ",
    b"{",
    b"]",
    b"'",
    b"\n",
    b"<<: ",
    b"\xff",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)
WHOLE = a_file(*many(20))
FIRST, _ = adopted(None, WHOLE)


@st.composite
def mutations(draw, document=FULL):
    """A document with some of its bytes taken out, repeated or replaced."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(document)))
        end = min(len(document), start + draw(st.integers(0, 60)))
        piece = draw(st.sampled_from(PIECES) | st.just(document[start:end] * 2))
        document = document[:start] + piece + document[end:]
    return document


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode), st.booleans())
def test_no_bytes_make_it_raise(committed, allow):
    parsed = parse(committed, None, allow_plaintext=allow)
    assert parsed.refused
    assert parsed.problems


@settings(deadline=None)
@given(mutations(), st.none() | st.dictionaries(st.text(max_size=9), JSON))
def test_no_mutation_of_a_document_makes_it_raise(committed, decrypted):
    parsed = parse(committed, decrypted)
    assert list(parsed.problems) == sorted(
        parsed.problems, key=lambda p: (p.line, p.column, p.path, p.message)
    )
    lines = committed.count(b"\n") + committed.count(b"\r") + 1
    assert all(0 < problem.line <= lines + 1 for problem in parsed.problems)
    assert parsed.refused <= bool(parsed.errors)


@settings(deadline=None)
@given(
    mutations(
        FULL.replace(b"ENC[AES256_GCM,data:QQ==,iv:QQ==,tag:QQ==,type:str]", SENTINEL.encode())
    )
)
def test_no_credential_of_a_mutated_document_stands_in_a_problem(committed):
    for allow in (False, True):
        parsed = parse(committed, None, allow_plaintext=allow)
        assert all("SENTINEL" not in problem.render("f") for problem in parsed.problems)
        assert "SENTINEL" not in repr(parsed.connections)


@settings(deadline=None)
@given(mutations(), mutations())
def test_adopting_never_raises_and_a_broken_entry_keeps_its_last_good_form(one, two):
    first, _ = adopted(None, FULL)
    for committed in (one, two):
        spec, _ = adopted(first, committed)
        for name in spec.broken_connections:
            if name in first.connections:
                kept = spec.connections[name]
                assert kept.origin == "last_good"
                assert kept.connection == first.connections[name].connection
        for name in spec.broken_strategies:
            if name in first.strategies:
                assert spec.strategies[name].strategy == first.strategies[name].strategy
        adopted(spec, two)
        healed, problems = adopted(spec, FULL)
        assert problems == () or spec.connections.keys() - first.connections.keys()
        assert first.connections.items() <= healed.connections.items() or problems


def test_no_prefix_of_a_long_file_removes_more_than_the_limit():
    for end in range(0, len(WHOLE), 37):
        spec, _ = adopted(FIRST, WHOLE[:end])
        assert len(spec.connections) >= 14, end
        assert len(spec.strategies) >= 14, end


NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
NUMBERS = st.floats(0.01, 1000) | st.integers(1, 1000)
TEXTS = st.text(min_size=1, max_size=20).filter(str.strip)
COINS = st.from_regex(r"[A-Z0-9]{1,6}", fullmatch=True)
SPOT = st.builds("{}/{}".format, COINS, COINS)
DURATIONS = st.builds("{}{}".format, st.integers(1, 59), st.sampled_from(["s", "m", "h"]))
STRATEGIES = st.fixed_dictionaries(
    {"pairs": st.lists(SPOT, min_size=1, max_size=4, unique=True)},
    optional={
        "enabled": st.booleans(),
        "when_off": st.sampled_from(["pause", "stop", "close"]),
        "margin_limit": st.none()
        | st.fixed_dictionaries({"amount": NUMBERS, "currency": COINS})
        | st.fixed_dictionaries({"balance_ratio": st.floats(0.01, 1)}),
        "take_profit_pct": NUMBERS,
        "max_open_trades": st.integers(1, 99),
        "settings": st.dictionaries(
            TEXTS, st.recursive(st.integers() | TEXTS | st.booleans(), st.lists, max_leaves=4)
        ),
        "labels": st.dictionaries(TEXTS, TEXTS, max_size=3),
    },
)
CONNECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "account": TEXTS,
        "interval": DURATIONS,
        "egress_ips": st.lists(st.ip_addresses().map(str), max_size=3),
        "labels": st.dictionaries(TEXTS, TEXTS, max_size=3),
        "suspend": st.fixed_dictionaries(
            {"reason": TEXTS, "owner": TEXTS}, optional={"until": st.just("2027-01-31")}
        ),
    },
)


@settings(deadline=None)
@given(NAMES, CONNECTIONS, st.dictionaries(NAMES, STRATEGIES, max_size=3))
def test_what_was_read_and_written_is_read_the_same(name, connection, strategies):
    committed = a_file(
        [a_connection(name, **connection)],
        [a_strategy(other, name, **strategy) for other, strategy in strategies.items()],
    )
    first = read(committed)
    if first.refused or not first.connections:
        # a text with a control character, or a setting that bears a credential's name
        assert first.errors
        return
    again = read(written(first))
    assert again.errors == ()
    assert [c for c, _ in again.connections] == [c for c, _ in first.connections]
    assert [s for s, _ in again.strategies] == [s for s, _ in first.strategies]
    json.dumps([strategy.model_dump(mode="json") for strategy, _ in again.strategies])
