"""Encrypted values: what is taken from the decrypted file, and what never is."""

from datetime import timedelta

import pytest

from bf_reconciler.document import parse
from bf_reconciler.facts import ConfigReason
from document.sample import a_connection, a_file, a_strategy, read, sealed

KEYS = {"api_key": "the-key", "secret": "the-secret", "passphrase": "the-phrase"}
SENTINEL = "SENTINEL-5d2f"


def decrypted(**changes):
    return {"connections": [{"credentials": KEYS | changes}]}


def messages(parsed):
    return [f"{problem.path}: {problem.message}" for problem in parsed.problems]


def test_sealed_texts_are_replaced_by_what_stands_there_decrypted():
    ((connection, _),) = read(a_file(), decrypted()).connections
    assert connection.credentials.api_key.get_secret_value() == "the-key"
    assert connection.credentials.passphrase is not None
    assert connection.credentials.passphrase.get_secret_value() == "the-phrase"


def test_everything_else_is_taken_from_the_committed_text():
    clear = decrypted() | {"version": 7, "halt": {"reason": "x", "by": "y"}}
    clear["connections"][0]["name"] = "rewritten"
    parsed = read(a_file(), clear)
    assert [c.name for c, _ in parsed.connections] == ["kucoin-main-grid"]
    assert parsed.halt is None


@pytest.mark.parametrize(
    ("proxy", "told"),
    [
        ("http://proxy.example:3128", 0),
        ("http://ada:SENTINEL@proxy.example:3128", 1),
        ("http://SENTINEL@proxy.example:3128", 1),
        ("http://[", 0),  # no URL, which is told elsewhere
        (3128, 0),
    ],
)
def test_the_login_of_a_proxy_is_a_credential(proxy, told):
    parsed = read(a_file([a_connection(proxy=proxy)]), decrypted())
    plain = [each for each in parsed.problems if each.reason is ConfigReason.PLAINTEXT_SECRET]
    assert [each.path for each in plain] == ["connections.0.proxy"] * told
    assert "SENTINEL" not in repr(parsed.problems)


def test_an_encrypted_proxy_is_none_in_plain_text():
    clear = decrypted()
    clear["connections"][0]["proxy"] = f"http://ada:{SENTINEL}@127.0.0.1:3128"
    file = a_file([a_connection(proxy=sealed())])
    assert {each.reason for each in read(file).problems} == {ConfigReason.INVALID_DOCUMENT}
    parsed = read(file, clear)
    assert parsed.problems == ()
    ((connection, _),) = parsed.connections
    assert SENTINEL in connection.proxy.get_secret_value()


def test_without_decryption_sealed_texts_stand_for_credentials():
    assert read(a_file()).problems == ()


@pytest.mark.parametrize(
    ("value", "kind", "name"),
    [(83, "int", "a number"), (0.5, "float", "a number"), (True, "bool", "true or false")],
)
def test_a_credential_that_was_encrypted_as_something_else_is_told(value, kind, name):
    connection = a_connection()
    connection["credentials"]["secret"] = sealed(kind)
    for clear in (decrypted(secret=value), None):
        (message,) = messages(read(a_file([connection]), clear))
        assert message == (
            "connections.0.credentials.secret: must be a string, but was encrypted as "
            f"{name}; quote it before you encrypt it"
        )


def test_a_value_of_unknown_kind_is_told_without_guessing():
    connection = a_connection()
    connection["credentials"]["secret"] = sealed("novel")
    (message,) = messages(read(a_file([connection]), decrypted(secret=5)))
    assert "encrypted as something else" in message


@pytest.mark.parametrize(
    "clear",
    [
        {},
        {"connections": []},
        {"connections": {}},
        {"connections": [{"credentials": {"api_key": "k", "secret": {}, "passphrase": "p"}}]},
        {"connections": [{"credentials": "text"}]},
        {"connections": [{"credentials": {"api_key": "k", "passphrase": "p"}}]},
    ],
)
def test_a_value_that_the_decrypted_file_lacks_breaks_its_entry(clear):
    parsed = read(a_file(), clear)
    assert not parsed.refused
    assert parsed.broken_connections == {"kucoin-main-grid": "kucoin"}
    assert (
        "connections.0.credentials.secret: this encrypted value is missing from the decrypted file"
        in messages(parsed)
    )


def test_a_value_encrypted_twice_is_told():
    parsed = read(a_file(), decrypted(secret=sealed()))
    assert messages(parsed) == [
        "connections.0.credentials.secret: encrypted twice; decrypt it and encrypt it once"
    ]


def test_an_encrypted_setting_is_taken_as_it_was_encrypted():
    strategy = a_strategy(settings={"a": [sealed("int")], "b": sealed("bool")})
    clear = decrypted() | {"strategies": [{"settings": {"a": [5], "b": True}}]}
    ((found, _),) = read(a_file(strategies=[strategy]), clear).strategies
    assert found.settings == {"a": [5], "b": True}


def test_an_encrypted_number_where_a_number_is_due_is_fine():
    clear = decrypted() | {"strategies": [{"take_profit_pct": 1.5}]}
    strategy = a_strategy(take_profit_pct=sealed("float"))
    assert read(a_file(strategies=[strategy]), clear).problems == ()


def test_an_encrypted_text_where_a_number_is_due_is_told():
    clear = decrypted() | {"strategies": [{"take_profit_pct": "1.5"}]}
    strategy = a_strategy(take_profit_pct=sealed())
    (message,) = messages(read(a_file(strategies=[strategy]), clear))
    assert message.endswith("must be a number, but was encrypted as a string")


@pytest.mark.parametrize(
    "secret", [" padded", "padded\n", "inner\nline", "", "  ", "tab\tinside", "x" * 9000]
)
def test_a_credential_with_blanks_or_without_content_is_told_without_its_value(secret):
    parsed = read(a_file(), decrypted(secret=secret))
    (problem,) = parsed.problems
    assert problem.path == "connections.0.credentials.secret"
    assert "padded" not in problem.message


def plain():
    keys = {"api_key": SENTINEL, "secret": SENTINEL, "passphrase": None}
    return a_file(
        [a_connection("mexc-main-dca", exchange="mexc", credentials=keys)],
        [a_strategy(connection="mexc-main-dca", settings={"token": [SENTINEL, 7, "", sealed()]})],
    )


def test_a_credential_in_plain_text_refuses_the_whole_file():
    parsed = read(plain())
    assert parsed.refused
    assert parsed.connections == ()
    assert {problem.reason for problem in parsed.errors} == {ConfigReason.PLAINTEXT_SECRET}
    assert len(parsed.errors) == 4
    assert all(SENTINEL not in problem.render("f") for problem in parsed.problems)


def test_plain_text_that_was_allowed_is_counted_and_warned_of():
    parsed = parse(plain(), None, allow_plaintext=True)
    assert not parsed.refused
    assert parsed.plaintext_secrets == 4
    assert parsed.errors == ()
    assert {problem.severity for problem in parsed.problems} == {"warning"}
    ((connection, _),) = parsed.connections
    assert connection.credentials.secret.get_secret_value() == SENTINEL


def test_what_cannot_be_checked_without_decryption_is_a_warning_and_not_broken():
    parsed = read(a_file([a_connection(markets=sealed())]))
    assert [problem.severity for problem in parsed.problems] == ["warning"]
    assert parsed.broken_connections == {}
    assert parsed.broken_strategies == {}


def test_an_encrypted_section_does_not_refuse_the_file_before_it_is_decrypted():
    committed = a_file(strategies=[a_strategy(runtime="bots")], policy={"grace": sealed()})
    parsed = read(committed)
    assert not parsed.refused
    assert parsed.errors == ()
    assert [problem.path for problem in parsed.problems] == ["policy.grace"]
    clear = decrypted() | {"policy": {"grace": "7m"}}
    assert read(committed, clear).policy.grace == timedelta(minutes=7)
    clear = decrypted() | {"policy": {"grace": "soon"}}
    assert read(committed, clear).refused
