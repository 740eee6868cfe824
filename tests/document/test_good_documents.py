"""What a right document is read as."""

from datetime import UTC, datetime, timedelta

import pytest

from bf_reconciler.document import parse
from bf_reconciler.spec import LOCAL, File
from document.sample import FULL, a_connection, a_file, a_strategy, read, sealed, written


def with_settings(lines):
    """A document whose strategy has these settings."""
    entry = "- name: btc-grid\n  connection: kucoin-main-grid\n  pairs: [BTC/USDT]\n  settings:\n"
    return a_file(strategies=[]).replace(b" []", f"\n{entry}{lines}\n".encode())


def test_a_document_with_every_field_has_no_problem():
    parsed = read(FULL)
    assert parsed.problems == ()
    assert not parsed.refused
    assert len(parsed.connections) == 3
    assert len(parsed.strategies) == 3


def test_the_full_document_names_every_field_of_every_model():
    definitions = File.model_json_schema()["$defs"]
    text = FULL.decode()
    for name, model in definitions.items():
        for field in model["properties"]:
            assert f"{field}:" in text, f"{name}.{field}"


def test_the_old_name_of_when_off_is_accepted_with_a_warning():
    parsed = read(a_file(strategies=[a_strategy(on_violation="close")]))
    ((strategy, _),) = parsed.strategies
    assert strategy.when_off == "close"
    (problem,) = parsed.problems
    assert (problem.severity, problem.path) == ("warning", "strategies.0.on_violation")
    assert problem.message == "is the old name of when_off; write when_off"


def test_entries_know_their_line():
    parsed = read(FULL)
    lines = FULL.decode().splitlines()
    for entry, line in (*parsed.connections, *parsed.strategies):
        assert lines[line - 1] == f"  - name: {entry.name}"


def test_a_minimal_document_gets_the_defaults():
    parsed = read(a_file(strategies=[]))
    assert parsed.defaults.interval == timedelta(seconds=60)
    assert parsed.policy.grace == timedelta(minutes=5)
    assert parsed.runtimes == (LOCAL,)
    assert parsed.halt is None


def test_an_empty_list_of_runtimes_is_the_default_runtime():
    assert read(a_file(runtimes=[])).runtimes == (LOCAL,)


def test_a_halt_is_read():
    parsed = read(a_file(halt={"reason": "news", "by": "me"}))
    assert parsed.halt is not None
    assert parsed.halt.by == "me"


def test_what_was_read_and_written_again_is_read_the_same():
    first = read(FULL)
    again = read(written(first))
    assert [c for c, _ in again.connections] == [c for c, _ in first.connections]
    assert [s for s, _ in again.strategies] == [s for s, _ in first.strategies]
    assert (again.policy, again.defaults, again.runtimes) == (
        first.policy,
        first.defaults,
        first.runtimes,
    )


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "12:30", "2027-01-31", "0123", "1_000"])
def test_what_yaml_1_2_leaves_alone_stays_text(word):
    ((strategy, _),) = read(with_settings(f"    value: {word}")).strategies
    assert strategy.settings == {"value": word}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("~", None),
        ("null", None),
        ("", None),
        ("True", True),
        ("FALSE", False),
        ("-7", -7),
        ("0", 0),
        ("0o17", 15),
        ("0xfF", 255),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-0.5", -0.5),
        ("1.2.3", "1.2.3"),
        ("+x", "+x"),
        ("'7'", "7"),
        ('"true"', "true"),
    ],
)
def test_what_the_core_schema_names_is_read_as_that(word, value):
    ((strategy, _),) = read(with_settings(f"    value: {word}")).strategies
    assert strategy.settings == {"value": value}
    assert type(strategy.settings["value"]) is type(value)


def test_aliases_are_followed_within_bounds():
    text = a_file([a_connection("kucoin-a"), a_connection("kucoin-b")], []).decode()
    text = text.replace('{"name": "kucoin-a"', '{"labels": &l {a: b}, "name": "kucoin-a"')
    text = text.replace('{"name": "kucoin-b"', '{"labels": *l, "name": "kucoin-b"')
    parsed = read(text.encode())
    assert [c.labels for c, _ in parsed.connections] == [{"a": "b"}, {"a": "b"}]


def test_a_byte_order_mark_and_windows_line_ends_are_taken():
    committed = b"\xef\xbb\xbf" + a_file().replace(b"\n", b"\r\n")
    assert read(committed).problems == ()


def test_a_tab_within_a_text_is_no_indentation():
    ((strategy, _),) = read(with_settings("    script: |\n      a\n      \tb")).strategies
    assert strategy.settings == {"script": "a\n\tb\n"}


def test_moments_without_an_offset_are_utc():
    pause = {"reason": "x", "owner": "y", "until": "2027-01-31"}
    ((connection, _),) = read(a_file([a_connection(suspend=pause)])).connections
    assert connection.suspend is not None
    assert connection.suspend.until == datetime(2027, 1, 31, tzinfo=UTC)


def test_no_credential_stands_in_the_repr_of_what_was_read():
    keys = {"api_key": "SENTINEL-1", "secret": "SENTINEL-2", "passphrase": "SENTINEL-3"}
    committed = a_file([a_connection(credentials=keys, proxy="http://u:SENTINEL-4@localhost:1")])
    parsed = parse(committed, None, allow_plaintext=True)
    assert parsed.plaintext_secrets == 4
    assert parsed.connections
    assert "SENTINEL" not in repr(parsed)


def test_the_same_name_may_stand_in_both_lists():
    parsed = read(a_file([a_connection("kucoin-x")], [a_strategy("kucoin-x", "kucoin-x")]))
    assert parsed.strategies
    assert [problem.severity for problem in parsed.problems] == ["warning"]
    assert parsed.errors == ()


def test_a_pem_key_may_have_lines():
    pem = "-----BEGIN EC PRIVATE KEY-----\nQQ==\n-----END EC PRIVATE KEY-----\n"
    document = a_connection()
    document["credentials"]["secret"] = sealed()
    clear = {"connections": [{"credentials": {"api_key": "k", "secret": pem, "passphrase": "p"}}]}
    ((connection, _),) = read(a_file([document]), clear).connections
    assert connection.credentials.secret.get_secret_value() == pem
