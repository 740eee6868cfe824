"""The options of `run` for its heartbeat."""

import click
import pytest
from click.testing import CliRunner

from bf_reconciler.cli.file_options import file_options
from bf_reconciler.cli.heartbeat_options import heartbeat_options
from bf_reconciler.settings import Heartbeat

URL = "https://hc.example/ping/7d1f"


def given(*words, **environ):
    kept = []

    @click.command()
    @file_options
    @heartbeat_options
    def command(chosen, heartbeat):
        assert chosen is not None
        kept.append(heartbeat)

    result = CliRunner().invoke(command, words, env=environ)
    return kept[0] if kept else result.output


def test_without_an_address_there_is_none():
    assert given() is None


def test_an_address_comes_from_a_flag_the_environment_or_a_file(tmp_path):
    assert given("--heartbeat-url", URL) == Heartbeat(URL)
    assert given(BF_HEARTBEAT_URL=URL, BF_HEARTBEAT_INTERVAL="5s") == Heartbeat(URL, seconds=5.0)
    file = tmp_path / "url"
    file.write_text(f"{URL}\n")
    assert given("--heartbeat-url-file", str(file)) == Heartbeat(URL)


def test_a_token_comes_from_a_file(tmp_path):
    file = tmp_path / "token"
    file.write_text("word-of-16-chars\n")
    words = ("--heartbeat-token-file", str(file))
    assert given("--heartbeat-url", URL, *words) == Heartbeat(URL, "word-of-16-chars")
    assert "--heartbeat-token-file needs --heartbeat-url" in given(*words)


def test_what_cannot_be_read_is_told(tmp_path):
    missing = str(tmp_path / "missing")
    assert "cannot be read: No such file" in given("--heartbeat-url-file", missing)
    assert "cannot be read" in given("--heartbeat-url", URL, "--heartbeat-token-file", missing)
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")
    assert "it is not ASCII text" in given("--heartbeat-url-file", str(binary))
    assert "exclude each other" in given("--heartbeat-url", URL, "--heartbeat-url-file", missing)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("hc.example/7d1f", "must be an https:// URL"),
        ("ftp://hc.example/7d1f", "must be an https:// URL"),
        ("https:///7d1f", "must be an https:// URL"),
        ("https://hc.example/7d 1f", "without spaces"),
        ("https://hc.example:port/7d1f", "must be an https:// URL"),
        ("https://me:7d1f@hc.example/", "must not hold a login"),
        ("http://hc.example/7d1f", "is only allowed on loopback"),
    ],
)
def test_what_no_heartbeat_may_go_to_is_refused_without_being_shown(url, words):
    said = given("--heartbeat-url", url)
    assert words in " ".join(said.split())
    assert "7d1f" not in said


def test_unencrypted_it_goes_to_loopback_and_to_hosts_that_are_allowed():
    loopback, other = "http://127.0.0.1:8080/x", "http://switch.internal/x"
    assert given("--heartbeat-url", loopback) == Heartbeat(loopback)
    assert given("--heartbeat-url", other, "--allow-host", "switch.internal") == Heartbeat(other)


def test_it_is_sent_once_a_second_at_most():
    assert "must be at least 1s" in given("--heartbeat-url", URL, "--heartbeat-interval", "500ms")
    assert "must be a duration" in given("--heartbeat-url", URL, "--heartbeat-interval", "often")
