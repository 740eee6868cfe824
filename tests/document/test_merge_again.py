"""A merge that begins with the last one ends where a merge from the start ends."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bf_reconciler.document import (
    NO_FILES,
    Document,
    adopt,
    merge,
    merge_again,
    read_document,
    standing,
)
from document.sample import PEPPER, a_connection, a_file, a_strategy

PATHS = ("a.yaml", "b.yaml", "teams/a.yaml", "teams/b.yaml", "z.yaml")
KEYS = {
    "kucoin": {"api_key": "k1", "secret": "s", "passphrase": "p"},
    "kraken": {"api_key": "k1", "secret": "s"},
}
ENGINE = {"name": "bot", "type": "freqtrade", "url": "http://127.0.0.1:1", "username": "u"}
RUNTIMES = [{"name": "local", "type": "file"}, ENGINE | {"password": "p"}]
ALLOW = [
    {
        "files": ["*.yaml", "teams/a.yaml"],
        "exchanges": ["kucoin", "kraken"],
        "accounts": ["*"],
        "runtimes": ["*"],
        "risk_levels": ["conservative", "balanced"],
    }
]
SECTIONS = (
    {},
    {"runtimes": RUNTIMES},
    {"runtimes": RUNTIMES, "allow": ALLOW},
    {"policy": {"ip_allowlist": "required", "max_key_age": "90d"}, "runtimes": RUNTIMES},
    {"defaults": {"interval": "1s"}},
)
NAMES = st.sampled_from(["kucoin-a-x", "kucoin-b-x", "kucoin-c-x", "kraken-a-x", "kraken-b-x"])
MORE_OF_CONNECTIONS = st.sampled_from(
    [
        {},
        {},
        {"shared_with": ["**"]},
        {"shared_with": ["teams/*.yaml"]},
        {"margin_limit": {"amount": 100, "currency": "USDT"}},
        {"interval": "1s"},
        {"wrong": 1},
    ]
)
MORE_OF_STRATEGIES = st.sampled_from(
    [
        {},
        {},
        {"runtime": "bot"},
        {"margin_limit": {"amount": 60, "currency": "USDT"}},
        {"margin_limit": {"balance_ratio": 0.6}},
        {"risk_level": "aggressive"},
        {"pairs": ["BTC/USDT:USDT"]},
        {"wrong": 1},
    ]
)
CONNECTIONS = st.builds(
    lambda name, more: a_connection(
        name, exchange=name.split("-")[0], credentials=KEYS[name.split("-")[0]], **more
    ),
    NAMES,
    MORE_OF_CONNECTIONS,
)
STRATEGIES = st.builds(
    lambda name, connection, more: a_strategy(name, connection) | more,
    st.sampled_from(["btc-a", "btc-b", "btc-c", "btc-d", "bot"]),
    NAMES | st.just("kucoin-a-y"),
    MORE_OF_STRATEGIES,
)
TEXTS = st.builds(
    lambda connections, strategies, sections: a_file(connections, strategies, **sections),
    st.lists(CONNECTIONS, max_size=3),
    st.lists(STRATEGIES, max_size=3),
    st.sampled_from([{}, {}, *SECTIONS]),
) | st.just(b"version: [\n")
CHANGES = st.dictionaries(st.sampled_from(PATHS), TEXTS | st.none(), min_size=1)


def read(text):
    found = read_document(text, None, allow_plaintext=True, in_folder=True)
    return found if isinstance(found, Document) else None


@given(st.lists(CHANGES, min_size=2, max_size=5))
def test_a_merge_that_begins_with_the_last_one_ends_where_a_whole_one_does(changes):
    documents, files, spec, whole, last = {}, NO_FILES, None, None, None
    for number, change in enumerate(changes):
        documents |= {path: read(text) for path, text in change.items() if text is not None}
        for path in (path for path, text in change.items() if text is None):
            documents.pop(path, None)
        good = {n: d for n, d in documents.items() if d is not None and not d.refused}
        lost = {n: d for n, d in documents.items() if n not in good}
        merged = merge_again(good, lost, standing(spec), files)
        assert merged.parsed == merge(good, lost, standing(whole))
        files, named = merged.files, {"revision": "r", "digest": str(number), "pepper": PEPPER}
        if not merged.parsed.refused:
            parsed = merge(good, lost, standing(whole))
            spec, told = adopt(spec, merged.parsed, last=last, **named)
            whole, also = adopt(whole, parsed, **named)
            last = merged.parsed
            assert (spec, told) == (whole, also)
            assert [*spec.connections, *spec.strategies] == [*whole.connections, *whole.strategies]


LETTERS = "abc"
BASES = (
    {"policy": {"max_removals": {"percent": 100}}},
    {"policy": {"max_removals": {"percent": 100}}, "defaults": {"interval": "2s"}},
)


def a_key(letter, number, key):
    credentials = {"api_key": f"key {key}", "secret": "s"}
    name = f"kraken-{letter}{number}-x"
    return a_connection(name, exchange="kraken", credentials=credentials, shared_with=["**"])


def a_bot(letter, number, on, pair, enabled):
    return a_strategy(f"s-{letter}{number}", f"kraken-{on}0-x", pairs=[pair], enabled=enabled)


def a_team(letter):
    numbers, pairs = st.integers(0, 1), st.sampled_from(["BTC/USDT", "ETH/USDT"])
    one_of = st.just(letter)
    keys = st.lists(
        st.builds(a_key, one_of, numbers, numbers), max_size=2, unique_by=lambda key: key["name"]
    )
    bots = st.lists(
        st.builds(a_bot, one_of, numbers, st.sampled_from(LETTERS), pairs, st.booleans()),
        max_size=2,
        unique_by=lambda bot: bot["name"],
    )
    return st.builds(a_file, keys, bots)


TEAMS = st.fixed_dictionaries(
    {}, optional={f"{letter}.yaml": a_team(letter) | st.none() for letter in LETTERS}
)


@settings(max_examples=300)
@given(
    st.lists(st.tuples(TEAMS, st.sampled_from(BASES)), min_size=2, max_size=4),
)
def test_who_shares_a_key_or_a_connection_with_what_changed_is_adopted_anew(changes):
    documents, spec, whole, last = {}, None, None, None
    for number, (change, base) in enumerate(changes):
        texts = {path: text for path, text in change.items() if text is not None}
        documents |= {path: read(text) for path, text in texts.items()}
        documents = {
            path: found for path, found in documents.items() if path not in change or path in texts
        }
        documents["z.yaml"] = read(a_file([], [], **base))
        before = merge_again(
            documents, {}, standing(spec), NO_FILES if last is None else last.files
        )
        named = {"revision": "r", "digest": str(number), "pepper": PEPPER}
        known = last.parsed if last is not None else None
        spec, told = adopt(spec, before.parsed, last=known, **named)
        whole, also = adopt(whole, before.parsed, **named)
        last = before
        assert (spec, told) == (whole, also)
        assert [*spec.connections, *spec.strategies] == [*whole.connections, *whole.strategies]


def test_what_left_a_file_no_longer_counts_for_a_connection_of_another():
    team = read(a_file([a_key("a", 0, 0)], []))
    other = read(a_file([a_key("b", 0, 0)], [a_bot("b", 0, "a", "ETH/USDT", enabled=True)]))
    base = read(a_file([], [], defaults={"interval": "1s"}))
    first = merge_again({"a": team, "b": other, "z": base}, {}, standing(None), NO_FILES)
    named = {"revision": "r", "pepper": PEPPER}
    spec, _ = adopt(None, first.parsed, digest="1", **named)
    entry = spec.connections["kraken-a0-x"]
    assert (entry.pair, entry.trades) == ("ETH/USDT", True)
    left = {"a": team, "b": read(a_file([], [])), "z": base}
    second = merge_again(left, {}, standing(spec), first.files)
    alone, _ = adopt(spec, second.parsed, digest="2", last=first.parsed, **named)
    after = alone.connections["kraken-a0-x"]
    assert (after.pair, after.trades, after.interval) == ("BTC/USDT", False, entry.interval / 2)


def test_what_did_not_change_is_not_worked_out_again():
    texts = {path: a_file([a_connection(f"kucoin-{n}-x")], []) for n, path in enumerate("abc")}
    documents = {path: read(text) for path, text in texts.items()}
    first = merge_again(documents, {}, standing(None), NO_FILES)
    changed = documents | {"b": read(texts["b"])}
    second = merge_again(changed, {}, standing(None), first.files)
    for stage in ("outlines", "connections", "strategies", "together", "values"):
        before, after = getattr(first.files, stage), getattr(second.files, stage)
        assert [path for path in texts if after[path] is not before[path]] == ["b"]
