"""The small types of the file: what they take, and what they make of it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from bf_reconciler.spec import StrategyEntry, Suspend, is_loopback
from bf_reconciler.spec.types import (
    Address,
    Duration,
    Endpoint,
    Interval,
    Moment,
    Name,
    Proxy,
    Secret,
    Text,
    Timeout,
    in_force,
    written,
)
from build import a_connection, a_strategy

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def of(kind, value):
    return TypeAdapter(kind).validate_python(value)


def refusal(kind, value):
    with pytest.raises(ValidationError) as caught:
        of(kind, value)
    (error,) = caught.value.errors(include_input=False, include_url=False, include_context=False)
    return error["msg"]


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("250ms", timedelta(milliseconds=250)),
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("2h", timedelta(hours=2)),
        ("14d", timedelta(days=14)),
        ("0s", timedelta(0)),
        ("3650d", timedelta(days=3650)),
    ],
)
def test_a_duration_is_a_number_and_its_unit_and_is_written_so(text, length):
    assert of(Duration, text) == length
    assert of(Duration, length) == length
    assert written(length) == text
    assert of(Duration, written(length)) == length


@pytest.mark.parametrize(
    "text",
    ["", "5", "5 m", "-5m", "1.5h", "5M", "5w", "\u0665m", "m", "1234567890s", 60, None, True],
)
def test_anything_else_is_no_duration(text):
    assert refusal(Duration, text) == "must be a duration such as 30s, 5m, 2h or 14d"


def test_no_duration_can_make_a_date_overflow():
    assert refusal(Duration, "999999999d") == "must be a duration from 0s to 3650d"
    assert NOW + of(Duration, "3650d")


def test_a_duration_that_is_written_as_json_can_be_read_again():
    class Holder(BaseModel):
        length: Duration

    assert Holder(length=timedelta(seconds=90)).model_dump(mode="json") == {"length": "90s"}
    assert TypeAdapter(Duration).json_schema()["type"] == "string"


def test_intervals_and_timeouts_have_their_bounds():
    assert refusal(Interval, "999ms") == "must be a duration from 1s to 1d"
    assert refusal(Interval, "25h") == "must be a duration from 1s to 1d"
    assert refusal(Timeout, "99ms") == "must be a duration from 100ms to 5m"
    assert of(Timeout, "100ms") == timedelta(milliseconds=100)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-01-31", datetime(2027, 1, 31, tzinfo=UTC)),
        ("2027-01-31T12:00:00Z", datetime(2027, 1, 31, 12, tzinfo=UTC)),
        ("2027-01-31 12:00", datetime(2027, 1, 31, 12, tzinfo=UTC)),
        (
            "2027-01-31T12:00:00+03:00",
            datetime(2027, 1, 31, 12, tzinfo=timezone(timedelta(hours=3))),
        ),
        (NOW, NOW),
    ],
)
def test_a_moment_is_a_date_or_a_time_of_it(text, moment):
    assert of(Moment, text) == moment
    assert of(Moment, text).tzinfo is not None


@pytest.mark.parametrize("text", ["", "tomorrow", "12:30", "2027-13-01", "31.01.2027", 5, None])
def test_anything_else_is_no_moment(text):
    assert refusal(Moment, text).startswith("must be a date such as 2027-01-31")


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_no_moment_lies_where_dates_overflow(text):
    assert refusal(Moment, text) == "must be a date between the years 2000 and 2999"


@pytest.mark.parametrize(
    ("text", "address"),
    [("203.0.113.7", "203.0.113.7"), ("2001:DB8:0::7", "2001:db8::7")],
)
def test_an_address_is_written_in_its_shortest_form(text, address):
    assert of(Address, text) == address


@pytest.mark.parametrize("text", ["203.0.113", "203.0.113.0/24", "localhost", ""])
def test_anything_else_is_no_address(text):
    assert refusal(Address, text) == "must be an IP address"


@pytest.mark.parametrize(
    ("host", "is_it"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("203.0.113.7", False),
        ("localhost.example", False),
        ("", False),
        (None, False),
    ],
)
def test_loopback_is_what_the_machine_says_to_itself(host, is_it):
    assert is_loopback(host) is is_it


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://x.example/", "https://x.example"),
        ("https://x.example:8443/base", "https://x.example:8443/base"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_endpoint_is_https_or_on_loopback(text, url):
    assert of(Endpoint, text) == url


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http://x.example", "http:// is only allowed on loopback; use https://"),
        ("ftp://x.example", "must be a URL that starts with https://"),
        ("x.example", "must be a URL that starts with https://"),
        ("https://", "must be a URL that starts with https://"),
        ("https://x.example:port", "must be a URL"),
        ("https://[x", "must be a URL"),
        ("https://u:p@x.example", "must be a URL without user, query or fragment"),
        ("https://x.example?a=b", "must be a URL without user, query or fragment"),
        ("https://x.example#a", "must be a URL without user, query or fragment"),
        ("https://x.example/a b", "must be a URL without spaces"),
        ("ht\ntps://x.example", "must be a URL without spaces"),
    ],
)
def test_anything_else_is_no_endpoint(text, words):
    assert refusal(Endpoint, text) == words


def test_a_proxy_may_hold_a_password_and_never_shows_it():
    proxy = of(Proxy, "http://user:SENTINEL@proxy.example:3128")
    assert proxy.get_secret_value().endswith(":3128")
    assert "SENTINEL" not in repr(proxy)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("socks5://x:1", "must be a proxy URL such as http://proxy.example:3128"),
        ("http://", "must be a proxy URL such as http://proxy.example:3128"),
        ("http://x:port", "must be a proxy URL"),
    ],
)
def test_anything_else_is_no_proxy(text, words):
    assert refusal(Proxy, text) == words


@pytest.mark.parametrize("text", ["a", "0", "a-b", "a" * 63])
def test_a_name_is_a_dns_label(text):
    assert of(Name, text) == text


@pytest.mark.parametrize("text", ["", "-a", "a-", "A", "a_b", "a.b", "a\n", "é", "a" * 64])
def test_anything_else_is_no_name(text):
    assert refusal(Name, text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must not be empty"),
        (" \n", "must not be empty"),
        ("a\x1b[31m", "must not contain control characters"),
        ("a\x9b", "must not contain control characters"),
    ],
)
def test_a_text_says_something_and_moves_no_cursor(text, words):
    assert refusal(Text, text) == words


def test_a_text_may_have_lines_and_letters_of_any_language():
    assert of(Text, "değişen şey\n\tçok güzel") == "değişen şey\n\tçok güzel"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\u200bb", "must not contain a zero-width space (U+200B)"),
        ("ab\u00a0", "must not contain a no-break space (U+00A0)"),
        ("\ufeffab", "must not contain a byte order mark (U+FEFF)"),
        ("\u201cab\u201d", "must not be in curly quotes; use plain quotes"),
    ],
)
def test_what_copying_adds_to_a_secret_is_named(text, words):
    assert words in refusal(Secret, text)
    assert of(Secret, "it\u2019s").get_secret_value() == "it\u2019s"


def test_a_secret_has_no_blanks_around_it_unless_it_is_a_pem_key():
    pem = "-----BEGIN KEY-----\nQQ==\n-----END KEY-----\n"
    assert of(Secret, pem).get_secret_value() == pem
    assert of(Secret, "a b").get_secret_value() == "a b"
    for text in (" a", "a\n", "a\nb", "a\x00"):
        assert refusal(Secret, text)


def test_a_suspension_is_in_force_until_it_ends():
    forever = Suspend(reason="x", owner="y")
    ended = Suspend(reason="x", owner="y", until=NOW)
    assert in_force(None, NOW) is None
    assert in_force(forever, NOW) is forever
    assert in_force(ended, NOW) is None
    assert in_force(ended, NOW - timedelta(seconds=1)) is ended


def test_an_entry_is_suspended_by_its_own_suspension():
    pause = Suspend(reason="x", owner="y")
    entry = StrategyEntry(a_strategy(suspend=pause), 1, "current")
    assert (entry.suspended(NOW), a_connection(suspend=pause).suspended(NOW)) == (pause, pause)
    assert a_connection().suspended(NOW) is None
