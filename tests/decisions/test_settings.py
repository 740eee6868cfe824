"""Settings, from flags and environment."""

from pathlib import Path

import pytest

from bf_reconciler.facts import Shard
from bf_reconciler.settings import (
    Listen,
    Monitoring,
    Settings,
    default_state_dir,
    of_shard,
    parse_listen,
    read_token,
    read_tokens,
)


@pytest.mark.parametrize(
    ("text", "listen"),
    [
        ("127.0.0.1:9877", Listen("127.0.0.1", 9877)),
        ("[::1]:9877", Listen("::1", 9877)),
        ("[::]:0", Listen("::", 0)),
        ("localhost:1", Listen("localhost", 1)),
        ("pod.bots.svc:65535", Listen("pod.bots.svc", 65535)),
        (" 0.0.0.0:80 ", Listen("0.0.0.0", 80)),  # noqa: S104 # parsed, not bound
    ],
)
def test_an_address_to_listen_on_is_read(text, listen):
    assert parse_listen(text) == listen
    assert parse_listen(str(listen)) == listen


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the listen address must be HOST:PORT"),
        ("9877", "the listen address must be HOST:PORT"),
        ("127.0.0.1", "the listen address must be HOST:PORT"),
        ("127.0.0.1:", "the listen address must be HOST:PORT"),
        ("127.0.0.1:port", "the listen address must be HOST:PORT"),
        ("127.0.0.1:65536", "the listen address must be HOST:PORT"),
        ("127.0.0.1:-1", "the listen address must be HOST:PORT"),
        ("127.0.0.1:٣", "the listen address must be HOST:PORT"),
        (":9877", "the listen address needs a host name or an IP address"),
        ("a b:9877", "the listen address needs a host name or an IP address"),
        ("http://host:9877", "an IPv6 address must be in brackets"),
        ("::1:9877", "an IPv6 address must be in brackets"),
        ("[127.0.0.1]:9877", "an IPv6 address must be in brackets"),
        ("[::1:9877", "an IPv6 address must be in brackets"),
        ("::1]:9877", "an IPv6 address must be in brackets"),
        ("[]:9877", "an IPv6 address must be in brackets"),
    ],
)
def test_a_wrong_address_is_told_in_words(text, words):
    with pytest.raises(ValueError, match=words):
        parse_listen(text)


@pytest.mark.parametrize(
    ("environ", "directory"),
    [
        ({"HOME": "/home/ada"}, "/home/ada/.local/state/bf-reconciler"),
        ({"HOME": "/home/ada", "XDG_STATE_HOME": "/x"}, "/x/bf-reconciler"),
        ({"HOME": "/home/ada", "XDG_STATE_HOME": "x"}, "/home/ada/.local/state/bf-reconciler"),
        ({"HOME": "/home/ada", "XDG_STATE_HOME": ""}, "/home/ada/.local/state/bf-reconciler"),
        ({"STATE_DIRECTORY": "/var/lib/bf", "XDG_STATE_HOME": "/x"}, "/var/lib/bf"),
        ({"STATE_DIRECTORY": "/var/lib/bf:/var/lib/more"}, "/var/lib/bf"),
        ({}, "/.local/state/bf-reconciler"),
    ],
)
def test_the_state_folder_is_systemds_or_xdgs(environ, directory):
    assert default_state_dir(environ) == Path(directory)


def test_settings_listen_on_loopback_by_default():
    settings = Settings("connections.yaml", Path("state"))
    assert str(settings.listen) == "127.0.0.1:9877"
    assert not settings.allow_plaintext


def test_a_token_is_read_without_the_line_end(tmp_path):
    (tmp_path / "token").write_text("a-token-of-some-length\n")
    assert read_token(tmp_path / "token") == "a-token-of-some-length"


def test_a_token_file_without_end_is_not_read_to_it():
    with pytest.raises(ValueError, match="is too long"):
        read_token(Path("/dev/zero"))


def test_tokens_may_have_names(tmp_path):
    (tmp_path / "token").write_text(
        "# who may halt\nada  a-token-of-some-length\n\non-call another-token-of-length\n"
    )
    assert read_tokens(tmp_path / "token") == {
        "ada": "a-token-of-some-length",
        "on-call": "another-token-of-length",
    }
    assert read_token(tmp_path / "token") == "a-token-of-some-length"


@pytest.mark.parametrize(
    "content",
    [
        "ada a-token-of-some-length\nada another-token-of-length",
        "ada a-token-of-some-length\nbob a-token-of-some-length",
        "a-token-of-some-length\nanother-token-of-length",
        "ada a-token-of-some-length\nbob short",
        "-ada a-token-of-some-length",
        "ada a-token-of-some-length more",
        "# nothing\n",
    ],
)
def test_tokens_that_cannot_be_told_apart_are_refused_and_not_shown(tmp_path, content):
    (tmp_path / "token").write_text(content)
    with pytest.raises(ValueError, match="each with a name of its own") as caught:
        read_tokens(tmp_path / "token")
    assert "token-of" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"too-short\n", b"two words of some length", b"\xff" * 20]
)
def test_a_token_file_without_a_token_is_refused_and_not_shown(tmp_path, content):
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(ValueError, match="the token file") as raised:
        read_token(tmp_path / "token")
    assert "too-short" not in str(raised.value)


def test_a_token_file_that_is_missing_is_told(tmp_path):
    with pytest.raises(ValueError, match=r"cannot be read: [Nn]o such file"):
        read_token(tmp_path / "token")


def test_each_shard_has_a_page_of_its_own_where_its_address_has_a_place_for_the_number():
    plain = Monitoring(page_url="https://bf.example")
    assert of_shard(plain, Shard(1, 4)) is plain
    found = of_shard(Monitoring(page_url="https://bf-{shard}.example"), Shard(1, 4))
    assert found.page_url == "https://bf-1.example"
    assert found.shard_url == "https://bf-{shard}.example"
