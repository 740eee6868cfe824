"""The files of a folder together: one base, unique names, what is shared and what is allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.document import Document, adopt, merge, parse, read_document, standing
from bf_reconciler.facts import ConfigReason
from document.sample import PEPPER, a_connection, a_file, a_strategy, many, sealed

BASE = a_file(
    [], [], runtimes=[{"name": "alpha", "type": "file"}, {"name": "local", "type": "file"}]
)
GRANT = {
    "files": ["teams/a/*.yaml"],
    "exchanges": ["kucoin"],
    "accounts": ["alpha-*"],
    "runtimes": ["alpha"],
    "risk_levels": ["conservative"],
}
A, B = "teams/a/keys.yaml", "teams/b/keys.yaml"
ENGINE = {"name": "bot", "type": "freqtrade", "url": "http://127.0.0.1:1", "username": "u"}


def a_team(name, **changes):
    """A file with a connection and a strategy on it."""
    strategy = a_strategy(f"btc-{name}", f"kucoin-{name}-x")
    return a_file([a_connection(f"kucoin-{name}-x", **changes)], [strategy])


def documents(files):
    """The files that can be read, and those that cannot."""
    read = {name: read_document(text, None, in_folder=True) for name, text in files.items()}
    good = {n: d for n, d in read.items() if isinstance(d, Document) and not d.refused}
    return good, {
        n: d if isinstance(d, Document) else None for n, d in read.items() if n not in good
    }


def merged(files, spec=None):
    return merge(*documents(files), standing(spec))


def taken(files, spec=None, digest=None):
    """The Spec in force after the files, and what is wrong."""
    parsed = merged(files, spec)
    digest = str(sorted(files.items())) if digest is None else digest
    after, more = adopt(spec, parsed, revision="r", digest=digest, pepper=PEPPER)
    return after, [*parsed.errors, *more]


def told(problems):
    return [(p.file, p.path, p.message) for p in problems]


def test_entries_of_all_files_are_in_force_with_the_file_they_stand_in():
    spec, errors = taken({"base.yaml": BASE, A: a_team("a"), B: a_team("b")})
    assert errors == []
    assert {n: e.file for n, e in spec.connections.items()} == {"kucoin-a-x": A, "kucoin-b-x": B}
    assert {n: e.file for n, e in spec.strategies.items()} == {"btc-a": A, "btc-b": B}
    assert spec.base == "base.yaml"
    assert set(spec.runtimes) == {"alpha", "local"}


def test_one_file_alone_is_the_same_as_a_folder_of_it():
    text = a_file(policy={"grace": "9m"})
    alone, folder = parse(text, None), merged({"x.yaml": text})
    assert alone.connections == folder.connections
    assert alone.policy == folder.policy
    assert folder.base == "x.yaml"


def test_a_file_with_sections_alone_needs_no_connections():
    spec, errors = taken({"base.yaml": b"version: 1\nhalt: {reason: x, by: y}\n", A: a_team("a")})
    assert errors == []
    assert spec.halt.reason == "x"


def test_where_no_file_has_sections_the_defaults_hold():
    spec, errors = taken({A: a_team("a"), B: a_team("b")})
    assert (errors, spec.base, set(spec.runtimes)) == ([], "", {"local"})


def test_two_files_with_sections_are_refused_at_a_cold_start_and_both_are_named():
    parsed = merged({"a.yaml": BASE, "b.yaml": a_file([], [], policy={})})
    assert parsed.refused
    words = "only one file may have policy, defaults, runtimes, halt and allow: "
    assert told(parsed.errors) == [
        ("a.yaml", "runtimes", words + "b.yaml"),
        ("b.yaml", "policy", words + "a.yaml"),
    ]


def test_the_base_in_force_stays_it_when_another_file_claims_to_be():
    spec, _ = taken({"base.yaml": BASE, A: a_team("a")})
    claiming = a_file([a_connection("kucoin-a-x")], [], policy={"ip_allowlist": "ignored"})
    after, errors = taken({"base.yaml": BASE, A: claiming}, spec)
    assert (after.base, after.policy) == ("base.yaml", spec.policy)
    assert [(p.file, p.path) for p in errors] == [(A, "policy")]
    assert "kucoin-a-x" in after.connections


def test_another_file_may_become_the_base_when_the_one_before_gave_it_up():
    spec, _ = taken({"base.yaml": BASE, A: a_team("a")})
    after, errors = taken({"base.yaml": a_file([], []), "new.yaml": BASE, A: a_team("a")}, spec)
    assert (after.base, errors) == ("new.yaml", [])


def test_a_name_that_two_files_have_is_invalid_in_both_at_a_cold_start():
    spec, errors = taken({A: a_team("a"), B: a_team("a")})
    assert (spec.connections, spec.strategies) == ({}, {})
    assert ("duplicate name; also in " + B) in " ".join(p.message for p in errors if p.file == A)
    assert {p.file for p in errors} == {A, B}
    assert set(spec.broken_connections) == {"kucoin-a-x"}


def test_who_is_in_force_keeps_a_name_that_another_file_claims():
    spec, _ = taken({B: a_team("a")})
    after, errors = taken({A: a_team("a"), B: a_team("a")}, spec)
    assert {e.file for e in (*after.connections.values(), *after.strategies.values())} == {B}
    assert {p.file for p in errors} == {A}
    assert (after.broken_connections, after.broken_strategies) == ({}, {})
    assert f"duplicate name; {B} has it, and keeps it" in {p.message for p in errors}


def test_a_claim_on_a_name_gives_no_strategy_a_connection_of_another_file():
    spec, _ = taken({B: a_team("b")})
    thief = a_file([a_connection("kucoin-b-x")], [a_strategy("theft", "kucoin-b-x")])
    after, errors = taken({A: thief, B: a_team("b")}, spec)
    assert "theft" not in after.strategies
    assert {p.path for p in errors if p.file == A} == {
        "connections.0.name",
        "strategies.0.connection",
    }


def test_a_strategy_may_name_a_connection_of_another_file_only_where_that_shares_it():
    user = a_file([], [a_strategy("eth-b", "kucoin-a-x")])
    spec, errors = taken({A: a_team("a"), B: user})
    assert "eth-b" not in spec.strategies
    ((file, path, message),) = told(errors)
    assert (file, path) == (B, "strategies.0.connection")
    assert message == f"is a connection of {A}, which does not share it with this file"
    assert errors[0].reason is ConfigReason.ENTRY_NOT_ALLOWED
    assert spec.broken_strategies == {"eth-b": "kucoin-a-x"}
    spec, errors = taken({A: a_team("a", shared_with=["teams/b/*"]), B: user})
    assert (errors, spec.strategies["eth-b"].file) == ([], B)


def test_a_strategy_whose_connection_is_shared_no_more_is_let_go():
    user = a_file([], [a_strategy("eth-b", "kucoin-a-x")])
    shared = a_team("a", shared_with=["teams/b/*"])
    spec, _ = taken({A: shared, B: user})
    after, errors = taken({A: a_team("a"), B: user}, spec)
    assert "eth-b" not in after.strategies
    assert after.unshared_strategies == {"eth-b"}
    assert len(errors) == 1
    nameless = b'version: 1\nconnections: []\nstrategies: [{"connection": "kucoin-a-x"}]\n'
    held, _ = taken({A: a_team("a"), B: nameless}, spec)
    assert "eth-b" in held.strategies  # nothing says that it is shared with another: it is held


def test_a_connection_that_became_wrong_stays_shared_as_it_was():
    user = a_file([], [a_strategy("eth-b", "kucoin-a-x")])
    spec, _ = taken({A: a_team("a", shared_with=["teams/b/*"]), B: user})
    wrong = a_file([{"name": "kucoin-a-x", "exchange": "nowhere"}], [])
    after, errors = taken({A: wrong, B: user}, spec)
    assert "eth-b" in after.strategies
    assert {p.file for p in errors} == {A}


def test_a_kept_strategy_never_gets_the_connection_of_another_file():
    mine = a_file([a_connection("kucoin-m-x")], [a_strategy("s", "kucoin-m-x")])
    spec, _ = taken({B: mine})
    theirs = a_file([a_connection("kucoin-m-x")], [])
    nameless = b'version: 1\nconnections: []\nstrategies: [{"connection": "kucoin-m-x"}]\n'
    after, _ = taken({A: theirs, B: nameless}, spec)
    assert after.connections["kucoin-m-x"].file == A
    assert "s" not in after.strategies


def test_what_a_file_was_not_given_is_refused_entry_by_entry():
    base = a_file(
        [], [], allow=[GRANT], runtimes=[{"name": n, "type": "file"} for n in ("alpha", "local")]
    )
    connections = [
        a_connection("kucoin-good-x", account="alpha-1"),
        a_connection("kucoin-account-x", account="beta"),
        a_connection(
            "gate-exchange-x",
            account="alpha-1",
            exchange="gate",
            credentials={"api_key": sealed(), "secret": sealed()},
        ),
    ]
    strategies = [
        a_strategy("good", "kucoin-good-x", runtime="alpha", risk_level="conservative"),
        a_strategy("runtime", "kucoin-good-x", risk_level="conservative"),
        a_strategy("risk", "kucoin-good-x", runtime="alpha", risk_level="aggressive"),
    ]
    spec, errors = taken({"base.yaml": base, A: a_file(connections, strategies)})
    assert (set(spec.connections), set(spec.strategies)) == ({"kucoin-good-x"}, {"good"})
    assert {p.reason for p in errors} == {ConfigReason.ENTRY_NOT_ALLOWED}
    assert {p.path for p in errors} == {
        "connections.1.account",
        "connections.2.exchange",
        "strategies.1.runtime",
        "strategies.2.risk_level",
    }


def test_a_file_that_no_rule_is_about_may_declare_nothing_and_the_base_everything():
    base = a_file(allow=[GRANT])
    spec, errors = taken({"base.yaml": base, B: a_team("b")})
    assert set(spec.connections) == {"kucoin-main-grid"}
    assert {p.message for p in errors} == {"no rule under `allow` is about this file"}


def test_any_exchange_may_be_given():
    grant = GRANT | {"exchanges": ["*"], "accounts": ["*"], "runtimes": ["*"]}
    grant |= {"risk_levels": ["conservative", "moderate"], "files": ["**"]}
    _, errors = taken({"base.yaml": a_file([], [], allow=[grant]), A: a_team("a")})
    assert errors == []


def test_an_unknown_exchange_in_a_rule_is_wrong():
    read = read_document(a_file([], [], allow=[GRANT | {"exchanges": ["kukoin"]}]), None)
    assert read.refused
    assert "unknown exchange" in read.head.problems[0].message


@pytest.mark.parametrize(
    ("pattern", "fitting", "other"),
    [
        ("teams/a/*.yaml", "teams/a/x.yaml", "teams/a/b/x.yaml"),
        ("teams/**/*.yaml", "teams/a/b/x.yaml", "team/x.yaml"),
        ("**", "a/b/c.yml", None),
        ("a.yaml", "a.yaml", "b/a.yaml"),
        ("a/**/b/**", "a/x/b/y", "a/x/c"),
    ],
)
def test_a_pattern_goes_folder_by_folder(pattern, fitting, other):
    grant = GRANT | {"files": [pattern]}
    read = read_document(a_file([], [], allow=[grant]), None)
    (rule,) = read.head.file.allow
    assert rule.covers(fitting)
    assert other is None or not rule.covers(other)


def test_an_engine_is_its_in_force_strategys_when_another_file_wants_it():
    engine = ENGINE | {"password": sealed()}
    base = a_file([], [], runtimes=[engine])

    def user(team):
        strategy = a_strategy(f"btc-{team}", f"kucoin-{team}-x", runtime="bot")
        return a_file([a_connection(f"kucoin-{team}-x")], [strategy])

    spec, errors = taken({"base.yaml": base, B: user("b")})
    assert errors == []
    after, errors = taken({"base.yaml": base, A: user("a"), B: user("b")}, spec)
    assert set(after.strategies) == {"btc-b"}
    assert told(errors) == [
        (
            A,
            "strategies.0.runtime",
            f"its engine carries one strategy; it has another on line 5 of {B}",
        )
    ]
    cold, errors = taken({"base.yaml": base, A: user("a"), B: user("b")})
    assert (cold.strategies, {p.file for p in errors}) == ({}, {A, B})


def test_names_of_a_file_that_cannot_be_taken_are_wrong_and_not_gone():
    plain = a_file(
        [
            a_connection(
                "kucoin-l-x", credentials={"api_key": "k", "secret": "s", "passphrase": "p"}
            )
        ],
        [a_strategy("lost", "kucoin-l-x")],
    )
    spec, _ = taken({A: a_team("a"), B: plain})
    assert spec.broken_connections == {"kucoin-l-x": "kucoin"}
    assert spec.broken_strategies == {"lost": "kucoin-l-x"}
    assert spec.nameless_strategies == 0


def test_where_nothing_is_in_force_a_file_that_may_be_the_base_voids_the_whole():
    assert merged({A: a_team("a"), B: b"version: [\n"}).refused
    broken_base = a_file([], [], policy={"grace": "long"})
    assert merged({A: a_team("a"), "base.yaml": broken_base}).refused
    spec, _ = taken({A: a_team("a")})
    assert not merged({A: a_team("a"), B: b"version: [\n"}, spec).refused
    assert not merged({"base.yaml": BASE, B: b"version: [\n"}).refused


def test_what_left_a_file_is_held_while_that_file_has_an_entry_without_a_name():
    nameless = b'version: 1\nconnections: [{"exchange": "kucoin"}]\nstrategies: []\n'
    spec, _ = taken({A: a_team("a"), B: a_team("b")})
    after, _ = taken({A: nameless, B: a_file([], [])}, spec)
    assert set(after.connections) == {"kucoin-a-x"}
    gone, _ = taken({B: nameless}, spec)
    assert set(gone.connections) == {"kucoin-a-x", "kucoin-b-x"}


def test_a_file_that_vanishes_is_let_go_if_it_is_small_and_held_if_it_is_large():
    large = a_file(*many(10))
    spec, _ = taken({"base.yaml": BASE, A: large, B: a_team("b"), "c.yaml": a_file(*many(40, 10))})
    less, errors = taken({"base.yaml": BASE, A: large, "c.yaml": a_file(*many(40, 10))}, spec)
    assert (errors, "kucoin-b-x" in less.connections) == ([], False)
    after, errors = taken(
        {"base.yaml": BASE, B: a_team("b"), "c.yaml": a_file(*many(40, 10))}, spec
    )
    assert len(after.connections) == 51
    assert {e.origin for e in after.connections.values() if e.file == A} == {"held"}
    assert {p.reason for p in errors} == {ConfigReason.MASS_REMOVAL_HELD}
    assert {p.file for p in errors} == {A}
    assert "raise policy.max_removals in base.yaml" in errors[0].message


def test_too_many_removals_over_the_whole_are_held_and_the_base_is_named():
    teams = {f"{n}.yaml": a_team(str(n)) for n in range(20)}
    spec, _ = taken({"base.yaml": BASE, **teams})
    some = {name: teams[name] for name in list(teams)[:5]}
    after, (error,) = taken({"base.yaml": BASE, **some}, spec)
    assert len(after.connections) == 20
    assert "this file (base.yaml)" in error.message
    after, (error,) = taken(some, taken(teams)[0])
    assert error.message.endswith("raise policy.max_removals in this file")


def test_an_entry_that_moves_to_another_file_stays_as_it_is():
    spec, _ = taken({"base.yaml": BASE, A: a_team("a")})
    after, errors = taken({"base.yaml": BASE, B: a_team("a")}, spec)
    assert (errors, after.connections["kucoin-a-x"].file) == ([], B)
    assert after.strategies["btc-a"].file == B


TEAMS = {
    "good": a_team("a"),
    "same": a_team("a"),
    "other": a_team("b"),
    "user": a_file([], [a_strategy("eth-b", "kucoin-a-x")]),
    "sharing": a_team("c", shared_with=["**"]),
    "bad": b"version: [\n",
    "wrong": a_file([{"name": "kucoin-w-x"}], []),
    "base": BASE,
    "nothing": a_file([], []),
}
FOLDERS = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(sorted(TEAMS)), min_size=1)


@given(FOLDERS, st.none() | FOLDERS, st.randoms())
def test_the_order_of_the_files_does_not_matter(kinds, before, random):
    spec = taken({f"{n}.yaml": TEAMS[k] for n, k in before.items()})[0] if before else None
    files = {f"{name}.yaml": TEAMS[kind] for name, kind in kinds.items()}
    names = list(files)
    random.shuffle(names)
    mixed = {name: files[name] for name in names}
    assert merged(mixed, spec) == merged(files, spec)


@given(FOLDERS, FOLDERS)
def test_no_entry_in_force_ever_names_a_connection_that_it_may_not_use(first, second):
    spec = None
    for kinds in (first, second, first):
        spec, _ = taken({f"{n}.yaml": TEAMS[k] for n, k in kinds.items()}, spec)
        for entry in spec.strategies.values():
            connection = spec.connections.get(entry.strategy.connection)
            assert connection is None or (
                connection.file == entry.file or connection.connection.shared_with
            )


def test_a_bad_file_leaves_nothing_behind():
    good = {"base.yaml": BASE, A: a_team("a"), B: a_team("b")}
    spec, _ = taken(good, digest="1")
    between, _ = taken(good | {A: b"version: [\n"}, spec, digest="2")
    again, errors = taken(good, between, digest="1")
    assert errors == []
    assert again.connections == spec.connections
